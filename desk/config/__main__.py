"""Write the JSON Schema of config.toml to standard output: `python -m desk.config > config.schema.json`."""

import sys

from desk.config.schema import schema_text

sys.stdout.write(schema_text())
