"""When a crashed actor starts again: pure values and functions, in machine seconds."""

from __future__ import annotations

from dataclasses import dataclass

from desk.config.model import Supervision


@dataclass(frozen=True, slots=True)
class Policy:
    """Backoff and intensity, as `[supervision]` gives them."""

    max_restarts: int
    period: float
    backoff_min: float
    backoff_max: float
    jitter: float
    stable_after: float

    @classmethod
    def of(cls, settings: Supervision) -> Policy:
        """Take the policy out of the settings."""
        return cls(
            settings.max_restarts,
            settings.period,
            settings.backoff_min,
            settings.backoff_max,
            settings.jitter,
            settings.stable_after,
        )

    def delay(self, streak: int, random: float) -> float:
        """Seconds before restart `streak` (from 0) of a row: min(max, min·2ⁿ)·(1 + random·jitter), random in [0, 1)."""
        base = self.backoff_max if streak > 1000 else min(self.backoff_max, self.backoff_min * 2.0**streak)
        return base * (1.0 + random * self.jitter)

    def longest(self, random: float) -> float:
        """Seconds between the attempts of an exhausted actor."""
        return self.backoff_max * (1.0 + random * self.jitter)


@dataclass(frozen=True, slots=True)
class History:
    """An actor's recent crashes: their times within the period, and how many came in a row without a stable run."""

    crashes: tuple[float, ...] = ()
    streak: int = 0
    exhausted: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from a crash: the history from now on, and seconds until the next start."""

    history: History
    delay: float


def crashed(history: History, policy: Policy, now: float, ran: float, random: float) -> Verdict:
    """Judge a crash at `now` of an incarnation that had run for `ran` seconds.

    A run of `stable_after` seconds wipes the history. More than `max_restarts` crashes within `period` exhaust the
    actor; it stays so, retried at the longest backoff, until a stable run.
    """
    if ran >= policy.stable_after:
        history = History()
    crashes = (*(at for at in history.crashes if now - at < policy.period), now)
    exhausted = history.exhausted or len(crashes) > policy.max_restarts
    delay = policy.longest(random) if exhausted else policy.delay(history.streak, random)
    return Verdict(History(crashes[-policy.max_restarts - 1 :], history.streak + 1, exhausted), delay)
