"""Messages that say there is none of something, and a few fixed lists."""

from __future__ import annotations

from collections.abc import Sequence

from desk.gateway.fields import UNSET_INTEGER, Field, message

CUSTOM = 53
"""The tick type of an option computation that a client asked for."""


def no_scan(request_id: int) -> bytes:
    """Return message 20: a scan that found nothing."""
    return message(20, 3, request_id, 0)


def scanner_parameters() -> bytes:
    """Return message 19: there is nothing to scan."""
    return message(19, 1, '<?xml version="1.0" encoding="UTF-8"?><ScanParameterResponse></ScanParameterResponse>')


def display_groups(request_id: int) -> bytes:
    """Return message 67: a gateway has no windows, so no groups of them."""
    return message(67, 1, request_id, "")


def display_group(request_id: int) -> bytes:
    """Return message 68: the group shows nothing."""
    return message(68, 1, request_id, "none")


def no_tiers(request_id: int) -> bytes:
    """Return message 77: no soft dollar tiers."""
    return message(77, request_id, 0)


def family(account: str) -> bytes:
    """Return message 78: the account, of no family."""
    return message(78, 1, account, "")


def depth_exchanges(exchanges: Sequence[str]) -> bytes:
    """Return message 80: the exchanges that show their book, for stocks and options."""
    fields: list[Field] = [80, 2 * len(exchanges)]
    for exchange in exchanges:
        for kind in ("STK", "OPT"):
            fields += [exchange, kind, "", "Deep", UNSET_INTEGER]
    return message(*fields)


def components(request_id: int, exchanges: Sequence[str]) -> bytes:
    """Return message 82: the exchanges behind SMART, each with its bit and letter."""
    fields: list[Field] = [82, request_id, len(exchanges)]
    for bit, exchange in enumerate(exchanges):
        fields += [bit, exchange, chr(ord("A") + bit)]
    return message(*fields)


def no_news_providers() -> bytes:
    """Return message 85: no providers."""
    return message(85, 0)


def no_news(request_id: int) -> bytes:
    """Return message 87: no headlines, and no more of them."""
    return message(87, request_id, 0)
