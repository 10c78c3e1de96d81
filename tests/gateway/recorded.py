"""Recorded server messages, read into the gateway's own values and said again by its encoders."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from desk.gateway.encode import account, contracts, executions, history, orders, past, session
from desk.gateway.exchange.model import Commission, Execution, Leg, Order, OrderRequest, Position
from desk.gateway.fields import UNSET, UNSET_INTEGER
from desk.gateway.requests.terms import Terms
from desk.market.calendar import EXCHANGE
from messages.contract import Contract

FILE = Path(__file__).resolve().parents[2] / "../shared/ib/recorded_messages.jsonl"


@dataclass(frozen=True)
class Recorded:
    """One message: its kind, the server version it was said at, and its fields."""

    kind: str
    version: int
    fields: list[str]


def messages() -> list[Recorded]:
    """Return every whole server message at the versions that the gateway speaks; skips the test without the file."""
    if not FILE.exists():
        pytest.skip("needs the recorded messages in ../shared, which are not part of the repository")
    rows = [json.loads(line) for line in FILE.read_text().splitlines()]
    found = [Recorded(row["kind"], row["server_version_if_known"] or 0, row["message"].split("\0")) for row in rows]
    spoken = [one for one in found if 157 <= one.version <= 178 and one.kind != "client_request"]
    return [Recorded(one.kind, one.version, _whole(one)) for one in spoken if not _cut(one)]


def _cut(one: Recorded) -> bool:
    """Whether a recording is not whole: one position ends after its version."""
    return one.kind == "positionMulti" and len(one.fields) == 3


def requests() -> list[tuple[int, list[str]]]:
    """Return every recorded request of a known version that is one, with that version."""
    if not FILE.exists():
        pytest.skip("needs the recorded messages in ../shared, which are not part of the repository")
    rows = [json.loads(line) for line in FILE.read_text().splitlines()]
    found = [
        (row["server_version_if_known"] or 0, row["message"].split("\0")[:-1])
        for row in rows
        if row["kind"] == "client_request"
    ]
    return [(version, fields) for version, fields in found if 157 <= version <= 178 and fields[0] not in _NO_REQUESTS]


_NO_REQUESTS = {"11", "173"}
"""An execution and handshakes that the collection calls requests."""


def _whole(one: Recorded) -> list[str]:
    """Return the fields: without the empty one that a collection of version 164 has at the end, and without ids."""
    fields = one.fields[:-1]
    if one.version == 164 and one.kind != "completedOrder" and fields[-1] == "":
        fields = fields[:-1]
    if one.kind == "contractDetails" and one.version >= 164:
        pairs = 2 * int(fields[_IDS])
        fields[_IDS : _IDS + 1 + pairs] = ["0"]
    return fields


_IDS = 30
"""Where contract details count their security ids, which the gateway does not know."""


def again(one: Recorded) -> list[str]:
    """Return the fields that the gateway's own encoder makes of the same content."""
    return ENCODERS[one.kind](one.version, iter(one.fields[1:]))[4:-1].decode().split("\0")


Fields = Iterator[str]


def _number(text: str) -> float:
    return float(text or 0)


def _optional(text: str) -> float | None:
    return None if text in {"", UNSET, UNSET_INTEGER} else float(text)


def _contract(fields: Fields) -> Contract:
    """Read the eleven contract fields of orders, executions and positions."""
    con_id, symbol, sec_type, expiry, strike, right, multiplier, exchange, currency, local, trading = (
        next(fields) for _ in range(11)
    )
    return Contract(
        symbol, sec_type, exchange, currency, expiry, _number(strike), right if right in {"C", "P"} else "",
        multiplier, trading, local, int(con_id),
    )  # fmt: skip


def _time(text: str) -> float:
    """Read a time in any of the forms that messages carry; without a zone it is New York's."""
    day, clock = text[:8], text[9:].strip()
    clock, _, zone = clock.partition(" ")
    where = UTC if text[8] == "-" else ZoneInfo(zone) if zone else EXCHANGE
    return datetime.strptime(f"{day} {clock}", "%Y%m%d %H:%M:%S").replace(tzinfo=where).timestamp()


