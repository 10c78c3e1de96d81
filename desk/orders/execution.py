"""One order on its way: what happens to it, and what is to be done about that. Pure: no clock, no actor, no disk.

`INTENT -> SENT -> WORKING -> FILLED | CANCELLED | REJECTED`, with UNKNOWN whenever IB's word is in doubt. While an
order is UNKNOWN nothing is done about it. It has ended (`over`) once IB says so and every fill that IB counts is there
as an execution: what is left of it is then certain. One that shows up alive after that is cancelled, and so is one with
two permIds: IB has made two of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from desk.orders.encoding import price
from desk.orders.ladder import Pace, next_limit
from messages.orders import ENDED, Action, Order, OrderState, OrderTold

PLACEMENTS = 3
"""Times that an exit is sent at most, each after IB had never heard of it."""
_ASKED = 2
"""Times that a limit is asked for until the ladder goes on without it: IB may have refused it."""
_PATIENCE = 5.0
"""Market seconds after which executions that IB has counted and not told are asked for."""
_SLACK = 1e-6
_ALIVE = frozenset({OrderState.SENT, OrderState.WORKING, OrderState.UNKNOWN})
_ABSENT = "never reached IB"


@dataclass(frozen=True, slots=True)
class Next:
    """A market order that takes the place of a closing order once that has ended.

    It leaves `target` spreads of the position; None: it closes what the order has not.
    """

    reason: str
    target: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Send the order."""

    order: Order


@dataclass(frozen=True, slots=True)
class Reprice:
    """Give the order another limit; `again` when that has been asked for before and IB has not confirmed it."""

    limit: float
    again: bool = False


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel the order."""


@dataclass(frozen=True, slots=True)
class Resolve:
    """Ask IB for the executions that it has counted."""


@dataclass(frozen=True, slots=True)
class End:
    """The order has ended with `filled` spreads done, and `then` is to follow."""

    state: OrderState
    filled: int
    code: int = 0
    text: str = ""
    then: Next | None = None


Effect = Place | Reprice | Cancel | Resolve | End


@dataclass(frozen=True, slots=True)
class Execution:
    """What is known of one order.

    `limit` is the one that was asked for last (`asked` times), `confirmed` the one that IB has told last; `rung` counts
    limits from 0. `filled` is what executions say and `claimed` what IB counts. `due` is the market time of what is
    next: a rung, another cancel, a question; `sent` when this process sent it last, 0 when an earlier one may have.
    `cancelling` is what we want, not what IB has done, and `why` we want it.
    """

    order: Order
    state: OrderState = OrderState.INTENT
    limit: float | None = None
    confirmed: float | None = None
    asked: int = 1
    rung: int = 0
    filled: int = 0
    claimed: int = 0
    placed: int = 0
    sent: float = 0.0
    due: float = float("inf")
    cancelling: bool = False
    why: str = ""
    then: Next | None = None
    over: bool = False
    code: int = 0
    text: str = ""

    @property
    def alive(self) -> bool:
        """Whether it may still fill: it has not ended, or was seen alive after it had."""
        return self.state in _ALIVE if self.over else True

    @property
    def remaining(self) -> int:
        """Spreads that are not filled."""
        return max(0, self.order.quantity - self.filled)


Step = tuple[Execution, tuple[Effect, ...]]


def begin(e: Execution, now: float) -> Step:
    """Send an order that its log has."""
    sent = replace(e, state=OrderState.SENT, limit=e.order.limit, placed=1, sent=now)
    return sent, (Place(e.order),)


def adopt(order: Order, filled: int, *, over: bool) -> Execution:
    """Take up an order that the log has from before this start: whether it ever reached IB is not known."""
    state = OrderState.CANCELLED if over else OrderState.UNKNOWN
    return Execution(order, state, order.limit, filled=filled, placed=PLACEMENTS, over=over)


def told(e: Execution, news: OrderTold, now: float, pace: Pace) -> Step:
    """Take IB's word on the order."""
    if e.over:
        return _revived(e, news, now, pace)
    if news.state in ENDED:
        claimed = e.order.quantity if news.state is OrderState.FILLED else news.filled
        ended = replace(e, state=news.state, claimed=max(e.claimed, claimed), code=news.code, text=news.text)
        return _ended(replace(ended, due=now + _PATIENCE))
    if news.state is OrderState.ABSENT:
        return _absent(e, now)
    if news.state is OrderState.UNKNOWN:
        return replace(e, state=OrderState.UNKNOWN), ()
    if e.state in ENDED:
        return e, ()  # told before its end and come after it
    return _acknowledged(e, news, now, pace)


def lost(e: Execution, now: float) -> Step:
    """Take an order that IB, asked for everything, has never heard of.

    One of an earlier process was never sent, or its message never arrived: there is nothing to cancel.
    """
    if e.over:
        return replace(e, state=OrderState.ABSENT), ()
    return _absent(e, now) if e.sent else _never(e)


def executed(e: Execution, filled: int) -> Step:
    """Take the count of spreads that executions say are filled."""
    e = replace(e, filled=filled)
    if e.over:
        return (replace(e, state=OrderState.FILLED) if not e.remaining else e), ()
    if not e.remaining:
        e = replace(e, state=OrderState.FILLED, claimed=filled, code=0, text="")
    return _ended(e) if e.state in ENDED else (e, ())


