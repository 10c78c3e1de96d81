"""`halt` and `resume`: the kill switch, thrown and lifted whether or not a desk runs."""

from __future__ import annotations

import sys
import tomllib
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from commands.errors import RefusedError
from commands.folders import latest_run
from commands.where import SILENT, config_of
from desk.clock import RealClock
from desk.config import ConfigError
from desk.console import health
from desk.console.health import Health
from desk.console.jsonable import iso, to_json
from desk.orders import halt as switch
from desk.orders.durable import make_folder
from desk.orders.halt import Halt

_BY = "command line"


def halt_desk(config: Path, data: Path | None, reason: str, *, flatten: bool, as_json: bool) -> int:
    """Block new entries from now on, across restarts, and with `flatten` have every position closed."""
    root = _root(config, data)
    before = _standing(root)
    try:
        make_folder(root)
        wanted = Halt(reason or "halted by hand", flatten=flatten, at=RealClock().time(), by=_BY)
        standing = switch.write(root, wanted)
    except OSError as error:
        raise _refused(root, error) from error
    desk = running_desk(root)
    if as_json:
        _write(root, desk, halted=True, already=before is not None, halt=standing)
        return 0
    if before is None:
        said = f"Halted: no order opens a position any more. {_described(standing)}"
    elif standing != before:
        said = f"It was halted already; now open positions are closed, too. {_described(standing)}"
    else:
        said = f"It was halted already. {_described(standing)}"
    _say(said, _at_work(root, desk, standing), f"`resume` lifts it; a restart does not. {root / switch.FILE}")
    return 0


def resume_desk(config: Path, data: Path | None, *, as_json: bool) -> int:
    """Lift a halt; 0 also when there was none."""
    root = _root(config, data)
    standing = _standing(root)
    if standing is not None:
        try:
            switch.clear(root)
        except OSError as error:
            raise _refused(root, error) from error
    desk = running_desk(root)
    if as_json:
        _write(root, desk, halted=False, already=standing is None, halt=standing)
    elif standing is None:
        _say(f"Nothing was halted in {root}.")
    else:
        who = f"The desk that runs there (process {desk.process})" if desk else "The next desk there"
        _say(f"Resumed: this halt is lifted. {_described(standing)}", f"{who} may open positions again.")
    return 0


def running_desk(root: Path) -> Health | None:
    """The last report of the desk that runs on a data folder, None when none does."""
    report = health.read(latest_run(root) / "health.json")
    return report if health.running(report, RealClock().time(), SILENT) else None


def _root(config: Path, data: Path | None) -> Path:
    """The data folder. A config with mistakes must not keep anybody from halting: its `data` is enough."""
    if data is not None:
        return data
    try:
        return Path(config_of(config, None).data)
    except ConfigError:
        with suppress(OSError, ValueError, KeyError, TypeError):
            return Path(tomllib.loads(config.read_text(encoding="utf-8"))["data"])
        raise


def _standing(root: Path) -> Halt | None:
    return switch.read(root) if root.is_dir() else None


def _described(halt: Halt) -> str:
    since = f" since {(iso(halt.at) or '')[:19]} UTC" if halt.at else ""
    flatten = ", positions are to be closed" if halt.flatten else ""
    return f"Reason: {halt.reason}{since}{flatten}{f' ({halt.by})' if halt.by else ''}."


def _at_work(root: Path, desk: Health | None, halt: Halt) -> str:
    if desk is None:
        return f"No desk runs in {root}: nothing is cancelled or closed until one does, and the next one starts halted."
    positions = "closes its positions at market" if halt.flatten else "keeps its positions and goes on managing them"
    return f"The desk that runs there (process {desk.process}) cancels its entry orders and {positions}."


def _refused(root: Path, error: OSError) -> RefusedError:
    return RefusedError(f"{root / switch.FILE}: {error.strerror}; give the data folder with --data")


def _say(*lines: str) -> None:
    console = Console()
    for line in lines:
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def _write(root: Path, desk: Health | None, *, halted: bool, already: bool, halt: Halt | None) -> None:
    told = {**asdict(halt), "at": iso(halt.at) if halt.at else None} if halt else None
    process = desk.process if desk else None
    values = {"halted": halted, "already": already, "halt": told, "running": desk is not None, "process": process}
    sys.stdout.write(to_json({**values, "data": str(root)}) + "\n")
