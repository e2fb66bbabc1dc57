"""What holds of every body that anybody can post, whatever its bytes are: the laws, one function for each target.

Each takes a file of its target and returns what it showed, so that the runner knows what is new. A law that does not
hold raises :class:`Broken`, or whatever escaped. The laws are the same everywhere:

- only faults of the package come out, and its internal exceptions stay inside;
- how bytes are cut into pieces changes nothing;
- what claims to be vouched for (a verified MDN, an accepted message) is what a seed said, line ends aside: nobody can
  forge by changing bytes;
- nothing is larger than the limits say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Final

import msgspec

from as2 import response
from as2.capture import read_capture
from as2.cem import is_exchange, read_exchange
from as2.certificates import Certificate, KeyPair, Unusable, load_certificates
from as2.cms.algorithms import Permits
from as2.cms.compressing import inflate
from as2.cms.opening import open_envelope
from as2.cms.signature import read_signature
from as2.cms.verifying import verify
from as2.diagnosis import diagnose
from as2.disposition import parse as parse_disposition
from as2.fault import As2Fault, Unreadable, Unwritable
from as2.filenames import safe_filename, stated_filename
from as2.headers import Headers, parse_block, write_block
from as2.heading import read_heading
from as2.identifiers import bare_message_id
from as2.mdn_reading import is_mdn, oddities, read_mdn
from as2.mic import compare
from as2.multipart import Limits, boundary_of, split_multipart
from as2.options import chosen_digest, read_request
from as2.receiving import Received, Receiving, receive
from as2.response import Attempt
from as2.source import BytesSource, MemoryScratch
from as2.tolerance import Tolerated
from tests.as2.keys import KEYS, certificate_of, pair_of
from tests.fuzz.as2.corpus import VECTORS, entity_of, seeds

NOW: Final = datetime(2026, 12, 1, 9, 31, tzinfo=UTC)
MOST: Final = 1 << 20
"""Bytes that a compressed layer may become here; damaged files are far smaller."""
PIECES: Final = (1, 7, 64)
_LIMITS: Final = Limits(inflated=MOST)
_EVERYTHING: Final = Permits(
    digests=frozenset({"sha1", "md5"}), ciphers=frozenset({"3des-cbc", "rc2-cbc"}), smallest_rsa=512
)
_FORBIDDEN_IN_NAMES: Final = re.compile(r"[/\\\x00-\x1f\x7f]")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
Law = Callable[[bytes], Hashable]


class Broken(Exception):
    """A law that a file breaks."""


def _held(holds: bool, law: str) -> None:
    if not holds:
        raise Broken(law)


def _entropy(count: int) -> bytes:
    """The same bytes each time: what a file shows is to be shown again."""
    return sha256(b"fuzz").digest()[:count].ljust(count, b"\x5a")


class _Pieces(msgspec.Struct, frozen=True):
    """A source in pieces of one size."""

    data: bytes
    piece: int

    @property
    def size(self) -> int:
        return len(self.data)

    def chunks(self) -> Iterator[bytes]:
        return _cut(self.data, self.piece)


def _cut(data: bytes, piece: int) -> Iterator[bytes]:
    return (data[at : at + piece] for at in range(0, len(data), piece))


def _piece_for(data: bytes) -> int:
    """The size of piece that this file is read in beside being read whole: small files meet the smallest."""
    return PIECES[len(data) % len(PIECES)] if len(data) < 4_000 else PIECES[-1]


def _plain(data: bytes) -> bytes:
    """The content, whatever ends its lines."""
    return re.sub(rb"\r\n|\r", b"\n", data)


def _text(tolerated: Iterable[str]) -> str:
    return " ".join(sorted(tolerated))


# Header fields


def headers(data: bytes) -> Hashable:
    """A header block: fields or a fault; what can be written is read back as it was."""
    tolerated: Tolerated = set()
    try:
        block = parse_block(data, tolerated)
    except Unreadable as fault:
        return fault.cause
    shown: list[str] = [str(min(len(block.fields), 12))]
    looks: tuple[Callable[[], str], ...] = (
        lambda: _heading(block, tolerated),
        lambda: _content_type(block, tolerated),
        lambda: _filename(block, tolerated),
        lambda: chosen_digest(read_request(block), supported=["sha256"], signature_digest=None),
        lambda: _written(block),
    )
    for look in looks:
        try:
            shown.append(look())
        except As2Fault as fault:
            shown.append(fault.cause)
    for value in block.all("Disposition"):
        said = parse_disposition(value, [("Error", value)], tolerated)
        shown.append(said.verdict)
    for value in block.all("Retry-After"):
        wait = response.retry_after(value, NOW)
        _held(wait is None or wait <= response.LONGEST_WAIT, "a wait has a limit")
    return (*shown, _text(tolerated))


def _heading(block: Headers, tolerated: Tolerated) -> str:
    heading = read_heading(block, tolerated)
    for name in (heading.sender, heading.receiver):
        _held(0 < len(name) <= 128 and not _CONTROLS.search(name), "a name is 1 to 128 characters, no controls")
    message_id = heading.message_id or ""
    _held(len(message_id) <= 998 and not _CONTROLS.search(message_id), "a Message-ID can be echoed")
    return f"heading {bool(bare_message_id(message_id))} {heading.receipt.wanted} {heading.receipt.asynchronous}"


def _content_type(block: Headers, tolerated: Tolerated) -> str:
    found = block.content_type(tolerated)
    return "none" if found is None else _text(found.parameters)[:80]


def _filename(block: Headers, tolerated: Tolerated) -> str:
    stated = stated_filename(block, tolerated)
    if stated is None:
        return "no name"
    safe = safe_filename(stated)
    if safe is None:
        return "nothing left of the name"
    _held(not _FORBIDDEN_IN_NAMES.search(safe), "a safe name has no separators and no controls")
    _held(len(safe.encode()) <= 255 and safe not in (".", ".."), "a safe name is the name of a file")
    _held(safe_filename(safe) == safe, "a safe name stays as it is")
    return f"name {safe == stated}"


def _written(block: Headers) -> str:
    fields = [(name.decode("latin-1"), value.decode("latin-1").strip()) for name, value in block.fields]
    try:
        written = write_block(fields)
    except Unwritable:
        return "unwritable"
    again = [(name.decode("latin-1"), value.decode("latin-1").strip()) for name, value in parse_block(written).fields]
    _held(again == fields, "what is written is read back")
    return "written"


# MIME


def mime(data: bytes) -> Hashable:
    """An entity with several parts: the same parts, the same fault, however it is cut."""
    whole = _parts(data, len(data) or 1)
    _held(whole == _parts(data, _piece_for(data)), "how a multipart is cut changes nothing")
    parts, cause, oddities_ = whole
    return len(parts), cause, oddities_


def _parts(data: bytes, piece: int) -> tuple[list[tuple[bytes, bytes]], str, str]:
    found: list[tuple[bytes, bytes]] = []
    tolerated: Tolerated = set()
    block, body = entity_of(data)
    cause = ""
    try:
        content_type = parse_block(block, tolerated).content_type(tolerated)
        if content_type is None:
            return found, "no content type", _text(tolerated)
        for part in split_multipart(_cut(body, piece), boundary_of(content_type), tolerated=tolerated):
            found.append((part.headers.raw_block, b"".join(part.content)))
            _held(len(part.headers.raw_block) <= Limits().header_block + 4, "header blocks have a limit")
    except Unreadable as fault:
        cause = fault.cause
    _held(len(found) <= Limits().parts, "parts have a limit")
    return found, cause, _text(tolerated)


# CMS


def cms(data: bytes) -> Hashable:
    """A CMS object, read as a signature, as an envelope, as something compressed and as certificates."""
    return _signature(data), _envelope(data), _compressed(data), _certificates(data)


def _signature(data: bytes) -> str:
    try:
        signature = read_signature(data)
        digest = signature.message_digest or b"\0" * 32
        verified = verify(signature, lambda *_: digest, pinned=_pinned(), permits=_EVERYTHING)
    except As2Fault as fault:
        return fault.cause
    # The digest is whatever it says: so what verifies is a seed's attributes, which cannot be changed.
    _held(digest in _signed_digests(), "attributes that verify are those of a seed")
    return f"{verified.digest_name} {_text(verified.tolerances)}"


def _envelope(data: bytes) -> str:
    outcomes = {_opened(data, len(data) or 1), _opened(data, _piece_for(data))}
    _held(len(outcomes) == 1, "how an envelope is cut changes nothing")
    return outcomes.pop()[0]


def _opened(data: bytes, piece: int) -> tuple[str, bytes]:
    try:
        opened = open_envelope(_Pieces(data, piece), keys=_keys(), permits=_EVERYTHING, entropy=_entropy)
        content = b"".join(opened.content.chunks())
    except As2Fault as fault:
        return fault.cause, b""
    _held(len(content) <= len(data), "what comes out of an envelope is not larger than it")
    return f"{opened.cipher} {opened.form} {_text(opened.tolerances)}", sha256(content).digest()


def _compressed(data: bytes) -> str:
    outcomes = {_inflated(data, len(data) or 1), _inflated(data, _piece_for(data))}
    _held(len(outcomes) == 1, "how something compressed is cut changes nothing")
    return outcomes.pop()[0]


def _inflated(data: bytes, piece: int) -> tuple[str, bytes]:
    tolerated: Tolerated = set()
    digest, size = sha256(), 0
    try:
        for chunk in inflate(_cut(data, piece), limit=MOST, tolerated=tolerated):
            size += len(chunk)
            digest.update(chunk)
            _held(size <= MOST, "inflating has a limit")
    except As2Fault as fault:
        return fault.cause, b""
    return f"inflated {_text(tolerated)}", digest.digest()


def _certificates(data: bytes) -> str:
    try:
        found = load_certificates(data)
    except Unusable:
        return "unusable"
    for each in found:
        _held(len(each.sha256) == 64 and len(str(each.subject)) < 100_000, "a certificate has a name and a print")
    return f"{min(len(found), 4)} certificates"


# MDN


def mdn(data: bytes) -> Hashable:
    """A receipt: never verified unless a seed said the very same."""
    block, body = entity_of(data)
    try:
        fields = parse_block(block)
    except Unreadable as fault:
        return fault.cause
    looks = is_mdn(fields, body[:4096])
    try:
        read = read_mdn(fields, body, pinned=_pinned(), permits=_EVERYTHING)
    except Unreadable as fault:
        return looks, fault.cause
    if read.signature.state == "verified":
        _held(_signed_part(data) in _signed_receipts(), "a receipt that verifies is a seed's")
    if read.signature.verified is None:
        _held(read.signature.state != "verified", "a signer is named where there is one")
    _held(len(read.text) <= 4_000 and "\0" not in read.text, "the human text has a limit")
    odd = oddities(read, message_id="<1@us.example>", as2_to="ACME", signed_receipt=True)
    verdict = compare(read.mic, [], requested="sha256")
    attempt = Attempt(number=2, message_id="1@us.example", receipt="sync", signed_receipt=True)
    outcome = response.judge_answer(attempt, 200, fields, mdn=read, mic=verdict, now=NOW)
    _held(outcome.result != "delivered", "a receipt for nothing that we sent delivers nothing")
    return (
        looks,
        read.signature.state,
        read.signature.cause,
        read.disposition.verdict,
        outcome.reason,
        _text({*read.tolerated, *odd}),
    )


def _signed_part(data: bytes) -> bytes:
    """The digest of what its signature is about, line ends aside."""
    block, body = entity_of(data)
    fields = parse_block(block)
    content_type = fields.content_type()
    if content_type is None or content_type.media != "multipart/signed":
        return b""
    # A receipt may be in base64 as a whole; then reading it whole is what has to be the same.
    if (fields.get("Content-Transfer-Encoding") or "").lower() in ("base64", "quoted-printable"):
        return b"encoded"
    for part in split_multipart([body], boundary_of(content_type)):
        return sha256(_plain(part.header_bytes + b"".join(part.content))).digest()
    return b""


# Messages


def message(data: bytes) -> Hashable:
    """A request: an outcome, the same however it is cut; what is accepted is what a seed's sender signed."""
    block, body = entity_of(data)
    try:
        fields = parse_block(block)
        heading = read_heading(fields)
    except Unreadable as fault:
        return fault.cause
    told: list[Hashable] = []
    for terms in _terms():
        whole, pieces = (
            receive(fields, heading, _Pieces(body, piece), terms, scratch=MemoryScratch(), entropy=_entropy)
            for piece in (len(body) or 1, _piece_for(body))
        )
        _held(_summary(whole) == _summary(pieces), "how a message is cut changes nothing")
        _sound(whole, terms)
        told.append((whole.code, whole.fault.cause if whole.fault else "", _text(whole.tolerated)))
        if whole.fault is not None and terms.signed:
            found = diagnose(
                whole.fault,
                fields,
                heading,
                BytesSource(body),
                terms,
                known=_pinned(),
                entropy=_entropy,
                scratch=MemoryScratch(),
            )
            told.append(found.cause)
        if is_exchange(whole.documents):
            try:
                read_exchange(whole.documents, sender=heading.sender)
            except Unreadable as fault:
                told.append(fault.cause)
    return tuple(told)


