"""One round: a gateway that runs on, desks that die beside it one after another, and the reckoning at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from threading import Event, Lock

from commands.crash import book as books
from commands.crash import check, processes, words
from commands.crash import logs as trades
from commands.crash.book import Book
from commands.crash.check import Violation
from commands.crash.clock import SharedClock
from commands.crash.logs import Logs
from commands.crash.plan import Kill, Moment, Trap, next_kill
from commands.crash.report import Death, Round, state
from commands.crash.trap import Crossed
from commands.options import Options
from commands.settings import settings
from desk.clock import RealClock
from desk.config import Config
from desk.config.model import Collector
from desk.market.calendar import at
from desk.orders import halt

CONFIG = Path(__file__).with_name("desk.toml")
_START = 30.0
"""Machine seconds that a gateway, or a desk in a new interpreter, may take to start on a busy machine."""
_FRESH = 10.0
"""Machine seconds that it may take longer than a forked one."""
_REST = 60.0
"""Machine seconds for everything to end after the halt."""
_LOOK = 0.25
_SETTLED = 15.0
"""Market seconds after the last fill in which its commission and the lines about it come."""
_KILLED = -9
_WARM = "commands.crash.warm"
_PROCESSES = Lock()
"""Held while one starts or is put away: `multiprocessing` looks after all of them then, whosever they are."""
_BY = "crash-matrix"


class StuckError(Exception):
    """A process did not do what a round cannot go on without."""


class InterruptedRoundError(Exception):
    """The round was told to stop."""


def play(number: int, kills: int, seed: int, folder: Path, speed: float, stop: Event) -> Round:
    """Play a round with so many kills in that folder.

    Raises `StuckError` when the gateway does not start, `InterruptedRoundError` soon after `stop` is set.
    """
    random = Random(f"{seed} {number}")
    config = settings(Options(CONFIG, speed=speed))
    config = config.model_copy(update={"gateway": config.gateway.model_copy(update={"seed": random.getrandbits(16)})})
    clock = SharedClock(at(config.clock.day, config.clock.start), RealClock().machine(), speed)
    with _gateway(config, folder / "gateway", clock) as port:
        desk = settings(Options(CONFIG, data=folder / "desk", port=port))
        if number % 2:
            busy = Collector(symbol="SPY", interval=60.0, window=0.04)
            desk = desk.model_copy(update={"collectors": (busy,)})
        stage = _Stage(desk, folder, clock, random)
        for _ in range(kills):
            stage.kill()
            if stop.is_set():
                raise InterruptedRoundError
        return stage.end()


@contextmanager
def _gateway(config: Config, folder: Path, clock: SharedClock) -> Iterator[int]:
    process, pipe = _start(_forks(), processes.gateway, config, folder, clock)
    try:
        if not pipe.poll(_START):
            raise StuckError(f"the gateway did not start within {_START:g} s")
        yield pipe.recv()
    finally:
        process.kill()
        _put_away(process)


@dataclass(slots=True)
class _Life:
    """One desk while it runs: what it crossed so far, and where its part of the log begins."""

    process: BaseProcess
    pipe: Connection
    log: Path
    began: float
    since: int
    crossed: list[Crossed] = field(default_factory=list)
    alive: bool = True

    @property
    def reconciled(self) -> bool:
        """Whether it has compared its trade logs with the gateway."""
        return words.reconciled(self.log, self.since)

    def listen(self, seconds: float) -> None:
        """Note what it crosses for so many machine seconds, or until it ends."""
        wall = RealClock()
        until = wall.machine() + seconds
        while self.alive and self.pipe.poll(max(0.0, until - wall.machine())):
            try:
                self.crossed.append(self.pipe.recv())
            except (EOFError, OSError):  # OSError: it was killed in the middle of a word
                _put_away(self.process)
                self.alive = False

    def kill(self) -> None:
        """SIGKILL, and read what it had still told."""
        self.process.kill()
        self.listen(_START)


class _Stage:
    """What a round has so far."""

    def __init__(self, config: Config, folder: Path, clock: SharedClock, random: Random) -> None:
        self._config, self._clock, self._random = config, clock, random
        self._book_folder, self._data = folder / "gateway", folder / "desk"
        self._deaths: list[Death] = []
        self._violations: list[Violation] = []
        self._book = Book()

    def kill(self) -> None:
        """Start a desk, kill it, and compare."""
        planned = next_kill([death.moment for death in self._deaths], self._random)
        life = self._life(planned.trap, fresh=planned.fresh)
        life.listen(planned.seconds + (_FRESH if planned.fresh else 0.0))
        if life.alive:
            life.kill()
        logs, book = self._compare(life)
        self._deaths.append(self._death(planned, life, book, logs))

    def end(self) -> Round:
        """Halt, let a last desk flatten and stop in order, and compare what is left."""
        halted = self._clock.time()
        over = halt.Halt("the crash matrix is over", flatten=True, at=halted, by=_BY)
        if (standing := halt.write(self._data, over)).by != _BY:
            self._violations.append(Violation(check.ALARMED, standing.reason))
        life = self._life(Trap(), fresh=False)
        self._rest(life)
        if life.alive:
            life.process.terminate()
            life.listen(_START)
        if life.alive:
            life.kill()
        logs, book = self._compare(life, died=False)
        self._violations += check.at_rest(book, logs, halted) + words.complaints(life.log)
        return Round(tuple(self._deaths), book, tuple(self._violations))

    def _rest(self, life: _Life) -> None:
        """Wait until the gateway has nothing of ours left, and a little longer for the desk to have heard of it."""
        until, quiet_since = life.began + _REST, None
        while life.alive and self._clock.machine() < until:
            life.listen(_LOOK)
            quiet = life.reconciled and books.read(self._book_folder).quiet
            quiet_since = (quiet_since or self._clock.time()) if quiet else None
            if quiet_since is not None and self._clock.time() > quiet_since + _SETTLED:
                return

    def _life(self, trap: Trap, *, fresh: bool) -> _Life:
        began = self._clock.machine()
        context = get_context("spawn") if fresh else _forks()
        log = self._data / "logs" / "desk.jsonl"
        since = log.stat().st_size if log.exists() else 0
        return _Life(*_start(context, processes.desk, self._config, self._clock, trap), log, began, since)

    def _death(self, planned: Kill, life: _Life, book: Book, logs: Logs) -> Death:
        """What is known of a desk that has just died; one that did not reach its boundary died at random."""
        reached = [ref for name, ref in life.crossed if name == planned.moment.value]
        trapped = len(reached) >= planned.trap.nth and planned.moment is not Moment.RANDOM
        ref = reached[-1] if trapped else ""
        return Death(
            moment=planned.moment if trapped else Moment.RANDOM,
            ref=ref,
            open=logs.open,
            there=state(book, ref) if ref else "",
            seconds=round(self._clock.machine() - life.began, 3),
            reconciled=life.reconciled,
            fresh=planned.fresh,
        )

    def _compare(self, life: _Life, *, died: bool = True) -> tuple[Logs, Book]:
        """Compare the logs and the book, while no desk runs; what the book had the last time the desk knew at once."""
        if died and life.process.exitcode != _KILLED:
            self._violations.append(Violation(check.ENDED, f"a desk ended by itself with {life.process.exitcode}"))
        logs = trades.read(self._data / "logs")
        before, self._book = self._book, books.read(self._book_folder)
        found = check.always(self._book, logs, most=1) + check.real(self._book, logs)
        if life.reconciled:
            found += check.recovered(before, logs)
        known = {(each.kind, each.text) for each in self._violations}
        self._violations += [each for each in found if (each.kind, each.text) not in known]
        return logs, self._book


def _forks() -> BaseContext:
    """Processes forked from one that has imported everything and has started nothing."""
    context = get_context("forkserver")
    context.set_forkserver_preload([_WARM, "typer"])
    return context


def _start(context: BaseContext, target: object, *arguments: object) -> tuple[BaseProcess, Connection]:
    """Start `target(*arguments, pipe)` in a process of its own, and return the other end of the pipe."""
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(*arguments, theirs), daemon=True)  # type: ignore[attr-defined]  # every context has it
    with _PROCESSES:
        process.start()
    theirs.close()
    return process, ours


def _put_away(process: BaseProcess) -> None:
    """Wait for the end of a process that is ending."""
    with _PROCESSES:
        process.join(_START)
