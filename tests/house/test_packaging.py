"""What is built is what should ship, and no other distribution claims our names."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"gateway", "translators", "partners", "profiles", "as2", "archive", "queues"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built as a packager would build it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_exactly_our_packages(wheel: zipfile.ZipFile) -> None:
    """Every source and data file of the seven packages, and nothing beside them."""
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert {name.split("/")[0] for name in names} == PACKAGES
    on_disk = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert names == on_disk


def test_the_wheel_has_the_data_that_ships(wheel: zipfile.ZipFile) -> None:
    """Templates, examples and schemas are found in an installed gateway too."""
    names = wheel.namelist()
    for folder, suffix in (("templates", ".yaml"), ("partners-example", ".yaml"), ("schemas", ".json")):
        assert any(name.startswith(f"profiles/{folder}/") and name.endswith(suffix) for name in names), folder


def test_the_wheel_has_the_command_and_the_licence(wheel: zipfile.ZipFile) -> None:
    """``sallyport`` starts the command line, and the licence travels along."""
    names = wheel.namelist()
    (points,) = [name for name in names if name.endswith("/entry_points.txt")]
    assert wheel.read(points).decode().split() == ["[console_scripts]", "sallyport", "=", "gateway.cli:main"]
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_every_folder_with_code_is_a_package() -> None:
    """A folder without ``__init__.py`` would be found here and shadowed elsewhere."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if "migrations" in path.parts:
                continue  # Alembic runs these by their paths; nobody imports them.
            assert (path.parent / "__init__.py").exists(), path


@pytest.mark.parametrize("name", sorted(PACKAGES | {"tests", "benchmarks"}))
def test_no_foreign_distribution_owns_our_names(name: str) -> None:
    """Two distributions with one top-level name overwrite each other without a word."""
    owners = set(packages_distributions().get(name, ()))
    assert owners <= ({PROJECT["project"]["name"]} if name in PACKAGES else set())


def test_tests_are_no_packages() -> None:
    """``tests/as2/__init__.py`` would take the place of the real ``as2`` for whoever imports it by name."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []
