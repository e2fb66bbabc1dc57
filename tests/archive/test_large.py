"""Contents that come in pieces: as durable as any, in the memory of one piece."""

from __future__ import annotations

import hashlib
import os
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import Archive, ArchiveDamaged, ArchiveFailed, ArchiveFault, ArchiveFull, Locator, MemoryDisk
from tests.archive.test_faults import FOLDER, FaultyDisk, PowerCut, seam, torn

LARGE = [hashlib.shake_256(bytes([number])).digest(3_000 + number) for number in range(3)]


def pieces(content: bytes, size: int = 700) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=400), max_size=8), st.integers(1, 300))
def test_what_went_in_comes_out(contents: list[bytes], size: int) -> None:
    """Small and large contents among each other, whatever the pieces; the check finds a whole archive."""
    disk = MemoryDisk()
    archive = Archive.open(FOLDER, disk=disk, pack_limit=900)
    locators = []
    for number, content in enumerate(contents):
        if number % 2:
            locators.append(archive.append(content))
        else:
            locators.append(archive.append_large(len(content), pieces(content, size)))
    for locator, content in zip(locators, contents, strict=True):
        assert archive.read(locator) == b"".join(archive.chunks(locator)) == content
        assert (locator.sha256, locator.size) == (hashlib.sha256(content).hexdigest(), len(content))
    assert list(archive.fsck()) == []
    archive.close()
    again = Archive.open(FOLDER, disk=disk)
    assert again.recovery is None
    assert list(again.verify(locators)) == []
    found = [item for name in again.packs() for item in again.scan(name)]
    assert sorted(str(each) for each in found) == sorted(str(each) for each in locators)


class Run:
    """Appends small and large contents until something stops it, and remembers what was acknowledged."""

    def __init__(self) -> None:
        self.acknowledged: dict[Locator, bytes] = {}
        self.faults: list[ArchiveFault] = []

    def go(self, disk: FaultyDisk) -> None:
        try:
            archive = Archive.open(FOLDER, disk=seam(disk), salt=bytes)
        except ArchiveFault as fault:
            self.faults.append(fault)
            return
        for content in LARGE:
            for large, wanted in ((False, content[:100]), (True, content)):
                try:
                    appended = archive.append_large(len(wanted), pieces(wanted)) if large else archive.append(wanted)
                except ArchiveFault as fault:
                    self.faults.append(fault)
                else:
                    self.acknowledged[appended] = wanted
        archive.close()

    def judge(self, disk: MemoryDisk) -> None:
        archive = Archive.open(FOLDER, disk=disk)
        for locator, content in self.acknowledged.items():
            assert b"".join(archive.chunks(locator)) == content
        assert list(archive.fsck()) == []
        assert not [name for name in disk.names(FOLDER / "packs") if name.startswith("large-")]
        more = archive.append_large(len(LARGE[0]), pieces(LARGE[0]))
        assert archive.read(more) == LARGE[0]
        assert list(archive.fsck()) == []


def calls() -> list[str]:
    disk = FaultyDisk(MemoryDisk(), -1, "")
    run = Run()
    run.go(disk)
    assert len(run.acknowledged) == 6 and not run.faults
    return disk.calls


CALLS = calls()


@pytest.mark.parametrize("how", ["EIO", "ENOSPC", "short"])
def test_every_call_fails_once(how: str) -> None:
    assert CALLS.count("rename") == 3
    for at, call in enumerate(CALLS):
        memory = MemoryDisk()
        run = Run()
        if how == "short" and call not in ("read", "write"):
            continue
        run.go(FaultyDisk(memory, at, how))
        if how == "short" or call == "close":
            assert not run.faults and len(run.acknowledged) == 6, f"{call} at {at} is no failure"
        else:
            assert run.faults, f"{call} at {at} went unnoticed"
        for found in (memory.after_power_cut(), memory.after_power_cut(lambda synced, written: written)):
            run.judge(found)


