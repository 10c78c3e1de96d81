"""StrategyActor in virtual time: when it decides, on what, whom it asks, and what it passes on."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from messages.contract import Contract, Quote
from messages.data import RecordedWanted
from messages.market import BarsWanted, ChainQuotes, ChainWanted, Priority, SpotsWanted
from messages.orders import Book, BookWanted, Enter, Exit, Holding, Wishes
from strategies.base import History, RecordedChain
from tests.actors.around_strategy import Stage, Surroundings, stage
from tests.strategies.made import SPX, VIX, chain, clock, closing, decider, holding, marks, opening
from tests.strategies.made_swing import DAY as SWING_DAY
from tests.strategies.made_swing import Market

HELD = holding(clock("09:46"), expiry="20190513", at=(2750, 2740, 2850, 2860), credit=0.60)


def market(held: Holding = HELD, debit: float = 0.60, **levels: float) -> Surroundings:
    """A calm morning; the legs of `held` cost `debit` to close."""

    def quote(contract: Contract, t: float) -> Quote | None:
        if contract.sec_type == "OPT":
            return next((each for each in marks(held, t, debit) if each.contract == contract), None)
        return Quote(contract, t, last={"SPX": 2800.0, "VIX": 20.0, **levels}[contract.symbol], close=16.0)

    def listed(wanted: ChainWanted, t: float) -> ChainQuotes:
        return chain(wanted.selection, t, expiry="20190513", delta=0.06, at_delta=50.0, credit=0.6, wing=10.0)

    return Surroundings(quote=quote, chain=listed)


def holds(*held: Holding, **changes: object) -> dict[str, Book]:
    return {"mine": replace(Book("mine", 5, ready=True, holdings=held), **changes)}  # type: ignore[arg-type]  # named by the test


def sent(book: Book, wishes: Wishes) -> Book:
    """What a trader makes of an entry: it is on its way."""
    if any(isinstance(wish, Enter) for wish in wishes.wishes):
        return replace(book, version=book.version + 1, entries=(clock("09:45"),), working=(opening(),))
    return replace(book, version=book.version + 1, working=tuple(closing(each.position) for each in wishes.wishes))  # type: ignore[union-attr]  # exits


def test_each_poll_asks_for_the_book_then_for_the_market_then_wishes_once() -> None:
    around = market()
    around.fulfil = sent
    with stage(around, decider("dte0_ic")) as made:
        made.until("09:44:59")
        assert around.wishes == []
        assert around.of(SpotsWanted) == []
        made.until("09:45:10")
        (wishes,) = around.wishes
        (entry,) = wishes.wishes
        assert isinstance(entry, Enter)
        assert (wishes.strategy, wishes.version, wishes.reply_to) == ("mine", 1, "strategy-mine")
        assert clock("09:45") < wishes.deadline <= clock("09:45:20")
        assert {quote.contract for quote in wishes.quotes} == {SPX, VIX, *entry.condor.legs}
        made.until("10:29:50")
        assert len(around.wishes) == 1
        facts = made.report().facts
        assert (facts["polls"], facts["chosen"], facts["chosen_count"]) == (66, entry, 1)
        books = around.of(BookWanted)
        assert len(books) == 1 + facts["polls"]


def test_what_was_seen_and_decided_is_recorded_with_the_state_it_was_decided_in() -> None:
    around = market()
    around.fulfil = sent
    with stage(around, decider("dte0_ic"), start="09:44") as made:
        made.until("09:46:40")
        early, entered, later, *_ = around.seen
        assert (early.quotes, early.chains) == ((), ())
        assert [veto["name"] for veto in json.loads(early.decision)["vetoes"]] == ["window"]
        record = json.loads(entered.decision)
        assert record["wishes"][0]["open"] == "SPXW 20190513 2740/2750/2850/2860"
        assert record["wishes"][0]["limit"] == 0.6
        assert record["state"]["book"]["version"] == 1
        assert [quote.contract.symbol for quote in entered.quotes] == ["VIX", "SPX"]
        assert len(entered.chains[0].quotes) > 20
        assert entered.strategy == "mine"
        assert clock("09:45") <= entered.at < clock("09:45:01")
        assert [veto["name"] for veto in json.loads(later.decision)["vetoes"]] == ["already_entered", "max_positions"]


def recorded_since(around: Surroundings, time: str) -> list[bool]:
    """Whether each decision that has been recorded since then wished for something."""
    return [json.loads(seen.decision)["wishes"] != [] for seen in around.seen if seen.at >= clock(time)]


@contextmanager
def just_wished() -> Iterator[tuple[Stage, Surroundings]]:
    around = market()
    around.fulfil = sent
    with stage(around, decider("dte0_ic")) as made:
        made.until("09:45")
        while not around.wishes:
            made.system.run_for(0.001)
        yield made, around


def test_recording_a_decision_keeps_out_of_its_orders_way() -> None:
    with just_wished() as (made, around):
        assert recorded_since(around, "09:45") == []
        made.system.run_for(0.1)
        assert recorded_since(around, "09:45") == [True]


def test_neither_a_stop_nor_a_crash_loses_a_decision() -> None:
    with just_wished() as (made, around):
        made.supervisor.stop()
        assert stopped(made, 0.01)
        assert recorded_since(around, "09:45") == [True]
    with just_wished() as (made, around):
        made.system.tell("strategy-mine", object())
        made.system.run_for(1.0)
        assert made.report().restarts == 1
        assert recorded_since(around, "09:45") == [True]


def test_until_the_book_is_ready_nothing_is_asked_of_the_market() -> None:
    around = market()
    around.books = holds(ready=False, trouble="the session is down")
    with stage(around, decider("dte0_ic")) as made:
        made.until("09:50")
        assert around.wishes == []
        assert around.of(SpotsWanted) == []
        (veto,) = made.report().facts["vetoes"]
        assert (veto.name, veto.text) == ("book_not_ready", "the session is down")


def test_a_position_is_looked_at_first_and_closed_with_its_quotes() -> None:
    around = market(debit=0.30)
    around.books = holds(HELD, realised=-12.5)
    with stage(around, decider("dte0_ic"), start="11:00") as made:
        made.until("11:00:50")
        wanted = around.of(SpotsWanted)[0]
        assert isinstance(wanted, SpotsWanted)
        assert (wanted.priority, wanted.contracts) == (Priority.POSITION, (SPX, *HELD.condor.legs))
        (wishes,) = around.wishes[:1]
        assert wishes.wishes == (Exit("p", 1, "profit", 0.30, 0.40),)
        assert {quote.contract for quote in wishes.quotes} == {SPX, *HELD.condor.legs}
        facts = made.report().facts
        assert (facts["open_positions"], facts["realised"], facts["unrealised"]) == (1, -12.5, pytest.approx(30.0))


def test_a_trader_that_does_not_answer_degrades_and_the_next_poll_recovers() -> None:
    around = market()
    around.silent = {"trader"}
    with stage(around, decider("dte0_ic")) as made:
        made.until("09:46")
        assert made.report().facts["degraded"] == "the trader does not answer"
        vetoes = [[veto["name"] for veto in json.loads(each.decision)["vetoes"]] for each in around.seen]
        assert vetoes
        assert all(each == ["no_book"] for each in vetoes)
        around.silent.clear()
        made.until("09:47")
        assert made.report().facts["degraded"] == ""
        assert len(around.wishes) == 1


def test_data_that_does_not_come_is_a_veto_and_no_decision_is_left_open() -> None:
    around = market(debit=0.1)
    around.books = holds(HELD)
    around.silent = {"broker"}
    around.fulfil = sent
    with stage(around, decider("dte0_ic"), start="11:00") as made:
        made.until("11:01:20")
        assert around.wishes == []
        facts = made.report().facts
        assert [veto.name for veto in facts["vetoes"]][:5] == ["bad_quote"] * 5
        assert facts["polls"] == 2
        assert facts["unrealised"] is None
        around.silent.clear()
        made.until("11:02:20")
        assert around.wished() == [Exit("p", 1, "profit", 0.1, 0.2)]


def test_a_forced_exit_needs_no_market() -> None:
    around = market()
    around.books = holds(HELD)
    around.silent = {"broker"}
    with stage(around, decider("dte0_ic"), start="15:44:30") as made:
        made.until("15:45:10")
        assert around.wished() == [Exit("p", 1, "end_of_day")]


def test_a_refused_wish_is_wished_again_on_the_next_book() -> None:
    around = market()

    def moved_on(book: Book, _: Wishes) -> Book:
        return book

    around.fulfil = moved_on
    around.books = holds()
    with stage(around, decider("dte0_ic")) as made:
        made.until("09:45:10")
        around.books["mine"] = replace(around.books["mine"], version=9)
        made.until("09:46")
        assert [each.version for each in around.wishes] == [5, 9]


def test_a_crash_forgets_nothing_that_matters() -> None:
    around = market()
    around.fulfil = sent
    with stage(around, decider("dte0_ic")) as made:
        made.until("09:45:10")
        made.system.tell("strategy-mine", object())
        made.until("09:59")
        report = made.report()
        assert report.restarts == 1
        assert report.facts["phase"] == "RUNNING"
        assert len(around.wishes) == 1
        assert report.facts["working"] == (opening(),)


def test_two_instances_side_by_side_each_on_its_own_book_and_parameters() -> None:
    around = market()
    around.fulfil = sent
    with stage(around, decider("dte0_ic"), decider("dte0_ic", entry_from="09:50", quantity=3)) as made:
        made.until("09:49")
        assert [each.strategy for each in around.wishes] == ["mine"]
        made.until("09:51")
        assert [each.strategy for each in around.wishes] == ["mine", "mine2"]
        assert [wish.quantity for each in around.wishes for wish in each.wishes if isinstance(wish, Enter)] == [1, 3]
        assert made.report("mine2").facts["chosen"].quantity == 3


def stopped(made: Stage, seconds: float) -> bool:
    made.system.run_for(seconds)
    return made.supervisor.ended.is_set()


def test_a_stop_that_keeps_stops_at_once() -> None:
    around = market()
    around.books = holds(HELD)
    with stage(around, decider("dte0_ic"), start="11:00") as made:
        made.until("11:01")
        made.supervisor.stop()
        assert stopped(made, 1.0)
        assert around.wishes == []


def test_a_stop_that_flattens_closes_all_and_waits_for_the_last_fill() -> None:
    other = replace(HELD, position="q", quantity=2)
    around = market()
    around.books = holds(HELD, other)
    around.fulfil = sent
    with stage(around, decider("dte0_ic"), start="11:00", on_shutdown="flatten") as made:
        made.until("11:01")
        made.supervisor.stop()
        assert not stopped(made, 20.0)
        assert around.wished() == [Exit("p", 1, "shutdown"), Exit("q", 2, "shutdown")]
        around.books = holds(other, version=20, working=(closing("q"),))
        assert not stopped(made, 20.0)
        around.books = holds(version=30)
        assert stopped(made, 6.0)
        assert len(around.wishes) == 1
        assert json.loads(around.seen[-1].decision)["state"]["phase"] == "STOPPING"


def test_a_stop_that_flattens_waits_for_an_entry_on_its_way_and_asks_again_after_a_refusal() -> None:
    around = market()
    around.books = holds(working=(opening("p"),))
    with stage(around, decider("dte0_ic"), start="11:00", on_shutdown="flatten") as made:
        made.until("11:01")
        made.supervisor.stop()
        assert not stopped(made, 20.0)
        assert around.wishes == []
        around.books = holds(HELD, version=9)
        assert not stopped(made, 12.0)
        assert len(around.wishes) >= 2
        around.books = holds(version=30)
        assert stopped(made, 6.0)


def test_with_the_exchange_closed_a_stop_that_flattens_keeps() -> None:
    around = market()
    around.books = holds(HELD)
    with stage(around, decider("dte0_ic"), start="16:30", on_shutdown="flatten") as made:
        made.until("16:31")
        made.supervisor.stop()
        assert stopped(made, 1.0)
        assert around.wishes == []


def test_nothing_is_decided_while_the_exchange_is_closed() -> None:
    around = market()
    with stage(around, decider("dte0_ic"), start="08:00") as made:
        made.until("09:29:59")
        assert around.seen == []
        assert around.of(RecordedWanted) == []
        assert made.report().facts["phase"] == "STARTING"


def recording(market: Market) -> Surroundings:
    """The lake and the broker of swing_ic's market."""

    def at(t: float) -> Market:
        market.t = t
        return market

    return Surroundings(
        quote=lambda contract, t: at(t).quote(contract),
        bars=lambda wanted: market.past(History(wanted.contract, wanted.what)).bars,  # type: ignore[union-attr]  # of bars
        recorded=lambda symbol, t: at(t).past(RecordedChain(symbol)).quotes,  # type: ignore[union-attr]  # of a chain
    )


