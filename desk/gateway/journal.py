"""Where a gateway's market time was, so that one that was killed goes on from there."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from desk.gateway import daybook

FILE = "gateway.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Journal:
    """Market time (epoch seconds) at the last write. The file is replaced whole: a crash leaves the old or the new."""

    market_time: float

    @classmethod
    def load(cls, folder: Path) -> Journal | None:
        """Return the last state in that folder, None when there is none; ValueError when the file is not a journal.

        What is in the book of orders has happened: time is never before it, even if it was written later than this.
        """
        path = folder / FILE
        try:
            content = json.loads(path.read_text())
            if content["format"] != _FORMAT:
                raise ValueError(f"{path}: format {content['format']} is not {_FORMAT}")
            return cls(max(float(content["market_time"]), daybook.last_time(folder) or 0.0))
        except FileNotFoundError:
            return None
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
            raise ValueError(f"{path} is no journal of a gateway: {error!r}") from error

    def save(self, folder: Path) -> None:
        """Write the state into that folder so that it is on disk when this returns."""
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f"{FILE}.tmp"
        with temporary.open("w") as file:
            json.dump({"format": _FORMAT, "market_time": self.market_time}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(folder / FILE)
        directory = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
