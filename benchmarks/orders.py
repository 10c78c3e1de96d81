"""From a decision to bytes on the socket: strategy, trader and broker as the desk runs them, at real speed.

A probe in the place of a strategy opens condors and closes them at market, one order at a time, against the paper
gateway in a process of its own, as TWS is; nothing is accelerated, and market time runs at the wall's pace whoever is
late. Three ways are timed: an exit (which no what-if precedes) from the end of `decide` to the bytes of placeOrder; an
entry from the end of `decide` to the bytes of its what-if, and from the what-if's answer to the bytes of placeOrder.
Once with nothing else to do, and once while one collection cycle of several symbols keeps the pacing saturated. Each is
held against a bare write and fsync of a log line's bytes, in a third process beside it. Exit code 1 when a target is
missed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ClassVar

from ib_async import Contract as IBContract
from ib_async import Order as IBOrder
from ib_async import OrderState as IBOrderState
from ib_async.client import Client
from ib_async.wrapper import Wrapper
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from commands.crash import processes
from commands.crash.clock import SharedClock
from commands.desk import Desk, up
from commands.folders import open_run
from desk.config import model
from desk.market.calendar import at
from desk.orders.journal import TRADES
from messages.contract import Contract, Quote
from messages.market import Selection
from messages.orders import Condor, Enter, Exit
from strategies.base import Decision, State, Strategy, View
from strategies.params import Params
from strategies.registry import register

DAY = model.Clock().day
SLOT = 1.0 / model.Broker().messages_per_second
BUSY, IDLE = SLOT + 0.020, 0.005
"""Seconds that the ninety-ninth order of a hundred may take beyond a bare fsync: pacing saturated, and queue empty."""
EXIT, WHAT_IF, ENTRY = "decide to exit", "decide to what-if", "what-if to entry"
GREEKS = 1.0
"""Seconds that quotes wait for Greeks: with IB's hundred lines, longer ones would keep messages below the pacing."""
SPAN = 300.0
"""Seconds between cycles: one is never over while it is measured."""
POLL = 0.1
LEAD = 4.0
"""Seconds until the collectors' first slot."""
LATENCY = 0.3
"""Factor on the gateway's latencies: the sooner orders fill, the more of them can be timed."""
PATIENCE = 60.0
"""Seconds that a desk may take to send its first order, and to fill its queue."""
CHAIN = Selection("SPX", "IND", "CBOE", "SPXW", 0, 0, "first", 0.01, 0.01, 5.0, out_of_the_money=True)


_PAUSE = 0.05
"""Seconds between two bare fsyncs."""


@dataclass(slots=True)
class Stopwatch:
    """When the probe decided and when the what-if was answered, and how long each way took, in seconds."""

    decided: float | None = None
    answered: float | None = None
    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def reset(self) -> None:
        """Forget the last desk's."""
        self.decided = self.answered = None
        self.took.clear()

    def sent(self, *, what_if: bool) -> None:
        """Note that the bytes of an order are on the socket; of changes of a working order nobody asked."""
        now = time.perf_counter()
        if what_if and self.decided is not None:
            self.took[WHAT_IF].append(now - self.decided)
        elif self.answered is not None:
            self.took[ENTRY].append(now - self.answered)
            self.answered = None
        elif not what_if and self.decided is not None:
            self.took[EXIT].append(now - self.decided)
        self.decided = None


WATCH = Stopwatch()


class ProbeParams(Params):
    """How many condors the probe opens before it closes them again."""

    open: int = 1


@register("probe")
class Probe(Strategy[ProbeParams]):
    """Opens so many condors, one after the other, then closes them at market, and begins anew."""

    params_type: ClassVar[type[ProbeParams]] = ProbeParams
    condor: ClassVar[Condor | None] = None
    closing: ClassVar[bool] = False

    @property
    def poll(self) -> float:
        """See `Strategy.poll`."""
        return POLL

    def decide(self, view: View, state: State) -> Decision:
        """One order at a time; the clock starts where this ends."""
        decision = self._decide(view, state)
        if decision.actions:
            WATCH.decided = time.perf_counter()
        return decision

    def _decide(self, view: View, state: State) -> Decision:
        book = state.book
        if not book.ready or book.working:
            return Decision()
        if Probe.closing and book.holdings:
            return Decision((Exit(book.holdings[0].position, book.holdings[0].quantity, "probe"),))
        Probe.closing = len(book.holdings) >= self.params.open
        if Probe.closing:
            return self._decide(view, state)
        return self._open(view)

    def _open(self, view: View) -> Decision:
        if Probe.condor is None:
            chain = view.chain(CHAIN)
            if chain is None:
                return Decision(wants=(CHAIN,))
            Probe.condor = _condor(chain.quotes)
            if Probe.condor is None:
                return Decision()
        legs = Probe.condor.legs
        if missing := view.missing(*legs):
            return Decision(wants=missing)
        limit = _natural([view.quote(leg) for leg in legs])
        if limit is None or limit <= 0:
            return Decision()
        return Decision((Enter(Probe.condor, 1, limit, max(0.05, limit - 1.0), limit),))


