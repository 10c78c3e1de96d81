from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.market.calendar import at, exchange_date, session
from desk.market.slots import due_before, due_since, longest_gap, missed, next_slot, outcome, slots_of, unaccounted
from messages.contract import Contract, Quote
from messages.market import ChainQuotes, Selection

DAY = date(2019, 5, 13)
QUOTE = Quote(Contract("SPY", "OPT"), received=0.0, bid=1.0, ask=1.1)


def test_a_full_session_has_78_slots_and_an_early_close_42() -> None:
    full, early = session(DAY), session(date(2019, 7, 3))
    assert full
    assert early
    assert len(slots_of(full, 300)) == 78
    assert slots_of(full, 300)[0] == at(DAY, "09:30")
    assert slots_of(full, 300)[-1] == at(DAY, "15:55")
    assert len(slots_of(early, 300)) == 42


def test_an_interval_that_does_not_divide_the_session_ends_before_the_close() -> None:
    full = session(DAY)
    assert full
    starts = slots_of(full, 3600 * 4)
    assert starts == [at(DAY, "09:30"), at(DAY, "13:30")]


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (at(DAY, "09:25"), at(DAY, "09:30")),
        (at(DAY, "09:30"), at(DAY, "09:30")),
        (at(DAY, "09:30") + 0.001, at(DAY, "09:35")),
        (at(DAY, "15:56"), at(date(2019, 5, 14), "09:30")),
        (at(date(2019, 5, 24), "17:00"), at(date(2019, 5, 28), "09:30")),
        (at(date(2019, 5, 27), "12:00"), at(date(2019, 5, 28), "09:30")),
    ],
)
def test_the_next_slot_is_aligned_and_in_a_session(now: float, due: float) -> None:
    assert next_slot(now, 300) == due


@given(st.floats(-4e4, 4e4), st.sampled_from([0.1, 0.3, 1.0, 7.7, 60.0, 300.0, 1e5]), st.integers(0, 40_000))
def test_the_next_slot_is_the_first_of_all_that_is_not_before(offset: float, interval: float, steps: int) -> None:
    today, following = session(DAY), session(date(2019, 5, 14))
    assert today
    assert following
    for t in (today.opens + offset, today.opens + steps * interval):
        if exchange_date(t) == DAY:
            every = [*slots_of(today, interval), following.opens]
            assert next_slot(t, interval) == min(start for start in every if start >= t)


def test_slots_before_a_late_start_are_those_of_its_day() -> None:
    assert due_before(at(DAY, "09:40") + 1, 300) == [at(DAY, "09:30"), at(DAY, "09:35"), at(DAY, "09:40")]
    assert due_before(at(DAY, "09:25"), 300) == []
    assert due_before(at(date(2019, 5, 12), "12:00"), 300) == []


def answer(asked: int, written: int, error: str = "", **reasons: int) -> ChainQuotes:
    return ChainQuotes("c", Selection("SPY"), asked, (QUOTE,) * written, tuple(reasons.items()), error=error)


def test_every_end_of_a_cycle_has_its_status_and_reason() -> None:
    assert outcome("SPY", 0.0, answer(2, 2), 7.0).status == "COMPLETE"
    part = outcome("SPY", 0.0, answer(5, 2, deadline=1, no_such_contract=2), 7.0)
    assert (part.status, part.failed, part.reason) == ("PARTIAL", 3, "no_such_contract x2, deadline x1")
    none = outcome("SPY", 0.0, answer(0, 0, error="not connected"), 7.0)
    assert (none.status, none.reason) == ("MISSED", "not connected")
    assert outcome("SPY", 0.0, answer(0, 0), 7.0).reason == "nothing listed in the selection"
    assert missed("SPY", 0.0, "late").status == "MISSED"


def test_the_longest_gap_counts_missing_slots_only() -> None:
    assert longest_gap([0, 300, 600], 300) == 0
    assert longest_gap([0, 300, 1200, 1500], 300) == 600
    assert longest_gap([], 300) == 0


def test_slots_since_the_last_entry_span_nights_and_weekends() -> None:
    friday, monday = at(date(2019, 5, 10), "15:30"), at(date(2019, 5, 13), "10:00")
    due = due_since(friday, monday, 600.0)
    assert due == [at(date(2019, 5, 10), t) for t in ("15:40", "15:50")] + [
        at(date(2019, 5, 13), t) for t in ("09:30", "09:40", "09:50")
    ]
    assert due_since(at(date(2019, 5, 11), "12:00"), monday, 1800.0) == [at(date(2019, 5, 13), "09:30")]
    assert due_since(monday, monday, 600.0) == []


def test_a_desk_that_died_yesterday_accounts_for_what_it_missed_since() -> None:
    died, starts = at(DAY, "15:40"), at(date(2019, 5, 14), "09:36")
    missed_since = [at(DAY, "15:45"), at(DAY, "15:50"), at(DAY, "15:55")]
    assert unaccounted([died - 300, died], starts, 300) == [
        *missed_since,
        at(date(2019, 5, 14), "09:30"),
        at(date(2019, 5, 14), "09:35"),
    ]
    assert unaccounted([], starts, 300) == [at(date(2019, 5, 14), "09:30"), at(date(2019, 5, 14), "09:35")]
    assert unaccounted([at(date(2019, 5, 14), "09:35")], starts, 300) == []
