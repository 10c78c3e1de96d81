"""Margin of a portfolio, by the rules for defined risk and Regulation T's for the rest.

Options of one underlying that settle at one time are margined together: by the greatest loss at expiry when that is
bounded and smaller, else each short one by itself. Long options carry no margin, having been paid in full.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from desk.gateway.exchange.payoff import Holding, extremes
from desk.market.contracts import settlement
from messages.contract import Contract

INDEX_RATE, STOCK_RATE, FLOOR_RATE = 0.15, 0.20, 0.10
"""Regulation T's parts of an underlying's price for uncovered short options, the last as a floor."""
STOCK_INITIAL, STOCK_MAINTENANCE = 0.50, 0.25

Price = Callable[[Contract], float]
"""The current price per share of a contract."""


def requirement(
    holdings: Iterable[Holding], mark: Price, spot: Callable[[str], tuple[float, bool]]
) -> tuple[float, float]:
    """Return initial and maintenance margin in dollars.

    `mark` gives the price of a contract, `spot` the price of an underlying and whether it is an index.
    """
    groups: defaultdict[tuple[str, float], list[Holding]] = defaultdict(list)
    initial = maintenance = 0.0
    for contract, quantity in holdings:
        if not quantity:
            continue
        if contract.sec_type == "OPT":
            groups[contract.symbol, settlement(contract)].append((contract, quantity))
        else:
            value = abs(quantity) * mark(contract)
            initial += STOCK_INITIAL * value
            maintenance += STOCK_MAINTENANCE * value
    options = sum(_group(group, mark, spot) for group in groups.values())
    return initial + options, maintenance + options


def _group(group: list[Holding], mark: Price, spot: Callable[[str], tuple[float, bool]]) -> float:
    """Return the margin of options that settle together."""
    if all(quantity > 0 for _, quantity in group):
        return 0.0
    multiplier = float(group[0][0].multiplier)
    worst = max(0.0, -extremes(group)[0]) * multiplier
    if worst == 0.0:
        return 0.0
    price, index = spot(group[0][0].symbol)
    return min(
        worst,
        sum(-quantity * _naked(contract, mark, price, index=index) for contract, quantity in group if quantity < 0),
    )


def _naked(contract: Contract, mark: Price, spot: float, *, index: bool) -> float:
    """Return the margin of one uncovered short option."""
    call = contract.right == "C"
    outside = max(0.0, contract.strike - spot if call else spot - contract.strike)
    floor = FLOOR_RATE * (spot if call else contract.strike)
    share = max((INDEX_RATE if index else STOCK_RATE) * spot - outside, floor)
    return (mark(contract) + share) * float(contract.multiplier)
