"""The four legs of a condor, chosen from the quotes of one expiry, and what they pay."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from desk.market.chain import is_multiple
from desk.market.quotes import fault, mid
from desk.market.ticks import to_tick
from messages.contract import Quote
from strategies.base import Condor, Veto
from strategies.checks import SLACK, at_least, sides

_SIDE = {"P": "put", "C": "call"}


@dataclass(frozen=True, slots=True)
class Rule:
    """What the legs must satisfy; distances and `wing` in points, credits in dollars per share."""

    delta: float
    wing: float
    put_distance: float
    call_distance: float
    min_credit: float
    tick: float
    prefer_multiple: float = 0.0

    def distance(self, right: str) -> float:
        """Points that the short leg keeps from spot."""
        return self.put_distance if right == "P" else self.call_distance


def choose(quotes: Sequence[Quote], spot: float, rule: Rule) -> tuple[Condor | None, tuple[Veto, ...]]:
    """Return the condor that the rule picks, or None, and the vetoes met on the way.

    `quotes` are those of one expiry and trading class. The short leg of each side is the listed out-of-the-money one
    whose |delta| is nearest at or below the target and that keeps its distance from spot; one with a bad quote is
    passed over. The long leg is exactly `wing` points further out.
    """
    short_put, put_vetoes = _short(quotes, "P", spot, rule)
    short_call, call_vetoes = _short(quotes, "C", spot, rule)
    vetoes = put_vetoes + call_vetoes
    if short_put is None or short_call is None:
        return None, vetoes
    long_put, long_call = _wing(quotes, short_put, -rule.wing), _wing(quotes, short_call, rule.wing)
    if long_put is None or long_call is None:
        return None, (*vetoes, _unlisted(short_put, short_call, rule.wing))
    if bad := tuple(_bad(q) for q in (long_put, long_call) if fault(q)):
        return None, vetoes + bad
    condor, refusals = _priced(short_put, long_put, short_call, long_call, rule)
    return condor, vetoes + refusals


def _short(quotes: Iterable[Quote], right: str, spot: float, rule: Rule) -> tuple[Quote | None, tuple[Veto, ...]]:
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


def _wing(quotes: Iterable[Quote], short: Quote, points: float) -> Quote | None:
    wanted = short.contract.strike + points
    same = (q for q in quotes if q.contract.right == short.contract.right)
    return next((q for q in same if math.isclose(q.contract.strike, wanted, rel_tol=SLACK)), None)


def _priced(
    short_put: Quote, long_put: Quote, short_call: Quote, long_call: Quote, rule: Rule
) -> tuple[Condor | None, tuple[Veto, ...]]:
    mids = _net(*(mid(q) for q in (short_put, short_call, long_put, long_call)))
    natural = _net(short_put.bid, short_call.bid, long_put.ask, long_call.ask)
    credit = to_tick(mids, rule.tick)
    numbers = {"mid": round(mids, 10), "credit": credit, "natural": round(natural, 10)}
    if not at_least(min(mids, credit), rule.min_credit):
        text = f"the condor pays {mids:.3f} at mid, at least {rule.min_credit:g} is wanted"
        return None, (Veto("min_credit", text, {**numbers, "min_credit": rule.min_credit}),)
    if at_least(credit, rule.wing):
        text = f"a credit of {credit:g} on a wing of {rule.wing:g} cannot be right"
        return None, (Veto("riskless", text, {**numbers, "wing": rule.wing}),)
    legs = (short_put.contract, long_put.contract, short_call.contract, long_call.contract)
    return Condor(*legs, credit=credit, natural=round(natural, 10)), ()


def _net(*prices: float | None) -> float:
    """Two prices received less two paid."""
    put_in, call_in, put_out, call_out = (p or 0.0 for p in prices)
    return put_in + call_in - put_out - call_out


def _bad(quote: Quote) -> Veto:
    contract = quote.contract
    name = f"{contract.trading_class} {contract.expiry} {contract.right} {contract.strike:g}"
    return Veto("bad_quote", f"{name}: {fault(quote)}", {"strike": contract.strike, **sides(quote)})


def _unlisted(short_put: Quote, short_call: Quote, wing: float) -> Veto:
    put, call = short_put.contract.strike - wing, short_call.contract.strike + wing
    text = f"a wing at {put:g} P or {call:g} C is not listed, or did not answer"
    return Veto("wings_not_listed", text, {"long_put": put, "long_call": call, "wing": wing})


def _none_far(small: Sequence[Quote], right: str, spot: float, rule: Rule) -> Veto:
    farthest, least = max(_distance(q, spot) for q in small), rule.distance(right)
    text = f"the farthest {_SIDE[right]} is {farthest:g} points from spot, at least {least:g} is wanted"
    return Veto("min_distance", text, {"distance": farthest, "min_distance": least, "spot": spot})


def _none_small(side: Sequence[Quote], right: str, rule: Rule) -> Veto:
    deltas = [d for q in side if (d := _delta(q)) < math.inf]
    smallest = min(deltas, default=None)
    word = _SIDE[right]
    text = f"no {word} has a delta" if smallest is None else f"the smallest |delta| of a {word} is {smallest:.3f}"
    numbers = {"smallest": smallest, "short_delta": rule.delta, "seen": float(len(side))}
    return Veto(f"no_short_{word}", f"{text}, at most {rule.delta:g} is wanted", numbers)
