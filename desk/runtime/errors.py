"""What can go wrong with an actor from the outside."""

from __future__ import annotations

from collections.abc import Sequence


class SpecError(ValueError):
    """Child specs that cannot be started; every mistake is in the message."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = tuple(mistakes)


class ActorError(RuntimeError):
    """An ask that will not be answered; `name` is the actor's."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name = name


class ActorUnknownError(ActorError):
    """No actor has that name."""


class ActorStoppedError(ActorError):
    """The actor has stopped, or stopped before it came to the question."""


class ActorCrashedError(ActorError):
    """The actor crashed, or was abandoned as hung, with the question in hand or waiting."""


class MailboxFullError(ActorError):
    """The actor's mailbox holds as much as it may."""


class AskTimeoutError(ActorError, TimeoutError):
    """No answer within the asker's limit."""
