"""Every MIME entity under ``tests/vectors/as2/mime`` is taken apart as the file beside it says, however it is cut."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from as2.digests import CANONICALISATIONS, EntityDigests
from as2.fault import Unreadable
from as2.headers import parse_block
from as2.multipart import PartReader, boundary_of, split_multipart
from as2.tolerance import ToleranceId, Tolerated

VECTORS = Path(__file__).parents[1] / "vectors" / "as2" / "mime"
NAMES = sorted(path.stem for path in VECTORS.glob("*.mime"))


class ExpectedPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    headers: list[tuple[str, str]]
    content: str


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    parts: list[ExpectedPart] = []
    tolerated: list[ToleranceId] = []
    digests: dict[str, str] = {}
    """SHA-256 of the first part, by canonicalisation."""
    short: str = ""
    """The cause when a signature is looked for in vain."""
    fault: str = ""
    says: str = ""


def expected(name: str) -> Expected:
    return msgspec.json.decode((VECTORS / f"{name}.json").read_bytes(), type=Expected)


def cut(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def opened(name: str, size: int) -> tuple[PartReader, Tolerated]:
    head, empty_line, body = (VECTORS / f"{name}.mime").read_bytes().partition(b"\r\n\r\n")
    if not empty_line:
        head, empty_line, body = (VECTORS / f"{name}.mime").read_bytes().partition(b"\n\n")
    tolerated: Tolerated = set()
    content_type = parse_block(head + empty_line, tolerated).content_type(tolerated)
    assert content_type is not None
    return split_multipart(cut(body, size), boundary_of(content_type), tolerated=tolerated), tolerated


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1 << 20])
@pytest.mark.parametrize("name", NAMES)
def test_vector(name: str, size: int) -> None:
    want = expected(name)
    if want.fault:
        with pytest.raises(Unreadable) as caught:
            reader, _ = opened(name, size)
            for part in reader:
                for _ in part.content:
                    pass
        assert caught.value.cause == want.fault
        assert want.says in str(caught.value)
        assert caught.value.disposition == "unexpected-processing-error"
        return
    reader, tolerated = opened(name, size)
    found: list[ExpectedPart] = []
    digests = EntityDigests(["sha256"])
    for part in reader:
        if not found:
            digests.update_header(part.header_bytes)
        content = b""
        for piece in part.content:
            assert piece
            content += piece
            if not found:
                digests.update(piece)
        names = [field.decode() for field, _ in part.headers.fields]
        fields = [(field, part.headers.get(field) or "") for field in names]
        found.append(ExpectedPart(fields, content.decode("latin-1")))
    assert found == want.parts
    assert sorted(tolerated) == want.tolerated
    for canonicalisation in CANONICALISATIONS:
        if want.digests:
            assert digests.digest("sha256", canonicalisation).hex() == want.digests[canonicalisation]
    if want.short:
        assert reader.short("a signature").cause == want.short


def test_at_least_as_many_are_refused_as_are_tolerated() -> None:
    refused = sum(1 for name in NAMES if expected(name).fault)
    tolerated = sum(1 for name in NAMES if expected(name).tolerated)
    assert refused >= tolerated > 0
