"""The gate: what it refuses never reaches the wire."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from desk.ib.orders.gate import Gate
from desk.orders import halt
from messages.orders import Action, OrderState
from tests.ib.orders.stage import CANCEL, Stage, play

S = OrderState


@pytest.mark.parametrize(
    ("live", "enabled", "named", "accounts", "allowed"),
    [
        (False, False, "", ["DU1"], True),
        (False, False, "", ["DF1"], True),
        (False, False, "DU1", ["DU1"], True),
        (False, False, "DU2", ["DU1"], False),
        (False, False, "", ["DU1", "DU2"], False),
        (False, False, "DU2", ["DU1", "DU2"], True),
        (False, True, "U1", ["U1"], False),
        (True, False, "U1", ["U1"], False),
        (True, True, "", ["U1"], False),
        (True, True, "U2", ["U1"], False),
        (True, True, "U1", ["U1"], True),
        (True, True, "U1", ["U1", "U2"], True),
        (True, True, "", ["U1", "U2"], False),
        (True, False, "", ["DU1"], True),
        (True, True, "", [], False),
    ],
)
def test_who_may_trade(
    tmp_path: Path, live: bool, enabled: bool, named: str, accounts: list[str], allowed: bool
) -> None:
    gate = Gate(tmp_path, live, enabled, named)
    for entry in (True, False):
        assert (gate.refusal(accounts, entry=entry) == "") is allowed
    if allowed:
        assert gate.destination(accounts)[0] == (named or accounts[0])


@pytest.mark.parametrize("content", [b"", b"{", b"\x00\xff", b'{"reason": "x"}', b'"HALT"'])
def test_a_halt_that_cannot_be_read_halts(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "HALT").write_bytes(content)
    gate = Gate(tmp_path, live=False, enabled=False, account="")
    assert gate.refusal(["DU1"], entry=True).startswith("halted")
    assert gate.refusal(["DU1"], entry=False) == ""
    (tmp_path / "HALT").unlink()
    assert gate.refusal(["DU1"], entry=True) == ""
    assert Gate(tmp_path / "gone", live=False, enabled=False, account="").halted()


@pytest.mark.parametrize(
    "trading", [{"account": "U7654321"}, {"account": "DU7654321"}, {"account": "U7654321", "enabled": True}]
)
def test_a_refused_account_places_nothing_and_asks_no_margin(trading: dict[str, Any]) -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk(trading=trading) as made:
            for action in (Action.OPEN, Action.CLOSE):
                name = made.place(made.order(action, 3.0))
                await made.sleep(5.0)
                assert made.states(name) == [S.REJECTED]
                assert "[trading] account" in made.last(name).text
            assert "[trading] account" in (await made.margin(made.order())).error
            assert "[trading] account" in made.broker.facts()["orders_refused"]
            assert made.sent() == 0

    play(scenario)


def test_live_money_does_not_move_unless_it_is_enabled() -> None:
    async def scenario(stage: Stage) -> None:
        there = stage.open(account="U1234567")
        async with stage.desk(there, mode="live") as made:
            name = made.place(made.order(limit=3.0))
            await made.sleep(5.0)
            assert made.states(name) == [S.REJECTED]
            assert "[trading] enabled" in made.last(name).text
            assert made.sent() == 0
        async with stage.desk(there, {"enabled": True, "account": "U1234567"}, mode="live") as made:
            name = made.place(made.order(limit=3.0))
            await made.sleep(5.0)
            assert made.last(name).state is S.FILLED

    play(scenario)


def test_the_kill_switch_while_orders_are_in_flight() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            made.place(made.order(limit=3.0))
            await made.sleep(10.0)
            working = made.place(made.order(limit=5.0))
            exit_ = made.place(made.order(Action.CLOSE, 1.0))
            await made.sleep(10.0)
            in_flight = made.place(made.order(limit=5.1))
            in_queue = [made.place(made.order(limit=5.2)) for _ in range(3)]
            halt.write(stage.root, halt.Halt("drill", at=made.clock.time()))
            arrived = made.sent()
            await made.sleep(2.0)
            for name in (working, in_flight):
                assert made.last(name).state is S.CANCELLED
            assert {made.states(name)[-1] for name in in_queue} == {S.REJECTED}
            assert made.sent() == arrived + 1  # the one that was on its way; of those in the queue none
            assert made.last(exit_).state is S.WORKING
            assert made.broker.facts()["halted"] == "halted: drill"
            late = made.place(made.order(limit=3.0))
            made.orders.replace(exit_, 1.5)
            await made.sleep(5.0)
            assert made.states(late) == [S.REJECTED]
            assert "drill" in made.last(late).text
            assert made.last(exit_).net == 1.5
            made.orders.replace(exit_, 9.0)
            await made.sleep(5.0)
            assert made.last(exit_).state is S.FILLED
            halt.clear(stage.root)
            after = made.place(made.order(limit=3.0))
            await made.sleep(5.0)
            assert made.last(after).state is S.FILLED

    play(scenario)


def test_entries_of_an_earlier_process_are_cancelled_by_the_kill_switch_and_exits_are_not() -> None:
    async def scenario(stage: Stage) -> None:
        there = stage.open()
        async with stage.desk(there) as made:
            made.place(made.order(limit=3.0))
            await made.sleep(10.0)
            entry = made.place(made.order(limit=5.0))
            exit_ = made.place(made.order(Action.CLOSE, 1.0))
            await made.sleep(10.0)
        halt.write(stage.root, halt.Halt("drill"))
        async with stage.desk(there) as made:
            await made.sleep(5.0)
            assert made.last(entry).state is S.CANCELLED
            assert made.last(exit_).state is S.WORKING

    play(scenario)


def test_a_cancel_that_the_kill_switch_could_not_place_is_tried_again() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk(stage.open("cancel-not-found times=2")) as made:
            name = made.place(made.order(limit=5.0))
            await made.sleep(10.0)
            halt.write(stage.root, halt.Halt("drill"))
            await made.sleep(30.0)
            assert made.last(name).state is S.CANCELLED
            assert made.sent(CANCEL) == 3

    play(scenario)
