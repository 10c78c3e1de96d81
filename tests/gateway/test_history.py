"""Daily bars: which, how written, and IB's errors for what there is not."""

from __future__ import annotations

from datetime import date

import pytest
from ib_async import Index, Stock

from desk.clock import SimulatedClock
from desk.gateway.periods import PeriodError, end_of, within
from messages.contract import Bar
from tests.gateway.market import START
from tests.gateway.serving import bars_request, connected, contract, run, serving, started

SPY = contract("SPY", "STK")


async def _dates(**asked: str | int) -> list[str]:
    async with serving() as served, started(served.port) as client:
        client.send(*bars_request(3, *SPY, **asked))  # type: ignore[arg-type]  # text and numbers by name
        fields = await client.until("17", "3")
        assert len(fields) == 5 + 8 * int(fields[4])
        return fields[5::8]


def test_ib_async_reads_prices_and_implied_volatility() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            spy = Stock("SPY", "SMART", "USD")
            bars = await ib.reqHistoricalDataAsync(spy, "", "3 D", "1 day", "TRADES", useRTH=True)
            assert [bar.date for bar in bars] == [date(2019, 5, 9), date(2019, 5, 10), date(2019, 5, 13)]
            assert (bars[-1].open, bars[-1].high, bars[-1].low, bars[-1].close) == (280.5, 286.5, 275.5, 281.5)
            assert bars[-1].volume == 1000
            what = "OPTION_IMPLIED_VOLATILITY"
            iv = await ib.reqHistoricalDataAsync(
                Index("SPX", "CBOE"), "", "1 Y", "1 day", what, useRTH=True, formatDate=2
            )
            assert len(iv) == 12
            assert iv[-1].close == pytest.approx(0.15 * 1.011)
            assert iv[-1].volume == -1

    run(scenario())


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ({"duration": "1 D"}, "20190513", "20190513"),
        ({"duration": "86400 S"}, "20190513", "20190513"),
        ({"duration": "2 D", "end": "20190508 23:59:59"}, "20190507", "20190508"),
        ({"duration": "1 W", "end": "20190508-20:00:00"}, "20190502", "20190508"),
        ({"duration": "1 M"}, "20190425", "20190513"),
        ({"duration": "999999 Y"}, "20190425", "20190513"),
        ({"duration": "2 D", "what": "OPTION_IMPLIED_VOLATILITY"}, "20190509", "20190510"),
        ({"duration": "2 D", "form": 2}, "20190510", "20190513"),
    ],
)
def test_durations_and_ends(asked: dict[str, str | int], first: str, last: str) -> None:
    dates = run(_dates(**asked))
    assert (dates[0], dates[-1]) == (first, last)


@pytest.mark.parametrize(
    ("asked", "cause"),
    [
        ({"size": "7 mins"}, "bar size setting is invalid"),
        ({"what": "GUESSES"}, "GUESSES"),
        ({"form": 7}, "date format"),
        ({"duration": "400 D"}, "must be made in years"),
        ({"duration": "5 X"}, "Invalid duration"),
        ({"end": "yesterday"}, "yesterday"),
        ({"end": "20190513 10:00:00 Mars/Base"}, "Mars/Base"),
    ],
)
def test_words_that_ib_does_not_know(asked: dict[str, str | int], cause: str) -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            client.send(*bars_request(3, *SPY, **asked))  # type: ignore[arg-type]  # text and numbers by name
            assert cause in (await client.until("4", "2", "3", "321"))[4]

    run(scenario())


@pytest.mark.parametrize(
    ("terms", "asked"),
    [
        (SPY, {"size": "5 mins", "what": "OPTION_IMPLIED_VOLATILITY"}),
        (SPY, {"what": "HISTORICAL_VOLATILITY"}),
        (SPY, {"size": "30 secs", "duration": "1800 S", "end": "20190513 09:00:00"}),
        (contract("SPX", "IND", exchange="CBOE"), {"size": "5 mins", "what": "MIDPOINT"}),
        (SPY, {"end": "20180101 00:00:00"}),
        (contract("SPX", "OPT", "20190517", 2900, "C", trading_class="SPXW"), {}),
    ],
)
def test_no_data_is_162(terms: list[str | float | None], asked: dict[str, str]) -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            client.send(*bars_request(3, *terms, **asked))  # type: ignore[arg-type]  # text by name
            assert "HMDS query returned no data" in (await client.until("4", "2", "3", "162"))[4]

    run(scenario())


def test_there_are_no_bars_of_combinations() -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            legs = 2, 11, 1, "BUY", "SMART", 12, 1, "SELL", "SMART"
            bag = contract("SPX", "BAG")
            client.send(20, 3, *bag, 0, "", "1 day", "5 D", 1, "MIDPOINT", 1, *legs, 0, "")
            assert "returned no data: SPX@SMART" in (await client.until("4", "2", "3", "162"))[4]

    run(scenario())


