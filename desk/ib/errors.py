"""Why a request ended without its answer: one type per reason, made from IB's codes."""

# ruff: noqa: N818 - each is named after what it reports, in the terms of the field

from __future__ import annotations

from collections.abc import Callable


class BrokerError(Exception):
    """A request ended without its answer. `reason` is a short word or IB's code; `str()` is for people."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.reason}: {self.args[0]}"


class NoSuchContract(BrokerError):
    """IB knows no such contract, or more than one (200). An answer, not a failure of the session."""


class NotSubscribed(BrokerError):
    """The account may not see this market's data, or another session holds it (354, 10089, 10197 and others)."""


class PacingViolation(BrokerError):
    """IB refused a request that came too fast (100, or 162 with a pacing text)."""


class LinesExceeded(BrokerError):
    """IB grants no further market-data line (101)."""


class NoData(BrokerError):
    """The historical data service has nothing for this request (162, 165)."""


class Refused(BrokerError):
    """IB refused the request for another reason (320, 321, 322 and others)."""


class Timeout(BrokerError):
    """IB did not answer in time."""

    def __init__(self, text: str) -> None:
        super().__init__("timeout", text)


class Expired(BrokerError):
    """The request's deadline passed before its turn to be sent."""

    def __init__(self, text: str) -> None:
        super().__init__("expired", text)


class Disconnected(BrokerError):
    """There is no session, or it ended while the request was open."""

    def __init__(self, text: str) -> None:
        super().__init__("disconnected", text)


class BreakerOpen(BrokerError):
    """The circuit breaker is open: nothing is asked of IB for now."""

    def __init__(self, text: str) -> None:
        super().__init__("breaker", text)


class ConnectFailed(BrokerError):
    """An attempt to connect failed."""

    def __init__(self, text: str) -> None:
        super().__init__("connect", text)


class ClientIdInUse(ConnectFailed):
    """Another client is connected under this id (326)."""


class WrongAccount(ConnectFailed):
    """The session's account is not one that this mode may use."""


_TYPES: dict[int, Callable[[str, str], BrokerError]] = {
    100: PacingViolation,
    101: LinesExceeded,
    165: NoData,
    200: NoSuchContract,
    354: NotSubscribed,
    10089: NotSubscribed,
    10090: NotSubscribed,
    10091: NotSubscribed,
    10167: NotSubscribed,
    10168: NotSubscribed,
    10186: NotSubscribed,
    10197: NotSubscribed,
}

PARTIAL = frozenset({10090, 10091, 10167})
"""Codes after which other ticks of the same subscription still flow."""

UNANSWERED = frozenset({321, 10167})
"""Codes that ib_async takes for warnings and that leave a one-shot request waiting for ever."""


def from_code(code: int, text: str) -> BrokerError:
    """Make the error that IB's `code` with `text` means."""
    if code == 162:
        return (PacingViolation if "pacing" in text.lower() else NoData)(str(code), text)
    return _TYPES.get(code, Refused)(str(code), text)
