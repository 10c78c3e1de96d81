"""Requests about the account: its values, positions and profit."""

from __future__ import annotations

from dataclasses import dataclass

from desk.gateway.fields import Reader


@dataclass(frozen=True, slots=True)
class AccountUpdates:
    """Message 6: the account's values and portfolio."""

    subscribe: bool
    account: str

    @classmethod
    def read(cls, reader: Reader) -> AccountUpdates:
        """Read the fields after the message's id."""
        reader.skip()
        return cls(reader.flag(), reader.text())


@dataclass(frozen=True, slots=True)
class AccountUpdatesMulti:
    """Message 76: the account's values, of one account and model."""

    request_id: int
    account: str
    model: str

    @classmethod
    def read(cls, reader: Reader) -> AccountUpdatesMulti:
        """Read the fields after the message's id."""
        reader.skip()
        request_id, account, model = reader.integer(), reader.text(), reader.text()
        reader.flag()
        return cls(request_id, account, model)


@dataclass(frozen=True, slots=True)
class AccountSummary:
    """Message 62: the account values named in `tags`."""

    request_id: int
    tags: frozenset[str]

    @classmethod
    def read(cls, reader: Reader) -> AccountSummary:
        """Read the fields after the message's id."""
        reader.skip()
        request_id = reader.integer()
        reader.skip()
        return cls(request_id, frozenset(tag.strip() for tag in reader.text().split(",")))


@dataclass(frozen=True, slots=True)
class CancelAccountSummary:
    """Message 63: end an account summary."""

    request_id: int

    @classmethod
    def read(cls, reader: Reader) -> CancelAccountSummary:
        """Read the fields after the message's id."""
        reader.skip()
        return cls(reader.integer())


@dataclass(frozen=True, slots=True)
class Positions:
    """Message 61: every position."""

    @classmethod
    def read(cls, reader: Reader) -> Positions:
        """Read the fields after the message's id."""
        reader.skip()
        return cls()


@dataclass(frozen=True, slots=True)
class CancelPositions:
    """Message 64: no more of the positions."""

    @classmethod
    def read(cls, reader: Reader) -> CancelPositions:
        """Read the fields after the message's id."""
        reader.skip()
        return cls()


@dataclass(frozen=True, slots=True)
class PositionsMulti:
    """Message 74: the positions of one account and model."""

    request_id: int

    @classmethod
    def read(cls, reader: Reader) -> PositionsMulti:
        """Read the fields after the message's id."""
        reader.skip()
        return cls(reader.integer())


@dataclass(frozen=True, slots=True)
class CancelPositionsMulti:
    """Message 75: no more positions of an account and model."""

    request_id: int

    @classmethod
    def read(cls, reader: Reader) -> CancelPositionsMulti:
        """Read the fields after the message's id."""
        reader.skip()
        return cls(reader.integer())


@dataclass(frozen=True, slots=True)
class CancelAccountUpdatesMulti:
    """Message 77: no more values of an account and model."""

    request_id: int

    @classmethod
    def read(cls, reader: Reader) -> CancelAccountUpdatesMulti:
        """Read the fields after the message's id."""
        reader.skip()
        return cls(reader.integer())


@dataclass(frozen=True, slots=True)
class Profit:
    """Message 92: the account's profit and loss."""

    request_id: int

    @classmethod
    def read(cls, reader: Reader) -> Profit:
        """Read the fields after the message's id."""
        return cls(reader.integer())


@dataclass(frozen=True, slots=True)
class CancelProfit:
    """Message 93: no more of it."""

    request_id: int

    @classmethod
    def read(cls, reader: Reader) -> CancelProfit:
        """Read the fields after the message's id."""
        return cls(reader.integer())


@dataclass(frozen=True, slots=True)
class ProfitSingle:
    """Message 94: the profit and loss of the position in one contract."""

    request_id: int
    con_id: int

    @classmethod
    def read(cls, reader: Reader) -> ProfitSingle:
        """Read the fields after the message's id."""
        request_id = reader.integer()
        reader.skip()
        reader.skip()
        return cls(request_id, reader.integer())


@dataclass(frozen=True, slots=True)
class CancelProfitSingle:
    """Message 95: no more of it."""

    request_id: int

    @classmethod
    def read(cls, reader: Reader) -> CancelProfitSingle:
        """Read the fields after the message's id."""
        return cls(reader.integer())
