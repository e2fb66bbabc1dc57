"""Reprocess: what a better profile makes of the same bytes, for what came in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy import Engine
from sqlalchemy.event import listen, remove

from gateway import inbound
from gateway.ledger import deliveries, interchanges, mailboxes
from gateway.ledger.messages import MessageRow
from gateway.operations import NotPossible, Treated
from gateway.reprocessing import reprocess
from queues import Unroutable
from tests.gateway.pipeline.play import Play
from translators.reading import read

Example = Callable[[str], bytes]
OTHER = b"9999999999994"
"""An identity that no profile knows at first."""
EXTRA = b"BGM+23+ST-90018+9++A+B'"
"""The beginning of the second message with more elements than there are."""


def again(play: Play, *subjects: str, answer: bool = False) -> list[Treated]:
    """The order, given by somebody."""
    return reprocess(play.gateway, subjects, actor="ann", reason="the profile is right now", answer=answer)


def rewrite(play: Play, old: str, new: str, file: str = "blue-anchor") -> None:
    """Change a profile; whoever gives an order has it read."""
    profile = play.folder / "profiles" / f"{file}.yaml"
    text = profile.read_text()
    assert old in text
    profile.write_text(text.replace(old, new, 1))


def introduce(play: Play) -> None:
    """The profile knows the other identity."""
    rewrite(play, 'qualifier: "14", value: "5412345000013"', f'qualifier: "14", value: "{OTHER.decode()}"')


def tolerate(play: Play) -> None:
    """The profile lets elements pass that are too many."""
    flow = "    flows:\n      - id: status-in\n        policies: {extra_elements: keep}\n"
    rewrite(play, "    flows:\n", flow)


def stranger(example: Example) -> bytes:
    """The demonstration's file, from somebody unknown."""
    return example("iftsta.edi").replace(b"5412345000013:14", OTHER + b":14", 1)


def collect(play: Play) -> None:
    """The partner has fetched all that waited for it."""
    entries = play.gateway.database.read(lambda c: mailboxes.list(c, "blue-anchor", "out"))
    for entry in entries:
        play.gateway.database.write(partial(mailboxes.collected, entry=entry.id, at=play.now))


def kinds(play: Play, subject: str) -> list[str]:
    """The kinds of the events of a subject."""
    return [event.kind for event in play.events(subject)]


def snapshot(play: Play) -> tuple[object, ...]:
    """Everything that an order which is refused must leave as it is."""
    return (
        [(each.id, each.content, each.delivery, each.receipt) for each in play.messages()],
        [kinds(play, each.id) for each in play.messages()],
        [(case.id, case.state) for case in play.cases()],
        play.out(),
        len(play.letters),
    )


def test_a_stranger_becomes_a_partner(play: Play, example: Example) -> None:
    play.upload(stranger(example), "status.edi")
    play.work()
    old = play.messages()
    assert {each.content for each in old} == {"unassigned"}
    introduce(play)
    # One is named, and all of its interchange is meant.
    (treated,) = again(play, old[0].id)
    play.work()
    new = play.messages()[3:]
    assert (treated.outcome, treated.made) == ("done", [new[0].id])
    assert [each.content for each in play.messages()] == ["reprocessed"] * 3 + ["accepted", "accepted", "rejected"]
    assert [each.parent for each in new] == [each.id for each in old]
    assert {letter.message_id for letter in play.letters} == {new[0].id, new[1].id}
    assert {letter.headers["reprocesses"] for letter in play.letters} == {old[0].id, old[1].id}
    (contrl,) = play.out().values()
    assert b"UCI+4711+9999999999994:14+5498765000017:14+7'UCM+3+" in contrl
    assert not play.cases()
    told = next(event for event in play.events(old[0].id) if event.kind == "message-reprocessed")
    assert (told.actor, told.data) == ("ann", {"message": new[0].id, "reason": "the profile is right now"})
    whole = next(event for event in play.events(str(old[0].interchange)) if event.kind == "interchange-reprocessed")
    assert whole.data["interchange"] == new[0].interchange
    assert [each.id for each in play.story(old[0].id).children] == [new[0].id]


