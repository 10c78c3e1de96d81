"""What may go wrong with a strategy's logs. While it does, nothing may be sent."""

from __future__ import annotations


class JournalError(Exception):
    """The logs cannot be used; the message says which and what to do."""


class JournalBusyError(JournalError):
    """Another process, or another part of this one, writes the logs in this folder."""


class JournalDamagedError(JournalError):
    """A log holds something that is no line, and more after it: no crash of a desk leaves that."""


class JournalRefusedError(JournalError):
    """The disk did not take the lines. They do not count, and the file is cut back before the next are written."""
