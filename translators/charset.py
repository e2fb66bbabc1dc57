"""Character sets: what UNB 0001 and 0133 name, which bytes each allows, and how text is decoded and encoded.

All delimiters are single ASCII bytes, so a file is cut on bytes and decoded afterwards; only character sets that keep
ASCII where it is can be read at all. The order of decision is: the partner's profile, 0133, 0001.

UNOA and UNOB carry no letters beyond ASCII, yet partners send them. They are read as ISO 8859-1, which loses nothing,
and every element with such a character gets a warning; what they really meant is for the partner's profile to say.
"""

from __future__ import annotations

import codecs
import re
import string
from functools import lru_cache

import msgspec

_PRINTABLE = bytes(range(0x20, 0x7F))
_HIGH = bytes(range(0x80, 0x100))
_ABOVE_ASCII = re.compile(rb"[\x80-\xff]")
_ABOVE_ISO_8859 = re.compile(rb"[\x80-\x9f]")
_UNOA = (string.ascii_uppercase + string.digits + " .,-()/='+:?!\"%&*;<>").encode("ascii")
_UNOB = _UNOA + string.ascii_lowercase.encode("ascii")

_CODECS = {
    "UNOA": "iso8859_1",
    "UNOB": "iso8859_1",
    "UNOC": "iso8859_1",
    "UNOD": "iso8859_2",
    "UNOE": "iso8859_5",
    "UNOF": "iso8859_7",
    "UNOG": "iso8859_3",
    "UNOH": "iso8859_4",
    "UNOI": "iso8859_6",
    "UNOJ": "iso8859_8",
    "UNOK": "iso8859_9",
    "UNOL": "iso8859_15",
    "UNOW": "utf_8",
    "UNOY": "utf_8",
}
_ENCODINGS = {"1": "iso8859_1", "2": "iso8859_1", "4": "cp850", "7": "utf_8"}
"""0133, as far as its encodings keep ASCII where it is: 3 is EBCDIC, 5, 6 and 8 are of two and four bytes."""


class Charset(msgspec.Struct, frozen=True, kw_only=True):
    """A repertoire and its encoding."""

    name: str
    codec: str
    """A Python codec name."""
    plain: bytes
    """The bytes that mean one allowed, printable character each, wherever they stand."""
    repertoire: str = ""
    """Set when the repertoire is narrower than the encoding: ``UNOA`` or ``UNOB``."""

    @property
    def single_byte(self) -> bool:
        """Whether a byte that is not plain is wrong by itself; in UTF-8 it may be part of a character."""
        return len(self.plain) > len(_PRINTABLE) or bool(self.repertoire)

    def encode(self, text: str) -> bytes | None:
        """``text`` in this character set, or ``None`` when it cannot carry it."""
        try:
            data = text.encode(self.codec)
        except UnicodeEncodeError:
            return None
        outside = data.translate(None, self.plain)
        if not outside or (not self.single_byte and not outside.translate(None, _HIGH)):
            return data
        return None

    def first_outside(self, text: str) -> str:
        """The first character of ``text`` that this character set cannot carry; ``""`` when there is none."""
        return next((letter for letter in text if self.encode(letter) is None), "")


@lru_cache(maxsize=64)
def charset(codec: str, name: str = "") -> Charset:
    """The character set of a Python codec.

    ``ValueError`` when there is no such codec, or when it is not a superset of ASCII and so hides the delimiters.
    """
    try:
        info = codecs.lookup(codec)
        keeps_ascii = _PRINTABLE.decode(codec) == _PRINTABLE.decode("ascii")
    except UnicodeDecodeError:
        keeps_ascii = False
    except LookupError:
        raise ValueError(f"`{codec}` is no character set known here; use UNOA to UNOY or a codec name") from None
    if not keeps_ascii:
        raise ValueError(f"`{codec}` moves the ASCII characters; a file in it must be converted before it is read")
    return Charset(name=name or info.name, codec=codec, plain=_PRINTABLE + _printable_high_bytes(codec))


def named(identifier: str) -> Charset:
    """The character set of a partner's profile: an 0001 identifier or a Python codec name (else ``ValueError``)."""
    return of_identifier(identifier) or charset(identifier)


def of_identifier(identifier: str) -> Charset | None:
    """The character set that UNB 0001 names, or ``None`` for one that is not known."""
    codec = _CODECS.get(identifier)
    if codec is None:
        return None
    if identifier == "UNOA":
        return Charset(name=identifier, codec=codec, plain=_UNOA, repertoire=identifier)
    if identifier == "UNOB":
        return Charset(name=identifier, codec=codec, plain=_UNOB, repertoire=identifier)
    return charset(codec, identifier)


def of_encoding(encoding: str) -> Charset | None:
    """The character set that UNB 0133 (syntax 4) names, or ``None`` for one that cannot be read."""
    codec = _ENCODINGS.get(encoding)
    return charset(codec) if codec else None


@lru_cache(maxsize=64)
def _printable_high_bytes(codec: str) -> bytes:
    plain = bytearray()
    for byte in _HIGH:
        try:
            letter = bytes((byte,)).decode(codec)
        except UnicodeDecodeError:
            continue
        # No-break space and soft hyphen are not "printable" to Python, but they are text.
        if letter.isprintable() or letter in "\xa0\xad":
            plain.append(byte)
    return bytes(plain)


def suspicion(data: bytes, charset: Charset) -> tuple[int, str] | None:
    """(place, what it looks like) where ``data`` looks like another character set than ``charset``; else ``None``.

    Text in a set of single bytes that happens to be valid UTF-8 is hardly ever an accident, nor are the bytes that
    ISO 8859 leaves to control characters and windows-1252 fills with letters.
    """
    found = _ABOVE_ASCII.search(data)
    if found is None or codecs.lookup(charset.codec).name == "utf-8":
        return None
    try:
        data.decode("utf_8")
    except UnicodeDecodeError:
        found = _ABOVE_ISO_8859.search(data) if charset.codec.startswith("iso8859") else None
        looks_like = "windows-1252"
    else:
        looks_like = "UTF-8"
    if found is None:
        return None
    return (
        found.start(),
        f"read as {charset.name}, but looks like {looks_like}; if it is, say so in the partner's profile",
    )
