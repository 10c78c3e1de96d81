"""The account's values under IB's names."""

from __future__ import annotations

from desk.gateway.exchange.portfolio import Values

Value = tuple[str, str, str]
"""A key, its text and its currency (empty where it has none)."""

_BUYING_POWER = 4
"""Buying power per dollar of available funds, within a day."""


def values(account: Values, opening: float) -> list[Value]:
    """Return the account's values; `opening` is its equity with loan value at the day's beginning."""
    available = account.equity - account.initial
    excess = account.equity - account.maintenance
    cushion = excess / account.net_liquidation if account.net_liquidation > 0 else 0.0
    dollars = {
        "AccruedCash": 0.0,
        "AvailableFunds": available,
        "BuyingPower": max(0.0, available) * _BUYING_POWER,
        "EquityWithLoanValue": account.equity,
        "ExcessLiquidity": excess,
        "FullAvailableFunds": available,
        "FullExcessLiquidity": excess,
        "FullInitMarginReq": account.initial,
        "FullMaintMarginReq": account.maintenance,
        "GrossPositionValue": account.gross,
        "InitMarginReq": account.initial,
        "LookAheadAvailableFunds": available,
        "LookAheadExcessLiquidity": excess,
        "LookAheadInitMarginReq": account.initial,
        "LookAheadMaintMarginReq": account.maintenance,
        "MaintMarginReq": account.maintenance,
        "NetLiquidation": account.net_liquidation,
        "PreviousDayEquityWithLoanValue": opening,
        "SettledCash": account.cash,
        "TotalCashValue": account.cash,
    }
    return [
        ("AccountType", "INDIVIDUAL", ""),
        ("Cushion", f"{cushion:g}", ""),
        ("DayTradesRemaining", "-1", ""),
        ("LookAheadNextChange", "0", ""),
        *((key, f"{amount:.2f}", "USD") for key, amount in dollars.items()),
    ]


def ledger(account: Values) -> list[Value]:
    """Return the values per currency: the base currency's sum and the dollars, which are the same."""
    dollars = {
        "CashBalance": account.cash,
        "TotalCashBalance": account.cash,
        "NetLiquidationByCurrency": account.net_liquidation,
        "StockMarketValue": account.stocks,
        "OptionMarketValue": account.options,
        "RealizedPnL": account.realized,
        "UnrealizedPnL": account.unrealized,
    }
    rows: list[Value] = []
    for currency in ("BASE", "USD"):
        rows += [("Currency", currency, currency), ("ExchangeRate", "1.00", currency)]
        rows += [(key, f"{amount:.4f}", currency) for key, amount in dollars.items()]
    return rows