def _condor(quotes: Sequence[Quote]) -> Condor | None:
    """Shorts next to the money, wings ten points out, so that there is something to be received."""
    puts, calls = (
        sorted((quote.contract for quote in quotes if quote.contract.right == right), key=_strike) for right in "PC"
    )
    if len(puts) < 3 or len(calls) < 3:
        return None
    return Condor(puts[-1], puts[-3], calls[0], calls[2])


def _strike(contract: Contract) -> float:
    return contract.strike


def _natural(quotes: Sequence[Quote | None]) -> float | None:
    """What selling at the bids and buying at the asks pays, on the tick."""
    total = 0.0
    for quote, sold in zip(quotes, (True, False, True, False), strict=True):
        side = None if quote is None else quote.bid if sold else quote.ask
        if side is None:
            return None
        total += side if sold else -side
    return round(int(total / 0.05) * 0.05, 2)


@contextmanager
def tapped() -> Iterator[None]:
    """Note when orders leave and when what-ifs are answered, on ib_async's own classes."""
    place, opened = Client.placeOrder, Wrapper.openOrder

    def placing(self: Client, number: int, contract: IBContract, order: IBOrder) -> None:
        place(self, number, contract, order)  # type: ignore[no-untyped-call]  # ib_async has no types here
        WATCH.sent(what_if=order.whatIf)

    def opening(self: Wrapper, number: int, contract: IBContract, order: IBOrder, state: IBOrderState) -> None:
        if order.whatIf:
            WATCH.answered = time.perf_counter()
        opened(self, number, contract, order, state)

    Client.placeOrder, Wrapper.openOrder = placing, opening  # type: ignore[method-assign, assignment]  # a tap
    try:
        yield
    finally:
        Client.placeOrder, Wrapper.openOrder = place, opened  # type: ignore[method-assign]


