"""The paper account: cash, no positions."""

from __future__ import annotations

from datetime import datetime

from desk.gateway.clients import Client, Context
from desk.gateway.encode import account as encode
from desk.gateway.requests import account as requests
from desk.gateway.services import Handlers
from desk.gateway.settings import Settings
from desk.market.calendar import EXCHANGE

Value = tuple[str, str, str]
"""A key, its text and its currency (empty where it has none)."""

_WITH_CASH = (
    "AvailableFunds",
    "EquityWithLoanValue",
    "ExcessLiquidity",
    "FullAvailableFunds",
    "FullExcessLiquidity",
    "LookAheadAvailableFunds",
    "LookAheadExcessLiquidity",
    "NetLiquidation",
    "PreviousDayEquityWithLoanValue",
    "SettledCash",
    "TotalCashValue",
)
_ZERO = (
    "AccruedCash",
    "FullInitMarginReq",
    "FullMaintMarginReq",
    "GrossPositionValue",
    "InitMarginReq",
    "LookAheadInitMarginReq",
    "LookAheadMaintMarginReq",
    "MaintMarginReq",
)
_LEDGER_CASH = ("CashBalance", "NetLiquidationByCurrency", "TotalCashBalance")
_LEDGER_ZERO = ("OptionMarketValue", "RealizedPnL", "StockMarketValue", "UnrealizedPnL")
_MARGIN_FACTOR = 4


def values(settings: Settings) -> list[Value]:
    """Return the account's values: cash in USD and nothing else, so everything available and no margin in use."""
    cash = f"{settings.cash:.2f}"
    return [
        ("AccountType", "INDIVIDUAL", ""),
        ("Cushion", "1", ""),
        ("DayTradesRemaining", "-1", ""),
        ("LookAheadNextChange", "0", ""),
        ("BuyingPower", f"{settings.cash * _MARGIN_FACTOR:.2f}", "USD"),
        *((key, cash, "USD") for key in _WITH_CASH),
        *((key, "0.00", "USD") for key in _ZERO),
    ]


def ledger(settings: Settings) -> list[Value]:
    """Return the values per currency: the base currency's sum and the dollars, which are the same."""
    rows: list[Value] = []
    for currency in ("BASE", "USD"):
        rows += [("Currency", currency, currency), ("ExchangeRate", "1.00", currency)]
        rows += [(key, f"{settings.cash:.4f}", currency) for key in _LEDGER_CASH]
        rows += [(key, "0.00", currency) for key in _LEDGER_ZERO]
    return rows


class Account:
    """Answers what concerns the account."""

    def __init__(self, context: Context) -> None:
        self._settings = context.settings
        self._clock = context.clock
        self._summaries: dict[Client, set[int]] = {}

    def handlers(self) -> Handlers:
        """See `Service`."""
        return {
            requests.AccountUpdates: self._updates,
            requests.AccountUpdatesMulti: self._multi,
            requests.AccountSummary: self._summary,
            requests.CancelAccountSummary: self._cancel_summary,
            requests.Positions: lambda client, _: client.send(encode.positions_end()),
            requests.PositionsMulti: lambda client, request: client.send(
                encode.positions_multi_end(request.request_id)
            ),
            requests.Profit: lambda client, request: client.send(encode.profit(request.request_id, 0, 0, 0)),
            requests.ProfitSingle: lambda client, request: client.send(encode.no_profit_single(request.request_id)),
        }

    def leave(self, client: Client) -> None:
        """See `Service`."""
        self._summaries.pop(client, None)

    def _updates(self, client: Client, request: requests.AccountUpdates) -> None:
        if not request.subscribe:
            return
        account = self._settings.account
        rows = [("AccountCode", account, ""), ("AccountReady", "true", ""), *values(self._settings)]
        for key, text, currency in [*rows, *ledger(self._settings)]:
            client.send(encode.value(account, key, text, currency))
        at = datetime.fromtimestamp(self._clock.time(), EXCHANGE)
        client.send(encode.time(f"{at:%H:%M}"), encode.download_end(account))

    def _multi(self, client: Client, request: requests.AccountUpdatesMulti) -> None:
        account = self._settings.account
        for key, text, currency in [*values(self._settings), *ledger(self._settings)]:
            client.send(encode.value_multi(request.request_id, account, request.model, key, text, currency))
        client.send(encode.multi_end(request.request_id))

    def _summary(self, client: Client, request: requests.AccountSummary) -> None:
        active = self._summaries.setdefault(client, set())
        if request.request_id not in active and len(active) >= self._settings.summaries:
            cause = "Maximum number of account summary requests exceeded; desubscribe to previous request first"
            client.error(request.request_id, 322, f"Error processing request.-'Q' : cause - {cause}")
            return
        active.add(request.request_id)
        rows = [row for row in values(self._settings) if row[0] in request.tags]
        if any(tag.startswith("$LEDGER") for tag in request.tags):
            rows += ledger(self._settings)
        for key, text, currency in rows:
            client.send(encode.summary(request.request_id, self._settings.account, key, text, currency))
        client.send(encode.summary_end(request.request_id))

    def _cancel_summary(self, client: Client, request: requests.CancelAccountSummary) -> None:
        self._summaries.get(client, set()).discard(request.request_id)
