"""The scenario for IB's own client, in its old form (9.81) and the newer one that nautilus_trader ships."""

import argparse
import threading
import time

from ibapi.contract import ComboLeg, Contract
from ibapi.execution import ExecutionFilter
from ibapi.order import Order
from order_kinds import KINDS
from recorder import Client, Recorder
from report import SPX, SPY, Complaints, Report, condor_legs, dime, nickel

ACTIONS = ("BUY", "SELL", "SELL", "BUY")
BID, ASK, LAST, MODEL = 1, 2, 4, 13


def order_cancel():
    """Return the module that only the newer client has."""
    import ibapi.order_cancel

    return ibapi.order_cancel


class Scenario:
    """Every step uses what the steps before it found."""

    def __init__(self, host, port, client_id, new):
        self.address = (host, port, client_id)
        self.new = new
        self.number = 1000
        self.order_id = 0
        self.deaths = []

    def next(self):
        """Return a request id of its own."""
        self.number += 1
        return self.number

    def mark(self):
        """Return how many calls there have been."""
        return len(self.calls.seen)

    def connect(self):
        self.calls = Recorder()
        self.client = Client(self.calls)
        self.client.connect(*self.address)
        threading.Thread(target=self.client.run, daemon=True).start()
        (self.order_id,) = self.calls.wait("nextValidId")
        (accounts,) = self.calls.wait("managedAccounts")
        return f"server version {self.client.serverVersion()}, account {accounts}"

    def disconnect(self):
        reader = self.client.reader
        self.client.disconnect()
        reader.join(5)  # the socket closes once its reader has let go of it
        self.deaths.append(self.client.death)

    def account(self):
        number = self.next()
        self.client.reqAccountSummary(number, "All", "NetLiquidation,$LEDGER:ALL")
        self.calls.wait("accountSummaryEnd", lambda n: n == number)
        values = {row[2]: row[3] for row in self.calls.all("accountSummary")}
        self.client.cancelAccountSummary(number)
        self.client.reqAccountUpdates(True, "")
        self.calls.wait("accountDownloadEnd")
        self.client.reqAccountUpdates(False, "")
        assert float(values["NetLiquidation"]) > 0
        return f"net liquidation {values['NetLiquidation']}"

    def contract(self, symbol, kind, exchange="SMART", **more):
        made = Contract()
        made.symbol, made.secType, made.exchange, made.currency = symbol, kind, exchange, "USD"
        for name, value in more.items():
            setattr(made, name, value)
        return made

    def found(self, wanted):
        number = self.next()
        self.client.reqContractDetails(number, wanted)
        self.calls.wait("contractDetailsEnd", lambda n: n == number)
        return [row[1] for row in self.calls.all("contractDetails") if row[0] == number]

    def details(self):
        (index,) = self.found(self.contract("SPX", "IND", "CBOE"))
        (stock,) = self.found(self.contract("SPY", "STK"))
        self.index, self.spy = index.contract, stock.contract
        assert (self.index.conId, self.spy.conId) == (SPX, SPY)
        number = self.next()
        self.client.reqContractDetails(number, self.contract("NOSUCH", "STK"))
        self.error(number, 200)
        return stock.longName

    def error(self, number, code, since=0):
        """Wait for an error; the newer client puts a time before the code."""
        place = 2 if self.new else 1
        return self.calls.wait("error", lambda *row: row[0] == number and row[place] == code, since)

    def chain(self):
        number = self.next()
        self.client.reqSecDefOptParams(number, "SPX", "", "IND", SPX)
        self.calls.wait("securityDefinitionOptionParameterEnd", lambda n: n == number)
        rows = self.calls.all("securityDefinitionOptionParameter")
        weekly = next(row for row in rows if row[1] == "SMART" and row[3] == "SPXW")
        expiry = sorted(weekly[5])[1]
        wanted = self.contract("SPX", "OPT", lastTradeDateOrContractMonth=expiry, tradingClass="SPXW")
        self.options = [detail.contract for detail in self.found(wanted)]
        assert len(self.options) > 50
        return f"{len(weekly[5])} expiries, {len(self.options)} options on {expiry}"

    def price(self, contract, kind, generic=""):
        """Return the first price of a kind, and leave the subscription's number in `self.line`."""
        self.line = self.next()
        self.client.reqMktData(self.line, contract, generic, False, False, [])
        return self.calls.wait("tickPrice", lambda n, tick, *_: (n, tick) == (self.line, kind))[2]

    def quotes(self):
        spot = self.price(self.index, LAST)
        self.client.cancelMktData(self.line)
        rows = [(option.strike, option.right, option.conId) for option in self.options]
        self.legs = condor_legs(rows, spot)
        self.option = next(option for option in self.options if option.conId == self.legs[3])
        self.ask = self.price(self.option, ASK, "100,101")
        line = self.line
        greeks = self.calls.wait(
            "tickOptionComputation",
            lambda *row: row[:2] == (line, MODEL) and row[4] is not None and 0 < row[4] < 1,
            seconds=60,
        )
        self.client.cancelMktData(line)
        return f"ask {self.ask}, delta {greeks[4]:.3f}"

    def history(self):
        days, minutes, ticks, head = (self.next() for _ in range(4))
        ask = self.client.reqHistoricalData
        ask(days, self.spy, "", "5 D", "1 day", "TRADES", 1, 1, False, [])
        ask(minutes, self.spy, "", "1 D", "5 mins", "MIDPOINT", 1, 2, False, [])
        for number in (days, minutes):
            self.calls.wait("historicalDataEnd", lambda n, *_, number=number: n == number)
        count = {
            number: sum(row[0] == number for row in self.calls.all("historicalData")) for number in (days, minutes)
        }
        assert count[days] == 5
        assert count[minutes]
        self.client.reqHistoricalTicks(ticks, self.spy, "20190513 10:00:00", "", 10, "BID_ASK", 1, False, [])
        told = self.calls.wait("historicalTicksBidAsk", lambda n, *_: n == ticks)[1]
        self.client.reqHeadTimeStamp(head, self.spy, "TRADES", 1, 1)
        since = self.calls.wait("headTimestamp", lambda n, *_: n == head)[1]
        return f"{count[days]} days, {count[minutes]} bars, {len(told)} ticks, data since {since}"

    def live(self):
        ticks, book, bars = (self.next() for _ in range(3))
        self.client.reqTickByTickData(ticks, self.spy, "BidAsk", 0, False)
        self.client.reqMktDepth(book, self.spy, 5, False, [])
        self.client.reqRealTimeBars(bars, self.spy, 5, "MIDPOINT", True, [])
        self.calls.wait("tickByTickBidAsk", lambda n, *_: n == ticks)
        for side in (0, 1):
            self.calls.wait("updateMktDepth", lambda n, _, __, s, *___, side=side: (n, s) == (book, side))
        bar = self.calls.wait("realtimeBar", lambda n, *_: n == bars)
        self.client.cancelTickByTickData(ticks)
        self.client.cancelMktDepth(book, False)
        self.client.cancelRealTimeBars(bars)
        return f"bar {bar[2]}..{bar[5]}"

    def limit(self, price, reference, **more):
        """Return an order to buy one."""
        made = Order()
        made.action, made.totalQuantity, made.orderType, made.lmtPrice = "BUY", 1, "LMT", price
        made.tif, made.orderRef = "DAY", reference
        made.eTradeOnly = made.firmQuoteOnly = False
        for name, value in more.items():
            setattr(made, name, value)
        return made

    def place(self, contract, order, number=None):
        number = number or self.order_id
        self.order_id = max(self.order_id, number + 1)
        self.client.placeOrder(number, contract, order)
        return number

    def filled(self, number, costs):
        """Return the executions of an order once it is filled and so many commissions have come."""
        self.calls.wait("orderStatus", lambda n, status, *_: (n, status) == (number, "Filled"))
        ends = time.monotonic() + 30
        while time.monotonic() < ends:
            done = [row[2] for row in self.calls.all("execDetails") if row[2].orderId == number]
            paid = self.paid() & {one.execId for one in done}
            if len(paid) == costs:
                return done
            time.sleep(0.02)
        raise TimeoutError("commissions")

    def paid(self, since=0):
        """Return the executions whose commission has been told."""
        name = "commissionAndFeesReport" if self.new else "commissionReport"
        return {row[0].execId for row in self.calls.all(name, since)}

    def order(self):
        (done,) = self.filled(self.place(self.option, self.limit(dime(self.ask), "single")), 1)
        return f"{done.side} 1 at {done.price}"

    def bag(self):
        made = self.contract("SPX", "BAG")
        made.comboLegs = []
        for number, action in zip(self.legs, ACTIONS):
            leg = ComboLeg()
            leg.conId, leg.ratio, leg.action, leg.exchange = number, 1, action, "SMART"
            made.comboLegs.append(leg)
        return made

    def combination(self):
        self.credit = self.price(self.bag(), ASK)
        self.client.cancelMktData(self.line)
        done = self.filled(self.place(self.bag(), self.limit(nickel(self.credit, 3), "condor")), 4)
        assert len(done) == 5
        assert done[0].price < 0
        return f"filled at {done[0].price}, {len(done) - 1} legs"

    def modify(self):
        self.waiting = self.place(self.bag(), self.limit(nickel(self.credit, -40), "waiting"))
        self.calls.wait("orderStatus", lambda n, status, *_: (n, status) == (self.waiting, "Submitted"))
        price = nickel(self.credit, -20)
        self.place(self.bag(), self.limit(price, "waiting"), self.waiting)
        self.calls.wait("openOrder", lambda n, _, order, *__: n == self.waiting and order.lmtPrice == price)
        return f"limit {price}"

    def cancel(self):
        if self.new:
            self.client.cancelOrder(self.waiting, order_cancel().OrderCancel())
        else:
            self.client.cancelOrder(self.waiting)
        self.calls.wait("orderStatus", lambda n, status, *_: (n, status) == (self.waiting, "Cancelled"))
        self.error(self.waiting, 202)
        return "Cancelled, 202"

    def kinds(self):
        """Orders that say all that an order can say are understood to their last field."""
        answered = []
        for name, changes in KINDS.items():
            number = self.place(self.spy, self.limit(100.0, name, **changes))
            ends = time.monotonic() + 10
            while time.monotonic() < ends:
                told = [row for row in self.calls.all("openOrder") if row[0] == number]
                errors = [row for row in self.calls.all("error") if row[0] == number]
                if told or errors:
                    break
                time.sleep(0.02)
            assert told or errors, name
            assert not any(row[2 if self.new else 1] in {320, 321} for row in errors), (name, errors)
            answered.append("told" if told else "refused")
        if self.new:
            self.client.reqGlobalCancel(order_cancel().OrderCancel())
        else:
            self.client.reqGlobalCancel()
        return f"{answered.count('told')} told back, {answered.count('refused')} refused"

    def what_if(self):
        number = self.place(self.bag(), self.limit(nickel(self.credit, 3), "if", whatIf=True))
        state = self.calls.wait("openOrder", lambda n, *_: n == number)[3]
        assert float(state.initMarginChange) > 0
        return f"initial margin {state.initMarginChange}"

    def positions(self):
        since = self.mark()
        self.client.reqPositions()
        self.calls.wait("positionEnd", since=since)
        held = {row[1].conId for row in self.calls.all("position", since)}
        self.client.cancelPositions()
        assert set(self.legs) <= held
        return f"{len(held)} positions"

    def again(self):
        before = {row[2].execId for row in self.calls.all("execDetails") if row[0] == -1}
        paid = self.paid()
        self.disconnect()
        self.connect()
        assert self.order_id > self.waiting
        number = self.next()
        self.client.reqExecutions(number, ExecutionFilter())
        self.calls.wait("execDetailsEnd", lambda n: n == number)
        assert before <= {row[2].execId for row in self.calls.all("execDetails")}
        ends = time.monotonic() + 10
        while not paid <= self.paid() and time.monotonic() < ends:
            time.sleep(0.02)
        assert paid <= self.paid()
        self.client.reqOpenOrders()
        self.calls.wait("openOrderEnd")
        self.client.reqCompletedOrders(False)
        self.calls.wait("completedOrdersEnd")
        done = {row[1].orderRef for row in self.calls.all("completedOrder")}
        assert {"single", "condor", "waiting"} <= done
        return f"{len(before)} executions, {len(paid)} commissions, {len(done)} references of completed orders"


STEPS = [
    "connect",
    "account",
    "details",
    "chain",
    "quotes",
    "history",
    "live",
    "order",
    "combination",
    "modify",
    "cancel",
    "kinds",
    "what_if",
    "positions",
    "again",
]


def main(*, new):
    """Run every step against the gateway named on the command line; exit code 1 if any failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--client-id", type=int, default=1)
    chosen = parser.parse_args()
    complaints, report = Complaints("ibapi.decoder", "ibapi.client", "ibapi.utils"), Report()
    scenario = Scenario(chosen.host, chosen.port, chosen.client_id, new)
    for step in STEPS:
        began = report.begin()
        try:
            report.passed(step, began, getattr(scenario, step)())
        except Exception:
            report.broke(step, began)
    began = report.begin()
    try:
        scenario.disconnect()
        assert not complaints.kept, complaints.kept[:3]
        assert not any(scenario.deaths), scenario.deaths
        report.passed("silence", began, "nothing on the decoder's logger")
    except Exception:
        report.broke("silence", began)
    raise SystemExit(1 if report.failed else 0)
