"""Runs IB's clients against a paper gateway of its own: `python -m compat [CLIENT ...] [--json]`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from compat.environments import CLIENTS, EnvironmentFailedError, ready
from compat.gateway import served
from compat.running import Step, run

_NO_ENVIRONMENT = 2
_FIRST_ID = 11


def main(argv: Sequence[str] | None = None) -> int:
    """Run the clients named, by default all; 0 when every step passed, 1 when not, 2 without their environments."""
    chosen = _arguments(argv)
    clients: list[str] = chosen.clients or list(CLIENTS)
    try:
        pythons = [ready(client) for client in clients]
    except EnvironmentFailedError as error:
        print(error, file=sys.stderr)
        return _NO_ENVIRONMENT
    with served(chosen.speed, chosen.journal) as port, ThreadPoolExecutor(chosen.at_once) as pool:
        ids, ports = range(_FIRST_ID, _FIRST_ID + len(clients)), [port] * len(clients)
        steps = _told(pool.map(run, clients, pythons, ports, ids), quiet=chosen.json)
    failed = [step for step in steps if not step.ok]
    if chosen.json:
        print(json.dumps({"ok": not failed, "steps": [asdict(step) for step in steps]}, indent=1))
    else:
        print(f"{len(steps) - len(failed)} of {len(steps)} steps passed.")
    return 1 if failed or not steps else 0


def _told(results: Iterable[list[Step]], *, quiet: bool) -> list[Step]:
    """Return every step, each printed as its client ends unless `quiet`."""
    steps: list[Step] = []
    for told in results:
        steps += told
        for step in told if not quiet else ():
            state = "ok    " if step.ok else "FAILED"
            print(f"{step.client:<15} {step.step:<12} {state} {step.seconds:6.2f} s  {step.detail}", flush=True)
    return steps


def _client(name: str) -> str:
    """Return a client's name; `ArgumentTypeError` when there is no scenario of it."""
    if name not in CLIENTS:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(CLIENTS)}")
    return name


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="compat", description=__doc__)
    parser.add_argument("clients", nargs="*", type=_client, metavar="CLIENT", help=", ".join(CLIENTS))
    parser.add_argument("--json", action="store_true", help="print JSON for machines")
    parser.add_argument("--at-once", type=int, default=2, help="how many clients run at the same time (default 2)")
    parser.add_argument("--speed", type=float, default=5.0, help="market seconds per second (default 5)")
    parser.add_argument("--journal", type=Path, help="folder of the gateway's journal (default: none)")
    return parser.parse_args(argv)


if __name__ == "__main__":
    raise SystemExit(main())
