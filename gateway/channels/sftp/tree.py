"""The tree a partner sees, ``/in`` and ``/out``, and which names can stand in it.

A path is taken apart by text alone and becomes one of two folders and a name; it never becomes, or helps to make, a
path of the operating system. ``..`` is resolved where it stays inside the tree (a person types ``cd ..``) and refused
where it would leave it: no honest client goes there. There is nothing to follow, since there are no links.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Literal

import msgspec

from gateway.channels.sftp.wire import Attributes, Name, Status

Folder = Literal["in", "out"]
FOLDERS: tuple[Folder, ...] = ("in", "out")
MAX_NAME = 255
"""Bytes of a name in UTF-8, as on every common file system."""
MAX_PATH = 4096

# Control, format (reading direction, zero width), surrogate, private and unassigned characters; line and paragraph
# separators. What looks empty or reversed on a screen misleads the person who reads it.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class Refusal(Exception):
    """A request that is not granted: the status to answer with, and a reason that says what to do instead."""

    def __init__(self, code: Status, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Place(msgspec.Struct, frozen=True):
    """Where a path leads: the root (no folder), a folder (no name), or a file in a folder."""

    folder: Folder | None = None
    name: str | None = None

    @property
    def path(self) -> str:
        """The one spelling of the path."""
        return "/" + "/".join(part for part in (self.folder, self.name) if part is not None)


def locate(path: bytes) -> Place:
    """The place a client's path leads to, seen from the root; raises :class:`Refusal`. Nothing says that it exists."""
    if len(path) > MAX_PATH:
        raise Refusal(Status.FAILURE, f"The path is longer than {MAX_PATH} bytes")
    try:
        text = path.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal(Status.FAILURE, "The path is not UTF-8: rename the file with plain characters") from None
    parts: list[str] = []
    for part in text.split("/"):
        if part == "..":
            if not parts:
                raise Refusal(Status.PERMISSION_DENIED, "The path leads out of your mailbox: there are /in and /out")
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    if not parts:
        return Place()
    folder = next((known for known in FOLDERS if known == parts[0]), None)
    if folder is None:
        raise Refusal(Status.NO_SUCH_FILE, "There are two folders here: put files into /in, collect them from /out")
    if len(parts) > 2:
        raise Refusal(Status.NO_SUCH_FILE, f"/{folder} has no folders in it: put the file there directly")
    return Place(folder, check_name(parts[1]) if len(parts) == 2 else None)


def check_name(name: str) -> str:
    """``name``, when a file can have it; raises :class:`Refusal` with the reason."""
    if len(name.encode()) > MAX_NAME:
        raise Refusal(Status.FAILURE, f"The name is longer than {MAX_NAME} bytes: give the file a shorter one")
    if "/" in name or "\\" in name or name in ("", ".", ".."):
        raise Refusal(Status.FAILURE, "The name is not a file's name: it has a separator, or dots only")
    if any(unicodedata.category(character) in _UNSEEN for character in name) or not name.strip():
        raise Refusal(Status.FAILURE, "The name has control or invisible characters: rename the file without them")
    return name


def folder_attributes(place: Place, at: datetime) -> Attributes:
    """The attributes of the root or of a folder."""
    return Attributes(permissions=0o40750 if place.folder else 0o40550, size=0, modified=_seconds(at))


def file_attributes(folder: Folder, size: int, at: datetime) -> Attributes:
    """The attributes of a file; those in ``/out`` cannot be written."""
    return Attributes(permissions=0o100640 if folder == "in" else 0o100440, size=size, modified=_seconds(at))


def line(name: str, attributes: Attributes, at: datetime) -> Name:
    """A line of a listing, with the ``ls -l`` form that some clients take apart; ``at`` is now."""
    permissions, modified = attributes.permissions or 0, datetime.fromtimestamp(attributes.modified or 0, at.tzinfo)
    kind = "d" if permissions & 0o40000 else "-"
    bits = "".join(flag if permissions >> 8 - place & 1 else "-" for place, flag in enumerate("rwxrwxrwx"))
    # ls shows the year instead of the time of day when the date is not of the last half year.
    recent = 0 <= (at - modified).days < 183
    clock = f"{modified:%H:%M}" if recent else f"{modified:%Y}"
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[modified.month - 1]
    date = f"{month} {modified.day:2d} {clock:>5}"
    long = f"{kind}{bits} {1:>4} {'gateway':<8} {'gateway':<8} {attributes.size or 0:>12} {date} {name}"
    return Name(name.encode(), long.encode(), attributes)


def _seconds(at: datetime) -> int:
    # §5 has 32 bits for a time.
    return min(max(int(at.timestamp()), 0), (1 << 32) - 1)
