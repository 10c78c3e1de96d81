"""Messages about the account."""

from __future__ import annotations

from desk.gateway.encode.terms import contract_fields
from desk.gateway.exchange.model import Position
from desk.gateway.fields import UNSET, Field, message


def value(account: str, key: str, text: str, currency: str) -> bytes:
    """Return message 6: one account value."""
    return message(6, 2, key, text, currency, account)


def time(clock: str) -> bytes:
    """Return message 8: the time of the values as `HH:MM`."""
    return message(8, 1, clock)


def download_end(account: str) -> bytes:
    """Return message 54."""
    return message(54, 1, account)


def value_multi(request_id: int, account: str, model: str, key: str, text: str, currency: str) -> bytes:
    """Return message 73: one account value of an account and model."""
    return message(73, 1, request_id, account, model, key, text, currency)


def multi_end(request_id: int) -> bytes:
    """Return message 74."""
    return message(74, 1, request_id)


def summary(request_id: int, account: str, key: str, text: str, currency: str) -> bytes:
    """Return message 63: one value of an account summary."""
    return message(63, 1, request_id, account, key, text, currency)


def summary_end(request_id: int) -> bytes:
    """Return message 64."""
    return message(64, 1, request_id)


def position(account: str, held: Position, exchange: str) -> bytes:
    """Return message 61; `exchange` is a stock's listing exchange, empty for what is listed on several."""
    fields = contract_fields(held.contract, right="", strike="0.0", exchange=exchange)
    return message(61, 3, account, *fields, held.quantity, held.avg_cost)


def position_multi(request_id: int, account: str, model: str, held: Position, exchange: str) -> bytes:
    """Return message 71: a position of an account and model."""
    fields = contract_fields(held.contract, right="", strike="0.0", exchange=exchange)
    return message(71, 1, request_id, account, *fields, held.quantity, held.avg_cost, model)


def portfolio(account: str, held: Position, primary: str) -> bytes:
    """Return message 7: a position at its mark, with its profits; `primary` is the listing exchange."""
    fields: list[Field] = contract_fields(held.contract, right="0", strike="0.0", exchange=primary)
    fields += [held.quantity, held.mark, held.value, held.avg_cost, held.unrealized, held.realized]
    return message(7, 8, *fields, account)


def positions_end() -> bytes:
    """Return message 62."""
    return message(62, 1)


def positions_multi_end(request_id: int) -> bytes:
    """Return message 72."""
    return message(72, 1, request_id)


def profit(request_id: int, daily: float, unrealized: float, realized: float) -> bytes:
    """Return message 94: the account's profit and loss in its currency."""
    return message(94, request_id, daily, unrealized, realized)


def profit_single(request_id: int, held: Position, daily: float) -> bytes:
    """Return message 95: the profit and loss of one position, and its market value."""
    return message(95, request_id, held.quantity, daily, held.unrealized, held.realized, held.value)


def no_profit_single(request_id: int) -> bytes:
    """Return message 95 of a contract that is not held: no position, no value, and no figure for the rest."""
    return message(95, request_id, 0, 0, UNSET, UNSET, 0)
