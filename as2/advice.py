"""What has to be changed, for every cause of a fault, in a sentence that can be mailed to whoever has to change it.

A partner is the "you" of these sentences, except where our own profile has to change: those name the setting. Where
it can look closer, :mod:`as2.diagnosis` finds better ones.
"""

from __future__ import annotations

from typing import Final

from as2.fault import (
    As2Fault,
    AuthenticationFailed,
    DecompressionFailed,
    DecryptionFailed,
    Insufficient,
    IntegrityFailed,
    Unsupported,
)

_NAMES: Final = (
    "State AS2-From and AS2-To once each, in one line, as 1 to 128 printable ASCII characters (RFC 4130, 6.2)."
)
_CUT: Final = "The message was cut short on its way: send it again, and look for a proxy or a limit of size or time."
_PARTS: Final = (
    "Write the multipart anew: every delimiter at the beginning of a line, the closing one last (RFC 2046, 5.1)."
)
_BOUNDARY: Final = "State one boundary of at most 70 characters in the Content-Type (RFC 2046, 5.1.1)."
_ONCE: Final = "Send each layer once: compressed, signed, then encrypted last (RFC 5402, section 3)."
_ENCODE: Final = "Send the part as binary, with Content-Transfer-Encoding: binary; over HTTP no encoding is needed."
_RECEIPT: Final = (
    "Ask for the receipt with signed-receipt-protocol=optional, pkcs7-signature;"
    " signed-receipt-micalg=optional, sha-256 (RFC 4130, 7.3)."
)

