"""Reading in a stream: the same as reading at once, message by message, in bounded memory; and clean messages whole."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translators import streamed_report, streaming, window
from translators.finding import Finding, Where
from translators.glance import Glance
from translators.guide import Guide
from translators.judgement import judge
from translators.limits import Limits
from translators.parts import (
    GroupOpened,
    InterchangeClosed,
    InterchangeOpened,
    MessageRead,
    Noticed,
    PackageRead,
    Part,
)
from translators.reading import read
from translators.reading_terms import USUAL, CodePage, Heading, ReadingTerms, to_latin
from translators.repeats import Repeats
from translators.report import inspection, report
from translators.routing import read_envelope
from translators.streamed_report import StreamedInspection, StreamedReport, write_document
from translators.streaming import Reader, read_stream
from translators.syntax import Group, Interchange, Message, Package, Reading, Segment, Source

_VECTORS = Path(__file__).parents[1] / "vectors"
_FILES = sorted([*(_VECTORS / "edifact").glob("*.edi"), *(_VECTORS / "x12").glob("*.edi")])
_NOWHERE = Where()
_HEADER = b"UNB+UNOC:3+S:14+R:14+240102:0304+77'"
_ISA = b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *240102*0304*U*00401*000000001*0*P*:~"
_GS = b"GS*QM*SENDER*RECEIVER*20240102*0304*1*X*004010~"


def _edifact(messages: int, layout: bytes = b"", header: bytes = _HEADER) -> bytes:
    body = b"".join(
        b"UNH+%d+IFTSTA:D:96A:UN'BGM+23+ST-%d+9'FTX+AAI+++Left O?'Hare at 07?:40'UNS+D'UNT+5+%d'" % (n, n, n)
        for n in range(1, messages + 1)
    )
    whole = header + body + b"UNZ+%d+77'" % messages
    return whole.replace(b"?'", b"\0").replace(b"'", b"'" + layout).replace(b"\0", b"?'")


def _x12(messages: int, layout: bytes = b"") -> bytes:
    body = b"".join(
        b"ST*214*%04d~B10*PRO%d*SHP-%d*PRFT~SLN*1~MS1*CHICAGO*IL*US~SE*5*%04d~" % (n, n, n, n)
        for n in range(1, messages + 1)
    )
    return (_ISA + _GS + body + b"GE*%d*1~IEA*1*000000001~" % messages).replace(b"~", b"~" + layout)


_CLEAN = [
    *(_edifact(3, layout) for layout in (b"", b"\n", b"\r\n", b"\r", b" ", b" \r\n")),
    *(_x12(3, layout) for layout in (b"", b"\n", b"\r\n", b" ")),
    _edifact(3, header=_HEADER.replace(b"UNOC", b"UNOY")).replace(b"Left", b"L\xc3\xbcft"),
    _edifact(3).replace(b"Left", b"L\xfcft"),
    _edifact(3, header=b"UNA:+.? '" + _HEADER.replace(b"UNOC:3", b"UNOC:4")),
]
_POOL = [data for path in _FILES if len(data := path.read_bytes()) < 2000] + _CLEAN * 5
_THINGS = [
    *(
        b"'",
        b"?",
        b"\n",
        b"~",
        b"+",
        b":",
        b"*",
        b"?'",
        b"??'",
        b"??",
        b"''",
        b"'+",
        b"':",
        b"+'",
        b" ",
        b"\r\n",
        b"\t",
    ),
    *(b"UNT+", b"'UNZ+", b"UNZ+1'", b"UNS+D'", b"UNB+", b"ISA*", b"UNA", b"'UNT+5+1'", b"'UNH+9+IFTSTA:D:96A:UN'"),
    *(b"~SE*5*0001~", b"~ST*214*0009~", b"BIN*3*abc~", b"~BIN*3*abc~", b"~GE*1*77~", b"~TA1*1~", b"\xfc", b"\xc3\xbc"),
    *(b"\x01", b"?+", b"?A", b"'?'\r", b"'?'\n"),
]


def _segment(segment: Segment | None) -> object:
    if segment is None:
        return None
    return segment.tag, segment.raw, segment.offset, segment.position, segment.dialect, segment.elements


def _message(message: Message) -> object:
    return (
        (message.reference, message.kind, message.offset, message.end, message.raw, message.count, message.findings),
        _segment(message.header),
        [_segment(segment) for segment in message.segments],
    )


def _package(package: Package) -> object:
    return (
        (package.reference, package.offset, package.start, package.length, package.end, package.data, package.findings),
        (_segment(package.header), _segment(package.trailer)),
    )


def _group(group: Group) -> object:
    return (
        (group.explicit, group.kind, group.control_number, group.version, group.claimed_count, group.findings),
        (_segment(group.header), _segment(group.trailer)),
        [_message(message) for message in group.messages],
        [_package(package) for package in group.packages],
    )


def _everything(reading: Reading) -> object:
    """All of a reading, as values that can be compared."""
    return (
        reading.syntax,
        reading.findings,
        [
            (
                (each.sender, each.receiver, each.control_number, each.offset, each.end, each.dialect, each.findings),
                (_segment(each.header), _segment(each.trailer)),
                [_segment(segment) for segment in each.acknowledgments],
                [_group(group) for group in each.groups],
            )
            for each in reading.interchanges
        ],
    )


def _joined(reader: Reader) -> Reading:
    interchanges: list[Interchange] = []
    findings: list[Finding] = []
    for part in reader.parts():
        if isinstance(part, MessageRead):
            part.group.messages.append(part.message)
        elif isinstance(part, PackageRead):
            part.group.packages.append(part.package)
        elif isinstance(part, GroupOpened):
            part.interchange.groups.append(part.group)
        elif isinstance(part, InterchangeOpened):
            interchanges.append(part.interchange)
        elif isinstance(part, Noticed):
            findings.append(part.finding)
    return Reading(syntax=reader.syntax, interchanges=interchanges, findings=findings, source=reader.source)


def _exactly(data: bytes, terms: ReadingTerms = USUAL) -> Reading:
    """The reading when nothing is taken at a glance."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Glance, "sights", lambda *_: iter(()))
        return read(data, terms=terms)


