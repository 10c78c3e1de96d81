"""The fitted market as the paper gateway's source: every quote is modelled and says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from desk.gateway.model import history
from desk.gateway.model.board import Board, Moment, Rows
from desk.gateway.model.futures import Futures
from desk.gateway.model.jitter import uniform
from desk.gateway.model.kept import Kept
from desk.gateway.model.listing import Listed, index_options, stock_options
from desk.gateway.model.market import FittedMarket, Snapshot
from desk.gateway.model.path import Paths, elapsed
from desk.gateway.model.surface import Surface, surface
from desk.gateway.source import FITTED, Quotes
from desk.market import calendar, contracts
from messages.contract import Bar, Contract

Floats = npt.NDArray[np.float64]

STOCKS = ("SPY", "QQQ", "IWM")
_FIELDS = tuple(name for name in Quotes.__slots__ if name != "kind")
_CENT = 0.01
_DAYS = 2
"""Trading days kept: today's, and one that history is asked of."""


@dataclass(slots=True)
class _Page:
    """What is worked out once a trading day, by symbol: options, their prices at the close before, their activity."""

    boards: dict[str, Board | None] = field(default_factory=dict)
    closes: dict[str, Floats] = field(default_factory=dict)
    activity: dict[str, tuple[Floats, Floats]] = field(default_factory=dict)


