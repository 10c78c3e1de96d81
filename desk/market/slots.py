"""The slots of a collected symbol: when cycles are due, and how each one ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from desk.market.calendar import Session, exchange_date, next_session, session
from messages.data import Slot
from messages.futures import FuturesQuotes
from messages.market import ChainQuotes

COMPLETE, PARTIAL, MISSED = "COMPLETE", "PARTIAL", "MISSED"


def slots_of(day: Session, interval: float) -> list[float]:
    """Start of every slot of a session, from the open, before the close, `interval` seconds apart (epoch seconds)."""
    count = int(-(-(day.closes - day.opens) // interval))
    return [day.opens + n * interval for n in range(count)]


def next_slot(t: float, interval: float) -> float:
    """First slot start at or after `t`, in this session or the next."""
    day = exchange_date(t)
    today = session(day)
    if today is not None:
        about = max(0, int((t - today.opens) // interval))  # rounding may put it one off
        starts = (today.opens + n * interval for n in (about, about + 1, about + 2))
        found = next((start for start in starts if start >= t), today.closes)
        if found < today.closes:
            return found
    return next_session(day).opens


def due_before(t: float, interval: float) -> list[float]:
    """Slots of the session of `t`'s day that were due before `t`."""
    today = session(exchange_date(t))
    return [start for start in slots_of(today, interval) if start < t] if today else []


def due_since(last: float, t: float, interval: float) -> list[float]:
    """Slots after `last` that were due before `t`, in every session between them (epoch seconds)."""
    day, until = exchange_date(last), exchange_date(t)
    sessions = [found] if (found := session(day)) else []
    while (following := next_session(day)).date <= until:
        sessions.append(following)
        day = following.date
    return [start for each in sessions for start in slots_of(each, interval) if last < start < t]


def unaccounted(known: Sequence[float], t: float, interval: float) -> list[float]:
    """Slots before `t` that a ledger with these slots lacks: since its last, or since today's open when it is empty."""
    return due_since(max(known), t, interval) if known else due_before(t, interval)


def missed(symbol: str, cycle: float, reason: str, seconds: float = 0.0) -> Slot:
    """The ledger entry of a slot that yielded nothing."""
    return Slot(symbol, cycle, MISSED, reason, seconds=seconds)


def outcome(symbol: str, cycle: float, answer: ChainQuotes | FuturesQuotes, seconds: float) -> Slot:
    """The ledger entry of a cycle that was answered, its reasons the most frequent first."""
    chain = answer if isinstance(answer, ChainQuotes) else None
    written = len(answer.quotes)
    reasons = [f"{reason} x{count}" for reason, count in sorted(answer.failed, key=lambda item: -item[1])]
    slot = Slot(
        symbol=symbol,
        cycle=cycle,
        status=PARTIAL,
        reason=answer.error or ", ".join(reasons),
        asked=answer.asked,
        written=written,
        partial=sum(1 for quote in answer.quotes if quote.missing),
        failed=answer.asked - written,
        seconds=seconds,
        underlying=chain.underlying.last if chain and chain.underlying else None,
        vix=chain.vix.last if chain and chain.vix else None,
    )
    if not written:
        return replace(slot, status=MISSED, reason=slot.reason or "nothing listed in the selection")
    return slot if slot.failed or answer.error else replace(slot, status=COMPLETE)


def longest_gap(cycles: Sequence[float], interval: float) -> float:
    """Seconds of the longest run of missing slots between those given (ascending); 0 without a gap."""
    gaps = (later - earlier - interval for earlier, later in pairwise(cycles))
    return max((gap for gap in gaps if gap > 0), default=0.0)
