"""The MIC: reading and writing the field, the table of ranges, and what a comparison concludes."""

from __future__ import annotations

import base64
import hashlib
from itertools import product
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from as2.digests import DigestName
from as2.mic import (
    SIZES,
    Candidate,
    Compression,
    Mic,
    MicOutcome,
    Packaging,
    Range,
    compare,
    ranges,
    read_mic,
    write_mic,
)
from as2.tolerance import Tolerated

HEADERS = b"Content-Type: application/EDIFACT\r\nContent-Transfer-Encoding: binary\r\n\r\n"
CONTENT = b"UNB+UNOC:3+A+B+261201:0011+1'\nUNZ+0+1'\n"
STORED: tuple[DigestName, ...] = ("sha1", "sha256", "sha384", "sha512")
RANGES: dict[Range, bytes] = {
    "payload-entity": HEADERS + CONTENT,
    "payload-content": CONTENT,
    "compressed-entity": b"Content-Type: application/pkcs7-mime\r\n\r\nxyz",
    "compressed-content": b"xyz",
}


def digests(data: bytes) -> dict[DigestName, bytes]:
    return {name: hashlib.new(name, data).digest() for name in STORED}


def candidates(packaging: Packaging) -> list[Candidate]:
    """What is stored of a message that was built so, in both forms of its line ends, as sent first."""
    found = [Candidate(name, "raw", digests(RANGES[name])) for name in ranges(packaging)]
    canonical = [
        Candidate(name, "crlf-all", digests(RANGES[name].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")))
        for name in ranges(packaging)
    ]
    return found + canonical


def mic_over(data: bytes, name: DigestName = "sha256", spelling: str = "sha-256") -> Mic:
    return read_mic(write_mic(hashlib.new(name, data).digest(), spelling))


EXPECTED: list[tuple[bool, bool, Compression, Range]] = [
    (False, False, "none", "payload-content"),
    (False, False, "before-signing", "payload-entity"),
    (False, False, "after-signing", "payload-entity"),
    (False, True, "none", "payload-entity"),
    (False, True, "before-signing", "payload-entity"),
    (False, True, "after-signing", "payload-entity"),
    (True, False, "none", "payload-entity"),
    (True, False, "before-signing", "compressed-entity"),
    (True, False, "after-signing", "payload-entity"),
    (True, True, "none", "payload-entity"),
    (True, True, "before-signing", "compressed-entity"),
    (True, True, "after-signing", "payload-entity"),
]


def test_every_packaging_is_in_the_table() -> None:
    assert {row[:3] for row in EXPECTED} == set(product((False, True), (False, True), get_args(Compression)))


@pytest.mark.parametrize(("signed", "encrypted", "compression", "expected"), EXPECTED)
def test_the_expected_range(signed: bool, encrypted: bool, compression: Compression, expected: Range) -> None:
    packaging = Packaging(signed=signed, encrypted=encrypted, compression=compression)
    verdict = compare(mic_over(RANGES[expected]), candidates(packaging), requested="sha256")
    assert (verdict.outcome, verdict.matches) == ("match", True)


QUIRKS: list[tuple[str, Packaging, Range]] = [
    ("RFC 5402 read by its letter, plain", Packaging(signed=False, encrypted=False), "payload-entity"),
    (
        "OpenAS2 and Zato, compressed only",
        Packaging(signed=False, encrypted=False, compression="before-signing"),
        "payload-content",
    ),
    (
        "inflated before hashing",
        Packaging(signed=True, encrypted=True, compression="before-signing"),
        "payload-entity",
    ),
    ("content without headers", Packaging(signed=True, encrypted=False), "payload-content"),
    ("phase2 without a configured signature", Packaging(signed=False, encrypted=True), "payload-content"),
]


@pytest.mark.parametrize(("packaging", "used"), [row[1:] for row in QUIRKS], ids=[row[0] for row in QUIRKS])
def test_another_range_is_a_match_with_a_name(packaging: Packaging, used: Range) -> None:
    seen: Tolerated = set()
    verdict = compare(mic_over(RANGES[used]), candidates(packaging), requested="sha256", tolerated=seen)
    assert (verdict.outcome, verdict.matches) == ("alternative", True)
    assert verdict.candidate is not None
    assert verdict.candidate.range == used
    assert seen == {"mic-other-range"}


def test_other_line_ends_are_a_match_with_a_name() -> None:
    seen: Tolerated = set()
    sent = candidates(Packaging(signed=True, encrypted=False))
    mic = mic_over(HEADERS + CONTENT.replace(b"\n", b"\r\n"))
    assert compare(mic, sent, requested="sha256", tolerated=seen).outcome == "alternative"
    assert seen == {"mic-other-line-ends"}


WRONG: list[tuple[str, Mic | None, MicOutcome]] = [
    ("another content", mic_over(CONTENT + b"\r\n"), "mismatch"),
    ("a compressed layer that was not sent", mic_over(b"xyz"), "mismatch"),
    ("the algorithm of another digest", mic_over(HEADERS + CONTENT, "sha256", "sha-512"), "mismatch"),
    ("no MIC", None, "missing"),
    ("no base64", read_mic("not base64!, sha-256"), "unreadable"),
    ("nothing before the comma", read_mic(", sha-256"), "unreadable"),
    ("empty", read_mic(""), "unreadable"),
    ("an algorithm that nobody knows", mic_over(HEADERS + CONTENT, "sha256", "tiger"), "unknown-algorithm"),
    ("an algorithm that was not stored", mic_over(HEADERS + CONTENT, "md5", "md5"), "unknown-algorithm"),
    ("a weaker one than was asked for", mic_over(HEADERS + CONTENT, "sha1", "sha1"), "weaker"),
]


@pytest.mark.parametrize(("mic", "outcome"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_is_no_match(mic: Mic | None, outcome: MicOutcome) -> None:
    verdict = compare(mic, candidates(Packaging(signed=True, encrypted=True)), requested="sha256")
    assert (verdict.outcome, verdict.matches) == (outcome, False)


def test_a_weaker_algorithm_counts_where_the_profile_says_so() -> None:
    seen: Tolerated = set()
    verdict = compare(
        mic_over(HEADERS + CONTENT, "sha1", "sha1"),
        candidates(Packaging(signed=True, encrypted=True)),
        requested="sha256",
        weaker_allowed={"sha1"},
        tolerated=seen,
    )
    assert (verdict.outcome, seen) == ("match", {"mic-weaker"})


def test_a_stronger_algorithm_needs_no_permission() -> None:
    sent = candidates(Packaging(signed=True, encrypted=True))
    assert compare(mic_over(HEADERS + CONTENT, "sha512", "sha512"), sent, requested="sha256").outcome == "match"


DIGEST = bytes(range(64))
READ: list[tuple[str, DigestName | None, int, bool]] = [
    (f"{base64.b64encode(DIGEST[:32]).decode()}, sha-256", "sha256", 32, False),
    (f"{base64.b64encode(DIGEST[:20]).decode()}, sha1", "sha1", 20, False),
    (f"{base64.b64encode(DIGEST[:20]).decode()}, SHA1", "sha1", 20, False),
    (f"{base64.b64encode(DIGEST[:32]).decode()},sha256", "sha256", 32, True),
    (f"{base64.b64encode(DIGEST[:32]).decode()} , SHA-256", "sha256", 32, True),
    (f"{base64.b64encode(DIGEST[:32]).decode()}", "sha256", 32, True),
    (f"{base64.b64encode(DIGEST[:20]).decode()},", "sha1", 20, True),
    (
        f"{base64.b64encode(DIGEST).decode()[:60]}\r\n {base64.b64encode(DIGEST).decode()[60:]}, sha512",
        "sha512",
        64,
        True,
    ),
    (f"{base64.b64encode(DIGEST[:32]).decode()}, whirlpool", None, 32, False),
    ("AAAA", None, 3, True),
    ("AAAA, AAAA, sha-256", "sha256", 0, True),
    ("ÄÖÜ=, sha-256", "sha256", 0, False),
]


@pytest.mark.parametrize(("field", "algorithm", "size", "odd"), READ)
def test_reading_the_field(field: str, algorithm: DigestName | None, size: int, odd: bool) -> None:
    seen: Tolerated = set()
    mic = read_mic(field, seen)
    assert (mic.algorithm, mic.digest, seen) == (
        algorithm,
        DIGEST[:size] if size != 3 else bytes(3),
        {"mic-form"} if odd else set(),
    )


@given(st.binary(min_size=1, max_size=64), st.sampled_from(get_args(DigestName)))
def test_what_is_written_is_read(digest: bytes, name: DigestName) -> None:
    seen: Tolerated = set()
    mic = read_mic(write_mic(digest, name), seen)
    assert (mic.digest, mic.algorithm, seen) == (digest, name, set())


@given(st.text(max_size=200))
def test_any_text_is_a_mic(text: str) -> None:
    mic = read_mic(text)
    assert compare(mic, candidates(Packaging(signed=True, encrypted=False)), requested="sha256").matches is False


def test_sizes_are_those_of_the_digests() -> None:
    assert {name: hashlib.new(name, usedforsecurity=False).digest_size for name in SIZES} == SIZES
    assert list(SIZES) == list(get_args(DigestName))


def test_candidates_can_be_stored_and_read_again() -> None:
    stored = msgspec.json.encode(candidates(Packaging(signed=True, encrypted=False)))
    assert msgspec.json.decode(stored, type=list[Candidate]) == candidates(Packaging(signed=True, encrypted=False))
