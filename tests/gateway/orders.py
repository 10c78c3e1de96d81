"""Orders of every kind that the clients can send, and how ib_async reads what the gateway says of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from ib_async import (
    Contract,
    DeltaNeutralContract,
    ExecutionCondition,
    LimitOrder,
    MarginCondition,
    MarketOrder,
    Order,
    OrderComboLeg,
    PercentChangeCondition,
    PriceCondition,
    SoftDollarTier,
    TagValue,
    TimeCondition,
    VolumeCondition,
)

from tests.gateway.sent import condor

SPY = Contract(secType="STK", symbol="SPY", exchange="SMART", currency="USD")
ATS = Contract(secType="STK", symbol="SPY", exchange="IBKRATS", currency="USD")
BAG = condor(11, 12, 13, 14)
HEDGED = Contract(
    secType="BAG",
    symbol="SPX",
    exchange="SMART",
    currency="USD",
    comboLegs=BAG.comboLegs,
    deltaNeutralContract=DeltaNeutralContract(77, 0.5, 12.5),
)
CONDITIONS = [
    PriceCondition(price=250.5, conId=756733, exch="SMART", triggerMethod=4),
    TimeCondition(conjunction="o", isMore=False, time="20190513 15:00:00 US/Eastern"),
    MarginCondition(percent=30),
    ExecutionCondition(secType="STK", exch="SMART", symbol="QQQ"),
    VolumeCondition(volume=1000, conId=756733, exch="SMART"),
    PercentChangeCondition(isMore=False, changePercent=2.5, conId=756733, exch="SMART"),
]


def _with(order: Order, **fields: Any) -> Order:
    for name, value in fields.items():
        setattr(order, name, value)
    return order


ORDERS: dict[str, tuple[Contract, Order]] = {
    "limit": (SPY, LimitOrder("BUY", 1, 200.25, tif="DAY", orderRef="desk-1", account="DU1234567")),
    "market": (SPY, MarketOrder("SELL", 100, tif="IOC", outsideRth=True, hidden=True, displaySize=5)),
    "date": (SPY, LimitOrder("BUY", 2, 200, tif="GTD", goodTillDate="20190513 15:45:00 US/Eastern")),
    "stop": (SPY, _with(Order(action="SELL", totalQuantity=3, orderType="STP LMT"), lmtPrice=1.5, auxPrice=1.6)),
    "trail": (SPY, Order(action="SELL", totalQuantity=3, orderType="TRAIL", trailStopPrice=190, trailingPercent=2)),
    "group": (SPY, LimitOrder("BUY", 1, 200, ocaGroup="g", ocaType=2, parentId=7, allOrNone=True, minQty=1)),
    "combo": (BAG, LimitOrder("BUY", 2, -1.25, tif="DAY")),
    "combo prices": (BAG, LimitOrder("BUY", 1, 0, orderComboLegs=[OrderComboLeg(1.5), OrderComboLeg()])),
    "routing": (BAG, LimitOrder("BUY", 1, 1, smartComboRoutingParams=[TagValue("NonGuaranteed", "1")])),
    "hedged": (HEDGED, LimitOrder("BUY", 1, 1)),
    "conditions": (
        SPY,
        _with(LimitOrder("BUY", 1, 1), conditions=CONDITIONS, conditionsIgnoreRth=True, conditionsCancelOrder=True),
    ),
    "algo": (
        SPY,
        LimitOrder(
            "BUY", 1, 1, algoStrategy="Adaptive", algoParams=[TagValue("adaptivePriority", "Normal")], algoId="a"
        ),
    ),
    "algo without parameters": (SPY, LimitOrder("BUY", 1, 1, algoStrategy="Twap")),
    "scale": (
        SPY,
        LimitOrder(
            "BUY",
            100,
            1,
            scaleInitLevelSize=10,
            scaleSubsLevelSize=5,
            scalePriceIncrement=0.5,
            scalePriceAdjustValue=0.1,
            scalePriceAdjustInterval=60,
            scaleProfitOffset=2.0,
            scaleAutoReset=True,
            scaleInitPosition=3,
            scaleInitFillQty=4,
            scaleRandomPercent=True,
            scaleTable="t",
            activeStartTime="20190513 10:00:00",
            activeStopTime="20190513 11:00:00",
        ),
    ),
    "hedge": (SPY, LimitOrder("BUY", 1, 1, hedgeType="P", hedgeParam="2")),
    "volatility": (
        SPY,
        Order(
            action="BUY",
            totalQuantity=1,
            orderType="VOL",
            volatility=0.2,
            volatilityType=2,
            continuousUpdate=True,
            referencePriceType=1,
            deltaNeutralOrderType="LMT",
            deltaNeutralAuxPrice=1.25,
            deltaNeutralConId=9,
            deltaNeutralSettlingFirm="s",
            deltaNeutralClearingAccount="c",
            deltaNeutralClearingIntent="Away",
            deltaNeutralOpenClose="O",
            deltaNeutralShortSale=True,
            deltaNeutralShortSaleSlot=2,
            deltaNeutralDesignatedLocation="d",
        ),
    ),
    "benchmark": (
        SPY,
        Order(
            action="BUY",
            totalQuantity=1,
            orderType="PEG BENCH",
            startingPrice=10.0,
            referenceContractId=8,
            isPeggedChangeAmountDecrease=True,
            peggedChangeAmount=0.5,
            referenceChangeAmount=0.25,
            referenceExchangeId="ARCA",
        ),
    ),
    "peg best": (
        ATS,
        Order(
            action="BUY",
            totalQuantity=1,
            orderType="PEG BEST",
            minTradeQty=5,
            minCompeteSize=10,
            competeAgainstBestOffset=0.02,
        ),
    ),
    "peg best to mid": (
        ATS,
        Order(
            action="BUY",
            totalQuantity=1,
            orderType="PEG BEST",
            competeAgainstBestOffset=math.inf,
            midOffsetAtWhole=0.01,
            midOffsetAtHalf=0.005,
        ),
    ),
    "peg mid": (
        SPY,
        Order(action="BUY", totalQuantity=1, orderType="PEG MID", midOffsetAtWhole=0.01, midOffsetAtHalf=0.005),
    ),
    "adjusted": (
        SPY,
        LimitOrder(
            "BUY",
            1,
            1,
            adjustedOrderType="TRAIL",
            triggerPrice=9.0,
            lmtPriceOffset=0.1,
            adjustedStopPrice=8.0,
            adjustedStopLimitPrice=7.5,
            adjustedTrailingAmount=0.5,
            adjustableTrailingUnit=1,
        ),
    ),
    "the rest": (
        SPY,
        LimitOrder(
            "BUY",
            1,
            1,
            faGroup="f",
            faMethod="NetLiq",
            faPercentage="10",
            modelCode="m",
            rule80A="A",
            settlingFirm="sf",
            designatedLocation="loc",
            percentOffset=0.1,
            stockRefPrice=5.0,
            delta=0.5,
            stockRangeLower=4.0,
            stockRangeUpper=6.0,
            openClose="O",
            origin=1,
            blockOrder=True,
            sweepToFill=True,
            triggerMethod=2,
            clearingAccount="ca",
            clearingIntent="PTA",
            notHeld=True,
            solicited=True,
            randomizeSize=True,
            randomizePrice=True,
            softDollarTier=SoftDollarTier("n", "v", "n"),
            cashQty=100.0,
            isOmsContainer=True,
            discretionaryUpToLimitPrice=True,
            usePriceMgmtAlgo=True,
            duration=3600,
            postToAts=4,
            autoCancelParent=True,
            advancedErrorOverride="COMBOPAYOUT",
            manualOrderTime="20190513-14:00:00",
            extOperator="x",
            goodAfterTime="20190513 10:05:00 US/Eastern",
            discretionaryAmt=0.05,
            optOutSmartRouting=True,
        ),
    ),
    "what if": (BAG, LimitOrder("BUY", 1, -1, whatIf=True, transmit=False)),
}


@dataclass
class Calls:
    """Takes every call of a decoder in the wrapper's place."""

    defaultTimezone = None  # noqa: N815  (ib_async reads it)
    seen: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return lambda *values: self.seen.__setitem__(name, values)
