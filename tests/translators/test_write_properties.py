"""Writing: what is written reads back the same, here and with pydifact, and counts and places are right."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from pydifact.exceptions import MissingImplementationWarning
from pydifact.parser import Parser

from translators.envelope import Envelope, Layout, Outgoing, OutgoingGroup, Span, Written
from translators.reading import read
from translators.syntax import Address, Elements, Interchange, Message, MessageKind
from translators.tree import Node
from translators.writing import write

_AT = datetime(2024, 2, 29, 23, 59, tzinfo=UTC)
_DELIMITERS = st.sampled_from(list("!#$%&()*+,-./:;<=>?@[]^_`{|}~'\"\\"))
_NEWLINES: st.SearchStrategy[Literal["", "\n", "\r\n"]] = st.sampled_from(["", "\n", "\r\n"])
_TEXT = st.text(alphabet=st.sampled_from(list("AZaz09 +:?'*~^.,|üÿ£")), max_size=12)


def _trimmed(elements: Elements) -> Elements:
    """``elements`` as they can be written: without empty elements and components at ends, and empty occurrences."""

    def cut(values: tuple[str, ...]) -> tuple[str, ...]:
        kept = list(values)
        while len(kept) > 1 and not kept[-1]:
            kept.pop()
        return tuple(kept)

    result = []
    for element in elements:
        occurrences = [cut(occurrence) for occurrence in element]
        result.append(tuple(each for each in occurrences if each != ("",)) or (("",),))
    while result and result[-1] == (("",),):
        result.pop()
    return tuple(result)


def _elements(text: st.SearchStrategy[str], repetitions: int) -> st.SearchStrategy[Elements]:
    occurrence = st.lists(text, min_size=1, max_size=3).map(tuple)
    element = st.lists(occurrence, min_size=1, max_size=repetitions).map(tuple)
    return st.lists(element, max_size=4).map(tuple)


def _bodies(text: st.SearchStrategy[str], repetitions: int) -> st.SearchStrategy[list[tuple[Node, ...]]]:
    tag = st.sampled_from(["BGM", "DTM", "N1X", "LOC", "B10"])
    node = st.builds(lambda name, elements: Node(name=name, elements=elements), tag, _elements(text, repetitions))
    return st.lists(st.lists(node, max_size=4).map(tuple), min_size=1, max_size=3)


def _outgoing(kind: MessageKind, number: int, body: tuple[Node, ...]) -> Outgoing:
    return Outgoing(kind=kind, reference=str(number), body=body)


def _edifact(**changes: object) -> Envelope:
    envelope = Envelope(
        syntax="edifact",
        sender=Address(id="SEN'DER", qualifier="14", sub="A+B"),
        receiver=Address(id="RECEIVER", qualifier="14"),
        control_number="77",
        at=_AT,
    )
    return msgspec.structs.replace(envelope, **changes)


def _x12(**changes: object) -> Envelope:
    envelope = Envelope(
        syntax="x12",
        sender=Address(id="SENDER", qualifier="02"),
        receiver=Address(id="RECEIVER", qualifier="ZZ"),
        control_number="000000077",
        at=_AT,
        control_version="00501",
    )
    return msgspec.structs.replace(envelope, **changes)


def _said(interchange: Interchange, written: Written) -> bool:
    """Whether everything found in reading an interchange, at any level, was found in writing it."""
    found = [*interchange.findings]
    for group in interchange.groups:
        found += group.findings
        for message in group.messages:
            found += message.findings
    return {finding.code for finding in found} <= {finding.code for finding in written.findings}


def _compare(message: Message, kind: MessageKind, body: tuple[Node, ...], span: Span) -> None:
    assert (message.kind, message.reference) == (kind, span.reference)
    assert (message.offset, message.end) == (span.offset, span.offset + span.length)
    inside = message.segments[1:-1]
    assert [segment.tag for segment in inside] == [node.name for node in body]
    assert [segment.elements for segment in inside] == [_trimmed(node.elements) for node in body]


@settings(max_examples=200, deadline=None)
@given(
    groups=st.lists(_bodies(_TEXT, 2), min_size=1, max_size=3),
    grouped=st.booleans(),
    delimiters=st.lists(_DELIMITERS, min_size=5, max_size=5, unique=True),
    usual=st.booleans(),
    newline=_NEWLINES,
    final_newline=st.sampled_from([None, "", "\n", "\r\n"]),
    version=st.sampled_from([1, 2, 3, 4]),
    charset=st.sampled_from(["UNOC", "UNOK", "UNOL", "UNOW", "UNOY"]),
    decimal=st.sampled_from([".", ","]),
)
def test_edifact_reads_back_as_it_was_written(
    groups: list[list[tuple[Node, ...]]],
    grouped: bool,
    delimiters: list[str],
    usual: bool,
    newline: Literal["", "\n", "\r\n"],
    final_newline: Literal["", "\n", "\r\n"] | None,
    version: int,
    charset: str,
    decimal: Literal[".", ","],
) -> None:
    names = ("element", "component", "repetition", "release", "terminator")
    roles = {} if usual else dict(zip(names, delimiters, strict=True))
    layout = Layout(newline=newline, final_newline=final_newline)
    envelope = _edifact(layout=layout, syntax_version=version, charset=charset, decimal=decimal, **roles)
    kind = MessageKind(type="IFTSTA", version="D.96A", agency="UN", association="X1")
    bodies = [body for each in groups for body in each] if grouped else groups[0]
    numbers = iter(range(1, 100))
    content: list[Outgoing | OutgoingGroup] = [_outgoing(kind, next(numbers), body) for body in groups[0]]
    if grouped:
        numbers = iter(range(1, 100))
        content = [
            OutgoingGroup(number=f"G{number}", messages=tuple(_outgoing(kind, next(numbers), body) for body in each))
            for number, each in enumerate(groups)
        ]
    repeats = any(len(element) > 1 for body in bodies for node in body for element in _trimmed(node.elements))
    written = write(envelope, content)
    codes = {finding.code for finding in written.findings}
    if version < 4 and repeats:
        assert "element-repeats" in codes and not written.sendable
        return
    assert written.sendable and codes <= {"repetition-empty", "charset-suspect"}
    behind = (newline if final_newline is None else final_newline).encode("ascii")
    assert written.data.endswith(f"77{roles.get('terminator', chr(39))}".encode() + behind)
    reading = read(written.data)
    assert not reading.findings
    (interchange,) = reading.interchanges
    assert _said(interchange, written)
    assert interchange.sender == envelope.sender
    assert (interchange.control_number, interchange.version) == ("77", f"{charset}:{version}")
    assert [group.control_number for group in interchange.groups if group.explicit] == (
        [f"G{number}" for number in range(len(groups))] if grouped else []
    )
    for message, body, span in zip(interchange.messages, bodies, written.messages, strict=True):
        _compare(message, kind, body, span)


_X12_VERSIONS = ["00306", "00400", "00401", "00402", "00403", "00501", "00602", "00703", "00704", "00801"]


@settings(max_examples=200, deadline=None)
@given(
    groups=st.lists(
        _bodies(st.text(alphabet=st.sampled_from(list("AZaz09 +?'.,ü")), max_size=12), 2), min_size=1, max_size=3
    ),
    delimiters=st.lists(st.sampled_from(list('!#$%&()/;<=>@[]_`{|}"\\*:~^')), min_size=5, max_size=5, unique=True),
    usual=st.booleans(),
    newline=_NEWLINES,
    version=st.sampled_from(_X12_VERSIONS),
    binary=st.binary(max_size=40),
)
def test_x12_reads_back_as_it_was_written(
    groups: list[list[tuple[Node, ...]]],
    delimiters: list[str],
    usual: bool,
    newline: Literal["", "\n", "\r\n"],
    version: str,
    binary: bytes,
) -> None:
    roles = {} if usual else dict(zip(("element", "component", "repetition", "terminator"), delimiters, strict=False))
    if version >= "00704" and not usual:
        roles["release"] = delimiters[4]
    envelope = _x12(layout=Layout(newline=newline), control_version=version, **roles)
    kinds = [MessageKind(type=each, version=f"{version}0", agency="X") for each in ("214", "204", "990")]
    if binary:
        data = Node(name="BIN", elements=((("",),), ((binary.decode("latin-1"),),)))
        groups = [[(*groups[0][0], data), *groups[0][1:]], *groups[1:]]
    content = [
        OutgoingGroup(
            number=str(number),
            messages=tuple(_outgoing(kind, index, body) for index, body in enumerate(each, start=1)),
        )
        for number, (kind, each) in enumerate(zip(kinds, groups, strict=False), start=1)
    ]
    repeats = any(
        len(element) > 1 for each in groups for body in each for node in body for element in _trimmed(node.elements)
    )
    written = write(envelope, content)
    terminator = roles.get("terminator", "~").encode("ascii")
    assert written.data[105:106] == terminator and written.data.count(terminator, 0, 106) == 1
    codes = {finding.code for finding in written.findings}
    if version < "00402" and repeats:
        assert "element-repeats" in codes and not written.sendable
        return
    assert written.sendable and codes <= {"repetition-empty", "charset-suspect"}
    reading = read(written.data)
    assert not reading.findings
    (interchange,) = reading.interchanges
    # Where bytes are data, they look like anything.
    assert _said(interchange, written) or binary
    assert [group.kind for group in interchange.groups] == ["QM", "SM", "GF"][: len(groups)]
    spans = iter(written.messages)
    for group, kind, each in zip(interchange.groups, kinds, groups, strict=False):
        assert len(group.messages) == len(each)
        for number, (message, body) in enumerate(zip(group.messages, each, strict=True), start=1):
            assert message.reference == f"{number:04}"
            if body[-1:] and body[-1].name == "BIN":
                last = message.segments[-2]
                assert last.raw.endswith(binary) and last.text(1) == str(len(binary))
                assert last.text(2) == binary.decode("latin-1")
                next(spans)
            else:
                _compare(message, kind, body, next(spans))


@settings(max_examples=100, deadline=None)
@given(bodies=_bodies(st.text(alphabet=st.sampled_from(list("AZaz09 +?'.,")), max_size=12), 2), newline=_NEWLINES)
def test_an_independent_split_finds_the_same_x12_elements(
    bodies: list[tuple[Node, ...]], newline: Literal["", "\n", "\r\n"]
) -> None:
    """By hand: X12 without a release character is nothing but separators."""
    kind = MessageKind(type="214", version="005010", agency="X")
    written = write(
        _x12(layout=Layout(newline=newline)),
        [_outgoing(kind, number, body) for number, body in enumerate(bodies, start=1)],
    )
    assert written.sendable
    segments = [each.lstrip("\r\n") for each in written.data.decode("latin-1").split("~")][:-1]
    assert [each.partition("*")[0] for each in (segments[0], segments[1], segments[-2], segments[-1])] == [
        *("ISA", "GS", "GE", "IEA")
    ]
    assert segments[-2:] == [f"GE*{len(bodies)}*1", "IEA*1*000000077"]
    inside = iter(segments[2:-2])
    for number, body in enumerate(bodies, start=1):
        assert next(inside) == f"ST*214*{number:04}"
        for node in body:
            tag, *elements = next(inside).split("*")
            assert tag == node.name
            assert [
                tuple(tuple(occurrence.split(":")) for occurrence in element.split("^")) for element in elements
            ] == list(_trimmed(node.elements))
        assert next(inside) == f"SE*{len(body) + 2}*{number:04}"


@settings(max_examples=80, deadline=None)
@given(
    bodies=_bodies(_TEXT, 1),
    newline=_NEWLINES,
    advice=st.sampled_from(["needed", "always"]),
    release=st.sampled_from([None, "!", "\\"]),
)
def test_pydifact_reads_the_same_values(
    bodies: list[tuple[Node, ...]],
    newline: Literal["", "\n", "\r\n"],
    advice: Literal["needed", "always"],
    release: str | None,
) -> None:
    envelope = _edifact(layout=Layout(newline=newline), advice=advice, release=release)
    kind = MessageKind(type="IFTSTA", version="D.96A", agency="UN")
    messages = [Outgoing(kind=kind, reference=str(number), body=body) for number, body in enumerate(bodies, start=1)]
    written = write(envelope, messages)
    assert not written.findings
    ours = [
        (segment.tag, [_collapsed(element[0]) for element in segment.elements])
        for message in read(written.data).interchanges[0].messages
        for segment in message.segments
    ]
    with warnings.catch_warnings():
        # It has no directory to validate service segments with, and dislikes segments of a tag alone; it says so.
        warnings.simplefilter("ignore", MissingImplementationWarning)
        warnings.simplefilter("ignore", SyntaxWarning)
        parsed = list(Parser().parse(written.data.decode("latin-1")))
    theirs = [(segment.tag, list(segment.elements)) for segment in parsed if segment.tag not in ("UNA", "UNB", "UNZ")]
    assert theirs == ours
    assert (parsed[-1].tag, list(parsed[-1].elements)) == ("UNZ", [str(len(bodies)), "77"])


def _collapsed(occurrence: tuple[str, ...]) -> str | list[str]:
    return occurrence[0] if len(occurrence) == 1 else list(occurrence)


def test_times_are_written_in_utc() -> None:
    east = datetime(2024, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    message = Outgoing(kind=MessageKind(type="214", version="004010"), reference="1", body=(Node(name="B10"),))
    data = write(_x12(at=east), [message]).data
    assert data[70:81] == b"240229*2330"
    assert b"*20240229*2330*" in data
    edifact = Outgoing(kind=MessageKind(type="IFTSTA", version="D.96A"), reference="1", body=())
    assert b"+240229:2330+" in write(_edifact(at=east), [edifact]).data
    assert b"+20240229:2330+" in write(_edifact(at=east, syntax_version=4), [edifact]).data
