"""The profiles folder: what counts in it, what cannot be read, and a change while the gateway runs."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

import pytest

from gateway.catalogue import Catalogue
from gateway.profiles_folder import MAX_FILE, ProfilesFolder, ProfilesUnusable, load_profiles

CATALOGUE = Catalogue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example profiles."""
    made = tmp_path / "profiles"
    made.mkdir()
    for entry in (files("profiles") / "partners-example").iterdir():
        if entry.name.endswith(".yaml"):
            (made / entry.name).write_bytes(entry.read_bytes())
    return made


def touch(file: Path, text: str) -> None:
    """Write a file so that its time differs, however coarse the clock."""
    file.write_text(text)
    os.utime(file, ns=(0, os.stat(file).st_mtime_ns + 1_000_000_000))


def test_the_example_profiles(folder: Path) -> None:
    loaded = load_profiles(folder, CATALOGUE)
    assert loaded.register is not None
    assert sorted(loaded.register.agreements) == ["blue-anchor", "prairie-freight"]
    assert [each.severity for each in loaded.faults] == ["warning", "warning"]


@pytest.mark.parametrize(
    "name", [".hidden.yaml", ".git/x.yaml", "a.yaml~", ".a.yaml.swp", "a.yaml.bak", "sub/.x/y.yaml"]
)
def test_what_editors_and_tools_leave_does_not_count(name: str, folder: Path) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("party: [")
    assert load_profiles(folder, CATALOGUE).register is not None


def test_folders_below_count(folder: Path) -> None:
    (folder / "north").mkdir()
    (folder / "blue-anchor.yaml").rename(folder / "north" / "blue-anchor.yaml")
    loaded = load_profiles(folder, CATALOGUE)
    assert loaded.register is not None
    assert "blue-anchor" in loaded.register.agreements
    assert {each.file for each in loaded.faults} == {"north/blue-anchor.yaml", "prairie-freight.yaml"}


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    """An empty register would turn every partner away without a word."""
    loaded = load_profiles(tmp_path / "none", CATALOGUE)
    assert loaded.register is None
    assert "none:1:1: error: cannot be read: No such file or directory" in str(loaded.faults[0])
    with pytest.raises(ProfilesUnusable, match="cannot be read"):
        ProfilesFolder(tmp_path / "none", CATALOGUE)


def test_what_cannot_be_read_is_a_fault_beside_the_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "broken.yaml").write_text("party: [")
    opened = Path.open

    def refuse(self: Path, mode: str = "r") -> object:
        if self.name == "blue-anchor.yaml":
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, mode)

    monkeypatch.setattr(Path, "open", refuse)
    loaded = load_profiles(folder, CATALOGUE)
    assert loaded.register is None
    told = [str(each) for each in loaded.faults]
    assert told[0] == "blue-anchor.yaml:1:1: error: cannot be read: Permission denied (check who may read it)"
    assert any("broken.yaml:" in each for each in told)


def test_a_folder_that_may_not_be_listed_is_a_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "secret").mkdir()
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    loaded = load_profiles(folder, CATALOGUE)
    assert loaded.register is None
    assert "secret:1:1: error: cannot be read: Permission denied" in str(loaded.faults[0])


@pytest.mark.parametrize("content", [b"\xff\xfe", b"party: [", b"- a\n", b"a" * (MAX_FILE + 1), b"x: *y\n"])
def test_junk_is_a_fault_with_a_place(content: bytes, folder: Path) -> None:
    (folder / "junk.yaml").write_bytes(content)
    loaded = load_profiles(folder, CATALOGUE)
    assert loaded.register is None
    assert any(each.file == "junk.yaml" and each.line >= 1 for each in loaded.faults)


def test_odd_names_and_things_that_are_no_files(folder: Path) -> None:
    os.mkfifo(folder / "pipe.yaml")
    (folder / "dangling.yaml").symlink_to("nowhere")
    (folder / "loop").symlink_to(folder)
    Path(os.fsdecode(os.fsencode(folder) + b"/odd\xff.txt")).write_text("no profile")
    assert load_profiles(folder, CATALOGUE).register is not None


def test_a_change_is_taken_up(folder: Path) -> None:
    live = ProfilesFolder(folder, CATALOGUE)
    before = live.current
    assert not live.refresh()
    assert live.current is before
    file = folder / "blue-anchor.yaml"
    touch(file, file.read_text().replace("Blue Anchor Logistics", "Blue Anchor Lines"))
    assert live.refresh()
    assert live.current.parties["blue-anchor"].name == "Blue Anchor Lines"
    assert not live.refresh()


def test_a_change_for_the_worse_keeps_the_last_good_one_in_force(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    live = ProfilesFolder(folder, CATALOGUE)
    before, file = live.current, folder / "blue-anchor.yaml"
    good = file.read_text()
    touch(file, "party: [")
    assert not live.refresh()
    assert not live.refresh()
    assert live.current is before
    assert capsys.readouterr().out.count("blue-anchor.yaml:") == 1, "told once, not every second"
    touch(file, good)
    assert live.refresh()


def test_a_folder_that_goes_and_comes_again(folder: Path) -> None:
    """Deployments replace folders; a look at the wrong moment neither fails nor empties the register."""
    live = ProfilesFolder(folder, CATALOGUE)
    before = live.current
    folder.rename(folder.with_name("old"))
    assert not live.refresh()
    assert live.current is before
    folder.with_name("old").rename(folder)
    live.refresh()
    assert sorted(live.current.agreements) == ["blue-anchor", "prairie-freight"]
