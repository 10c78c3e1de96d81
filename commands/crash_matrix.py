"""`crash-matrix`: kill desks at every boundary around an order, and show that nothing was sent twice or lost."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event

from rich.console import Console

from commands.crash.plan import rounds
from commands.crash.report import Report, Round, report, table, verdict
from commands.crash.rounds import StuckError, play
from commands.errors import RefusedError
from desk.clock import RealClock
from desk.console.jsonable import to_json

SPEED = 20.0
"""Market seconds per machine second: an order is worked for a minute, a kill should take seconds."""
_LOOK = 0.5
"""Machine seconds after which a Ctrl+C is heard at the latest."""
_SHOWN = 40
"""Violations that are printed; `--json` has them all."""


def crash_matrix(kills: int, seed: int, jobs: int, data: Path | None, *, as_json: bool) -> int:
    """Kill so many desks and print what came of it; 0 when nothing was found that must not be, else 1.

    Books and logs stay in the data folder if one is named, and where they are if anything was found.
    """
    folder = _folder(data)
    found = matrix(kills, seed, jobs, folder, say=lambda line: sys.stderr.write(line + "\n"))
    if found.ok and data is None:
        shutil.rmtree(folder, ignore_errors=True)
    if as_json:
        sys.stdout.write(to_json({**found.json(), "seed": seed, "folder": str(folder)}) + "\n")
    else:
        _show(found, folder)
    return 0 if found.ok else 1


def matrix(kills: int, seed: int, jobs: int, folder: Path, *, say: Callable[[str], object] = lambda _: None) -> Report:
    """Play so many kills in rounds, `jobs` rounds at a time, each in a folder of its own."""
    began = RealClock().machine()
    shares = rounds(kills, jobs)
    stop = Event()

    def one(number: int) -> Round:
        played = play(number, shares[number], seed, folder / f"round-{number}", SPEED, stop)
        say(f"round {number + 1} of {len(shares)}: {len(played.deaths)} kills, {len(played.violations)} violations")
        return played

    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(one, number) for number in range(len(shares))]
        try:
            while wait(futures, _LOOK, FIRST_EXCEPTION).not_done and not any(map(_failed, futures)):
                pass
            played = [future.result() for future in futures]
        except BaseException as error:
            stop.set()
            pool.shutdown(cancel_futures=True)
            if isinstance(error, StuckError):
                raise RefusedError(f"{error}; the machine may be too busy: try fewer --jobs") from error
            raise
    return report(played, RealClock().machine() - began)


def _failed(future: Future[Round]) -> bool:
    return future.done() and future.exception() is not None


def _folder(data: Path | None) -> Path:
    """The named folder, which must be empty, or one for this matrix."""
    folder = data or Path(tempfile.mkdtemp(prefix="crash-matrix-"))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RefusedError(f"{folder} is not an empty folder; name another with --data")
    return folder


def _show(found: Report, folder: Path) -> None:
    console = Console()
    console.print(table(found))
    for line in verdict(found):
        console.print(line)
    for violation in found.violations[:_SHOWN]:
        console.print(f"{violation.kind}: {violation.text}", style="red", soft_wrap=True, markup=False)
    if found.violations:
        console.print(f"books and logs are in {folder}", soft_wrap=True)
