"""Parameters of swing_ic."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from strategies.params import Count, Fraction, Params, Points, Positive, Share

Symbols = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
Rank = Annotated[float, Field(ge=0, le=100)]


class Config(Params):
    """Every number of the condor on ETFs."""

    symbols: Symbols = Field(("SPY", "QQQ", "IWM"), description="recorded ETFs; one position of each at a time")
    wings: dict[str, Positive] = Field(
        {"SPY": 5.0, "QQQ": 5.0, "IWM": 3.0},
        description="points from short to long leg by symbol; where that is not listed, see strike_step",
    )
    min_dte: int = Field(45, ge=0, description="calendar days to expiry at the entry, at least")
    max_dte: int = Field(75, ge=0, description="calendar days to expiry at the entry, at most")
    short_delta: Fraction = Field(0.16, description="the short legs' |delta|: the nearest at or below this")
    min_credit: Fraction = Field(0.20, description="credit as a fraction of the wing, at least")
    iv_rank_min: Rank = Field(30.0, description="no entry with an IV rank below this, or without enough history")
    vix_min: Points = Field(14.0, description="no entry with VIX below this")
    vix_max: Points = Field(30.0, description="no entry with VIX above this")
    max_age: Positive = Field(600.0, description="seconds that the newest recorded quote may be old")
    quantity: Count = Field(1, description="condors per entry")
    max_entries: Count = Field(3, description="entry orders per day, all symbols together")
    exit_dte: int = Field(21, ge=0, description="closes at this many calendar days to expiry or fewer")
    profit_target: Fraction = Field(0.50, description="closes when this fraction of the credit is earned")
    profit_share: Share = Field(0.50, description="fraction of that profit below which its limit is not walked")
    stop_loss: Positive = Field(2.0, description="closes when the debit is this many times the credit")
    poll: Positive = Field(30.0, description="seconds between decisions")
    tick: Positive = Field(0.01, description="step of the combo's price in dollars")
    strike_step: Positive = Field(5.0, description="a wing that is not listed moves out to the next multiple of this")
    delta_drift: Points = Field(0.02, description="how far above short_delta a recorded short leg may be by now")

    @model_validator(mode="after")
    def _upright(self) -> Self:
        if self.vix_min > self.vix_max:
            raise ValueError(f"vix_min = {self.vix_min:g} is above vix_max = {self.vix_max:g}; swap them")
        if self.min_dte > self.max_dte:
            raise ValueError(f"min_dte = {self.min_dte} is above max_dte = {self.max_dte}; swap them")
        if self.exit_dte >= self.min_dte:
            raise ValueError(f"exit_dte = {self.exit_dte} must be below min_dte = {self.min_dte}")
        if unknown := [symbol for symbol in self.symbols if symbol not in self.wings]:
            raise ValueError(f"wings has no width for {', '.join(unknown)}; add it, as in wings = {{SPY = 5.0}}")
        return self
