"""From the actors' reports to what people see: the live snapshot and the health report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from commands.desk import Desk
from desk.console.health import Health
from desk.console.snapshot import GatewayView, LakeView, Progress, Snapshot, Spot, StrategyView
from desk.console.standing import standing
from desk.console.summary import StrategySummary, Summary, SymbolSummary
from desk.console.trades import Account, done_and_open
from desk.lake.queries import Lake
from desk.market.calendar import session_at
from messages.system import Report


def snapshot_of(desk: Desk) -> Snapshot:
    """The desk at this instant."""
    reports = desk.system.reports()
    collection = tuple(_progress(each.facts) for each in reports if each.kind == "collector" and each.facts)
    asked, reached = desk.clock.speed()
    newest = max(
        (each for each in collection if each.last), key=lambda each: each.last.cycle if each.last else 0.0, default=None
    )
    gateway = desk.config.gateway
    stands = standing(reports)
    days = stands.days or {}
    return Snapshot(
        time=desk.clock.time(),
        speed_asked=asked,
        speed_reached=reached,
        gateway=GatewayView(gateway.kind, gateway.host, desk.port, desk.market),
        starts=desk.starts if desk.simulated else None,
        ends=desk.ends,
        vix=Spot("VIX", newest.last.vix, newest.changes[1]) if newest and newest.last else None,
        spots=tuple(Spot(each.symbol, each.last.underlying, each.changes[0]) for each in collection if each.last),
        actors=tuple(reports),
        collection=collection,
        strategies=tuple(_strategy(each, days.get(_instance(each))) for each in reports if each.kind == "strategy"),
        condors=stands.condors,
        orders=stands.orders,
        halted=stands.halted,
        trouble=stands.trouble,
        lake=_lake(desk, reports),
        events=desk.log.events(),
    )


def summary_of(desk: Desk, seconds: float) -> Summary:
    """What the run came to, after `seconds` of machine time."""
    last = snapshot_of(desk)
    ledger = {row["symbol"]: row for row in Lake(desk.lake).slots_summary().to_dicts()}
    symbols = tuple(_symbol(each, ledger.get(each.symbol, {})) for each in last.collection)
    strategies = tuple(_trades(desk, each) for each in last.actors if each.kind == "strategy")
    return Summary(
        started=desk.starts,
        ended=last.time,
        seconds=seconds,
        speed=(last.time - desk.starts) / seconds,
        gateway=last.gateway,
        symbols=symbols,
        strategies=strategies,
        restarts=sum(each.restarts for each in last.actors),
        data=str(desk.run.folder),
        lake=str(desk.lake),
        total_rows=Lake(desk.lake).get_snapshot_stats()["total_rows"],
    )


def health_of(desk: Desk, reports: Sequence[Report], *, written: float, process: int, state: str) -> Health:
    """The health report: everything that makes the whole unhealthy is named."""
    errors = tuple(_errors(desk, reports))
    facts = {each.kind: each.facts for each in reports}
    return Health(
        written=written,
        market_time=desk.clock.time(),
        process=process,
        state=state,
        healthy=not errors,
        ib_connected=bool(facts.get("broker", {}).get("connected")),
        table_rows=int(facts.get("persistence", {}).get("rows") or 0),
        errors=errors,
        actors=tuple(reports),
    )


def _errors(desk: Desk, reports: Sequence[Report]) -> Iterable[str]:
    for each in reports:
        if each.state in {"exhausted", "hung", "backoff"}:
            yield f"{each.name}: {each.state}: {each.last_error}"
        if each.kind == "broker" and not each.facts.get("connected"):
            yield f"{each.name}: not connected to {desk.config.gateway.host}:{desk.port}"
        if each.facts.get("degraded"):
            yield f"{each.name}: {each.facts['degraded']}"
        if stale := _stale(desk, each):
            yield stale


def _stale(desk: Desk, report: Report) -> str:
    """Words for a symbol whose newest row is older in market hours than health allows (SPEC D8)."""
    now, last = desk.clock.time(), report.facts.get("newest")
    today = session_at(now)
    if report.kind != "collector" or today is None:
        return ""
    age = now - max(last or 0.0, today.opens, desk.starts)
    limit = desk.config.health.stale_after
    return f"{report.name}: newest row is {age / 60:.0f} min old" if age > limit else ""


def _progress(facts: dict[str, Any]) -> Progress:
    slots = facts["slots"]
    return Progress(
        symbol=facts["symbol"],
        cycle=facts["cycle"],
        done=facts["done"],
        asked=facts["asked"],
        last=facts["last"],
        complete=slots.get("COMPLETE", 0),
        partial=slots.get("PARTIAL", 0),
        missed=slots.get("MISSED", 0),
        rows=facts["rows"],
        changes=facts["changes"],
    )


def _instance(report: Report) -> str:
    """The name of the strategy that an actor hosts: its logs and its decisions go by it."""
    return report.name.removeprefix("strategy-")


def _strategy(report: Report, day: float | None) -> StrategyView:
    facts = report.facts
    refused, vetoes = facts.get("refused") or (), facts.get("vetoes") or ()
    notes = [f"refused: {each.name}: {each.text}" for each in refused] + [
        f"{each.name}: {each.text}" for each in vetoes
    ]
    acted = bool(facts.get("holdings") or facts.get("working"))
    state = facts.get("phase", report.state)
    return StrategyView(_instance(report), state, notes[0] if notes else "", acted, day)


def _symbol(progress: Progress, ledger: dict[str, Any]) -> SymbolSummary:
    slots = (progress.complete, progress.partial, progress.missed)
    return SymbolSummary(progress.symbol, progress.rows, *slots, ledger.get("share"))


def _trades(desk: Desk, report: Report) -> StrategySummary:
    facts, account = report.facts, Account.read(desk.run.logs / _instance(report))
    vetoes = sorted(facts.get("veto_counts", {}).items(), key=lambda item: -item[1])
    earned = round(account.summary.net_pnl + account.summary.open_realised, 2)
    trades = done_and_open(account)
    return StrategySummary(_instance(report), facts.get("polls", 0), earned, trades, tuple(vetoes))


def _lake(desk: Desk, reports: Sequence[Report]) -> LakeView:
    facts = next((each.facts for each in reports if each.kind == "persistence"), {})
    return LakeView(str(desk.lake), facts.get("rows") or 0, facts.get("last_commit"), facts.get("spool") or 0)
