import json
from typing import Any

from desk.console.jsonable import to_json
from desk.console.why import Poll, attributed, folded, poll_of, why_json, why_view, with_orders
from desk.market.calendar import at
from desk.orders.ledger import Ledger
from desk.orders.lines import EndLine, OrderLine
from messages.orders import OrderState, Veto
from tests.console.conftest import DAY, Draw
from tests.orders.made import OPENED, filled, order

NINE40 = at(DAY, "09:40")


def window(t: float) -> dict[str, Any]:
    text = "entries are made 09:45 to 10:00 ET"
    return {"name": "window", "text": text, "numbers": {"t": t, "from": at(DAY, "09:45"), "quantity": 2}}


def recorded(t: float, **decision: Any) -> Poll:
    return poll_of(t, json.dumps(decision), 2820.3, 19.85, 40)


OPEN = {"open": "SPXW 20190513 2755/2765/2840/2850", "quantity": 1, "limit": 0.55, "worst": 0.5, "natural": 0.45}
POLLS = [
    *(recorded(t, vetoes=[window(t)]) for t in (NINE40, NINE40 + 45, NINE40 + 90)),
    recorded(NINE40 + 300, wishes=[OPEN], vetoes=[]),
    recorded(NINE40 + 345),
]


def test_polls_in_a_row_with_the_same_vetoes_share_a_line_with_the_range_of_their_numbers(draw: Draw) -> None:
    assert [len(group) for group in folded(POLLS)] == [3, 1, 1]
    assert [line.rstrip() for line in draw(why_view(POLLS), 100).splitlines()] == [
        "09:40:00 to 09:41:30  polls 3  underlying 2,820.3  VIX 19.85",
        "  window: entries are made 09:45 to 10:00 ET (t 09:40:00 to 09:41:30, from 09:45:00, quantity 2)",
        "09:45:00  underlying 2,820.3  VIX 19.85",
        "  open SPXW 20190513 2755/2765/2840/2850 x 1 at 0.55, 0.50 at the least",
        "09:45:45  underlying 2,820.3  VIX 19.85",
        "  nothing to do",
    ]


def test_other_numbers_do_not_unfold_and_other_vetoes_do() -> None:
    other = recorded(NINE40 + 100, vetoes=[window(NINE40), {"name": "vix_band", "text": "", "numbers": {"vix": None}}])
    assert [len(group) for group in folded([*POLLS[:3], other])] == [3, 1]


def test_as_json_every_poll_stands_for_itself() -> None:
    values = json.loads(to_json(why_json(POLLS)))
    assert [each["time"] for each in values[:2]] == ["2019-05-13T13:40:00+00:00", "2019-05-13T13:40:45+00:00"]
    assert values[0]["vetoes"] == [window(NINE40)]
    assert values[3]["did"] == ["open SPXW 20190513 2755/2765/2840/2850 x 1 at 0.55, 0.50 at the least"]


def test_what_cannot_be_read_is_shown_as_it_stands() -> None:
    assert poll_of(NINE40, "torn{", None, None, 0).did == ("torn{",)
    assert recorded(NINE40, vetoes=["vix"]).vetoes == (Veto("vix", ""),)
    assert recorded(NINE40, vetoes=[{"name": "vix", "numbers": 3}]).vetoes == (Veto("vix", ""),)


def test_every_wish_in_words() -> None:
    close = {"close": "a-1", "quantity": 2, "reason": "profit", "limit": 0.3, "worst": 0.45}
    wishes = [close, {**close, "limit": None, "reason": "stop"}, {"breach": "delta", "position": "a-1", "active": True}]
    assert recorded(NINE40, wishes=[*wishes, {"later": 1}, "x"]).did == (
        "close a-1 x 2 at 0.30, 0.45 at the most: profit",
        "close a-1 x 2 at market: stop",
        "red line delta of a-1 crossed",
        "later 1",
        "x",
    )


def test_a_refusal_belongs_to_the_poll_that_wished(draw: Draw) -> None:
    refused = [{"name": "max_condors", "text": "too many condors are open", "numbers": {"condors": 6.0, "limit": 6.0}}]
    wish = recorded(NINE40, wishes=[OPEN])
    later = [recorded(NINE40 + 45 * n, vetoes=[window(NINE40)], refused=refused) for n in (1, 2)]
    assert [len(poll.refused) for poll in attributed([wish, *later], None)] == [1, 0, 0]
    assert [len(poll.refused) for poll in attributed([wish], later[0])] == [1]
    assert attributed([], None) == []
    shown = draw(why_view(attributed([wish], later[0])), 160)
    assert "refused by the trader: max_condors: too many condors are open (condors 6, limit 6)" in shown


def test_what_became_of_the_orders_that_a_poll_led_to() -> None:
    end = EndLine("a", OrderState.CANCELLED, 0, OPENED + 20, text="nobody has taken its worst price")
    polls = [recorded(OPENED, wishes=[OPEN]), recorded(OPENED + 45, wishes=[OPEN]), recorded(OPENED + 90)]
    ledger = Ledger.of("dte0_ic", [OrderLine(order("a", at=OPENED + 1)), end])
    ledger.apply(*filled(order("b", at=OPENED + 44.9999), 1.5), OrderLine(order("c", at=OPENED + 95)))
    told = [poll.orders for poll in with_orders(polls, ledger.orders.values())]
    assert told == [
        ("cancelled, 0 of 1 filled: nobody has taken its worst price",),
        ("filled, 1 of 1 filled",),
        ("under way, 0 of 1 filled",),
    ]
    assert with_orders(polls[:1], ledger.orders.values())[0].orders[1:] == ("filled, 1 of 1 filled",)
    assert with_orders([], ledger.orders.values()) == []
