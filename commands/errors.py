"""The rooms' errors in words for people; what is not here is a bug and keeps its traceback."""

from __future__ import annotations


def explain(error: Exception) -> str | None:
    """What went wrong and what to do, or None for an error that nobody expected."""
    from commands.folders import FolderError
    from desk.config import ConfigError
    from desk.lake.errors import LakeError
    from desk.orders.errors import JournalError

    if isinstance(error, (ConfigError, FolderError, JournalError, LakeError, RefusedError)):
        return f"error: {error}"
    return None


class RefusedError(Exception):
    """A command cannot be carried out as given; the message says what to do."""
