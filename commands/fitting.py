"""`market fit`: a fitted market from the SPX chains and daily bars of a lake."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from commands.errors import RefusedError
from commands.options import Options
from commands.settings import settings
from desk.config import Config
from desk.console.jsonable import to_json
from desk.gateway.model.fit import Fitted, fit
from desk.lake.queries import Lake


def fit_market(lake: Path | None, out: Path | None, config: Path, data: Path | None, *, as_json: bool) -> int:
    """Fit, write the market, and report per day how much of the chain lies inside its bid-ask spread."""
    folder = data or Path(_config(config).data)
    source, target = Lake(lake or folder / "imported"), out or folder / "market.npz"
    rows = source.chains("SPX")
    if rows.is_empty():
        msg = f"the lake at {source.root} holds no SPX chains; import some with --profile cboe_daily"
        raise RefusedError(msg)
    console = Console(stderr=as_json)
    days: list[Fitted] = []

    def progress(day: Fitted) -> None:
        days.append(day)
        share = f"{day.inside / day.counted:.2%} of {day.counted} quotes inside" if day.counted else day.refused
        console.print(f"{day.day}  {day.expiries} expiries  {share}")

    market = fit(rows, source.daily_bars(), progress)
    target.parent.mkdir(parents=True, exist_ok=True)
    market.save(target)
    counted, inside = sum(day.counted for day in days), sum(day.inside for day in days)
    size = target.stat().st_size
    if as_json:
        report = {"market": str(target), "bytes": size, "counted": counted, "inside": inside}
        sys.stdout.write(to_json({**report, "days": [asdict(day) for day in days]}) + "\n")
    else:
        console.print(f"{inside / counted:.2%} of {counted:,} quotes inside their spread")
        console.print(f"{target}, {size / 1e6:.2f} MB; run on it with --market fitted:{target}", soft_wrap=True)
    return 0


def _config(path: Path) -> Config:
    return settings(Options(path))
