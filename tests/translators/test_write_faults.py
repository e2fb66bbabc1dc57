"""Writing: what cannot be sent is an error at its element, and the bytes around it are still where they belong."""

from __future__ import annotations

from datetime import datetime

import msgspec
import pytest

from tests.translators.writing_samples import EDIFACT, IFTSTA, STATUS_214, X12, segment
from translators.envelope import Envelope, Layout, Outgoing, Written
from translators.reading import read
from translators.syntax import Address, MessageKind
from translators.tree import Node
from translators.writing import write


def _written(envelope: Envelope, *body: Node, kind: MessageKind | None = None, reference: str = "1") -> Written:
    kind = kind or (IFTSTA if envelope.syntax == "edifact" else STATUS_214)
    return write(envelope, [Outgoing(kind=kind, reference=reference, body=body)])


def _codes(written: Written) -> list[str]:
    return [finding.code for finding in written.findings]


def test_the_whole_of_an_edifact_interchange() -> None:
    group = Node(name="SG1", group=True, children=[segment("RFF", ("AAS", "IT'S+")), segment("DTM", ("137", "", ""))])
    body = (segment("BGM", "23", "", "9", ""), group)
    written = _written(msgspec.structs.replace(EDIFACT, test=True, request_acknowledgment=True), *body)
    assert written.data == (
        b"UNB+UNOC:3+SENDER:14+RECEIVER:14+240102:0304+77++++1++1'"
        b"UNH+1+IFTSTA:D:96A:UN'BGM+23++9'RFF+AAS:IT?'S?+'DTM+137'UNT+5+1'UNZ+1+77'"
    )
    assert written.sendable and not written.findings
    (span,) = written.messages
    assert written.data[span.offset : span.offset + span.length].startswith(b"UNH+1")
    assert written.data[span.offset : span.offset + span.length].endswith(b"UNT+5+1'")


def test_the_whole_of_an_x12_interchange() -> None:
    envelope = msgspec.structs.replace(
        X12, layout=Layout(newline="\n"), test=True, group_sender="APP1", group_number="12"
    )
    ta1 = segment("TA1", "000000009", "240101", "1200", "A", "000")
    message = Outgoing(kind=STATUS_214, reference="7", body=(segment("B10", "4711", "S1", "SCAC"),))
    written = write(envelope, [message], [ta1])
    assert written.data.decode("ascii").splitlines() == [
        "ISA*00*          *00*          *02*SENDER         *ZZ*RECEIVER       *240102*0304*U*00401*000000077*0*T*:~",
        "TA1*000000009*240101*1200*A*000~",
        "GS*QM*APP1*RECEIVER*20240102*0304*12*X*004010~",
        "ST*214*0007~",
        "B10*4711*S1*SCAC~",
        "SE*3*0007~",
        "GE*1*12~",
        "IEA*1*000000077~",
    ]
    assert len(written.data.splitlines()[0]) == 106
    assert not written.findings


def test_ta1_alone() -> None:
    written = write(X12, [], [segment("TA1", "000000009", "240101", "1200", "A", "000")])
    assert written.data.endswith(b"~IEA*0*000000077~") and not written.findings
    assert not read(written.data).interchanges[0].findings


def test_a_guide_is_named_in_the_set_header() -> None:
    kind = MessageKind(type="999", version="005010", association="X231A1", agency="X")
    written = _written(msgspec.structs.replace(X12, control_version="00501"), kind=kind)
    assert b"*X*005010X231A1~ST*999*0001*005010X231A1~SE*2*0001~" in written.data
    assert next(read(written.data).interchanges[0].messages).kind == kind


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ({}, b""),
        ({"advice": "always"}, b"UNA:+.? '"),
        ({"release": "\\"}, b"UNA:+.\\ '"),
        ({"syntax_version": 4}, b""),
        ({"syntax_version": 4, "advice": "always"}, b"UNA:+.?*'"),
        ({"syntax_version": 4, "repetition": "%"}, b"UNA:+.?%'"),
        ({"component": "|", "element": "=", "terminator": "~"}, b"UNA|=.? ~"),
    ],
)
def test_una_is_written_when_it_says_something(change: dict[str, object], advice: bytes) -> None:
    written = _written(msgspec.structs.replace(EDIFACT, **change))
    assert written.data.partition(b"UNB")[0] == advice
    assert not read(written.data).interchanges[0].findings


