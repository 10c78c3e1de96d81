"""Orders as clients send them: read whole at every version, and told back as they came."""

from __future__ import annotations

import logging
from dataclasses import fields
from typing import Any

import pytest
from ib_async.decoder import Decoder

from desk.gateway.connection import NEWEST, OLDEST
from desk.gateway.encode import orders as encode
from desk.gateway.encode.terms import legs_text
from desk.gateway.exchange.model import Margin, Order, OrderRequest
from desk.gateway.fields import FieldError
from desk.gateway.requests import table
from messages.contract import Contract
from tests.gateway.orders import ORDERS, Calls
from tests.gateway.sent import placed

KEPT = {"transmit", "manualOrderTime", "advancedErrorOverride", "extOperator", "algoId"} | {
    "scaleTable",
    "activeStartTime",
    "activeStopTime",
}
"""What IB does not tell back."""


def _request(version: int, name: str) -> OrderRequest:
    request = table.read(placed(version, 40, *ORDERS[name]), version, 9)
    assert isinstance(request, OrderRequest)
    return request


def _order(request: OrderRequest, **fields_: Any) -> Order:
    terms = request.terms
    contract = Contract(terms.symbol, terms.sec_type, terms.exchange, con_id=5)
    return Order(request, contract, (), 900, "Submitted", request.quantity, 1557756000.0, **fields_)


def _read(version: int, message: bytes, call: str, caplog: pytest.LogCaptureFixture) -> tuple[Any, ...]:
    calls = Calls()
    with caplog.at_level(logging.DEBUG, "ib_async.Decoder"):
        Decoder(calls, version).interpret(message[4:-1].decode().split("\0"))  # type: ignore[arg-type]  # in its place
    assert not caplog.records
    return calls.seen[call]


@pytest.mark.parametrize("version", range(OLDEST, NEWEST + 1))
@pytest.mark.parametrize("name", ORDERS)
def test_an_order_comes_back_as_it_was_sent(name: str, version: int, caplog: pytest.LogCaptureFixture) -> None:
    contract, order = ORDERS[name]
    request = _request(version, name)
    _, told_contract, told, state = _read(version, encode.open_order(version, _order(request)), "openOrder", caplog)
    gated = {"duration": 159, "postToAts": 160, "autoCancelParent": 162}
    gated |= dict.fromkeys(
        ("minTradeQty", "minCompeteSize", "competeAgainstBestOffset", "midOffsetAtWhole", "midOffsetAtHalf"), 170
    )
    for one in fields(order):
        sent = getattr(order, one.name)
        given = sent not in (None, one.default, [])
        if given and one.name not in KEPT and version >= gated.get(one.name, 0):
            assert getattr(told, one.name) == getattr(order, one.name), one.name
    assert told_contract.comboLegs == (contract.comboLegs or [])
    assert told_contract.deltaNeutralContract == contract.deltaNeutralContract
    assert (told.clientId, told.orderId, told.permId, state.status) == (9, 40, 900, "Submitted")


@pytest.mark.parametrize("version", [157, 163, 169, 170, 176, 177, 178])
@pytest.mark.parametrize("name", ORDERS)
def test_a_completed_order_is_read_at_every_layout(name: str, version: int, caplog: pytest.LogCaptureFixture) -> None:
    order = _order(_request(version, name), completed=1557756060.0, completed_status="Cancelled by Trader")
    _, told, state = _read(version, encode.completed_order(version, order), "completedOrder", caplog)
    sent = ORDERS[name][1]
    assert (told.permId, told.action, told.orderType, told.orderRef) == (
        900, sent.action, sent.orderType, sent.orderRef,
    )  # fmt: skip
    assert told.conditions == sent.conditions
    assert (state.completedTime, state.completedStatus) == ("20190513 10:01:00 US/Eastern", "Cancelled by Trader")


def test_what_the_exchange_needs_of_a_combination() -> None:
    request = _request(178, "combo")
    assert (request.client_id, request.order_id, request.terms.sec_type) == (9, 40, "BAG")
    assert (request.action, request.quantity, request.order_type, request.limit) == ("BUY", 2, "LMT", -1.25)
    assert [(leg.con_id, leg.ratio, leg.action) for leg in request.legs] == [
        (11, 1, "BUY"),
        (12, 1, "SELL"),
        (13, 1, "SELL"),
        (14, 1, "BUY"),
    ]
    assert request.transmit
    assert not request.what_if
    assert legs_text(request.legs) == "11|1,12|-1,13|-1,14|1"


def test_what_the_exchange_needs_of_other_orders() -> None:
    assert _request(178, "date").good_till == "20190513 15:45:00 US/Eastern"
    assert _request(178, "combo prices").leg_prices == (1.5, None)
    assert _request(178, "routing").smart == (("NonGuaranteed", "1"),)
    assert (_request(178, "what if").what_if, _request(178, "what if").transmit) == (True, False)
    assert (_request(165, "the rest").override, _request(166, "the rest").override) == ("", "COMBOPAYOUT")
    assert (_request(178, "group").oca_group, _request(178, "group").parent_id) == ("g", 7)
    assert _request(178, "market").limit is None


def test_a_margin_answers_what_if(caplog: pytest.LogCaptureFixture) -> None:
    margin = Margin(100.0, 80.0, 1000.0, 50.0, 40.0, -2.5, 2.5, "careful")
    order = _order(_request(178, "what if"), margin=margin)
    *_, told, state = _read(178, encode.open_order(178, order), "openOrder", caplog)
    assert told.whatIf
    assert (state.initMarginChange, state.maintMarginAfter, state.equityWithLoanAfter) == ("50", "120", "997.5")
    assert (state.commission, state.commissionCurrency, state.warningText) == (2.5, "USD", "careful")


def test_status_and_cancel(caplog: pytest.LogCaptureFixture) -> None:
    order = _order(_request(178, "limit"), filled=1.0, avg_price=200.2, last_price=200.1)
    told = _read(178, encode.order_status(order), "orderStatus", caplog)
    assert told == (40, "Submitted", 1.0, 1.0, 200.2, 900, 0, 200.1, 9, "", 0.0)
    assert table.read(["4", "1", "40"], 168).order_id == 40
    assert table.read(["4", "1", "40", ""], 169).order_id == 40
    with pytest.raises(FieldError):
        table.read(["4", "1", "40"], 169)


@pytest.mark.parametrize("name", ["the rest", "scale", "volatility", "conditions", "benchmark", "combo", "peg best"])
def test_text_where_a_number_belongs_is_refused(name: str) -> None:
    sent = placed(178, 40, *ORDERS[name])
    refused = 0
    for place in range(17, len(sent)):
        try:
            table.read([*sent[:place], "x", *sent[place + 1 :]], 178, 9)
        except FieldError:
            refused += 1
    assert refused > 60


def test_a_field_too_many_is_refused() -> None:
    sent = placed(178, 40, *ORDERS["limit"])
    for wrong in ([*sent, ""], sent[:-1]):
        with pytest.raises(FieldError):
            table.read(wrong, 178, 9)
