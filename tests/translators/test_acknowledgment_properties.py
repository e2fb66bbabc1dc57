"""Laws of every acknowledgment, whatever was found and whatever was agreed on."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.translators.shipped import SHELF
from translators.aperak import aperaks
from translators.application import application_verdicts, functional_view, is_application
from translators.application_advice import application_advices
from translators.codes import CODES
from translators.contrl import contrl
from translators.envelope import Envelope, Outgoing
from translators.finding import Finding, Where
from translators.functional import functional_acknowledgments
from translators.guide import Guide
from translators.judgement import Judgement, judge
from translators.reading import read
from translators.scope import RejectScope, widen
from translators.syntax import Address, Group, Interchange, Message
from translators.ta1 import ta1
from translators.terms import Terms
from translators.validation import validate_tree
from translators.writing import write

AT = datetime(2026, 11, 3, 9, 20, tzinfo=UTC)
SETS = "".join(
    f"ST*214*{number:04d}~B10*PRO-{number}*SHIP-{number}*PRFT~LX*1~AT7*AF*NS***20261102*1130*LT~SE*5*{number:04d}~"
    for number in (1, 2, 3)
)
MESSAGES = "".join(
    f"UNH+{number}+IFTSTA:D:96A:UN'BGM+77+STAT-{number}+9'CNI+1+SHIP-{number}'STS+1+21'UNT+5+{number}'"
    for number in (1, 2, 3)
)


def x12(version: str) -> bytes:
    control = "^*00501" if version >= "005010" else "U*00401"
    head = (
        f"ISA*00*          *00*          *02*PRFT           *ZZ*ALBATROS       *261103*0915*{control}*000000905*1*P*>~"
    )
    group = f"GS*QM*PRFT*ALBATROS*20261103*0915*31*X*{version}~{SETS}GE*3*31~"
    return (head + group + "IEA*1*000000905~").encode()


def edifact(syntax: int) -> bytes:
    day = "20261103" if syntax >= 4 else "261103"
    return f"UNB+UNOC:{syntax}+MERIDIAN:14+ALBATROS:14+{day}:0915+M0001'{MESSAGES}UNZ+3+M0001'".encode()


def guide_for(interchange: Interchange, group: Group, message: Message) -> Guide | Finding:
    guide = SHELF.guide(f"{interchange.syntax}/{message.kind.version}/{message.kind.type}")
    assert guide is not None
    return guide


def judged(data: bytes) -> Judgement:
    reading = read(data)
    (interchange,) = reading.interchanges
    return judge(interchange, reading.source, guide_for)


FINDINGS = st.builds(
    lambda code, severity, text, value, guide, layer, place: Finding(
        code=code, severity=severity, text=text, where=Where(**place), layer=layer, value=value, guide=guide
    ),
    st.sampled_from(sorted(CODES)),
    st.sampled_from(["error", "warning", "note"]),
    st.text(max_size=600),
    st.none() | st.text(max_size=150),
    st.sampled_from([None, "standard", "northern"]),
    st.sampled_from(["guide", "rule", "code"]),
    st.fixed_dictionaries(
        {
            "segment": st.sampled_from([None, "ST", "UNH", "B10", "BGM", "AT7", "XYZ", "?", "SE", "UNT"]),
            "segment_position": st.none() | st.integers(1, 6),
            "element": st.none() | st.integers(1, 120),
            "component": st.none() | st.integers(1, 120),
            "repetition": st.none() | st.integers(1, 9),
            "path": st.sampled_from([None, "B10", "LX/AT7/AT7", "BGM", "SG4/SG5/STS", "nowhere"]),
        }
    ),
)
TERMS = st.builds(
    Terms,
    detail=st.sampled_from([None, "full", "faults", "rejects"]),
    note_warnings=st.booleans(),
    receipt_only=st.booleans(),
    missing_at_next=st.booleans(),
    most_copied=st.integers(0, 99),
    withheld=st.sets(st.sampled_from(["B10/1", "AT7/5", "BGM/2.1"])).map(frozenset),
    document_group=st.booleans(),
)
FOUND = st.lists(st.tuples(st.integers(0, 2), FINDINGS), max_size=10)
SCOPES: st.SearchStrategy[RejectScope] = st.sampled_from(["message", "group", "interchange"])


def every_answer(judgement: Judgement, terms: Terms) -> list[Outgoing]:
    """What can be written about an interchange, the same findings at every level."""
    verdicts = application_verdicts(judgement, terms)
    made = contrl(judgement, terms=terms)
    return [
        *([made] if made is not None else []),
        *functional_acknowledgments(judgement, terms=terms),
        *functional_acknowledgments(judgement, terms=terms, kind="999"),
        *aperaks(judgement, verdicts, AT, terms=terms),
        *application_advices(judgement, verdicts, AT, terms=terms),
    ]


@pytest.mark.parametrize("data", [x12("003060"), x12("004010"), x12("005010"), edifact(3), edifact(4)])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=FOUND, terms=TERMS, scope=SCOPES)
def test_whatever_is_found_what_is_written_keeps_to_its_guide_and_can_be_sent(
    data: bytes, found: list[tuple[int, Finding]], terms: Terms, scope: RejectScope
) -> None:
    judgement = judged(data)
    for number, finding in found:
        judgement.messages[number].findings.append(finding)
    widen(judgement, scope)
    syntax = "edifact" if judgement.interchange.syntax == "edifact" else "x12"
    for answer in every_answer(judgement, terms):
        kind = answer.kind
        guide = SHELF.guide(f"{syntax}/{kind.version}/{kind.type}")
        assert guide is not None, kind
        assert validate_tree(kind, answer.reference, answer.body, guide) == [], kind
        envelope = Envelope(
            syntax="edifact" if syntax == "edifact" else "x12",
            sender=Address(id="ALBATROS", qualifier="ZZ"),
            receiver=Address(id="PARTNER", qualifier="ZZ"),
            control_number="000000077",
            at=AT,
            charset="UNOC",
        )
        assert [one.text for one in write(envelope, [answer]).findings if one.fatal] == []


@settings(max_examples=80, deadline=None)
@given(found=FOUND, terms=TERMS, scope=SCOPES, kind=st.sampled_from(["997", "999"]))
def test_counts_and_verdicts_agree(
    found: list[tuple[int, Finding]], terms: Terms, scope: RejectScope, kind: str
) -> None:
    """Counted by hand from the judgement, not from what was written."""
    judgement = judged(x12("005010"))
    for number, finding in found:
        judgement.messages[number].findings.append(finding)
    widen(judgement, scope)
    (answer,) = functional_acknowledgments(judgement, terms=terms, kind="999" if kind == "999" else "997")
    accepted = [each.message.reference for each in judgement.messages if each.accepted]
    (ak9,) = [node for node in answer.body if node.name == "AK9"]
    assert [element[0][0] for element in ak9.elements[1:4]] == ["3", "3", str(len(accepted))]
    named, verdicts = [], []
    for node in answer.body:
        if node.name == "AK2":
            named.append(node.elements[1][0][0])
        elif node.name in ("AK5", "IK5"):
            verdicts.append(node.elements[0][0][0])
    assert len(named) == len(verdicts)
    told = dict(zip(named, verdicts, strict=True))
    assert all((verdict != "R") == (reference in accepted) for reference, verdict in told.items())
    assert {each.message.reference for each in judgement.messages if not each.accepted} <= set(told)
    if terms.detail in (None, "full"):
        assert len(told) == 3
    group = ak9.elements[0][0][0]
    assert (group == "R") == (not accepted) and (group == "P") == (0 < len(accepted) < 3)


@settings(max_examples=60, deadline=None)
@given(found=FOUND, terms=TERMS)
def test_every_error_is_told_at_one_level_where_there_are_two(found: list[tuple[int, Finding]], terms: Terms) -> None:
    judgement = judged(edifact(3))
    for number, finding in found:
        judgement.messages[number].findings.append(finding)
    view = functional_view(judgement)
    processing = {id(each.judged): each for each in application_verdicts(judgement, terms, alone=False)}
    for full, functional in zip(judgement.messages, view.messages, strict=True):
        errors = [one for one in full.findings if one.fatal]
        assert functional.accepted == (not [one for one in errors if not is_application(one)])
        if functional.accepted:
            told = processing[id(full)]
            assert [one for one in told.findings if one.fatal] == errors
            assert told.accepted == full.accepted
        else:
            assert id(full) not in processing


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(sorted(CODES)), max_size=4), st.none() | st.integers(1, 16), st.booleans())
def test_a_ta1_has_a_note_of_the_list(codes: list[str], element: int | None, iea: bool) -> None:
    judgement = judged(x12("004010"))
    where = Where(segment="IEA" if iea else "ISA", element=element)
    judgement.interchange_findings.extend(
        Finding(code=code, severity="error", text="", where=where, layer="envelope") for code in codes
    )
    node = ta1(judgement)
    assert node is not None
    verdict, note = (element[0][0] for element in node.elements[3:])
    assert (verdict, note == "000") == (("R", False) if codes else ("A", True))
    assert re.fullmatch("0[0-2][0-9]|03[01]", note)


def test_accepted_messages_are_never_cut_into_segments() -> None:
    """In a file of a million messages that would be most of the work."""
    for data in (x12("004010"), x12("005010"), edifact(3), edifact(4)):
        reading = read(data)
        (interchange,) = reading.interchanges
        judgement = judge(interchange, reading.source, guide_for)
        for message in interchange.messages:
            message._segments = None
        for terms in (Terms(), Terms(detail="full"), Terms(detail="rejects")):
            contrl(judgement, terms=terms)
            ta1(judgement, terms)
            functional_acknowledgments(judgement, terms=terms)
            functional_acknowledgments(judgement, terms=terms, kind="999")
        assert judgement.accepted
        assert [message._segments for message in interchange.messages] == [None] * 3


@pytest.mark.parametrize("answer", ["APERAK", "CONTRL"])
def test_an_application_acknowledgment_is_answered_by_agreement_and_no_other_ever(answer: str) -> None:
    data = edifact(3).replace(b"IFTSTA:D:96A", f"{answer}:D:96A".encode())
    reading = read(data)
    (interchange,) = reading.interchanges
    missing = Finding(code="message-type-unknown", severity="error", text="", where=Where(), layer="guide")
    judgement = judge(interchange, reading.source, lambda *_: missing)
    assert contrl(judgement) is None
    agreed = contrl(judgement, terms=Terms(answered=frozenset({answer})))
    assert (agreed is not None) == (answer == "APERAK")
