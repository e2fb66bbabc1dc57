"""``alerts``: over a gateway that does not run, and destinations that do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.config import FILE
from tests.gateway.cli.calling import Call
from tests.gateway.receivers import mail_server


def configure(home: Path, port: int = 1) -> None:
    """A destination and a rule."""
    with (home / FILE).open("a") as file:
        file.write(
            "alerts:\n"
            f"  email: [{{id: desk, host: 127.0.0.1, port: {port}, tls: none, sender: a@example.com,"
            " to: [b@example.com, c@example.com]}]\n"
            "  rules: [{id: late, on: [overdue], parties: [blue-anchor], to: [desk], after: PT4H, repeat: P1D}]\n"
        )


def test_rules_are_listed_with_what_is_muted(sallyport: Call, home: Path) -> None:
    configure(home)
    answer = sallyport("alerts", "list", "--home", home)
    assert answer.code == 0
    for words in ("late  to desk", "on overdue, of blue-anchor", "after PT4H; again every P1D", "never had anything"):
        assert words in answer.text
    answer = sallyport("alerts", "mute", "late", "--until", "PT2H", "--reason", "migration", "--home", home)
    assert answer.code == 0, answer.err
    listed = sallyport("alerts", "list", "--home", home, "--json").json()
    assert [(each["id"], each["muted"]["reason"], each["digest"]) for each in listed] == [("late", "migration", "PT1M")]
    assert "muted until" in sallyport("alerts", "list", "--home", home).text
    assert sallyport("alerts", "unmute", "late", "--reason", "done", "--home", home).code == 0
    assert sallyport("alerts", "list", "--home", home, "--json").json()[0]["muted"] is None


def test_moments(sallyport: Call, home: Path) -> None:
    configure(home)
    moment = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    written = f"{moment:%Y-%m-%dT%H:%M:%S}"
    for until in (written, written + "Z", written + "+00:00"):
        answer = sallyport("alerts", "mute", "late", "--until", until, "--reason", "x", "--home", home, "--json")
        assert answer.json() == {"rule": "late", "muted_until": written + "Z"}
    answer = sallyport("alerts", "mute", "late", "--until", "tomorrow", "--reason", "x", "--home", home)
    assert answer.code == 2 and "`tomorrow` is no moment" in answer.err


@pytest.mark.parametrize("verb", ["mute", "unmute"])
def test_rule_that_there_is_not(sallyport: Call, home: Path, verb: str) -> None:
    configure(home)
    more = ("--until", "PT1H") if verb == "mute" else ()
    answer = sallyport("alerts", verb, "lat", *more, "--reason", "x", "--home", home)
    assert answer.code == 1 and "there is no rule `lat`; there are: late" in answer.err


def test_a_destination_is_tried(sallyport: Call, home: Path) -> None:
    with mail_server() as server:
        configure(home, server.port)
        answer = sallyport("alerts", "test", "desk", "--home", home)
        assert answer.code == 0
        assert answer.text.splitlines() == [f"desk ({who}@example.com): taken: 250 queued as 1" for who in "bc"]
        assert [message["Subject"] for _, message in server.mails] == ["[sallyport] a test"] * 2
        server.to_recipients = "550 no such user"
        answer = sallyport("alerts", "test", "desk", "--home", home, "--json")
    assert answer.code == 2
    assert [(each["good"], "550 no such user" in each["answer"]) for each in answer.json()] == [(False, True)] * 2


def test_destination_that_there_is_not(sallyport: Call, home: Path) -> None:
    configure(home)
    answer = sallyport("alerts", "test", "pager", "--home", home)
    assert answer.code == 2 and "there is no destination `pager`" in answer.err and "known: desk" in answer.err


def test_without_rules(sallyport: Call, home: Path) -> None:
    answer = sallyport("alerts", "list", "--home", home)
    assert answer.code == 0 and "there are no rules" in answer.err
