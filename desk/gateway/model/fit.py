"""`market fit`: from recorded SPX chains and daily bars to the figures of a fitted market."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from desk.gateway.model.chain import Expiry, Parity, expiries, parity
from desk.gateway.model.features import of_activity, of_spread, regression
from desk.gateway.model.market import Daily, FittedMarket, Slice, Snapshot, pack
from desk.gateway.model.smile import Smile, Targets, fit_smile
from desk.gateway.model.surface import Surface, surface
from desk.gateway.model.variance_time import trading_days
from desk.market import calendar, contracts
from desk.market.pricing import greeks

Floats = npt.NDArray[np.float64]

SYMBOL = "SPX"
LEAST_DELTA = 0.02
_ROUNDED = 1e-6  # a lake may keep Greeks in single precision
DAY = 86_400.0

_TOGETHER = pl.duration(minutes=10)  # rows of one snapshot are at most this far apart
_LEAST_BIDS = 5
_HISTORY = timedelta(days=480)  # daily bars kept before the first snapshot: a year, and what its first ratios look back
_STRADDLE = 0.5 * np.sqrt(2.0 * np.pi)  # deviation over the price of the straddle at the money


@dataclass(frozen=True, slots=True)
class Fitted:
    """How one day went: `counted` out-of-the-money quotes with a bid, |delta| of at least 0.02 and a day or more to
    settlement, of which `inside` have the model's price between bid and ask. `refused` says why a day was left out.
    """  # noqa: D205 - one sentence defines the count

    day: date
    expiries: int = 0
    counted: int = 0
    inside: int = 0
    refused: str = ""


def fit(chains: pl.DataFrame, daily: pl.DataFrame, progress: Callable[[Fitted], None]) -> FittedMarket:
    """Return the market fitted to a snapshot a day, the last of each.

    `chains` has rows of `option_snapshots` (those of SPX are used), `daily` of `daily_bars`; `progress` hears of every
    day. Raises ValueError when no day can be fitted.
    """
    rows = chains.filter((pl.col("symbol") == SYMBOL) & (pl.col("ask") > 0)).with_columns(
        pl.col("timestamp").dt.convert_time_zone(str(calendar.EXCHANGE)).dt.date().alias("on")
    )
    snapshots = []
    for (on,), part in sorted(rows.group_by("on"), key=lambda item: item[0]):
        assert isinstance(on, date)
        if calendar.session(on) is None:
            progress(Fitted(on, refused="the exchange was closed"))
            continue
        snapshot = fit_day(part)
        if snapshot is None:
            progress(Fitted(on, refused="no two expiries with quotes around the money"))
            continue
        snapshots.append(snapshot)
        counted, inside = coverage(snapshot, part)
        progress(Fitted(on, sum(s.smile is not None for s in snapshot.slices), counted, inside))
    if not snapshots:
        raise ValueError("there is no SPX chain that a market can be fitted to")
    return pack(snapshots, _bars(daily.filter(pl.col("date") >= snapshots[0].day - _HISTORY)))


def fit_day(rows: pl.DataFrame) -> Snapshot | None:
    """Return the fit to the last snapshot among rows of one day, None when fewer than two expiries can be fitted."""
    rows = rows.filter(pl.col("timestamp") >= pl.col("timestamp").max() - _TOGETHER).sort("timestamp")
    at = rows["timestamp"].dt.epoch("us")[-1] / 1e6
    spot = float(rows["underlying"].drop_nulls()[-1])
    chain = expiries(rows, at)
    slices: list[Slice] = []
    before: Smile | None = None
    parities = parity(chain, spot)
    for expiry, carried in zip(chain, parities, strict=True):
        smile = _smile(expiry, carried, before)
        before = smile or before
        slices.append(
            Slice(expiry.trading_class, expiry.expiry, carried.forward, carried.discount, expiry.strike, smile)
        )
    if sum(s.smile is not None for s in slices) < 2:
        return None
    bare = Snapshot(at, spot, tuple(slices), np.zeros(0), np.zeros(0), np.zeros(0))
    return Snapshot(at, spot, tuple(slices), _spread(chain, parities), *_activity(bare, rows))


def coverage(snapshot: Snapshot, rows: pl.DataFrame) -> tuple[int, int]:
    """Return how many quotes of the snapshot count (see `Fitted`) and how many have the model's price inside."""
    quotes = _priced(snapshot, rows).filter(
        (pl.col("bid") > 0)
        & (pl.coalesce("delta", "own_delta").abs() >= LEAST_DELTA - _ROUNDED)
        & (pl.col("intrinsic") == 0)
        & (pl.col("settles") - snapshot.at >= DAY)
    )
    inside = quotes.filter(pl.col("model").is_between(pl.col("bid") - 1e-9, pl.col("ask") + 1e-9))
    return quotes.height, inside.height


