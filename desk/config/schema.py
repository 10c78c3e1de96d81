"""The JSON Schema of config.toml, for editors (`python -m desk.config > config.schema.json`)."""

from __future__ import annotations

import json
from typing import Any

from desk.config.model import Config


def schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) that config.toml names in its first line."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Config.model_json_schema()}


def schema_text() -> str:
    """Give the schema as it is stored in config.schema.json."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
