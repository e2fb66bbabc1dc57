"""Envelopes, written: EnvelopedData and AuthEnvelopedData in DER, streamed (RFC 5652 section 6, RFC 5083, RFC 5084).

The size of the ciphertext follows from the size of the content, so every length is known before the first byte and the
result is itself a source: its bytes are computed anew each time it is read, and are the same each time. Content key and
nonce are drawn once for one envelope and one content, so a nonce never meets a key twice.

CBC goes into EnvelopedData. GCM and CCM go into AuthEnvelopedData, where RFC 5084 wants them; for partners whose
product knows only EnvelopedData they can be put there, with the tag after the ciphertext.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from as2.certificates import Certificate, Unusable, check_strength
from as2.cms import der, oids
from as2.cms.algorithms import CIPHERS, TAG_SIZE, Cipher, CipherName, Permits, cipher_algorithm
from as2.cms.ber import OCTET_STRING, SEQUENCE
from as2.cms.ccm import ccm_encrypted
from as2.cms.certificate_ids import IdForm
from as2.cms.primitives import cbc_encrypted, gcm_encrypted
from as2.cms.recipients import KeyTransport, recipient_info
from as2.source import BytesSource, Entropy, Joined, Source

Form = Literal["standard", "gcm-in-enveloped-data"]

_NO_PERMITS = Permits()
_PKCS1 = KeyTransport()
_MOST_IN_GCM = (1 << 36) - 32
"""Bytes under one nonce (NIST SP 800-38D section 5.2.1.1)."""


def envelope(
    content: Source,
    *,
    cipher: CipherName,
    recipients: Sequence[Certificate],
    entropy: Entropy,
    key_transport: KeyTransport = _PKCS1,
    recipient_id: IdForm = "issuer-serial",
    form: Form = "standard",
    permits: Permits = _NO_PERMITS,
) -> Source:
    """A ContentInfo that only the holders of the recipients' keys can open, in the order in which they are given.

    `entropy` is asked for the content key and the nonce. `Unusable` for a weak cipher or key without a permit, a key
    that encrypts nothing, no recipient at all, or more content than the cipher takes.
    """
    if cipher not in permits.usable_ciphers:
        raise Unusable(f"{cipher} is too weak to encrypt with")
    if not recipients:
        raise Unusable("an envelope needs a recipient")
    algorithm = CIPHERS[cipher]
    if algorithm.mode == "gcm" and content.size > _MOST_IN_GCM:
        raise Unusable(f"{content.size} bytes are too many for one GCM message")
    key = entropy(algorithm.key_size)
    infos = []
    for recipient in recipients:
        check_strength(recipient.public_key, permits.smallest_rsa)
        infos.append(recipient_info(recipient, key, key_transport, recipient_id))
    nonce = entropy(_nonce_size(algorithm, content.size))
    authenticated = algorithm.mode != "cbc" and form == "standard"
    encrypted = _Encrypted(content, algorithm, key, nonce, der.header(OCTET_STRING, TAG_SIZE) if authenticated else b"")
    # RFC 5652 section 6.1: version 0 if every recipient has version 0, else 2; RFC 5083 section 2.1: always 0.
    plain = recipient_id == "issuer-serial" and all(each.key_kind == "rsa" for each in recipients)
    version = 0 if authenticated or plain else 2
    kind = oids.AUTH_ENVELOPED_DATA if authenticated else oids.ENVELOPED_DATA
    return Joined((BytesSource(_head(encrypted, infos, version, kind)), encrypted))


class _Encrypted(msgspec.Struct, frozen=True):
    """The ciphertext and, with GCM and CCM, the tag after it, introduced by `tag_header`."""

    content: Source
    cipher: Cipher
    key: bytes
    nonce: bytes
    tag_header: bytes

    def __repr__(self) -> str:
        """How much there is; nothing of the key."""
        return f"<{self.content.size} bytes under {self.cipher.name}>"

    @property
    def string_size(self) -> int:
        """Bytes of the encryptedContent string, which holds the tag only where it has no place of its own."""
        if self.cipher.mode == "cbc":
            return self.content.size + self.cipher.block_size - self.content.size % self.cipher.block_size
        return self.content.size + (0 if self.tag_header else TAG_SIZE)

    @property
    def size(self) -> int:
        """Bytes of everything that `chunks` gives."""
        return self.string_size + (len(self.tag_header) + TAG_SIZE if self.tag_header else 0)

    def chunks(self) -> Iterator[bytes]:
        """Encrypt the content from its start."""
        plain = self.content.chunks()
        match self.cipher.mode:
            case "cbc":
                yield from cbc_encrypted(self.cipher.block, self.key, self.nonce, plain)
                return
            case "gcm":
                pieces = gcm_encrypted(self.key, self.nonce, b"", plain)
            case "ccm":
                pieces = ccm_encrypted(self.key, self.nonce, b"", self.content.size, TAG_SIZE, plain)
        # The tag is the last piece; one piece is held back to know which that is.
        held = next(pieces)
        for piece in pieces:
            yield held
            held = piece
        yield self.tag_header + held


def _nonce_size(cipher: Cipher, size: int) -> int:
    """A block for CBC, 12 bytes for GCM; for CCM what leaves room to count the content (RFC 5084 section 3.1)."""
    if cipher.mode == "ccm":
        return 15 - max(3, (size.bit_length() + 7) // 8)
    return cipher.block_size if cipher.mode == "cbc" else 12


def _head(encrypted: _Encrypted, infos: list[bytes], version: int, kind: bytes) -> bytes:
    """Everything before the ciphertext, with the lengths of what follows."""
    algorithm = cipher_algorithm(encrypted.cipher, encrypted.nonce)
    string = der.header(0x80, encrypted.string_size)
    described = der.begun(SEQUENCE, encrypted.string_size, der.oid(oids.DATA), algorithm, string)
    body = der.begun(SEQUENCE, encrypted.size, der.integer(version), der.set_of(infos), described)
    return der.begun(SEQUENCE, encrypted.size, der.oid(kind), der.begun(0xA0, encrypted.size, body))