ADVICE: Final[dict[str, str]] = {
    # HTTP and header fields
    "body-cut-short": _CUT,
    "name-missing": _NAMES,
    "name-malformed": _NAMES,
    "name-repeated": _NAMES,
    "name-folded": _NAMES,
    "message-id-repeated": "State Message-ID once.",
    "message-id-malformed": "Send a Message-ID such as <number@your.domain>, of at most 998 printable characters.",
    "malformed-header": "Begin every header line with a field name and a colon, and end it with CRLF.",
    "malformed-content-type": "Write the Content-Type as type/subtype; name=value, values with special characters in"
    " quotes (RFC 2045, 5.1).",
    "content-type-repeated": "State Content-Type once.",
    "header-block-too-large": "Shorten the header fields of the part; 16 KB are the most.",
    # MIME
    "boundary-missing": _BOUNDARY,
    "boundary-too-long": _BOUNDARY,
    "boundary-malformed": _BOUNDARY,
    "delimiter-missing": "Use the boundary in the body that the Content-Type states.",
    "delimiter-damaged": "Begin every delimiter on a line of its own, after CRLF: something joins the lines.",
    "closing-delimiter-missing": "End the multipart with its closing delimiter; without it the message was cut short.",
    "part-missing": _PARTS,
    "too-many-parts": "Send at most 20 parts in one message; send the others in a further one.",
    "multipart-unknown": "Send several documents as multipart/related (RFC 6362), and one document as it is.",
    "encoding-unknown": _ENCODE,
    "base64-malformed": _ENCODE,
    "quoted-printable-malformed": _ENCODE,
    "cut-short": _CUT,
    "entity-malformed": "Put the MIME header fields, at least Content-Type, and an empty line before the content that"
    " you encrypt or compress.",
    "entity-without-headers": "Sign a MIME entity with header fields, and use signed attributes.",
    "content-outside-signature": "Send exactly two parts in multipart/signed: what is signed, and its signature."
    " Several documents go into one multipart/related (RFC 6362).",
    "text-around-parts": "Write nothing before the first delimiter and after the last one.",
    "noise-around-signature": "Write the headers inside the encryption, and those of the signature, in plain ASCII.",
    # Layers
    "too-deep": _ONCE,
    "signed-twice": _ONCE,
    "compressed-twice": _ONCE,
    # Certificates sent by a partner
    "cem-sender-differs": "Write the name that is in AS2-From into TradingPartnerInfo.",
    "cem-malformed": "Send the documents that draft-meadors-certificate-exchange describes.",
    "cem-certificate-missing": "Send each certificate as a certs-only part, under the Content-ID that the XML states.",
    "cem-not-signed": "Sign the message that exchanges certificates, with the key whose certificate we have.",
    "cem-signer-expired": "A certificate that is over cannot bring its successor: send us the new one on another way.",
    "cem-not-agreed": "We have not agreed to exchange certificates by message: send the new one on another way.",
    "cem-request-id-reused": "Give every request a requestId of its own; only the same request again keeps its own.",
    "xml-malformed": "Send one well-formed XML document in UTF-8, and nothing after it.",
    "xml-forbidden": "Send XML without a document type, entities and processing instructions.",
    "xml-too-large": "Send the certificates as parts of their own, and XML of a few kilobytes.",
    "encrypted-inside": "Sign first and encrypt last: the encryption is the outermost layer.",
    "cms-unknown": "Send enveloped-data, compressed-data, or multipart/signed with a detached signature.",
    "key-missing": "Name the private key of one of the recipients.",
    # Encryption
    "envelope-malformed": "Send the CMS structure itself as the body, in DER, with nothing before or after it.",
    "not-for-us": "Encrypt for the certificate that we sent you for encryption, and for no other.",
    "not-decrypted": "Encrypt for the certificate that we sent you last: it may have kept the name and the number of an"
    " older one. If it is the right one, look for what changes the body on its way.",
    "key-management-unknown": "Encrypt the content key with RSA v1.5, RSA-OAEP or, for an EC key, ECDH.",
    "weak-cipher": "Encrypt with AES, best aes256-cbc. Until you can, our profile can permit it for a time:"
    " `receive.weak: [{allow: 3des, until: DAY}]`, or `rc2`.",
    "not-encrypted": "Encrypt the message for our certificate. If it need not be, our profile says"
    " `receive.encrypted: no`.",
    # Compression
    "compressed-malformed": "Send a CMS CompressedData with zlib (RFC 3274).",
    "not-inflated": "Put the whole zlib stream, as it is, into the CompressedData; it was cut or changed.",
    "inflates-too-much": "Send a smaller message, or without compression. The most is `receive.limit` of our profile.",
    # Signature
    "digest-mismatch": "Sign the very bytes that you send, headers of the part included, and let nothing convert them"
    " afterwards: send the content as binary, and look at gateways and scanners on the way.",
    "signer-unknown": "Sign with the key whose certificate you sent us, or send us the certificate that you use now.",
    "signature-wrong": "Sign with the key that belongs to the certificate that the signature names.",
    "signature-missing": "Send the signature as the second part, of type application/pkcs7-signature.",
    "signature-malformed": "Send a detached CMS SignedData, in DER or in base64 of it (RFC 8551, 3.5.3.1).",
    "signature-too-large": "Send the signature without its chain of certificates and revocation lists.",
    "several-signers": "Sign once, with one key.",
    "algorithms-changed": "Leave CMSAlgorithmProtection out, or let it name the algorithms that are used (RFC 6211).",
    "pss-without-parameters": "State the parameters of RSASSA-PSS (RFC 4056), or sign with RSA v1.5. Until then our"
    " profile can permit it: `receive.weak: [{allow: pss-without-parameters, until: DAY}]`.",
    "ed25519-without-attributes": "Sign with signed attributes (RFC 8419).",
    "weak-digest": "Sign with SHA-256. Until you can, our profile can permit it for a time:"
    " `receive.weak: [{allow: sha1, until: DAY}]`, or `md5`.",
    "not-signed": "Sign the message. If it need not be, our profile says `receive.signed: no`.",
    # Receipts
    "receipt-option-unknown": _RECEIPT,
    "receipt-protocol-unsupported": _RECEIPT,
    "receipt-micalg-unsupported": _RECEIPT,
    "no-mdn": "Answer with a multipart/report of type disposition-notification, or with that inside multipart/signed.",
    "mdn-too-large": "Leave the original message out of the receipt.",
    "disposition-missing": "State a Disposition in the message/disposition-notification part.",
    "disposition-repeated": "Send one message/disposition-notification in a receipt.",
}
"""By the cause."""

_BY_KIND: Final[tuple[tuple[type[As2Fault], str], ...]] = (
    (DecryptionFailed, ADVICE["not-decrypted"]),
    (DecompressionFailed, ADVICE["not-inflated"]),
    (IntegrityFailed, ADVICE["digest-mismatch"]),
    (AuthenticationFailed, ADVICE["signer-unknown"]),
    (Insufficient, "Sign and encrypt the message as the profile demands."),
    (Unsupported, _RECEIPT),
)


def advice(fault: As2Fault) -> str:
    """What to change, by the fault's cause, or else by its kind."""
    if fault.cause in ADVICE:
        return ADVICE[fault.cause]
    return next((text for kind, text in _BY_KIND if isinstance(fault, kind)), "Send the message again as it should be.")
