"""Reading the packs of a folder: contents by their place, and checks that look at every byte.

A record never moves or changes once its locator is known, so reading needs no lock and no word from the writer, and any
process may do it while another one appends. Paths are made here only, from pack names of digits: nothing that a partner
sent ever becomes a path.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from archive import pack
from archive.disk import Disk, read_exactly
from archive.fault import ArchiveDamaged, ArchiveFault, Damage
from archive.locator import Locator

CHUNK = 1 << 20

_PACK_FILE = re.compile(r"([0-9]{8})\.pack")


class Reader:
    """The packs below ``folder``, for reading; thread-safe, holds nothing open between calls."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._disk = disk
        self._folder = folder / "packs"

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.pack"

    def packs(self) -> list[str]:
        """Names of all packs, oldest first."""
        try:
            names = self._disk.names(self._folder)
        except FileNotFoundError:
            return []
        return sorted(match[1] for name in names if (match := _PACK_FILE.fullmatch(name)))

    def read(self, locator: Locator) -> bytes:
        """The content, which has the locator's SHA-256; :class:`ArchiveDamaged` when that cannot be had."""
        try:
            file = self._disk.open(self._path(locator.pack))
            try:
                record = read_exactly(self._disk, file, locator.offset, locator.length)
                content = _decoded(record, partial(read_exactly, self._disk, file))
            finally:
                self._disk.close(file)
            found = pack.read_header(record).sha256.hex()
        except FileNotFoundError:
            raise _damaged(locator, "the pack is missing") from None
        except OSError as error:
            raise _damaged(locator, f"the disk cannot read it: {error}") from error
        except pack.Unreadable as error:
            raise _damaged(locator, str(error)) from error
        except pack.Newer as error:
            raise _newer(locator.pack, error) from error
        if found != locator.sha256 or len(content) != locator.size:
            raise _damaged(locator, f"another content lies there, {found}")
        return content

    def chunks(self, locator: Locator) -> Iterator[bytes]:
        """The content in pieces, in constant memory; :class:`ArchiveDamaged` at its end at the latest.

        What was given out before that is not to be trusted: the check needs the last byte.
        """
        try:
            file = self._disk.open(self._path(locator.pack))
            try:
                read = partial(read_exactly, self._disk, file)
                header = pack.read_header(read(locator.offset, pack.HEADER_LENGTH))
                if header.sha256.hex() != locator.sha256 or header.size != locator.size:
                    raise pack.Unreadable(f"another content lies there, {header.sha256.hex()}")
                yield from pack.pieces(read, locator.offset, header)
            finally:
                self._disk.close(file)
        except FileNotFoundError:
            raise _damaged(locator, "the pack is missing") from None
        except OSError as error:
            raise _damaged(locator, f"the disk cannot read it: {error}") from error
        except pack.Unreadable as error:
            raise _damaged(locator, str(error)) from error
        except pack.Newer as error:
            raise _newer(locator.pack, error) from error

    def verify(self, locators: Iterable[Locator]) -> Iterator[Damage]:
        """The damage among these contents: each is read and hashed. Fastest in the order of packs and offsets."""
        for locator in locators:
            try:
                self.read(locator)
            except ArchiveDamaged as error:
                yield Damage(
                    pack=locator.pack,
                    offset=locator.offset,
                    length=locator.length,
                    sha256=locator.sha256,
                    text=str(error),
                )

    def scan(self, name: str) -> Iterator[Locator | Damage]:
        """Every content of a pack in its order, and what is damaged there; contents are found, not hashed.

        What a writer is in the midst of appending, or a crash left of it, is neither: nobody was told it is stored.
        """
        return self._scan(name, hashed=False)

    def fsck(self) -> Iterator[Damage]:
        """All damage in all packs: every byte is read, every content hashed, every seal compared.

        Whether something is missing at the end of the newest pack only its locators can tell: see :meth:`verify`.
        """
        names = self.packs()
        for number in range(1, int(names[-1]) + 1 if names else 1):
            name = pack_name(number)
            if name not in names:
                yield Damage(pack=name, offset=0, length=0, text="The pack is missing. Restore it from a copy")
                continue
            for item in self._scan(name, hashed=True):
                if isinstance(item, Damage):
                    yield item

    def _scan(self, name: str, *, hashed: bool) -> Iterator[Locator | Damage]:
        # Asked before the size is taken: a pack that is finished by then can have no unfinished tail.
        newest = self.packs()[-1:] == [name]
        try:
            file = self._disk.open(self._path(name))
            try:
                yield from _examine(name, _Snapshot(self._disk, file), newest=newest, hashed=hashed)
            finally:
                self._disk.close(file)
        except OSError as error:
            yield Damage(
                pack=name, offset=0, length=0, text=f"The disk cannot read it: {error}. Restore it from a copy"
            )
        except pack.Newer as error:
            raise _newer(name, error) from error


