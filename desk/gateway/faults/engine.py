"""The faults of one gateway: armed and taken back, begun and ended in market time, asked about every message."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from desk.clock import LoopTimers, Timer
from desk.gateway.faults import kinds
from desk.gateway.faults.fault import Fault, Ground, Scene, checked
from desk.gateway.faults.message import Fields, Message, Passed, packed, unpacked
from desk.market.calendar import at, exchange_date

if TYPE_CHECKING:
    from desk.gateway.clients import Client

_log = logging.getLogger(__name__)
_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Fired:
    """That a fault has acted: at which market time (epoch seconds), its number and name, and what it did."""

    at: float
    number: int
    name: str
    what: str


@dataclass(slots=True, eq=False)
class _Armed:
    number: int
    fault: Fault
    scene: Scene
    timer: Timer | None = None
    running: bool = False
    chances: int = 0
    acted: int = 0


class Faults:
    """Everything armed on a gateway. `active` says whether messages need to be shown to it at all."""

    def __init__(self, timers: LoopTimers, random: Random, ground: Ground) -> None:
        self.active = False
        self.fired: deque[Fired] = deque(maxlen=_REMEMBERED)
        self._timers = timers
        self._random = random
        self._salt = random.getrandbits(64)
        self._ground = ground
        self._armed: dict[int, _Armed] = {}
        self._last = 0

    def arm(self, fault: Fault) -> int:
        """Arm a fault and return its number; ValueError when its time is none or it names no message of IB's."""
        due = self._due(checked(fault), self._timers.clock.time())
        self._last += 1
        number = self._last
        scene = Scene(
            self._ground,
            self._timers,
            self._random,
            self._salt,
            note=lambda what: self._note(number, fault, what),
        )
        armed = self._armed[number] = _Armed(number, fault, scene)
        self._schedule(armed, due)
        return number

    def disarm(self, number: int) -> bool:
        """Take a fault back and undo what it does; False when there is none of that number."""
        armed = self._armed.pop(number, None)
        if armed is None:
            return False
        self._stop(armed)
        if armed.timer is not None:
            armed.timer.cancel()
        return True

    def clear(self) -> int:
        """Take every fault back and return how many there were."""
        return sum(self.disarm(number) for number in list(self._armed))

    def armed(self) -> dict[int, Fault]:
        """Return what is armed, by number."""
        return {number: armed.fault for number, armed in self._armed.items()}

    def outgoing(self, client: Client, chunks: Sequence[bytes]) -> None:
        """Send what the faults make of framed messages for a client."""
        for chunk in chunks:
            for fields in unpacked(chunk):
                message = Message(client, kinds.ANSWERS.get(fields[0], ""), fields)
                for delay, left in self._through(message):
                    _later(client, delay, left)

    def incoming(self, client: Client, fields: Sequence[str]) -> Passed:
        """Return what the faults make of a client's request: what to handle, each after market seconds."""
        return self._through(Message(client, kinds.REQUESTS.get(fields[0], ""), tuple(fields)))

    def _through(self, message: Message) -> Passed:
        left: list[tuple[float, Fields]] = [(0.0, message.fields)]
        for armed in list(self._armed.values()):
            if armed.running:  # one fault may end another
                left = list(self._stage(armed, message, left))
        return left

    def _stage(
        self, armed: _Armed, message: Message, queue: Iterable[tuple[float, Fields]]
    ) -> Iterable[tuple[float, Fields]]:
        for delay, fields in queue:
            one = Message(message.client, message.kind, fields)
            if not self._acts(armed, one):
                yield delay, fields
                continue
            for more, passed in armed.fault.pass_on(one, armed.scene):
                yield delay + more, passed

    def _acts(self, armed: _Armed, message: Message) -> bool:
        fault = armed.fault
        if fault.client not in {-1, message.client.client_id} or not fault.concerns(message, armed.scene):
            return False
        if not fault.counts(message):
            return True
        armed.chances += 1
        if armed.chances < fault.nth or (fault.times and armed.acted >= fault.times):
            return False
        if fault.share < 1 and self._random.random() >= fault.share:
            return False
        armed.acted += 1
        armed.scene.note(message.kind)
        return True

    @staticmethod
    def _due(fault: Fault, now: float) -> float:
        """Return when a fault begins: now, or the next time that the exchange's clock shows its `at`."""
        if not fault.at:
            return now + fault.after
        today = exchange_date(now)
        due = at(today, fault.at)
        return (due if due >= now else at(today + timedelta(days=1), fault.at)) + fault.after

    def _schedule(self, armed: _Armed, due: float) -> None:
        if due <= self._timers.clock.time():
            self._begin(armed)
        else:
            armed.timer = self._timers.call_at(due, lambda: self._begin(armed))

    def _begin(self, armed: _Armed) -> None:
        fault = armed.fault
        armed.running, armed.chances, armed.acted = True, 0, 0
        armed.scene.forget()
        self.active = True
        armed.timer = self._timers.call_later(fault.lasts, lambda: self._end(armed)) if fault.lasts else None
        fault.begin(armed.scene)
        if fault.momentary:
            self._end(armed)

    def _end(self, armed: _Armed) -> None:
        self._stop(armed)
        if armed.fault.daily:
            self._schedule(armed, self._due(armed.fault, self._timers.clock.time() + 1))
        else:
            self.disarm(armed.number)

    def _stop(self, armed: _Armed) -> None:
        if armed.running:
            armed.running = False
            self.active = any(one.running for one in self._armed.values())
            armed.fault.over(armed.scene)

    def _note(self, number: int, fault: Fault, what: str) -> None:
        self.fired.append(Fired(self._timers.clock.time(), number, fault.name, what))
        _log.info("fault %d %s: %s", number, fault.name, what)


def _later(client: Client, delay: float, fields: Fields) -> None:
    client.after(delay, lambda: client.put(packed(fields)))
