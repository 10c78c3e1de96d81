"""One strategy at the trader: its logs, its ledger, and its orders on their way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from desk.orders.charges import Charges
from desk.orders.encoding import combo
from desk.orders.errors import JournalRefusedError
from desk.orders.execution import Execution, Next, adopt
from desk.orders.journal import Journal
from desk.orders.ledger import Ledger
from desk.orders.lines import Line, RiskLine
from messages.orders import Action, Book, Holding, Order, OrderState, Veto, Working


class Account:
    """What the trader keeps of one strategy.

    `executions` are its orders that have not ended, and ended ones that were seen alive. `next` has, by position, the
    market orders that are to follow a cancelled closing order, each with the spreads that it is to leave, and `risks`
    the red lines that are to be written with it. `refused` says why the last wishes were not fulfilled, `trouble` why
    the disk does not take lines. `charges` are commissions that the log does not have yet.
    """

    def __init__(self, strategy: str, journal: Journal) -> None:
        self.strategy = strategy
        self.ledger = Ledger.of(strategy, journal.lines)
        self.executions = {
            tracked.order.order_id: adopt(tracked.order, tracked.filled, over=False) for tracked in self.ledger.working
        }
        self.next: dict[str, Next] = {}
        self.risks: dict[str, tuple[RiskLine, ...]] = {}
        self.refused: tuple[Veto, ...] = ()
        self.trouble = ""
        self.charges = Charges()
        self._journal = journal
        self._waiting: list[Line] = []
        self._numbered = max(map(_number, self.ledger.orders), default=0)
        self._judged, self._troubles = self.ledger.version, self.ledger.troubles

    def commit(self, *lines: Line) -> None:
        """Write lines that something depends on; they are on disk when this returns. Raises JournalRefusedError."""
        if not self.flush():
            raise JournalRefusedError(self.trouble)
        try:
            self._journal.append(*lines)
        except JournalRefusedError as error:
            self.trouble = str(error)
            raise
        self.ledger.apply(*lines)

    def record(self, *lines: Line) -> None:
        """Write lines that tell what has happened. They count at once; a disk that refuses gets them later."""
        self.ledger.apply(*lines)
        self._waiting += lines
        self.flush()

    def flush(self) -> bool:
        """Write what waits for the disk; whether nothing does any more. What it refused before may be tried again."""
        if self._waiting:
            try:
                self._journal.append(*self._waiting)
            except JournalRefusedError as error:
                self.trouble = str(error)
                return False
            self._waiting.clear()
        self.trouble = ""
        return True

    def new_id(self, now: float) -> str:
        """Return an order id that no other order has or will have."""
        self._numbered += 1
        return f"{self.strategy}-{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%S}-{self._numbered}"

    def execution(self, order_id: str) -> Execution | None:
        """Return an order of this strategy as it stands; one that has ended counts as over."""
        if found := self.executions.get(order_id):
            return found
        tracked = self.ledger.orders.get(order_id)
        return adopt(tracked.order, tracked.filled, over=True) if tracked else None

    def keep(self, e: Execution) -> None:
        """Remember how an order stands; one that has ended and is not alive is left to the ledger."""
        if e.alive:
            self.executions[e.order.order_id] = e
        else:
            self.executions.pop(e.order.order_id, None)

    def holding(self, position: str) -> Holding | None:
        """Return an open position, None when it is not open."""
        return next((each for each in self.ledger.holdings if each.position == position), None)

    @property
    def working(self) -> tuple[Working, ...]:
        """Its orders on their way, as they are shown."""
        return tuple(map(_working, self.executions.values()))

    @property
    def troubles(self) -> tuple[str, ...]:
        """What cannot be right in its ledger."""
        if self._judged != self.ledger.version:
            self._judged, self._troubles = self.ledger.version, self.ledger.troubles
        return self._troubles

    def orders(self, position: str, action: Action) -> list[Execution]:
        """Return the orders of a position that may still fill."""
        alive = self.executions.values()
        return [e for e in alive if e.order.position == position and e.order.action is action]

    def closing(self, position: str) -> bool:
        """Whether something closes that position or is about to."""
        return position in self.next or bool(self.orders(position, Action.CLOSE))

    def doubtful(self) -> bool:
        """Whether it is not known what became of an opening."""
        openings = (e for e in self.executions.values() if e.order.action is Action.OPEN)
        return any(e.state is OrderState.UNKNOWN for e in openings)

    def book(self, day: date, *, ready: bool, trouble: str, asked: Iterable[Order] = ()) -> Book:
        """Return the book on that exchange day; `asked` are entries whose margin is being asked for."""
        book = self.ledger.book(day, ready=ready, trouble=trouble, refused=self.refused)
        unsent = (_working(Execution(order, limit=order.limit)) for order in asked)
        return replace(book, working=(*self.working, *unsent))


def legs_of(holding: Holding) -> Mapping[int, int]:
    """Return the signed contracts that a holding consists of, by conId."""
    legs = combo(holding.condor, Action.OPEN)
    return {leg.con_id: holding.quantity if leg.buy else -holding.quantity for leg in legs}


def each_holding(accounts: Iterable[Account]) -> Iterator[tuple[Account, Holding]]:
    """Give every open position with its owner."""
    for account in accounts:
        for holding in account.ledger.holdings:
            yield account, holding


def _number(order_id: str) -> int:
    """The last part of an order id; refused entries have had some that the log does not know."""
    number = order_id.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0


def _working(e: Execution) -> Working:
    order = e.order
    return Working(
        order.order_id, order.position, order.action, order.quantity, e.filled, e.limit, e.state, order.reason
    )
