"""One order as IB has told it: every permanent id ever seen for its orderRef, and the state that follows from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ib_async import Contract as IBContract
from ib_async import Order as IBOrder

from desk.ib.orders import bag
from messages.orders import ENDED, Action, Order, OrderState, OrderTold

_FINAL = frozenset({"Filled", "Cancelled", "ApiCancelled"})
"""Statuses that no order leaves again: what comes after them is old news."""
ENDING = _FINAL | {"Inactive"}
"""Statuses of which nothing fills, at least for now."""
STATUSES = ENDING | {"PendingSubmit", "ApiPending", "PreSubmitted", "Submitted", "PendingCancel"}
"""Every status that IB tells; ib_async makes up others, which never come over the wire."""


class Awaited(StrEnum):
    """What was sent and is not answered."""

    NOTHING = ""
    PLACED = "placement"
    REPLACED = "change"
    CANCELLED = "cancel"


@dataclass(slots=True)
class Seen:
    """What IB says of one permanent id."""

    status: str
    filled: int = 0

    @property
    def live(self) -> bool:
        """Whether some of it may still fill."""
        return self.status not in ENDING


@dataclass(slots=True)
class Record:
    """An order by its orderRef. `state` is None until it is sent or IB tells of it. Times are market time.

    `number` is IB's order number for client `client_id`; `contract` and `terms` are as they were sent, or as IB has
    shown them since. `net` is the limit that IB has confirmed last, `asked` the one under way. `done` counts spreads by
    the BAG's executions. `turn` grows with everything that is to be sent, so that what waits for its turn knows whether
    it is still wanted; IB has until `due` to answer what is awaited. `misses` counts looks in which the order was
    nowhere, `missed` is when the last of them began.
    """

    order_id: str
    order: Order | None = None
    state: OrderState | None = None
    number: int | None = None
    client_id: int = -1
    perms: dict[int, Seen] = field(default_factory=dict)
    quantity: int = 0
    contract: IBContract | None = None
    terms: IBOrder | None = None
    net: float | None = None
    asked: float | None = None
    done: int = 0
    code: int = 0
    text: str = ""
    awaited: Awaited = Awaited.NOTHING
    turn: int = 0
    due: float = 0.0
    heard: float = 0.0
    misses: int = 0
    missed: float = 0.0
    told: OrderTold | None = None

    @property
    def live(self) -> bool:
        """Whether IB says that some of it may still fill."""
        return any(seen.live for seen in self.perms.values())

    @property
    def doubled(self) -> bool:
        """Whether IB has made two live orders of it: what a change over a bad connection can do."""
        return sum(1 for seen in self.perms.values() if seen.live) > 1

    @property
    def entry(self) -> bool:
        """Whether it opens; of an earlier process's order IB's terms tell."""
        if self.order is not None:
            return self.order.action is Action.OPEN
        return self.terms is not None and bag.is_entry(self.terms)

    @property
    def ended(self) -> bool:
        """Whether IB says that nothing of it will fill any more."""
        return self.state in ENDED

    @property
    def filled(self) -> int:
        """Spreads filled: by executions or, while those are on their way, by IB's count."""
        return max(self.done, sum(seen.filled for seen in self.perms.values()))

    def saw(self, perm_id: int, status: str, filled: int, now: float) -> None:
        """Take in a status of one permanent id (0: none given yet)."""
        self.heard = now
        if perm_id:
            self.perms.pop(0, None)
        elif any(self.perms):
            return
        seen = self.perms.setdefault(perm_id, Seen(status))
        seen.filled = max(seen.filled, filled)
        if seen.status not in _FINAL:
            seen.status = status
        self.settle()

    def settle(self) -> None:
        """Let the state follow from what was seen, and end the wait for an answer that this is."""
        self.state = self._derived()
        self.misses = 0
        if self.awaited is Awaited.PLACED or self.ended:
            self.awaited, self.asked = Awaited.NOTHING, None

    def _derived(self) -> OrderState | None:
        statuses = {seen.status for seen in self.perms.values()}
        if self.live:
            return OrderState.WORKING
        if "Filled" in statuses or 0 < self.quantity <= self.filled:
            return OrderState.FILLED
        if "Inactive" in statuses or (statuses and self.state is OrderState.REJECTED):
            return OrderState.REJECTED
        return OrderState.CANCELLED if statuses else self.state

    def doubt(self, code: int, text: str) -> None:
        """Take nothing for granted until IB has been asked."""
        self.state = OrderState.UNKNOWN
        self.awaited, self.asked, self.misses = Awaited.NOTHING, None, 0
        self.code, self.text = code, text

    def telling(self, now: float) -> OrderTold:
        """Say what is known; what waits for its turn counts as sent."""
        return OrderTold(
            order_id=self.order_id,
            state=OrderState.SENT if self.state in {None, OrderState.INTENT} else self.state,
            at=now,
            filled=self.filled,
            remaining=max(0, self.quantity - self.filled),
            net=self.net,
            perm_ids=tuple(sorted(filter(None, self.perms))),
            code=self.code,
            text=self.text,
        )
