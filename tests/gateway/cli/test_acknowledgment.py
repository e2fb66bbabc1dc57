"""``ack``: every kind, on a profile's terms or on none, and what cannot be answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gateway.cli.calling import IFTSTA, X214, Call


def test_edifact_gets_a_contrl_and_x12_a_997(sallyport: Call) -> None:
    contrl = sallyport("ack", IFTSTA)
    assert contrl.code == 1, "one message is rejected"
    assert b"UCI+4711+5412345000013:14+5498765000017:14+7'UCM+3+IFTSTA:D:96A:UN+4'UCS+5'UCD+12+2:2'" in contrl.out
    functional = sallyport("ack", X214)
    assert functional.code == 0
    assert b"~AK1*QM*77~AK2*214*0001~AK5*A~AK9*A*1*1*1~" in functional.out
    assert b"TA1" not in functional.out


@pytest.mark.parametrize(
    ("file", "kind", "told"),
    [
        (IFTSTA, "contrl", b"UCI+4711+"),
        (IFTSTA, "aperak", b"BGM++4711-3+27+RE'"),
        (X214, "997", b"AK5*A~"),
        (X214, "999", b"IK5*A~"),
        (X214, "ta1", b"~TA1*000000077*261001*0930*A*000~IEA*0*"),
        (X214, "824", b"OTI*TA*TN*SHP-260812*"),
    ],
)
def test_a_kind_can_be_asked_for(file: Path, kind: str, told: bytes, sallyport: Call) -> None:
    answer = sallyport("ack", file, "--kind", kind)
    assert told in answer.out
    assert answer.err == ""
    assert sallyport("validate", "-", stdin=answer.out).code == 0, answer.out


def test_an_application_answer_tells_what_the_map_finds(sallyport: Call) -> None:
    timeless = IFTSTA.read_bytes().replace(b"DTM+334:202610010740:203'\n", b"").replace(b"UNT+12+1'", b"UNT+11+1'")
    told = sallyport("ack", "-", "--kind", "aperak", stdin=timeless).out
    assert b"BGM++4711-1+27+RE'" in told and b"ERC+13'" in told
    assert b"BGM++4711-2+29+AP'" in told


def test_a_receipt_says_that_it_came(sallyport: Call) -> None:
    assert b"UCI+4711+5412345000013:14+5498765000017:14+8'UNT" in sallyport("ack", IFTSTA, "--level", "receipt").out
    asked = IFTSTA.read_bytes().replace(b"+4711'", b"+4711++++2'", 1)
    assert b"+8'UNT" in sallyport("ack", "-", stdin=asked).out
    assert b"+7'UCM" in sallyport("ack", "-", "--level", "functional", stdin=asked).out


def test_a_ta1_goes_before_the_997_when_it_is_asked_for(sallyport: Call) -> None:
    asked = X214.read_bytes().replace(b"*0*P*>", b"*1*P*>")
    answer = sallyport("ack", "-", stdin=asked).out
    assert answer.count(b"ISA*") == 1
    assert answer.index(b"TA1*000000077") < answer.index(b"GS*FA")


def test_several_interchanges_get_an_answer_each(sallyport: Call) -> None:
    twice = IFTSTA.read_bytes() + X214.read_bytes() + IFTSTA.read_bytes().replace(b"4711", b"4712")
    answer = sallyport("ack", "-", stdin=twice)
    assert answer.out.count(b"UNB+") == 2 and answer.out.count(b"ISA*") == 1
    assert b"UCI+4711+" in answer.out and b"UCI+4712+" in answer.out and b"AK1*QM*77~" in answer.out


def test_a_profile_says_which_and_how(sallyport: Call, home: Path) -> None:
    profile = home / "profiles" / "prairie-freight.yaml"
    issue = "    flows:\n      - id: status-in\n        issue: [{receipt: '999', detail: rejects}, {receipt: '824'}]\n"
    profile.write_text(profile.read_text().replace("    flows:\n", issue, 1))
    answer = sallyport("ack", X214, "--profile", "prairie-freight", "--home", home)
    assert answer.code == 0
    assert b"AK1*QM*77*004010~AK9*A*1*1*1~" in answer.out and b"OTI*TA*" in answer.out
    one = sallyport("ack", X214, "--profile", "prairie-freight", "--home", home, "--kind", "999").out
    assert b"AK9*A*1*1*1~" in one and b"OTI*" not in one
    silent = profile.read_text().replace("{receipt: '999', detail: rejects}, {receipt: '824'}", "")
    profile.write_text(silent.replace("issue: []", "issue: [{receipt: '997', when: on-error}]"))
    nothing = sallyport("ack", X214, "--profile", "prairie-freight", "--home", home)
    assert (nothing.code, nothing.out) == (0, b"")
    assert "the agreement issues nothing for it" in nothing.err


@pytest.mark.parametrize(
    ("file", "arguments", "told"),
    [
        (IFTSTA, ("--kind", "997"), "997 does not answer EDIFACT"),
        (X214, ("--kind", "aperak"), "APERAK does not answer X12"),
        (X214, ("--kind", "contrl"), "say --kind 997 or --kind 999 or --kind ta1 or --kind 824"),
        (X214, ("--level", "receipt"), "--level is for a CONTRL"),
        (IFTSTA, ("--kind", "aperak", "--level", "receipt"), "--level is for a CONTRL"),
    ],
)
def test_what_does_not_fit_is_told(file: Path, arguments: tuple[str, ...], told: str, sallyport: Call) -> None:
    answer = sallyport("ack", file, *arguments, columns=200)
    assert answer.code in (1, 2) and answer.out == b""
    assert told in answer.err and "\n  next: " in answer.err


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"UNB+UNOC:3+A:14+B:14+261001:0915+77'", b"UCI+77+A:14+B:14+4+13+UNZ'"),
        (IFTSTA.read_bytes()[:200], b"UCI+4711+5412345000013:14+5498765000017:14+4+13+UNZ'"),
        (X214.read_bytes()[:107], b"TA1*000000077*261001*0930*R*023~"),
        (X214.read_bytes()[:105], b"TA1*000000077*261001*0930*R*004~"),
        (X214.read_bytes().replace(b"*000000077*0*P", b"*00000007X*0*P"), b"TA1*000000000*261001*0930*R*018~"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_answered_where_its_sender_is_known(
    content: bytes, told: bytes, sallyport: Call
) -> None:
    answer = sallyport("ack", "-", stdin=content)
    assert answer.code == 1
    assert told in answer.out


@pytest.mark.parametrize("file", [IFTSTA, X214])
def test_an_acknowledgment_is_not_acknowledged(file: Path, sallyport: Call) -> None:
    for kind in ("aperak", "contrl") if file is IFTSTA else ("997", "999", "824", "ta1"):
        answer = sallyport("ack", "-", stdin=sallyport("ack", file, "--kind", kind).out)
        assert answer.out == b""
        assert "it is an acknowledgment itself" in answer.err


def test_a_profile_says_who_falls_with_a_rejected_message(sallyport: Call, home: Path) -> None:
    profile = home / "profiles" / "blue-anchor.yaml"
    scope = "    flows:\n      - id: status-in\n        reject_scope: interchange\n"
    profile.write_text(profile.read_text().replace("    flows:\n", scope, 1))
    as_agreed = ("--profile", "blue-anchor", "--home", home)
    told = sallyport("validate", IFTSTA, *as_agreed, "--json").json()
    assert [each["accepted"] for each in told["interchanges"][0]["messages"]] == [False] * 3
    taken_along = [each["where"]["message"] for each in told["findings"] if each["code"] == "rejected-with-others"]
    assert taken_along == ["1", "2"]
    answer = sallyport("ack", IFTSTA, *as_agreed, "--kind", "contrl").out
    assert answer.count(b"'UCM+") == 3 and b"UCM+1+IFTSTA:D:96A:UN+4+18'" in answer


def test_a_group_of_a_version_that_nobody_has_is_told_so(sallyport: Call) -> None:
    answer = sallyport("ack", "-", stdin=X214.read_bytes().replace(b"*004010~", b"*009999~"))
    assert answer.code == 1
    assert b"~AK2*214*0001~AK5*R*1~AK9*R*1*1*0*2~" in answer.out
    foreign = X214.read_bytes().replace(b"GS*QM*", b"GS*ZQ*").replace(b"ST*214*", b"ST*699*")
    assert b"~AK2*699*0001~AK5*R*1~AK9*R*1*1*0*1~" in sallyport("ack", "-", stdin=foreign).out
