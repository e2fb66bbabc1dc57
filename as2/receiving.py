"""An AS2 message, taken apart and judged: decrypted, inflated, verified, and its MIC made (RFC 4130 sections 5 to 7).

The layers come from outside: encrypted, compressed, signed, compressed, payload; each is optional, only the order and
one compression are allowed (RFC 5402 section 3). The body is a source, so it is read as often as needed and never held:
what comes out goes into the scratch of the caller, piece by piece. **Nothing that comes out may be used before the
outcome says that the message is accepted.**

:func:`receive` never raises for what a partner sent. What is wrong becomes the outcome's ``fault``; its ``code`` is
what the partner is told. The two differ where telling would help an attacker (:mod:`as2.secrecy`). For the same reason
all of it takes the same time: wrong padding is found where the content ends, the content is read to its end whatever
else is wrong with it, and a signed part that is faulty inside is hashed to its end and its signature looked at first.

One pass computes the digests that will most likely be needed. Where the signature turns out to use another one, or fits
only with other line ends, the message is read again with those: the bytes are still there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final, Literal

import msgspec

from as2.certificates import Certificate, KeyPair
from as2.cms import oids
from as2.cms.algorithms import Permits
from as2.cms.compressing import inflate
from as2.cms.opening import Opened, open_envelope
from as2.cms.signature import Signature, read_signature
from as2.cms.verifying import Verified, verify
from as2.digests import CANONICALISATIONS, Canonicalisation, DigestName, EntityDigests, normalise
from as2.encoding import decoded
from as2.entity import read_headers
from as2.fault import (
    As2Fault,
    AuthenticationFailed,
    DispositionCode,
    Insufficient,
    Unreadable,
)
from as2.filenames import stated_filename
from as2.hashing import Hashed
from as2.headers import ContentType, Headers
from as2.heading import Heading
from as2.mic import Compression, Packaging
from as2.multipart import Limits, Part, boundary_of, split_multipart
from as2.options import chosen_digest
from as2.secrecy import Secrecy
from as2.source import ChunkReader, Entropy, Scratch, Source
from as2.suspects import SuspectDigests
from as2.tolerance import ToleranceId, Tolerated

Quirk = Literal["lf-body", "lf-all"]

_CMS_MEDIA = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SIGNATURE_MEDIA = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})
_BUSINESS = (b"UNA", b"UNB", b"ISA", b"<?xml", b"<", b"\xef\xbb\xbf<", b"\xef\xbb\xbfUN")
LARGEST_SIGNATURE: Final = 1 << 20
"""Bytes of a signature part: a few kilobytes, and chains that peers like to include."""
_QUIRK_TOLERANCES: Final[
    dict[Canonicalisation, Literal["digest-crlf-headers", "digest-crlf-all", "digest-lf-body", "digest-lf-all"]]
] = {
    "crlf-headers": "digest-crlf-headers",
    "crlf-all": "digest-crlf-all",
    "lf-body": "digest-lf-body",
    "lf-all": "digest-lf-all",
}


class Receiving(msgspec.Struct, frozen=True, kw_only=True):
    """What the profile says about messages from one partner."""

    keys: Sequence[KeyPair]
    """Ours, all that may still be in use for decrypting."""
    pinned: Sequence[Certificate]
    """The partner's, all that may verify now."""
    signed: bool = True
    encrypted: bool = True
    """Whether a message must be; it may be in any case."""
    permits: Permits = Permits()
    order: Sequence[Canonicalisation] = CANONICALISATIONS
    """The forms of line ends in which a signature is accepted, the partner's usual one first."""
    quirks: Sequence[Quirk] = ()
    """Further forms, which the profile names."""
    digests: Collection[DigestName] = ("sha256", "sha384", "sha512")
    """Algorithms that a receipt may be asked for in."""
    limits: Limits = Limits()


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One payload."""

    content: Source
    """Without its transfer encoding."""
    media_type: str
    """``type/subtype`` in lower case; empty when none was stated."""
    filename: str | None
    """As the partner states it: data, never a path (:func:`as2.filenames.safe_filename`)."""
    content_id: str | None


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message."""

    fault: As2Fault | None
    """Why it is not accepted, for the operator; ``None`` when it is."""
    code: DispositionCode
    """What the partner is told."""
    packaging: Packaging
    """As far as it was taken apart."""
    documents: tuple[Document, ...]
    """The payloads, the root first; empty unless accepted."""
    mic: tuple[DigestName, bytes] | None
    """Of the bytes that RFC 4130 and RFC 5402 want hashed; ``None`` when it was not read that far, or where it would be
    the digest of something that the sender of changed ciphertext does not know."""
    verified: Verified | None
    opened: Opened | None
    tolerated: frozenset[ToleranceId]
    """Ids of the oddities that were accepted on the way."""

    @property
    def accepted(self) -> bool:
        """Whether the documents may be used."""
        return self.fault is None


