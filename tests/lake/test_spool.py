"""The spool alone: what it acknowledged is there after any ending, and nothing else is."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from desk.lake.errors import LakeBusyError, LakeError, WriteError
from desk.lake.record import BLOCK
from desk.lake.spool import Spool


def frame(n: int, rows: int = 3) -> pl.DataFrame:
    return pl.DataFrame({"n": [n] * rows, "text": ["abc"] * rows, "price": [0.1 * n] * rows})


def noise(n: int, rows: int) -> pl.DataFrame:
    """Rows that no compression makes smaller."""
    return frame(n, rows).with_columns(bytes=pl.Series([random.Random(n + k).randbytes(64) for k in range(rows)]))


@contextmanager
def opened(path: Path) -> Iterator[Spool]:
    spool = Spool(path)
    yield spool
    spool.close()


def numbers(path: Path) -> list[int]:
    """What a spool holds when it is opened again: each item's number, which its rows have, too."""
    with opened(path) as spool:
        held = [rows.item(0, "n") for rows in spool.pending("a", 0)]
        assert spool.held() == (len(held), held[-1] if held else 0)
    return held


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lake" / "_spool" / "desk.spool"


def fill(path: Path, first: int, count: int, rows: int = 3) -> None:
    with opened(path) as spool:
        for n in range(first, first + count):
            assert spool.accept({"a": noise(n, rows), "b": frame(-n)}) == n


def test_items_come_back_in_their_order_and_by_table(path: Path) -> None:
    with opened(path) as spool:
        spool.accept({"a": frame(1), "b": frame(2)})
        spool.accept({"b": frame(3)})
        spool.accept({})
    with opened(path) as spool:
        assert spool.held() == (3, 3)
        assert [each.item(0, "n") for each in spool.pending("b", 0)] == [2, 3]
        assert [each.item(0, "n") for each in spool.pending("b", 1)] == [3]
        assert spool.pending("a", 0)[0].equals(frame(1))
        assert spool.pending("c", 0) == []
        assert spool.accept({"a": frame(4)}) == 4


def test_a_cleared_spool_begins_at_the_front_and_its_numbers_go_on(path: Path) -> None:
    fill(path, 1, 4)
    size = path.stat().st_size
    with opened(path) as spool:
        spool.clear()
        assert spool.held() == (0, 0)
    assert numbers(path) == []
    fill(path, 5, 2)
    assert numbers(path) == [5, 6]
    assert path.stat().st_size == size


def test_numbers_begin_above_what_the_tables_have(path: Path) -> None:
    with opened(path) as spool:
        spool.start_above(41)
        spool.start_above(7)
        assert spool.accept({"a": frame(42)}) == 42
    assert numbers(path) == [42]


def test_room_that_an_import_took_is_given_back(path: Path) -> None:
    fill(path, 1, 1, rows=300_000)
    assert path.stat().st_size > 1 << 24
    with opened(path) as spool:
        spool.clear()
    assert path.stat().st_size == 1 << 24
    assert numbers(path) == []
    fill(path, 2, 1)
    assert numbers(path) == [2]


def telling(name: str, call: Callable[..., object], told: list[str]) -> Callable[..., object]:
    def tells(*arguments: object) -> object:
        told.append(name)
        return call(*arguments)

    return tells


def test_an_accept_is_one_write_and_one_sync_of_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    for name in ("pwrite", "fdatasync", "fsync", "open"):
        monkeypatch.setattr(os, name, telling(name, getattr(os, name), done))
    with opened(path) as spool:
        done.clear()
        spool.accept({"a": frame(1), "b": frame(2)})
    assert done == ["pwrite", "fdatasync"]


@pytest.mark.parametrize("call", ["pwrite", "fdatasync"])
def test_what_was_refused_is_not_kept(path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    fill(path, 1, 1)
    with opened(path) as spool:
        with monkeypatch.context() as broken:
            original = getattr(os, call)

            def fails(*args: int) -> None:
                original(*args)
                broken.undo()
                raise OSError("the disk is gone")

            broken.setattr(os, call, fails)
            with pytest.raises(WriteError, match="cannot accept rows"):
                spool.accept({"a": frame(2)})
        assert spool.held() == (1, 1)
    assert numbers(path) == [1]
    fill(path, 2, 1)
    assert numbers(path) == [1, 2]


def test_a_disk_that_takes_little_at_a_time_gets_all_of_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, content, at: original(file, content[:1000], at))
    fill(path, 1, 2, rows=50)
    assert numbers(path) == [1, 2]


