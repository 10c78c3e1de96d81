"""Parameters of strategies: typed and bounded, and every mistake in them named at once."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Count = Annotated[int, Field(ge=1)]
Points = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(gt=0, lt=1)]
Share = Annotated[float, Field(gt=0, le=1)]
DeltaPoints = Annotated[float, Field(gt=0, le=100)]

_WORDS = {
    "bool_type": "true or false",
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "a text in quotes",
    "string_pattern_mismatch": "a time of day as HH:MM",
    "too_short": "at least one",
    "tuple_type": "a list",
}


class ParamsError(ValueError):
    """Parameters cannot be used; as text, a line per mistake."""

    def __init__(self, mistakes: Iterable[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


class Params(BaseModel):
    """Base of every strategy's parameters: frozen, strict about types, without keys that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @classmethod
    def read(cls, strategy: str, values: Mapping[str, Any]) -> Self:
        """Return the parameters with `values` over the defaults; ParamsError names each mistake and its strategy."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            known = cls.model_fields
            raise ParamsError(f"{strategy}: {_mistake(dict(each), known)}" for each in error.errors()) from None


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that `word` was most likely meant to be, empty when none is near."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)), "")


def _mistake(error: Mapping[str, Any], known: Iterable[str]) -> str:
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        near = nearest(key, known)
        return f'unknown parameter "{key}"' + (f'; did you mean "{near}"?' if near else f"; known: {', '.join(known)}")
    if not key:
        return str(error["msg"]).removeprefix("Value error, ")
    expected = _WORDS.get(error["type"]) or str(error["msg"]).removeprefix("Input should be ")
    return f"{key} = {json.dumps(error['input'], default=str)}: expected {expected}"
