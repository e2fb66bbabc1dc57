"""An AS2 message, built once: what is sent, and what a receipt for it will be judged by (RFC 4130 sections 5 and 7).

From the inside out: the payload, or several in a multipart/related (RFC 6362); compressed or not; signed or not;
compressed now or not; encrypted or not. The header fields of the outermost layer become those of the HTTP request. Each
layer is a source over the one inside it, so a message of two gigabytes is never in memory; only a compressed layer,
whose size nobody knows before, is put into the scratch the caller gives.

What the sender has to remember is made in the same pass: the digests of every byte range that the receiver's MIC may be
over (:mod:`as2.mic`). With them an MDN can be judged years later without the payload. All times, ids and random bytes
are arguments: the same arguments give the same bytes, but for the randomness inside RSA padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from as2.certificates import Certificate
from as2.cms.algorithms import CIPHERS, CipherName, Permits
from as2.cms.certificate_ids import IdForm
from as2.cms.compressing import compress
from as2.cms.enveloping import Form, envelope
from as2.cms.recipients import KeyTransport
from as2.dates import write_date
from as2.digests import DigestName, EntityDigests
from as2.encoding import Base64Source
from as2.fault import Unwritable
from as2.filenames import write_disposition
from as2.headers import write_block, write_content_type
from as2.identifiers import quote_name
from as2.mic import Candidate, Compression, Packaging, candidates
from as2.multipart import write_multipart
from as2.signed import Signing, new_boundary, signed
from as2.source import BytesSource, Entropy, Joined, Scratch, Source

TransferEncoding = Literal["binary", "8bit", "7bit", "base64"]

KEPT: Final[tuple[DigestName, ...]] = ("sha1", "sha256", "sha384", "sha512")
"""The digests that are kept of the expected byte range, whatever was asked for: partners choose for themselves."""
_MEASURE: Final = {"8bit": 998, "7bit": 998}
"""Bytes of a line (RFC 2045 section 2.7 and 2.8)."""
_PKCS1: Final = KeyTransport()
_NO_PERMITS: Final = Permits()


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """One document."""

    content: Source
    media_type: str
    """Such as ``application/EDIFACT``; parameters may follow."""
    filename: str | None = None
    """Stated to the partner (draft-harding-ediint-filename-preservation); any text."""
    content_id: str | None = None
    """In angle brackets, where another document refers to this one; it then stands in a multipart/related."""


class Encrypting(msgspec.Struct, frozen=True, kw_only=True):
    """How a message is encrypted."""

    recipients: Sequence[Certificate]
    cipher: CipherName = "aes256-cbc"
    key_transport: KeyTransport = _PKCS1
    recipient_id: IdForm = "issuer-serial"
    form: Form = "standard"
    permits: Permits = _NO_PERMITS


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """How messages to one partner are packed."""

    signing: Signing | None
    encrypting: Encrypting | None
    compression: Compression = "none"
    transfer_encoding: TransferEncoding = "binary"


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """The fields around a message."""

    sender: str
    receiver: str
    """AS2 names, unquoted."""
    message_id: str
    """In angle brackets; see :func:`as2.identifiers.written_message_id`."""
    at: datetime
    """Aware; becomes the Date and the signing time."""
    subject: str
    version: str = "1.2"
    product: str | None = None
    """AS2-Product, which comes with version 1.3."""
    features: Sequence[str] = ()
    receipt: Sequence[tuple[str, str]] = ()
    """The fields that ask for a receipt: :func:`as2.options.write_request`."""


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is ready to go out, as often as it takes."""

    headers: tuple[tuple[str, str], ...]
    """Of the HTTP request, in order; without Host, Content-Length and Transfer-Encoding, which are the transfer's."""
    body: Source
    packaging: Packaging
    candidates: tuple[Candidate, ...]
    """What a MIC may be the digest of, the expected one first."""


class _Entity(msgspec.Struct, frozen=True):
    """A MIME entity: its header fields, the bytes of the header block, its content."""

    fields: tuple[tuple[str, str], ...]
    content: Source

    @property
    def block(self) -> bytes:
        return write_block(self.fields)

    @property
    def whole(self) -> Source:
        return Joined((BytesSource(self.block), self.content))


