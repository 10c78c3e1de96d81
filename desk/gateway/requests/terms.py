"""A contract as a client describes it, complete or with gaps."""

from __future__ import annotations

from dataclasses import dataclass

from desk.gateway.fields import Reader

_RIGHTS = {"C": "C", "CALL": "C", "P": "P", "PUT": "P", "": "", "0": "", "0.0": "", "?": ""}


@dataclass(frozen=True, slots=True)
class Terms:
    """The twelve contract fields of a request; what was left open is 0 or empty.

    `expiry` is `YYYYMMDD` or `YYYYMM`; `right` is `C`, `P` or empty, or as it came when it is none of IB's words.
    """

    con_id: int = 0
    symbol: str = ""
    sec_type: str = ""
    expiry: str = ""
    strike: float = 0.0
    right: str = ""
    multiplier: str = ""
    exchange: str = ""
    primary: str = ""
    currency: str = ""
    local_symbol: str = ""
    trading_class: str = ""

    @classmethod
    def read(cls, reader: Reader) -> Terms:
        """Read the twelve fields in order."""
        return cls(
            con_id=reader.integer(),
            symbol=reader.text().strip().upper(),
            sec_type=reader.text().strip().upper(),
            expiry=reader.text().strip(),
            strike=reader.number(),
            right=_right(reader.text()),
            multiplier=reader.text().strip(),
            exchange=reader.text().strip().upper(),
            primary=reader.text().strip().upper(),
            currency=reader.text().strip().upper(),
            local_symbol=reader.text().strip().upper(),
            trading_class=reader.text().strip().upper(),
        )


def _right(text: str) -> str:
    word = text.strip().upper()
    return _RIGHTS.get(word, word)
