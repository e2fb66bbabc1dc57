"""A message laid open for a person: its layers as a tree, as far as they can be read, whatever is wrong with them.

:func:`as2.receiving.receive` judges, and stops at the first thing that is not as it must be. Here nothing is judged:
whoever looks for a fault wants to see what is there, also where two layers are one too many, an algorithm is weak, or
the base64 of a body is not announced. A layer that cannot be read further says why in its ``fault`` and has nothing
inside; without a key that is every encrypted one. **What comes out proves nothing and must not be processed.**

:func:`measured` has the digests that a MIC may be, over every byte range and in every form of line ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from as2.certificates import KeyPair
from as2.cms import oids
from as2.cms.algorithms import WEAK_CIPHERS, Permits
from as2.cms.compressing import inflate
from as2.cms.opening import EnvelopeFacts, Opened, open_envelope, read_envelope
from as2.cms.signature import Signature, read_signature
from as2.digests import DigestName
from as2.encoding import decoded
from as2.entity import read_headers
from as2.fault import As2Fault, Unreadable
from as2.headers import ContentType, Headers, write_block
from as2.mic import Candidate, Compression, Packaging, candidates
from as2.multipart import Limits, boundary_of, split_multipart
from as2.source import ChunkReader, Entropy, Scratch, Source
from as2.tolerance import ToleranceId, Tolerated

LayerKind = Literal["encrypted", "compressed", "signed", "signature", "multipart", "content"]
"""``signed`` is a multipart/signed, ``signature`` the CMS in its second part; ``content`` is what ends a branch."""

EVERYTHING: Final = Permits(
    digests=frozenset({"md5", "sha1", "sha224"}), ciphers=WEAK_CIPHERS, smallest_rsa=1, pss_without_parameters=True
)
"""Reads what is weak as well: to see it is not to accept it."""
DEEPEST: Final = 8
"""Layers that are looked into; twice as many as a message may have."""
_CMS: Final[dict[bytes, LayerKind]] = {
    oids.ENVELOPED_DATA: "encrypted",
    oids.AUTH_ENVELOPED_DATA: "encrypted",
    oids.COMPRESSED_DATA: "compressed",
    oids.SIGNED_DATA: "signature",
}


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One layer, with what is inside it."""

    kind: LayerKind
    headers: Headers
    """Those of the entity; of the outermost layer those of the request, the answer or the file."""
    content: Source
    """What stands after the headers, in its transfer encoding."""
    inside: tuple[Layer, ...] = ()
    fault: As2Fault | None = None
    """Why it was not read further; ``None`` where everything could be."""
    tolerated: frozenset[ToleranceId] = frozenset()
    """Oddities of this layer alone."""
    unstated_base64: bool = False
    """Whether it is base64 and no Content-Transfer-Encoding says so."""
    envelope: EnvelopeFacts | None = None
    opened: Opened | None = None
    signature: Signature | None = None

    @property
    def media(self) -> str:
        """``type/subtype``, or nothing where it is not stated or malformed."""
        try:
            content_type = self.headers.content_type()
        except Unreadable:
            return ""
        return content_type.media if content_type is not None else ""

    def walk(self) -> Iterable[Layer]:
        """This layer and all inside it, from outside in."""
        yield self
        for each in self.inside:
            yield from each.walk()


def laid_open(
    headers: Headers,
    body: Source,
    *,
    keys: Sequence[KeyPair] = (),
    entropy: Entropy,
    scratch: Scratch,
    limits: Limits | None = None,
) -> Layer:
    """The message with these header fields and this body; never raises for what it holds."""
    return _Opening(keys, entropy, scratch, limits or Limits()).layer(headers, body, 0)


def measured(message: Layer, names: Sequence[DigestName]) -> tuple[Candidate, ...]:
    """The digests that a MIC of this message may be, the expected one first; none where its payload is not in sight."""
    layer, signed, encrypted = message, False, False
    compression: Compression = "none"
    compressed: Layer | None = None
    while layer.kind in ("encrypted", "compressed", "signed"):
        if not layer.inside:
            return ()
        if layer.kind == "compressed" and compressed is None:
            compressed, compression = layer, "before-signing" if signed else "after-signing"
        signed, encrypted = signed or layer.kind == "signed", encrypted or layer.kind == "encrypted"
        layer = layer.inside[0]
    return tuple(
        candidates(
            Packaging(signed=signed, encrypted=encrypted, compression=compression),
            (_block(layer, outermost=layer is message), layer.content),
            (_block(compressed, outermost=compressed is message), compressed.content) if compressed else None,
            expected=names,
            others=names,
        )
    )


def _block(layer: Layer, *, outermost: bool) -> bytes:
    """The header block that counts as the entity's: of a request only the fields that MIME gave it."""
    if not outermost:
        return layer.headers.raw_block
    fields = [(name.decode("ascii"), value.strip().decode("latin-1")) for name, value in layer.headers.fields]
    return write_block((name, value) for name, value in fields if name.lower().startswith("content-") and value)


