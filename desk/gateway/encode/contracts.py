"""Messages about contracts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from desk.gateway.fields import Field, message
from messages.contract import Contract


@dataclass(frozen=True, slots=True)
class Description:
    """What contract details add to a contract.

    `expires` and `settles` are the last trading day with its time, and the settlement day; both empty for what does
    not expire. `trading` and `liquid` are IB's hours texts in the zone `zone`.
    """

    min_tick: float
    exchanges: str
    rules: str
    name: str
    primary: str
    market_name: str
    trading: str
    liquid: str
    zone: str
    order_types: str
    stock_type: str = ""
    underlying_id: int = 0
    underlying_type: str = ""
    expires: str = ""
    settles: str = ""


def details(version: int, request_id: int, contract: Contract, exchange: str, about: Description) -> bytes:
    """Return message 10 for one listing of the contract.

    Up to 163 it has a version of its own and a size multiplier; 163 has one size at the end, later versions three.
    """
    old = version < 164
    fields: list[Field] = [10, *([8] if old else []), request_id]
    fields += [contract.symbol, contract.sec_type, about.expires, contract.strike, contract.right, exchange]
    fields += [contract.currency, contract.local_symbol, about.market_name, contract.trading_class, contract.con_id]
    fields += [about.min_tick, *([100] if old else []), contract.multiplier, about.order_types, about.exchanges, 1]
    fields += [about.underlying_id, about.name, about.primary, contract.expiry[:6], "", "", "", about.zone]
    fields += [about.trading, about.liquid, "", "", 0, 1 if contract.sec_type == "STK" else 2147483647]
    fields += [contract.symbol if about.underlying_type else "", about.underlying_type, about.rules, about.settles]
    fields += [
        about.stock_type,
        *([1] if version == 163 else []),
        *([] if old else [1, 1, 100 if about.stock_type else 1]),
    ]
    return message(*fields)


def details_end(request_id: int) -> bytes:
    """Return message 52."""
    return message(52, 1, request_id)


@dataclass(frozen=True, slots=True)
class OptionClass:
    """The options of one trading class: expiries as `YYYYMMDD`, and the strikes of all of them together."""

    trading_class: str
    multiplier: str
    expiries: tuple[str, ...]
    strikes: tuple[float, ...]


def option_parameters(request_id: int, exchange: str, underlying_id: int, options: OptionClass) -> bytes:
    """Return message 75: one class on one exchange."""
    fields: list[Field] = [75, request_id, exchange, underlying_id, options.trading_class, options.multiplier]
    fields += [len(options.expiries), *options.expiries, len(options.strikes), *options.strikes]
    return message(*fields)


def option_parameters_end(request_id: int) -> bytes:
    """Return message 76."""
    return message(76, request_id)


def samples(version: int, request_id: int, found: Sequence[tuple[Contract, str, str]]) -> bytes:
    """Return message 79: contracts with their primary exchange and name, all of which have options.

    From version 176 each ends with its description and issuer.
    """
    fields: list[Field] = [79, request_id, len(found)]
    for contract, primary, name in found:
        fields += [contract.con_id, contract.symbol, contract.sec_type, primary, contract.currency, 1, "OPT"]
        fields += [name, ""] if version >= 176 else []
    return message(*fields)


def market_rule(rule_id: int, increments: Sequence[tuple[float, float]]) -> bytes:
    """Return message 93: from each price on, the increment."""
    fields: list[Field] = [93, rule_id, len(increments)]
    for edge, increment in increments:
        fields += [edge, increment]
    return message(*fields)