class FittedSource:
    """A `Source` on a fitted market: paths between daily bars, options from the snapshot of the day or before it."""

    def __init__(self, market: FittedMarket, seed: int) -> None:
        self._market = market
        self._seed = seed
        self._recorded = market.recorded()
        self._paths = Paths(market.daily, seed, self._spot)
        self._futures = Futures(self._paths, self._carry, seed)
        self._surfaces: Kept[date, Surface] = Kept(_DAYS)
        self._pages: Kept[date, _Page] = Kept(_DAYS)

    def underlyings(self, at: float) -> Sequence[Contract]:
        """Return the indices SPX and VIX and the ETFs, those that have a price at that time."""
        named = [contracts.index(history.INDEX), contracts.index(history.VIX), *map(contracts.stock, STOCKS)]
        return [c for c in named if np.isfinite(self._paths.price(c.symbol, at))]

    def listed(self, symbol: str, at: float) -> Sequence[Contract]:
        """Return the options listed on that day (or the session after it) and not settled yet."""
        board = self._board(symbol, at)
        return board.contracts[board.alive(at) :] if board is not None else ()

    def futures(self, at: float) -> Sequence[Contract]:
        """Return the futures listed at that time and not settled yet, by root and expiry."""
        return self._futures.listed(at)

    def quotes(self, contracts: Sequence[Contract], at: float) -> Quotes:
        """Return quotes in the order asked; what is not listed has none. No bid and ask outside the session."""
        table = np.full((len(_FIELDS), len(contracts)), np.nan)
        columns = dict(zip(_FIELDS, table, strict=True))
        places: defaultdict[str, list[int]] = defaultdict(list)
        rows: defaultdict[str, list[int]] = defaultdict(list)
        for n, contract in enumerate(contracts):
            symbol = contract.symbol
            if contract.sec_type == "FUT":
                for name, value in self._futures.quote(contract, at).items():
                    columns[name][n] = value
                continue
            if contract.sec_type != "OPT":
                self._underlying(columns, n, contract, at)
                continue
            board = self._board(symbol, at)
            row = (
                None
                if board is None
                else board.row.get((contract.trading_class, contract.expiry, contract.strike, contract.right))
            )
            if row is not None:
                places[symbol].append(n)
                rows[symbol].append(row)
        for symbol, own in places.items():
            self._options(columns, symbol, np.array(own), np.array(rows[symbol]), at)
        fields: dict[str, Any] = columns | {"kind": (FITTED,) * len(contracts)}
        return Quotes(**fields)

    def day(self, contract: Contract, at: float) -> Bar | None:
        """Return the session so far of a stock or index; there is none of a future."""
        return None if contract.sec_type == "FUT" else self._paths.bar(contract.symbol, at)

    def daily(self, contract: Contract, what: str, at: float) -> Sequence[Bar]:
        """Return the bars of sessions that had closed, of `TRADES` or `OPTION_IMPLIED_VOLATILITY`; of others none."""
        bars = self._market.daily.get(contract.symbol)
        session = calendar.session(calendar.exchange_date(at))
        before = (
            calendar.exchange_date(at)
            if session is None or at < session.closes
            else calendar.next_session(session.date).date
        )
        if bars is None or contract.sec_type in {"OPT", "FUT"}:
            return []
        if what == "OPTION_IMPLIED_VOLATILITY":
            return history.implied(self._market.daily, contract.symbol, before)
        return history.trades(bars, before) if what == "TRADES" else []

    def _underlying(self, columns: dict[str, Floats], n: int, contract: Contract, at: float) -> None:
        price = self._paths.price(contract.symbol, at)
        columns["last"][n] = columns["underlying"][n] = round(price, 2)
        columns["close"][n] = self._paths.close_before(contract.symbol, calendar.exchange_date(at))
        if contract.sec_type == "STK":
            columns["bid"][n], columns["ask"][n] = round(price - _CENT, 2), round(price + _CENT, 2)
            who = np.array([n])
            for salt, name in enumerate(("bid_size", "ask_size")):
                columns[name][n] = np.floor(2 + 18 * uniform(who, self._seed, salt, int(at // 60)))[0]
        bar = self._paths.bar(contract.symbol, at)
        if bar is not None and bar.volume is not None:
            columns["volume"][n] = bar.volume

    def _options(self, columns: dict[str, Floats], symbol: str, places: Rows, rows: Rows, at: float) -> None:
        board = self._board(symbol, at)
        assert board is not None
        day = _trading_day(at)
        now = self._moment(symbol, at, day)
        priced = board.priced(rows, now)
        columns["iv"][places] = priced.iv
        columns["underlying"][places] = round(now.spot, 2)
        for name, values in zip(("delta", "gamma", "theta", "vega"), board.greeks(rows, priced, now), strict=True):
            columns[name][places] = values
        interest, volume = self._day_activity(symbol, day, board)
        traded = np.floor(volume[rows] * now.elapsed)
        columns["open_interest"][places] = interest[rows]
        columns["volume"][places] = traded
        columns["close"][places] = self._previous(symbol, day, board)[rows]
        if not now.open:
            return
        bid, ask = board.bid_ask(rows, priced)
        minute = int(at // 60)
        columns["bid"][places], columns["ask"][places] = bid, ask
        columns["bid_size"][places], columns["ask_size"][places] = board.sizes(rows, minute, self._seed)
        hit = np.where(uniform(rows, self._seed, 5, minute) < 0.5, np.maximum(bid, board.tick(bid)), ask)
        columns["last"][places] = np.where(traded > 0, hit, np.nan)

    def _spot(self, symbol: str, day: date) -> dict[float, float]:
        """Return SPX's recorded price of that day by its time."""
        return dict([self._recorded[day]]) if symbol == history.INDEX and day in self._recorded else {}

    def _board(self, symbol: str, at: float) -> Board | None:
        if symbol != history.INDEX and symbol not in STOCKS:
            return None
        day = _trading_day(at)
        boards = self._page(day).boards
        if symbol not in boards:
            boards[symbol] = self._made(symbol, day)
        return boards[symbol]

    def _page(self, day: date) -> _Page:
        return self._pages.get(day, _Page)

    def _made(self, symbol: str, day: date) -> Board | None:
        snapshot = self._market.snapshot(day)
        spot, own = (self._paths.close_before(name, day) for name in (history.INDEX, symbol))
        if not np.isfinite(spot) or not np.isfinite(own):
            return None
        listed: Sequence[Listed] = index_options(snapshot, day, spot)
        if symbol != history.INDEX:
            listed = stock_options(symbol, listed, own)
        tempo = history.tempo(self._market.daily, symbol, day)
        return Board(symbol, listed, self._surface(snapshot), snapshot, tempo, spot / own)

    def _carry(self, at: float, years: float) -> float:
        forward, _ = self._surface(self._market.snapshot(_trading_day(at))).carry(np.array([years]))
        return float(forward[0])

    def _surface(self, snapshot: Snapshot) -> Surface:
        return self._surfaces.get(snapshot.day, lambda: surface(snapshot))

    def _moment(self, symbol: str, at: float, day: date) -> Moment:
        vix, then = (self._paths.price(history.VIX, t) for t in (at, self._market.snapshot(day).at))
        session = calendar.session(day)
        assert session is not None
        level = vix / then if vix > 0 and then > 0 else 1.0
        is_open = session.opens <= at < session.closes
        return Moment(at, self._paths.price(symbol, at), level, elapsed(session, at), is_open)

    def _previous(self, symbol: str, day: date, board: Board) -> Floats:
        """Return the model's prices at the close before, on ticks."""
        closes = self._page(day).closes
        if symbol not in closes:
            moment = self._moment(symbol, calendar.previous_session(day).closes, day)
            price = board.priced(np.arange(len(board.contracts)), moment).price
            tick = board.tick(price)
            closes[symbol] = np.round(np.round(price / tick) * tick, 2)
        return closes[symbol]

    def _day_activity(self, symbol: str, day: date, board: Board) -> tuple[Floats, Floats]:
        activity = self._page(day).activity
        if symbol not in activity:
            session = calendar.session(day)
            assert session is not None
            rows = np.arange(len(board.contracts))
            priced = board.priced(rows, self._moment(symbol, session.opens, day))
            activity[symbol] = board.activity(rows, priced, self._seed + day.toordinal())
        return activity[symbol]


def _trading_day(at: float) -> date:
    """Return the exchange's date, or the next session's when that day is closed."""
    day = calendar.exchange_date(at)
    return day if calendar.session(day) is not None else calendar.next_session(day).date
