"""The desk as a whole: gateway up, actors up; actors down, gateway down."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from threading import Thread

from commands.compose import Endpoint, Folders, children, gateway_settings, origin_of, schedule_of, source_of
from commands.errors import RefusedError
from commands.folders import Run, begin_run, discard_run, lake_place
from desk.clock import Clock, RealClock, SimulatedClock
from desk.config import Config
from desk.console.log import DeskLog
from desk.gateway.journal import Journal
from desk.gateway.source import FITTED, REPLAY
from desk.gateway.thread import GatewayThread
from desk.lake.origin import claim
from desk.market.calendar import at
from desk.orders.edge import Boundary, no_boundary
from desk.orders.journal import Journals
from desk.runtime.supervision import Supervisor
from desk.runtime.system import System
from messages.data import Slot


@contextmanager
def up(
    config: Config,
    run: Run,
    *,
    start: float | None = None,
    once: bool = False,
    finished: Callable[[Slot], None] | None = None,
    clock: Clock | None = None,
    boundary: Boundary = no_boundary,
) -> Iterator[Desk]:
    """A desk that runs inside the block; one that cannot begin leaves nothing behind."""
    try:
        desk = Desk(config, run, start=start, once=once, finished=finished, clock=clock, boundary=boundary)
        try:
            desk.start()
        except BaseException:
            desk.stop()
            raise
    except BaseException:
        discard_run(run)
        raise
    try:
        yield desk
    finally:
        desk.stop()


def is_simulated(config: Config) -> bool:
    """Whether a run of this config lives on a simulated day."""
    return config.clock.kind == "simulated" or (config.clock.kind == "auto" and config.gateway.kind == "paper")


_SELDOM = 1000
"""Collections of the younger generations to one of the oldest."""


def _settle_memory() -> None:
    """Take what lives as long as the process out of the collector's way, and have it look at the rest seldom.

    Looking through everything stops every thread, orders included: measured, for a tenth of a second each time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*gc.get_threshold()[:2], _SELDOM)


class Desk:
    """One run: composed at once, so that a bad input ends it before anything has started.

    `clock` stands in for the one that the config means, for a desk whose gateway elsewhere is on simulated time.
    `boundary` is for those who test crashes (`desk.orders.edge`).
    """

    def __init__(
        self,
        config: Config,
        run: Run,
        *,
        start: float | None = None,
        once: bool = False,
        finished: Callable[[Slot], None] | None = None,
        clock: Clock | None = None,
        boundary: Boundary = no_boundary,
    ) -> None:
        self.config, self.run = config, run
        self.lake = lake_place(config, run.folder)
        self.simulated = is_simulated(config)
        self.ends = at(config.clock.day, config.clock.until) if self.simulated and not once else None
        self.clock = clock or self._clock(start)
        self.starts = self.clock.time()
        self.log = DeskLog(run.logs, self.clock)
        self._gateway = self._paper_gateway() if config.gateway.kind == "paper" else None
        self.system = System(self.clock, config.supervision, Random(config.gateway.seed), log=self.log.logger)
        self.supervisor = Supervisor(self.system)
        self.port = config.gateway.port
        self.market = {"replay": REPLAY, "fitted": FITTED}.get(origin_of(config), "")
        self._once, self._finished, self._boundary = once, finished, boundary
        self._thread = Thread(target=self.supervisor.run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start the gateway, then the actors in their order.

        `RefusedError` when the gateway's port is taken, `LakeError` when the lake is not for this run's rows,
        `JournalError` when the orders' logs are damaged or another desk's.
        """
        if not self._once:
            self._read_logs()
        if self._gateway is not None:
            try:
                self.port = self._gateway.start()
            except OSError as error:
                where = f"{self.config.gateway.host}:{self.config.gateway.port}"
                msg = f"[gateway] the paper gateway cannot listen on {where}: {error.strerror}; choose another port"
                raise RefusedError(msg) from error
            except ValueError as error:
                msg = f"{error}; remove the file to start this run without it"
                raise RefusedError(msg) from error
        claim(self.lake, origin_of(self.config))
        begin_run(self.run)
        if self.run.resumed:
            self.log.logger.info("resumed a run that had not ended", folder=str(self.run.folder))
        endpoint = Endpoint(self.config.gateway.host, self.port, governed=self._gateway is not None)
        self.supervisor.start(
            children(
                self.config,
                self.lake,
                endpoint,
                Folders(self.run.logs, self.run.root),
                spool=self._spool(),
                once=self._once,
                finished=self._finished,
                boundary=self._boundary,
            )
        )
        if not self._once:
            self.system.tell("persistence", schedule_of(self.config))
        self._thread.start()
        _settle_memory()

    def stop(self) -> None:
        """Stop everything in the reverse order, each within its limit."""
        if self._thread.is_alive():
            self.supervisor.stop()
            self.supervisor.ended.wait()
            self._thread.join()
        if self._gateway is not None:
            self._gateway.stop()
        self.log.close()

    def over(self) -> bool:
        """Whether the run's window is over."""
        return self.ends is not None and self.clock.time() >= self.ends

    def _spool(self) -> Path | None:
        """The folder of the spool, which a lake in an object store cannot hold; None leaves it in the lake's."""
        return None if self.lake.folder else self.run.folder / "spool"

    def _read_logs(self) -> None:
        """See that the trader will be able to read and to write the logs of its orders."""
        with Journals(self.run.logs) as journals:
            for strategy in self.config.strategies:
                journals.open(strategy.instance)

    def _first_moment(self, start: float | None) -> float:
        """Market time at which a simulated run begins: where a killed one stopped, else as asked."""
        planned = at(self.config.clock.day, self.config.clock.start) if start is None else start
        journal = Journal.load(self.run.folder) if self.run.resumed else None
        return max(planned, journal.market_time) if journal else planned

    def _clock(self, start: float | None) -> Clock:
        if not self.simulated:
            return RealClock()
        return SimulatedClock(datetime.fromtimestamp(self._first_moment(start), UTC), self.config.clock.speed)

    def _paper_gateway(self) -> GatewayThread:
        settings = gateway_settings(self.config, self.run.folder)
        return GatewayThread(settings, source_of(self.config), self.clock, Random(self.config.gateway.seed))
