"""The pack format: frozen vectors, an independent reader of the layout, and cuts at every byte."""

from __future__ import annotations

import json
import struct
import zlib
from hashlib import sha256
from pathlib import Path
from typing import TypedDict

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import Archive, ArchiveDamaged, ArchiveFault, Damage, Locator, MemoryDisk, pack

VECTORS = Path(__file__).parents[1] / "vectors" / "archive"
FOLDER = Path("/archive")
SALT = bytes(range(16))


class Vector(TypedDict):
    name: str
    note: str
    contents: list[str] | None
    damage: list[tuple[int, str]] | None
    newer: bool
    recovery: str | None


def vectors() -> list[Vector]:
    found: list[Vector] = json.loads((VECTORS / "packs.json").read_text("ascii"))
    return found


def disk_with(data: bytes) -> MemoryDisk:
    """A disk that holds one pack, durably."""
    disk = MemoryDisk()
    file = disk.create(FOLDER / "packs" / "00000001.pack")
    disk.write(file, 0, [memoryview(data)])
    disk.sync(file)
    disk.sync_folder(FOLDER / "packs")
    disk.close(file)
    return disk


def scanned(archive: Archive, name: str = "00000001") -> list[Locator]:
    return [item for item in archive.scan(name) if isinstance(item, Locator)]


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector["name"])
def test_vector(vector: Vector) -> None:
    data = (VECTORS / f"{vector['name']}.pack").read_bytes()
    reading = Archive.open(FOLDER, mode="read", disk=disk_with(data))
    if vector["newer"]:
        with pytest.raises(ArchiveFault, match="newer Sallyport"):
            list(reading.fsck())
        disk = disk_with(data)
        with pytest.raises(ArchiveFault, match="newer Sallyport"):
            Archive.open(FOLDER, disk=disk)
        assert disk.content(FOLDER / "packs" / "00000001.pack") == data, "what is newer is never touched"
        return
    assert vector["contents"] is not None and vector["damage"] is not None
    assert [locator.sha256 for locator in scanned(reading)] == vector["contents"]
    damage = list(reading.fsck())
    assert [found.offset for found in damage] == [offset for offset, _ in vector["damage"]]
    for found, (_, text) in zip(damage, vector["damage"], strict=True):
        assert text in found.text

    disk = disk_with(data)
    with_writer = Archive.open(FOLDER, disk=disk)
    recovery = with_writer.recovery
    if vector["recovery"] is None:
        assert recovery is None
    else:
        assert recovery and (recovery.kept_as is not None) == (vector["recovery"] == "kept")
        kept = disk.content(FOLDER / "packs" / recovery.kept_as) if recovery.kept_as else b""
        assert disk.content(FOLDER / "packs" / "00000001.pack") + kept == data, "no byte is lost by opening"
    locator = with_writer.append(b"and on it goes")
    assert with_writer.read(locator) == b"and on it goes"


def independent_reading(data: bytes) -> list[bytes]:
    """The contents of a sound pack, read from the table in the documentation and nothing else."""
    magic, version, zero, salt = struct.unpack_from(">8sHH16s", data)
    assert (magic, version, zero) == (b"\x8aSALLYPK", 1, 0)
    assert data[:32] == data[32:64]
    contents: list[bytes] = []
    at = 64
    while at < len(data):
        mark, version, flags, extension, body, size, digest, body_crc, crc = struct.unpack_from(
            ">4sBBHQQ32sII", data, at
        )
        assert (mark, version, extension) == (b"\x8aREC", 1, 0)
        assert zlib.crc32(salt + data[at : at + 60]) == crc
        stored = data[at + 64 : at + 64 + body]
        assert zlib.crc32(stored) == body_crc
        content = zstandard.decompress(stored) if flags & 1 else stored
        assert (len(content), sha256(content).digest()) == (size, digest)
        if flags & 128:
            seal = json.loads(content)
            assert seal == {"records": len(contents), "sha256": sha256(data[:at]).hexdigest()}
        else:
            contents.append(content)
        at += 64 + body
    return contents


def test_independent_reader_agrees_on_vectors() -> None:
    for name in ("whole", "sealed", "only-header"):
        data = (VECTORS / f"{name}.pack").read_bytes()
        archive = Archive.open(FOLDER, mode="read", disk=disk_with(data))
        assert independent_reading(data) == [archive.read(locator) for locator in scanned(archive)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=12), st.integers(200, 900))
def test_what_is_appended_is_read_by_both(contents: list[bytes], limit: int) -> None:
    disk = MemoryDisk()
    archive = Archive.open(FOLDER, disk=disk, pack_limit=limit)
    locators = [archive.append(content) for content in contents]
    assert [archive.read(locator) for locator in locators] == contents
    assert [locator for name in archive.packs() for locator in scanned(archive, name)] == locators
    packs = [bytes(disk.content(FOLDER / "packs" / f"{name}.pack")) for name in archive.packs()]
    assert [content for data in packs for content in independent_reading(data)] == contents
    assert list(archive.fsck()) == []
    assert list(archive.verify(locators)) == []


