"""What a refused message is diagnosed as: messages of ``openssl cms`` with one thing wrong in each."""

from __future__ import annotations

import ast
import base64
import inspect
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import as2
from as2 import fault as faults
from as2.advice import ADVICE, advice
from as2.capture import Capture, read_capture
from as2.certificates import Certificate
from as2.cms.algorithms import Permits
from as2.diagnosis import Diagnosis, diagnose
from as2.fault import As2Fault, Unwritable
from as2.heading import Heading, read_heading
from as2.receiving import Receiving, receive
from as2.source import BytesSource, MemoryScratch
from tests.as2.keys import certificate_of, entropy, key_pem, openssl_cms, pair_of, pem

VECTORS = Path(__file__).parents[1] / "vectors" / "as2" / "diagnosis"
CASES = json.loads((VECTORS / "cases.json").read_text())
TERMS = Receiving(keys=[pair_of("rsa-other")], pinned=[certificate_of("rsa")], encrypted=False)
KNOWN = [certificate_of("p256")]
BAD = sorted(name for name, case in CASES.items() if case)


class Judged(NamedTuple):
    """A message and what became of it."""

    capture: Capture
    heading: Heading | None
    fault: As2Fault | None


def terms_of(name: str) -> Receiving:
    demands = CASES[name].get("demands") == "encryption"
    return msgspec.structs.replace(TERMS, encrypted=demands)


def judged(data: bytes, terms: Receiving) -> Judged:
    capture = read_capture(data)
    heading = None
    try:
        heading = read_heading(capture.headers)
    except As2Fault as fault:
        return Judged(capture, None, fault)
    body = BytesSource(capture.body)
    outcome = receive(capture.headers, heading, body, terms, entropy=entropy, scratch=MemoryScratch())
    return Judged(capture, heading, outcome.fault)


def diagnosed(name: str, terms: Receiving | None = None) -> Diagnosis:
    terms = terms or terms_of(name)
    found = judged((VECTORS / f"{name}.http").read_bytes(), terms)
    assert found.fault is not None
    return diagnosis_of(found, terms)


def diagnosis_of(found: Judged, terms: Receiving, known: Sequence[Certificate] = KNOWN) -> Diagnosis:
    assert found.fault is not None
    return diagnose(
        found.fault,
        found.capture.headers,
        found.heading,
        BytesSource(found.capture.body),
        terms,
        known=known,
        entropy=entropy,
        scratch=MemoryScratch(),
    )


def test_every_vector_has_its_case() -> None:
    assert {path.stem for path in VECTORS.glob("*.http")} == set(CASES)


@pytest.mark.parametrize("name", BAD)
def test_the_cause_is_found(name: str) -> None:
    case = CASES[name]
    found = diagnosed(name)
    assert found.cause == case["cause"]
    assert found.quirk == case.get("quirk")
    assert [word for word in case["words"] if word not in found.text] == []
    assert found.change.endswith(".")


@pytest.mark.parametrize("name", sorted(set(CASES) - set(BAD)))
def test_what_is_right_has_no_fault(name: str) -> None:
    assert judged((VECTORS / f"{name}.http").read_bytes(), TERMS).fault is None


@pytest.mark.parametrize("name", [name for name in BAD if "quirk" in CASES[name]])
def test_the_quirk_that_is_named_helps(name: str) -> None:
    quirk = diagnosed(name).quirk
    assert quirk is not None
    terms = msgspec.structs.replace(TERMS, quirks=[quirk])
    assert judged((VECTORS / f"{name}.http").read_bytes(), terms).fault is None


@pytest.mark.parametrize("name", [name for name in BAD if "quirk" not in CASES[name]])
def test_no_quirk_helps_where_none_is_named(name: str) -> None:
    terms = msgspec.structs.replace(terms_of(name), quirks=["lf-body", "lf-all"])
    assert judged((VECTORS / f"{name}.http").read_bytes(), terms).fault is not None


