"""What goes out to partners: orders built, numbered, delivered, acknowledged, or not; and sent again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from gateway import planning
from gateway.operations import NotPossible, resend
from gateway.profiles_folder import load_profiles
from gateway.receiving import Conflict
from queues import Unroutable
from tests.gateway.pipeline.play import Play
from translators.finding import Finding
from translators.guide import Guide
from translators.judgement import Judgement, judge
from translators.reading import read
from translators.syntax import Group, Interchange, Message, Source

Example = Callable[[str], bytes]
ORDER_OUT, TENDER_OUT = "blue-anchor/order-out", "prairie-freight/tender-out"

CONTRL = (
    "UNB+UNOC:3+5412345000013:14+5498765000017:14+261001:0935+{own}'UNH+1+CONTRL:D:3:UN'"
    "UCI+{number}+5498765000017:14+5412345000013:14+{action}'{more}UNT+{count}+1'UNZ+1+{own}'"
)


def contrl(number: str, action: str = "7", more: str = "", own: str = "900") -> bytes:
    """A partner's CONTRL, as text."""
    count = 3 + more.count("'")
    return CONTRL.format(number=number, action=action, more=more, own=own, count=count).encode()


def functional(group: str, verdict: str = "A", own: str = "000000900") -> bytes:
    """A partner's 997 for its one set, as text."""
    return (
        "ISA*00*          *00*          *02*PRFT           *ZZ*MERIDIAN       *261001*0940*U*00401*"
        f"{own}*0*P*>~GS*FA*PRFT*MERIDIAN*20261001*0940*{int(own)}*X*004010~ST*997*0001~AK1*SM*{group}~"
        f"AK2*204*0001~AK5*{verdict}~AK9*{verdict}*1*1*{1 if verdict == 'A' else 0}~SE*6*0001~"
        f"GE*1*{int(own)}~IEA*1*{own}~"
    ).encode()


def test_order_becomes_an_iftmin_and_a_204(play: Play, example: Example) -> None:
    play.submit(example("order.json"), ORDER_OUT, "order-1")
    play.submit(example("order.json"), TENDER_OUT, "order-2")
    play.work()
    ((name, iftmin),) = play.out("blue-anchor").items()
    assert name == "IFTMIN-1.edi"
    assert iftmin.startswith(b"UNB+UNOC:3+5498765000017:14+5412345000013:14+261001:0930+1'UNH+1+IFTMIN:D:96A:UN'")
    ((name, tender),) = play.out("prairie-freight").items()
    assert name == "204-000000001.x12"
    assert b"\nB2**PRFT**SHP-260812**PP~\n" in tender
    for content in (iftmin, tender):
        (interchange,) = read(content).interchanges
        assert not interchange.findings and len(list(interchange.messages)) == 1
    assert [(each.delivery, each.receipt) for each in play.messages("SHP-260812")] == [("delivered", "waiting")] * 2


def test_acknowledgment_meets_the_expectation(play: Play, example: Example) -> None:
    play.submit(example("order.json"), ORDER_OUT)
    play.work()
    play.upload(contrl("1"), "contrl.edi")
    play.work()
    (order,) = play.messages("SHP-260812")
    assert order.receipt == "met"
    (receipt,) = play.story(order.id).receipts
    assert (receipt.kind, receipt.direction, receipt.verdict) == ("contrl", "in", "accepted")
    assert not play.cases()
    # An acknowledgment is never acknowledged.
    assert list(play.out()) == ["IFTMIN-1.edi"]


def test_997_meets_the_expectation(play: Play, example: Example) -> None:
    play.submit(example("order.json"), TENDER_OUT)
    play.work()
    play.upload(functional("1"), "997.x12", "prairie-freight")
    play.work()
    assert [each.receipt for each in play.messages("SHP-260812")] == ["met"]
    assert list(play.out("prairie-freight")) == ["204-000000001.x12"]


def test_rejection_is_a_case_with_the_partners_reason(play: Play, example: Example) -> None:
    play.submit(example("order.json"), ORDER_OUT)
    play.work()
    play.upload(contrl("1", more="UCM+1+IFTMIN:D:96A:UN+4'UCS+9+13'"), "contrl.edi")
    play.work()
    assert [each.receipt for each in play.messages("SHP-260812")] == ["rejected"]
    (case,) = play.cases()
    assert case.cause == "rejected-by-partner" and "segment 9" in case.text


