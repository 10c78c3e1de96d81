import pytest

from strategies.base import Phase, State
from tests.strategies.made import DAY, clock, knowing

ALLOWED = {
    ("STOPPED", "STARTING"),
    ("STARTING", "RUNNING"),
    ("STARTING", "STOPPING"),
    ("RUNNING", "STOPPING"),
    ("STOPPING", "STOPPED"),
}


@pytest.mark.parametrize("before", Phase)
@pytest.mark.parametrize("after", Phase)
def test_phases_follow_one_another_only_as_drawn(before: Phase, after: Phase) -> None:
    if (before, after) in ALLOWED:
        assert knowing(before, entries=(1.0,)).to(after) == knowing(after, entries=(1.0,))
    else:
        with pytest.raises(ValueError, match=f"{before} cannot become {after}"):
            State(before).to(after)


def test_entries_are_counted_by_exchange_date() -> None:
    state = knowing(entries=(clock("09:45"), clock("23:30"), clock("09:45") - 86_400))
    assert state.entries_on(DAY) == 2