def _sound(outcome: Received, terms: Receiving) -> None:
    _held(outcome.accepted == (outcome.code == "processed"), "what is accepted is processed, and nothing else")
    _held(outcome.accepted or not outcome.documents, "nothing comes out of what is refused")
    _held(outcome.code != "decryption-failed" or outcome.mic is None, "what was not decrypted has no MIC")
    _held(sum(each.content.size for each in outcome.documents) <= MOST + (1 << 17), "documents have a limit")
    if outcome.accepted and terms.signed:
        _held(outcome.verified is not None, "what had to be signed was")
        for each in outcome.documents:
            content = sha256(_plain(b"".join(each.content.chunks()))).digest()
            _held(content in _signed_documents(), "what is accepted is what was signed")


def _summary(outcome: Received) -> Hashable:
    documents = tuple(sha256(b"".join(each.content.chunks())).digest() for each in outcome.documents)
    # What was noticed on the way to a fault is for the log; how far that was depends on the pieces.
    noticed = outcome.tolerated if outcome.accepted else frozenset()
    return outcome.code, outcome.fault.cause if outcome.fault else "", documents, outcome.mic, noticed


# A file that somebody saved


def capture(data: bytes) -> Hashable:
    """A saved request or answer, in whatever form."""
    found = read_capture(data)
    _held(len(found.body) <= len(data), "what is saved is not larger than its file")
    return found.form, len(found.remarks), found.status is None


