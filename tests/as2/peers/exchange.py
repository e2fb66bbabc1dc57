"""What is exchanged with a peer: a message packed in some way, what the other side took, and what it was told.

A peer is an AS2 product that others wrote. Whatever it is and in whatever language, the tests see it as this: it sends
a message to a URL and says how it understood the answer, and it listens at a URL and says what it took.
"""

from __future__ import annotations

from typing import Final, Literal, Protocol

import msgspec

from as2.cms.algorithms import CipherName, Scheme
from as2.cms.enveloping import Form
from as2.cms.recipients import KeyTransport
from as2.digests import DigestName
from as2.mic import Packaging
from tests.as2.samples import DOCUMENT, stack_name

ReceiptKind = Literal["none", "unsigned", "signed"]
MicSeen = Literal["match", "mismatch", "unchecked"]

OUR_KEY: Final = "rsa"
PEER_KEY: Final = "rsa-other"
STRANGE_KEY: Final = "rsa-4096"
"""One that neither side knows."""
PATIENCE: Final = 90.0
"""Seconds that an asynchronous receipt may take."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One message: how it is packed, and what receipt it asks for."""

    stack: Packaging
    receipt: ReceiptKind = "signed"
    asynchronous: bool = False
    content: bytes = DOCUMENT
    media_type: str = "application/EDIFACT"
    filename: str | None = "order 42.edi"
    digest: DigestName = "sha256"
    scheme: Scheme = "rsa-pkcs1"
    cipher: CipherName = "aes256-cbc"
    key_transport: KeyTransport = KeyTransport()
    form: Form = "standard"
    micalgs: tuple[str, ...] = ("sha-256",)
    sender: str = "ACME"
    receiver: str = "US"
    signing_key: str | None = None
    """Another key than the one that the receiver knows."""
    encrypting_key: str | None = None
    """Another certificate than the receiver's."""
    ending: bytes = b""
    """What an encrypted body of ours must end with, by chance; without it, with no line end."""
    other_recipients: tuple[str, ...] = ()
    """Certificates that the message is encrypted for beside, and before, the receiver's."""

    @property
    def label(self) -> str:
        """The stack and the receipt in words."""
        return f"{stack_name(self.stack)}/{'async' if self.asynchronous else 'sync'} {self.receipt}"


class Took(msgspec.Struct, frozen=True, kw_only=True):
    """What a receiver made of a message."""

    content: bytes | None = None
    """``None`` when it was not accepted."""
    stack: Packaging | None = None
    """The layers it found; ``None`` when it does not say."""
    error: str = ""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """How a sender understood the receipt."""

    disposition: str = ""
    """Such as ``processed`` or ``processed/error: decryption-failed``, in lower case; empty without a receipt."""
    signed: bool = False
    """Whether it verified a signature."""
    mic: MicSeen = "unchecked"
    error: str = ""
    """What it found wrong with the answer."""


class CannotDo(Exception):
    """The peer has nothing for it, or fails before anything is sent; the text says what it lacks."""


class Peer(Protocol):
    """An AS2 product that others wrote."""

    name: str
    """Of the file with what it disagrees about."""
    receipts_url: str
    """Where its asynchronous receipts come to."""

    def send(self, order: Order, url: str) -> Told:
        """Send a message, and wait for the receipt that it asks for; :class:`CannotDo` when it sends nothing."""

    def listen(self, order: Order) -> str:
        """Be ready for this message; the URL to post it to."""

    def took(self) -> Took:
        """What became of the message that came last."""

    def close(self) -> None:
        """End it."""
