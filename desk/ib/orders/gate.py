"""The gate that every order passes right before the wire. It needs the kill switch's file and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from desk.orders import halt

_PAPER = re.compile(r"D[UF]")


@dataclass(frozen=True, slots=True)
class Gate:
    """What the configuration allows, and the data folder `root` in which the file of the kill switch is.

    `account` is the one that orders may go to; empty: the session's only one, if it is a paper account.
    """

    root: Path
    live: bool
    enabled: bool
    account: str

    def destination(self, accounts: Sequence[str]) -> tuple[str, str]:
        """Return the account that orders go to, and why none may be sent: empty when they may."""
        if not accounts:
            return "", "the session has no account"
        if not self.account and len(accounts) > 1:
            return "", f"the session has the accounts {', '.join(accounts)}: [trading] account must name one"
        account = self.account or accounts[0]
        if account not in accounts:
            return "", f"[trading] account is {account}, but the session is that of {', '.join(accounts)}"
        return account, self._money(account)

    def halted(self) -> str:
        """Say why nothing may be entered; empty when it may. Reads the file each time."""
        found = halt.read(self.root)
        return f"halted: {found.reason}" if found is not None else ""

    def refusal(self, accounts: Sequence[str], *, entry: bool) -> str:
        """Say why an order may not be sent; empty when it may."""
        return self.destination(accounts)[1] or (self.halted() if entry else "")

    def _money(self, account: str) -> str:
        if _PAPER.match(account):
            return ""
        if not self.live:
            return f"{account} is no paper account, and [broker] mode is paper"
        if not self.enabled:
            return f"{account} is live money, and [trading] enabled is false"
        return "" if self.account else f"{account} is live money: [trading] account must name it"
