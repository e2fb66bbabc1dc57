"""Distinguished names: text for people, and a form in which two encodings of the same name are equal.

A name is only ever shown, or compared in order to find a key; that key must then do its work. So nothing is refused
here: characters that a PrintableString must not hold, country codes of three letters and strings in the wrong alphabet
all occur in certificates that partners use every day.
"""

from __future__ import annotations

from as2.cms import oids
from as2.cms.ber import Element, Malformed, parse

_SHORT = {
    oids.encoded(dotted): short
    for dotted, short in (
        ("2.5.4.3", "CN"),
        ("2.5.4.4", "SN"),
        ("2.5.4.5", "serialNumber"),
        ("2.5.4.6", "C"),
        ("2.5.4.7", "L"),
        ("2.5.4.8", "ST"),
        ("2.5.4.9", "street"),
        ("2.5.4.10", "O"),
        ("2.5.4.11", "OU"),
        ("2.5.4.12", "title"),
        ("2.5.4.42", "GN"),
        ("2.5.4.97", "organizationIdentifier"),
        ("0.9.2342.19200300.100.1.1", "UID"),
        ("0.9.2342.19200300.100.1.25", "DC"),
        ("1.2.840.113549.1.9.1", "emailAddress"),
    )
}
_CHARSETS = {0x0C: "utf-8", 0x1E: "utf-16-be", 0x1C: "utf-32-be"}
"""UTF8String, BMPString, UniversalString; everything else is read as Latin-1, which is what is found in it."""


def written(name: bytes) -> str:
    """An encoded Name as text in the order of the certificate, such as ``C=DE, O=Spedition GmbH, CN=as2``."""
    return ", ".join("+".join(f"{label}={_shown(value)}" for label, value in parts) for parts in _parts(name))


def comparable(name: bytes) -> tuple[tuple[tuple[str, str], ...], ...]:
    """A form that is equal for names that differ in string types, case or white space only (RFC 5280 section 7.1)."""
    return tuple(
        tuple(sorted((label, " ".join(value.split()).casefold()) for label, value in parts)) for parts in _parts(name)
    )


def _parts(name: bytes) -> list[list[tuple[str, str]]]:
    return [[_attribute(pair) for pair in group.children()] for group in parse(name).children()]


def _attribute(pair: Element) -> tuple[str, str]:
    match pair.children():
        case [kind, value]:
            label = _SHORT.get(kind.oid()) or oids.dotted(kind.oid())
            return label, value.content.decode(_CHARSETS.get(value.tag, "latin-1"), "replace")
        case _:
            raise Malformed("an attribute of a name is a type and a value")


def _shown(value: str) -> str:
    """A value that keeps to its place in a line: separators escaped, what cannot be printed replaced."""
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in value)
    return "".join(f"\\{char}" if char in ',+="\\' else char for char in text)
