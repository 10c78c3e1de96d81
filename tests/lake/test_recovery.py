"""What a power cut leaves of files that were not synced: every kind of damage, and nothing accepted is lost by it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from desk.lake import rows
from desk.lake.queries import Lake
from desk.lake.writer import Writer
from messages.data import Batch
from tests.lake.batches import NOON, batch

Damage = Callable[[Path], None]


def remove(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def tear(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def fill_with_nul(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def lose_the_tail(path: Path) -> None:
    kept = path.stat().st_size * 2 // 3
    path.write_bytes(path.read_bytes()[:kept] + bytes(path.stat().st_size - kept))


def drop_the_last_line(path: Path) -> None:
    path.write_text("\n".join(path.read_text().splitlines()[:-1]))


KINDS = [remove, empty, tear, fill_with_nul, lose_the_tail]


def log(root: Path, table: str = "option_snapshots") -> Path:
    return root / table / "_delta_log"


def entry(root: Path, version: int, table: str = "option_snapshots") -> Path:
    return log(root, table) / f"{version:020}.json"


def added(root: Path, version: int) -> list[Path]:
    lines = [json.loads(line) for line in entry(root, version).read_text().splitlines()]
    return [root / "option_snapshots" / line["add"]["path"] for line in lines if "add" in line]


def nth(n: int) -> Batch:
    return batch(NOON + 300 * n, contracts=10)


def cut_off(root: Path, monkeypatch: pytest.MonkeyPatch, synced: int, unsynced: int) -> None:
    """Write `synced` batches, then as many as asked whose commits reach no disk before the power goes."""
    with Writer(root, "desk") as writer:
        for n in range(synced):
            writer.accept(rows.of_batch(nth(n)))
            writer.drain()
    writer = Writer(root, "desk")
    with monkeypatch.context() as patch:
        for store in writer._stores:
            patch.setattr(store._durability, "settle", lambda _: None)
        patch.setattr(writer._spool, "clear", lambda: None)
        for n in range(synced, synced + unsynced):
            writer.accept(rows.of_batch(nth(n)))
            writer.drain()
    writer.close()


def check(root: Path, batches: int) -> None:
    """Open, which recovers; then all is there, once, and the lake can be written to."""
    with Writer(root, "desk") as writer:
        assert writer.waiting == 0
        writer.accept(rows.of_batch(nth(batches)))
        writer.drain()
    chain = Lake(root).chains()
    assert chain.group_by("cycle").len()["len"].to_list() == [10] * (batches + 1)
    assert chain.select("cycle", "strike").is_duplicated().sum() == 0
    ledger = pl.read_delta(str(root / "slots"))
    assert ledger["cycle"].n_unique() == len(ledger) == batches + 1


@pytest.mark.parametrize("damage", [*KINDS, drop_the_last_line])
@pytest.mark.parametrize("unsynced", [1, 3])
def test_a_damaged_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Damage, unsynced: int) -> None:
    cut_off(tmp_path, monkeypatch, synced=2, unsynced=unsynced)
    damage(entry(tmp_path, 2))
    check(tmp_path, 2 + unsynced)


@pytest.mark.parametrize("damage", KINDS)
@pytest.mark.parametrize("version", [2, 4])
def test_a_damaged_data_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Damage, version: int) -> None:
    cut_off(tmp_path, monkeypatch, synced=2, unsynced=3)
    (file,) = added(tmp_path, version)
    damage(file)
    check(tmp_path, 5)


@pytest.mark.parametrize("damage", KINDS)
def test_the_very_first_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Damage) -> None:
    cut_off(tmp_path, monkeypatch, synced=0, unsynced=1)
    damage(entry(tmp_path, 0))
    check(tmp_path, 1)


@pytest.mark.parametrize("damage", KINDS)
@pytest.mark.parametrize("pointer", ["kept", "removed"])
def test_a_damaged_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Damage, pointer: str) -> None:
    cut_off(tmp_path, monkeypatch, synced=2, unsynced=1)
    with Writer(tmp_path, "desk") as writer:
        writer._stores[0]._checkpoint()
    damage(next(log(tmp_path).glob("*.checkpoint.parquet")))
    if pointer == "removed":
        (log(tmp_path) / "_last_checkpoint").unlink()
    check(tmp_path, 3)


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 40, b'{"version":', b"[]", b'{"version":7,"size":3}', b'{"version":"x"}']
)
def test_a_pointer_to_no_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    cut_off(tmp_path, monkeypatch, synced=2, unsynced=1)
    with Writer(tmp_path, "desk") as writer:
        writer._stores[0]._checkpoint()
    (log(tmp_path) / "_last_checkpoint").write_bytes(content)
    check(tmp_path, 3)


def test_a_checkpoint_of_a_commit_that_went(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off(tmp_path, monkeypatch, synced=19, unsynced=3)  # the checkpoint is of version 20
    assert (log(tmp_path) / f"{20:020}.checkpoint.parquet").exists()
    tear(entry(tmp_path, 19))
    check(tmp_path, 22)


@pytest.mark.parametrize("table", ["option_snapshots", "slots"])
def test_all_that_was_never_synced_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    cut_off(tmp_path, monkeypatch, synced=2, unsynced=3)
    for version in (2, 3, 4):
        if table == "option_snapshots":
            for file in added(tmp_path, version):
                file.unlink()
        entry(tmp_path, version, table).unlink()
    check(tmp_path, 5)


def test_what_was_damaged_is_set_aside_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off(tmp_path, monkeypatch, synced=1, unsynced=2)
    (file,) = added(tmp_path, 1)
    tear(file)
    with Writer(tmp_path, "desk") as writer:
        assert {file.name, f"{1:020}.json", f"{2:020}.json"} <= set(writer.lost)
    assert (tmp_path / "_damaged" / "option_snapshots" / "1" / file.name).exists()
    with Writer(tmp_path, "desk") as writer:
        assert writer.lost == ()


def test_what_was_synced_is_never_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off(tmp_path, monkeypatch, synced=3, unsynced=0)
    (file,) = added(tmp_path, 1)
    kept = file.read_bytes()
    file.unlink()  # not a power cut: somebody's mistake, which another commit must not pay for
    with Writer(tmp_path, "desk") as writer:
        assert writer.lost == ()
    file.write_bytes(kept)
    check(tmp_path, 3)


def test_a_table_without_a_record_is_doubted_in_its_last_commit_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(tmp_path, monkeypatch, synced=3, unsynced=1)
    (tmp_path / "option_snapshots" / "_synced").unlink()
    tear(entry(tmp_path, 3))
    check(tmp_path, 4)


def test_a_log_that_was_put_back_is_synced_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off(tmp_path, monkeypatch, synced=4, unsynced=0)
    for version in (2, 3):
        entry(tmp_path, version).unlink()
    with Writer(tmp_path, "other") as writer:
        assert writer.lost == ()
        writer.accept(rows.of_batch(nth(9)))
        writer.drain()
    assert int((tmp_path / "option_snapshots" / "_synced").read_text()) == 2


def test_a_killed_writer_leaves_nothing_to_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off(tmp_path, monkeypatch, synced=2, unsynced=2)
    with Writer(tmp_path, "desk") as writer:
        assert writer.lost == ()
        assert writer.recovered.rows == {}
    assert int((tmp_path / "option_snapshots" / "_synced").read_text()) == 3
    check(tmp_path, 4)
