"""Futures of the fitted market: when they end, what they are worth, how they roll."""

from __future__ import annotations

from datetime import date
from math import exp

import numpy as np
import pytest

from desk.gateway.model import FittedSource
from desk.gateway.model.futures import ROOTS, last_days
from desk.gateway.source import FITTED
from desk.market import calendar
from desk.market.contracts import index, stock
from messages.contract import Contract

DAY = date(2019, 5, 13)
NOON = calendar.at(DAY, "12:00")


def of(source: FittedSource, root: str, at: float = NOON) -> list[Contract]:
    return [each for each in source.futures(at) if each.trading_class == root]


@pytest.mark.parametrize(
    ("root", "day", "expected"),
    [
        ("ES", "2019-05-13", ["20190621", "20190920", "20191220", "20200320", "20200619"]),
        ("ES", "2026-06-01", ["20260618"]),  # the third Friday is Juneteenth
        ("VX", "2019-05-13", ["20190522", "20190619", "20190717", "20190821"]),
        ("VX", "2019-03-01", ["20190319", "20190417"]),  # April's third Friday is Good Friday
        ("VX", "2024-06-01", ["20240618", "20240717"]),  # the Wednesday itself is Juneteenth
    ],
)
def test_last_days_are_the_exchanges(root: str, day: str, expected: list[str]) -> None:
    found = last_days(ROOTS[root], calendar.at(date.fromisoformat(day), "12:00"))
    assert [f"{each:%Y%m%d}" for each in found][: len(expected)] == expected


def test_listed_are_five_quarters_of_the_indices_and_nine_months_of_volatility(source: FittedSource) -> None:
    assert [len(of(source, root)) for root in ("ES", "NQ", "VX")] == [5, 5, 9]
    front = {root: of(source, root)[0] for root in ("ES", "NQ", "VX")}
    assert {root: (c.symbol, c.exchange, c.multiplier, c.local_symbol) for root, c in front.items()} == {
        "ES": ("ES", "CME", "50", "ESM9"),
        "NQ": ("NQ", "CME", "20", "NQM9"),
        "VX": ("VIX", "CFE", "1000", "VXK9"),
    }


def test_quotes_are_a_tick_wide_and_labelled(source: FittedSource) -> None:
    listed = source.futures(NOON)
    q = source.quotes(listed, NOON)
    tick = np.array([ROOTS[c.trading_class].tick for c in listed])
    assert set(q.kind) == {FITTED}
    assert np.allclose(q.ask - q.bid, tick)
    assert np.allclose(q.bid / tick, np.round(q.bid / tick))
    assert ((q.last == q.bid) | (q.last == q.ask)).all()
    assert (q.bid_size >= 5).all()
    assert (q.volume > 0).any()
    assert (q.open_interest >= 0).all()
    assert np.isnan(q.iv).all()


def test_index_futures_carry_what_the_options_say(source: FittedSource) -> None:
    spx, qqq = source.quotes([index("SPX"), stock("QQQ")], NOON).last
    for root, spot in (("ES", spx), ("NQ", qqq * 41.0)):
        q = source.quotes(of(source, root), NOON)
        carry = 0.5 * (q.bid + q.ask) / spot - 1.0
        # A 2.4 % rate less a 1.9 % yield, for five weeks to 13 months.
        assert 0.0 < carry[0] < 0.002
        assert 0.003 < carry[-1] < 0.012
        assert (np.diff(carry) > 0).all()


def test_volatility_reverts_along_the_term_structure(source: FittedSource) -> None:
    vix = source.quotes([index("VIX")], NOON).last[0]
    listed = of(source, "VX")
    mids = [
        0.5 * (b + a) for b, a in zip(*(getattr(source.quotes(listed, NOON), s) for s in ("bid", "ask")), strict=True)
    ]
    assert vix > 19.0
    assert mids == sorted(mids, reverse=True)  # backwardation, as VIX is above its long run
    years = (calendar.at(date(2019, 8, 21), "09:30") - NOON) / (365 * 86_400)
    assert mids[3] == pytest.approx(19.0 + (vix - 19.0) * exp(-3.0 * years), abs=0.05)
    calm = calendar.at(date(2019, 4, 17), "12:00")
    q = source.quotes(of(source, "VX", calm), calm)
    assert (np.diff(q.bid) > 0).all()  # contango, as VIX is below it


def test_at_its_end_a_future_stands_where_its_underlying_does_and_rolls(source: FittedSource) -> None:
    last = calendar.at(date(2019, 5, 22), "09:30")
    (front, *_), (following, *_) = of(source, "VX", last - 60), of(source, "VX", last)
    assert (front.local_symbol, following.local_symbol) == ("VXK9", "VXM9")
    vix = source.quotes([index("VIX")], last - 60).last[0]
    assert source.quotes([front], last - 60).last[0] == pytest.approx(vix, abs=0.1)
    gone = source.quotes([front], last)
    assert np.isnan([gone.bid[0], gone.ask[0], gone.last[0], gone.close[0]]).all()


def test_outside_the_session_there_is_no_bid_and_ask(source: FittedSource) -> None:
    q = source.quotes(of(source, "ES"), calendar.at(DAY, "09:25"))
    assert np.isnan(q.bid).all()
    assert (q.close > 0).all()


def test_of_futures_there_are_no_bars(source: FittedSource) -> None:
    vx = of(source, "VX")[0]
    assert source.day(vx, NOON) is None
    assert source.daily(vx, "TRADES", NOON) == []


def test_the_same_seed_gives_the_same_quotes(source: FittedSource) -> None:
    again = FittedSource(source._market, 1)
    listed = source.futures(NOON)
    assert source.quotes(listed, NOON).last.tolist() == again.quotes(listed, NOON).last.tolist()
