"""Distinguished Encoding Rules, written (X.690 sections 10 and 11).

Every function gives the complete encoding of one value. Lengths are known before anything is written, so a header can
announce contents that only come later, piece by piece, from a source (`begun`).
"""

from __future__ import annotations

from collections.abc import Iterable

from as2.cms.ber import (
    BIT_STRING,
    CONSTRUCTED,
    INTEGER,
    OBJECT,
    OCTET_STRING,
    OCTET_STRING_IN_PIECES,
    SEQUENCE,
    SET,
    Element,
    Malformed,
)

NULL = b"\x05\x00"


def header(tag: int, length: int) -> bytes:
    """Identifier and length octets of a value whose contents have `length` bytes."""
    if length < 0x80:
        return bytes((tag, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets


def begun(tag: int, following: int, *parts: bytes) -> bytes:
    """The beginning of a value: its header and first parts, when `following` more bytes of it come from elsewhere."""
    content = b"".join(parts)
    return header(tag, len(content) + following) + content


def tlv(tag: int, *parts: bytes) -> bytes:
    """A value with the given tag and contents."""
    return begun(tag, 0, *parts)


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE of values that are encoded already."""
    return tlv(SEQUENCE, *parts)


def set_of(parts: Iterable[bytes], tag: int = SET) -> bytes:
    """A SET OF, in the order that DER wants (X.690 section 11.6)."""
    return tlv(tag, *sorted(parts))


def explicit(number: int, *parts: bytes) -> bytes:
    """A value with an explicit context tag."""
    return tlv(0xA0 | number, *parts)


def oid(content: bytes) -> bytes:
    """An OBJECT IDENTIFIER from its content octets."""
    return tlv(OBJECT, content)


def integer(value: int) -> bytes:
    """An INTEGER in as few octets as it needs."""
    return tlv(INTEGER, value.to_bytes(((value + (value < 0)).bit_length() + 8) // 8, "big", signed=True))


def octets(data: bytes) -> bytes:
    """An OCTET STRING in one piece."""
    return tlv(OCTET_STRING, data)


def bits(data: bytes) -> bytes:
    """A BIT STRING of whole octets."""
    return tlv(BIT_STRING, b"\x00", data)


def algorithm(identifier: bytes, parameters: bytes = b"") -> bytes:
    """An AlgorithmIdentifier; without parameters the field is absent."""
    return sequence(oid(identifier), parameters)


def canonical(element: Element, sets: frozenset[int] = frozenset({SET})) -> bytes:
    """`element` encoded anew: definite and shortest lengths, strings in one piece, sets in order.

    `sets` are the tags whose contents are a SET OF; an implicit tag does not tell.
    """
    if element.tag == OCTET_STRING_IN_PIECES:
        return octets(element.octets())
    if element.tag < 0x100 and not element.tag & CONSTRUCTED:
        return tlv(element.tag, element.content)
    if element.tag >= 0x100:
        raise Malformed("a tag of a kind that CMS does not use")
    parts = [canonical(part) for part in element.children()]
    return set_of(parts, element.tag) if element.tag in sets else tlv(element.tag, *parts)
