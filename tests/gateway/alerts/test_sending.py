"""Mails and webhooks over real connections, and every way in which the other side does not take them."""

from __future__ import annotations

import base64
import gc
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from standardwebhooks.webhooks import Webhook

from gateway.alert_sending import AlertSender
from gateway.alerts import AlertSettings, Item, MailDestination, Notice, WebhookDestination
from gateway.channels.as2.posting import HttpPoster
from gateway.clock import system_clock
from gateway.config import Config, Home
from gateway.mailing import NotTaken
from gateway.secret_files import SecretMissing
from partners.scalars import read_duration
from tests.gateway.receivers import PASSWORD, USER, certificate, mail_server, webhook_server

AT = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
NOTICE = Notice(
    id="n-01",
    kind="alert",
    rule="late",
    party="blue-anchor",
    at=AT,
    count=1,
    topics={"silent": 1},
    items=(Item(topic="silent", subject="c-01", about="blue-anchor/status-in", since=AT),),
)
SECRET, OLD = ("whsec_" + base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
Tls = Literal["starttls", "implicit", "none"]


@pytest.fixture
def poster() -> Iterator[HttpPoster]:
    """A client."""
    made = HttpPoster()
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A gateway's folder with its secrets."""
    secrets = tmp_path / "var" / "keys" / "secrets"
    secrets.mkdir(parents=True)
    for name, content in {"mail": PASSWORD, "wrong": "x", "hook": SECRET, "old": OLD, "short": "whsec_AAAA"}.items():
        (secrets / name).write_text(content + "\n")
        (secrets / name).chmod(0o600)
    return tmp_path


def mails(folder: Path, port: int, tls: Tls = "none", **more: str) -> MailDestination:
    """A mail server as a destination."""
    login = {"user": USER, "secret": "mail", "trusted": "server.pem"} if tls != "none" else {}
    return MailDestination.model_validate(
        {
            "id": "desk",
            "host": "127.0.0.1",
            "port": port,
            "tls": tls,
            "timeout": "PT5S",
            "sender": "edi@example.com",
            "to": ["desk@example.com"],
            **login,
            **more,
        }
    )


def sender(folder: Path, poster: HttpPoster, *to: MailDestination | WebhookDestination) -> AlertSender:
    """What sends to these."""
    settings = AlertSettings(
        domain="edi.example.com",
        email=tuple(each for each in to if isinstance(each, MailDestination)),
        webhooks=tuple(each for each in to if isinstance(each, WebhookDestination)),
    )
    return AlertSender(Home(folder, Config(alerts=settings)), poster, system_clock)


def test_mail_arrives(folder: Path, poster: HttpPoster) -> None:
    with mail_server() as server:
        answer = sender(folder, poster, mails(folder, server.port)).send(NOTICE, "desk", "desk@example.com")
    assert answer == "250 queued as 1"
    ((recipient, message),) = server.mails
    assert recipient == "desk@example.com" and message["Message-ID"] == "<n-01@edi.example.com>"
    assert message["Subject"] == "[sallyport] blue-anchor: silent"


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_mail_arrives_over_tls_with_a_login(folder: Path, poster: HttpPoster, tls: Tls) -> None:
    with mail_server(certificate(folder), implicit=tls == "implicit") as server:
        sender(folder, poster, mails(folder, server.port, tls)).send(NOTICE, "desk", "desk@example.com")
    assert len(server.mails) == 1 and server.logins == [USER]


def test_wrong_password_is_tried_again(folder: Path, poster: HttpPoster) -> None:
    with mail_server(certificate(folder)) as server, pytest.raises(NotTaken, match="refuses the login") as told:
        to = mails(folder, server.port, "starttls", secret="wrong")
        sender(folder, poster, to).send(NOTICE, "desk", "desk@example.com")
    assert not told.value.for_ever and server.mails == [] and PASSWORD not in str(told.value)


def test_server_whose_certificate_is_not_trusted(folder: Path, poster: HttpPoster) -> None:
    with mail_server(certificate(folder)) as server, pytest.raises(NotTaken, match="CERTIFICATE_VERIFY_FAILED"):
        to = mails(folder, server.port, "starttls").model_copy(update={"trusted": None})
        sender(folder, poster, to).send(NOTICE, "desk", "desk@example.com")
    assert server.logins == []


def test_server_without_starttls_gets_nothing(folder: Path, poster: HttpPoster) -> None:
    certificate(folder)
    with mail_server() as server, pytest.raises(NotTaken, match="STARTTLS"):
        sender(folder, poster, mails(folder, server.port, "starttls")).send(NOTICE, "desk", "desk@example.com")
    assert server.mails == [] and server.logins == []


@pytest.mark.parametrize(
    ("recipients", "data", "for_ever"),
    [
        ("451 4.7.1 greylisted, come again", "250 OK", False),
        ("550 5.1.1 no such user", "250 OK", True),
        ("250 OK", "452 4.3.1 mailbox full", False),
        ("250 OK", "554 5.7.1 refused as spam", True),
    ],
)
def test_what_the_server_says(folder: Path, poster: HttpPoster, recipients: str, data: str, for_ever: bool) -> None:
    with mail_server() as server:
        server.to_recipients, server.to_data = recipients, data
        sending = sender(folder, poster, mails(folder, server.port))
        with pytest.raises(NotTaken) as told:
            sending.send(NOTICE, "desk", "desk@example.com")
        said = recipients if recipients != "250 OK" else data
        assert said in str(told.value) and told.value.for_ever is for_ever
        server.to_recipients = server.to_data = "250 OK"
        assert sending.send(NOTICE, "desk", "desk@example.com") == "250 OK"


def test_connection_that_is_cut(folder: Path, poster: HttpPoster) -> None:
    with mail_server() as server:
        server.cut = True
        with pytest.raises(NotTaken) as told:
            sender(folder, poster, mails(folder, server.port)).send(NOTICE, "desk", "desk@example.com")
    assert not told.value.for_ever


@pytest.mark.parametrize("tls", ["none", "starttls"])
def test_server_that_minds_our_greeting(folder: Path, poster: HttpPoster, tls: Tls) -> None:
    """Its connection is not left open; an unclosed one is an error here."""
    certificate(folder)
    with mail_server() as server:
        server.to_greeting = "550 5.7.1 go away"
        with pytest.raises(NotTaken, match="go away"):
            sender(folder, poster, mails(folder, server.port, tls)).send(NOTICE, "desk", "desk@example.com")
        gc.collect()


def test_nobody_listens(folder: Path, poster: HttpPoster) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(NotTaken, match="refused") as told:
        sender(folder, poster, mails(folder, port)).send(NOTICE, "desk", "desk@example.com")
    assert not told.value.for_ever


def test_secret_that_is_not_there_or_open_to_all(folder: Path, poster: HttpPoster) -> None:
    to = mails(folder, 1, "starttls", secret="none")
    with pytest.raises(SecretMissing, match="is not there"):
        sender(folder, poster, to).send(NOTICE, "desk", "desk@example.com")
    (folder / "var/keys/secrets/mail").chmod(0o644)
    with pytest.raises(SecretMissing, match="others can read"):
        sender(folder, poster, mails(folder, 1, "starttls")).send(NOTICE, "desk", "desk@example.com")


def hook(port: int, **more: object) -> WebhookDestination:
    """A receiver as a destination."""
    settings = {"id": "pager", "url": f"http://127.0.0.1:{port}/in", "secret": "hook", "timeout": "PT5S", **more}
    return WebhookDestination.model_validate(settings)


def test_webhook_arrives_and_is_verified(folder: Path, poster: HttpPoster) -> None:
    with webhook_server() as server:
        answer = sender(folder, poster, hook(server.port, previous_secret="old")).send(NOTICE, "pager", "")
    assert answer == "200 thank you"
    (request,) = server.requests
    assert request.path == "/in" and request.headers["content-type"] == "application/json"
    for secret in (SECRET, OLD):
        assert Webhook(secret).verify(request.body, request.headers)["data"]["rule"] == "late"


def test_webhook_arrives_over_tls(folder: Path, poster: HttpPoster) -> None:
    with webhook_server(certificate(folder)) as server:
        to = hook(server.port, url=f"https://127.0.0.1:{server.port}/in", trusted="server.pem")
        assert sender(folder, poster, to).send(NOTICE, "pager", "") == "200 thank you"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("host", "trusted", "told"),
    [
        ("127.0.0.1", None, "CERTIFICATE_VERIFY_FAILED"),
        # Who certified it may have certified many; it has to be the one that was asked for.
        ("localhost", "server.pem", "Hostname mismatch"),
        ("127.0.0.1", "empty.pem", "holds no certificate"),
        ("127.0.0.1", "none.pem", "cannot be made"),
    ],
)
def test_receiver_that_is_not_who_it_should_be_gets_nothing(
    folder: Path, poster: HttpPoster, host: str, trusted: str | None, told: str
) -> None:
    (folder / "empty.pem").touch()
    with webhook_server(certificate(folder)) as server, pytest.raises(NotTaken, match=told):
        to = hook(server.port, url=f"https://{host}:{server.port}/in", trusted=trusted)
        sender(folder, poster, to).send(NOTICE, "pager", "")
    assert server.requests == []


