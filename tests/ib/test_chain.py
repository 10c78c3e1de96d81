from __future__ import annotations

import numpy as np

from desk.gateway.requests.contracts import ContractDetails
from messages.contract import Quote
from messages.market import Selection
from tests.gateway.market import UNPRICED
from tests.ib.desk_on_gateway import SPXW, SPY, Bench, bench, finite, run


def _as_the_market(made: Bench, quotes: tuple[Quote, ...]) -> None:
    source = made.served.market.quotes([q.contract for q in quotes], made.clock.time())
    for name in ("bid", "ask", "bid_size", "ask_size", "last", "close", "volume", "open_interest", "iv", "delta"):
        expected = getattr(source, name)
        np.testing.assert_array_equal([getattr(q, name) for q in quotes], expected, err_msg=name)


def test_a_chain_comes_whole_and_as_the_market_shows_it() -> None:
    async def main() -> None:
        async with bench(latency=1.0) as made:
            begun = made.clock.time()
            answer = await made.chain(SPY)
            assert (answer.asked, len(answer.quotes), answer.failed, answer.error) == (84, 84, (), "")
            _as_the_market(made, answer.quotes)
            for quote in answer.quotes:
                assert quote.missing == ()
                assert quote.greeks_source == "model"
                assert quote.venue == "REPLAY"
                assert quote.underlying == 281.5
                assert begun < quote.received <= made.clock.time()
                assert quote.contract.con_id
                assert quote.contract.trading_class == "SPY"
            assert answer.underlying is not None
            assert answer.underlying.last == 281.5
            assert answer.vix is not None
            assert answer.vix.last == 20.5
            assert made.progress[-1] == (84, 84)
            assert len(made.progress) <= 22
            assert not made.codes() & {100, 101, 300}

    run(main())


def test_strikes_and_expiries_are_the_selection_s() -> None:
    async def main() -> None:
        async with bench() as made:
            five = await made.chain(Selection("SPY", dte_min=30, dte_max=75, expiries="first"))
            assert {q.contract.strike for q in five.quotes} == {270.0, 275.0, 280.0, 285.0, 290.0}
            assert {q.contract.expiry for q in five.quotes} == {"20190621"}
            assert {q.contract.right for q in five.quotes} == {"P", "C"}

    run(main())


def test_index_options_are_asked_for_by_class() -> None:
    async def main() -> None:
        async with bench() as made:
            weekly = await made.chain(Selection("SPX", "IND", "CBOE", "SPXW", dte_min=0, dte_max=10))
            assert {q.contract.expiry for q in weekly.quotes} == {"20190513", "20190515", "20190517"}
            assert {q.contract.trading_class for q in weekly.quotes} == {"SPXW"}
            monthly = await made.chain(Selection("SPX", "IND", "CBOE", "SPX", dte_min=0, dte_max=10, strike_step=25))
            assert {q.contract.expiry for q in monthly.quotes} == {"20190516"}
            assert {q.contract.trading_class for q in monthly.quotes} == {"SPX"}
            assert monthly.quotes[0].contract.local_symbol.startswith("SPX   190517")

    run(main())


def test_listings_and_standing_lines_are_asked_for_once_a_day() -> None:
    async def main() -> None:
        async with bench() as made:
            await made.chain(SPY)
            await made.until(lambda: made.broker.facts()["lines"] == 2)
            asked: list[object] = []
            handle = made.served.gateway.handle

            def spy(client: object, request: object) -> None:
                asked.append(request)
                handle(client, request)  # type: ignore[arg-type]

            made.served.gateway.handle = spy  # type: ignore[method-assign]
            answer = await made.chain(SPY)
            await made.until(lambda: made.broker.facts()["lines"] == 2)
            assert len(asked) == 2 * answer.asked
            assert not any(isinstance(request, ContractDetails) for request in asked)
            assert made.broker.facts()["subscriptions"] == 2

    run(main())


