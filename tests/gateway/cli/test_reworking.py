"""``messages reprocess``, ``rerun`` and ``dismiss``: chosen by id or by search, listed first, told of one by one."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from gateway.config import open_home
from tests.gateway.cli.calling import IFTSTA, Call, process
from tests.gateway.pipeline.play import Play

VERBS = ("reprocess", "rerun", "dismiss")
OTHER = "9999999999994"


@pytest.fixture
def strangers(home: Path) -> Path:
    """Besides, two files came from somebody whom no profile knows."""
    play = Play(open_home(home, {}))
    for number in (b"5001", b"5002"):
        play.upload(IFTSTA.read_bytes().replace(b"5412345000013:14", f"{OTHER}:14".encode()).replace(b"4711", number))
    play.work()
    play.gateway.close()
    return home


def introduce(home: Path) -> None:
    """The profile knows the stranger."""
    profile = home / "profiles" / "blue-anchor.yaml"
    known = 'qualifier: "14", value: "5412345000013"'
    assert known in profile.read_text()
    profile.write_text(profile.read_text().replace(known, f'qualifier: "14", value: "{OTHER}"', 1))


def found(sallyport: Call, home: Path, *arguments: str) -> list[dict[str, Any]]:
    """The messages that a search finds, the newest first."""
    answer = sallyport("messages", "search", *arguments, "--home", home, "--json")
    assert answer.code == 0
    return [hit["message"] for hit in answer.json()]


def test_the_tray_is_listed_and_then_taken(sallyport: Call, strangers: Path) -> None:
    chosen = ("--content", "unassigned", "--reason", "their new number")
    listed = sallyport("messages", "reprocess", *chosen, "--dry-run", "--home", strangers, "--json").json()
    assert (listed["dry_run"], listed["count"]) == (True, 6)
    assert "6 would be treated; nothing was changed" in (
        sallyport("messages", "reprocess", *chosen, "--dry-run", "--home", strangers).text
    )
    early = sallyport("messages", "reprocess", *chosen, "--home", strangers)
    assert early.code == 1 and "unknown-sender" in early.text and "0 done, 0 done before, 6 refused" in early.text
    assert len(found(sallyport, strangers, "--content", "unassigned")) == 6
    introduce(strangers)
    done = sallyport("messages", "reprocess", *chosen, "--actor", "ann", "--home", strangers, "--json")
    assert done.code == 0
    assert {key: done.json()[key] for key in ("done", "repeated", "refused")} == {
        "done": 6,
        "repeated": 0,
        "refused": 0,
    }
    first = done.json()["items"][0]
    assert set(first) == {"subject", "outcome", "text", "made", "equal", "differences"}
    assert not found(sallyport, strangers, "--content", "unassigned")
    shown = sallyport("messages", "show", first["subject"], "--home", strangers).text
    assert f"as {first['made'][0]} (accepted)" in shown and "their new number" in shown and "ann" in shown
    assert (
        f"{first['subject']} (reprocessed)" in sallyport("messages", "show", first["made"][0], "--home", strangers).text
    )
    again = sallyport("messages", "reprocess", first["subject"], "--reason", "twice", "--home", strangers)
    assert again.code == 0 and "0 done, 1 done before, 0 refused" in again.text


def test_the_oldest_is_treated_first(sallyport: Call, strangers: Path) -> None:
    introduce(strangers)
    done = sallyport(
        "messages",
        "reprocess",
        "--search",
        "",
        "--content",
        "unassigned",
        "--reason",
        "r",
        "--home",
        strangers,
        "--json",
    )
    subjects = [each["subject"] for each in done.json()["items"]]
    assert subjects == sorted(subjects)


def test_an_audit_of_everything(sallyport: Call, home: Path) -> None:
    before = found(sallyport, home)
    audited = sallyport("messages", "rerun", "--search", "", "--reason", "an audit", "--home", home, "--json")
    assert audited.code == 0
    assert [each["equal"] for each in audited.json()["items"]] == [True] * 6
    assert found(sallyport, home) == before


def test_what_comes_out_otherwise_ends_with_1(sallyport: Call, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway import rerunning

    monkeypatch.setattr(rerunning, "write_canonical", lambda document: b'{"other": true}')
    name = found(sallyport, home, "--type", "214")[0]["id"]
    answer = sallyport("messages", "rerun", name, "--reason", "an audit", "--home", home)
    assert answer.code == 1
    assert '  + "other": true' in answer.text and "1 done" in answer.text
    machine = sallyport("messages", "rerun", name, "--reason", "an audit", "--home", home, "--json")
    assert machine.code == 1 and machine.json()["items"][0]["equal"] is False


def test_dismissed_by_search(sallyport: Call, strangers: Path) -> None:
    answer = sallyport(
        "messages", "dismiss", "--content", "unassigned", "--reason", "a mix-up", "--home", strangers, "--json"
    )
    assert (answer.code, answer.json()["done"]) == (0, 6)
    cases = sallyport("cases", "list", "--home", strangers, "--json").json()
    assert "unknown-sender" not in {case["cause"] for case in cases}
    closed = sallyport("cases", "list", "--closed", "--home", strangers, "--json").json()
    assert {case["reason"] for case in closed if case["cause"] == "unknown-sender"} == {"a mix-up"}


def test_one_that_cannot_be_treated_stops_none(sallyport: Call, home: Path) -> None:
    overdue = found(sallyport, home, "--receipt", "overdue")
    answer = sallyport(
        "messages", "dismiss", "m-nope", *(each["id"] for each in overdue), "--reason", "gone", "--home", home
    )
    assert answer.code == 1
    assert f"{len(overdue)} done, 0 done before, 1 refused" in answer.text


@pytest.mark.parametrize("verb", VERBS)
def test_it_must_be_said_which_and_why(verb: str, sallyport: Call, home: Path) -> None:
    for arguments in ((), ("m-1", "--search", "x"), ("m-1", "--type", "214")):
        answer = sallyport("messages", verb, *arguments, "--reason", "r", "--home", home)
        assert (answer.code, answer.out) == (2, b"") and "--search" in answer.err
    assert sallyport("messages", verb, "m-1", "--home", home).code == 2
    blank = sallyport("messages", verb, "m-1", "--reason", " ", "--home", home)
    assert (blank.code, blank.out) == (1, b"") and "needs a reason" in blank.err
    wrong = sallyport("messages", verb, "--since", "soon", "--reason", "r", "--home", home)
    assert wrong.code == 2 and "is no day" in wrong.err


def test_nothing_found_is_no_fault(sallyport: Call, home: Path) -> None:
    answer = sallyport("messages", "dismiss", "--search", "NOTHING-LIKE-IT", "--reason", "r", "--home", home)
    assert answer.code == 0 and "0 done" in answer.text


def test_orders_go_to_the_gateway_that_runs(sallyport: Call, strangers: Path) -> None:
    introduce(strangers)
    with process("serve", "--home", strangers) as gateway:
        assert gateway.stderr is not None
        for line in gateway.stderr:
            if line.startswith(b"serving: "):
                break
        drain = threading.Thread(target=gateway.stderr.read)
        drain.start()
        try:
            done = sallyport(
                "messages", "reprocess", "--content", "unassigned", "--reason", "r", "--home", strangers, "--json"
            )
            assert (done.code, done.json()["done"]) == (0, 6)
            audited = sallyport("messages", "rerun", "--search", "", "--reason", "r", "--home", strangers, "--json")
            assert {each["equal"] for each in audited.json()["items"]} == {True, None}
        finally:
            gateway.terminate()
            drain.join()
        assert gateway.wait(120) == 0
