"""TraderActor: the one writer of all orders. `desk.orders.trader` does the work; here are its messages and timers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from desk.clock import Timer
from desk.orders.edge import Boundary, Edge, no_boundary
from desk.orders.trader import Settings, Trader
from desk.runtime.actor import Actor, Context

_POLL = 1.0
"""Machine seconds between two looks at the kill switch."""
_RESEND = 15
"""Polls after which what persistence has not acknowledged is handed over again."""
_FAREWELL = 5.0
"""Machine seconds that orders have to end in an orderly stop."""


@dataclass(frozen=True, slots=True)
class Wake:
    """Something is due."""


@dataclass(frozen=True, slots=True)
class Poll:
    """Time to look at the kill switch and at the disk."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The time of an orderly stop is over."""


class TraderActor(Actor):
    """Hands messages to the trader and wakes it when it has something due; a crash gives the logs back."""

    kind: ClassVar[str] = "trader"

    def __init__(self, context: Context, settings: Settings, boundary: Boundary = no_boundary) -> None:
        super().__init__(context)
        edge = Edge(context.name, context.clock.time, context.tell, context.log, boundary)
        self._open: Callable[[], Trader] = lambda: Trader(settings, edge)
        self._trader: Trader | None = None
        self._timer: Timer | None = None
        self._polls = 0

    @property
    def trader(self) -> Trader:
        """The trader, once started."""
        assert self._trader is not None
        return self._trader

    def started(self) -> None:
        """Read the logs; what they have open is looked for at IB before anything is sent."""
        self._trader = self._open()
        self.context.machine_after(_POLL, Poll())
        self._arm()

    def receive(self, message: object) -> object:
        """Do what a message asks for."""
        try:
            self._handle(message)
        except BaseException:
            self.trader.close()  # the next incarnation claims the logs, which take one writer at a time
            raise
        return None

    def drain(self) -> bool:
        """Cancel entries and wait for their end, and for that of exits at market; other exits go on at IB."""
        try:
            self.trader.drain()
        except BaseException:
            self.trader.close()
            raise
        self.context.machine_after(_FAREWELL, GiveUp())
        return self.trader.at_rest

    def stopped(self) -> None:
        """Give the logs back."""
        self.trader.close()

    def facts(self) -> dict[str, Any]:
        """See `Trader.facts`."""
        return self._trader.facts() if self._trader else {}

    def _handle(self, message: object) -> None:
        match message:
            case Wake():
                self._timer = None
                self.trader.wake()
            case Poll():
                self.context.machine_after(_POLL, Poll())
                self._polls += 1
                self.trader.poll()
                if self._polls % _RESEND == 0:
                    self.trader.recorder.resend()
            case GiveUp():
                self.context.log.warning("orders are left as they are", at_rest=self.trader.at_rest)
                self.context.drained()
            case _ if not self.trader.receive(message):
                raise TypeError(message)
        if self.trader.draining and self.trader.at_rest:
            self.context.drained()
        self._arm()

    def _arm(self) -> None:
        due = self.trader.due
        if self._timer is not None and self._timer.due <= due:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.context.at(due, Wake()) if due < float("inf") else None
