"""What an account without news, advisors or scanners is told, and computations on request."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan

from desk.gateway import reference
from desk.gateway.clients import Client, Context
from desk.gateway.encode import market
from desk.gateway.encode import others as encode
from desk.gateway.requests.others import Fixed, OptionValue
from desk.gateway.resolve import one, refuse
from desk.gateway.services import Handlers
from desk.market import contracts
from desk.market.pricing import black76, greeks, implied_vol

_KINDS = {True: "b0", False: "b1"}
_ADVISOR = "Error validating request.-'cB' : cause - FA data operations ignored for non FA customers."
_INTENT = (
    "Error validating request.-'a' : cause - "
    "Intent to authenticate needs to be expressed during initial connect request."
)
_NO_NEWS = "News feed is not allowed."

_REFUSED: dict[int, tuple[int, str]] = {
    **dict.fromkeys((18, 19), (321, _ADVISOR)),
    21: (321, "Error validating request.-'bR' : cause - Options are exercised by settlement only."),
    52: (430, "The fundamentals data for the security specified is not available."),
    **dict.fromkeys((65, 66, 72, 73), (321, _INTENT)),
    84: (10172, "Failed to request news article:Not allowed"),
    **dict.fromkeys((100, 102), (10276, _NO_NEWS)),
}
"""Advisors' groups, exercise, fundamentals, verification, news articles, calendars of events."""

_EXCHANGES = sorted({*reference.OPTION_EXCHANGES, *reference.STOCK_EXCHANGES} - {"SMART"})
_TOLD: dict[int, Callable[[int], bytes]] = {
    22: encode.no_scan,
    24: lambda _: encode.scanner_parameters(),
    67: encode.display_groups,
    68: encode.display_group,
    79: encode.no_tiers,
    82: lambda _: encode.depth_exchanges(_EXCHANGES),
    83: lambda number: encode.components(number, _EXCHANGES),
    85: lambda _: encode.no_news_providers(),
    86: encode.no_news,
}
_FAMILY = 80


class Others:
    """Answers what is the same for every client, and what an option is worth."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def handlers(self) -> Handlers:
        """See `Service`."""
        return {Fixed: self._fixed, OptionValue: self._value}

    def leave(self, client: Client) -> None:
        """See `Service`."""

    def _fixed(self, client: Client, request: Fixed) -> None:
        if request.message_id == _FAMILY:
            client.send(encode.family(self._context.settings.account))
        elif request.message_id in _TOLD:
            client.send(_TOLD[request.message_id](request.request_id))
        else:
            client.error(request.request_id, *_REFUSED[request.message_id])

    def _value(self, client: Client, request: OptionValue) -> None:
        """Work out volatility or price without interest, and the Greeks there, at an underlying's price."""
        number, kind = request.request_id, _KINDS[request.price is not None]
        listed = one(client, number, request.terms, kind)
        if listed is None:
            return
        option = listed.contract
        if option.sec_type != "OPT" or request.underlying <= 0:
            refuse(client, number, kind, "An option and the price of its underlying are needed")
            return
        call, years = option.right == "C", contracts.years(option, self._context.clock.time())
        at = request.underlying, option.strike, years
        if request.price is not None:
            vol, price = float(implied_vol(request.price, *at, 1.0, call)), request.price
        else:
            vol = request.volatility or 0.0
            price = float(black76(*at, vol, 1.0, call))
        if isnan(vol) or vol <= 0 or isnan(price):
            client.send(market.computation(number, encode.CUSTOM, market.NOT_COMPUTED))
            return
        at_vol = greeks(*at, vol, 1.0, call, request.underlying)
        told = market.Computation(
            iv=vol,
            delta=float(at_vol.delta),
            price=price,
            dividends=0,
            gamma=float(at_vol.gamma),
            vega=float(at_vol.vega),
            theta=float(at_vol.theta),
            underlying=request.underlying,
        )
        client.send(market.computation(number, encode.CUSTOM, told))
