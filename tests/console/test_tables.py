"""Tables at 80 columns, from the values that the rooms hand over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import polars as pl
import pytest

from desk.console.chain import chain_table
from desk.console.snapshot import GatewayView
from desk.console.summary import StrategySummary, Summary, SymbolSummary, TradeSummary, summary_view
from desk.console.tables import (
    Coverage,
    StrategyInfo,
    collect_table,
    coverage_table,
    facts_table,
    frame_table,
    import_table,
    strategies_table,
)
from desk.market.calendar import at
from messages.data import Slot

Draw = Callable[..., str]
SEEN = datetime(2019, 5, 13, 14, 40, 3, tzinfo=UTC)


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


@pytest.fixture
def chain() -> pl.DataFrame:
    row = {"timestamp": SEEN, "symbol": "SPX", "date": date(2019, 5, 13), "underlying": 2820.31, "iv": 0.1823}
    return pl.DataFrame(
        [
            {**row, "strike": 2800.0, "expiry": "20190628", "right": "C", "bid": 71.2, "ask": 72.0, "delta": 0.551},
            {**row, "strike": 2800.0, "expiry": "20190628", "right": "P", "bid": 48.1, "ask": None, "delta": -0.449},
            {**row, "strike": 2802.5, "expiry": "20190628", "right": "P", "bid": 49.0, "ask": 49.9, "delta": None},
            {**row, "strike": 2800.0, "expiry": "20190719", "right": "C", "bid": 90.0, "ask": 91.0, "delta": 0.54},
        ]
    ).with_columns(trading_class=pl.lit("SPXW"))


def test_chain(draw: Draw, chain: pl.DataFrame) -> None:
    assert lines(draw(chain_table(chain, "SPX"))) == [
        "SPX · 2019-05-13 10:40:03 ET · 4 contracts · underlying 2,820.31",
        "",
        "SPXW 20190628  46 DTE",
        "C bid  C ask    C iv  C delta    strike  P bid  P ask    P iv  P delta",
        "71.20  72.00  18.2 %    0.551     2,800  48.10      -  18.2 %   -0.449",
        "    -      -       -        -  2,802.50  49.00  49.90  18.2 %        -",
        "",
        "SPXW 20190719  67 DTE",
        "C bid  C ask    C iv  C delta  strike  P bid  P ask  P iv  P delta",
        "90.00  91.00  18.2 %    0.540   2,800      -      -     -        -",
    ]


def test_chain_without_rows_and_without_extra_columns(draw: Draw, chain: pl.DataFrame) -> None:
    assert draw(chain_table(chain.clear(), "SPX")) == "no rows of SPX\n"
    plain = draw(chain_table(chain.drop("trading_class", "underlying"), "SPX"))
    assert "20190628  46 DTE" in plain


def test_frame(draw: Draw) -> None:
    frame = pl.DataFrame(
        {
            "date": [date(2019, 5, 13)],
            "avg_iv": [0.18231234],
            "rows": [12345],
            "at": [SEEN],
            "none": pl.Series([None], dtype=pl.Float64),
        }
    )
    assert lines(draw(frame_table(frame, "IV of SPX"))) == [
        "IV of SPX",
        "date        avg_iv    rows  at                      none",
        "2019-05-13  0.1823  12,345  2019-05-13 10:40:03 ET     -",
    ]
    assert "no rows" in draw(frame_table(frame.clear()))


def test_facts(draw: Draw) -> None:
    stats = {
        "total_rows": 12345,
        "symbols": ["IWM", "QQQ", "SPY"],
        "date_range": (date(2019, 5, 13), date(2019, 5, 14)),
        "latest_timestamp": SEEN,
        "running": True,
    }
    assert lines(draw(facts_table(stats))) == [
        "total rows        12,345",
        "symbols           IWM, QQQ, SPY",
        "date range        2019-05-13 to 2019-05-14",
        "latest timestamp  2019-05-13 10:40:03 ET",
        "running           yes",
    ]


def test_collect(draw: Draw) -> None:
    cycle = at(date(2019, 5, 13), "10:40")
    slots = [
        Slot("SPY", cycle, "COMPLETE", "", 127, 127, 2, 0, 6.1, 281.0, 19.85, "neutral", 71.23),
        Slot("QQQ", cycle, "MISSED", "no security definition (200)", 124, 0, 0, 124),
    ]
    assert lines(draw(collect_table(slots))) == [
        "symbol status   asked written partial failed IV rank   VIX trend    took",
        "SPY    COMPLETE   127     127       2      0    71.2 19.85 neutral 6.1 s",
        "QQQ    MISSED     124       0       0    124       -     - -       0.0 s",
        "QQQ: no security definition (200)",
    ]


def test_strategies(draw: Draw) -> None:
    rows = [
        StrategyInfo("dte0_ic", "A condor for the day.", {"wing": 10.0, "window": ["09:45", "10:00"]}, ("dte0_ic",)),
        StrategyInfo("swing_ic", "A condor for weeks.", {"vix_min": 14}),
    ]
    assert lines(draw(strategies_table(rows))) == [
        "dte0_ic  configured: dte0_ic",
        "A condor for the day.",
        "  wing    10",
        "  window  09:45, 10:00",
        "",
        "swing_ic  not configured",
        "A condor for weeks.",
        "  vix_min  14",
    ]


def test_coverage(draw: Draw) -> None:
    row = Coverage("QQQ", 78, 76, 1, 1, 0.992, 300.0, ("deadline", "2103"))
    assert lines(draw(coverage_table([row]))) == [
        "symbol  slots  partial  missed  contracts  longest gap  reasons",
        "QQQ     76/78        1       1     99.2 %        5 min  deadline, 2103",
    ]


@dataclass(frozen=True)
class Account:
    profile: str = "cboe_daily"
    table: str = "option_snapshots"
    rows_in: int = 1000
    stored: int = 940
    unquoted: int = 0
    refused: dict[str, int] = field(default_factory=lambda: {"crossed": 20, "ask of zero": 40})
    symbols: tuple[str, ...] = ("SPX",)
    days: tuple[date, ...] = (date(2019, 4, 25), date(2019, 4, 26))


def test_import_accounts_for_every_row(draw: Draw) -> None:
    assert lines(draw(import_table("spx.parquet", Account()))) == [
        "spx.parquet (cboe_daily) into option_snapshots",
        "rows read             1,000",
        "stored                  940",
        "refused: ask of zero     40",
        "refused: crossed         20",
        "SPX · 2 days, 2019-04-25 to 2019-04-26",
    ]


DONE = TradeSummary("May 13 2755/2765/2840/2850 x 1 for 0.55", 38.6)
OPEN = TradeSummary("Jul 05 2600/2625/2925/2950 x 2 for 3.35", 0.0, open=True)


def test_summary(draw: Draw) -> None:
    day = date(2019, 5, 13)
    summary = Summary(
        at(day, "09:25"),
        at(day, "16:15"),
        411.0,
        59.8,
        GatewayView("paper", "127.0.0.1", 40123, "FITTED"),
        (SymbolSummary("SPY", 9906, 78, 0, 0, 1.0), SymbolSummary("QQQ", 9548, 76, 1, 1, 0.992)),
        (
            StrategySummary("dte0_ic", 540, 38.6, (DONE,), (("window", 520), ("vix", 20))),
            StrategySummary("monthly_ic", 81, 0.0, (OPEN,)),
        ),
        1,
        "data/sim/2019-05-13-1",
        "data/sim/2019-05-13-1/lake",
        22136,
    )
    assert lines(draw(summary_view(summary), 100))[1:] == [
        "The run has ended: Mon 2019-05-13 09:25:00 ET to 16:15:00 on the paper gateway's FITTED market",
        "6 min 51 s at 60x · 1 restart",
        "",
        "symbol   rows  slots  complete  partial  missed  answered",
        "SPY     9,906     78        78        0       0   100.0 %",
        "QQQ     9,548     78        76        1       1    99.2 %",
        "",
        "strategy    polls  closed  open   net $  trades and vetoes",
        "dte0_ic       540       1     0  +38.60  May 13 2755/2765/2840/2850 x 1 for 0.55: +38.60",
        "                                         520 x window",
        "                                         20 x vix",
        "monthly_ic     81       0     1    0.00  open Jul 05 2600/2625/2925/2950 x 2 for 3.35",
        "",
        "22,136 rows in data/sim/2019-05-13-1/lake",
        "logs and health in data/sim/2019-05-13-1",
    ]