def test_an_unknown_contract_is_200() -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            client.send(*bars_request(3, *contract("XYZ", "STK")))
            await client.until("4", "2", "3", "200")

    run(scenario())


def test_a_request_in_waiting_can_be_cancelled_once() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 10.0)
        async with serving(clock=clock, latency=1.0) as served, started(served.port) as client:
            client.send(*bars_request(3, *SPY))
            client.send(*bars_request(3, *SPY))
            await client.until("4", "2", "3", "322")
            client.send(25, 1, 3)
            assert "query cancelled: 3" in (await client.until("4", "2", "3", "162"))[4]
            client.send(25, 1, 3)
            await client.until("4", "2", "3", "366")
            client.send(*bars_request(4, *SPY))
            assert (await client.until("17"))[1] == "4"

    run(scenario())


def test_the_last_bar_is_kept_up_to_date_until_cancelled() -> None:
    async def scenario() -> None:
        async with serving(clock=SimulatedClock(START, 100.0)) as served, started(served.port) as client:
            client.send(*bars_request(3, *SPY, size="1 min", duration="120 S", keep=1))
            bars = await client.until("17", "3")
            assert bars[5] == "20190513 09:58:00 US/Eastern"
            served.market.drift = 2.0
            first = await client.until("90", "3")
            assert first[3] >= bars[5::8][-1]
            assert float(first[5]) == 283.5
            client.send(25, 1, 3)
            assert "query cancelled: 3" in (await client.until("4", "2", "3", "162"))[4]

    run(scenario())


def test_updates_of_the_past_make_no_sense() -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            client.send(*bars_request(3, *SPY, end="20190510 10:00:00", keep=1))
            await client.until("4", "2", "3", "321")

    run(scenario())


def test_ends_in_every_form_that_ib_takes() -> None:
    now = START.timestamp()
    assert end_of("", now) == now
    assert end_of("20190513 10:00:00", now) == now
    assert end_of("20190513  10:00:00", now) == now
    assert end_of("20190513-14:00:00", now) == now
    assert end_of("20190513 09:00:00 US/Central", now) == now
    assert end_of("20190513", now) == now + 14 * 3600 - 1


def test_a_duration_of_nothing_is_an_error() -> None:
    with pytest.raises(PeriodError):
        within([Bar("20190510", 1, 1, 1, 1)], "0 D", date(2019, 5, 13))


@pytest.mark.parametrize(
    ("asked", "count", "first", "last"),
    [
        ({"size": "5 mins", "duration": "1 D"}, 6, "20190513 09:30:00 US/Eastern", "20190513 09:55:00 US/Eastern"),
        ({"size": "1 hour", "duration": "2 D"}, 8, "20190510 09:30:00 US/Eastern", "20190513 09:30:00 US/Eastern"),
        ({"size": "30 secs", "duration": "300 S"}, 10, "20190513 09:55:00 US/Eastern", "20190513 09:59:30 US/Eastern"),
        ({"size": "30 mins", "duration": "1 D", "form": 2}, 1, "1557754200", "1557754200"),
        ({"size": "1 day", "duration": "2 D", "what": "BID_ASK"}, 2, "20190510", "20190513"),
        ({"size": "1 week", "duration": "1 M"}, 4, "20190426", "20190513"),
        ({"size": "1 month", "duration": "1 Y"}, 2, "20190430", "20190513"),
    ],
)
def test_bars_of_other_sizes(asked: dict[str, str | int], count: int, first: str, last: str) -> None:
    dates = run(_dates(end="20190513 10:00:00", **asked))
    assert (len(dates), dates[0], dates[-1]) == (count, first, last)


def test_what_bars_of_quotes_are_made_of() -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            client.send(*bars_request(3, *SPY, size="5 mins", duration="300 S", what="BID_ASK"))
            assert (await client.until("17", "3"))[6:10] == ["281.4", "281.6", "281.4", "281.6"]
            client.send(*bars_request(4, *SPY, size="5 mins", duration="300 S", what="TRADES"))
            assert (await client.until("17", "4"))[6:13] == ["281.5"] * 4 + ["0", "281.5", "0"]

    run(scenario())


def test_too_long_a_time_for_short_bars() -> None:
    async def scenario() -> None:
        async with serving(history_paced=0) as served, started(served.port) as client:
            for number, asked in enumerate([("1 secs", "2 D"), ("5 mins", "3 M")], start=3):
                client.send(*bars_request(number, *SPY, size=asked[0], duration=asked[1]))
                assert "Time length exceed max" in (await client.until("4", "2", str(number), "162"))[4]

    run(scenario())


def test_a_schedule() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            told = await ib.reqHistoricalScheduleAsync(Stock("SPY", "SMART", "USD"), 3)
            assert [one.refDate for one in told.sessions] == ["20190509", "20190510", "20190513"]
            assert (told.timeZone, told.sessions[0].startDateTime) == ("US/Eastern", "20190509-09:30:00")

    run(scenario())
