"""SPEC A7: live money needs the mode, the switch and its account by name."""

from __future__ import annotations

from itertools import product

import pytest

from desk.orders.permission import Permission, permission

LIVE, PAPER = "U7654321", "DU1234567"


@pytest.mark.parametrize(
    ("mode", "enabled", "wanted"), list(product(["paper", "live"], [False, True], ["", LIVE, "U1"]))
)
def test_live_money_moves_with_all_keys_and_in_no_other_case(mode: str, enabled: bool, wanted: str) -> None:
    found = permission(mode, enabled=enabled, wanted=wanted, accounts=[LIVE])
    allowed = (mode, enabled, wanted) == ("live", True, LIVE)
    assert (found == Permission(LIVE)) is allowed
    assert bool(found.refusal) is not allowed
    assert bool(found.account) is allowed


def test_a_refusal_names_every_key_that_is_missing() -> None:
    text = permission("paper", enabled=False, wanted="", accounts=[LIVE]).refusal
    for key in (LIVE, 'mode = "live"', "enabled = true", f'account = "{LIVE}"'):
        assert key in text


@pytest.mark.parametrize(
    ("mode", "enabled", "account"), list(product(["paper", "live"], [False, True], [PAPER, "DF99"]))
)
def test_paper_accounts_need_no_key(mode: str, enabled: bool, account: str) -> None:
    assert permission(mode, enabled=enabled, wanted="", accounts=[account]) == Permission(account)
    assert permission(mode, enabled=enabled, wanted=account, accounts=[account]) == Permission(account)


def test_another_account_than_the_one_named_is_refused_even_on_paper() -> None:
    assert "DU9" in permission("paper", enabled=False, wanted="DU9", accounts=[PAPER]).refusal
    assert permission("live", enabled=True, wanted=LIVE, accounts=[PAPER]).account == ""


def test_of_several_accounts_one_has_to_be_named() -> None:
    assert "name one" in permission("live", enabled=True, wanted="", accounts=[LIVE, PAPER]).refusal
    assert permission("live", enabled=True, wanted=LIVE, accounts=[PAPER, LIVE]) == Permission(LIVE)
    assert permission("live", enabled=True, wanted=PAPER, accounts=[PAPER, LIVE]) == Permission(PAPER)


def test_without_an_account_nothing_is_allowed() -> None:
    assert permission("live", enabled=True, wanted=LIVE, accounts=[]).refusal
