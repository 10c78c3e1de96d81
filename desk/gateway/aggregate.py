"""Bars from quotes over time, and longer bars from daily ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from math import floor, isnan

from desk.gateway.encode.history import ABSENT, Row
from desk.gateway.samples import Sampled, price
from desk.market.calendar import EXCHANGE, Session, session
from desk.market.contracts import day
from messages.contract import Bar

DAY_SECONDS = 86_400
_LOT = 100


def instants(sessions: Sequence[Session], step: float, start: float, end: float) -> list[float]:
    """Return the times, `step` seconds apart from each session's open, that are within it and `start`..`end`.

    The end itself is one of them when it falls into a session, so that the last bar ends where the data does.
    """
    found: list[float] = []
    for one in sessions:
        first, last = max(one.opens, start), min(one.closes, end)
        at = one.opens + max(0, floor((first - one.opens) / step)) * step
        while at < last:
            found.append(at)
            at += step
        if first <= last:
            found.append(last)
    return found


def bars(sampled: Sampled, size: float, what: str, stamp: Callable[[float], str]) -> list[Row]:
    """Return bars of `size` seconds of exchange time; each begins where the one before ends. `stamp` dates them.

    A bar is left out where there are no prices. Trades of a stock or option have the volume between its ends.
    """
    edges: dict[float, list[int]] = {}
    for n, (at, _) in enumerate(sampled):
        edges.setdefault(_begin(at, size), []).append(n)
    made: list[Row] = []
    for begin, places in edges.items():
        following = places[-1] + 1
        joined = following < len(sampled) and sampled[following][0] == begin + size
        part = sampled[places[0] : following + joined]
        if len(part) > 1 and (one := _bar(part, what, stamp(max(begin, _opens(part[0][0]))))) is not None:
            made.append(one)
    return made


def _bar(part: Sampled, what: str, date: str) -> Row | None:
    prices = [p for _, one in part if not isnan(p := price(one, what))]
    if not prices:
        return None
    if what == "BID_ASK":
        asks, bids = ([p for _, one in part if not isnan(p := price(one, side))] for side in ("ASK", "BID"))
        values = sum(bids) / len(bids), max(asks), min(bids), sum(asks) / len(asks)
    else:
        values = prices[0], max(prices), min(prices), prices[-1]
    first, last = part[0][1].volume, part[-1][1].volume
    open_, high, low, close = (round(value, 4) for value in values)
    if what != "TRADES" or isnan(first) or isnan(last):
        return Row(date, open_, high, low, close)
    volume = int(max(0.0, last - first))
    return Row(date, open_, high, low, close, volume, round(sum(prices) / len(prices), 4), volume // _LOT)


def _begin(at: float, size: float) -> float:
    """Return the start of the bar that a time falls into: whole multiples of its size from midnight in New York."""
    second = floor(at)
    local = datetime.fromtimestamp(second, EXCHANGE)
    midnight = second - (local.hour * 3600 + local.minute * 60 + local.second)
    return float(midnight + (second - midnight) // size * size)


def _opens(at: float) -> float:
    found = session(datetime.fromtimestamp(at, EXCHANGE).date())
    return found.opens if found is not None else at


def daily_rows(history: Iterable[Bar]) -> list[Row]:
    """Return daily bars as rows."""
    return [Row(b.date, b.open, b.high, b.low, b.close, ABSENT if b.volume is None else b.volume) for b in history]


def longer(history: Sequence[Bar], *, months: bool) -> list[Bar]:
    """Return weekly or monthly bars of daily ones, each dated by its last day."""

    def key(one: Bar) -> tuple[int, int]:
        on = day(one.date)
        return (on.year, on.month) if months else on.isocalendar()[:2]

    return [_together(list(group)) for _, group in groupby(history, key)]


def _together(group: list[Bar]) -> Bar:
    volumes = [bar.volume for bar in group if bar.volume is not None]
    high, low = max(bar.high for bar in group), min(bar.low for bar in group)
    return replace(group[-1], open=group[0].open, high=high, low=low, volume=sum(volumes) if volumes else None)
