"""What must not be written down: values that are named like secrets, and passwords in addresses."""

from __future__ import annotations

import re
from typing import Any

from desk.console.jsonable import jsonable

HIDDEN = "***"
_NAMES = re.compile(r"passw|secret|token|credential|authorization|api_?key|access_?key|private_?key", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"(?<=://)[^/@\s]+@")


def without_secrets(value: Any) -> Any:
    """Turn a value into plain JSON values with the secrets hidden; what JSON does not know appears as its `repr`."""
    return _hidden(jsonable(value, unknown=repr))


def _hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: HIDDEN if _NAMES.search(key) else _hidden(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_hidden(item) for item in value]
    return _IN_ADDRESS.sub(f"{HIDDEN}@", value) if isinstance(value, str) else value
