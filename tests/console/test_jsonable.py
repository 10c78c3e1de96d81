"""JSON for machines."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import polars as pl
import pytest

from desk.console.jsonable import to_json
from messages.data import Slot


def test_frames_dates_and_missing_numbers() -> None:
    frame = pl.DataFrame(
        {
            "date": [date(2019, 5, 13)],
            "timestamp": [datetime(2019, 5, 13, 14, 40, tzinfo=UTC)],
            "iv": [float("nan")],
            "bid": pl.Series([None], dtype=pl.Float64),
            "volume": [3],
        }
    )
    assert json.loads(to_json(frame)) == [
        {"date": "2019-05-13", "timestamp": "2019-05-13T14:40:00+00:00", "iv": None, "bid": None, "volume": 3}
    ]


def test_nested_values() -> None:
    value = {"slot": Slot("SPY", 1.0, "MISSED"), "days": (date(2019, 5, 13),), "set": {1}, 5: float("inf")}
    found = json.loads(to_json(value))
    assert found["slot"]["symbol"] == "SPY"
    assert (found["days"], found["set"], found["5"]) == (["2019-05-13"], [1], None)


def test_anything_else_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot write object as JSON"):
        to_json([object()])
