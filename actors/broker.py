"""BrokerActor: the one IB session, asked by message and answered by message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from desk.clock import LoopTimers
from desk.ib.broker import NO_ORDERS, Broker
from desk.ib.notices import Notice
from desk.runtime.actor import AsyncActor, Context
from messages.futures import FuturesQuotes, FuturesWanted
from messages.market import Bars, BarsWanted, ChainProgress, ChainQuotes, ChainWanted, Spots, SpotsWanted
from messages.orders import (
    CancelOrder,
    Margin,
    MarginWanted,
    OrderState,
    OrderTold,
    PlaceOrder,
    ReplaceOrder,
    SessionTold,
    Truth,
    TruthWanted,
)

Connect = Callable[[LoopTimers, Callable[[object], None]], Broker]
"""Makes a broker on a loop; it tells the function what happens to its session and to orders."""
Wanted = ChainWanted | BarsWanted | SpotsWanted | FuturesWanted | MarginWanted | TruthWanted
Answer = ChainQuotes | Bars | Spots | FuturesQuotes | Margin | Truth
Doing = PlaceOrder | ReplaceOrder | CancelOrder


_TROUBLE = frozenset({"connect-failed", "disconnected", "pacing"})


class BrokerActor(AsyncActor):
    """Owns the session; every request it has taken ends with an answer, even when the actor dies first (SPEC B6)."""

    kind: ClassVar[str] = "broker"

    def __init__(self, context: Context, connect: Connect, trader: str | None = None) -> None:
        """Take `trader`, the name of the actor that hears of orders; None in a desk that sends none."""
        super().__init__(context)
        self._connect = connect
        self._trader = trader
        self._broker: Broker | None = None
        self._closing = False

    async def run(self) -> None:
        """Keep the session until the incarnation ends; a crash leaves no socket behind."""
        self._broker = self._connect(self.context.timers, self._heard)
        try:
            await self._broker.run()
        finally:
            if not self._closing:
                self._broker.abort()

    def receive(self, message: object) -> object:
        """Start what is asked; its end answers."""
        match message:
            case ChainWanted() | BarsWanted() | SpotsWanted() | FuturesWanted() | MarginWanted() | TruthWanted():
                self._serve(message)
            case PlaceOrder() | ReplaceOrder() | CancelOrder():
                self._order(message)
            case _:
                raise TypeError(message)
        return None

    def drain(self) -> bool:
        """Cancel market data and disconnect in order."""
        self._closing = True
        if self._broker is None:
            return True
        self.context.spawn(self._farewell(self._broker))
        return False

    async def _farewell(self, broker: Broker) -> None:
        await broker.close()
        self.context.drained()

    def facts(self) -> dict[str, Any]:
        """See `Broker.facts`."""
        return self._broker.facts() if self._broker else {"connected": False}

    def _heard(self, news: object) -> None:
        """Log what happened to the session; pass on what did to orders."""
        if isinstance(news, Notice):
            self._note(news)
        elif self._trader is not None and not (self._closing and isinstance(news, SessionTold)):
            self.context.tell(self._trader, news)

    def _note(self, notice: Notice) -> None:
        log = self.context.log.warning if notice.kind in _TROUBLE and not self._closing else self.context.log.info
        log(f"{notice.kind}: {notice.text}", **({"code": notice.code} if notice.code else {}))

    def _serve(self, wanted: Wanted) -> None:
        if self._broker is None:
            self.context.tell(wanted.reply_to, refusal(wanted, "the broker is starting"))
            return
        task = self.context.spawn(self._request(self._broker, wanted))
        # A task cancelled before its first step never runs its own `except`, so the end is settled here.
        task.add_done_callback(lambda done: self._settle(wanted, done))

    def _request(self, broker: Broker, wanted: Wanted) -> Coroutine[Any, Any, Answer]:
        match wanted:
            case ChainWanted(reply_to=asker, correlation=correlation):
                return broker.chain(
                    wanted, lambda done, asked: self.context.tell(asker, ChainProgress(correlation, done, asked))
                )
            case BarsWanted():
                return broker.bars(wanted)
            case SpotsWanted():
                return broker.spots(wanted)
            case FuturesWanted():
                return broker.futures(wanted)
            case MarginWanted():
                return broker.margin(wanted)
            case TruthWanted():
                return broker.truth(wanted)

    def _order(self, doing: Doing) -> None:
        """Do what is wanted of an order; what comes of it is told to the trader."""
        orders = self._broker.orders if self._broker is not None else None
        if orders is None:
            order_id = doing.order.order_id if isinstance(doing, PlaceOrder) else doing.order_id
            text = NO_ORDERS if self._broker is not None else "the broker is starting"
            state = OrderState.REJECTED if isinstance(doing, PlaceOrder) else OrderState.UNKNOWN
            self.context.tell(doing.reply_to, OrderTold(order_id, state, self.context.clock.time(), text=text))
            return
        match doing:
            case PlaceOrder():
                orders.place(doing.order)
            case ReplaceOrder():
                orders.replace(doing.order_id, doing.limit)
            case CancelOrder():
                orders.cancel(doing.order_id)

    def _settle(self, wanted: Wanted, done: asyncio.Task[Answer]) -> None:
        if done.cancelled():
            answer: Answer = refusal(wanted, "the broker stopped")
        elif error := done.exception():
            self.context.log.error("request failed", wanted=type(wanted).__name__, error=repr(error), exc_info=error)
            answer = refusal(wanted, f"{type(error).__name__}: {error}")
        else:
            answer = done.result()
        self.context.tell(wanted.reply_to, answer)


def refusal(wanted: Wanted, error: str) -> Answer:
    """An answer that says why there is none."""
    match wanted:
        case ChainWanted():
            return ChainQuotes(wanted.correlation, wanted.selection, 0, (), error=error)
        case BarsWanted():
            return Bars(wanted.correlation, wanted.contract, wanted.what, (), error=error)
        case SpotsWanted():
            return Spots(wanted.correlation, (None,) * len(wanted.contracts), error=error)
        case FuturesWanted():
            return FuturesQuotes(wanted.correlation, wanted.root, 0, (), error=error)
        case MarginWanted():
            return Margin(wanted.correlation, error=error)
        case TruthWanted():
            return Truth(wanted.correlation, 0, 0.0, error=error)
