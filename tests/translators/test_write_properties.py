"""Writing: what is written reads back the same, here and with pydifact, and counts and places are right."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime, timedelta, timezone

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from pydifact.exceptions import MissingImplementationWarning
from pydifact.parser import Parser

from translators.envelope import Envelope, Outgoing
from translators.reading import read
from translators.syntax import Address, Elements, MessageKind
from translators.tree import Node
from translators.writing import write

_AT = datetime(2024, 2, 29, 23, 59, tzinfo=UTC)
_DELIMITERS = st.sampled_from(list("!#$%&()*+,-./:;<=>?@[]^_`{|}~'\"\\"))
_TEXT = st.text(alphabet=st.sampled_from(list("AZaz09 +:?'*~^.,|üÿ£")), max_size=12)


def _trimmed(elements: Elements) -> Elements:
    """``elements`` as they can be written: without trailing empty elements, occurrences and components."""

    def cut(values: tuple[str, ...]) -> tuple[str, ...]:
        kept = list(values)
        while len(kept) > 1 and not kept[-1]:
            kept.pop()
        return tuple(kept)

    result = []
    for element in elements:
        occurrences = [cut(occurrence) for occurrence in element]
        while len(occurrences) > 1 and occurrences[-1] == ("",):
            occurrences.pop()
        result.append(tuple(occurrences))
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


@settings(max_examples=150, deadline=None)
@given(
    bodies=_bodies(_TEXT, 2),
    delimiters=st.lists(_DELIMITERS, min_size=5, max_size=5, unique=True),
    usual=st.booleans(),
    newline=st.booleans(),
    version=st.sampled_from([1, 2, 3, 4]),
    charset=st.sampled_from(["UNOC", "UNOY", "UNOK"]),
)
def test_edifact_reads_back_as_it_was_written(
    bodies: list[tuple[Node, ...]], delimiters: list[str], usual: bool, newline: bool, version: int, charset: str
) -> None:
    names = ("element", "component", "repetition", "release", "terminator")
    roles = {} if usual else dict(zip(names, delimiters, strict=True))
    envelope = _edifact(newline=newline, syntax_version=version, charset=charset, **roles)
    kind = MessageKind(type="IFTSTA", version="D.96A", agency="UN", association="X1")
    repeats = any(len(element) > 1 for body in bodies for node in body for element in _trimmed(node.elements))
    messages = [Outgoing(kind=kind, reference=str(number), body=body) for number, body in enumerate(bodies, start=1)]
    written = write(envelope, messages)
    if version < 4 and repeats:
        assert {finding.code for finding in written.findings} == {"element-repeats"}
        return
    assert not written.findings
    reading = read(written.data)
    codes = {finding.code for finding in reading.interchanges[0].findings} - {"charset-suspect"}
    assert not reading.findings and not codes
    (interchange,) = reading.interchanges
    assert interchange.sender == envelope.sender
    assert (interchange.control_number, interchange.version) == ("77", f"{charset}:{version}")
    assert len(interchange.groups[0].messages) == len(bodies)
    for message, body, span in zip(interchange.messages, bodies, written.messages, strict=True):
        assert {finding.code for finding in message.findings} <= {"repetition-empty"}
        assert (message.kind, message.reference) == (kind, span.reference)
        assert (message.offset, message.end) == (span.offset, span.offset + span.length)
        inside = message.segments[1:-1]
        assert [segment.tag for segment in inside] == [node.name for node in body]
        assert [segment.elements for segment in inside] == [_trimmed(node.elements) for node in body]


@settings(max_examples=150, deadline=None)
@given(
    bodies=_bodies(st.text(alphabet=st.sampled_from(list("AZaz09 +?'.,ü")), max_size=12), 2),
    delimiters=st.lists(st.sampled_from(list('!#$%&()/;<=>@[]_`{|}"\\*:~^')), min_size=4, max_size=4, unique=True),
    usual=st.booleans(),
    newline=st.booleans(),
    version=st.sampled_from(["00401", "00501"]),
)
def test_x12_reads_back_as_it_was_written(
    bodies: list[tuple[Node, ...]], delimiters: list[str], usual: bool, newline: bool, version: str
) -> None:
    names = ("element", "component", "repetition", "terminator")
    roles = {} if usual else dict(zip(names, delimiters, strict=True))
    envelope = _x12(newline=newline, control_version=version, **roles)
    kind = MessageKind(type="214", version="004010", agency="X")
    repeats = any(len(element) > 1 for body in bodies for node in body for element in _trimmed(node.elements))
    messages = [Outgoing(kind=kind, reference=str(number), body=body) for number, body in enumerate(bodies, start=1)]
    written = write(envelope, messages)
    terminator = roles.get("terminator", "~").encode("ascii")
    assert written.data[105:106] == terminator and written.data.count(terminator, 0, 106) == 1
    if version == "00401" and repeats:
        assert {finding.code for finding in written.findings} == {"element-repeats"}
        return
    assert not written.findings
    reading = read(written.data)
    assert not reading.findings
    (interchange,) = reading.interchanges
    assert not interchange.findings and not interchange.groups[0].findings
    assert interchange.groups[0].kind == "QM"
    for number, (message, body, span) in enumerate(
        zip(interchange.messages, bodies, written.messages, strict=True), start=1
    ):
        assert {finding.code for finding in message.findings} <= {"repetition-empty"}
        assert (message.kind, message.reference) == (kind, f"{number:04}")
        assert (message.offset, message.end) == (span.offset, span.offset + span.length)
        inside = message.segments[1:-1]
        assert [segment.tag for segment in inside] == [node.name for node in body]
        assert [segment.elements for segment in inside] == [_trimmed(node.elements) for node in body]


@settings(max_examples=80, deadline=None)
@given(
    bodies=_bodies(_TEXT, 1), newline=st.booleans(), advice=st.booleans(), release=st.sampled_from([None, "!", "\\"])
)
def test_pydifact_reads_the_same_values(
    bodies: list[tuple[Node, ...]], newline: bool, advice: bool, release: str | None
) -> None:
    envelope = _edifact(newline=newline, advice=advice, release=release)
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
