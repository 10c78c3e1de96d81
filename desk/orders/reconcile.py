"""What the ledgers say we hold against what IB says we hold: lasting differences are not explained away (F5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from messages.contract import Contract
from messages.orders import Held


@dataclass(frozen=True, slots=True)
class Difference:
    """A contract of which the ledgers' sum and IB's position differ; quantities are signed contracts."""

    contract: Contract
    ours: float
    theirs: float

    def __str__(self) -> str:
        c = self.contract
        name = f"{c.trading_class or c.symbol} {c.expiry} {c.strike:g}{c.right}" if c.right else c.symbol
        return f"{name} ({c.con_id}): ledgers {self.ours:g}, IB {self.theirs:g}"


def differences(
    ours: Mapping[int, tuple[Contract, int]], theirs: Iterable[Held], settled: frozenset[int]
) -> tuple[Difference, ...]:
    """Return where the two differ, by con_id. Contracts in `settled` may still be with IB, or gone already."""
    held = {each.contract.con_id: each for each in theirs}
    found = []
    for con_id in sorted(ours.keys() | held.keys()):
        if con_id in settled:
            continue
        contract, mine = ours[con_id] if con_id in ours else (held[con_id].contract, 0)
        yours = held[con_id].quantity if con_id in held else 0.0
        if mine != yours:
            found.append(Difference(contract, float(mine), yours))
    return tuple(found)


class Watch:
    """Differences over several looks: one counts when it was there the look before, with no execution in between.

    A fill and the position that it makes are told at different times, so a single look proves nothing. The first look
    of a session comes with every execution, so its differences count at once; the next may take them back.
    """

    def __init__(self) -> None:
        self.unexplained: tuple[Difference, ...] = ()
        self._seen: tuple[Difference, ...] = ()
        self._executions = -1

    def look(self, found: tuple[Difference, ...], executions: int, *, first: bool) -> None:
        """Take one look's differences; `executions` counts all that have been told so far."""
        if first:
            self.unexplained = found
        else:
            lasting = self._seen if executions == self._executions else ()
            standing = {(d.contract.con_id, d.ours, d.theirs) for d in (*lasting, *self.unexplained)}
            self.unexplained = tuple(d for d in found if (d.contract.con_id, d.ours, d.theirs) in standing)
        self._seen, self._executions = found, executions

    @property
    def doubtful(self) -> bool:
        """Whether the last look had a difference that does not count yet: it is worth looking again soon."""
        return len(self._seen) > len(self.unexplained)

    def quarantined(self, symbol: str) -> tuple[Difference, ...]:
        """Return what is unexplained in that underlying: while there is any, nothing is entered in it."""
        return tuple(d for d in self.unexplained if d.contract.symbol == symbol)

    def lacking(self, legs: Mapping[int, int]) -> tuple[Difference, ...]:
        """Return which of these signed contracts IB holds too few of: closing them would open the opposite."""
        return tuple(
            d
            for d in self.unexplained
            if (quantity := legs.get(d.contract.con_id, 0)) and (d.theirs - d.ours) * quantity < 0
        )
