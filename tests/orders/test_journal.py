"""The logs: what was acknowledged is there, whatever happens to the process, the file or the disk."""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from desk.orders import journal
from desk.orders.errors import JournalBusyError, JournalDamagedError, JournalRefusedError
from desk.orders.journal import RISKS, TRADES, Journal, Journals
from desk.orders.lines import EndLine, Line, OrderLine, RiskLine
from messages.orders import Breach, OrderState
from tests.conftest import ROOT
from tests.orders.made import OPENED, order

CROSSED = RiskLine(Breach("o1", "delta", active=True), OPENED)


def end(n: int, text: str = "") -> EndLine:
    return EndLine(f"o{n}", OrderState.CANCELLED, 0, OPENED + n, text=text)


def test_lines_are_there_for_the_next_start_and_for_readers_meanwhile(tmp_path: Path) -> None:
    with Journals(tmp_path / "data" / "logs") as journals:
        log = journals.open("dte0_ic")
        assert log.lines == ()
        log.append(OrderLine(order()), end(1), CROSSED)
        assert journal.read(tmp_path / "data" / "logs" / "dte0_ic") == (OrderLine(order()), end(1), CROSSED)
    with Journals(tmp_path / "data" / "logs") as journals:
        assert journals.open("dte0_ic").lines == (OrderLine(order()), end(1), CROSSED)
        assert journals.open("monthly_ic").lines == ()


def test_trades_and_risks_are_two_files_of_one_object_a_line(tmp_path: Path) -> None:
    log = Journal(tmp_path)
    log.append(CROSSED, end(1), end(2, text="two\nlines\u2028"))
    log.close()
    assert [len((tmp_path / name).read_bytes().splitlines()) for name in (TRADES, RISKS)] == [2, 1]


def test_nobody_to_read_is_nothing_to_read(tmp_path: Path) -> None:
    assert journal.read(tmp_path / "nobody") == ()


def test_a_file_cut_at_any_byte_keeps_its_whole_lines_and_goes_on(tmp_path: Path) -> None:
    lines = [end(n) for n in range(3)]
    log = Journal(tmp_path / "whole")
    log.append(*lines)
    log.close()
    whole = (tmp_path / "whole" / TRADES).read_bytes()
    for length in range(len(whole)):
        folder = tmp_path / str(length)
        folder.mkdir()
        (folder / TRADES).write_bytes(whole[:length])
        kept = lines[: whole[:length].count(b"\n")]
        assert journal.read(folder) == tuple(kept)
        log = Journal(folder)
        assert log.lines == tuple(kept)
        torn = whole[:length].rpartition(b"\n")[2]
        assert log.torn == ((folder / f"{TRADES}.torn",) if torn else ())
        assert [path.read_bytes() for path in log.torn] == ([torn + b"\n"] if torn else [])
        log.append(end(9))
        log.close()
        assert journal.read(folder) == (*kept, end(9))


@pytest.mark.parametrize(
    "tail", [b"\0" * 5000, b"\0\0\n", b"{}}\n", b"7\n", b'{"event": "END"', b"\xff\n", b"[" * 9999 + b"\n"]
)
def test_an_end_that_is_no_line_is_torn(tmp_path: Path, tail: bytes) -> None:
    written(tmp_path, end(1))
    with (tmp_path / TRADES).open("ab") as file:
        file.write(tail)
    log = Journal(tmp_path)
    log.append(end(2))
    log.close()
    assert journal.read(tmp_path) == (end(1), end(2))
    assert (tmp_path / f"{TRADES}.torn").read_bytes() == tail + b"\n"


def test_torn_ends_are_kept_one_after_another(tmp_path: Path) -> None:
    for tail in (b"one", b"two"):
        written(tmp_path, end(1))
        with (tmp_path / TRADES).open("ab") as file:
            file.write(tail)
    Journal(tmp_path).close()
    assert (tmp_path / f"{TRADES}.torn").read_bytes() == b"one\ntwo\n"


def test_damage_before_other_lines_is_an_error_that_says_where_and_what_to_do(tmp_path: Path) -> None:
    written(tmp_path, end(1), end(2), end(3))
    content = (tmp_path / TRADES).read_bytes()
    first = content.index(b"\n") + 1
    damaged = content[:first] + b"#" + content[first + 1 :]
    (tmp_path / TRADES).write_bytes(damaged)
    for act in (Journal, journal.read):
        with pytest.raises(JournalDamagedError, match=rf"line 2, byte {first}: .*keep a copy.* mend that line"):
            act(tmp_path)
    assert (tmp_path / TRADES).read_bytes() == damaged


def test_a_line_that_lacks_a_field_is_an_error_that_names_its_line(tmp_path: Path) -> None:
    written(tmp_path, end(1))
    with (tmp_path / TRADES).open("ab") as file:
        file.write(b'{"event": "NOTE", "by": "hand"}\n{"event": "END", "order_id": "o2"}\n')
    for act in (Journal, journal.read):
        with pytest.raises(JournalDamagedError, match=r"line 3: .*END.*'state'"):
            act(tmp_path)


