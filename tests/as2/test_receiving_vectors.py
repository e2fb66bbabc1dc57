"""Every message under ``tests/vectors/as2/messages`` is received as the file beside it says, however it is cut."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

import msgspec
import pytest

from as2.cms.algorithms import Permits
from as2.fault import DispositionCode
from as2.headers import Headers, parse_block
from as2.mic import Compression, Packaging
from as2.receiving import Quirk, Receiving
from as2.source import BytesSource
from as2.tolerance import ToleranceId
from tests.as2.keys import certificate_of, pair_of, read_all
from tests.as2.samples import received_as

VECTORS: Final = Path(__file__).parents[1] / "vectors" / "as2" / "messages"
NAMES: Final = sorted(path.stem for path in VECTORS.glob("*.msg"))
PERMITS: Final = {
    "sha1": Permits(digests=frozenset({"sha1"})),
    "md5": Permits(digests=frozenset({"md5"})),
    "3des": Permits(ciphers=frozenset({"3des-cbc"})),
    "rsa-1024": Permits(smallest_rsa=1024),
}
OURS: Final = Receiving(keys=[pair_of("rsa-other")], pinned=[certificate_of("rsa")])


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    note: str
    signed: bool = True
    """Whether the profile demands it; an accepted message that needs not be is not."""
    encrypted: bool = False
    compression: Compression = "none"
    pinned: tuple[str, ...] = ("rsa",)
    keys: tuple[str, ...] = ("rsa-other",)
    permits: list[Literal["sha1", "md5", "3des", "rsa-1024"]] = []
    quirks: list[Quirk] = []
    cause: str = ""
    """Of the fault; empty for what is accepted."""
    code: DispositionCode = "processed"
    documents: list[str] = []
    """Their SHA-256."""
    mic: str = ""
    """What the SHA-256 in the receipt is, where the vector is about it."""
    tolerated: list[ToleranceId] = []


class Cut(msgspec.Struct, frozen=True):
    """Bytes in pieces of one size."""

    data: bytes
    piece: int

    @property
    def size(self) -> int:
        return len(self.data)

    def chunks(self) -> Iterator[bytes]:
        return (self.data[at : at + self.piece] for at in range(0, len(self.data), self.piece))


def expected(name: str) -> Expected:
    return msgspec.json.decode((VECTORS / f"{name}.json").read_bytes(), type=Expected)


def vector(name: str) -> tuple[Headers, bytes]:
    head, _, body = (VECTORS / f"{name}.msg").read_bytes().partition(b"\r\n\r\n")
    return parse_block(head + b"\r\n\r\n"), body


def terms_of(expected: Expected) -> Receiving:
    """What the profile says in this vector."""
    return Receiving(
        keys=[pair_of(name) for name in expected.keys],
        pinned=[certificate_of(name) for name in expected.pinned],
        signed=expected.signed,
        encrypted=expected.encrypted,
        permits=PERMITS[expected.permits[0]] if expected.permits else Permits(),
        quirks=expected.quirks,
    )


@pytest.mark.parametrize("name", NAMES)
def test_each_is_received_as_its_file_says(name: str) -> None:
    wanted = expected(name)
    headers, body = vector(name)
    outcome = received_as(headers, BytesSource(body), terms_of(wanted))
    assert (outcome.fault.cause if outcome.fault else "") == wanted.cause
    assert outcome.code == wanted.code
    assert [sha256(read_all(each.content)).hexdigest() for each in outcome.documents] == wanted.documents
    if not wanted.cause:
        assert outcome.tolerated == set(wanted.tolerated)
        assert outcome.packaging == Packaging(
            signed=wanted.signed, encrypted=wanted.encrypted, compression=wanted.compression
        )
    if wanted.mic:
        assert outcome.mic is not None
        assert (outcome.mic[0], outcome.mic[1].hex()) == ("sha256", wanted.mic)
    if wanted.code == "decryption-failed":
        assert outcome.mic is None


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_how_it_is_cut_changes_nothing(piece: int) -> None:
    for name in NAMES:
        wanted = expected(name)
        headers, body = vector(name)
        if len(body) > 10_000 and piece == 1:
            continue
        outcome = received_as(headers, Cut(body, piece), terms_of(wanted))
        assert (name, outcome.fault.cause if outcome.fault else "", outcome.code) == (name, wanted.cause, wanted.code)
        assert [sha256(read_all(each.content)).hexdigest() for each in outcome.documents] == wanted.documents


def test_permits_let_pass_and_nothing_else_does() -> None:
    """Each weak vector is there twice: while its permission lasts, and when it has ended."""
    pairs = [name for name in NAMES if name.endswith("-permitted")]
    assert len(pairs) == len(PERMITS)
    for name in pairs:
        assert vector(name) == vector(name.removesuffix("-permitted"))
        assert expected(name).permits
        assert not expected(name.removesuffix("-permitted")).permits


def test_there_is_more_that_is_refused_than_accepted() -> None:
    causes = [expected(name).cause for name in NAMES]
    assert len([cause for cause in causes if cause]) > len([cause for cause in causes if not cause])
