"""The how-to on alerts: its configuration is one, its tables are complete, its receiver verifies what we sign."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from gateway.alert_sending import GIVEN_UP_AFTER, LATE_AFTER, LONGEST_PAUSE
from gateway.alerts import FAMILIES, MOST_ITEMS, AlertRule, Limits, Notice
from gateway.alerts.webhook import signed_headers, webhook_body
from gateway.config import read_config
from gateway.limits import AGAIN, CAUSES

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "alert-people.md").read_text()
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def block(language: str) -> str:
    """The code block in this language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S)
    return str(found)


def test_its_configuration() -> None:
    config, faults = read_config(block("yaml").encode(), {})
    assert config is not None and not faults
    assert [rule.id for rule in config.alerts.rules] == ["desk", "escalation", "customs", "gateway"]


def test_its_tables() -> None:
    named = re.findall(r"^\| `([a-z_-]+)` \|", PAGE, re.M)
    assert named == [*FAMILIES, *Limits.model_fields]
    assert set(re.findall(r"^\| `[a-z_]+` \| `([a-z-]+)` \|", PAGE, re.M)) == set(CAUSES)


def test_its_figures() -> None:
    assert AlertRule.model_fields["digest"].default.total_seconds() == 60 and "a minute where you say nothing" in PAGE
    assert MOST_ITEMS == 20 and "names twenty" in PAGE
    assert GIVEN_UP_AFTER.days == 1 and LONGEST_PAUSE.total_seconds() == 600 and AGAIN.total_seconds() == 3600
    assert LATE_AFTER.total_seconds() == 900 and "a quarter of an hour" in PAGE


def test_its_receiver() -> None:
    at = datetime.now(UTC)
    notice = Notice(id="n-1", kind="alert", rule="r", party="p", at=at, count=3, topics={"silent": 3}, items=())
    body = webhook_body(notice, "sallyport")
    names: dict[str, object] = {}
    exec(block("python"), names)  # noqa: S102 (the page's own code)
    received = names["received"]
    assert callable(received)
    assert received(SECRET, dict(signed_headers("n-1", body, [SECRET], at)), body) == "alert p: 3 silent"