def test_a_copy_that_comes_afterwards_is_known_and_gets_the_same_answer(play: Play, example: Example) -> None:
    play.upload(stranger(example))
    play.work()
    introduce(play)
    again(play, play.messages()[0].id)
    play.work()
    before = play.out()
    play.upload(stranger(example), "again.edi")
    play.work()
    assert len(play.messages()) == 6 and len(play.letters) == 2 and play.out() == before


def test_before_the_profile_is_right_nothing_changes(play: Play, example: Example) -> None:
    play.upload(stranger(example))
    play.work()
    before = snapshot(play)
    for _ in range(2):
        (treated,) = again(play, play.messages()[0].id)
        assert treated.outcome == "refused" and "unknown-sender" in treated.text and OTHER.decode() in treated.text
    assert snapshot(play) == before


def test_nobody_speaks_for_another_partner_by_way_of_a_reprocess(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi"), party="prairie-freight")
    play.work()
    (treated,) = again(play, play.messages()[0].id)
    assert treated.outcome == "refused" and "identity-mismatch" in treated.text


def test_twice_is_once(play: Play, example: Example) -> None:
    play.upload(stranger(example))
    play.work()
    first, second, _ = play.messages()
    introduce(play)
    again(play, first.id)
    play.work()
    before = snapshot(play)
    for subject in (first, second):
        (treated,) = again(play, subject.id)
        child = next(each for each in play.messages() if each.parent == subject.id)
        assert (treated.outcome, treated.made) == ("repeated", [child.id]) and child.id in treated.text
    assert snapshot(play) == before


def test_what_came_again_meanwhile_is_not_taken_twice(play: Play, example: Example) -> None:
    play.upload(stranger(example))
    play.work()
    introduce(play)
    assert play.gateway.profiles.refresh()
    play.upload(stranger(example), "again.edi")
    play.work()
    before = snapshot(play)
    (treated,) = again(play, play.messages()[0].id)
    assert treated.outcome == "refused" and "nothing is left to do" in treated.text
    assert snapshot(play) == before


def bad_in_the_middle(play: Play, example: Example) -> MessageRow:
    """A file came whose second message has elements too many; that message."""
    play.upload(example("iftsta.edi").replace(b"BGM+23+ST-90018+9'", EXTRA), "status.edi")
    play.work()
    assert [each.content for each in play.messages()] == ["accepted", "rejected", "rejected"]
    return play.messages()[1]


def test_one_message_of_an_interchange_that_was_taken(play: Play, example: Example) -> None:
    """The partner was told, and is not told anything else; its copies are still copies."""
    bad = bad_in_the_middle(play, example)
    before = play.out()
    tolerate(play)
    (treated,) = again(play, bad.id)
    play.work()
    (new,) = (each for each in play.messages() if each.parent == bad.id)
    assert treated.made == [new.id]
    assert (new.content, new.delivery, new.interchange) == ("accepted", "delivered", bad.interchange)
    assert (new.offset, new.length, new.position) == (bad.offset, bad.length, 2)
    assert new.profile_sha256 != bad.profile_sha256
    assert [each.content for each in play.messages()[:3]] == ["accepted", "reprocessed", "rejected"]
    assert len(play.letters) == 2 and play.out() == before
    play.upload(example("iftsta.edi").replace(b"BGM+23+ST-90018+9'", EXTRA), "copy.edi")
    play.work()
    assert len(play.letters) == 2 and play.out() == before


def test_the_partner_is_answered_again_when_it_is_asked_for(play: Play, example: Example) -> None:
    """The new answer says of each message how it stands: the third is still rejected, and was not named."""
    bad = bad_in_the_middle(play, example)
    (first,) = play.out().values()
    assert b"UCM+2+" in first and b"UCM+3+" in first
    tolerate(play)
    play.later(minutes=1)
    again(play, bad.id, answer=True)
    play.work()
    (second,) = (each for each in play.out().values() if each != first)
    assert b"UCM+2+" not in second and b"UCM+3+IFTSTA:D:96A:UN+4'UCS+5'UCD+12+2:2'" in second
    assert [len(list(each.messages)) for each in read(second).interchanges] == [1]
    # A copy gets the answer that counts, and not the one that was corrected.
    (newer,) = (name for name, content in play.out().items() if content == second)
    play.upload(example("iftsta.edi").replace(b"BGM+23+ST-90018+9'", EXTRA), "copy.edi")
    play.work()
    story = play.story(bad.id)
    sent = {each.name: sum(a.transmission == each.id for a in story.attempts) for each in story.answers}
    assert sent == {name: 2 if name == newer else 1 for name in sent} and len(sent) == 2


def test_x12_is_answered_again(play: Play, example: Example) -> None:
    broken = example("214.x12").replace(b"*CHICAGO*", b"*CHI\nCAGO*", 1)
    play.upload(broken, "214.x12", "prairie-freight")
    play.work()
    (bad,) = play.messages()
    breaks = "    reading: {x12: {line_breaks: {severity: off, value: space}}}\n"
    rewrite(play, "    flows:\n", breaks + "    flows:\n", "prairie-freight")
    (treated,) = again(play, bad.id, answer=True)
    play.work()
    assert treated.outcome == "done"
    assert any(b"AK5*A~\nAK9*A*1*1*1~" in each for each in play.out("prairie-freight").values())


def test_still_rejected_changes_nothing(play: Play, example: Example) -> None:
    bad_in_the_middle(play, example)
    before = snapshot(play)
    third = play.messages()[2]
    (treated,) = again(play, third.id)
    assert treated.outcome == "refused" and "still rejected" in treated.text and "line 26" in treated.text
    assert snapshot(play) == before


def test_what_was_accepted_and_would_be_rejected_today_is_left_alone(play: Play, example: Example) -> None:
    tolerate(play)
    assert play.gateway.profiles.refresh()
    play.exchange_fault = Unroutable("no queue takes it")
    play.upload(example("iftsta.edi").replace(b"BGM+23+ST-90018+9'", EXTRA))
    play.work()
    second = play.messages()[1]
    assert (second.content, second.delivery) == ("accepted", "parked")
    rewrite(play, "extra_elements: keep", "extra_elements: reject")
    before = snapshot(play)
    (treated,) = again(play, second.id)
    assert treated.outcome == "refused" and "rejected under today's profile" in treated.text
    assert snapshot(play) == before


def test_what_was_not_delivered_yet_goes_in_its_new_form_only(play: Play, example: Example) -> None:
    play.exchange_fault = Unroutable("no queue takes it")
    play.upload(example("214.x12"), "214.x12", "prairie-freight")
    play.work()
    (old,) = play.messages()
    assert old.delivery == "parked" and len(play.cases()) == 1
    play.exchange_fault = None
    (treated,) = again(play, old.id)
    play.work()
    (old, new) = play.messages()
    assert treated.made == [new.id]
    assert [(each.content, each.delivery) for each in (old, new)] == [
        ("accepted", "cancelled"),
        ("accepted", "delivered"),
    ]
    assert [letter.message_id for letter in play.letters] == [new.id]
    assert not play.cases() and not play.gateway.database.read(play.gateway.queue.buried)


def test_what_was_delivered_goes_once_more_and_says_so(play: Play, example: Example) -> None:
    play.upload(example("214.x12"), "214.x12", "prairie-freight")
    play.work()
    (old,) = play.messages()
    (treated,) = again(play, old.id)
    play.work()
    first, second = play.letters
    assert (first.body, first.message_id) == (second.body, old.id) and second.message_id == treated.made[0]
    assert "reprocesses" not in first.headers and second.headers["reprocesses"] == old.id
    assert len(play.out("prairie-freight")) == 1
    # The newest in its turn, and only that.
    assert again(play, old.id)[0].outcome == "repeated"
    assert again(play, treated.made[0])[0].outcome == "done"


def test_what_is_on_its_way_comes_to_its_end_first(play: Play, example: Example) -> None:
    play.exchange_fault = Unroutable("no queue takes it")
    play.upload(example("iftsta.edi"))
    play.work()
    first, second, _ = play.messages()
    (carrier,) = play.story(first.id).carriers

    step = partial(deliveries.step, transmission_id=carrier.id, at=play.now, actor="gateway")
    play.gateway.database.write(partial(step, event="resend"))
    play.gateway.database.write(partial(step, event="start"))
    treated = {each.subject: each for each in again(play, first.id, second.id)}
    assert treated[first.id].outcome == "refused" and "on its way" in treated[first.id].text
    assert treated[second.id].outcome == "done", "one that cannot be treated stops none of the others"


def test_marked_as_a_test_and_the_agreement_comes_to_be_one(play: Play, example: Example) -> None:
    """It was rejected as a whole, and the partner was told; its copy hears how it stands now."""
    marked = example("iftsta.edi").replace(b"0915+4711'", b"0915+4711++++++1'", 1)
    play.upload(marked)
    play.work()
    first = play.messages()[0]
    (rejection,) = play.out().items()
    assert again(play, first.id)[0].outcome == "refused"
    # A test has numbers of its own, and so the names of its files begin anew.
    collect(play)
    rewrite(play, "status: live", "status: test")
    assert again(play, first.id)[0].outcome == "done"
    play.work()
    assert [each.content for each in play.messages()] == ["reprocessed"] * 3 + ["accepted", "accepted", "rejected"]
    assert len(play.letters) == 2 and play.out() == {rejection[0]: rejection[1]}
    play.upload(marked, "copy.edi")
    play.work()
    assert len(play.letters) == 2 and len(play.messages()) == 6
    (answer,) = play.out().values()
    assert answer != rejection[1]
    assert b"+7'UCM+3+IFTSTA:D:96A:UN+4'" in answer


def test_an_acknowledgment_of_an_unknown_sender_is_named_by_its_case(play: Play, example: Example) -> None:
    play.submit(example("order.json"), "blue-anchor/order-out")
    play.work()
    answer = b"UNB+UNOC:3+%b:14+5498765000017:14+261001:0935+900'UNH+1+CONTRL:D:3:UN'" % OTHER
    answer += b"UCI+1+5498765000017:14+%b:14+7'UNT+3+1'UNZ+1+900'" % OTHER
    play.upload(answer, "contrl.edi")
    play.work()
    (case,) = play.cases()
    assert play.messages("SHP-260812")[0].receipt == "waiting"
    introduce(play)
    (treated,) = again(play, case.subject)
    assert (treated.outcome, treated.made) == ("done", [])
    assert play.messages("SHP-260812")[0].receipt == "met"
    assert not play.cases()


def test_a_file_stands_for_what_of_it_had_no_effect(play: Play, example: Example) -> None:
    file = play.upload(stranger(example) + stranger(example).replace(b"4711", b"4712"), "two.edi")
    play.work()
    introduce(play)
    (treated,) = again(play, file)
    assert treated.outcome == "done" and len(treated.made) == 6
    play.work()
    assert len(play.letters) == 4
    assert again(play, file)[0].outcome == "refused", "the third of each is still rejected, and the rest had its effect"
    assert len(play.messages()) == 12


def test_a_copy_is_not_taken_by_way_of_a_reprocess(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi"))
    copy = play.upload(example("iftsta.edi"), "copy.edi")
    play.work()
    (row,) = play.gateway.database.read(lambda c: interchanges.of_transmission(c, copy))
    for subject in (copy, row.id):
        (treated,) = again(play, subject)
        assert treated.outcome == "refused" and str(row.repeats) in treated.text


def test_what_the_gateway_gave_up_is_taken_up_again(
    play: Play, example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(inbound, "plan_file", fail)
        file = play.upload(example("iftsta.edi"))
        assert again(play, file)[0].text.startswith("it is still being worked on")
        for _ in range(3):
            play.later(minutes=1)
            play.work()
    (case,) = play.cases()
    assert (case.cause, case.subject) == ("stage-failed", file) and not play.messages()
    (treated,) = again(play, file)
    play.work()
    assert (treated.outcome, len(treated.made)) == ("done", 3) and len(play.letters) == 2
    assert not play.cases() and not play.gateway.database.read(play.gateway.queue.buried)
    assert "transmission-reprocessed" in kinds(play, file)
    assert again(play, file)[0].outcome == "refused"


def test_bytes_that_are_still_no_interchange_stay_a_case(play: Play) -> None:
    file = play.upload(b"not edi", "odd.bin")
    play.work()
    before = [(case.id, case.text) for case in play.cases()]
    (treated,) = again(play, file)
    assert treated.outcome == "refused" and "still no interchange" in treated.text
    assert [(case.id, case.text) for case in play.cases()] == before
    assert "transmission-reprocessed" not in kinds(play, file)


@pytest.mark.parametrize("subject", ["m-nope", "i-nope", "t-nope", "c-nope", "", "m-"])
def test_what_is_unknown_stops_nothing(play: Play, example: Example, subject: str) -> None:
    play.upload(example("214.x12"), "214.x12", "prairie-freight")
    play.work()
    (known,) = play.messages()
    wrong, right = again(play, subject, known.id)
    assert (wrong.subject, wrong.outcome, right.outcome) == (subject, "refused", "done")
    assert "messages search" in wrong.text


def test_bytes_that_the_archive_lost_stop_nothing(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi"), "status.edi")
    play.work()
    lost = play.messages()[0]
    (pack,) = play.gateway.home.archive.rglob("*.pack")
    with pack.open("r+b") as file:
        # What was kept first is the file as it came.
        file.seek(200)
        file.write(b"XXXX")
    play.upload(example("214.x12"), "214.x12", "prairie-freight")
    play.work()
    sound = play.messages()[-1]
    wrong, right = again(play, lost.id, sound.id)
    assert (wrong.outcome, right.outcome) == ("refused", "done")


def test_a_reason_is_demanded(play: Play) -> None:
    with pytest.raises(NotPossible, match="reason"):
        reprocess(play.gateway, ["m-1"], actor="ann", reason=" ")


@pytest.mark.parametrize("case", ["stranger", "message"])
def test_of_two_people_who_ask_at_once_one_is_told(play: Play, example: Example, case: str) -> None:
    if case == "stranger":
        play.upload(stranger(example))
        play.work()
        introduce(play)
    else:
        play.upload(example("iftsta.edi"))
        play.work()
    subject = play.messages()[0].id
    together = Barrier(4)

    def order(_: int) -> str:
        together.wait()
        return again(play, subject)[0].outcome

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(order, range(4)))
    assert outcomes.count("done") == 1 and set(outcomes) <= {"done", "repeated", "refused"}
    play.work()
    assert len([each for each in play.messages() if each.parent == subject]) == 1
    assert len(play.letters) == (2 if case == "stranger" else 3)


@pytest.mark.parametrize("case", ["stranger", "message"])
def test_a_kill_between_any_two_steps_leaves_all_or_nothing(play: Play, example: Example, case: str) -> None:
    """Every statement in turn is the last one; then the same order is given again and is carried out once."""
    if case == "stranger":
        play.upload(stranger(example))
        play.work()
        introduce(play)
    else:
        play.exchange_fault = Unroutable("no queue takes it")
        play.upload(example("214.x12"), "214.x12", "prairie-freight")
        play.work()
    subject = play.messages()[0].id
    before, steps = snapshot(play), 0
    while True:
        with killed_after(steps) as killed, suppress(Killed):
            (treated,) = again(play, subject)
        if not killed:
            break
        assert snapshot(play) == before
        # Soon every statement, then some: the later ones differ little.
        steps += 1 if steps < 12 else 5
    assert steps > 20 and treated.outcome == "done"
    assert again(play, subject)[0].outcome == "repeated"
    play.exchange_fault = None
    play.work()
    assert len(play.letters) == (2 if case == "stranger" else 1)


class Killed(Exception):
    """The gateway ends here."""


@contextmanager
def killed_after(steps: int) -> Iterator[list[str]]:
    """Raise :class:`Killed` before the writing statement after ``steps`` of them; what is given holds it then."""
    killed: list[str] = []
    seen = 0

    def before(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal seen
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            seen += 1
            if seen > steps:
                killed.append(statement)
                raise Killed(statement)

    listen(Engine, "before_cursor_execute", before)
    try:
        yield killed
    finally:
        remove(Engine, "before_cursor_execute", before)
