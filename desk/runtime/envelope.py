"""A message on its way, and the answer on its way back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Any, Protocol


class Answerable(Protocol):
    """Where an answer goes: a `Reply`, or the future of Pykka's `ask`."""

    def set(self, value: Any = None) -> None:
        """Answer with a value."""

    def set_exception(self, exc_info: Any = None) -> None:
        """Answer with an error, as `sys.exc_info()` gives it."""


class Reply:
    """An answer to come. The first one counts: what comes later is dropped."""

    __slots__ = ("_future",)

    def __init__(self) -> None:
        self._future: Future[Any] = Future()

    def set(self, value: Any = None) -> None:
        """Answer with a value."""
        with suppress(InvalidStateError):
            self._future.set_result(value)

    def set_exception(self, exc_info: Any = None) -> None:
        """Answer with an error, as `sys.exc_info()` gives it."""
        with suppress(InvalidStateError):
            self._future.set_exception(exc_info[1])

    def done(self) -> bool:
        """Whether an answer has come."""
        return self._future.done()

    def on_done(self, action: Callable[[Reply], None]) -> None:
        """Do `action` on the answering thread once the answer is there, at once when it is."""
        self._future.add_done_callback(lambda _: action(self))

    def result(self, timeout: float | None = 0.0) -> Any:
        """Return the answer, or raise its error; `TimeoutError` when it has not come within `timeout` wall seconds."""
        return self._future.result(timeout)


class Envelope:
    """A message, and where its answer goes."""

    __slots__ = ("message", "reply_to")

    def __init__(self, message: Any, reply_to: Answerable | None = None) -> None:
        self.message = message
        self.reply_to = reply_to


def refuse(envelope: Envelope, error: BaseException) -> None:
    """Answer an ask with an error; nothing for a tell."""
    if envelope.reply_to is not None:
        envelope.reply_to.set_exception((type(error), error, None))