# What the seeds are


@cache
def _pinned() -> list[Certificate]:
    partners = [VECTORS / "mdn" / "keys" / f"{name}.pem" for name in ("partner", "partner-ec")]
    ours = [KEYS / f"{name}.pem" for name in ("rsa", "p256", "p384", "ed25519", "rsa-1024")]
    return [each for file in (*partners, *ours) for each in load_certificates(file.read_bytes())]


@cache
def _keys() -> list[KeyPair]:
    return [pair_of(name) for name in ("rsa-other", "rsa", "p256", "x25519")]


@cache
def _terms() -> tuple[Receiving, Receiving]:
    pinned = [certificate_of(name) for name in ("rsa", "p256", "ed25519")]
    strict = Receiving(
        keys=_keys(), pinned=pinned, encrypted=False, permits=_EVERYTHING, quirks=["lf-body", "lf-all"], limits=_LIMITS
    )
    return strict, msgspec.structs.replace(strict, signed=False)


@cache
def _signed_receipts() -> frozenset[bytes]:
    found = set()
    for data in seeds()["mdn"]:
        try:
            found.add(_signed_part(data))
        except Unreadable:
            continue
    return frozenset(found)


@cache
def _signed_documents() -> frozenset[bytes]:
    """What the documents of the seeds are that are accepted."""
    found: set[bytes] = set()
    for data in seeds()["message"]:
        block, body = entity_of(data)
        try:
            fields = parse_block(block)
        except Unreadable:
            continue
        # A file may repair the names of a seed, and what that seed's sender signed is signed still.
        heading = read_heading(parse_block(b"AS2-From: A\r\nAS2-To: B\r\n\r\n"))
        outcome = receive(fields, heading, BytesSource(body), _terms()[0], scratch=MemoryScratch(), entropy=_entropy)
        found.update(sha256(_plain(b"".join(each.content.chunks()))).digest() for each in outcome.documents)
    return frozenset(found)


@cache
def _signed_digests() -> frozenset[bytes]:
    """The digests in the signed attributes of the seeds; a signature without attributes signs whatever it is given."""
    found = {b"\0" * 32}
    for data in seeds()["cms"]:
        try:
            found.add(read_signature(data).message_digest or b"")
        except As2Fault:
            continue
    return frozenset(found)


LAWS: Final[dict[str, Law]] = {
    "headers": headers,
    "mime": mime,
    "cms": cms,
    "mdn": mdn,
    "message": message,
    "capture": capture,
}
