"""CONTRL built from a judgement: which segments, which codes, which positions, in both versions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translators.codes import CODES
from translators.contrl import contrl
from translators.finding import Finding, Severity, Where
from translators.judgement import JudgedGroup, JudgedMessage, Judgement
from translators.reading import read
from translators.terms import USUAL, Terms

IFTSTA = "UNH+{}+IFTSTA:D:96A:UN'BGM+77+REPORT{}+9'UNT+3+{}'"
ORDERS = "UNH+{0}+ORDERS:D:96A:UN'BGM+220+4711+9'DTM+137:20261101:102'NAD+BY+55::9'UNS+S'CNT+2:0'UNT+7+{0}'"


def interchange(*messages: str, syntax: str = "UNOC:3", date: str = "261103") -> bytes:
    body = "".join(messages)
    return f"UNB+{syntax}+YOU:14+ME:14+{date}:0915+77'{body}UNZ+{len(messages)}+77'".encode()


def iftsta(reference: str) -> str:
    return IFTSTA.format(reference, reference, reference)


def found(
    code: str,
    segment: str | None = None,
    position: int | None = None,
    element: int | None = None,
    component: int | None = None,
    repetition: int | None = None,
    severity: Severity = "error",
) -> Finding:
    where = Where(
        segment=segment, segment_position=position, element=element, component=component, repetition=repetition
    )
    return Finding(code=code, severity=severity, text="", where=where, layer="guide")


def judged(
    data: bytes,
    messages: Mapping[str, Sequence[Finding]] | None = None,
    groups: Mapping[str, Sequence[Finding]] | None = None,
    whole: Sequence[Finding] = (),
) -> Judgement:
    """A judgement with these findings and no others, so that each test says all of its input."""
    (one,) = read(data).interchanges
    fallen = any(finding.fatal for finding in whole)
    judged_groups = []
    for group in one.groups:
        own = list((groups or {}).get(group.control_number, ()))
        below = [
            JudgedMessage(
                message=message,
                group=group,
                findings=list((messages or {}).get(message.reference, ())),
                fallen=fallen or any(finding.fatal for finding in own),
            )
            for message in group.messages
        ]
        judged_groups.append(JudgedGroup(group=group, findings=own, messages=below, fallen=fallen))
    return Judgement(interchange=one, groups=judged_groups, interchange_findings=list(whole))


def written(judgement: Judgement, terms: Terms = USUAL) -> str:
    """The body with the usual delimiters; what the writer does with it is the writer's test."""
    answer = contrl(judgement, terms=terms)
    assert answer is not None
    return " ".join(
        "+".join([node.name, *(":".join(element[0]) for element in node.elements)]) + "'" for node in answer.body
    )


def test_an_accepted_interchange_needs_one_segment() -> None:
    assert written(judged(interchange(iftsta("1"), iftsta("2")))) == "UCI+77+YOU:14+ME:14+7'"


def test_accepted_messages_are_named_when_the_partner_wants_it() -> None:
    judgement = judged(interchange(iftsta("1"), iftsta("2")), {"2": [found("segment-unknown", "XYZ", 2)]})
    assert written(judgement, Terms(detail="full")) == (
        "UCI+77+YOU:14+ME:14+7' UCM+1+IFTSTA:D:96A:UN+7' UCM+2+IFTSTA:D:96A:UN+4' UCS+2+15'"
    )


