"""The commands a newcomer is told of exist, and set up in an order that works on a machine with nothing."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.M)[0].split()


def dry_run(target: str, tmp_path: Path) -> str:
    """What ``make TARGET`` would do where no environment has been made."""
    environment = {**os.environ, "MAKEFLAGS": "", "MAKELEVEL": "0"}
    command = ["make", "--no-print-directory", "--dry-run", f"VENV={tmp_path}/venv", target]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def test_the_promised_targets_exist() -> None:
    """These names are in the README and in people's fingers."""
    assert {"demo", "test", "check", "bench", "lock", "format"} <= set(TARGETS)


def test_help_names_every_target(tmp_path: Path) -> None:
    """``make`` alone says what there is."""
    told = re.findall(r"make ([\w-]+)", dry_run("help", tmp_path))
    assert set(told) == set(TARGETS) - {"help"}


@pytest.mark.parametrize("target", ["demo", "test", "check", "format", "generate", "bench", "lock"])
def test_set_up_comes_first_and_in_order(target: str, tmp_path: Path) -> None:
    """The environment, what is locked, the project itself, and only then the work."""
    steps = dry_run(target, tmp_path)
    order = ["-m venv", "-r requirements.lock", "--editable ."]
    if target not in ("demo", "generate"):
        order.append("-r requirements-dev.lock")
    order.append(
        {"demo": "sallyport demo", "check": "ruff check", "format": "ruff check", "lock": "uv pip compile"}.get(
            target, "python -m "
        )
    )
    at = 0
    for step in order:
        assert step in steps[at:], step
        at += steps[at:].index(step) + len(step)


def test_installing_always_checks_hashes() -> None:
    """pip resolves nothing that is not in a lock file."""
    for line in re.findall(r"^\t\$\(PIP\) (.*)$", MAKEFILE, re.M):
        assert line.startswith(("--require-hashes -r ", "--no-deps "))


def test_modules_that_make_runs_exist() -> None:
    """``python -m NAME`` for a name of ours."""
    modules = set(re.findall(r"python -m ((?:tests|benchmarks)[\w.]*)", MAKEFILE))
    assert "tests.house.generate" in modules
    for module in modules:
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module


def test_the_verification_script() -> None:
    """It stops at the first fault, asks nothing, and runs both halves."""
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True)
    lines = script.read_text().splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    for wanted in ("set -euo pipefail", "export CI=true", "exec </dev/null", "make check", "make test"):
        assert wanted in lines
