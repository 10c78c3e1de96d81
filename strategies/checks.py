"""Conditions that strategies share; each returns None when it holds, else the veto."""

from __future__ import annotations

import math

from desk.market.calendar import exchange_date, session_at
from desk.market.quotes import fault, price
from messages.contract import Contract, Quote
from messages.market import ChainQuotes
from messages.orders import Action, Veto
from strategies.base import Phase, State

SLACK = 1e-9
"""What sums and differences of decimal prices may be off by in binary."""
FRESH = 60.0
"""Seconds of market time for which a quote may be acted on."""


def at_least(value: float, bound: float) -> bool:
    """Return whether `value` >= `bound`, with binary noise forgiven. False for NaN."""
    return value >= bound - SLACK


def found(*outcomes: object) -> tuple[Veto, ...]:
    """Return the vetoes among the outcomes of checks."""
    return tuple(each for each in outcomes if isinstance(each, Veto))


def running(state: State) -> Veto | None:
    """Check that the strategy is RUNNING."""
    if state.phase is Phase.RUNNING:
        return None
    return Veto("not_running", f"the strategy is {state.phase}")


def ready(state: State) -> Veto | None:
    """Check that the trader knows what the strategy owns; until then nothing may be wished for."""
    if state.book.ready:
        return None
    return Veto("book_not_ready", state.book.trouble or "orders and positions have not been reconciled yet")


def market_open(t: float) -> Veto | None:
    """Check that the exchange is in session."""
    return None if session_at(t) else Veto("market_closed", "the exchange is closed", {"t": t})


def entries_left(state: State, t: float, most: int) -> Veto | None:
    """Check that fewer than `most` entries were sent on the day of `t`."""
    sent = state.entries_on(exchange_date(t))
    if sent < most:
        return None
    return Veto("already_entered", f"{sent} of {most} entries sent today", {"entries": sent, "max_entries": most})


def room_for_position(state: State, most: int) -> Veto | None:
    """Check that fewer than `most` positions are open or being opened."""
    count = len(owned(state))
    if count < most:
        return None
    return Veto("max_positions", f"{count} of {most} positions are open", {"positions": count, "max_positions": most})


def no_entry_working(state: State) -> Veto | None:
    """Check that no entry is on its way."""
    count = sum(order.action is Action.OPEN for order in state.book.working)
    return Veto("entry_working", "an entry order is on its way", {"working": count}) if count else None


def owned(state: State) -> frozenset[str]:
    """Return the names of the positions that are open or being opened."""
    held = {holding.position for holding in state.book.holdings}
    return frozenset(held | {order.position for order in state.book.working if order.action is Action.OPEN})


def level(quote: Quote, t: float) -> float | Veto:
    """Return where an index or stock stands, or why that is not known: it has no price, or an old one."""
    found = price(quote)
    if found is None:
        return Veto("bad_quote", f"{named(quote.contract)} has no price", sides(quote))
    return fresh(quote, t) or found


def vix_band(vix: float, low: float, high: float) -> Veto | None:
    """Check that VIX is within the band, both ends included."""
    if low <= vix <= high:
        return None
    return Veto(
        "vix_band", f"VIX is {vix:g}, wanted is {low:g} to {high:g}", {"vix": vix, "vix_min": low, "vix_max": high}
    )


def fresh(quote: Quote, t: float) -> Veto | None:
    """Check that a quote is young enough to act on."""
    age = t - quote.received
    if age <= FRESH:
        return None
    text = f"{named(quote.contract)}: the quote is {age:.0f} s old"
    return Veto("stale_quote", text, {"age": age, "max_age": FRESH})


def usable(quote: Quote, t: float) -> Veto | None:
    """Check that the bid and ask of an option are sound and fresh."""
    if why := fault(quote):
        return Veto("bad_quote", f"{named(quote.contract)}: {why}", {"strike": quote.contract.strike, **sides(quote)})
    return fresh(quote, t)


def answered(chain: ChainQuotes) -> Veto | None:
    """Check that a chain could be asked for at all."""
    return Veto("no_chain", f"the chain could not be had: {chain.error}") if chain.error else None


def named(contract: Contract) -> str:
    """Return a contract's name for people."""
    if contract.sec_type != "OPT":
        return contract.symbol
    return f"{contract.trading_class} {contract.expiry} {contract.right} {contract.strike:g}"


def sides(quote: Quote) -> dict[str, float | None]:
    """Return a quote's prices as a veto's numbers; what is not a finite number is None."""
    prices = {"bid": quote.bid, "ask": quote.ask, "last": quote.last}
    return {key: value if value is not None and math.isfinite(value) else None for key, value in prices.items()}
