"""997 and TA1 built from a judgement: loops, codes, positions, and the counts that senders' systems act on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translators.codes import CODES
from translators.finding import Finding, Severity, Where
from translators.functional import FunctionalKind, functional_acknowledgments
from translators.judgement import JudgedGroup, JudgedMessage, Judgement
from translators.reading import read
from translators.ta1 import ta1
from translators.terms import USUAL, Terms

HEADER = "ISA*00*          *00*          *02*YOUX           *ZZ*MEEE           *261103*0915*U*00401*000000905*1*P*>~"


def status(reference: str, date: str = "20261102") -> str:
    return f"ST*214*{reference}~B10*PRO9*SHIP9*YOUX~LX*1~AT7*AF*NS***{date}*1130*LT~SE*5*{reference}~"


def group(number: str, *sets: str, kind: str = "QM", version: str = "004010", claimed: int | None = None) -> str:
    count = len(sets) if claimed is None else claimed
    return f"GS*{kind}*YOUX*MEEE*20261103*0915*{number}*X*{version}~{''.join(sets)}GE*{count}*{number}~"


def interchange(*groups: str) -> bytes:
    return f"{HEADER}{''.join(groups)}IEA*{len(groups)}*000000905~".encode()


def found(
    code: str,
    segment: str | None = None,
    position: int | None = None,
    element: int | None = None,
    component: int | None = None,
    repetition: int | None = None,
    value: str | None = None,
    severity: Severity = "error",
) -> Finding:
    where = Where(
        segment=segment, segment_position=position, element=element, component=component, repetition=repetition
    )
    return Finding(code=code, severity=severity, text="", where=where, layer="guide", value=value)


def judged(
    data: bytes,
    sets: Mapping[str, Sequence[Finding]] | None = None,
    groups: Mapping[str, Sequence[Finding]] | None = None,
    whole: Sequence[Finding] = (),
) -> Judgement:
    """A judgement with these findings and no others, so that each test says all of its input."""
    (one,) = read(data).interchanges
    fallen = any(finding.fatal for finding in whole)
    judged_groups = []
    for received in one.groups:
        own = list((groups or {}).get(received.control_number, ()))
        below = [
            JudgedMessage(
                message=message,
                group=received,
                findings=list((sets or {}).get(message.reference, ())),
                fallen=fallen or any(finding.fatal for finding in own),
            )
            for message in received.messages
        ]
        judged_groups.append(JudgedGroup(group=received, findings=own, messages=below, fallen=fallen))
    return Judgement(interchange=one, groups=judged_groups, interchange_findings=list(whole))


def written(judgement: Judgement, terms: Terms = USUAL, kind: FunctionalKind = "997") -> list[str]:
    """The body of each 997 or 999 with the usual delimiters; what the writer does with it is the writer's test."""
    return [
        " ".join(
            "*".join([node.name, *(":".join(element[0]) for element in node.elements)]) + "~" for node in answer.body
        )
        for answer in functional_acknowledgments(judgement, terms=terms, kind=kind)
    ]


def test_one_997_answers_each_group_in_its_own_version() -> None:
    judgement = judged(interchange(group("31", status("0001"), status("0002")), group("32", status("0001"))))
    answers = functional_acknowledgments(judgement, first_reference=99)
    assert [(answer.kind.type, answer.kind.version, answer.reference) for answer in answers] == [
        ("997", "004010", "0099"),
        ("997", "004010", "0100"),
    ]
    assert written(judgement) == [
        "AK1*QM*31~ AK2*214*0001~ AK5*A~ AK2*214*0002~ AK5*A~ AK9*A*2*2*2~",
        "AK1*QM*32~ AK2*214*0001~ AK5*A~ AK9*A*1*1*1~",
    ]


def test_a_rejected_set_is_told_why_and_the_others_are_accepted() -> None:
    bad = [found("date-invalid", "AT7", 4, 5, value="20260231"), found("segment-missing", "MS1", 4)]
    judgement = judged(
        interchange(group("31", status("0001"), status("0002", "20260231"), status("0003"))), {"0002": bad}
    )
    assert written(judgement) == [
        "AK1*QM*31~ AK2*214*0001~ AK5*A~ AK2*214*0002~ AK3*AT7*4**8~ AK4*5**8*20260231~ AK3*MS1*4**3~ AK5*R*5~ "
        "AK2*214*0003~ AK5*A~ AK9*P*3*3*2~"
    ]


