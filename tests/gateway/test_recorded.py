"""Every recorded server message at 157..178 is understood and said again alike, but for what is listed here."""

from __future__ import annotations

from collections import Counter

from desk.gateway.requests import table
from tests.gateway.recorded import ENCODERS, Recorded, again, messages, requests

ZONE = "times are told in New York's zone, whatever the gateway's own was"
DIFFERENT: dict[tuple[str, int], dict[int, str]] = {
    ("openOrder", 176): {
        30: "the account's share counts changes of the order; here it stays 0",
        107: "commissions are in dollars only",
        114: "a stop price that IB works out by itself, of orders that have none",
    },
    ("completedOrder", 164): {94: ZONE},
    ("completedOrder", 178): {80: "a stop price that IB works out by itself"},
    ("contractDetails", 164): dict.fromkeys((22, 23, 24), "industry, category and subcategory are not known here"),
    ("contractDetails", 176): {
        17: "the price magnifier is 1 for everything listed here",
        21: "the contract month is that of the last trading day, which some futures are not named by",
    },
    ("execDetails", 176): {15: ZONE},
    ("nextValidId", 164): {1: "the message's own version; one recording has another figure there"},
}
"""Fields by kind and version, and why they are not the same; the page on the gateway lists them too."""


def _alike(real: str, own: str) -> bool:
    """Whether two fields are the same text or the same number, which IB may write with zeros at its end."""
    try:
        return real == own or float(real) == float(own)
    except ValueError:
        return False


def _differing(one: Recorded) -> set[int]:
    own = again(one)
    assert len(own) == len(one.fields), one
    return {n for n, pair in enumerate(zip(one.fields, own, strict=True)) if not _alike(*pair)}


def test_every_recorded_message_is_said_again() -> None:
    seen: Counter[tuple[str, int, int]] = Counter()
    for one in messages():
        differing = _differing(one)
        listed = DIFFERENT.get((one.kind, one.version), {})
        assert differing <= set(listed), (one, differing)
        seen.update((one.kind, one.version, n) for n in differing)
    assert {(*kind, n) for kind, listed in DIFFERENT.items() for n in listed} == set(seen)


def test_every_kind_of_message_is_in_the_recordings() -> None:
    found = messages()
    assert {one.kind for one in found} == set(ENCODERS)
    assert len(found) == 239


def test_every_recorded_request_is_read() -> None:
    found = requests()
    for version, fields in found:
        table.read(fields, version, 1)
    assert {fields[0] for _, fields in found} >= {"3", "7", "9", "20", "62"}
