"""What becomes of files in a running gateway: when they are taken, what a crash does, what a person hears."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, select, update

from gateway import gates
from gateway.channels.files.collecting import COLLECT, order_collections
from gateway.channels.files.place import Denied, Seen
from gateway.ledger import attempts
from gateway.ledger.schema import transmission
from queues.gates import FAILURES
from queues.schema import job
from tests.gateway.channels.files.conftest import CHANNEL, Filed

Example = Callable[[str], bytes]


def taken(filed: Filed) -> list[str]:
    """The names of the files that came in."""
    wanted = select(transmission.c.name).where(transmission.c.protocol == "directory", transmission.c.direction == "in")
    return sorted(filed.gateway.database.read(lambda c: c.execute(wanted).scalars().all()))


def sent(filed: Filed) -> list[tuple[str, str]]:
    """Name and state of what goes to the partner."""
    wanted = select(transmission.c.name, transmission.c.delivery).where(
        transmission.c.protocol == "directory", transmission.c.direction == "out"
    )
    return sorted((row.name, row.delivery) for row in filed.gateway.database.read(lambda c: c.execute(wanted).all()))


def causes(filed: Filed) -> list[str]:
    """What people have to do."""
    return [each.cause for each in filed.cases()]


def test_a_file_is_taken_when_it_is_still(filed: Filed, example: Example) -> None:
    content = example("iftsta.edi")
    filed.place.inbound["status.edi"] = content, 1
    filed.look(0)
    filed.look(5)
    assert taken(filed) == [] and "status.edi" in filed.place.inbound
    filed.place.inbound["status.edi"] = content, 2
    filed.look(5)
    assert taken(filed) == [], "it was written anew five seconds ago"
    filed.look(10)
    assert taken(filed) == ["status.edi"] and filed.place.inbound == {}
    assert [each.type for each in filed.messages()] == ["IFTSTA"] * len(filed.messages())
    assert filed.letters


def test_other_names_are_left(filed: Filed, example: Example) -> None:
    filed.place.inbound["status.csv"] = example("iftsta.edi"), 1
    for _ in range(3):
        filed.look()
    assert taken(filed) == [] and "status.csv" in filed.place.inbound


def test_a_file_without_its_end_is_waited_for(filed: Filed, example: Example) -> None:
    content = example("iftsta.edi")
    filed.place.inbound["status.edi"] = content[:-40], 1
    for _ in range(5):
        filed.look(60)
    assert taken(filed) == []
    filed.place.inbound["status.edi"] = content, 2
    filed.look()
    filed.look()
    assert taken(filed) == ["status.edi"] and len(filed.messages()) == 3


def test_what_never_ends_is_taken_and_its_faults_are_told(filed: Filed, example: Example) -> None:
    filed.place.inbound["status.edi"] = example("iftsta.edi")[:-40], 1
    filed.look()
    filed.look(16 * 60)
    assert taken(filed) == ["status.edi"] and filed.place.inbound == {}
    ((name, answer),) = filed.place.outbound.items()
    assert name.startswith("CONTRL-") and b"UCI+" in answer, "the partner is told what is wrong with it"


def test_a_crash_before_the_removal_takes_nothing_twice(
    filed: Filed, example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed.place.inbound["status.edi"] = example("iftsta.edi"), 1
    filed.look()

    class Crash(BaseException):
        pass

    def crash(seen: Seen) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(filed.place, "remove", crash)
        with pytest.raises(Crash):
            filed.look()
    assert taken(filed) == ["status.edi"] and "status.edi" in filed.place.inbound
    filed.restart()
    filed.gateway.database.write(filed.gateway.queue.abandon)
    filed.look()
    filed.look()
    assert taken(filed) == ["status.edi"] and filed.place.inbound == {}
    assert len(filed.messages()) == 3


def test_the_same_file_put_there_again_is_a_new_arrival(filed: Filed, example: Example) -> None:
    for at in (1, 2):
        filed.place.inbound["status.edi"] = example("iftsta.edi"), at
        filed.look()
        filed.look()
    assert taken(filed) == ["status.edi", "status.edi"] and filed.place.inbound == {}
    assert len({each.reference for each in filed.messages()}) == len(filed.messages()), "the repeat had no effect"


def test_a_place_that_is_away_is_a_case_that_closes_itself(filed: Filed, example: Example) -> None:
    filed.place.inbound["status.edi"] = example("iftsta.edi"), 1
    filed.place.away = True
    filed.look()
    filed.look(60)
    assert causes(filed) == [], "a moment's absence is nothing for a person"
    filed.look(300)
    assert causes(filed) == ["collecting-fails"]
    filed.place.away = False
    filed.look(3600)
    assert causes(filed) == []
    filed.look()
    assert taken(filed) == ["status.edi"]


def test_a_place_that_says_no_is_a_case_at_once(filed: Filed, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied() -> list[Seen]:
        raise Denied("it takes none of our keys: give the partner the public key")

    with monkeypatch.context() as patch:
        patch.setattr(filed.place, "look", denied)
        filed.look()
    (case,) = filed.cases()
    assert case.cause == "collecting-fails" and "give the partner the public key" in case.text
    assert case.subject == "blue-anchor-mailbox"
    filed.look(3600)
    assert causes(filed) == []


def test_a_file_that_is_too_large_stays_and_is_a_case(filed: Filed) -> None:
    filed.place.inbound["large.edi"] = b"x" * ((1 << 20) + 1), 1
    for _ in range(3):
        filed.look()
    (case,) = filed.cases()
    assert case.cause == "file-not-collected" and "large.edi" in case.text
    assert "large.edi" in filed.place.inbound and taken(filed) == []


def test_a_file_that_is_refused_keeps_no_other_waiting(
    filed: Filed, example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed.place.inbound["bad.edi"] = b"UNB", 1
    filed.place.inbound["status.edi"] = example("iftsta.edi"), 2
    fetched: list[str] = []
    real = filed.place.fetch

    def fetch(seen: Seen) -> Iterator[bytes]:
        fetched.append(seen.name)
        if seen.name == "bad.edi":
            raise Denied("could not read bad.edi: permission denied")
        return real(seen)

    monkeypatch.setattr(filed.place, "fetch", fetch)
    for _ in range(4):
        filed.look()
    assert taken(filed) == ["status.edi"] and fetched == ["bad.edi", "status.edi"]
    (case,) = filed.cases()
    assert case.cause == "file-not-collected" and "permission denied" in case.text and case.party == "blue-anchor"
    filed.look(3600)
    assert fetched == ["bad.edi", "status.edi", "bad.edi"]


def test_a_file_without_its_end_is_not_fetched_again_and_again(
    filed: Filed, example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed.place.inbound["status.edi"] = example("iftsta.edi")[:-40], 1
    fetched: list[int] = []
    real = filed.place.fetch

    def fetch(seen: Seen) -> Iterator[bytes]:
        fetched.append(seen.changed)
        return real(seen)

    monkeypatch.setattr(filed.place, "fetch", fetch)
    for _ in range(6):
        filed.look()
    assert fetched == [1]
    filed.place.inbound["status.edi"] = example("iftsta.edi"), 2
    for _ in range(3):
        filed.look()
    assert fetched == [1, 2] and taken(filed) == ["status.edi"]


def test_an_odd_name_is_recorded_harmlessly(filed: Filed, example: Example) -> None:
    filed.place.inbound["st\udcfftus.edi"] = example("iftsta.edi"), 1
    filed.look()
    filed.look()
    assert taken(filed) == ["st\\xfftus.edi"] and filed.place.inbound == {}


def test_there_is_one_look_for_a_channel_and_none_for_one_that_is_gone(filed: Filed) -> None:
    def looks() -> int:
        wanted = select(func.count()).select_from(job).where(job.c.kind == COLLECT)
        return filed.gateway.database.read(lambda c: c.execute(wanted).scalar_one())

    assert order_collections(filed.gateway) == 0 and looks() == 1
    profile = filed.folder / "profiles" / "blue-anchor.yaml"
    stated = profile.read_text()
    mailbox = """  - id: blue-anchor-mailbox
    kind: sftp
    login: blue-anchor
    authorized_keys: {file: keys/none.pub}
