"""`status`, `list`, `chain`, `stats`, `config check`: look, and change nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console, RenderableType

from commands.errors import RefusedError
from commands.folders import lake_place
from commands.options import Options
from commands.settings import settings
from commands.where import SILENT, moment_of, run_of
from desk.clock import RealClock
from desk.config import ConfigError
from desk.console import health
from desk.console.chain import chain_table
from desk.console.jsonable import to_json
from desk.console.standing import standing, standing_view
from desk.console.status import health_json, health_table
from desk.console.tables import (
    Coverage,
    StrategyInfo,
    coverage_table,
    facts_table,
    frame_table,
    strategies_table,
)
from desk.lake.place import Place
from desk.lake.queries import Lake
from desk.orders import halt
from strategies.registry import strategies


def show_status(config: Path, data: Path | None, *, as_json: bool) -> int:
    """The health of the desk that runs on a data folder; 0 if it runs and is healthy."""
    checked, folder = run_of(config, data)
    store = Lake(lake_place(checked, folder))
    report = health.read(folder / "health.json")
    now = RealClock().time()
    if report is None:
        return _say(f"no desk has run in {folder}", {"running": False, "folder": str(folder)}, as_json=as_json)
    running = health.running(report, now, SILENT)
    halted, stands = halt.read(Path(checked.data)), standing(report.actors)
    if as_json:
        collection = get_collection_stats(folder, store)
        told = {"running": running, **health_json(report), "halted": halted, "standing": stands}
        sys.stdout.write(to_json({**told, "collection": collection}) + "\n")
    else:
        console = Console()
        if not running:
            console.print(f"no desk is running in {folder}; this is its last report", style="yellow", soft_wrap=True)
        if halted is not None:
            console.print(f"HALTED: {halted.reason}", style="bold red", markup=False)
        console.print(health_table(report, now - report.written))
        console.print("", standing_view(stands))
        coverage = _coverage(store)
        if coverage:
            console.print("", coverage_table(coverage))
    return 0 if running and report.healthy else 1


def get_collection_stats(folder: Path, lake: Lake) -> dict[str, Any]:
    """Whether a desk records into a run's folder, which symbols, how often, and what its table holds (SPEC D5).

    `collection_interval` is in seconds of market time, by symbol.
    """
    report = health.read(folder / "health.json")
    collectors = [each.facts for each in report.actors if each.kind == "collector" and each.facts] if report else []
    return {
        "running": health.running(report, RealClock().time(), SILENT),
        "symbols": [facts["symbol"] for facts in collectors],
        "collection_interval": {facts["symbol"]: facts["interval"] for facts in collectors},
        "table_stats": lake.get_snapshot_stats(),
    }


def list_strategies(*, as_json: bool) -> None:
    """Every registered strategy with its parameters and their defaults."""
    infos = [
        StrategyInfo(name, (sys.modules[cls.__module__].__doc__ or "").strip(), cls.params_type().model_dump())
        for name, cls in strategies().items()
    ]
    _show(strategies_table(infos), [asdict(info) for info in infos], as_json=as_json)


def show_chain(
    symbol: str,
    at: str | None,
    expiry: str | None,
    config: Path,
    data: Path | None,
    lake: Path | None,
    *,
    as_json: bool,
) -> int:
    """A recorded chain, the latest or as of a time; 0 if there is one."""
    store, symbol = lake_of(config, data, lake), symbol.upper()
    rows = store.read_chain_at(symbol, moment_of(at)) if at else store.read_latest_chain(symbol)
    if expiry:
        rows = rows.filter(pl.col("expiry") == expiry)
    _show(chain_table(rows, symbol), rows.to_dicts(), as_json=as_json)
    return 0 if len(rows) else 1


def show_stats(
    day: str | None, expiry: str | None, config: Path, data: Path | None, lake: Path | None, *, as_json: bool
) -> int:
    """What a lake holds: the whole, or the rows of one day and expiry by symbol."""
    store = lake_of(config, data, lake)
    if day or expiry:
        rows = store.rows_by_symbol(to_day(day) if day else latest_day(store), expiry)
        _show(frame_table(rows), rows.to_dicts(), as_json=as_json)
        return 0 if len(rows) else 1
    stats, slots = store.get_snapshot_stats(), store.slots_summary()
    if as_json:
        sys.stdout.write(to_json({**stats, "slots": slots.to_dicts(), "lake": str(store.root)}) + "\n")
    else:
        console = Console()
        console.print(facts_table({**stats, "lake": str(store.root)}))
        if len(slots):
            console.print("", coverage_table(_coverage(store)))
    return 0


def show_iv(symbol: str, days: int, config: Path, data: Path | None, lake: Path | None, *, as_json: bool) -> int:
    """Daily at-the-money implied volatility of a symbol; 0 if any is known."""
    rows = lake_of(config, data, lake).read_historical_iv(symbol.upper(), days)
    _show(
        frame_table(rows, title=f"{symbol.upper()}, at the money, fractions per year"), rows.to_dicts(), as_json=as_json
    )
    return 0 if len(rows) else 1


def check_config(path: Path, *, as_json: bool) -> int:
    """Check a config; 0 without a mistake, 2 with any."""
    try:
        config = settings(Options(path))
    except ConfigError as error:
        if not as_json:
            raise
        sys.stdout.write(to_json({"valid": False, "mistakes": [str(each) for each in error.mistakes]}) + "\n")
        return 2
    symbols = [each.symbol for each in config.collectors]
    names = [each.instance for each in config.strategies]
    roots = [each.symbol for each in config.futures]
    parts = {"collectors": symbols, "futures": roots, "strategies": names}
    text = f"{path} is valid: " + "; ".join(f"{what} {', '.join(each) or 'none'}" for what, each in parts.items())
    if as_json:
        sys.stdout.write(to_json({"valid": True, **parts}) + "\n")
    else:
        Console().print(text, soft_wrap=True)
    return 0


def _coverage(store: Lake) -> list[Coverage]:
    return [
        Coverage(
            symbol=row["symbol"],
            slots=row["expected"],
            complete=row["complete"],
            partial=row["partial"],
            missed=row["missed"],
            answered=row["share"],
            longest_gap=row["longest_gap"],
            reasons=tuple(filter(None, row["reasons"].split(", "))),
        )
        for row in store.slots_summary().to_dicts()
    ]


def _show(picture: RenderableType, values: Any, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(to_json(values) + "\n")
    else:
        Console().print(picture)


def _say(text: str, values: Mapping[str, Any], *, as_json: bool) -> int:
    _show(text, values, as_json=as_json)
    return 1


def lake_of(config: Path, data: Path | None, lake: Path | None) -> Lake:
    """The lake named, or that of the latest run; `RefusedError` when there is none."""
    if lake:
        root = Place(str(lake))
    else:
        checked, folder = run_of(config, data)
        root = lake_place(checked, folder)
    if all(root.open(name) is None for name in ("option_snapshots", "slots")):
        msg = f"there is no lake at {root}; run the desk first, or name one with --lake"
        raise RefusedError(msg)
    return Lake(root)


def latest_day(store: Lake) -> date:
    """The newest exchange date of a lake."""
    days = store.get_snapshot_stats()["date_range"]
    if days is None:
        msg = f"the lake at {store.root} is empty"
        raise RefusedError(msg)
    return days[1]


def to_day(text: str) -> date:
    """A day of the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        msg = f"{text}: expected a day as YYYY-MM-DD"
        raise RefusedError(msg) from None
