"""A full disk: a typed error, nothing accepted is lost, and it goes on by itself when there is room again."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from desk.lake.errors import DiskFullError, ReadError, ReadOnlyError, WriteError, edge

REPO = Path(__file__).resolve().parents[2]
NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]


def can_mount() -> bool:
    """Whether this system lets us have a small file system of our own."""
    if shutil.which("unshare") is None:
        return False
    command = [*NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def run(command: list[str]) -> dict[str, object]:
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("how", ["limit", *(["tmpfs"] if can_mount() else [])])
def test_a_full_disk_loses_nothing_and_goes_on(tmp_path: Path, how: str) -> None:
    child = [sys.executable, "-m", "tests.lake.full", str(tmp_path / "lake"), how]
    if how == "tmpfs":
        mount = f'mount -t tmpfs -o size=4m tmpfs "{tmp_path}" && exec "$@"'
        child = [*NAMESPACE, "sh", "-c", mount, "sh", *child]
    found = run(child)
    if how == "tmpfs":
        assert found["errors"] == ["DiskFullError"]
    assert found["errors"]
    assert found["accepted"] == found["there"]
    assert (found["whole"], found["waiting"]) == (True, 0)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), DiskFullError),
        (OSError("Generic error: Upload aborted: No space left on device (os error 28)"), DiskFullError),
        (OSError(errno.EROFS, "Read-only file system"), ReadOnlyError),
        (OSError("Generic error: Read-only file system"), ReadOnlyError),
        (OSError(errno.EIO, "Input/output error"), WriteError),
    ],
)
def test_what_a_disk_says_becomes_the_error_that_names_it(error: Exception, kind: type[WriteError]) -> None:
    with pytest.raises(WriteError) as caught, edge(WriteError, "cannot write"):
        raise error
    assert type(caught.value) is kind


def test_a_reader_is_told_as_a_reader() -> None:
    with pytest.raises(ReadError), edge(ReadError, "cannot read"):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_messages_are_plain_lines() -> None:
    with pytest.raises(WriteError, match=r"^cannot write: Kernel error refused$"), edge(WriteError, "cannot write"):
        raise OSError("Kernel error\n  \x1b[31m↳\x1b[0m refused\nHelp: try again")
