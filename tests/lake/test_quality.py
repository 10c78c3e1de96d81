from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from desk.lake import rows
from desk.lake.imports import import_file
from desk.lake.quality import Quality, counts, has, judged, without
from desk.lake.queries import Lake
from desk.lake.schema import SNAPSHOTS
from desk.lake.writer import Writer
from desk.market.calendar import at
from desk.market.contracts import option, years
from desk.market.pricing import black76
from messages.contract import Quote
from messages.data import Batch, Slot

DAY = date(2019, 5, 13)
NOON = at(DAY, "12:00")
STRIKES = [2700.0 + 10 * n for n in range(21)]
EXPIRY = "20190628"


def chain(trading_class: str = "SPXW", half: float = 0.1) -> list[Quote]:
    """Quotes of one expiry that nothing can be said against."""
    found = []
    for right in "CP":
        for strike in STRIKES:
            contract = option("SPX", EXPIRY, strike, right, trading_class)
            value = float(black76(2812.0, strike, years(contract, NOON), 0.18, 0.997, right == "C"))
            found.append(Quote(contract, NOON + 2, bid=value - half, ask=value + half, underlying=2811.0))
    return found


def stored(quotes: list[Quote]) -> pl.DataFrame:
    item = rows.of_batch(Batch("c", "1", Slot("SPX", NOON, "COMPLETE"), tuple(quotes)))
    return item[SNAPSHOTS.name]


def bits(quotes: list[Quote], strike: float, right: str) -> Quality:
    frame = stored(quotes).filter(pl.col("strike") == strike, pl.col("right") == right)
    return Quality(frame["quality"].item())


def up(quote: Quote, by: float) -> Quote:
    assert quote.bid is not None
    assert quote.ask is not None
    return replace(quote, bid=quote.bid + by, ask=quote.ask + by)


def changed(strike: float, right: str, change: Callable[[Quote], Quote]) -> list[Quote]:
    return [change(q) if (q.contract.strike, q.contract.right) == (strike, right) else q for q in chain()]


def test_a_good_chain_has_no_bit_set() -> None:
    frame = stored(chain())
    assert frame["quality"].to_list() == [0] * len(frame)
    assert frame.schema == SNAPSHOTS.schema


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda q: replace(q, bid=(q.ask or 0.0) + 0.2), Quality.CROSSED),
        (lambda q: replace(q, bid=0.0), Quality.ZERO_BID | Quality.WIDE),
        (lambda q: replace(q, bid=q.bid * 0.6, ask=q.ask * 1.4), Quality.WIDE),
        (lambda q: replace(q, received=NOON - 0.001), Quality.STALE),
        (lambda q: replace(q, received=NOON + 301), Quality.STALE),
        (lambda q: up(q, 3.0), Quality.PARITY | Quality.CONVEXITY),
        (lambda q: up(q, -3.0), Quality.PARITY),
        (lambda q: replace(q, bid=None, ask=None), Quality(0)),
        (lambda q: replace(q, bid=float("nan")), Quality(0)),
    ],
)
def test_each_doubt_sets_its_bit(change: Callable[[Quote], Quote], expected: Quality) -> None:
    assert bits(changed(2850.0, "C", change), 2850.0, "C") == expected


def test_parity_names_call_and_put_and_nobody_else() -> None:
    frame = stored(changed(2850.0, "P", lambda q: up(q, 5.0)))
    flagged = frame.filter(has(Quality.PARITY)).select("strike", "right").sort("right").rows()
    assert flagged == [(2850.0, "C"), (2850.0, "P")]


def test_parity_survives_a_quarter_of_absurd_quotes() -> None:
    quotes = chain()
    absurd = range(0, len(STRIKES), 4)
    for n in absurd:
        quotes[n] = up(quotes[n], 40.0)
    flagged = stored(quotes).filter(has(Quality.PARITY), pl.col("right") == "C")
    assert flagged["strike"].to_list() == [STRIKES[n] for n in absurd]


def test_american_options_may_be_worth_more_than_parity_says_within_their_exercise() -> None:
    def quotes(trading_class: str) -> list[Quote]:
        """Puts far in the money carry the interest that exercising them now would earn."""
        return [
            up(q, 2.0) if q.contract.right == "P" and q.contract.strike >= 2880 else q for q in chain(trading_class)
        ]

    assert counts(stored(quotes("SPXW")))["parity"] == 2 * 3
    assert counts(stored(quotes("SPY")))["parity"] == 0


def test_a_quote_when_the_exchange_is_closed_is_stale() -> None:
    frame = stored(chain())
    for moment, stale in [("09:29", True), ("09:30", False), ("16:15", False), ("16:16", True), ("01:47", True)]:
        instant = rows.instant(at(DAY, moment))
        moved = frame.with_columns(pl.lit(instant).alias("timestamp"), pl.lit(instant).alias("cycle"))
        assert judged(moved).select(has(Quality.STALE).all()).item() is stale, moment


def test_readers_choose_what_to_leave_out(tmp_path: Path) -> None:
    quotes = changed(2850.0, "C", lambda q: replace(q, bid=0.0))
    with Writer(tmp_path, "desk") as writer:
        writer.accept(rows.of_batch(Batch("c", "1", Slot("SPX", NOON, "COMPLETE"), tuple(quotes))))
        writer.drain()
    chains = Lake(tmp_path).chains()
    assert len(chains.filter(without(Quality.ZERO_BID))) == len(chains) - 1
    never = chains.with_columns(pl.lit(None, dtype=pl.Int32).alias("quality"))
    assert len(never.filter(without(Quality.ZERO_BID))) == len(never)
    assert counts(never)["zero_bid"] == 0


def test_an_empty_batch_is_judged_too() -> None:
    assert stored([]).schema == SNAPSHOTS.schema


def test_recorded_chains_of_2019_obey_parity_and_convexity(tmp_path: Path, cboe: Path) -> None:
    days = pl.read_parquet(cboe).filter(pl.col("quotedate").dt.date().is_in([DAY, date(2019, 6, 3)]))
    days.write_parquet(tmp_path / "days.parquet")
    import_file(tmp_path / "days.parquet", "cboe_daily", tmp_path / "lake")
    chains = Lake(tmp_path / "lake").chains()
    found = counts(chains)
    assert (found["crossed"], found["convexity"], found["stale"]) == (0, 0, 0)
    assert found["parity"] / len(chains) < 0.002
    assert found["zero_bid"] == len(chains.filter(pl.col("bid") == 0)) > 0
    noisy = chains.with_columns(
        pl.when(pl.col("strike") == 2800.0).then(pl.col("bid") + 60).otherwise("bid").alias("bid")
    )
    noisy = noisy.with_columns(pl.max_horizontal("bid", "ask").alias("ask"))
    assert np.mean(judged(noisy).filter(pl.col("strike") == 2800.0, pl.col("ask") > 60)["quality"].to_numpy() > 0) > 0.9
