"""Limits are cases that close themselves."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import NamedTuple

import pytest

from gateway.config import FILE, Home, open_home
from gateway.ledger import cases
from gateway.ledger.cases import Case
from gateway.limits import watch_limits
from queues import PublishFault
from tests.gateway.pipeline.play import Play


class Usage(NamedTuple):
    """As :func:`shutil.disk_usage` gives it."""

    total: int
    used: int
    free: int


@pytest.fixture
def play(make_home: Home) -> Iterator[Play]:
    """A gateway with limits."""
    file = make_home.folder / FILE
    limits = "{disk_free: 1000, queue_age: PT10M, delivery_age: PT2H}"
    file.write_text(file.read_text() + f"alerts:\n  limits: {limits}\n")
    made = Play(open_home(make_home.folder, {}))
    yield made
    made.gateway.close()


def known(play: Play, cause: str) -> list[Case]:
    """The cases of this cause, closed ones too."""
    found = play.gateway.database.read(lambda c: cases.list(c, states=("open", "assigned", "closed"), cause=cause))
    return list(found)


def test_disk(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    def has(free: int) -> int:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10_000, 10_000 - free, free))
        return watch_limits(play.gateway)

    assert has(1000) == 0 and known(play, "disk-low") == []
    assert [has(999), has(999)] == [1, 1]
    (case,) = known(play, "disk-low")
    assert case.state == "open" and case.party is None and "Make room" in case.text
    assert has(1099) == 0 and known(play, "disk-low")[0].state == "open", "a tenth more than the limit"
    assert has(1100) == 0
    (case,) = known(play, "disk-low")
    assert (case.state, case.reason) == ("closed", "it is as it should be again")


def test_a_limit_that_a_person_closed_comes_back_after_an_hour(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10_000, 9_999, 1))
    watch_limits(play.gateway)
    (case,) = known(play, "disk-low")
    play.gateway.database.write(lambda c: cases.close(c, case.id, "I know", "ann", play.now))
    play.later(minutes=59)
    watch_limits(play.gateway)
    assert [each.state for each in known(play, "disk-low")] == ["closed"]
    play.later(minutes=1)
    watch_limits(play.gateway)
    assert [each.state for each in known(play, "disk-low")] == ["open"]


def test_a_limit_that_breaks_again_is_work_again_at_once(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody made a little room, and it is full again after ten minutes."""
    free = 1
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10_000, 10_000 - free, free))
    watch_limits(play.gateway)
    free = 5000
    watch_limits(play.gateway)
    assert [each.state for each in known(play, "disk-low")] == ["closed"]
    free = 1
    play.later(minutes=10)
    watch_limits(play.gateway)
    assert [each.state for each in known(play, "disk-low")] == ["open"]


@pytest.mark.parametrize(("cause", "limit"), [("queue-slow", 10), ("delivery-late", 120)])
def test_an_age_is_well_again_a_tenth_below_the_limit(
    play: Play, example: Callable[[str], bytes], cause: str, limit: int
) -> None:
    """What wavers about the limit is one case, and not one each quarter of a minute."""
    since = play.now
    if cause == "queue-slow":
        play.upload(example("iftsta.edi"))
    else:
        play.submit(example("order.json"), "blue-anchor/order-out")
        play.work()
        waiting = "UPDATE transmission SET delivery = 'retry-wait' WHERE side = 'partner'"
        play.gateway.database.write(lambda c: c.exec_driver_sql(waiting))
    states: list[list[str]] = []
    for tenths in (9.5, 10.5, 9.5, 8.5):
        play.now = since + timedelta(minutes=limit * tenths / 10)
        watch_limits(play.gateway)
        states.append([each.state for each in known(play, cause)])
    assert states == [[], ["open"], ["open"], ["closed"]]


def test_queue(play: Play, example: Callable[[str], bytes]) -> None:
    play.upload(example("iftsta.edi"))
    play.later(minutes=10)
    assert watch_limits(play.gateway) == 0
    play.later(minutes=1)
    assert watch_limits(play.gateway) == 1
    (case,) = known(play, "queue-slow")
    assert "1 jobs wait, the first for PT11M" in case.text
    play.work()
    assert watch_limits(play.gateway) == 0
    assert [each.state for each in known(play, "queue-slow")] == ["closed"]


def test_deliveries_to_our_own_systems_are_no_partners(play: Play, example: Callable[[str], bytes]) -> None:
    play.exchange_fault = PublishFault("away")
    play.upload(example("iftsta.edi"))
    play.work()
    play.later(hours=3)
    watch_limits(play.gateway)
    assert known(play, "delivery-late") == []


def test_deliveries(play: Play, example: Callable[[str], bytes]) -> None:
    """A file of the name lies in the mailbox still, so the next one waits."""
    play.submit(example("order.json"), "blue-anchor/order-out")
    play.work()
    play.gateway.database.write(
        lambda c: c.exec_driver_sql("UPDATE transmission SET delivery = 'retry-wait' WHERE side = 'partner'")
    )
    play.later(hours=2)
    watch_limits(play.gateway)
    assert known(play, "delivery-late") == []
    play.later(minutes=1)
    watch_limits(play.gateway)
    (case,) = known(play, "delivery-late")
    assert (case.party, case.subject) == ("blue-anchor", "party:blue-anchor")
    assert "1 deliveries to `blue-anchor` have not arrived, the first after PT2H1M" in case.text
    play.gateway.database.write(lambda c: c.exec_driver_sql("UPDATE transmission SET delivery = 'delivered'"))
    watch_limits(play.gateway)
    assert [each.state for each in known(play, "delivery-late")] == ["closed"]
