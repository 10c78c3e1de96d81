"""Faults of orders: acknowledgements that do not come, warnings that frighten, executions corrected, orders doubled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from desk.gateway.encode import session as encode
from desk.gateway.faults.fault import OnMessages, Scene
from desk.gateway.faults.message import Message, Passed, edited, unpacked
from desk.market.calendar import EXCHANGE

_ORDER = {"openOrder", "orderStatus"}
_FILL = {"execDetails", "commissionReport"}
_ORDER_ID_AT = {"placeOrder": 1, "cancelOrder": 2, "openOrder": 1, "orderStatus": 1, "execDetails": 2, "error": 2}


def order_id(message: Message) -> int:
    """Return the order id in a message, -1 when it has none."""
    place = _ORDER_ID_AT.get(message.kind)
    return int(message.fields[place]) if place is not None and message.fields[place].lstrip("-").isdecimal() else -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement(OnMessages):
    """What is said of an order (status, open order; with `fills` executions and commissions too) comes late or never.

    The order is live all the same, and whoever asks for open orders or executions is told of it. Each placement is a
    chance. `seconds` of market time later, or never (0).
    """

    kinds: tuple[str, ...] = ("placeOrder",)
    seconds: float = 0.0
    fills: bool = False

    def concerns(self, message: Message, scene: Scene) -> bool:
        """See `Fault`."""
        hidden = scene.about(message.client).setdefault("hidden", set())
        if _asked(message, scene):
            return False
        if message.kind in _ORDER or (self.fills and message.kind in _FILL):
            return order_id(message) in hidden or (message.kind == "commissionReport" and message.fields[2] in hidden)
        return OnMessages.concerns(self, message, scene)

    def counts(self, message: Message) -> bool:
        """See `Fault`."""
        return message.kind == "placeOrder"

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        hidden = scene.about(message.client)["hidden"]
        if message.kind == "placeOrder":
            hidden.add(order_id(message))
            return [(0.0, message.fields)]
        if message.kind == "execDetails":
            hidden.add(message.fields[_EXECUTION_AT])
        return [(self.seconds, message.fields)] if self.seconds else []


@dataclass(frozen=True, slots=True, kw_only=True)
class LostFills(OnMessages):
    """Executions and commissions do not come when they happen; whoever asks for executions gets both."""

    kinds: tuple[str, ...] = ("execDetails",)

    def concerns(self, message: Message, scene: Scene) -> bool:
        """See `Fault`."""
        hidden = scene.about(message.client).setdefault("hidden", set())
        if message.kind == "commissionReport":
            return message.fields[2] in hidden
        return not _asked(message, scene) and OnMessages.concerns(self, message, scene)

    def counts(self, message: Message) -> bool:
        """See `Fault`."""
        return message.kind == "execDetails"

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        if message.kind == "execDetails":
            scene.about(message.client)["hidden"].add(message.fields[_EXECUTION_AT])
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(OnMessages):
    """An error about an order that is live all the same, once, after the first word of it (its open order)."""

    kinds: tuple[str, ...] = ("openOrder",)
    code: int = 10349
    text: str = "Order TIF was set to DAY based on order preset."
    seconds: float = 0.0

    def concerns(self, message: Message, scene: Scene) -> bool:
        """See `Fault`."""
        seen, number = scene.about(message.client).setdefault("seen", set()), order_id(message)
        if number in seen or not OnMessages.concerns(self, message, scene):
            return False
        seen.add(number)
        return True

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        client, number = message.client, order_id(message)
        (said,) = unpacked(encode.error(client.version, number, self.code, self.text))
        return [(0.0, message.fields), (self.seconds, said)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction(OnMessages):
    """An execution is corrected: it comes again, its id ending in the next number, its price off by `by` per share.

    Live `seconds` of market time later; when executions are asked for, right behind the first.
    """

    kinds: tuple[str, ...] = ("execDetails",)
    by: float = 0.05
    seconds: float = 1.0

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        fields, place = message.fields, _EXECUTION_AT
        stem, _, last = fields[place].rpartition(".")
        right = edited(fields, place, f"{stem}.{int(last) + 1:02}")
        for column in (place + 6, place + 11):
            right = edited(right, column, f"{float(fields[column]) + self.by:.10g}")
        return [(0.0, fields), (self.seconds if fields[1] == "-1" else 0.0, right)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeFormat(OnMessages):
    """Executions carry their time in another form.

    `form`: `utc` (`20231116-16:47:50`), `plain` (`20230224  12:04:56`, exchange time) or `zone` (with its name).
    """

    kinds: tuple[str, ...] = ("execDetails",)
    form: str = "utc"

    def __post_init__(self) -> None:
        """Refuse a form that there is not."""
        if self.form not in {"utc", "plain", "zone"}:
            raise ValueError(f"{self.name}: form is utc, plain or zone, not {self.form!r}")

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        place = _EXECUTION_AT + 1
        return [(0.0, edited(message.fields, place, _rewritten(message.fields[place], self.form)))]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextId(OnMessages):
    """The next valid order id is off `by` so many, never below 1: ahead after a jump, or rolled back."""

    kinds: tuple[str, ...] = ("nextValidId",)
    by: int = 1000

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        return [(0.0, edited(message.fields, 2, str(max(1, int(message.fields[2]) + self.by))))]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraBlank(OnMessages):
    """Completed orders have a blank field before the description of their legs, as TWS has sent since late 2024."""

    kinds: tuple[str, ...] = ("completedOrder",)

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        place = _LEGS_AT + (message.client.version < 177)
        return [(0.0, (*message.fields[:place], "", *message.fields[place:]))]


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoOrders(OnMessages):
    """A change of an order makes a second one beside it; both are live, and both go by the order's id.

    The second has a permanent id of its own. A cancel ends the second only.
    """

    kinds: tuple[str, ...] = ("placeOrder", "cancelOrder", *sorted(_ORDER), "execDetails", "error")

    def concerns(self, message: Message, scene: Scene) -> bool:
        """See `Fault`."""
        known, shadows = _orders(scene, message)
        number = order_id(message)
        if message.kind == "placeOrder":
            first = number not in known
            known.add(number)
            return not first and OnMessages.concerns(self, message, scene)
        if message.kind == "cancelOrder":
            return number in shadows
        return message.kind in _ORDER_ID_AT and number in shadows.values()

    def counts(self, message: Message) -> bool:
        """See `Fault`."""
        return message.kind == "placeOrder"

    def pass_on(self, message: Message, scene: Scene) -> Passed:
        """See `Fault`."""
        _, shadows = _orders(scene, message)
        number, place = order_id(message), _ORDER_ID_AT[message.kind]
        if message.kind == "placeOrder":
            shadows.setdefault(number, -number)  # as the orders that TWS was given by hand
        if message.kind in {"placeOrder", "cancelOrder"}:
            return [(0.0, edited(message.fields, place, str(shadows[number])))]
        return [(0.0, edited(message.fields, place, str(-number)))]


_EXECUTION_AT = 14
"""Where an execution's id stands; then come its time, and six fields on its price, eleven on its average price."""
_LEGS_AT = 62
"""Where the legs' description stands in a completed order from version 177 on; one later before."""
_FORMS = re.compile(r"(\d{8})(?:-|\s+)(\d\d:\d\d:\d\d)(?:\s+(\S+))?")


