"""swing_ic: sells condors on the ETFs whose chains the desk records."""

from __future__ import annotations

from typing import ClassVar

from strategies.base import Decision, State, Strategy, View
from strategies.registry import register
from strategies.stages import in_order
from strategies.swing_ic.config import Config
from strategies.swing_ic.risk import manage
from strategies.swing_ic.scanner import scan


@register("swing_ic")
class SwingCondor(Strategy[Config]):
    """One condor of each ETF at a time, sold while its volatility is high for it and its trend is not down."""

    params_type: ClassVar[type[Config]] = Config

    @property
    def poll(self) -> float:
        """See `Strategy.poll`."""
        return self.params.poll

    def decide(self, view: View, state: State) -> Decision:
        """See `Strategy.decide`."""
        return in_order(
            state,
            lambda: manage(self.params, view, state),
            lambda: scan(self.params, view, state),
        )
