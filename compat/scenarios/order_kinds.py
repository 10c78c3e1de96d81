"""Orders that say all that an order can say, as changes of a limit order to buy a stock."""

from ibapi.order_condition import Create
from ibapi.tag_value import TagValue
from report import SPY


def conditions():
    """Return a condition of every type."""
    values = {"conId": SPY, "exchange": "SMART", "secType": "STK", "symbol": "SPY", "isMore": True, "percent": 30}
    values |= {
        "price": 250.5,
        "triggerMethod": 2,
        "time": "20190513 15:00:00 US/Eastern",
        "volume": 10,
        "changePercent": 2.5,
    }
    made = []
    for kind in (1, 3, 4, 5, 6, 7):
        one = Create(kind)
        for name, value in values.items():
            if hasattr(one, name):
                setattr(one, name, value)
        made.append(one)
    return made


KINDS = {
    "algo": {"algoStrategy": "Adaptive", "algoParams": [TagValue("adaptivePriority", "Normal")]},
    "scale": {"scaleInitLevelSize": 1, "scaleSubsLevelSize": 1, "scalePriceIncrement": 0.5},
    "hedge": {"hedgeType": "P", "hedgeParam": "2"},
    "volatility": {"orderType": "VOL", "volatility": 0.2, "deltaNeutralOrderType": "LMT"},
    "benchmark": {"orderType": "PEG BENCH", "referenceContractId": SPY, "startingPrice": 100.0},
    "trailing": {"orderType": "TRAIL", "trailingPercent": 2.0},
    "conditions": {"conditions": conditions()},
    "rest": {"ocaGroup": "g", "ocaType": 2, "outsideRth": True, "hidden": True, "displaySize": 1, "cashQty": 5.0},
}