def test_a_group_with_no_accepted_set_is_rejected() -> None:
    bad = {"0001": [found("segment-unknown", "XYZ", 3)]}
    assert written(judged(interchange(group("31", status("0001"))), bad))[0].endswith(
        "AK3*XYZ*3**1~ AK5*R*5~ AK9*R*1*1*0~"
    )


@pytest.mark.parametrize(
    ("finding", "code"),
    [
        (found("group-reference-mismatch"), "4"),
        (found("group-count-mismatch"), "5"),
        (found("group-trailer-missing"), "3"),
        (found("duplicate-group"), "19"),
        (found("group-type-unsupported"), "1"),
        (found("group-version-unsupported"), "2"),
        (found("element-missing", "GS", 0, 8), "2"),
        (found("element-missing", "GS", 0, 2), ""),
    ],
)
def test_a_group_in_error_takes_its_sets_with_it(finding: Finding, code: str) -> None:
    data = interchange(group("31", status("0001"), claimed=4), group("32", status("0001")))
    fallen, good = written(judged(data, groups={"31": [finding]}))
    assert fallen == f"AK1*QM*31~ AK2*214*0001~ AK5*R~ AK9*R*4*1*0{'*' + code if code else ''}~"
    assert good.endswith("AK9*A*1*1*1~")


def test_claimed_is_what_the_trailer_says_and_received_what_was_counted() -> None:
    judgement = judged(interchange(group("31", status("0001"), status("0002"), claimed=3)))
    assert written(judgement)[0].endswith("AK9*A*3*2*2~")
    judgement.groups[0].group.claimed_count = ""
    assert written(judgement)[0].endswith("AK9*A*2*2*2~")


@pytest.mark.parametrize(
    ("finding", "code"),
    [
        (found("message-reference-mismatch", "SE", 5, 2), "3"),
        (found("message-count-mismatch", "SE", 5, 1), "4"),
        (found("message-trailer-missing"), "2"),
        (found("truncated"), "2"),
        (found("duplicate-message", "ST", 1, 2), "23"),
        (found("message-type-unknown", "ST", 1, 1), "1"),
        (found("message-not-agreed"), "1"),
        (found("message-type-invalid", "ST", 1, 1), "6"),
        (found("message-reference-invalid", "ST", 1, 2), "7"),
        (found("too-large"), "5"),
    ],
)
def test_what_is_wrong_with_the_set_as_such_stands_in_ak5(finding: Finding, code: str) -> None:
    body = written(judged(interchange(group("31", status("0001"))), {"0001": [finding]}))[0]
    assert body == f"AK1*QM*31~ AK2*214*0001~ AK5*R*{code}~ AK9*R*1*1*0~"


def test_later_versions_say_more() -> None:
    sets = status("0001").replace("ST*214*0001~", "ST*214*0001*GUIDE~")
    data = interchange(group("31", sets, version="005010"))
    findings = [found("element-repeats", "LX", 3, 1, None, 2), found("components-too-many", "LX", 3, 1, 2)]
    assert written(judged(data, {"0001": findings})) == [
        "AK1*QM*31*005010~ AK2*214*0001*GUIDE~ AK3*LX*3**8~ AK4*1::2**12~ AK4*1:2**13~ AK5*R*5~ AK9*R*1*1*0~"
    ]
    older = interchange(group("31", status("0001")))
    assert "AK4*1**3~ AK4*1:2**3~" in written(judged(older, {"0001": findings}))[0]
    (answer,) = functional_acknowledgments(judged(interchange(group("31", status("0001"), version="VICS"))))
    assert answer.kind.version == "004010"


def test_the_copy_of_a_bad_element_cannot_break_the_997() -> None:
    value = "A*B~C>D:E^F\r\nG" + "H" * 200
    body = written(
        judged(
            interchange(group("31", status("0001"))), {"0001": [found("character-invalid", "LX", 3, 1, value=value)]}
        )
    )
    assert f"AK4*1**6*A?B?C?D?E?F??G{'H' * 85}~" in body[0]
    other = written(
        judged(interchange(group("31", status("0001"))), {"0001": [found("code-unknown", "LX", 3, 1, value="a|b")]}),
        Terms(delimiters="|"),
    )
    assert "AK4*1**7*a?b~" in other[0]


