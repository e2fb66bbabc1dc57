"""What mails and webhooks say, and that others can verify it."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from gateway.alerts import (
    AlertRule,
    AlertSettings,
    AlertSeverity,
    Happened,
    Item,
    MailDestination,
    Matcher,
    Notice,
    NoticeKind,
    headline,
)
from gateway.alerts.mail import mail
from gateway.alerts.webhook import UnfitSecret, signed_headers, webhook_body

AT = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
SETTINGS = AlertSettings(name="antwerp", domain="edi.example.com")
DESK = MailDestination(
    id="desk", host="mail.example.com", sender="edi@example.com", to=("a@example.com", "b@example.com")
)
ITEM = Item(topic="receipt-overdue", subject="c-01", about="m-01", since=AT)
NOTICE = Notice(
    id="n-02",
    kind="alert",
    rule="late",
    party="blue-anchor",
    at=AT,
    count=1,
    topics={"receipt-overdue": 1},
    items=(ITEM,),
)
SECRET, OTHER = ("whsec_" + base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
SCHEMA = Path(__file__).parents[3] / "profiles" / "schemas" / "alerts" / "alert-1.json"


def test_a_mail() -> None:
    message = mail(NOTICE, SETTINGS, DESK)
    assert message["Subject"] == "[antwerp] blue-anchor: receipt-overdue"
    assert (message["From"], message["To"]) == ("edi@example.com", "a@example.com, b@example.com")
    assert message["Message-ID"] == "<n-02@edi.example.com>" and message["References"] is None
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Thu, 01 Oct 2026 09:30:00 +0000"
    text = message.get_content()
    assert "1 x receipt-overdue: the partner did not acknowledge a message in time" in text
    assert "2026-10-01 09:30 UTC  c-01  receipt-overdue, about m-01" in text
    assert "sallyport cases list --party blue-anchor" in text
    assert mail(NOTICE, SETTINGS, DESK).as_bytes() == message.as_bytes(), "each attempt sends the same bytes"


@pytest.mark.parametrize(
    ("kind", "severity", "importance"),
    [
        ("alert", "critical", "high"),
        ("reminder", "critical", "high"),
        ("resolved", "critical", None),
        ("alert", "warning", None),
        ("alert", "info", None),
    ],
)
def test_what_is_critical_is_important_until_it_is_over(
    kind: NoticeKind, severity: AlertSeverity, importance: str | None
) -> None:
    notice = replace(NOTICE, kind=kind, severity=severity)
    assert mail(notice, SETTINGS, DESK)["Importance"] == importance
    assert json.loads(webhook_body(notice, "antwerp"))["data"]["severity"] == severity


def test_a_reminder_is_in_the_thread_of_what_it_reminds_of() -> None:
    message = mail(replace(NOTICE, kind="reminder", parents=("n-00", "n-01")), SETTINGS, DESK)
    assert message["References"] == "<n-00@edi.example.com> <n-01@edi.example.com>"
    assert message["In-Reply-To"] == "<n-01@edi.example.com>"
    assert message["Subject"] == "[antwerp] blue-anchor: still receipt-overdue"


def test_many_alike_are_counted() -> None:
    many = replace(NOTICE, count=10_000, topics={"receipt-overdue": 9_999, "silent": 1})
    assert headline(many) == "blue-anchor: 9999 receipt-overdue, silent"
    assert "and 9999 more" in mail(many, SETTINGS, DESK).get_content()


def test_more_causes_than_a_subject_should_name() -> None:
    topics = dict.fromkeys(["silent", "unfit", "unreadable", "suspended", "disk-low"], 1)
    assert headline(replace(NOTICE, topics=topics, party=None)).endswith("and 2 more causes")


@given(party=st.text(max_size=60), about=st.text(max_size=60), rule=st.text(max_size=24))
def test_nothing_gets_into_the_headers(party: str, about: str, rule: str) -> None:
    notice = replace(NOTICE, party=party, rule=rule, items=(replace(ITEM, about=about),))
    parsed = message_from_bytes(mail(notice, SETTINGS, DESK).as_bytes(), policy=SMTP)
    assert sorted(parsed.keys()) == sorted(mail(NOTICE, SETTINGS, DESK).keys())
    assert not parsed.defects


def test_header_injection_is_a_replacement_character() -> None:
    subject = mail(replace(NOTICE, party="x\r\nBcc: all@example.com"), SETTINGS, DESK)["Subject"]
    assert "\n" not in subject and "Bcc" in subject


def test_an_independent_reader_verifies_a_webhook() -> None:
    body, now = webhook_body(NOTICE, "antwerp"), datetime.now(UTC)
    headers = dict(signed_headers(NOTICE.id, body, [SECRET], now))
    told = Webhook(SECRET).verify(body, headers)
    assert told == json.loads(body)
    assert headers["webhook-id"] == told["data"]["id"] == "n-02"
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace(b"late", b"lame"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body, {**headers, "webhook-id": "n-03"})
    old = dict(signed_headers(NOTICE.id, body, [SECRET], now - timedelta(hours=1)))
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body, old)


def test_both_secrets_verify_while_one_is_changed_for_the_other() -> None:
    body = webhook_body(NOTICE, "antwerp")
    headers = dict(signed_headers(NOTICE.id, body, [SECRET, OTHER], datetime.now(UTC)))
    for secret in (SECRET, OTHER):
        Webhook(secret).verify(body, headers)


def test_the_specifications_own_example() -> None:
    """From the reference libraries' tests: id, moment, secret, body and signature."""
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], at
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!!!", "whsec_" + base64.b64encode(b"x" * 23).decode(), "é"])
def test_an_unfit_secret(secret: str) -> None:
    with pytest.raises(UnfitSecret) as told:
        signed_headers("n", b"{}", [secret], AT)
    assert not secret or secret not in str(told.value)


@pytest.mark.parametrize("kind", ["alert", "reminder", "resolved", "test"])
def test_the_body_is_what_the_schema_says(kind: str) -> None:
    schema = json.loads(SCHEMA.read_text())
    body = json.loads(webhook_body(replace(NOTICE, kind=kind), "antwerp"))
    jsonschema.Draft202012Validator(schema).validate(body)
    assert body["type"] == "sallyport.alert/1" and body["timestamp"] == "2026-10-01T09:30:00Z"


@pytest.mark.parametrize(
    ("about", "matches"),
    [
        ({}, ["all", "party", "flow"]),
        ({"party": "prairie-freight"}, ["all", "flow"]),
        ({"party": None, "flow": None}, ["all"]),
        ({"topic": "silent"}, []),
        ({"topic": "customs.hold"}, ["hold"]),
    ],
)
def test_which_rules_apply(about: dict[str, str | None], matches: list[str]) -> None:
    matcher = Matcher(
        [
            AlertRule(id="all", on=("overdue",), to=("desk",)),
            AlertRule(id="party", on=("receipt-overdue",), parties=("blue-anchor",), to=("desk",)),
            AlertRule(id="flow", on=("overdue",), flows=("blue-anchor/orders",), to=("desk",)),
            AlertRule(id="hold", on=("customs.hold",), to=("desk",)),
        ]
    )
    happened = Happened(
        topic="receipt-overdue", subject="c-1", about="m-1", party="blue-anchor", flow="blue-anchor/orders", at=AT
    )
    found = matcher.matching(replace(happened, **about))
    assert [rule.id for rule in found] == matches
    assert matcher.events == {"customs.hold"}
