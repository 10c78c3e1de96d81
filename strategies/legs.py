"""The four legs of a condor, chosen from the quotes of one expiry, and what they pay."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from desk.market.chain import is_multiple
from desk.market.quotes import fault, mid
from desk.market.ticks import down_to_tick, to_tick, up_to_tick
from messages.contract import Quote
from messages.orders import Condor, Enter, Veto
from strategies.checks import SLACK, at_least, named, sides

_SIDE = {"P": "put", "C": "call"}


@dataclass(frozen=True, slots=True)
class Rule:
    """What the legs must satisfy; distances and `wing` in points, credits in dollars per share.

    The credit is at least `min_credit` and at least `min_share` of the wider wing. `next_listed` takes the first listed
    wing from `wing` points on; without it the wing is exactly that far.
    """

    delta: float
    wing: float
    tick: float
    put_distance: float = 0.0
    call_distance: float = 0.0
    min_credit: float = 0.0
    min_share: float = 0.0
    prefer_multiple: float = 0.0
    next_listed: bool = False

    def distance(self, right: str) -> float:
        """Points that the short leg keeps from spot."""
        return self.put_distance if right == "P" else self.call_distance


@dataclass(frozen=True, slots=True)
class Offer:
    """A condor and what it pays in dollars per share: `credit` at mid on the tick, `natural` as `Enter` has it.

    `worst` is the least to accept: natural on the tick, and never below the minimum credit.
    """

    condor: Condor
    credit: float
    natural: float
    worst: float

    def enter(self, quantity: int) -> Enter:
        """Return the wish to open so many."""
        return Enter(self.condor, quantity, self.credit, self.worst, self.natural)


def choose(quotes: Sequence[Quote], spot: float, rule: Rule) -> tuple[Offer | None, tuple[Veto, ...]]:
    """Return the condor that the rule picks, or None, and the vetoes met on the way.

    `quotes` are those of one expiry and trading class. The short leg of each side is the listed out-of-the-money one
    whose |delta| is nearest at or below the target and that keeps its distance from spot; one with a bad quote is
    passed over. The long leg is `wing` points further out (see `Rule`).
    """
    short_put, put_vetoes = short_leg(quotes, "P", spot, rule)
    short_call, call_vetoes = short_leg(quotes, "C", spot, rule)
    vetoes = put_vetoes + call_vetoes
    if short_put is None or short_call is None:
        return None, vetoes
    offer, refusals = winged(quotes, short_put, short_call, rule)
    return offer, vetoes + refusals


def winged(
    quotes: Sequence[Quote], short_put: Quote, short_call: Quote, rule: Rule
) -> tuple[Offer | None, tuple[Veto, ...]]:
    """Return the condor of these short legs with its wings from `quotes`, or None and why there is none."""
    long_put, long_call = _wing(quotes, short_put, rule), _wing(quotes, short_call, rule)
    if long_put is None or long_call is None:
        return None, (_unlisted(short_put, short_call, rule.wing),)
    if bad := tuple(_bad(q) for q in (long_put, long_call) if fault(q)):
        return None, bad
    return _priced(short_put, long_put, short_call, long_call, rule)


def short_leg(quotes: Iterable[Quote], right: str, spot: float, rule: Rule) -> tuple[Quote | None, tuple[Veto, ...]]:
    """Return the short leg of one side as `choose` takes it, or None, and the vetoes met on the way."""
    side = [q for q in quotes if q.contract.right == right and _distance(q, spot) > 0]
    small = [q for q in side if _delta(q) <= rule.delta + SLACK]
    far = [q for q in small if at_least(_distance(q, spot), rule.distance(right))]
    if not far:
        return None, (_none_far(small, right, spot, rule) if small else _none_small(side, right, rule),)
    step = rule.prefer_multiple
    far.sort(key=lambda q: (not is_multiple(q.contract.strike, step), -_delta(q), -_distance(q, spot)))
    passed: list[Veto] = []
    for quote in far:
        if not fault(quote):
            return quote, tuple(passed)
        passed.append(_bad(quote))
    return None, (*passed, Veto(f"no_short_{_SIDE[right]}", f"no {_SIDE[right]} in reach has a usable quote"))


def _distance(quote: Quote, spot: float) -> float:
    """Points out of the money; negative in the money."""
    strike = quote.contract.strike
    return spot - strike if quote.contract.right == "P" else strike - spot


def _delta(quote: Quote) -> float:
    """The delta's size; infinite when there is none or its sign is the other right's."""
    if quote.delta is None or not math.isfinite(quote.delta):
        return math.inf
    size = -quote.delta if quote.contract.right == "P" else quote.delta
    return size if size >= 0 else math.inf


def _wing(quotes: Iterable[Quote], short: Quote, rule: Rule) -> Quote | None:
    side = 1 if short.contract.right == "C" else -1
    same = [q for q in quotes if q.contract.right == short.contract.right]
    out = {id(q): (q.contract.strike - short.contract.strike) * side for q in same}
    if rule.next_listed:
        beyond = [q for q in same if at_least(out[id(q)], rule.wing)]
        return min(beyond, key=lambda q: out[id(q)], default=None)
    return next((q for q in same if math.isclose(out[id(q)], rule.wing, rel_tol=SLACK)), None)


def _priced(
    short_put: Quote, long_put: Quote, short_call: Quote, long_call: Quote, rule: Rule
) -> tuple[Offer | None, tuple[Veto, ...]]:
    condor = Condor(short_put.contract, long_put.contract, short_call.contract, long_call.contract)
    mids = _net(*(mid(q) for q in (short_put, short_call, long_put, long_call)))
    natural = round(_net(short_put.bid, short_call.bid, long_put.ask, long_call.ask), 10)
    credit = to_tick(mids, rule.tick)
    least = max(rule.min_credit, rule.min_share * condor.width)
    numbers = {"mid": round(mids, 10), "credit": credit, "natural": natural}
    if not at_least(min(mids, credit), least):
        text = f"{_of(short_put)}: the condor pays {mids:.3f} at mid, at least {least:g} is wanted"
        return None, (Veto("min_credit", text, {**numbers, "min_credit": least}),)
    if at_least(credit, condor.width):
        text = f"{_of(short_put)}: a credit of {credit:g} on a wing of {condor.width:g} cannot be right"
        return None, (Veto("riskless", text, {**numbers, "wing": condor.width}),)
    worst = max(down_to_tick(natural, rule.tick), up_to_tick(least, rule.tick))
    return Offer(condor, credit, natural, worst), ()


def _net(*prices: float | None) -> float:
    """Two prices received less two paid."""
    put_in, call_in, put_out, call_out = (p or 0.0 for p in prices)
    return put_in + call_in - put_out - call_out


def _bad(quote: Quote) -> Veto:
    strike = quote.contract.strike
    return Veto("bad_quote", f"{named(quote.contract)}: {fault(quote)}", {"strike": strike, **sides(quote)})


def _of(quote: Quote) -> str:
    return f"{quote.contract.trading_class} {quote.contract.expiry}"


def _unlisted(short_put: Quote, short_call: Quote, wing: float) -> Veto:
    put, call = short_put.contract.strike - wing, short_call.contract.strike + wing
    text = f"{_of(short_put)}: a wing at {put:g} P or {call:g} C is not listed, or did not answer"
    return Veto("wings_not_listed", text, {"long_put": put, "long_call": call, "wing": wing})


def _none_far(small: Sequence[Quote], right: str, spot: float, rule: Rule) -> Veto:
    farthest, least = max(_distance(q, spot) for q in small), rule.distance(right)
    text = (
        f"{_of(small[0])}: the farthest {_SIDE[right]} is {farthest:g} points from spot, at least {least:g} is wanted"
    )
    return Veto("min_distance", text, {"distance": farthest, "min_distance": least, "spot": spot})


def _none_small(side: Sequence[Quote], right: str, rule: Rule) -> Veto:
    deltas = [d for q in side if (d := _delta(q)) < math.inf]
    smallest = min(deltas, default=None)
    word = _SIDE[right]
    text = f"no {word} has a delta" if smallest is None else f"the smallest |delta| of a {word} is {smallest:.3f}"
    text = f"{_of(side[0])}: {text}" if side else text
    numbers = {"smallest": smallest, "short_delta": rule.delta, "seen": float(len(side))}
    return Veto(f"no_short_{word}", f"{text}, at most {rule.delta:g} is wanted", numbers)
