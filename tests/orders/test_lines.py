"""Lines of the logs: the seed's fields, whole there and back, and what is unknown does no harm."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.orders.lines import (
    CommissionLine,
    EndLine,
    ExecLine,
    FillLine,
    Line,
    LineError,
    OrderLine,
    RiskLine,
    SettledLine,
    decode,
    encode,
)
from messages.orders import Action, Breach, Executed, Order, OrderState
from tests.orders.made import OPENED, condor, order, rows

words = st.text(max_size=12)
amounts = st.floats(-1e6, 1e6).map(lambda x: round(x, 6) + 0.0)
counts = st.integers(1, 1000)
times = st.integers(946_684_800_000_000, 4_102_444_800_000_000).map(lambda micros: micros / 1e6)
optional = st.none() | amounts
orders = st.builds(
    Order,
    order_id=words,
    strategy=words,
    position=words,
    action=st.sampled_from(Action),
    condor=st.just(condor()) | st.just(condor(7, put=300.5, call=310.5, wing=2.5)),
    quantity=counts,
    limit=optional,
    worst=optional,
    reason=words,
    at=times,
    then_market=st.booleans(),
    good_till=st.none() | times,
)
executions = st.builds(
    Executed,
    order_id=words,
    fill=words,
    exec_id=words,
    revision=counts,
    con_id=st.integers(0, 10),
    bought=st.booleans(),
    quantity=counts,
    price=amounts,
    at=times,
)
numbers = st.dictionaries(words, optional)
lines: st.SearchStrategy[Line] = st.one_of(
    st.builds(OrderLine, orders),
    st.builds(ExecLine, st.sampled_from(Action), executions),
    st.builds(FillLine, words, words, amounts, counts, amounts, times, st.lists(words).map(tuple)),
    st.builds(CommissionLine, words, words, words, amounts, times),
    st.builds(EndLine, words, st.sampled_from(OrderState), counts, times, counts, words),
    st.builds(SettledLine, words, counts, amounts, times, amounts, words),
    st.builds(RiskLine, st.builds(Breach, words, words, st.booleans(), numbers), times),
)


@given(lines)
def test_every_line_is_the_same_after_disk(line: Line) -> None:
    assert decode(json.loads(json.dumps(encode(line), allow_nan=False))) == line


@given(lines, st.dictionaries(st.text(min_size=20, max_size=30), st.none() | words | st.integers()))
def test_fields_not_known_are_passed_over(line: Line, more: dict[str, object]) -> None:
    assert decode({**encode(line), **more}) == line


@pytest.mark.parametrize("record", [{}, {"event": "NOTE", "text": "by hand"}, {"event": None}, {"event": ["ORDER"]}])
def test_events_not_known_are_no_lines(record: dict[str, object]) -> None:
    assert decode(record) is None


@given(lines, st.data())
def test_a_line_that_lacks_a_field_is_an_error_that_names_it(line: Line, data: st.DataObject) -> None:
    record = encode(line)
    later = {"commission", "by"} if isinstance(line, SettledLine) else {"order_type"}  # not in logs of before
    missing = data.draw(st.sampled_from([name for name in record if name not in {"event", *later}]))
    del record[missing]
    with pytest.raises(LineError, match=missing):
        decode(record)


@pytest.mark.parametrize("wrong", [{"ts": "2019-05-13T09:46:12"}, {"qty": "one"}, {"con_ids": [1, 2]}, {"action": "x"}])
def test_a_line_with_a_field_that_cannot_be_is_an_error(wrong: dict[str, object]) -> None:
    with pytest.raises(LineError, match="event ORDER"):
        decode({**encode(OrderLine(order())), **wrong})


def test_an_order_has_the_fields_of_the_seed() -> None:
    record = encode(OrderLine(order(quantity=2)))
    seed = {
        "event": "ORDER",
        "order_id": "o1",
        "action": "open",
        "expiry": "20190513",
        "short_put": 2800,
        "long_put": 2790,
        "short_call": 2900,
        "long_call": 2910,
        "limit_price": 1.50,
        "qty": 2,
        "reason": "entry",
        "ts": "2019-05-13T13:46:12.250000+00:00",
    }
    assert {name: record[name] for name in seed} == seed


def test_a_fill_has_the_fields_of_the_seed() -> None:
    record = encode(FillLine("o1", "o1/1", 1.45, 1, 2.60, OPENED, ("e1",)))
    seed = {"event": "FILL", "order_id": "o1", "fill_price": 1.45, "qty": 1, "commission": 2.60}
    assert {name: record[name] for name in seed} == seed
    assert record["ts"].endswith("+00:00")


@pytest.mark.parametrize("action", list(Action))
def test_logged_prices_of_the_condor_are_positive_whatever_the_wire_says(action: Action) -> None:
    executed = rows(order(action=action), 1.5, 1)
    assert executed[0].row.price == (-1.5 if action is Action.OPEN else 1.5)
    assert [encode(line)["price"] for line in executed] == [1.5, 2.0, 2.0, 2.0, 2.0]


def test_a_market_order_has_no_limit() -> None:
    record = encode(OrderLine(replace(order(), limit=None)))
    assert (record["order_type"], record["limit_price"]) == ("MKT", None)


def test_numbers_that_are_none_stay_out_of_json() -> None:
    breach = Breach("p", "delta", active=True, numbers={"delta": float("nan"), "limit": float("inf"), "spot": 2.0})
    record = encode(RiskLine(breach, OPENED))
    assert record["numbers"] == {"delta": None, "limit": None, "spot": 2.0}
