"""monthly_ic: sells a condor on SPX of about two months when VIX jumps."""

from __future__ import annotations

from typing import ClassVar

from messages.market import Selection
from strategies.base import Decision, State, Strategy, View
from strategies.monthly_ic.config import Config
from strategies.monthly_ic.risk import manage
from strategies.monthly_ic.scanner import scan, selection
from strategies.registry import register
from strategies.stages import in_order


@register("monthly_ic")
class MonthlyCondor(Strategy[Config]):
    """Up to three condors, one entry a day, each on a day that VIX is up a fifth or more."""

    params_type: ClassVar[type[Config]] = Config

    @property
    def poll(self) -> float:
        """See `Strategy.poll`."""
        return self.params.poll

    def selections(self) -> tuple[Selection, ...]:
        """See `Strategy.selections`."""
        config = self.params
        return tuple(selection(config, each, config.min_dte) for each in config.trading_classes)

    def decide(self, view: View, state: State) -> Decision:
        """See `Strategy.decide`."""
        return in_order(
            state,
            lambda: manage(self.params, view, state),
            lambda: scan(self.params, view, state),
        )
