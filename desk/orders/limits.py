"""Limits above all strategies (SPEC E9): what an entry may add. Exits are never asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from messages.orders import Margin, Veto

_NEAR = 0.5, 1.5
"""Parts of a condor's widest loss between which a what-if may put its margin, when nothing else explains it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Dollars that all positions together may lose and that a day may lose, and how many condors may be open."""

    max_open_risk: float
    max_daily_loss: float
    max_condors: int


@dataclass(frozen=True, slots=True)
class Exposure:
    """Where all strategies together stand.

    `risk` is the most that open positions and working entries may lose in dollars, `condors` how many of them there
    are. `day` is what the exchange day has brought so far: realised, and open positions at their marks; None while
    the mark of one is not known.
    """

    risk: float
    condors: int
    day: float | None


def vetoes(limits: Limits, exposure: Exposure, risk: float) -> tuple[Veto, ...]:
    """Return why an entry that may lose `risk` dollars is not to be; empty when it may."""
    return tuple(_vetoes(limits, exposure, risk))


def lost(limits: Limits, exposure: Exposure) -> bool:
    """Whether the day has lost so much that entries stop until the next."""
    return exposure.day is not None and exposure.day < 0 and exposure.day <= -limits.max_daily_loss


def margin_veto(margin: Margin) -> Veto | None:
    """Return why an entry's what-if forbids it: no answer, or more margin than the account has."""
    if margin.error:
        return Veto("margin", f"the margin is not known: {margin.error}")
    if margin.initial_after > margin.equity_after:
        numbers = {"initial_after": margin.initial_after, "equity_after": margin.equity_after}
        return Veto("margin", "the account would not carry it", numbers)
    return None


def encoding_veto(margin: Margin, widest: float) -> Veto | None:
    """Return why a what-if shows another trade than a condor that may lose `widest` dollars without its credit.

    A reversed condor is bought for what it costs and takes next to no margin; legs that do not cover each other take
    many times the loss (F20). Only of use where no other position of that expiry nets with it.
    """
    low, high = (part * widest for part in _NEAR)
    if low <= margin.initial_change <= high:
        return None
    numbers = {"initial_change": margin.initial_change, "expected": widest}
    return Veto("encoding", "the margin is not that of this condor: its legs may be reversed", numbers)


def _vetoes(limits: Limits, exposure: Exposure, risk: float) -> Iterator[Veto]:
    if exposure.risk + risk > limits.max_open_risk:
        numbers = {"open": exposure.risk, "more": risk, "limit": limits.max_open_risk}
        yield Veto("max_open_risk", "too much would be at risk", numbers)
    if exposure.condors >= limits.max_condors:
        numbers = {"condors": float(exposure.condors), "limit": float(limits.max_condors)}
        yield Veto("max_condors", "too many condors are open", numbers)
    if exposure.day is None:
        yield Veto("marks", "open positions have no fresh marks, so the day's loss is not known")
    elif lost(limits, exposure):
        yield Veto("max_daily_loss", "the day has lost enough", {"day": exposure.day, "limit": -limits.max_daily_loss})