def _status(_version: int, fields: Fields) -> bytes:
    number, status, filled, remaining, average, perm, parent, last, client, held, _cap = fields
    request = OrderRequest(int(client), int(number), Terms(), "BUY", 1, "LMT", parent_id=int(parent))
    order = Order(
        request, Contract("", ""), (), int(perm), status, float(remaining), 0.0, float(filled), float(average),
        float(last), held,
    )  # fmt: skip
    return orders.order_status(order)


def _error(version: int, fields: Fields) -> bytes:
    next(fields)
    number, code, text = int(next(fields)), int(next(fields)), next(fields)
    return session.error(version, number, code, text, *fields)


_OFFSETS = "minTradeQty minCompeteSize competeAgainstBestOffset midOffsetAtWhole midOffsetAtHalf"


def _open(version: int, fields: Fields) -> bytes:
    echo: dict[str, str] = {}

    def keep(names: str) -> None:
        echo.update({name: text for name in names.split() if (text := next(fields))})

    number = int(next(fields))
    contract = _contract(fields)
    action, quantity, kind, limit, aux, tif, group, owner = (next(fields) for _ in range(8))
    keep("openClose origin")
    reference, client, perm, outside = next(fields), int(next(fields)), int(next(fields)), next(fields) == "1"
    keep("hidden discretionaryAmt goodAfterTime")
    next(fields)
    keep("faGroup faMethod faPercentage")
    keep("faProfile" if version < 177 else "")
    keep("modelCode")
    good_till = next(fields)
    keep(
        "rule80A percentOffset settlingFirm shortSaleSlot designatedLocation exemptCode auctionStrategy startingPrice "
        "stockRefPrice delta stockRangeLower stockRangeUpper displaySize blockOrder sweepToFill allOrNone minQty "
        "ocaType eTradeOnly firmQuoteOnly nbboPriceCap"
    )
    parent = int(next(fields))
    keep(
        "triggerMethod volatility volatilityType deltaNeutralOrderType deltaNeutralAuxPrice deltaNeutralConId "
        "deltaNeutralSettlingFirm deltaNeutralClearingAccount deltaNeutralClearingIntent deltaNeutralOpenClose "
        "deltaNeutralShortSale deltaNeutralShortSaleSlot deltaNeutralDesignatedLocation continuousUpdate "
        "referencePriceType trailStopPrice trailingPercent basisPoints basisPointsType"
    )
    legs, smart = _legs(fields)
    keep("scaleInitLevelSize scaleSubsLevelSize scalePriceIncrement hedgeType")
    keep("optOutSmartRouting clearingAccount clearingIntent notHeld")
    assert next(fields) == "0", "no recorded order has a delta-neutral contract"
    keep("algoStrategy solicited")
    what_if, status = next(fields) == "1", next(fields)
    assert {next(fields) for _ in range(9)} == {UNSET}, "no recorded order asks what if"
    commission = _optional(next(fields))
    for _ in range(3):
        next(fields)
    warning = next(fields)
    keep("randomizeSize randomizePrice")
    assert next(fields) == "0", "no recorded order has conditions"
    keep(
        "adjustedOrderType triggerPrice ownTrailStopPrice lmtPriceOffset adjustedStopPrice adjustedStopLimitPrice "
        "adjustedTrailingAmount adjustableTrailingUnit softDollarTierName softDollarTierValue softDollarDisplay "
        "cashQty dontUseAutoPriceForHedge isOmsContainer discretionaryUpToLimitPrice usePriceMgmtAlgo"
    )
    for since, name in ((158, "duration"), (160, "postToAts"), (162, "autoCancelParent")):
        keep(name if version >= since else "")
    keep(_OFFSETS if version >= 170 else "")
    request = OrderRequest(
        client, number, Terms(), action, float(quantity), kind, _optional(limit), _optional(aux), tif, good_till,
        reference, owner, what_if=what_if, outside_rth=outside, parent_id=parent, oca_group=group, legs=legs,
        smart=smart, echo=echo,
    )  # fmt: skip
    order = Order(request, contract, (), perm, status, 0.0, 0.0, commission=commission, warning=warning)
    return orders.open_order(version, order)


