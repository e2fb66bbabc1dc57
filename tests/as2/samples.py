"""Two parties with test keys, and messages from one to the other, packed in every legal way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from as2.building import Address, Built, Encrypting, Payload, Sending, TransferEncoding, build_message
from as2.cms.algorithms import Scheme
from as2.digests import DigestName, spelled
from as2.headers import Headers, parse_block, write_block
from as2.heading import read_heading
from as2.mic import Compression, Packaging
from as2.options import write_request
from as2.receiving import Received, Receiving, receive
from as2.signed import Signing
from as2.source import BytesSource, MemoryScratch, Source
from tests.as2.keys import certificate_of, entropy, pair_of

AT: Final = datetime(2026, 12, 1, 10, 30, tzinfo=UTC)
DOCUMENT: Final = b"UNA:+.? '\r\nUNB+UNOC:3+ACME+US+261201:1030+42'\r\nUNZ+0+42'\r\n"

_LAYERS: Final[tuple[tuple[bool, Compression], ...]] = (
    (False, "none"),
    (True, "none"),
    (False, "after-signing"),
    (True, "before-signing"),
    (True, "after-signing"),
)
STACKS: Final = tuple(
    Packaging(signed=signed, encrypted=encrypted, compression=compression)
    for encrypted in (False, True)
    for signed, compression in _LAYERS
)
"""The ten legal stacks of layers (RFC 5402, section 3)."""


def stack_name(stack: Packaging) -> str:
    """Such as ``encrypted-signed-before-signing``, for the names of tests."""
    words = [word for word, there in (("encrypted", stack.encrypted), ("signed", stack.signed)) if there]
    return "-".join([*words, *([stack.compression] if stack.compression != "none" else [])]) or "plain"


def signing(digest: DigestName = "sha256", key: str = "rsa", scheme: Scheme = "rsa-pkcs1") -> Signing:
    """How ACME signs."""
    return Signing(signer=pair_of(key), digest_name=digest, micalg=spelled(digest), scheme=scheme)


ADDRESS: Final = Address(
    sender="ACME",
    receiver="Us & Co",
    message_id="<42.1@acme.example>",
    at=AT,
    subject="An order",
    receipt=write_request(to="as2@acme.example", signed=True, algorithms=["sha-256"]),
)


def built(
    stack: Packaging,
    content: bytes = DOCUMENT,
    *,
    how: Signing | None = None,
    encrypting: Encrypting | None = None,
    address: Address = ADDRESS,
    payloads: list[Payload] | None = None,
    transfer_encoding: TransferEncoding = "binary",
) -> Built:
    """A message from ACME to us."""
    sending = Sending(
        signing=(how or signing()) if stack.signed else None,
        encrypting=(encrypting or Encrypting(recipients=[certificate_of("rsa-other")])) if stack.encrypted else None,
        compression=stack.compression,
        transfer_encoding=transfer_encoding,
    )
    return build_message(
        payloads or [Payload(content=BytesSource(content), media_type="application/EDIFACT", filename="order 42.edi")],
        address,
        sending,
        digests=["sha256"],
        entropy=entropy,
        scratch=MemoryScratch(),
    )


OURS: Final = Receiving(keys=[pair_of("rsa-other")], pinned=[certificate_of("rsa")], signed=False, encrypted=False)
"""What we accept from ACME, when anything will do."""


def headers_of(message: Built) -> Headers:
    """The header fields as they arrive."""
    return parse_block(write_block(message.headers))


def received(message: Built, terms: Receiving = OURS, *, body: Source | None = None) -> Received:
    """What became of the message, or of its headers with another body."""
    return received_as(headers_of(message), message.body if body is None else body, terms)


def received_as(headers: Headers, body: Source, terms: Receiving = OURS) -> Received:
    """What became of it."""
    return receive(headers, read_heading(headers), body, terms, scratch=MemoryScratch(), entropy=entropy)
