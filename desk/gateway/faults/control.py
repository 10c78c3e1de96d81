"""The control port: lines of JSON over TCP, on loopback only. Whoever sends anything else is cut off.

`{"do": "arm", "fault": "drop after=30"}` answers `{"number": 1}`; `{"do": "disarm", "number": 1}`, `{"do": "clear"}`;
`{"do": "list"}` answers with the texts of what is armed by number, `{"do": "fired"}` with what has acted. An error is
`{"error": "…"}`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from desk.gateway.faults.engine import Faults
from desk.gateway.faults.text import parse, written

HOST = "127.0.0.1"
_LONGEST = 64 * 1024
"""Bytes of a line."""


class Control:
    """Serves one gateway's faults to local processes."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self, port: int) -> int:
        """Listen and return the port; OSError when it is taken."""
        self._server = await asyncio.start_server(self._serve, HOST, port, limit=_LONGEST)
        return int(self._server.sockets[0].getsockname()[1])

    def stop(self) -> None:
        """Listen no more and close every connection."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while line := await reader.readline():
                request = json.loads(line)
                if not isinstance(request, dict):
                    break
                writer.write(json.dumps(self._answer(request)).encode() + b"\n")
                await writer.drain()
        except (ValueError, ConnectionError):
            pass  # not one of ours, or gone
        finally:
            self._writers.discard(writer)
            writer.close()

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        actions: dict[str, Callable[[], dict[str, Any]]] = {
            "arm": lambda: {"number": self._faults.arm(parse(str(request["fault"])))},
            "disarm": lambda: {"disarmed": self._faults.disarm(int(request["number"]))},
            "clear": lambda: {"cleared": self._faults.clear()},
            "list": lambda: {"armed": {number: written(one) for number, one in self._faults.armed().items()}},
            "fired": lambda: {"fired": [asdict(one) for one in self._faults.fired]},
        }
        action = actions.get(str(request.get("do")))
        if action is None:
            return {"error": f"do is one of {', '.join(actions)}"}
        try:
            return action()
        except (KeyError, ValueError, TypeError) as error:
            return {"error": str(error)}
