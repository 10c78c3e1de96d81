"""From a client's terms to the contracts meant, with IB's errors where they mean none or too many."""

from __future__ import annotations

from desk.gateway.book import Listed
from desk.gateway.clients import Client
from desk.gateway.requests.terms import Terms

SEC_TYPES = frozenset(
    {
        "STK",
        "OPT",
        "FUT",
        "CONTFUT",
        "IND",
        "FOP",
        "CASH",
        "BAG",
        "WAR",
        "BOND",
        "CMDTY",
        "NEWS",
        "FUND",
        "CRYPTO",
        "CFD",
    }
)
NOTHING = "No security definition has been found for the request"


def valid(client: Client, request_id: int, terms: Terms, kind: str) -> bool:
    """Whether the terms can be looked up at all; error 321 when not. `kind` is IB's letter code for the request."""
    if terms.sec_type not in SEC_TYPES and not (terms.con_id and not terms.sec_type):
        refuse(client, request_id, kind, "Please enter a valid security type")
        return False
    return True


def refuse(client: Client, request_id: int, kind: str, cause: str) -> None:
    """Send error 321."""
    client.error(request_id, 321, f"Error validating request.-'{kind}' : cause - {cause}")


def one(client: Client, request_id: int, terms: Terms, kind: str) -> Listed | None:
    """Return the one contract that is meant; None after error 200 or 321."""
    if not valid(client, request_id, terms, kind):
        return None
    if not terms.exchange:
        refuse(client, request_id, kind, "Please enter exchange")
        return None
    context = client.context
    found = context.book.find(terms, context.clock.time())
    if len(found) == 1:
        return found[0]
    client.error(
        request_id, 200, f"The contract description specified for {terms.symbol} is ambiguous." if found else NOTHING
    )
    return None
