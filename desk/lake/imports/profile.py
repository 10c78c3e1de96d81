"""Import profiles: which of a vendor's columns is which of ours, as TOML files shipped here or written by a user."""

from __future__ import annotations

import tomllib
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal, Self
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from desk.lake.errors import ProfileError
from desk.lake.schema import DAILY_BARS, TABLES

_BARS = ("date", "open", "high", "low", "close")
_FIGURES = ("bid", "ask", "mid", "last", "open_interest")


class Profile(BaseModel):
    """How a vendor's file becomes rows of a table.

    `columns` maps our columns to the file's (capitals do not matter); `call` and `put` do so for files that have both
    sides of a strike on one line. `symbol` is for files that do not name one, `classes` (symbol to trading class) for
    those that do not name the class, `symbols` (class to symbol) for those that name the class alone.

    Times: `assumed_time` is the exchange time (`HH:MM`) of rows that carry a date only (earlier by as much on early
    closes); `clock` is the column of the time of day where the date has its own; `time_zone` is that of times without
    an offset; `shift` are the seconds from the stamp to when the figures were known (a bar is stamped with its start);
    `inferred_time` says that the stamps are somebody's guess; `closed` is `last_close` where a stamp outside of
    sessions means the quotes of the last close. `same_day` files hold options on the day that they expire.
    `date_formats` and `time_formats` are tried in order.

    Figures: numbers at or below those in `absent` mean that the vendor had none; those in `scale` are multiplied.
    `format` says how the file is laid out: a `table`, a download from Cboe's quote table, or one of Lean's files.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str
    table: Literal["option_snapshots", "daily_bars"]
    columns: dict[str, str] = Field(default_factory=dict)
    symbol: str = ""
    assumed_time: str = Field("", pattern=r"^(|([01]\d|2[0-3]):[0-5]\d)$")
    time_zone: str = "America/New_York"
    date_formats: tuple[str, ...] = ("%Y-%m-%d", "%Y%m%d", "%m/%d/%Y")
    time_formats: tuple[str, ...] = ()
    clock: str = ""
    shift: float = Field(0.0, ge=0)
    inferred_time: bool = False
    closed: Literal["keep", "last_close"] = "keep"
    same_day: bool = False
    greeks_source: str = ""
    absent: dict[str, float] = Field(default_factory=dict)
    scale: dict[str, float] = Field(default_factory=dict)
    call: dict[str, str] = Field(default_factory=dict)
    put: dict[str, str] = Field(default_factory=dict)
    classes: dict[str, str] = Field(default_factory=dict)
    symbols: dict[str, str] = Field(default_factory=dict)
    format: Literal["table", "cboe_quotedata", "lean"] = "table"

    @property
    def required(self) -> tuple[str, ...]:
        """Our columns that a file must have, as far as they are not per side."""
        if self.table == DAILY_BARS.name:
            return _BARS
        names = ("timestamp", "expiry", "right", "strike", "bid", "ask")
        given = {"expiry"} if self.same_day else set()
        given |= {"right", "bid", "ask"} if self.call else set()
        if not {"bid", "ask"} & set(self.columns) and set(_FIGURES) & set(self.columns):
            given |= {"bid", "ask"}
        return tuple(name for name in names if name not in given)

    @property
    def guessed_time(self) -> bool:
        """Whether the time of day is not the vendor's own."""
        return bool(self.assumed_time) or self.inferred_time

    @model_validator(mode="after")
    def _columns_known(self) -> Self:
        ours = set(TABLES[self.table].schema)
        named = {*self.columns, *self.absent, *self.scale, *self.call, *self.put}
        unknown = sorted(named - ours)
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: no column of {self.table}, which has {', '.join(sorted(ours))}")
        if bool(self.call) != bool(self.put):
            raise ValueError("[call] and [put] come together")
        lacking = [name for name in self.required if name not in self.columns]
        if lacking and self.format == "table":
            raise ValueError(f"[columns] lacks {', '.join(lacking)}")
        if self.time_zone not in available_timezones():
            raise ValueError(f"time_zone {self.time_zone!r} is not a zone's name such as America/New_York")
        return self


def profiles() -> dict[str, str]:
    """Return the shipped profiles: name to description."""
    return {name: _parse(name, file).description for name, file in sorted(_shipped().items())}


def load(profile: str | Path) -> Profile:
    """Return the shipped profile of that name, or the user's own at that path. ProfileError says what is wrong."""
    shipped = _shipped()
    name = str(profile)
    if name in shipped:
        return _parse(name, shipped[name])
    path = Path(profile)
    if path.is_file():
        return _parse(name, path)
    raise ProfileError(f"no import profile {name!r}: shipped are {', '.join(sorted(shipped))}; or give a TOML file")


def _shipped() -> dict[str, Traversable]:
    folder = resources.files("desk.lake") / "profiles"
    return {file.name.removesuffix(".toml"): file for file in folder.iterdir() if file.name.endswith(".toml")}


def _parse(name: str, file: Traversable | Path) -> Profile:
    try:
        return Profile.model_validate({"name": name, **tomllib.loads(file.read_text(encoding="utf-8"))})
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'profile'}: {one['msg']}" for one in error.errors())
        raise ProfileError(f"import profile {name}: {wrong}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ProfileError(f"import profile {name}: {error}") from error
