from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from desk.lake import rows
from desk.lake.queries import Lake
from desk.lake.recent import Recent, quotes_of
from desk.lake.schema import SNAPSHOTS
from desk.lake.writer import Writer
from messages.data import Batch, Slot
from tests.lake.batches import NOON, batch, missed, quote

DAY = 86_400.0


def both(root: Path, *batches: Batch, already: int = 0) -> tuple[Lake, Recent]:
    """A lake with all batches, and the memory of a desk that began after the first `already`."""
    with Writer(root, "desk") as writer:
        for one in batches[:already]:
            writer.accept(rows.of_batch(one))
        writer.drain()
        recent = Recent(Lake(root))
        for one in batches[already:]:
            item = rows.of_batch(one)
            writer.accept(item)
            recent.add(item)
        writer.drain()
    return Lake(root), recent


@pytest.mark.parametrize("already", range(8))
def test_memory_answers_as_the_files_do(tmp_path: Path, already: int) -> None:
    batches = [
        batch(NOON - DAY),
        batch(NOON - DAY, symbol="QQQ"),
        batch(),
        batch(NOON + 300, contracts=3, bid=7.0),
        missed(NOON + 600),
        batch(NOON + 300, contracts=2, bid=9.0),  # corrected
        batch(NOON + 900, symbol="IWM"),
    ]
    lake, recent = both(tmp_path, *batches, already=already)
    for symbol in ("SPY", "QQQ", "IWM", "DIA"):
        alike(recent.read_latest_chain(symbol), lake.read_latest_chain(symbol))
        alike(recent.read_historical_iv(symbol), lake.read_historical_iv(symbol))
        for at in (NOON - DAY + 60, NOON, NOON + 1.15, NOON + 301.05, NOON + 1000):
            alike(recent.read_chain_at(symbol, at), lake.read_chain_at(symbol, at))


def alike(one: pl.DataFrame, other: pl.DataFrame) -> None:
    """Columns of reduced precision are stored with a part in ten thousand at worst; all else is equal."""
    narrow = [name for name in (*SNAPSHOTS.narrow, "avg_iv", "min_iv", "max_iv") if name in one.columns]
    assert one.drop(narrow).equals(other.drop(narrow))
    assert_frame_equal(one.select(narrow), other.select(narrow), rel_tol=1e-4)


def test_what_is_accepted_is_seen_before_it_is_committed(tmp_path: Path) -> None:
    recent = Recent(Lake(tmp_path))
    recent.add(rows.of_batch(batch()))
    assert len(recent.read_latest_chain("SPY")) == 4
    assert Lake(tmp_path).read_latest_chain("SPY").is_empty()


def test_a_new_day_ends_the_one_before(tmp_path: Path) -> None:
    lake, recent = both(tmp_path, batch(), batch(NOON + DAY))
    assert recent.read_latest_chain("SPY")["cycle"].unique().to_list() == [rows.instant(NOON + DAY)]
    assert len(recent.read_chain_at("SPY", NOON + 60)) == 4  # from the lake
    recent.add(rows.of_batch(batch(NOON + 300)))  # late, of a day that is over: the lake has it
    assert recent.read_latest_chain("SPY")["cycle"].unique().to_list() == [rows.instant(NOON + DAY)]
    assert len(lake.read_historical_iv("SPY")) == 2


def test_rows_become_the_quotes_that_they_were() -> None:
    one = batch(contracts=3)
    quotes = (*one.quotes[:2], replace(one.quotes[2], bid=None, missing=("bid", "greeks")))
    back = quotes_of(rows.of_batch(replace(one, quotes=quotes))[SNAPSHOTS.name])
    assert back == tuple(replace(q, contract=replace(q.contract, multiplier="100")) for q in quotes)


times = st.integers(0, 600_000_000)  # microseconds from noon


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    quotes=st.lists(
        st.tuples(st.sampled_from((280.0, 281.0, 282.0)), times, st.floats(0.5, 5)), min_size=1, max_size=12
    ),
    asked=times,
)
def test_a_chain_at_a_time_is_the_newest_known_then_and_nothing_later(
    tmp_path_factory: pytest.TempPathFactory, quotes: list[tuple[float, int, float]], asked: int
) -> None:
    def item(n: int, strike: float, after: int, bid: float) -> Batch:
        at = NOON + after / 1e6
        return Batch("c", str(n), Slot("SPY", NOON + n, "COMPLETE"), (quote(strike, at, bid),))

    root = tmp_path_factory.mktemp("asof")
    lake, recent = both(root, *(item(n, *one) for n, one in enumerate(quotes)))
    moment = rows.instant(NOON) + timedelta(microseconds=asked)
    newest: dict[float, tuple[int, int, float]] = {}
    for n, (strike, after, bid) in enumerate(quotes):
        if after <= asked and (after, n) >= newest.get(strike, (-1, -1, 0.0))[:2]:
            newest[strike] = (after, n, bid)
    for source in (lake, recent):
        chain = source.read_chain_at("SPY", moment)
        assert all(stamp <= moment for stamp in chain["timestamp"])
        assert dict(chain.select("strike", "bid").iter_rows()) == {k: bid for k, (_, _, bid) in newest.items()}
