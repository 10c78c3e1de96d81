"""Contracts collected per second of market time: this desk's way against the seeds', on one gateway in one run.

The seeds qualify one contract, subscribe, sleep a second, and go on to the next. Both sides run on the paper gateway
with IB's limits (100 messages a second, 101 lines) and IB-like latencies; rates are in market time, so the machine's
speed does not enter. Exit code 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

from ib_async import IB, Contract, Option
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from commands.compose import source_of
from desk.clock import LoopTimers, SimulatedClock
from desk.config.model import Broker as BrokerConfig
from desk.config.model import Config
from desk.gateway.settings import Settings
from desk.gateway.thread import GatewayThread
from desk.ib.broker import Broker
from desk.market.calendar import at
from messages.market import ChainQuotes, ChainWanted, Priority, Selection

DAY = date(2019, 5, 13)
AT_LEAST = 20.0
TIMES_FASTER = 15.0
SYMBOLS = ("SPY", "QQQ", "IWM")


@dataclass(frozen=True, slots=True)
class Result:
    """One way's figures: `seconds` of market time for `contracts`; `errors` by IB's code."""

    way: str
    contracts: int
    with_greeks: int
    seconds: float
    errors: dict[str, int]

    @property
    def rate(self) -> float:
        """Contracts per second of market time."""
        return self.contracts / self.seconds


def gateway(clock: SimulatedClock) -> GatewayThread:
    """The paper gateway on the shipped market with IB's limits and latencies."""
    settings = Settings(messages_per_second=100, lines=101, latency=1.0)
    return GatewayThread(settings, source_of(Config()), clock, Random(1))


async def desk_way(port: int, clock: SimulatedClock, dte_max: int) -> Result:
    """One cycle of every strike of SPY, QQQ and IWM side by side, as the collectors ask for it."""
    timers = LoopTimers(clock, asyncio.get_running_loop())
    broker = Broker(BrokerConfig(), "127.0.0.1", port, timers, Random(1), governed=True)
    running = asyncio.create_task(broker.run())
    selections = [Selection(symbol, strike_step=1.0, dte_max=dte_max) for symbol in SYMBOLS]
    try:
        await asyncio.gather(*(ask(broker, clock, Selection(symbol, dte_max=46)) for symbol in SYMBOLS))
        began = clock.time()
        answers = await asyncio.gather(*(ask(broker, clock, selection) for selection in selections))
        seconds = clock.time() - began
    finally:
        running.cancel()
        await asyncio.wait([running])
        await broker.close()
        timers.close()
    quotes = [quote for answer in answers for quote in answer.quotes]
    errors = {str(code): count for code, count in broker.facts()["errors"].items()}
    greeks = sum(quote.greeks_source == "model" for quote in quotes)
    return Result("desk", sum(quote.two_sided for quote in quotes), greeks, seconds, errors)


async def ask(broker: Broker, clock: SimulatedClock, selection: Selection) -> ChainQuotes:
    """One chain request, as a collector sends it."""
    wanted = ChainWanted("benchmark", selection.symbol, selection, Priority.COLLECTION, clock.time() + 300.0)
    return await broker.chain(wanted, lambda _done, _asked: None)


async def seeds_way(port: int, clock: SimulatedClock, contracts: int) -> Result:
    """Qualify one contract, subscribe, sleep a second, next."""
    timers = LoopTimers(clock, asyncio.get_running_loop())
    ib, errors = IB(), dict[str, int]()

    def count(_id: int, code: int, *_: object) -> None:
        if code < 2000:
            errors[str(code)] = errors.get(str(code), 0) + 1

    ib.errorEvent += count
    await ib.connectAsync("127.0.0.1", port, clientId=555, timeout=30)
    expiry, strikes = await seed_chain(ib)
    collected = greeks = 0
    began = clock.time()
    for strike in strikes[: contracts // 2]:
        for right in "PC":
            (known,) = await ib.qualifyContractsAsync(Option("SPY", expiry, strike, right, "SMART"))
            if not isinstance(known, Contract):
                continue
            ticker = ib.reqMktData(known, "", False, False)  # noqa: FBT003 - ib_async's signature
            await timers.sleep(1.0)
            collected += bool(ticker.bid > 0 and ticker.ask > 0)
            greeks += ticker.modelGreeks is not None
            ib.cancelMktData(known)
    seconds = clock.time() - began
    ib.disconnect()
    timers.close()
    return Result("seeds", collected, greeks, seconds, errors)


async def seed_chain(ib: IB) -> tuple[str, list[float]]:
    """The first expiry of 45 to 75 DTE, and its strikes from the money outwards."""
    chains = await ib.reqSecDefOptParamsAsync("SPY", "", "STK", 756733)
    chain = next(each for each in chains if each.exchange == "SMART" and each.tradingClass == "SPY")
    expiry = next(
        each
        for each in sorted(chain.expirations)
        if 45 <= (datetime.strptime(each, "%Y%m%d").replace(tzinfo=UTC).date() - DAY).days <= 75
    )
    return expiry, sorted((strike for strike in chain.strikes), key=lambda strike: abs(strike - 281.0))


def measure(*, quick: bool) -> list[Result]:
    """Both ways on one gateway, one after the other."""
    clock = SimulatedClock(datetime.fromtimestamp(at(DAY, "10:00"), UTC), 20.0 if quick else 5.0)
    server = gateway(clock)
    port = server.start()
    try:
        ours = asyncio.run(desk_way(port, clock, dte_max=75 if quick else 120))
        return [ours, asyncio.run(seeds_way(port, clock, contracts=20 if quick else 100))]
    finally:
        server.stop()


def verdict(results: Sequence[Result]) -> dict[str, bool]:
    """The targets of the issue, each met or not."""
    ours, seeds = results
    return {
        f"at least {AT_LEAST:g} contracts/s sustained": ours.rate >= AT_LEAST,
        f"at least {TIMES_FASTER:g} times the seeds' way": ours.rate >= TIMES_FASTER * seeds.rate,
        "no 100 or 101 from the gateway": not {"100", "101"} & set(ours.errors),
    }


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="45 to 75 DTE, and 20 contracts of the seeds' way")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    results = measure(quick=arguments.quick)
    met = verdict(results)
    if arguments.json:
        rows = [{**asdict(each), "rate": each.rate} for each in results]
        print(json.dumps({"results": rows, "ratio": results[0].rate / results[1].rate, "met": met}))
    else:
        table = Table("way", "contracts", "with model Greeks", "market s", "contracts/s", "errors")
        for each in results:
            figures = (str(each.contracts), str(each.with_greeks), f"{each.seconds:.1f}", f"{each.rate:.2f}")
            table.add_row(each.way, *figures, str(each.errors or "none"))
        console = Console()
        console.print(table)
        console.print(f"ratio {results[0].rate / results[1].rate:.1f}")
        for target, reached in met.items():
            console.print(("met     " if reached else "MISSED  ") + target)
    return 0 if all(met.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
