"""kill -9 of a gateway while orders fill: everything a client was told is still so when it is started again."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from ib_async import IB, CommissionReport, Contract, Fill, MarketOrder, Trade

from tests.gateway.exchange.test_over_the_wire import condor, put, until
from tests.gateway.serving import connected

REPO = Path(__file__).resolve().parents[3]
KILLS = int(os.environ.get("CONDOR_KILLS", "2"))
"""Kills in the test; the long form is CONDOR_KILLS=100."""
SIZE = 15
"""Contracts of each order: two fills, because 12 at most are displayed."""
CASH = 100_000_000.0


@dataclass
class Told:
    """What a client has been told over all lives of the gateway."""

    prices: dict[str, tuple[str, float, float]] = field(default_factory=dict)
    costs: dict[str, float] = field(default_factory=dict)
    filled: dict[int, float] = field(default_factory=dict)
    ids: set[int] = field(default_factory=set)


@contextmanager
def gateway(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, "-m", "tests.gateway.exchange.killed", str(folder)]
    with subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


async def check(ib: IB, told: Told) -> None:
    """Whether the gateway still says what it said, and, once nothing fills any more, whether that adds up."""
    ib.reqGlobalCancel()
    await until(ib, lambda: not ib.openTrades() and adds_up(ib))
    fills = {fill.execution.execId: fill for fill in ib.fills()}
    for exec_id, what in told.prices.items():
        done = fills[exec_id].execution
        assert (done.side, done.shares, done.price) == what
    for exec_id, cost in told.costs.items():
        assert fills[exec_id].commissionReport.commission == cost
    combined = {fill.execution.permId for fill in fills.values() if fill.contract.secType == "BAG"}
    filled: defaultdict[int, float] = defaultdict(float)
    for fill in fills.values():
        if fill.contract.secType == "BAG" or fill.execution.permId not in combined:
            filled[fill.execution.permId] += fill.execution.shares
    for perm_id, quantity in told.filled.items():
        assert filled[perm_id] >= quantity
    assert ib.client.getReqId() > max(told.ids, default=0)


def adds_up(ib: IB) -> bool:
    """Whether positions and cash are what all executions make them."""
    held: defaultdict[int, float] = defaultdict(float)
    cash = CASH
    for fill in ib.fills():
        if fill.contract.secType != "BAG":
            done = fill.execution
            signed = done.shares if done.side == "BOT" else -done.shares
            held[fill.contract.conId] += signed
            cash -= signed * done.price * 100 + fill.commissionReport.commission
    (value,) = [v for v in ib.accountValues() if v.tag == "TotalCashValue" and v.currency == "USD"]
    positions = {held.contract.conId: held.position for held in ib.positions()}
    return positions == {key: q for key, q in held.items() if q} and abs(float(value.value) - cash) < 0.01


class Life:
    """A client of one life of the gateway: it keeps orders going, notes what it is told, and kills meanwhile."""

    def __init__(self, ib: IB, told: Told, random: Random, kill: Callable[[], None]) -> None:
        self._ib = ib
        self._told = told
        self._random = random
        self._kill = kill
        self._left = random.randint(20, 150)
        self._contracts: list[Contract] = []
        ib.execDetailsEvent += self._on_fill
        ib.commissionReportEvent += self._on_cost
        ib.orderStatusEvent += self._on_status
        ib.errorEvent += self._on_error

    async def live(self) -> None:
        """Trade until the connection is gone."""
        over = asyncio.Event()
        self._ib.disconnectedEvent += over.set
        self._contracts = [await condor(self._ib), await put(self._ib, 2780), await put(self._ib, 2860, "C")]
        for _ in range(5):
            self._place()
        await over.wait()

    def _place(self) -> None:
        contract, action = self._random.choice(self._contracts), self._random.choice(["BUY", "SELL"])
        self._ib.placeOrder(contract, MarketOrder(action, SIZE, tif="GTC"))

    def _on_fill(self, _trade: Trade, fill: Fill) -> None:
        done = fill.execution
        self._told.prices[done.execId] = done.side, done.shares, done.price
        self._count()

    def _on_cost(self, _trade: Trade, fill: Fill, report: CommissionReport) -> None:
        self._told.costs[fill.execution.execId] = report.commission

    def _on_status(self, trade: Trade) -> None:
        status = trade.orderStatus
        if status.permId:
            self._told.ids.add(trade.order.orderId)
            self._told.filled[status.permId] = max(self._told.filled.get(status.permId, 0.0), status.filled)
        if status.status == "Filled":
            self._place()
        self._count()

    def _on_error(self, _number: int, code: int, _text: str, _contract: object) -> None:
        if code == 201:
            self._place()

    def _count(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._kill()


async def one_life(port: int, told: Told, random: Random, kill: Callable[[], None]) -> None:
    ib = IB()
    await ib.connectAsync("127.0.0.1", port, clientId=1, timeout=5, raiseSyncErrors=True)
    await check(ib, told)
    await Life(ib, told, random, kill).live()


async def last_look(port: int, told: Told) -> None:
    async with connected(port) as ib:
        await check(ib, told)


@pytest.mark.timeout(60 + 20 * KILLS)
def test_what_was_told_is_still_so_after_a_kill(tmp_path: Path) -> None:
    told, random = Told(), Random(KILLS)
    for _ in range(KILLS):
        with gateway(tmp_path) as (process, port):
            asyncio.run(one_life(port, told, random, process.kill))
    assert len(told.prices) > 10 * KILLS
    with gateway(tmp_path) as (_, port):
        asyncio.run(last_look(port, told))
