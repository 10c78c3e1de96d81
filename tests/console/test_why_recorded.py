"""`why` reads what strategies record."""

from desk.console.why import poll_of
from messages.orders import Book, Breach, Enter, Exit, Veto
from strategies.base import Decision, State, View
from strategies.record import as_json
from tests.orders.made import OPENED, condor


def test_what_the_strategies_record_is_read() -> None:
    state = State(book=Book("dte0_ic", 7, refused=(Veto("version", "the book has moved on", {"now": 7.0}),)))
    decision = Decision(
        actions=(Enter(condor(), 1, 1.5, 1.2, 1.1), Exit("a-1", 1, "time"), Breach("a-1", "delta", active=False)),
        vetoes=(Veto("min_credit", "the credit is too small", {"credit": 0.4, "least": 0.5}),),
    )
    poll = poll_of(OPENED, as_json(decision, state, View(OPENED)), None, None, 0)
    assert poll.did == (
        "open SPXW 20190513 2790/2800/2900/2910 x 1 at 1.50, 1.20 at the least",
        "close a-1 x 1 at market: time",
        "red line delta of a-1 clear again",
    )
    assert poll.vetoes == decision.vetoes
    assert poll.refused == state.book.refused
