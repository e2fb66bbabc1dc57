"""Reading, whatever the bytes are: it ends in findings, in time, and what it yields is where it says it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translators.codes import CODES
from translators.finding import Finding
from translators.reading import Limits, ReadingTerms, read
from translators.syntax import Reading, Segment

_VECTORS = Path(__file__).parents[1] / "vectors"
_VALID = [
    path.read_bytes()
    for folder in ("edifact", "x12")
    for path in sorted((_VECTORS / folder).glob("*.edi"))
    if len(path.read_bytes()) < 2000
]
_HEADER = b"UNB+UNOC:3+S:14+R:14+240102:0304+77'"
_ISA = b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *240102*0304*U*00401*000000001*0*P*:~"
_GS = b"GS*QM*SENDER*RECEIVER*20240102*0304*1*X*004010~"
_MESSAGE = b"UNH+1+IFTSTA:D:96A:UN'"


def _all_findings(reading: Reading) -> Iterator[Finding]:
    yield from reading.findings
    for interchange in reading.interchanges:
        yield from interchange.findings
        for group in interchange.groups:
            yield from group.findings
            for message in group.messages:
                yield from message.findings


def _all_segments(reading: Reading) -> Iterator[Segment]:
    for interchange in reading.interchanges:
        yield interchange.header
        yield from interchange.acknowledgments
        for group in interchange.groups:
            yield from (segment for segment in (group.header, group.trailer) if segment is not None)
            for message in group.messages:
                yield from message.segments


def _check(data: bytes) -> None:
    reading = read(data)
    unwrapped = any(finding.code == "lines-unwrapped" for finding in reading.findings)
    assert reading.interchanges or any(finding.fatal for finding in reading.findings)
    for finding in _all_findings(reading):
        assert finding.code in CODES
        where = finding.where
        assert where.offset is not None and 0 <= where.offset <= len(data)
        assert where.line is not None and where.line >= 1 and where.column is not None and where.column >= 1
    last = -1
    for segment in _all_segments(reading):
        assert isinstance(segment.elements, tuple)
        assert all(occurrence for element in segment.elements for occurrence in element)
        if not unwrapped:
            assert data.startswith(segment.raw, segment.offset)
            assert segment.offset >= 0
    for interchange in reading.interchanges:
        assert interchange.offset >= last, "interchanges overlap"
        assert interchange.end > interchange.offset
        last = interchange.end
        for message in interchange.messages:
            assert interchange.offset < message.offset < message.end <= interchange.end
            assert [segment.position for segment in message.segments] == list(range(1, len(message.segments) + 1))
            if message.segments[-1].tag not in ("UNT", "SE"):
                assert any(finding.fatal for finding in message.findings)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_arbitrary_bytes(data: bytes) -> None:
    _check(data)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(
        [b"UNA:+.? '", b"UNB+UNOC:3+A+B+240102:0304+1'", b"UNA+++++'UNB", _ISA, _ISA + _GS, b"ISA*", b"UNB"]
    ),
    st.text(alphabet="UNBHTZAGSEI+:'?*~\n 01\x00ü", max_size=80),
)
def test_headers_with_anything_behind(header: bytes, tail: str) -> None:
    _check(header + tail.encode("latin-1"))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_mutations_of_vectors(data: st.DataObject) -> None:
    """A vector with bytes changed, lost, doubled, swapped or broken into lines."""
    text = data.draw(st.sampled_from(_VALID))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        to = data.draw(st.integers(at, min(len(text), at + 40)))
        how = data.draw(st.sampled_from(["lose", "double", "replace", "insert", "wrap", "swap"]))
        if how == "lose":
            text = text[:at] + text[to:]
        elif how == "double":
            text = text[:to] + text[at:]
        elif how == "replace":
            text = text[:at] + data.draw(st.binary(min_size=1, max_size=3)) + text[at + 1 :]
        elif how == "insert":
            text = (
                text[:at]
                + data.draw(st.sampled_from([b"'", b"?", b"\n", b"~", b"+", b"UNB+", b"ISA*", b"UNZ'"]))
                + text[at:]
            )
        elif how == "wrap":
            width = data.draw(st.integers(8, 90))
            text = b"\n".join(text[start : start + width] for start in range(0, len(text), width))
        else:
            text = text[to:] + text[:to]
    _check(text)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=30, unique=True))
def test_places_are_counted_as_an_editor_counts_them(data: bytes, offsets: list[int]) -> None:
    source = read(data).source if b"\n" in data or b"\r" not in data else None
    if source is None:
        return
    for offset in offsets:
        if offset <= len(data):
            before = data[:offset]
            line, column = before.count(b"\n") + 1, offset - (before.rfind(b"\n") + 1) + 1
            assert source.place(offset)[1:] == (line, column)


_LONG = {
    "one line without any terminator": (b"A" * 20_000_000, "not-edi"),
    "a header without terminator": (_HEADER[:-1] + b"A" * 20_000_000, "terminator-invalid"),
    "an ISA without terminator": (_ISA[:-1] + b"A" * 20_000_000, "terminator-invalid"),
    "a segment without terminator": (_HEADER + _MESSAGE + b"FTX+" + b"A" * 20_000_000, "too-large"),
    "a million empty segments": (_HEADER + b"'" * 1_000_000, "segment-empty-tag"),
    "a run of releases": (_HEADER + _MESSAGE + b"FTX+" + b"?" * 5_000_000, "truncated"),
    "released terminators": (_HEADER + _MESSAGE + b"FTX+" + b"?'" * 300_000, "truncated"),
    "line breaks only": (b"\n" * 5_000_000, "empty-file"),
    "headers that cannot be read": (b"UNB|UNOC:3|'" * 10_000, "una-damaged"),
    "headers without terminator": (b"UNB+UNOC:3+\n" * 50_000, "terminator-invalid"),
    "headers and nothing else": (b"UNB+UNOC:3+X'" * 2_000, "interchange-trailer-missing"),
    "message headers only": (_HEADER + b"UNH'" * 5_000, "message-trailer-missing"),
    "group headers only": (_HEADER + b"UNG'UNT'" * 3_000, "group-trailer-missing"),
    "separators only": (_HEADER + _MESSAGE + b"FTX" + b"+:" * 200_000 + b"'UNT+3+1'UNZ+1+77'", "trailing-separator"),
    "control characters": (_HEADER + _MESSAGE + b"FTX" + b"+\x01" * 200_000 + b"'", "findings-suppressed"),
    "characters of two bytes": (
        _HEADER.replace(b"UNOC", b"UNOY") + _MESSAGE + b"FTX+" + b"\xd0\x96" * 200_000 + b"\x01'",
        "character-invalid",
    ),
    "lines of one width": (b"\n".join([b"UNA:+.? '", *[b"UNB+UNOC:"] * 200_000]), "lines-unwrapped"),
    "binary segments of wrong length": (_ISA + _GS + b"ST*214*0001~" + b"BIN*x*y~" * 10_000, "binary-length-invalid"),
    "bytes of UTF-8 in latin text": (_HEADER + (_MESSAGE + b"FTX+\xc3\xbc\xc3'UNT+3+1'") * 5_000, "duplicate-message"),
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", _LONG)
def test_time_grows_with_the_length_only(name: str) -> None:
    """Sizes at which anything quadratic would take minutes."""
    data, code = _LONG[name]
    assert code in {finding.code for finding in _all_findings(read(data))}


def test_limits_are_findings() -> None:
    limits = Limits(segment_bytes=50, message_segments=3, file_bytes=400)
    long = _HEADER + _MESSAGE + b"FTX+" + b"A" * 60 + b"'BGM+1'UNT+4+1'UNZ+1+77'"
    (message,) = read(long, limits=limits).interchanges[0].messages
    assert [finding.code for finding in message.findings] == ["too-large", "too-large"]
    assert len(message.segments) == 4
    assert len(message.segments[1].raw) == 50
    assert message.findings[0].where.offset == long.index(b"FTX")
    assert [finding.code for finding in read(b"A" * 401, limits=limits).findings] == ["too-large"]
    assert [finding.code for finding in read(b"A" * 400, limits=limits).findings] == ["not-edi"]


def test_the_limit_on_findings_never_hides_an_error() -> None:
    """Two hundred warnings are cut to a hundred; the error behind them is still there."""
    body = b"".join(b"FTX+AAI+++%d lower case'" % number for number in range(200))
    data = _HEADER.replace(b"UNOC", b"UNOA") + _MESSAGE + body + b"FTX+A\x01'UNT+9+1'UNZ+1+77'"
    (message,) = read(data).interchanges[0].messages
    codes = [finding.code for finding in message.findings]
    assert len(codes) == 103
    assert codes[100:] == ["findings-suppressed", "character-invalid", "message-count-mismatch"]
    assert [finding.severity for finding in message.findings[-2:]] == ["error", "error"]


def test_a_profile_overrides_the_character_set() -> None:
    data = (_VECTORS / "edifact" / "32-utf-8-under-unoc.edi").read_bytes()
    for name in ("UNOY", "utf-8"):
        reading = read(data, terms=ReadingTerms(charset=name))
        assert not list(_all_findings(reading))
        assert next(reading.interchanges[0].messages).segments[1].text(4) == "Müller"
    with pytest.raises(ValueError, match="moves the ASCII characters"):
        ReadingTerms(charset="utf-16")
    with pytest.raises(ValueError, match="no character set known"):
        ReadingTerms(charset="UNOX9")


def test_a_segment_finds_its_values() -> None:
    data = (_VECTORS / "edifact" / "03-release-runs.edi").read_bytes()
    segment = next(read(data).interchanges[0].messages).segments[3]
    assert segment.raw == b"FTX+D??+E+F???+G+H??:I:J???:K"
    assert (segment.text(1), segment.text(4, 3), segment.text(4, 4), segment.text(9)) == ("D?", "J?:K", "", "")
    assert data[segment.offset_of(4, 2) :].startswith(b"I:J")
    assert data[segment.offset_of(3) :].startswith(b"F???+G")
    assert segment.offset_of(9, 9) == segment.offset_of(4, 3)
