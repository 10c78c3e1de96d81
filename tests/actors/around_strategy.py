"""What surrounds a StrategyActor in its tests: a trader that keeps books, a broker that quotes, a lake."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from actors.strategy import StrategyActor
from desk.config.model import Supervision
from desk.runtime.actor import Actor
from desk.runtime.child import ChildSpec
from desk.runtime.simulation import SimulatedSystem
from desk.runtime.supervision import Supervisor
from messages.contract import Bar, Contract, Quote
from messages.data import Recorded, RecordedWanted, Seen, Stored
from messages.market import Bars, BarsWanted, ChainQuotes, ChainWanted, Spots, SpotsWanted
from messages.orders import Book, BookWanted, Enter, Exit, Veto, Wishes
from messages.system import Report
from strategies.base import Strategy
from strategies.params import Params
from tests.strategies.made import DAY, clock


@dataclass
class Surroundings:
    """Books by instance, and what was asked and told."""

    books: dict[str, Book] = field(default_factory=dict)
    asked: list[object] = field(default_factory=list)
    wishes: list[Wishes] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    readers: dict[str, str] = field(default_factory=dict)
    quote: Callable[[Contract, float], Quote | None] = lambda contract, t: None
    chain: Callable[[ChainWanted, float], ChainQuotes] = lambda wanted, t: ChainQuotes("", wanted.selection, 0, ())
    bars: Callable[[BarsWanted], tuple[Bar, ...]] = lambda wanted: ()
    recorded: Callable[[str, float], tuple[Quote, ...]] = lambda symbol, t: ()
    silent: set[str] = field(default_factory=set)
    fulfil: Callable[[Book, Wishes], Book] = lambda book, wishes: replace(book, version=book.version + 1)

    def of(self, kind: type) -> list[object]:
        return [each for each in self.asked if isinstance(each, kind)]

    def wished(self, kind: type[Enter] | type[Exit] | type[object] = object) -> list[object]:
        return [wish for each in self.wishes for wish in each.wishes if isinstance(wish, kind)]


def _actor(name: str, around: Surroundings, handle: Callable[[Actor, object], None]) -> ChildSpec:
    class Neighbour(Actor):
        kind = name

        def receive(self, message: object) -> object:
            around.asked.append(message)
            if name not in around.silent:
                handle(self, message)
            return None

    return ChildSpec(name, Neighbour)


def _trader(around: Surroundings) -> ChildSpec:
    def handle(actor: Actor, message: object) -> None:
        match message:
            case BookWanted(reply_to, strategy):
                around.readers[strategy] = reply_to
                actor.context.tell(reply_to, around.books[strategy])
            case Wishes(strategy=strategy):
                around.wishes.append(message)
                book = around.books[strategy]
                stale = message.version != book.version or actor.context.clock.time() > message.deadline
                refused = (Veto("version", "the book has moved on"),) if stale else ()
                around.books[strategy] = replace(book if stale else around.fulfil(book, message), refused=refused)
                actor.context.tell(around.readers[strategy], around.books[strategy])

    return _actor("trader", around, handle)


def _broker(around: Surroundings) -> ChildSpec:
    def handle(actor: Actor, message: object) -> None:
        now = actor.context.clock.time()
        match message:
            case SpotsWanted(reply_to, correlation, contracts):
                quotes = tuple(around.quote(contract, now) for contract in contracts)
                actor.context.tell(reply_to, Spots(correlation, quotes))
            case ChainWanted(reply_to, correlation):
                actor.context.tell(reply_to, replace(around.chain(message, now), correlation=correlation))
            case BarsWanted(reply_to, correlation, contract, what):
                actor.context.tell(reply_to, Bars(correlation, contract, what, around.bars(message)))

    return _actor("broker", around, handle)


def _persistence(around: Surroundings) -> ChildSpec:
    def handle(actor: Actor, message: object) -> None:
        match message:
            case Seen(reply_to, correlation):
                around.seen.append(message)
                actor.context.tell(reply_to, Stored(correlation, 1))
            case RecordedWanted(reply_to, correlation, symbol):
                quotes = around.recorded(symbol, actor.context.clock.time())
                actor.context.tell(reply_to, Recorded(correlation, quotes))

    return _actor("persistence", around, handle)


@dataclass
class Stage:
    """A strategy or two among their surroundings, in virtual time."""

    system: SimulatedSystem
    supervisor: Supervisor
    around: Surroundings

    day: date = DAY

    def until(self, time: str) -> None:
        self.system.run_until(clock(time, self.day))

    def report(self, instance: str = "mine") -> Report:
        self.system.reports()
        self.system.run_for(0.01)
        return next(each for each in self.system.reports() if each.name == f"strategy-{instance}")


@contextmanager
def stage(
    around: Surroundings,
    *strategies: Strategy[Params],
    start: str = "09:40",
    day: date = DAY,
    on_shutdown: str = "keep",
) -> Iterator[Stage]:
    """Instances `mine`, `mine2`, … beside the rest, from `start` on that day."""
    system = SimulatedSystem(datetime.fromtimestamp(clock(start, day), UTC), Supervision(stop_timeout=600), 1)
    supervisor = Supervisor(system)
    specs = [_persistence(around), _broker(around), _trader(around)]
    for number, strategy in enumerate(strategies, 1):
        instance = "mine" if number == 1 else f"mine{number}"
        around.books.setdefault(instance, Book(instance, 1, ready=True))
        specs.append(
            ChildSpec(
                f"strategy-{instance}",
                lambda context, s=strategy, i=instance: StrategyActor(context, s, i, on_shutdown),  # type: ignore[misc]  # bound per turn
            )
        )
    supervisor.start(specs)
    try:
        yield Stage(system, supervisor, around, day)
        if not supervisor.ended.is_set():
            supervisor.stop()
            system.run_for(900)
    finally:
        system.close()
