"""The composition: from a config and a run's folder to the children of the supervisor, and the market behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from random import Random

from actors.backfill import BackfillActor
from actors.broker import BrokerActor
from actors.collector import CollectorActor, Plan
from actors.futures import FuturesActor, Months
from actors.housekeeper import HousekeeperActor
from actors.persistence import PersistenceActor
from actors.strategy import StrategyActor
from actors.trader import TraderActor
from commands.errors import RefusedError
from desk.config import model
from desk.gateway.faults.fault import Fault
from desk.gateway.faults.text import parse
from desk.gateway.model import SHIPPED, FittedMarket, FittedSource
from desk.gateway.replay import ReplaySource
from desk.gateway.settings import Settings as GatewaySettings
from desk.gateway.source import Source
from desk.ib.broker import Broker, Trades
from desk.lake.housekeeper import Housekeeper
from desk.lake.housekeeping import Policy
from desk.lake.origin import Origin
from desk.lake.place import Root
from desk.lake.queries import Lake
from desk.lake.writer import Writer
from desk.market.contracts import index
from desk.orders.edge import Boundary, no_boundary
from desk.orders.ladder import Pace
from desk.orders.limits import Limits
from desk.orders.trader import Settings as TraderSettings
from desk.runtime.actor import Context
from desk.runtime.child import ChildSpec
from messages.contract import Contract
from messages.data import Schedule, ScheduleInForce, Slot
from messages.futures import FuturesRoot
from messages.market import Selection
from strategies.registry import create

TRADER = "trader"
HUNG = 75
"""Exit code that asks whoever started the desk to start it again, because a broker or a trader that hangs still has its
client id, or its logs: EX_TEMPFAIL of sysexits.h."""
_FLATTENING = 6
"""Stop limits that a strategy has which closes its positions first."""
_BENCHMARKS = (index("SPX"), index("VIX"))


@dataclass(frozen=True, slots=True)
class Folders:
    """Where a desk that trades writes: `logs` of the run, and `root`, the data folder, for the kill switch's file."""

    logs: Path
    root: Path


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the desk's IB session ends; `governed` when that is a paper gateway that shares the desk's clock."""

    host: str
    port: int
    governed: bool = False


def children(
    config: model.Config,
    lake: Root,
    endpoint: Endpoint,
    folders: Folders | None,
    *,
    spool: Path | None = None,
    once: bool = False,
    finished: Callable[[Slot], None] | None = None,
    boundary: Boundary = no_boundary,
) -> list[ChildSpec]:
    """The children in the order of their start: persistence, broker, trader, collectors, futures, strategies (SPEC A4).

    Without `folders`, or with `once`, the desk has no trader and its broker sends no orders.
    """
    trading = None if once else folders
    writer = partial(Writer, lake, config.lake.application, tuple(config.lake.partition_by), spool)
    specs = [
        ChildSpec(
            "persistence",
            lambda context: PersistenceActor(context, writer, config.persistence.commit_every),
            stop_timeout=3 * config.supervision.stop_timeout,
        ),
        ChildSpec(
            "broker",
            lambda context: BrokerActor(
                context,
                lambda timers, say: Broker(
                    config.broker,
                    endpoint.host,
                    endpoint.port,
                    timers,
                    Random(config.gateway.seed),
                    governed=endpoint.governed,
                    say=say,
                    trades=Trades(config.trading, trading.root) if trading else None,
                ),
                TRADER if trading else None,
            ),
            kind="asyncio",
            hang_exit_code=HUNG,
        ),
    ]
    if trading:
        settings = trader_settings(config, trading)
        specs.append(
            ChildSpec(
                TRADER,
                lambda context: TraderActor(context, settings, boundary),
                stop_timeout=2 * config.supervision.stop_timeout,
                hang_exit_code=HUNG,
            )
        )
    if config.persistence.housekeeping and not once:
        policy = Policy(config.persistence.compact_after, config.persistence.retention)
        enter = partial(Housekeeper, lake, policy)
        specs.append(
            ChildSpec(
                "housekeeper", lambda context: HousekeeperActor(context, enter, config.persistence.housekeeping_every)
            )
        )
    for number, collector in enumerate(config.collectors):
        plan = plan_of(collector, config.schedule.timeout, once=once, benchmarks=() if number else _BENCHMARKS)
        specs.append(ChildSpec(collector_name(collector), partial(_collector, plan, finished)))
    specs += [
        ChildSpec(f"futures-{root.symbol}", partial(_futures, months_of(root, config.schedule.timeout)))
        for root in config.futures
        if not once
    ]
    if config.collectors and not once:
        recorded = tuple(plan_of(each, config.schedule.timeout).underlying for each in config.collectors)
        specs.append(ChildSpec("backfill", lambda context: BackfillActor(context, recorded)))
    specs += [
        ChildSpec(
            strategy_name(strategy),
            partial(_strategy, strategy),
            stop_timeout=(_FLATTENING if strategy.on_shutdown == "flatten" else 1) * config.supervision.stop_timeout,
        )
        for strategy in config.strategies
        if strategy.enabled and trading
    ]
    return specs


def trader_settings(config: model.Config, folders: Folders) -> TraderSettings:
    """How orders are worked, from `[trading]`, `[limits]` and the strategies."""
    trading, limits = config.trading, config.limits
    return TraderSettings(
        logs=folders.logs,
        root=folders.root,
        pace=Pace(trading.step, trading.every, trading.entry_lifetime),
        limits=Limits(limits.max_open_risk, limits.max_daily_loss, limits.max_condors),
        reconcile=trading.reconcile,
        strategies={each.instance: strategy_name(each) for each in config.strategies if each.enabled},
    )


def strategy_name(strategy: model.Strategy) -> str:
    """The address of a strategy's instance."""
    return f"strategy-{strategy.instance}"


