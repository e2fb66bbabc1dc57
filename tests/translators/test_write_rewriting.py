"""Rewriting: what was not changed keeps its bytes, whatever the file is; splitting: a message alone, byte for byte."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translators.envelope import Envelope
from translators.reading import read
from translators.rewriting import rewrite
from translators.splitting import Split, split
from translators.syntax import Address, Interchange, Message, Reading
from translators.tree import Node

VECTORS = Path(__file__).parents[1] / "vectors"
FILES = sorted(path for family in ("edifact", "x12", "guides", "acks") for path in (VECTORS / family).rglob("*.edi"))
FILES += sorted((VECTORS / "guides").glob("*.x12"))
NAMES = [path.relative_to(VECTORS).as_posix() for path in FILES]
_AT = datetime(2024, 1, 2, 3, 4, tzinfo=UTC)


def messages_of(reading: Reading) -> list[Message]:
    return [message for interchange in reading.interchanges for message in interchange.messages]


def body_of(message: Message) -> list[Node]:
    closed = message.segments[-1].tag in ("UNT", "SE") and len(message.segments) > 1
    return [Node(name=each.tag, segment=each) for each in message.segments[1 : -1 if closed else None]]


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_the_untouched_keeps_its_bytes(path: Path) -> None:
    """Every message put together again from its own segments, and every byte between them copied."""
    data = path.read_bytes()
    reading = read(data)
    whole = rewrite(reading, data, {message: body_of(message) for message in messages_of(reading)})
    assert whole.data == data and not whole.findings
    assert rewrite(reading, data, {}).data == data


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_changed_element_changes_nothing_else(path: Path) -> None:
    data = path.read_bytes()
    reading = read(data)
    if any(finding.code == "lines-unwrapped" for finding in reading.findings):
        return
    for message in messages_of(reading):
        body = body_of(message)
        at = next((at for at, node in enumerate(body) if node.name not in ("BIN", "BDS")), None)
        if at is None:
            continue
        segment = body[at].segment
        assert segment is not None
        body[at] = Node(name=segment.tag, elements=((("CHANGED",),), *segment.elements[1:]), segment=segment)
        changed = rewrite(reading, data, {message: body})
        if changed.findings:
            # The rest of the segment was broken before, with control characters or bytes that are no text.
            assert not changed.sendable
            continue
        behind = segment.offset + len(segment.raw)
        assert changed.data[: segment.offset] == data[: segment.offset]
        assert changed.data.endswith(data[behind:])
        again = messages_of(read(changed.data))[messages_of(reading).index(message)]
        assert again.segments[at + 1].text(1) == "CHANGED"
        assert [each.raw for each in again.segments[at + 2 :]] == [each.raw for each in message.segments[at + 2 :]]


def _read(data: bytes) -> tuple[Reading, list[Message]]:
    reading = read(data)
    return reading, messages_of(reading)


EDIFACT = (
    b"UNA:+.? '\r\nUNB+UNOC:3+S+R+240102:0304+7'\r\nUNH+1+IFTSTA:D:96A:UN'\r\nBGM+1'\r\nUNT+3+1'\r\n"
    b"UNH+2+IFTSTA:D:96A:UN'  FTX+A?'B+'\r\nUNT+0003+2'\r\nUNZ+2+7'\r\n"
)
GROUPED = (
    b"UNB+UNOC:3+S+R+240102:0304+7'UNG+IFTSTA+A+B+240102:0304+1+UN+D:96A'UNH+1+IFTSTA:D:96A:UN'BGM+1'UNT+3+1'"
    b"UNH+2+IFTSTA:D:96A:UN'UNT+2+2'UNE+2+1'UNG+IFTSTA+A+B+240102:0304+2+UN+D:96A'UNH+1+IFTSTA:D:96A:UN'UNT+2+1'"
    b"UNE+1+2'UNZ+2+7'"
)
X12 = (
    b"ISA*00*          *00*          *02*SENDER         *ZZ*RECEIVER       *240102*0304*^*00501*000000077*0*P*:~\n"
    b"GS*QM*AA*BB*20240102*0304*7*X*005010~\nST*214*0001~\nB10*1*2*ABCD~\nSE*3*0001~\nST*214*0002~\nSE*2*0002~\n"
    b"GE*2*7~\nIEA*1*000000077~\n"
)


def test_more_segments_are_counted_and_end_like_those_before_them() -> None:
    reading, (first, _) = _read(EDIFACT)
    body = [*body_of(first), Node(name="FTX", elements=((("X'Y",),),))]
    changed = rewrite(reading, EDIFACT, {first: body})
    assert changed.data == EDIFACT.replace(b"BGM+1'\r\nUNT+3+1'", b"BGM+1'\r\nFTX+X?'Y'\r\nUNT+4+1'")
    reading, (_, second) = _read(EDIFACT)
    assert rewrite(reading, EDIFACT, {second: []}).data == EDIFACT.replace(
        b"UN'  FTX+A?'B+'\r\nUNT+0003+2'", b"UN'  UNT+2+2'"
    )


def test_a_message_left_out_is_left_out_of_the_counts() -> None:
    reading, (first, second) = _read(EDIFACT)
    changed = rewrite(reading, EDIFACT, {first: None})
    assert changed.data == EDIFACT.replace(b"UNH+1+IFTSTA:D:96A:UN'\r\nBGM+1'\r\nUNT+3+1'\r\n", b"").replace(
        b"UNZ+2", b"UNZ+1"
    )
    # Not even an empty envelope is left of an interchange without messages.
    assert rewrite(reading, EDIFACT + X12, {}).data == EDIFACT + X12
    reading, (first, second, *_) = _read(EDIFACT + X12)
    assert rewrite(reading, EDIFACT + X12, {first: None, second: None}).data == X12


def test_groups_are_counted_too() -> None:
    reading, (first, _, third) = _read(GROUPED)
    changed = rewrite(reading, GROUPED, {first: None}).data
    assert changed == GROUPED.replace(b"UNH+1+IFTSTA:D:96A:UN'BGM+1'UNT+3+1'", b"").replace(b"UNE+2+1", b"UNE+1+1")
    changed = rewrite(reading, GROUPED, {third: None}).data
    assert changed == GROUPED[: GROUPED.rindex(b"UNG")] + b"UNZ+1+7'"
    reading, (first, second) = _read(X12)
    changed = rewrite(reading, X12, {second: None}).data
    assert changed == X12.replace(b"ST*214*0002~\nSE*2*0002~\n", b"").replace(b"GE*2", b"GE*1")
    assert rewrite(reading, X12, {first: None, second: None}).data == b""


def test_packages_keep_their_place_in_the_count() -> None:
    data = (VECTORS / "edifact" / "47-package.edi").read_bytes()
    reading, messages = _read(data)
    changed = rewrite(reading, data, dict.fromkeys(messages))
    assert b"UNO+" in changed.data and read(changed.data).interchanges[0].trailer is not None
    counted = reading.interchanges[0].trailer
    left = read(changed.data).interchanges[0].trailer
    assert counted is not None and left is not None
    assert int(left.text(1)) == int(counted.text(1)) - len(messages)


def test_what_cannot_be_written_is_an_error_at_its_element() -> None:
    reading, (first, _) = _read(X12)
    changed = rewrite(reading, X12, {first: [Node(name="B10", elements=((("A*B",),),))]})
    assert not changed.sendable
    (finding,) = changed.findings
    where = finding.where
    assert (finding.code, where.group, where.message, where.segment, where.segment_position) == (
        *("character-invalid", "7", "0001"),
        *("B10", 2),
    )


def test_binary_data_of_another_length() -> None:
    data = X12.replace(b"B10*1*2*ABCD", b"BIN*4*~ST*")
    reading, (first, _) = _read(data)
    (read_node,) = body_of(first)
    changed = Node(name="BIN", elements=((("4",),), (("LONGER~",),)), segment=read_node.segment)
    assert rewrite(reading, data, {first: [changed]}).data == data.replace(b"BIN*4*~ST*", b"BIN*7*LONGER~")


def test_a_message_of_another_file_is_the_callers_fault() -> None:
    reading, _ = _read(EDIFACT)
    _, (other, _) = _read(X12)
    with pytest.raises(ValueError, match="none of this file"):
        rewrite(reading, EDIFACT, {other: None})


@pytest.mark.parametrize(
    "name", ["edifact/20-wrapped-80.edi", "edifact/20-wrapped-narrow.edi", "x12/26-wrapped-80.edi"]
)
def test_a_wrapped_file_is_wrapped_again(name: str) -> None:
    data = (VECTORS / name).read_bytes()
    reading, messages = _read(data)
    body = body_of(messages[0])
    node = body[0]
    assert node.segment is not None
    body[0] = Node(name=node.name, elements=((("CHANGED",),), *node.segment.elements[1:]), segment=node.segment)
    changed = rewrite(reading, data, {messages[0]: body})
    again = read(changed.data)
    assert {each.code for each in again.findings} == {each.code for each in reading.findings}
    assert messages_of(again)[0].segments[1].text(1) == "CHANGED"
    assert len(changed.data.splitlines()[0]) == len(data.splitlines()[0])


_TAGS = st.sampled_from([b"BGM", b"DTM", b"FTX", b"NAD"])
_RAW = st.text(alphabet=st.sampled_from(list("AZ09 :+*")), max_size=10).map(str.encode)
_GAPS = st.sampled_from([b"", b"\n", b"\r\n", b" ", b"  \n", b"''", b"\n\n"])


@settings(max_examples=150, deadline=None)
@given(
    segments=st.lists(st.lists(st.tuples(_TAGS, _RAW, _GAPS), max_size=4), min_size=1, max_size=4),
    gaps=st.lists(_GAPS, min_size=4, max_size=4),
    advice=st.booleans(),
    which=st.integers(0, 3),
)
def test_one_message_of_a_generated_file(
    segments: list[list[tuple[bytes, bytes, bytes]]], gaps: list[bytes], advice: bool, which: int
) -> None:
    pieces = [b"UNA:+.? '" + gaps[0].replace(b"'", b"")] if advice else []
    pieces.append(b"UNB+UNOC:3+S+R+240102:0304+7'" + gaps[1])
    for number, body in enumerate(segments, start=1):
        pieces.append(b"UNH+%d+IFTSTA:D:96A:UN'" % number + gaps[2])
        pieces += [tag + b"+" + raw + b"'" + gap for tag, raw, gap in body]
        pieces.append(b"UNT+%d+%d'" % (len(body) + 2, number) + gaps[3])
    pieces.append(b"UNZ+%d+7'" % len(segments) + gaps[0])
    data = b"".join(pieces)
    reading, messages = _read(data)
    message = messages[which % len(messages)]
    own = body_of(message)
    assert rewrite(reading, data, {message: own}).data == data
    if own:
        longer = rewrite(reading, data, {message: [*own, Node(name="FTX", elements=((("X",),),))]}).data
        begin, end = message.offset, message.end
        assert longer[:begin] == data[:begin] and longer.endswith(data[end:])
        middle = longer[begin : len(longer) - len(data[end:])]
        assert middle.count(b"FTX+X'") == 1 + message.raw.count(b"FTX+X'")
        assert len(messages_of(read(longer))[which % len(messages)].segments) == len(message.segments) + 1


# Splitting.


def _envelope(interchange: Interchange) -> Envelope:
    return Envelope(
        syntax="edifact" if interchange.syntax == "edifact" else "x12",
        sender=Address(id="NEW SENDER", qualifier="ZZ"),
        receiver=Address(id="NEW RECEIVER", qualifier="ZZ"),
        control_number="99" if interchange.syntax == "edifact" else "000000099",
        at=_AT,
        group_number="5",
    )


def _splits(data: bytes) -> list[tuple[Message, Split]]:
    return [
        (message, split(interchange, group, message, _envelope(interchange)))
        for interchange in read(data).interchanges
        for group in interchange.groups
        for message in group.messages
    ]


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_message_alone_keeps_its_bytes(path: Path) -> None:
    for message, made in _splits(path.read_bytes()):
        (span,) = made.written.messages
        assert made.written.data[span.offset : span.offset + span.length] == message.raw
        assert made.origin.reference == message.reference and made.origin.length == len(message.raw)
        if not made.written.sendable:
            continue
        reading = read(made.written.data)
        (interchange,) = reading.interchanges
        assert interchange.control_number in ("99", "000000099") and interchange.sender.id == "NEW SENDER"
        assert not any(finding.fatal for finding in [*reading.findings, *interchange.findings])
        (again,) = interchange.messages
        assert (again.raw, again.kind, again.reference) == (message.raw, message.kind, message.reference)
        assert [each.elements for each in again.segments] == [each.elements for each in message.segments]


def test_a_group_is_opened_anew() -> None:
    made = _splits(GROUPED)[0][1]
    assert made.written.data == (
        b"UNB+UNOC:3+NEW SENDER:ZZ+NEW RECEIVER:ZZ+240102:0304+99'UNG+IFTSTA+A+B+240102:0304+5+UN+D:96A'"
        b"UNH+1+IFTSTA:D:96A:UN'BGM+1'UNT+3+1'UNE+1+5'UNZ+1+99'"
    )
    assert (made.origin.control_number, made.origin.group, made.origin.sender.id) == ("7", "1", "S")
    made = _splits(X12)[0][1]
    assert made.written.data.splitlines()[1:] == [
        b"GS*QM*AA*BB*20240102*0304*5*X*005010~",
        *(b"ST*214*0001~", b"B10*1*2*ABCD~", b"SE*3*0001~", b"GE*1*5~", b"IEA*1*000000099~"),
    ]


def test_a_broken_message_is_not_sendable_alone() -> None:
    data = EDIFACT.replace(b"UNT+3+1'", b"UNT+9+1'")
    assert [made.written.sendable for _, made in _splits(data)] == [False, True]


def test_a_message_does_not_change_its_standard() -> None:
    (interchange,) = read(EDIFACT).interchanges
    (other,) = read(X12).interchanges
    with pytest.raises(ValueError, match="cannot travel"):
        split(interchange, interchange.groups[0], next(interchange.messages), _envelope(other))


def test_messages_of_a_batch_may_have_been_read() -> None:
    """Merging is batching: what was read in one dialect is written in another."""
    from translators.batching import batch
    from translators.envelope import Outgoing

    reading, messages = _read(EDIFACT)
    outgoing = [Outgoing(kind=each.kind, reference=each.reference, body=tuple(body_of(each))) for each in messages]
    envelope = msgspec.structs.replace(_envelope(reading.interchanges[0]), element="=", release="\\")
    (only,) = batch(envelope, outgoing, numbers=iter(["5"])).batches
    assert b"FTX=A\\'B'" in only.written.data
    assert [each.segments[1].elements for each in messages_of(read(only.written.data))] == [
        messages[0].segments[1].elements,
        (((("A'B"),),),),
    ]
