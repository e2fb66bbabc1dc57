"""The law of the stream: what is answered and reported of a file read as a stream is what is of the whole file."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.catalogue import Catalogue
from gateway.judging import guide_of_standard
from translators import kept, kept_groups, streamed_judgement
from translators.aperak import aperaks
from translators.application import application_verdicts, functional_view
from translators.application_advice import application_advices
from translators.contrl import contrl
from translators.envelope import Outgoing
from translators.finding import Finding, Where
from translators.functional import functional_acknowledgments
from translators.judgement import JudgedMessage, Judgement, judge
from translators.kept import Keeping
from translators.reading import read
from translators.report import report
from translators.scope import RejectScope, widen
from translators.streamed_judgement import StreamedJudgements
from translators.streamed_report import StreamedReport, write_document
from translators.streaming import read_stream
from translators.syntax import Interchange, Source
from translators.ta1 import ta1
from translators.terms import Terms
from translators.tree import Node

VECTORS = Path(__file__).parents[1] / "vectors"
FILES = sorted(
    path
    for folder in ("acks/issued", "acks/terms", "edifact", "x12", "behaviour")
    for path in VECTORS.glob(f"{folder}/*.edi")
)
SAMPLES = [
    VECTORS / "acks" / "issued" / f"{name}.edi"
    for name in ("edifact-good-groups", "bad-edifact-elements", "x12-good", "bad-x12-segments", "bad-edifact-groups")
]
AT = datetime(2026, 11, 3, 9, 20, tzinfo=UTC)
CATALOGUE = Catalogue()
SCOPES = cast("list[RejectScope]", ["message", "group", "interchange"])
EVERYTHING = Keeping(headers=True, documents=True, whole=True)
TERMS = [Terms(), Terms(detail="full", note_warnings=True, missing_at_next=True), Terms(detail="faults")]


def looked_at(interchange: Interchange, judged: JudgedMessage, source: Source) -> None:
    """Finds something in some messages that are in order, as a map would."""
    if judged.message.reference.endswith("1") and judged.tree is not None:
        where = Where(message=judged.message.reference, segment_position=2)
        judged.findings.append(Finding(code="map-required", severity="error", text="no", where=where, layer="rule"))


def whole(data: bytes, look: Callable[[Interchange, JudgedMessage, Source], None] | None) -> list[Judgement]:
    reading = read(data)
    guides = guide_of_standard(CATALOGUE, reading.source)
    judgements = [judge(each, reading.source, guides) for each in reading.interchanges]
    for judgement in judgements:
        for each in judgement.messages:
            if look is not None and each.accepted:
                look(judgement.interchange, each, reading.source)
    return judgements


def streamed(
    data: bytes, keeping: Keeping, look: Callable[[Interchange, JudgedMessage, Source], None] | None, size: int
) -> list[Judgement]:
    taken = StreamedJudgements(lambda source: guide_of_standard(CATALOGUE, source), keeping, look)
    chunks = (data[at : at + size] for at in range(0, len(data), size))
    return [judgement for part in read_stream(chunks) if (judgement := taken.take(part)) is not None]


def plain(node: Node) -> object:
    return node.name, node.elements


def told(messages: list[Outgoing]) -> list[object]:
    return [(each.kind, each.reference, [plain(node) for node in each.body]) for each in messages]


def functional(judgement: Judgement, terms: Terms) -> list[object]:
    """What needs no more than the headers."""
    answer, envelope = contrl(judgement, terms=terms), ta1(judgement, terms)
    return [
        judgement.accepted,
        judgement.rejected,
        told([answer] if answer is not None else []),
        told(functional_acknowledgments(judgement, terms=terms)),
        plain(envelope) if envelope is not None else None,
    ]


def everything(judgement: Judgement, terms: Terms) -> list[object]:
    verdicts = application_verdicts(judgement, terms)
    return [
        *functional(judgement, terms),
        *functional(functional_view(judgement), terms),
        told(functional_acknowledgments(judgement, terms=terms, kind="999")),
        told(aperaks(judgement, verdicts, AT, terms=terms)),
        told(application_advices(judgement, verdicts, AT, terms=terms)),
    ]


def answers(
    judgements: list[Judgement], scope: RejectScope, tell: Callable[[Judgement, Terms], list[object]]
) -> list[object]:
    for judgement in judgements:
        widen(judgement, scope)
    return [tell(judgement, terms) for judgement in judgements for terms in TERMS]


def check(data: bytes, size: int = 1 << 20) -> None:
    for scope in SCOPES:
        for look in (None, looked_at):
            expected = answers(whole(data, look), scope, everything)
            assert answers(streamed(data, EVERYTHING, look, size), scope, everything) == expected
        headers = Keeping(headers=True)
        assert answers(streamed(data, headers, None, size), scope, functional) == answers(
            whole(data, None), scope, functional
        )
        check_report(data, scope, size)


def check_report(data: bytes, scope: RejectScope, size: int) -> None:
    reading, judgements = read(data), whole(data, None)
    for judgement, interchange in zip(judgements, reading.interchanges, strict=True):
        widen(judgement, scope)
        judgement.interchange = interchange
    taken = StreamedReport(
        lambda source: guide_of_standard(CATALOGUE, source), lambda judgement: widen(judgement, scope)
    )
    for part in read_stream(data[at : at + size] for at in range(0, len(data), size)):
        taken.take(part)
    written = msgspec.json.decode(b"".join(write_document(taken.report())))
    assert written == msgspec.to_builtins(report(reading, judgements))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_the_stream_of_every_vector_is_answered_and_reported_as_the_whole(file: Path) -> None:
    check(file.read_bytes())


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(SAMPLES),
    st.lists(
        st.tuples(
            st.integers(0, 2000), st.integers(0, 12), st.binary(max_size=8) | st.sampled_from([b"'", b"~UNT+1'"])
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([7, 100, 1 << 20]),
)
def test_the_stream_of_a_damaged_file_is_answered_and_reported_as_the_whole(
    file: Path, damages: list[tuple[int, int, bytes]], size: int
) -> None:
    data = file.read_bytes()
    for at, cut, put in damages:
        at %= len(data)
        data = data[:at] + put + data[at + cut :]
    check(data or b"-", size)


def many(count: int, bad: int) -> bytes:
    """Messages of which every ``bad``-th has an unknown segment."""
    messages = b"".join(
        b"UNH+%d+IFTSTA:D:96A:UN'BGM+77+A%d+9'%sCNI+1+B'STS+1+21'UNT+%d+%d'"
        % (n, n, b"XXX'" if n % bad == 0 else b"", 6 if n % bad == 0 else 5, n)
        for n in range(1, count + 1)
    )
    return b"UNB+UNOC:3+A:14+B:14+261001:0915+77'" + messages + b"UNZ+%d+77'" % count


def test_beyond_the_most_findings_a_message_is_rejected_without_saying_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed_judgement, "MOST_FINDINGS", 2)
    (judgement,) = streamed(many(10, 3), Keeping(headers=True), None, 1 << 20)
    answer = contrl(judgement)
    assert answer is not None
    named = [
        (node.name, [element[0][0] for element in node.elements]) for node in answer.body if node.name in ("UCM", "UCS")
    ]
    assert named == [
        ("UCM", ["3", "IFTSTA", "4"]),
        ("UCS", ["3", "15"]),
        ("UCM", ["6", "IFTSTA", "4"]),
        ("UCS", ["3", "15"]),
        ("UCM", ["9", "IFTSTA", "4", "18"]),
    ]
    assert [each.accepted for each in judgement.messages].count(False) == 3
    assert kept.UNTOLD in judgement.messages[8].findings


def test_what_is_kept_can_be_counted_and_sliced_as_a_list() -> None:
    (judgement,) = streamed(many(10, 3), Keeping(headers=True), None, 64)
    messages = judgement.messages
    assert len(messages) == len(judgement.groups[0].messages) == 10
    assert [each.message.reference for each in messages[2:5]] == ["3", "4", "5"]
    assert messages[-1].message.reference == judgement.groups[0].messages[-1].message.reference == "10"
    with pytest.raises(IndexError):
        messages[10]


def many_groups(count: int, wrong: Callable[[int], str] = lambda number: "") -> Iterator[bytes]:
    """Groups of one small message each; ``wrong`` says what is wrong with a group."""
    yield b"ISA*00*          *00*          *02*PRFT           *ZZ*MERIDIAN       *261001*0930*U*00401*000000077*0*P*>~"
    for number in range(1, count + 1):
        fault = wrong(number)
        control, messages = number - (fault == "repeated"), 1 + (fault == "counted")
        unknown = b"ZZ9*1~" if fault == "segment" else b""
        yield b"GS*QM*PRFT*MERIDIAN*20261001*0930*%d*X*004010~ST*214*%04d~B10*PRO1*SHP1*PRFT~%bSE*%d*%04d~GE*%d*%d~" % (
            control, number, unknown, 3 + bool(unknown), number, messages, control
        )  # fmt: skip
    yield b"IEA*%d*000000077~" % count


@pytest.mark.parametrize("page", [1, 4])
def test_many_groups_are_answered_and_reported_as_the_whole(page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_groups, "PAGE", page)
    faults = {3: "repeated", 4: "segment", 6: "counted"}
    check(b"".join(many_groups(6, lambda number: faults.get(number, ""))))


def test_no_repeated_group_is_lost_among_many() -> None:
    count = 3 * kept_groups.PAGE + 7
    data = b"".join(many_groups(count, lambda number: "repeated" if number % 2 == 0 else ""))
    (judgement,) = streamed(data, Keeping(), None, 1 << 20)
    told = [finding for finding in judgement.findings if finding.code == "duplicate-group"]
    assert [finding.value for finding in told] == [str(number) for number in range(1, count, 2)]
    assert [group.accepted for group in judgement.groups] == [number % 2 == 0 for number in range(count)]
    assert not judgement.accepted


@pytest.mark.parametrize("findings", [0, 1])
def test_a_group_takes_no_more_than_some_bytes(findings: int) -> None:
    """What is held of each of a thousand groups, whether or not something is wrong with it."""
    (interchange,) = read(b"".join(many_groups(1))).interchanges
    (group,) = interchange.groups
    (message,) = group.messages
    assert group.header is not None
    groups, raw = kept_groups.KeptGroups(interchange.dialect), group.header.raw
    tracemalloc.start()
    try:
        for number in range(4 * kept_groups.PAGE):
            text, where = f"{number} was there before", Where(group=str(number), segment="GS", offset=100 * number)
            fault = Finding(code="duplicate-group", severity="error", text=text, where=where, layer="envelope")
            group.control_number = str(number)
            group.header.raw = raw.replace(b"*1*", b"*%d*" % number)
            group.findings = [fault] * findings
            groups.begin(group)
            groups.add(message, valid=True, beginning=b"", note=None)
            groups.end(group, group.findings)
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held / (4 * kept_groups.PAGE) < 200
    assert [each.group.control_number for each in groups[-3:]] == ["1021", "1022", "1023"]
    assert groups[77].group.header is not None and groups[77].group.header.raw == raw.replace(b"*1*", b"*77*")
    assert groups[77].accepted is not bool(findings)