class _More(Exception):
    """The message has to be read again with these digests too."""

    def __init__(self, names: frozenset[DigestName], *, canonical: bool) -> None:
        super().__init__()
        self.names = names
        self.canonical = canonical


def receive(
    headers: Headers, heading: Heading, body: Source, terms: Receiving, *, scratch: Scratch, entropy: Entropy
) -> Received:
    """What became of the message with these HTTP header fields and this body; never raises for what it holds.

    What reading the body itself raises, such as an ``OSError`` of a spool file, is raised.
    """
    names, fault = _likely(headers, heading, terms)
    canonical = bool(terms.order) and terms.order[0] != "raw"
    while True:
        reading = _Reading(headers, heading, body, terms, scratch, entropy, names, canonical)
        try:
            return reading.run(fault)
        except _More as more:
            names, canonical = names | more.names, canonical or more.canonical


def _likely(headers: Headers, heading: Heading, terms: Receiving) -> tuple[frozenset[DigestName], As2Fault | None]:
    """The digests that one pass will need, and the fault of a receipt that cannot be given."""
    fault: As2Fault | None = None
    wanted: DigestName = "sha256"
    if heading.receipt.wanted:
        try:
            wanted = chosen_digest(heading.receipt, supported=terms.digests, signature_digest=None)
        except As2Fault as refused:
            fault = refused
    try:
        content_type = headers.content_type()
    except Unreadable:
        content_type = None
    stated = normalise(content_type.parameters.get("micalg", "")) if content_type else None
    usable = stated if stated in terms.permits.readable_digests else None
    return frozenset({wanted, usable or wanted}), fault


