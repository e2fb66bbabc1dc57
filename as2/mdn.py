"""The MDN that answers a message (RFC 4130 §7.4, RFC 8098), as exact bytes.

::

    multipart/signed                                    when it is signed
      multipart/report; report-type=disposition-notification
        text/plain                                      for a person
        message/disposition-notification                for the program
      application/pkcs7-signature                       base64, lines of 76 characters

The entity that is signed is written once and sent as it was signed: nothing is ever written a second time. Header
fields are in one line each, line ends are CRLF, every part states its Content-Transfer-Encoding, the third part of a
report (the original message) is left out, and the length is always stated, for there are products that wait for ever
for the end of a chunked MDN.

The names in the answer are those of the question, exchanged, *as they were written there*: a partner that quotes a name
needlessly finds it quoted, and Original-Message-ID is the byte sequence that came, brackets or not. The disposition
tells a stranger no more than the catalogue does, and neither do the words for a person: both are chosen by the code of
the fault, never by its text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from as2.dates import write_date
from as2.disposition import Disposition, write
from as2.fault import DispositionCode
from as2.headers import write_block, write_content_type
from as2.multipart import write_multipart
from as2.signed import Signing, new_boundary, signed
from as2.source import BytesSource, Entropy

TransferEncoding = Literal["binary", "8bit", "7bit"]


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What one MDN says, and to whom."""

    received_from: str
    """AS2-From of the message as it was written there; the MDN goes to it."""
    received_to: str
    """AS2-To of the message as it was written there; the MDN comes from it."""
    original_message_id: str | None
    """Message-ID as received; ``None`` where there was none that may be repeated."""
    disposition: Disposition
    mic: str | None
    """The value of Received-Content-MIC; ``None`` when nothing could be hashed."""
    text: str
    """For a person: no payload data, and nothing that tells a stranger more than the disposition does."""
    message_id: str
    at: datetime
    """Aware; becomes the Date and the signing time."""
    user_agent: str
    """Reporting-UA, such as ``Sallyport``."""
    version: str = "1.2"
    """AS2-Version."""
    product: str | None = None
    """AS2-Product, which comes with version 1.3."""
    features: Sequence[str] = ()
    """EDIINT-Features, for a profile that uses them."""


class MdnMessage(msgspec.Struct, frozen=True):
    """An MDN as it goes out, in an HTTP answer or in a POST of its own."""

    headers: list[tuple[str, str]]
    """Content-Length among them."""
    body: bytes


def build_mdn(
    receipt: Receipt,
    *,
    signing: Signing | None,
    entropy: Entropy,
    transfer_encoding: TransferEncoding | None = "binary",
) -> MdnMessage:
    """The MDN, signed or not.

    ``transfer_encoding`` is what the two parts of the report state; ``None`` leaves the header out, where a partner
    wants it so. :class:`~as2.fault.Unwritable` when a value would begin another line, such as a Message-ID that should
    not have been accepted.
    """
    boundary = new_boundary("report", entropy)
    media = write_content_type("multipart/report", {"report-type": "disposition-notification", "boundary": boundary})
    report = _report(receipt, boundary, transfer_encoding)
    if signing is None:
        body = report
    else:
        entity = write_block([("Content-Type", media)]) + report
        digest = hashlib.new(signing.digest_name, entity, usedforsecurity=False).digest()
        whole = signed(BytesSource(entity), digest, signing, at=receipt.at, boundary=new_boundary("signed", entropy))
        media, body = whole.content_type, b"".join(whole.body.chunks())
    headers = [
        ("Message-ID", receipt.message_id),
        ("Date", write_date(receipt.at)),
        ("Subject", "Message disposition notification"),
        ("AS2-Version", receipt.version),
        *([("AS2-Product", receipt.product)] if receipt.product is not None else []),
        ("AS2-From", receipt.received_to),
        ("AS2-To", receipt.received_from),
        *([("EDIINT-Features", ", ".join(receipt.features))] if receipt.features else []),
        ("MIME-Version", "1.0"),
        ("Content-Type", media),
        ("Content-Length", str(len(body))),
    ]
    # These go to an HTTP library; what could not stand in a block must not get that far.
    write_block(headers)
    return MdnMessage(headers, body)


def _report(receipt: Receipt, boundary: str, transfer_encoding: TransferEncoding | None) -> bytes:
    lines = "\r\n".join("".join(filter(_shown, line)) for line in receipt.text.splitlines())
    encoding = [("Content-Transfer-Encoding", transfer_encoding)] if transfer_encoding is not None else []
    charset = "us-ascii" if lines.isascii() else "utf-8"
    words = write_block([("Content-Type", f"text/plain; charset={charset}"), *encoding])
    fields = [
        ("Reporting-UA", receipt.user_agent),
        ("Original-Recipient", f"rfc822; {receipt.received_to}"),
        ("Final-Recipient", f"rfc822; {receipt.received_to}"),
    ]
    if receipt.original_message_id is not None:
        fields.append(("Original-Message-ID", receipt.original_message_id))
    fields.append(("Disposition", write(receipt.disposition)))
    if receipt.mic is not None:
        fields.append(("Received-Content-MIC", receipt.mic))
    said = write_block([("Content-Type", "message/disposition-notification"), *encoding])
    # The fields are the content of this part, and no empty line ends them (RFC 8098 §3.1). Apache Camel verifies a
    # receipt over its own writing of it, which has none.
    content = write_block(fields).removesuffix(b"\r\n")
    return _joined([words + f"{lines}\r\n".encode(), said + content], boundary)


def _joined(entities: Sequence[bytes], boundary: str) -> bytes:
    return b"".join(write_multipart([BytesSource(entity) for entity in entities], boundary).chunks())


def _shown(character: str) -> bool:
    return character.isprintable() or character == "\t"


TEXTS: Final[dict[DispositionCode, str]] = {
    "processed": "The message was received, checked and stored. This does not say that its content was understood: "
    "that is for a functional acknowledgment to say.",
    "authentication-failed": "The message was not accepted: its signature was not made with a certificate that is "
    "agreed on for its sender.",
    "decompression-failed": "The message was not accepted: it could not be decompressed.",
    "decryption-failed": "The message was not accepted: it could not be decrypted.",
    "duplicate-document": "The message was received before and was not processed again.",
    "duplicate-filename": "The message was not accepted: a file of this name was received before, and the agreement "
    "wants every name only once.",
    "illegal-filename": "The message was not accepted: its file name is not one that the agreement allows.",
    "insufficient-message-security": "The message was not accepted: it is not signed or not encrypted as agreed.",
    "integrity-check-failed": "The message was not accepted: its content is not what was signed.",
    "invalid-message-id": "The message was not accepted: its Message-ID is not one that can be answered.",
    "sender-equals-receiver": "The message was not accepted: AS2-From and AS2-To are the same.",
    "unexpected-processing-error": "The message was not accepted.",
    "unknown-trading-relationship": "The message was not accepted: there is no agreement between AS2-From and AS2-To.",
    "unsupported-format": "No receipt can be given in the form that was asked for.",
    "unsupported-mic-algorithms": "No receipt can be given: no MIC algorithm that was asked for is supported.",
}
"""What a person is told, by the code of the disposition and by nothing else."""
