"""The lake against the disk it stands on, against itself when young, and against the seeds' way; ratios of one run.

Whole: ages of 1, 20, 60 and 252 days of 187,200 rows, the seeds' way at 1 and 20 days (3 GB of disk). `--quick`: ages
of 1 and 20 days, the seeds' way at 1 day. Exit code 1 when a target is missed. The seeds read through pandas, which the
desk does without: `uv run --group bench benchmarks/lake.py`; where it is missing their rows are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl
from lets_be_rational import implied_volatility_from_a_transformed_rational_guess as rational
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import lake_data as data
from desk.lake.housekeeper import Housekeeper
from desk.lake.imports import import_file
from desk.lake.queries import Lake
from desk.lake.record import pack
from desk.lake.schema import SNAPSHOTS
from desk.lake.tables import scan
from desk.lake.writer import Writer
from desk.market.calendar import at
from desk.market.pricing import black76, implied_vol

REPO = Path(__file__).resolve().parents[1]
CHAINS = {
    "spx_cboe_daily_snapshot_2019-04-25_2019-06-13.parquet": "cboe_daily",
    "yahoo_spy_qqq_iwm_2026-07-14_1555.parquet": "yahoo",
    "yahoo_spy_qqq_iwm_2026-07-08_2026-07-10_incl_zero_bid_outage.parquet": "yahoo",
    "spy_ivolatility_2025-01_greeks.parquet": "ivolatility",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A figure and its target, `met` None where nothing is asked."""

    what: str
    measured: str
    value: float
    target: str = ""
    met: bool | None = None


def at_most(what: str, measured: str, value: float, most: float) -> Row:
    """A figure that must not exceed its target."""
    return Row(what, measured, value, f"≤ {most:g}", value <= most)


def at_least(what: str, measured: str, value: float, least: float) -> Row:
    """A figure that must reach its target."""
    return Row(what, measured, value, f"≥ {least:g}", value >= least)


def best(seconds: list[float], share: float) -> float:
    """A quantile over each third of a run, and the least of the three: other work on the machine only adds."""
    return min(float(np.quantile(part, share)) for part in np.array_split(seconds, 3))


def p95(seconds: list[float]) -> float:
    """The 95th percentile of the best third."""
    return best(seconds, 0.95)


def p50(seconds: list[float]) -> float:
    """The median of the best third."""
    return best(seconds, 0.5)


def timed(work: Callable[[], Any]) -> float:
    """Seconds of some work."""
    began = perf_counter()
    work()
    return perf_counter() - began


class Bare:
    """The least that is durable: a file that grows, one write and one fsync per item, no name and no checksum.

    An append is what a spool must do, and cheaper than a new file for each item, which would need a second fsync, of
    its folder.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(self, content: bytes) -> None:
        """Make it durable."""
        os.write(self._file, content)
        os.fsync(self._file)


def measure_writes(roots: dict[int, Path], cycles: int) -> list[Row]:
    """A day's cycles into lakes of every age, in turn."""
    chance = np.random.default_rng(11)
    day = data.sessions(300)[-1]
    accepts: list[float] = []
    wholes: dict[int, list[float]] = {age: [] for age in roots}
    disk: list[float] = []
    today = data.Day(day, chance)
    bare = Bare(min(roots.values()).parent / "bare")
    writers = {age: Writer(root, "desk") for age, root in roots.items()}
    for n in range(cycles + 3):
        rows = data.stored(today.cycle(n))
        content = pack(rows)
        for age, writer in writers.items():
            accept = timed(lambda: writer.accept({SNAPSHOTS.name: rows}))  # noqa: B023 - called at once
            whole = accept + timed(writer.drain)
            if n >= 3:  # the first touch of a day reads what it holds
                accepts.append(accept)
                wholes[age].append(whole)
                disk.append(timed(lambda: bare.write(content)))  # noqa: B023 - called at once
    for writer in writers.values():
        writer.close()
    young, old = min(roots), max(roots)
    ms = {age: f"{p95(each) * 1e3:.1f} ms" for age, each in wholes.items()}
    return [
        at_most(
            "accept (durable), p95 / bare write + fsync",
            f"{p95(accepts) * 1e3:.2f} ms / {p95(disk) * 1e3:.2f} ms",
            p95(accepts) / p95(disk),
            3.0,
        ),
        at_most(
            f"whole write of 2,400 rows, p95, {old} d / {young} d",
            ", ".join(f"{age} d {text}" for age, text in ms.items()),
            p95(wholes[old]) / p95(wholes[young]),
            1.3,
        ),
    ]