def test_receipt_that_does_not_come_is_overdue_and_may_come_late(play: Play, example: Example) -> None:
    play.submit(example("order.json"), ORDER_OUT)
    play.work()
    play.later(hours=3, minutes=59)
    assert [each.receipt for each in play.messages("SHP-260812")] == ["waiting"]
    play.later(minutes=2)
    (order,) = play.messages("SHP-260812")
    assert order.receipt == "overdue"
    (case,) = play.cases()
    assert case.cause == "receipt-overdue" and order.id in case.text
    play.upload(contrl("1"), "late.edi")
    play.work()
    assert [each.receipt for each in play.messages("SHP-260812")] == ["met"]


def test_clock_starts_when_the_partner_has_the_message(play: Play, example: Example) -> None:
    play.submit(example("order.json"), ORDER_OUT)
    play.later(hours=9)
    play.work()
    play.later(hours=3)
    assert [each.receipt for each in play.messages("SHP-260812")] == ["waiting"]


def test_acknowledgment_of_nothing_we_sent_is_a_case(play: Play, example: Example) -> None:
    play.upload(contrl("77"), "contrl.edi")
    play.work()
    (case,) = play.cases()
    assert case.cause == "receipt-unmatched" and "77" in case.text


def test_partner_cannot_settle_what_another_owes(play: Play, example: Example) -> None:
    play.submit(example("order.json"), TENDER_OUT)
    play.work()
    forged = functional("1").replace(b"*02*PRFT           *", b"*02*XXXX           *")
    play.upload(forged, "997.x12", "blue-anchor")
    play.upload(functional("1"), "997.x12", "blue-anchor")
    play.work()
    assert [each.receipt for each in play.messages("SHP-260812")] == ["waiting"]
    assert {case.cause for case in play.cases()} == {"unknown-sender", "identity-mismatch"}


def test_acknowledgment_marked_as_a_test_settles_nothing_real(play: Play, example: Example) -> None:
    play.submit(example("order.json"), ORDER_OUT)
    play.work()
    play.upload(contrl("1").replace(b"+900'UNH", b"+900++++++1'UNH"), "contrl.edi")
    play.work()
    assert [each.receipt for each in play.messages("SHP-260812")] == ["waiting"]
    (case,) = play.cases()
    assert case.cause == "answer-not-counted"


def test_receipt_that_its_channel_never_brings_cannot_be_waited_for(play: Play) -> None:
    profile = play.folder / "profiles" / "blue-anchor.yaml"
    profile.write_text(profile.read_text().replace("{receipt: contrl,", "{receipt: mdn,"))
    loaded = load_profiles(play.folder / "profiles", play.gateway.catalogue)
    assert loaded.register is None
    assert any("none comes over a channel of kind sftp" in each.message for each in loaded.faults)


def test_resend_is_the_identical_file_and_awaits_anew(play: Play, example: Example) -> None:
    play.submit(example("order.json"), ORDER_OUT)
    play.work()
    before = play.out()
    (order,) = play.messages("SHP-260812")
    play.later(hours=5)
    (sent,) = resend(play.gateway, order.id, actor="eva", reason="the partner lost it")
    play.work()
    assert play.out() == before and sent.name == "IFTMIN-1.edi"
    assert [each.receipt for each in play.messages("SHP-260812")] == ["waiting"]
    story = play.story(order.id)
    assert [attempt.outcome for attempt in story.attempts] == ["delivered", "delivered"]
    again = next(event for event in story.events if event.kind == "delivery-resent")
    assert again.actor == "eva" and again.data["reason"] == "the partner lost it"


