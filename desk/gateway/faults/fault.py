"""What every fault has: when it acts, on whom, and how often."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from hashlib import blake2b
from random import Random
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

from desk.clock import LoopTimers
from desk.gateway.faults import kinds
from desk.gateway.faults.message import Message, Passed
from messages.contract import Contract

if TYPE_CHECKING:
    from desk.gateway.clients import Client
    from desk.gateway.faults.quotes import Market


class Ground(Protocol):
    """What faults may do to a gateway; `market` is its source as they leave it."""

    market: Market

    def clients(self) -> Collection[Client]:
        """Return who is connected."""

    def away(self) -> None:
        """Listen no more."""

    def back(self) -> None:
        """Listen again."""

    def lose_subscriptions(self, client: Client) -> None:
        """Forget what the client has subscribed to, without a word."""

    def subscribed(self, client: Client, request_id: int) -> Contract | None:
        """Return the contract of a client's market-data line, None when there is no such line."""

    def resolve(self, contract: Contract) -> Contract:
        """Return the listed contract that a contract id means, or the contract as it came."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where an armed fault acts. `memory` is its own, empty when it begins; `note` records that it has acted."""

    ground: Ground
    timers: LoopTimers
    random: Random
    salt: int
    note: Callable[[str], None]
    memory: dict[Any, Any] = field(default_factory=dict)
    clients: WeakKeyDictionary[Client, dict[str, Any]] = field(default_factory=WeakKeyDictionary)

    def about(self, client: Client) -> dict[str, Any]:
        """Return what the fault remembers of one connection for as long as there is one."""
        return self.clients.setdefault(client, {})

    def forget(self) -> None:
        """Begin anew."""
        self.memory.clear()
        self.clients.clear()

    def contract(self, message: Message) -> Contract | None:
        """Return the contract that a message is about, None when it is about none or nobody knows."""
        named = message.contract
        if named is not None:
            return self.ground.resolve(named) if named.con_id else named
        return self.ground.subscribed(message.client, message.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault by `name`.

    It begins when armed, or at exchange time `at` (`HH:MM[:SS]`, the next to come; every day with `daily`), `after`
    market seconds later; and ends after `lasts` market seconds (0: when it is taken back). `client` is the only client
    id it concerns, -1 any. Each message or moment it concerns is a chance: it acts from the `nth` chance on, at most
    `times` times (0: any number), each time with probability `share` from the gateway's seeded generator.
    """

    name: str = ""
    at: str = ""
    daily: bool = False
    after: float = 0.0
    lasts: float = 0.0
    client: int = -1
    nth: int = 1
    times: int = 0
    share: float = 1.0

    @property
    def momentary(self) -> bool:
        """Whether it is over as soon as it has begun."""
        return False

    def begin(self, scene: Scene) -> None:
        """Do what is to be done when the fault begins."""

    def over(self, scene: Scene) -> None:
        """Undo it when the fault ends."""

    def concerns(self, message: Message, scene: Scene) -> bool:
        """Whether the fault has to do with a message."""
        return False

    def counts(self, message: Message) -> bool:
        """Whether a message that it concerns is a chance, rather than what follows from an earlier one."""
        return True

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """Return what becomes of a message on which the fault acts."""
        return [(0.0, message.fields)]

    def whom(self, scene: Scene) -> list[Client]:
        """Return the connected clients it concerns."""
        return [one for one in scene.ground.clients() if self.client in {-1, one.client_id}]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnMessages(Fault):
    """A fault of messages: of the kinds `kinds`, and of what `symbol` … `trading_class` leave (empty: any).

    `part` is the share of contracts it concerns, the same ones throughout.
    """

    kinds: tuple[str, ...] = ()
    symbol: str = ""
    sec_type: str = ""
    expiry: str = ""
    strike: float = 0.0
    right: str = ""
    trading_class: str = ""
    part: float = 1.0

    def concerns(self, message: Message, scene: Scene) -> bool:
        """See `Fault`."""
        if message.kind not in self.kinds:
            return False
        if not self._selective():
            return True
        contract = scene.contract(message)
        return contract is not None and self.fits(contract, scene)

    def fits(self, contract: Contract, scene: Scene) -> bool:
        """Whether it concerns a contract."""
        return (
            self.symbol in {"", contract.symbol}
            and self.sec_type in {"", contract.sec_type}
            and contract.expiry.startswith(self.expiry)
            and self.strike in {0.0, contract.strike}
            and self.right in {"", contract.right}
            and self.trading_class in {"", contract.trading_class}
            and (self.part >= 1 or _share(contract, scene.salt) < self.part)
        )

    def _selective(self) -> bool:
        return bool(
            self.symbol
            or self.sec_type
            or self.expiry
            or self.strike
            or self.right
            or self.trading_class
            or self.part < 1
        )


def checked(fault: Fault) -> Fault:
    """Return the fault; ValueError when it can never act as told."""
    for word in (*getattr(fault, "kinds", ()), *filter(None, [getattr(fault, "on", "")])):
        if word not in kinds.NAMES:
            raise ValueError(f"{fault.name}: {word!r} is no message; there are {', '.join(sorted(kinds.NAMES))}")
    if fault.daily and not (fault.at and (fault.lasts or fault.momentary)):
        raise ValueError(f"{fault.name}: daily needs a time (at) and an end (lasts)")
    return fault


def _share(contract: Contract, salt: int) -> float:
    """Return a number in 0..1 that is the same for a contract whenever it is asked."""
    name = f"{salt} {contract.symbol} {contract.sec_type} {contract.expiry} {contract.strike:g} {contract.right}"
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) / 2**64