class _Opening:
    """One message on the table."""

    def __init__(self, keys: Sequence[KeyPair], entropy: Entropy, scratch: Scratch, limits: Limits) -> None:
        self._keys = keys
        self._entropy = entropy
        self._scratch = scratch
        self._limits = limits

    def layer(self, headers: Headers, content: Source, depth: int, *, signature: bool = False) -> Layer:
        tolerated: Tolerated = set()
        try:
            content_type = headers.content_type(tolerated)
            if depth == DEEPEST:
                raise Unreadable("too-deep", f"More than {DEEPEST} layers; a message has at most 4.")
            if content_type is not None and content_type.type == "multipart":
                return self._multipart(headers, content, content_type, tolerated, depth)
            if signature or (content_type is not None and "pkcs7-" in content_type.subtype):
                return self._cms(headers, content, tolerated, depth)
        except As2Fault as fault:
            return Layer(kind="content", headers=headers, content=content, fault=fault, tolerated=frozenset(tolerated))
        return Layer(kind="content", headers=headers, content=content, tolerated=frozenset(tolerated))

    def _multipart(
        self, headers: Headers, content: Source, content_type: ContentType, tolerated: Tolerated, depth: int
    ) -> Layer:
        signed = content_type.media == "multipart/signed"
        inside: list[Layer] = []
        fault: As2Fault | None = None
        try:
            plain = decoded(content.chunks(), headers.get("Content-Transfer-Encoding"), tolerated)
            parts = split_multipart(plain, boundary_of(content_type), limits=self._limits, tolerated=tolerated)
            for part in parts:
                held = self._scratch.keep(part.content)
                inside.append(self.layer(part.headers, held, depth + 1, signature=signed and len(inside) == 1))
            if len(inside) < (2 if signed else 1):
                fault = parts.short("its signature" if inside else "any part")
        except As2Fault as found:
            fault = found
        return Layer(
            kind="signed" if signed else "multipart",
            headers=headers,
            content=content,
            inside=tuple(inside),
            fault=fault,
            tolerated=frozenset(tolerated),
        )

    def _cms(self, headers: Headers, content: Source, tolerated: Tolerated, depth: int) -> Layer:
        encoding = headers.get("Content-Transfer-Encoding")
        start = next(content.chunks(), b"")[:4]
        # Binary, whatever is stated; or base64, whether it is stated or not.
        unstated = start[:1] == b"M" and (encoding or "binary").strip().lower() in ("binary", "8bit", "7bit")
        plain = content
        if start[:1] != b"\x30":
            chunks = decoded(content.chunks(), "base64" if unstated else encoding, tolerated)
            plain = self._scratch.keep(chunks)
        reader = ChunkReader(plain.chunks())
        kind = _kind(reader.peek(64))
        layer = Layer(kind=kind, headers=headers, content=content, unstated_base64=unstated)
        match kind:
            case "encrypted":
                layer = self._encrypted(layer, plain, tolerated, depth)
            case "compressed":
                layer = self._compressed(layer, plain, tolerated, depth)
            case "signature":
                found = read_signature(b"".join(plain.chunks()))
                tolerated |= found.tolerances
                layer = msgspec.structs.replace(layer, signature=found)
            case _:
                raise Unreadable("cms-unknown", "This is no CMS that is known: neither DER nor base64 of it.")
        return msgspec.structs.replace(layer, tolerated=frozenset(tolerated | layer.tolerated))

    def _encrypted(self, layer: Layer, plain: Source, tolerated: Tolerated, depth: int) -> Layer:
        try:
            envelope = read_envelope(plain)
            tolerated |= envelope.tolerances
            layer = msgspec.structs.replace(layer, envelope=envelope)
            if not self._keys:
                raise Unreadable("key-missing", "It can be read further with the key of one of its recipients.")
            opened = open_envelope(plain, keys=self._keys, permits=EVERYTHING, entropy=self._entropy)
            tolerated |= opened.tolerances
            layer = msgspec.structs.replace(layer, opened=opened)
            return msgspec.structs.replace(layer, inside=(self._inner(opened.content.chunks(), tolerated, depth),))
        except As2Fault as fault:
            return msgspec.structs.replace(layer, fault=fault)

    def _compressed(self, layer: Layer, plain: Source, tolerated: Tolerated, depth: int) -> Layer:
        try:
            chunks = inflate(plain.chunks(), limit=self._limits.inflated_from(plain.size), tolerated=tolerated)
            return msgspec.structs.replace(layer, inside=(self._inner(chunks, tolerated, depth),))
        except As2Fault as fault:
            return msgspec.structs.replace(layer, fault=fault)

    def _inner(self, chunks: Iterable[bytes], tolerated: Tolerated, depth: int) -> Layer:
        reader = ChunkReader(chunks)
        headers = read_headers(reader, self._limits.header_block, tolerated)
        if not headers.raw_block:
            tolerated.add("entity-without-headers")
        return self.layer(headers, self._scratch.keep(reader.rest()), depth + 1)


def _kind(start: bytes) -> LayerKind:
    # The identifier stands right behind the first header, which has 2 to 6 bytes.
    return next((kind for oid, kind in _CMS.items() if 0 <= start.find(oid) <= 8), "content")


def cms_headers(start: bytes) -> Headers | None:
    """Header fields for a CMS that came without any, by its first bytes; ``None`` when they are none of CMS."""
    stated = {"encrypted": "enveloped-data", "compressed": "compressed-data"}
    kind = _kind(start[:64])
    if kind == "content" or start[:1] != b"\x30":
        return None
    if kind == "signature":
        return Headers().with_field("Content-Type", "application/pkcs7-signature")
    return Headers().with_field("Content-Type", f"application/pkcs7-mime; smime-type={stated[kind]}")
