from datetime import date

from desk.orders.ledger import Ledger
from desk.orders.standing import day_so_far, open_positions
from messages.contract import Quote
from messages.orders import Action
from tests.orders.made import OPENED, filled, order

DAY = date(2019, 5, 13)


def quotes(of: tuple[float, float, float, float], at: float) -> dict[int, Quote]:
    """Quotes of the legs short put, long put, short call, long call whose mids are these."""
    legs = order().condor.legs
    return {leg.con_id: Quote(leg, at, bid=mid - 0.05, ask=mid + 0.05) for leg, mid in zip(legs, of, strict=True)}


def test_an_open_position_at_its_marks_and_the_day_with_what_was_realised() -> None:
    opening, closing = order("a"), order("ac", Action.CLOSE, position="a", limit=0.7, at=OPENED + 600)
    ledger = Ledger.of("dte0_ic", [*filled(opening, 1.5), *filled(closing, 0.7, commission=2.4)])
    ledger.apply(*filled(order("b", quantity=2, at=OPENED + 900), 1.2, commission=0.0))
    now = OPENED + 1000
    (position,) = open_positions(ledger, quotes((0.6, 0.2, 0.5, 0.2), now), now)
    assert (position.expiry, position.strikes) == ("20190513", (2790.0, 2800.0, 2900.0, 2910.0))
    assert (position.quantity, position.credit, position.debit) == (2, 1.2, 0.7)
    assert (position.gain, position.risk) == (100.0, 1760.0)
    assert day_so_far(ledger, (position,), DAY) == 75.0 + 100.0


def test_without_fresh_quotes_neither_gain_nor_day_is_known() -> None:
    ledger = Ledger.of("dte0_ic", filled(order("a"), 1.5))
    positions = open_positions(ledger, quotes((0.6, 0.2, 0.5, 0.2), OPENED), OPENED + 600)
    assert (positions[0].debit, positions[0].gain) == (None, None)
    assert day_so_far(ledger, positions, DAY) is None
    assert day_so_far(ledger, (), DAY) == 0.0
