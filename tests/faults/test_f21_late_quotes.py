"""F21: late quotes are stored under the time that was missed: look-ahead in every backtest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from actors.persistence import Commit
from commands.virtual import VirtualDesk, virtual
from desk.config.model import Collector
from desk.lake.rows import Item, of_batch
from desk.market.calendar import at
from messages.data import Batch
from tests.acceptance.simulated import DAY, shipped
from tests.faults.protection import protected_by

LATE = 20.0
SLOT = "09:50"
CHAIN = Collector(
    symbol="SPX", sec_type="IND", exchange="CBOE", trading_class="SPXW", dte_min=0, dte_max=0, window=0.005
)


def stored_under_the_slot(patch: pytest.MonkeyPatch) -> None:
    def punctual(batch: Batch) -> Item:
        cycle = batch.slot.cycle
        return of_batch(replace(batch, quotes=tuple(replace(quote, received=cycle) for quote in batch.quotes)))

    patch.setattr("actors.persistence.of_batch", punctual)


@contextmanager
def recording(folder: Path, *faults: str) -> Iterator[VirtualDesk]:
    """Run one collector of one small chain from before a slot on, with these faults armed."""
    config = shipped(collectors=(CHAIN,), futures=(), strategies=())
    gateway = config.gateway.model_copy(update={"faults": faults})
    persistence = config.persistence.model_copy(update={"housekeeping": False})
    with virtual(config.model_copy(update={"gateway": gateway, "persistence": persistence}), folder, "09:49") as desk:
        yield desk


def stored(desk: VirtualDesk) -> pl.DataFrame:
    """The rows of that slot, each with its age in seconds since the slot."""
    desk.system.ask("persistence", Commit(), 60)
    age = (pl.col("timestamp") - pl.col("cycle")).dt.total_seconds(fractional=True)
    found = desk.lake.chains().with_columns(age.alias("age"))
    return found.filter(pl.col("cycle").dt.epoch("s") == int(at(DAY, SLOT)))


@protected_by(
    "a row carries the time at which its last tick came, beside the slot that it is of", stored_under_the_slot
)
def test_f21_late_quotes_keep_their_own_time(tmp_path: Path) -> None:
    with recording(tmp_path, f"slow-chain seconds={LATE:g}") as desk:
        desk.until("09:52")
        ages = list(stored(desk)["age"])
        assert len(ages) > 3
        assert min(ages) > LATE


@protected_by(
    "a row carries the time at which its last tick came, beside the slot that it is of", stored_under_the_slot
)
def test_f21_late_greeks_of_some_contracts(tmp_path: Path) -> None:
    with recording(tmp_path, "late-greeks seconds=3 right=P") as desk:
        desk.until("09:52")
        found = stored(desk)
        late, punctual = (list(found.filter(pl.col("right") == right)["age"]) for right in "PC")
        assert len(late) == len(punctual) > 3
        assert min(late) > max(punctual) > 0
