"""Every MDN under ``tests/vectors/as2/mdn`` is read, verified and judged as the file beside it says."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from as2.certificates import Certificate, load_certificates
from as2.cms.algorithms import Permits
from as2.digests import DigestName
from as2.disposition import Meaning, Verdict
from as2.fault import Unreadable
from as2.headers import Headers, parse_block
from as2.mdn_reading import SignatureState, is_mdn, oddities, read_mdn
from as2.mic import Candidate, MicOutcome, Packaging, Range, compare, ranges
from as2.response import Attempt, Result, judge_answer
from as2.tolerance import ToleranceId, Tolerated

VECTORS = Path(__file__).parents[1] / "vectors" / "as2" / "mdn"
NAMES = sorted(path.stem for path in VECTORS.glob("*.mdn"))
MESSAGE_ID = "<20261201093000.4711@us.example>"
NOW = datetime(2026, 12, 1, 9, 31, tzinfo=UTC)
PACKAGINGS = {
    "signed": Packaging(signed=True, encrypted=True),
    "plain": Packaging(signed=False, encrypted=False),
    "compressed": Packaging(signed=False, encrypted=False, compression="before-signing"),
}


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    note: str
    signature: SignatureState = "unsigned"
    cause: str = ""
    verdict: Verdict = "processed"
    meaning: Meaning = "none"
    packaging: str = "signed"
    """How the message was sent that it answers."""
    mic: MicOutcome = "missing"
    result: Result = "delivered"
    """When it answers the first attempt, with 200, and a signed receipt was asked for on the same connection."""
    retried: Result | None = None
    """When it answers the second attempt, where that is something else."""
    flagged: bool = False
    tolerated: list[ToleranceId]
    oddities: list[ToleranceId] = []
    """What only shows beside the message that it answers."""
    unreadable: str = ""
    """There is no MDN: the cause."""


def expected(name: str) -> Expected:
    return msgspec.json.decode((VECTORS / f"{name}.json").read_bytes(), type=Expected)


def vector(name: str) -> tuple[Headers, bytes]:
    head, _, body = (VECTORS / f"{name}.mdn").read_bytes().partition(b"\r\n\r\n")
    return parse_block(head + b"\r\n\r\n"), body


def pinned() -> list[Certificate]:
    found = [load_certificates((VECTORS / "keys" / f"{name}.pem").read_bytes()) for name in ("partner", "partner-ec")]
    return [certificate for each in found for certificate in each]


def candidates(packaging: Packaging) -> list[Candidate]:
    """What was stored of the message when it was built."""
    entity = (VECTORS / "message.entity").read_bytes()
    forms: dict[Range, bytes] = {
        "payload-entity": entity,
        "payload-content": entity.partition(b"\r\n\r\n")[2],
        "compressed-entity": b"Content-Type: application/pkcs7-mime; smime-type=compressed-data\r\n\r\n...",
        "compressed-content": b"...",
    }
    found: list[Candidate] = []
    for lines in ("raw", "crlf-all"):
        for name in ranges(packaging):
            data = forms[name] if lines == "raw" else forms[name].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            names: tuple[DigestName, ...] = ("sha1", "sha256", "sha384", "sha512")
            digests = {each: hashlib.new(each, data).digest() for each in names}
            found.append(Candidate(name, "raw" if lines == "raw" else "crlf-all", digests))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_vector(name: str) -> None:
    want = expected(name)
    headers, body = vector(name)
    if want.unreadable:
        with pytest.raises(Unreadable) as caught:
            read_mdn(headers, body, pinned=pinned(), permits=Permits())
        assert caught.value.cause == want.unreadable
        return
    assert is_mdn(headers, body[:2_000])
    mdn = read_mdn(headers, body, pinned=pinned(), permits=Permits())
    assert (mdn.signature.state, mdn.signature.cause) == (want.signature, want.cause)
    assert bool(mdn.signature.why) == (want.signature == "unverified")
    assert (mdn.disposition.verdict, mdn.disposition.meaning) == (want.verdict, want.meaning)
    seen: Tolerated = set()
    mic = compare(mdn.mic, candidates(PACKAGINGS[want.packaging]), requested="sha256", tolerated=seen)
    assert mic.outcome == want.mic
    for number, result in ((1, want.result), (2, want.retried or want.result)):
        attempt = Attempt(number=number, message_id=MESSAGE_ID, receipt="sync", signed_receipt=True)
        outcome = judge_answer(attempt, 200, headers, mdn=mdn, mic=mic, now=NOW)
        assert (outcome.result, outcome.flagged) == (result, want.flagged)
        assert outcome.text.endswith((".", "?"))
    assert sorted(mdn.tolerated) == sorted(want.tolerated)
    assert sorted(oddities(mdn, message_id=MESSAGE_ID, as2_to="THEM", signed_receipt=True) | seen) == sorted(
        want.oddities
    )


def test_a_success_is_always_proven() -> None:
    """Whatever the vectors say: without a verified signature nothing of them is delivered, on no attempt."""
    for name in NAMES:
        want = expected(name)
        if want.unreadable:
            continue
        if want.result == "delivered" or want.retried == "delivered":
            assert want.signature == "verified", name
            assert want.mic in ("match", "alternative"), name


def test_every_product_and_every_outcome_has_a_vector() -> None:
    makers = {"biztalk", "cleo", "mendelson", "openas2", "phase2", "pyas2lib", "seeburger", "sterling", "webmethods"}
    assert makers <= {name.partition("-")[0] for name in NAMES}
    wanted = [expected(name) for name in NAMES]
    assert {want.signature for want in wanted} == set(get_args(SignatureState))
    assert {want.verdict for want in wanted} == set(get_args(Verdict))
    assert {want.mic for want in wanted} == set(get_args(MicOutcome))
    invalid = [want for want in wanted if want.unreadable or want.result != "delivered"]
    assert len(invalid) >= len(wanted) - len(invalid)


def test_no_vector_verifies_without_its_certificate() -> None:
    stranger = load_certificates((VECTORS / "keys" / "stranger.pem").read_bytes())
    for name in NAMES:
        if expected(name).signature == "verified":
            headers, body = vector(name)
            for certificates in ([], stranger):
                mdn = read_mdn(headers, body, pinned=certificates, permits=Permits())
                assert (mdn.signature.state, mdn.signature.cause) == ("unverified", "signer-unknown"), name
