"""Whatever arrives becomes an outcome; and what was changed where it is signed is never accepted."""

from __future__ import annotations

import re
from hashlib import sha256

from hypothesis import given, settings
from hypothesis import strategies as st

from as2.fault import As2Fault
from as2.headers import parse_block
from as2.heading import read_heading
from as2.receiving import Document, Received, Receiving
from as2.source import BytesSource
from tests.as2.keys import certificate_of, pair_of, read_all
from tests.as2.samples import received_as
from tests.as2.test_receiving_vectors import NAMES, expected, terms_of, vector

SIGNED = [name for name in NAMES if expected(name).signed and not expected(name).cause]
LAX = Receiving(
    keys=[pair_of("rsa-other"), pair_of("rsa"), pair_of("p256")],
    pinned=[certificate_of("rsa"), certificate_of("p256")],
    signed=False,
    encrypted=False,
    quirks=["lf-body", "lf-all"],
)
WORDS = [
    *(b"\r\n", b"\n", b"--b-1", b"--b-1--", b"\r\n\r\n", b"=", b"\x30\x80", b"\0\0", b"Content-Type: ", b"\x04\x82"),
    *(b"application/pkcs7-mime", b"multipart/signed; boundary=b-1", b"multipart/related; boundary=b-1", b"base64"),
]
types = st.sampled_from(
    [
        "application/pkcs7-mime; smime-type=enveloped-data",
        "application/pkcs7-mime; smime-type=compressed-data",
        "multipart/signed; boundary=b-1",
        "multipart/related; boundary=b-1; start=x",
        "application/EDIFACT",
        "text",
    ]
)
soup = st.lists(st.one_of(st.sampled_from(WORDS), st.binary(max_size=40)), max_size=30).map(b"".join)


def head(content_type: str, encoding: str = "binary") -> bytes:
    fields = f"AS2-From: A\r\nAS2-To: B\r\nMessage-ID: <1>\r\nContent-Type: {content_type}\r\n"
    return (fields + f"Content-Transfer-Encoding: {encoding}\r\n\r\n").encode("latin-1")


@settings(max_examples=400, deadline=None)
@given(types, st.sampled_from(["binary", "base64", "quoted-printable", "x"]), soup)
def test_any_body_is_an_outcome(content_type: str, encoding: str, body: bytes) -> None:
    outcome = received_as(parse_block(head(content_type, encoding)), BytesSource(body), LAX)
    sound(outcome)
    assert outcome.verified is None


@settings(max_examples=200, deadline=None)
@given(soup)
def test_any_head_is_a_heading_or_a_fault(block: bytes) -> None:
    try:
        headers = parse_block(block)
        heading = read_heading(headers)
    except As2Fault as fault:
        assert fault.cause
        return
    assert 0 < len(heading.sender) <= 128


@st.composite
def changed(draw: st.DrawFn, names: list[str]) -> tuple[str, bytes]:
    """A vector with a few octets changed, left out or put in, or pieces of it exchanged."""
    name = draw(st.sampled_from(names))
    body = bytearray(vector(name)[1])
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(body)))
        match draw(st.integers(0, 3)):
            case 0:
                body[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
            case 1:
                del body[at : at + draw(st.integers(1, 40))]
            case 2:
                body[at:at] = draw(st.one_of(st.sampled_from(WORDS), st.binary(min_size=1, max_size=20)))
            case _:
                other = draw(st.integers(0, len(body)))
                body[at : at + 16], body[other : other + 16] = body[other : other + 16], body[at : at + 16]
    return name, bytes(body)


@settings(max_examples=600, deadline=None)
@given(changed(SIGNED))
def test_what_is_accepted_is_what_was_signed(case: tuple[str, bytes]) -> None:
    """Other bytes may stand around the signed part; none of them comes out, and none of those inside is another.

    Where a form of line ends was tolerated, a line end is not another byte, and nothing else may differ either.
    """
    name, body = case
    wanted = expected(name)
    outcome = received_as(vector(name)[0], BytesSource(body), terms_of(wanted))
    sound(outcome)
    if outcome.accepted:
        assert outcome.verified is not None
        assert outcome.mic is not None
        if outcome.verified.canonicalisation == "raw":
            assert digests(outcome) == wanted.documents
            assert outcome.mic[1].hex() == wanted.mic
        else:
            whole = received_as(vector(name)[0], BytesSource(vector(name)[1]), terms_of(wanted))
            assert [lines(each) for each in outcome.documents] == [lines(each) for each in whole.documents]


@settings(max_examples=300, deadline=None)
@given(changed(NAMES))
def test_nothing_that_is_refused_becomes_good(case: tuple[str, bytes]) -> None:
    name, body = case
    sound(received_as(vector(name)[0], BytesSource(body), terms_of(expected(name))))


def lines(document: Document) -> list[bytes]:
    """The content, whatever ends its lines."""
    return re.split(rb"\r\n|\r|\n", read_all(document.content))


def digests(outcome: Received) -> list[str]:
    return [sha256(read_all(each.content)).hexdigest() for each in outcome.documents]


def sound(outcome: Received) -> None:
    """No document of a message that is not accepted; nothing told that is not in the catalogue."""
    assert outcome.accepted == (outcome.code == "processed") == (outcome.fault is None)
    assert outcome.accepted or not outcome.documents
    if outcome.code == "decryption-failed":
        assert outcome.mic is None