def _asked(message: Message, scene: Scene) -> bool:
    """Whether a message answers a question: an open order of a list, or an execution with its commission."""
    about = scene.about(message.client)
    if message.kind in {"reqOpenOrders", "reqAllOpenOrders", "openOrderEnd"}:
        about["listing"] = message.kind != "openOrderEnd"
    if message.kind == "execDetails" and message.fields[1] != "-1":
        about["hidden"].discard(message.fields[_EXECUTION_AT])
        return True
    return message.kind in _ORDER and about.get("listing", False)


def _orders(scene: Scene, message: Message) -> tuple[set[int], dict[int, int]]:
    """Return the ids that a client has used, and those of its doubled orders with what their seconds go by."""
    known, shadows = scene.memory.setdefault(message.client.client_id, (set(), {}))
    return known, shadows


def _rewritten(text: str, form: str) -> str:
    found = _FORMS.fullmatch(text.strip())
    if found is None:
        return text
    day, clock, zone = found.groups()
    home = UTC if "-" in text[:9] else ZoneInfo(zone) if zone else EXCHANGE
    moment = datetime.strptime(f"{day} {clock}", "%Y%m%d %H:%M:%S").replace(tzinfo=home)
    if form == "utc":
        return f"{moment.astimezone(UTC):%Y%m%d-%H:%M:%S}"
    at = moment.astimezone(EXCHANGE)
    return f"{at:%Y%m%d  %H:%M:%S}" if form == "plain" else f"{at:%Y%m%d %H:%M:%S} US/Eastern"
