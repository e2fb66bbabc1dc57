"""Re-run: the same input under the profile of its day gives the same, and what does not is shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway import rerunning
from gateway.config import Home
from gateway.operations import NotPossible, Treated
from gateway.rerunning import rerun
from tests.gateway.pipeline.play import Play
from tests.gateway.pipeline.test_reprocess import EXTRA, again, introduce, rewrite, snapshot, stranger, tolerate
from tests.gateway.pipeline.test_reprocess_outbound import ORDER_OUT, TENDER_OUT, unwritable, wider
from translators.canonical import Canonical, read_canonical, write_canonical

Example = Callable[[str], bytes]


def rerun_all(play: Play) -> list[Treated]:
    """The order for every message that there is."""
    subjects = [each.id for each in play.messages()]
    return rerun(play.gateway, subjects, actor="ann", reason="an audit")


def test_everything_that_there_is_comes_out_equal_whatever_the_profile_says_today(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi").replace(b"BGM+23+ST-90018+9'", EXTRA), "status.edi")
    play.upload(example("214.x12"), "214.x12", "prairie-freight")
    play.submit(example("order.json"), ORDER_OUT, "order-1")
    play.submit(example("order.json"), TENDER_OUT, "order-2")
    play.work()
    play.later(days=400)
    tolerate(play)
    introduce(play)
    rewrite(play, "timezone: Europe/Brussels", "timezone: Asia/Tokyo")
    wider(play)
    rewrite(play, "    flows:\n", "    reading: {x12: {line_breaks: {severity: off}}}\n    flows:\n", "prairie-freight")
    assert play.gateway.profiles.refresh()
    before = snapshot(play)
    treated = rerun_all(play)
    assert [(each.equal, each.differences) for each in treated] == [(True, [])] * 6
    assert {each.text for each in treated} == {
        "the canonical document is equal",
        "the interchange is equal",
        "the findings are equal",
    }
    for each in treated:
        *_, event = play.events(each.subject)
        assert (event.kind, event.actor) == ("message-rerun", "ann")
        assert (event.data["equal"], event.data["reason"]) == (True, "an audit")
    after = snapshot(play)
    assert (before[0], before[2:]) == (after[0], after[2:])


def test_what_was_made_again_is_held_against_its_own_profile(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi").replace(b"BGM+23+ST-90018+9'", EXTRA), "status.edi")
    bad = unwritable_beside(play, example)
    tolerate(play)
    wider(play)
    assert [each.outcome for each in again(play, play.messages()[1].id, bad)] == ["done", "done"]
    play.work()
    rewrite(play, "extra_elements: keep", "extra_elements: reject")
    assert play.gateway.profiles.refresh()
    assert [each.equal for each in rerun_all(play)] == [True] * 6


def unwritable_beside(play: Play, example: Example) -> str:
    """As ``unwritable``, with other messages there."""
    play.submit(example("order.json").replace(b"Antwerpen", "Antwerpen \u6e2f".encode()), ORDER_OUT, "odd")
    play.work()
    return play.messages()[-1].id


def test_another_outcome_is_shown_line_by_line(play: Play, example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    play.upload(example("214.x12"), "214.x12", "prairie-freight")
    play.work()
    (message,) = play.messages()

    def otherwise(document: Canonical) -> bytes:
        return write_canonical(document).replace(b"CHICAGO", b"GARY")

    monkeypatch.setattr(rerunning, "write_canonical", otherwise)
    (treated,) = rerun_all(play)
    assert (treated.outcome, treated.equal) == ("done", False) and "differs" in treated.text
    assert any(line.startswith("-") and "CHICAGO" in line for line in treated.differences)
    assert any(line.startswith("+") and "GARY" in line for line in treated.differences)
    *_, event = play.events(message.id)
    assert event.data["equal"] is False


def test_another_map_is_told(make_home: Home, example: Example) -> None:
    """A profile names its maps, and a gateway's own can be edited in place: then a difference is nobody's fault."""
    overlay = make_home.folder / "maps" / "own" / "status.yaml"
    overlay.parent.mkdir(parents=True)
    overlay.write_text("map: own/status\nextends: edifact/D.96A/IFTSTA\n")
    profile = make_home.profiles / "blue-anchor.yaml"
    flow = "    flows:\n      - id: status-in\n        map: own/status\n"
    profile.write_text(profile.read_text().replace("    flows:\n", flow, 1))
    play = Play(make_home)
    play.upload(example("iftsta.edi"))
    play.work()
    assert [(each.equal, "map" in each.text) for each in rerun_all(play)] == [(True, False)] * 3
    play.gateway.close()
    overlay.write_text(overlay.read_text() + 'tables: {status: {codes: {"24": en_route}, drop: ["31"]}}\n')
    play = Play(make_home)
    first, second, third = rerun_all(play)
    play.gateway.close()
    assert (first.equal, second.equal, third.equal) == (False, True, True)
    assert "the map `own/status` is another one today" in first.text and "another one today" in second.text
    assert [line.strip("-+ ,") for line in first.differences] == ['"status": "departed"', '"status": "en_route"']


def test_what_no_profile_handled_cannot_be_run_again(play: Play, example: Example) -> None:
    play.upload(stranger(example))
    play.work()
    before = snapshot(play)
    for treated in rerun_all(play):
        assert treated.outcome == "refused" and "under no profile" in treated.text
    assert snapshot(play) == before
    (unknown,) = rerun(play.gateway, ["m-nope"], actor="ann", reason="an audit")
    assert unknown.outcome == "refused"


def test_a_document_that_could_not_be_written_and_could_be_today(
    play: Play, example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only another software can do that; it is shown, and takes no number."""
    bad = unwritable(play, example)
    monkeypatch.setattr(
        rerunning, "read_canonical", lambda content: read_canonical(content.replace("\u6e2f".encode(), b"x"))
    )
    (treated,) = rerun(play.gateway, [bad], actor="ann", reason="an audit")
    assert treated.equal is False and "now it is an interchange" in treated.text
    play.submit(example("order.json"), ORDER_OUT, "good")
    play.work()
    assert list(play.out()) == ["IFTMIN-1.edi"]


def test_a_reason_is_demanded(play: Play) -> None:
    with pytest.raises(NotPossible, match="reason"):
        rerun(play.gateway, ["m-1"], actor="ann", reason="")
