"""A contract as messages about orders and positions carry it."""

from __future__ import annotations

from collections.abc import Sequence

from desk.gateway.exchange.model import BAG_ID, Leg
from desk.gateway.fields import Field
from messages.contract import Contract

CALENDAR_ZONE = "US/Eastern"


def contract_fields(contract: Contract, *, right: str, strike: str = "0", exchange: str | None = None) -> list[Field]:
    """Return the eleven fields from contract id to trading class.

    `right` and `strike` are IB's words for those that the contract does not have, which differ by message. `exchange`
    replaces the contract's own.
    """
    option = contract.sec_type == "OPT"
    bag = contract.sec_type == "BAG"
    return [
        contract.con_id,
        contract.symbol,
        contract.sec_type,
        contract.expiry,
        contract.strike if option else strike,
        contract.right if option else right,
        contract.multiplier,
        contract.exchange if exchange is None else exchange,
        contract.currency,
        contract.local_symbol or (str(BAG_ID) if bag else contract.symbol),
        contract.trading_class or ("COMB" if bag else contract.symbol),
    ]


def legs_text(legs: Sequence[Leg]) -> str:
    """Return IB's description of a combination's legs: `id|ratio` each, the ratio negative where it is sold."""
    return ",".join(f"{leg.con_id}|{-leg.ratio if leg.action == 'SELL' else leg.ratio}" for leg in legs)
