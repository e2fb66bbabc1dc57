"""Messages as people save them: every form is told by its content, and what got lost on the way to the file is seen."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from as2.capture import read_capture
from tests.as2.keys import KEYS, openssl_cms, pem

HEAD = b"AS2-From: ACME\r\nAS2-To: US\r\nContent-Type: application/EDIFACT\r\n"
BODY = b"UNB+UNOC:3'\r\n"


@pytest.mark.parametrize(
    ("start", "form", "status"),
    [
        (b"POST /as2 HTTP/1.1\r\n", "request", None),
        (b"POST https://us.example/as2?x=1 HTTP/1.0\n", "request", None),
        (b"HTTP/1.1 200 OK\r\n", "answer", 200),
        (b"HTTP/1.1 204\r\n", "answer", 204),
        (b"HTTP/2 200 \r\n", "answer", 200),
        (b"", "mime", None),
    ],
)
def test_forms(start: bytes, form: str, status: int | None) -> None:
    capture = read_capture(start + HEAD + b"\r\n" + BODY)
    assert (capture.form, capture.status, capture.body) == (form, status, BODY)
    assert capture.start_line == start.decode().strip()
    assert capture.headers.get("as2-from") == "ACME"
    assert capture.remarks == ()


def envelope() -> bytes:
    return openssl_cms("-encrypt", "-binary", "-outform", "DER", "-aes128", pem("rsa"), stdin=BODY)


@pytest.mark.parametrize("form", ["der", "pem", "base64", "one line"])
def test_bare_cms(form: str) -> None:
    der = envelope()
    data = {
        "der": der,
        "pem": b"-----BEGIN CMS-----\n" + base64.encodebytes(der) + b"-----END CMS-----\n",
        "base64": base64.encodebytes(der),
        "one line": base64.b64encode(der),
    }[form]
    capture = read_capture(data)
    assert (capture.form, capture.body) == ("cms", der)
    assert "enveloped-data" in (capture.headers.get("Content-Type") or "")
    assert len(capture.remarks) == (form != "der")


def test_a_bare_signature() -> None:
    der = openssl_cms(
        *("-sign", "-binary", "-outform", "DER", "-signer", pem("rsa"), "-inkey", str(KEYS / "rsa.key.pem")), stdin=BODY
    )
    assert read_capture(der).headers.get("Content-Type") == "application/pkcs7-signature"


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    ("framed", "body", "words"),
    [
        (b"5\r\nUNB+U\r\n008 ; x=y\r\nNOC:3'\r\n\r\n0\r\n\r\n", BODY, "were joined"),
        (b"0\r\n\r\n", b"", "were joined"),
        (BODY, BODY, "is not"),
        (b"5\r\nUNB+U\r\nFF\r\nNOC", b"5\r\nUNB+U\r\nFF\r\nNOC", "is not"),
        (b"3\r\nUNB+U0\r\n\r\n", b"3\r\nUNB+U0\r\n\r\n", "is not"),
    ],
)
def test_chunks(framed: bytes, body: bytes, words: str) -> None:
    capture = read_capture(b"POST / HTTP/1.1\r\n" + CHUNKED + b"\r\n" + framed)
    assert capture.body == body
    assert words in capture.remarks[0]


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (b"Content-Length: 20", "cut short"),
        (b"Content-Length: 2", "something was added"),
        (b"Content-Length: many", "no number"),
        (b"Content-Length: 13\r\nTransfer-Encoding: chunked", "refused with 400"),
    ],
)
def test_lengths(field: bytes, words: str) -> None:
    capture = read_capture(HEAD + field + b"\r\n\r\n" + BODY)
    assert words in capture.remarks[-1]


def test_line_ends_that_were_converted() -> None:
    capture = read_capture((HEAD + b"\r\n" + BODY).replace(b"\r\n", b"\n"))
    assert "converted" in capture.remarks[0]
    assert capture.headers.get("AS2-To") == "US"


@pytest.mark.parametrize("data", [b"", b"\0", b"not a header\r\n\r\nbody", b"MIIB", b"\x30\x00", b"\r\n", b"M" * 99])
def test_what_is_no_message(data: bytes) -> None:
    capture = read_capture(data)
    assert (capture.form, len(capture.remarks)) == ("unknown", 1)


@given(st.binary(max_size=300))
def test_anything(data: bytes) -> None:
    assert isinstance(read_capture(data).body, bytes)


@given(st.binary(max_size=200))
def test_any_body(body: bytes) -> None:
    assert read_capture(HEAD + b"\r\n" + body).body == body
