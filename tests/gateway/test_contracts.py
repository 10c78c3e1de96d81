"""Contract details, option parameters, symbols and rules as ib_async sees them."""

from __future__ import annotations

import asyncio

import pytest
from ib_async import IB, Bag, ComboLeg, Contract, Index, Option, Stock

from desk.gateway import book
from desk.gateway.book import Ids
from tests.gateway.serving import connected, contract, details_request, run, serving, started


async def _details(*terms: Contract) -> list[list[tuple[str, str, float, str]]]:
    """Return trading class, expiry, strike and right of what each request finds."""
    async with serving() as served, connected(served.port) as ib:
        found = [await ib.reqContractDetailsAsync(one) for one in terms]
        contracts = [[detail.contract for detail in some if detail.contract] for some in found]
        return [
            [(c.tradingClass, c.lastTradeDateOrContractMonth, c.strike, c.right) for c in some] for some in contracts
        ]


def test_what_is_left_open_matches_everything() -> None:
    month, day, strike, whole = run(
        _details(
            Option("SPX", "201905", exchange="SMART"),
            Option("SPX", "20190517", exchange="SMART"),
            Option("SPX", "20190517", 2800, exchange="SMART"),
            Option("SPX", exchange="CBOE"),
        )
    )
    assert {expiry for _, expiry, _, _ in month} == {"20190513", "20190515", "20190516", "20190517"}
    assert len(day) == 62
    assert sorted(strike) == [("SPXW", "20190517", 2800, "C"), ("SPXW", "20190517", 2800, "P")]
    assert len(whole) == 2 * 18 + 5 * 62


def test_am_settled_options_are_found_under_their_thursday() -> None:
    thursday, friday = run(
        _details(
            Option("SPX", "20190516", 2800, "P", "SMART"),
            Option("SPX", "20190517", 2800, "P", "SMART", tradingClass="SPX"),
        )
    )
    assert thursday == [("SPX", "20190516", 2800, "P")]
    assert friday == []


def test_an_am_settled_option_settles_and_is_named_by_its_friday() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            wanted = Option("SPX", "20190516", 2800, "P", "SMART", tradingClass="SPX")
            (detail,) = await ib.reqContractDetailsAsync(wanted)
            assert detail.contract is not None
            assert detail.contract.localSymbol == "SPX   190517P02800000"
            assert detail.contract.lastTradeDateOrContractMonth == "20190516"
            assert detail.realExpirationDate == "20190517"
            assert detail.lastTradeTime == "09:30:00"

    run(scenario())


def test_spy_has_a_twin_class_on_its_monthlies() -> None:
    all_classes, own = run(
        _details(
            Option("SPY", "20190621", exchange="SMART"), Option("SPY", "20190621", exchange="SMART", tradingClass="SPY")
        )
    )
    twins = [found for found in all_classes if found[0] == "2SPY"]
    assert {strike for _, _, strike, _ in twins} == {10.01, 616, 10010}
    assert len(all_classes) == len(own) + 6


@pytest.mark.parametrize(
    "terms",
    [
        Option("SPX", "20190517", 2801, "C", "SMART"),
        Option("SPXW", "20190517", 2800, "C", "SMART"),
        Option("SPX", "20190518", exchange="SMART"),
        Option("SPX", "20190517", 2800, "C", "AMEX"),
        Stock("XYZ", "SMART", "USD"),
        Stock("SPY", "SMART", "EUR"),
        Index("SPX", "SMART"),
        Contract(conId=5),
        Contract(secType="STK", exchange="SMART", secIdType="ISIN", secId="US78462F1030"),
    ],
)
def test_nothing_found_is_error_200_and_no_end(terms: Contract) -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            errors: list[int] = []
            ib.errorEvent += lambda _number, code, _text, _contract: errors.append(code)
            assert await ib.reqContractDetailsAsync(terms) == []
            assert errors == [200]

    run(scenario())


def test_a_contract_is_found_by_its_id_and_by_its_name() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            wanted = Option("SPX", "20190517", 2800, "C", "SMART", tradingClass="SPXW")
            await ib.qualifyContractsAsync(wanted)
            (by_id,) = await ib.reqContractDetailsAsync(Contract(conId=wanted.conId, exchange="SMART"))
            assert by_id.contract == wanted
            name = Contract(secType="OPT", localSymbol="SPXW  190517C02800000", exchange="SMART", currency="USD")
            (by_name,) = await ib.reqContractDetailsAsync(name)
            assert by_name.contract == wanted

    run(scenario())


