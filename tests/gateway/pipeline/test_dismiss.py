"""Dismiss: what is open about a message is closed, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import Connection

from gateway.dismissing import dismiss
from gateway.exchange import DELIVERY
from gateway.ledger import deliveries
from gateway.operations import WITHHELD, NotPossible, Treated
from queues import Unroutable
from tests.gateway.pipeline.play import Play
from tests.gateway.pipeline.test_outbound import contrl
from tests.gateway.pipeline.test_reprocess import again, introduce, snapshot, stranger
from tests.gateway.pipeline.test_reprocess_outbound import ORDER_OUT, unwritable

Example = Callable[[str], bytes]


def dismissed(play: Play, *subjects: str) -> list[Treated]:
    """The order, given by somebody."""
    return dismiss(play.gateway, subjects, actor="ann", reason="they called it off")


def test_what_is_done_about_a_delivery_follows_from_its_machine() -> None:
    """What can be cancelled is; what an attempt may bring to its end is waited for; the rest came to its end."""
    assert set(WITHHELD) == set(DELIVERY.states)
    for state, todo in WITHHELD.items():
        assert (todo == "cancel") == ("cancel" in DELIVERY.table[state])
        assert (todo == "wait") == ("cancel" not in DELIVERY.table[state] and "refuse" in DELIVERY.table[state])


def test_the_tray_is_emptied_and_its_case_goes_with_the_last(play: Play, example: Example) -> None:
    play.upload(stranger(example))
    play.work()
    first, second, third = (each.id for each in play.messages())
    assert [each.outcome for each in dismissed(play, first, second)] == ["done", "done"]
    assert [each.content for each in play.messages()] == ["dismissed", "dismissed", "unassigned"]
    assert len(play.cases()) == 1
    dismissed(play, third)
    assert not play.cases()
    told = [event for event in play.events(third) if event.kind == "message-dismissed"]
    assert [(event.actor, event.data["reason"]) for event in told] == [("ann", "they called it off")]
    (case,) = play.story(third).cases
    assert (case.state, case.reason) == ("closed", "they called it off")


def test_twice_is_once(play: Play, example: Example) -> None:
    play.upload(stranger(example))
    play.work()
    first = play.messages()[0].id
    dismissed(play, first)
    before = snapshot(play)
    (treated,) = dismissed(play, first)
    assert treated.outcome == "repeated" and snapshot(play) == before


def test_somebody_may_change_his_mind(play: Play, example: Example) -> None:
    play.upload(stranger(example))
    play.work()
    first = play.messages()[0].id
    dismissed(play, first)
    introduce(play)
    (treated,) = again(play, first)
    play.work()
    assert treated.outcome == "done" and len(play.letters) == 2
    assert play.messages()[0].content == "reprocessed"
    (refused,) = dismissed(play, first)
    assert refused.outcome == "refused" and treated.made[0] in refused.text


def test_a_delivery_that_waits_is_cancelled_and_its_receipt_awaited_no_longer(play: Play, example: Example) -> None:
    play.submit(example("order.json"), ORDER_OUT)
    play.workers.run_one()
    (order,) = play.messages()
    (treated,) = dismissed(play, order.id)
    assert "1 delivery cancelled" in treated.text
    play.work()
    play.later(hours=9)
    (order,) = play.messages()
    assert (order.content, order.delivery, order.receipt) == ("accepted", "cancelled", "none-due")
    assert not play.out() and not play.cases()


def test_what_is_parked_is_given_up_with_its_case_and_its_job(play: Play, example: Example) -> None:
    play.exchange_fault = Unroutable("no queue takes it")
    play.upload(example("214.x12"), "214.x12", "prairie-freight")
    play.work()
    (message,) = play.messages()
    assert len(play.gateway.database.read(play.gateway.queue.buried)) == 1
    (treated,) = dismissed(play, message.id)
    assert treated.text == "dismissed: 1 delivery cancelled, 1 case closed"
    assert play.messages()[0].delivery == "cancelled"
    assert not play.cases() and not play.gateway.database.read(play.gateway.queue.buried)
    play.exchange_fault = None
    play.work()
    assert not play.letters


def test_an_overdue_receipt_is_awaited_no_longer_and_counts_if_it_comes(play: Play, example: Example) -> None:
    play.submit(example("order.json"), ORDER_OUT)
    play.work()
    play.later(hours=5)
    (order,) = play.messages()
    assert order.receipt == "overdue" and len(play.cases()) == 1
    (treated,) = dismissed(play, order.id)
    assert treated.text == "dismissed: 1 receipt awaited no longer, 1 case closed"
    assert play.messages()[0].receipt == "none-due" and not play.cases()
    assert play.out(), "what the partner may fetch is not taken away"
    play.upload(contrl("1"), "late.edi")
    play.work()
    assert play.messages()[0].receipt == "met"


def test_a_partners_no_stays_and_its_case_is_closed(play: Play, example: Example) -> None:
    play.submit(example("order.json"), ORDER_OUT)
    play.work()
    play.upload(contrl("1", more="UCM+1+IFTMIN:D:96A:UN+4'UCS+9+13'"), "contrl.edi")
    play.work()
    (order,) = play.messages()
    dismissed(play, order.id)
    assert play.messages()[0].receipt == "rejected" and not play.cases()


def test_a_document_that_could_not_be_written_stays_rejected(play: Play, example: Example) -> None:
    bad = unwritable(play, example)
    dismissed(play, bad)
    assert play.messages()[0].content == "rejected" and not play.cases()


def test_what_is_on_its_way_and_what_is_not_open_is_refused(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi"))
    play.work()
    delivered, _, rejected = (each for each in play.messages() if each.type == "IFTSTA")
    (carrier,) = play.story(delivered.id).carriers
    step = partial(deliveries.step, transmission_id=carrier.id, at=play.now, actor="gateway")
    play.gateway.database.write(partial(step, event="resend"))
    play.gateway.database.write(partial(step, event="start"))
    before = snapshot(play)
    for subject, words in ((delivered.id, "on its way"), (rejected.id, "nothing is open"), ("m-nope", "no message")):
        (treated,) = dismissed(play, subject)
        assert treated.outcome == "refused" and words in treated.text
    assert snapshot(play) == before


def test_a_reason_is_demanded(play: Play) -> None:
    with pytest.raises(NotPossible, match="reason"):
        dismiss(play.gateway, ["m-1"], actor="ann", reason="")


def test_jobs_that_were_given_up_are_dropped_by_their_key(play: Play) -> None:
    """A second order for the same work has a key that is longer by a colon and more; other keys only begin alike."""
    database, queue = play.gateway.database, play.gateway.queue

    def enqueue(connection: Connection, key: str) -> None:
        queue.enqueue(connection, kind="deliver", key=key, payload={}, partner="p", lane=5)

    def bury(connection: Connection) -> None:
        for job in queue.claim(connection, worker="w", lanes=(5,), limit=10):
            queue.bury(connection, job, "hopeless")

    for key in ("deliver:t-1", "deliver:t-1:a-1", "deliver:t-12", "deliver:t_1", "deliver:t%1"):
        database.write(partial(enqueue, key=key))
    assert database.read(lambda c: queue.expects(c, "deliver:t-1"))
    database.write(bury)
    assert not database.read(lambda c: queue.expects(c, "deliver:t-1"))
    database.write(partial(enqueue, key="deliver:t-1:a-2"))
    assert database.write(lambda c: queue.drop_buried(c, "deliver:t-1")) == 2
    assert database.write(lambda c: queue.drop_buried(c, "deliver:t_1")) == 1
    assert [job.key for job in database.read(queue.buried)] == ["deliver:t-12", "deliver:t%1"]
    assert database.read(lambda c: queue.expects(c, "deliver:t-1:a-2")), "what still runs is left"