def test_a_pinned_key_that_is_too_short() -> None:
    """A signature by openssl, with a key that only a permit lets count."""
    entity = b"Content-Type: text/plain\r\n\r\nHello"
    signer = ("-signer", pem("rsa-1024"), "-inkey", key_pem("rsa-1024"), "-md", "sha256")
    signature = openssl_cms("-sign", "-binary", "-outform", "DER", *signer, stdin=entity)
    body = b"--a\r\n" + entity + b"\r\n--a\r\n\r\n" + base64.encodebytes(signature) + b"\r\n--a--\r\n"
    fields = b"AS2-From: A\r\nAS2-To: B\r\nContent-Type: multipart/signed; boundary=a\r\n\r\n"
    terms = msgspec.structs.replace(TERMS, pinned=[certificate_of("rsa-1024")])
    found = diagnosis_of(judged(fields + body, terms), terms)
    assert found.cause == "signer-too-weak"
    assert "1024 bits" in found.text
    permitted = msgspec.structs.replace(terms, permits=Permits(smallest_rsa=1024))
    assert judged(fields + body, permitted).fault is None


def test_what_is_in_use_may_be_known_too() -> None:
    """Whoever asks need not sort its certificates."""
    everything = [certificate_of(name) for name in ("rsa", "rsa-other", "p256")]
    for name in BAD:
        found = judged((VECTORS / f"{name}.http").read_bytes(), terms_of(name))
        assert diagnosis_of(found, terms_of(name), everything).cause == CASES[name]["cause"], name


def test_without_any_key() -> None:
    found = diagnosed("good-encrypted", msgspec.structs.replace(TERMS, keys=[]))
    assert found.cause == "key-missing"
    assert "serial 0a01 of C=DE" in found.text


def test_a_namesake_of_our_certificate() -> None:
    """Ours is ``rsa``; it was encrypted for the certificate that was renewed under its name and number."""
    terms = msgspec.structs.replace(TERMS, keys=[pair_of("rsa-renewed")], pinned=[certificate_of("p256")])
    found = judged((VECTORS / "encrypted-for-its-sender.http").read_bytes(), terms)
    assert found.fault is not None
    assert found.fault.cause == "not-decrypted"
    told = diagnosis_of(found, terms, [certificate_of("rsa")])
    assert told.cause == "encrypted-for-a-namesake"
    assert certificate_of("rsa").sha256 in told.text
    assert certificate_of("rsa-renewed").sha256 in told.text
    # Without the other one at hand there is nothing to add.
    assert diagnosis_of(found, terms).cause == "not-decrypted"


def test_the_product_is_named() -> None:
    data = (VECTORS / "lf-body.http").read_bytes().replace(b"Host:", b"User-Agent: ACME/1\r\nHost:", 1)
    assert diagnosis_of(judged(data, TERMS), TERMS).text.endswith("says it is 'ACME/1'.")


def causes() -> dict[str, str]:
    """Every cause in the package, with the name of its fault's class."""
    found = {}
    kinds = {name for name, kind in inspect.getmembers(faults, inspect.isclass) if issubclass(kind, As2Fault)}
    for file in Path(as2.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Call(ast.Name(kind), [ast.Constant(cause), *_]) if kind in kinds:
                    found[str(cause)] = kind
    return found


def test_every_cause_has_its_advice() -> None:
    ours = {cause for cause, kind in causes().items() if kind != Unwritable.__name__}
    assert len(ours) > 40
    assert ours - set(ADVICE) == set()


def test_advice_for_a_cause_that_nobody_knows() -> None:
    assert advice(faults.IntegrityFailed("new", "New.")) == ADVICE["digest-mismatch"]
    assert advice(faults.Unreadable("new", "New.")).endswith(".")


@given(st.sampled_from(sorted(CASES)), st.data())
def test_whatever_arrives_is_diagnosed(name: str, data: st.DataObject) -> None:
    """Bytes changed and cut anywhere: a diagnosis, and nothing is raised."""
    message = bytearray((VECTORS / f"{name}.http").read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    del message[data.draw(st.integers(len(message) // 2, len(message))) :]
    found = judged(bytes(message), TERMS)
    if found.fault is not None:
        assert diagnosis_of(found, TERMS).text