"""
    profile.write_text(stated.replace(CHANNEL, mailbox))
    filed.gateway.profiles.refresh()
    filed.look()
    assert looks() == 0
    profile.write_text(stated)
    filed.gateway.profiles.refresh()
    assert order_collections(filed.gateway) == 1 and looks() == 1


def test_what_goes_out_stands_there_under_its_name(filed: Filed, example: Example) -> None:
    filed.submit(example("order.json"), "blue-anchor/order-out")
    filed.work()
    assert [state for _, state in sent(filed)] == ["delivered"]
    ((name, content),) = filed.place.outbound.items()
    assert content.startswith(b"UNB") and name.startswith("IFTMIN-")


def test_a_delivery_waits_for_a_place_that_is_away(filed: Filed, example: Example) -> None:
    filed.place.away = True
    filed.submit(example("order.json"), "blue-anchor/order-out")
    filed.work()
    assert [state for _, state in sent(filed)] == ["retry-wait"] and causes(filed) == []
    filed.place.away = False
    filed.look(3600)
    assert [state for _, state in sent(filed)] == ["delivered"] and len(filed.place.outbound) == 1


def test_a_refusal_keeps_everything_waiting_and_is_one_case(
    filed: Filed, example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> bool:
        raise Denied("could not write /in: permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(filed.place, "put", denied)
        for number in (1, 2):
            filed.submit(example("order.json"), "blue-anchor/order-out", f"order-{number}")
        filed.work()
    assert [state for _, state in sent(filed)] == ["retry-wait", "retry-wait"] and causes(filed) == ["delivering-fails"]
    filed.look(3600)
    assert [state for _, state in sent(filed)] == ["delivered", "delivered"] and causes(filed) == []


def test_a_crash_between_putting_and_recording_puts_nothing_twice(
    filed: Filed, example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(BaseException):
        pass

    def crash(*_: object, **__: object) -> None:
        raise Crash

    filed.submit(example("order.json"), "blue-anchor/order-out")
    with monkeypatch.context() as patch:
        patch.setattr(attempts, "record", crash)
        with pytest.raises(Crash):
            filed.work()
    assert len(filed.place.outbound) == 1 and [state for _, state in sent(filed)] == ["sending"]
    filed.gateway.database.write(filed.gateway.queue.abandon)
    filed.work()
    assert len(filed.place.outbound) == 1 and [state for _, state in sent(filed)] == ["delivered"]


def test_what_was_not_collected_is_not_replaced(filed: Filed, example: Example) -> None:
    filed.submit(example("order.json"), "blue-anchor/order-out", "order-1")
    filed.work()
    ((name, first),) = filed.place.outbound.items()
    filed.submit(example("order.json"), "blue-anchor/order-out", "order-2")
    # The second one gets the first one's name, as after numbers that began anew.
    rename = update(transmission).where(transmission.c.delivery == "queued").values(name=name)
    for _ in range(3):
        filed.workers.run_one()
        filed.gateway.database.write(lambda c: c.execute(rename))
    filed.work()
    assert filed.place.outbound == {name: first}
    assert sorted(state for _, state in sent(filed)) == ["delivered", "retry-wait"]
    filed.place.outbound.clear()
    filed.look(3600)
    assert [state for _, state in sent(filed)] == ["delivered", "delivered"]
    assert filed.place.outbound.keys() == {name} and filed.place.outbound[name] != first


def test_a_paused_channel_is_not_looked_into_and_nothing_is_put_there(filed: Filed, example: Example) -> None:
    name = "blue-anchor-mailbox"
    filed.place.inbound["status.edi"] = example("iftsta.edi"), 1
    gates.pause(filed.gateway, name, "both", actor="kim", reason="their server moves")
    for _ in range(5):
        filed.look()
    assert taken(filed) == [] and "status.edi" in filed.place.inbound
    gates.resume(filed.gateway, name, "in", actor="kim", reason="it has moved")
    for _ in range(3):
        filed.look()
    assert taken(filed) == ["status.edi"] and filed.place.outbound == {}, "the answer waits still"
    gates.resume(filed.gateway, name, "out", actor="kim", reason="it has moved")
    filed.look()
    assert len(filed.place.outbound) == 1 and causes(filed) == []


def test_a_place_that_is_away_holds_its_deliveries_and_is_tried_again(filed: Filed, example: Example) -> None:
    filed.place.away = True
    filed.submit(example("order.json"), "blue-anchor/order-out")
    for _ in range(FAILURES):
        filed.look(3600)
    assert "channel-unreachable" in causes(filed)
    filed.place.away = False
    filed.look(3600)
    assert "channel-unreachable" not in causes(filed) and len(filed.place.outbound) == 1
