"""What IB's contract database says of the known underlyings, and of everything listed on them."""

from __future__ import annotations

from dataclasses import dataclass

from messages.contract import Contract


@dataclass(frozen=True, slots=True)
class Underlying:
    """A stock or index: its IB contract id, listing exchange, name, and where its options trade."""

    con_id: int
    primary: str
    name: str
    option_exchanges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Future:
    """A root of futures by its trading class: its name and its market rule."""

    name: str
    rule: int


KNOWN = {
    "SPX": Underlying(416904, "CBOE", "S&P 500 Stock Index", ("SMART", "CBOE")),
    "VIX": Underlying(13455763, "CBOE", "CBOE Volatility Index", ("SMART", "CBOE")),
    "SPY": Underlying(756733, "ARCA", "SPDR S&P 500 ETF TRUST", ("SMART", "AMEX", "CBOE", "PHLX")),
    "QQQ": Underlying(320227571, "NASDAQ", "INVESCO QQQ TRUST SERIES 1", ("SMART", "AMEX", "CBOE", "PHLX")),
    "IWM": Underlying(9579970, "ARCA", "ISHARES RUSSELL 2000 ETF", ("SMART", "AMEX", "CBOE", "PHLX")),
}
STOCK_EXCHANGES = ("SMART", "ARCA", "NASDAQ", "NYSE", "BATS", "IEX")
OPTION_EXCHANGES = ("SMART", "AMEX", "CBOE", "PHLX")

PENNY, INDEX_OPTION, QUARTER, NICKEL = 26, 109, 67, 110
RULES: dict[int, tuple[tuple[float, float], ...]] = {
    PENNY: ((0, 0.01),),
    INDEX_OPTION: ((0, 0.05), (3, 0.1)),
    QUARTER: ((0, 0.25),),
    NICKEL: ((0, 0.05),),
}
"""Price increments by market rule: pennies, Cboe's nickels below 3.00 and dimes above, and those of futures."""

FUTURES = {
    "ES": Future("E-mini S&P 500", QUARTER),
    "NQ": Future("E-mini NASDAQ 100", QUARTER),
    "VX": Future("Cboe Volatility Index", NICKEL),
}

ORDER_TYPES = "ACTIVETIM,ADJUST,ALERT,ALLOC,COND,DAY,GAT,GTC,GTD,IOC,LIT,LMT,MIT,MKT,OCA,STP,STPLMT,TRAIL,WHATIF"


def primary(contract: Contract) -> str:
    """Return the listing exchange of a stock or index."""
    known = KNOWN.get(contract.symbol)
    if known is not None:
        return known.primary
    return contract.exchange if contract.exchange != "SMART" else "NYSE"


def name(symbol: str) -> str:
    """Return the long name of a stock or index, the symbol itself when it is not a known one."""
    return KNOWN[symbol].name if symbol in KNOWN else symbol


def long_name(contract: Contract) -> str:
    """Return the long name of a future's root, or of what anything else is or is on."""
    if contract.sec_type == "FUT" and contract.trading_class in FUTURES:
        return FUTURES[contract.trading_class].name
    return name(contract.symbol)


def exchanges(contract: Contract) -> tuple[str, ...]:
    """Return where the contract trades, in the order of IB's validExchanges."""
    if contract.sec_type == "FUT":
        return (contract.exchange,)
    if contract.sec_type == "IND":
        return (primary(contract),)
    if contract.sec_type == "STK":
        return STOCK_EXCHANGES
    return KNOWN[contract.symbol].option_exchanges if contract.symbol in KNOWN else OPTION_EXCHANGES


def rule(contract: Contract, *, index: bool) -> int:
    """Return the contract's market rule; `index` says whether its underlying is one."""
    if contract.sec_type == "FUT" and contract.trading_class in FUTURES:
        return FUTURES[contract.trading_class].rule
    return INDEX_OPTION if contract.sec_type == "OPT" and index else PENNY
