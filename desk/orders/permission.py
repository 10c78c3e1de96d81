"""To which account orders may go, if to any (SPEC A7). Pure: the broker's gate asks before every placement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_PAPER = ("DU", "DF")


@dataclass(frozen=True, slots=True)
class Permission:
    """The account that orders may go to; empty when they may not, and then `refusal` says why and what would help."""

    account: str = ""
    refusal: str = ""


def permission(mode: str, *, enabled: bool, wanted: str, accounts: Sequence[str]) -> Permission:
    """Return the account to use, or why there is none.

    `mode` is `[broker] mode`, `enabled` and `wanted` are of `[trading]`, `accounts` those that the session named. Paper
    accounts (`DU…`, `DF…`) need neither key. Live money needs all three: mode live, enabled, and its account named.
    """
    if not accounts:
        return Permission(refusal="the session has named no account yet")
    if wanted and wanted not in accounts:
        return Permission(refusal=f"[trading] account is {wanted}, but the session's is {', '.join(accounts)}")
    if not wanted and len(accounts) > 1:
        return Permission(refusal=f"the session has accounts {', '.join(accounts)}; name one in [trading] account")
    account = wanted or accounts[0]
    if account.startswith(_PAPER):
        return Permission(account)
    keys = {'[broker] mode = "live"': mode == "live", "[trading] enabled = true": enabled}
    keys[f'[trading] account = "{account}"'] = wanted == account
    missing = [key for key, turned in keys.items() if not turned]
    if missing:
        return Permission(refusal=f"{account} is live money, which needs {' and '.join(missing)}")
    return Permission(account)
