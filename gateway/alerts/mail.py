"""The mail of a notice: plain text, under a stable Message-ID (RFC 5322 3.6.4), in the thread of what it belongs to.

It says that it was sent by a program (RFC 3834), so that no absence is answered. What stands in it are ids, causes and
our own words; nothing that a partner wrote. Everything that comes from elsewhere is one printable line before it goes
near a header.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from gateway.alerts.causes import ends, meaning_of
from gateway.alerts.notice import Notice, NoticeKind, headline
from gateway.alerts.settings import AlertSettings, MailDestination

_INTRODUCTIONS: Mapping[NoticeKind, str] = {
    "alert": "The rule `{rule}` has something to tell about {party}.",
    "reminder": "The rule `{rule}` told this before, and it is still open. It is about {party}.",
    "resolved": "What the rule `{rule}` told before about {party} is over.",
    "test": "This is a test: somebody asked whether alerts arrive here. Nothing has happened.",
}


def mail(notice: Notice, settings: AlertSettings, destination: MailDestination) -> EmailMessage:
    """The mail; equal notices give equal bytes."""
    message = EmailMessage(policy=SMTP)
    message["From"] = destination.sender
    message["To"] = ", ".join(destination.to)
    message["Subject"] = _line(f"[{settings.name}] {headline(notice)}")
    message["Date"] = format_datetime(notice.at)
    message["Message-ID"] = _message_id(notice.id, settings)
    if notice.parents:
        message["In-Reply-To"] = _message_id(notice.parents[-1], settings)
        message["References"] = " ".join(_message_id(each, settings) for each in notice.parents)
    message["Auto-Submitted"] = "auto-generated"
    if notice.severity == "critical" and notice.kind in ("alert", "reminder"):
        # A field of RFC 2156 that RFC 4021 registers. What is over is urgent no more.
        message["Importance"] = "high"
    message.set_content(_text(notice, settings), cte="quoted-printable")
    return message


def _message_id(notice: str, settings: AlertSettings) -> str:
    return f"<{notice}@{settings.domain}>"


def _text(notice: Notice, settings: AlertSettings) -> str:
    party = f"the partner `{notice.party}`" if notice.party else "the gateway itself"
    lines = [_INTRODUCTIONS[notice.kind].format(rule=notice.rule, party=party), ""]
    for topic, count in sorted(notice.topics.items(), key=lambda each: (-each[1], each[0])):
        lines.append(f"{count} x {topic}: {meaning_of(topic)}")
    if notice.items:
        lines.append("")
    for each in notice.items:
        about = f", about {each.about}" if each.about != each.subject else ""
        lines.append(f"  {each.since:%Y-%m-%d %H:%M} UTC  {each.subject}  {each.topic}{about}")
    if notice.count > len(notice.items):
        lines.append(f"  and {notice.count - len(notice.items)} more")
    if any(ends(topic) for topic in notice.topics) and notice.kind != "test":
        lines += [
            "",
            "What to do about each: sallyport cases list" + (f" --party {notice.party}" if notice.party else ""),
        ]
    if any(not ends(topic) for topic in notice.topics):
        lines += ["", "The story of a message: sallyport messages show ID"]
    lines += ["", "-- ", f"{settings.name}, {notice.at:%Y-%m-%d %H:%M} UTC, notice {notice.id}"]
    return "\n".join(_line(line) for line in lines) + "\n"


def _line(text: str) -> str:
    """The text as one printable line."""
    return "".join(each if each.isprintable() else "\ufffd" for each in text)[:900]
