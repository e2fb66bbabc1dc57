"""A running gateway alerts: a receipt that does not come is a mail and a webhook, once, whenever it is killed."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

from gateway.config import FILE
from tests.gateway.receivers import mail_server, webhook_server
from tests.gateway.serving.running import House, MakeHouse, example, until

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


def alarm(make_house: MakeHouse, mail_port: int, hook_port: int) -> House:
    """A gateway whose partner has a second to answer, and that tells of it when he does not."""
    house = make_house(
        start=False,
        alerts=(
            "{name: antwerp, domain: edi.example.com,"
            f" email: [{{id: desk, host: 127.0.0.1, port: {mail_port}, tls: none, sender: a@example.com,"
            " to: [b@example.com]}],"
            f" webhooks: [{{id: pager, url: 'http://127.0.0.1:{hook_port}/', secret: pager}}],"
            " rules: [{id: late, on: [overdue], to: [desk, pager], digest: PT1S, resolved: yes}]}"
        ),
    )
    secret = house.folder / "var" / "keys" / "secrets" / "pager"
    secret.parent.mkdir(parents=True, mode=0o700)
    secret.write_text(SECRET)
    secret.chmod(0o600)
    profile = house.folder / "profiles" / "blue-anchor.yaml"
    profile.write_text(profile.read_text().replace("due: PT4H", "due: PT1S"))
    return house


def order(house: House, folder: Path) -> None:
    """A document goes to the partner, and he takes it and says nothing."""
    (folder / "order.json").write_bytes(example("order.json"))
    answer = house.command("send", str(folder / "order.json"), "--flow", "blue-anchor/order-out")
    assert answer.returncode == 0, answer.stderr
    house.collect(1)


def test_overdue_receipt_is_a_mail_and_a_webhook_once(make_house: MakeHouse, tmp_path: Path) -> None:
    with mail_server() as mail, webhook_server() as hook:
        house = alarm(make_house, mail.port, hook.port)
        house.start()
        order(house, tmp_path)
        until("the mail", lambda: mail.mails or None)
        until("the webhook", lambda: hook.requests or None)
        ((case,),) = house.rows("SELECT id FROM \"case\" WHERE cause = 'receipt-overdue'")
        _, message = mail.mails[0]
        assert message["Subject"] == "[antwerp] blue-anchor: receipt-overdue"
        assert str(case) in str(message.get_payload())
        told = Webhook(SECRET).verify(hook.requests[0].body, hook.requests[0].headers)
        assert told["data"]["items"][0]["subject"] == case
        assert message["Message-ID"] == f"<{told['data']['id']}@edi.example.com>"

        # Told by both, and by both again when it is over: nothing else was sent meanwhile.
        house.command("cases", "close", str(case), "--reason", "they answered by telephone")
        until("the second mail", lambda: len(mail.mails) > 1 or None)
        until("the second webhook", lambda: len(hook.requests) > 1 or None)
        assert mail.mails[1][1]["References"] == message["Message-ID"]
        assert mail.mails[1][1]["Subject"] == "[antwerp] blue-anchor: over: receipt-overdue"
        house.idle()
        assert (len(mail.mails), len(hook.requests)) == (2, 2)


@pytest.mark.parametrize("moment", ["before it is judged", "before it is sent"])
def test_killed_between_decision_and_sending(make_house: MakeHouse, tmp_path: Path, moment: str) -> None:
    with mail_server() as mail, webhook_server() as hook:
        house = alarm(make_house, mail.port, hook.port)
        mail.to_recipients = "451 come again"
        hook.status = 503
        house.start()
        order(house, tmp_path)
        if moment == "before it is judged":
            until("the case", lambda: house.rows("SELECT id FROM \"case\" WHERE cause = 'receipt-overdue'") or None)
        else:
            until("the attempts", lambda: house.rows("SELECT 1 FROM job WHERE kind = 'alert-send'") or None)
        house.kill()
        assert mail.mails == []
        mail.to_recipients, hook.status = "250 OK", 200
        house.start()
        until("the mail", lambda: mail.mails or None)
        until(
            "the webhook that was taken",
            lambda: house.rows("SELECT 1 FROM alert_notice WHERE sent_at IS NULL") == [] or None,
        )
        house.idle()
        assert len(mail.mails) == 1
        assert len({request.headers["webhook-id"] for request in hook.requests}) == 1
        ((notices, sent),) = house.rows("SELECT count(DISTINCT id), count(sent_at) FROM alert_notice")
        assert (notices, sent) == (1, 2)


def test_rule_that_is_new_tells_what_is_open_when_the_gateway_starts(make_house: MakeHouse, tmp_path: Path) -> None:
    with mail_server() as mail, webhook_server() as hook:
        house = alarm(make_house, mail.port, hook.port)
        configured = (house.folder / FILE).read_text()
        (house.folder / FILE).write_text(configured.partition("alerts:")[0])
        house.start()
        order(house, tmp_path)
        until("the case", lambda: house.rows("SELECT id FROM \"case\" WHERE cause = 'receipt-overdue'") or None)
        assert house.stop() == 0
        (house.folder / FILE).write_text(configured)
        house.start()
        until("the mail", lambda: mail.mails or None)
        until("the webhook", lambda: hook.requests or None)
        house.idle()
        assert (len(mail.mails), len(hook.requests)) == (1, 1)