def test_only_the_rejected_message_is_named_with_its_segments_and_elements() -> None:
    findings = [found("element-too-long", "CNT", 6, 1, 1), found("segment-missing", "NAD", 4)]
    judgement = judged(interchange(iftsta("1"), ORDERS.format("2"), iftsta("3")), {"2": findings})
    assert written(judgement) == ("UCI+77+YOU:14+ME:14+7' UCM+2+ORDERS:D:96A:UN+4' UCS+4+13' UCS+6' UCD+39+2:1'")


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (found("message-reference-mismatch", "UNT", 3, 2), "28+UNT+3"),
        (found("message-count-mismatch", "UNT", 3, 1), "29+UNT+2"),
        (found("message-trailer-missing"), "13+UNT"),
        (found("truncated"), "13+UNT"),
        (found("duplicate-message"), "26+UNH+2"),
        (found("message-type-unknown", "UNH", 1, 2, 1), "14+UNH+3:1"),
        (found("message-type-unknown", "UNH", 1, 2, 3), "14+UNH+3:3"),
        (found("message-not-agreed"), "17+UNH+3:1"),
        (found("element-too-long", "UNH", 1, 3), "39+UNH+4"),
        (found("character-invalid", "UNT", 3, 1), "21+UNT+2"),
        (found("too-large"), "18"),
    ],
)
def test_what_is_wrong_with_the_message_as_such_stands_in_ucm(finding: Finding, expected: str) -> None:
    judgement = judged(interchange(iftsta("1")), {"1": [finding]})
    assert written(judgement) == f"UCI+77+YOU:14+ME:14+7' UCM+1+IFTSTA:D:96A:UN+4+{expected}'"


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (found("duplicate-interchange"), "26+UNB+6"),
        (found("sender-unknown"), "23+UNB+3"),
        (found("receiver-unknown"), "7+UNB+4"),
        (found("syntax-version-unsupported"), "2+UNB+2"),
        (found("interchange-date-invalid"), "12+UNB+5:1"),
        (found("interchange-reference-mismatch", "UNZ", 0, 2), "28+UNZ+3"),
        (found("interchange-count-mismatch"), "29+UNZ+2"),
        (found("interchange-trailer-missing"), "13+UNZ"),
        (found("delimiter-clash", "UNA"), "20+UNA"),
        (found("misplaced-segment", "XYZ"), "33"),
        (found("groups-mixed"), "30"),
        (found("empty-interchange"), "32"),
        (found("header-missing"), "18"),
    ],
)
def test_an_interchange_that_falls_is_answered_by_uci_alone(finding: Finding, expected: str) -> None:
    judgement = judged(interchange(iftsta("1")), {"1": [found("segment-unknown", "XYZ", 2)]}, whole=[finding])
    assert written(judgement, Terms(detail="full")) == f"UCI+77+YOU:14+ME:14+4+{expected}'"


def test_groups_are_answered_one_by_one() -> None:
    data = (
        b"UNB+UNOC:3+YOU:14+ME:14+261103:0915+77'"
        b"UNG+IFTSTA+APPA:ZZ+APPB+261103:0915+G1+UN+D:96A'UNH+1+IFTSTA:D:96A:UN'BGM+77+A+9'UNT+3+1'"
        b"UNH+2+IFTSTA:D:96A:UN'BGM+77+B+9'UNT+3+2'UNE+2+G1'"
        b"UNG+IFTSTA+APPA+APPB+261103:0915+G2+UN+D:96A'UNH+3+IFTSTA:D:96A:UN'BGM+77+C+9'UNT+3+3'UNE+1+G2'"
        b"UNZ+2+77'"
    )
    judgement = judged(
        data, {"2": [found("segment-missing", "NAD", 2)]}, {"G2": [found("group-reference-mismatch", "UNE", 0, 2)]}
    )
    assert written(judgement) == (
        "UCI+77+YOU:14+ME:14+7' UCF+G1+APPA:ZZ+APPB+7' UCM+2+IFTSTA:D:96A:UN+4' UCS+2+13' UCF+G2+APPA+APPB+4+28+UNE+3'"
    )


@pytest.mark.parametrize(
    ("code", "third", "fourth"),
    [
        ("trailing-separator", "16", "45"),
        ("element-conditional-missing", "13", "48"),
        ("element-excluded", "18", "48"),
        ("number-invalid", "19", "12"),
        ("character-invalid", "21", "21"),
    ],
)
def test_each_syntax_has_its_own_message_and_codes(code: str, third: str, fourth: str) -> None:
    for syntax, version, date, expected in (("UNOC:3", "D.3", "261103", third), ("UNOC:4", "4.1", "20261103", fourth)):
        judgement = judged(interchange(iftsta("1"), syntax=syntax, date=date), {"1": [found(code, "BGM", 2, 2)]})
        answer = contrl(judgement)
        assert answer is not None
        assert (answer.kind.type, answer.kind.version, answer.kind.agency) == ("CONTRL", version, "UN")
        assert re.findall(r"UC[SD](?:\+2)?\+(\d\d)", written(judgement)) == [expected]


def test_a_repetition_is_told_in_syntax_4_only() -> None:
    finding = found("code-unknown", "BGM", 2, 1, None, 3)
    assert "UCD+12+2'" in written(judged(interchange(iftsta("1")), {"1": [finding]}))
    assert "UCD+12+2::3'" in written(judged(interchange(iftsta("1"), syntax="UNOC:4"), {"1": [finding]}))


