"""Whatever is sent in whatever order, however often, drained, restarted: the lake is what a dictionary would hold."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from desk.lake import rows
from desk.lake.queries import Lake
from desk.lake.writer import Writer
from messages.data import Batch, Slot
from tests.lake.batches import NOON, quote

Step = tuple[str, int, list[tuple[int, float]]] | str

batches = st.tuples(
    st.sampled_from(["SPY", "QQQ"]),
    st.integers(0, 2),
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from([1.0, 2.0, 3.0])), min_size=0, max_size=5),
)
steps = st.lists(st.one_of(batches, st.sampled_from(["drain", "restart", "crash"])), max_size=12)

Chain = dict[tuple[str, float], dict[float, float]]


def replay(history: list[Step], root: Path) -> Chain:
    model: Chain = {}
    writer = Writer(root, "desk")
    for step in history:
        if isinstance(step, str):
            if step != "crash":
                writer.drain()
            if step != "drain":
                writer.close()
                writer = Writer(root, "desk")
        else:
            symbol, n, contracts = step
            cycle = NOON + 300 * n
            quotes = tuple(quote(280.0 + k, cycle + 1, bid, symbol) for k, bid in contracts)
            status = "COMPLETE" if quotes else "MISSED"
            writer.accept(rows.of_batch(Batch("c", "1", Slot(symbol, cycle, status), quotes)))
            if quotes:
                model[symbol, cycle] = {q.contract.strike: q.bid or 0.0 for q in quotes}
    writer.drain()
    writer.close()
    return model


@settings(max_examples=40, deadline=None)
@given(steps)
def test_the_lake_is_what_was_last_written(history: list[Step]) -> None:
    with TemporaryDirectory() as folder:
        model = replay(history, Path(folder))
        stored: Chain = {}
        for symbol, cycle, strike, bid in Lake(folder).chains().select("symbol", "cycle", "strike", "bid").iter_rows():
            unit = stored.setdefault((symbol, cycle.timestamp()), {})
            assert strike not in unit, "two rows of one contract and cycle"
            unit[strike] = bid
        assert stored == model
        ledger = Lake(folder).slots_summary()
        assert sum(ledger["complete"]) == len(model)
