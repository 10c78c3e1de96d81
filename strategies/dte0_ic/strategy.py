"""dte0_ic: sells a condor on SPX that expires the same day."""

from __future__ import annotations

from typing import ClassVar

from messages.market import Selection
from strategies.base import Decision, State, Strategy, View
from strategies.dte0_ic.config import Config
from strategies.dte0_ic.risk import manage
from strategies.dte0_ic.scanner import scan, selection
from strategies.registry import register
from strategies.stages import in_order


@register("dte0_ic")
class SameDayCondor(Strategy[Config]):
    """One condor a day, entered in the morning window when VIX is neither asleep nor alarmed."""

    params_type: ClassVar[type[Config]] = Config

    @property
    def poll(self) -> float:
        """See `Strategy.poll`."""
        return self.params.poll

    def selections(self) -> tuple[Selection, ...]:
        """See `Strategy.selections`."""
        return (selection(self.params),)

    def decide(self, view: View, state: State) -> Decision:
        """See `Strategy.decide`."""
        return in_order(
            state,
            lambda: manage(self.params, view, state),
            lambda: scan(self.params, view, state),
        )
