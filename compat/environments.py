"""A virtual environment per client, made by uv from a locked list of requirements; the clients' packages clash."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

CLIENTS = ("ib_async", "ib_insync", "nautilus_ibapi", "ibapi")
ROOT = Path(__file__).resolve().parents[1]
_CACHE = ROOT / ".compat"


class EnvironmentFailedError(RuntimeError):
    """A client's environment could not be made."""


def ready(client: str) -> Path:
    """Return the Python of a client's environment, made anew when its requirements or this Python have changed."""
    wanted = sha256(_requirements(client).read_bytes() + sys.version.encode()).hexdigest()
    folder = _CACHE / client
    python = folder / "bin" / "python"
    mark = folder / ".ready"
    if not (python.exists() and mark.exists() and mark.read_text() == wanted):
        uv = _uv()
        _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
        _run(uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(_requirements(client)))
        mark.write_text(wanted)
    return python


def _requirements(client: str) -> Path:
    return Path(__file__).parent / f"{client}.txt"


def _uv() -> str:
    """Return uv: the one on the path, or the one that `./run` puts aside."""
    aside = ROOT / ".uv" / "bin" / "uv"
    found = shutil.which("uv") or (str(aside) if aside.exists() else None)
    if found is None:
        msg = "the clients' environments need uv: run ./run once, or install uv (https://docs.astral.sh/uv)"
        raise EnvironmentFailedError(msg)
    return found


def _run(*command: str) -> None:
    """Run uv, once more with the system's certificates when it fails (networks that inspect TLS need that)."""
    plain = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    for more in ({}, {"UV_SYSTEM_CERTS": "1"}):
        done = subprocess.run(  # noqa: S603  (uv, with arguments from this file)
            command, env=plain | more, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return
    raise EnvironmentFailedError(f"{' '.join(command[:3])} failed:\n{done.stderr.strip()}")
