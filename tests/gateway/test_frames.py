"""Frames and fields: however bytes are cut, and whatever is in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.gateway.fields import FieldError, Reader, message, split
from desk.gateway.frames import LARGEST, PREFIX, FrameError, Framer, frame


@given(st.lists(st.binary(max_size=40), max_size=6), st.lists(st.integers(1, 9), min_size=1))
def test_any_cutting_of_the_stream_gives_the_same_payloads(payloads: list[bytes], cuts: list[int]) -> None:
    stream = PREFIX + b"".join(map(frame, payloads))
    framer, found, at = Framer(), [], 0
    for step in range(len(stream) + 1):
        size = cuts[step % len(cuts)]
        found += list(framer.feed(stream[at : at + size]))
        at += size
    assert found == payloads


@pytest.mark.parametrize("stream", [b"GET / HTTP/1.1\r\n", b"\0", b"APJ", PREFIX + (LARGEST + 1).to_bytes(4)])
def test_what_is_not_ib_ends_the_stream(stream: bytes) -> None:
    with pytest.raises(FrameError):
        list(Framer().feed(stream))


def test_the_largest_frame_is_waited_for() -> None:
    assert list(Framer().feed(PREFIX + LARGEST.to_bytes(4) + b"half")) == []


def test_values_are_written_as_ib_writes_them() -> None:
    assert message(1, 2.0, 0.05, True, None, "x", -1.5)[4:] == b"1\x002\x000.05\x001\0\0x\0-1.5\0"


@pytest.mark.parametrize("text", ["", "1.7976931348623157e+308", "1.7976931348623157E308", "2147483647"])
def test_unset_numbers_read_as_nothing(text: str) -> None:
    assert Reader([text], 178).number() == 0
    assert Reader([text], 178).integer() == 0


def test_numbers_and_flags() -> None:
    reader = Reader(["2", "2.5", "Infinite", "1", "false", "", "1e3"], 178)
    assert (reader.integer(), reader.number(), reader.text()) == (2, 2.5, "Infinite")
    assert (reader.flag(), reader.flag(), reader.optional(), reader.number()) == (True, False, None, 1000)


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("x", "integer"),
        ("1.5", "integer"),
        ("1_0", "integer"),
        ("\u0663", "integer"),
        ("9" * 5000, "integer"),
        ("2147483648", "integer"),
        ("x", "number"),
        ("nan", "number"),
        ("Infinity", "number"),
        ("1e999", "number"),
        ("1_0.5", "number"),
        ("2", "flag"),
        ("1", "count"),
        ("-1", "count"),
    ],
)
def test_a_field_of_the_wrong_kind(field: str, kind: str) -> None:
    with pytest.raises(FieldError, match="field 1"):
        getattr(Reader([field], 178), kind)()


def test_a_missing_field() -> None:
    with pytest.raises(FieldError, match="field 1 is missing"):
        Reader([], 178).text()


@pytest.mark.parametrize("payload", [b"", b"1", b"1\0\xff\0"])
def test_a_payload_that_is_no_message(payload: bytes) -> None:
    with pytest.raises(FieldError):
        split(payload)
