"""XML from a partner, read without any of what makes XML dangerous.

A document type can declare entities that grow without bound or that are files of this machine, and a processing
instruction is an instruction. The small documents that AS2 knows need neither, so whatever has one is refused before a
parser sees it. For that the bytes have to be read as the parser would read them: UTF-8, or ISO 8859-1 or ASCII where
the declaration says so, and nothing in which a document type could hide.
"""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree

from as2.fault import Unreadable

LARGEST: Final = 64 * 1024
"""Bytes of a document; a request for one certificate has about one kilobyte."""

_DECLARATION = re.compile(r"""<\?xml\s[^<>?]*?(?:encoding\s*=\s*["']([A-Za-z0-9._-]+)["'][^<>?]*)?\?>""", re.ASCII)
# A comment and CDATA are all that may begin with "<!".
_FORBIDDEN = re.compile(r"<\?|<!(?!--|\[CDATA\[)")
_CHARSETS: Final = {"utf-8": "utf-8", "us-ascii": "ascii", "ascii": "ascii", "iso-8859-1": "latin-1"}


def read_xml(data: bytes) -> ElementTree.Element:
    """The root of the one document that ``data`` is.

    :class:`Unreadable` for what is not well-formed or has something after its root (``xml-malformed``), has a document
    type or a processing instruction (``xml-forbidden``), or is too large (``xml-too-large``).
    """
    if len(data) > LARGEST:
        raise Unreadable("xml-too-large", f"An XML document of more than {LARGEST} bytes.")
    text = _text(data)
    if forbidden := _FORBIDDEN.search(text):
        raise Unreadable("xml-forbidden", f"The XML holds {text[forbidden.start() :][:20]!r}.")
    try:
        return ElementTree.fromstring(text)  # noqa: S314 (nothing is left in it that could be expanded or fetched)
    except ElementTree.ParseError as fault:
        raise Unreadable("xml-malformed", f"The XML cannot be read: {fault}.") from None


def _text(data: bytes) -> str:
    """The characters, without a byte order mark and the declaration."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    declaration = _DECLARATION.match(data[:200].decode("latin-1"))
    stated = (declaration[1] or "utf-8") if declaration else "utf-8"
    charset = _CHARSETS.get(stated.lower())
    if charset is None or b"\0" in data:
        raise Unreadable("xml-malformed", f"XML in the charset {stated!r}, or with NUL in it: send UTF-8.")
    try:
        return data[declaration.end() if declaration else 0 :].decode(charset)
    except UnicodeDecodeError as fault:
        raise Unreadable("xml-malformed", f"The XML is not in its charset: {fault.reason}.") from None
