"""Whatever happens in whatever order: no order twice, never more closed than held, ledgers equal to executions."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.orders import halt
from desk.orders.halt import Halt
from messages.orders import Action, Enter, Exit, OrderState, OrderTold, PlaceOrder
from tests.orders.condors import condor
from tests.orders.stage import AtIb, Stage

S = OrderState
STRATEGIES = "dte0", "monthly"
EXAMPLES = int(os.environ.get("CONDOR_CHAOS", "60"))
"""Runs; the long form is CONDOR_CHAOS=3000."""


class Chaos:
    """One run: what a seed decides happens to a trader, and what IB must never see."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = Random(seed)
        self.stage = Stage(folder).start()
        self.broker = self.stage.broker
        self.untold: list[object] = []
        self.told: list[object] = []
        self.condors = 1

    def step(self, name: str) -> None:
        acts: dict[str, Callable[[], None]] = {
            "enter": self.enter,
            "exit": self.exit,
            "fill": self.fill,
            "fill_untold": lambda: self.fill(told=False),
            "deliver": self.deliver,
            "repeat": self.repeat,
            "unknown": self.unknown,
            "resolve": self.resolve,
            "lose": self.lose,
            "arrive": self.arrive,
            "cancel": self.cancel,
            "reject": self.reject,
            "time": lambda: self.stage.advance(self.random.choice([1, 5, 5, 30, 130])),
            "restart": self.restart,
            "outage": self.outage,
            "halt": self.halt,
        }
        acts[name]()
        self.check()

    def enter(self) -> None:
        self.condors += 1
        legs = condor(100 * self.random.choice([1, self.condors]) + 1)
        self.stage.wish(Enter(legs, self.random.randint(1, 4), 1.0, 0.5, 0.7), strategy=self.random.choice(STRATEGIES))

    def exit(self) -> None:
        owned = [(s, h) for s in STRATEGIES for h in self.stage.book(s).holdings]
        if not owned:
            return
        strategy, holding = self.random.choice(owned)
        limit, worst, market = self.random.choice(
            [(None, None, False), (0.5, 0.6, True), (0.5, 0.6, False), (0.5, 0.5, True)]
        )
        self.stage.wish(
            Exit(holding.position, self.random.randint(1, 4), "why", limit, worst, market), strategy=strategy
        )

    def fill(self, *, told: bool = True) -> None:
        if order := self.any_alive():
            news = self.broker.fill(order, self.random.randint(1, 3))
            self.tell(news) if told else self.untold.extend(news)

    def deliver(self) -> None:
        self.random.shuffle(self.untold)
        half = self.untold[: len(self.untold) // 2 + 1]
        del self.untold[: len(half)]
        self.tell(half)

    def repeat(self) -> None:
        if self.told:
            self.tell(self.random.sample(self.told, min(5, len(self.told))))

    def unknown(self) -> None:
        if order := self.any_alive():
            self.stage.tell(self.broker.told(order, S.UNKNOWN))

    def resolve(self) -> None:
        """Say of every order that the trader takes for alive what IB has of it."""
        for strategy in STRATEGIES:
            for working in self.stage.book(strategy).working:
                if working.order_id in self.broker.orders:
                    self.stage.tell(self.broker.told(working.order_id))
                elif any(order.order_id == working.order_id for order in self.stage.placed()):
                    self.stage.tell(OrderTold(working.order_id, S.UNKNOWN, self.stage.now))
                    self.stage.tell(OrderTold(working.order_id, S.ABSENT, self.stage.now))

    def lose(self) -> None:
        """Let what is sent next never arrive."""
        self.broker.deaf = not self.broker.deaf

    def arrive(self) -> None:
        """Let an entry that was lost reach IB after all, whatever has been made of it since."""
        entries = [o for o in self.stage.placed() if o.action is Action.OPEN and o.order_id not in self.broker.orders]
        if entries:
            order = self.random.choice(entries)
            self.broker.orders[order.order_id] = AtIb(order, S.WORKING, order.limit)
            self.tell([self.broker.told(order.order_id)])

    def cancel(self) -> None:
        if order := self.any_alive():
            self.tell(self.broker.cancel(order))

    def reject(self) -> None:
        if (order := self.any_alive()) and not self.broker.orders[order].filled:
            self.tell(self.broker.reject(order, 201))

    def restart(self) -> None:
        self.untold.clear()
        self.stage.restart()
        if self.random.random() < 0.7:
            self.stage.advance(0)

    def outage(self) -> None:
        self.untold.clear()
        self.stage.drop_session()
        if order := self.any_alive():
            self.broker.fill(order, 1)
        self.stage.advance(self.random.choice([0, 10]))
        self.stage.restore_session()

    def halt(self) -> None:
        if halt.read(self.stage.folder):
            halt.clear(self.stage.folder)
        else:
            halt.write(self.stage.folder, Halt("drill", self.random.random() < 0.5, 1.0))
        self.stage.poll()

    def settle(self) -> None:
        """Let everything come to rest."""
        self.broker.deaf = False
        halt.clear(self.stage.folder)
        self.stage.poll()
        self.tell(self.untold)
        self.stage.restore_session()
        for _ in range(4):
            self.resolve()
            self.stage.advance(150)
            self.check()

    def tell(self, news: list[object]) -> None:
        self.told += news
        self.stage.tell(*news)

    def any_alive(self) -> str | None:
        alive = [order_id for order_id, at_ib in self.broker.orders.items() if at_ib.alive]
        return self.random.choice(alive) if alive else None

    def check(self) -> None:
        assert self.broker.faults == []
        by_position: dict[str, list[AtIb]] = {}
        for at_ib in self.broker.orders.values():
            by_position.setdefault(at_ib.order.position, []).append(at_ib)
        for position, orders in by_position.items():
            opened = sum(o.filled for o in orders if o.order.action is Action.OPEN)
            closings = [o for o in orders if o.order.action is Action.CLOSE]
            most = sum(o.order.quantity if o.alive else o.filled for o in closings)
            assert most <= opened, f"{position}: {most} may be closed of {opened}"
            assert sum(o.alive for o in closings) <= 1

    def check_the_end(self) -> None:
        accounts = self.stage.trader.accounts
        tracked = {order_id: t for a in accounts.values() for order_id, t in a.ledger.orders.items()}
        assert {name: t.filled for name, t in tracked.items() if t.filled} == {
            name: at_ib.filled for name, at_ib in self.broker.orders.items() if at_ib.filled
        }
        assert self.stage.trader.facts()["unexplained"] == []
        entries = {t.order.order_id for t in tracked.values() if t.opening}
        times = Counter(m.order.order_id for m in self.broker.history if isinstance(m, PlaceOrder))
        assert all(times[order_id] <= 1 for order_id in entries)
        working = {name for name, t in tracked.items() if t.end is None}
        assert working == {name for name, at_ib in self.broker.orders.items() if at_ib.alive}
        assert not any(account.troubles for account in accounts.values())


OFTEN = ["enter", "exit", "exit", "fill", "fill", "fill_untold", "deliver", "time", "time"]
SELDOM = ["repeat", "unknown", "resolve", "lose", "arrive", "cancel", "reject", "restart", "outage", "halt"]


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.lists(st.sampled_from(OFTEN + SELDOM), min_size=5, max_size=60))
def test_no_order_twice_and_no_fill_lost(seed: int, names: list[str]) -> None:
    # Here processes die, not machines: what they wrote stays. Syncs have tests of their own and take most of the time.
    with TemporaryDirectory() as folder, patch("os.fsync"):
        chaos = Chaos(Path(folder), seed)
        try:
            for name in names:
                chaos.step(name)
            chaos.settle()
            chaos.check_the_end()
        finally:
            chaos.stage.trader.close()
