"""The file that did not come: a case opens when a flow is silent for too long, and the next message closes it."""

from __future__ import annotations

from collections.abc import Callable

from gateway.ledger import cases
from gateway.ledger.cases import Case
from gateway.silence import subject_of, watch_silence
from tests.gateway.pipeline.play import Play

Example = Callable[[str], bytes]
FLOW = "blue-anchor/status-in"


def agree(play: Play, cadence: str) -> None:
    """Blue Anchor's statuses get a cadence."""
    path = play.folder / "profiles" / "blue-anchor.yaml"
    path.write_text(
        path.read_text().replace("    flows:\n", f"    flows:\n      - id: status-in\n        {cadence}\n", 1)
    )
    play.gateway.profiles.refresh()


def known(play: Play) -> list[Case]:
    """The cases about the flow, closed ones too."""
    return list(play.gateway.database.read(lambda c: cases.about(c, [FLOW])))


def send(play: Play, example: Example, number: int) -> None:
    """Another file comes."""
    play.upload(example("iftsta.edi").replace(b"4711", b"%d" % number))
    play.work()


def test_a_stated_cadence(play: Play, example: Example) -> None:
    agree(play, "cadence: {within: P1D}")
    send(play, example, 1)
    assert watch_silence(play.gateway) == 0
    play.later(hours=25)
    assert [watch_silence(play.gateway) for _ in range(2)] == [1, 1]
    (case,) = known(play)
    assert case.cause == "silent" and case.party == "blue-anchor" and case.state == "open"
    for words in ("no IFTSTA comes from `blue-anchor`", "the last came on 2026-10-01 09:30 UTC", "P1D", "the profile"):
        assert words in case.text
    send(play, example, 2)
    assert watch_silence(play.gateway) == 0
    (case,) = known(play)
    assert case.state == "closed" and "a message came on 2026-10-02 10:30 UTC" in (case.reason or "")
    play.later(hours=30)
    assert watch_silence(play.gateway) == 1
    (case,) = known(play)
    assert case.state == "open"


def test_a_case_that_a_person_closed_stays_closed_until_something_came(play: Play, example: Example) -> None:
    agree(play, "cadence: {within: P1D}")
    send(play, example, 1)
    play.later(days=2)
    assert watch_silence(play.gateway) == 1
    (case,) = known(play)
    play.gateway.database.write(lambda c: cases.close(c, case.id, "their holidays", "ann", play.now))
    play.later(days=2)
    assert watch_silence(play.gateway) == 1
    assert [each.state for each in known(play)] == ["closed"]


def test_days_that_do_not_count(play: Play, example: Example) -> None:
    """The first of October 2026 is a Thursday."""
    agree(play, "cadence: {within: P1D, days: [mon, tue, wed, thu]}")
    send(play, example, 1)
    play.later(days=3, hours=20)
    assert watch_silence(play.gateway) == 0
    play.later(hours=12)
    assert watch_silence(play.gateway) == 1


def test_a_flow_in_which_nothing_ever_came(play: Play) -> None:
    agree(play, "cadence: {within: P1D}")
    assert watch_silence(play.gateway) == 1
    (case,) = known(play)
    assert "none ever came" in case.text


def test_a_learned_cadence(play: Play, example: Example) -> None:
    agree(play, "cadence: {}")
    for number in range(9):
        send(play, example, number)
        play.later(hours=4)
    assert watch_silence(play.gateway) == 0
    play.later(hours=2, minutes=1)
    assert watch_silence(play.gateway) == 1
    (case,) = known(play)
    assert "PT6H is usual (half as long again as the longest of the last 8 pauses)" in case.text


def test_flows_without_a_cadence_are_nobodys_business(play: Play, example: Example) -> None:
    send(play, example, 1)
    play.later(days=400)
    assert watch_silence(play.gateway) == 0
    assert known(play) == []


def test_the_subject_of_a_long_name(play: Play) -> None:
    agreement, flow = next(iter(play.gateway.profiles.current.flows()))
    assert subject_of(agreement, flow) == f"{agreement.id}/{flow.id}"
    long = flow.model_copy(update={"id": "x" * 64})
    assert len(subject_of(agreement, long)) == 64
