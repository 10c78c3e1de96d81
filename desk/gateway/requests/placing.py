"""Message 3: an order, in the layout of every version from 157 to 178.

What matters to the exchange becomes a field of `OrderRequest`; everything else only has to come back in openOrder and
is kept in `echo` as it came: by IB's names in camel case, and where several fields belong together (conditions, algo
parameters, the legs with all they say) as one text with NULs between.
"""

from __future__ import annotations

from desk.gateway.exchange.model import Leg, OrderRequest
from desk.gateway.fields import FieldError, Reader
from desk.gateway.requests.terms import Terms

_OPENING = "blockOrder sweepToFill displaySize triggerMethod"
_ALLOCATION = "sharesAllocation discretionaryAmt goodAfterTime"
_GROUP = "faGroup faMethod faPercentage"
_INSTITUTION = (
    "modelCode shortSaleSlot designatedLocation exemptCode ocaType rule80A settlingFirm allOrNone minQty percentOffset "
    "eTradeOnly firmQuoteOnly nbboPriceCap auctionStrategy startingPrice stockRefPrice delta stockRangeLower "
    "stockRangeUpper overridePercentageConstraints volatility volatilityType deltaNeutralOrderType deltaNeutralAuxPrice"
)
_NEUTRAL = (
    "deltaNeutralConId deltaNeutralSettlingFirm deltaNeutralClearingAccount deltaNeutralClearingIntent "
    "deltaNeutralOpenClose deltaNeutralShortSale deltaNeutralShortSaleSlot deltaNeutralDesignatedLocation"
)
_SCALE = (
    "continuousUpdate referencePriceType trailStopPrice trailingPercent scaleInitLevelSize scaleSubsLevelSize "
    "scalePriceIncrement"
)
_SCALED = (
    "scalePriceAdjustValue scalePriceAdjustInterval scaleProfitOffset scaleAutoReset scaleInitPosition "
    "scaleInitFillQty scaleRandomPercent"
)
_CLEARING = "optOutSmartRouting clearingAccount clearingIntent notHeld"
_MISCELLANEOUS = "orderMiscOptions solicited randomizeSize randomizePrice"
_BENCHMARK = (
    "referenceContractId isPeggedChangeAmountDecrease peggedChangeAmount referenceChangeAmount referenceExchangeId"
)
_ADJUSTED = (
    "adjustedOrderType triggerPrice lmtPriceOffset adjustedStopPrice adjustedStopLimitPrice adjustedTrailingAmount "
    "adjustableTrailingUnit extOperator softDollarTierName softDollarTierValue cashQty mifid2DecisionMaker "
    "mifid2DecisionAlgo mifid2ExecutionTrader mifid2ExecutionAlgo dontUseAutoPriceForHedge isOmsContainer "
    "discretionaryUpToLimitPrice usePriceMgmtAlgo"
)
_TEXT, _WHOLE, _FLAG, _NUMBER = "twfn"
_CONDITIONS = {1: "tfnwtw", 3: "tft", 4: "tfw", 5: "tttt", 6: "tfwwt", 7: "tfnwt"}
"""What the fields after a condition's type are: price, time, margin, execution, volume, percent change."""
_LEG_EXTRAS, _NEUTRAL_CONTRACT = "wwtw", "wnn"
_WHOLES = (
    "origin displaySize triggerMethod shortSaleSlot exemptCode ocaType minQty auctionStrategy volatilityType "
    "deltaNeutralConId deltaNeutralShortSaleSlot referencePriceType scaleInitLevelSize scaleSubsLevelSize "
    "scalePriceAdjustInterval scaleInitPosition scaleInitFillQty referenceContractId adjustableTrailingUnit "
    "duration postToAts minTradeQty minCompeteSize"
)
_FLAGS = (
    "blockOrder sweepToFill hidden allOrNone eTradeOnly firmQuoteOnly overridePercentageConstraints "
    "deltaNeutralShortSale continuousUpdate scaleAutoReset scaleRandomPercent optOutSmartRouting notHeld solicited "
    "randomizeSize randomizePrice isPeggedChangeAmountDecrease dontUseAutoPriceForHedge isOmsContainer "
    "discretionaryUpToLimitPrice usePriceMgmtAlgo autoCancelParent"
)
_NUMBERS = (
    "discretionaryAmt percentOffset nbboPriceCap startingPrice stockRefPrice delta stockRangeLower stockRangeUpper "
    "volatility deltaNeutralAuxPrice trailStopPrice trailingPercent scalePriceIncrement scalePriceAdjustValue "
    "scaleProfitOffset peggedChangeAmount referenceChangeAmount triggerPrice lmtPriceOffset adjustedStopPrice "
    "adjustedStopLimitPrice adjustedTrailingAmount cashQty midOffsetAtWhole midOffsetAtHalf"
)
_KINDS = {
    **dict.fromkeys(_WHOLES.split(), _WHOLE),
    **dict.fromkeys(_FLAGS.split(), _FLAG),
    **dict.fromkeys(_NUMBERS.split(), _NUMBER),
}
"""What a field must read as although it is only told back, because other clients will read it; the rest is text."""
_INFINITE = {"infinite", "infinity", "inf"}


