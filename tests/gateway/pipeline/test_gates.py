"""Gates from end to end: what is away or paused holds its own, costs nobody's time, and is told once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from gateway import gates
from gateway.channel_states import ChannelState, channel_states
from gateway.config import Home
from gateway.control import PauseChannel, Refused, ResumeChannel, Send, obey
from gateway.gates import CAUSE
from gateway.ids import gate_id
from queues.gates import FAILURES
from tests.gateway.pipeline.play import Play

MAILBOX = "blue-anchor-mailbox"


def state(play: Play, channel: str) -> ChannelState:
    def look(connection: Connection) -> list[ChannelState]:
        return channel_states(connection, play.gateway.queue, play.gateway.profiles.current)

    return next(each for each in play.gateway.database.read(look) if each.channel == channel)


def attempts_of(play: Play, channel: str) -> int:
    return sum(event.kind == "delivery-started" for each in play.messages() for event in play.events(each.id))


def test_a_broker_that_is_away_is_one_case_and_nobodys_time(
    play: Play, example: Callable[[str], bytes], broker_away: Exception
) -> None:
    play.exchange_fault = broker_away
    play.upload(example("iftsta.edi"))
    play.work()
    assert len(play.out()) == 1, "the partner's own channel goes on"
    for _ in range(FAILURES):
        play.later(hours=1)
        play.work()
    (case,) = [each for each in play.cases() if each.cause == CAUSE]
    assert (case.subject, case.party) == ("business", None) and "the broker is away" in case.text
    assert state(play, "business").state == "broken" and state(play, "business").waiting == 2
    tried = attempts_of(play, "business")
    # A year of an outage is one try each quarter of an hour, and no delivery is given up for it.
    for _ in range(3):
        play.later(days=120)
        play.work()
    assert attempts_of(play, "business") == tried + 3
    assert [each.cause for each in play.cases()] == [CAUSE]
    play.exchange_fault = None
    play.later(hours=2)
    play.work()
    play.later(hours=2)
    play.work()
    assert len(play.letters) == 2 and state(play, "business").state == "open"
    assert play.cases() == []
    kinds = [event.kind for event in play.events(gate_id("business"))]
    assert kinds == ["channel-unreachable", "channel-reached"]


def test_after_the_outage_a_delivery_has_the_time_that_it_had_before(
    play: Play, example: Callable[[str], bytes], broker_away: Exception
) -> None:
    play.exchange_fault = broker_away
    play.upload(example("iftsta.edi"))
    play.work()
    for _ in range(FAILURES):
        play.later(hours=1)
        play.work()
    play.later(days=30)
    # It answers again, and takes this one in no way that helps: the time begins to run on.
    (job, *_) = play.gateway.database.write(
        lambda c: play.gateway.queue.claim(c, worker="w", lanes=(0, 1, 5, 9), limit=1)
    )
    gates.reached(play.gateway, job)
    held = play.gateway.database.read(lambda c: play.gateway.queue.held(c, job))
    assert timedelta(days=30) < held < timedelta(days=31)
    used = play.now - job.enqueued_at - held
    assert used < timedelta(hours=6)


def test_a_paused_channel_holds_what_goes_out_through_a_restart(
    play: Play, example: Callable[[str], bytes], make_home: Home
) -> None:
    obey(play.gateway, PauseChannel(MAILBOX, "out", "kim", "their server moves"))
    play.upload(example("iftsta.edi"))
    play.work()
    assert play.out() == {} and len(play.letters) == 2, "the answer waits; the company's own side goes on"
    play.gateway.close()
    again = Play(make_home)
    again.now = play.now + timedelta(days=9)
    again.work()
    held = state(again, MAILBOX)
    assert held.state == "paused" and held.waiting == 1 and again.out() == {}
    assert held.pause is not None and (held.pause.actor, held.pause.reason) == ("kim", "their server moves")
    obey(again.gateway, ResumeChannel(MAILBOX, "both", "lee", "it has moved"))
    again.work()
    assert len(again.out()) == 1 and again.cases() == []
    told = [(event.kind, event.actor, event.data["reason"]) for event in again.events(gate_id(MAILBOX))]
    assert told == [
        ("channel-paused", "kim", "their server moves"),
        ("channel-resumed", "lee", "it has moved"),
    ]
    again.gateway.close()


def test_draining_finishes_what_came_in_and_then_is_drained(play: Play, example: Callable[[str], bytes]) -> None:
    play.upload(example("iftsta.edi"))
    obey(play.gateway, PauseChannel(MAILBOX, "in", "kim", "an upgrade", draining=True))
    assert MAILBOX in play.gateway.refusing
    draining = state(play, MAILBOX)
    assert (draining.state, draining.unread, draining.left) == ("draining", 1, 1)
    play.work()
    assert len(play.out()) == 1 and state(play, MAILBOX).state == "drained"
    obey(play.gateway, ResumeChannel(MAILBOX, "both", "kim", "done"))
    assert state(play, MAILBOX).state == "open" and play.gateway.refusing == frozenset()


def test_nothing_is_taken_from_the_companys_side_while_it_is_paused(
    play: Play, example: Callable[[str], bytes]
) -> None:
    order = Send("order-1", "blue-anchor/order-out", example("order.json"), "kim")
    obey(play.gateway, PauseChannel("business", "in", "kim", "stocktaking"))
    with pytest.raises(Refused, match="channels resume business"):
        obey(play.gateway, order)
    obey(play.gateway, ResumeChannel("business", "in", "kim", "counted"))
    obey(play.gateway, order)
    play.work()
    assert len(play.out()) == 1


@pytest.mark.parametrize(
    ("order", "told"),
    [
        (PauseChannel("nobodys", "both", "kim", "why"), r"no channel `nobodys`; there are: .*blue-anchor-mailbox"),
        (PauseChannel(MAILBOX, "both", "kim", " "), "needs a reason"),
        (ResumeChannel(MAILBOX, "both", "kim", ""), "needs a reason"),
        (ResumeChannel(MAILBOX, "both", "kim", "why"), "is not paused: `sallyport channels list`"),
    ],
)
def test_what_cannot_be_paused_or_resumed(play: Play, order: PauseChannel | ResumeChannel, told: str) -> None:
    with pytest.raises(Refused, match=told):
        obey(play.gateway, order)
    assert play.events(gate_id(MAILBOX)) == []