@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
def test_the_power_goes_before_every_call(part: float) -> None:
    for at in range(len(CALLS)):
        memory = MemoryDisk()
        run = Run()
        with pytest.raises(PowerCut):
            run.go(FaultyDisk(memory, at, "power"))
        run.judge(memory.after_power_cut(torn(part)))


def test_a_source_that_breaks_leaves_nothing() -> None:
    disk = MemoryDisk()
    archive = Archive.open(FOLDER, disk=disk)

    def broken() -> Iterator[bytes]:
        yield b"some"
        raise OSError("the spool is gone")

    with pytest.raises(OSError, match="the spool is gone"):
        archive.append_large(10, broken())
    for content in (b"", b"123456789", b"12345678901"):
        with pytest.raises(ValueError, match="was announced"):
            archive.append_large(10, iter([content]))
    assert disk.names(FOLDER / "packs") == []
    assert archive.failure is None, "what the caller's bytes do is no failure of the disk"
    assert archive.read(archive.append(b"on")) == b"on"


def test_a_full_disk_is_told_and_is_not_final() -> None:
    memory = MemoryDisk()
    disk = FaultyDisk(memory, -1, "ENOSPC")
    archive = Archive.open(FOLDER, disk=seam(disk))
    disk._at = len(disk.calls) + 2
    with pytest.raises(ArchiveFull, match="Make room"):
        archive.append_large(len(LARGE[0]), pieces(LARGE[0]))
    assert archive.read(archive.append_large(len(LARGE[0]), pieces(LARGE[0]))) == LARGE[0]


def test_a_failed_sync_is_final() -> None:
    disk = FaultyDisk(MemoryDisk(), -1, "EIO")
    archive = Archive.open(FOLDER, disk=seam(disk))
    disk._at = CALLS.index("rename") - 2
    while True:
        try:
            archive.append_large(len(LARGE[0]), pieces(LARGE[0]))
        except ArchiveFailed:
            break
    with pytest.raises(ArchiveFailed):
        archive.append(b"refused")


def test_changed_bytes_are_seen_at_the_end_at_the_latest() -> None:
    disk = MemoryDisk()
    archive = Archive.open(FOLDER, disk=disk)
    locator = archive.append_large(len(LARGE[0]), pieces(LARGE[0]))
    whole = disk.content(FOLDER / "packs" / f"{locator.pack}.pack")
    for at in range(locator.offset, locator.offset + locator.length, 97):
        whole[at] ^= 1
        with pytest.raises(ArchiveDamaged):
            b"".join(archive.chunks(locator))
        assert list(archive.fsck()) != []
        whole[at] ^= 1
    assert b"".join(archive.chunks(locator)) == LARGE[0]


def test_others_append_while_a_large_one_comes(tmp_path: Path) -> None:
    archive = Archive.open(tmp_path / "archive")
    reached, go = threading.Event(), threading.Event()
    found: list[Locator] = []

    def slow() -> Iterator[bytes]:
        yield LARGE[0][:1000]
        reached.set()
        assert go.wait(60)
        yield LARGE[0][1000:]

    thread = threading.Thread(target=lambda: found.append(archive.append_large(len(LARGE[0]), slow())))
    thread.start()
    assert reached.wait(60)
    small = archive.append(b"small")
    go.set()
    thread.join(60)
    after = archive.append(b"after")
    assert [archive.read(each) for each in (small, *found, after)] == [b"small", LARGE[0], b"after"]
    assert list(archive.fsck()) == []
    archive.close()


def test_the_memory_is_that_of_a_piece(tmp_path: Path) -> None:
    """96 MB in and out, compressible and not, and the check."""
    archive = Archive.open(tmp_path / "archive")
    block = os.urandom(1 << 20)
    tracemalloc.start()
    for kind in (block, bytes(1 << 20)):
        locator = archive.append_large(48 << 20, (kind for _ in range(48)))
        assert sum(map(len, archive.chunks(locator))) == 48 << 20
    assert list(archive.fsck()) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    archive.close()
    assert peak < 16 << 20
