"""Acknowledgments on terms: which kinds go out, how much they say, and what the application's answers settle."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.gateway.pipeline.play import Play

Example = Callable[[str], bytes]

ORDER_OUT, TENDER_OUT = "blue-anchor/order-out", "prairie-freight/tender-out"
OWN_FLOWS = "    flows:\n"


def agree(play: Play, partner: str, flows: str) -> None:
    """Lays flows over the partner's profile, as a person would write them."""
    profile = play.folder / "profiles" / f"{partner}.yaml"
    before, _, after = profile.read_text().partition(OWN_FLOWS)
    profile.write_text(before.rstrip("\n") + "\n" + OWN_FLOWS + flows + after)
    assert play.gateway.profiles.refresh()


def issue(play: Play, partner: str, *receipts: str, more: str = "") -> None:
    agree(play, partner, f"      - id: status-in\n        issue: [{', '.join(receipts)}]\n{more}")


def expect(play: Play, partner: str, flow: str, receipt: str) -> None:
    """Makes the partner owe this receipt for what goes out in the flow, and no other."""
    profile = play.folder / "profiles" / f"{partner}.yaml"
    head, _, _ = profile.read_text().partition(OWN_FLOWS)
    flows = f"      - id: {flow}\n        expect: [{{receipt: {receipt}, due: PT4H}}]\n"
    profile.write_text(head + OWN_FLOWS + flows)
    assert play.gateway.profiles.refresh()


def edifact(body: str) -> bytes:
    segments = body.count("'") + 1
    text = f"UNB+UNOC:3+5412345000013:14+5498765000017:14+261001:0935+900'{body}UNT+{segments}+1'UNZ+1+900'"
    return text.encode()


def x12(body: str, group: str = "AG", version: str = "004010") -> bytes:
    count = body.count("~") + 1
    return (
        "ISA*00*          *00*          *02*PRFT           *ZZ*MERIDIAN       *261001*0940*U*00401*000000055*0*P*>~"
        f"GS*{group}*PRFT*MERIDIAN*20261001*0940*55*X*{version}~{body}SE*{count}*0001~GE*1*55~IEA*1*000000055~"
    ).encode()


def aperak(bgm: str, *references: str, errors: str = "") -> bytes:
    named = "".join(f"RFF+{reference}'" for reference in references)
    return edifact(f"UNH+1+APERAK:D:96A:UN'BGM++AP-1+{bgm}'{named}{errors}")


@pytest.mark.parametrize("references", [("ACW:SHP-260812",), ("ACE:1",), ("ACW:1",), ("AGO:1", "TN:SHP 260812")])
def test_an_aperak_settles_what_it_names(references: tuple[str, ...], play: Play, example: Example) -> None:
    expect(play, "blue-anchor", "order-out", "aperak")
    play.submit(example("order.json"), ORDER_OUT)
    play.work()
    play.upload(aperak("29+AP", *references), "aperak.edi")
    play.work()
    (order,) = play.messages("SHP-260812")
    assert order.receipt == "met"
    (receipt,) = play.story(order.id).receipts
    assert (receipt.kind, receipt.verdict) == ("aperak", "accepted")
    assert list(play.out()) == ["IFTMIN-1.edi"], "it is not acknowledged"
    assert not play.cases()


def test_an_aperak_that_rejects_is_a_case_in_the_partners_words(play: Play, example: Example) -> None:
    expect(play, "blue-anchor", "order-out", "aperak")
    play.submit(example("order.json"), ORDER_OUT)
    play.work()
    errors = "ERC+12'FTX+AAO+++No truck on that day'"
    play.upload(aperak("27+RE", "ACW:SHP-260812", errors=errors), "aperak.edi")
    play.work()
    assert [each.receipt for each in play.messages("SHP-260812")] == ["rejected"]
    (case,) = play.cases()
    assert case.cause == "rejected-by-partner" and "No truck on that day (12)" in case.text


def test_a_contrl_does_not_settle_what_an_aperak_owes(play: Play, example: Example) -> None:
    expect(play, "blue-anchor", "order-out", "aperak")
    play.submit(example("order.json"), ORDER_OUT)
    play.work()
    play.upload(edifact("UNH+1+CONTRL:D:3:UN'UCI+1+5498765000017:14+5412345000013:14+7'"), "contrl.edi")
    play.work()
    assert [each.receipt for each in play.messages("SHP-260812")] == ["waiting"]


def test_what_a_contrl_says_of_a_package_settles_no_message(play: Play, example: Example) -> None:
    """We send none, so that it is a case. The interchange was taken in part then, and the message not rejected."""
    expect(play, "blue-anchor", "order-out", "contrl")
    play.submit(example("order.json"), ORDER_OUT)
    play.work()
    body = "UNH+1+CONTRL:4:1:UN'UCI+1+5498765000017:14+5412345000013:14+7'UCM+++4+29+UNO+5:1+IMG1+1:MT-1'"
    play.upload(edifact(body), "contrl.edi")
    play.work()
    assert [each.receipt for each in play.messages("SHP-260812")] == ["partially-met"]
    (case,) = play.cases()
    assert case.cause == "receipt-unmatched"