def test_warnings_are_noted_only_on_request() -> None:
    warning = found("code-unknown", "LX", 3, 1, value="9", severity="warning")
    blemish = found("trailing-separator", "LX", 3, severity="warning")
    judgement = judged(interchange(group("31", status("0001"), status("0002"))), {"0001": [warning], "0002": [blemish]})
    assert written(judgement)[0].endswith("AK9*A*2*2*2~")
    assert written(judgement, Terms(note_warnings=True)) == [
        "AK1*QM*31~ AK2*214*0001~ AK3*LX*3**8~ AK4*1**7*9~ AK5*E*5~ AK2*214*0002~ AK5*A~ AK9*E*2*2*2~"
    ]
    group_warning = judged(
        interchange(group("31", status("0001"))), groups={"31": [found("group-count-mismatch", severity="warning")]}
    )
    assert written(group_warning)[0].endswith("AK9*A*1*1*1~")
    assert written(group_warning, Terms(note_warnings=True))[0].endswith("AK9*E*1*1*1*5~")


def test_acknowledgments_are_never_acknowledged() -> None:
    answer = "ST*997*0001~AK1*QM*7~AK9*A*1*1*1~SE*4*0001~"
    reports = "ST*824*0001~BGN*11*A1*20261103~SE*3*0001~"
    bad = {"0001": [found("segment-unknown", "XYZ", 2)]}
    data = interchange(group("1", answer, kind="FA"), group("2", reports, kind="AG"))
    assert written(judged(data, bad)) == []
    assert ta1(judged(data, whole=[found("interchange-count-mismatch")])) is None
    mixed = interchange(group("1", answer, kind="FA"), group("3", status("0002")))
    assert [body.split()[0] for body in written(judged(mixed))] == ["AK1*QM*3~"]
    assert ta1(judged(mixed)) is not None


def test_a_set_that_does_not_say_its_number_can_still_be_named() -> None:
    body = written(
        judged(interchange(group("31", "ST~SE*2*~")), {"": [found("message-reference-invalid", "ST", 1, 2)]})
    )
    assert body == ["AK1*QM*31~ AK2*000*0000~ AK5*R*7~ AK9*R*1*1*0~"]


def test_lists_stay_within_what_x12_allows() -> None:
    elements = [found("code-unknown", "LX", 3, element) for element in range(1, 130)]
    segments = [found("segment-unknown", "XYZ", position) for position in range(4, 1300)]
    others = [found(code) for code in CODES]
    body = written(judged(interchange(group("31", status("0001"))), {"0001": [*elements, *segments, *others]}))[0]
    assert body.count("AK4*") == 99
    assert body.count("AK3*") == 999
    assert re.findall(r"AK5\*R((?:\*\w+)+)~", body)[0].count("*") == 5


def test_every_code_renders_at_every_level() -> None:
    """Whatever is wrong, a rejection comes out; where X12 has a word for it, the word comes with it."""
    for name, code in CODES.items():
        for version in ("004010", "005010"):
            data = interchange(group("31", status("0001"), version=version))
            for finding in (found(name), found(name, "LX", 3), found(name, "LX", 3, 1)):
                (body,) = written(judged(data, {"0001": [finding]}))
                assert re.search(r"AK5\*R(\*\d+)?~ AK9\*R\*1\*1\*0~$", body), body
                for segment_code in re.findall(r"AK3\*LX\*3\*\*(\d+)", body):
                    assert segment_code in {"1", "2", "3", "4", "5", "6", "7", "8"}
                for element_code in re.findall(r"AK4\*1\*\*(\d+)", body):
                    assert element_code == code.element_code(version)
                if finding.where.segment is None:
                    assert "AK3" not in body
                    assert f"AK5*R*{code.message_code(version)}~" in body or code.message is None
            (body,) = written(judged(data, groups={"31": [found(name)]}))
            assert body.endswith(f"AK9*R*1*1*0{'*' + code.group if code.group else ''}~")
        answer = ta1(judged(interchange(group("31", status("0001"))), whole=[found(name)]))
        assert answer is not None
        assert answer.elements[3:] == ((("R",),), ((code.ta1 or "024",),))


