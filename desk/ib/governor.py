"""Tells a clock that is shared with the gateway which bytes are on their way between us."""

from __future__ import annotations

import asyncio

from desk.clock import Clock

_HOPS = 4
"""Turns of the loop after which our reaction to what came is on its way: tick, quote, its feeder, its next message."""


class Governor:
    """Counts bytes out (`sent`) and in (`processed`) of one connection.

    The gateway does the same on its side, for addresses that have joined the clock: what one end sends is noted as
    departed, what the other has dealt with as arrived. `settle` gives up on what was still to be dealt with here when
    the connection ends.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pending = 0
        self._address: object = None

    def sent(self, amount: int, address: object) -> None:
        """Note bytes handed to the socket whose own address is `address`."""
        if self._address is None:
            self._address = address
            self._clock.join(address)
        self._clock.depart(amount, self._address)

    def processed(self, amount: int) -> None:
        """Note bytes that ib_async has decoded; they count as arrived when our own reaction to them is done."""
        self._pending += amount
        self._hop(amount, _HOPS)

    def settle(self) -> None:
        """Nothing is on its way any more: the connection is gone."""
        self._clock.leave(self._address)
        self._pending = 0

    def _hop(self, amount: int, left: int) -> None:
        if left:
            asyncio.get_running_loop().call_soon(self._hop, amount, left - 1)
        elif self._pending >= amount:
            self._pending -= amount
            self._clock.arrive(amount, self._address)
