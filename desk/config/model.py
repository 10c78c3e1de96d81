"""The shape of config.toml: what may be set, its type, its bounds and its default."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict

Seconds = Annotated[float, Field(gt=0)]
Dollars = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(gt=0)]
Fraction = Annotated[float, Field(gt=0, lt=1)]
Port = Annotated[int, Field(ge=0, le=65535)]
Text = Annotated[str, Field(min_length=1)]
Symbol = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9.]{0,11}$", examples=["SPY"])]
TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["09:25"])]
Market = Annotated[
    str, Field(pattern=r"^(fitted|fitted:.+|lake:.+)$", examples=["fitted", "lake:data/sim/monday/lake"])
]

LAYOUTS: tuple[tuple[str, ...], ...] = (("date",), ("strike_partition", "symbol"), ("symbol", "yearmonth"))
"""The partitionings of `option_snapshots` that the lake supports."""


def _known_layout(columns: tuple[str, ...]) -> tuple[str, ...]:
    if columns not in LAYOUTS:
        msg = 'one of ["date"], ["strike_partition", "symbol"], ["symbol", "yearmonth"]'
        raise ValueError(msg)
    return columns


Layout = Annotated[
    tuple[str, ...],
    Strict(strict=False),
    AfterValidator(_known_layout),
    Field(json_schema_extra={"enum": [list(layout) for layout in LAYOUTS]}),
]


Texts = Annotated[tuple[str, ...], Strict(strict=False)]


class Section(BaseModel):
    """A table of config.toml: frozen, of exactly the types it says, and without keys that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Gateway(Section):
    """`[gateway]`: where the desk's IB session ends."""

    kind: Literal["paper", "ib"] = Field(
        "paper", description="paper: the embedded paper gateway; ib: TWS or IB Gateway"
    )
    host: Text = Field("127.0.0.1", description="address of TWS, IB Gateway, or the paper gateway's own")
    port: Port = Field(
        0,
        description="7497 TWS paper, 7496 TWS live, 4002 Gateway paper, 4001 Gateway live; 0: a free one (paper only)",
    )
    market: Market = Field(
        "fitted", description="paper only: fitted (the shipped market), fitted:PATH, or lake:PATH (recorded chains)"
    )
    seed: Count = Field(1, description="paper only: everything random in the market comes from it")
    replay_hold: Seconds = Field(
        300.0, description="paper only: how long a recorded quote holds, in seconds of market time"
    )
    account: str = Field(
        "DU1234567", pattern=r"^D[UF]\d+$", description="paper only: its account id", examples=["DU1234567"]
    )
    messages_per_second: Count = Field(
        100, description="paper only: client messages it accepts a second; 0: any number"
    )
    market_data_lines: Count = Field(
        101, description="paper only: concurrent market-data lines it grants; 0: any number"
    )
    latency: Annotated[float, Field(ge=0)] = Field(1.0, description="paper only: factor on IB-like latencies; 0: none")
    cash: Annotated[float, Field(gt=0)] = Field(1_000_000.0, description="paper only: USD in a new account")
    faults: Texts = Field((), description='paper only: faults that are armed from the start, such as "drop after=30"')
    control: Port = Field(0, description="paper only: port for arming faults while it runs; 0: none")


class Broker(Section):
    """`[broker]`: the one IB session and what it may ask."""

    mode: Literal["paper", "live"] = Field("paper", description="live money needs this and [trading] enabled = true")
    client_id: Count | Literal["random"] = Field(
        1, description='a number, or "random" (100-999) for a desk that sends no orders'
    )
    messages_per_second: Annotated[int, Field(ge=1, le=1000)] = Field(
        50, description="IB's limit: market-data lines / 2"
    )
    market_data_lines: Annotated[int, Field(ge=4, le=10_000)] = Field(100, description="IB's limit of concurrent lines")
    connect_timeout: Seconds = Field(10.0, description="seconds for one attempt to connect (machine time)")
    reconnect_longest: Seconds = Field(60.0, description="longest pause between attempts, in seconds (machine time)")
    watchdog: Seconds = Field(30.0, description="seconds of silence after which the session is asked for the time")
    request_timeout: Seconds = Field(60.0, description="seconds until a request without a deadline of its own ends")
    quote_deadline: Seconds = Field(1.0, description="seconds for bid and ask of options with 45 or more DTE")
    quote_deadline_near: Seconds = Field(0.15, description="the same for nearer expiries")
    greeks_deadline: Seconds = Field(4.0, description="seconds for Greeks while lines are free")
    breaker_failures: Positive = Field(5, description="consecutive failures that open the circuit breaker")
    breaker_pause: Seconds = Field(60.0, description="seconds it stays open")


