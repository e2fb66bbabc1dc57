"""A webhook is posted: one signed request, no redirection followed, answer and time bounded.

The receiver has it when it answers 2xx. 410 says that there is nobody any more, so nobody is asked again; everything
else is tried again, not before the moment that a ``Retry-After`` asks for.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from as2.source import BytesSource
from gateway.alerts import WebhookDestination
from gateway.alerts.webhook import UnfitSecret, signed_headers
from gateway.arrival import printable
from gateway.channels.as2.posting import Poster, Posting
from gateway.mailing import SHOWN, NotTaken
from gateway.secret_files import read_secret

LONGEST_WISH = timedelta(hours=1)
"""The longest ``Retry-After`` that is heeded."""


def post_webhook(
    poster: Poster,
    identifier: str,
    body: bytes,
    destination: WebhookDestination,
    *,
    at: datetime,
    folder: Path,
    secrets: Path,
) -> str:
    """What the receiver said when it took the request.

    Raises :class:`~gateway.mailing.NotTaken`, and :class:`~gateway.secret_files.SecretMissing`.
    """
    names = [destination.secret, *([destination.previous_secret] if destination.previous_secret else [])]
    try:
        headers = signed_headers(identifier, body, [read_secret(secrets, name) for name in names], at)
        trusted = [_certificates(folder / destination.trusted)] if destination.trusted is not None else []
    except (UnfitSecret, OSError, ValueError) as fault:
        raise NotTaken(f"the request cannot be made: {fault}") from None
    seconds = destination.timeout.total_seconds()
    reply = poster.post(
        Posting(
            url=destination.url,
            headers=list(headers.items()),
            body=BytesSource(body),
            timeout=seconds,
            answer_within=seconds,
            trusted=trusted,
            # What is trusted may be an authority, which certifies others too.
            named=True,
        )
    )
    if reply.status is None:
        raise NotTaken(f"{destination.url}: {printable(reply.trouble, SHOWN)}")
    said = printable(" ".join(reply.body[: 4 * SHOWN].decode("utf-8", "replace").split()), SHOWN)
    told = f"{reply.status} {said}".rstrip()
    if 200 <= reply.status < 300:
        return told
    raise NotTaken(
        f"{destination.url} answers {told}",
        for_ever=reply.status == 410,
        at_least=_wish(reply.headers.get("Retry-After")),
    )


def _certificates(file: Path) -> str:
    """The certificates of a file; raises ``OSError``, and ``ValueError`` when there are none."""
    content = file.read_text()
    if "-----BEGIN CERTIFICATE-----" not in content:
        raise ValueError(f"{file} holds no certificate (PEM)")
    return content


def _wish(stated: str | None) -> timedelta:
    """How long the receiver asks to be left alone (RFC 9110 10.2.3); a date is not heeded."""
    seconds = stated.strip() if stated is not None else ""
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 9):
        return timedelta(0)
    return min(timedelta(seconds=int(seconds)), LONGEST_WISH)
