"""``alerts``: over a gateway that does not run, and destinations that do."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.config import FILE
from tests.gateway.cli.calling import Call
from tests.gateway.receivers import mail_server

GOOD = "whsec_" + base64.b64encode(b"k" * 32).decode()


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
    for words in (
        "late  warning, to desk",
        "on overdue, of blue-anchor",
        "after PT4H; again every P1D",
        "never had anything",
    ):
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


def test_rules_about_partners_that_there_are_not(sallyport: Call, fresh: Path) -> None:
    with (fresh / FILE).open("a") as file:
        file.write(
            "alerts:\n"
            "  email: [{id: desk, host: mail.example.com, tls: none, sender: a@example.com, to: [b@example.com]}]\n"
            "  rules:\n"
            "    - {id: one, on: [overdue], parties: [blue-anchor, blue-ancor], to: [desk]}\n"
            "    - {id: two, on: [overdue], to: [desk], flows: [blue-anchor/order-out, blue-anchor/orders-out]}\n"
        )
    first = (fresh / FILE).read_text().splitlines().index("  rules:") + 2
    checked = sallyport("check", "--home", fresh, "--json")
    assert checked.code == 0, "the partner may come tomorrow"
    found = [each for each in checked.json()["faults"] if each["file"] == FILE]
    assert [(each["severity"], each["line"], each["column"], each["suggestion"]) for each in found] == [
        ("warning", first, 55, "did you mean `blue-anchor`?"),
        ("warning", first + 1, 75, "did you mean `blue-anchor/order-out`?"),
    ]
    assert "`blue-ancor`: the rule `one` tells nothing of it" in found[0]["message"]
    looks = [each for each in sallyport("doctor", "--home", fresh, "--json").json() if each["what"] == "alerts"]
    assert [each["state"] for each in looks] == ["warning", "warning", "good"]
    assert "2 rules; `sallyport alerts test` tries desk" in looks[-1]["text"]


def test_destinations_that_cannot_be_told(sallyport: Call, fresh: Path) -> None:
    secrets = fresh / "var" / "keys" / "secrets"
    secrets.mkdir(parents=True)
    for name, content, mode in (("open", "x", 0o644), ("short", "whsec_AAAA", 0o600), ("good", GOOD, 0o600)):
        (secrets / name).write_text(content)
        (secrets / name).chmod(mode)
    mail = "host: h, user: u, sender: a@b, to: [c@d]"
    with (fresh / FILE).open("a") as file:
        file.write(
            "alerts:\n  email:\n"
            f"    - {{id: none, secret: none, {mail}}}\n"
            f"    - {{id: open, secret: open, {mail}}}\n"
            f"    - {{id: file, secret: good, trusted: {FILE}, {mail}}}\n"
            "  webhooks:\n"
            "    - {id: short, url: 'https://h/', secret: good, previous_secret: short}\n"
            "    - {id: good, url: 'https://h/', secret: good}\n"
        )
    answer = sallyport("doctor", "--home", fresh, "--json")
    assert answer.code == 2
    looks = [each for each in answer.json() if each["what"] == "alerts"]
    assert [each["state"] for each in looks] == ["bad"] * 4 + ["good"]
    for look, told in zip(
        looks, ("`none`: the secret", "`open`: others can read", "`file`: ", "`short`: a signing", "good"), strict=True
    ):
        assert told in look["text"]
    assert "is no file of certificates" in looks[2]["text"] and GOOD not in answer.text
