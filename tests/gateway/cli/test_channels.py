"""``sallyport channels``, without a gateway that runs: what is told, what is ordered, and what cannot be."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gateway.config import open_home
from queues import PublishFault
from queues.gates import FAILURES
from tests.gateway.cli.calling import IFTSTA, Call
from tests.gateway.pipeline.play import Play

MAILBOX = "blue-anchor-mailbox"


@pytest.fixture
def home(played: Path, tmp_path: Path) -> Path:
    """A gateway's folder, to be changed."""
    return Path(shutil.copytree(played, tmp_path / "home"))


def test_list_names_every_channel_and_the_companys_side(sallyport: Call, home: Path) -> None:
    found = {each["channel"]: each for each in sallyport("channels", "list", "--home", home, "--json").json()}
    assert set(found) == {"business", MAILBOX, "prairie-freight-mailbox"}
    assert {each["state"] for each in found.values()} == {"open"}
    assert (found[MAILBOX]["party"], found[MAILBOX]["kind"], found[MAILBOX]["pause"]) == ("blue-anchor", "sftp", None)
    assert MAILBOX in sallyport("channels", "list", "--home", home).text


def test_pause_and_resume_are_kept_with_who_and_why(sallyport: Call, home: Path) -> None:
    paused = sallyport(
        "channels", "pause", MAILBOX, "--direction", "out", "--reason", "their move", "--actor", "kim", "--home", home
    )
    assert paused.code == 0 and "what goes out waits" in paused.text and "channels resume" in paused.text
    listed = sallyport("channels", "list", "--home", home).text
    assert "paused (out) by kim since" in listed and "their move" in listed
    doctor = sallyport("doctor", "--home", home, "--json").json()
    (look,) = [each for each in doctor if each["what"] == "channel"]
    assert look["state"] == "warning" and MAILBOX in look["text"] and "their move" in look["text"]
    resumed = sallyport("channels", "resume", MAILBOX, "--reason", "moved", "--home", home, "--json")
    assert resumed.json() == {"channel": MAILBOX, "resumed": "both", "reason": "moved"}
    assert [
        each["what"] for each in sallyport("doctor", "--home", home, "--json").json() if each["what"] == "channel"
    ] == []


def test_what_is_broken_is_told_with_why_and_when_it_is_tried_again(sallyport: Call, home: Path) -> None:
    play = Play(open_home(home, {}))
    play.exchange_fault = PublishFault("the broker is away")
    play.upload(IFTSTA.read_bytes().replace(b"4711", b"4719"), "second.edi")
    play.work()
    for _ in range(FAILURES):
        play.later(hours=1)
        play.work()
    play.gateway.close()
    found = {each["channel"]: each for each in sallyport("channels", "list", "--home", home, "--json").json()}
    broken = found["business"]
    assert broken["state"] == "broken" and broken["waiting"] > 0 and broken["last_failure"] == "the broker is away"
    assert broken["broken_since"] and broken["tried_again_at"] > broken["broken_since"]
    assert "nobody reached since" in sallyport("channels", "list", "--home", home).text


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("pause", "nobodys", "--reason", "why"), "there is no channel `nobodys`; there are: blue-anchor-mailbox"),
        (("pause", MAILBOX, "--reason", " "), "a pause needs a reason"),
        (("resume", MAILBOX, "--reason", "why"), "is not paused: `sallyport channels list` shows which are"),
    ],
)
def test_what_cannot_be_is_said(sallyport: Call, home: Path, words: tuple[str, ...], told: str) -> None:
    answer = sallyport("channels", *words, "--home", home)
    assert answer.code == 1 and told in " ".join(answer.err.split())


def test_drain_says_what_is_left(sallyport: Call, home: Path) -> None:
    answer = sallyport("channels", "drain", MAILBOX, "--reason", "an upgrade", "--home", home, "--json").json()
    assert (answer["state"], answer["unread"]) == ("drained", 0)
    play = Play(open_home(home, {}))
    assert MAILBOX in play.gateway.refusing, "it holds through a restart"
    play.upload(IFTSTA.read_bytes(), "second.edi")
    play.gateway.close()
    answer = sallyport("channels", "drain", MAILBOX, "--reason", "an upgrade", "--home", home)
    assert answer.code == 0 and "1 left to do" in answer.text


def test_drain_says_that_what_goes_out_is_held(sallyport: Call, home: Path) -> None:
    sallyport("channels", "pause", MAILBOX, "--direction", "out", "--reason", "their move", "--home", home)
    play = Play(open_home(home, {}))
    play.upload(IFTSTA.read_bytes(), "second.edi")
    play.gateway.close()
    answer = sallyport("channels", "drain", MAILBOX, "--reason", "an upgrade", "--home", home)
    assert answer.code == 0 and "what goes out is paused" in answer.text and "--direction out" in answer.text
    resumed = sallyport("channels", "resume", MAILBOX, "--direction", "out", "--reason", "moved", "--home", home)
    assert resumed.code == 0
    found = {each["channel"]: each for each in sallyport("channels", "list", "--home", home, "--json").json()}
    assert found[MAILBOX]["pause"]["direction"] == "in", "it takes nothing in still"
    assert (found[MAILBOX]["state"], found[MAILBOX]["unread"]) == ("draining", 1)


def test_nothing_is_waited_for_that_nobody_does(sallyport: Call, home: Path) -> None:
    answer = sallyport("channels", "drain", MAILBOX, "--reason", "an upgrade", "--wait", "--home", home)
    assert answer.code == 2
    assert "no gateway runs here" in answer.err and "sallyport serve --home" in " ".join(answer.err.split())
