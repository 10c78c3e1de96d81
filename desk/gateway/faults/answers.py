"""Faults of single messages: lost, late, repeated, or refused by an error."""

from __future__ import annotations

from dataclasses import dataclass

from desk.gateway.encode import session as encode
from desk.gateway.faults.fault import OnMessages, Scene
from desk.gateway.faults.message import Message, Passed


@dataclass(frozen=True, slots=True, kw_only=True)
class OfStatus(OnMessages):
    """A fault of messages; of order statuses and open orders only those with that `status` (empty: any)."""

    status: str = ""

    def concerns(self, message: Message, scene: Scene) -> bool:
        """See `Fault`."""
        if self.status and message.kind == "orderStatus" and message.fields[2] != self.status:
            return False
        if self.status and message.kind == "openOrder" and self.status not in message.fields:
            return False
        return OnMessages.concerns(self, message, scene)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lose(OfStatus):
    """Messages are lost: requests are never heard of, answers never come."""

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Late(OfStatus):
    """Messages come `seconds` of market time later, in their order; requests are dealt with that much later."""

    seconds: float = 1.0

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        return [(self.seconds, message.fields)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat(OfStatus):
    """Messages come `copies` times, `seconds` of market time apart."""

    copies: int = 2
    seconds: float = 0.0

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        return [(n * self.seconds, message.fields) for n in range(self.copies)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse(OnMessages):
    """Requests are answered by error `code` and nothing else, `seconds` of market time later.

    `text` may name the request as `{number}`. `unnamed` sends the error for no request (-1). The request that makes
    it `close` times ends the connection (0: none does).
    """

    code: int = 321
    text: str = "Error validating request.-'bQ' : cause - "
    seconds: float = 0.0
    unnamed: bool = False
    close: int = 0

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        client = message.client
        number = -1 if self.unnamed else message.number
        about = scene.about(client)
        refused = about["refused"] = about.get("refused", 0) + 1
        text = self.text.replace("{number}", str(message.number)).replace("{count}", str(refused))
        client.after(self.seconds, lambda: client.put(encode.error(client.version, number, self.code, text)))
        if self.close and refused >= self.close:
            client.close()
        return []
