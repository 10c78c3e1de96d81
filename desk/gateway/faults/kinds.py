"""IB's names of the messages, and where in each its request, order or contract stands."""

from __future__ import annotations

from typing import NamedTuple

REQUESTS = {
    "1": "reqMktData",
    "2": "cancelMktData",
    "3": "placeOrder",
    "4": "cancelOrder",
    "5": "reqOpenOrders",
    "6": "reqAccountUpdates",
    "7": "reqExecutions",
    "8": "reqIds",
    "9": "reqContractDetails",
    "10": "reqMktDepth",
    "11": "cancelMktDepth",
    "14": "setServerLogLevel",
    "15": "reqAutoOpenOrders",
    "16": "reqAllOpenOrders",
    "17": "reqManagedAccts",
    "20": "reqHistoricalData",
    "25": "cancelHistoricalData",
    "49": "reqCurrentTime",
    "50": "reqRealTimeBars",
    "51": "cancelRealTimeBars",
    "58": "reqGlobalCancel",
    "59": "reqMarketDataType",
    "61": "reqPositions",
    "62": "reqAccountSummary",
    "63": "cancelAccountSummary",
    "64": "cancelPositions",
    "71": "startApi",
    "74": "reqPositionsMulti",
    "76": "reqAccountUpdatesMulti",
    "78": "reqSecDefOptParams",
    "81": "reqMatchingSymbols",
    "87": "reqHeadTimestamp",
    "91": "reqMarketRule",
    "92": "reqPnL",
    "94": "reqPnLSingle",
    "96": "reqHistoricalTicks",
    "97": "reqTickByTickData",
    "98": "cancelTickByTickData",
    "99": "reqCompletedOrders",
    "104": "reqUserInfo",
}
"""What clients send, by message id."""

ANSWERS = {
    "1": "tickPrice",
    "2": "tickSize",
    "3": "orderStatus",
    "4": "error",
    "5": "openOrder",
    "6": "updateAccountValue",
    "7": "updatePortfolio",
    "8": "updateAccountTime",
    "9": "nextValidId",
    "10": "contractDetails",
    "11": "execDetails",
    "12": "updateMktDepth",
    "13": "updateMktDepthL2",
    "15": "managedAccounts",
    "17": "historicalData",
    "21": "tickOptionComputation",
    "45": "tickGeneric",
    "46": "tickString",
    "49": "currentTime",
    "50": "realtimeBar",
    "52": "contractDetailsEnd",
    "53": "openOrderEnd",
    "54": "accountDownloadEnd",
    "55": "execDetailsEnd",
    "57": "tickSnapshotEnd",
    "58": "marketDataType",
    "59": "commissionReport",
    "61": "position",
    "62": "positionEnd",
    "63": "accountSummary",
    "64": "accountSummaryEnd",
    "72": "positionMultiEnd",
    "73": "accountUpdateMulti",
    "74": "accountUpdateMultiEnd",
    "75": "securityDefinitionOptionParameter",
    "76": "securityDefinitionOptionParameterEnd",
    "79": "symbolSamples",
    "81": "tickReqParams",
    "88": "headTimestamp",
    "90": "historicalDataUpdate",
    "93": "marketRule",
    "94": "pnl",
    "95": "pnlSingle",
    "99": "tickByTick",
    "101": "completedOrder",
    "102": "completedOrdersEnd",
    "107": "userInfo",
}
"""What the gateway sends, by message id."""

NAMES = frozenset(REQUESTS.values()) | frozenset(ANSWERS.values())

SUBSCRIPTIONS = frozenset({"reqMktData", "reqRealTimeBars", "reqTickByTickData", "reqMktDepth", "reqHistoricalData"})
"""Requests whose answers go on until they are cancelled."""

TICKS = frozenset({"tickPrice", "tickSize", "tickOptionComputation", "tickGeneric", "tickString"})
"""Messages of a market-data line."""

STREAMED = TICKS | {"updateMktDepth", "updateMktDepthL2", "realtimeBar", "historicalDataUpdate", "tickByTick"}
"""Messages that keep coming for a subscription."""

_FIRST = {
    *("placeOrder", "orderStatus", "openOrder", "tickOptionComputation", "tickReqParams", "historicalData"),
    *(
        "historicalDataUpdate",
        "tickByTick",
        "execDetails",
        "reqHistoricalData",
        "reqTickByTickData",
        "reqHeadTimestamp",
    ),
    *("reqHistoricalTicks", "reqSecDefOptParams", "reqMatchingSymbols", "cancelTickByTickData", "headTimestamp"),
    *("securityDefinitionOptionParameter", "securityDefinitionOptionParameterEnd", "symbolSamples"),
    *("reqHeadTimestamp", "reqPnL", "reqPnLSingle", "pnl", "pnlSingle", "reqUserInfo"),
}
_SECOND = {
    *("tickPrice", "tickSize", "tickGeneric", "tickString", "error", "marketDataType", "tickSnapshotEnd"),
    *("reqMktData", "cancelMktData", "cancelOrder", "reqExecutions", "reqContractDetails", "contractDetailsEnd"),
    *("execDetailsEnd", "reqAccountSummary", "cancelAccountSummary", "accountSummary", "accountSummaryEnd"),
    *("realtimeBar", "reqRealTimeBars", "reqMktDepth", "updateMktDepth", "updateMktDepthL2", "cancelHistoricalData"),
    *("reqPositionsMulti", "reqAccountUpdatesMulti", "accountUpdateMulti", "accountUpdateMultiEnd", "positionMultiEnd"),
}
_NUMBER = dict.fromkeys(_FIRST, 1) | dict.fromkeys(_SECOND, 2)


class Place(NamedTuple):
    """Where a message's contract stands: symbol, type, expiry, strike and right from `begins` on."""

    con_id: int
    begins: int
    trading_class: int


_CONTRACT = {
    "placeOrder": Place(2, 3, 13),
    "reqHistoricalData": Place(2, 3, 13),
    "reqTickByTickData": Place(2, 3, 13),
    "reqMktData": Place(3, 4, 14),
    "reqContractDetails": Place(3, 4, 14),
    "reqRealTimeBars": Place(3, 4, 14),
    "reqMktDepth": Place(3, 4, 14),
    "openOrder": Place(2, 3, 12),
    "completedOrder": Place(1, 2, 11),
    "execDetails": Place(3, 4, 13),
    "contractDetails": Place(12, 2, 11),
}


def contract_at(kind: str, version: int) -> Place | None:
    """Return where the contract stands in a message of that kind, None when it has none."""
    place = _CONTRACT.get(kind)
    if kind == "contractDetails" and place is not None and version < 164:
        return Place(*(column + 1 for column in place))
    return place


def number_at(kind: str, version: int) -> int | None:
    """Return where the request or order id stands in a message of that kind, None when it has none."""
    if kind == "contractDetails":
        return 1 if version >= 164 else 2
    return _NUMBER.get(kind)
