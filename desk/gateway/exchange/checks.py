"""Whether an order can be taken at all: what is wrong with it, first things first, as an error code and a text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from math import gcd

from desk.gateway.exchange.increments import conforms, increment
from desk.gateway.exchange.model import Order, OrderRequest
from desk.gateway.exchange.package import parts
from desk.gateway.exchange.payoff import extremes
from desk.gateway.exchange.times import BAD_TIME, TimeError, good_till, last_trade
from desk.market.contracts import settlement

Fault = tuple[int, str]

TYPES = frozenset({"LMT", "MKT"})
TIFS = frozenset({"", "DAY", "GTC", "GTD", "IOC", "FOK"})
_TRADED = frozenset({"STK", "OPT"})
_LARGEST = 1_000_000_000
RISKLESS = "Order rejected - reason:Riskless combination orders are not allowed."
OFF_TICK = "The price does not conform to the minimum price variation for this contract."
_OVERRIDE = "COMBOPAYOUT"
"""The word in an order's advanced-error override that lets a riskless combination pass."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a check has to know beyond the order: the account, market time, and whether the underlying is an index."""

    account: str
    now: float
    index: bool


def fault(order: Order, about: Circumstances) -> Fault | None:
    """Return what is wrong with an order, None when nothing is."""
    request = order.request
    checks = [_form(request, about), _time(order, about)]
    if request.terms.sec_type == "BAG":
        checks.append(_combination(order))
    return next(chain(*checks, _price(order, about)), None)


def _form(request: OrderRequest, about: Circumstances) -> Iterator[Fault]:
    if request.account not in {"", about.account}:
        yield _invalid("Invalid account code")
    if request.action not in {"BUY", "SELL"}:
        yield _invalid("Invalid side")
    if request.quantity <= 0:
        yield 434, "The order size cannot be zero."
    if request.quantity > _LARGEST:
        yield 201, "Order rejected - reason:The order size exceeds the largest allowed."
    if not float(request.quantity).is_integer():
        yield 10318, "This order doesn't support fractional quantity trading"
    if request.order_type not in TYPES:
        yield 387, "Unsupported order type for this exchange and security type."
    if request.order_type == "LMT" and request.limit is None:
        yield _invalid("Missing limit price")


def _time(order: Order, about: Circumstances) -> Iterator[Fault]:
    request = order.request
    traded = all(contract.sec_type in _TRADED for contract in order.contracts)
    if not traded or min(map(last_trade, order.contracts)) <= about.now:
        yield 201, "Order rejected - reason:The contract is not available for trading."
    if request.tif not in TIFS:
        yield 201, f"Order rejected - reason:Time in force {request.tif} is not supported."
    if request.tif == "GTD":
        try:
            end = good_till(request.good_till)
        except TimeError:
            yield 10330, BAD_TIME
            return
        if end <= about.now:
            yield 201, "Order rejected - reason:The good-till date has passed."


def _combination(order: Order) -> Iterator[Fault]:
    request = order.request
    if len(request.legs) < 2:
        yield _invalid("Security type 'BAG' requires combo leg details")
    if any(leg.ratio <= 0 or leg.action not in {"BUY", "SELL"} for leg in request.legs):
        yield _invalid("Invalid combo leg details")
    if gcd(*(leg.ratio for leg in request.legs)) > 1 or len({leg.con_id for leg in request.legs}) < len(request.legs):
        yield 312, "The combo details are invalid."
    if any(price is not None for price in request.leg_prices):
        yield (
            10058,
            (
                "Combo per-leg prices are only supported for non-guaranteed smart combos with two legs, "
                "and only when the order has no price of its own."
            ),
        )
    if ("NonGuaranteed", "1") in request.smart:
        yield 10002, "Invalid NonGuaranteed value of 1: this combination is routed guaranteed only."
    if _riskless(order) and _OVERRIDE not in request.override:
        yield 201, RISKLESS


def _riskless(order: Order) -> bool:
    """Whether the combination cannot lose at its limit, wherever the underlying ends."""
    request = order.request
    together = {(c.symbol, settlement(c)) for c in order.leg_contracts if c.sec_type == "OPT"}
    if request.limit is None or request.order_type != "LMT" or len(together) != 1:
        return False
    if any(contract.sec_type != "OPT" for contract in order.leg_contracts):
        return False
    cost = request.limit if request.action == "BUY" else -request.limit
    return extremes([(part.contract, part.ratio) for part in parts(order)])[0] >= cost


def _price(order: Order, about: Circumstances) -> Iterator[Fault]:
    limit = order.request.limit
    if order.request.order_type != "LMT" or limit is None:
        return
    single = order.contract.sec_type != "BAG"
    if (single and limit <= 0) or not conforms(limit, increment(order.contract, limit, index=about.index)):
        yield 110, OFF_TICK


def _invalid(cause: str) -> Fault:
    return 321, f"Error validating request.-'bN' : cause - {cause}"
