"""How fast the paper gateway is: ticks to one client and to ten, combination orders, a chain's new prices, memory.

Bare clients that only count, in a process of their own; IB's limits and latencies off. The market moves at every look,
so that every tick is a new one. Exit code 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import selectors
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from statistics import median

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from desk.clock import SimulatedClock
from desk.gateway.fields import Field, message
from desk.gateway.frames import PREFIX, frame
from desk.gateway.model import SHIPPED, FittedMarket, FittedSource
from desk.gateway.server import Gateway
from desk.gateway.settings import Settings
from desk.gateway.source import Quotes, Source
from messages.contract import Bar, Contract

START = datetime(2019, 5, 13, 14, 0, tzinfo=UTC)
LINES = 1000
CHAIN = 13_500
CLIENTS = 32
TICKS_PER_SECOND, REPRICE_MS, ORDERS_PER_SECOND = 50_000.0, 50.0, 1_000.0
_STATUS, _FILLED = b"3\0", b"\0Filled\0"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement; `target` is the least (`at_least`) or the most it may be, None when there is none."""

    name: str
    value: float
    unit: str
    target: float | None = None
    at_least: bool = True

    @property
    def met(self) -> bool:
        """Whether the target holds."""
        if self.target is None:
            return True
        return self.value >= self.target if self.at_least else self.value <= self.target


