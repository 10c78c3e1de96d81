"""The order in which every strategy decides: what is open before what is new."""

from __future__ import annotations

from collections.abc import Callable

from messages.orders import Exit
from strategies import checks
from strategies.base import Decision, State


def in_order(state: State, exits: Callable[[], Decision], entries: Callable[[], Decision]) -> Decision:
    """Return the decision on what is open; on entries too when nothing is closed and nothing has to be known first.

    Until the book is ready nothing is decided.
    """
    if veto := checks.ready(state):
        return Decision(vetoes=(veto,))
    held = exits()
    if held.wants or any(isinstance(action, Exit) for action in held.actions):
        return held
    new = entries()
    return Decision(
        held.actions + new.actions, tuple({v.text: v for v in held.vetoes + new.vetoes}.values()), new.wants
    )
