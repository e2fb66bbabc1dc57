"""The five leaves know neither each other nor the root, and what is pure stays pure."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("gateway", "translators", "partners", "profiles", "as2", "archive", "queues")
PURE = ("translators", "partners", "as2", "gateway/exchange", "gateway/events")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """The import rules, checked on the packages in ``folder``."""
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
    ]
    environment = {**os.environ, "PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of all packages' code, to be spoilt."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "*.json"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold() -> None:
    """All of them, on the code as it is."""
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("partners/planted.py", "import translators.tree", "Five leaves"),
        ("archive/planted.py", "from queues import WorkQueue", "Five leaves"),
        ("as2/planted.py", "def f() -> None:\n    import gateway.ids", "Five leaves"),
        ("translators/planted.py", "import profiles", "What ships is data"),
        ("translators/planted.py", "import os", "Pure"),
        ("partners/planted.py", "from pathlib import Path", "Pure"),
        ("as2/planted.py", "import asyncio", "Pure"),
        ("gateway/exchange/planted.py", "import random", "Pure"),
        ("gateway/events/planted.py", "import sqlalchemy", "Pure"),
    ],
)
def test_a_planted_violation_is_caught(copy: Path, file: str, line: str, contract: str) -> None:
    """A rule that nothing can break proves nothing."""
    (copy / file).write_text(line + "\n")
    result = lint(copy)
    assert result.returncode == 1, result.stdout + result.stderr
    broken = [text for text in result.stdout.splitlines() if text.rstrip().endswith("BROKEN")]
    assert len(broken) == 1
    assert broken[0].startswith(contract)


def impurities(source: str) -> list[str]:
    """What in a module reaches outside without an import that the contract would see."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in ("open", "print", "input"):
                found.append(f"{node.lineno}: {node.func.id}()")
            if isinstance(node.func, ast.Attribute) and node.func.attr in ("now", "utcnow", "today"):
                found.append(f"{node.lineno}: {node.func.attr}()")
    return found


@pytest.mark.parametrize("folder", PURE)
def test_pure_code_reads_no_clock_and_no_file(folder: str) -> None:
    """``datetime.now()`` needs no forbidden import."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        assert impurities(path.read_text()) == [], path


@pytest.mark.parametrize("source", ["open('a')", "x = datetime.now(UTC)", "def f(): return date.today()", "print(1)"])
def test_impurities_are_seen(source: str) -> None:
    """The check above can fail."""
    assert impurities(source)
