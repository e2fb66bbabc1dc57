"""Guides from other people's tables: files and folders in, version files of ours out.

What a file is, its content says: each :class:`Importer` picks the files that are its own and reads them; it is given
bytes and gives an :class:`translators.imported.Imported`. All the rest is here: zips, the zips inside them, folders,
and the writing. A folder of sixty zips is read one after the other, so that they need not be in memory together; what
makes no version by itself (a directory published as one zip for each of its parts) is read together in the end.

A version file replaces another in one step: whoever reads meanwhile gets the old one or the new one.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from gateway.durable_file import write_durably
from gateway.version_files import COMPRESSED, PLAIN, compressed, packed, unpacked
from translators.bots_grammar import import_bots
from translators.code_names import CodeNames, read_code_names, write_code_names
from translators.dictionary import GuideError, check_directory, read_directory
from translators.imported import Imported, write_version
from translators.sef import import_sef
from translators.shelf import CODE_NAMES
from translators.untdid import import_directory, releases

LAYERS = "layers"
"""The folder of what an imported guideline changes in its standard."""

LARGEST = 512 << 20
"""Bytes that one file or zip may hold; a UN/EDIFACT directory has some 15 million."""

DEEPEST = 4
"""Zips in zips; UNECE's go two deep."""


class Importer(NamedTuple):
    """One form of other people's tables."""

    title: str
    pick: Callable[[Mapping[str, bytes]], dict[str, dict[str, bytes]]]
    """The files that are of this form, those of one version together, under any key."""
    read: Callable[[Mapping[str, bytes]], Imported]


def _sef_files(files: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    own = {name: data for name, data in files.items() if b".SETS" in data and b".SEGS" in data}
    return {"sef": own} if own else {}


def _bots_files(files: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    own = {
        name: data
        for name, data in files.items()
        if name.endswith(".py") and (b"structure" in data or b"recorddefs" in data)
    }
    return {"bots": own} if own else {}


IMPORTERS = (
    Importer("UN/EDIFACT directory as UNECE publishes it", releases, import_directory),
    Importer("SEF", _sef_files, import_sef),
    Importer("Bots grammar", _bots_files, import_bots),
)


def is_name(text: str) -> bool:
    """Whether a version may be called so: it becomes the name of a file."""
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}", text) is not None


class Found(NamedTuple):
    """A version that was read, or why one could not be."""

    source: str
    title: str
    imported: Imported | None
    fault: str = ""


def read_guides(path: Path, passed: list[str]) -> Iterator[Found]:
    """Every version in the file or folder at ``path``; ``passed`` is told what could not be opened. ``OSError``."""
    entries = sorted(path.iterdir()) if path.is_dir() else [path]
    left: dict[str, bytes] = {}
    for entry in entries:
        if entry != path and not entry.is_dir() and not entry.name.lower().endswith(".zip"):
            left |= _files(entry, passed)
            continue
        for importer, files in _picked(_files(entry, passed)):
            try:
                yield Found(entry.name, importer.title, importer.read(files))
            except GuideError as error:
                if path == entry:
                    yield Found(entry.name, importer.title, None, str(error))
                left |= files
    if path not in entries:
        for importer, files in _picked(left):
            try:
                yield Found(path.name, importer.title, importer.read(files))
            except GuideError as error:
                yield Found(path.name, importer.title, None, str(error))


def _picked(files: Mapping[str, bytes]) -> Iterator[tuple[Importer, dict[str, bytes]]]:
    for importer in IMPORTERS:
        for _, own in sorted(importer.pick(files).items()):
            yield importer, own


def _files(path: Path, passed: list[str]) -> dict[str, bytes]:
    """Base name → bytes of the file at ``path``, or of all that is in the zip or folder there."""
    found: dict[str, bytes] = {}
    paths = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    for each in paths:
        if each.stat().st_size > LARGEST:
            passed.append(f"{each.name}: it has more than {LARGEST >> 20} MiB")
            continue
        _take(each.name, each.read_bytes(), found, passed, 0)
    return found


def _take(name: str, data: bytes, found: dict[str, bytes], passed: list[str], depth: int) -> None:
    base = name.rpartition("/")[2]
    if base.startswith("._"):
        return  # What macOS keeps beside each file: no content.
    if not base.lower().endswith(".zip"):
        if found.setdefault(base, data) != data:
            passed.append(f"{name}: another file of that name was read before it")
        return
    if depth == DEEPEST:
        passed.append(f"{name}: a zip in more than {DEEPEST} others")
        return
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as error:
        passed.append(f"{name}: {error}")
        return
    for member in archive.infolist():
        if member.is_dir():
            continue
        if sum(map(len, found.values())) + member.file_size > LARGEST:
            passed.append(f"{member.filename}: with it there would be more than {LARGEST >> 20} MiB")
            continue
        try:
            content = archive.read(member)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            # One damaged member is no reason to do without the others. RuntimeError: it asks for a password.
            passed.append(f"{member.filename}: {error}")
            continue
        _take(member.filename, content, found, passed, depth + 1)


class Written(NamedTuple):
    """What an import put into a folder of guides."""

    name: str
    """``edifact/D.96A``"""
    files: list[str]
    """Relative to the folder; the version file is the first."""
    bytes: int


class AlreadyThere(Exception):
    """There is such a version file, and it was not asked to be replaced."""


def write_guides(folder: Path, imported: Imported, version: str = "", *, replace: bool = False) -> Written:
    """Puts a version with its layers and the names of its codes into ``folder``, under another name if one is given.

    Raises :class:`AlreadyThere`, :class:`GuideError` when what was imported does not hold together, and ``OSError``.
    """
    name = f"{imported.standard}/{version or imported.version}"
    old = [suffix for suffix in (PLAIN, COMPRESSED) if (folder / f"{name}{suffix}").exists()]
    if old and not replace:
        raise AlreadyThere(f"{name}{old[0]}")
    directory = read_directory(name, imported.data)
    check_directory(name, directory)
    data = imported.data
    if version:
        data = write_version(msgspec.structs.replace(directory, version=version), {})
    layers = {
        f"{LAYERS}/{name}/{guide.rpartition('/')[2]}{PLAIN}": _for_guide(layer, f"{name}/{guide.rpartition('/')[2]}")
        for guide, layer in imported.layers.items()
    }
    file = f"{name}{COMPRESSED}"
    content = packed(data)
    if imported.names:
        _add_names(folder, imported.standard, version or imported.version, imported.names)
    for each, layer in layers.items():
        _put(folder / each, layer)
    _put(folder / file, content)
    if PLAIN in old:
        (folder / f"{name}{PLAIN}").unlink()
    return Written(name, [file, *layers], len(content))


def _for_guide(layer: bytes, guide: str) -> bytes:
    return msgspec.json.format(msgspec.json.encode({**msgspec.json.decode(layer), "guide": guide}), indent=1) + b"\n"


def _add_names(folder: Path, standard: str, version: str, names: Mapping[str, Mapping[str, str]]) -> None:
    file = folder / CODE_NAMES / f"{standard}{COMPRESSED}"
    known = CodeNames(standard)
    if file.exists():
        known = read_code_names(file.name, unpacked(file.name, file.read_bytes()))
    known.add(version, names)
    _put(file, compressed(write_code_names(known)))


def _put(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    write_durably(file, content)