def test_a_line_is_on_disk_before_append_returns_and_so_are_the_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, int]] = []
    sync = os.fsync

    def watched(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        synced.append((str(path.relative_to(tmp_path)), path.stat().st_size if path.is_file() else -1))
        sync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    log = Journal(tmp_path / "logs" / "a")
    assert {(".", -1), ("logs", -1), ("logs/a", -1)} <= set(synced)
    synced.clear()
    log.append(end(1), end(2), CROSSED)
    sizes = [(tmp_path / "logs" / "a" / name).stat().st_size for name in (TRADES, RISKS)]
    assert synced == [(f"logs/a/{TRADES}", sizes[0]), (f"logs/a/{RISKS}", sizes[1])]
    log.close()


def test_a_disk_that_takes_half_a_line_leaves_none_of_it(tmp_path: Path) -> None:
    log = Journal(tmp_path)
    log.append(end(1))
    size = (tmp_path / TRADES).stat().st_size
    for more in (0, 1, 50, 130, 250):
        with limited(size + more), pytest.raises(JournalRefusedError, match=r"trades\.jsonl.*File too large"):
            log.append(end(2), end(3))
        assert (tmp_path / TRADES).stat().st_size == size
        assert journal.read(tmp_path) == (end(1),)
    log.append(end(4))
    log.close()
    assert journal.read(tmp_path) == (end(1), end(4))


def test_what_cannot_even_be_cut_back_is_cut_back_before_the_next_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Journal(tmp_path)
    log.append(end(1))
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", refuse)
        broken.setattr(os, "ftruncate", refuse)
        for _ in range(2):
            with pytest.raises(JournalRefusedError, match="Input/output"):
                log.append(end(2, text="long" * 50))
    assert len(journal.read(tmp_path)) == 2
    log.append(end(3))
    log.close()
    assert journal.read(tmp_path) == (end(1), end(3))


def test_trades_without_their_risks_are_taken_back(tmp_path: Path) -> None:
    log = Journal(tmp_path)
    log.append(end(1), CROSSED)
    (tmp_path / RISKS).rename(tmp_path / "elsewhere")
    with pytest.raises(JournalRefusedError, match=RISKS):
        log.append(end(2), CROSSED)
    (tmp_path / "elsewhere").rename(tmp_path / RISKS)
    assert journal.read(tmp_path) == (end(1), CROSSED)
    log.append(end(3), CROSSED)
    log.close()
    assert journal.read(tmp_path) == (end(1), end(3), CROSSED, CROSSED)


def test_a_log_that_others_move_replace_or_write_is_refused(tmp_path: Path) -> None:
    log = Journal(tmp_path)
    log.append(end(1))
    path = tmp_path / TRADES
    path.rename(tmp_path / "rotated")
    with pytest.raises(JournalRefusedError, match="No such file"):
        log.append(end(2))
    path.write_bytes(b"")
    with pytest.raises(JournalRefusedError, match="moved or replaced"):
        log.append(end(2))
    (tmp_path / "rotated").rename(path)
    log.append(end(2))
    with path.open("ab") as file:
        file.write(b"by hand\n")
    with pytest.raises(JournalRefusedError, match="somebody else"):
        log.append(end(3))
    log.close()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(JournalRefusedError, match="logs"):
        Journals(tmp_path / "logs")
    with pytest.raises(JournalRefusedError, match="trades"):
        Journal(tmp_path / "logs" / "a")


def test_two_writers_in_one_folder_are_refused(tmp_path: Path) -> None:
    with Journals(tmp_path), pytest.raises(JournalBusyError, match="already; stop it first"):
        Journals(tmp_path)
    Journals(tmp_path).close()


def test_killed_again_and_again_nothing_acknowledged_is_lost_and_the_folder_is_free(tmp_path: Path) -> None:
    moments = random.Random(5)
    first = 0
    for _ in range(4):
        command = [sys.executable, "-m", "tests.orders.writer", str(tmp_path), str(first)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
            assert process.stdout is not None
            for _ in range(moments.randint(1, 60)):
                accepted = int(process.stdout.readline())
            with pytest.raises(JournalBusyError):
                Journals(tmp_path)
            process.kill()
            accepted = max([accepted, *map(int, process.stdout.read().split())])
        with Journals(tmp_path) as journals:
            found = journals.open("a").lines
        trades = [int(line.at) for line in found if isinstance(line, EndLine)]
        risks = [int(line.at) for line in found if isinstance(line, RiskLine)]
        assert risks == list(range(len(risks)))
        assert trades[: 2 * len(risks)] == [n for n in risks for _ in range(2)]
        assert accepted < len(risks)
        assert len(trades) - 2 * len(risks) in {0, 1, 2}
        first = len(risks)
        mend(tmp_path / "a" / TRADES, 2 * first)


def mend(path: Path, lines: int) -> None:
    """Leave only the trades of whole appends, so that the next process's numbers follow on."""
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:lines]))


def written(folder: Path, *lines: Line) -> None:
    log = Journal(folder)
    log.append(*lines)
    log.close()


def refuse(*anything: object) -> None:
    raise OSError(5, "Input/output error")


@contextmanager
def limited(size: int) -> Iterator[None]:
    """Let no file grow beyond a size, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
