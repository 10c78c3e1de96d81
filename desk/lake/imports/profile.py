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
from desk.lake.schema import DAILY_BARS, SNAPSHOTS, TABLES

REQUIRED = {
    SNAPSHOTS.name: ("timestamp", "expiry", "right", "strike", "bid", "ask"),
    DAILY_BARS.name: ("date", "open", "high", "low", "close"),
}


class Profile(BaseModel):
    """How a vendor's file becomes rows of a table.

    `columns` maps our columns to the file's (capitals do not matter). `symbol` is for files that do not name one.
    `assumed_time` is the exchange time (`HH:MM`) of rows that carry a date only; never later than 15 minutes before
    that day's close. `time_zone` is that of times without an offset. `date_formats` are tried in order. Numbers at or
    below those in `absent` mean that the vendor had none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str
    table: Literal["option_snapshots", "daily_bars"]
    columns: dict[str, str]
    symbol: str = ""
    assumed_time: str = Field("", pattern=r"^(|([01]\d|2[0-3]):[0-5]\d)$")
    time_zone: str = "America/New_York"
    date_formats: tuple[str, ...] = ("%Y-%m-%d", "%Y%m%d", "%m/%d/%Y")
    greeks_source: str = ""
    absent: dict[str, float] = Field(default_factory=dict)

    @property
    def required(self) -> tuple[str, ...]:
        """Our columns that a file must have."""
        return REQUIRED[self.table]

    @model_validator(mode="after")
    def _columns_known(self) -> Self:
        ours = set(TABLES[self.table].schema)
        unknown = sorted((set(self.columns) | set(self.absent)) - ours)
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: no column of {self.table}, which has {', '.join(sorted(ours))}")
        lacking = [name for name in self.required if name not in self.columns]
        if lacking:
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
