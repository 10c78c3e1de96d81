"""One underlying's options on one day: what is listed, as arrays, and their quotes at any time of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from desk.gateway.model.features import of_activity, of_spread
from desk.gateway.model.jitter import normal, uniform
from desk.gateway.model.listing import Listed
from desk.gateway.model.market import Snapshot
from desk.gateway.model.surface import Surface, at_level
from desk.gateway.model.variance_time import trading_days
from desk.market import contracts
from desk.market.pricing import greeks

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

_CONTRACTS_OF_STOCK = 10.0  # an ETF's contracts per SPX contract: an assumption too
_MOST = 13.0  # log of contracts
_TENTH = 10.0  # a round strike of an ETF is one of an index ten times it
_SPREAD_OF_STOCK = 0.5  # an ETF's spread over SPX's at the same fraction of the underlying: an assumption


@dataclass(frozen=True, slots=True)
class Moment:
    """Where the market stands: time, underlying, VIX over VIX at the snapshot, share of the session that has passed."""

    at: float
    spot: float
    level: float
    elapsed: float
    open: bool


@dataclass(frozen=True, slots=True)
class Priced:
    """Model figures of some rows, in dollars per share and fractions per year."""

    price: Floats
    value: Floats
    intrinsic: Floats
    k: Floats
    total: Floats
    iv: Floats
    days: Floats
    forward: Floats
    discount: Floats
    years: Floats


class Board:
    """`contracts` by settlement, class, strike, call before put; `row` finds one by class, expiry, strike and right.

    `tempo` scales variance against SPX's (1 for SPX itself), `scale` prices (SPX points per dollar of this underlying).
    """

    def __init__(
        self, symbol: str, listed: Sequence[Listed], surface: Surface, snapshot: Snapshot, tempo: float, scale: float
    ) -> None:
        self._surface, self._snapshot, self._tempo, self._scale = surface, snapshot, tempo, scale
        self._stock = symbol != "SPX"
        self._settles = np.array([one.settles for one in listed])
        self._settles_in_days = np.array([trading_days(one.settles) for one in listed])
        self._am = np.array([float(one.trading_class in contracts.AM_SETTLED) for one in listed])
        sizes = [len(one.strikes) for one in listed]
        self._expiry = np.repeat(np.arange(len(listed)), sizes).repeat(2)
        self._strike = np.concatenate([one.strikes for one in listed]).repeat(2)
        self._call = np.arange(len(self._strike)) % 2 == 0
        self.contracts = tuple(
            contracts.option(symbol, one.expiry, float(strike), right, one.trading_class)
            for one in listed
            for strike in one.strikes
            for right in ("C", "P")
        )
        self.row = {(c.trading_class, c.expiry, c.strike, c.right): n for n, c in enumerate(self.contracts)}

    def alive(self, at: float) -> int:
        """Return the first row that has not settled at `at`."""
        return int(np.searchsorted(self._expiry, np.searchsorted(self._settles, at, side="right")))

    def priced(self, rows: Rows, now: Moment) -> Priced:
        """Return the model's prices at that moment; settled options at their intrinsic value."""
        years = np.maximum(self._settles - now.at, 0.0) / contracts.YEAR
        days = np.maximum(self._settles_in_days - trading_days(now.at), 0.0)
        moved = at_level(days, now.level) * self._tempo
        carry, discount = self._surface.carry(years)
        e = self._expiry[rows]
        forward = now.spot * carry[e]
        k = self._strike[rows] / forward
        value, total = self._surface.price(k, moved[e])
        intrinsic = np.maximum(np.where(self._call[rows], 1.0 - k, k - 1.0), 0.0)
        worth = forward * discount[e]
        with np.errstate(divide="ignore", invalid="ignore"):
            iv = np.where(years[e] > 0, total / np.sqrt(years[e]), np.nan)
        return Priced(
            worth * (value + intrinsic),
            worth * value,
            worth * intrinsic,
            k,
            total,
            iv,
            days[e],
            forward,
            discount[e],
            years[e],
        )

    def greeks(self, rows: Rows, p: Priced, now: Moment) -> tuple[Floats, Floats, Floats, Floats]:
        """Return delta, gamma, theta and vega at the implied volatility of each."""
        alive = np.isfinite(p.iv)
        vol = np.where(alive, p.iv, 0.0)
        g = greeks(p.forward, self._strike[rows], p.years, vol, p.discount, self._call[rows], now.spot)
        return g.delta, g.gamma, g.theta, g.vega

    def bid_ask(self, rows: Rows, p: Priced) -> tuple[Floats, Floats]:
        """Return quotes on ticks about the price, half a tick either way at least; no bid for what is worth nothing."""
        features = of_spread(p.value * self._scale, p.intrinsic * self._scale, p.days, self._am[self._expiry[rows]])
        half = np.exp(features @ self._snapshot.spread[:-1]) / self._scale
        half = np.maximum(half * (_SPREAD_OF_STOCK if self._stock else 1.0), 0.5 * self.tick(p.price))
        low, high = np.maximum(p.price - half, 0.0), p.price + half
        bid = np.floor(low / self.tick(low) + 0.5) * self.tick(low)
        ask = np.ceil(high / self.tick(high) - 0.5) * self.tick(high)
        ask = np.maximum(ask, bid + self.tick(bid))
        return np.asarray(np.round(bid, 2)), np.asarray(np.round(ask, 2))

    def tick(self, price: Floats) -> Floats:
        """Return the tick at that price: a cent for ETFs; 0.05 below 3 dollars, else 0.10, for SPX."""
        return np.full(price.shape, 0.01) if self._stock else np.where(price < 3.0, 0.05, 0.1).astype(np.float64)

    def activity(self, rows: Rows, p: Priced, seed: int) -> tuple[Floats, Floats]:
        """Return open interest and the whole day's volume, in contracts."""
        e = self._expiry[rows]
        put = (~self._call[rows]).astype(np.float64)
        strike = self._strike[rows] * (_TENTH if self._stock else 1.0)
        features = of_activity(p.k, strike, p.total, p.days, self._am[e], put)
        contracts_of = _CONTRACTS_OF_STOCK if self._stock else 1.0

        def count(coefficients: Floats, salt: int) -> Floats:
            noise = 0.5 * coefficients[-1] * normal(rows, seed, salt)
            logs = np.clip(features @ coefficients[:-1] + noise, 0.0, _MOST)
            return np.asarray(np.floor(contracts_of * np.expm1(logs)))

        return count(self._snapshot.interest, 1), count(self._snapshot.volume, 2)

    def sizes(self, rows: Rows, minute: int, seed: int) -> tuple[Floats, Floats]:
        """Return bid and ask sizes in contracts; they change by the minute."""
        bid, ask = (uniform(rows, seed, salt, minute) for salt in (3, 4))
        return np.floor(5.0 + 95.0 * bid**2), np.floor(5.0 + 95.0 * ask**2)