class Persistence(Section):
    """`[persistence]`: how the lake is written."""

    commit_every: Seconds = Field(
        2.0, description="seconds (machine time) that accepted batches may wait to share a commit"
    )
    compact_after: Positive = Field(
        200, description="small files in a table after which it is compacted in market hours, too"
    )
    housekeeping: bool = Field(
        default=True, description="false where another desk looks after the same tables: exactly one must"
    )
    retention: Annotated[int, Field(ge=24)] = Field(
        168, description="hours for which files that no version needs any more stay"
    )
    housekeeping_every: Seconds = Field(
        60.0, description="seconds between two looks at the tables' upkeep (machine time)"
    )


class Lake(Section):
    """`[lake]`: where the tables are and how they are laid out."""

    path: str = Field("", description="folder or URI (s3://...) of the tables; empty: lake/ in the data folder")
    application: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")] = Field(
        "desk", description="name under which this desk commits; its own for each host that writes to the same tables"
    )
    storage: dict[str, str] = Field(
        default_factory=dict,
        description="options of an object store, named like its environment variables, which serve as well",
        examples=[{"AWS_REGION": "us-east-1"}],
    )
    partition_by: Layout = Field(
        ("date",), description='["date"], ["strike_partition", "symbol"] or ["symbol", "yearmonth"]'
    )


class Collector(Section):
    """`[[collectors]]`: a recorded symbol."""

    symbol: Symbol = Field(description="the underlying, as IB spells it")
    sec_type: Literal["STK", "IND"] = Field("STK", description="STK for stocks and ETFs, IND for indices")
    exchange: Text = Field("SMART", description="SMART, or the index's own (SPX: CBOE)")
    trading_class: str = Field("", description="index options only: SPX or SPXW")
    interval: Annotated[float, Field(ge=60)] = Field(300.0, description="seconds between cycles, at least 60")
    dte_min: Count = Field(45, description="nearest expiry, in calendar days")
    dte_max: Count = Field(75, description="farthest expiry, in calendar days")
    expiries: Literal["all", "first"] = Field("all", description="all expiries in the range, or the first only")
    window: Fraction = Field(0.08, description="strikes within this fraction of the underlying's price")
    strike_step: Annotated[float, Field(ge=0)] = Field(
        5.0, description="multiples of this only; 0: every listed strike"
    )


class Future(Section):
    """`[[futures]]`: a recorded root of futures."""

    symbol: Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9.]{0,11}$", examples=["ES"])] = Field(
        description="the root: the trading class, as IB spells it"
    )
    ib_symbol: str = Field("", description="IB's symbol where it is another (VX: VIX); empty: the root's")
    exchange: Text = Field("CME", description="where it is listed: CME, or CFE for VX")
    multiplier: Count = Field(0, description="dollars per point; 0: whatever IB lists")
    interval: Annotated[float, Field(ge=60)] = Field(300.0, description="seconds between cycles, at least 60")
    months: Annotated[int, Field(ge=1, le=12)] = Field(4, description="listed months, the nearest first")


class Strategy(Section):
    """`[[strategies]]`: one instance of a strategy; `params` overrides the strategy's own defaults."""

    name: Text = Field(description="the strategy's registered name, as `list` shows it")
    id: str = Field("", description="the instance's name; empty: the strategy's")
    enabled: bool = Field(default=True, description="false: the instance is not started")
    on_shutdown: Literal["keep", "flatten"] = Field(
        "keep", description="open positions at a stop: keep them, or flatten (close at market)"
    )
    params: dict[str, Any] = Field(default_factory=dict, description="the strategy's parameters, as `list` shows them")

    @property
    def instance(self) -> str:
        """The instance's name."""
        return self.id or self.name