def test_an_id_is_known_to_a_gateway_that_has_just_started() -> None:
    async def scenario() -> None:
        ids: set[int] = set()
        for _ in range(2):
            async with serving() as served, connected(served.port) as ib:
                if ids:
                    (found,) = await ib.reqContractDetailsAsync(Contract(conId=next(iter(ids)), exchange="SMART"))
                else:
                    terms = Option("SPY", "20190517", 280, "C", "SMART", tradingClass="SPY")
                    (found,) = await ib.reqContractDetailsAsync(terms)
                assert found.contract is not None
                ids.add(found.contract.conId)
        assert len(ids) == 1

    run(scenario())


def test_without_an_exchange_every_listing_is_a_row() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            found = await ib.reqContractDetailsAsync(Contract(symbol="SPY", secType="STK", currency="USD"))
            assert {detail.contract.exchange for detail in found if detail.contract} == set(
                found[0].validExchanges.split(",")
            )
            assert {detail.contract.primaryExchange for detail in found if detail.contract} == {"ARCA"}

    run(scenario())


def test_a_combination_has_no_details_and_gets_321() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            seen = asyncio.get_running_loop().create_future()
            ib.errorEvent += lambda _number, code, text, _contract: seen.set_result((code, text))
            asking = asyncio.ensure_future(
                ib.reqContractDetailsAsync(
                    Bag(symbol="SPX", exchange="SMART", currency="USD", comboLegs=[ComboLeg(conId=1)])
                )
            )
            code, text = await seen
            assert code == 321
            assert "'BAG' isn't supported" in text
            asking.cancel()

    run(scenario())


def test_an_unknown_security_type_gets_321() -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            client.send(*details_request(6, *contract("SPY", "STOCK")))
            error = await client.read()
            assert error is not None
            assert error[2:4] == ["6", "321"]
            assert error[4].endswith("Please enter a valid security type")

    run(scenario())


async def _parameters(
    ib: IB, symbol: str, kind: str, con_id: int
) -> dict[tuple[str, str], tuple[list[str], list[float]]]:
    rows = await ib.reqSecDefOptParamsAsync(symbol, "", kind, con_id)
    return {(row.exchange, row.tradingClass): (row.expirations, row.strikes) for row in rows}


def test_option_parameters_by_exchange_and_class() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            spx = await _parameters(ib, "SPX", "IND", 416904)
            assert set(spx) == {(e, c) for e in ("SMART", "CBOE") for c in ("SPX", "SPXW")}
            assert spx["SMART", "SPX"][0] == ["20190516", "20190620"]
            assert spx["SMART", "SPXW"][1] == [float(k) for k in range(2750, 2905, 5)]
            spy = await _parameters(ib, "SPY", "STK", 756733)
            assert {exchange for exchange, _ in spy} == {"SMART", "AMEX", "CBOE", "PHLX"}
            assert spy["SMART", "2SPY"] == (["20190517", "20190621", "20190719"], [10.01, 616, 10010])
            assert await _parameters(ib, "SPY", "STK", 1) == {}
            assert await _parameters(ib, "XYZ", "STK", 1) == {}

    run(scenario())


def test_symbols_and_market_rules() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            found = await ib.reqMatchingSymbolsAsync("SP")
            assert found is not None
            assert [one.contract.symbol for one in found if one.contract] == ["SPX", "SPY"]
            option = Option("SPX", "20190517", 2800, "C", "SMART", tradingClass="SPXW")
            (detail,) = await ib.reqContractDetailsAsync(option)
            assert detail.minTick == 0.05
            rule = await ib.reqMarketRuleAsync(int(detail.marketRuleIds.split(",")[0]))
            assert rule is not None
            assert [(step.lowEdge, step.increment) for step in rule] == [(0, 0.05), (3, 0.1)]

    run(scenario())


def test_hours_name_sessions_and_closed_days() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            (spy,) = await ib.reqContractDetailsAsync(Stock("SPY", "SMART", "USD"))
            hours = spy.liquidHours.split(";")
            assert hours[0] == "20190513:0930-20190513:1600"
            assert hours[5] == "20190518:CLOSED"
            assert spy.timeZoneId == "US/Eastern"

    run(scenario())


def test_names_that_share_a_digest_get_ids_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "_IDS", 50)
    names = [f"SPX   190517C{n:08}" for n in range(40)]
    ids = Ids()
    given = [ids.of(name) for name in names]
    assert len(set(given)) == len(names)
    assert [ids.of(name) for name in names] == given