def test_warnings_reject_nothing() -> None:
    warnings = [found(code, "BGM", 2, 1, severity="warning") for code in CODES]
    assert written(judged(interchange(iftsta("1")), {"1": warnings}, whole=warnings)) == "UCI+77+YOU:14+ME:14+7'"


def test_a_receipt_says_nothing_about_the_content() -> None:
    judgement = judged(interchange(iftsta("1")), {"1": [found("segment-unknown", "XYZ", 2)]})
    assert written(judgement, Terms(receipt_only=True)) == "UCI+77+YOU:14+ME:14+8'"


def test_acknowledgments_are_never_acknowledged() -> None:
    answer = "UNH+9+CONTRL:D:3:UN'UCI+5+ME:14+YOU:14+7'UNT+3+9'"
    aperak = "UNH+8+APERAK:D:96A:UN'BGM+313+1+9'UNT+3+8'"
    bad = [found("segment-unknown", "UCI", 2)]
    assert contrl(judged(interchange(answer, aperak), {"9": bad})) is None
    assert contrl(judged(interchange(answer), whole=[found("interchange-count-mismatch")])) is None
    mixed = judged(interchange(answer, iftsta("1")), {"9": bad, "1": bad})
    assert written(mixed) == "UCI+77+YOU:14+ME:14+7' UCM+1+IFTSTA:D:96A:UN+4' UCS+2+15'"


def test_what_was_not_received_cannot_be_quoted() -> None:
    no_reference = b"UNB+UNOC:3+YOU:14+ME:14+261103:0915'UNZ+0'"
    assert contrl(judged(no_reference, whole=[found("control-number-invalid")])) is None
    damaged = "UNH++IFTSTA'BGM+77+A+9'UNT+3+'"
    bad = {"": [found("message-reference-invalid", "UNH", 1, 1)]}
    assert written(judged(interchange(damaged), bad)).endswith("UCM+-+IFTSTA:-:-:-+4+13+UNH+2'")
    assert written(judged(interchange(damaged, syntax="UNOC:4"), bad)).endswith("UCM+++4+13+UNH+2'")


def test_ucd_and_ucs_stay_within_the_message() -> None:
    many = [found("code-unknown", "BGM", 2, element) for element in range(1, 251)]
    segments = [found("segment-unknown", "XYZ", position) for position in range(3, 1203)]
    body = written(judged(interchange(iftsta("1")), {"1": [*many, *segments]}))
    assert body.count("UCD+") == 99
    assert body.count("UCS+") == 999


def test_every_code_renders_at_every_level() -> None:
    known = {str(code) for code in range(2, 49)}
    for code in CODES:
        for syntax in ("UNOC:3", "UNOC:4"):
            data = interchange(iftsta("1"), syntax=syntax)
            bodies = [
                written(judged(data, {"1": [found(code)]})),
                written(judged(data, {"1": [found(code, "BGM", 2)]})),
                written(judged(data, {"1": [found(code, "BGM", 2, 1)]})),
                written(judged(data, whole=[found(code)])),
            ]
            for body in bodies:
                codes = re.findall(r"(?:UCD|UCS\+2|\+4)\+(\d+)", body)
                assert len(codes) == 1, (code, body)
                assert codes[0] in known
                if syntax == "UNOC:3":
                    assert int(codes[0]) <= 40


@settings(max_examples=60)
@given(
    st.lists(
        st.builds(
            found,
            st.sampled_from(sorted(CODES)),
            st.sampled_from(["UNH", "BGM", "XYZ", "UNT", None]),
            st.none() | st.integers(1, 5),
            st.none() | st.integers(1, 12),
            st.none() | st.integers(1, 9),
            st.none() | st.integers(1, 3),
            st.sampled_from(["error", "warning"]),
        ),
        max_size=12,
    )
)
def test_whatever_is_found_the_shape_of_the_message_holds(findings: list[Finding]) -> None:
    body = written(judged(interchange(iftsta("1"), iftsta("2")), {"2": findings}))
    tags = "".join(re.findall(r"(?:^| )UC(\w)", body))
    assert re.fullmatch("I(?:M(?:SD{0,99})*)?", tags)
    assert ("M" in tags) == any(finding.fatal for finding in findings)
    positions = [int(position) for position in re.findall(r"UCS\+(\d+)", body)]
    assert positions == sorted(positions)
