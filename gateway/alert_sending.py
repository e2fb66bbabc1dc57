"""Notices are sent: the stage :data:`~gateway.alert_orders.SEND`, and the test that a person asks for.

A notice goes to each recipient by itself, as work in the queue: a server that is away delays what is for it and nothing
else, for a day; then, or when the server says never, it is a case. Long before, what waits is a case as well, so that
another destination can tell of it while that helps; this one closes itself. Killed between sending and writing that it
was sent, the gateway sends it again, with the same bytes under the same id.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from gateway.alert_orders import destination_subject
from gateway.alerts import MailDestination, Notice
from gateway.alerts.mail import mail
from gateway.alerts.webhook import webhook_body
from gateway.channels.as2.posting import Poster
from gateway.clock import Clock
from gateway.config import Home
from gateway.instance import Gateway
from gateway.ledger import alerts, cases
from gateway.mailing import NotTaken, send_mail
from gateway.secret_files import SecretMissing
from gateway.webhooks import post_webhook
from gateway.working import GiveUp, Stage, TryAgain
from queues import Job

log = structlog.get_logger()

PAUSE, LONGEST_PAUSE, GIVEN_UP_AFTER = timedelta(seconds=10), timedelta(minutes=10), timedelta(days=1)
"""Pauses between attempts, at first and at most, and how long it is attempted: an alert of yesterday helps nobody."""
LATE_AFTER = timedelta(minutes=15)
"""How long a notice may wait until that is a case: greylisting takes less."""
LATE = "alert-late"


Send = Callable[[Notice, str, str], str]
"""Sends a notice to a recipient of a destination: what the other side said when it took the notice.

Raises :class:`NotTaken`, :class:`SecretMissing`, and ``KeyError`` for a destination that is not configured."""


class AlertSender:
    """Sends notices over the network."""

    def __init__(self, home: Home, poster: Poster, clock: Clock) -> None:
        self._home = home
        self._settings = home.config.alerts
        self._poster = poster
        self._clock = clock

    def send(self, notice: Notice, destination: str, recipient: str) -> str:
        """See :data:`Send`."""
        where = self._settings.destinations[destination]
        folder, secrets = self._home.folder, self._home.secrets
        if isinstance(where, MailDestination):
            message = mail(notice, self._settings, where)
            greeting = self._settings.domain
            return send_mail(message, where, recipient, folder=folder, secrets=secrets, greeting=greeting)
        body = webhook_body(notice, self._settings.name)
        return post_webhook(self._poster, notice.id, body, where, at=self._clock(), folder=folder, secrets=secrets)


def send_with(through: Send) -> Stage:
    """The stage :data:`~gateway.alert_orders.SEND`, over this way out."""

    def send(gateway: Gateway, job: Job) -> None:
        name, recipient = job.payload["destination"], job.payload["recipient"]
        one = gateway.database.read(lambda c: alerts.sending(c, job.payload["notice"], name, recipient))
        answer = "not sent: there is no such destination any more"
        if name in gateway.home.config.alerts.destinations:
            try:
                answer = _sent(through, one.notice, name, recipient)
            except TryAgain as wait:
                if LATE_AFTER <= gateway.clock() - job.enqueued_at < GIVEN_UP_AFTER:
                    _late(gateway, name, str(wait))
                raise
            log.info("alert sent", notice=one.notice.id, destination=name, answer=answer)
        else:
            log.warning("an alert is not sent: its destination is configured no more", destination=name)
        now = gateway.clock()

        def commit(connection: Connection) -> None:
            alerts.sent(connection, one, answer, now)
            _in_time_again(connection, name, now)
            gateway.queue.complete(connection, job)

        gateway.database.write(commit)

    return send


def _late(gateway: Gateway, name: str, reason: str) -> None:
    text = (
        f"alerts wait, and more will: {reason}. Put it right, and see with `sallyport alerts test {name}` that it is;"
        " each is tried for a day. This case closes itself when one has arrived and none has waited for long"
    )
    subject = destination_subject(name)
    gateway.database.write(lambda c: cases.open(c, LATE, text, subject, None, gateway.clock()))


def _in_time_again(connection: Connection, name: str, now: datetime) -> None:
    """Close the case about what waits for a destination, where nothing does."""
    for each in cases.about(connection, [destination_subject(name)]):
        # Held, so that of two that arrive at the same moment the second sees the first.
        if each.cause != LATE or cases.hold(connection, each.id).state == "closed":
            continue
        if not alerts.waits(connection, name, after=now - GIVEN_UP_AFTER, before=now - LATE_AFTER):
            cases.close(connection, each.id, "alerts arrive again", "gateway", now)


def _sent(through: Send, notice: Notice, name: str, recipient: str) -> str:
    try:
        return through(notice, name, recipient)
    except SecretMissing as fault:
        raise TryAgain(f"alert to `{name}`: {fault}", PAUSE, LONGEST_PAUSE, GIVEN_UP_AFTER) from None
    except NotTaken as fault:
        whom = f"`{name}`" + (f" ({recipient})" if recipient else "")
        if fault.for_ever:
            advice = f"Put the cause right, and see with `sallyport alerts test {name}` that it is"
            raise GiveUp("alert-undeliverable", f"an alert to {whom} was refused: {fault}. {advice}") from None
        told = f"alert to {whom}: {fault}"
        raise TryAgain(told, PAUSE, LONGEST_PAUSE, GIVEN_UP_AFTER, at_least=fault.at_least) from None
