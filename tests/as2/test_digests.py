"""The digests of the three forms of an entity are those of the forms written out, however the content is cut."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from as2.digests import CANONICALISATIONS, Canonicalisation, DigestName, EntityDigests, MicalgStyle, normalise, spelled

LINES = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b"bc", b""]), max_size=20)
NAMES: tuple[DigestName, ...] = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")


def canonical(data: bytes) -> bytes:
    return re.sub(rb"\r\n|\r|\n", b"\r\n", data)


@given(st.sampled_from([b"", b"A: b\r\n\r\n", b"A: b\n\n", b"A: b\r\n\n"]), LINES)
@example(b"A: b\r\n\r\n", [b"a\r", b"\nb"])
@example(b"A: b\r\n\r\n", [b"a\r"])
@example(b"A: b\n\n", [b"a\r", b"", b"\r", b"\n"])
def test_each_form_is_hashed_as_if_written_out(header: bytes, chunks: list[bytes]) -> None:
    content = b"".join(chunks)
    digests = EntityDigests(["sha256", "md5"])
    digests.update_header(header)
    for chunk in chunks:
        digests.update(chunk)
    forms: dict[Canonicalisation, bytes] = {
        "raw": header + content,
        "crlf-headers": canonical(header) + content,
        "crlf-all": canonical(header) + canonical(content),
    }
    for form in CANONICALISATIONS:
        for _ in range(2):
            assert digests.digest("sha256", form) == hashlib.sha256(forms[form]).digest()
            assert digests.digest("md5", form) == hashlib.md5(forms[form], usedforsecurity=False).digest()


def test_the_raw_form_alone() -> None:
    digests = EntityDigests(["sha1"], canonical=False)
    digests.update_header(b"A: b\n\n")
    for chunk in (b"a\r", b"\nb\n"):
        digests.update(chunk)
    assert digests.digest("sha1") == hashlib.sha1(b"A: b\n\na\r\nb\n", usedforsecurity=False).digest()
    with pytest.raises(ValueError, match="raw form"):
        digests.digest("sha1", "crlf-all")
    with pytest.raises(KeyError):
        digests.digest("sha256")


@pytest.mark.parametrize(
    ("style", "sha1", "sha256"),
    [
        ("rfc5751", "sha-1", "sha-256"),
        ("rfc3851", "sha1", "sha256"),
        ("rfc5751-upper", "SHA-1", "SHA-256"),
        ("rfc3851-upper", "SHA1", "SHA256"),
    ],
)
def test_spellings_are_read_again(style: MicalgStyle, sha1: str, sha256: str) -> None:
    assert spelled("sha1", style) == sha1
    assert spelled("sha256", style) == sha256
    for name in NAMES:
        assert normalise(spelled(name, style)) == name


@given(st.text(max_size=30))
def test_any_text_is_a_digest_or_none(text: str) -> None:
    assert normalise(text) in (None, *NAMES)
