"""Faults of market data: subscriptions that are not there, Greeks and prices that are wrong or missing."""

from __future__ import annotations

from dataclasses import dataclass

from desk.gateway import ticks
from desk.gateway.encode import session as encode
from desk.gateway.faults.fault import OnMessages, Scene
from desk.gateway.faults.kinds import TICKS
from desk.gateway.faults.message import Fields, Message, Passed, edited
from desk.gateway.resolve import NOTHING
from messages.contract import Contract

_LINE = "reqMktData"
_DELAYED = {
    "1": "66",
    "2": "67",
    "4": "68",
    "0": "69",
    "3": "70",
    "5": "71",
    "6": "72",
    "7": "73",
    "8": "74",
    "9": "75",
    "14": "76",
    "10": "80",
    "11": "81",
    "12": "82",
    "13": "83",
    "45": "88",
    "49": "90",
}
"""Delayed tick types by live ones."""
_DELAYED_TYPES = {3, 4}
_NOT_DELAYED = "Requested market data is not subscribed. Displaying delayed market data."
_BID_TICKS, _ASK_TICKS = {ticks.BID, 0}, {ticks.ASK, 3}
_SIDES = {"bid": _BID_TICKS, "ask": _ASK_TICKS, "both": _BID_TICKS | _ASK_TICKS}
_OTHER = {"1": "2", "2": "1", "0": "3", "3": "0"}
_ASKED = {_LINE, "reqContractDetails"}
_TYPE_AT = {"tickOptionComputation": 2}
"""Where a tick's type stands; 3 in all but these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribed(OnMessages):
    """No live data of the contract: `code`, and nothing comes; or error 10167 and delayed ticks (66 to 88, type 3).

    The latter when the client has asked for delayed data (types 3 and 4).
    """

    kinds: tuple[str, ...] = (_LINE, "marketDataType", *sorted(TICKS))
    code: int = 354
    text: str = "Requested market data is not subscribed."

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        client, fields = message.client, message.fields
        if message.kind == _LINE:
            delayed = client.wanted_type in _DELAYED_TYPES
            code, text = (10167, _NOT_DELAYED) if delayed else (self.code, self.text)
            client.put(encode.error(client.version, message.number, code, text))
            return [(0.0, fields)] if delayed else []
        if message.kind == "marketDataType":
            return [(0.0, edited(fields, 3, "3"))]
        place = _TYPE_AT.get(message.kind, 3)
        tick = _DELAYED.get(fields[place])
        return [] if tick is None else [(0.0, edited(fields, place, tick))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Partly(OnMessages):
    """Part of the data is not subscribed: error `code`, while the ticks but those of `missing` types still flow."""

    kinds: tuple[str, ...] = (_LINE, *sorted(TICKS))
    code: int = 10090
    text: str = (
        "Part of requested market data is not subscribed. Subscription-independent ticks are still active. "
        "Delayed market data is not available."
    )
    missing: tuple[str, ...] = ("10", "11", "12", "13")

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        if message.kind == _LINE:
            client = message.client
            client.put(encode.error(client.version, message.number, self.code, self.text))
        elif message.fields[_TYPE_AT.get(message.kind, 3)] in self.missing:
            return []
        return [(0.0, message.fields)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentinelGreeks(OnMessages):
    """Computations say that nothing was computed: -1 and -2 in every field."""

    kinds: tuple[str, ...] = ("tickOptionComputation",)

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        return [(0.0, (*message.fields[:4], "-1", "-2", "-1", "-1", "-2", "-2", "-2", "-1"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongPrice(OnMessages):
    """Bids and asks show `value`: -1 is IB's word for no price, with size 0. `side` is `bid`, `ask` or `both`."""

    kinds: tuple[str, ...] = ("tickPrice", "tickSize")
    value: float = -1.0
    side: str = "both"

    def __post_init__(self) -> None:
        """Refuse a side that there is not."""
        if self.side not in _SIDES:
            raise ValueError(f"{self.name}: side is bid, ask or both, not {self.side!r}")

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        fields = message.fields
        if int(fields[3]) not in _SIDES[self.side]:
            return [(0.0, fields)]
        if message.kind == "tickSize":
            return [(0.0, edited(fields, 4, "0"))]
        return [(0.0, (*fields[:4], f"{self.value:g}", "0", "0"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed(OnMessages):
    """Bids come as asks and asks as bids, so that the bid is the higher."""

    kinds: tuple[str, ...] = ("tickPrice", "tickSize")

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        return [(0.0, _other_side(message.fields))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holes(OnMessages):
    """A share (`part`) of strikes times expiries does not exist: error 200, and no wildcard finds them."""

    kinds: tuple[str, ...] = (*sorted(_ASKED), "contractDetails", "contractDetailsEnd")
    sec_type: str = "OPT"
    part: float = 0.1

    def concerns(self, message: Message, scene: Scene) -> bool:
        """See `Fault`. Whether a wildcard found anything else is noted on the way."""
        key = message.client, message.number
        if message.kind == "contractDetailsEnd":
            return scene.memory.pop(key, True) is False
        contract = scene.contract(message)
        if contract is None or (message.kind in _ASKED and not _complete(contract)):
            return False
        hole = self.fits(contract, scene)
        if message.kind == "contractDetails":
            scene.memory[key] = scene.memory.get(key, False) or not hole
        return hole

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        client = message.client
        if message.kind != "contractDetails":
            client.put(encode.error(client.version, message.number, 200, NOTHING))
        return []


def _other_side(fields: Fields) -> Fields:
    return edited(fields, 3, _OTHER.get(fields[3], fields[3]))


def _complete(contract: Contract) -> bool:
    return len(contract.expiry) == 8 and bool(contract.strike) and bool(contract.right)
