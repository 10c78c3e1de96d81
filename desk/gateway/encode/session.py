"""Messages about the session."""

from __future__ import annotations

from desk.gateway.fields import message


def hello(version: int, at: str) -> bytes:
    """Return the handshake's answer: server version and time, exactly two fields."""
    return message(version, at)


def error(version: int, request_id: int, code: int, text: str, rejection: str = "") -> bytes:
    """Return message 4; from version 166 it ends with the JSON of an advanced rejection, empty for any other error."""
    fields = (4, 2, request_id, code, text)
    return message(*fields, rejection) if version >= 166 else message(*fields)


def managed_accounts(account: str) -> bytes:
    """Return message 15."""
    return message(15, 1, account)


def next_valid_id(order_id: int) -> bytes:
    """Return message 9."""
    return message(9, 1, order_id)


def current_time(at: float) -> bytes:
    """Return message 49: whole seconds since the epoch."""
    return message(49, 1, int(at))


def user_info(request_id: int) -> bytes:
    """Return message 107: no white branding."""
    return message(107, request_id, "")
