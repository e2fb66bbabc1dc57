"""Which files look whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.files.completeness import END, looks_whole

EDIFACT = b"UNA:+.? 'UNB+UNOC:3+A+B+260101:1200+42'UNH+1+IFTSTA:D:96A:UN'UNT+2+1'UNZ+1+42'"
X12 = (
    b"ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*1200*U*00401*000000001*0*P*>~"
    b"IEA*0*000000001~"
)
WHOLE = {
    "edifact": EDIFACT,
    "without UNA": EDIFACT[9:],
    "lines": EDIFACT.replace(b"'", b"'\r\n"),
    "blanks and an end of file from DOS": EDIFACT + b"\r\n \x1a",
    "byte order mark": b"\xef\xbb\xbf" + EDIFACT,
    "two in one": EDIFACT + EDIFACT,
    "interactive": b"UIB+UNOC:3'UIH+1'UIT+1'UIZ+1'",
    "x12": X12,
    "x12 in lines": X12.replace(b"~", b"~\n"),
    "xml": b"<?xml version='1.0'?><a><b/></a>\n",
    "neither": b"DATE;CONTAINER\n2026-01-01;MSCU1234567",
}
PARTS = {
    "nothing": b"",
    "edifact without its end": EDIFACT[:-12],
    "the name of the trailer in a text": EDIFACT[:-12] + b"FTX+AAI+++UNZ IS MISSING AND THIS IS LONG" + b"X" * 80,
    "the second of two without its end": EDIFACT + EDIFACT[:-12],
    "x12 without its end": X12[:-15],
    "xml that breaks off": b"<a><b>te",
}


@pytest.mark.parametrize("content", WHOLE.values(), ids=WHOLE)
def test_whole(content: bytes) -> None:
    assert looks_whole(content[:END], content[-END:])


@pytest.mark.parametrize("content", PARTS.values(), ids=PARTS)
def test_part(content: bytes) -> None:
    assert not looks_whole(content[:END], content[-END:])


@given(st.integers(0, len(EDIFACT) - 9), st.booleans())
def test_no_beginning_of_an_interchange_is_whole(length: int, lines: bool) -> None:
    content = EDIFACT.replace(b"'", b"'\n") if lines else EDIFACT
    part = content[: min(length, content.index(b"UNZ"))]
    assert not looks_whole(part, part)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_have_an_answer(beginning: bytes, end: bytes) -> None:
    assert looks_whole(beginning, end) in (True, False)
