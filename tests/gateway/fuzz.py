"""Broken requests: frames grown from what real clients send, broken in every way, for a gateway that must live on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from random import Random

from desk.gateway.fields import message
from desk.gateway.frames import PREFIX, frame
from desk.gateway.server import Gateway
from tests.gateway.orders import ORDERS
from tests.gateway.recorded import FILE
from tests.gateway.sent import placed
from tests.gateway.serving import bars_request, contract, details_request, quote_request

_SPY = contract("SPY", "STK")
_OPTION = contract("SPX", "OPT", "20190517", 2800, "C", trading_class="SPXW")
_NASTY = (
    *("", "-1", "0", "1", "2147483647", "-2147483649", "99999999999999999999", "9" * 5000, "1e400", "nan", "Infinity"),
    *("1.7976931348623157E308", "1_0", "\u0663", "x", "\ufeff", "a" * 3000, "BAG", "OPT", "SMART", "?", "-0.0", "%s"),
    *("20190513 10:00:00", "99999999", "00000000", "0001", "5 D", "1 secs", "999999 Y", "TRADES", "12:00", "\x01"),
)
_TURNS = 300
"""Frames sent by one client before the next."""


def seeds() -> list[list[str]]:
    """Return the fields of requests as clients send them, recorded ones among them where the file is there."""
    asked: list[list[str | float | None]] = [
        details_request(1, *_OPTION),
        quote_request(2, *_OPTION, generics="101"),
        quote_request(3, *_SPY, snapshot=1),
        bars_request(4, *_SPY),
        bars_request(5, *_SPY, size="5 mins", duration="1 D", keep=1),
        [78, 6, "SPX", "", "IND", 416904],
        [96, 7, *_SPY, 0, "20190513 10:00:00", "", 10, "TRADES", 1, 0, ""],
        [97, 8, *_SPY, "BidAsk", 5, 0],
        [50, 3, 9, *_SPY, 5, "MIDPOINT", 1, ""],
        [10, 5, 10, *_SPY, 5, 1, ""],
        [87, 11, *_SPY, 0, 1, "TRADES", 1],
        [88, 12, *_SPY, 0, 1, "2 days"],
        [54, 3, 13, *_OPTION, 5.0, 2800.0, "", ""],
        [55, 3, 14, *_OPTION, 0.2, 2800.0, "", ""],
        [62, 1, 15, "All", "NetLiquidation,$LEDGER:ALL"],
        [76, 1, 16, "DU1234567", "", 0],
        [7, 3, 17, 0, "", "", "", "", "", ""],
        [92, 18, "DU1234567", ""],
        [94, 19, "DU1234567", "", 756733],
    ]
    plain = [5, 8, 13, 14, 15, 16, 17, 24, 49, 58, 59, 61, 64, 80, 82, 85, 91, 99, 104, 200]
    found = [message(*fields)[4:-1].decode().split("\0") for fields in asked] + [[str(n), "1", "1"] for n in plain]
    found += [placed(178, 30 + n, *order) for n, order in enumerate(ORDERS.values())]
    if FILE.exists():
        rows = [json.loads(line) for line in FILE.read_text().splitlines()]
        asked = [row["message"] for row in rows if row["kind"] == "client_request"]
        told = [row["message"] for row in rows if row["kind"] != "client_request"][::10]
        found += [text.rstrip("\0").split("\0") for text in asked + told]
    return found


def broken(random: Random, corpus: list[list[str]]) -> bytes:
    """Return a frame whose fields, bytes or length are wrong in one to three ways; some are wrong in none."""
    fields = list(random.choice(corpus))
    for _ in range(random.choice((0, 1, 1, 2, 3))):
        _break_fields(random, fields)
    payload = ("\0".join(fields) + "\0").encode(errors="surrogatepass")
    kind = random.randrange(100)
    if kind == 0:
        place = random.randrange(len(payload))
        payload = payload[:place] + bytes([random.randrange(256)]) + payload[place + 1 :]
    if kind == 1:
        return frame(payload)[: random.randrange(1, len(payload) + 4)]
    if kind == 2:
        return random.choice((0, 1, len(payload) // 2, len(payload) + 7, 0xFFFFFF, 0xFFFFFFFF)).to_bytes(4) + payload
    return frame(payload[:-1] if kind == 3 else payload)


def _break_fields(random: Random, fields: list[str]) -> None:
    place = random.randrange(len(fields))
    kind = random.randrange(5)
    if kind == 0 and len(fields) > 1:
        del fields[place]
    elif kind == 1:
        fields.insert(place, random.choice(fields))
    elif kind == 2:
        other = random.randrange(len(fields))
        fields[place], fields[other] = fields[other], fields[place]
    else:
        fields[place] = random.choice(_NASTY)


class Line(asyncio.Transport):
    """The gateway's side of a connection that is no socket; remembers how much it was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = 0
        self.ended = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """See `asyncio.Transport`."""
        self.sent += len(data)

    def is_closing(self) -> bool:
        """See `asyncio.Transport`."""
        return self.ended

    def close(self) -> None:
        """See `asyncio.Transport`."""
        self.ended = True

    def abort(self) -> None:
        """See `asyncio.Transport`."""
        self.ended = True

    def pause_reading(self) -> None:
        """See `asyncio.Transport`."""

    def resume_reading(self) -> None:
        """See `asyncio.Transport`."""

    def get_write_buffer_size(self) -> int:
        """See `asyncio.Transport`."""
        return 0


async def storm(gateway: Gateway, frames: int, seed: int, between: Callable[[], None] = lambda: None) -> int:
    """Throw so many frames at a gateway, from one client after another; return how many clients that took.

    `between` is called after each client.
    """
    random, corpus = Random(seed), seeds()
    thrown = clients = 0
    while thrown < frames:
        clients += 1
        line = Line()
        end = gateway.accept()
        end.connection_made(line)
        end.data_received(PREFIX + frame(b"v157..178") + message(71, 2, 1 + clients % 5, ""))
        for data in _some(random, corpus):
            thrown += 1
            for piece in (data[:3], data[3:]) if random.random() < 0.2 else (data,):
                end.data_received(piece)
            if line.ended or thrown == frames:
                break
            if thrown % 20 == 0:
                await asyncio.sleep(0)
        end.connection_lost(None)
        between()
        await asyncio.sleep(0)
    return clients


def _some(random: Random, corpus: list[list[str]]) -> Iterator[bytes]:
    for _ in range(_TURNS):
        yield broken(random, corpus)
