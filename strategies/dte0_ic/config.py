"""Parameters of dte0_ic."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from strategies.params import ClockTime, Count, DeltaPoints, Fraction, Params, Points, Positive, Share


class Config(Params):
    """Every number of the same-day condor."""

    symbol: str = Field("SPX", description="the index whose options are traded")
    exchange: str = Field("CBOE", description="the index's own exchange")
    trading_class: str = Field("SPXW", description="PM-settled class of its options")
    dte: int = Field(0, ge=0, description="calendar days to expiry at the entry")
    entry_from: ClockTime = Field("09:45", description="exchange time from which it may enter")
    entry_until: ClockTime = Field("10:00", description="exchange time until which it may enter")
    vix_min: Points = Field(14.0, description="no entry with VIX below this")
    vix_max: Points = Field(30.0, description="no entry with VIX above this")
    short_delta: Fraction = Field(0.06, description="the short legs' |delta|: the nearest at or below this")
    wing: Positive = Field(10.0, description="points from short to long leg on each side")
    min_distance: Points = Field(30.0, description="points that the short legs keep from spot, at least")
    min_credit: Positive = Field(0.50, description="credit in dollars per share, at least")
    quantity: Count = Field(1, description="condors per entry")
    max_entries: Count = Field(1, description="entries per day")
    max_positions: Count = Field(1, description="open positions at a time")
    profit_target: Fraction = Field(0.50, description="closes when this fraction of the credit is earned")
    profit_share: Share = Field(0.50, description="fraction of that profit below which its limit is not walked")
    stop_loss: Positive = Field(2.0, description="closes when the debit is this many times the credit")
    close_before: Positive = Field(15.0, description="minutes before the close at which it closes at market")
    delta_red_line: DeltaPoints = Field(
        15.0, description="closes at market when |delta| * 100 of a short leg reaches it"
    )
    proximity_red_line: Points = Field(
        15.0, description="closes at market when spot is this near a short leg, in points"
    )
    poll: Positive = Field(45.0, description="seconds between decisions")
    tick: Positive = Field(0.05, description="step of the combo's price in dollars")
    window: Fraction = Field(0.03, description="strikes within this fraction of spot are looked at")
    strike_step: Points = Field(5.0, description="multiples of this only; 0: every listed strike")

    @model_validator(mode="after")
    def _upright(self) -> Self:
        if self.vix_min > self.vix_max:
            raise ValueError(f"vix_min = {self.vix_min:g} is above vix_max = {self.vix_max:g}; swap them")
        if self.entry_from > self.entry_until:
            raise ValueError(f'entry_from = "{self.entry_from}" is after entry_until = "{self.entry_until}"; swap them')
        return self
