"""Downloads from Cboe's quote table: some lines about the underlying, then calls and puts of a strike on one line.

The lines above the table have changed over the years and with the reader's language settings; what is taken from them
is the underlying's last price and the time (`Date: April 14, 2023 at 4:14 PM EDT`, `May 13 2019 @ 04:47 ET`).
"""

from __future__ import annotations

import io
import re

import polars as pl

_SIDE = ("symbol", "last", "net", "bid", "ask", "volume", "iv", "delta", "gamma", "open_interest")
_COLUMNS = ("expiration", *(f"call_{name}" for name in _SIDE), "strike", *(f"put_{name}" for name in _SIDE))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY = re.compile(
    rf"\b(?:(?P<before>\d{{1,2}})\s+)?(?P<month>{'|'.join(_MONTHS)})[a-z]*\.?(?:\s+(?P<after>\d{{1,2}})\b)?,?"
    r"(?:\s+(?P<year>20\d\d))?",
    re.IGNORECASE,
)
_TIME = re.compile(r"\b(?P<hour>\d{1,2}):(?P<minute>\d\d)\s*(?P<half>[ap]\.?m)?", re.IGNORECASE)
_LAST = re.compile(r"Last:\s*([\d.]+)")


def table(text: str) -> pl.DataFrame:
    """Return the table's 22 columns as text, with `timestamp` (exchange time) and `underlying` from the lines above it.

    ValueError when the text is no such download or does not say when it was made.
    """
    lines = text.splitlines()
    head = next((n for n, line in enumerate(lines) if line.lower().lstrip('"').startswith("expiration date")), None)
    if head is None:
        raise ValueError("no line begins with 'Expiration Date'")
    body = "\n".join(lines[head + 1 :])
    if not body.strip():
        return pl.DataFrame(schema=dict.fromkeys((*_COLUMNS, "timestamp", "underlying"), pl.String()))
    rows = pl.read_csv(io.StringIO(body), has_header=False, infer_schema=False)
    if rows.width < len(_COLUMNS):
        raise ValueError(f"the table has {rows.width} columns, not {len(_COLUMNS)}")
    named = rows.select(pl.nth(n).alias(name) for n, name in enumerate(_COLUMNS))
    above = " ".join(lines[:head])
    return named.with_columns(timestamp=pl.lit(_moment(above)), underlying=pl.lit(_last(lines[:head])))


def _moment(above: str) -> str:
    day = next((found for found in _DAY.finditer(above) if found["year"] and (found["before"] or found["after"])), None)
    time = _TIME.search(above, day.end()) if day else None
    if day is None or time is None:
        raise ValueError("the lines above the table do not say when they were downloaded")
    hour = int(time["hour"])
    if time["half"]:
        hour = hour % 12 + (12 if time["half"][0] in "pP" else 0)
    month = _MONTHS.index(day["month"].lower()) + 1
    return f"{day['year']}-{month:02}-{int(day['after'] or day['before']):02} {hour:02}:{time['minute']}:00"


def _last(above: list[str]) -> str | None:
    """The price after `Last:`, or in the oldest files the first line's second field."""
    if found := _LAST.search(" ".join(above)):
        return found.group(1)
    fields = [line.split(",") for line in above if line.strip(" ,")]
    return fields[0][1] if fields and len(fields[0]) > 1 else None