def build_message(
    payloads: Sequence[Payload],
    address: Address,
    sending: Sending,
    *,
    digests: Sequence[DigestName],
    entropy: Entropy,
    scratch: Scratch,
) -> Built:
    """The message, and the digests to judge its receipt by; ``digests`` are the algorithms the receipt is asked for in.

    :class:`~as2.fault.Unwritable` when something cannot stand in a header field, or a content is not what the transfer
    encoding says; :class:`~as2.certificates.Unusable` when a key does not fit what it is to do.
    """
    packaging = Packaging(
        signed=sending.signing is not None,
        encrypted=sending.encrypting is not None,
        compression=sending.compression,
    )
    # Over HTTP the body is what it is (RFC 4130 section 5.2.1): base64 is for what stands inside another layer.
    bare = not (packaging.signed or packaging.encrypted) and packaging.compression == "none"
    payload = entity = _payload(payloads, "binary" if bare else sending.transfer_encoding, entropy)
    compressed: _Entity | None = None
    if sending.compression == "before-signing":
        entity = compressed = _compressed(entity, scratch)
    signing = sending.signing
    if signing is not None:
        running = EntityDigests((signing.digest_name,), canonical=False)
        running.update_header(entity.block)
        for chunk in entity.content.chunks():
            running.update(chunk)
        written = signed(
            entity.whole,
            running.digest(signing.digest_name),
            signing,
            at=address.at,
            boundary=new_boundary("signed", entropy),
        )
        entity = _Entity((("Content-Type", written.content_type),), written.body)
    if sending.compression == "after-signing":
        entity = outer = _compressed(entity, scratch)
        compressed = compressed or outer
    if sending.encrypting is not None:
        entity = _encrypted(entity, sending.encrypting, entropy)
    names = tuple(dict.fromkeys((*digests, *([signing.digest_name] if signing is not None else ()))))
    return Built(
        headers=_headers(address, entity),
        body=entity.content,
        packaging=packaging,
        candidates=tuple(
            candidates(
                packaging,
                (payload.block, payload.content),
                (compressed.block, compressed.content) if compressed is not None else None,
                expected=tuple(dict.fromkeys((*names, *KEPT))),
                others=names,
            )
        ),
    )


def _payload(payloads: Sequence[Payload], encoding: TransferEncoding, entropy: Entropy) -> _Entity:
    if not payloads:
        raise Unwritable("payload-missing", "A message needs a payload.")
    if len(payloads) == 1 and payloads[0].content_id is None:
        return _document(payloads[0], encoding)
    # RFC 6362: the first one is the root, which the others go with.
    root = payloads[0].content_id or f"<{entropy(12).hex()}@sallyport>"
    boundary = new_boundary("related", entropy)
    named = (msgspec.structs.replace(payloads[0], content_id=root), *payloads[1:])
    media = payloads[0].media_type.partition(";")[0].strip()
    content_type = write_content_type("multipart/related", {"type": media, "start": root, "boundary": boundary})
    return _Entity(
        (("Content-Type", content_type),),
        write_multipart([_document(each, encoding).whole for each in named], boundary),
    )


def _document(payload: Payload, encoding: TransferEncoding) -> _Entity:
    content = payload.content
    if encoding == "base64":
        content = Base64Source(content)
    elif encoding != "binary":
        _check_lines(content, encoding)
    fields = [("Content-Type", payload.media_type), ("Content-Transfer-Encoding", encoding)]
    if payload.filename is not None:
        fields.append(("Content-Disposition", write_disposition(payload.filename)))
    if payload.content_id is not None:
        fields.append(("Content-ID", payload.content_id))
    return _Entity(tuple(fields), content)


def _check_lines(content: Source, encoding: TransferEncoding) -> None:
    """Content that is stated to be text in lines has to be that, or it would be damaged on its way."""
    length = 0
    for chunk in content.chunks():
        sizes = [len(line.removesuffix(b"\r")) for line in chunk.split(b"\n")]
        sizes[0] += length
        length = sizes[-1]
        if b"\0" in chunk or max(sizes) > _MEASURE[encoding] or (encoding == "7bit" and not chunk.isascii()):
            raise Unwritable(
                "encoding-unfit",
                f"The content is not {encoding} text in lines of at most 998 bytes: send it as binary.",
            )


def _compressed(entity: _Entity, scratch: Scratch) -> _Entity:
    fields = (
        ("Content-Type", "application/pkcs7-mime; smime-type=compressed-data; name=smime.p7z"),
        ("Content-Transfer-Encoding", "binary"),
        ("Content-Disposition", "attachment; filename=smime.p7z"),
    )
    return _Entity(fields, compress(entity.whole, scratch))


def _encrypted(entity: _Entity, encrypting: Encrypting, entropy: Entropy) -> _Entity:
    authenticated = CIPHERS[encrypting.cipher].mode != "cbc" and encrypting.form == "standard"
    kind = "authEnveloped-data" if authenticated else "enveloped-data"
    fields = (
        ("Content-Type", f"application/pkcs7-mime; smime-type={kind}; name=smime.p7m"),
        ("Content-Transfer-Encoding", "binary"),
        ("Content-Disposition", "attachment; filename=smime.p7m"),
    )
    content = envelope(
        entity.whole,
        cipher=encrypting.cipher,
        recipients=encrypting.recipients,
        entropy=entropy,
        key_transport=encrypting.key_transport,
        recipient_id=encrypting.recipient_id,
        form=encrypting.form,
        permits=encrypting.permits,
    )
    return _Entity(fields, content)


def _headers(address: Address, entity: _Entity) -> tuple[tuple[str, str], ...]:
    fields = (
        ("AS2-Version", address.version),
        *((("AS2-Product", address.product),) if address.product is not None else ()),
        ("AS2-From", quote_name(address.sender)),
        ("AS2-To", quote_name(address.receiver)),
        ("Message-ID", address.message_id),
        ("Date", write_date(address.at)),
        ("Subject", address.subject),
        *((("EDIINT-Features", ", ".join(address.features)),) if address.features else ()),
        *address.receipt,
        ("MIME-Version", "1.0"),
        *entity.fields,
    )
    # These go to an HTTP library; what could not stand in a block must not get that far.
    write_block(fields)
    return fields