def measure_housekeeping(root: Path, rounds: int) -> Row:
    """Accepts while a day of 187,200 rows is rewritten in another thread, against accepts in peace."""
    chance = np.random.default_rng(13)
    days = data.sessions(310)
    history = data.History(root)
    history.grow([days[-1], days[-1], days[-1]])
    peace, busy = [], []
    keeper = Housekeeper(root)
    today = data.Day(days[-2], chance)
    with Writer(root, "desk") as writer:
        for n in range(rounds):
            rows = data.stored(today.cycle(n))
            peace.append(timed(lambda: writer.accept({SNAPSHOTS.name: rows})))  # noqa: B023 - called at once
        at_work = threading.Thread(target=lambda: list(iter(lambda: keeper.step(at(days[-1], "20:00")), None)))
        at_work.start()
        while at_work.is_alive():
            busy.append(timed(lambda: writer.accept({SNAPSHOTS.name: rows})))
    keeper.close()
    return Row(
        "accept, p95, beside housekeeping / in peace",
        f"{p95(busy) * 1e3:.2f} ms ({len(busy)}) / {p95(peace) * 1e3:.2f} ms",
        p95(busy) / p95(peace),
    )


READER = """
import json, sys
from time import perf_counter
import polars as pl
from desk.lake.queries import Lake
root, file, symbol = sys.argv[1:]
def scan():
    rows = pl.scan_parquet(file).filter(pl.col("symbol") == symbol)
    return rows.filter(pl.col("cycle") == pl.col("cycle").max()).collect()
work = {
    "scan": scan,
    "latest": lambda: Lake(root).read_latest_chain(symbol),
    "iv60": lambda: Lake(root).read_historical_iv(symbol, 60),
}
seconds = {name: [] for name in work}
for n in range(31):
    for name, each in work.items():
        began = perf_counter()
        assert len(each())
        seconds[name].append(perf_counter() - began)
print(json.dumps({name: each[1:] for name, each in seconds.items()}))
"""


def measure_reads(root: Path) -> dict[str, float]:
    """Usual seconds in another process: a scan of the newest day's Parquet file, the latest chain, 60 days of IV."""
    newest = max((root / SNAPSHOTS.name).glob("date=*")).glob("*.parquet")
    command = [sys.executable, "-c", READER, str(root), str(max(newest, key=lambda file: file.stat().st_size)), "SPY"]
    answer = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=True)
    return {name: p50(seconds) for name, seconds in json.loads(answer.stdout).items()}


def read_rows(age: int, found: dict[str, float]) -> list[Row]:
    """Both queries against the scan."""
    text = {name: f"{seconds * 1e3:.1f} ms" for name, seconds in found.items()}
    return [
        at_most(
            f"{what}, {age} d, other process / scan of a day's file",
            f"{text[name]} / {text['scan']}",
            found[name] / found["scan"],
            3.0,
        )
        for name, what in (("latest", "latest chain"), ("iv60", "60-day IV"))
    ]


def measure_year(root: Path, age: int) -> Row:
    """The mean of one column through the table, and over the bare files."""
    delta = Lake(root).root.open(SNAPSHOTS.name)
    assert delta is not None
    files = delta.file_uris()
    column = pl.col("iv").mean()
    ours, theirs = [], []
    for _ in range(9):
        ours.append(timed(lambda: scan(root, SNAPSHOTS).select(column).collect()))
        theirs.append(timed(lambda: pl.scan_parquet(files).select(column).collect()))
    return at_least(
        f"mean of one column of {age} d, speed against the bare files",
        f"{p50(ours) * 1e3:.0f} ms / {p50(theirs) * 1e3:.0f} ms",
        p50(theirs) / p50(ours),
        0.9,
    )


def measure_seeds(folder: Path, days: int, lake: Path, latest: float, small: float) -> list[Row]:
    """The seeds' way at an age against ours: writes in turn, seconds of the latest chain, bytes per row."""
    chance = np.random.default_rng(17)
    table = data.seeds_history(folder / f"seeds-{days}", data.sessions(days), chance)
    rows = data.stored(data.Day(data.sessions(days + 1)[-1], chance).cycle(0))
    today = data.Day(data.sessions(320)[-1], chance)
    repeats = range(3 if days == 1 else 1)
    ours, theirs = [], []
    with Writer(lake, "desk") as writer:
        for n in repeats:
            ours += [_whole(writer, data.stored(today.cycle(30 * n + k))) for k in range(15)]
            theirs.append(data.seeds_write(table, rows))
            ours += [_whole(writer, data.stored(today.cycle(30 * n + k))) for k in range(15, 30)]
    write, write_all = p50(ours), min(theirs)
    read_all = min(data.seeds_latest(table, "SPY") for _ in repeats)
    large = data.bytes_per_row(table)
    shutil.rmtree(table)
    least = 100.0 if days == 1 else 1000.0
    return [
        at_least(
            f"write, seeds / ours, {days} d", f"{write_all:.2f} s / {write * 1e3:.1f} ms", write_all / write, least
        ),
        at_least(
            f"latest chain, seeds / ours, {days} d",
            f"{read_all:.2f} s / {latest * 1e3:.1f} ms",
            read_all / latest,
            least,
        ),
        at_least(f"bytes per row, seeds / ours, {days} d", f"{large:.1f} / {small:.1f}", large / small, 5.0),
    ]


