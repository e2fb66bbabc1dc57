"""The only file that knows `cryptography`: keys, and what is computed with them.

Nothing here knows CMS. Keys come in as they are stored and are then passed around without being looked at; every
operation takes bytes or chunks and gives bytes or chunks. What an operation refuses (a wrong tag, a key that does not
fit, padding that is none) is `None`, `False` or `Refused`, never an exception of the library: the callers must answer
all of it alike.

Nonces and content keys are arguments. The randomness inside RSA paddings, ECDSA and ephemeral keys stays with the
library, which alone knows how to draw it without leaking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers.algorithms import RC2, TripleDES
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    pkcs12,
)

from as2.digests import DigestName

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | x25519.X25519PublicKey
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | x25519.X25519PrivateKey
KeyKind = Literal["rsa", "ec", "ed25519", "x25519"]
BlockCipher = Literal["aes", "3des", "rc2"]

_HASHES: dict[DigestName, hashes.HashAlgorithm] = {
    "md5": hashes.MD5(),  # noqa: S303 (read by permission only)
    "sha1": hashes.SHA1(),  # noqa: S303 (OAEP and key derivation default to it; signatures by permission only)
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)


class Refused(Exception):
    """What was encrypted is not what was authenticated."""


class Unusable(ValueError):
    """The bytes hold no key, none of a kind that AS2 uses, or need another password."""


# Keys


def read_public_key(spki: bytes) -> PublicKey:
    """The key of a SubjectPublicKeyInfo: RSA, EC on P-256, P-384 or P-521, Ed25519 or X25519; else `Unusable`."""
    try:
        key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as fault:
        raise Unusable(f"the public key cannot be read: {fault}") from None
    if isinstance(key, ec.EllipticCurvePublicKey) and not isinstance(key.curve, _CURVES):
        raise Unusable(f"an EC key on {key.curve.name}; P-256, P-384 and P-521 are supported")
    if not isinstance(key, PublicKey):
        raise Unusable("the key is neither RSA nor EC, Ed25519 or X25519")
    return key


def read_private_key(data: bytes, password: bytes | None) -> PrivateKey:
    """The private key in a PEM or DER file, PKCS#8 or traditional; `Unusable` when there is none or it stays locked."""
    load = load_pem_private_key if b"-----BEGIN" in data else load_der_private_key
    try:
        key = load(data, password)
    except (ValueError, TypeError, UnsupportedAlgorithm) as fault:
        raise Unusable(f"the private key cannot be read: {fault}") from None
    if not isinstance(key, PrivateKey):
        raise Unusable("the key is neither RSA nor EC, Ed25519 or X25519")
    return key


def read_pkcs12(data: bytes, password: bytes | None) -> tuple[PrivateKey, list[bytes]]:
    """The private key of a PKCS#12 file and the certificates in it as DER, in the order of the file, its own first."""
    try:
        store = pkcs12.load_pkcs12(data, password)
    except (ValueError, UnsupportedAlgorithm) as fault:
        raise Unusable(f"the PKCS#12 file cannot be read: {fault}") from None
    if not isinstance(store.key, PrivateKey):
        raise Unusable("the PKCS#12 file holds no private key that is RSA, EC, Ed25519 or X25519")
    own = [store.cert] if store.cert else []
    return store.key, [each.certificate.public_bytes(Encoding.DER) for each in (*own, *store.additional_certs)]


def public_half(key: PrivateKey) -> bytes:
    """The SubjectPublicKeyInfo that belongs to a private key, in its normal form."""
    return normal_form(key.public_key())


def normal_form(key: PublicKey) -> bytes:
    """The SubjectPublicKeyInfo of a key as the library writes it: equal for equal keys, however they were encoded."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def kind(key: PublicKey | PrivateKey) -> KeyKind:
    """Which family of keys it is."""
    match key:
        case rsa.RSAPublicKey() | rsa.RSAPrivateKey():
            return "rsa"
        case ec.EllipticCurvePublicKey() | ec.EllipticCurvePrivateKey():
            return "ec"
        case ed25519.Ed25519PublicKey() | ed25519.Ed25519PrivateKey():
            return "ed25519"
        case _:
            return "x25519"


def key_bits(key: PublicKey | PrivateKey) -> int:
    """The size of an RSA modulus, or of the field of a curve."""
    return key.key_size if isinstance(key, rsa.RSAPublicKey | rsa.RSAPrivateKey | ec.EllipticCurvePublicKey) else 256


# Signatures


def sign_rsa(key: PrivateKey, name: DigestName, digest: bytes, *, pss: bool) -> bytes:
    """An RSA signature over a digest: PKCS #1 v1.5, or PSS with MGF1 on the same digest and a salt of its length."""
    if not isinstance(key, rsa.RSAPrivateKey):
        raise Unusable("this signature needs an RSA key")
    algorithm = _HASHES[name]
    scheme = padding.PSS(padding.MGF1(algorithm), algorithm.digest_size) if pss else padding.PKCS1v15()
    return key.sign(digest, scheme, Prehashed(algorithm))


