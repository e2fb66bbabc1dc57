"""Reprocess: what a better profile makes of the company's documents."""

from __future__ import annotations

from collections.abc import Callable

from gateway.receiving import BUILD
from tests.gateway.pipeline.play import Play
from tests.gateway.pipeline.test_reprocess import again, kinds, rewrite, snapshot

Example = Callable[[str], bytes]
ORDER_OUT, TENDER_OUT = "blue-anchor/order-out", "prairie-freight/tender-out"


def unwritable(play: Play, example: Example) -> str:
    """A document came with a character that the partner's message cannot hold; the message's id."""
    play.submit(example("order.json").replace(b"Antwerpen", "Antwerpen \u6e2f".encode()), ORDER_OUT, "odd")
    play.work()
    (bad,) = play.messages()
    assert bad.content == "rejected"
    return bad.id


def wider(play: Play) -> None:
    """The partner's messages may hold any character."""
    rewrite(play, "    every_flow:", "    every_flow:\n      envelope: {charset: UNOY}")


def test_a_document_that_could_not_be_written(play: Play, example: Example) -> None:
    bad = unwritable(play, example)
    (case,) = play.cases()
    assert "reprocess" in case.text
    wider(play)
    (treated,) = again(play, bad)
    play.work()
    old, new = play.messages()
    assert treated.made == [new.id]
    assert (old.content, new.content, new.delivery, new.receipt) == ("reprocessed", "accepted", "delivered", "waiting")
    assert (new.parent, new.source) == (old.id, old.source)
    ((name, written),) = play.out().items()
    assert name == "IFTMIN-1.edi", "what was rejected had cost no number"
    assert "Antwerpen \u6e2f".encode() in written
    assert not play.cases()
    assert again(play, bad)[0].outcome == "repeated"
    assert again(play, str(old.source))[0].outcome == "refused", "a document that was accepted is named by its message"
    assert len(play.messages()) == 2


def test_still_not_to_be_written_changes_nothing(play: Play, example: Example) -> None:
    bad = unwritable(play, example)
    before = snapshot(play)
    (treated,) = again(play, bad)
    assert treated.outcome == "refused" and "still cannot be written" in treated.text
    assert snapshot(play) == before


def test_a_document_that_waits_goes_in_its_new_form_only(play: Play, example: Example) -> None:
    """The old number is used up, and nothing is awaited for it."""
    play.submit(example("order.json"), ORDER_OUT)
    play.workers.run_one()
    (old,) = play.messages()
    assert (old.delivery, old.receipt) == ("queued", "waiting")
    (treated,) = again(play, old.id)
    play.work()
    old, new = play.messages()
    assert (old.content, old.delivery, old.receipt) == ("accepted", "cancelled", "none-due")
    assert (treated.made, new.delivery, new.receipt) == ([new.id], "delivered", "waiting")
    assert list(play.out()) == ["IFTMIN-2.edi"]


def test_a_document_that_was_delivered_goes_under_a_new_number(play: Play, example: Example) -> None:
    play.submit(example("order.json"), TENDER_OUT)
    play.work()
    (old,) = play.messages()
    assert again(play, old.id)[0].outcome == "done"
    play.work()
    assert sorted(play.out("prairie-freight")) == ["204-000000001.x12", "204-000000002.x12"]
    assert [each.receipt for each in play.messages()] == ["waiting", "waiting"]


def test_a_flow_that_came_to_be(play: Play, example: Example) -> None:
    """Nothing came of the document, so it is named by its case."""
    rewrite(play, "status: live", "status: suspended")
    assert play.gateway.profiles.refresh()
    play.submit(example("order.json"), ORDER_OUT)
    play.work()
    (case,) = play.cases()
    assert (case.cause, play.messages()) == ("agreement-not-in-force", [])
    assert again(play, case.subject)[0].outcome == "refused"
    rewrite(play, "status: suspended", "status: live")
    (treated,) = again(play, case.subject)
    play.work()
    (message,) = play.messages()
    assert (treated.made, message.delivery, message.parent) == ([message.id], "delivered", None)
    assert not play.cases() and "transmission-reprocessed" in kinds(play, case.subject)
    assert play.gateway.database.read(play.gateway.queue.buried) == []
    assert again(play, case.subject)[0].outcome == "refused"


def test_a_document_that_is_still_worked_on_is_left_to_the_workers(play: Play, example: Example) -> None:
    accepted = play.submit(example("order.json"), ORDER_OUT)
    assert play.gateway.database.read(lambda c: play.gateway.queue.expects(c, f"{BUILD}:{accepted.transmission}"))
    (treated,) = again(play, accepted.transmission)
    assert treated.outcome == "refused" and "still being worked on" in treated.text
    play.work()
    assert len(play.messages()) == 1


def test_what_went_out_is_sent_again_by_another_verb(play: Play, example: Example) -> None:
    play.submit(example("order.json"), ORDER_OUT)
    play.work()
    (order,) = play.messages()
    for subject in (order.transmission, order.interchange):
        (treated,) = again(play, str(subject))
        assert treated.outcome == "refused" and "went out" in treated.text
