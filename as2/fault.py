"""What can be wrong with an AS2 message, whose fault it is, and what the partner is answered.

::

    As2Fault
    ├── Unreadable             the message or a layer of it cannot be read as MIME or as CMS
    ├── DecryptionFailed       nothing readable came out of the encrypted layer
    ├── DecompressionFailed    the compressed layer does not inflate, or inflates to more than is allowed
    ├── IntegrityFailed        the signed digest is the digest of other bytes
    ├── AuthenticationFailed   no pinned certificate made the signature
    ├── Insufficient           it is not signed or not encrypted, and the profile demands it
    ├── Unsupported            the receipt cannot be given in the way it was asked for
    └── Unwritable             we were asked to write something that cannot stand in a message

A fault carries three things for three readers. ``disposition`` is for the partner: the id of an entry of the catalogue
of dispositions, and all that a stranger is ever told. ``cause`` is for the diagnosis and the log: a stable id in lower
case words joined by hyphens, such as ``boundary-missing``. The text is for the operator and says what the partner must
change. Between the decryption and the first header that could be parsed the cause must not leave the house, by the
answer or by its timing, or the receiver becomes a decryption oracle.
"""

from __future__ import annotations

from typing import ClassVar, Literal

DispositionCode = Literal[
    "processed",
    "authentication-failed",
    "decompression-failed",
    "decryption-failed",
    "duplicate-document",
    "duplicate-filename",
    "illegal-filename",
    "insufficient-message-security",
    "integrity-check-failed",
    "invalid-message-id",
    "sender-equals-receiver",
    "unexpected-processing-error",
    "unknown-trading-relationship",
    "unsupported-format",
    "unsupported-mic-algorithms",
]
"""The dispositions that we send, by the ids of their catalogue (RFC 4130 section 7.4, draft-ietf-ediint-rfc4130bis)."""


class As2Fault(Exception):
    """A message cannot be accepted, or cannot be written; the text is for the operator."""

    answer: ClassVar[DispositionCode] = "unexpected-processing-error"
    """What this kind of fault is answered with where the fault itself does not say otherwise."""

    def __init__(self, cause: str, text: str, *, disposition: DispositionCode | None = None) -> None:
        super().__init__(text)
        self.cause = cause
        self.disposition: DispositionCode = disposition or self.answer


class Unreadable(As2Fault):
    """The message or one of its layers is malformed."""


class DecryptionFailed(As2Fault):
    """Nothing readable came out of the encrypted layer."""

    answer = "decryption-failed"


class DecompressionFailed(As2Fault):
    """The compressed layer does not inflate, or not within its limit."""

    answer = "decompression-failed"


class IntegrityFailed(As2Fault):
    """The digest that was signed is not the digest of what arrived, in any accepted form of its line ends."""

    answer = "integrity-check-failed"


class AuthenticationFailed(As2Fault):
    """The signature was not made by the key of a pinned certificate."""

    answer = "authentication-failed"


class Insufficient(As2Fault):
    """The message lacks a signature or an encryption that the profile demands."""

    answer = "insufficient-message-security"


class Unsupported(As2Fault):
    """The receipt cannot be given as it was asked for."""

    answer = "unsupported-format"


class Unwritable(As2Fault):
    """What should be written cannot stand in a message: a line break in a field would begin another field."""
