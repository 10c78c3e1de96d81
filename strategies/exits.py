"""Exits that strategies share: those that nothing stops, red lines, profit, stop and time. Pure.

A position is looked at with fresh, sound quotes of its four legs. What cannot be used is a veto by name and the rule
that needs it waits for the next poll; forced exits need no quotes. A wing that is offered for next to nothing and not
bid for is no bad quote, it is worth nothing: the far side of a condor looks like that when the near one needs its
stop.

Nothing is wished for a position that an order closes at market. One that a limit order is closing is still closed at
market when it has to be: the trader puts the one in the place of the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from desk.market.calendar import exchange_date, session, session_at
from desk.market.contracts import dte
from desk.market.quotes import mid
from desk.market.ticks import down_to_tick, to_tick, up_to_tick
from messages.contract import Contract, Quote
from messages.orders import Action, Breach, Exit, Holding, Veto
from strategies import checks
from strategies.base import Decision, Phase, State, View

_WRONG_SIGN = 0.01
"""How far a delta may be on the wrong side of zero: model noise."""


@dataclass(frozen=True, slots=True)
class Look:
    """A position as its quotes show it at market time `t`; its combo is priced in steps of `tick` dollars.

    `debit` closes it at mid, `natural` at the market, in dollars per share; None when a leg's quote cannot be used.
    `deltas` are |delta| * 100 of the short legs that have one, `spot` is the underlying's price; None when unknown.
    `closing` says that a limit order is closing it already. `vetoes` say what could not be used.
    """

    holding: Holding
    t: float
    tick: float
    debit: float | None
    natural: float | None
    deltas: tuple[float, ...]
    spot: float | None
    closing: bool
    vetoes: tuple[Veto, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Where a position stands at a red line; `crossed` is None when what would tell cannot be used."""

    name: str
    crossed: bool | None
    numbers: Mapping[str, float | None]


def forced(state: State, t: float, close_before: float | None = None) -> Decision | None:
    """Return the closes at market that nothing stops, None when there is no reason for any.

    At a stop that flattens, and from `close_before` minutes before the day's close on (None: never).
    """
    if state.phase is Phase.STOPPING and state.flatten:
        reason = "shutdown"
    elif close_before is not None and _ending(t, close_before):
        reason = "end_of_day"
    else:
        return None
    free, vetoes = _free(state, t)
    return Decision(tuple(at_market(holding, reason) for holding in free), vetoes)


def manage(
    view: View, state: State, underlying: Contract | None, tick: float, rules: Callable[[Look], Decision]
) -> Decision:
    """Return what `rules` say of every open position that is not closed at market, or which quotes they need.

    `underlying` is None where there are no red lines: neither its price nor deltas are judged.
    """
    free, vetoes = _free(state, view.t)
    wanted = [leg for holding in free for leg in holding.condor.legs]
    if free and underlying is not None:
        wanted.insert(0, underlying)
    if missing := view.missing(*wanted):
        return Decision(wants=tuple(dict.fromkeys(missing)))
    closing = frozenset(order.position for order in state.book.working if order.action is Action.CLOSE)
    decisions = [rules(_look(holding, view, underlying, tick, closing)) for holding in free]
    actions = tuple(action for each in decisions for action in each.actions)
    return Decision(actions, vetoes + tuple(veto for each in decisions for veto in each.vetoes))


def at_market(holding: Holding, reason: str, share: float = 1.0) -> Exit:
    """Return the wish to close a share of a position at market, rounded up to whole spreads."""
    return Exit(holding.position, math.ceil(holding.quantity * share - checks.SLACK), reason)


def profit(look: Look, target: float, share: float) -> Exit | None:
    """Return the close once `target` (a fraction) of the credit is earned at mid.

    Its limit is walked towards natural, but only as far as it still earns a `share` of that profit; what nobody takes
    by then is cancelled, and wished again at the next poll.
    """
    credit = look.holding.credit
    if look.debit is None or look.closing or not checks.at_least((1 - target) * credit, look.debit):
        return None
    return _at_limit(look, "profit", (1 - share * target) * credit, then_market=False)


def stop(look: Look, multiple: float) -> Exit | None:
    """Return the close once it costs `multiple` times the credit at mid: walked to natural, then at market."""
    if look.debit is None or look.closing or not checks.at_least(look.debit, multiple * look.holding.credit):
        return None
    return _at_limit(look, "stop", math.inf, then_market=True)


def expiring(look: Look, days: int) -> Exit | None:
    """Return the close with `days` to expiry or fewer left: walked to natural, then at market."""
    if look.debit is None or look.closing or dte(look.holding.condor.short_put.expiry, look.t) > days:
        return None
    return _at_limit(look, "time", math.inf, then_market=True)


def first(look: Look, *outcomes: Exit | None, told: tuple[Breach, ...] = ()) -> Decision:
    """Return the first close among the outcomes of rules, with what is `told` besides and the look's vetoes."""
    closing = next((each for each in outcomes if each is not None), None)
    return Decision((closing, *told) if closing else told, look.vetoes)


def red_lines(look: Look, delta: float, proximity: float) -> tuple[Line, Line]:
    """Return where a position stands: |delta| * 100 of a short leg at `delta` or more, spot `proximity` points near.

    A short leg in the money counts as nearer than any distance.
    """
    return _delta_line(look, delta), _proximity_line(look, proximity)


