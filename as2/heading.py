"""What the HTTP header fields of an AS2 message or MDN say before its body is looked at (RFC 4130 section 6).

Nothing here is proven: whoever can reach the port can write these fields. They choose the profile by which the body is
judged, and they are echoed in the answer, so what could break out of a header field is refused.
"""

from __future__ import annotations

import re

import msgspec

from as2.fault import Unreadable
from as2.headers import Headers
from as2.identifiers import check_message_id, stated_name
from as2.options import ReceiptRequest, read_request
from as2.tolerance import Tolerated

_VERSION = re.compile(r"(\d{1,3})(?:\.(\d{1,3}))?", re.ASCII)
_FEATURE = re.compile(r"[A-Za-z0-9-]{1,64}")
FEATURES = 20
"""How many features are looked at; three are known."""


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """The fields that AS2 adds to HTTP."""

    sender: str
    """AS2-From, unquoted; what is compared."""
    receiver: str
    """AS2-To, unquoted."""
    sender_wire: str
    """AS2-From as it stands there: the answer keeps its form (RFC 4130 section 6.2)."""
    receiver_wire: str
    message_id: str | None
    """Byte for byte, with or without angle brackets; ``None`` where there is none, as an MDN may have it."""
    version: tuple[int, int]
    """AS2-Version; 1.0 where it is missing or unreadable, which is never an error."""
    subject: str
    product: str
    features: frozenset[str]
    """Of EDIINT-Features (RFC 6017), in lower case: for people, since nothing protects them."""
    receipt: ReceiptRequest


def read_heading(headers: Headers, tolerated: Tolerated | None = None) -> Heading:
    """The heading; :class:`Unreadable` when the names are missing, stated twice, folded or malformed.

    A Message-ID that cannot be echoed is refused here too, with the disposition ``invalid-message-id``.
    """
    sender = stated_name(headers, "AS2-From", tolerated)
    receiver = stated_name(headers, "AS2-To", tolerated)
    ids = headers.all("Message-ID")
    if len(ids) > 1:
        raise Unreadable("message-id-repeated", "Message-ID is stated twice.", disposition="invalid-message-id")
    if ids:
        check_message_id(ids[0], tolerated)
    return Heading(
        sender=sender,
        receiver=receiver,
        sender_wire=headers.all("AS2-From")[0],
        receiver_wire=headers.all("AS2-To")[0],
        message_id=ids[0] if ids else None,
        version=_version(headers.get("AS2-Version") or ""),
        subject=headers.get("Subject") or "",
        product=headers.get("AS2-Product") or headers.get("User-Agent") or "",
        features=read_features(headers),
        receipt=read_request(headers),
    )


def _version(text: str) -> tuple[int, int]:
    match = _VERSION.match(text.strip())
    return (int(match[1]), int(match[2] or 0)) if match else (1, 0)


def read_features(headers: Headers) -> frozenset[str]:
    """What EDIINT-Features announces, of a message or an MDN, in lower case; what is no feature's name is left out."""
    listed = (each.strip() for each in (headers.get("EDIINT-Features") or "").split(",")[:FEATURES])
    return frozenset(each.lower() for each in listed if _FEATURE.fullmatch(each))
