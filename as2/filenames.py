r"""File names that partners state and that we state: words for people, never paths.

A name comes in the Content-Disposition of the payload (draft-harding-ediint-filename-preservation) or, from older
products, as ``name`` in its Content-Type. It comes in quotes, in doubled quotes, without quotes, percent-encoded with
its charset (RFC 2231, RFC 6266), or as UTF-8 bytes as they are. Whatever it is, :func:`safe_filename` leaves of it
what can be shown and written on any system: the last component of a path, without drive, control and direction
characters, not reserved, not hidden. Storage never uses even that; it names its files itself.
"""

from __future__ import annotations

import re
import unicodedata

from as2.fault import Unreadable, Unwritable
from as2.headers import Headers, parse_parameters, quoted
from as2.tolerance import Tolerated

FILENAME_LIMIT = 255
"""Bytes in UTF-8, as most file systems have it."""

_FORBIDDEN = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?:\s*\..*)?", re.IGNORECASE)
_UNENCODED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`|~")


def stated_filename(headers: Headers, tolerated: Tolerated | None = None) -> str | None:
    """The file name as the partner states it, decoded but not made safe; ``None`` when there is none to be read.

    A Content-Disposition that cannot be read is no reason to refuse a message; a malformed Content-Type is.
    """
    name: str | None = None
    disposition = headers.get("Content-Disposition")
    if disposition is not None:
        try:
            name = parse_parameters("Content-Disposition", disposition, tolerated)[1].get("filename")
        except Unreadable:
            if tolerated is not None:
                tolerated.add("filename-unreadable")
    if not name:
        content_type = headers.content_type()
        name = content_type.parameters.get("name") if content_type else None
    if not name:
        return None
    if len(name) > 2 and name.startswith('"') and name.endswith('"'):
        if tolerated is not None:
            tolerated.add("doubled-quotes")
        name = name[1:-1]
    return _in_utf8(name)


def safe_filename(name: str) -> str | None:
    r"""What may be shown of ``name`` as a file name, ``None`` when nothing is left; a legal name stays as it is.

    ``..\..\etc/passwd`` is ``passwd``; ``C:\out\a.edi`` is ``a.edi``; ``NUL.txt`` is ``_NUL.txt``.
    """
    # Category C: controls, direction marks and other invisible formats, surrogates, private use, unassigned.
    kinds = [(character, unicodedata.category(character)) for character in name]
    visible = "".join(
        " " if kind == "Zs" else character for character, kind in kinds if kind[0] != "C" and kind not in ("Zl", "Zp")
    )
    visible = unicodedata.normalize("NFC", visible)
    component = re.split(r"[/\\]", visible)[-1]
    component = re.sub(r"^[A-Za-z]:", "", component)
    component = _FORBIDDEN.sub("_", component).lstrip(". ").rstrip(". ")
    if not component:
        return None
    if _RESERVED.fullmatch(component):
        component = "_" + component
    return _shortened(component)


def write_disposition(filename: str, disposition: str = "attachment") -> str:
    """The Content-Disposition value with this file name: quoted, and in UTF-8 as well where it is not ASCII (RFC 6266).

    :class:`Unwritable` for a name that is not legal, for the partner would have to change it.
    """
    if safe_filename(filename) != filename:
        raise Unwritable("filename-unwritable", f"{filename[:200]!r} is not the name of a file on every system.")
    if filename.isascii():
        return f"{disposition}; filename={quoted(filename)}"
    encoded = "".join(chr(b) if b in _UNENCODED else f"%{b:02X}" for b in filename.encode())
    plain = "".join(c if c.isascii() else "_" for c in filename)
    return f"{disposition}; filename={quoted(plain)}; filename*=UTF-8''{encoded}"


def _in_utf8(name: str) -> str:
    """Text that came as bytes in a header, read as UTF-8 if it is that."""
    try:
        return name.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return name


def _shortened(name: str) -> str:
    """At most :data:`FILENAME_LIMIT` bytes; a short extension is kept."""
    if len(name.encode()) <= FILENAME_LIMIT:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > 16:
        stem, dot, extension = name, "", ""
    room = FILENAME_LIMIT - len((dot + extension).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + dot + extension
