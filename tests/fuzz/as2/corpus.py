"""Where mutations start from: every vector of AS2, as files of each target."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from as2.fault import As2Fault
from as2.headers import parse_block
from as2.multipart import boundary_of, split_multipart

VECTORS: Final = Path(__file__).parents[2] / "vectors" / "as2"
LARGEST: Final = 20_000
_EMPTY_LINE: Final = re.compile(rb"\r?\n\r?\n")
_REQUEST_LINE: Final = re.compile(rb"\A[A-Z]+ [^\r\n]* HTTP/1\.[01]\r?\n")


def entity_of(data: bytes) -> tuple[bytes, bytes]:
    """Header block with its empty line, and body."""
    found = _EMPTY_LINE.search(data)
    at = found.end() if found else len(data)
    return data[:at], data[at:]


@cache
def seeds() -> dict[str, list[bytes]]:
    """Files by target, in the order of their names, without those that are too long to be mutated a thousand times."""
    messages, receipts = _files("*.msg"), _files("*.mdn")
    entities = [*messages, *receipts, *_files("*.mime")]
    kept = {
        "headers": [*(entity_of(each)[0] for each in entities), *_fields()],
        "mime": entities,
        "cms": [*_objects(entities), *_files("*.der"), *(each for each in _files("*.pem") if b"PRIVATE" not in each)],
        "mdn": receipts,
        "message": [*messages, *(_REQUEST_LINE.sub(b"", each) for each in _files("*.http"))],
        "capture": [*_files("*.http"), *messages[:20]],
    }
    return {name: sorted({each for each in some if 0 < len(each) <= LARGEST}) for name, some in kept.items()}


def _files(pattern: str) -> list[bytes]:
    return [file.read_bytes() for file in sorted(VECTORS.rglob(pattern))]


def _fields() -> Iterator[bytes]:
    """The single values of the tables, each in the field that it is for."""
    for table, field in (
        ("content-types", "Content-Type"),
        ("names", "AS2-From"),
        ("message-ids", "Message-ID"),
        ("micalgs", "Disposition-Notification-Options"),
        ("filenames", "Content-Disposition"),
    ):
        found: list[object] = msgspec.json.decode((VECTORS / f"{table}.json").read_bytes(), type=list[object])
        for value in _texts(found):
            yield f"AS2-To: Us\r\n{field}: {value}\r\n\r\n".encode("utf-8", "replace")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _objects(entities: Iterable[bytes]) -> Iterator[bytes]:
    """The CMS objects in messages and receipts."""
    for data in entities:
        block, body = entity_of(data)
        try:
            content_type = parse_block(block).content_type()
            if content_type is None:
                continue
            if content_type.media == "multipart/signed":
                for part in split_multipart([body], boundary_of(content_type)):
                    yield _binary(b"".join(part.content))
            elif content_type.subtype in ("pkcs7-mime", "x-pkcs7-mime"):
                yield _binary(body)
        except As2Fault:
            continue


def _binary(data: bytes) -> bytes:
    if data[:1] == b"\x30":
        return data
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        return data