def place_order(reader: Reader) -> OrderRequest:
    """Read the fields after the message's id; FieldError when any is left, because then one was misread."""
    order_id, terms = reader.integer(), Terms.read(reader)
    echo = _Echo(reader)
    echo.take("secIdType secId")
    action, quantity, order_type = reader.text().strip().upper(), reader.number(), reader.text().strip().upper()
    limit, aux, tif, oca_group = reader.optional(), reader.optional(), reader.text().strip().upper(), reader.text()
    account = reader.text().strip()
    echo.take("openClose origin")
    order_ref, transmit, parent_id = reader.text(), reader.flag(), reader.integer()
    echo.take(_OPENING)
    outside_rth = reader.flag()
    echo.take("hidden")
    legs, prices, smart = _legs(reader, echo) if terms.sec_type == "BAG" else ((), (), ())
    echo.take(_ALLOCATION)
    good_till = reader.text().strip()
    echo.take(_GROUP)
    echo.take("faProfile" if reader.version < 177 else "")
    _details(reader, echo)
    what_if = reader.flag()
    echo.take(_MISCELLANEOUS)
    echo.take(_BENCHMARK if order_type in {"PEG BENCH", "PEGBENCH"} else "")
    _conditions(reader, echo)
    echo.take(_ADJUSTED)
    override = _newer(reader, echo, terms.exchange, order_type)
    if reader.left:
        raise FieldError(f"{reader.left} fields are left after the order")
    return OrderRequest(
        client_id=reader.client_id,
        order_id=order_id,
        terms=terms,
        action=action,
        quantity=quantity,
        order_type=order_type,
        limit=limit,
        aux=aux,
        tif=tif,
        good_till=good_till,
        order_ref=order_ref,
        account=account,
        transmit=transmit,
        what_if=what_if,
        outside_rth=outside_rth,
        parent_id=parent_id,
        oca_group=oca_group,
        override=override,
        legs=legs,
        leg_prices=prices,
        smart=smart,
        echo=echo.kept,
    )


class _Echo:
    """Keeps fields as they came; those that are empty need no keeping."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.kept: dict[str, str] = {}

    def take(self, names: str) -> None:
        """Keep the next fields under these names."""
        for name in names.split():
            if text := _checked(self._reader, _KINDS.get(name, _TEXT)):
                self.kept[name] = text

    def text(self, name: str) -> str:
        """Keep the next field under this name and return it."""
        self.take(name)
        return self.kept.get(name, "")

    def keep(self, name: str, run: list[str]) -> None:
        """Keep fields that were read as one text."""
        self.kept[name] = "\0".join(run)


def _legs(reader: Reader, echo: _Echo) -> tuple[tuple[Leg, ...], tuple[float | None, ...], tuple[tuple[str, str], ...]]:
    """Read what only a combination has: its legs, their prices and its routing parameters."""
    legs: list[Leg] = []
    extras: list[str] = []
    for _ in range(reader.count()):
        con_id, ratio, action = reader.integer(), reader.integer(), reader.text().strip().upper()
        legs.append(Leg(con_id, ratio, action, reader.text().strip().upper()))
        extras += _run(reader, _LEG_EXTRAS)
    if legs:
        echo.keep("legExtras", extras)
    prices = tuple(reader.optional() for _ in range(reader.count()))
    smart = tuple((reader.text(), reader.text()) for _ in range(reader.count()))
    return tuple(legs), prices, smart


def _details(reader: Reader, echo: _Echo) -> None:
    """Read from the model code to the algorithm, each block only where the field before it says so."""
    echo.take(_INSTITUTION)
    echo.take(_NEUTRAL if "deltaNeutralOrderType" in echo.kept else "")
    echo.take(_SCALE)
    increment = Reader([echo.kept.get("scalePriceIncrement", "")], reader.version).number()
    echo.take(_SCALED if increment > 0 else "")
    echo.take("scaleTable activeStartTime activeStopTime")
    echo.take("hedgeParam" if echo.text("hedgeType") else "")
    echo.take(_CLEARING)
    if reader.flag():
        echo.keep("deltaNeutralContract", _run(reader, _NEUTRAL_CONTRACT))
    if echo.text("algoStrategy"):
        echo.keep("algoParams", _run(reader, _TEXT * 2 * reader.count()))
    echo.take("algoId")


def _conditions(reader: Reader, echo: _Echo) -> None:
    """Read the conditions: a count, each one's type and fields, and after any two flags for all of them."""
    number = reader.count()
    run = [str(number)]
    for _ in range(number):
        kind = reader.integer()
        if kind not in _CONDITIONS:
            raise FieldError(f"there is no condition of type {kind}")
        run += [str(kind), *_run(reader, _CONDITIONS[kind])]
    if number:
        echo.keep("conditions", run + _run(reader, _FLAG * 2))


def _newer(reader: Reader, echo: _Echo, exchange: str, order_type: str) -> str:
    """Read what versions from 158 on added; return the override of advanced rejections."""
    override = ""
    for since, name in ((158, "duration"), (160, "postToAts"), (162, "autoCancelParent")):
        echo.take(name if reader.version >= since else "")
    if reader.version >= 166:
        override = reader.text()
    echo.take("manualOrderTime" if reader.version >= 169 else "")
    if reader.version < 170:
        return override
    echo.take("minTradeQty" if exchange == "IBKRATS" else "")
    best, mid = order_type in {"PEG BEST", "PEGBEST"}, order_type in {"PEG MID", "PEGMID"}
    if best:
        echo.take("minCompeteSize")
        mid = echo.text("competeAgainstBestOffset").lower() in _INFINITE
        if not mid:
            Reader([echo.kept.get("competeAgainstBestOffset", "")], reader.version).number()
    echo.take("midOffsetAtWhole midOffsetAtHalf" if mid else "")
    return override


def _run(reader: Reader, kinds: str) -> list[str]:
    return [_checked(reader, kind) for kind in kinds]


def _checked(reader: Reader, kind: str) -> str:
    """Return the next field as it came; FieldError when it is not of its kind."""
    if kind == _WHOLE:
        reader.integer()
    elif kind == _FLAG:
        yes = reader.flag()
        return reader.last and str(int(yes))
    elif kind == _NUMBER:
        reader.optional()
    else:
        reader.skip()
    return reader.last
