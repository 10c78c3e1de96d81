"""The supervisor: starts children in order, restarts them one for one, and stops them in reverse."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Event
from typing import Literal

from desk.runtime.child import Child, ChildSpec, State, validate
from desk.runtime.envelope import Envelope
from desk.runtime.life import Life, Started
from desk.runtime.policy import Policy, crashed
from desk.runtime.system import Cancellable, System
from messages.system import Drain, Exit

Phase = Literal["idle", "starting", "running", "stopping", "ended"]
Watcher = Callable[[str, int], None]
"""Told an actor's name and epoch once its replacement runs, on the supervisor's thread."""

CRITICAL = 70
"""Exit code when a critical child is exhausted: EX_SOFTWARE of sysexits.h."""
_TICK = 1e-6
"""Machine seconds that do not matter: a timer may fire by a rounding error too early."""


class Supervisor:
    """A state machine with an inbox of its own: every method with an underscore runs there, one at a time.

    `on_end` is told the exit code once everything has stopped: 0, a hung child's `hang_exit_code`, or `CRITICAL`.
    """

    def __init__(self, system: System, on_end: Callable[[int], None] | None = None) -> None:
        self.phase: Phase = "idle"
        self.exit_code = 0
        self.ended = Event()
        self.abandoned: list[str] = []
        self._system = system
        self._policy = Policy.of(system.settings)
        self._on_end = on_end
        self._watchers: list[Watcher] = []
        self._to_start: deque[Child] = deque()
        self._to_stop: deque[Child] = deque()
        self._turn: Child | None = None
        self._retries: dict[str, Cancellable] = {}
        self._alarm: Cancellable | None = None
        self._patrol_due = 0.0
        system.notify = self._notified

    # From any thread.

    def start(self, specs: Sequence[ChildSpec]) -> None:
        """Start the children, each after the one before has started or failed. `SpecError` before anything starts."""
        if self.phase != "idle":
            raise RuntimeError("a supervisor starts once")
        validate(specs)
        self._to_start.extend(self._system.add(specs))
        self.phase = "starting"
        self._system.dispatcher.post(self._start_next)
        self._patrol_due = self._system.clock.machine()
        self._system.dispatcher.post(self._patrol)

    def stop(self, code: int = 0) -> None:
        """Stop the children in reverse order, each within its own limit. Asking again changes nothing."""
        self._system.dispatcher.post(lambda: self._begin_stop(code))

    def stop_now(self, code: int = 0) -> None:
        """End at once, leaving the children where they are."""
        self._system.dispatcher.post(lambda: self._abandon_all(code))

    def run(self) -> int:
        """Work until everything has stopped, on the calling thread; returns the exit code."""
        self._system.dispatcher.run(self.ended.is_set)
        return self.exit_code

    def watch(self, watcher: Watcher) -> None:
        """Tell `watcher` once per restart."""
        self._watchers.append(watcher)

    def _notified(self, event: Started | Exit) -> None:
        if isinstance(event, Exit):
            self._system.dispatcher.post(lambda: self._exited(event))
        else:
            self._system.dispatcher.post(lambda: self._began(event))

    # Starting and restarting.

    def _start_next(self) -> None:
        if self.phase != "starting":
            return
        self._turn = None
        if self._to_start:
            self._turn = self._to_start.popleft()
            self._launch(self._turn)
        else:
            self.phase = "running"

    def _launch(self, child: Child) -> None:
        child.epoch += 1
        child.state = "starting"
        life = child.life = Life(self._system, child, child.epoch)
        try:
            self._system.dispatcher.launch(life)
        except Exception as error:  # noqa: BLE001 - no thread to be had is one more failed start
            life.finish(error)

    def _began(self, event: Started) -> None:
        child = self._system.children[event.name]
        if child.epoch != event.epoch or child.life is None:
            return
        if child.state == "starting":
            child.state = "running"
        if child.epoch > 1:
            self._tell_watchers(child)
        self._go_on(child)

    def _exited(self, event: Exit) -> None:
        child = self._system.children[event.name]
        if child.epoch != event.epoch or child.life is None:
            return
        child.life = None
        child.last_error = event.error or child.last_error
        if event.reason == "crash":
            self._system.log.error("actor crashed", actor=event.name, error=event.error, traceback=event.traceback)
        else:
            self._system.log.info("actor ended", actor=event.name, reason=event.reason)
        if self.phase == "stopping":
            self._put_away(child)
        else:
            self._replace(child, event, "backoff")
        self._go_on(child)

    def _go_on(self, child: Child) -> None:
        """Take the next step of a start or a stop that waits for this child."""
        if self._turn is not child:
            return
        if self.phase == "starting":
            self._start_next()
        elif self.phase == "stopping" and child.life is None:
            self._stop_next()

    def _replace(self, child: Child, event: Exit, meanwhile: State) -> None:
        restart = child.spec.restart
        if restart == "temporary" or (restart == "transient" and event.reason != "crash"):
            self._put_away(child)
            return
        now = self._system.clock.machine()
        verdict = crashed(child.history, self._policy, now, now - child.born, self._system.random.random())
        child.history = verdict.history
        child.state = "exhausted" if verdict.history.exhausted else meanwhile
        if child.state == "exhausted" and child.spec.critical:
            self._begin_stop(CRITICAL)
        else:
            self._system.log.warning("restart", actor=child.spec.name, seconds=verdict.delay, state=child.state)
            self._retries[child.spec.name] = self._system.dispatcher.later(verdict.delay, lambda: self._retry(child))

    def _retry(self, child: Child) -> None:
        self._retries.pop(child.spec.name, None)
        if self._alive():
            child.restarts += 1
            self._launch(child)

    def _alive(self) -> bool:
        return self.phase in {"starting", "running"}

    def _tell_watchers(self, child: Child) -> None:
        for watcher in self._watchers:
            try:
                watcher(child.spec.name, child.epoch)
            except Exception:
                self._system.log.exception("watcher failed", actor=child.spec.name)

    # Liveness.

    def _patrol(self) -> None:
        """Look for lives that have not moved within their limit, and have the others show that they move."""
        if not self._alive():
            return
        now = self._system.clock.machine()
        every = min((child.hang_after for child in self._system.children.values()), default=60.0) / 4
        if now - self._patrol_due > every:
            # The whole process stood still (a suspended machine, a stopped process): that is nobody's hanging.
            for child in self._system.children.values():
                child.moved = now
        pause = min((self._look_after(child, now) for child in self._system.children.values()), default=every)
        self._patrol_due = now + min(every, pause)
        if self._alive():
            self._alarm = self._system.dispatcher.later(self._patrol_due - now, self._patrol)

    def _look_after(self, child: Child, now: float) -> float:
        """Return the seconds until the child will have been still for too long; infinity without a life."""
        left = child.moved + child.hang_after - now
        if child.life is not None and left <= _TICK:
            self._hung(child, child.life)
        if child.life is None:
            return float("inf")
        child.mailbox.probe()
        return max(_TICK, left)

    def _hung(self, child: Child, life: Life) -> None:
        event = life.abandon(f"hung: no progress for {child.hang_after:g} s")
        if event is None:
            return
        child.life = None
        child.last_error = event.error
        self.abandoned.append(child.spec.name)
        self._system.log.error("actor hung", actor=child.spec.name, traceback=event.traceback)
        if child.spec.hang_exit_code is not None:
            child.state = "hung"
            self._begin_stop(child.spec.hang_exit_code)
        else:
            self._replace(child, event, "hung")
            self._go_on(child)

    # Stopping.

    def _begin_stop(self, code: int) -> None:
        if self.phase in {"stopping", "ended"}:
            return
        self.phase = "stopping"
        self.exit_code = code
        self._to_start.clear()
        self._to_stop.extend(reversed(self._system.children.values()))
        self._stop_next()

    def _stop_next(self) -> None:
        self._cancel_timers()
        while self._to_stop:
            child = self._turn = self._to_stop.popleft()
            if child.life is not None:
                self._ask_to_stop(child, child.life)
                return
            self._put_away(child)
        self._end()

    def _ask_to_stop(self, child: Child, life: Life) -> None:
        child.stopping = True
        child.state = "draining"
        self._alarm = self._system.dispatcher.later(child.stop_timeout, lambda: self._too_late(child, life))
        child.mailbox.put(Envelope(Drain()))

    def _too_late(self, child: Child, life: Life) -> None:
        event = life.abandon(f"hung: did not stop within {child.stop_timeout:g} s")
        if event is None:
            return
        child.life = None
        child.state = "hung"
        child.last_error = event.error
        self.abandoned.append(child.spec.name)
        self._system.log.error("actor abandoned", actor=child.spec.name, traceback=event.traceback)
        self._put_away(child)
        self._stop_next()

    def _put_away(self, child: Child) -> None:
        if child.state != "hung":
            child.state = "stopped"
        self._system.retire(child)

    def _abandon_all(self, code: int) -> None:
        if self.phase == "ended":
            return
        self.exit_code = self.exit_code or code
        self._cancel_timers()
        for child in self._system.children.values():
            if child.life is not None and child.life.abandon("stopped at once") is not None:
                self.abandoned.append(child.spec.name)
            child.life = None
            self._put_away(child)
        self._end()

    def _cancel_timers(self) -> None:
        for timer in self._retries.values():
            timer.cancel()
        if self._alarm is not None:
            self._alarm.cancel()

    def _end(self) -> None:
        self.phase = "ended"
        self._turn = None
        self._cancel_timers()
        self.ended.set()
        if self._on_end is not None:
            self._on_end(self.exit_code)
