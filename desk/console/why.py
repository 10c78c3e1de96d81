"""Why a strategy did what it did: every poll with what stood in its way, alike ones folded into one."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from desk.console import words
from desk.console.jsonable import iso
from desk.orders.tracked import Tracked
from messages.orders import Veto

_PROMPT = 60.0
"""Market seconds after the last poll that is looked at in which an order is its own."""
_EARLY = 1e-3
"""Market seconds by which an order may seem to come before its poll: lake and log round differently."""


@dataclass(frozen=True, slots=True)
class Poll:
    """A decision at market time `at` (epoch seconds): what was done, in words, and what stood in the way.

    `refused` is why the trader did not fulfil its wishes, `orders` what became of those that it sent. `contracts`
    counts the quotes that it rests on; `underlying` and `vix` are the prices it saw.
    """

    at: float
    did: tuple[str, ...] = ()
    vetoes: tuple[Veto, ...] = ()
    underlying: float | None = None
    vix: float | None = None
    contracts: int = 0
    refused: tuple[Veto, ...] = ()
    orders: tuple[str, ...] = ()


def with_orders(polls: Sequence[Poll], orders: Iterable[Tracked]) -> list[Poll]:
    """Give each poll what became of the orders that it led to: those sent before the next."""
    came: list[list[str]] = [[] for _ in polls]
    times = [poll.at for poll in polls]
    for each in orders:
        place = bisect_right(times, each.order.at + _EARLY) - 1
        if place >= 0 and (place + 1 < len(polls) or each.order.at - times[place] < _PROMPT):
            came[place].append(_outcome(each))
    return [replace(poll, orders=tuple(texts)) for poll, texts in zip(polls, came, strict=True)]


def _outcome(order: Tracked) -> str:
    state = order.state.lower() if order.end else "under way"
    why = f": {order.end.text}" if order.end and order.end.text else ""
    return f"{state}, {order.filled} of {order.order.quantity} filled{why}"


def attributed(polls: Sequence[Poll], after: Poll | None) -> list[Poll]:
    """Give each poll the refusal of its own wishes, which is recorded with the next; `after` is the one after the last.

    A refusal is remembered until something else is wished for, so a poll without wishes has none.
    """
    following = [*polls[1:], *([after] if after else [])]
    refusals = [poll.refused for poll in following] + [()] * (len(polls) - len(following))
    return [replace(poll, refused=refusal if poll.did else ()) for poll, refusal in zip(polls, refusals, strict=True)]


def poll_of(at: float, decision: str, underlying: float | None, vix: float | None, contracts: int) -> Poll:
    """Read a decision as it was recorded, with the refusal of the wishes before.

    What cannot be read is shown as it stands: a record is never hidden.
    """
    try:
        values = json.loads(decision)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        return Poll(at, (decision,), (), underlying, vix, contracts)
    did = tuple(_wish(each) for each in values.get("wishes") or ())
    vetoes, refused = (tuple(_veto(each) for each in values.get(key) or ()) for key in ("vetoes", "refused"))
    return Poll(at, did, vetoes, underlying, vix, contracts, refused)


def why_view(polls: Sequence[Poll]) -> RenderableType:
    """Draw polls, oldest first; polls in a row that name the same vetoes stand together, with their numbers' ranges."""
    return Group(*(part for group in folded(polls) for part in _drawn(group)))


def why_json(polls: Iterable[Poll]) -> Any:
    """Give every poll for `to_json`, its time in ISO form."""
    return [
        {
            "time": iso(poll.at),
            "did": poll.did,
            "vetoes": poll.vetoes,
            "refused": poll.refused,
            "orders": poll.orders,
            "underlying": poll.underlying,
            "vix": poll.vix,
            "contracts": poll.contracts,
        }
        for poll in polls
    ]


def folded(polls: Iterable[Poll]) -> list[tuple[Poll, ...]]:
    """Put polls in a row together when they name the same vetoes and did the same."""
    return [tuple(group) for _, group in groupby(polls, _gist)]


def _gist(poll: Poll) -> tuple[object, ...]:
    return poll.did, poll.orders, *([each.name for each in vetoes] for vetoes in (poll.vetoes, poll.refused))


def _drawn(group: Sequence[Poll]) -> Iterable[RenderableType]:
    """Give what one or several polls alike saw, and below it what came of that."""
    first, last = (words.time_of_day(group[end].at, seconds=True) for end in (0, -1))
    head = Text(first if len(group) == 1 else f"{first} to {last}", style="cyan")
    seen = {
        "polls": str(len(group)) if len(group) > 1 else "",
        "underlying": _range([poll.underlying for poll in group]),
        "VIX": _range([poll.vix for poll in group]),
    }
    for name, value in seen.items():
        if value and value != words.NOTHING:
            head.append(f"  {name} {value}", style="dim")
    yield head
    refused = (
        Text("refused by the trader: ", style="red") + each for each in _vetoes([poll.refused for poll in group])
    )
    orders = (Text(f"order: {each}") for each in group[-1].orders)
    for line in (*_done(group), *orders, *_vetoes([poll.vetoes for poll in group]), *refused):
        yield Padding(line, (0, 0, 0, 2))


def _done(group: Sequence[Poll]) -> Iterable[Text]:
    did = group[-1].did
    if did:
        return [Text(each, style="bold green") for each in did]
    return () if group[-1].vetoes else [Text("nothing to do", style="dim")]


def _vetoes(polls: Sequence[Sequence[Veto]]) -> Iterable[Text]:
    """Say what stood in the way at every one of these polls, with the numbers' ranges over them."""
    for place, veto in enumerate(polls[-1]):
        same = [vetoes[place] for vetoes in polls]
        text = Text.assemble((f"{veto.name}: ", "bold"), veto.text)
        spans = {key: _range([each.numbers.get(key) for each in same]) for key in veto.numbers}
        if spans:
            text.append(f" ({', '.join(f'{key} {span}' for key, span in spans.items())})", style="dim")
        yield text


def _range(values: Sequence[float | None]) -> str:
    """Write what numbers were over several polls: one where it stood still, else the least and the most."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return words.NOTHING
    low, high = _number(known[0]), _number(known[-1])
    return low if low == high else f"{low} to {high}"


def _number(value: float) -> str:
    """Write a number of a veto; from a billion on it is epoch seconds."""
    if value >= 1e9:
        return words.time_of_day(value, seconds=True)
    return f"{value:,.4f}".rstrip("0").rstrip(".")


def _veto(value: Any) -> Veto:
    if not isinstance(value, Mapping):
        return Veto(str(value), "")
    numbers = value.get("numbers")
    return Veto(
        str(value.get("name", "")), str(value.get("text", "")), dict(numbers) if isinstance(numbers, Mapping) else {}
    )


def _wish(value: Any) -> str:
    match value:
        case {"open": str(condor), "quantity": quantity, "limit": limit, "worst": worst}:
            return f"open {condor} x {quantity} at {_price(limit)}, {_price(worst)} at the least"
        case {"close": str(position), "quantity": quantity, "reason": reason, "limit": limit, "worst": worst}:
            price = "at market" if limit is None else f"at {_price(limit)}, {_price(worst)} at the most"
            return f"close {position} x {quantity} {price}: {reason}"
        case {"breach": str(line), "position": position, "active": active}:
            return f"red line {line} of {position} {'crossed' if active else 'clear again'}"
        case Mapping():
            return words.facts(value)
    return str(value)


def _price(value: float | None) -> str:
    return words.number(value, 2)
