"""What an order trades: the one contract that its client means, or a combination and its legs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from desk.gateway.book import Book
from desk.gateway.exchange.model import BAG_ID, Leg, OrderRequest
from desk.gateway.requests.terms import Terms
from desk.gateway.resolve import NOTHING, SEC_TYPES
from messages.contract import Contract

_KIND = "bN"


@dataclass(frozen=True, slots=True)
class Instrument:
    """A contract, of a combination the BAG with its legs' contracts in their order."""

    contract: Contract
    legs: tuple[Contract, ...] = ()


class InstrumentError(ValueError):
    """Nothing, or not one thing, is meant; `code` and `text` are IB's error."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


def instrument(book: Book, request: OrderRequest, now: float) -> Instrument:
    """Return what the order trades; InstrumentError when that is unclear."""
    terms = request.terms
    if terms.sec_type not in SEC_TYPES and not (terms.con_id and not terms.sec_type):
        raise _invalid("Please enter a valid security type")
    if not terms.exchange:
        raise _invalid("Please enter exchange")
    if terms.sec_type == "BAG":
        legs = tuple(_leg(book, terms, leg, now) for leg in request.legs)
        return Instrument(
            Contract(terms.symbol, "BAG", terms.exchange, terms.currency or "USD", con_id=BAG_ID, trading_class="COMB"),
            legs,
        )
    found = book.find(terms, now)
    if len(found) != 1:
        ambiguous = f"The contract description specified for {terms.symbol} is ambiguous."
        raise InstrumentError(200, ambiguous if found else NOTHING)
    return Instrument(replace(found[0].contract, exchange=terms.exchange))


def _leg(book: Book, terms: Terms, leg: Leg, now: float) -> Contract:
    found = book.find(Terms(con_id=leg.con_id), now) if leg.con_id else []
    if not found:
        raise InstrumentError(200, NOTHING)
    contract = found[0].contract
    if contract.symbol != terms.symbol:
        raise InstrumentError(
            478,
            "Parameters in request conflicts with contract parameters received by contract id: "
            f"requested bag.symbol {terms.symbol}, in contract {contract.symbol}",
        )
    return contract


def _invalid(cause: str) -> InstrumentError:
    return InstrumentError(321, f"Error validating request.-'{_KIND}' : cause - {cause}")
