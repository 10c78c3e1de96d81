"""config.toml to frozen values: validated whole, every mistake listed with its nearest remedy."""

from desk.config.errors import ConfigError, Mistake
from desk.config.load import load
from desk.config.model import Config
from desk.config.overrides import overrides
from desk.config.schema import schema

__all__ = ["Config", "ConfigError", "Mistake", "load", "overrides", "schema"]
