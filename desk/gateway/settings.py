"""What can be set on a paper gateway; the defaults are IB's own figures where IB publishes one."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from desk.gateway.faults.fault import Fault


@dataclass(frozen=True, slots=True)
class Span:
    """A delay drawn evenly from `low`..`high`, seconds of market time."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Delays:
    """How long answers take, in seconds of market time, before `Settings.latency` scales them."""

    details: Span = Span(0.2, 0.3)
    per_contract: float = 0.002
    parameters: Span = Span(0.08, 0.12)
    samples: Span = Span(0.1, 0.3)
    history: Span = Span(0.25, 0.35)
    quote_near: Span = Span(0.05, 0.15)
    quote_far: Span = Span(0.2, 0.8)
    greeks: Span = Span(0.2, 1.5)
    snapshot: float = 11.0
    order: Span = Span(0.05, 0.2)
    match: Span = Span(0.05, 0.3)
    report: Span = Span(0.0, 0.2)
    commission: Span = Span(0.1, 1.0)


@dataclass(frozen=True, slots=True)
class Settings:
    """One gateway.

    `messages_per_second`, `lines`: 0 takes any number. `violations` messages above the rate end the connection.
    `latency` scales every delay; 0 answers at once. `far_dte` is the calendar days to expiry from which an option's
    first quote takes `quote_far`. `silent_share` of the options never get Greeks on a day, `sentinel_share` get a
    message of sentinels before the first Greeks. `history_paced` is the longest bar (seconds) that IB's pacing rules
    apply to. `tick_by_tick` and `depths` are how many of those a client may have at once. `journal` is
    the folder for what outlives a restart, None for none.

    `oldest_quote`, `improvement` and `refresh` as in `exchange.rules`. `status_first_share` of the fills are told by
    the order's status before the execution, `duplicate_share` of the statuses come twice. `valuation` is the seconds
    between account values that nothing has changed. `active_orders` may work on one side of a contract. A cancelled
    account summary gives its place back when `summaries_return`; else the third id is refused for the whole session.

    `faults` are armed from the start; `control` is the port for more of them (0: a free one, None: none), always on
    loopback. What keeps one client from starving the others, none of it IB's: `handshake` machine seconds until a
    session has started; `largest_frame` bytes of a request; `unsent` bytes for a client that does not read, above which
    it is cut off; `requests_per_turn` of a client's before the others have theirs; `open_requests` and `streams` of
    one client.
    """

    host: str = "127.0.0.1"
    port: int = 0
    account: str = "DU1234567"
    cash: float = 1_000_000.0
    clients: int = 32
    messages_per_second: int = 100
    violations: int = 3
    lines: int = 100
    summaries: int = 2
    history_open: int = 50
    history_paced: float = 30.0
    tick_by_tick: int = 3
    depths: int = 3
    tick_interval: float = 1.0
    latency: float = 1.0
    far_dte: int = 45
    silent_share: float = 0.01
    sentinel_share: float = 0.25
    delays: Delays = field(default_factory=Delays)
    journal: Path | None = None
    oldest_quote: float = 60.0
    improvement: float = 0.5
    refresh: float = 1.0
    status_first_share: float = 0.3
    duplicate_share: float = 0.1
    valuation: float = 180.0
    active_orders: int = 20
    summaries_return: bool = True
    faults: tuple[Fault, ...] = ()
    control: int | None = None
    handshake: float = 30.0
    largest_frame: int = 1024 * 1024
    unsent: int = 64 * 1024 * 1024
    requests_per_turn: int = 100
    open_requests: int = 1000
    streams: int = 20_000
