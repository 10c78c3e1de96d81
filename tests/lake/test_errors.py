from __future__ import annotations

import pytest

from desk.lake.errors import LakeError, ReadError, WriteError, edge


class PanicException(BaseException):
    """As PyO3 raises it."""


@pytest.mark.parametrize("error", [PanicException("index out of bounds"), OSError("disk"), ValueError("full")])
def test_what_libraries_throw_becomes_ours(error: BaseException) -> None:
    with pytest.raises(WriteError, match="cannot write rows: ") as caught, edge(WriteError, "cannot write rows"):
        raise error
    assert isinstance(caught.value, Exception)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), SystemExit(1), TypeError("a mistake of ours"), ReadError("ours")]
)
def test_the_rest_passes_as_it_is(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, edge(WriteError, "cannot write rows"):
        raise error
    assert caught.value is error


def test_every_error_is_a_lake_error() -> None:
    assert issubclass(WriteError, LakeError)
