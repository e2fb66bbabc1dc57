"""Envelopes, opened, without telling anyone more than whether that worked.

The content is a source and is read three times, each time in constant memory. First its structure is walked through to
the end: who can open it, with which cipher, and what stands behind the ciphertext (the tag, attributes that are
authenticated although they come last). Then, with the content key, it is decided whether the key is right: the whole
ciphertext against its tag for GCM and CCM, the padding of the last block for CBC. Only the third reading, by whoever
asks `Opened.content` for its chunks, gives anything out.

**No oracle.** Everything that is wrong before a key of ours is used can be seen by anyone who has the message, and
names its cause. Everything after that is one fault with one cause, and takes the same way: if no content key comes out,
or one of the wrong size, a random one takes its place and the ciphertext is tried with it (RFC 3218 section 2.3.2, RFC
5246 section 7.4.7.1 for the same idea in TLS). CBC remains malleable: that the content is what somebody sent is for the
signature inside to say, and what fails there must be answered as the decryption would be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

import msgspec

from as2.certificates import KeyPair
from as2.cms import der, oids
from as2.cms.algorithms import WEAK_CIPHERS, Cipher, CipherName, CipherParameters, Permits, read_cipher
from as2.cms.ber import (
    INTEGER,
    OBJECT,
    OCTET_STRING,
    OCTET_STRING_IN_PIECES,
    SEQUENCE,
    SET,
    BerReader,
    Element,
    Malformed,
)
from as2.cms.ccm import ccm_decrypted
from as2.cms.primitives import Refused, cbc_decrypted, gcm_decrypted, unpadded
from as2.cms.recipients import Recipient, read_recipients
from as2.fault import DecryptionFailed, Insufficient
from as2.source import Entropy, Source
from as2.tolerance import ToleranceId, Tolerated

EnvelopeForm = Literal["enveloped", "auth-enveloped", "gcm-in-enveloped-data"]

_MOST_ATTEMPTS: Final = 8
"""Operations with our keys for one message: a hundred recipients with our name must not cost a hundred of them."""
_TAIL: Final = 32
"""What is kept of the end of the ciphertext: two blocks, or a tag."""


class Opened(msgspec.Struct, frozen=True):
    """An envelope that one of our keys opened; if it was opened ``late``, once the content was read to its end."""

    content: Source
    """What was inside, decrypted anew each time it is read."""
    cipher: CipherName
    key_transport: str
    """How the content key came, such as ``rsa-pkcs1``, ``rsa-oaep-sha256-mgf1-sha256``, ``ecdh-sha256-aes256wrap``."""
    opened_by: KeyPair
    form: EnvelopeForm
    recipients: int
    """How many the envelope is for."""
    tolerances: frozenset[ToleranceId]


class EnvelopeFacts(msgspec.Struct, frozen=True):
    """What an envelope tells everybody who has it."""

    form: EnvelopeForm
    cipher: CipherName
    recipients: tuple[Recipient, ...]
    size: int
    """Bytes of the ciphertext."""
    tolerances: frozenset[ToleranceId]


class _Envelope(msgspec.Struct, frozen=True):
    """The structure of an envelope, all but its ciphertext."""

    form: EnvelopeForm
    recipients: list[Recipient]
    cipher: Cipher
    parameters: CipherParameters
    string_size: int
    tail: bytes
    associated: bytes
    mac: bytes
    tolerances: frozenset[ToleranceId]

    @property
    def cipher_size(self) -> int:
        """Bytes of the ciphertext, without a tag that follows it in the same string."""
        return self.string_size - (self.parameters.tag_size if self.form == "gcm-in-enveloped-data" else 0)


class _Decrypted(msgspec.Struct, frozen=True):
    """The content of an envelope under a content key that was found right."""

    envelope: _Envelope
    encrypted: Source
    key: bytes
    size: int
    right: bool = True
    """Whether the padding is what it must be; if not, the end of the content says so."""

    def __repr__(self) -> str:
        """How much there is; nothing of the key."""
        return f"<{self.size} bytes under {self.envelope.cipher.name}>"

    def chunks(self) -> Iterator[bytes]:
        """Decrypt from the start."""
        try:
            yield from _cut(_decrypted(self.envelope, self.encrypted, self.key), self.size)
        except (Refused, Malformed):
            raise _closed() from None
        if not self.right:
            raise _closed()


def read_envelope(content: Source) -> EnvelopeFacts:
    """What an envelope says without any key, for a diagnosis; `DecryptionFailed` when it is none."""
    try:
        envelope = _survey(content)
    except Malformed as fault:
        raise _malformed(fault) from None
    return EnvelopeFacts(
        form=envelope.form,
        cipher=envelope.cipher.name,
        recipients=tuple(envelope.recipients),
        size=envelope.cipher_size,
        tolerances=envelope.tolerances,
    )


def open_envelope(
    content: Source, *, keys: Sequence[KeyPair], permits: Permits, entropy: Entropy, late: bool = False
) -> Opened:
    """What a ContentInfo with EnvelopedData or AuthEnvelopedData holds, if one of `keys` opens it.

    `entropy` is asked for the keys that take the place of those that do not come out. `Insufficient` for a cipher
    without a permit, `DecryptionFailed` for everything else. With `late`, wrong padding is found where the content ends
    and not before: whoever reads it does the same work, in the same time, whether the padding is right or wrong.
    """
    try:
        envelope = _survey(content)
    except Malformed as fault:
        raise _malformed(fault) from None
    if envelope.cipher.name not in permits.usable_ciphers:
        raise Insufficient(
            "weak-cipher", f"It is encrypted with {envelope.cipher.name}, which the profile does not permit."
        )
    attempts, noted = _attempts(envelope.recipients, keys)
    drawn = _content_keys(attempts[:_MOST_ATTEMPTS], envelope.cipher.key_size, entropy)
    sizes = (_size_if_right(envelope, content, key) for _, _, key in drawn)
    found = next(((each, size) for each, size in zip(drawn, sizes, strict=True) if size is not None), None)
    if found is None and not (late and envelope.cipher.mode == "cbc"):
        raise _closed()
    (recipient, pair, key), size = found or (drawn[0], max(0, envelope.cipher_size - 1))
    return Opened(
        content=_Decrypted(envelope, content, key, size, found is not None),
        cipher=envelope.cipher.name,
        key_transport=str(recipient.method),
        opened_by=pair,
        form=envelope.form,
        recipients=len(envelope.recipients),
        tolerances=envelope.tolerances | noted,
    )


def _content_keys(
    attempts: list[tuple[Recipient, KeyPair]], size: int, entropy: Entropy
) -> list[tuple[Recipient, KeyPair, bytes]]:
    """A content key for each attempt; those that are substitutes come last.

    One substitute in 256 makes padding of a last CBC block, so a key that came out must have had its turn before.
    """
    found, substituted = [], []
    for recipient, pair in attempts:
        substitute = entropy(size)
        key = recipient.content_key(pair)
        if key is None or len(key) != size:
            substituted.append((recipient, pair, substitute))
        else:
            found.append((recipient, pair, key))
    return found + substituted


def _malformed(fault: Malformed) -> DecryptionFailed:
    return DecryptionFailed("envelope-malformed", f"The encrypted layer cannot be read: {fault}.")


def _closed() -> DecryptionFailed:
    return DecryptionFailed(
        "not-decrypted",
        "Our key is named as a recipient, but nothing readable comes out: it was encrypted for another key of that "
        "name, or changed on the way.",
    )


def _attempts(
    recipients: list[Recipient], keys: Sequence[KeyPair]
) -> tuple[list[tuple[Recipient, KeyPair]], frozenset[ToleranceId]]:
    """Which keys to try on which recipients: those named exactly, or else those named in another spelling."""
    noted = frozenset[ToleranceId]()
    named = [(each, pair) for each in recipients for pair in keys if each.identifier.names(pair.certificate)]
    if not named:
        noted = frozenset({"recipient-named-otherwise"})
        named = [
            (each, pair) for each in recipients for pair in keys if each.identifier.names_loosely(pair.certificate)
        ]
    if not named:
        listed = "; ".join(str(each.identifier) for each in recipients[:_MOST_ATTEMPTS]) or "nobody"
        raise DecryptionFailed("not-for-us", f"It is not encrypted for a key of ours; it names {listed}.")
    known = [(each, pair) for each, pair in named if each.method is not None]
    if not known:
        raise DecryptionFailed("key-management-unknown", "Its key is encrypted for us in a way that is not supported.")
    return known, noted


# The structure


def _survey(content: Source) -> _Envelope:
    """Walk through the whole encoding and keep all but the ciphertext."""
    reader = BerReader(content.chunks())
    kind, infos, held, algorithm = _enter(reader)
    tolerated: Tolerated = set() if held == oids.DATA else {"encrypted-type-other"}
    recipients = read_recipients(infos)
    cipher, parameters = read_cipher(algorithm)
    size, tail = 0, b""
    for piece in reader.octets(0x80):
        size += len(piece)
        tail = (tail + piece[-_TAIL:])[-_TAIL:]
    reader.leave()
    associated, mac = _after(reader, kind)
    if reader.end():
        tolerated.add("trailing-bytes")
    form: EnvelopeForm = "enveloped" if kind == oids.ENVELOPED_DATA else "auth-enveloped"
    if cipher.mode == "cbc" and form == "auth-enveloped":
        raise Malformed("AuthEnvelopedData with a cipher that authenticates nothing")
    if cipher.mode != "cbc" and form == "enveloped":
        form, mac = "gcm-in-enveloped-data", tail[-parameters.tag_size :]
        tolerated.add("gcm-in-enveloped-data")
    if len(mac) != parameters.tag_size:
        raise Malformed("a tag of another size than announced")
    if cipher.name in WEAK_CIPHERS:
        tolerated.add("weak-algorithm")
    if parameters.bare:
        tolerated.add("gcm-parameters-bare")
    return _Envelope(form, recipients, cipher, parameters, size, tail, associated, mac, frozenset(tolerated))


def _enter(reader: BerReader) -> tuple[bytes, Element, bytes, Element]:
    """Walk to the ciphertext: which kind of envelope, its RecipientInfos, the type of what is in it, the cipher."""
    reader.enter(SEQUENCE)
    kind = reader.element(OBJECT).oid()
    if kind not in (oids.ENVELOPED_DATA, oids.AUTH_ENVELOPED_DATA):
        raise Malformed("it is neither EnvelopedData nor AuthEnvelopedData")
    reader.enter(0xA0)
    reader.enter(SEQUENCE)
    reader.element(INTEGER)
    if reader.next_tag() == 0xA0:
        reader.element(0xA0)
    infos = reader.element(SET)
    reader.enter(SEQUENCE)
    return kind, infos, reader.element(OBJECT).oid(), reader.element(SEQUENCE)


def _after(reader: BerReader, kind: bytes) -> tuple[bytes, bytes]:
    """Walk from the ciphertext to the end: what is authenticated beside it, and its tag; nothing in EnvelopedData."""
    associated, mac = b"", b""
    if kind == oids.AUTH_ENVELOPED_DATA:
        if reader.next_tag() == 0xA1:
            # They come last and are authenticated first, as the DER of a SET OF (RFC 5083 section 2.2).
            attributes = der.canonical(reader.element(0xA1), frozenset({SET, 0xA1}))
            associated = bytes((SET,)) + attributes[1:]
        mac = reader.element(OCTET_STRING, OCTET_STRING_IN_PIECES).octets()
        if reader.next_tag() == 0xA2:
            reader.element(0xA2)
    elif reader.next_tag() == 0xA1:
        reader.element(0xA1)
    for _ in range(3):
        reader.leave()
    return associated, mac


def _ciphertext(content: Source) -> Iterator[bytes]:
    reader = BerReader(content.chunks())
    _enter(reader)
    yield from reader.octets(0x80)


# The content


def _size_if_right(envelope: _Envelope, content: Source, key: bytes) -> int | None:
    """Bytes of the content if the key is right for it, else ``None``."""
    size = envelope.cipher_size
    try:
        if envelope.cipher.mode == "cbc":
            return _size_without_padding(envelope, key)
        for _ in _decrypted(envelope, content, key):
            pass
    except Refused:
        return None
    return size


def _size_without_padding(envelope: _Envelope, key: bytes) -> int | None:
    """From the last block alone, whose initialisation vector is the block before it."""
    size, width = envelope.cipher_size, envelope.cipher.block_size
    if not size or size % width:
        return None
    blocks = (envelope.parameters.nonce + envelope.tail)[-2 * width :] if size == width else envelope.tail[-2 * width :]
    last = b"".join(cbc_decrypted(envelope.cipher.block, key, blocks[:width], (blocks[width:],)))
    rest = unpadded(last)
    return None if rest is None else size - width + len(rest)


def _decrypted(envelope: _Envelope, content: Source, key: bytes) -> Iterator[bytes]:
    """The content as it comes out of the cipher, with the padding of CBC; `Refused` at the end if it is not right."""
    nonce, size = envelope.parameters.nonce, envelope.cipher_size
    pieces = _cut(_ciphertext(content), size)
    match envelope.cipher.mode:
        case "cbc":
            return cbc_decrypted(envelope.cipher.block, key, nonce, pieces)
        case "gcm":
            return gcm_decrypted(key, nonce, envelope.associated, envelope.mac, pieces)
        case "ccm":
            return ccm_decrypted(key, nonce, envelope.associated, size, envelope.mac, pieces)


def _cut(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The first `size` bytes; what follows is read to its end, because a check may be waiting there."""
    left = size
    for chunk in chunks:
        if left:
            yield chunk[:left]
            left = max(0, left - len(chunk))
