"""Condors, orders and executions for tests."""

from __future__ import annotations

from desk.orders import encoding
from desk.orders.lines import CommissionLine, EndLine, ExecLine, FillLine, Line, OrderLine
from messages.contract import Contract
from messages.orders import Action, Condor, Executed, Order, OrderState

EXPIRY = "20190513"
OPENED = 1_557_755_172.25
"""2019-05-13 09:46:12.25 in New York."""


def leg(strike: float, right: str, con_id: int, *, symbol: str = "SPX", trading_class: str = "SPXW") -> Contract:
    return Contract(
        symbol,
        "OPT",
        expiry=EXPIRY,
        strike=strike,
        right=right,
        multiplier="100",
        trading_class=trading_class,
        local_symbol=f"{trading_class:<6}190513{right}{round(strike * 1000):08d}",
        con_id=con_id,
    )


def condor(first: int = 101, *, put: float = 2800.0, call: float = 2900.0, wing: float = 10.0) -> Condor:
    """Short put, long put, short call, long call with conIds from `first` on."""
    return Condor(
        leg(put, "P", first),
        leg(put - wing, "P", first + 1),
        leg(call, "C", first + 2),
        leg(call + wing, "C", first + 3),
    )


def order(
    order_id: str = "o1",
    action: Action = Action.OPEN,
    *,
    position: str | None = None,
    quantity: int = 1,
    limit: float | None = 1.5,
    of: Condor | None = None,
    at: float = OPENED,
) -> Order:
    worst = None if limit is None else limit
    return Order(order_id, "dte0_ic", position or order_id, action, of or condor(), quantity, limit, worst, "entry", at)


def rows(of: Order, price: float, quantity: int, n: int = 1, *, at: float | None = None) -> list[ExecLine]:
    """The BAG's row and the legs' of the n-th fill of an order, as the log has them."""
    at = of.at + n if at is None else at
    fill = f"{of.order_id}/{n}"
    net = price if of.action is Action.CLOSE else 0.0 - price
    lines = [ExecLine(of.action, Executed(of.order_id, fill, f"{fill}.0", 1, 0, True, quantity, net, at))]
    for number, each in enumerate(encoding.combo(of.condor, of.action), 1):
        row = Executed(of.order_id, fill, f"{fill}.{number}", 1, each.con_id, each.buy, quantity, 2.0, at)
        lines.append(ExecLine(of.action, row))
    return lines


def filled(of: Order, price: float, quantity: int | None = None, *, commission: float = 2.6) -> list[Line]:
    """Everything that the log has of an order that filled at once."""
    quantity = of.quantity if quantity is None else quantity
    executed = rows(of, price, quantity)
    charged = tuple(line.row.exec_id for line in executed if line.row.con_id)
    fill = FillLine(of.order_id, executed[0].row.fill, price, quantity, commission, of.at + 2, charged)
    return [OrderLine(of), *executed, fill, EndLine(of.order_id, OrderState.FILLED, quantity, of.at + 1)]


def charge(of: Order, n: int, number: int, commission: float) -> CommissionLine:
    """The commission of leg `number` of the n-th fill, told late."""
    return CommissionLine(of.order_id, f"{of.order_id}/{n}", f"{of.order_id}/{n}.{number}", commission, of.at + 60)