def test_the_newest_of_several_documents_with_one_number_is_meant(play: Play, example: Example) -> None:
    expect(play, "blue-anchor", "order-out", "aperak")
    for number in (1, 2):
        play.submit(example("order.json"), ORDER_OUT, f"order-{number}")
        play.work()
        play.later(minutes=1)
    play.upload(aperak("29+AP", "ACW:SHP-260812"), "aperak.edi")
    play.work()
    assert [each.receipt for each in play.messages("SHP-260812")] == ["waiting", "met"]
    play.upload(aperak("29+AP", "ACW:SHP-260812", "ACE:1").replace(b"+900'", b"+901'"), "first.edi")
    play.work()
    assert [each.receipt for each in play.messages("SHP-260812")] == ["met", "met"]


def test_an_aperak_that_names_nothing_we_sent_is_a_case(play: Play) -> None:
    play.upload(aperak("27+RE", "ACW:SHP-0", errors="ERC+12'FTX+AAO+++Place unknown'"), "aperak.edi")
    play.work()
    assert not play.messages()
    (case,) = play.cases()
    assert case.cause == "receipt-unmatched" and "SHP-0" in case.text
    assert not play.out()


@pytest.mark.parametrize(
    ("oti", "state"),
    [
        ("TA*TN*X***20261001**1*0001*204", "met"),
        ("TE*TN*SHP-260812", "met-with-errors"),
        ("TR*TN*SHP-260812*****1*0001*204", "rejected"),
        ("IR*LI*1*****1*0001*204", "partially-met"),
        ("TA*TN*SHP-260812*****77*0001", "met"),
    ],
)
def test_an_824_settles_what_it_names(oti: str, state: str, play: Play, example: Example) -> None:
    expect(play, "prairie-freight", "tender-out", '"824"')
    play.submit(example("order.json"), TENDER_OUT)
    play.work()
    play.upload(x12(f"ST*824*0001~BGN*00*A-1*20261001~OTI*{oti}~"), "824.x12", "prairie-freight")
    play.work()
    assert [each.receipt for each in play.messages("SHP-260812")] == [state]
    assert list(play.out("prairie-freight")) == ["204-000000001.x12"]


def test_a_999_settles_what_it_names(play: Play, example: Example) -> None:
    expect(play, "prairie-freight", "tender-out", '"999"')
    play.submit(example("order.json"), TENDER_OUT)
    play.work()
    answer = "ST*999*0001~AK1*SM*1*004010~AK2*204*0001~IK5*A~AK9*A*1*1*1~"
    play.upload(x12(answer, "FA", "005010"), "999.x12", "prairie-freight")
    play.work()
    assert [each.receipt for each in play.messages("SHP-260812")] == ["met"]


def test_a_999_goes_out_instead_of_a_997(play: Play, example: Example) -> None:
    issue(play, "prairie-freight", '{receipt: "999", version: 005010X231A1}')
    wrong = example("214.x12").replace(b"AT7*X3*NS***20261001*0905*CT", b"AT7*X3*NS***20261301*0905*CT")
    play.upload(wrong, "214.x12", "prairie-freight")
    play.work()
    ((name, answer),) = play.out("prairie-freight").items()
    assert name == "999-000000001.x12"
    assert b"*X*005010X231A1~" in answer and b"ST*999*0001*005010X231A1~" in answer
    assert b"IK3*AT7*9**8~\nCTX*B1002:SHP-260812~\nIK4*5*373*8*20261301~\nIK5*R*5~\nAK9*R*1*1*0~" in answer
    (message,) = play.messages()
    assert [(each.kind, each.verdict) for each in play.story(message.id).receipts] == [
        ("999", "partially-accepted"),
        ("999", "rejected"),
    ]


def without_time(content: bytes) -> bytes:
    """The first message keeps to its grammar, and says of nothing when it happened."""
    return content.replace(b"DTM+334:202610010740:203'\n", b"", 1).replace(b"UNT+12+1'", b"UNT+11+1'")


def test_what_the_application_finds_is_told_by_an_aperak_and_not_by_the_contrl(play: Play, example: Example) -> None:
    issue(play, "blue-anchor", "{receipt: contrl}", "{receipt: aperak, when: on-error}")
    play.upload(without_time(example("iftsta.edi")), "status.edi")
    play.work()
    first, second, third = play.messages()
    assert [each.content for each in (first, second, third)] == ["rejected", "accepted", "rejected"]
    written = play.out()
    assert sorted(written) == ["APERAK-2.edi", "CONTRL-1.edi"]
    assert b"UCM+1+" not in written["CONTRL-1.edi"] and b"UCM+3+" in written["CONTRL-1.edi"]
    told = written["APERAK-2.edi"]
    assert told.count(b"UNH+") == 1, "the third message never reached the application"
    assert b"BGM++4711-1+27+RE'" in told
    assert b"RFF+ACW:ST-90017'RFF+AGO:1'RFF+ACE:4711'ERC+13'FTX+AAO+++" in told
    verdicts = [(each.kind, each.verdict) for each in play.story(first.id).receipts if each.answers_message]
    assert verdicts == [("contrl", "accepted"), ("aperak", "rejected")]
    assert [each.kind for each in play.story(third.id).receipts if each.answers_message] == ["contrl"]


