"""HousekeeperActor: keeps the lake's tables small and fast, beside the actor that writes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from desk.lake.housekeeper import Housekeeper
from desk.runtime.actor import Actor, Context


@dataclass(frozen=True, slots=True)
class Look:
    """Time to see whether something is due."""


class HousekeeperActor(Actor):
    """Does one job at a time (rewrite of a day that is over, checkpoint, clean-up, vacuum), and looks for the next.

    It has a thread of its own, so that no accept and no commit waits for it.
    """

    kind: ClassVar[str] = "housekeeper"

    def __init__(self, context: Context, enter: Callable[[], Housekeeper], every: float) -> None:
        super().__init__(context)
        self._enter = enter
        self._every = every
        self._keeper: Housekeeper | None = None
        self._done = Counter[str]()

    def started(self) -> None:
        """Become the lake's one housekeeper, and look around after the first while."""
        self._keeper = self._enter()
        self.context.machine_after(self._every, Look())

    def receive(self, message: object) -> object:
        """Do what is due; what follows is done at once, the next look comes later."""
        match message:
            case Look():
                self._work()
            case _:
                self._leave()
                raise TypeError(message)
        return None

    def stopped(self) -> None:
        """Let another keep house."""
        self._leave()

    def facts(self) -> dict[str, Any]:
        """Jobs done, by task."""
        return {"jobs": dict(self._done)}

    def _work(self) -> None:
        assert self._keeper is not None
        try:
            step = self._keeper.step(self.context.clock.time())
        except BaseException:
            self._leave()
            raise
        if step is None or step.outcome == "conflict":
            self.context.machine_after(self._every, Look())
            return
        self._done[step.job.task] += 1
        self.context.log.debug("housekeeping", task=step.job.task, table=step.job.table)
        self.context.tell(self.context.name, Look())

    def _leave(self) -> None:
        if self._keeper is not None:
            self._keeper.close()
            self._keeper = None