def sign_ecdsa(key: PrivateKey, name: DigestName, digest: bytes) -> bytes:
    """An ECDSA signature over a digest, as the DER of (r, s)."""
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Unusable("this signature needs an EC key")
    return key.sign(digest, ec.ECDSA(Prehashed(_HASHES[name])))


def sign_ed25519(key: PrivateKey, message: bytes) -> bytes:
    """An Ed25519 signature over a message."""
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise Unusable("this signature needs an Ed25519 key")
    return key.sign(message)


def recovered(key: PublicKey, signature: bytes) -> bytes | None:
    """What an RSA PKCS #1 v1.5 signature holds inside its padding, a DigestInfo; ``None`` if the padding is wrong."""
    if not isinstance(key, rsa.RSAPublicKey):
        return None
    try:
        return key.recover_data_from_signature(signature, padding.PKCS1v15(), None)
    except (InvalidSignature, ValueError):
        return None


def verified_pss(
    key: PublicKey, signature: bytes, name: DigestName, digest: bytes, mgf: DigestName, salt: int | None
) -> bool:
    """Whether an RSA PSS signature over a digest holds; `salt` is its length in bytes, ``None`` for any."""
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    scheme = padding.PSS(padding.MGF1(_HASHES[mgf]), padding.PSS.AUTO if salt is None else salt)
    try:
        key.verify(signature, digest, scheme, Prehashed(_HASHES[name]))
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


def verified_ecdsa(key: PublicKey, signature: bytes, name: DigestName, digest: bytes) -> bool:
    """Whether an ECDSA signature over a digest holds."""
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    try:
        key.verify(signature, digest, ec.ECDSA(Prehashed(_HASHES[name])))
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


def verified_ed25519(key: PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether an Ed25519 signature over a message holds."""
    if not isinstance(key, ed25519.Ed25519PublicKey):
        return False
    try:
        key.verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


# Keys for keys


def rsa_encrypted(key: PublicKey, secret: bytes, oaep: tuple[DigestName, DigestName] | None) -> bytes:
    """A secret for the holder of an RSA key: OAEP with the given digest and MGF1 digest, or PKCS #1 v1.5."""
    if not isinstance(key, rsa.RSAPublicKey):
        raise Unusable("key transport needs an RSA key")
    return key.encrypt(secret, _encryption_padding(oaep))


def rsa_decrypted(key: PrivateKey, data: bytes, oaep: tuple[DigestName, DigestName] | None) -> bytes | None:
    """The secret, or ``None``; with v1.5, wrong padding gives random bytes of any length (implicit rejection)."""
    if not isinstance(key, rsa.RSAPrivateKey):
        return None
    try:
        return key.decrypt(data, _encryption_padding(oaep))
    except (ValueError, UnsupportedAlgorithm):
        return None


def _encryption_padding(oaep: tuple[DigestName, DigestName] | None) -> padding.AsymmetricPadding:
    if oaep is None:
        return padding.PKCS1v15()
    digest, mgf = oaep
    return padding.OAEP(padding.MGF1(_HASHES[mgf]), _HASHES[digest], None)


def agreed_by_sender(recipient: PublicKey) -> tuple[bytes, bytes]:
    """A fresh key beside the recipient's: its public point (or X25519 octets), and the secret both now share."""
    if isinstance(recipient, x25519.X25519PublicKey):
        drawn = x25519.X25519PrivateKey.generate()
        return drawn.public_key().public_bytes_raw(), drawn.exchange(recipient)
    if not isinstance(recipient, ec.EllipticCurvePublicKey):
        raise Unusable("key agreement needs an EC or X25519 key")
    ephemeral = ec.generate_private_key(recipient.curve)
    point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return point, ephemeral.exchange(ec.ECDH(), recipient)


def agreed_by_recipient(key: PrivateKey, point: bytes) -> bytes | None:
    """The secret shared with the sender of a public point; ``None`` if that is not on the curve of our key."""
    try:
        if isinstance(key, x25519.X25519PrivateKey):
            return key.exchange(x25519.X25519PublicKey.from_public_bytes(point))
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(key.curve, point))
    except ValueError:
        return None
    return None