class Task(Section):
    """`[schedule]`: when collectors run and how long a cycle may take."""

    market_phase: Literal["market_open"] = Field("market_open", description="cycles run while the market is open")
    priority: Count = Field(30, description="recorded with the schedule; the smaller goes first")
    timeout: Seconds = Field(300.0, description="seconds after which a cycle ends with what it has")


class Trading(Section):
    """`[trading]`: whether live money may move, from which account, and how orders are worked."""

    enabled: bool = Field(default=False, description='live money needs this, [broker] mode = "live" and account')
    account: str = Field("", description="the account that orders may go to; empty: the session's only one, if paper")
    step: Dollars = Field(0.05, description="dollars per share by which a limit is walked")
    every: Seconds = Field(5.0, description="seconds of market time between two steps")
    acknowledge: Seconds = Field(5.0, description="seconds that IB has to acknowledge an order before it is looked for")
    entry_lifetime: Seconds = Field(120.0, description="seconds after which IB itself ends an entry order")
    reconcile: Seconds = Field(30.0, description="seconds between two comparisons of our ledgers with IB's positions")


class Limits(Section):
    """`[limits]`: above all strategies."""

    max_open_risk: Dollars = Field(25_000.0, description="USD that all open positions together may lose")
    max_daily_loss: Dollars = Field(5_000.0, description="USD lost in a day after which entries stop for the day")
    max_condors: Count = Field(6, description="open condors, all strategies together")


class Supervision(Section):
    """`[supervision]`: restarts, in seconds of machine time."""

    strategy: Literal["one_for_one"] = Field("one_for_one", description="a crashed actor is restarted alone")
    max_restarts: Count = Field(5, description="restarts within `period` before an actor counts as exhausted")
    period: Seconds = Field(300.0, description="seconds over which restarts are counted")
    backoff_min: Seconds = Field(0.2, description="seconds before the first restart; doubles with each")
    backoff_max: Seconds = Field(30.0, description="longest pause before a restart")
    jitter: Annotated[float, Field(ge=0, le=1)] = Field(0.2, description="random share added to a pause")
    stable_after: Seconds = Field(60.0, description="seconds without a crash after which the count starts anew")
    stop_timeout: Seconds = Field(10.0, description="seconds an actor has to stop")
    hang_after: Seconds = Field(60.0, description="seconds without progress on a waiting message: the actor is hung")


class Health(Section):
    """`[health]`: reports."""

    every: Seconds = Field(2.0, description="seconds (machine time) between reports")
    stale_after: Seconds = Field(600.0, description="seconds of market time after which a symbol's newest row is stale")


class Clock(Section):
    """`[clock]`: real time, or a simulated day."""

    kind: Literal["auto", "real", "simulated"] = Field(
        "auto", description="auto: simulated on the paper gateway, else real"
    )
    day: date = Field(date(2019, 5, 13), description="simulated: the trading day", examples=["2019-05-13"])
    start: TimeOfDay = Field("09:25", description="simulated: exchange time to start at")
    until: TimeOfDay = Field("16:15", description="simulated: exchange time to end at")
    speed: Annotated[float, Field(gt=0, le=10_000)] = Field(
        60.0, description="simulated: market seconds per second, at most"
    )


class Config(Section):
    """config.toml."""

    data: Text = Field("data", description="folder for everything that runs write")
    gateway: Gateway = Field(default_factory=Gateway)
    broker: Broker = Field(default_factory=Broker)
    persistence: Persistence = Field(default_factory=Persistence)
    lake: Lake = Field(default_factory=Lake)
    collectors: Annotated[tuple[Collector, ...], Strict(strict=False)] = ()
    futures: Annotated[tuple[Future, ...], Strict(strict=False)] = ()
    strategies: Annotated[tuple[Strategy, ...], Strict(strict=False)] = ()
    schedule: Task = Field(default_factory=Task)
    trading: Trading = Field(default_factory=Trading)
    limits: Limits = Field(default_factory=Limits)
    supervision: Supervision = Field(default_factory=Supervision)
    health: Health = Field(default_factory=Health)
    clock: Clock = Field(default_factory=Clock)