def breaches(look: Look, state: State, lines: tuple[Line, ...]) -> tuple[Breach, ...]:
    """Return the red lines that are crossed or clear, and were not when the book last heard of them."""
    position, known = look.holding.position, state.book.breaches
    return tuple(
        Breach(position, line.name, line.crossed, line.numbers)
        for line in lines
        if line.crossed is not None and line.crossed is not ((position, line.name) in known)
    )


def _ending(t: float, close_before: float) -> bool:
    today = session(exchange_date(t))
    return today is not None and t >= today.closes - 60.0 * close_before


def _free(state: State, t: float) -> tuple[tuple[Holding, ...], tuple[Veto, ...]]:
    """Return the positions that a close may be wished for, and why others may not."""
    if not state.book.holdings:
        return (), ()
    if session_at(t) is None:
        return (), checks.found(checks.market_open(t))
    closing = {w.position for w in state.book.working if w.action is Action.CLOSE and w.limit is None}
    free = [holding for holding in state.book.holdings if holding.position not in closing]
    gone = [holding for holding in free if dte(holding.condor.short_put.expiry, t) < 0]
    vetoes = [Veto("expired", f"{each.position} expired on {each.condor.short_put.expiry}") for each in gone]
    return tuple(holding for holding in free if holding not in gone), tuple(vetoes)


def _look(holding: Holding, view: View, underlying: Contract | None, tick: float, closing: frozenset[str]) -> Look:
    quotes = [quote for leg in holding.condor.legs if (quote := view.quote(leg)) is not None]
    quotes[1::2] = [_wing(quote, tick) for quote in quotes[1::2]]
    bad = [veto for quote in quotes if (veto := checks.usable(quote, view.t))]
    debit = natural = None
    if not bad:
        debit, natural = _cost(quotes)
    shorts = [quotes[0], quotes[2]]
    sizes = [_delta(quote) for quote in shorts if underlying and checks.usable(quote, view.t) is None]
    spot = _spot(view, underlying)
    return Look(
        holding,
        view.t,
        tick,
        debit,
        natural,
        tuple(size for size in sizes if not isinstance(size, Veto)),
        spot if isinstance(spot, float) else None,
        holding.position in closing,
        (*bad, *checks.found(*sizes, spot)),
    )


def _wing(quote: Quote, tick: float) -> Quote:
    """Take a wing that nobody bids for at nothing, when its ask of two ticks or less says that this is what it is."""
    worthless = quote.bid is None and quote.ask is not None and 0 < quote.ask <= 2 * tick + checks.SLACK
    return replace(quote, bid=0.0) if worthless else quote


def _cost(quotes: list[Quote]) -> tuple[float, float]:
    """Return what closing a condor costs per share at mid and at the market; `quotes` sound, as `Condor.legs`."""
    short_put, long_put, short_call, long_call = quotes
    debit = (mid(short_put) or 0.0) + (mid(short_call) or 0.0) - (mid(long_put) or 0.0) - (mid(long_call) or 0.0)
    natural = (short_put.ask or 0.0) + (short_call.ask or 0.0) - (long_put.bid or 0.0) - (long_call.bid or 0.0)
    return round(debit, 10), round(natural, 10)


def _delta(quote: Quote) -> float | Veto:
    size = math.nan if quote.delta is None else -quote.delta if quote.contract.right == "P" else quote.delta
    if -_WRONG_SIGN <= size <= 1:
        return 100.0 * max(0.0, size)
    return Veto("no_delta", f"{checks.named(quote.contract)} has no usable delta", {"strike": quote.contract.strike})


def _spot(view: View, underlying: Contract | None) -> float | Veto | None:
    quote = view.quote(underlying) if underlying is not None else None
    return checks.level(quote, view.t) if quote is not None else None


def _at_limit(look: Look, reason: str, cap: float, *, then_market: bool) -> Exit:
    """Close at mid, walked to natural or `cap`; on the tick, at least one, and never above what it can be worth."""
    assert look.debit is not None
    assert look.natural is not None
    holding, tick = look.holding, look.tick
    most = holding.condor.width
    limit = max(tick, min(to_tick(look.debit, tick), most))
    worst = max(limit, down_to_tick(min(up_to_tick(look.natural, tick), most, cap), tick))
    return Exit(holding.position, holding.quantity, reason, limit, worst, then_market)


def _delta_line(look: Look, most: float) -> Line:
    largest = max(look.deltas, default=None)
    numbers = {"delta": largest, "delta_red_line": most}
    crossed = largest is not None and checks.at_least(largest, most)
    known = crossed or len(look.deltas) == len(("put", "call"))
    return Line("delta", crossed if known else None, numbers)


def _proximity_line(look: Look, least: float) -> Line:
    condor = look.holding.condor
    if look.spot is None:
        return Line("proximity", None, {"proximity_red_line": least})
    distance = min(look.spot - condor.short_put.strike, condor.short_call.strike - look.spot)
    numbers = {"spot": look.spot, "distance": distance, "proximity_red_line": least}
    return Line("proximity", checks.at_least(least, distance), numbers)
