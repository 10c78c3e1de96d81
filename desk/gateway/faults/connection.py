"""Faults of the connection: between the client and the gateway, and between the gateway and IB."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from desk.gateway.encode import session as encode
from desk.gateway.faults import kinds
from desk.gateway.faults.fault import Fault, Scene
from desk.gateway.faults.message import Message, Passed, packed
from desk.gateway.session import IN_USE, NOTICES

if TYPE_CHECKING:
    from desk.gateway.clients import Client

_BROKEN = "Connectivity between Trader Workstation and server is broken. It will be restored automatically."
_LOST = "Connectivity between IB and Trader Workstation has been lost."
_RESTORED = {
    1101: "Connectivity between IB and Trader Workstation has been restored - data lost.",
    1102: "Connectivity between IB and Trader Workstation has been restored - data maintained. "
    "All data farms are connected: usfarm; usopt; ushmds; secdefil.",
}
_FARMS_BROKEN = (
    (2103, "Market data farm connection is broken:usfarm"),
    (2103, "Market data farm connection is broken:usopt"),
    (2105, "HMDS data farm connection is broken:ushmds"),
    (2157, "Sec-def data farm connection is broken:secdefil"),
)
_LOCAL = frozenset(
    {"startApi", "reqIds", "reqManagedAccts", "reqCurrentTime", "nextValidId", "managedAccounts", "currentTime", ""}
)
"""What the gateway says by itself, without IB; a message without a name here is the handshake's."""