@pytest.mark.parametrize(
    ("status", "headers", "for_ever", "at_least"),
    [
        (302, {"Location": "/elsewhere"}, False, 0),
        (400, {}, False, 0),
        (410, {}, True, 0),
        (429, {"Retry-After": "120"}, False, 120),
        (503, {"Retry-After": "99999999"}, False, 3600),
        (503, {"Retry-After": "Thu, 01 Oct 2026 09:30:00 GMT"}, False, 0),
    ],
)
def test_receiver_that_does_not_take_it(
    folder: Path, poster: HttpPoster, status: int, headers: dict[str, str], for_ever: bool, at_least: int
) -> None:
    with webhook_server() as server:
        server.status, server.headers = status, headers
        with pytest.raises(NotTaken, match=f"answers {status} thank you") as told:
            sender(folder, poster, hook(server.port)).send(NOTICE, "pager", "")
    assert len(server.requests) == 1, "a redirection is not followed"
    assert told.value.for_ever is for_ever and told.value.at_least == timedelta(seconds=at_least)


def test_secret_that_is_too_short(folder: Path, poster: HttpPoster) -> None:
    with pytest.raises(NotTaken, match="24 to 64 bytes"):
        sender(folder, poster, hook(1, secret="short")).send(NOTICE, "pager", "")


def test_answer_without_end_or_beginning(folder: Path, poster: HttpPoster) -> None:
    with webhook_server() as server:
        server.answer = b"x" * (5 << 20)
        with pytest.raises(NotTaken, match="more than"):
            sender(folder, poster, hook(server.port)).send(NOTICE, "pager", "")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        to = hook(silent.getsockname()[1]).model_copy(update={"timeout": read_duration("PT1S")})
        with pytest.raises(NotTaken, match="Timeout"):
            sender(folder, poster, to).send(NOTICE, "pager", "")