def _smile(expiry: Expiry, carried: Parity, before: Smile | None) -> Smile | None:
    """Return the fit, None when there is less than a day to go or too little to fit to."""
    if expiry.years * contracts.YEAR < DAY:
        return None
    k = expiry.strike / carried.forward
    bid = np.where(k < 1.0, expiry.put_bid, expiry.call_bid)
    ask = np.where(k < 1.0, expiry.put_ask, expiry.call_ask)
    use = np.isfinite(ask) & (ask > bid)
    worth = carried.forward * carried.discount
    targets = Targets(k[use], np.nan_to_num(bid[use]) / worth, ask[use] / worth)
    both = targets.low > 0
    if both.sum() < _LEAST_BIDS or not targets.k[both].min() < 1.0 < targets.k[both].max():
        return None
    middle = 0.5 * (targets.low + targets.high)[both]
    deviation = 2.0 * _STRADDLE * float(np.interp(1.0, targets.k[both], middle))
    return fit_smile(targets, deviation, before)


def _priced(snapshot: Snapshot, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of fitted expiries with the model's price, delta, moneyness and time beside them.

    Those are `model` (dollars), `own_delta`, `intrinsic` (against the spot), `k`, `total`, `days` and `settles`.
    """
    own = surface(snapshot)
    parts = []
    for s in snapshot.slices:
        part = rows.filter((pl.col("trading_class") == s.trading_class) & (pl.col("expiry") == s.expiry))
        if s.smile is None or not part.height:
            continue
        settles = contracts.settlement(contracts.option(SYMBOL, s.expiry, 0.0, "C", s.trading_class))
        parts.append(_priced_slice(own, s, part, snapshot, settles))
    return pl.concat(parts)


def _priced_slice(own: Surface, s: Slice, part: pl.DataFrame, snapshot: Snapshot, settles: float) -> pl.DataFrame:
    strike = part["strike"].to_numpy()
    call = (part["right"] == "C").to_numpy()
    k = strike / s.forward
    days = np.full(len(k), trading_days(settles) - trading_days(snapshot.at))
    value, total = own.price(k, days)
    inner = np.maximum(np.where(call, 1.0 - k, k - 1.0), 0.0)
    worth = s.forward * s.discount
    sign = np.where(call, 1.0, -1.0)
    own_delta = greeks(s.forward, strike, 1.0, total, s.discount, call, snapshot.spot).delta
    return part.with_columns(
        pl.Series("own_delta", own_delta),
        pl.Series("model", worth * (value + inner)),
        pl.Series("intrinsic", np.maximum(sign * (snapshot.spot - strike), 0.0)),
        pl.Series("k", k),
        pl.Series("total", total),
        pl.Series("days", days),
        pl.lit(settles).alias("settles"),
    )


def _spread(chain: Sequence[Expiry], carried: Sequence[Parity]) -> Floats:
    """Return the coefficients of half-spreads, from every quote with a bid."""
    rows, logs = [], []
    for e, p in zip(chain, carried, strict=True):
        below = e.strike < p.forward
        value = 0.5 * np.where(below, e.put_bid + e.put_ask, e.call_bid + e.call_ask)
        for bid, ask, sign in ((e.call_bid, e.call_ask, -1.0), (e.put_bid, e.put_ask, 1.0)):
            use = (bid > 0) & (ask > bid) & np.isfinite(value) & (e.days > 0)
            intrinsic = np.maximum(sign * (e.strike - p.forward), 0.0)
            am = np.full_like(value, float(e.trading_class in contracts.AM_SETTLED))
            rows.append(of_spread(value, intrinsic, np.full_like(value, max(e.days, 0.0)), am)[use])
            logs.append(np.log(0.5 * (ask - bid)[use]))
    return regression(np.concatenate(rows), np.concatenate(logs))


def _activity(snapshot: Snapshot, rows: pl.DataFrame) -> tuple[Floats, Floats]:
    """Return the coefficients of open interest and of the day's volume."""
    am = pl.col("trading_class").is_in(list(contracts.AM_SETTLED)).cast(pl.Float64).alias("am")
    put = (pl.col("right") == "P").cast(pl.Float64).alias("put")
    listed = _priced(snapshot, rows).with_columns(am, put)
    features = of_activity(*(listed[name].to_numpy() for name in ("k", "strike", "total", "days", "am", "put")))
    counts = (np.log1p(listed[name].fill_null(0).to_numpy()) for name in ("open_interest", "volume"))
    interest, volume = (regression(features, count) for count in counts)
    return interest, volume


def _bars(daily: pl.DataFrame) -> dict[str, Daily]:
    """Return bars by symbol, without those that miss a price."""
    whole = daily.drop_nulls(["open", "high", "low", "close"]).sort("symbol", "date")
    return {str(symbol): _daily(part) for (symbol,), part in whole.group_by("symbol", maintain_order=True)}


def _daily(part: pl.DataFrame) -> Daily:
    """Return the columns; vendors' prices carry float noise, so they are rounded to cents."""
    first, high, low, last = (
        part[name].cast(pl.Float64).round(2).to_numpy() for name in ("open", "high", "low", "close")
    )
    day = np.array([d.toordinal() for d in part["date"]], dtype=np.int64)
    return Daily(day, first, high, low, last, part["volume"].cast(pl.Float64).fill_null(float("nan")).to_numpy())
