"""When dte0_ic may enter, and with which legs."""

from __future__ import annotations

from desk.market import contracts
from desk.market.calendar import at, exchange_date, session
from messages.market import ChainQuotes, Selection
from messages.orders import Veto
from strategies import checks
from strategies.base import Decision, State, View
from strategies.dte0_ic.config import Config
from strategies.legs import Rule, choose

VIX = contracts.index("VIX")


def scan(config: Config, view: View, state: State) -> Decision:
    """Return an entry, what stands in its way, or what must be known first."""
    if vetoes := _not_now(config, view.t, state):
        return Decision(vetoes=vetoes)
    underlying = contracts.index(config.symbol, config.exchange)
    vix, spot = view.quote(VIX), view.quote(underlying)
    if vix is None or spot is None:
        return Decision(wants=view.missing(VIX, underlying))
    calm, level = checks.level(vix, view.t), checks.level(spot, view.t)
    if isinstance(calm, Veto) or isinstance(level, Veto):
        return Decision(vetoes=checks.found(calm, level))
    if veto := checks.vix_band(calm, config.vix_min, config.vix_max):
        return Decision(vetoes=(veto,))
    wanted = selection(config)
    chain = view.chain(wanted)
    if chain is None:
        return Decision(wants=(wanted,))
    return _enter(config, chain, view.t, level)


def selection(config: Config) -> Selection:
    """Return the part of the chain that is looked at."""
    return Selection(
        symbol=config.symbol,
        sec_type="IND",
        exchange=config.exchange,
        trading_class=config.trading_class,
        dte_min=config.dte,
        dte_max=config.dte,
        expiries="first",
        window_low=config.window,
        window_high=config.window,
        strike_step=config.strike_step,
        out_of_the_money=True,
    )


def _not_now(config: Config, t: float, state: State) -> tuple[Veto, ...]:
    return checks.found(
        checks.running(state),
        checks.market_open(t),
        _window(config, t),
        checks.entries_left(state, t, config.max_entries),
        checks.room_for_position(state, config.max_positions),
    )


def _window(config: Config, t: float) -> Veto | None:
    """Check the entry window, both ends included; what must close before the close does not open after that."""
    day = exchange_date(t)
    today = session(day)
    if today is None:
        return None
    since, until = at(day, config.entry_from), at(day, config.entry_until)
    forced = today.closes - 60.0 * config.close_before
    if since <= t <= until and t < forced:
        return None
    text = f"entries are made {config.entry_from} to {config.entry_until} ET, before the forced exit"
    return Veto("window", text, {"t": t, "from": since, "until": min(until, forced)})


def _enter(config: Config, chain: ChainQuotes, t: float, spot: float) -> Decision:
    if veto := checks.answered(chain):
        return Decision(vetoes=(veto,))
    quotes = [
        q
        for q in chain.quotes
        if q.contract.trading_class == config.trading_class and contracts.dte(q.contract.expiry, t) == config.dte
    ]
    if not quotes:
        text = f"no {config.trading_class} with {config.dte} days to expiry is quoted"
        return Decision(vetoes=(Veto("no_expiry", text, {"dte": config.dte, "asked": chain.asked}),))
    rule = Rule(
        delta=config.short_delta,
        wing=config.wing,
        put_distance=config.min_distance,
        call_distance=config.min_distance,
        min_credit=config.min_credit,
        tick=config.tick,
    )
    offer, vetoes = choose(quotes, spot, rule)
    return Decision(actions=(offer.enter(config.quantity),) if offer else (), vetoes=vetoes)
