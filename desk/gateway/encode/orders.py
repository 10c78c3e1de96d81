"""Messages about orders: openOrder, orderStatus, completedOrder, and the ends of their lists."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from desk.gateway.encode.terms import CALENDAR_ZONE, contract_fields, legs_text
from desk.gateway.exchange.model import FILLED, Margin, Order, OrderRequest
from desk.gateway.fields import UNSET, UNSET_INTEGER, Field, message
from desk.market.calendar import EXCHANGE

_ZERO = (
    "origin hidden discretionaryAmt shortSaleSlot auctionStrategy blockOrder sweepToFill allOrNone eTradeOnly "
    "firmQuoteOnly triggerMethod volatilityType deltaNeutralConId deltaNeutralShortSale deltaNeutralShortSaleSlot "
    "continuousUpdate referencePriceType optOutSmartRouting notHeld solicited randomizeSize randomizePrice "
    "adjustableTrailingUnit cashQty isOmsContainer discretionaryUpToLimitPrice usePriceMgmtAlgo autoCancelParent"
)
_UNSET = "triggerPrice lmtPriceOffset adjustedStopPrice adjustedStopLimitPrice adjustedTrailingAmount"
_DEFAULTS = {
    "displaySize": UNSET_INTEGER,
    "exemptCode": "-1",
    "ocaType": "3",
    "deltaNeutralOpenClose": "?",
    "scaleInitLevelSize": UNSET_INTEGER,
    "scaleSubsLevelSize": UNSET_INTEGER,
    "clearingIntent": "IB",
    "adjustedOrderType": "None",
    "dontUseAutoPriceForHedge": "1",
    **dict.fromkeys(_ZERO.split(), "0"),
    **dict.fromkeys(_UNSET.split(), UNSET),
}
"""What IB shows of a field that the client left open or at 0; one that is not named here stays as it came."""

_NOTHING = {"", UNSET_INTEGER, UNSET, UNSET.replace("E", "e+")}
_OPEN = _NOTHING | {"0", "0.0"}
_SPELT = {**dict.fromkeys(_NOTHING, ""), "Infinite": "Infinity"}
"""Words of clients that IB spells differently: nothing, and endlessness as Java writes it."""
_SHAREHOLDER = "Not an insider or substantial shareholder"
_NO_PARENT = "9223372036854775807"
_NEUTRAL = (
    "deltaNeutralConId deltaNeutralSettlingFirm deltaNeutralClearingAccount deltaNeutralClearingIntent "
    "deltaNeutralOpenClose deltaNeutralShortSale deltaNeutralShortSaleSlot deltaNeutralDesignatedLocation"
)
_SCALED = (
    "scalePriceAdjustValue scalePriceAdjustInterval scaleProfitOffset scaleAutoReset scaleInitPosition "
    "scaleInitFillQty scaleRandomPercent"
)
_BENCHMARK = (
    "referenceContractId isPeggedChangeAmountDecrease peggedChangeAmount referenceChangeAmount referenceExchangeId"
)
_OFFSETS = "minTradeQty minCompeteSize competeAgainstBestOffset midOffsetAtWhole midOffsetAtHalf"


class _Terms:
    """The terms of one order, field by field, as IB gives them back at a version."""

    def __init__(self, order: Order, version: int) -> None:
        self.order = order
        self.request: OrderRequest = order.request
        self.version = version

    def of(self, name: str) -> str:
        """Return a field as the client gave it, IB's default where it left it open."""
        text = self.request.echo.get(name, "")
        if text in _OPEN and name in _DEFAULTS:
            return _DEFAULTS[name]
        return _SPELT.get(text, text)

    def all(self, names: str) -> list[Field]:
        """Return several fields."""
        echo = self.request.echo
        return [self.of(name) if name in echo else left_open for name, left_open in _left_open(names)]

    def since(self, version: int, names: str) -> list[Field]:
        """Return fields that came with a version, none before it."""
        return self.all(names) if self.version >= version else []

    def run(self, name: str, nothing: Field) -> list[Field]:
        """Return fields that were kept together, or what stands for none of them."""
        kept = self.request.echo.get(name)
        return [nothing] if kept is None else list(kept.split("\0"))

    def head(self, quantity: float) -> list[Field]:
        """Return action to openClose, origin and reference."""
        request = self.request
        prices = repr(float(request.limit or 0)), repr(float(request.aux or 0))
        fields: list[Field] = [request.action, quantity, request.order_type, *prices, request.tif or "DAY"]
        return [*fields, request.oca_group, request.account, *self.all("openClose origin"), request.order_ref]

    def advice(self) -> list[Field]:
        """Return the advisor's fields and the model."""
        profile = [] if self.version >= 177 else self.all("faProfile")
        return [*self.all("faGroup faMethod faPercentage"), *profile, *self.all("modelCode")]

    def legs(self) -> list[Field]:
        """Return the description of the legs, the legs, their prices and the routing parameters."""
        request = self.request
        extras = self.run("legExtras", None)
        if len(extras) != 4 * len(request.legs):
            extras = [0, 0, "", -1] * len(request.legs)
        fields: list[Field] = [legs_text(request.legs), len(request.legs)]
        for n, leg in enumerate(request.legs):
            fields += [leg.con_id, leg.ratio, leg.action, leg.exchange, *extras[4 * n : 4 * n + 4]]
        fields += [len(request.leg_prices), *request.leg_prices, len(request.smart)]
        return fields + [text for pair in request.smart for text in pair]

    def scale(self) -> list[Field]:
        """Return the scale's levels and, when it has an increment, the rest of it; then the hedge."""
        increment = self.of("scalePriceIncrement")
        fields = [*self.all("scaleInitLevelSize scaleSubsLevelSize"), increment]
        fields += self.all(_SCALED) if "scaleAutoReset" in self.request.echo else []
        hedge = self.of("hedgeType")
        return [*fields, hedge, *(self.all("hedgeParam") if hedge else [])]

    def algorithm(self) -> list[Field]:
        """Return the delta-neutral contract and the algorithm with its parameters."""
        fields: list[Field] = []
        if "deltaNeutralContract" in self.request.echo:
            fields += [1, *self.run("deltaNeutralContract", None)]
        else:
            fields += [0]
        strategy = self.of("algoStrategy")
        parameters = self.run("algoParams", None) if self.request.echo.get("algoParams") else []
        return [*fields, strategy, *([len(parameters) // 2, *parameters] if strategy else [])]

    def benchmark(self) -> list[Field]:
        """Return the fields of an order pegged to a benchmark, none of any other."""
        return self.all(_BENCHMARK) if self.request.order_type in {"PEG BENCH", "PEGBENCH"} else []


@cache
def _left_open(names: str) -> tuple[tuple[str, str], ...]:
    """Return fields with what IB shows of each that the client left open: nearly all, in every order."""
    return tuple((name, _DEFAULTS.get(name, "")) for name in names.split())


def open_order(version: int, order: Order) -> bytes:
    """Return message 5: an order's terms and state; the margins only where it asked what if."""
    terms, request, margin = _Terms(order, version), order.request, order.margin
    fields: list[Field] = [5, request.order_id, *contract_fields(order.contract, right="?")]
    fields += [*terms.head(request.quantity), request.client_id, order.perm_id, int(request.outside_rth)]
    fields += [*terms.all("hidden discretionaryAmt goodAfterTime"), f"{order.perm_id}.0/{request.account}/100"]
    fields += [*terms.advice(), request.good_till, *terms.all("rule80A percentOffset settlingFirm shortSaleSlot")]
    fields += terms.all("designatedLocation exemptCode auctionStrategy startingPrice stockRefPrice delta")
    fields += terms.all("stockRangeLower stockRangeUpper displaySize blockOrder sweepToFill allOrNone minQty ocaType")
    fields += [*terms.all("eTradeOnly firmQuoteOnly nbboPriceCap"), request.parent_id]
    fields += [*terms.all("triggerMethod volatility volatilityType"), terms.of("deltaNeutralOrderType") or "None"]
    fields += terms.all(f"deltaNeutralAuxPrice {_NEUTRAL} continuousUpdate referencePriceType trailStopPrice")
    fields += [*terms.all("trailingPercent basisPoints basisPointsType"), *terms.legs(), *terms.scale()]
    fields += [*terms.all("optOutSmartRouting clearingAccount clearingIntent notHeld"), *terms.algorithm()]
    fields += [*terms.all("solicited"), int(request.what_if), order.status, *_margins(margin), *_costs(order)]
    fields += [*terms.all("randomizeSize randomizePrice"), *terms.benchmark(), *terms.run("conditions", 0)]
    fields += [*terms.all("adjustedOrderType triggerPrice"), terms.of("trailStopPrice") or UNSET]
    fields += terms.all("lmtPriceOffset adjustedStopPrice adjustedStopLimitPrice adjustedTrailingAmount")
    fields += [
        *terms.all("adjustableTrailingUnit softDollarTierName softDollarTierValue"),
        terms.of("softDollarTierName"),
    ]
    fields += terms.all("cashQty dontUseAutoPriceForHedge isOmsContainer discretionaryUpToLimitPrice usePriceMgmtAlgo")
    fields += terms.since(158, "duration") + terms.since(160, "postToAts") + terms.since(162, "autoCancelParent")
    return message(*fields, *terms.since(170, _OFFSETS))


def completed_order(version: int, order: Order) -> bytes:
    """Return message 101: the terms of an order that is done, and how it ended; it carries no order or client id."""
    terms, request = _Terms(order, version), order.request
    at = datetime.fromtimestamp(order.completed or order.created, EXCHANGE)
    fields: list[Field] = [101, *contract_fields(order.contract, right="?")]
    fields += [*terms.head(0 if order.status == FILLED else request.quantity), order.perm_id, int(request.outside_rth)]
    fields += [*terms.all("hidden discretionaryAmt goodAfterTime"), *terms.advice(), request.good_till]
    fields += terms.all("rule80A percentOffset settlingFirm shortSaleSlot designatedLocation exemptCode startingPrice")
    fields += terms.all("stockRefPrice delta stockRangeLower stockRangeUpper displaySize sweepToFill allOrNone minQty")
    fields += terms.all("ocaType triggerMethod volatility volatilityType")
    fields += [terms.of("deltaNeutralOrderType") or "None", *terms.all("deltaNeutralAuxPrice deltaNeutralConId")]
    fields += terms.all("deltaNeutralShortSale deltaNeutralShortSaleSlot deltaNeutralDesignatedLocation")
    fields += terms.all("continuousUpdate referencePriceType trailStopPrice trailingPercent")
    fields += [*terms.legs(), *terms.scale(), *terms.all("clearingAccount clearingIntent notHeld"), *terms.algorithm()]
    fields += [*terms.all("solicited"), order.status, *terms.all("randomizeSize randomizePrice"), *terms.benchmark()]
    fields += [*terms.run("conditions", 0), terms.of("trailStopPrice") or UNSET]
    fields += terms.all("lmtPriceOffset cashQty dontUseAutoPriceForHedge isOmsContainer autoCancelDate")
    fields += [order.filled, UNSET_INTEGER, *terms.all("autoCancelParent"), _SHAREHOLDER, 0, 0, _NO_PARENT]
    fields += [f"{at:%Y%m%d %H:%M:%S} {CALENDAR_ZONE}", order.completed_status]
    return message(*fields, *terms.since(170, _OFFSETS))


def order_status(order: Order) -> bytes:
    """Return message 3: how much of an order is filled, at what prices, and what holds it."""
    request = order.request
    fields: list[Field] = [3, request.order_id, order.status, order.filled, order.remaining, order.avg_price]
    fields += [order.perm_id, request.parent_id, order.last_price, request.client_id, order.why_held, 0]
    return message(*fields)


def open_order_end() -> bytes:
    """Return message 53."""
    return message(53, 1)


def completed_orders_end() -> bytes:
    """Return message 102."""
    return message(102)


def _margins(margin: Margin | None) -> list[Field]:
    """Return initial and maintenance margin and equity: before, change, after."""
    if margin is None:
        return [UNSET] * 9
    before: list[Field] = [margin.init_before, margin.maint_before, margin.equity_before]
    change: list[Field] = [margin.init_change, margin.maint_change, margin.equity_change]
    return [*before, *change, margin.init_after, margin.maint_after, margin.equity_after]


def _costs(order: Order) -> list[Field]:
    """Return commission, its bounds (never given here), its currency and the warning."""
    cost = order.commission if order.margin is None else order.margin.commission
    warning = order.warning if order.margin is None else order.margin.warning
    return [*(["", None, None, ""] if cost is None else [repr(float(cost)), None, None, "USD"]), warning]
