"""A desk in the middle of its default day, and a console to draw it on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from rich.console import Console, RenderableType

from desk.console.snapshot import Event, GatewayView, LakeView, Progress, Snapshot, Spot, StrategyView
from desk.market.calendar import at
from messages.data import Slot
from messages.system import Report

DAY = date(2019, 5, 13)
Draw = Callable[..., str]


@pytest.fixture
def draw() -> Draw:
    """Draw something as plain text at a width (and height) in characters."""

    def text(renderable: RenderableType, width: int = 80, height: int = 24) -> str:
        console = Console(width=width, height=height, color_system=None, force_terminal=True, legacy_windows=False)
        with console.capture() as capture:
            console.print(renderable)
        return capture.get()

    return text


def report(name: str, kind: str, state: str = "running", restarts: int = 0, error: str = "", **facts: object) -> Report:
    return Report(name, kind, state, 74.0, restarts, error, 0, 1234, 0.2, facts)


@pytest.fixture
def snapshot() -> Snapshot:
    ten40 = at(DAY, "10:40")
    return Snapshot(
        time=ten40 + 135.0,
        speed_asked=60.0,
        speed_reached=57.8,
        gateway=GatewayView("paper", "127.0.0.1", 40123, "FITTED"),
        starts=at(DAY, "09:25"),
        ends=at(DAY, "16:15"),
        vix=Spot("VIX", 19.85, 0.2376),
        spots=(
            Spot("SPX", 2820.31, -0.0213),
            Spot("SPY", 281.62, -0.0212),
            Spot("QQQ", 179.4, -0.0301),
            Spot("IWM", 152.05, None),
        ),
        actors=(
            report("persistence", "persistence", rows=12345, commits=48, spool=0),
            report("broker", "broker", connected=True, queue=12, lines=96, breaker="closed"),
            report("collector.SPY", "collector", cycle="10:40"),
            report("collector.QQQ", "collector", restarts=1, error="RuntimeError: the wire went quiet in the middle"),
            report("collector.IWM", "collector"),
            report("strategy.dte0_ic", "strategy", polls=96),
            report("strategy.monthly_ic", "strategy", state="backoff", restarts=3, error="KeyError: 'VIX'"),
        ),
        collection=(
            Progress("SPY", ten40, 84, 127, Slot("SPY", ten40 - 300, "COMPLETE", "", 127, 127, 2, 0, 6.1), 15),
            Progress(
                "QQQ", ten40, 3, 124, Slot("QQQ", ten40 - 300, "PARTIAL", "deadline", 124, 101, 9, 23, 61), 13, 1, 1
            ),
            Progress("IWM", None, 0, 0, Slot("IWM", ten40, "COMPLETE", "", 34, 34, 0, 0, 1.9), 16),
        ),
        strategies=(
            StrategyView("dte0_ic", "RUNNING", "veto: entry window 09:45-10:00 is over at 10:42", day=24.4),
            StrategyView("monthly_ic", "RUNNING", "condor 2600/2625 2925/2950 20190719 credit 3.35", acted=True),
        ),
        lake=LakeView("data/sim/2019-05-13-1/lake", 12345, ten40 + 133.0, 1),
        events=tuple(
            Event(n, ten40 + 10 * n, level, text)
            for n, level, text in (
                (1, "info", "SPY slot 10:35 stored, 127 rows"),
                (2, "warning", "collector.QQQ crashed: RuntimeError: the wire went quiet; restarted in 0.2 s"),
                (3, "info", "farm connection 2104 is OK"),
                (4, "error", "strategy.monthly_ic crashed: KeyError: 'VIX'; restarted in 0.8 s"),
                (5, "info", "IWM slot 10:40 stored, 34 rows"),
            )
        ),
    )