def test_a_contrl_alone_tells_what_the_application_finds(play: Play, example: Example) -> None:
    play.upload(without_time(example("iftsta.edi")), "status.edi")
    play.work()
    (contrl,) = play.out().values()
    assert b"UCM+1+IFTSTA:D:96A:UN+4'" in contrl


def test_an_aperak_alone_tells_everything_of_every_message(play: Play, example: Example) -> None:
    issue(play, "blue-anchor", "{receipt: aperak}")
    play.upload(example("iftsta.edi"), "status.edi")
    play.work()
    (told,) = play.out().values()
    assert told.count(b"UNH+") == 3
    assert told.count(b"+29+AP'") == 2 and told.count(b"+27+RE'") == 1
    assert b"ERC+12'FTX+AAO+++DTM, segment 5, element 1.2:" in told
    assert b"UNZ+3+" in told


def test_an_824_beside_a_997(play: Play, example: Example) -> None:
    issue(play, "prairie-freight", '{receipt: "997"}', '{receipt: "824"}')
    play.upload(example("214.x12"), "214.x12", "prairie-freight")
    play.work()
    written = play.out("prairie-freight")
    assert sorted(written) == ["824-000000002.x12", "997-000000001.x12"]
    assert b"AK9*A*1*1*1~" in written["997-000000001.x12"]
    assert b"OTI*TA*TN*SHP-260812*PRFT*MERIDIAN***77*0001*214*004010~" in written["824-000000002.x12"]


def test_a_repeat_gets_both_answers_again(play: Play, example: Example) -> None:
    issue(play, "blue-anchor", "{receipt: contrl}", "{receipt: aperak}")
    for name in ("first.edi", "second.edi"):
        play.upload(example("iftsta.edi"), name)
        play.work()
    assert len(play.out()) == 2
    assert not play.cases()


def test_terms_shape_the_answer(play: Play, example: Example) -> None:
    issue(play, "blue-anchor", "{receipt: contrl, detail: full}")
    play.upload(example("iftsta.edi"), "status.edi")
    play.work()
    (contrl,) = play.out().values()
    assert b"UCM+1+IFTSTA:D:96A:UN+7'UCM+2+IFTSTA:D:96A:UN+7'UCM+3+IFTSTA:D:96A:UN+4'" in contrl


def test_a_receipt_says_no_more_than_that_it_came(play: Play, example: Example) -> None:
    issue(play, "blue-anchor", "{receipt: contrl, when: on-request}")
    play.upload(example("iftsta.edi"), "unasked.edi")
    play.work()
    assert not play.out()
    play.upload(example("iftsta.edi").replace(b"+4711'", b"+4712++++2'", 1).replace(b"+4711'", b"+4712'"), "asked.edi")
    play.work()
    (contrl,) = play.out().values()
    assert b"UCI+4712+5412345000013:14+5498765000017:14+8'UNT" in contrl
    receipts = play.story(play.messages()[3].id).receipts
    assert [(each.kind, each.verdict) for each in receipts] == [("contrl", "received")]


@pytest.mark.parametrize(("scope", "accepted"), [("message", 2), ("group", 0), ("interchange", 0)])
def test_a_rejected_message_takes_others_along_where_that_was_agreed(
    scope: str, accepted: int, play: Play, example: Example
) -> None:
    issue(play, "blue-anchor", "{receipt: contrl}", more=f"        reject_scope: {scope}\n")
    play.upload(example("iftsta.edi"), "status.edi")
    play.work()
    assert len(play.letters) == accepted
    assert [each.content for each in play.messages()].count("accepted") == accepted
    (contrl,) = play.out().values()
    assert contrl.count(b"+4+18'") == 2 - accepted
    assert b"UCM+3+IFTSTA:D:96A:UN+4'UCS+5'UCD+12+2:2'" in contrl


def test_an_interchange_without_a_number_cannot_be_answered_and_a_person_is_told(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi").replace(b"+4711'", b"'", 1), "status.edi")
    play.work()
    assert not play.out()
    assert "cannot-be-answered" in {case.cause for case in play.cases()}


def test_an_aperak_is_acknowledged_only_by_agreement(play: Play, example: Example) -> None:
    profile = play.folder / "profiles" / "blue-anchor.yaml"
    flow = (
        "      - id: aperak-in\n        direction: in\n"
        "        message: {standard: edifact, version: D.96A, type: APERAK}\n"
        "        map: edifact/D.96A/APERAK\n        canonical: application_advice/1\n"
        "        issue: [{receipt: contrl}]\n"
    )
    profile.write_text(profile.read_text().replace(OWN_FLOWS, OWN_FLOWS + flow, 1))
    assert play.gateway.profiles.refresh()
    play.upload(aperak("29+AP", "ACW:SHP-0"), "aperak.edi")
    play.work()
    (contrl,) = play.out().values()
    assert b"UCI+900+" in contrl
