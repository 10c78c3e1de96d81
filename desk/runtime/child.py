"""Children of the supervisor: their specification, as data, and what is known of each while the system lives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from desk.runtime.actor import Actor, Context
from desk.runtime.errors import SpecError
from desk.runtime.mailbox import Mailbox
from desk.runtime.policy import History
from messages.system import Report

if TYPE_CHECKING:
    from desk.runtime.life import Life

Restart = Literal["permanent", "transient", "temporary"]
Kind = Literal["thread", "asyncio"]
State = Literal["starting", "running", "draining", "stopped", "backoff", "exhausted", "hung"]


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """How to make, host, restart and stop one actor. Times are machine seconds; None takes the settings' value.

    `restart`: permanent starts again after every ending, transient after a crash, temporary never. `critical`: when it
    is exhausted, the whole system stops in order. `hang_exit_code`: when it hangs, it is not replaced (its socket may
    still be open) but the system stops in order with this code. `priority` gives a message's rank, smallest first.
    """

    name: str
    factory: Callable[[Context], Actor]
    restart: Restart = "permanent"
    stop_timeout: float | None = None
    hang_after: float | None = None
    kind: Kind = "thread"
    critical: bool = False
    hang_exit_code: int | None = None
    mailbox_limit: int = 10_000
    priority: Callable[[Any], float] | None = None


def validate(specs: Sequence[ChildSpec]) -> None:
    """Raise `SpecError` with every mistake in the specs."""
    names = Counter(spec.name for spec in specs)
    mistakes = [f"{name}: named {times} times" for name, times in names.items() if times > 1]
    for spec in specs:
        mistakes += [f"{spec.name or '(no name)'}: {mistake}" for mistake in _mistakes(spec)]
    if mistakes:
        raise SpecError(mistakes)


def _mistakes(spec: ChildSpec) -> Iterable[str]:
    if not spec.name:
        yield "a name is needed"
    if not callable(spec.factory):
        yield f"factory {spec.factory!r} cannot be called"
    if spec.restart not in get_args(Restart):
        yield f"restart {spec.restart!r} is none of {', '.join(get_args(Restart))}"
    if spec.kind not in get_args(Kind):
        yield f"kind {spec.kind!r} is none of {', '.join(get_args(Kind))}"
    if spec.stop_timeout is not None and spec.stop_timeout < 0:
        yield f"stop_timeout {spec.stop_timeout} is below 0"
    if spec.hang_after is not None and spec.hang_after <= 0:
        yield f"hang_after {spec.hang_after} is not above 0"
    if spec.mailbox_limit < 1:
        yield f"mailbox_limit {spec.mailbox_limit} is below 1"
    if spec.hang_exit_code is not None and not 0 <= spec.hang_exit_code <= 255:
        yield f"hang_exit_code {spec.hang_exit_code} is not within 0..255"


@dataclass(slots=True)
class Child:
    """One child while the system lives; anyone may read.

    `handled`, `moved`, `progressed` and `facts` are the running incarnation's to write, all else the supervisor's.
    `moved` is the machine time of the last sign of life, `progressed` that of the last work done.
    """

    spec: ChildSpec
    mailbox: Mailbox
    stop_timeout: float
    hang_after: float
    state: State = "stopped"
    kind: str = "actor"
    epoch: int = 0
    life: Life | None = None
    stopping: bool = False
    born: float = 0.0
    restarts: int = 0
    last_error: str = ""
    history: History = field(default_factory=History)
    handled: int = 0
    moved: float = 0.0
    progressed: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)

    def report(self, now: float) -> Report:
        """Tell the child's health at machine time `now`, without asking the actor."""
        alive = self.life is not None
        return Report(
            self.spec.name,
            self.kind,
            self.state,
            now - self.born if alive else 0.0,
            self.restarts,
            self.last_error,
            len(self.mailbox),
            self.handled,
            max(0.0, now - self.progressed) if alive else 0.0,
            self.facts,
        )
