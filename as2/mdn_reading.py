"""MDNs as they come: recognised by their content, verified over their exact bytes, read as far as they go.

An MDN is evidence, so two questions are kept apart. *What does it say?* is answered tolerantly: parts without headers,
fields in any case and order, junk between them, a report that is cut off. *Who says so?* is answered strictly: the
signature must hold over the bytes of the first part as they came, in one of the accepted forms of their line ends, with
a certificate that the profile pins, and nothing may stand beside the signed part. The answer is one of three:

``verified``
    a pinned certificate made the signature.
``unsigned``
    nobody signed it. Whether that counts is for whoever asked for the receipt.
``unverified``
    it has a signature that does not hold, or it came in pieces that do not make a whole. What it says is there for the
    operator and proves nothing, whatever it says.

:class:`~as2.fault.Unreadable` means that there is no MDN at all, or none with a disposition.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from as2.certificates import Certificate
from as2.cms.algorithms import Permits
from as2.cms.signature import read_signature
from as2.cms.verifying import Verified, verify
from as2.digests import CANONICALISATIONS, Canonicalisation, EntityDigests, normalise
from as2.disposition import Disposition, Verdict, parse
from as2.encoding import decoded
from as2.fault import As2Fault, Unreadable
from as2.headers import ContentType, Headers, parse_block
from as2.identifiers import same_message_id, stated_name, unquote_name
from as2.mic import Mic, read_mic
from as2.multipart import PartReader, boundary_of, split_multipart
from as2.tolerance import ToleranceId, Tolerated

LARGEST: Final = 4 * 1024 * 1024
"""Bytes of a body that is read as an MDN: a few kilobytes, and what a peer may think fit to return with them."""
LONGEST_TEXT: Final = 4_000
"""Characters of the human text that are kept."""

SignatureState = Literal["verified", "unsigned", "unverified"]

_REPORT = "multipart/report"
_SIGNED = "multipart/signed"
_NOTIFICATION = "message/disposition-notification"
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_GRAVITY: Final[tuple[Verdict, ...]] = ("failed", "error", "unclear", "warning", "processed")
_TYPED = re.compile(r"[A-Za-z0-9-]+[ \t]*;[ \t]*")


class MdnSignature(msgspec.Struct, frozen=True, kw_only=True):
    """Who says what an MDN says."""

    state: SignatureState
    verified: Verified | None = None
    """Which pinned certificate, over which form of the bytes."""
    cause: str = ""
    """Why it is unverified, as a stable id."""
    why: str = ""
    """Why it is unverified, for the operator."""


class ReadMdn(msgspec.Struct, frozen=True, kw_only=True):
    """What an MDN says, and what that is worth."""

    signature: MdnSignature
    disposition: Disposition
    original_message_id: str | None
    """As it is written; ``None`` when it is missing or empty."""
    mic: Mic | None
    final_recipient: str | None
    """Unquoted and without ``rfc822;``; for the log only."""
    as2_from: str | None
    as2_to: str | None
    """Unquoted, where the fields are there and legal; names never prove anything."""
    message_id: str | None
    reporting_ua: str | None
    text: str
    """What it tells a person, without control characters."""
    tolerated: frozenset[ToleranceId]
    """Ids of the oddities."""


class _Entity(msgspec.Struct):
    """One part, in memory."""

    headers: Headers
    content: bytes


def is_mdn(headers: Headers, start: bytes) -> bool:
    """Whether a body is an MDN, by its Content-Type and, where that says signed, by the part in ``start``.

    ``start`` is the beginning of the body; a few thousand bytes are plenty.
    """
    try:
        content_type = headers.content_type()
        if content_type is not None and content_type.media == _SIGNED:
            plain = decoded([start], headers.get("Content-Transfer-Encoding"))
            part = next(split_multipart(plain, boundary_of(content_type)), None)
            content_type = part.headers.content_type() if part is not None else None
    except Unreadable:
        return False
    return content_type is not None and _is_report(content_type)


def read_mdn(
    headers: Headers,
    body: bytes,
    *,
    pinned: Sequence[Certificate],
    permits: Permits,
    order: Sequence[Canonicalisation] = CANONICALISATIONS,
) -> ReadMdn:
    """What the MDN says, and whether one of the ``pinned`` certificates says so.

    ``order`` are the forms of line ends to try, the partner's usual one first. :class:`Unreadable` when there is no
    MDN in the body.
    """
    if len(body) > LARGEST:
        raise Unreadable("mdn-too-large", f"An MDN of {len(body)} bytes; {LARGEST} are the most.")
    tolerated: Tolerated = set()
    encoding = headers.get("Content-Transfer-Encoding")
    whole = b"".join(decoded([body], encoding, tolerated))
    if encoding is not None and encoding.lower() == "base64":
        tolerated.add("body-base64")
    content_type = headers.content_type(tolerated)
    signature = MdnSignature(state="unsigned")
    entity = _Entity(headers, whole)
    noted: frozenset[ToleranceId] = frozenset()
    if content_type is not None and content_type.media == _SIGNED:
        parts, fault = _collected(split_multipart([whole], boundary_of(content_type), tolerated=tolerated))
        if not parts:
            raise fault or Unreadable("no-mdn", "The multipart/signed has no parts.")
        entity = parts[0]
        signature = _verified(parts, fault, pinned=pinned, permits=permits, order=order, tolerated=tolerated)
        tolerated |= _signed_oddities(content_type, parts[1:2], signature.verified)
        if signature.verified is not None:
            noted = signature.verified.tolerances
        content_type = entity.headers.content_type(tolerated)
        entity = _Entity(entity.headers, _plain(entity, tolerated))
    if content_type is None or not _is_report(content_type):
        found = content_type.media if content_type is not None else "nothing that has a Content-Type"
        raise Unreadable("no-mdn", f"This is no MDN but {found}.")
    notification, text, fault = _taken_apart(entity, content_type, tolerated)
    if fault is not None and signature.state == "unsigned":
        # Cut short, "processed/Error" may read "processed".
        signature = MdnSignature(state="unverified", cause=fault.cause, why=str(fault))
    return _read(headers, notification, signature=signature, text=text, tolerated=tolerated, noted=noted)


def oddities(
    mdn: ReadMdn, *, message_id: str, as2_to: str, signed_receipt: bool, as2_from: str | None = None
) -> frozenset[ToleranceId]:
    """What is odd about an MDN beside the message that it answers.

    ``message_id`` is as it was sent, ``as2_to`` the name, unquoted, that it was sent to; ``signed_receipt`` says that a
    signed MDN was asked for. ``as2_from`` is given for an MDN that came on a connection of its own, which has to name
    both parties (RFC 4130, 6.2).
    """
    found: set[ToleranceId] = set()
    if as2_from is not None and (mdn.as2_from, mdn.as2_to) != (as2_to, as2_from):
        found.add("mdn-names-differ")
    if signed_receipt and mdn.signature.state == "unsigned":
        found.add("mdn-unsigned")
    named = mdn.original_message_id
    if named is not None and named != message_id and same_message_id(named, message_id):
        found.add("original-message-id-changed")
    if mdn.final_recipient != as2_to:
        found.add("final-recipient-differs")
    return frozenset(found)


def _is_report(content_type: ContentType) -> bool:
    if content_type.media == _NOTIFICATION:
        return True
    kind = content_type.parameters.get("report-type", "disposition-notification")
    return content_type.media == _REPORT and kind.lower() == "disposition-notification"


def _collected(parts: PartReader) -> tuple[list[_Entity], Unreadable | None]:
    """The parts that came whole, or began to, and what ended them before their time."""
    found: list[_Entity] = []
    try:
        for part in parts:
            entity = _Entity(part.headers, b"")
            found.append(entity)
            pieces: list[bytes] = []
            try:
                pieces.extend(part.content)
            finally:
                entity.content = b"".join(pieces)
    except Unreadable as fault:
        return found, fault
    return found, None


def _verified(
    parts: Sequence[_Entity],
    fault: Unreadable | None,
    *,
    pinned: Sequence[Certificate],
    permits: Permits,
    order: Sequence[Canonicalisation],
    tolerated: Tolerated,
) -> MdnSignature:
    """Whether the second part is the signature of a pinned certificate over the first."""
    if fault is not None:
        return MdnSignature(state="unverified", cause=fault.cause, why=str(fault))
    if len(parts) < 2:
        return MdnSignature(state="unverified", cause="signature-missing", why="The signature part is missing.")
    if len(parts) > 2:
        why = f"{len(parts) - 2} parts stand beside the signed part and its signature."
        return MdnSignature(state="unverified", cause="content-outside-signature", why=why)
    signed, detached = parts
    digests = EntityDigests(permits.readable_digests)
    digests.update_header(signed.headers.raw_block)
    digests.update(signed.content)
    try:
        signature = read_signature(_signature_bytes(detached, tolerated))
        verified = verify(signature, digests.digest, order=order, pinned=pinned, permits=permits)
    except As2Fault as refused:
        return MdnSignature(state="unverified", cause=refused.cause, why=str(refused))
    if verified.direct and not signed.headers.raw_block:
        # Without attributes, what looks like signed attributes could be passed off as content; an entity has headers.
        return MdnSignature(
            state="unverified", cause="entity-without-headers", why="What was signed is no MIME entity."
        )
    if verified.canonicalisation == "crlf-headers":
        tolerated.add("digest-crlf-headers")
    elif verified.canonicalisation == "crlf-all":
        tolerated.add("digest-crlf-all")
    return MdnSignature(state="verified", verified=verified)


def _signed_oddities(content_type: ContentType, detached: Sequence[_Entity], verified: Verified | None) -> Tolerated:
    """What is odd about the frame of a signature; CMS alone tells which algorithm it is (RFC 8551 §3.5.3)."""
    found: Tolerated = set()
    if "protocol" not in content_type.parameters:
        found.add("protocol-missing")
    micalg = content_type.parameters.get("micalg")
    if micalg is None:
        found.add("micalg-missing")
    elif verified is not None and normalise(micalg) != verified.digest_name:
        found.add("micalg-differs")
    for part in detached:
        kind = _kind(part, found)
        if kind is not None and kind.subtype.startswith("x-"):
            found.add("media-type-old")
    return found


def _signature_bytes(part: _Entity, tolerated: Tolerated) -> bytes:
    encoding = (part.headers.get("Content-Transfer-Encoding") or "").lower()
    if part.content[:1] == b"\x30":
        if encoding not in ("binary", "8bit"):
            tolerated.add("signature-part-binary")
        return part.content
    # Base64, which reading the signature takes off whatever the part says.
    return _plain(part, tolerated) if encoding == "quoted-printable" else part.content


def _plain(part: _Entity, tolerated: Tolerated) -> bytes:
    return b"".join(decoded([part.content], part.headers.get("Content-Transfer-Encoding"), tolerated))


def _taken_apart(
    entity: _Entity, content_type: ContentType, tolerated: Tolerated
) -> tuple[bytes, str, Unreadable | None]:
    """The notification, the human text, and what ended the report before its time."""
    if content_type.media == _NOTIFICATION:
        return entity.content, "", None
    if "report-type" not in content_type.parameters:
        tolerated.add("report-type-missing")
    parts, fault = _collected(split_multipart([entity.content], boundary_of(content_type), tolerated=tolerated))
    notification: bytes | None = None
    text = ""
    for part in parts:
        kind = _kind(part, tolerated)
        if kind is not None and kind.media == _NOTIFICATION:
            if notification is not None:
                raise Unreadable("disposition-repeated", "The report has two notifications.")
            notification = _plain(part, tolerated)
        elif (kind is None or kind.type == "text") and not text:
            text = _human(_plain(part, tolerated), kind)
    if notification is None:
        raise fault or Unreadable("disposition-missing", "The report has no message/disposition-notification.")
    return notification, text, fault


def _kind(part: _Entity, tolerated: Tolerated) -> ContentType | None:
    """What the part is; one whose Content-Type is malformed is as one without."""
    try:
        return part.headers.content_type(tolerated)
    except Unreadable:
        return None


def _human(content: bytes, kind: ContentType | None) -> str:
    charset = kind.parameters.get("charset", "").lower() if kind is not None else ""
    text = content.decode("latin-1" if charset.startswith(("iso-8859", "windows-125")) else "utf-8", "replace")
    kept = "".join(character for character in text[: 2 * LONGEST_TEXT] if character.isprintable() or character == "\n")
    return kept.strip()[:LONGEST_TEXT]


def _read(
    headers: Headers,
    notification: bytes,
    *,
    signature: MdnSignature,
    text: str,
    tolerated: Tolerated,
    noted: frozenset[ToleranceId],
) -> ReadMdn:
    fields = parse_block(b"\r\n".join(_field_lines(notification)), tolerated)
    reasons = [(name, value) for name in ("Error", "Failure", "Warning") for value in fields.all(name)]
    said = [parse(value, reasons, tolerated) for value in fields.all("Disposition")]
    if not said:
        raise Unreadable("disposition-missing", "The notification has no Disposition.")
    mic = fields.get("Received-Content-MIC")
    return ReadMdn(
        signature=signature,
        # Where it is stated twice, the gravest counts.
        disposition=min(said, key=lambda each: _GRAVITY.index(each.verdict)),
        original_message_id=fields.get("Original-Message-ID") or None,
        mic=read_mic(mic, tolerated) if mic else None,
        final_recipient=_recipient(fields.get("Final-Recipient")),
        as2_from=_name(headers, "AS2-From"),
        as2_to=_name(headers, "AS2-To"),
        message_id=headers.get("Message-ID"),
        reporting_ua=fields.get("Reporting-UA"),
        text=text,
        tolerated=noted | tolerated,
    )


def _field_lines(notification: bytes) -> Iterable[bytes]:
    """The lines that are fields or go on with one; empty lines and junk between them are passed over."""
    going_on = False
    for line in notification.splitlines():
        if line[:1] in (b" ", b"\t"):
            if going_on and line.strip():
                yield line
        else:
            going_on = _FIELD.match(line) is not None
            if going_on:
                yield line


def _recipient(value: str | None) -> str | None:
    if not value:
        return None
    stated = _TYPED.sub("", value, count=1) if _TYPED.match(value) else value
    try:
        return unquote_name(stated)
    except Unreadable:
        return stated[:200]


def _name(headers: Headers, field: Literal["AS2-From", "AS2-To"]) -> str | None:
    try:
        return stated_name(headers, field)
    except Unreadable:
        return None
