"""What every test of the gateway also shows: ib_async could read all it was sent, and no answer failed inside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _everything_readable(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    complaints = [
        record
        for record in caplog.get_records("call")
        if record.name == "ib_async.Decoder" or (record.name.startswith("desk.gateway") and record.exc_info)
    ]
    assert not complaints
