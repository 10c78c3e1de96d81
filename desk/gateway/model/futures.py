"""Modelled futures: index futures by the carry in the option chain, VIX futures by a term structure that reverts.

ES stands at SPX times the forward over spot that put-call parity shows in SPX's options; NQ at QQQ times the ratio of
the Nasdaq-100 to it, with the same carry. A VIX future stands between VIX and its long-run level, the nearer to the
latter the later it settles: F = L + (VIX - L) exp(-k T), Grünbichler and Longstaff (1996), "Valuing futures and options
on volatility", Journal of Banking & Finance 20, 985-1001. Volumes and open interest are of the usual order only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from math import exp, floor, isfinite

import numpy as np

from desk.gateway.model.jitter import uniform
from desk.gateway.model.listing import third_friday
from desk.gateway.model.path import Paths, elapsed
from desk.market import calendar
from desk.market.contracts import YEAR
from desk.market.futures import settles
from messages.contract import Contract

Carry = Callable[[float, float], float]
"""Forward over spot at an epoch time, so many years ahead."""

_LONG_RUN = 19.0  # VIX's mean since 1990, in points
_SPEED = 3.0  # per year: a shock to volatility decays by 1/e in 84 of 252 trading days, as on the surface
_NASDAQ_100 = 41.0  # points of the Nasdaq-100 per dollar of QQQ in 2019
_MONTH_AHEAD = timedelta(days=30)
_CODES = "FGHJKMNQUVXZ"
_QUARTER = 3


@dataclass(frozen=True, slots=True)
class Root:
    """A root by its trading class: IB's symbol, where it trades, what it follows, how many months are listed.

    `volume` and `interest` are the front month's contracts; each later month has `fading` of the one before.
    """

    trading_class: str
    symbol: str
    exchange: str
    multiplier: str
    tick: float
    underlying: str
    ratio: float
    months: int
    volume: float
    interest: float
    fading: float

    @property
    def on_volatility(self) -> bool:
        """Whether it is VIX's: monthly, and not carried but reverting."""
        return self.underlying == "VIX"


ROOTS = {
    root.trading_class: root
    for root in (
        Root("ES", "ES", "CME", "50", 0.25, "SPX", 1.0, 5, 1.5e6, 2.5e6, 0.02),
        Root("NQ", "NQ", "CME", "20", 0.25, "QQQ", _NASDAQ_100, 5, 5e5, 2.2e5, 0.02),
        Root("VX", "VIX", "CFE", "1000", 0.05, "VIX", 1.0, 9, 8e4, 1.5e5, 0.5),
    )
}


class Futures:
    """The futures on the paths of a fitted market."""

    def __init__(self, paths: Paths, carry: Carry, seed: int) -> None:
        self._paths = paths
        self._carry = carry
        self._seed = seed

    def listed(self, at: float) -> list[Contract]:
        """Return the months that have not settled at epoch time `at`, of every root whose underlying has a price."""
        return [
            _contract(root, last)
            for root in ROOTS.values()
            if isfinite(self._paths.price(root.underlying, at))
            for last in last_days(root, at)
        ]

    def quote(self, contract: Contract, at: float) -> Mapping[str, float]:
        """Return the fields of its quote: bid and ask, a tick apart, in the session only; none once it has settled."""
        root = ROOTS.get(contract.trading_class)
        today = calendar.exchange_date(at)
        days = [f"{last:%Y%m%d}" for last in last_days(root, at)] if root else []
        if root is None or contract.expiry not in days:
            return {}
        price = self._price(root, contract.expiry, self._paths.price(root.underlying, at), at)
        before = calendar.previous_session(today)
        old = self._paths.close_before(root.underlying, today)
        found = {"close": _on_tick(root, self._price(root, contract.expiry, old, before.closes))}
        session = calendar.session(today)
        if not isfinite(price):
            return found
        bid = round(floor(price / root.tick) * root.tick, 2)
        ask = round(bid + root.tick, 2)
        who, minute = np.array([int(contract.expiry)]), int(at // 60)
        draws = [float(uniform(who, self._seed, salt, minute)[0]) for salt in (6, 7, 8)]
        found["last"] = bid if draws[0] < 0.5 else ask
        share = root.fading ** days.index(contract.expiry)
        found["open_interest"] = floor(root.interest * share)
        if session is None:
            return found
        found["volume"] = floor(root.volume * share * elapsed(session, at))
        if session.opens <= at < session.closes:
            sizes = [floor(5 + 95 * draw) for draw in draws[1:]]
            found |= {"bid": bid, "ask": ask, "bid_size": sizes[0], "ask_size": sizes[1]}
        return found

    def _price(self, root: Root, expiry: str, level: float, at: float) -> float:
        years = max(0.0, settles(expiry) - at) / YEAR
        if root.on_volatility:
            return _LONG_RUN + (level - _LONG_RUN) * exp(-_SPEED * years)
        return level * root.ratio * self._carry(at, years)


def last_days(root: Root, at: float) -> list[date]:
    """Return the last trading days of the root's months that are listed and have not settled at epoch time `at`."""
    today = calendar.exchange_date(at)
    unsettled = (last for last in _cycle(root, today) if settles(f"{last:%Y%m%d}") > at)
    return list(islice(unsettled, root.months))


def _cycle(root: Root, day: date) -> Iterator[date]:
    """Yield the last days of the root's months from that day's on: every third month, or each one of VIX's."""
    first = day.replace(day=1)
    while True:
        if root.on_volatility:
            yield _volatility_day(first)
        elif first.month % _QUARTER == 0:
            yield _session_by(third_friday(first))
        first = _following(first)


def _volatility_day(first: date) -> date:
    """Return VIX's day of that month: the Wednesday 30 days before the next month's third Friday.

    The session before it, where the exchange is closed on one of the two (Cboe rule 1202).
    """
    friday = third_friday(_following(first))
    wednesday = friday - _MONTH_AHEAD
    if calendar.session(friday) is None:
        return calendar.previous_session(wednesday).date
    return _session_by(wednesday)


def _session_by(day: date) -> date:
    return day if calendar.session(day) else calendar.previous_session(day).date


def _following(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _contract(root: Root, last: date) -> Contract:
    return Contract(
        root.symbol,
        "FUT",
        root.exchange,
        expiry=f"{last:%Y%m%d}",
        multiplier=root.multiplier,
        trading_class=root.trading_class,
        local_symbol=f"{root.trading_class}{_CODES[last.month - 1]}{last.year % 10}",
    )


def _on_tick(root: Root, price: float) -> float:
    return round(round(price / root.tick) * root.tick, 2) if isfinite(price) else price
