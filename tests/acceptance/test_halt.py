"""The kill switch, drilled: thrown while orders are in flight, in force across restarts, lifted; thrown to flatten."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from commands.compose import Endpoint, Folders, children
from commands.crash import book as books
from commands.crash import check
from commands.crash import logs as trades
from commands.crash.logs import Intent
from commands.crash.rounds import CONFIG
from commands.options import Options
from commands.settings import settings
from commands.virtual import PORT, VirtualDesk, virtual
from desk.config import Config
from desk.gateway.exchange.blotter import Blotter
from desk.gateway.exchange.model import Order
from desk.orders import halt
from desk.orders.halt import Halt
from desk.runtime.supervision import Supervisor
from tests.acceptance.running import read_until, spawn, supervisor

MINUTE = 60.0
ON_ITS_WAY = 1.0
"""Market seconds that an order takes at most from the gate to the gateway."""


class Drill:
    """The desk of the crash matrix in virtual time, with the gateway's book and the switch at hand."""

    def __init__(self, desk: VirtualDesk) -> None:
        self.desk, self.supervisor = desk, desk.supervisor

    @property
    def now(self) -> float:
        return self.desk.system.clock.time()

    @property
    def blotter(self) -> Blotter:
        assert self.desk.gateway._orders is not None
        return self.desk.gateway._orders._exchange.blotter

    @property
    def orders(self) -> list[Order]:
        return list(self.blotter.orders.values())

    @property
    def entries(self) -> list[Order]:
        return [order for order in self.orders if order.request.limit is not None and order.request.limit < 0]

    @property
    def held(self) -> bool:
        return bool(self.blotter.ledger.held())

    @property
    def intents(self) -> tuple[Intent, ...]:
        return trades.read(self.desk.folder / "logs").intents

    @property
    def under_way(self) -> int:
        """Orders that have not ended, by the log."""
        return trades.read(self.desk.folder / "logs").open

    def until(self, found: Callable[[], bool], minutes: float = 10.0) -> None:
        self.desk.system.run_until(self.now + minutes * MINUTE, found)
        assert found()

    def pass_by(self, minutes: float) -> None:
        self.desk.system.run_for(minutes * MINUTE)

    def throw(self, *, flatten: bool = False) -> float:
        halt.write(self.desk.folder, Halt("drill", flatten=flatten, at=self.now))
        return self.now

    def restart(self) -> None:
        self.stop()
        self.supervisor = Supervisor(self.desk.system)
        folders = Folders(self.desk.folder / "logs", self.desk.folder)
        endpoint = Endpoint(self.desk.config.gateway.host, PORT)
        self.supervisor.start(children(self.desk.config, self.desk.folder / "lake", endpoint, folders))

    def stop(self) -> None:
        self.supervisor.stop()
        self.until(self.supervisor.ended.is_set, 5.0)

    def entered_since(self, halted: float) -> list[str]:
        """Entries written, and entries at the gateway, after the switch was thrown."""
        written = [intent.ref for intent in self.intents if intent.opens and intent.at > halted]
        return written + [each.request.order_ref for each in self.entries if each.created > halted + ON_ITS_WAY]

    def closed_since(self, halted: float) -> list[Intent]:
        return [intent for intent in self.intents if not intent.opens and intent.at > halted]


def config(folder: Path) -> Config:
    """Two of the matrix's strategies, which look less often: virtual time is as dear as what happens in it."""
    shipped = settings(Options(CONFIG, data=folder))
    chosen = [each.model_copy(update={"params": {**each.params, "poll": 5.0}}) for each in shipped.strategies[:2]]
    return shipped.model_copy(update={"strategies": tuple(chosen)})


@contextmanager
def drill(folder: Path) -> Iterator[Drill]:
    with virtual(config(folder), folder, "09:45") as desk:
        drilled = Drill(desk)
        yield drilled
        drilled.stop()


