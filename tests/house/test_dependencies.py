"""What we import is declared, and what is declared is pinned with hashes."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = ("gateway", "translators", "partners", "profiles", "as2", "archive", "queues")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def locked(name: str) -> dict[str, tuple[Version, int]]:
    """The versions and the number of hashes of everything in a lock file."""
    found: dict[str, tuple[Version, int]] = {}
    text = (ROOT / name).read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            requirement = Requirement(line.partition(" --hash")[0])
            (pin,) = requirement.specifier
            assert pin.operator == "==", line
            assert requirement.url is None
            found[canonicalize_name(requirement.name)] = Version(pin.version), len(HASH.findall(line))
    return found


RUNTIME, DEVELOPMENT = locked("requirements.lock"), locked("requirements-dev.lock")


def declared(*groups: str) -> list[Requirement]:
    texts = [*PROJECT["project"]["dependencies"]]
    for extra in PROJECT["project"]["optional-dependencies"].values():
        texts += extra
    for group in groups:
        texts += PROJECT["dependency-groups"][group]
    return [Requirement(text) for text in texts]


@pytest.mark.parametrize("requirement", declared("lockbuild"), ids=lambda requirement: requirement.name)
def test_runtime_dependencies_are_locked(requirement: Requirement) -> None:
    """Each is pinned to a version that its declaration allows."""
    version, _ = RUNTIME[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(version, prereleases=True)


@pytest.mark.parametrize("requirement", declared("lockbuild", "dev"), ids=lambda requirement: requirement.name)
def test_development_dependencies_are_locked(requirement: Requirement) -> None:
    """So are those of the tests."""
    version, _ = DEVELOPMENT[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(version, prereleases=True)


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_everything_locked_has_hashes(name: str) -> None:
    """pip would refuse the whole file otherwise."""
    assert [package for package, (_, hashes) in locked(name).items() if not hashes] == []


def test_the_lock_files_agree() -> None:
    """Developers run what users run."""
    assert {name: version for name, (version, _) in RUNTIME.items()}.items() <= {
        name: version for name, (version, _) in DEVELOPMENT.items()
    }.items()


def imports(folder: str) -> dict[str, Path]:
    """Every top-level module that the code of a folder imports, and one file that does.

    The programs that run in the benchmarks' peers' environments import what is declared there.
    """
    found: dict[str, Path] = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        if "peer_programs" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            else:
                continue
            found |= {name.split(".")[0]: path for name in names}
    return {
        name: path
        for name, path in found.items()
        if name not in sys.stdlib_module_names and name not in (*PACKAGES, "tests", "benchmarks")
    }


@pytest.mark.parametrize("folder", [*PACKAGES, "tests", "benchmarks"])
def test_what_is_imported_is_declared(folder: str) -> None:
    """What comes along with something else may go away with it."""
    groups = [] if folder in PACKAGES else ["lockbuild", "dev"]
    allowed = {canonicalize_name(each.name) for each in declared(*groups)}
    owners = packages_distributions()
    undeclared = {
        name: path.relative_to(ROOT).as_posix()
        for name, path in imports(folder).items()
        if not allowed & {canonicalize_name(owner) for owner in owners.get(name, ())}
    }
    assert undeclared == {}
