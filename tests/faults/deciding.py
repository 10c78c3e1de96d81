"""Pilots that decide as the strategies do: their legs, and their rules of profit and stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from messages.orders import Exit
from strategies import exits
from strategies.base import Decision, State, View
from strategies.exits import Look
from strategies.legs import Rule, choose
from tests.faults.pilot import NEAR, WING

TICK = 0.05
_RULE = Rule(delta=0.45, wing=WING, tick=TICK, put_distance=5.0, call_distance=5.0)


@dataclass(frozen=True, slots=True)
class Choosing:
    """Opens the condor that the strategies' rules choose, at mid and walked to natural."""

    quantity: int = 1

    def __call__(self, view: View, _state: State) -> Decision:
        chain = view.chain(NEAR)
        if chain is None:
            return Decision(wants=(NEAR,))
        spot = chain.underlying.last if chain.underlying else None
        offer, vetoes = choose(chain.quotes, spot or 0.0, _RULE)
        return Decision((offer.enter(self.quantity),) if offer else (), vetoes)


@dataclass(frozen=True, slots=True)
class Managing:
    """Closes what is held by one of the strategies' rules."""

    rule: Callable[[Look], Exit | None]

    def __call__(self, view: View, state: State) -> Decision:
        return exits.manage(view, state, None, TICK, lambda look: exits.first(look, self.rule(look)))


def stopping(multiple: float) -> Managing:
    """Close once that costs so many times the credit."""
    return Managing(lambda look: exits.stop(look, multiple))


def profiting(target: float) -> Managing:
    """Close once that part of the credit is earned."""
    return Managing(lambda look: exits.profit(look, target, 0.0))