_TERMS = [
    ReadingTerms(charset="UNOY"),
    ReadingTerms(charset="UNOA"),
    ReadingTerms(charset="windows-1252"),
    ReadingTerms(release="strict"),
    ReadingTerms(release="literal"),
    ReadingTerms(release="literal", charset="utf-8", line_breaks="off", line_break_value="strip"),
    ReadingTerms(repetition="*"),
    ReadingTerms(repetition=":", release="literal"),
    ReadingTerms(syntax_version=4),
    ReadingTerms(lenient_header=True),
    ReadingTerms(line_breaks="warning", line_break_value="space"),
    ReadingTerms(line_breaks="off", line_break_value="strip"),
    ReadingTerms(line_breaks="off", charset="UNOA"),
    ReadingTerms(unwrap=False),
    ReadingTerms(ebcdic="cp500"),
]


@st.composite
def _mutated(draw: st.DrawFn) -> bytes:
    text = draw(st.sampled_from(_POOL))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        how = draw(st.sampled_from(["lose", "double", "replace", "insert", "begin"]))
        to = min(len(text), at + draw(st.integers(0, 40)))
        if how == "lose":
            text = text[:at] + text[to:]
        elif how == "double":
            text = text[:to] + text[at:]
        elif how == "replace":
            text = text[:at] + draw(st.binary(min_size=1, max_size=2)) + text[at + 1 :]
        else:
            # Behind a terminator most things mean more than elsewhere.
            ends = [index + 1 for index, byte in enumerate(text) if byte in b"'~\n"] if how == "begin" else []
            at = draw(st.sampled_from(ends)) if ends else at
            text = text[:at] + draw(st.sampled_from(_THINGS)) + text[at:]
    return text