def _legs(fields: Fields) -> tuple[tuple[Leg, ...], tuple[tuple[str, str], ...]]:
    next(fields)
    legs = []
    for _ in range(int(next(fields))):
        con_id, ratio, action, exchange, *_ = (next(fields) for _ in range(8))
        legs.append(Leg(int(con_id), int(ratio), action, exchange))
    assert next(fields) == "0", "no recorded order has prices per leg"
    return tuple(legs), tuple((next(fields), next(fields)) for _ in range(int(next(fields))))


def _completed(version: int, fields: Fields) -> bytes:
    echo: dict[str, str] = {}

    def keep(names: str) -> None:
        echo.update({name: text for name in names.split() if (text := next(fields))})

    contract = _contract(fields)
    action, quantity, kind, limit, aux, tif, group, owner = (next(fields) for _ in range(8))
    keep("openClose origin")
    reference, perm, outside = next(fields), int(next(fields)), next(fields) == "1"
    keep("hidden discretionaryAmt goodAfterTime faGroup faMethod faPercentage")
    keep("faProfile" if version < 177 else "")
    keep("modelCode")
    good_till = next(fields)
    keep(
        "rule80A percentOffset settlingFirm shortSaleSlot designatedLocation exemptCode startingPrice stockRefPrice "
        "delta stockRangeLower stockRangeUpper displaySize sweepToFill allOrNone minQty ocaType triggerMethod "
        "volatility volatilityType deltaNeutralOrderType deltaNeutralAuxPrice deltaNeutralConId "
        "deltaNeutralShortSale deltaNeutralShortSaleSlot deltaNeutralDesignatedLocation continuousUpdate "
        "referencePriceType trailStopPrice trailingPercent"
    )
    legs, smart = _legs(fields)
    keep("scaleInitLevelSize scaleSubsLevelSize scalePriceIncrement hedgeType clearingAccount clearingIntent notHeld")
    assert next(fields) == "0", "no recorded order has a delta-neutral contract"
    keep("algoStrategy solicited")
    status = next(fields)
    keep("randomizeSize randomizePrice")
    assert next(fields) == "0", "no recorded order has conditions"
    keep("ownTrailStopPrice lmtPriceOffset cashQty dontUseAutoPriceForHedge isOmsContainer autoCancelDate")
    filled = float(next(fields))
    next(fields)
    keep("autoCancelParent")
    for _ in range(4):
        next(fields)
    at, ended = _time(next(fields)), next(fields)
    keep(_OFFSETS if version >= 170 else "")
    request = OrderRequest(
        0, 0, Terms(), action, float(quantity), kind, _optional(limit), _optional(aux), tif, good_till, reference,
        owner, outside_rth=outside, oca_group=group, legs=legs, smart=smart, echo=echo,
    )  # fmt: skip
    order = Order(request, contract, (), perm, status, 0.0, 0.0, filled=filled, completed=at, completed_status=ended)
    return orders.completed_order(version, order)


def _execution(version: int, fields: Fields) -> bytes:
    request_id, order_id = int(next(fields)), int(next(fields))
    contract = _contract(fields)
    exec_id, time, owner, exchange, side, shares, price, perm, client, liquidation, cum, average, reference = (
        next(fields) for _ in range(13)
    )
    *_, liquidity = (next(fields) for _ in range(4))
    execution = Execution(
        exec_id, int(client), order_id, int(perm), contract, side, float(shares), float(price), _time(time), float(cum),
        float(average), owner, exchange, reference, int(liquidity), int(liquidation),
    )  # fmt: skip
    return executions.exec_details(version, request_id, execution)


def _commission(_version: int, fields: Fields) -> bytes:
    _, exec_id, amount, currency, realized, *_ = fields
    return executions.commission_report(Commission(exec_id, float(amount), _optional(realized), currency))