@pytest.mark.parametrize(
    ("charset", "value", "encoded"),
    [
        ("UNOA", "UPPER 1", b"UPPER 1"),
        ("UNOB", "lower", b"lower"),
        ("UNOC", "Müller", b"M\xfcller"),
        ("UNOE", "Москва", b"\xbc\xde\xe1\xda\xd2\xd0"),
        ("UNOY", "港", "港".encode()),
    ],
)
def test_characters_that_can_be_sent(charset: str, value: str, encoded: bytes) -> None:
    written = _written(msgspec.structs.replace(EDIFACT, charset=charset), segment("FTX", value))
    assert not written.findings
    assert b"FTX+" + encoded + b"'" in written.data
    assert next(read(written.data).interchanges[0].messages).segments[1].text(1) == value


@pytest.mark.parametrize(
    ("charset", "value"),
    [
        ("UNOA", "lower"),
        ("UNOB", "a@b"),
        ("UNOB", "ü"),
        ("UNOC", "ł"),
        ("UNOC", "\x80"),
        ("UNOF", "ü"),
        ("UNOY", "\ud800"),
    ],
)
def test_characters_that_cannot_be_sent(charset: str, value: str) -> None:
    written = _written(
        msgspec.structs.replace(EDIFACT, charset=charset), segment("BGM", "1"), segment("FTX", "A", ("B", value))
    )
    (finding,) = written.findings
    assert (finding.code, finding.severity, finding.value) == ("character-invalid", "error", value)
    where = finding.where
    assert (where.interchange, where.message, where.segment) == ("77", "1", "FTX")
    assert (where.segment_position, where.element, where.component) == (3, 2, 2)
    assert not written.sendable
    assert read(written.data).interchanges[0].trailer is not None


@pytest.mark.parametrize("value", ["two\nlines", "tab\t", "\x1a", "\x7f"])
@pytest.mark.parametrize("envelope", [EDIFACT, X12], ids=["edifact", "x12"])
def test_control_characters_cannot_be_sent(envelope: Envelope, value: str) -> None:
    assert _codes(_written(envelope, segment("N1X", value))) == ["character-invalid"]


@pytest.mark.parametrize("value", ["A*B", "A:B", "A~B"])
def test_a_delimiter_in_x12_data_cannot_be_sent(value: str) -> None:
    written = _written(X12, segment("B10", "1", value))
    assert [(each.code, each.where.segment, each.where.element) for each in written.findings] == [
        ("character-invalid", "B10", 2)
    ]
    other = msgspec.structs.replace(X12, element="|", component=">", terminator="\x1c")
    assert not _written(other, segment("B10", "1", value)).findings
    # The repetition separator is one only where ISA11 can name it.
    assert not _written(X12, segment("B10", "^")).findings
    assert _codes(_written(msgspec.structs.replace(X12, control_version="00501"), segment("B10", "^"))) == [
        "character-invalid"
    ]


@pytest.mark.parametrize(
    ("change", "code", "element"),
    [
        ({"control_number": "77"}, "control-number-invalid", 13),
        ({"control_number": "00000077A"}, "control-number-invalid", 13),
        ({"sender": Address(id="SIXTEEN LETTERS.")}, "interchange-header-invalid", 6),
        ({"receiver": Address(id="A*B")}, "interchange-header-invalid", 8),
        ({"receiver": Address(id="MÜLLER")}, "interchange-header-invalid", 8),
        ({"sender": Address(id="SENDER", qualifier="014")}, "interchange-header-invalid", 5),
        ({"control_version": "004010"}, "syntax-version-unsupported", 12),
    ],
)
def test_an_isa_keeps_its_length_whatever_is_wrong(change: dict[str, object], code: str, element: int) -> None:
    written = _written(msgspec.structs.replace(X12, **change), segment("B10", "1"))
    assert (code, element) in [(each.code, each.where.element) for each in written.findings]
    assert not written.sendable
    assert written.data[105:106] == b"~" and written.data[106:109] == b"GS*"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"control_number": ""}, "control-number-invalid"),
        ({"control_number": "123456789012345"}, "control-number-invalid"),
        ({"sender": Address(id="")}, "interchange-header-invalid"),
        ({"receiver": Address(id="R" * 36)}, "interchange-header-invalid"),
        ({"receiver": Address(id="R", qualifier="12345")}, "interchange-header-invalid"),
        ({"receiver": Address(id="R", sub="S" * 15)}, "interchange-header-invalid"),
        ({"syntax_version": 5}, "syntax-version-unsupported"),
        ({"charset": "UNOX"}, "charset-unsupported"),
        ({"element": ":"}, "delimiter-clash"),
    ],
)
def test_edifact_headers_that_cannot_be_sent(change: dict[str, object], code: str) -> None:
    written = _written(msgspec.structs.replace(EDIFACT, **change), segment("BGM", "1"))
    assert code in _codes(written)
    assert not written.sendable


