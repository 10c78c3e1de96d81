"""What outlives a restart of the gateway: market time and the next order ids, in one small file."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class State:
    """Market time (epoch seconds) at the last write, and the next order id of every client id."""

    time: float
    next_ids: dict[int, int] = field(default_factory=dict)


class Journal:
    """The file `gateway.json` in a folder, replaced as a whole: a crash leaves the old or the new one."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "gateway.json"

    def load(self) -> State | None:
        """Return the last state, None when there is none; ValueError when the file is not a journal."""
        try:
            content = json.loads(self.path.read_text())
            if content["format"] != _FORMAT:
                raise ValueError(f"{self.path}: format {content['format']} is not {_FORMAT}")
            return State(float(content["time"]), {int(k): int(v) for k, v in content["next_ids"].items()})
        except FileNotFoundError:
            return None
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
            raise ValueError(f"{self.path} is no journal of a gateway: {error!r}") from error

    def save(self, state: State) -> None:
        """Write the state so that it is on disk when this returns."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".tmp")
        with temporary.open("w") as file:
            json.dump({"format": _FORMAT, "time": state.time, "next_ids": state.next_ids}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
