"""The system: actors by name, messages between them, dead letters, and reports that never wait for anyone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Protocol

import structlog
from structlog.typing import FilteringBoundLogger

from desk.clock import Clock
from desk.config.model import Supervision
from desk.runtime.child import Child, ChildSpec
from desk.runtime.envelope import Envelope, Reply, refuse
from desk.runtime.errors import ActorError, ActorStoppedError, ActorUnknownError, AskTimeoutError, MailboxFullError
from desk.runtime.letters import DeadLetters
from desk.runtime.life import Life, Started
from desk.runtime.mailbox import Mailbox
from desk.runtime.threads import ThreadDispatcher
from messages.system import Drain, Exit, Report


class Cancellable(Protocol):
    """Something to come that can be called off."""

    def cancel(self) -> None:
        """Call it off."""


class Dispatcher(Protocol):
    """Where lives are hosted and the supervisor's work is done: threads, or a simulation's loop."""

    def launch(self, life: Life) -> None:
        """Host a life."""

    def post(self, action: Callable[[], None]) -> None:
        """Do `action` in the supervisor's turn. From anywhere."""

    def later(self, seconds: float, action: Callable[[], None]) -> Cancellable:
        """Do `action` after `seconds` of machine time. In the supervisor's turn only."""

    def run(self, until: Callable[[], bool]) -> None:
        """Do the supervisor's work until `until()`."""

    def wait(self, reply: Reply, timeout: float) -> Any:
        """Wait for an answer for at most `timeout` machine seconds, then raise `TimeoutError`."""


class System:
    """Everything that actors share. Addresses are names, resolved when sending, so they outlive incarnations."""

    def __init__(
        self,
        clock: Clock,
        settings: Supervision,
        random: Random,
        *,
        dispatcher: Dispatcher | None = None,
        log: FilteringBoundLogger | None = None,
    ) -> None:
        self.clock = clock
        self.settings = settings
        self.random = random
        self.dispatcher: Dispatcher = dispatcher or ThreadDispatcher(clock)
        self.log: FilteringBoundLogger = log or structlog.get_logger()
        self.letters = DeadLetters(self.log)
        self.children: dict[str, Child] = {}
        self.notify: Callable[[Started | Exit], None] = lambda _: None

    def add(self, specs: Sequence[ChildSpec]) -> list[Child]:
        """Give children their addresses. Messages to them wait for their first lives."""
        added = [self._child(spec) for spec in specs]
        self.children = {**self.children, **{child.spec.name: child for child in added}}
        return added

    def _child(self, spec: ChildSpec) -> Child:
        def refused(envelope: Envelope, reason: str) -> None:
            self._refused(spec.name, envelope, reason)

        mailbox = Mailbox(self.clock, spec.mailbox_limit, refused, spec.priority)
        stop_timeout = self.settings.stop_timeout if spec.stop_timeout is None else spec.stop_timeout
        hang_after = self.settings.hang_after if spec.hang_after is None else spec.hang_after
        return Child(spec, mailbox, stop_timeout, hang_after)

    def retire(self, child: Child) -> None:
        """Close a child's address for good: what waits or still comes is a dead letter."""
        for envelope in child.mailbox.close():
            self._refused(child.spec.name, envelope, "closed")

    def tell(self, name: str, message: object) -> None:
        """Send a message. What cannot be delivered becomes a dead letter."""
        child = self.children.get(name)
        if child is None:
            self.letters.add(name, message, "unknown")
        else:
            child.mailbox.put(Envelope(message))

    def ask(self, name: str, message: object, timeout: float) -> Any:
        """Send and wait for the answer, for at most `timeout` machine seconds. For the edges, never in actors.

        Raises `ActorUnknownError`, `ActorCrashedError`, `ActorStoppedError` or `MailboxFullError` as soon as that is
        known, else `AskTimeoutError`.
        """
        child = self.children.get(name)
        if child is None:
            raise ActorUnknownError(name, "no actor has this name")
        reply = Reply()
        child.mailbox.put(Envelope(message, reply))
        try:
            return self.dispatcher.wait(reply, timeout)
        except TimeoutError:
            if reply.done():
                raise
            raise AskTimeoutError(name, f"no answer within {timeout:g} s") from None

    def reports(self) -> list[Report]:
        """Report every child's health as last seen, at once, and have idle actors refresh their facts."""
        now = self.clock.machine()
        reports = [child.report(now) for child in self.children.values()]
        for child in self.children.values():
            if child.life is not None:
                child.mailbox.probe()
        return reports

    def _refused(self, name: str, envelope: Envelope, reason: str) -> None:
        if not isinstance(envelope.message, Drain):
            self.letters.add(name, envelope.message, reason)
        error: ActorError = (
            MailboxFullError(name, "mailbox is full") if reason == "full" else ActorStoppedError(name, "stopped")
        )
        refuse(envelope, error)