@pytest.mark.parametrize("path", _FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_glance_changes_nothing_in_a_vector(path: Path) -> None:
    data = path.read_bytes()
    assert _everything(read(data)) == _everything(_exactly(data))


@settings(max_examples=400, deadline=None)
@given(_mutated())
def test_a_glance_changes_nothing(data: bytes) -> None:
    assert _everything(read(data)) == _everything(_exactly(data))


@pytest.mark.parametrize("terms", _TERMS, ids=range(len(_TERMS)))
@settings(max_examples=12, deadline=None)
@given(data=_mutated())
def test_a_glance_changes_nothing_on_any_terms(terms: ReadingTerms, data: bytes) -> None:
    assert _everything(read(data, terms=terms)) == _everything(_exactly(data, terms))


def test_terms_are_chosen_for_each_interchange_by_its_header() -> None:
    """In one pass, and asked for once each: nothing behind a header was read by then."""
    one = _edifact(2).replace(b"Left", "Lüft".encode())
    other = one.replace(b"UNB+UNOC:3+S:14", b"UNB+UNOC:3+OTHER:ZZ").replace(b"240102:0304+77", b"240102:0304+78")
    third = _x12(1).replace(b"CHICAGO", "ZÜRICH".encode()).replace(b"*P*:~", b"*T*:~")
    headings: list[Heading] = []

    def terms_for(heading: Heading) -> ReadingTerms:
        headings.append(heading)
        return ReadingTerms(charset="utf-8") if heading.sender.id == "OTHER" or heading.test else USUAL

    for reading in (
        read(one + other + third, terms=terms_for),
        _joined(Reader(_chunks(one + other + third, 11), terms_for)),
    ):
        first, second, last = reading.interchanges
        assert [message.segments[2].text(4) for message in first.messages] == ["LÃ¼ft O'Hare at 07:40"] * 2
        assert [message.segments[2].text(4) for message in second.messages] == ["Lüft O'Hare at 07:40"] * 2
        assert [message.segments[3].text(1) for message in last.messages] == ["ZÜRICH"]
    assert [(each.syntax, each.sender.id, each.control_number, each.test) for each in headings] == [
        ("edifact", "S", "77", False),
        ("edifact", "OTHER", "78", False),
        ("x12", "SENDER", "000000001", True),
    ] * 2


def test_clean_messages_stay_uncut_on_terms_that_do_not_concern_them() -> None:
    for terms in _TERMS:
        for data in (_edifact(3), _x12(3), _edifact(3, b"\n")):
            messages = [message for each in read(data, terms=terms).interchanges for message in each.messages]
            if terms.charset != "UNOA" and terms.repetition != ":":
                assert [message._segments for message in messages] == [None, None, None]


def test_terms_that_cannot_be_are_refused() -> None:
    for wrong in ({"charset": "utf-16"}, {"repetition": "A"}, {"repetition": "**"}, {"syntax_version": 5}):
        with pytest.raises(ValueError, match=r"cannot|no syntax version|moves the ASCII"):
            msgspec.convert(wrong, ReadingTerms, from_attributes=True)


def test_a_repetition_separator_that_is_another_delimiter_is_not_used() -> None:
    (interchange,) = read(_edifact(1), terms=ReadingTerms(repetition="+")).interchanges
    assert [(each.code, each.severity) for each in interchange.findings] == [("delimiter-unusual", "warning")]
    assert interchange.dialect.repetition is None


@pytest.mark.parametrize("page", ["cp037", "cp500"])
def test_ebcdic_is_converted_piece_by_piece(page: CodePage) -> None:
    """As its conversion reads, but for the note that it was one."""
    plain = _edifact(2_500, b"\n").replace(b"Left", b"L[\xfc]t")
    table = to_latin(page)
    data = plain.replace(b"\n", b"\x85").decode("latin-1").encode(page).translate(bytes(range(256)))
    assert data.translate(table) == plain
    whole, cut = (
        read(data, terms=ReadingTerms(ebcdic=page)),
        _joined(Reader(_chunks(data, 3000), ReadingTerms(ebcdic=page))),
    )
    assert _everything(whole) == _everything(cut)
    assert [finding.code for finding in whole.findings] == ["file-converted"]
    assert len(list(whole.interchanges[0].messages)) == 2_500
    whole.findings.clear()
    assert _everything(whole) == _everything(read(plain))


@pytest.mark.parametrize("data", _CLEAN, ids=range(len(_CLEAN)))
def test_clean_messages_are_not_cut_until_somebody_asks(data: bytes) -> None:
    messages = [message for interchange in read(data).interchanges for message in interchange.messages]
    assert len(messages) == 3
    assert [message._segments for message in messages] == [None, None, None]
    assert [message.count for message in messages] == [5, 5, 5]
    assert all(data.startswith(message.raw, message.offset) for message in messages)
    assert all(len(message.segments) == 5 for message in messages)
    assert messages[0].segments is messages[0].segments


def _chunks(data: bytes, size: int, first: int = 0) -> Iterator[bytes]:
    yield data[:first]
    for start in range(first, len(data), size):
        yield data[start : start + size]


_BEFORE = _edifact(3_000)


@settings(max_examples=60, deadline=None)
@given(st.lists(_mutated(), min_size=1, max_size=3), st.sampled_from([1, 7, 50, 2000]), st.integers(0, 900))
def test_where_a_file_is_cut_changes_nothing(texts: list[bytes], size: int, before: int) -> None:
    """Behind as much as is looked at as a whole, the file comes in pieces of a few bytes, and is held no longer."""
    data = b"\n".join([_BEFORE, *texts, _edifact(5)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window, "PIECE", size)
        patch.setattr(streaming, "_AHEAD", 600)
        streamed = _joined(Reader(_chunks(data, size, window.SAMPLE - before)))
        whole = _joined(Reader((data,)))
    assert _everything(streamed) == _everything(whole)


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(_TERMS), st.lists(_mutated(), min_size=1, max_size=3), st.sampled_from([7, 2000]))
def test_where_a_file_is_cut_changes_nothing_on_any_terms(terms: ReadingTerms, texts: list[bytes], size: int) -> None:
    data = b"\n".join([_BEFORE, *texts, _edifact(5)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window, "PIECE", size)
        patch.setattr(streaming, "_AHEAD", 600)
        streamed = _joined(Reader(_chunks(data, size, window.SAMPLE), terms))
        whole = _joined(Reader((data,), terms))
    assert _everything(streamed) == _everything(whole)


def test_a_wrapped_file_keeps_its_places_in_a_stream() -> None:
    text = _edifact(9_000)
    data = b"\r\n".join(text[start : start + 80] for start in range(0, len(text), 80))
    data = data.replace(b"UNT+5+8999'", b"UNT+6+8999'") if b"UNT+5+8999'" in data else data
    streamed, whole = _joined(Reader(_chunks(data, 10_000))), read(data)
    assert "lines-unwrapped" in {finding.code for finding in streamed.findings}
    assert _everything(streamed) == _everything(whole)
    messages = list(whole.interchanges[0].messages)
    assert len(messages) == 9_000
    source = Source(data)
    at, line, column = whole.source.place(messages[8_000].offset)
    assert data[at : at + 4].replace(b"\r", b"").startswith(b"UN")
    assert (line, column) == source.place(at)[1:]


def test_the_first_message_comes_before_the_last_is_asked_for() -> None:
    data = _edifact(20_000)
    asked = 0

    def chunks() -> Iterator[bytes]:
        nonlocal asked
        for start in range(0, len(data), 1 << 16):
            asked += 1
            yield data[start : start + (1 << 16)]

    first = next(part for part in read_stream(chunks()) if isinstance(part, MessageRead))
    assert first.message.reference == "1"
    assert asked * (1 << 16) < len(data) / 2


def _endless(parts: Iterator[Part]) -> int:
    return sum(isinstance(part, MessageRead) for part in parts)


def _repeated(piece: bytes, times: int, before: bytes = b"", behind: bytes = b"") -> Iterator[bytes]:
    yield before
    for _ in range(times):
        yield piece
    yield behind


@pytest.mark.parametrize(
    ("name", "before", "piece"),
    [
        ("a segment without end", _HEADER + b"UNH+1+IFTSTA:D:96A:UN'FTX+", b"A" * 65536),
        ("a run of releases", _HEADER + b"UNH+1+IFTSTA:D:96A:UN'FTX+", b"?" * 65536),
        ("empty segments", _HEADER, b"'" * 20_000),
        ("strays", _HEADER, b"BGM+1'" * 5_000),
        ("junk", b"", b"junk " * 13000),
        ("blanks", b"", b"\n" * 65536),
        ("a header without end", _HEADER[:-1], b"A" * 65536),
        ("an ISA without terminator", _ISA[:-1], b"A" * 65536),
        ("binary data", _ISA + _GS + b"ST*214*0001~BIN*999999999*", b"~\n" * 32768),
        ("a package", _HEADER + b"UNO+1+2+3+999999999'", b"UNZ+1'" * 10000),
        ("messages without reference", _HEADER, b"UNH'" * 1000),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_memory_is_bounded_whatever_comes(name: str, before: bytes, piece: bytes) -> None:
    """Twelve megabytes of it, of which a few are held at most."""
    limits = Limits(binary_bytes=1 << 20)
    times = 12_000_000 // len(piece) if len(piece) > 40_000 else 20
    tracemalloc.start()
    try:
        for _ in read_stream(_repeated(piece, times, before), limits=limits):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 7_000_000, name


def test_large_binary_data_is_passed_over_and_what_follows_is_read() -> None:
    limits = Limits(binary_bytes=1000)
    data = b"~\nISA*" * 50_000
    text = (
        _ISA
        + _GS
        + b"ST*214*0001~BIN*%d*" % len(data)
        + data
        + b"~SE*3*0001~ST*214*0002~SE*2*0002~GE*2*1~IEA*1*000000001~"
    )
    reading = read(text, limits=limits)
    first, second = reading.interchanges[0].messages
    assert not [*first.findings, *second.findings, *reading.interchanges[0].findings, *reading.findings]
    assert (first.count, second.count) == (3, 2)
    binary = first.segments[1]
    assert binary.binary
    assert binary.text(1) == str(len(data))
    assert text.startswith(data, binary.offset + len(binary.raw))
    wrong = text.replace(b"BIN*%d*" % len(data), b"BIN*%d*" % (len(data) - 1))
    first, second = read(wrong, limits=limits).interchanges[0].messages
    assert [finding.code for finding in first.findings] == ["binary-length-invalid"]
    assert not second.findings


def test_a_message_that_is_too_large_is_counted_and_not_held() -> None:
    limits = Limits(message_segments=1_000)
    body = b"FTX+AAI+++something to be said'" * 120_000
    data = _HEADER + b"UNH+1+IFTSTA:D:96A:UN'" + body + b"UNT+120002+1'UNH+2+IFTSTA:D:96A:UN'UNT+2+2'UNZ+2+77'"
    first, second = (
        part.message for part in read_stream(_chunks(data, 65536), limits=limits) if isinstance(part, MessageRead)
    )
    assert [finding.code for finding in first.findings] == ["too-large"]
    assert first.count == 120_002
    assert len(first.raw) < len(body) * 2 / 3
    assert not second.findings


def test_elements_and_repetitions_beyond_the_limits_are_findings() -> None:
    limits = Limits(segment_elements=10, repetitions=20)
    header = _HEADER.replace(b"UNOC:3", b"UNOC:4")
    data = header + b"UNH+1+IFTSTA:D:96A:UN'FTX" + b"+A" * 11 + b"'RFF+A" + b"*A" * 20 + b"'UNT+4+1'UNZ+1+77'"
    (message,) = read(data, limits=limits).interchanges[0].messages
    found = [(each.code, each.where.segment, each.where.element) for each in message.findings]
    assert found == [("too-large", "FTX", 11), ("too-large", "RFF", 1)]
    assert not next(read(data).interchanges[0].messages).findings


def test_a_stream_that_is_too_long_ends_in_a_finding() -> None:
    limits = Limits(file_bytes=300_000)
    parts = list(read_stream(_chunks(_edifact(10_000), 1000), limits=limits))
    messages = [part for part in parts if isinstance(part, MessageRead)]
    assert 1_000 < len(messages) < 10_000
    assert isinstance(parts[-1], Noticed)
    assert parts[-1].finding.code == "too-large"
    (closed,) = (part for part in parts if isinstance(part, InterchangeClosed))
    codes = [finding.code for finding in closed.interchange.findings]
    assert codes == ["truncated", "interchange-trailer-missing"]


def test_a_file_of_millions_of_messages_leaves_nothing_behind() -> None:
    one = b"UNH+%d+IFTSTA:D:96A:UN'BGM+1'UNT+3+%d'"

    def chunks() -> Iterator[bytes]:
        yield _HEADER
        for start in range(1, 100_000, 1000):
            yield b"".join(one % (n, n) for n in range(start, start + 1000))
        yield b"UNZ+100000+77'"

    tracemalloc.start()
    try:
        assert _endless(read_stream(chunks())) == 100_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000


@settings(max_examples=200, deadline=None)
@given(st.lists(st.from_regex(r"(A|A1|)[0-9]{0,3}", fullmatch=True) | st.integers(0, 120).map(str), max_size=60))
def test_repeats_are_those_of_a_set(references: list[str]) -> None:
    """With runs of consecutive numbers between them, which are kept otherwise than what stands alone."""
    seen: set[str] = set()
    repeats = Repeats()
    for first in references:
        number = int(first) if first.isdecimal() else None
        for reference in [first] if number is None else [f"{n:0{len(first)}d}" for n in range(number, number + 3)]:
            assert (reference in repeats) == (reference in seen)
            assert repeats.add(reference) == (reference not in seen)
            seen.add(reference)


@pytest.mark.parametrize("path", _FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_reports_on_a_stream_are_those_on_the_whole(path: Path) -> None:
    data = path.read_bytes()
    reading = read(data)
    unknown = Finding(
        code="message-type-unknown", severity="warning", text="", where=reading.source.where(_NOWHERE, 0), layer="guide"
    )

    def guide_for(interchange: Interchange, group: Group, message: Message) -> Guide | Finding:
        return unknown

    whole = report(reading, [judge(each, reading.source, guide_for) for each in reading.interchanges])
    taken, looked = StreamedReport(lambda source: guide_for), StreamedInspection()
    for part in read_stream((data,)):
        taken.take(part)
        looked.take(part)
    assert msgspec.json.decode(b"".join(write_document(taken.report()))) == msgspec.to_builtins(whole)
    inspected = msgspec.json.decode(b"".join(write_document(looked.inspection())))
    assert inspected == msgspec.to_builtins(inspection(reading))


def test_an_inspection_says_that_there_are_more_findings_than_it_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """And that an error is among those, for the verdict goes by what is listed."""
    monkeypatch.setattr(streamed_report, "MOST_FINDINGS", 3)
    warnings = _edifact(5, header=_HEADER.replace(b"UNOC", b"UNOB")).replace(b"Left", b"L\xfcft")
    for data, severity in ((warnings, "warning"), (warnings.replace(b"UNT+5+5'", b"UNT+6+5'"), "error")):
        looked = StreamedInspection()
        for part in read_stream((data,)):
            looked.take(part)
        listed = looked.inspection().findings
        assert [each.code for each in listed] == ["character-invalid"] * 3 + ["findings-suppressed"]
        assert listed[-1].severity == severity
    assert listed[-1].text == "3 findings more are not listed"


def test_messages_behind_a_damaged_header_are_told_with_their_range() -> None:
    """Twenty of them one by one, the others as a number; alike in a stream; and X12 as well."""
    lost = _edifact(25).replace(b"UNB+", b"UBN+")
    data = _edifact(1) + lost + _edifact(1, header=_HEADER.replace(b"+77'", b"+78'"))
    for reading in (read(data), _joined(Reader(_chunks(data, 70)))):
        told = [finding for finding in reading.findings if finding.code == "message-unaddressed"]
        assert [finding.where.message for finding in told] == [str(number) for number in range(1, 21)]
        for finding in told:
            start, end = (int(number) for number in re.findall("[0-9]+", finding.text)[1:3])
            assert start == finding.where.offset
            assert data[start:].startswith(b"UNH+%b+" % (finding.where.message or "").encode())
            assert data[start : end + 1].endswith(b"UNT+5+%b'" % (finding.where.message or "").encode())
        (header,) = (finding for finding in reading.findings if finding.code == "header-missing")
        assert "IFTSTA 20 and 5 more" in header.text
        assert [each.control_number for each in reading.interchanges] == ["77", "78"]
    cut = _x12(2).replace(b"ISA*", b"IAS*").replace(b"SE*5*0001~", b"")
    first, second = (finding for finding in read(cut).findings if finding.code == "message-unaddressed")
    assert f"bytes {cut.index(b'ST*')} to {cut.index(b'ST*214*0002') - 1}," in first.text
    assert f"bytes {cut.index(b'ST*214*0002')} to {cut.index(b'GE*') - 1}," in second.text


def test_an_isa_of_too_few_elements_is_named_as_what_it_is() -> None:
    (finding, *_) = read((_VECTORS / "x12" / "20-isa-too-few-elements.edi").read_bytes()).findings
    assert finding.severity == "error"
    assert finding.text.startswith("the ISA has 8 of sixteen elements: nothing of this interchange is read")


def test_the_envelope_is_read_from_the_first_few_kilobytes() -> None:
    asked = 0

    def chunks() -> Iterator[bytes]:
        nonlocal asked
        for chunk in _chunks(_x12(100_000), 4096):
            asked += 1
            yield chunk

    routing = read_envelope(chunks())
    assert routing is not None
    assert asked <= 6
    assert (routing.syntax, routing.sender.id, routing.receiver.id) == ("x12", "SENDER", "RECEIVER")
    assert (routing.control_number, routing.test, routing.group_kind, routing.group_number) == (
        "000000001",
        False,
        "QM",
        "1",
    )
    assert routing.message is not None
    assert (routing.message.type, routing.message.version, routing.reference) == ("214", "004010", "0001")
    assert read_envelope(_edifact(3)[:60]) == read_envelope(b"junk\n" + _edifact(3)[:60]) is not None
    assert read_envelope(b"nothing of that kind") is None