class _Reading:
    """One pass over the message."""

    def __init__(
        self,
        headers: Headers,
        heading: Heading,
        body: Source,
        terms: Receiving,
        scratch: Scratch,
        entropy: Entropy,
        names: frozenset[DigestName],
        canonical: bool,
    ) -> None:
        self._headers = headers
        self._heading = heading
        self._body = body
        self._terms = terms
        self._scratch = scratch
        self._entropy = entropy
        self._names = names
        self._canonical = canonical
        self._tolerated: Tolerated = set()
        self._signed = False
        self._compression: Compression = "none"
        self._opened: Opened | None = None
        self._verified: Verified | None = None
        self._digests: EntityDigests | None = None
        """Of the entity that the MIC is over."""
        self._hashed: Hashed | None = None
        self._secrecy = Secrecy()
        self._documents: list[Document] = []

    def run(self, fault: As2Fault | None) -> Received:
        """The outcome; ``fault`` is one that was found before, and counts when nothing worse is."""
        try:
            self._entity(self._headers, self._transferred(), outermost=True)
            self._check_policy()
        except As2Fault as found:
            fault = found
        return Received(
            fault=fault,
            code=self._secrecy.told(fault) if fault is not None else "processed",
            packaging=Packaging(signed=self._signed, encrypted=self._opened is not None, compression=self._compression),
            documents=tuple(self._documents) if fault is None else (),
            mic=self._mic() if fault is None or self._secrecy.mic_of_a_fault else None,
            verified=self._verified,
            opened=self._opened,
            tolerated=frozenset(self._tolerated),
        )

    # From the outside in

    def _transferred(self) -> Iterable[bytes]:
        encoding = self._headers.get("Content-Transfer-Encoding")
        if encoding is not None and encoding.strip().lower() == "base64":
            self._tolerated.add("body-base64")
            return decoded(self._body.chunks(), encoding, self._tolerated)
        return self._body.chunks()

    def _entity(self, headers: Headers, chunks: Iterable[bytes], *, outermost: bool = False) -> None:
        content_type = headers.content_type(self._tolerated)
        if content_type is not None and content_type.media in _CMS_MEDIA:
            if content_type.media.startswith("application/x-"):
                self._tolerated.add("media-type-old")
            plain = chunks if outermost else decoded(chunks, headers.get("Content-Transfer-Encoding"), self._tolerated)
            self._cms(content_type, plain, outermost=outermost)
        elif content_type is not None and content_type.media == "multipart/signed":
            self._multipart_signed(content_type, chunks)
        else:
            self._payload(headers, content_type, chunks, outermost=outermost)

    def _cms(self, content_type: ContentType, chunks: Iterable[bytes], *, outermost: bool) -> None:
        reader = ChunkReader(chunks)
        kind = _kind(content_type, reader.peek(64))
        if kind == "compressed":
            self._compressed(reader.rest())
        elif kind == "encrypted" and outermost:
            # Opening reads it more than once; what had to be decoded first is kept for that.
            same = self._headers.get("Content-Transfer-Encoding") or "binary"
            content = self._body if same.strip().lower() != "base64" else self._scratch.keep(reader.rest())
            self._encrypted(content)
        elif kind == "encrypted":
            raise Unreadable(
                "encrypted-inside",
                "A signature or compression stands around the encryption, where anybody could have put it: the partner"
                " must encrypt last.",
            )
        else:
            raise Unreadable(
                "cms-unknown", f"The CMS content is {kind}: AS2 has enveloped, compressed and detached signed data."
            )

    def _encrypted(self, content: Source) -> None:
        opened = open_envelope(
            content, keys=self._terms.keys, permits=self._terms.permits, entropy=self._entropy, late=True
        )
        self._opened = opened
        self._secrecy.opened(opened.form)
        self._tolerated |= opened.tolerances
        chunks = opened.content.chunks()
        try:
            self._inner(chunks)
        except As2Fault:
            # How long it takes does not tell how far it was read; and if the padding is wrong, that is the cause.
            for _ in chunks:
                pass
            raise

    def _compressed(self, chunks: Iterable[bytes]) -> None:
        if self._compression != "none":
            raise Unreadable("compressed-twice", "A message is compressed once (RFC 5402 section 3), this one twice.")
        self._compression = "before-signing" if self._signed else "after-signing"
        limit = self._terms.limits.inflated_from(self._body.size)
        self._inner(inflate(chunks, limit=limit, tolerated=self._tolerated))

    def _inner(self, chunks: Iterable[bytes]) -> None:
        """The entity inside a CMS layer: its own headers, then its content."""
        reader = ChunkReader(chunks)
        headers = self._header_block(reader)
        if not self._signed:
            self._secrecy.around(headers.raw_block)
        self._entity(headers, reader.rest())
        # What checks a padding, a tag or the end of a stream does so at its end.
        for piece in reader.rest():
            if piece.strip():
                self._tolerated.add("epilogue")

    def _header_block(self, reader: ChunkReader) -> Headers:
        start = reader.peek(64)
        headers = read_headers(reader, self._terms.limits.header_block, self._tolerated)
        return headers if headers.raw_block else self._bare(start)

    def _bare(self, start: bytes) -> Headers:
        """What has no headers may be a document all the same: if nothing else is demanded, and if it looks like one."""
        if self._terms.signed or not start.lstrip().startswith(_BUSINESS):
            raise Unreadable("entity-malformed", "What was inside is no MIME entity: no header field begins it.")
        self._tolerated.add("entity-without-headers")
        return Headers()

    # The signature

    def _multipart_signed(self, content_type: ContentType, chunks: Iterable[bytes]) -> None:
        if self._signed:
            raise Unreadable("signed-twice", "A message is signed once, this one twice.")
        self._signed = True
        self._note_parameters(content_type)
        around: Tolerated = set()
        parts = split_multipart(
            chunks, boundary_of(content_type), limits=self._terms.limits, tolerated=around, late=True
        )
        first = next(parts, None)
        if first is None:
            raise parts.short("the signed part")
        digests = self._digests = EntityDigests(self._names, canonical=self._canonical)
        suspects = SuspectDigests(self._names) if self._terms.quirks and self._canonical else None
        digests.update_header(first.header_bytes)
        if suspects is not None:
            suspects.update_header(first.header_bytes)
        content = self._hashed = Hashed(first.content, digests, suspects)
        inside: As2Fault | None = None
        try:
            self._entity(first.headers, content)
        except As2Fault as fault:
            if content.broken:
                raise
            inside = fault
        for _ in content:
            pass
        second = next(parts, None)
        if second is None:
            raise parts.short("the signature")
        signature, text = self._signature_bytes(second)
        if next(parts, None) is not None:
            raise Unreadable("content-outside-signature", "Parts stand beside the signed part and its signature.")
        if self._opened is not None and around & {"preamble", "epilogue"}:
            # In changed ciphertext what was appended comes out here, and must look like any other damage.
            raise Unreadable("text-around-parts", "Text stands around the parts inside the encryption.")
        self._tolerated |= around
        read = read_signature(signature)
        self._secrecy.whole(second.header_bytes, text)
        self._verify(read, content_type, digests, suspects, first)
        if inside is not None:
            raise inside

    def _note_parameters(self, content_type: ContentType) -> None:
        if "protocol" not in content_type.parameters:
            self._tolerated.add("protocol-missing")
        if "micalg" not in content_type.parameters:
            self._tolerated.add("micalg-missing")

    def _signature_bytes(self, part: Part) -> tuple[bytes, bytes]:
        """The signature, and the text that it was read from; no text if it is binary."""
        content_type = part.headers.content_type(self._tolerated)
        if content_type is not None and content_type.media not in _SIGNATURE_MEDIA:
            raise Unreadable("signature-missing", f"The second part is {content_type.media} and no signature.")
        if content_type is not None and content_type.media.startswith("application/x-"):
            self._tolerated.add("media-type-old")
        reader = ChunkReader(part.content)
        data = reader.peek(LARGEST_SIGNATURE + 1)
        if len(data) > LARGEST_SIGNATURE:
            raise Unreadable("signature-too-large", f"A signature of more than {LARGEST_SIGNATURE} bytes.")
        encoding = (part.headers.get("Content-Transfer-Encoding") or "").strip().lower()
        if data.startswith(b"\x30"):
            if encoding not in ("binary", "8bit"):
                self._tolerated.add("signature-part-binary")
            return data, b""
        return b"".join(decoded([data], encoding or "base64", self._tolerated)), data

    def _verify(
        self,
        signature: Signature,
        content_type: ContentType,
        digests: EntityDigests,
        suspects: SuspectDigests | None,
        part: Part,
    ) -> None:
        def digest_of(name: DigestName, form: Canonicalisation) -> bytes:
            if name not in self._names:
                raise _More(frozenset({name}), canonical=False)
            if form != "raw" and not self._canonical:
                raise _More(frozenset(), canonical=True)
            if form in ("lf-body", "lf-all"):
                return suspects.digest(name, form) if suspects is not None else b""
            return digests.digest(name, form)

        verified = verify(
            signature,
            digest_of,
            order=(*self._terms.order, *self._terms.quirks),
            pinned=self._terms.pinned,
            permits=self._terms.permits,
        )
        if verified.direct and not part.header_bytes.strip():
            # Without attributes, what looks like signed attributes could be passed off as content.
            raise AuthenticationFailed("entity-without-headers", "What was signed is no MIME entity.")
        if normalise(content_type.parameters.get("micalg", "")) not in (None, verified.digest_name):
            self._tolerated.add("micalg-differs")
        if tolerance := _QUIRK_TOLERANCES.get(verified.canonicalisation):
            self._tolerated.add(tolerance)
        self._tolerated |= verified.tolerances
        self._verified = verified
        self._secrecy.proven()

    # The payload

    def _payload(
        self, headers: Headers, content_type: ContentType | None, chunks: Iterable[bytes], *, outermost: bool
    ) -> None:
        if self._signed:
            self._documents_in(headers, content_type, chunks, outermost=outermost)
            return
        digests = self._digests = EntityDigests(self._names, canonical=False)
        if not outermost:
            digests.update_header(headers.raw_block)
        content = self._hashed = Hashed(chunks, digests)
        try:
            self._documents_in(headers, content_type, content, outermost=outermost)
        except As2Fault:
            # The MIC is over all of it, however little of it was understood.
            for _ in content:
                pass
            raise

    def _documents_in(
        self, headers: Headers, content_type: ContentType | None, chunks: Iterable[bytes], *, outermost: bool
    ) -> None:
        if content_type is not None and content_type.media == "multipart/related":
            self._related(content_type, chunks)
        elif content_type is not None and content_type.type == "multipart":
            raise Unreadable("multipart-unknown", f"A payload of {content_type.media} is not AS2 (RFC 6362).")
        else:
            # What was decoded as a whole, because the transfer was in base64, is not decoded again.
            encoding = None if outermost else headers.get("Content-Transfer-Encoding")
            self._documents.append(self._document(headers, content_type, chunks, encoding))

    def _related(self, content_type: ContentType, chunks: Iterable[bytes]) -> None:
        """Several documents (RFC 6362), accepted or refused together; the root is brought to the front."""
        if "type" not in content_type.parameters:
            self._tolerated.add("related-without-type")
        parts = split_multipart(chunks, boundary_of(content_type), limits=self._terms.limits, tolerated=self._tolerated)
        for part in parts:
            encoding = part.headers.get("Content-Transfer-Encoding")
            own = part.headers.content_type(self._tolerated)
            self._documents.append(self._document(part.headers, own, part.content, encoding))
        if not self._documents:
            raise parts.short("any document")
        start = content_type.parameters.get("start")
        self._documents.sort(key=lambda each: start is None or each.content_id != start)

    def _document(
        self, headers: Headers, content_type: ContentType | None, chunks: Iterable[bytes], encoding: str | None
    ) -> Document:
        if content_type is None:
            self._tolerated.add("content-type-missing")
        return Document(
            content=self._scratch.keep(decoded(chunks, encoding, self._tolerated)),
            media_type=content_type.media if content_type else "",
            filename=stated_filename(headers, self._tolerated),
            content_id=headers.get("Content-ID"),
        )

    # The outcome

    def _check_policy(self) -> None:
        if self._terms.encrypted and self._opened is None:
            raise Insufficient("not-encrypted", "The message is not encrypted, and the profile demands it.")
        if self._terms.signed and self._verified is None:
            raise Insufficient("not-signed", "The message is not signed, and the profile demands it.")

    def _mic(self) -> tuple[DigestName, bytes] | None:
        if self._digests is None or self._hashed is None or not self._hashed.whole:
            return None
        own = self._verified.digest_name if self._verified else None
        try:
            name = chosen_digest(self._heading.receipt, supported=self._terms.digests, signature_digest=own)
        except As2Fault:
            return None
        if name not in self._names:
            raise _More(frozenset({name}), canonical=False)
        form: Canonicalisation = self._verified.canonicalisation if self._verified else "raw"
        if form in ("lf-body", "lf-all"):
            # The partner hashed other bytes than it sent; it will look for the digest of what it has.
            form = "raw"
        return name, self._digests.digest(name, form)


def _kind(content_type: ContentType, start: bytes) -> str:
    """Which CMS layer it is: by what it says in its first bytes, for products mislabel it; in words when unknown."""
    kinds = {
        oids.ENVELOPED_DATA: "encrypted",
        oids.AUTH_ENVELOPED_DATA: "encrypted",
        oids.COMPRESSED_DATA: "compressed",
        oids.SIGNED_DATA: "signed data with its content inside",
    }
    # The identifier stands right behind the first header, which has 2 to 6 bytes.
    for oid, kind in kinds.items():
        if 0 <= start.find(oid) <= 8:
            return kind
    stated = content_type.parameters.get("smime-type", "").lower()
    return {"enveloped-data": "encrypted", "authenveloped-data": "encrypted", "compressed-data": "compressed"}.get(
        stated, f"{stated or 'not stated'} and cannot be recognised"
    )
