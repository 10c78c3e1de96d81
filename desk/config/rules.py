"""What must hold between keys: pure checks of a configuration whose single values are all of the right type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from desk.config.errors import Path
from desk.config.model import Config
from desk.market.calendar import next_session, previous_session, session

LIVE_PORTS = {7496: "TWS", 4001: "IB Gateway"}
"""IB's default ports for live accounts."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule is broken: `keys` are those it looks at, the one to name first."""

    keys: tuple[Path, ...]
    expected: str


Rule = Callable[[Config], Iterator[Breach]]


def dte_upright(config: Config) -> Iterator[Breach]:
    """Refuse a range of expiries that does not run from near to far."""
    for index, each in enumerate(config.collectors):
        if each.dte_min > each.dte_max:
            low, high = ("collectors", index, "dte_min"), ("collectors", index, "dte_max")
            yield Breach((low, high), f"expected at most dte_max = {each.dte_max}; swap them, or raise dte_max")


def index_named_in_full(config: Config) -> Iterator[Breach]:
    """Want an index's own exchange and the class of its options; a stock's options must not name one."""
    for index, each in enumerate(config.collectors):
        kind, exchange, options = (("collectors", index, key) for key in ("sec_type", "exchange", "trading_class"))
        if each.sec_type == "IND" and each.exchange == "SMART":
            yield Breach((exchange, kind), 'expected the index\'s own exchange (SPX and VIX: "CBOE")')
        if each.sec_type == "IND" and not each.trading_class:
            yield Breach((options, kind), 'expected the class of the index\'s options, such as "SPX" or "SPXW"')
        if each.sec_type == "STK" and each.trading_class:
            yield Breach((options, kind), 'expected nothing: only an index (sec_type = "IND") has one; remove the key')


def symbols_once(config: Config) -> Iterator[Breach]:
    """Refuse a second collector of a symbol."""
    seen: dict[str, int] = {}
    for index, each in enumerate(config.collectors):
        first = seen.setdefault(each.symbol, index)
        if first != index:
            keys = ("collectors", index, "symbol"), ("collectors", first, "symbol")
            yield Breach(keys, f"named twice: collectors[{first}] records it already; remove one of them")


def roots_once(config: Config) -> Iterator[Breach]:
    """Refuse a root of futures whose name the ledger has already: of another one, or of a collector."""
    seen: dict[str, Path] = {each.symbol: ("collectors", n) for n, each in enumerate(config.collectors)}
    for index, each in enumerate(config.futures):
        first = seen.setdefault(each.symbol, ("futures", index))
        if first != ("futures", index):
            keys = ("futures", index, "symbol"), (*first, "symbol")
            yield Breach(keys, f"named twice: {first[0]}[{first[1]}] records it already; remove one of them")


def instances_once(config: Config) -> Iterator[Breach]:
    """Refuse two instances of strategies under one name."""
    seen: dict[str, int] = {}
    for index, each in enumerate(config.strategies):
        first = seen.setdefault(each.instance, index)
        if first != index:
            key = "id" if each.id else "name"
            keys = tuple(("strategies", place, word) for place in (index, first) for word in (key, "name", "id"))
            yield Breach(keys, f"named twice: strategies[{first}] is called so too; give one of them an id of its own")


def orders_from_a_fixed_id(config: Config) -> Iterator[Breach]:
    """Refuse orders under a random client id: those of another id cannot be cancelled."""
    if config.broker.client_id == "random" and config.trading.enabled:
        keys = ("broker", "client_id"), ("trading", "enabled")
        yield Breach(
            keys, "expected a number, because [trading] enabled = true: orders of another id cannot be cancelled"
        )


def live_money_on_purpose(config: Config) -> Iterator[Breach]:
    """Want mode, switch and account for live money; a live port under `mode = "paper"` is a slip."""
    if not config.trading.enabled:
        return
    enabled: Path = ("trading", "enabled")
    account = config.trading.account
    keys: tuple[Path, ...]
    if config.broker.mode == "live" and not account:
        keys = ("trading", "account"), ("broker", "mode"), enabled
        yield Breach(keys, 'expected the account that orders may go to, because [broker] mode = "live"')
    if config.broker.mode == "paper" and account and not account.startswith(("DU", "DF")):
        keys = ("trading", "account"), ("broker", "mode"), enabled
        yield Breach(keys, 'expected a paper account (DU… or DF…); live money needs [broker] mode = "live"')
    live = LIVE_PORTS.get(config.gateway.port)
    if config.gateway.kind == "ib" and config.broker.mode == "paper" and live:
        keys = ("gateway", "port"), ("gateway", "kind"), ("broker", "mode"), enabled
        yield Breach(
            keys, f'expected a paper port (7497, 4002): this is {live}\'s for live money, and [broker] mode = "paper"'
        )


def ib_is_somewhere(config: Config) -> Iterator[Breach]:
    """Want a port for TWS and IB Gateway, and real time."""
    if config.gateway.kind != "ib":
        return
    kind: Path = ("gateway", "kind")
    if config.gateway.port == 0:
        ports = "7497 TWS paper, 7496 TWS live, 4002 Gateway paper, 4001 Gateway live"
        yield Breach((("gateway", "port"), kind), f'expected the port to connect to, because kind = "ib": {ports}')
    if config.clock.kind == "simulated":
        yield Breach(
            (("clock", "kind"), kind), 'expected "auto" or "real", because [gateway] kind = "ib" runs on real time'
        )


def window_forward(config: Config) -> Iterator[Breach]:
    """Refuse a simulated day that ends before it starts."""
    if config.clock.start >= config.clock.until:
        keys = ("clock", "until"), ("clock", "start")
        yield Breach(keys, f"expected a time after start = {config.clock.start}")


def day_in_session(config: Config) -> Iterator[Breach]:
    """Want a trading day for a simulated day."""
    kind, day = config.clock.kind, config.clock.day
    if kind == "real" or (kind == "auto" and config.gateway.kind == "ib") or session(day):
        return
    keys: tuple[Path, ...] = ("clock", "day"), ("clock", "kind"), ("gateway", "kind")
    before, after = previous_session(day).date, next_session(day).date
    yield Breach(keys, f"expected a trading day: {day:%A} {day} has no session; nearest are {before} and {after}")


def backoff_upright(config: Config) -> Iterator[Breach]:
    """Refuse a shortest pause above the longest."""
    low, high = config.supervision.backoff_min, config.supervision.backoff_max
    if low > high:
        keys = ("supervision", "backoff_min"), ("supervision", "backoff_max")
        yield Breach(keys, f"expected at most backoff_max = {high:g}; swap them")


RULES: tuple[Rule, ...] = (
    dte_upright,
    index_named_in_full,
    symbols_once,
    roots_once,
    instances_once,
    orders_from_a_fixed_id,
    live_money_on_purpose,
    ib_is_somewhere,
    window_forward,
    day_in_session,
    backoff_upright,
)