def _decoded(record: bytes, read: Callable[[int, int], bytes]) -> bytes:
    """The content of a record. Damage may look like a newer version; only a whole header is believed that it is one."""
    try:
        return pack.decode(record)
    except pack.Newer:
        pack.read_header(record, pack.read_file_header(read(0, pack.FILE_HEADER_LENGTH)))
        raise


class _Snapshot:
    """An open pack as long as it is now; what a writer appends meanwhile is not seen."""

    def __init__(self, disk: Disk, file: int) -> None:
        self._disk = disk
        self._file = file
        self.size = disk.size(file)

    def read(self, offset: int, length: int) -> bytes:
        return read_exactly(self._disk, self._file, offset, max(0, min(length, self.size - offset)))


def _examine(name: str, snapshot: _Snapshot, *, newest: bool, hashed: bool) -> Iterator[Locator | Damage]:
    def damage(offset: int, length: int, text: str, sha256: str = "") -> Damage:
        return Damage(pack=name, offset=offset, length=length, text=text, sha256=sha256)

    head = snapshot.read(0, pack.FILE_HEADER_LENGTH)
    if newest and snapshot.size < pack.FILE_HEADER_LENGTH:
        return  # Its creation was interrupted, or is going on.
    try:
        salt = pack.read_file_header(head)
    except pack.Unreadable as error:
        if snapshot.size > pack.FILE_HEADER_LENGTH or not newest:
            yield damage(0, snapshot.size, f"This is not a pack: {error}")
        return
    if head != pack.file_header(salt):
        yield damage(0, len(head), "One of the two copies of the file header is damaged")
    records, whole, sealed = 0, True, False
    for item in pack.walk(snapshot.read, snapshot.size, salt):
        if sealed:
            yield damage(item.offset, snapshot.size - item.offset, "Something follows the seal of the pack")
            return
        if isinstance(item, pack.Gap):
            whole = False
            if not (item.unfinished and newest):
                yield damage(item.offset, item.length, f"No record is readable here: {item.text}")
            continue
        header, sha256 = item.header, item.header.sha256.hex()
        if header.seal:
            sealed = True
            if text := _seal_fault(snapshot, item, records):
                yield damage(item.offset, header.length, text)
            continue
        records += 1
        if hashed:
            try:
                for _ in pack.pieces(snapshot.read, item.offset, header):
                    pass
            except pack.Unreadable as error:
                yield damage(item.offset, header.length, f"The content is damaged: {error}", sha256)
        yield Locator(sha256=sha256, size=header.size, pack=name, offset=item.offset, length=header.length)
    if whole and not sealed and not newest:
        yield damage(snapshot.size, 0, "The pack was not the last one and has no seal: its end is missing")


def _seal_fault(snapshot: _Snapshot, found: pack.Found, records: int) -> str | None:
    """What a seal says that is not so."""
    try:
        seal = pack.read_seal(snapshot.read(found.offset, found.header.length))
    except pack.Unreadable as error:
        return f"The seal is damaged: {error}"
    if seal.records != records:
        return f"The seal counts {seal.records} records and {records} are readable"
    if seal.sha256 != digest_of(snapshot.read, found.offset).hexdigest():
        return "The pack does not have the SHA-256 that its seal states"
    return None


def pack_name(number: int) -> str:
    """``00000001`` for 1: names sort as their numbers do."""
    return f"{number:08d}"


def digest_of(read: Callable[[int, int], bytes], end: int) -> hashlib._Hash:
    """SHA-256 over the first ``end`` bytes of a pack, to be continued or finished."""
    digest = hashlib.sha256()
    for offset in range(0, end, CHUNK):
        digest.update(read(offset, min(CHUNK, end - offset)))
    return digest


def _damaged(locator: Locator, reason: str) -> ArchiveDamaged:
    return ArchiveDamaged(
        f"Content {locator.sha256} is damaged (pack {locator.pack}, offset {locator.offset}): {reason}. "
        "Restore the pack from a copy"
    )


def _newer(name: str, error: pack.Newer) -> ArchiveFault:
    return ArchiveFault(f"Pack {name} needs a newer Sallyport: {error}")
