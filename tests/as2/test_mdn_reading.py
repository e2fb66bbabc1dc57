"""MDNs that were tampered with, cut, or never were any: a value or our own fault, and never a proof of anything new."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from as2.certificates import load_certificates
from as2.cms.algorithms import Permits
from as2.fault import As2Fault, Unreadable
from as2.headers import Headers, parse_block
from as2.mdn_reading import LARGEST, LONGEST_TEXT, ReadMdn, is_mdn, read_mdn
from as2.tolerance import TOLERANCES

VECTORS = Path(__file__).parents[1] / "vectors" / "as2" / "mdn"
NAMES = sorted(path.stem for path in VECTORS.glob("*.mdn"))
PINNED = [
    certificate
    for name in ("partner", "partner-ec")
    for certificate in load_certificates((VECTORS / "keys" / f"{name}.pem").read_bytes())
]


def vector(name: str) -> tuple[Headers, bytes]:
    head, _, body = (VECTORS / f"{name}.mdn").read_bytes().partition(b"\r\n\r\n")
    return parse_block(head + b"\r\n\r\n"), body


def read(headers: Headers, body: bytes) -> ReadMdn | None:
    """What is read; ``None`` when there is no MDN. Anything else than our own fault comes through."""
    try:
        return read_mdn(headers, body, pinned=PINNED, permits=Permits())
    except As2Fault as fault:
        assert fault.cause
        return None


@pytest.mark.parametrize(
    ("name", "bit"), [("rfc-signed", 0x01), ("rfc-ecdsa", 0x20), ("sterling-no-signed-attributes", 0x80)]
)
def test_no_byte_can_be_changed_into_another_proof(name: str, bit: int) -> None:
    headers, body = vector(name)
    original = read(headers, body)
    assert original is not None
    start = body.index(b"\r\n") + 2
    signed = range(start, body.index(b"\r\n--signed-1\r\n", start))
    for at in range(bit % 3, len(body), 3):
        changed = read(headers, body[:at] + bytes([body[at] ^ bit]) + body[at + 1 :])
        if changed is not None and changed.signature.state == "verified":
            assert at not in signed
            assert (changed.disposition, changed.mic) == (original.disposition, original.mic)
            assert changed.original_message_id == original.original_message_id


@pytest.mark.parametrize("name", ["rfc-signed", "rfc-unsigned", "openas2-unsigned-negative"])
def test_what_is_cut_off_proves_nothing(name: str) -> None:
    headers, body = vector(name)
    for end in range(0, len(body) - len(b"--\r\n"), 3):
        mdn = read(headers, body[:end])
        assert mdn is None or mdn.signature.state == "unverified"


@settings(max_examples=300)
@given(st.sampled_from(NAMES), st.data())
def test_any_damage_is_a_value_or_our_fault(name: str, data: st.DataObject) -> None:
    head, _, body = (VECTORS / f"{name}.mdn").read_bytes().partition(b"\r\n\r\n")
    original = read(parse_block(head + b"\r\n\r\n"), body)
    whole = bytearray(head + b"\r\n\r\n" + body)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(whole)))
        end = start + data.draw(st.integers(0, 40))
        whole[start:end] = data.draw(
            st.binary(max_size=40) | st.sampled_from([b"\r\n", b"--signed-1", b"--report-1--"])
        )
    damaged_head, _, damaged = bytes(whole).partition(b"\r\n\r\n")
    try:
        headers = parse_block(damaged_head + b"\r\n\r\n")
    except Unreadable:
        event("no headers")
        return
    is_mdn(headers, damaged[:500])
    mdn = read(headers, damaged)
    event(mdn.signature.state if mdn is not None else "none")
    if mdn is not None:
        assert len(mdn.text) <= LONGEST_TEXT
        assert mdn.tolerated <= set(TOLERANCES)
        if mdn.signature.state == "verified":
            assert original is not None
            assert (mdn.disposition.verdict, mdn.mic) == (original.disposition.verdict, original.mic)


@given(
    st.sampled_from(
        [
            "multipart/signed; boundary=b",
            "multipart/report; boundary=b",
            "message/disposition-notification",
            "text/plain",
            "",
        ]
    )
    | st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=80),
    st.sampled_from([None, "base64", "quoted-printable", "binary", "x-unknown"]),
    st.binary(max_size=400)
    | st.lists(st.sampled_from([b"--b\r\n", b"--b--", b"\r\n", b"Disposition: processed", b": ", b"\n", b"0"])).map(
        b"".join
    ),
)
def test_any_bytes_are_a_value_or_our_fault(content_type: str, encoding: str | None, body: bytes) -> None:
    headers = Headers(((b"Content-Type", content_type.encode("latin-1")),))
    if encoding is not None:
        headers = headers.with_field("Content-Transfer-Encoding", encoding)
    is_mdn(headers, body)
    mdn = read(headers, body)
    assert mdn is None or mdn.signature.state != "verified"


def test_recognising_an_mdn_needs_its_first_part_only() -> None:
    for name in NAMES:
        headers, body = vector(name)
        if not name.startswith("none-"):
            assert is_mdn(headers, body[:300]), name
    for name in ("html", "without-content-type", "delivery-report", "signed-payload", "content-type-malformed"):
        assert not is_mdn(*vector(f"none-{name}")), name


@pytest.mark.parametrize(
    ("content_type", "start", "answer"),
    [
        ("multipart/report; boundary=b", b"", True),
        ("Multipart/Report; Report-Type=Disposition-Notification; boundary=b", b"", True),
        ("multipart/report; report-type=delivery-status; boundary=b", b"", False),
        ("message/disposition-notification", b"", True),
        ("multipart/signed; boundary=b", b"--b\r\nContent-Type: multipart/report; boundary=c\r\n\r\n", True),
        ("multipart/signed; boundary=b", b"noise\r\n--b\nContent-Type: multipart/report\n\n", True),
        ("multipart/signed; boundary=b", b"--b\r\nContent-Type: application/EDIFACT\r\n\r\nmultipart/report", False),
        ("multipart/signed; boundary=b", b"--b\r\nContent-Type: multipart/signed; boundary=c\r\n\r\n", False),
        ("multipart/signed; boundary=b", b"", False),
        ("multipart/signed", b"--b\r\nContent-Type: multipart/report; boundary=c\r\n\r\n", False),
        ("multipart/mixed; boundary=b", b"--b\r\nContent-Type: message/disposition-notification\r\n\r\n", False),
        ("application/pkcs7-mime; smime-type=enveloped-data", b"0\x80", False),
        ("", b"", False),
    ],
)
def test_recognising(content_type: str, start: bytes, answer: bool) -> None:
    assert is_mdn(Headers(((b"Content-Type", content_type.encode()),)), start) is answer


def test_a_body_that_is_no_receipt_by_its_size() -> None:
    headers, _ = vector("rfc-unsigned")
    with pytest.raises(Unreadable, match="bytes") as caught:
        read_mdn(headers, bytes(LARGEST + 1), pinned=PINNED, permits=Permits())
    assert caught.value.cause == "mdn-too-large"


def test_the_usual_form_of_a_partner_is_tried_first() -> None:
    headers, body = vector("field-lf-signed-as-crlf")
    mdn = read_mdn(headers, body, pinned=PINNED, permits=Permits(), order=("crlf-all", "raw"))
    assert mdn.signature.verified is not None
    assert mdn.signature.verified.canonicalisation == "crlf-all"
    only_raw = read_mdn(headers, body, pinned=PINNED, permits=Permits(), order=("raw",))
    assert only_raw.signature.cause == "digest-mismatch"


def test_what_an_unverified_one_says_is_there_for_the_operator() -> None:
    headers, body = vector("damaged-text-conversion")
    mdn = read_mdn(headers, body, pinned=PINNED, permits=Permits())
    assert mdn.signature.state == "unverified"
    assert mdn.disposition.verdict == "processed"
    assert mdn.text
    assert mdn.reporting_ua == "Vendor AS2"


def test_several_pinned_certificates_overlap() -> None:
    """A partner that renews: old and new verify, and which one did is known."""
    for name, position in (("rfc-signed", 0), ("rfc-ecdsa", 1)):
        mdn = read(*vector(name))
        assert mdn is not None
        assert mdn.signature.verified is not None
        assert mdn.signature.verified.certificate == PINNED[position]