def _whole(writer: Writer, rows: pl.DataFrame) -> float:
    return timed(lambda: (writer.accept({SNAPSHOTS.name: rows}), writer.drain()))


def measure_real(folder: Path) -> list[Row]:
    """Bytes per row of real chains of data vendors, imported."""
    source = REPO.parent / "shared/data/chains_eod"
    found = [(source / name, profile) for name, profile in CHAINS.items() if (source / name).exists()]
    if not found:
        return [Row("bytes per row of real chains", "not measured: no ../shared/data", float("nan"), "≤ 20")]
    for file, profile in found:
        import_file(file, profile, folder)
    stats = Lake(folder).get_snapshot_stats()
    value = data.bytes_per_row(folder / SNAPSHOTS.name)
    return [at_most("bytes per row of real chains", f"{stats['total_rows']:,} rows imported", value, 20.0)]


def measure_iv() -> list[Row]:
    """IV of a chain of 2,400 contracts, all at once, against lets_be_rational's loop; errors against what went in."""
    chance = np.random.default_rng(19)
    strike = np.tile(np.linspace(0.8, 1.2, 40) * 600.0, 60)
    years = np.repeat(np.linspace(7, 180, 30) / 365, 80)
    vol = 0.1 + 0.4 * chance.random(2_400)
    call = strike >= 600.0  # out of the money, where a price determines its volatility to 1e-9
    price = black76(600.0, strike, years, vol, 1.0, call)
    usable = price > 1e-4
    strike, years, vol, call, price = strike[usable], years[usable], vol[usable], call[usable], price[usable]
    sign = np.where(call, 1, -1)
    arguments = list(zip(price.tolist(), strike.tolist(), years.tolist(), sign.tolist(), strict=True))
    ours, theirs = [], []
    for _ in range(9):
        ours.append(timed(lambda: implied_vol(price, 600.0, strike, years, 1.0, call)))
        theirs.append(timed(lambda: [rational(p, 600.0, k, t, q) for p, k, t, q in arguments]))
    scale = 2_400 / len(price)
    error = float(np.max(np.abs(implied_vol(price, 600.0, strike, years, 1.0, call) - vol)))
    return [
        at_most(
            "IV of 2,400 contracts / lets_be_rational's loop",
            f"{p50(ours) * scale * 1e3:.1f} ms / {p50(theirs) * scale * 1e3:.1f} ms",
            p50(ours) / p50(theirs),
            0.33,
        ),
        at_most("its largest error", f"{error:.1e} vol", error, 1e-9),
    ]


def measure(folder: Path, *, quick: bool, say: Callable[[str], None]) -> list[Row]:
    """All figures of one run."""
    ages = [1, 20] if quick else [1, 20, 60, 252]
    roots = {}
    for age in ages:
        say(f"making a lake of {age} days")
        roots[age] = folder / f"lake-{age}"
        data.History(roots[age]).grow(data.sessions(age))
    sizes = {age: data.bytes_per_row(root / SNAPSHOTS.name) for age, root in roots.items()}
    rows = []
    if not quick:
        say("a year's mean")
        rows.append(measure_year(roots[max(ages)], max(ages)))
    say("reads")
    reads = {age: measure_reads(root) for age, root in roots.items()}
    rows += read_rows(max(ages), reads[max(ages)])
    say("writes")
    rows = measure_writes(roots, 30 if quick else data.CYCLES) + rows
    for days in [] if find_spec("pandas") is None else [1] if quick else [1, 20]:
        say(f"the seeds' way at {days} days")
        rows += measure_seeds(folder, days, roots[days], reads[days]["latest"], sizes[days])
    say("housekeeping")
    rows.append(measure_housekeeping(folder / "housekeeping", 30))
    say("real chains")
    return rows + measure_real(folder / "imported") + measure_iv()


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="ages of 1 and 20 days, the seeds' way at 1 day")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--folder", type=Path, help="on the disk to be measured; emptied afterwards")
    arguments = parser.parse_args()
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder, console.status("") as status:
        rows = measure(Path(folder), quick=arguments.quick, say=status.update)
    if arguments.json:
        print(json.dumps([asdict(row) for row in rows]))
    else:
        table = Table("figure", "measured", "ratio or value", "target", "")
        for row in rows:
            verdict = {True: "met", False: "MISSED", None: ""}[row.met]
            table.add_row(row.what, row.measured, f"{row.value:.3g}", row.target, verdict)
        Console().print(table)
    return 0 if all(row.met is not False for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