def small_pack() -> bytes:
    records = [pack.encode(content) for content in (b"UNA:+.? '" * 20, b"", bytes(range(40)))]
    return pack.file_header(SALT) + b"".join(record.head(SALT) + record.body for record in records)


def test_cut_at_every_byte() -> None:
    """However a pack is cut off, every whole record stays, the rest is kept aside, and appending goes on."""
    data = small_pack()
    whole = scanned(Archive.open(FOLDER, mode="read", disk=disk_with(data)))
    for length in range(len(data) + 1):
        disk = disk_with(data[:length])
        assert list(Archive.open(FOLDER, mode="read", disk=disk).fsck()) == [], "a torn tail is no damage"
        archive = Archive.open(FOLDER, disk=disk)
        expected = [locator for locator in whole if locator.offset + locator.length <= length]
        end = max([64, *(locator.offset + locator.length for locator in expected)])
        assert scanned(archive) == expected
        if length > end:
            assert archive.recovery and archive.recovery.kept_as
            assert disk.content(FOLDER / "packs" / archive.recovery.kept_as) == data[end:length]
        else:
            assert archive.recovery is None
        added = archive.append(b"next")
        assert added.offset == end
        archive.close()
        again = Archive.open(FOLDER, disk=disk.after_power_cut())
        assert scanned(again) == [*expected, added]
        assert list(again.fsck()) == []


def test_every_flipped_byte_is_detected_and_named() -> None:
    archive = Archive.open(FOLDER, disk=(disk := MemoryDisk()), salt=lambda n: SALT[:n])
    locators = archive.append_all([b"UNA:+.? '" * 20, b"", bytes(range(40))])
    current = archive._pack
    assert current
    archive._seal(current)
    content = disk.content(FOLDER / "packs" / "00000001.pack")
    for at in range(len(content)):
        content[at] ^= 0x40
        damage = list(archive.fsck())
        assert damage, f"byte {at}"
        assert damage[0].offset <= at < max(damage[0].offset + damage[0].length, len(content)), f"byte {at}"
        good = [locator for locator in locators if not locator.offset <= at < locator.offset + locator.length]
        assert list(archive.verify(good)) == []
        # A content is read as long as it has its hash; a flipped checksum of its header alone does not take it away.
        assert {found.sha256 for found in archive.verify(locators)} <= {locator.sha256 for locator in locators} - {
            locator.sha256 for locator in good
        }
        content[at] ^= 0x40
    assert list(archive.fsck()) == []


def test_reading_what_a_newer_version_wrote() -> None:
    """It is no damage, and is said to be what it is; the same bytes without a right checksum are damage."""
    data = (VECTORS / "newer-flag.pack").read_bytes()
    whole = scanned(Archive.open(FOLDER, mode="read", disk=disk_with((VECTORS / "whole.pack").read_bytes())))
    offset = whole[0].offset + whole[0].length
    locator = Locator(whole[2].sha256, whole[2].size, "00000001", offset, len(data) - offset)
    with pytest.raises(ArchiveFault, match="needs a newer Sallyport") as newer:
        Archive.open(FOLDER, mode="read", disk=disk_with(data)).read(locator)
    assert not isinstance(newer.value, ArchiveDamaged)
    changed = bytearray(data)
    changed[offset + 4] ^= 2
    with pytest.raises(ArchiveDamaged, match="wrong checksum"):
        Archive.open(FOLDER, mode="read", disk=disk_with(bytes(changed))).read(locator)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ("another place", "no record begins here"),
        ("shorter", "bytes and"),
        ("another content", "another content lies there"),
        ("another size", "another content lies there"),
        ("another pack", "the pack is missing"),
    ],
)
def test_wrong_locator(change: str, text: str) -> None:
    archive = Archive.open(FOLDER, disk=MemoryDisk())
    first, second = archive.append_all([b"first content", b"other content"])
    wrong = {
        "another place": Locator(first.sha256, first.size, first.pack, first.offset + 1, first.length),
        "shorter": Locator(first.sha256, first.size, first.pack, first.offset, first.length - 1),
        "another content": Locator(first.sha256, first.size, first.pack, second.offset, second.length),
        "another size": Locator(first.sha256, first.size + 1, first.pack, first.offset, first.length),
        "another pack": Locator(first.sha256, first.size, "00000007", first.offset, first.length),
    }[change]
    (damage,) = archive.verify([first, wrong, second])
    assert isinstance(damage, Damage)
    assert text in damage.text and "Restore" in damage.text


def test_a_changed_frame_cannot_fill_the_memory() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(1 << 30))
    header = pack.Header(pack.ZSTD, 0, len(bomb), 100, bytes(32), zlib.crc32(bomb))
    record = pack.Record(header, bomb)
    with pytest.raises(pack.Unreadable, match="1073741824"):
        pack.decode(record.head(SALT) + bomb)
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(1 << 20))
    record = pack.Record(pack.Header(pack.ZSTD, 0, len(unsized), 100, bytes(32), zlib.crc32(unsized)), unsized)
    with pytest.raises(pack.Unreadable):
        pack.decode(record.head(SALT) + unsized)
