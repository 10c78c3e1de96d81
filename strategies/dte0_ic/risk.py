"""When dte0_ic closes: before the close, at a red line, at its profit, at its stop."""

from __future__ import annotations

from desk.market import contracts
from strategies import exits
from strategies.base import Decision, State, View
from strategies.dte0_ic.config import Config


def manage(config: Config, view: View, state: State) -> Decision:
    """Return what closes, what could not be judged, or which quotes that takes."""
    if (closing := exits.forced(state, view.t, config.close_before)) is not None:
        return closing
    underlying = contracts.index(config.symbol, config.exchange)
    return exits.manage(view, state, underlying, config.tick, lambda look: _rules(config, state, look))


def _rules(config: Config, state: State, look: exits.Look) -> Decision:
    """A red line closes all at market, as long as it is crossed; each change is told."""
    lines = exits.red_lines(look, config.delta_red_line, config.proximity_red_line)
    changes = exits.breaches(look, state, lines)
    if any(line.crossed for line in lines):
        return exits.first(look, exits.at_market(look.holding, "red_line"), told=changes)
    profit = exits.profit(look, config.profit_target, config.profit_share)
    return exits.first(look, profit, exits.stop(look, config.stop_loss), told=changes)
