"""The section ``alerts``: every fault with its place, and what a rule's names mean."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.alerts import CAUSES, EVENTS, FAMILIES, AlertSettings, ends, meaning_of, unfolded
from gateway.config import read_config
from gateway.sweeping import ALERTS

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to"

DESTINATIONS = """alerts:
  email:
    - {id: desk, host: mail.example.com, sender: a@example.com, to: [b@example.com]}
  webhooks:
    - {id: pager, url: 'https://hooks.example.com/x', secret: pager}
"""


def settings(text: str) -> AlertSettings:
    """The section, which has no fault."""
    config, faults = read_config(text.encode(), {})
    assert config is not None, faults
    return config.alerts


def test_a_whole_section() -> None:
    found = settings(
        DESTINATIONS
        + "  rules:\n"
        + "    - {id: late, on: [overdue, customs.hold], to: [desk, pager]}\n"
        + "    - {id: boss, on: [receipt-overdue], parties: [blue-anchor], to: [desk], after: PT4H, repeat: P1D,"
        + " digest: PT5M, resolved: yes}\n"
        + "  limits: {disk_free: 1000, queue_age: PT5M, delivery_age: PT2H}\n"
    )
    assert list(found.destinations) == ["desk", "pager"]
    assert found.rules[0].topics == {"receipt-overdue", "certificates-unanswered", "customs.hold"}
    assert found.rules[1].topics == {"receipt-overdue"}


@pytest.mark.parametrize(
    ("rule", "column", "told"),
    [
        ("{id: a, on: [receipt-overdu], to: [desk]}", 20, "did you mean `receipt-overdue`?"),
        ("{id: a, on: [custom.hold], to: [desk]}", 20, "did you mean `customs.hold`?"),
        ("{id: a, on: [case.opened], to: [desk]}", 20, "no cause, family or event"),
        ("{id: a, on: [], to: [desk]}", 19, "the list is empty"),
        ("{id: a, on: [overdue], to: [dsek]}", 35, "did you mean `desk`?"),
        ("{id: a, on: [overdue], to: [desk], severity: critcal}", 52, "did you mean `critical`?"),
        ("{id: a, on: [overdue], to: [desk, desk]}", 34, "`desk` appears twice"),
        ("{id: a, on: [overdue], to: [desk], aftr: PT1H}", 42, "did you mean `after`?"),
        ("{id: a, on: [customs.hold], to: [desk], after: PT1H}", 54, "`customs.hold` only happens"),
        ("{id: a, on: [customs.hold], to: [desk], resolved: yes}", 57, "`customs.hold` only happens"),
        ("{id: a, on: [overdue], to: [desk], digest: 5}", 50, "is not a duration"),
        ("{id: a, on: [overdue], to: [desk], flows: [x]}", 50, "a flow such as"),
        (f"{{id: {'a' * 25}, on: [overdue], to: [desk]}}", 12, "at most 24"),
    ],
)
def test_a_fault_in_a_rule_has_its_place(rule: str, column: int, told: str) -> None:
    config, faults = read_config(f"{DESTINATIONS}  rules:\n    - {rule}\n".encode(), {})
    assert config is None
    assert [(each.line, each.column) for each in faults] == [(7, column)], [str(each) for each in faults]
    assert told in str(faults[0])


@pytest.mark.parametrize(
    ("mail", "told"),
    [
        ("{id: desk, host: h, user: u, sender: a@b, to: [c@d]}", "both `user` and `secret`"),
        ("{id: desk, host: h, user: u, secret: s, tls: none, sender: a@b, to: [c@d]}", "not sent without TLS"),
        ("{id: desk, host: h, sender: 'a@b', to: ['c@d', \"e@f\\nBcc: g@h\"]}", "an e-mail address"),
        ("{id: desk, host: h, sender: a@b, to: []}", "the list is empty"),
        ("{id: desk, host: h, sender: a@b, to: [c@d, e@f, c@d]}", "`c@d` appears twice"),
    ],
)
def test_a_fault_in_a_destination(mail: str, told: str) -> None:
    config, faults = read_config(f"alerts:\n  email:\n    - {mail}\n".encode(), {})
    assert config is None
    assert told in str(faults[0]) and faults[0].line == 3


def test_two_of_the_same_name() -> None:
    same = DESTINATIONS.replace("id: pager", "id: desk")
    _, faults = read_config(same.encode(), {})
    assert ["`desk` appears twice" in str(each) and each.line == 5 for each in faults] == [True]


def test_every_cause_that_the_how_tos_explain_can_be_told() -> None:
    pages = [(HOW_TO / name).read_text() for name in ("operate.md", "connect-by-as2.md")]
    tables = [page.partition("## What a case means")[2].partition("\n## ")[0] for page in pages]
    explained = {
        cause
        for cell in re.findall(r"^\| (`.*?`) \|", "\n".join(tables), re.M)
        for cause in re.findall(r"`([a-z0-9-]+)`", cell)
    }
    assert explained == set(CAUSES)
    assert {f"certificate-expires-{days}" for days in ALERTS} <= set(CAUSES)


def test_names_do_not_mean_two_things() -> None:
    assert not set(FAMILIES) & set(CAUSES)
    assert {cause.family for cause in CAUSES.values()} == set(FAMILIES)
    assert all(ends(name) and "." not in name and len(name) <= 40 for name in CAUSES)
    assert not any(ends(name) for name in EVENTS) and all("." in name for name in EVENTS)
    assert all(meaning_of(name) for name in (*CAUSES, *EVENTS))
    assert unfolded(["limits", "silent"]) == {"disk-low", "queue-slow", "delivery-late", "silent"}
