"""From the trader's facts, fresh from the actor or read back from a health report, to what people see of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from desk.console.condors import add_orders, condors_table, dollars
from desk.console.snapshot import CondorView, OrderView
from desk.console.tables import grid
from messages.system import Report


@dataclass(frozen=True, slots=True)
class Standing:
    """What is open, what is under way, why nothing may be entered, and what is unexplained.

    `days` are dollars of the exchange day by strategy, open positions at their marks; None where it is not known.
    """

    condors: tuple[CondorView, ...] = ()
    orders: tuple[OrderView, ...] = ()
    days: Mapping[str, float | None] | None = None
    halted: str = ""
    trouble: tuple[str, ...] = ()


def standing(reports: Iterable[Report]) -> Standing:
    """Return how strategies stand, as their trader reports it; nothing where there is no trader or no report yet."""
    facts = next((each.facts for each in reports if each.kind == "trader" and each.facts), None)
    if facts is None:
        return Standing()
    strategies: Mapping[str, Mapping[str, Any]] = facts.get("strategies") or {}
    return Standing(
        condors=tuple(each for name, told in strategies.items() for each in _condors(name, told)),
        orders=tuple(each for name, told in strategies.items() for each in _orders(name, told)),
        days={name: told.get("day") for name, told in strategies.items()},
        halted=str(facts.get("halted") or ""),
        trouble=tuple(facts.get("unexplained") or ()),
    )


def standing_view(stands: Standing) -> RenderableType:
    """Draw how strategies stand: what is unexplained, their day, open condors, orders under way."""
    parts: list[RenderableType] = [Text(f"unexplained: {each}", style="bold yellow") for each in stands.trouble]
    for name, day in (stands.days or {}).items():
        parts.append(Text.assemble((name, "bold"), ": today ", dollars(day), f" $, {_counts(stands, name)}"))
    if stands.condors:
        parts += [Text(), condors_table(stands.condors)]
    if stands.orders:
        parts += [Text(), add_orders(grid("order", "", ">filled", ">limit", "state", ""), stands.orders)]
    return Group(*parts)


def _counts(stands: Standing, name: str) -> str:
    held = sum(each.strategy == name for each in stands.condors)
    working = sum(each.strategy == name for each in stands.orders)
    return f"{held} open, {working} orders under way"


def _condors(strategy: str, told: Mapping[str, Any]) -> Iterator[CondorView]:
    for each in map(_values, told.get("positions") or ()):
        yield CondorView(
            strategy=strategy,
            expiry=each["expiry"],
            strikes=tuple(each["strikes"]),
            quantity=each["quantity"],
            credit=each["credit"],
            debit=each["debit"],
            gain=each["gain"],
            risk=each["risk"],
        )


def _orders(strategy: str, told: Mapping[str, Any]) -> Iterator[OrderView]:
    for each in map(_values, told.get("orders") or ()):
        yield OrderView(
            order_id=each["order_id"],
            strategy=strategy,
            action=str(each["action"]),
            quantity=each["quantity"],
            filled=each["filled"],
            limit=each["limit"],
            state=str(each["state"]),
            reason=each["reason"],
        )


def _values(told: Any) -> Mapping[str, Any]:
    """A value as its actor has it, or as JSON has kept it."""
    if is_dataclass(told):
        return {field.name: getattr(told, field.name) for field in fields(told)}
    values: Mapping[str, Any] = told
    return values
