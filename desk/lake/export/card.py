"""The data card: what an export covers, where it has gaps, where it comes from, and what its columns mean."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import polars as pl

from desk.lake.export import days, smile
from desk.market.calendar import next_session


def coverage(symbol: str, rows: pl.DataFrame, targets: pl.DataFrame, sources: dict[str, int]) -> dict[str, Any]:
    """Return what there is of one symbol: reach, cycles, gaps (sessions without one), nulls, sources of the Greeks."""
    dates = rows.get_column("date").unique().sort().to_list()
    return {
        "symbol": symbol,
        "first": dates[0].isoformat(),
        "last": dates[-1].isoformat(),
        "days": len(dates),
        "cycles": len(rows),
        "gaps": [day.isoformat() for day in _gaps(dates)],
        "two_sided": round(rows.get_column("two_sided").mean() or 0.0, 4),  # type: ignore[arg-type]  # a share
        "doubtful": round(rows.get_column("doubtful").mean() or 0.0, 4),  # type: ignore[arg-type]  # a share
        "features_known": _known(rows, (*smile.COLUMNS, *days.FEATURES)),
        "targets_known": _known(targets, days.TARGETS),
        "greeks": sources,
    }


def card(origin: str, symbols: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the whole card as values for JSON."""
    return {
        "origin": origin,
        "symbols": symbols,
        "features": {**smile.COLUMNS, **days.FEATURES},
        "targets": days.TARGETS,
        "no_look_ahead": "a cycle's features come from its own quotes and from days before it; targets lie after it",
    }


def markdown(values: dict[str, Any]) -> str:
    """Write a card as a page for people."""
    lines = ["# Data card", "", f"Origin of the rows: {values['origin']}. {values['no_look_ahead'].capitalize()}.", ""]
    lines += ["| symbol | from | to | days | cycles | sessions missing | two-sided | doubtful |", "|---" * 8 + "|"]
    for each in values["symbols"]:
        shares = f"{each['two_sided']:.1%} | {each['doubtful']:.1%}"
        reach = f"{each['first']} | {each['last']} | {each['days']} | {each['cycles']} | {len(each['gaps'])}"
        lines.append(f"| {each['symbol']} | {reach} | {shares} |")
    for each in values["symbols"]:
        lines += ["", f"## {each['symbol']}", ""]
        lines.append(f"Sessions without a chain: {', '.join(each['gaps']) or 'none'}.")
        sources = ", ".join(f"{source or 'none'} {count}" for source, count in each["greeks"].items())
        lines.append(f"Rows by source of their Greeks: {sources}.")
        lines += ["", "| column | known |", "|---|---|"]
        known = {**each["features_known"], **each["targets_known"]}
        lines += [f"| {name} | {share:.1%} |" for name, share in known.items()]
    for title in ("features", "targets"):
        lines += ["", f"## {title.capitalize()}", ""]
        lines += [f"* `{name}`: {text}" for name, text in values[title].items()]
    return "\n".join(lines) + "\n"


def _gaps(dates: list[date]) -> list[date]:
    known, gaps, day = set(dates), [], dates[0]
    while day < dates[-1]:
        day = next_session(day).date
        if day not in known:
            gaps.append(day)
    return gaps


def _known(frame: pl.DataFrame, names: Iterable[str]) -> dict[str, float]:
    return {name: round(1 - frame.get_column(name).null_count() / len(frame), 4) for name in names}
