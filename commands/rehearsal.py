"""What a run would meet at the gateway: the same broker over the same wire, asked for a little of everything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from commands.compose import Endpoint, plan_of
from desk.clock import Clock, LoopTimers
from desk.config import Config
from desk.config.model import Strategy
from desk.console import words
from desk.console.checks import Check, Verdict, failed, ok, warning
from desk.ib.broker import Broker, Trades
from desk.ib.errors import BrokerError
from desk.ib.notices import Notice
from desk.ib.orders.gate import Gate
from desk.market.calendar import session_at
from desk.market.contracts import index
from desk.market.quotes import price
from desk.orders import halt
from messages.contract import Contract, Quote
from messages.market import ChainQuotes, ChainWanted, Priority, Selection, SpotsWanted
from messages.orders import Action, Condor, MarginWanted, Order
from strategies.registry import create

_ME = "preflight"
_PATIENCE = 60.0
"""Market seconds that an answer may take."""
_CONNECT = 5.0
"""Machine seconds beyond the time limit of one attempt to connect."""
_WINDOW = 0.02
"""Strikes within this fraction of the underlying's price stand for the whole chain."""
_SKEW, _FAR = 2.0, 60.0
"""Seconds between our clock and the gateway's, which tells whole ones: what is normal, and what misses windows."""


_PRICE = 0.05
"""Dollars per share for which the condor of the what-if would be sold."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A connected broker and its clock; `root` is the data folder."""

    config: Config
    root: Path
    broker: Broker
    clock: Clock

    @property
    def deadline(self) -> float:
        """Market time until which an answer is waited for."""
        return self.clock.time() + _PATIENCE

    @property
    def open(self) -> bool:
        """Whether the exchange is: quotes that are missing outside of its hours keep no run from working."""
        return session_at(self.clock.time()) is not None


async def rehearse(config: Config, root: Path, endpoint: Endpoint, clock: Clock) -> list[Check]:
    """Connect, look, and disconnect. Nothing is placed."""
    async with _broker(config, root, endpoint, clock) as (broker, notices):
        first = await _first_word(config, notices)
        if first is None or first.kind != "connected":
            text = first.text.partition("; next attempt")[0] if first else "the gateway does not answer"
            return [failed("gateway", text, _advice(config, endpoint))]
        stage = Stage(config, root, broker, clock)
        where = f"{endpoint.host}:{endpoint.port}"
        checks = [ok("gateway", f"{where}: {first.text}"), _account(stage), await _skew(stage)]
        checks += await _quotes(stage)
        for each in config.strategies:
            if each.enabled:
                checks += await _strategy(stage, each)
        return checks


@asynccontextmanager
async def _broker(
    config: Config, root: Path, endpoint: Endpoint, clock: Clock
) -> AsyncIterator[tuple[Broker, asyncio.Queue[Notice]]]:
    notices: asyncio.Queue[Notice] = asyncio.Queue()
    timers = LoopTimers(clock, asyncio.get_running_loop())

    def say(notice: object) -> None:
        if isinstance(notice, Notice):
            notices.put_nowait(notice)

    random = Random(config.gateway.seed)
    # With the kill switch thrown a broker that takes orders cancels entries, and this one is to change nothing.
    trades = None if halt.read(root) else Trades(config.trading, root)
    broker = Broker(
        config.broker, endpoint.host, endpoint.port, timers, random, governed=endpoint.governed, say=say, trades=trades
    )
    running = asyncio.ensure_future(broker.run())
    try:
        yield broker, notices
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await broker.close()
        timers.close()


async def _first_word(config: Config, notices: asyncio.Queue[Notice]) -> Notice | None:
    """How the first attempt to connect ended; None when it did not end in time."""
    try:
        async with asyncio.timeout(config.broker.connect_timeout + _CONNECT):
            while (notice := await notices.get()).kind not in {"connected", "connect-failed"}:
                pass
    except TimeoutError:
        return None
    return notice


def _advice(config: Config, endpoint: Endpoint) -> str:
    if config.gateway.kind == "paper":
        return "The paper gateway of this very command did not let us in: that is a bug."
    return (
        f"Is TWS or IB Gateway running and logged in at {endpoint.host}, its API enabled on port {endpoint.port},"
        f" this machine trusted, and client id {config.broker.client_id} free?"
    )


def _account(stage: Stage) -> Check:
    """Whether orders may go to the session's account: what the broker's own gate says (SPEC A7)."""
    config, accounts = stage.config, str(stage.broker.facts()["account"])
    gate = Gate(stage.root, config.broker.mode == "live", config.trading.enabled, config.trading.account)
    account, refusal = gate.destination(accounts.split(","))
    if not refusal:
        return ok("account", f"orders go to {account}, {config.broker.mode} mode")
    if any(each.enabled for each in config.strategies):
        return failed("account", refusal, "Every order would be refused.")
    return warning("account", f"{refusal}; without strategies there are no orders")


