"""The bytes that signers hash by mistake: the same digests however the content is cut, and none of them missed."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from as2.suspects import SUSPECTS, Suspect, SuspectDigests

HEAD = b"Content-Type: application/EDIFACT\r\n\r\n"
LF_HEAD = HEAD.replace(b"\r\n", b"\n")
CONTENTS = st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b"\n\r", b"bc", b"\x00"]), max_size=12).map(b"".join)


def with_lf(data: bytes) -> bytes:
    """Every line end an LF, one byte after the other."""
    out = bytearray()
    for position, byte in enumerate(data):
        if byte == 0x0D:
            if data[position + 1 : position + 2] != b"\n":
                out += b"\n"
        else:
            out.append(byte)
    return bytes(out)


def forms(head: bytes, content: bytes) -> dict[Suspect, bytes]:
    """What each suspect is, written out."""
    entity = head + content
    ending = next((end for end in (b"\r\n", b"\n", b"\r") if content.endswith(end)), b"")
    return {
        "lf-body": with_lf(head).replace(b"\n", b"\r\n") + with_lf(content),
        "lf-all": with_lf(entity),
        "content": content,
        "content-with-crlf": with_lf(content).replace(b"\n", b"\r\n"),
        "content-with-lf": with_lf(content),
        "line-end-added": entity + b"\r\n",
        "line-end-removed": head + content.removesuffix(ending),
    }


def running(head: bytes, pieces: list[bytes]) -> SuspectDigests:
    digests = SuspectDigests(["sha256", "sha1"])
    digests.update_header(head)
    for piece in pieces:
        digests.update(piece)
    return digests


@given(CONTENTS, st.lists(st.integers(0, 24), max_size=6), st.sampled_from([HEAD, LF_HEAD]))
def test_however_it_is_cut(content: bytes, cuts: list[int], head: bytes) -> None:
    places = sorted({0, len(content), *(min(each, len(content)) for each in cuts)})
    digests = running(head, [content[start:end] for start, end in pairwise(places)])
    for form, data in forms(head, content).items():
        for name in ("sha256", "sha1"):
            assert digests.digest(name, form) == hashlib.new(name, data, usedforsecurity=False).digest(), form


@pytest.mark.parametrize("content", [b"", b"\r", b"\r\n", b"a\r\n", b"a\r\n\r\n", b"a\nb", b"\r\r\n"])
def test_byte_by_byte(content: bytes) -> None:
    digests = running(HEAD, [bytes((byte,)) for byte in content])
    for form, data in forms(HEAD, content).items():
        assert digests.digest("sha256", form) == hashlib.sha256(data).digest(), form


def test_a_digest_may_be_asked_for_twice() -> None:
    digests = running(HEAD, [b"a\r\n"])
    assert digests.digest("sha256", "line-end-added") == digests.digest("sha256", "line-end-added")


def test_they_are_told_apart() -> None:
    """But for a content that has CRLF already: it is the same with CRLF."""
    content = b"UNB'\r\nUNZ'\r\n"
    digests = running(HEAD, [content])
    assert len({digests.digest("sha256", form) for form in SUSPECTS}) == len(SUSPECTS) - 1
    assert digests.digest("sha256", "content") == digests.digest("sha256", "content-with-crlf")
