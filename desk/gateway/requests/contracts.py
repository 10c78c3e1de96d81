"""Requests about contracts."""

from __future__ import annotations

from dataclasses import dataclass

from desk.gateway.fields import Reader
from desk.gateway.requests.terms import Terms


@dataclass(frozen=True, slots=True)
class ContractDetails:
    """Message 9: every contract that fits the terms."""

    request_id: int
    terms: Terms
    sec_id: str

    @classmethod
    def read(cls, reader: Reader) -> ContractDetails:
        """Read the fields after the message's id; a trailing issuer id (version 176) is not read."""
        reader.skip()
        request_id, terms = reader.integer(), Terms.read(reader)
        reader.flag()
        reader.skip()
        return cls(request_id, terms, reader.text())


@dataclass(frozen=True, slots=True)
class OptionParameters:
    """Message 78: expiries and strikes of an underlying's option classes."""

    request_id: int
    symbol: str
    futures_exchange: str
    sec_type: str
    con_id: int

    @classmethod
    def read(cls, reader: Reader) -> OptionParameters:
        """Read the fields after the message's id."""
        return cls(reader.integer(), reader.text().upper(), reader.text(), reader.text().upper(), reader.integer())


@dataclass(frozen=True, slots=True)
class MatchingSymbols:
    """Message 81: underlyings whose symbol or name begins like the pattern."""

    request_id: int
    pattern: str

    @classmethod
    def read(cls, reader: Reader) -> MatchingSymbols:
        """Read the fields after the message's id."""
        return cls(reader.integer(), reader.text())


@dataclass(frozen=True, slots=True)
class MarketRule:
    """Message 91: the price increments of a market rule."""

    rule_id: int

    @classmethod
    def read(cls, reader: Reader) -> MarketRule:
        """Read the fields after the message's id."""
        return cls(reader.integer())