def derived(name: DigestName, secret: bytes, info: bytes, length: int, *, hkdf: bool) -> bytes:
    """A key from a shared secret: by HKDF without a salt (RFC 8418), or by the KDF of ANSI X9.63 (RFC 5753)."""
    if hkdf:
        return HKDF(_HASHES[name], length, None, info).derive(secret)
    return X963KDF(_HASHES[name], length, info).derive(secret)


def wrapped(kek: bytes, secret: bytes) -> bytes:
    """A secret of a multiple of 8 bytes under AES key wrap (RFC 3394)."""
    return keywrap.aes_key_wrap(kek, secret)


def unwrapped(kek: bytes, data: bytes) -> bytes | None:
    """What `wrapped` took, or ``None``."""
    try:
        return keywrap.aes_key_unwrap(kek, data)
    except (keywrap.InvalidUnwrap, ValueError):
        return None


# Contents


def _block_cipher(cipher: BlockCipher, key: bytes) -> algorithms.AES | TripleDES | RC2:
    match cipher:
        case "aes":
            return algorithms.AES(key)
        case "3des":
            return TripleDES(key)
        case "rc2":
            return RC2(key)


def cbc_encrypted(cipher: BlockCipher, key: bytes, iv: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """`chunks` under CBC, with the padding of RFC 5652 section 6.3 at the end."""
    padder = PKCS7(8 * len(iv)).padder()
    context = Cipher(_block_cipher(cipher, key), modes.CBC(iv)).encryptor()
    for chunk in chunks:
        if out := context.update(padder.update(chunk)):
            yield out
    yield context.update(padder.finalize()) + context.finalize()


def cbc_decrypted(cipher: BlockCipher, key: bytes, iv: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Whole blocks under CBC, padding and all, as they come; `Refused` when they do not end with a whole block."""
    context = Cipher(_block_cipher(cipher, key), modes.CBC(iv)).decryptor()
    yield from _updated(context, chunks)
    try:
        context.finalize()
    except ValueError:
        raise Refused("not a whole number of blocks") from None


def unpadded(block: bytes) -> bytes | None:
    """A last block without its padding, ``None`` if that is wrong; takes the same time for either."""
    unpadder = PKCS7(8 * len(block)).unpadder()
    try:
        return unpadder.update(block) + unpadder.finalize()
    except ValueError:
        return None


def gcm_encrypted(key: bytes, nonce: bytes, associated: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """`chunks` under AES-GCM and, as the last piece, the tag of 16 bytes."""
    context = Cipher(algorithms.AES(key), modes.GCM(nonce)).encryptor()
    context.authenticate_additional_data(associated)
    yield from _updated(context, chunks)
    context.finalize()
    yield context.tag


def gcm_decrypted(key: bytes, nonce: bytes, associated: bytes, tag: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """`chunks` in the clear. Nothing of it may be used before the end, where `Refused` says that the tag is wrong."""
    context = Cipher(algorithms.AES(key), modes.GCM(nonce, tag, min_tag_length=12)).decryptor()
    context.authenticate_additional_data(associated)
    yield from _updated(context, chunks)
    try:
        context.finalize()
    except InvalidTag:
        raise Refused("the tag is wrong") from None


def ctr_transformed(key: bytes, block: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """`chunks` under AES in counter mode from the given first counter block; the same in both directions."""
    context = Cipher(algorithms.AES(key), modes.CTR(block)).encryptor()
    yield from _updated(context, chunks)


class CbcMac:
    """The CBC-MAC of AES over whole blocks that come in pieces of any size."""

    def __init__(self, key: bytes) -> None:
        self._context = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
        self._last = bytes(16)
        self._size = 0

    def update(self, data: bytes) -> None:
        """Take in the next piece."""
        self._size += len(data)
        if out := self._context.update(data):
            self._last = out[-16:]

    def pad(self) -> None:
        """Fill up the last block with zeros."""
        self.update(bytes(-self._size % 16))

    def value(self) -> bytes:
        """The last block, once the input is a whole number of them."""
        return self._last


def _updated(context: CipherContext, chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        if out := context.update(chunk):
            yield out
