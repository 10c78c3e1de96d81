"""The fitted market's figures: what `market fit` writes and the paper gateway loads.

One compressed npz of plain arrays: per snapshot its time, spot and coefficients; per expiry its forward, discount,
strikes and probabilities; daily bars per symbol. Nothing of the recorded quotes is in it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from desk.gateway.model.kept import Kept
from desk.gateway.model.smile import Smile
from desk.market import calendar, contracts

Floats = npt.NDArray[np.float64]
Arrays = Mapping[str, npt.NDArray[Any]]

_VERSION = 1
_SNAPSHOTS = 2  # kept unpacked
_BAR_FIELDS = ("day", "open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True)
class Slice:
    """One expiry on one day: strikes listed; `smile` is None where the snapshot had too little time or quotes left."""

    trading_class: str
    expiry: str
    forward: float
    discount: float
    strikes: Floats
    smile: Smile | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One recorded chain, fitted: `at` in epoch seconds, slices by settlement, coefficients of spreads and activity."""

    at: float
    spot: float
    slices: tuple[Slice, ...]
    spread: Floats
    interest: Floats
    volume: Floats

    @property
    def day(self) -> date:
        """The exchange's date."""
        return calendar.exchange_date(self.at)


@dataclass(frozen=True, slots=True)
class Daily:
    """Daily bars of one symbol, oldest first: `day` as ordinals, prices in dollars, `volume` NaN for indices."""

    day: npt.NDArray[np.int64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def row(self, day: date) -> int | None:
        """Return the index of that day's bar, None when there is none."""
        i = self.before(day)
        return i if i < len(self.day) and self.day[i] == day.toordinal() else None

    def before(self, day: date) -> int:
        """Return how many bars are older than that day."""
        return int(np.searchsorted(self.day, day.toordinal()))


class FittedMarket:
    """Snapshots by day and daily bars by symbol; a snapshot is unpacked when it is first asked for."""

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self._unpacked: Kept[int, Snapshot] = Kept(_SNAPSHOTS)

    @classmethod
    def load(cls, path: Path) -> FittedMarket:
        """Read the file; FileNotFoundError when it is not there, ValueError when it is no fitted market."""
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
        except (BadZipFile, EOFError, KeyError, ValueError) as error:
            raise ValueError(f"{path} is no fitted market: {error}") from error
        if int(arrays.get("version", np.int64(0))) != _VERSION:
            raise ValueError(f"{path} is no fitted market of version {_VERSION}; make one with `market fit`")
        return cls(arrays)

    def save(self, path: Path) -> None:
        """Write the file; the same figures give the same bytes."""
        with path.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **dict(self._arrays))

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The days with a snapshot, ascending."""
        return tuple(calendar.exchange_date(float(t)) for t in self._arrays["snapshot_at"])

    def snapshot(self, day: date) -> Snapshot:
        """Return that day's snapshot, else the nearest earlier one, else the first."""
        return self._unpack(max(0, bisect_right(self.days, day) - 1))

    def recorded(self) -> dict[date, tuple[float, float]]:
        """Return time and spot of every snapshot by day."""
        at, spot = self._arrays["snapshot_at"], self._arrays["snapshot_spot"]
        return {day: (float(at[i]), float(spot[i])) for i, day in enumerate(self.days)}

    @cached_property
    def daily(self) -> Mapping[str, Daily]:
        """Daily bars by symbol."""
        a = self._arrays
        names = [str(name) for name in a["bar_symbols"]]
        return {name: _daily(a, a["bar_symbol"] == code) for code, name in enumerate(names)}

    def _unpack(self, i: int) -> Snapshot:
        return self._unpacked.get(i, lambda: self._read(i))

    def _read(self, i: int) -> Snapshot:
        a = self._arrays
        own = range(int(a["slice_start"][i]), int(a["slice_start"][i + 1]))
        return Snapshot(
            float(a["snapshot_at"][i]),
            float(a["snapshot_spot"][i]),
            tuple(_slice(a, j) for j in own),
            a["spread"][i],
            a["interest"][i],
            a["volume"][i],
        )


def pack(snapshots: Sequence[Snapshot], daily: Mapping[str, Daily]) -> FittedMarket:
    """Return the market of these snapshots (by time) and bars."""
    slices = [s for snapshot in snapshots for s in snapshot.slices]
    smiles = [s.smile for s in slices]
    names = sorted(daily)
    arrays: dict[str, npt.NDArray[Any]] = {
        "version": np.int64(_VERSION) * np.ones((), dtype=np.int64),
        "snapshot_at": np.array([s.at for s in snapshots]),
        "snapshot_spot": np.array([s.spot for s in snapshots]),
        "spread": np.array([s.spread for s in snapshots]),
        "interest": np.array([s.interest for s in snapshots]),
        "volume": np.array([s.volume for s in snapshots]),
        "slice_start": _starts([len(s.slices) for s in snapshots]),
        "slice_am": np.array([s.trading_class in contracts.AM_SETTLED for s in slices]),
        "slice_expiry": np.array([int(s.expiry) for s in slices], dtype=np.int32),
        "slice_forward": np.array([s.forward for s in slices]),
        "slice_discount": np.array([s.discount for s in slices]),
        "strike_start": _starts([len(s.strikes) for s in slices]),
        "strike": np.concatenate([s.strikes for s in slices]).astype(np.float32),
        "knot_start": _starts([0 if s is None else len(s.knot) for s in smiles]),
        "knot": np.concatenate([s.knot for s in smiles if s is not None]),
        "mass": np.concatenate([s.mass for s in smiles if s is not None]).astype(np.float32),
        "bar_symbols": np.array(names),
        "bar_symbol": np.repeat(np.arange(len(names), dtype=np.int8), [len(daily[name].day) for name in names]),
    }
    for field in _BAR_FIELDS:
        arrays[f"bar_{field}"] = np.concatenate([getattr(daily[name], field) for name in names])
    return FittedMarket(arrays)


def _starts(sizes: Sequence[int]) -> npt.NDArray[np.int32]:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)


def _slice(a: Arrays, j: int) -> Slice:
    knots = slice(int(a["knot_start"][j]), int(a["knot_start"][j + 1]))
    strikes = slice(int(a["strike_start"][j]), int(a["strike_start"][j + 1]))
    smile = Smile.of(a["knot"][knots], a["mass"][knots].astype(np.float64)) if knots.stop > knots.start else None
    return Slice(
        "SPX" if a["slice_am"][j] else "SPXW",
        str(a["slice_expiry"][j]),
        float(a["slice_forward"][j]),
        float(a["slice_discount"][j]),
        a["strike"][strikes].astype(np.float64),
        smile,
    )


def _daily(a: Arrays, own: npt.NDArray[np.bool_]) -> Daily:
    day, first, high, low, last, volume = (a[f"bar_{field}"][own] for field in _BAR_FIELDS)
    return Daily(day, first, high, low, last, volume)