@settings(max_examples=60)
@given(
    st.lists(
        st.builds(
            found,
            st.sampled_from(sorted(CODES)),
            st.sampled_from(["ST", "LX", "XYZ", "SE", "?", None]),
            st.none() | st.integers(1, 5),
            st.none() | st.integers(1, 120),
            st.none() | st.integers(1, 9),
            st.none() | st.integers(1, 3),
            st.none() | st.text(max_size=120),
            st.sampled_from(["error", "warning", "note"]),
        ),
        max_size=12,
    ),
    st.booleans(),
)
def test_whatever_is_found_shape_and_counts_hold(findings: list[Finding], note_warnings: bool) -> None:
    data = interchange(group("31", status("0001"), status("0002")))
    (body,) = written(judged(data, {"0002": findings}), Terms(note_warnings=note_warnings))
    assert re.fullmatch(r"1(?:2(?:34{0,99})*5){2}9", "".join(re.findall(r"(?:^|~ )AK(\d)\*", body)))
    rejected = any(finding.fatal for finding in findings)
    assert re.search(r"AK9\*P\*2\*2\*1~$" if rejected else r"AK9\*[AE]\*2\*2\*2~$", body)
    assert len(body.split("~ ")) == body.count("~"), "no value carries a delimiter"


def told(judgement: Judgement, terms: Terms = USUAL) -> str:
    answer = ta1(judgement, terms)
    assert answer is not None
    return "*".join([answer.name, *(element[0][0] for element in answer.elements)])


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (None, "A*000"),
        (found("interchange-reference-mismatch"), "R*001"),
        (found("interchange-count-mismatch"), "R*021"),
        (found("interchange-trailer-missing"), "R*023"),
        (found("duplicate-interchange"), "R*025"),
        (found("sender-unknown"), "R*006"),
        (found("receiver-unknown"), "R*009"),
        (found("syntax-version-unsupported"), "R*003"),
        (found("interchange-time-invalid"), "R*015"),
        (found("misplaced-segment", "XYZ"), "R*024"),
        (found("interchange-header-invalid", "ISA", 0, 5), "R*005"),
        (found("interchange-header-invalid", "ISA", 0, 14), "R*019"),
        (found("interchange-header-invalid", "ISA"), "R*024"),
        (found("control-number-invalid", "IEA", 0, 2), "R*018"),
        (found("element-too-long", "ISA", 0, 7), "R*007"),
        (found("header-missing"), "R*024"),
        (found("interchange-count-mismatch", severity="warning"), "A*000"),
    ],
)
def test_ta1_speaks_of_the_envelope(finding: Finding | None, expected: str) -> None:
    bad = {"0001": [found("segment-unknown", "XYZ", 2)]}
    data = interchange(group("31", status("0001")))
    assert told(judged(data, bad, whole=[finding] if finding else [])) == f"TA1*000000905*261103*0915*{expected}"


def test_ta1_notes_warnings_on_request() -> None:
    judgement = judged(
        interchange(group("31", status("0001"))), whole=[found("interchange-count-mismatch", severity="warning")]
    )
    assert told(judgement, Terms(note_warnings=True)) == "TA1*000000905*261103*0915*E*021"


def test_an_interchange_of_receipts_only_is_not_answered() -> None:
    data = f"{HEADER}TA1*000000077*261101*0800*A*000~IEA*0*000000905~".encode()
    assert ta1(judged(data)) is None
    assert written(judged(data)) == []


def test_a_rejected_interchange_rejects_every_set() -> None:
    judgement = judged(interchange(group("31", status("0001"))), whole=[found("interchange-trailer-missing")])
    assert written(judgement) == ["AK1*QM*31~ AK2*214*0001~ AK5*R~ AK9*R*1*1*0~"]


def test_edifact_gets_neither() -> None:
    data = b"UNB+UNOC:3+YOU:14+ME:14+261103:0915+77'UNH+1+IFTSTA:D:96A:UN'BGM+77+A+9'UNT+3+1'UNZ+1+77'"
    assert ta1(judged(data)) is None
    assert functional_acknowledgments(judged(data)) == []