class Moving:
    """A `Source` whose every quote differs from the one before; sizes without end, so that orders always fill."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._looks = 0
        self._known: dict[tuple[Contract, ...], Quotes] = {}

    def underlyings(self, at: float) -> Sequence[Contract]:
        """See `Source`."""
        return self._source.underlyings(at)

    def listed(self, symbol: str, at: float) -> Sequence[Contract]:
        """See `Source`."""
        return self._source.listed(symbol, at)

    def futures(self, at: float) -> Sequence[Contract]:
        """See `Source`."""
        return self._source.futures(at)

    def quotes(self, contracts: Sequence[Contract], at: float) -> Quotes:
        """See `Source`."""
        key = tuple(contracts)
        if key not in self._known:
            quotes = self._source.quotes(contracts, at)
            self._known[key] = replace(quotes, bid_size=quotes.bid_size * 0 + 1e6, ask_size=quotes.ask_size * 0 + 1e6)
        quotes, self._looks = self._known[key], self._looks + 1
        step = 0.05 if self._looks % 2 else -0.05
        return replace(
            quotes,
            bid=np.round(quotes.bid + 0.1 + step, 2),
            ask=np.round(quotes.ask + 0.1 + step, 2),
            last=np.round(quotes.ask + 0.1 + step, 2),
            volume=quotes.volume + self._looks,
            iv=quotes.iv + step / 1000,
            underlying=quotes.underlying + step,
        )

    def day(self, contract: Contract, at: float) -> Bar | None:
        """See `Source`."""
        return self._source.day(contract, at)

    def daily(self, contract: Contract, what: str, at: float) -> Sequence[Bar]:
        """See `Source`."""
        return self._source.daily(contract, what, at)


def contract(about: Contract, con_id: int = 0) -> list[Field]:
    """Return the twelve contract fields of a request."""
    option: list[Field] = [about.expiry, about.strike, about.right, about.multiplier]
    return [con_id, about.symbol, about.sec_type, *option, about.exchange, "", "USD", "", about.trading_class]


def quote_request(number: int, about: Contract) -> bytes:
    """Return a request for a line with open interest."""
    return message(1, 11, number, *contract(about), 0, "101", 0, 0, "")


def order_request(number: int, legs: Sequence[tuple[int, str]], limit: float) -> bytes:
    """Return an order for one combination of contract ids, in the layout of version 178."""
    bag = contract(Contract("SPX", "BAG"))
    parts: list[Field] = [f for con_id, action in legs for f in (con_id, 1, action, "SMART", 0, 0, "", -1)]
    head: list[Field] = ["", "", "BUY", 1, "LMT", limit, "", "DAY", "", "", "", 0, "", 1, 0, 0, 0, 0, 0, 0, 0]
    return message(3, number, *bag, *head, len(legs), *parts, 0, 0, *_TAIL)


_TAIL: list[Field] = [
    *("", 0, "", "", "", "", ""),  # allocation, discretion, times, group
    *("", 0, "", -1, 0, "", "", 0, "", "", 0, 0, "", 0, "", "", "", "", "", 0, "", "", "", ""),  # model to volatility
    *(0, "", "", "", "", "", ""),  # continuous update to scale
    *("", "", "", ""),  # scale table, active times, hedge
    *(0, "", "", 0),  # routing, clearing
    *(0, "", ""),  # delta neutral, algorithm
    *(0, "", 0, 0, 0),  # what-if, options, solicited, randomized
    0,  # conditions
    *("", "", "", "", "", "", 0, "", "", "", "", "", "", "", "", 0, 0, 0, ""),  # adjusted to price management
    *("", "", 0, "", ""),  # duration, post to ATS, parent's cancel, override, manual time
]


class Counting:
    """One bare client: it counts the frames it gets, and those that say an order is filled."""

    def __init__(self, port: int, client_id: int) -> None:
        self.frames = self.filled = 0
        self._rest = b""
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(PREFIX + frame(b"v157..178") + message(71, 2, client_id, ""))

    def read(self) -> None:
        """Count what has come."""
        data = self._rest + self.socket.recv(1 << 20)
        at, end = 0, len(data)
        while end - at >= 4:
            after = at + 4 + int.from_bytes(data[at : at + 4])
            if after > end:
                break
            self.frames += 1
            self.filled += data.startswith(_STATUS, at + 4) and data.find(_FILLED, at, after) > 0
            at = after
        self._rest = data[at:]


def _reading(clients: Sequence[Counting]) -> selectors.BaseSelector:
    selector = selectors.DefaultSelector()
    for client in clients:
        selector.register(client.socket, selectors.EVENT_READ, client)
    return selector


def _read(selector: selectors.BaseSelector, until: float) -> None:
    for key, _ in selector.select(max(0.0, until - time.perf_counter())):
        key.data.read()


def watch(port: int, requests: Sequence[bytes], seconds: float, pipe: Connection) -> None:
    """Be a client for each of the requests, and send back how many frames a second all of them got."""
    clients = [Counting(port, number) for number in range(len(requests))]
    for client, request in zip(clients, requests, strict=True):
        client.socket.sendall(request)
    selector = _reading(clients)
    warm = time.perf_counter() + max(1.0, seconds / 4)
    while time.perf_counter() < warm:
        _read(selector, warm)
    before, began = sum(client.frames for client in clients), time.perf_counter()
    while time.perf_counter() < began + seconds:
        _read(selector, began + seconds)
    pipe.send((sum(client.frames for client in clients) - before) / (time.perf_counter() - began))


def trade(port: int, orders: Sequence[bytes], pipe: Connection) -> None:
    """Send the orders as one client, and send back how many a second were filled."""
    client = Counting(port, 1)
    selector = _reading([client])
    began = time.perf_counter()
    left = memoryview(b"".join(orders))
    client.socket.settimeout(0)
    while client.filled < len(orders) and time.perf_counter() < began + 60:
        if left:
            with suppress(BlockingIOError):
                left = left[client.socket.send(left[:65_536]) :]
        _read(selector, time.perf_counter() + (0.0 if left else 0.1))
    pipe.send(client.filled / (time.perf_counter() - began))


async def beside(target: object, *arguments: object) -> float:
    """Return what a process of clients measured, while this one goes on serving."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=target, args=(*arguments, sender))  # type: ignore[arg-type] # a function, as told
    process.start()
    sender.close()
    try:
        return float(await asyncio.get_running_loop().run_in_executor(None, receiver.recv))
    finally:
        process.join()


async def serving(source: Source, **settings: float) -> tuple[Gateway, int]:
    """Start a gateway without limits and latencies."""
    free = {"messages_per_second": 0, "lines": 0, "latency": 0.0, "silent_share": 0.0, "sentinel_share": 0.0}
    chosen = Settings(cash=1e12, active_orders=10**9, duplicate_share=0.0, **free | settings)  # type: ignore[arg-type]
    gateway = Gateway(chosen, source, SimulatedClock(START, 1.0), Random(1))
    return gateway, await gateway.start()


async def ticks(source: Source, clients: int, seconds: float) -> float:
    """Ticks a second to so many clients, `LINES` lines between them."""
    gateway, port = await serving(Moving(source), tick_interval=0.001)
    options = [one for one in source.listed("SPX", START.timestamp()) if one.trading_class == "SPXW"][:LINES]
    each = LINES // clients
    requests = [
        b"".join(quote_request(n, one) for n, one in enumerate(options[first : first + each]))
        for first in range(0, LINES, each)
    ]
    try:
        return await beside(watch, port, requests, seconds)
    finally:
        await gateway.stop()


