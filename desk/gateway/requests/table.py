"""Which message id is which request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from desk.gateway.fields import FieldError, Reader
from desk.gateway.requests import account, contracts, live, market, orders, others, past, placing, session

READERS: dict[int, Callable[[Reader], Any]] = {
    1: market.MarketData.read,
    2: market.CancelMarketData.read,
    3: placing.place_order,
    4: orders.CancelOrder.read,
    5: orders.OpenOrders.read,
    6: account.AccountUpdates.read,
    7: orders.Executions.read,
    8: session.NextId.read,
    9: contracts.ContractDetails.read,
    10: live.Depth.read,
    11: live.CancelDepth.read,
    14: session.LogLevel.read,
    15: orders.AutoOpenOrders.read,
    16: orders.AllOpenOrders.read,
    17: session.ManagedAccounts.read,
    20: market.HistoricalData.read,
    25: market.CancelHistoricalData.read,
    49: session.CurrentTime.read,
    50: live.RealTimeBars.read,
    51: live.CancelRealTimeBars.read,
    54: others.OptionValue.read_volatility,
    55: others.OptionValue.read_price,
    58: orders.GlobalCancel.read,
    59: market.MarketDataType.read,
    61: account.Positions.read,
    62: account.AccountSummary.read,
    63: account.CancelAccountSummary.read,
    64: account.CancelPositions.read,
    71: session.StartApi.read,
    74: account.PositionsMulti.read,
    75: account.CancelPositionsMulti.read,
    76: account.AccountUpdatesMulti.read,
    77: account.CancelAccountUpdatesMulti.read,
    78: contracts.OptionParameters.read,
    81: contracts.MatchingSymbols.read,
    87: past.HeadTimestamp.read,
    88: past.Histogram.read,
    91: contracts.MarketRule.read,
    92: account.Profit.read,
    93: account.CancelProfit.read,
    94: account.ProfitSingle.read,
    95: account.CancelProfitSingle.read,
    96: past.HistoricalTicks.read,
    97: live.TickByTick.read,
    98: live.CancelTickByTick.read,
    99: orders.CompletedOrders.read,
    104: session.UserInfo.read,
    **{number: others.fixed(number) for number in (18, 24, 65, 66, 72, 73, 80, 82, 85)},
    **{number: others.fixed(number, 0) for number in (22, 79, 83, 84, 86, 100, 102)},
    **{number: others.fixed(number, 1) for number in (21, 52, 67, 68)},
    19: others.fixed(19, 3),
}

SILENT = frozenset({12, 13, 23, 53, 56, 57, 69, 70, 89, 90, 101, 103})
"""Requests that IB acts on without an answer and that change nothing here: bulletins of which there are none, and the
ends of what sends nothing after its first answer."""

_REQUEST_ID = {
    **dict.fromkeys((3, 20, 22, 78, 79, 81, 83, 84, 86, 87, 88, 92, 94, 96, 97, 98, 100, 102, 104), 1),
    **dict.fromkeys((1, 2, 4, 7, 9, 10, 11, 21, 23, 25, 50, 51, 52, 53, 54, 55, 56, 57, 62, 63, 67, 68, 74, 76), 2),
}
"""Where each message carries its request or order id, so that an error can name it."""


def request_id(fields: Sequence[str]) -> int:
    """Return the request id that a message carries, -1 when it has none that can be read."""
    try:
        return int(fields[_REQUEST_ID[int(fields[0])]])
    except (ValueError, KeyError, IndexError):
        return -1


def message_id(fields: Sequence[str]) -> int:
    """Return the id that says what kind of message this is."""
    return Reader(fields, 0).integer()


def read(fields: Sequence[str], version: int, client_id: int = -1) -> Any:
    """Return the request that these fields make at a version; FieldError when they do not make one."""
    reader = READERS.get(message_id(fields))
    if reader is None:
        raise FieldError(f"message {fields[0]} is not supported")
    return reader(Reader(fields[1:], version, client_id))
