"""The object identifiers of CMS and X.509 that this package knows, as the content octets in which they travel.

Comparing encoded octets needs no decoding, and two identifiers are the same exactly when their octets are (X.690 8.19).
Names follow the documents that define them; the arc stands beside each.
"""

from __future__ import annotations


def encoded(dotted: str) -> bytes:
    """The content octets of an identifier given as numbers with dots (X.690 section 8.19)."""
    first, second, *arcs = (int(arc) for arc in dotted.split("."))
    out = bytearray()
    for arc in (40 * first + second, *arcs):
        octets = [arc & 0x7F]
        while arc := arc >> 7:
            octets.append(arc & 0x7F | 0x80)
        out += bytes(reversed(octets))
    return bytes(out)


def dotted(oid: bytes) -> str:
    """The identifier as numbers with dots, for texts; whatever the octets are, some text comes of it."""
    arcs = [0]
    for octet in oid:
        arcs[-1] = arcs[-1] << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(0)
    first, *others = arcs[:-1] or [0]
    root = min(first // 40, 2)
    return ".".join(str(arc) for arc in (root, first - 40 * root, *others))


# Content types: RFC 5652, 5083, 3274
DATA = encoded("1.2.840.113549.1.7.1")
SIGNED_DATA = encoded("1.2.840.113549.1.7.2")
ENVELOPED_DATA = encoded("1.2.840.113549.1.7.3")
AUTH_ENVELOPED_DATA = encoded("1.2.840.113549.1.9.16.1.23")
COMPRESSED_DATA = encoded("1.2.840.113549.1.9.16.1.9")
ZLIB = encoded("1.2.840.113549.1.9.16.3.8")

# Attributes: RFC 5652 section 11, RFC 6211
CONTENT_TYPE = encoded("1.2.840.113549.1.9.3")
MESSAGE_DIGEST = encoded("1.2.840.113549.1.9.4")
SIGNING_TIME = encoded("1.2.840.113549.1.9.5")
ALGORITHM_PROTECTION = encoded("1.2.840.113549.1.9.52")

# Digests: RFC 1321, RFC 3370, RFC 5754
MD5 = encoded("1.2.840.113549.2.5")
SHA1 = encoded("1.3.14.3.2.26")
SHA224 = encoded("2.16.840.1.101.3.4.2.4")
SHA256 = encoded("2.16.840.1.101.3.4.2.1")
SHA384 = encoded("2.16.840.1.101.3.4.2.2")
SHA512 = encoded("2.16.840.1.101.3.4.2.3")

# Signatures and keys: RFC 8017, RFC 4055, RFC 5480, RFC 8410
RSA = encoded("1.2.840.113549.1.1.1")
MD5_WITH_RSA = encoded("1.2.840.113549.1.1.4")
SHA1_WITH_RSA = encoded("1.2.840.113549.1.1.5")
SHA224_WITH_RSA = encoded("1.2.840.113549.1.1.14")
SHA256_WITH_RSA = encoded("1.2.840.113549.1.1.11")
SHA384_WITH_RSA = encoded("1.2.840.113549.1.1.12")
SHA512_WITH_RSA = encoded("1.2.840.113549.1.1.13")
SHA1_WITH_RSA_OIW = encoded("1.3.14.3.2.29")
RSASSA_PSS = encoded("1.2.840.113549.1.1.10")
RSAES_OAEP = encoded("1.2.840.113549.1.1.7")
MGF1 = encoded("1.2.840.113549.1.1.8")
P_SPECIFIED = encoded("1.2.840.113549.1.1.9")
EC_PUBLIC_KEY = encoded("1.2.840.10045.2.1")
ECDSA_WITH_SHA1 = encoded("1.2.840.10045.4.1")
ECDSA_WITH_SHA224 = encoded("1.2.840.10045.4.3.1")
ECDSA_WITH_SHA256 = encoded("1.2.840.10045.4.3.2")
ECDSA_WITH_SHA384 = encoded("1.2.840.10045.4.3.3")
ECDSA_WITH_SHA512 = encoded("1.2.840.10045.4.3.4")
X25519 = encoded("1.3.101.110")
ED25519 = encoded("1.3.101.112")

# Content encryption: RFC 3565, RFC 5084, RFC 3370
AES128_CBC = encoded("2.16.840.1.101.3.4.1.2")
AES192_CBC = encoded("2.16.840.1.101.3.4.1.22")
AES256_CBC = encoded("2.16.840.1.101.3.4.1.42")
AES128_GCM = encoded("2.16.840.1.101.3.4.1.6")
AES192_GCM = encoded("2.16.840.1.101.3.4.1.26")
AES256_GCM = encoded("2.16.840.1.101.3.4.1.46")
AES128_CCM = encoded("2.16.840.1.101.3.4.1.7")
AES192_CCM = encoded("2.16.840.1.101.3.4.1.27")
AES256_CCM = encoded("2.16.840.1.101.3.4.1.47")
DES_EDE3_CBC = encoded("1.2.840.113549.3.7")
RC2_CBC = encoded("1.2.840.113549.3.2")

# Key agreement: RFC 5753 section 7.1, RFC 8418; key wrap: RFC 3565
AES128_WRAP = encoded("2.16.840.1.101.3.4.1.5")
AES192_WRAP = encoded("2.16.840.1.101.3.4.1.25")
AES256_WRAP = encoded("2.16.840.1.101.3.4.1.45")
STD_DH_SHA1_KDF = encoded("1.3.133.16.840.63.0.2")
STD_DH_SHA224_KDF = encoded("1.3.132.1.11.0")
STD_DH_SHA256_KDF = encoded("1.3.132.1.11.1")
STD_DH_SHA384_KDF = encoded("1.3.132.1.11.2")
STD_DH_SHA512_KDF = encoded("1.3.132.1.11.3")
STD_DH_HKDF_SHA256 = encoded("1.2.840.113549.1.9.16.3.19")
STD_DH_HKDF_SHA384 = encoded("1.2.840.113549.1.9.16.3.20")
STD_DH_HKDF_SHA512 = encoded("1.2.840.113549.1.9.16.3.21")

# Certificates: RFC 5280
SUBJECT_KEY_IDENTIFIER = encoded("2.5.29.14")