def partly(order: Order) -> bool:
    return order.working and 0 < order.filled < order.request.quantity


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(lambda d: any(order.working for order in d.entries), id="an entry works"),
        pytest.param(lambda d: any(map(partly, d.entries)), id="an entry has filled in part"),
        pytest.param(lambda d: any(o.working for o in d.orders if o not in d.entries), id="an exit works"),
    ],
)
def test_halted_in_flight_across_a_restart_and_resumed(tmp_path: Path, moment: Callable[[Drill], bool]) -> None:
    with drill(tmp_path) as drilled:
        drilled.until(lambda: moment(drilled))
        halted = drilled.throw()
        drilled.until(lambda: not any(order.working for order in drilled.entries), 0.5)
        drilled.restart()
        drilled.pass_by(2)
        assert drilled.entered_since(halted) == []
        assert not drilled.held or drilled.closed_since(halted)
        halt.clear(tmp_path)
        resumed = drilled.now
        drilled.until(lambda: any(order.created > resumed for order in drilled.entries))


def test_exits_go_on_while_halted(tmp_path: Path) -> None:
    with drill(tmp_path) as drilled:
        drilled.until(lambda: drilled.held and not drilled.under_way)
        halted = drilled.throw()
        drilled.until(lambda: not drilled.held, 60.0)
        assert drilled.closed_since(halted)
        assert drilled.entered_since(halted) == []


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(lambda d: d.held and any(o.working for o in d.entries), id="beside an entry"),
        pytest.param(lambda d: any(map(partly, d.entries)), id="with an entry filled in part"),
        pytest.param(
            lambda d: any(partly(o) for o in d.orders if o not in d.entries), id="with an exit filled in part"
        ),
    ],
)
def test_flattened_once_however_often_it_is_thrown(tmp_path: Path, moment: Callable[[Drill], bool]) -> None:
    with drill(tmp_path) as drilled:
        drilled.until(lambda: moment(drilled))
        halted = drilled.throw()
        drilled.throw(flatten=True)
        drilled.throw(flatten=True)
        drilled.until(lambda: not drilled.held and not any(order.working for order in drilled.orders), 5.0)
        drilled.throw(flatten=True)
        drilled.pass_by(1)
        assert drilled.entered_since(halted) == []
        opened = {i.position: i.quantity for i in drilled.intents if i.opens}
        filled = {each.request.order_ref: each.filled for each in drilled.orders}
        for position in opened:
            closing = [i.ref for i in drilled.intents if i.position == position and not i.opens]
            assert sum(filled.get(ref, 0.0) for ref in closing) == filled.get(position, 0.0)
        assert not drilled.held


@pytest.mark.timeout(300)
def test_from_another_shell_while_a_desk_runs_and_is_killed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    command = ["run", "--config", str(CONFIG), "--data", str(data), "--start", "09:45", "--until", "15:00"]
    command += ["--speed", "20"]
    with spawn(*command) as process:
        read_until(process, lambda line: "fill" in line)
        shells = [spawn("halt", "--flatten", "--config", str(CONFIG), "--data", str(data)) for _ in range(2)]
        assert [shell.wait() for shell in shells] == [0, 0]
        read_until(process, lambda _: books.read(data).quiet)
        process.kill()
    _close(shells)
    before = books.read(data).orders
    with spawn(*command) as process:
        for _ in range(10):
            read_until(process, lambda line: "halted" in line)
        assert books.read(data).orders == before
        assert supervisor("resume", "--config", str(CONFIG), "--data", str(data)).returncode == 0
        read_until(process, lambda line: "order sent" in line)
        process.kill()
    book, logs = books.read(data), trades.read(data / "logs")
    assert check.always(book, logs, most=1) + check.real(book, logs) == []


def _close(shells: list[subprocess.Popen[str]]) -> None:
    for shell in shells:
        assert shell.stdout is not None
        shell.stdout.close()
