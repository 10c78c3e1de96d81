"""What the session has to tell whoever owns it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """Something happened to the session.

    `kind` is `connected`, `connect-failed`, `disconnected`, `upstream`, `pacing`, or `gateway` for any other word of
    the gateway's own. `text` is for people; `code` is IB's, 0 where it has none.
    """

    kind: str
    text: str
    code: int = 0
