"""When monthly_ic closes: a part at each breach of a red line, the rest with its days running out."""

from __future__ import annotations

from desk.market import contracts
from strategies import exits
from strategies.base import Decision, State, View
from strategies.monthly_ic.config import Config


def manage(config: Config, view: View, state: State) -> Decision:
    """Return what closes, what could not be judged, or which quotes that takes."""
    if (closing := exits.forced(state, view.t)) is not None:
        return closing
    underlying = contracts.index(config.symbol, config.exchange)
    return exits.manage(view, state, underlying, config.tick, lambda look: _rules(config, state, look))


def _rules(config: Config, state: State, look: exits.Look) -> Decision:
    """Each breach closes a part once, whichever line it is of; two at a time take their turns.

    A breach is told with its close, and that it is over as soon as it is, so that the next one closes again.
    """
    lines = exits.red_lines(look, config.delta_red_line, config.proximity_red_line)
    changes = exits.breaches(look, state, lines)
    over = tuple(change for change in changes if not change.active)
    if begun := next((change for change in changes if change.active), None):
        part = exits.at_market(look.holding, "red_line", config.red_line_share)
        return exits.first(look, part, told=(begun, *over))
    return exits.first(look, exits.expiring(look, config.exit_dte), told=over)
