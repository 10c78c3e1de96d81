"""The clock of variance."""

from __future__ import annotations

from datetime import date

import pytest

from desk.gateway.model.variance_time import SESSION, ordinal, trading_days
from desk.market.calendar import at, next_session, session


def test_ordinals_count_sessions_over_holidays_and_years() -> None:
    day, count = date(2017, 6, 1), ordinal(date(2017, 6, 1))
    while day < date(2021, 6, 1):
        day, count = next_session(day).date, count + 1
        assert ordinal(day) == count
    assert ordinal(date(2019, 5, 27)) == ordinal(date(2019, 5, 24))


def test_a_session_weighs_its_share_and_the_night_the_rest() -> None:
    friday, monday = date(2019, 5, 10), date(2019, 5, 13)
    assert trading_days(at(friday, "16:00")) - trading_days(at(friday, "09:30")) == pytest.approx(SESSION)
    assert trading_days(at(monday, "09:30")) - trading_days(at(friday, "16:00")) == pytest.approx(1 - SESSION)
    assert trading_days(at(monday, "12:45")) - trading_days(at(monday, "09:30")) == pytest.approx(SESSION / 2)
    half = session(date(2019, 7, 3))
    assert half is not None
    assert trading_days(half.closes) - trading_days(half.opens) == pytest.approx(SESSION)


def test_it_never_runs_backwards() -> None:
    start = at(date(2019, 5, 23), "00:00")
    times = [trading_days(start + hour * 1800) for hour in range(48 * 8)]
    assert times == sorted(times)
    assert len(set(times)) == len(times)
