"""The event loop for what runs on an accelerated clock."""

from __future__ import annotations

import asyncio
import selectors


def precise_loop() -> asyncio.AbstractEventLoop:
    """An asyncio loop that wakes to the microsecond.

    epoll rounds a wait up to a whole millisecond, which at 60 times the wall's speed is 60 ms of market time for every
    timer; select does not. It serves file descriptors below 1,024 only, which a handful of connections never reach.
    """
    return asyncio.SelectorEventLoop(selectors.SelectSelector())
