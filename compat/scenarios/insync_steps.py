"""The scenario for ib_async and ib_insync, whose interfaces are the same."""

import argparse
import asyncio
import inspect

from report import SPX, SPY, Complaints, Report, condor_legs, dime, nickel

ACTIONS = ("BUY", "SELL", "SELL", "BUY")


class Scenario:
    """Every step uses what the steps before it found."""

    def __init__(self, api, host, port, client_id):
        self.api = api
        self.address = (host, port, client_id)
        self.ib = api.IB()
        self.legs = []
        self.single = None
        self.combo = None
        self.executed = set()
        self.commissions = {}
        self.highest = 0

    async def until(self, true, what, seconds=30):
        """Wait for something that the gateway will say."""

        async def wait():
            while not true():
                await asyncio.sleep(0.02)

        try:
            await asyncio.wait_for(wait(), seconds)
        except TimeoutError:
            raise TimeoutError(what) from None

    async def connect(self):
        host, port, number = self.address
        known = inspect.signature(self.ib.connectAsync).parameters
        raising = {"raiseSyncErrors": True} if "raiseSyncErrors" in known else {}
        await self.ib.connectAsync(host, port, clientId=number, timeout=20, **raising)
        return f"server version {self.ib.client.serverVersion()}, account {self.ib.managedAccounts()[0]}"

    async def account(self):
        rows = {row.tag: row.value for row in await self.ib.accountSummaryAsync()}
        assert float(rows["NetLiquidation"]) > 0
        assert any(row.tag == "NetLiquidation" for row in self.ib.accountValues())
        return f"net liquidation {rows['NetLiquidation']}"

    async def details(self):
        self.index, self.spy = self.api.Index("SPX", "CBOE"), self.api.Stock("SPY", "SMART", "USD")
        await self.ib.qualifyContractsAsync(self.index, self.spy)
        assert (self.index.conId, self.spy.conId) == (SPX, SPY)
        (stock,) = await self.ib.reqContractDetailsAsync(self.api.Stock("SPY", "SMART", "USD"))
        assert stock.contract.primaryExchange == "ARCA"
        assert not await self.ib.reqContractDetailsAsync(self.api.Stock("NOSUCH", "SMART", "USD"))
        return stock.longName

    async def chain(self):
        listed = await self.ib.reqSecDefOptParamsAsync("SPX", "", "IND", SPX)
        weekly = next(row for row in listed if row.tradingClass == "SPXW" and row.exchange == "SMART")
        self.expiry = sorted(weekly.expirations)[1]
        asked = self.api.Option("SPX", self.expiry, 0, "", "SMART", tradingClass="SPXW")
        self.options = [detail.contract for detail in await self.ib.reqContractDetailsAsync(asked)]
        assert len(self.options) > 50
        return f"{len(weekly.expirations)} expiries, {len(self.options)} options on {self.expiry}"

    async def quotes(self):
        index = self.ib.reqMktData(self.index)
        await self.until(lambda: index.last == index.last, "the index")
        self.ib.cancelMktData(index.contract)
        rows = [(option.strike, option.right, option.conId) for option in self.options]
        self.legs = condor_legs(rows, index.last)
        self.option = next(option for option in self.options if option.conId == self.legs[3])
        ticker = self.ib.reqMktData(self.option, "100,101")
        await self.until(lambda: ticker.bid > 0 and ticker.ask > 0 and self.computed(ticker), "bid, ask and Greeks", 60)
        assert 0 < ticker.modelGreeks.delta < 1
        self.ask = ticker.ask
        self.ib.cancelMktData(self.option)
        return f"{ticker.bid} / {ticker.ask}, delta {ticker.modelGreeks.delta:.3f}"

    @staticmethod
    def computed(ticker):
        """Whether the model's Greeks are there: the first message may say that none were computed."""
        return ticker.modelGreeks is not None and ticker.modelGreeks.delta is not None

    async def history(self):
        spy = self.spy
        days = await self.ib.reqHistoricalDataAsync(spy, "", "5 D", "1 day", "TRADES", True)
        minutes = await self.ib.reqHistoricalDataAsync(spy, "", "1 D", "5 mins", "MIDPOINT", True)
        assert len(days) == 5
        assert minutes
        ticks = await self.ib.reqHistoricalTicksAsync(spy, "20190513 10:00:00", "", 10, "BID_ASK", True)
        head = await self.ib.reqHeadTimeStampAsync(spy, "TRADES", True, 1)
        return f"{len(days)} days, {len(minutes)} bars, {len(ticks)} ticks, data since {head:%Y-%m-%d}"

    async def live(self):
        spy = self.spy
        ticks = self.ib.reqTickByTickData(spy, "BidAsk")
        book = self.ib.reqMktDepth(spy)
        bars = self.ib.reqRealTimeBars(spy, 5, "MIDPOINT", True)
        await self.until(lambda: ticks.tickByTicks, "a tick")
        await self.until(lambda: book.domBids and book.domAsks, "the book")
        await self.until(lambda: bars, "a bar")
        shown = f"book {book.domBids[0].price} / {book.domAsks[0].price}"
        self.ib.cancelTickByTickData(spy, "BidAsk")
        self.ib.cancelMktDepth(spy)
        self.ib.cancelRealTimeBars(bars)
        return f"bar {bars[-1].open_}..{bars[-1].close}, {shown}"

    async def order(self):
        order = self.api.LimitOrder("BUY", 1, dime(self.ask), tif="DAY", orderRef="single")
        self.single = self.ib.placeOrder(self.option, order)
        await self.until(lambda: self.single.orderStatus.status == "Filled", "the fill")
        await self.until(lambda: [f for f in self.single.fills if f.commissionReport.execId], "the commission")
        (fill,) = self.single.fills
        return f"{fill.execution.side} 1 at {fill.execution.price}, commission {fill.commissionReport.commission}"

    def bag(self):
        legs = [
            self.api.ComboLeg(conId=number, ratio=1, action=action, exchange="SMART")
            for number, action in zip(self.legs, ACTIONS)
        ]
        return self.api.Bag(symbol="SPX", exchange="SMART", currency="USD", comboLegs=legs)

    async def combination(self):
        ticker = self.ib.reqMktData(self.bag())
        await self.until(lambda: ticker.ask == ticker.ask and ticker.ask != -1, "the combination's quote")
        self.credit = ticker.ask
        self.ib.cancelMktData(ticker.contract)
        order = self.api.LimitOrder("BUY", 1, nickel(self.credit, 3), tif="DAY", orderRef="condor")
        self.combo = self.ib.placeOrder(self.bag(), order)
        await self.until(lambda: self.combo.orderStatus.status == "Filled", "the fill")
        await self.until(lambda: sum(bool(f.commissionReport.execId) for f in self.combo.fills) == 4, "the commissions")
        whole, *parts = self.combo.fills
        assert whole.contract.secType == "BAG"
        assert len(parts) == 4
        assert whole.execution.price < 0
        return f"filled at {whole.execution.price}, {len(parts)} legs"

    async def modify(self):
        order = self.api.LimitOrder("BUY", 1, nickel(self.credit, -40), tif="DAY", orderRef="waiting")
        self.waiting = self.ib.placeOrder(self.bag(), order)
        await self.until(lambda: self.waiting.orderStatus.status == "Submitted", "Submitted")
        told = []
        self.ib.openOrderEvent += lambda trade: told.append(trade.order.lmtPrice)
        order.lmtPrice = nickel(self.credit, -20)
        self.ib.placeOrder(self.waiting.contract, order)
        await self.until(lambda: order.lmtPrice in told, "the new limit")
        return f"limit {order.lmtPrice}"

    async def cancel(self):
        codes = []
        self.ib.errorEvent += lambda _number, code, *_: codes.append(code)
        self.ib.cancelOrder(self.waiting.order)
        await self.until(lambda: self.waiting.orderStatus.status == "Cancelled" and 202 in codes, "Cancelled and 202")
        return "Cancelled, 202"

    async def what_if(self):
        order = self.api.LimitOrder("BUY", 1, nickel(self.credit, 3), tif="DAY")
        state = await asyncio.wait_for(self.ib.whatIfOrderAsync(self.bag(), order), 20)
        assert float(state.initMarginChange) > 0
        return f"initial margin {state.initMarginChange}, commission {state.commission}"

    async def positions(self):
        held = {p.contract.conId: p.position for p in await self.ib.reqPositionsAsync()}
        assert set(self.legs) <= set(held)
        return f"{len(held)} positions"

    async def again(self):
        mine = [fill for trade in (self.single, self.combo) for fill in trade.fills]
        self.executed = {fill.execution.execId for fill in mine}
        self.commissions = {
            f.execution.execId: f.commissionReport.commission for f in mine if f.commissionReport.execId
        }
        highest = self.waiting.order.orderId
        self.ib.disconnect()
        self.ib = self.api.IB()
        await self.connect()
        assert self.ib.client.getReqId() > highest
        fills = {fill.execution.execId: fill for fill in self.ib.fills()}
        assert self.executed <= set(fills)
        assert all(fills[k].commissionReport.commission == cost for k, cost in self.commissions.items())
        done = await self.ib.reqCompletedOrdersAsync(False)
        assert {"single", "condor", "waiting"} <= {trade.order.orderRef for trade in done}
        return f"{len(self.executed)} executions, {len(self.commissions)} commissions, {len(done)} completed orders"


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
    "what_if",
    "positions",
    "again",
]


def main(api, name):
    """Run every step against the gateway named on the command line; exit code 1 if any failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--client-id", type=int, default=1)
    chosen = parser.parse_args()
    decoder = "ib_async.Decoder" if name == "ib_async" else "ib_insync.Decoder"
    complaints, report = Complaints(decoder, f"{name}.wrapper.decoder"), Report()
    scenario = Scenario(api, chosen.host, chosen.port, chosen.client_id)

    async def run():
        for step in STEPS:
            began = report.begin()
            try:
                report.passed(step, began, await getattr(scenario, step)())
            except Exception:
                report.broke(step, began)
        began = report.begin()
        try:
            assert not complaints.kept, complaints.kept[:3]
            report.passed("silence", began, "nothing on the decoder's logger")
        except AssertionError:
            report.broke("silence", began)
        scenario.ib.disconnect()

    api.util.run(run())
    raise SystemExit(1 if report.failed else 0)
