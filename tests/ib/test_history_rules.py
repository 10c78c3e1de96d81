from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desk.gateway.limits import HistoryPacing
from desk.ib.history import HistoryRules


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.floats(0, 5)), max_size=200))
def test_a_gateway_that_applies_ib_s_rules_never_objects(wishes: list[tuple[int, int, float]]) -> None:
    rules, gateway, now = HistoryRules(), HistoryPacing(), 1000.0
    for contract, variant, wish in wishes:
        request = (contract, variant)
        now = max(now + wish, rules.earliest(contract, request))
        rules.note(contract, request, now)
        assert gateway.allows(now + 1e-6, contract, request)


def test_sixty_in_ten_minutes() -> None:
    rules = HistoryRules()
    for number in range(60):
        rules.note(number, number, 0.0)
    assert rules.earliest("new", "new") == 600.0


def test_nothing_is_kept_that_no_rule_needs() -> None:
    rules = HistoryRules()
    for number in range(1000):
        rules.note(number, number, number * 10.0)
    assert len(rules._contracts) <= 2
    assert len(rules._requests) <= 3
