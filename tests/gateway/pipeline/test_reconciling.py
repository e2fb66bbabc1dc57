"""Reconciliation: an honest day adds up, and whatever is taken away from the ledger is noticed and named."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from sqlalchemy import text

from gateway.exchange import Balance
from gateway.ids import new_id
from gateway.ledger import cases, messages
from gateway.reconciling import Reconciliation, reconcile, reconcile_nightly
from queues import Unroutable
from tests.gateway.pipeline.play import START, Play

Example = Callable[[str], bytes]
DAY = START.date()
ORDER_OUT = "blue-anchor/order-out"
UNKNOWN = (b"5412345000013:14", b"9999999999999:14")


def look(play: Play, party: str | None = None) -> Reconciliation:
    """The reconciliation of the day."""
    return play.gateway.database.read(lambda c: reconcile(c, DAY, DAY, party=party))


def of(found: Reconciliation, party: str, type: str) -> Balance:
    """The balance of one partner and type."""
    (each,) = (each for each in found.balances if (each.party, each.type) == (party, type))
    return each


def change(play: Play, statement: str) -> None:
    """Do what no part of the gateway does."""
    play.gateway.database.write(lambda c: c.execute(text(statement)))


def test_a_day_adds_up(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi"))
    play.work()
    play.exchange_fault = Unroutable("no queue takes it")
    play.upload(example("iftsta.edi").replace(b"4711", b"4712"))
    play.upload(example("iftsta.edi").replace(*UNKNOWN, 1).replace(b"4711", b"4713"))
    play.submit(example("order.json"), ORDER_OUT)
    play.work()
    play.upload(b"no interchange at all", "odd.bin")
    play.submit(example("order.json"), ORDER_OUT, "order-2")
    found = look(play)
    assert found.unaccounted == [] and found.holds
    status = of(found, "blue-anchor", "IFTSTA")
    assert (status.taken, status.delivered, status.held, status.rejected, status.difference) == (6, 2, 2, 2, 0)
    strange = of(found, "", "IFTSTA")
    assert (strange.taken, strange.held, strange.difference) == (3, 3, 0)
    order = of(found, "blue-anchor", "IFTMIN")
    assert (order.direction, order.taken, order.delivered, order.awaited) == ("out", 1, 1, 1)
    assert {each.party for each in look(play, "blue-anchor").balances} == {"blue-anchor"}
    play.later(hours=5)
    assert of(look(play), "blue-anchor", "IFTMIN").overdue == 1
    play.work()
    assert look(play).holds


LOSSES = {
    "a file that nobody will read": ("DELETE FROM job WHERE kind = 'read'", "was never read"),
    "a document that nobody will build": ("DELETE FROM job WHERE kind = 'build'", "was never read"),
    "a delivery that nobody will make": ("DELETE FROM job WHERE kind = 'deliver'", "nothing will send it"),
    "a strange message without a case": ("DELETE FROM \"case\" WHERE cause = 'unknown-sender'", "no case says so"),
    "a parked delivery without a case": ("DELETE FROM \"case\" WHERE cause = 'unroutable'", "no case says so"),
    "an accepted message that nobody gets": (
        "UPDATE message SET delivery = 'none' WHERE delivery = 'queued'",
        "handed on to nobody",
    ),
    "a status that is not the journal's": (
        "UPDATE message SET content = 'accepted' WHERE content = 'rejected'",
        "its journal comes to rejected",
    ),
    "a file that was written and not ordered": (
        "UPDATE transmission SET delivery = NULL WHERE delivery = 'queued'",
        "never ordered to be sent",
    ),
    "a receipt whose time does not run": ("UPDATE expectation SET due_at = NULL", "awaited without end"),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_what_is_lost_is_named(play: Play, example: Example, loss: str) -> None:
    statement, told = LOSSES[loss]
    play.submit(example("order.json"), ORDER_OUT)
    play.upload(example("iftsta.edi").replace(*UNKNOWN, 1).replace(b"4711", b"4713"))
    play.exchange_fault = Unroutable("no queue takes it")
    play.upload(example("iftsta.edi"))
    play.work()
    play.exchange_fault = None
    # One of each stage is left undone.
    play.upload(example("iftsta.edi").replace(b"4711", b"4714"))
    play.workers.run_one()
    play.upload(example("iftsta.edi").replace(b"4711", b"4715"))
    play.submit(example("order.json"), ORDER_OUT, "order-2")
    assert look(play).holds
    change(play, statement)
    found = look(play)
    assert not found.holds
    assert any(told in each.text for each in found.unaccounted), found.unaccounted


def test_a_message_that_the_journal_does_not_know_is_a_difference(play: Play, example: Example) -> None:
    """The database itself keeps lines of the journal from being removed, so this one was never written."""
    play.upload(example("iftsta.edi"))
    play.work()
    first, *_ = play.messages()
    stowaway = msgspec.structs.replace(first, id=new_id("m", play.now))
    play.gateway.database.write(lambda c: messages.record(c, stowaway))
    change(play, "UPDATE message SET content = 'accepted', delivery = 'delivered' WHERE content = 'received'")
    found = look(play)
    assert of(found, "blue-anchor", "IFTSTA").difference == -1
    assert not found.holds


def test_the_nightly_one_opens_a_case_for_each_and_one_only(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi"))
    assert reconcile_nightly(play.gateway) == 0
    change(play, "DELETE FROM job")
    # What has a case is in somebody's hands.
    assert [reconcile_nightly(play.gateway) for _ in range(2)] == [1, 0]
    (case,) = play.gateway.database.read(cases.list)
    assert case.cause == "unaccounted" and "was never read" in case.text and case.party == "blue-anchor"
