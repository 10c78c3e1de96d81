"""F30: SPX and SPXW on one date: taken for each other, or settled at the other's time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from desk.ib.contracts import Contracts
from desk.market import contracts
from desk.orders.ledger import Ledger
from desk.orders.reconciler import Reconciler
from messages.contract import Contract
from messages.market import Priority
from strategies.base import Decision, State, View
from tests.faults.drill import ONE, TWO, Drill, agree, drilled
from tests.faults.pilot import NEAR, Opening
from tests.faults.protection import protected_by

WEDNESDAY = date(2019, 4, 17)
"""Good Friday follows: SPX settles on Thursday's open, SPXW on this day's close, and IB lists both for this day."""
THURSDAY = date(2019, 4, 18)
CLASSES = {ONE: "SPXW", TWO: "SPX"}


@dataclass(frozen=True, slots=True)
class OfClass:
    """Opens a condor of one class."""

    trading_class: str

    def __call__(self, view: View, state: State) -> Decision:
        selection = replace(NEAR, trading_class=self.trading_class)
        chain = view.chain(selection)
        if chain is None:
            return Decision(wants=(selection,))
        return Opening(1, 0.05, 0.05, 10.0)(replace(view, chains=(replace(chain, selection=NEAR),)), state)


def any_class(patch: pytest.MonkeyPatch) -> None:
    async def listing(
        self: Contracts, underlying: Contract, expiry: str, _class: str, priority: Priority, deadline: float
    ) -> Sequence[Contract]:
        return await self._details(Contract(underlying.symbol, "OPT", expiry=expiry), priority, deadline)

    patch.setattr(Contracts, "listing", listing)
    patch.setattr("desk.market.chain._of_class", lambda contract, selection: True)


def at_the_close(patch: pytest.MonkeyPatch) -> None:
    settlement = contracts.settlement

    def pm(contract: Contract) -> float:
        return settlement(replace(contract, trading_class="SPXW"))

    for module in ("reconciler", "expiry", "settling"):
        patch.setattr(f"desk.orders.{module}.settlement", pm)
    patch.setattr("desk.orders.expiry.settlement_day", lambda contract: contracts.day(contract.expiry))
    patch.setattr("desk.orders.expiry.AM_SETTLED", frozenset())
    settle = Reconciler._settle_expired

    def whatever_ib_holds(self: Reconciler) -> None:
        self._positions = ()
        settle(self)

    patch.setattr(Reconciler, "_settle_expired", whatever_ib_holds)


def _both(drill: Drill) -> None:
    for pilot, trading_class in CLASSES.items():
        drill.command(OfClass(trading_class), pilot)
        drill.until(lambda pilot=pilot: drill.quantity(pilot) == 1 and drill.ended)  # type: ignore[misc]  # bound early


@protected_by("options of an index are asked for by their class, and taken by it", any_class)
def test_f30_same_date_same_strikes(tmp_path: Path) -> None:
    with drilled(tmp_path, pilots=(ONE, TWO), day=WEDNESDAY) as drill:
        _both(drill)
        for pilot, trading_class in CLASSES.items():
            (holding,) = Ledger.of(pilot, drill.lines(pilot)).holdings
            assert {leg.trading_class for leg in holding.condor.legs} == {trading_class}
            assert {leg.expiry for leg in holding.condor.legs} == {f"{WEDNESDAY:%Y%m%d}"}
        assert len(drill.held) == 8
        drill.pass_by(5.0)
        agree(drill)


@protected_by("a contract says by its class when it settles, and is not over while IB holds it", at_the_close)
def test_f30_each_settles_at_its_time(tmp_path: Path) -> None:
    with drilled(tmp_path, pilots=(ONE, TWO), day=WEDNESDAY, start="14:30") as drill:
        _both(drill)
        _sleep_until(drill, "15:59", WEDNESDAY)
        drill.desk.until("16:02")
        assert (drill.quantity(ONE), drill.quantity(TWO)) == (0, 1)
        assert len(drill.held) == 4
        assert drill.unexplained == []
        _sleep_until(drill, "09:29", THURSDAY)
        drill.desk.until("09:32", THURSDAY)
        assert (drill.quantity(ONE), drill.quantity(TWO)) == (0, 0)
        assert drill.held == {}
        assert drill.unexplained == []


def _sleep_until(drill: Drill, time: str, day: date) -> None:
    drill.stop()
    drill.desk.until(time, day)
    drill.restart()
