"""When swing_ic may enter, on which ETF, and with which legs.

What is for sale comes from the latest recorded chain: its expiry and its short legs. The four legs are then asked for
by themselves, which confirms them with live quotes and gives their conIds, that recorded rows lack. Daily bars come
from the broker, who asks IB for them once a day whoever wants them, so that IV rank and trend are what the collector
has of them, and the numbers of a veto are those that decided.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from desk.market import contracts
from desk.market.calendar import exchange_date
from desk.market.indicators import iv_rank, trend
from desk.market.smile import atm_iv
from messages.contract import Bar, Contract, Quote
from messages.orders import Veto
from strategies import checks
from strategies.base import Decision, History, RecordedChain, State, View
from strategies.legs import Rule, short_leg, winged
from strategies.swing_ic.config import Config

VIX = contracts.index("VIX")
_PASSED_OVER = frozenset({"min_credit", "wings_not_listed"})
"""Vetoes after which a later expiry is looked at."""


def scan(config: Config, view: View, state: State) -> Decision:
    """Return an entry, what stands in its way, or what must be known first."""
    if vetoes := _not_now(config, view.t, state):
        return Decision(vetoes=vetoes)
    vix = view.quote(VIX)
    if vix is None:
        return Decision(wants=(VIX,))
    calm = checks.level(vix, view.t)
    veto = calm if isinstance(calm, Veto) else checks.vix_band(calm, config.vix_min, config.vix_max)
    if veto is not None:
        return Decision(vetoes=(veto,))
    decisions = [_symbol(config, view, symbol) for symbol in _free(config, state)]
    if wants := tuple(want for each in decisions for want in each.wants):
        return Decision(wants=wants)
    vetoes = tuple(veto for each in decisions for veto in each.vetoes)
    return Decision(next((each.actions for each in decisions if each.actions), ()), vetoes)


def inputs(symbol: str) -> tuple[RecordedChain, Contract, History, History]:
    """Return what an entry on a symbol rests on before its legs: chain, spot, and a history of prices and of IV."""
    stock = contracts.stock(symbol)
    return RecordedChain(symbol), stock, History(stock, "TRADES"), History(stock, "OPTION_IMPLIED_VOLATILITY")


def _free(config: Config, state: State) -> list[str]:
    held = {holding.condor.short_put.symbol for holding in state.book.holdings}
    return [symbol for symbol in config.symbols if symbol not in held]


def _not_now(config: Config, t: float, state: State) -> tuple[Veto, ...]:
    free = len(_free(config, state))
    full = Veto("max_positions", "every symbol has its position", {"positions": float(len(state.book.holdings))})
    return checks.found(
        checks.running(state),
        checks.market_open(t),
        checks.entries_left(state, t, config.max_entries),
        checks.no_entry_working(state),
        None if free else full,
    )


def _symbol(config: Config, view: View, symbol: str) -> Decision:
    chain, stock, prices, volatility = inputs(symbol)
    if missing := view.missing(chain, stock, prices, volatility):
        return Decision(wants=missing)
    recorded, quote = view.recorded(symbol) or (), view.quote(stock)
    assert quote is not None
    spot = checks.level(quote, view.t)
    if isinstance(spot, Veto):
        return Decision(vetoes=(spot,))
    if veto := _recent(config, symbol, recorded, view.t):
        return Decision(vetoes=(veto,))
    today = f"{exchange_date(view.t):%Y%m%d}"
    closes, ivs = (_closes(view.bars(each) or (), today) for each in (prices, volatility))
    if vetoes := checks.found(_rich(config, symbol, ivs, recorded, view.t), _rising(symbol, closes, spot)):
        return Decision(vetoes=vetoes)
    return _search(config, view, symbol, recorded, spot)


def _closes(bars: tuple[Bar, ...], today: str) -> list[float]:
    """Return the closes of the days before today; what is no price does not count."""
    return [bar.close for bar in bars if bar.date < today and 0 < bar.close < math.inf]


def _recent(config: Config, symbol: str, recorded: tuple[Quote, ...], t: float) -> Veto | None:
    if not recorded:
        return Veto("no_recorded_chain", f"no chain of {symbol} has been recorded")
    age = t - max(quote.received for quote in recorded)
    if age <= config.max_age:
        return None
    text = f"the chain of {symbol} was recorded {age:.0f} s ago"
    return Veto("old_recorded_chain", text, {"age": age, "max_age": config.max_age})


def _rich(config: Config, symbol: str, ivs: list[float], recorded: tuple[Quote, ...], t: float) -> Veto | None:
    """Check that implied volatility is high for this symbol; a rank without enough history never counts."""
    under = next((quote.underlying for quote in recorded if quote.underlying), None)
    rank = iv_rank(ivs, atm_iv(recorded, under, t) if under else None)
    numbers = {"iv_rank": rank.value, "iv_rank_min": config.iv_rank_min, "days": float(len(ivs))}
    if not rank.sufficient:
        return Veto("iv_rank_unknown", f"{symbol}: too little history for an IV rank", {**numbers, "iv_rank": None})
    if checks.at_least(rank.value, config.iv_rank_min):
        return None
    text = f"{symbol}: the IV rank is {rank.value:.1f}, at least {config.iv_rank_min:g} is wanted"
    return Veto("iv_rank", text, numbers)


def _rising(symbol: str, closes: list[float], spot: float) -> Veto | None:
    """Check that the symbol is not in a downtrend, as far as it is known."""
    found = trend(closes, spot)
    numbers = {"spot": spot, "days": float(len(closes))}
    if found is None:
        return Veto("trend_unknown", f"{symbol}: too little history for a trend", numbers)
    return Veto("downtrend", f"{symbol} is in a downtrend", numbers) if found == "downtrend" else None


def _search(config: Config, view: View, symbol: str, recorded: tuple[Quote, ...], spot: float) -> Decision:
    """Try the recorded expiries, nearest first; a later one where the nearer one pays too little or lacks a wing."""
    passed: tuple[Veto, ...] = ()
    for expiry in _expiries(config, recorded, view.t):
        found = _expiry(config, view, symbol, [q for q in recorded if q.contract.expiry == expiry], spot)
        found = Decision(found.actions, passed + found.vetoes, found.wants)
        if found.wants or found.actions or not _PASSED_OVER & {veto.name for veto in found.vetoes}:
            return found
        passed = found.vetoes
    text = f"no recorded expiry of {symbol} from {config.min_dte} to {config.max_dte} days will do"
    return Decision(vetoes=(*passed, Veto("no_expiry", text, {"min_dte": config.min_dte, "max_dte": config.max_dte})))


def _expiries(config: Config, recorded: Iterable[Quote], t: float) -> list[str]:
    days = {quote.contract.expiry: contracts.dte(quote.contract.expiry, t) for quote in recorded}
    return sorted(expiry for expiry, left in days.items() if config.min_dte <= left <= config.max_dte)


def _expiry(config: Config, view: View, symbol: str, recorded: list[Quote], spot: float) -> Decision:
    wing = config.wings[symbol]
    rule = Rule(config.short_delta, wing, config.tick, min_share=config.min_credit, next_listed=True)
    put, call, vetoes = _shorts(recorded, spot, rule)
    if put is None or call is None:
        return Decision(vetoes=vetoes)
    shorts = [_by_name(leg, leg.strike) for leg in (put.contract, call.contract)]
    wings = [_by_name(leg, strike) for leg in shorts for strike in _wings(view, leg, wing, config.strike_step)]
    if missing := view.missing(*shorts, *wings):
        return Decision(wants=missing)
    if stale := checks.found(*(checks.fresh(quote, view.t) for quote in _listed(view, [*shorts, *wings]))):
        return Decision(vetoes=stale)
    drifted = replace(rule, delta=config.short_delta + config.delta_drift)
    put, call, vetoes = _shorts(_listed(view, shorts), spot, drifted)
    if put is None or call is None:
        return Decision(vetoes=vetoes)
    offer, vetoes = winged(_listed(view, wings), put, call, rule)
    return Decision((offer.enter(config.quantity),) if offer else (), vetoes)


def _shorts(quotes: list[Quote], spot: float, rule: Rule) -> tuple[Quote | None, Quote | None, tuple[Veto, ...]]:
    put, put_vetoes = short_leg(quotes, "P", spot, rule)
    call, call_vetoes = short_leg(quotes, "C", spot, rule)
    return put, call, put_vetoes + call_vetoes


def _listed(view: View, legs: list[Contract]) -> list[Quote]:
    """Return the live quotes of those that IB knows."""
    return [quote for leg in legs if (quote := view.quote(leg)) is not None and quote.contract.con_id]


def _wings(view: View, short: Contract, points: float, step: float) -> tuple[float, ...]:
    """Return the strikes at which the wing of a short leg may be.

    At `points`; once that is known not to be listed, also at the next multiple of `step` beyond.
    """
    side = 1 if short.right == "C" else -1
    exact = short.strike + side * points
    answer = view.quote(_by_name(short, exact))
    if answer is None or answer.contract.con_id:
        return (exact,)
    return exact, side * math.ceil(side * exact / step - checks.SLACK) * step


def _by_name(leg: Contract, strike: float) -> Contract:
    """Name an option of an ETF as IB takes it: without its class."""
    return Contract(leg.symbol, "OPT", expiry=leg.expiry, strike=strike, right=leg.right, multiplier=leg.multiplier)