def collector_name(collector: model.Collector) -> str:
    """The address of a symbol's collector."""
    return f"collector-{collector.symbol}"


def plan_of(
    collector: model.Collector, timeout: float, *, once: bool = False, benchmarks: tuple[Contract, ...] = ()
) -> Plan:
    """What a collector records, from its table of the config."""
    exchange = "CBOE" if collector.sec_type == "IND" and collector.exchange == "SMART" else collector.exchange
    return Plan(
        underlying=Contract(collector.symbol, collector.sec_type, exchange),
        selection=Selection(
            symbol=collector.symbol,
            sec_type=collector.sec_type,
            exchange=exchange,
            trading_class=collector.trading_class,
            dte_min=collector.dte_min,
            dte_max=collector.dte_max,
            expiries=collector.expiries,
            window_low=collector.window,
            window_high=collector.window,
            strike_step=collector.strike_step,
        ),
        interval=collector.interval,
        timeout=min(timeout, collector.interval),
        benchmarks=benchmarks,
        once=once,
    )


def months_of(future: model.Future, timeout: float) -> Months:
    """What is recorded of a root of futures, from its table of the config."""
    multiplier = str(future.multiplier or "")
    root = FuturesRoot(future.symbol, future.exchange, multiplier, future.months, future.ib_symbol or future.symbol)
    return Months(root, future.interval, min(timeout, future.interval))


def schedule_of(config: model.Config) -> ScheduleInForce:
    """The schedule in force, a task per collector and root of futures."""
    task = config.schedule
    recorded: list[model.Collector | model.Future] = [*config.collectors, *config.futures]
    return ScheduleInForce(
        tuple(
            Schedule(f"collect {each.symbol}", each.interval, task.market_phase, task.priority, task.timeout)
            for each in recorded
        )
    )


def origin_of(config: model.Config) -> Origin:
    """Where the rows of this run come from."""
    if config.gateway.kind == "ib":
        return "live" if config.broker.mode == "live" else "paper"
    return "replay" if config.gateway.market.startswith("lake:") else "fitted"


def gateway_settings(config: model.Config, journal: Path | None) -> GatewaySettings:
    """The paper gateway's settings, from its table of the config."""
    gateway = config.gateway
    settings = GatewaySettings(
        host=gateway.host,
        port=gateway.port,
        account=gateway.account,
        messages_per_second=gateway.messages_per_second,
        lines=gateway.market_data_lines,
        latency=gateway.latency,
        cash=gateway.cash,
        journal=journal,
        faults=faults_of(gateway.faults),
        control=gateway.control or None,
    )
    if not gateway.market.startswith("lake:"):
        return settings
    return replace(settings, oldest_quote=gateway.replay_hold)  # what is shown may also be traded with


def faults_of(texts: Sequence[str]) -> tuple[Fault, ...]:
    """The faults that these texts mean; `RefusedError` for one that means none."""
    try:
        return tuple(parse(text) for text in texts)
    except ValueError as error:
        raise RefusedError(str(error)) from error


def source_of(config: model.Config, last: date | None = None) -> Source:
    """The market of the paper gateway; `RefusedError` when it cannot be had.

    A lake must hold chains of the clock's day or, where `last` is given, of some day from then to `last`.
    """
    kind, _, where = config.gateway.market.partition(":")
    if kind == "fitted":
        path = Path(where) if where else SHIPPED
        if not path.exists():
            msg = f"[gateway] market: there is no fitted market at {path}; make one with `market fit`, or use fitted"
            raise RefusedError(msg)
        return FittedSource(FittedMarket.load(path), config.gateway.seed)
    if kind == "lake":
        return _replay(lake_at(config), config, last)
    msg = f'[gateway] market = "{config.gateway.market}": expected fitted, fitted:PATH or lake:PATH'
    raise RefusedError(msg)


def lake_at(config: model.Config) -> Path:
    """The lake that `[gateway] market = "lake:PATH"` means: at that path, or in the data folder at that path."""
    path = Path(config.gateway.market.removeprefix("lake:") or config.data)
    for candidate in (path, path / "lake", path / "imported"):
        if (candidate / "option_snapshots").is_dir():
            return candidate
    msg = f"there is no lake at {path}: no option_snapshots table in it; make one with `import`"
    raise RefusedError(msg)


def _replay(path: Path, config: model.Config, last: date | None) -> ReplaySource:
    lake, first = Lake(path), config.clock.day
    if not lake.recorded_days(first, last or first):
        held = lake.get_snapshot_stats()["date_range"]
        asked = f"{first} to {last}" if last is not None and last > first else f"{first}"
        msg = (
            f"the lake at {path} holds no chains of {asked}, but of {held[0]} to {held[1]}"
            if held
            else f"{path} is empty"
        )
        raise RefusedError(f"{msg}; choose another with {'--day' if last is None else '--from and --to'}")
    gateway = config.gateway
    return ReplaySource(
        lambda day: lake.chains(start=day, end=day), lake.daily_bars(), gateway.replay_hold, gateway.seed
    )


def _collector(plan: Plan, finished: Callable[[Slot], None] | None, context: Context) -> CollectorActor:
    return CollectorActor(context, plan, finished)


def _futures(plan: Months, context: Context) -> FuturesActor:
    return FuturesActor(context, plan)


def _strategy(strategy: model.Strategy, context: Context) -> StrategyActor:
    decider = create(strategy.name, strategy.params)
    return StrategyActor(context, decider, strategy.instance, strategy.on_shutdown)
