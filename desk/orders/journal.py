"""The logs of all strategies, one writer for all: `<logs>/<strategy>/trades.jsonl` and `risk_events.jsonl`.

What `append` has returned from is on disk. Nothing may be sent before that, and nothing after it has raised.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from desk.orders import logfile
from desk.orders.durable import make_folder
from desk.orders.errors import JournalBusyError, JournalDamagedError, JournalRefusedError
from desk.orders.lines import Line, LineError, RiskLine, decode, encode
from desk.orders.logfile import LogFile, Record

TRADES, RISKS = "trades.jsonl", "risk_events.jsonl"
_LOCK = "writer.lock"


class Journals:
    """The folder of all strategies' logs, claimed for one writer until `close` or the end of the process.

    Raises JournalBusyError when it is claimed already, JournalRefusedError when the disk refuses.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._opened: list[Journal] = []
        try:
            make_folder(logs)
            self._lock = os.open(logs / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise JournalRefusedError(f"{logs} cannot be written: {error}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            raise JournalBusyError(f"a desk writes the logs in {logs} already; stop it first") from error
        except OSError as error:
            os.close(self._lock)
            raise JournalRefusedError(f"{logs} cannot be locked: {error}") from error

    def open(self, strategy: str) -> Journal:
        """Return the logs of one strategy, made if need be and mended. Raises as Journal."""
        journal = Journal(self._logs / strategy)
        self._opened.append(journal)
        return journal

    def close(self) -> None:
        """Close all logs and let others write. It may be closed twice."""
        for journal in self._opened:
            journal.close()
        self._opened.clear()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class Journal:
    """One strategy's two logs. `lines` are those found at the start, `torn` the files that took a torn end.

    Raises JournalDamagedError and JournalRefusedError.
    """

    def __init__(self, folder: Path) -> None:
        self._trades = LogFile(folder / TRADES)
        try:
            self._risks = LogFile(folder / RISKS)
        except BaseException:
            self._trades.close()
            raise
        files = self._trades, self._risks
        try:
            self.lines = tuple(line for file in files for line in _decoded(file.records, file.path))
        except JournalDamagedError:
            self.close()
            raise
        self.torn = tuple(file.torn for file in files if file.torn is not None)

    def append(self, *lines: Line) -> None:
        """Write lines, each into its log, on disk when this returns. Raises JournalRefusedError: then none is there.

        Trades come first: a crash in between then has an order without the breach that led to it, which at worst is
        acted on twice, and never a breach that nobody acts on.
        """
        trades = [encode(line) for line in lines if not isinstance(line, RiskLine)]
        risks = [encode(line) for line in lines if isinstance(line, RiskLine)]
        if trades:
            self._trades.append(trades)
        if risks:
            try:
                self._risks.append(risks)
            except JournalRefusedError:
                if trades:
                    self._trades.take_back()
                raise

    def close(self) -> None:
        """Close the files. They may be closed twice."""
        self._trades.close()
        self._risks.close()


def read(folder: Path) -> tuple[Line, ...]:
    """Return one strategy's lines, trades first, without claiming or mending anything; also while a desk runs.

    Raises JournalDamagedError and JournalRefusedError.
    """
    paths = folder / TRADES, folder / RISKS
    return tuple(line for path in paths for line in _decoded(logfile.read(path), path))


def _decoded(records: list[Record], path: Path) -> list[Line]:
    lines = []
    for number, record in enumerate(records, 1):
        try:
            line = decode(record)
        except LineError as error:
            raise JournalDamagedError(f"{path}, line {number}: {error}. Mend that line, then start again") from error
        if line is not None:
            lines.append(line)
    return lines
