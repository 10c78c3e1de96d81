from datetime import UTC, date, datetime, timedelta

import exchange_calendars
import pytest

from desk.market import calendar
from desk.market.calendar import EXCHANGE


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the oracle's own use of pandas
def test_every_day_agrees_with_exchange_calendars() -> None:
    start, end = date(2015, 1, 1), date(2028, 12, 29)
    oracle = exchange_calendars.get_calendar("XNYS", start=start.isoformat(), end=end.isoformat())
    expected = {row.Index.date(): (row.open.timestamp(), row.close.timestamp()) for row in oracle.schedule.itertuples()}
    found = {}
    day = start
    while day <= end:
        if (session := calendar.session(day)) is not None:
            found[day] = (session.opens, session.closes)
        day += timedelta(days=1)
    assert found == expected


@pytest.mark.parametrize("closed", ["2019-05-27", "2018-12-05", "2025-01-09", "2019-04-19", "2019-05-18", "2026-06-19"])
def test_closed_days(closed: str) -> None:
    assert calendar.session(date.fromisoformat(closed)) is None


@pytest.mark.parametrize("early", ["2019-07-03", "2018-12-24", "2019-11-29"])
def test_early_closes_are_at_one(early: str) -> None:
    day = date.fromisoformat(early)
    session = calendar.session(day)
    assert session is not None
    assert session.early
    assert session.closes == calendar.at(day, "13:00")


def test_sessions_keep_exchange_time_across_daylight_saving() -> None:
    winter, summer = calendar.session(date(2019, 3, 8)), calendar.session(date(2019, 3, 11))
    assert winter is not None
    assert summer is not None
    assert datetime.fromtimestamp(winter.opens, UTC).strftime("%H:%M") == "14:30"
    assert datetime.fromtimestamp(summer.opens, UTC).strftime("%H:%M") == "13:30"
    assert summer.opens - winter.opens == 3 * 86_400 - 3_600
    autumn = calendar.session(date(2019, 11, 4))
    assert autumn is not None
    assert datetime.fromtimestamp(autumn.opens, UTC).strftime("%H:%M") == "14:30"


def test_neighbours_skip_weekends_and_holidays() -> None:
    assert calendar.next_session(date(2019, 5, 24)).date == date(2019, 5, 28)
    assert calendar.previous_session(date(2019, 5, 28)).date == date(2019, 5, 24)
    assert calendar.next_session(date(2019, 5, 25)).date == date(2019, 5, 28)
    assert calendar.previous_session(date(2020, 1, 1)).date == date(2019, 12, 31)


def test_a_session_holds_its_open_and_not_its_close() -> None:
    session = calendar.session(date(2019, 5, 13))
    assert session is not None
    assert calendar.session_at(session.opens) == session
    assert calendar.session_at(session.opens - 0.001) is None
    assert calendar.session_at(session.closes - 0.001) == session
    assert calendar.session_at(session.closes) is None


def test_the_next_opening_is_now_in_a_session_else_the_coming_one() -> None:
    friday, tuesday = calendar.session(date(2019, 5, 24)), calendar.session(date(2019, 5, 28))
    assert friday is not None
    assert tuesday is not None
    assert calendar.opens_next(friday.opens + 60) == friday.opens + 60
    assert calendar.opens_next(friday.opens - 60) == friday.opens
    for closed in (friday.closes, calendar.at(date(2019, 5, 27), "12:00"), calendar.at(date(2019, 5, 28), "00:00")):
        assert calendar.opens_next(closed) == tuesday.opens


def test_the_exchange_date_is_new_yorks() -> None:
    late = datetime(2019, 5, 13, 23, 30, tzinfo=EXCHANGE).timestamp()
    assert datetime.fromtimestamp(late, UTC).day == 14
    assert calendar.exchange_date(late) == date(2019, 5, 13)


def test_a_clock_that_is_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="hour"):
        calendar.at(date(2019, 5, 13), "25:00")