def test_resend_needs_a_reason_and_something_that_was_sent(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi"))
    play.work()
    accepted, _, rejected = play.messages()
    with pytest.raises(NotPossible, match="reason"):
        resend(play.gateway, accepted.id, actor="eva", reason=" ")
    with pytest.raises(NotPossible, match="nothing was sent"):
        resend(play.gateway, rejected.id, actor="eva", reason="why not")


def test_same_document_again_has_no_effect_and_another_under_its_id_is_refused(play: Play, example: Example) -> None:
    order = example("order.json")
    first = play.submit(order, ORDER_OUT, "order-7")
    again = play.submit(order, ORDER_OUT, "order-7")
    assert (first.repeated, again.repeated) == (False, True) and first.transmission == again.transmission
    with pytest.raises(Conflict, match="order-7"):
        play.submit(order.replace(b"SHP-260812", b"SHP-1"), ORDER_OUT, "order-7")
    play.work()
    assert len(play.messages()) == 1


def test_document_of_another_type_than_the_flow_takes_is_a_case(play: Play, example: Example) -> None:
    play.upload(example("214.x12"), "214.x12", "prairie-freight")
    play.work()
    (status,) = play.letters
    play.submit(status.body, ORDER_OUT)
    play.work()
    (case,) = play.cases()
    assert case.cause == "document-unreadable" and "takes transport_order/1" in case.text
    assert not play.out("blue-anchor")


@pytest.mark.parametrize(
    ("content", "flow", "cause", "words"),
    [
        (b"{}", ORDER_OUT, "document-unreadable", "type"),
        (b"not json", ORDER_OUT, "document-unreadable", "JSON"),
        (b"{}", "nobody/nothing", "flow-unknown", "order-out"),
        (b"{}", "blue-anchor/status-in", "flow-unknown", "tender-out"),
    ],
)
def test_document_that_cannot_be_used_is_a_case(play: Play, content: bytes, flow: str, cause: str, words: str) -> None:
    play.submit(content, flow)
    play.work()
    (case,) = play.cases()
    assert case.cause == cause and words in case.text
    assert not play.out()


def test_document_that_the_message_cannot_carry_costs_no_number(play: Play, example: Example) -> None:
    play.submit(example("order.json").replace(b"Antwerpen", "Antwerpen \u6e2f".encode()), ORDER_OUT, "bad")
    play.work()
    (bad,) = play.messages()
    assert bad.content == "rejected" and "character-invalid" in str(bad.findings)
    (case,) = play.cases()
    assert case.cause == "cannot-be-written" and case.subject == bad.id
    play.submit(example("order.json"), ORDER_OUT, "good")
    play.work()
    assert list(play.out()) == ["IFTMIN-1.edi"]


def test_agreement_that_is_not_in_force_sends_nothing(play: Play, example: Example) -> None:
    profile = play.folder / "profiles" / "blue-anchor.yaml"
    profile.write_text(profile.read_text().replace("status: live", "status: suspended"))
    assert play.gateway.profiles.refresh()
    play.submit(example("order.json"), ORDER_OUT)
    play.work()
    (case,) = play.cases()
    assert case.cause == "agreement-not-in-force" and "suspended" in case.text
    assert not play.out()


def test_letter_waits_while_the_exchange_is_away(play: Play, example: Example, broker_away: Exception) -> None:
    play.exchange_fault = broker_away
    play.upload(example("214.x12"), "214.x12", "prairie-freight")
    play.work()
    (message,) = play.messages()
    assert (message.content, message.delivery) == ("accepted", "retry-wait")
    assert play.out("prairie-freight"), "the partner's answer does not wait for our own systems"
    assert not play.letters


def test_letter_that_nobody_takes_is_parked_and_can_be_sent_again(play: Play, example: Example) -> None:
    play.exchange_fault = Unroutable("no queue takes it")
    play.upload(example("214.x12"), "214.x12", "prairie-freight")
    play.work()
    (message,) = play.messages()
    assert message.delivery == "parked"
    (case,) = play.cases()
    assert case.cause == "unroutable" and "resend" in case.text
    play.exchange_fault = None
    resend(play.gateway, message.id, actor="eva", reason="the queue is bound now")
    play.work()
    assert play.messages()[0].delivery == "delivered"
    assert [letter.message_id for letter in play.letters] == [message.id]


def test_fault_of_ours_takes_nothing_else_with_it(
    play: Play, example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judge_badly(
        interchange: Interchange,
        source: Source,
        guide_for: Callable[[Interchange, Group, Message], Guide | Finding],
        findings: Sequence[Finding] = (),
    ) -> Judgement:
        if interchange.control_number == "666":
            raise ZeroDivisionError("a bug")
        return judge(interchange, source, guide_for, findings)

    monkeypatch.setattr(planning, "judge", judge_badly)
    play.upload(example("iftsta.edi").replace(b"4711", b"666"), "bug.edi")
    play.upload(example("iftsta.edi"), "good.edi")
    play.work()
    assert len(play.messages()) == 3 and len(play.letters) == 2
