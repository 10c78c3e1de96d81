"""A decision as JSON, for the lake: what was wished for and why not, in words, and the state that it was taken in."""

from __future__ import annotations

import json

from pydantic_core import to_jsonable_python

from messages.orders import Breach, Enter, Exit, Wish
from strategies.base import Decision, State, View


def as_json(decision: Decision, state: State, view: View) -> str:
    """Return the record of a decision.

    `wishes` and `vetoes` are for people, `refused` is why the trader did not fulfil the last wishes; `actions` and
    `state` are whole, so that the decision can be taken again. `recorded` has the newest quote's time (epoch seconds)
    of each recorded chain that was looked at, `bars` the last day of each history: the lake has them. What is no
    finite number is null.
    """
    record = {
        "wishes": [words(action) for action in decision.actions],
        "vetoes": decision.vetoes,
        "refused": state.book.refused,
        "actions": [{type(action).__name__: action} for action in decision.actions],
        "state": state,
        "recorded": {each.symbol: max((q.received for q in each.quotes), default=None) for each in view.recordings},
        "bars": {
            f"{each.contract.symbol} {each.what}": each.bars[-1].date if each.bars else None for each in view.histories
        },
    }
    plain = to_jsonable_python(record, inf_nan_mode="null")
    plain["state"]["book"]["breaches"].sort()  # a set has no order of its own
    return json.dumps(plain, separators=(",", ":"))


def words(wish: Wish) -> dict[str, str | float | bool | None]:
    """Return a wish in a few words and numbers."""
    match wish:
        case Enter(condor, quantity, limit, worst, natural):
            strikes = "/".join(
                f"{leg.strike:g}" for leg in sorted(condor.legs, key=lambda leg: (leg.strike, leg.right))
            )
            named = f"{condor.short_put.trading_class} {condor.short_put.expiry} {strikes}"
            return {"open": named, "quantity": quantity, "limit": limit, "worst": worst, "natural": natural}
        case Exit(position, quantity, reason, limit, worst):
            return {"close": position, "quantity": quantity, "reason": reason, "limit": limit, "worst": worst}
        case Breach(position, line, active):
            return {"breach": line, "position": position, "active": active}