def _details(version: int, fields: Fields) -> bytes:
    if version < 164:
        next(fields)
    number, symbol, sec_type, expires, strike, right, exchange, currency, local, market, trading, con_id, tick = (
        next(fields) for _ in range(13)
    )
    multiplier, types, exchanges, _magnifier, under, name, primary, _month = (next(fields) for _ in range(8))
    next(fields), next(fields), next(fields)
    zone, trades, liquid, _rule, _multiplier = (next(fields) for _ in range(5))
    for _ in range(2 * int(next(fields))):
        next(fields)
    _group, _symbol, under_type, rules, settles, stock_type = (next(fields) for _ in range(6))
    contract = Contract(
        symbol, sec_type, exchange, currency, expires[:8], _number(strike), right, multiplier, trading, local,
        int(con_id),
    )  # fmt: skip
    about = contracts.Description(
        float(tick), exchanges, rules, name, primary, market, trades, liquid, zone, types, stock_type, int(under),
        under_type, expires, settles,
    )  # fmt: skip
    return contracts.details(version, int(number), contract, exchange, about)


def _position(_version: int, fields: Fields) -> bytes:
    next(fields)
    owner, contract = next(fields), _contract(fields)
    return account.position(owner, Position(contract, float(next(fields)), float(next(fields)), 0.0), contract.exchange)


def _bars(_version: int, fields: Fields) -> bytes:
    number, start, end, count = int(next(fields)), next(fields), next(fields), int(next(fields))
    rows = []
    for _ in range(count):
        date = next(fields)
        opened, high, low, close, volume, average = (float(next(fields)) for _ in range(6))
        rows.append(history.Row(date, opened, high, low, close, volume, average, int(next(fields))))
    return history.bars(number, start, end, rows)


def _update(_version: int, fields: Fields) -> bytes:
    number, count, date, opened, close, high, low, average, volume = fields
    prices = float(opened), float(high), float(low), float(close)
    return history.update(int(number), history.Row(date, *prices, float(volume), float(average), int(count)))


def _quotes(_version: int, fields: Fields) -> bytes:
    number = int(next(fields))
    ticks = []
    for _ in range(int(next(fields))):
        at, _mask, *values = (next(fields) for _ in range(6))
        ticks.append(past.Quoted(int(at), *map(float, values)))
    return past.quotes(number, ticks)


def _trades(_version: int, fields: Fields) -> bytes:
    number = int(next(fields))
    ticks = []
    for _ in range(int(next(fields))):
        at, _mask, price, size, exchange, _conditions = (next(fields) for _ in range(6))
        ticks.append(past.Traded(int(at), float(price), float(size), exchange))
    return past.trades(number, ticks)


def _schedule(_version: int, fields: Fields) -> bytes:
    number, _start, _end, zone, count = (next(fields) for _ in range(5))
    rows = [(next(fields), next(fields), next(fields)) for _ in range(int(count))]
    return past.schedule(int(number), zone, rows)


def _plain(
    encode: Callable[..., bytes], *kinds: Callable[[str], object], skip: int = 1
) -> Callable[[int, Fields], bytes]:
    """Return an encoder of a message whose fields after a version are its arguments."""

    def call(_version: int, fields: Fields) -> bytes:
        for _ in range(skip):
            next(fields)
        return encode(*(kind(next(fields)) for kind in kinds))

    return call


def _hello(version: int, fields: Fields) -> bytes:
    return session.hello(version, next(fields))


ENCODERS: dict[str, Callable[[int, Fields], bytes]] = {
    "handshake_reply": _hello,
    "orderStatus": _status,
    "errMsg": _error,
    "openOrder": _open,
    "completedOrder": _completed,
    "execDetails": _execution,
    "commissionReport": _commission,
    "contractDetails": _details,
    "position": _position,
    "historicalData": _bars,
    "historicalDataUpdate": _update,
    "historicalTicksBidAsk": _quotes,
    "historicalTicksLast": _trades,
    "historicalSchedule": _schedule,
    "headTimestamp": _plain(past.head, int, str, skip=0),
    "accountSummary": _plain(account.summary, int, str, str, str, str),
    "accountSummaryEnd": _plain(account.summary_end, int),
    "contractDetailsEnd": _plain(contracts.details_end, int),
    "execDetailsEnd": _plain(executions.executions_end, int),
    "managedAccounts": _plain(session.managed_accounts, str),
    "nextValidId": _plain(session.next_valid_id, int),
    "openOrderEnd": _plain(orders.open_order_end),
    "positionEnd": _plain(account.positions_end),
}