async def _skew(stage: Stage) -> Check:
    try:
        told = await stage.broker.time(stage.deadline)
    except BrokerError as error:
        return failed("clock", str(error))
    skew = stage.clock.time() - told
    text = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the gateway's, which tells whole seconds"
    if abs(skew) <= _SKEW:
        return ok("clock", text)
    todo = "Synchronise this machine's clock (NTP): polls, windows and the close go by it."
    return failed("clock", text, todo) if abs(skew) > _FAR else warning("clock", text, todo)


async def _quotes(stage: Stage) -> list[Check]:
    """A quote each of VIX, SPX and whatever is recorded or traded."""
    wanted = {each.symbol: each for each in (index("VIX"), index("SPX"), *_recorded(stage.config))}
    for selection in (each for strategy in stage.config.strategies for each in _selections(strategy)):
        wanted.setdefault(selection.symbol, Contract(selection.symbol, selection.sec_type, selection.exchange))
    contracts = tuple(wanted.values())
    answer = await stage.broker.spots(SpotsWanted(_ME, "quotes", contracts, Priority.ENTRY, stage.deadline))
    return [
        _quoted(stage, contract, quote, answer.error) for contract, quote in zip(contracts, answer.quotes, strict=True)
    ]


def _recorded(config: Config) -> Iterator[Contract]:
    return (plan_of(each, config.schedule.timeout).underlying for each in config.collectors)


def _quoted(stage: Stage, contract: Contract, quote: Quote | None, errors: str) -> Check:
    value = price(quote) if quote else None
    if value is not None:
        return ok(f"quote {contract.symbol}", words.number(value, 2))
    reasons = [each for each in errors.split("; ") if each.startswith(f"{contract.symbol} ")]
    text = reasons[0].removeprefix(f"{contract.symbol} ") if reasons else errors or "no price came"
    return _missing(stage, f"quote {contract.symbol}", text, "Does the account subscribe to this market's data?")


def _missing(stage: Stage, name: str, text: str, todo: str) -> Check:
    """What keeps a run from working in the exchange's hours, and says little outside of them."""
    return failed(name, text, todo) if stage.open else warning(name, f"{text}; the exchange is closed")


async def _strategy(stage: Stage, strategy: Strategy) -> list[Check]:
    """The chains that a strategy looks at, and what IB says to a condor of them."""
    checks = []
    for selection in _selections(strategy):
        name = f"{strategy.instance} {selection.trading_class or selection.symbol}"
        chain = await stage.broker.chain(_near(stage, selection), lambda _done, _asked: None)
        checks.append(_listed(stage, name, chain))
        if checks[-1].verdict is not Verdict.FAILED:
            checks.append(await _what_if(stage, name, chain))
    return checks


def _near(stage: Stage, selection: Selection) -> ChainWanted:
    """The strikes next to the money of the first expiry: as good as the whole, and asked in seconds."""
    low, high = min(selection.window_low, _WINDOW), min(selection.window_high, _WINDOW)
    near = replace(selection, expiries="first", window_low=low, window_high=high)
    return ChainWanted(_ME, f"{selection}", near, Priority.ENTRY, stage.deadline)


def _listed(stage: Stage, name: str, chain: ChainQuotes) -> Check:
    if chain.error:
        return failed(name, chain.error, "It would find nothing to enter.")
    both = sum(quote.two_sided for quote in chain.quotes)
    expiries = ", ".join(sorted({quote.contract.expiry for quote in chain.quotes}))
    text = f"{expiries} {both} of {chain.asked} contracts near the money have a bid and an ask".strip()
    return ok(name, text) if both else _missing(stage, name, text, "Does the account subscribe to options' data?")


async def _what_if(stage: Stage, name: str, chain: ChainQuotes) -> Check:
    condor = _condor(chain.quotes)
    if stage.broker.orders is None:
        return warning(f"{name} what-if", "not asked while the desk is halted")
    if condor is None:
        return warning(f"{name} what-if", "not asked: fewer than two puts and two calls answered")
    now = stage.clock.time()
    order = Order(_ME, _ME, _ME, Action.OPEN, condor, 1, _PRICE, _PRICE, "preflight", now)
    margin = await stage.broker.margin(MarginWanted(_ME, "what-if", order, stage.deadline))
    if margin.error:
        return failed(f"{name} what-if", margin.error, "Entries need this answer: without it none is made.")
    strikes = "/".join(f"{leg.strike:g}" for leg in sorted(condor.legs, key=lambda leg: leg.strike))
    return ok(f"{name} what-if", f"{strikes} would take {words.number(margin.initial_change)} USD of margin")


def _condor(quotes: Sequence[Quote]) -> Condor | None:
    """The widest condor of what answered: its margin is asked for, and nothing else is made of it."""
    puts, calls = (
        sorted((quote.contract for quote in quotes if quote.contract.right == right), key=lambda leg: leg.strike)
        for right in "PC"
    )
    if len(puts) < 2 or len(calls) < 2:
        return None
    return Condor(short_put=puts[1], long_put=puts[0], short_call=calls[-2], long_call=calls[-1])


def _selections(strategy: Strategy) -> Sequence[Selection]:
    return create(strategy.name, strategy.params).selections() if strategy.enabled else ()