def test_greeks_that_never_come_are_computed_from_the_mid() -> None:
    async def main() -> None:
        async with bench(silent_share=1.0, latency=1.0) as made:
            begun = made.clock.time()
            answer = await made.chain(Selection("SPY", dte_min=60, dte_max=75))
            assert len(answer.quotes) == answer.asked == 10
            assert made.clock.time() - begun < 6.0
            assert {quote.missing for quote in answer.quotes} == {("greeks",), ("greeks", "no_time_value")}
            near = [quote for quote in answer.quotes if quote.contract.strike == 280.0]
            for quote in near:  # the small market's other prices are below intrinsic value
                assert quote.greeks_source == "mid"
                assert all(finite(v) for v in (quote.iv, quote.delta, quote.gamma, quote.theta, quote.vega))

    run(main())


def test_sentinels_are_not_greeks() -> None:
    async def main() -> None:
        async with bench(sentinel_share=1.0, latency=1.0) as made:
            answer = await made.chain(Selection("SPY", dte_min=60, dte_max=75))
            assert {q.delta for q in answer.quotes} == {0.3}
            assert {q.greeks_source for q in answer.quotes} == {"model"}

    run(main())


def test_what_nobody_bids_for_is_said_to_miss_its_bid() -> None:
    async def main() -> None:
        async with bench(latency=1.0) as made:
            answer = await made.chain(Selection("SPX", "IND", "CBOE", "SPXW", 0, 1, strike_step=100))
            quotes = {q.contract.strike: q for q in answer.quotes}
            missing = quotes[UNPRICED]
            assert (missing.bid, missing.last, missing.volume, missing.open_interest) == (None,) * 4
            assert missing.ask is not None
            assert set(missing.missing) == {"bid", "greeks"}
            assert quotes[2800.0].missing == ()

    run(main())


def test_at_the_deadline_comes_what_is_there() -> None:
    async def main() -> None:
        async with bench(latency=1.0) as made:
            begun = made.clock.time()
            answer = await made.chain(SPXW, seconds=4.0)
            assert made.clock.time() - begun < 4.5
            failed = dict(answer.failed)
            assert 20 < len(answer.quotes) < answer.asked == 310
            assert len(answer.quotes) + failed["deadline"] == answer.asked
            again = await made.chain(SPXW)
            assert len(again.quotes) == 310

    run(main())


def test_nothing_listed_in_range_is_said() -> None:
    async def main() -> None:
        async with bench() as made:
            answer = await made.chain(Selection("SPY", dte_min=300, dte_max=301))
            assert answer.asked == 0
            assert "lists nothing 300 to 301 days out" in answer.error

    run(main())


def test_an_unknown_symbol_is_an_answer_and_opens_no_breaker() -> None:
    async def main() -> None:
        async with bench() as made:
            for _ in range(7):
                answer = await made.chain(Selection("ZZZ"))
                assert answer.error.startswith("200: ")
            assert made.broker.facts()["breaker"] == "closed"

    run(main())


def test_fewer_lines_than_contracts_take_turns() -> None:
    async def main() -> None:
        async with bench({"market_data_lines": 12}, latency=1.0) as made:
            answer = await made.chain(SPY)
            assert len(answer.quotes) == 84
            assert 101 not in made.codes()

    run(main())


def test_a_gateway_that_grants_fewer_lines_is_asked_again() -> None:
    async def main() -> None:
        async with bench(lines=20, latency=1.0) as made:
            answer = await made.chain(SPY)
            assert len(answer.quotes) == 84
            assert 101 in made.codes()
            assert made.broker.facts()["lines_limit"] == 20

    run(main())


def test_the_gateway_never_complains_when_its_limits_are_ours() -> None:
    async def main() -> None:
        async with bench(messages_per_second=50, lines=100, latency=1.0) as made:
            answer = await made.chain(SPXW)
            assert len(answer.quotes) == 310
            assert not made.codes() & {100, 101}

    run(main())