async def orders(source: Source, amount: int) -> float:
    """Condors filled a second, sent by one client as fast as they go."""
    gateway, port = await serving(Moving(source))
    at = START.timestamp()
    chain = gateway.context.book.chain("SPX", at)["20190517"]
    ids = {(one.contract.strike, one.contract.right): one.contract.con_id for one in chain}
    requests = []
    for number in range(1, amount + 1):
        short = 2750 - 5 * (number % 20)
        legs = [(ids[short - 20.0, "P"], "BUY"), (ids[float(short), "P"], "SELL")]
        legs += [(ids[2900.0, "C"], "SELL"), (ids[2920.0, "C"], "BUY")]
        requests.append(order_request(number, legs, -0.05))
    try:
        return await beside(trade, port, requests)
    finally:
        await gateway.stop()


def reprice(source: Source, rounds: int) -> tuple[float, int]:
    """Milliseconds (median) for new quotes of a whole SPX chain, and how many contracts it has."""
    at = START.timestamp()
    chain = list(source.listed("SPX", at))
    while len(chain) < CHAIN:
        chain += chain[: CHAIN - len(chain)]
    chain = chain[:CHAIN]
    source.quotes(chain, at)
    times = []
    for n in range(1, rounds + 1):
        began = time.perf_counter()
        source.quotes(chain, at + n)
        times.append(time.perf_counter() - began)
    return 1000 * median(times), len(chain)


async def memory(source: Source, seconds: float) -> float:
    """MiB that 32 clients with 100 lines each take beyond a gateway that knows its contracts and serves nobody."""
    gateway, port = await serving(source, tick_interval=1.0)
    options = [one for one in source.listed("SPX", START.timestamp()) if one.trading_class == "SPXW"]
    gateway.context.book.chain("SPX", START.timestamp())
    before = resident()
    requests = [
        b"".join(quote_request(n, one) for n, one in enumerate(options[first : first + 100]))
        for first in range(0, 100 * CLIENTS, 100)
    ]
    watched = asyncio.ensure_future(beside(watch, port, requests, seconds))
    most = 0.0
    while not watched.done():
        await asyncio.wait([watched], timeout=0.2)
        most = max(most, resident())
    await gateway.stop()
    return most - before


def resident() -> float:
    """MiB of memory in use by this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def measure(*, quick: bool) -> list[Figure]:
    """Return every figure, with fewer and shorter rounds when it has to be quick."""
    source = FittedSource(FittedMarket.load(SHIPPED), 1)
    seconds, amount = (2.0, 1000) if quick else (10.0, 10_000)
    held = asyncio.run(memory(source, seconds))  # first: what other measurements gave back would hide it
    milliseconds, contracts = reprice(source, 10 if quick else 100)
    return [
        Figure("ticks to 1 client", asyncio.run(ticks(source, 1, seconds)), "ticks/s", TICKS_PER_SECOND),
        Figure("ticks to 10 clients", asyncio.run(ticks(source, 10, seconds)), "ticks/s"),
        Figure("condors filled", asyncio.run(orders(source, amount)), "orders/s", ORDERS_PER_SECOND),
        Figure(f"reprice of {contracts} SPX options", milliseconds, "ms", REPRICE_MS, at_least=False),
        Figure(f"{CLIENTS} clients, 100 lines each", held, "MiB"),
    ]


def main() -> int:
    """Measure, show, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under a minute")
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    arguments = parser.parse_args()
    figures = measure(quick=arguments.quick)
    if arguments.json:
        rows = [
            {"name": f.name, "value": round(f.value, 2), "unit": f.unit, "target": f.target, "met": f.met}
            for f in figures
        ]
        print(json.dumps(rows, indent=2))
    else:
        table = Table("measured", "value", "unit", "target", "")
        for figure in figures:
            target = "" if figure.target is None else f"{'≥' if figure.at_least else '≤'} {figure.target:,.0f}"
            table.add_row(figure.name, f"{figure.value:,.1f}", figure.unit, target, "" if figure.met else "[red]missed")
        Console().print(table)
        load, cores = os.getloadavg()[0], os.cpu_count() or 1
        if load > cores:
            print(f"The machine was busy with other work (load {load:.1f} on {cores} cores): figures are too low.")
    return 0 if all(figure.met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
