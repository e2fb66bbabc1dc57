"""Every disk call failing once, and the power going between any two: what was acknowledged stays."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from hashlib import shake_256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import Archive, ArchiveFailed, ArchiveFault, ArchiveFull, Disk, Locator, MemoryDisk

FOLDER = Path("/archive")
LIMIT = 1_500
CONTENTS = [shake_256(bytes([number])).digest(200 + 37 * number) for number in range(9)]


class PowerCut(BaseException):
    """The machine is gone; nothing may catch this and go on."""


class FaultyDisk:
    """Passes calls to a disk until the call of a given number, which it fails in a given way."""

    def __init__(self, disk: MemoryDisk, at: int, how: str) -> None:
        self.disk = disk
        self.calls: list[str] = []
        self._at = at
        self._how = how

    def _fails(self, name: str) -> bool:
        self.calls.append(name)
        if len(self.calls) - 1 != self._at:
            return False
        if self._how == "power":
            raise PowerCut
        if self._how != "short":
            raise OSError(getattr(errno, self._how), f"planted at call {self._at}, {name}")
        return True

    def make_folder(self, folder: Path) -> None:
        self._fails("make_folder")
        self.disk.make_folder(folder)

    def lock(self, path: Path) -> int | None:
        self._fails("lock")
        return self.disk.lock(path)

    def names(self, folder: Path) -> list[str]:
        self._fails("names")
        return self.disk.names(folder)

    def create(self, path: Path) -> int:
        self._fails("create")
        return self.disk.create(path)

    def open(self, path: Path, *, write: bool = False) -> int:
        self._fails("open")
        return self.disk.open(path, write=write)

    def close(self, file: int) -> None:
        self.disk.close(file)
        self._fails("close")

    def size(self, file: int) -> int:
        self._fails("size")
        return self.disk.size(file)

    def read(self, file: int, offset: int, length: int) -> bytes:
        return self.disk.read(file, offset, length // 2 + 1 if self._fails("read") else length)

    def write(self, file: int, offset: int, buffers: Sequence[memoryview]) -> int:
        data = b"".join(buffers)
        half = memoryview(data[: len(data) // 2 + 1])
        try:
            short = self._fails("write")
        except OSError:
            # A write that fails may have come half-way, as on a full disk.
            self.disk.write(file, offset, [half])
            raise
        return self.disk.write(file, offset, [half] if short else buffers)

    def sync(self, file: int) -> None:
        self._fails("sync")
        self.disk.sync(file)

    def sync_folder(self, folder: Path) -> None:
        self._fails("sync_folder")
        self.disk.sync_folder(folder)

    def cut(self, file: int, size: int) -> None:
        self._fails("cut")
        self.disk.cut(file, size)

    def remove(self, path: Path) -> None:
        self._fails("remove")
        self.disk.remove(path)

    def rename(self, path: Path, name: Path) -> None:
        self._fails("rename")
        self.disk.rename(path, name)


def seam(disk: FaultyDisk) -> Disk:
    """The planted disk fills the seam; this line is where the type checker says so."""
    return disk


class Run:
    """Appends to an archive until something stops it, and remembers what was acknowledged."""

    def __init__(self) -> None:
        self.acknowledged: dict[Locator, bytes] = {}
        self.faults: list[ArchiveFault] = []

    def go(self, disk: Disk, contents: Sequence[bytes]) -> None:
        try:
            archive = Archive.open(FOLDER, disk=disk, pack_limit=LIMIT, salt=bytes)
        except ArchiveFault as fault:
            self.faults.append(fault)
            return
        for number, content in enumerate(contents):
            group = [content] if number % 3 else [content, b"second of its group" + content]
            try:
                locators = archive.append_all(group)
            except ArchiveFault as fault:
                self.faults.append(fault)
            else:
                self.acknowledged |= dict(zip(locators, group, strict=True))
        archive.close()

    def judge(self, disk: MemoryDisk) -> Archive:
        """After a restart everything acknowledged is there, the check finds no damage, and appending works."""
        before = Archive.open(FOLDER, mode="read", disk=disk)
        assert list(before.verify(self.acknowledged)) == []
        archive = Archive.open(FOLDER, disk=disk, pack_limit=LIMIT)
        for locator, content in self.acknowledged.items():
            assert archive.read(locator) == content
        assert list(archive.fsck()) == []
        more = archive.append(b"after the restart")
        assert archive.read(more) == b"after the restart"
        assert list(archive.verify(self.acknowledged)) == []
        return archive


def counted() -> list[str]:
    """The calls of an undisturbed run, over a first and a second opening."""
    disk = FaultyDisk(MemoryDisk(), -1, "")
    run = Run()
    run.go(seam(disk), CONTENTS[:5])
    run.go(seam(disk), CONTENTS[5:])
    assert len(run.acknowledged) == 13 and not run.faults
    return disk.calls


CALLS = counted()


def test_the_run_makes_every_kind_of_call() -> None:
    expected = {
        "make_folder",
        "lock",
        "names",
        "create",
        "open",
        "close",
        "size",
        "read",
        "write",
        "sync",
        "sync_folder",
    }
    assert set(CALLS) == expected
    assert CALLS.count("create") >= 3


@pytest.mark.parametrize("how", ["EIO", "ENOSPC", "short"])
def test_every_call_fails_once(how: str) -> None:
    for at, call in enumerate(CALLS):
        if how == "short" and call not in ("read", "write"):
            continue
        memory = MemoryDisk()
        run = Run()
        disk = FaultyDisk(memory, at, how)
        run.go(seam(disk), CONTENTS[:5])
        run.go(seam(disk), CONTENTS[5:])
        if how == "short" or call == "close":
            assert not run.faults and len(run.acknowledged) == 13, f"{call} at {at} is no failure"
        else:
            assert run.faults, f"{call} at {at} went unnoticed"
            assert f"planted at call {at}" in str(run.faults[0])
        if call in ("sync", "sync_folder") and len(disk.calls) > at and isinstance(run.faults[0], ArchiveFailed):
            # Final: whatever was asked afterwards in that process was refused with the same reason.
            assert all(f"planted at call {at}" in str(fault) for fault in run.faults)
        if how == "ENOSPC" and call == "write" and isinstance(run.faults[0], ArchiveFull):
            assert len(run.faults) == 1, "a full disk is not final"
        # The process starts again on the same machine; then, in another history, the machine loses its power.
        for found in (memory.after_power_cut(), memory.after_power_cut(lambda synced, written: written)):
            run.judge(found)


def test_a_failed_sync_is_final() -> None:
    memory = MemoryDisk()
    disk = FaultyDisk(memory, -1, "EIO")
    archive = Archive.open(FOLDER, disk=seam(disk))
    first = archive.append(b"first")
    disk._at = len(disk.calls) + 1  # The write passes, its sync fails.
    with pytest.raises(ArchiveFailed, match="until the program starts again"):
        archive.append(b"lost")
    with pytest.raises(ArchiveFailed, match="planted"):
        archive.append(b"refused although the disk works again")
    assert archive.read(first) == b"first", "reading goes on"
    archive.close()


def test_a_full_disk_leaves_the_archive_as_it_was() -> None:
    memory = MemoryDisk()
    disk = FaultyDisk(memory, -1, "ENOSPC")
    archive = Archive.open(FOLDER, disk=seam(disk))
    first = archive.append(b"first")
    disk._at = len(disk.calls)
    with pytest.raises(ArchiveFull, match="Make room"):
        archive.append(b"no room for this")
    second = archive.append(b"second")
    assert second.offset == first.offset + first.length
    assert [archive.read(first), archive.read(second)] == [b"first", b"second"]
    archive.close()


def torn(part: float) -> Callable[[bytes, bytes], bytes]:
    """A disk that kept a part of what was written after the last sync."""

    def survivor(synced: bytes, written: bytes) -> bytes:
        if written[: len(synced)] != synced:
            return synced
        return written[: len(synced) + int((len(written) - len(synced)) * part)]

    return survivor


@pytest.mark.parametrize("part", [0.0, 0.37, 0.9, 1.0])
def test_the_power_goes_before_every_call(part: float) -> None:
    for at in range(len(CALLS)):
        memory = MemoryDisk()
        run = Run()
        disk = FaultyDisk(memory, at, "power")
        with pytest.raises(PowerCut):
            run.go(seam(disk), CONTENTS[:5])
            run.go(seam(disk), CONTENTS[5:])
        found = memory.after_power_cut(torn(part))
        run.judge(found)
        # And a second cut, right after the archive recovered and went on.
        run.judge(found.after_power_cut(torn(part)))


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_sectors_survive_at_random(data: st.DataObject) -> None:
    """After a cut any sector of what was not synced may be there or be zero: acknowledged content never suffers."""
    at = data.draw(st.integers(0, len(CALLS) - 1))
    memory = MemoryDisk()
    run = Run()
    disk = FaultyDisk(memory, at, "power")
    with pytest.raises(PowerCut):
        run.go(seam(disk), CONTENTS[:5])
        run.go(seam(disk), CONTENTS[5:])

    def survivor(synced: bytes, written: bytes) -> bytes:
        end = data.draw(st.integers(len(synced), max(len(synced), len(written))))
        found = bytearray(synced)
        for sector in range(len(synced), end, 512):
            kept = data.draw(st.booleans())
            found += written[sector : min(sector + 512, end)] if kept else bytes(min(512, end - sector))
        return bytes(found)

    found = memory.after_power_cut(survivor)
    archive = Archive.open(FOLDER, disk=found, pack_limit=LIMIT)
    assert {locator: archive.read(locator) for locator in run.acknowledged} == run.acknowledged
    # Whole records behind a hole may be there; then a check rightly says that the hole is not readable, and no more.
    assert not {damage.sha256 for damage in archive.fsck()} - {""}
    added = archive.append(b"on")
    assert archive.read(added) == b"on"
