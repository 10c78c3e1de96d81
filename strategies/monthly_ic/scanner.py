"""When monthly_ic may enter, in which expiry, and with which legs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from desk.market import contracts
from desk.market.indicators import vix_change
from desk.market.quotes import price
from messages.contract import Quote
from messages.market import ChainQuotes, Selection
from messages.orders import Veto
from strategies import checks
from strategies.base import Decision, State, View
from strategies.legs import Rule, choose
from strategies.monthly_ic.config import Config

VIX = contracts.index("VIX")


def scan(config: Config, view: View, state: State) -> Decision:
    """Return an entry, what stands in its way, or what must be known first."""
    if vetoes := _not_now(config, view.t, state):
        return Decision(vetoes=vetoes)
    vix = view.quote(VIX)
    if vix is None:
        return Decision(wants=(VIX,))
    if veto := checks.fresh(vix, view.t) or _vix_spike(config, vix):
        return Decision(vetoes=(veto,))
    underlying = contracts.index(config.symbol, config.exchange)
    spot = view.quote(underlying)
    if spot is None:
        return Decision(wants=(underlying,))
    level = checks.level(spot, view.t)
    if isinstance(level, Veto):
        return Decision(vetoes=(level,))
    return _search(config, view, level, dict.fromkeys(config.trading_classes, config.min_dte), ())


def selection(config: Config, trading_class: str, dte_min: int) -> Selection:
    """Return the part of a class's chain that is looked at: its first expiry with at least `dte_min` days."""
    return Selection(
        symbol=config.symbol,
        sec_type="IND",
        exchange=config.exchange,
        trading_class=trading_class,
        dte_min=dte_min,
        dte_max=config.max_dte,
        expiries="first",
        window_low=config.window_low,
        window_high=config.window_high,
        strike_step=config.strike_step,
        out_of_the_money=True,
    )


def _not_now(config: Config, t: float, state: State) -> tuple[Veto, ...]:
    return checks.found(
        checks.running(state),
        checks.market_open(t),
        checks.entries_left(state, t, config.max_entries),
        checks.room_for_position(state, config.max_positions),
    )


def _vix_spike(config: Config, vix: Quote) -> Veto | None:
    change = vix_change(price(vix), vix.close)
    if change is None:
        return Veto("bad_quote", "VIX or its previous close is not known", {**checks.sides(vix), "close": vix.close})
    if checks.at_least(change, config.vix_spike):
        return None
    text = f"VIX is {change:+.1%} on the day, wanted is {config.vix_spike:+.1%} or more"
    return Veto("vix_spike", text, {"vix": price(vix), "close": vix.close, "change": change, "min": config.vix_spike})


def _search(config: Config, view: View, spot: float, floors: Mapping[str, int], passed: tuple[Veto, ...]) -> Decision:
    """Try the nearest expiry of all classes, each from its floor of DTE; where a leg is not listed, the next one."""
    wanted = [selection(config, name, floor) for name, floor in floors.items() if floor <= config.max_dte]
    if missing := tuple(each for each in wanted if view.chain(each) is None):
        return Decision(vetoes=passed, wants=missing)
    chains = [chain for each in wanted if (chain := view.chain(each)) is not None]
    if failed := checks.found(*map(checks.answered, chains)):
        return Decision(vetoes=passed + failed)
    expiries = [each for chain in chains if (each := _expiry(chain, view.t)) is not None]
    if not expiries:
        return Decision(vetoes=(*passed, _no_expiry(config)))
    nearest = min(expiries, key=lambda each: each.dte)
    offer, vetoes = choose(nearest.quotes, spot, _rule(config))
    if offer is not None:
        return Decision(actions=(offer.enter(config.quantity),), vetoes=passed + vetoes)
    if not nearest.complete or all(veto.name != "wings_not_listed" for veto in vetoes):
        return Decision(vetoes=passed + vetoes)
    return _search(config, view, spot, {**floors, nearest.trading_class: nearest.dte + 1}, passed + vetoes)


@dataclass(frozen=True, slots=True)
class _Expiry:
    """The nearest expiry of a class; `complete` when every contract asked for answered."""

    trading_class: str
    dte: int
    quotes: list[Quote]
    complete: bool


def _expiry(chain: ChainQuotes, t: float) -> _Expiry | None:
    wanted = chain.selection
    dated = [(contracts.dte(q.contract.expiry, t), q) for q in chain.quotes]
    fitting = [
        (days, q)
        for days, q in dated
        if q.contract.trading_class == wanted.trading_class and wanted.dte_min <= days <= wanted.dte_max
    ]
    if not fitting:
        return None
    nearest = min(days for days, _ in fitting)
    quotes = [q for days, q in fitting if days == nearest]
    return _Expiry(wanted.trading_class, nearest, quotes, complete=len(chain.quotes) >= chain.asked)


def _no_expiry(config: Config) -> Veto:
    text = f"no expiry of {config.min_dte} to {config.max_dte} days has all four legs"
    return Veto("no_expiry", text, {"min_dte": config.min_dte, "max_dte": config.max_dte})


def _rule(config: Config) -> Rule:
    return Rule(
        delta=config.short_delta,
        wing=config.wing,
        put_distance=config.min_put_distance,
        call_distance=config.min_call_distance,
        min_credit=config.min_credit,
        tick=config.tick,
        prefer_multiple=config.prefer_multiple,
    )
