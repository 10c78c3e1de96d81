"""When swing_ic closes: at its profit, at its stop, with its days running out."""

from __future__ import annotations

from strategies import exits
from strategies.base import Decision, State, View
from strategies.swing_ic.config import Config


def manage(config: Config, view: View, state: State) -> Decision:
    """Return what closes, what could not be judged, or which quotes that takes."""
    if (closing := exits.forced(state, view.t)) is not None:
        return closing
    return exits.manage(view, state, None, config.tick, lambda look: _rules(config, look))


def _rules(config: Config, look: exits.Look) -> Decision:
    return exits.first(
        look,
        exits.profit(look, config.profit_target, config.profit_share),
        exits.stop(look, config.stop_loss),
        exits.expiring(look, config.exit_dte),
    )