def bare_syncs(logs: Path, parent: Connection) -> None:
    """Write and sync the bytes of the log's first line again and again, into a file of its own beside the log.

    Tells `parent`, once that says something, the seconds that each took, and those by which this process woke up too
    late each time: how busy the machine is with other things.
    """
    log, took, late = logs / "probe" / TRADES, list[float](), list[float]()
    while True:
        began = time.perf_counter()
        if parent.poll(_PAUSE):
            break
        late.append(time.perf_counter() - began - _PAUSE)
        line = log.read_bytes().partition(b"\n")[0] + b"\n" if log.exists() else b""
        if len(line) < 100:
            continue
        handle = os.open(logs / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        began = time.perf_counter()
        os.write(handle, line)
        os.fsync(handle)
        took.append(time.perf_counter() - began)
        os.close(handle)
    parent.send((took, late))


@contextmanager
def beside(target: Callable[..., None], *arguments: object) -> Iterator[Connection]:
    """A process that runs `target(*arguments, pipe)` inside the block; gives the other end of the pipe."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(*arguments, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        process.kill()
        process.join()


@dataclass(frozen=True, slots=True)
class Way:
    """One way's figures in milliseconds; `target` is the bare fsync's and what is allowed on top of it."""

    load: str
    way: str
    orders: int
    median: float
    p99: float
    longest: float
    target: float

    @property
    def met(self) -> bool:
        """Whether the target is met by enough orders to speak of a p99."""
        return self.orders >= 10 and self.p99 <= self.target


@dataclass(frozen=True, slots=True)
class Run:
    """A desk's ways, the bare fsync beside them, and how busy its queue was.

    `waiting` is the share of looks at which collection waited in the queue, `rate` the median of the messages a second.
    `late_p99` is how late a sleeping process woke up: where that is long, the machine was busy with other things.
    """

    ways: tuple[Way, ...]
    bare_median: float
    bare_p99: float
    late_p99: float
    waiting: float
    rate: float


def config_of(folder: Path, *, busy: bool) -> model.Config:
    """The desk of a run: the probe, its limits out of the way, and collectors that ask for more than can be sent."""
    symbols = ("SPY", "QQQ", "IWM") if busy else ()
    return model.Config(
        data=str(folder),
        gateway=model.Gateway(latency=LATENCY),
        broker=model.Broker(greeks_deadline=GREEKS),
        persistence=model.Persistence(housekeeping=False),
        limits=model.Limits(max_open_risk=1e9, max_daily_loss=1e9, max_condors=10_000),
        collectors=tuple(
            model.Collector(symbol=each, interval=SPAN, dte_min=0, dte_max=365, window=0.4, strike_step=1.0)
            for each in symbols
        ),
        strategies=(model.Strategy(name="probe", params={"open": 10}),),
    )


def measure(folder: Path, seconds: float, *, busy: bool) -> Run:
    """Run a desk for so long and take its times."""
    WATCH.reset()
    Probe.condor, Probe.closing = None, False
    paper, clock = config_of(folder, busy=busy), SharedClock(at(DAY, "10:00") - LEAD, time.monotonic(), 1.0)
    with beside(processes.gateway, paper, folder / "gateway", clock) as gateway:
        there = model.Gateway(kind="ib", port=gateway.recv())
        config = paper.model_copy(update={"gateway": there})
        looks = list[dict[str, Any]]()
        desk_up = up(config, open_run(config, named=True), clock=clock)
        with tapped(), desk_up as desk, beside(bare_syncs, desk.run.logs) as syncs:
            _warm(desk, busy=busy)
            WATCH.took.clear()
            ends = time.monotonic() + seconds
            while time.monotonic() < ends:
                time.sleep(0.25)
                looks.append(_broker(desk))
            took = {way: list(times) for way, times in WATCH.took.items()}
            syncs.send("over")
            bare, late = syncs.recv()
    rates = [float(look["messages_per_second"]) for look in looks]
    allowed = 1e3 * (quantile(bare, 0.99) + (BUSY if busy else IDLE))
    load = "full" if busy else "idle"
    ways = tuple(_way(load, way, took.get(way, []), allowed) for way in (EXIT, WHAT_IF, ENTRY))
    waiting = sum(map(_queued, looks)) / len(looks)
    beneath = (1e3 * quantile(bare, 0.5), 1e3 * quantile(bare, 0.99), 1e3 * quantile(late, 0.99))
    return Run(ways, *beneath, waiting, quantile(rates, 0.5))


def _warm(desk: Desk, *, busy: bool) -> None:
    """Wait until orders flow and, where they should, collectors wait for their turn."""
    ends = time.monotonic() + PATIENCE
    while not WATCH.took[ENTRY] or (busy and not _queued(_broker(desk))):
        if time.monotonic() > ends:
            raise SystemExit("the desk did not get that far")
        time.sleep(0.1)


def _broker(desk: Desk) -> dict[str, Any]:
    return next((each.facts for each in desk.system.reports() if each.name == "broker"), {})


def _queued(look: dict[str, Any]) -> bool:
    """Whether collection waits for its turn; a broker that starts has no queue yet."""
    return bool(look.get("queue", {}).get("collection"))


def _way(load: str, way: str, times: Sequence[float], target: float) -> Way:
    median, p99, longest = (1e3 * quantile(times, share) for share in (0.5, 0.99, 1.0))
    return Way(load, way, len(times), median, p99, longest, target)


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share does not exceed, the next higher one where it falls between two; NaN of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def show(runs: Sequence[Run]) -> None:
    """Print the figures."""
    table = Table("queue", "ms", "orders", "median", "p99", "longest", "target", "", box=None)
    for run in runs:
        for way in run.ways:
            figures = (f"{value:.2f}" for value in (way.median, way.p99, way.longest, way.target))
            table.add_row(way.load, way.way, str(way.orders), *figures, "met" if way.met else "MISSED")
    console = Console()
    console.print(table)
    for run in runs:
        console.print(
            f"queue {run.ways[0].load}: bare fsync {run.bare_median:.2f} ms (p99 {run.bare_p99:.2f} ms); "
            f"{run.rate:.0f} messages/s, collection waiting in {run.waiting:.0%} of looks; "
            f"a sleeping process woke up to {run.late_p99:.2f} ms late (p99)"
        )


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="12 s a run instead of 120 s")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    seconds = 12.0 if arguments.quick else 120.0
    with tempfile.TemporaryDirectory() as folder:
        runs = [measure(Path(folder) / f"{busy}", seconds, busy=busy) for busy in (False, True)]
    saturated = runs[1].waiting >= 0.9
    met = saturated and all(way.met for run in runs for way in run.ways)
    if arguments.json:
        print(json.dumps({"runs": [asdict(run) for run in runs], "saturated": saturated, "met": met}))
    else:
        show(runs)
        if not saturated:
            Console().print("MISSED  the collectors did not keep the pacing saturated")
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