def tick(e: Execution, now: float, pace: Pace, size: float) -> Step:
    """Do what is due; `size` is the tick of the combination. Not to be called while the session is down."""
    if e.state in ENDED:
        overdue = not e.over and now >= e.due
        return (replace(e, due=now + _PATIENCE), (Resolve(),)) if overdue else (e, ())
    if e.state is OrderState.UNKNOWN:
        return e, ()
    if e.cancelling or e.over:
        return _cancel(e, now, pace) if now >= e.due else (e, ())
    if e.order.action is Action.OPEN and now >= e.order.at + pace.lifetime:
        return stop(e, now, pace, why="its time is over")
    if e.state is OrderState.WORKING and e.limit is not None and now >= e.due:
        return _walk(e, e.limit, now, pace, size)
    return e, ()


def next_due(e: Execution, pace: Pace) -> float:
    """Return when `tick` may have something to do."""
    if e.over and not e.alive:
        return float("inf")
    if e.state is OrderState.UNKNOWN:
        return float("inf")
    if e.state in ENDED or e.cancelling or e.over:
        return e.due
    rung = e.due if e.state is OrderState.WORKING and e.limit is not None else float("inf")
    return min(rung, e.order.at + pace.lifetime) if e.order.action is Action.OPEN else rung


def stop(e: Execution, now: float, pace: Pace, then: Next | None = None, why: str = "") -> Step:
    """Cancel the order, and let `then` take its place once that is confirmed."""
    if e.over:
        return e, ()
    e = replace(e, cancelling=True, then=then or e.then, due=now, why=e.why or why)
    return (e, ()) if e.state is OrderState.UNKNOWN or e.state in ENDED else _cancel(e, now, pace)


def _walk(e: Execution, limit: float, now: float, pace: Pace, size: float) -> Step:
    if e.rung and e.confirmed != limit and e.asked < _ASKED:
        return replace(e, asked=e.asked + 1, due=now + pace.every), (Reprice(limit, again=True),)
    further = next_limit(e.order, limit, pace.step, size)
    if further is not None:
        return replace(e, limit=further, asked=1, rung=e.rung + 1, due=now + pace.every), (Reprice(further),)
    return stop(e, now, pace, _after(e.order), "nobody has taken its worst price")


def _cancel(e: Execution, now: float, pace: Pace) -> Step:
    return replace(e, due=now + pace.every), (Cancel(),)


def _acknowledged(e: Execution, news: OrderTold, now: float, pace: Pace) -> Step:
    doubted = e.state is OrderState.UNKNOWN
    first = e.state is not OrderState.WORKING and news.state is OrderState.WORKING
    confirmed = e.confirmed if news.net is None else price(e.order.action, news.net)
    e = replace(e, state=news.state, confirmed=confirmed, claimed=max(e.claimed, news.filled))
    if doubted and confirmed is not None and e.limit is not None and e.order.limit is not None:
        rung = math.ceil(abs(e.order.limit - confirmed) / pace.step - _SLACK) if pace.step else e.rung
        e = replace(e, limit=confirmed, rung=max(e.rung, rung))
    e = replace(e, code=news.code, text=news.text)
    if e.cancelling:
        return e, ()  # `tick` cancels again when that is due: at once it would go round with an IB that refuses cancels
    if len(news.perm_ids) > 1:
        return stop(e, now, pace, _after(e.order), "IB has made two of it")
    return (replace(e, due=now + pace.every) if first else e), ()


def _absent(e: Execution, now: float) -> Step:
    """Send an exit again, with the limit that it had come to; never an entry, nor what was to be cancelled."""
    again = (
        e.order.action is Action.CLOSE
        and not e.cancelling
        and e.placed < PLACEMENTS
        and e.remaining == e.order.quantity
    )
    if again:
        order = replace(e.order, limit=e.limit)
        return replace(e, state=OrderState.SENT, placed=e.placed + 1, sent=now), (Place(order),)
    ended, effects = _never(e)
    return ended, (Cancel(), *effects)


def _never(e: Execution) -> Step:
    state = OrderState.CANCELLED if e.filled else OrderState.REJECTED
    return _ended(replace(e, state=state, claimed=e.filled, text=e.text or _ABSENT))


def _ended(e: Execution) -> Step:
    if e.filled < e.claimed:
        return e, ()
    text = e.text or (e.why if e.state is OrderState.CANCELLED else "")
    done = e.then is not None and e.then.target is None and not e.remaining
    return replace(e, over=True), (End(e.state, e.filled, e.code, text, None if done else e.then),)


def _revived(e: Execution, news: OrderTold, now: float, pace: Pace) -> Step:
    """Cancel an ended order that lives; what it fills meanwhile is owned like any other fill."""
    if not e.remaining and len(news.perm_ids) < 2:
        return e, ()  # nothing of it can fill: this was told before its last fill
    known = e.alive
    e = replace(e, state=news.state)
    return _cancel(e, now, pace) if e.alive and not known else (e, ())


def _after(order: Order) -> Next | None:
    return Next(order.reason) if order.then_market else None
