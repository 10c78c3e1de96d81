"""What outlives a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.gateway.journal import FILE, Journal
from tests.gateway.market import START
from tests.gateway.sent import simple
from tests.gateway.serving import run, serving, started


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert Journal.load(folder) is None
    Journal(12.5).save(folder)
    Journal(13.5).save(folder)
    assert Journal.load(folder) == Journal(13.5)
    assert [path.name for path in folder.iterdir()] == [FILE]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 9, "market_time": 1}', '{"format": 1}'])
def test_a_damaged_journal_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises(ValueError, match=FILE):
        Journal.load(tmp_path)


def test_order_ids_go_on_after_a_restart_and_market_time_is_kept(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(journal=tmp_path) as served, started(served.port, client_id=4) as client:
            client.send(*simple(178, 120))
            await client.until("3", "120")
        async with serving(journal=tmp_path) as served, started(served.port, client_id=4) as client:
            client.send(8, 1, 1)
            assert await client.read() == ["9", "1", "121"]

    run(scenario())
    kept = Journal.load(tmp_path)
    assert kept is not None
    assert START.timestamp() <= kept.market_time < START.timestamp() + 20


def test_the_journal_is_there_from_the_first_moment(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(journal=tmp_path):
            assert Journal.load(tmp_path) is not None

    run(scenario())
