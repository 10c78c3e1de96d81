"""What a run finds on this machine: its folder, its lake, the kill switch, the exchange's calendar."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from commands.compose import origin_of
from commands.folders import Run, lake_place
from commands.halting import running_desk
from desk.config import Config
from desk.console import words
from desk.console.checks import Check, failed, ok, warning
from desk.lake.errors import LakeError
from desk.lake.origin import origin_of as found_origin
from desk.lake.queries import Lake
from desk.market.calendar import exchange_date, next_session, session
from desk.orders import halt

_LEAST, _LITTLE = 500 * 2**20, 5 * 2**30
"""Bytes of free disk without which a day cannot be recorded, and below which somebody should look after it."""


def premises(config: Config, run: Run, now: float) -> Iterator[Check]:
    """Check what needs no gateway, for a run that would begin at market time `now`."""
    yield _disk(run.folder)
    yield _lake(config, run.folder)
    yield _switch(run.root)
    if desk := running_desk(run.root):
        text = f"a desk runs there already (process {desk.process})"
        yield warning("other desk", text, "Two desks on one data folder are one too many: stop it before the run.")
    yield _calendar(now)


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    text = f"{folder} can be written, {words.size(free)} free"
    if free < _LEAST:
        return failed("data folder", text, "Make room: a day of chains and its working files need more.")
    return warning("data folder", text, "Make room soon.") if free < _LITTLE else ok("data folder", text)


def _lake(config: Config, folder: Path) -> Check:
    place, mine = lake_place(config, folder), origin_of(config)
    try:
        found = found_origin(place)
        if found is None:
            return ok("lake", f"{place} is to be made ({mine})")
        rows = Lake(place).get_snapshot_stats()["total_rows"]
    except LakeError as error:
        return failed("lake", str(error))
    if found != mine:
        text = f"{place} holds rows of another origin: {found}, and this run's are {mine}"
        return failed("lake", text, "Name another data folder with --data, or another [lake] path.")
    return ok("lake", f"{place} opens: {words.number(rows)} rows, origin {found}")


def _switch(root: Path) -> Check:
    standing = halt.read(root)
    if standing is None:
        return ok("kill switch", f"no {halt.FILE} file in {root}")
    return failed("kill switch", f"halted: {standing.reason}", "`resume` lifts it.")


def _calendar(now: float) -> Check:
    day = exchange_date(now)
    today = session(day)
    if today is None:
        following = next_session(day)
        return warning("calendar", f"no session today; the next opens {words.moment(following.opens)}")
    hours = f"{words.time_of_day(today.opens)} to {words.time_of_day(today.closes)} ET"
    early = ", an early close" if today.early else ""
    if now >= today.closes:
        following = next_session(day)
        return warning("calendar", f"today's session is over; the next opens {words.moment(following.opens)}")
    opens = f", opens in {words.span(today.opens - now)}" if now < today.opens else ""
    return ok("calendar", f"session on {day:%a %Y-%m-%d}, {hours}{early}{opens}")
