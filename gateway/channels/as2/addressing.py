"""From what a profile says of a partner's endpoint to a request: where it goes, who we are there, whom we trust.

The URL is the profile's, and a password or a certificate of ours goes to the scheme, host and port of the channel's own
URL and nowhere else: receipts may go to another place, which has no business with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal
from urllib.parse import urlsplit

from gateway.channels.as2 import terms
from gateway.channels.as2.keys import As2Keys, KeyMissing
from gateway.channels.as2.posting import Posting
from gateway.instance import Gateway
from gateway.secret_files import SecretMissing, read_secret
from partners import As2Channel, Party

_PORTS = {"http": 80, "https": 443}


def posting_to(
    gateway: Gateway,
    channel: As2Channel,
    us: Party | None,
    keys: As2Keys,
    *,
    url: str,
    headers: Iterable[Sequence[str]],
    body_sha256: str,
    receipt: Literal["none", "sync", "async"] = "none",
) -> Posting:
    """The request of ``us`` with these header fields and this archived body; ``receipt`` is how one is asked for.

    Raises :class:`KeyMissing` when the profile names a password or a certificate that is not there.
    """
    http, on = channel.http, gateway.clock().date()
    ours = _origin(url) == _origin(channel.url)
    # A synchronous receipt takes the time that the partner needs to read the message; a mere status does not.
    answer_within = channel.mdn.patience if receipt == "sync" else http.timeout
    return Posting(
        url=url,
        headers=[(name, value) for name, value in headers],
        body=gateway.opened(body_sha256),
        user=http.user if ours else None,
        password=_secret(gateway, http.secret) if ours and http.secret is not None else None,
        proxy=http.proxy,
        timeout=http.timeout.total_seconds(),
        answer_within=answer_within.total_seconds(),
        trusted=[each.pem for each in channel.certificates if "tls" in each.use and each.in_use(on) and each.pem],
        identity=terms.tls_identity(us, keys, on) if ours and us is not None else None,
    )


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)


def _secret(gateway: Gateway, name: str) -> str:
    """The password of this name."""
    try:
        return read_secret(gateway.home.secrets, name)
    except SecretMissing as fault:
        raise KeyMissing(str(fault)) from None
