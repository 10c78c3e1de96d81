"""Time: market time and machine time, real, simulated, virtual or manual. The lowest room; everything reads it."""

from desk.clock.clock import Clock, ManualClock, Pin, RealClock
from desk.clock.loop import precise_loop
from desk.clock.simulated import SimulatedClock
from desk.clock.timers import LoopTimers, Timer, TimerQueue

__all__ = [
    "Clock",
    "LoopTimers",
    "ManualClock",
    "Pin",
    "RealClock",
    "SimulatedClock",
    "Timer",
    "TimerQueue",
    "precise_loop",
]
