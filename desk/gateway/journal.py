"""What outlives a restart of the gateway: market time and the next order ids, in one small file."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

FILE = "gateway.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Journal:
    """Market time (epoch seconds) at the last write, and the next order id of every client id.

    The file is replaced as a whole: a crash leaves the old or the new one.
    """

    market_time: float
    next_ids: dict[int, int] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> Journal | None:
        """Return the last state in that folder, None when there is none; ValueError when the file is not a journal."""
        path = folder / FILE
        try:
            content = json.loads(path.read_text())
            if content["format"] != _FORMAT:
                raise ValueError(f"{path}: format {content['format']} is not {_FORMAT}")
            return cls(float(content["market_time"]), {int(k): int(v) for k, v in content["next_ids"].items()})
        except FileNotFoundError:
            return None
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
            raise ValueError(f"{path} is no journal of a gateway: {error!r}") from error

    def save(self, folder: Path) -> None:
        """Write the state into that folder so that it is on disk when this returns."""
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f"{FILE}.tmp"
        with temporary.open("w") as file:
            json.dump({"format": _FORMAT, "market_time": self.market_time, "next_ids": self.next_ids}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(folder / FILE)
        directory = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