Damage = Callable[[bytearray, int, random.Random], None]


def cut_short(content: bytearray, begin: int, chance: random.Random) -> None:
    del content[chance.randrange(begin, len(content)) :]


def zeros(content: bytearray, begin: int, chance: random.Random) -> None:
    at = chance.randrange(begin, len(content))
    content[at:] = bytes(len(content) - at)


def garbage(content: bytearray, begin: int, chance: random.Random) -> None:
    content[begin:] = chance.randbytes(len(content) - begin)


def lost_sectors(content: bytearray, begin: int, chance: random.Random) -> None:
    """Some sectors of the write have reached the disk and some have not."""
    sectors = range(begin, len(content), 512)
    for at in chance.sample(sectors, chance.randint(1, len(sectors))):
        content[at : at + 512] = bytes(len(content[at : at + 512]))


@pytest.mark.parametrize("damage", [cut_short, zeros, garbage, lost_sectors])
@pytest.mark.parametrize("seed", range(5))
def test_a_torn_write_takes_nothing_with_it(path: Path, damage: Damage, seed: int) -> None:
    fill(path, 1, 3, rows=60)
    begin = path.stat().st_size
    begin += -begin % BLOCK
    fill(path, 4, 1, rows=60)
    content = bytearray(path.read_bytes())
    damage(content, begin, random.Random(seed))
    assert content != path.read_bytes()
    path.write_bytes(content)
    assert numbers(path) == [1, 2, 3]
    fill(path, 4, 2)
    assert numbers(path) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("floor", [b"", b"\0" * 20, b"garbage"], ids=["whole", "lost", "torn"])
def test_a_torn_write_over_an_earlier_round_brings_back_at_most_what_the_tables_know(path: Path, floor: bytes) -> None:
    fill(path, 1, 4, rows=60)
    with opened(path) as spool:
        spool.clear()
    content = bytearray(path.read_bytes())
    content[BLOCK : BLOCK + 1000] = random.Random(1).randbytes(1000)
    content[512 : 512 + len(floor)] = floor
    path.write_bytes(content)
    assert numbers(path) == ([2, 3, 4] if floor else [])
    with opened(path) as spool:
        spool.start_above(4)
        assert spool.accept({"a": frame(5)}) == 5
    assert numbers(path)[-1] == 5


def test_random_lives_with_power_cuts_keep_what_was_acknowledged(path: Path) -> None:
    """Accepts, clearings and power cuts by chance; a cut tears the write that was under way and may undo the floor."""
    chance, number, settled, held = random.Random(3), 0, 0, list[int]()
    for _ in range(60):
        with opened(path) as spool:
            spool.start_above(settled)
            for _ in range(chance.randrange(6)):
                number = spool.accept({"a": noise(number + 1, chance.randrange(1, 200))})
                held.append(number)
            if chance.random() < 0.4:
                spool.clear()
                settled, held = number, []
            end = spool._items[-1].end if spool._items else BLOCK
            spool.accept({"a": noise(number + 1, chance.randrange(1, 200))})
        content = bytearray(path.read_bytes())
        lost_sectors(content, end, chance)
        if chance.random() < 0.3:
            content[512:532] = bytes(20)
        path.write_bytes(content)
        assert [n for n in numbers(path) if n > settled][: len(held)] == held
        assert len([n for n in numbers(path) if n > settled]) <= len(held) + 1
        held, number = [n for n in numbers(path) if n > settled], max([settled, *numbers(path)])


def test_a_spool_that_never_got_its_first_block_is_begun(path: Path) -> None:
    path.parent.mkdir(parents=True)
    for left in (b"", b"condor", bytes(BLOCK)):
        path.write_bytes(left)
        assert numbers(path) == []
        fill(path, 1, 1)
        assert numbers(path) == [1]


def test_a_file_of_another_kind_is_refused(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a letter to a friend\n" * 500)
    with pytest.raises(LakeError, match=r"cannot open the spool .*another kind"):
        Spool(path)
    assert path.read_bytes().startswith(b"a letter to a friend\na")


def test_one_process_at_a_time(path: Path) -> None:
    with opened(path), pytest.raises(LakeBusyError, match="stop it first"):
        Spool(path)
    with opened(path):
        pass