@pytest.mark.parametrize(
    ("envelope", "messages", "codes"),
    [
        (EDIFACT, [], ["empty-interchange"]),
        (X12, [], ["empty-interchange"]),
        (EDIFACT, [(IFTSTA, "1"), (IFTSTA, "1")], ["duplicate-message"]),
        (X12, [(STATUS_214, "1"), (STATUS_214, "0001")], ["duplicate-message"]),
        (EDIFACT, [(IFTSTA, "")], ["message-reference-invalid"]),
        (EDIFACT, [(IFTSTA, "123456789012345")], ["message-reference-invalid"]),
        (X12, [(STATUS_214, "1234567890")], ["message-reference-invalid"]),
        (X12, [(STATUS_214, "A-1")], ["message-reference-invalid"]),
        (EDIFACT, [(MessageKind(type="IFTSTA", version="96A"), "1")], ["message-type-invalid"]),
        (X12, [(MessageKind(type="007", version="004010"), "1")], ["group-type-unsupported"]),
        (X12, [(STATUS_214, "1"), (MessageKind(type="210", version="004010"), "2")], ["message-not-in-group"]),
        (X12, [(STATUS_214, "1"), (MessageKind(type="214", version="005010"), "2")], ["message-not-in-group"]),
        (X12, [(MessageKind(type="214", version=""), "1")], ["group-version-unsupported"]),
    ],
)
def test_messages_that_cannot_be_sent(
    envelope: Envelope, messages: list[tuple[MessageKind, str]], codes: list[str]
) -> None:
    written = write(envelope, [Outgoing(kind=kind, reference=reference, body=()) for kind, reference in messages])
    assert _codes(written) == codes
    assert not written.sendable


@pytest.mark.parametrize(
    ("envelope", "tag", "code"),
    [
        (EDIFACT, "UNT", "misplaced-segment"),
        (X12, "SE", "misplaced-segment"),
        (X12, "GS", "misplaced-segment"),
        (EDIFACT, "B1", "segment-unknown"),
        (EDIFACT, "bgm", "segment-unknown"),
        (X12, "X+1", "segment-unknown"),
    ],
)
def test_segments_that_cannot_be_sent(envelope: Envelope, tag: str, code: str) -> None:
    (finding,) = _written(envelope, segment(tag, "1")).findings
    assert (finding.code, finding.severity, finding.where.segment_position) == (code, "error", 2)


def test_repetition_needs_a_separator() -> None:
    node = Node(name="ABC", elements=((("A",), ("B",)),))
    assert _codes(_written(EDIFACT, node)) == ["element-repeats"]
    assert _codes(_written(X12, node)) == ["element-repeats"]
    assert b"ABC+A*B'" in _written(msgspec.structs.replace(EDIFACT, syntax_version=4), node).data
    assert b"ABC*A^B~" in _written(msgspec.structs.replace(X12, control_version="00501"), node).data


def test_the_caller_is_told_of_its_own_faults() -> None:
    with pytest.raises(ValueError, match="no zone"):
        msgspec.structs.replace(EDIFACT, at=datetime(2024, 1, 2))  # noqa: DTZ001
    for delimiter in ("", "AB", "A", " ", "é"):
        with pytest.raises(ValueError, match="one ASCII character"):
            msgspec.structs.replace(EDIFACT, element=delimiter)
    with pytest.raises(ValueError, match="extra is for X12"):
        write(EDIFACT, [], [segment("TA1", "1")])


def test_a_message_that_was_read_is_written_the_same() -> None:
    """Segments without a tree: the elements come from the segment that was read."""
    first = _written(EDIFACT, segment("FTX", "AAI", "", "", ("IT'S", "B+C")), segment("UNS"))
    message = next(read(first.data).interchanges[0].messages)
    body = tuple(Node(name=segment.tag, segment=segment) for segment in message.segments[1:-1])
    again = write(EDIFACT, [Outgoing(kind=message.kind, reference=message.reference, body=body)])
    assert again.data == first.data
