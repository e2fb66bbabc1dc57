"""How far a rejected message reaches, and that those taken along are told why."""

from __future__ import annotations

import pytest

from tests.translators.test_acknowledgment_properties import edifact, judged, x12
from translators.application import functional_view
from translators.contrl import contrl
from translators.finding import Finding, Layer, Where
from translators.functional import functional_acknowledgments
from translators.judgement import Judgement
from translators.scope import RejectScope, widen, widest


def wrong(layer: Layer) -> Finding:
    return Finding(code="map-required", severity="error", text="", where=Where(), layer=layer)


def bad_second(data: bytes, layer: Layer = "guide") -> Judgement:
    judgement = judged(data)
    judgement.messages[1].findings.append(wrong(layer))
    return judgement


@pytest.mark.parametrize(("scope", "accepted"), [("message", [True, False, True]), ("group", [False] * 3)])
def test_the_others_fall_where_it_was_agreed(scope: RejectScope, accepted: list[bool]) -> None:
    judgement = bad_second(x12("004010"))
    widen(judgement, scope)
    assert [each.accepted for each in judgement.messages] == accepted
    (answer,) = functional_acknowledgments(judgement)
    ak9 = answer.body[-1]
    assert [element[0][0] for element in ak9.elements[1:4]] == ["3", "3", str(sum(accepted))]


def test_a_group_reaches_no_further_than_itself() -> None:
    data = x12("004010").decode()
    group = data[data.index("GS*") : data.index("IEA")]
    two = data.replace("IEA*1", group.replace("*31", "*32") + "IEA*2")
    for scope, fallen in (("group", 3), ("interchange", 6)):
        judgement = bad_second(two.encode())
        widen(judgement, "group" if scope == "group" else "interchange")
        assert [each.accepted for each in judgement.messages].count(False) == fallen


def test_those_taken_along_are_told_why_and_who() -> None:
    judgement = bad_second(edifact(3))
    widen(judgement, "interchange")
    first = judgement.messages[0].findings[-1]
    assert (first.code, first.layer, first.where.message) == ("rejected-with-others", "envelope", "1")
    assert "message 2" in first.text
    answer = contrl(judgement)
    assert answer is not None
    told = [(node.elements[0][0][0], node.elements[3][0][0]) for node in answer.body if node.name == "UCM"]
    assert told == [("1", "18"), ("2", "13"), ("3", "18")]


def test_it_is_the_same_the_second_time() -> None:
    judgement = bad_second(edifact(3))
    widen(judgement, "group")
    before = [list(each.findings) for each in judgement.messages]
    widen(judgement, "interchange")
    assert [each.findings for each in judgement.messages] == before


def test_what_only_the_application_refuses_takes_nothing_along_in_the_functional_answer() -> None:
    judgement = bad_second(edifact(3), "rule")
    widen(judgement, "interchange")
    assert not any(each.accepted for each in judgement.messages)
    assert functional_view(judgement).accepted


def test_nothing_falls_where_nothing_is_wrong() -> None:
    judgement = judged(edifact(3))
    widen(judgement, "interchange")
    assert judgement.accepted
    assert widest([]) == "message"
    assert widest(["group", "message"]) == "group"