def test_recorded_chains_come_from_the_lake_and_daily_bars_from_the_broker() -> None:
    around = recording(Market())
    around.fulfil = sent
    with stage(around, decider("swing_ic", symbols=["SPY"]), day=SWING_DAY, start="10:59:45") as made:
        made.until("11:00:10")
        (entry,) = around.wished(Enter)
        assert isinstance(entry, Enter)
        assert all(leg.con_id for leg in entry.condor.legs)
        assert [each.symbol for each in around.of(RecordedWanted) if isinstance(each, RecordedWanted)] == ["SPY"]
        wanted = [each for each in around.of(BarsWanted) if isinstance(each, BarsWanted)]
        assert [(each.what, each.days) for each in wanted] == [("TRADES", 60), ("OPTION_IMPLIED_VOLATILITY", 60)]
        by_name = around.of(SpotsWanted)[-1]
        assert isinstance(by_name, SpotsWanted)
        assert [each.trading_class for each in by_name.contracts] == [""] * 4
        assert made.report().facts["polls"] == 1
        record = json.loads(around.seen[-1].decision)
        assert record["recorded"] == {"SPY": pytest.approx(clock("10:59", SWING_DAY), abs=1)}
        assert set(record["bars"]) == {"SPY TRADES", "SPY OPTION_IMPLIED_VOLATILITY"}


@pytest.mark.parametrize(("silent", "veto"), [("persistence", "no_recorded_chain"), ("broker", "bad_quote")])
def test_what_the_lake_or_the_broker_does_not_say_is_a_veto(silent: str, veto: str) -> None:
    around = recording(Market())
    around.silent = {silent}
    with stage(around, decider("swing_ic", symbols=["SPY"]), day=SWING_DAY, start="10:59:45") as made:
        made.until("11:00:40")
        assert around.wishes == []
        assert [each.name for each in made.report().facts["vetoes"]] == [veto]
