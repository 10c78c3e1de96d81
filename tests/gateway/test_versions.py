"""Every server version from 157 to 178, each decoded by ib_async as that version."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from ib_async.decoder import Decoder

from desk.gateway.connection import NEWEST, OLDEST
from desk.gateway.encode import contracts as encode
from tests.gateway.sent import simple
from tests.gateway.serving import Raw, bars_request, contract, details_request, quote_request, run, serving, started

OPTION = contract("SPX", "OPT", "20190517", 2800, "C", trading_class="SPXW")


class Calls:
    """Takes every call of the decoder."""

    defaultTimezone = None  # noqa: N815  (ib_async reads it)

    def __init__(self) -> None:
        self.seen: dict[str, tuple[Any, ...]] = {}

    def __getattr__(self, name: str) -> Any:
        return lambda *values: self.seen.__setitem__(name, values)


async def _until_time(client: Raw, decoder: Decoder) -> None:
    while (fields := await client.read()) is not None:
        decoder.interpret(fields)
        if fields[0] == "49":
            return


def _details(number: int, version: int) -> list[str | float | None]:
    request = details_request(number, *OPTION)
    return request if version >= 176 else request[:-1]


@pytest.mark.parametrize("version", range(OLDEST, NEWEST + 1))
def test_every_message_decodes_at_every_version(version: int, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> Calls:
        calls = Calls()
        decoder = Decoder(calls, version)  # type: ignore[arg-type]  # takes the calls in the wrapper's place
        async with serving() as served, started(served.port, f"v157..{version}") as client:
            client.send(*_details(1, version))
            client.send(*details_request(2, *contract("SPY", "STK")))
            client.send(*quote_request(3, *OPTION, generics="101"))
            client.send(*bars_request(4, *contract("SPY", "STK")))
            client.send(81, 5, "SPX")
            client.send(78, 6, "SPX", "", "IND", 416904)
            client.send(6, 2, 1, "DU1234567")
            client.send(62, 1, 7, "All", "NetLiquidation")
            client.send(94, 8, "DU1234567", "", 756733)
            client.send(91, 109)
            client.send(*simple(version, 99))
            client.send(49, 1)
            await _until_time(client, decoder)
            client.send(49, 1)
            await _until_time(client, decoder)
        return calls

    with caplog.at_level(logging.DEBUG, "ib_async.Decoder"):
        seen = run(scenario()).seen
    assert not caplog.records
    (_, stock) = seen["contractDetails"]
    assert (stock.contract.primaryExchange, stock.stockType, stock.timeZoneId) == ("ARCA", "ETF", "US/Eastern")
    assert seen["openOrder"][0] == seen["orderStatus"][0] == 99
    assert seen["tickOptionComputation"][1] == 11
    assert seen["historicalDataEnd"][0] == 4
    assert seen["symbolSamples"][0] == 5
    assert seen["pnlSingle"][0] == 8


@pytest.mark.parametrize("version", [157, 163, 164, 178])
def test_an_options_last_trading_day_reads_alike(version: int) -> None:
    async def scenario() -> Any:
        calls = Calls()
        decoder = Decoder(calls, version)  # type: ignore[arg-type]  # takes the calls in the wrapper's place
        async with serving() as served, started(served.port, f"v157..{version}") as client:
            client.send(*_details(1, version))
            client.send(49, 1)
            await _until_time(client, decoder)
        return calls.seen["contractDetails"][1]

    detail = run(scenario())
    assert detail.contract.lastTradeDateOrContractMonth == "20190517"
    assert detail.lastTradeTime == "16:00:00"
    assert detail.underConId == 416904
    assert detail.contract.strike == 2800


def test_contract_details_have_as_many_fields_as_a_real_gateways() -> None:
    recorded = Path(__file__).resolve().parents[2] / "../shared/ib/recorded_messages.jsonl"
    if not recorded.exists():
        pytest.skip("needs the recorded messages in ../shared, which are not part of the repository")
    rows = [json.loads(line) for line in recorded.read_text().splitlines()]
    real = {
        len(row["message"].split("\0"))
        for row in rows
        if row["kind"] == "contractDetails" and row["server_version_if_known"] == 176
    }

    async def scenario() -> int:
        async with serving() as served, started(served.port, "v157..176") as client:
            client.send(*details_request(2, *contract("SPY", "STK")))
            return len(await client.until("10", "2")) + 1

    assert run(scenario()) in real


def test_strikes_and_expiries_are_counted_before_they_are_listed() -> None:
    options = encode.OptionClass("SPXW", "100", ("20190517",), (2795.0, 2800.5))
    text = encode.option_parameters(3, "SMART", 416904, options)[4:].decode()
    assert text == "75\x003\x00SMART\x00416904\x00SPXW\x00100\x001\x0020190517\x002\x002795\x002800.5\x00"
