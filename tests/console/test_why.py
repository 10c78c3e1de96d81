import json
from typing import Any

from desk.console.why import Poll, folded, poll_of, why_json, why_table
from desk.market.calendar import at
from messages.orders import Veto
from tests.console.conftest import DAY, Draw

NINE40 = at(DAY, "09:40")


def window(t: float) -> dict[str, Any]:
    text = "entries are made 09:45 to 10:00 ET"
    return {"name": "window", "text": text, "numbers": {"t": t, "from": at(DAY, "09:45"), "quantity": 2}}


def recorded(t: float, **decision: Any) -> Poll:
    return poll_of(t, json.dumps(decision), 2820.3, 19.85, 40)


POLLS = [
    *(recorded(t, vetoes=[window(t)]) for t in (NINE40, NINE40 + 45, NINE40 + 90)),
    recorded(NINE40 + 300, wishes=["sell 2755/2765/2840/2850 x 1 at 0.55"], vetoes=[]),
    recorded(NINE40 + 345),
]


def test_polls_in_a_row_with_the_same_vetoes_share_a_line_with_the_range_of_their_numbers(draw: Draw) -> None:
    assert [len(group) for group in folded(POLLS)] == [3, 1, 1]
    lines = draw(why_table(POLLS), 160).splitlines()
    assert lines[1].split() == [
        *("09:40:00", "to", "09:41:30", "3", "2,820.3", "19.85"),
        *("window:", "entries", "are", "made", "09:45", "to", "10:00", "ET"),
        *("(t", "09:40:00", "to", "09:41:30,", "from", "09:45:00,", "quantity", "2)"),
    ]
    assert "09:45:00" in lines[2]
    assert "sell 2755/2765/2840/2850 x 1 at 0.55" in lines[2]
    assert "nothing to do" in lines[3]


def test_other_numbers_do_not_unfold_and_other_vetoes_do() -> None:
    other = recorded(NINE40 + 100, vetoes=[window(NINE40), {"name": "vix_band", "text": "", "numbers": {"vix": None}}])
    assert [len(group) for group in folded([*POLLS[:3], other])] == [3, 1]


def test_as_json_every_poll_stands_for_itself() -> None:
    values = why_json(POLLS)
    assert [each["time"] for each in values[:2]] == ["2019-05-13T13:40:00+00:00", "2019-05-13T13:40:45+00:00"]
    assert values[0]["vetoes"] == [window(NINE40)]
    assert values[3]["did"] == ("sell 2755/2765/2840/2850 x 1 at 0.55",)


def test_what_cannot_be_read_is_shown_as_it_stands() -> None:
    assert poll_of(NINE40, "torn{", None, None, 0).did == ("torn{",)
    assert recorded(NINE40, vetoes=["vix"]).vetoes == (Veto("vix", ""),)
    assert recorded(NINE40, vetoes=[{"name": "vix", "numbers": 3}]).vetoes == (Veto("vix", ""),)
