"""Requests about the session itself."""

from __future__ import annotations

from dataclasses import dataclass

from desk.gateway.fields import Reader


@dataclass(frozen=True, slots=True)
class StartApi:
    """Message 71: the client's own id; the session begins."""

    client_id: int

    @classmethod
    def read(cls, reader: Reader) -> StartApi:
        """Read the fields after the message's id."""
        reader.skip()
        return cls(reader.integer())


@dataclass(frozen=True, slots=True)
class NextId:
    """Message 8: the next free order id."""

    @classmethod
    def read(cls, reader: Reader) -> NextId:
        """Read the fields after the message's id."""
        reader.skip()
        return cls()


@dataclass(frozen=True, slots=True)
class ManagedAccounts:
    """Message 17: the accounts of this login."""

    @classmethod
    def read(cls, reader: Reader) -> ManagedAccounts:
        """Read the fields after the message's id."""
        reader.skip()
        return cls()


@dataclass(frozen=True, slots=True)
class CurrentTime:
    """Message 49: the time."""

    @classmethod
    def read(cls, reader: Reader) -> CurrentTime:
        """Read the fields after the message's id."""
        reader.skip()
        return cls()


@dataclass(frozen=True, slots=True)
class LogLevel:
    """Message 14: how much the gateway logs of this client."""

    level: int

    @classmethod
    def read(cls, reader: Reader) -> LogLevel:
        """Read the fields after the message's id."""
        reader.skip()
        return cls(reader.integer())


@dataclass(frozen=True, slots=True)
class UserInfo:
    """Message 104: the white-branding id of the login."""

    request_id: int

    @classmethod
    def read(cls, reader: Reader) -> UserInfo:
        """Read the fields after the message's id."""
        return cls(reader.integer())
