"""Waiting for one contract's quote on a live feed, event by event."""

from __future__ import annotations

import math
from collections.abc import Callable

from desk.clock import LoopTimers, Timer
from desk.ib.convert import model, price, to_quote
from desk.ib.errors import BrokerError
from desk.ib.feeds import Feed
from desk.ib.lines import Lines
from desk.ib.patience import Patience
from messages.contract import Contract, Quote

_EARLY = 1e-6
"""Seconds by which a timer may come before a deadline that floats cannot express."""


class Watch:
    """Ends when bid, ask and model Greeks are there, and otherwise at the deadlines; then calls `finished(self)` once.

    Bid and ask have until `sides.seconds`. The Greeks have until `longest`, but from `greeks.seconds` on the line is
    offered to whoever waits for one. Open interest comes with the first ticks and is not waited for.
    """

    def __init__(
        self,
        contract: Contract,
        feed: Feed,
        timers: LoopTimers,
        lines: Lines,
        sides: Patience,
        greeks: Patience,
        longest: float,
        finished: Callable[[Watch], None],
    ) -> None:
        self.contract = contract
        self.feed = feed
        self._timers = timers
        self._lines = lines
        self._sides = sides
        self._greeks = greeks
        self._longest = longest
        self._finished = finished
        self._start = timers.clock.time()
        self._two_sided = False
        self._heard = False
        self._over = False
        self._timer: Timer | None = None

    def begin(self) -> None:
        """Look at what is there, and wait for the rest."""
        self.feed.listeners.append(self._update)
        self._arm(self._sides.seconds)
        self._update()

    def finish(self) -> None:
        """End with what is there."""
        if self._over:
            return
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
        self.feed.listeners.remove(self._update)
        if self.feed.line is not None:
            self.feed.line.yield_to = None
        self._finished(self)

    @property
    def error(self) -> BrokerError | None:
        """What ended the feed, None while it lives."""
        return self.feed.error

    def result(self) -> Quote | str:
        """Give the quote with what it is missing, or the reason why there is none."""
        error = self.feed.error
        if self.feed.received is None:
            return error.reason if error is not None else "deadline"
        ticker = self.feed.ticker
        there = {"bid": price(ticker.bid), "ask": price(ticker.ask), "greeks": model(ticker)}
        missing = [name for name, value in there.items() if value is None]
        if missing:
            missing += map(str, sorted(self.feed.warnings))
            missing += [error.reason] if error is not None else []
        return to_quote(self.contract, ticker, self.feed.received, missing)

    def _elapsed(self) -> float:
        return self._timers.clock.time() - self._start

    def _update(self) -> None:
        if self._over:
            return
        if self.feed.error is not None:
            self.finish()
            return
        ticker = self.feed.ticker
        if not self._heard and not (math.isnan(ticker.bid) or math.isnan(ticker.ask)):
            self._heard = True
            self._sides.answered(self._elapsed())
        if not self._two_sided and price(ticker.bid) is not None and price(ticker.ask) is not None:
            self._two_sided = True
            self._arm(self._greeks.seconds)
        if self._two_sided and model(ticker) is not None:
            self._greeks.answered(self._elapsed())
            self.finish()

    def _arm(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._timers.call_at(self._start + seconds, self._due)

    def _due(self) -> None:
        elapsed = self._elapsed() + _EARLY
        if elapsed < self._limit():
            self._arm(self._limit())
        elif not self._two_sided:
            if not self._heard:
                self._sides.cut_off()
            self.finish()
        elif elapsed < self._longest:
            self._arm(self._longest)
            if self.feed.line is not None:
                self._lines.offer(self.feed.line, self.finish)
        else:
            self.finish()

    def _limit(self) -> float:
        return self._greeks.seconds if self._two_sided else self._sides.seconds
