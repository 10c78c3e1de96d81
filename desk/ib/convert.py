"""Between ib_async's values and ours: contracts, ticks to a quote, bars."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, datetime

from ib_async import BarData, OptionComputation, Ticker
from ib_async import Contract as IBContract

from messages.contract import Bar, Contract, Quote

NOT_COMPUTED = -2.0
"""IB's mark in a Greek that it has not computed; ib_async lets it through for theta and vega."""


def to_ib(contract: Contract) -> IBContract:
    """Name a contract to IB: by its conId where that is known, else by what describes it."""
    if contract.con_id:
        return IBContract(
            conId=contract.con_id,
            symbol=contract.symbol,
            secType=contract.sec_type,
            exchange=contract.exchange,
            currency=contract.currency,
        )
    return IBContract(
        symbol=contract.symbol,
        secType=contract.sec_type,
        lastTradeDateOrContractMonth=contract.expiry,
        strike=contract.strike,
        right=contract.right,
        multiplier=contract.multiplier,
        exchange=contract.exchange,
        currency=contract.currency,
        localSymbol=contract.local_symbol,
        tradingClass=contract.trading_class,
    )


def from_ib(contract: IBContract, exchange: str) -> Contract:
    """Take over what contract details say, to be reached at `exchange`."""
    return Contract(
        symbol=contract.symbol,
        sec_type=contract.secType,
        exchange=exchange,
        currency=contract.currency,
        expiry=contract.lastTradeDateOrContractMonth,
        strike=contract.strike,
        right=contract.right,
        multiplier=contract.multiplier,
        trading_class=contract.tradingClass,
        local_symbol=contract.localSymbol,
        con_id=contract.conId,
    )


def number(value: float | None) -> float | None:
    """Read a tick's number: None when it was not sent (NaN)."""
    return None if value is None or not math.isfinite(value) else value


def price(value: float | None) -> float | None:
    """Read a tick's price: None when it was not sent or is IB's -1 for "there is none"; 0 is a price."""
    known = number(value)
    return None if known is None or known == -1.0 else known


def whole(value: float | None) -> int | None:
    """Read a tick's count: None when it was not sent."""
    known = number(value)
    return None if known is None or known < 0 else int(known)


def model(ticker: Ticker) -> OptionComputation | None:
    """Give the model's Greeks once all of them are computed."""
    greeks = ticker.modelGreeks
    if greeks is None:
        return None
    figures = (greeks.impliedVol, greeks.delta, greeks.gamma, greeks.vega, greeks.theta)
    if any(number(figure) in {None, NOT_COMPUTED} for figure in figures):
        return None
    return greeks


def to_quote(contract: Contract, ticker: Ticker, received: float, missing: Iterable[str] = ()) -> Quote:
    """Make a quote of what a ticker has; `received` is the market time of the last tick used."""
    greeks = model(ticker)
    return Quote(
        contract=contract,
        received=received,
        bid=price(ticker.bid),
        ask=price(ticker.ask),
        bid_size=number(ticker.bidSize),
        ask_size=number(ticker.askSize),
        last=price(ticker.last),
        close=price(ticker.close),
        volume=whole(ticker.volume),
        open_interest=whole(_open_interest(contract, ticker)),
        iv=greeks.impliedVol if greeks else None,
        delta=greeks.delta if greeks else None,
        gamma=greeks.gamma if greeks else None,
        theta=greeks.theta if greeks else None,
        vega=greeks.vega if greeks else None,
        underlying=price(greeks.undPrice) if greeks else None,
        greeks_source="model" if greeks else "",
        venue=ticker.bidExchange,
        missing=tuple(missing),
    )


def _open_interest(contract: Contract, ticker: Ticker) -> float | None:
    if contract.sec_type == "FUT":
        return ticker.futuresOpenInterest
    return {"C": ticker.callOpenInterest, "P": ticker.putOpenInterest}.get(contract.right)


def to_bar(bar: BarData) -> Bar:
    """Take over a bar; a volume of -1 is none."""
    day = bar.date.strftime("%Y%m%d") if isinstance(bar.date, date | datetime) else str(bar.date)[:8]
    return Bar(day, bar.open, bar.high, bar.low, bar.close, whole(bar.volume))