def _say(clients: Iterable[Client], *errors: tuple[int, str]) -> None:
    """Send errors of no request to clients that have started."""
    for client in clients:
        if client.client_id is not None:
            client.put(*(encode.error(client.version, -1, code, text) for code, text in errors))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop(Fault):
    """The connection ends: at once, or on a message `on`.

    A request on which it acts is lost with it, unless `handled`: then it takes effect, and nobody is told.
    """

    on: str = ""
    handled: bool = False
    times: int = 1

    @property
    def momentary(self) -> bool:
        """See `Fault`."""
        return not self.on

    def begin(self, scene: Scene) -> None:
        """See `Fault`."""
        if not self.on:
            for client in self.whom(scene):
                scene.note(f"client {client.client_id}")
                self.cut(client, b"")

    def concerns(self, message: Message, scene: Scene) -> bool:
        """See `Fault`."""
        return message.kind == self.on

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        client = message.client
        if message.kind in kinds.ANSWERS.values():
            self.cut(client, packed(message.fields))
            return []
        if not self.handled:
            self.cut(client, b"")
            return []
        client.mute = True
        asyncio.get_running_loop().call_soon(self.cut, client, b"")
        return [(0.0, message.fields)]

    def cut(self, client: Client, last: bytes) -> None:
        """End the connection after a last message."""
        client.put(last)
        client.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset(Drop):
    """The connection is reset; the message on which it acts, or a notice, gets halfway: `part` of its bytes."""

    part: float = 0.5

    def cut(self, client: Client, last: bytes) -> None:
        """See `Drop`."""
        whole = last or encode.error(client.version, -1, 2110, _BROKEN)
        client.put(whole[: int(len(whole) * self.part)])
        client.reset()


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfOpen(Fault):
    """The line is dead and nobody says so: nothing arrives on either side, and the socket stays open."""

    def begin(self, scene: Scene) -> None:
        """See `Fault`."""
        clients = self.whom(scene)
        for client in clients:
            scene.about(client)["deaf"] = True
        scene.note(f"{len(clients)} clients")

    def concerns(self, message: Message, scene: Scene) -> bool:
        """See `Fault`."""
        return "deaf" in scene.about(message.client)

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragments(Fault):
    """The bytes come in pieces of `size`, `seconds` of market time apart, cut without regard to frames."""

    size: int = 7
    seconds: float = 0.0

    def begin(self, scene: Scene) -> None:
        """See `Fault`."""
        for client in self.whom(scene):
            client.break_up(self.size, self.seconds)
            scene.note(f"client {client.client_id}")

    def over(self, scene: Scene) -> None:
        """See `Fault`."""
        for client in self.whom(scene):
            client.break_up(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage(Fault):
    """The gateway loses IB: error 1100, then silence for `lasts` seconds with the socket open, then `code`.

    1102 keeps the subscriptions, 1101 loses them. Requests are lost without an answer, orders go on at the exchange
    and nobody hears of it. 1100 is repeated `every` so many seconds (0: not).
    """

    lasts: float = 15.0
    code: int = 1102
    every: float = 0.0
    farms: bool = True

    def __post_init__(self) -> None:
        """Refuse a code that does not end an outage."""
        if self.code not in _RESTORED:
            raise ValueError(f"{self.name}: code is 1101 or 1102, not {self.code}")

    def begin(self, scene: Scene) -> None:
        """See `Fault`."""
        self._lost(scene)
        if self.farms:
            _say(self.whom(scene), *_FARMS_BROKEN)

    def over(self, scene: Scene) -> None:
        """See `Fault`."""
        if "again" in scene.memory:
            scene.memory["again"].cancel()
        clients = self.whom(scene)
        if self.code == 1101:
            for client in clients:
                scene.ground.lose_subscriptions(client)
        _say(clients, (self.code, _RESTORED[self.code]))
        if self.farms:
            _say(clients, *NOTICES)
        scene.note(str(self.code))

    def concerns(self, message: Message, scene: Scene) -> bool:
        """See `Fault`."""
        return message.kind not in _LOCAL

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        return []

    def _lost(self, scene: Scene) -> None:
        _say(self.whom(scene), (1100, _LOST))
        scene.note("1100")
        if self.every:
            scene.memory["again"] = scene.timers.call_later(self.every, lambda: self._lost(scene))


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart(Fault):
    """The gateway restarts, as it does every night: the sockets are reset, and nobody listens for `lasts` seconds.

    What clients ask in the `deaf` seconds before is lost without an answer.
    """

    lasts: float = 120.0
    deaf: float = 0.0

    def begin(self, scene: Scene) -> None:
        """See `Fault`."""
        if self.deaf:
            scene.memory["going"] = scene.timers.call_later(self.deaf, lambda: self._go(scene))
        else:
            self._go(scene)

    def over(self, scene: Scene) -> None:
        """See `Fault`."""
        if "going" in scene.memory:
            scene.memory["going"].cancel()
        scene.ground.back()
        scene.note("back")

    def concerns(self, message: Message, scene: Scene) -> bool:
        """See `Fault`."""
        return True

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        return []

    @staticmethod
    def _go(scene: Scene) -> None:
        scene.ground.away()
        for client in list(scene.ground.clients()):
            client.reset()
        scene.note("gone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Blip(Fault):
    """A farm breaks and is well again (2103, 2104 after `seconds`); what was subscribed to it never ticks again.

    No other word is said of it: the lines still count, can be cancelled, and are alive once asked for anew.
    """

    seconds: float = 5.0
    farm: str = "usopt"

    def begin(self, scene: Scene) -> None:
        """See `Fault`."""
        clients = self.whom(scene)
        for client in clients:
            scene.about(client)["renewed"] = set[int]()
        scene.note(f"{len(clients)} clients")
        _say(clients, (2103, f"Market data farm connection is broken:{self.farm}"))
        scene.memory["well"] = scene.timers.call_later(self.seconds, lambda: self._well(scene))

    def over(self, scene: Scene) -> None:
        """See `Fault`."""
        scene.memory["well"].cancel()

    def concerns(self, message: Message, scene: Scene) -> bool:
        """See `Fault`."""
        renewed = scene.about(message.client).get("renewed")
        if renewed is None:
            return False
        return message.kind in kinds.SUBSCRIPTIONS or (message.kind in kinds.STREAMED and message.number not in renewed)

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        if message.kind in kinds.SUBSCRIPTIONS:
            scene.about(message.client)["renewed"].add(message.number)
            return [(0.0, message.fields)]
        return []

    def _well(self, scene: Scene) -> None:
        clients = [client for client in self.whom(scene) if "renewed" in scene.about(client)]
        _say(clients, (2104, f"Market data farm connection is OK:{self.farm}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class InUse(Fault):
    """Error 326 on the start of the session, and the end of the connection, as if the client id were taken."""

    times: int = 1

    def concerns(self, message: Message, scene: Scene) -> bool:
        """See `Fault`."""
        return message.kind == "startApi"

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        client = message.client
        client.put(encode.error(client.version, -1, 326, IN_USE))
        client.close()
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Say(Fault):
    """An error of no request, code and text as given: at once, or after each message `on`."""

    on: str = ""
    code: int = 0
    text: str = "Warning: Approaching max rate of 100 messages per second (88)"

    @property
    def momentary(self) -> bool:
        """See `Fault`."""
        return not self.on

    def begin(self, scene: Scene) -> None:
        """See `Fault`."""
        if not self.on:
            scene.note(str(self.code))
            _say(self.whom(scene), (self.code, self.text))

    def concerns(self, message: Message, scene: Scene) -> bool:
        """See `Fault`."""
        return message.kind == self.on

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        _say([message.client], (self.code, self.text))
        return [(0.0, message.fields)]
