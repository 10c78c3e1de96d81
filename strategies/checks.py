"""Conditions for an entry that strategies share; each returns None when it holds, else the veto."""

from __future__ import annotations

import math

from desk.market.calendar import exchange_date, session_at
from desk.market.quotes import price
from messages.contract import Quote
from messages.market import ChainQuotes
from strategies.base import Phase, State, Veto

SLACK = 1e-9
"""What sums and differences of decimal prices may be off by in binary."""


def at_least(value: float, bound: float) -> bool:
    """Return whether `value` >= `bound`, with binary noise forgiven. False for NaN."""
    return value >= bound - SLACK


def found(*vetoes: Veto | None) -> tuple[Veto, ...]:
    """Return the vetoes that there are."""
    return tuple(veto for veto in vetoes if veto is not None)


def running(state: State) -> Veto | None:
    """Check that the strategy is RUNNING."""
    if state.phase is Phase.RUNNING:
        return None
    return Veto("not_running", f"the strategy is {state.phase}")


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
    """Check that fewer than `most` positions are open."""
    count = len(state.positions)
    if count < most:
        return None
    return Veto("max_positions", f"{count} of {most} positions are open", {"positions": count, "max_positions": most})


def has_price(quote: Quote) -> Veto | None:
    """Check that an index or stock has a price."""
    if price(quote) is not None:
        return None
    return Veto("bad_quote", f"{quote.contract.symbol} has no price", sides(quote))


def answered(chain: ChainQuotes) -> Veto | None:
    """Check that a chain could be asked for at all."""
    return Veto("no_chain", f"the chain could not be had: {chain.error}") if chain.error else None


def sides(quote: Quote) -> dict[str, float | None]:
    """Return a quote's prices as a veto's numbers; what is not a finite number is None."""
    prices = {"bid": quote.bid, "ask": quote.ask, "last": quote.last}
    return {key: value if value is not None and math.isfinite(value) else None for key, value in prices.items()}
