"""Parameters of monthly_ic."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from strategies.params import Count, DeltaPoints, Fraction, Params, Points, Positive, Share

Classes = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]


class Config(Params):
    """Every number of the monthly condor."""

    symbol: str = Field("SPX", description="the index whose options are traded")
    exchange: str = Field("CBOE", description="the index's own exchange")
    trading_classes: Classes = Field(("SPXW", "SPX"), description="classes looked at; the first wins on one expiry")
    vix_spike: Positive = Field(0.20, description="enters when VIX is up on the day by this fraction or more")
    min_dte: int = Field(49, ge=0, description="calendar days to expiry at the entry, at least")
    max_dte: int = Field(120, ge=0, description="calendar days to expiry at the entry, at most")
    short_delta: Fraction = Field(0.10, description="the short legs' |delta|: the nearest at or below this")
    wing: Positive = Field(25.0, description="points from short to long leg on each side")
    min_put_distance: Points = Field(125.0, description="points that the short put keeps below spot, at least")
    min_call_distance: Points = Field(100.0, description="points that the short call keeps above spot, at least")
    min_credit: Positive = Field(3.00, description="credit in dollars per share, at least")
    prefer_multiple: Points = Field(25.0, description="short strikes are multiples of this where one will do; 0: any")
    quantity: Count = Field(2, description="condors per entry")
    max_entries: Count = Field(1, description="entries per day")
    max_positions: Count = Field(3, description="open positions at a time")
    exit_dte: int = Field(30, ge=0, description="closes at this many calendar days to expiry or fewer")
    delta_red_line: DeltaPoints = Field(30.0, description="closes a part when |delta| * 100 of a short leg reaches it")
    proximity_red_line: Points = Field(50.0, description="closes a part when spot is this near a short leg, in points")
    red_line_share: Share = Field(0.50, description="fraction of the quantity that a red line closes")
    poll: Positive = Field(300.0, description="seconds between decisions")
    tick: Positive = Field(0.05, description="step of the combo's price in dollars")
    window_low: Fraction = Field(0.20, description="puts within this fraction below spot are looked at")
    window_high: Fraction = Field(0.12, description="calls within this fraction above spot are looked at")
    strike_step: Points = Field(5.0, description="multiples of this only; 0: every listed strike")

    @model_validator(mode="after")
    def _upright(self) -> Self:
        if self.min_dte > self.max_dte:
            raise ValueError(f"min_dte = {self.min_dte} is above max_dte = {self.max_dte}; swap them")
        if self.exit_dte >= self.min_dte:
            raise ValueError(f"exit_dte = {self.exit_dte} must be below min_dte = {self.min_dte}")
        return self
