"""`./run` on a machine of its own: a folder with stand-ins for uv and the desk, so that nothing is fetched."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

UV = f"""#!/bin/sh
echo "$@" >>uv.log
[ -e uv.fails ] && rm uv.fails && exit 1
mkdir -p "$UV_PROJECT_ENVIRONMENT/bin"
ln -sf {sys.executable} "$UV_PROJECT_ENVIRONMENT/bin/python"
printf '#!/bin/sh\\necho pytest "$@"\\n' >"$UV_PROJECT_ENVIRONMENT/bin/pytest"
for tool in ruff mypy lint-imports; do
    printf '#!/bin/sh\\necho %s "$@"\\n[ ! -e %s.fails ]\\n' $tool $tool >"$UV_PROJECT_ENVIRONMENT/bin/$tool"
done
chmod +x "$UV_PROJECT_ENVIRONMENT"/bin/*
"""

ECHO = "import sys; print('desk', *sys.argv[1:]); sys.exit(3)"

RESTARTS = """
import pathlib, sys
starts = pathlib.Path("starts")
starts.write_text(starts.read_text() + "x" if starts.exists() else "x")
sys.exit(75 if len(starts.read_text()) < 3 else 0)
"""

WAITS = """
import signal, sys
caught = []
def stop(number, frame):
    caught.append(signal.Signals(number).name)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, stop)
print("up", flush=True)
while not caught:
    signal.pause()
print(*caught, flush=True)
sys.exit(75)
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of `run` beside a desk that says how it was called and exits with 3."""
    shutil.copy(ROOT / "run", tmp_path / "run")
    for name in ("uv.lock", "pyproject.toml"):
        (tmp_path / name).write_text(name)
    (tmp_path / "supervisor.py").write_text(ECHO)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, text in {"uv": UV, "sleep": "#!/bin/sh\n"}.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    return tmp_path


def start(house: Path, *args: str, path: str = os.environ["PATH"]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(house / "run"), *args],
        cwd=house,
        env={"PATH": f"{house / 'tools'}:{path}", "HOME": str(house)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(house: Path, *args: str, path: str = os.environ["PATH"]) -> tuple[int, str, str]:
    process = start(house, *args, path=path)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def synced(house: Path) -> list[str]:
    log = house / "uv.log"
    return log.read_text().splitlines() if log.exists() else []


def test_arguments_and_exit_code_pass_through(house: Path) -> None:
    code, out, _ = run(house, "collect", "--config", "a b.toml")
    assert (code, out) == (3, "desk collect --config a b.toml\n")


def test_without_arguments_it_starts_the_desk(house: Path) -> None:
    assert run(house)[:2] == (3, "desk\n")


def test_set_up_is_skipped_until_something_changes(house: Path) -> None:
    run(house)
    assert "--no-dev" in synced(house)[0]
    _, _, err = run(house)
    assert err == ""
    assert len(synced(house)) == 1
    (house / "uv.lock").write_text("changed")
    run(house)
    assert len(synced(house)) == 2


def test_the_tools_of_tests_stay_once_they_are_there(house: Path) -> None:
    run(house)
    assert run(house, "test", "-k", "config")[:2] == (0, "pytest -k config\n")
    assert "--no-dev" not in synced(house)[1]
    run(house)
    assert len(synced(house)) == 2


def test_a_failed_set_up_is_tried_once_more(house: Path) -> None:
    (house / "uv.fails").touch()
    assert run(house)[0] == 3
    assert len(synced(house)) == 2


def test_check_runs_everything_and_sums_up(house: Path) -> None:
    code, out, err = run(house, "check")
    assert (code, out) == (0, "ruff check .\nruff format --check .\nmypy\nlint-imports\npytest\n")
    assert err.endswith("All checks passed.\n")
    (house / "mypy.fails").touch()
    code, out, err = run(house, "check")
    assert code == 1
    assert out.endswith("pytest\n")
    assert err.endswith("failed: mypy\n")


def test_exit_code_75_starts_the_desk_again(house: Path) -> None:
    (house / "supervisor.py").write_text(RESTARTS)
    code, _, err = run(house)
    assert code == 0
    assert (house / "starts").read_text() == "xxx"
    assert err.count("asked to be started again") == 2


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_desk_once_and_ends_the_restarts(house: Path, sent: signal.Signals) -> None:
    (house / "supervisor.py").write_text(WAITS)
    process = start(house)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    process.send_signal(sent)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (75, f"{sent.name}\n")
    assert "again" not in err


@pytest.mark.parametrize("version", [None, "3.9.2"])
def test_python_missing_or_too_old_is_said(house: Path, version: str | None) -> None:
    tools = house / "tools"
    for name in ("bash", "cat", "cksum", "dirname"):
        (tools / name).symlink_to(shutil.which(name) or name)
    if version:
        (tools / "python3").write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo Python {version} || exit 1\n')
        (tools / "python3").chmod(0o755)
    code, out, err = run(house, path="")
    assert (code, out) == (1, "")
    assert f"needs Python 3.11 or newer; found: {f'Python {version}' if version else 'none'}." in err
