"""Mail is handed to a server: one message to one recipient in one session, over SMTP (RFC 5321) with TLS.

A server says with its first digit whose turn it is. 4 is "later", as greylisting says it, so the same message is tried
again; 5 is "never", and a person has to look. A login that is refused counts as "later": what is wrong is the
configuration, and the mail should go when that is right. A connection that breaks before the last answer leaves open
whether the mail was taken; it is sent again under the same Message-ID.
"""

from __future__ import annotations

import smtplib
import ssl
from contextlib import ExitStack
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from gateway.alerts import MailDestination
from gateway.arrival import printable
from gateway.secret_files import read_secret

SHOWN = 300
"""Characters of what a server says."""


class NotTaken(Exception):
    """The other side did not take it; the text says what it said."""

    def __init__(self, text: str, *, for_ever: bool = False, at_least: timedelta = timedelta(0)) -> None:
        """``for_ever``: trying again cannot help. ``at_least``: how long the other side asks to be left alone."""
        super().__init__(text)
        self.for_ever = for_ever
        self.at_least = at_least


def send_mail(
    message: EmailMessage, destination: MailDestination, recipient: str, *, folder: Path, secrets: Path, greeting: str
) -> str:
    """What the server said when it took the message.

    ``folder`` is that of the configuration, ``secrets`` that of the passwords, ``greeting`` how we introduce ourselves.
    Raises :class:`NotTaken`, and :class:`~gateway.secret_files.SecretMissing`.
    """
    password = read_secret(secrets, destination.secret) if destination.secret is not None else ""
    server = f"{destination.host}:{destination.port}"
    try:
        trusted = folder / destination.trusted if destination.trusted is not None else None
        context = ssl.create_default_context(cafile=trusted)
        with _connected(destination, context, greeting) as session:
            if destination.user is not None:
                session.login(destination.user, password)
            _must_be(250, *session.mail(destination.sender))
            _must_be(250, *session.rcpt(recipient))
            code, said = session.data(message.as_bytes(policy=SMTP))
            _must_be(250, code, said)
            return _shown(code, said)
    except smtplib.SMTPAuthenticationError as error:
        raise NotTaken(f"{server} refuses the login of {destination.user}: {_of(error)}") from None
    except smtplib.SMTPResponseException as error:
        raise NotTaken(f"{server} says {_of(error)}", for_ever=error.smtp_code >= 500) from None
    except (smtplib.SMTPException, OSError) as error:
        raise NotTaken(f"{server}: {printable(str(error) or type(error).__name__, SHOWN)}") from None


def _connected(destination: MailDestination, context: ssl.SSLContext, greeting: str) -> smtplib.SMTP:
    """A session, in TLS where the destination asks for it."""
    address = (destination.host, destination.port)
    seconds = destination.timeout.total_seconds()
    session = (
        smtplib.SMTP_SSL(*address, local_hostname=greeting, timeout=seconds, context=context)
        if destination.tls == "implicit"
        else smtplib.SMTP(*address, local_hostname=greeting, timeout=seconds)
    )
    with ExitStack() as opened:
        opened.callback(session.close)
        if destination.tls == "starttls":
            session.starttls(context=context)
        session.ehlo_or_helo_if_needed()
        opened.pop_all()
    return session


def _must_be(wanted: int, code: int, said: bytes) -> None:
    # 251 is as good as 250: the server forwards it.
    if code not in (wanted, 251):
        raise smtplib.SMTPResponseException(code, said)


def _of(error: smtplib.SMTPResponseException) -> str:
    return _shown(error.smtp_code, error.smtp_error)


def _shown(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return printable(f"{code} {' '.join(text.split())}", SHOWN)
