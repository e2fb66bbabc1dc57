"""The archive on a real disk: threads, processes, sizes, checks."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from archive import Archive, ArchiveBusy, ArchiveDamaged, ArchiveFault, LocalDisk, Locator


class CountingDisk(LocalDisk):
    """A disk that says how often it synced, and can hold a sync up."""

    def __init__(self) -> None:
        self.syncs = 0
        self.before_sync: Callable[[], object] = lambda: None

    def sync(self, file: int) -> None:
        self.before_sync()
        super().sync(file)
        self.syncs += 1


def test_round_trip_and_reopen(tmp_path: Path) -> None:
    archive = Archive.open(tmp_path / "var" / "archive")
    locators = archive.append_all([b"one", b"", b"three" * 1000])
    archive.close()
    archive = Archive.open(tmp_path / "var" / "archive")
    assert archive.recovery is None
    locators.append(archive.append(b"four"))
    assert [archive.read(locator) for locator in locators] == [b"one", b"", b"three" * 1000, b"four"]
    assert [locator.sha256 for locator in locators] == [
        sha256(content).hexdigest() for content in (b"one", b"", b"three" * 1000, b"four")
    ]
    assert {locator.pack for locator in locators} == {"00000001"}
    assert locators[2].length < 200, "it is compressed"
    archive.close()


def test_one_sync_serves_all_who_wait(tmp_path: Path) -> None:
    disk = CountingDisk()
    archive = Archive.open(tmp_path, disk=disk)
    archive.append(b"the pack exists")
    waiting, go = threading.Semaphore(0), threading.Event()
    disk.before_sync = lambda: go.wait(60)
    before = disk.syncs
    stored: list[Locator] = []

    def store(number: int) -> None:
        waiting.release()
        stored.append(archive.append(b"content %d" % number))

    threads = [threading.Thread(target=store, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for _ in threads:
        waiting.acquire()
    # The first leads alone and is held in its sync; the others gather behind it.
    while len(archive._waiting) < 29:
        threading.Event().wait(0.01)
    assert not stored, "nobody is told before the sync"
    go.set()
    for thread in threads:
        thread.join()
    assert disk.syncs - before == 2
    assert len({locator.offset for locator in stored}) == 30
    assert list(archive.verify(stored)) == []
    archive.close()


def test_large_content(tmp_path: Path) -> None:
    archive = Archive.open(tmp_path, pack_limit=1 << 20)
    small = archive.append(b"before")
    large = os.urandom(1 << 20) * 100
    locator = archive.append(large)
    after = archive.append(b"after")
    assert archive.read(locator) == large
    assert len({small.pack, locator.pack, after.pack}) == 3, (
        "the pack before is sealed, and the one that became too long"
    )
    assert list(archive.fsck()) == []
    archive.close()


def test_packs_are_sealed_at_the_limit_and_stay(tmp_path: Path) -> None:
    archive = Archive.open(tmp_path, pack_limit=5_000)
    contents = [os.urandom(700) for _ in range(40)]
    locators = archive.append_all(contents[:25]) + [archive.append(content) for content in contents[25:]]
    assert [archive.read(locator) for locator in locators] == contents
    names = archive.packs()
    assert names == [f"{number:08d}" for number in range(1, len(names) + 1)] and len(names) == 7
    sizes = [(tmp_path / "packs" / f"{name}.pack").stat().st_size for name in names]
    assert all(4_000 < size < 5_300 for size in sizes[:-1])
    archive.close()
    archive = Archive.open(tmp_path, pack_limit=5_000)
    assert archive.recovery is None
    assert archive.append(b"more").pack == names[-1]
    archive.close()


def test_a_sealed_last_pack_gets_a_successor(tmp_path: Path) -> None:
    archive = Archive.open(tmp_path)
    archive.append(b"content")
    assert archive._pack
    archive._seal(archive._pack)
    archive.close()
    archive = Archive.open(tmp_path)
    assert archive.recovery is None
    assert archive.append(b"next").pack == "00000002"
    assert list(archive.fsck()) == []
    archive.close()


def test_one_process_writes_and_others_read(tmp_path: Path) -> None:
    archive = Archive.open(tmp_path)
    locator = archive.append(b"seen by others")
    with pytest.raises(ArchiveBusy, match="Another process"):
        Archive.open(tmp_path)
    reader = Archive.open(tmp_path, mode="read")
    later = archive.append(b"appended after the reader opened")
    assert reader.read(locator) == b"seen by others"
    assert reader.read(later) == b"appended after the reader opened"
    with pytest.raises(ArchiveFault, match="reading only"):
        reader.append(b"no")
    program = (
        "import sys; from pathlib import Path; from archive import Archive\n"
        "archive = Archive.open(Path(sys.argv[1]), mode='read')\n"
        "print([archive.read(locator) for locator in archive.scan('00000001')], list(archive.fsck()))\n"
        "Archive.open(Path(sys.argv[1]))"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[b'seen by others', b'appended after the reader opened'] []"
    assert "ArchiveBusy" in done.stderr
    archive.close()
    archive.close()
    with pytest.raises(ArchiveFault, match="closed"):
        archive.append(b"no")
    Archive.open(tmp_path).close()


def test_reading_what_is_not_there_creates_nothing(tmp_path: Path) -> None:
    reader = Archive.open(tmp_path / "none", mode="read")
    assert (reader.packs(), list(reader.fsck())) == ([], [])
    assert not (tmp_path / "none").exists()


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ArchiveFault, match="cannot be opened"):
        Archive.open(tmp_path / "file")


def sealed_packs(folder: Path) -> list[Locator]:
    archive = Archive.open(folder, pack_limit=3_000)
    locators = archive.append_all([os.urandom(900) for _ in range(10)])
    archive.close()
    return locators


@pytest.mark.parametrize(
    ("harm", "text"),
    [
        ("delete a pack", "missing"),
        ("empty a pack", "not a pack"),
        ("cut a pack at a record", "its end is missing"),
        ("cut a pack in a record", "cut off"),
        ("replace a pack by a folder", "cannot read"),
        ("swap two packs", ""),
    ],
)
def test_harm_to_files_is_found(tmp_path: Path, harm: str, text: str) -> None:
    locators = sealed_packs(tmp_path)
    second = tmp_path / "packs" / "00000002.pack"
    match harm:
        case "delete a pack":
            second.unlink()
        case "empty a pack":
            os.truncate(second, 0)
        case "cut a pack at a record":
            os.truncate(second, locators[4].offset)
        case "cut a pack in a record":
            os.truncate(second, locators[4].offset + 100)
        case "replace a pack by a folder":
            second.unlink()
            second.mkdir()
        case "swap two packs":
            second.rename(tmp_path / "aside")
            (tmp_path / "packs" / "00000001.pack").rename(second)
            (tmp_path / "aside").rename(tmp_path / "packs" / "00000001.pack")
    archive = Archive.open(tmp_path, mode="read")
    damage = [*archive.fsck(), *archive.verify(locators)]
    assert damage and any(text in found.text for found in damage)
    with pytest.raises(ArchiveDamaged, match="Restore the pack from a copy"):
        archive.read(locators[4])
    assert archive.read(locators[-1]), "the others are still read"


def test_harm_to_the_newest_pack_is_found_by_its_locators(tmp_path: Path) -> None:
    locators = sealed_packs(tmp_path)
    newest = tmp_path / "packs" / f"{locators[-1].pack}.pack"
    os.truncate(newest, locators[-1].offset)
    archive = Archive.open(tmp_path)
    assert [found.sha256 for found in archive.verify(locators)] == [locators[-1].sha256]
    archive.close()


def test_damage_in_the_newest_pack_is_left_and_a_new_one_begun(tmp_path: Path) -> None:
    archive = Archive.open(tmp_path)
    locators = archive.append_all([os.urandom(500) for _ in range(3)])
    archive.close()
    path = tmp_path / "packs" / "00000001.pack"
    harmed = bytearray(path.read_bytes())
    harmed[locators[1].offset + 80] ^= 1
    path.write_bytes(harmed)
    archive = Archive.open(tmp_path)
    assert archive.recovery and archive.recovery.kept_as is None and "Run the check" in archive.recovery.text
    assert archive.append(b"new").pack == "00000002"
    assert path.read_bytes() == harmed
    assert [found.sha256 for found in archive.verify(locators)] == [locators[1].sha256]
    assert [found.offset for found in archive.fsck()] == [locators[1].offset]
    archive.close()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    locators = sealed_packs(tmp_path)
    second = tmp_path / "packs" / "00000002.pack"
    second.rename(tmp_path / "elsewhere")
    second.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ArchiveDamaged):
        Archive.open(tmp_path, mode="read").read(locators[4])


class ShortDisk(LocalDisk):
    """Takes and gives a few bytes at a time."""

    def read(self, file: int, offset: int, length: int) -> bytes:
        return super().read(file, offset, min(length, 7))

    def write(self, file: int, offset: int, buffers: Sequence[memoryview]) -> int:
        return super().write(file, offset, [buffers[0][:11]])


def test_short_reads_and_writes(tmp_path: Path) -> None:
    archive = Archive.open(tmp_path, disk=ShortDisk())
    contents = [os.urandom(300), b"", b"short"]
    locators = archive.append_all(contents)
    assert [archive.read(locator) for locator in locators] == contents
    archive.close()
    assert list(Archive.open(tmp_path, mode="read").fsck()) == []
