"""No frame brings the gateway down, and none leaves anything behind.

A longer run: `FUZZ=100000 pytest tests/gateway/test_fuzz.py`.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import tracemalloc

import pytest

from tests.gateway.fuzz import storm
from tests.gateway.serving import connected, serving

FRAMES = int(os.environ.get("FUZZ", "5000"))
LEAK = 400.0
"""Bytes a frame may leave behind: what fills a book of orders does, by design."""


@pytest.mark.timeout(1800)
def test_a_gateway_lives_through_broken_frames(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> float:
        async with serving(messages_per_second=0, lines=0) as served:
            await storm(served.gateway, FRAMES // 5, seed=1)
            gc.collect()
            tracemalloc.start()
            before, tasks = tracemalloc.get_traced_memory()[0], len(asyncio.all_tasks())
            await storm(served.gateway, FRAMES, seed=2)
            gc.collect()
            grown = tracemalloc.get_traced_memory()[0] - before
            tracemalloc.stop()
            assert len(asyncio.all_tasks()) == tasks
            assert not served.gateway._clients
            async with connected(served.port) as ib:
                assert (await ib.reqCurrentTimeAsync()).year == 2019
            return grown / FRAMES

    with caplog.at_level(logging.ERROR):
        grown = asyncio.run(scenario())
    failures = [record for record in caplog.records if record.exc_info]
    assert not failures, (len(failures), failures[0].getMessage(), failures[0].exc_text)
    assert grown < LEAK
