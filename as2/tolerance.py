"""Every oddity that is accepted although the specifications forbid it or do not foresee it: a closed registry.

The rule is to tolerate form and never trust: nothing here weakens what a signature proves or who is believed. What was
tolerated is recorded on the message as a set of ids, learnt for the partner and shown to the operator, with the words
that can be mailed to the partner. A reader that tolerates something adds the id to the set it was given; an oddity that
has no entry here cannot be tolerated, because mypy knows the ids.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

ToleranceId = Literal[
    # How the bytes came
    "body-base64",
    "lf-line-ends",
    "blank-before-colon",
    # MIME
    "content-type-in-quotes",
    "content-type-missing",
    "doubled-quotes",
    "encoding-loose",
    "entity-without-headers",
    "epilogue",
    "filename-unreadable",
    "media-type-old",
    "micalg-missing",
    "part-without-headers",
    "preamble",
    "protocol-missing",
    "related-without-type",
    "signature-part-binary",
    # Names and message ids
    "message-id-blanks",
    "message-id-long",
    "message-id-without-at",
    "message-id-without-brackets",
    "name-in-needless-quotes",
    "name-without-quotes",
    # Which bytes were signed
    "digest-crlf-all",
    "digest-crlf-headers",
    "digest-lf-all",
    "digest-lf-body",
    # CMS
    "certificate-malformed",
    "compressed-base64",
    "content-beside-signature",
    "digest-info-without-null",
    "encrypted-type-other",
    "gcm-in-enveloped-data",
    "gcm-parameters-bare",
    "micalg-differs",
    "pss-without-parameters",
    "recipient-named-otherwise",
    "signature-digest-differs",
    "signed-attributes-unsorted",
    "signer-named-otherwise",
    "trailing-bytes",
    "weak-algorithm",
    # MDNs
    "disposition-form",
    "disposition-old-text",
    "final-recipient-differs",
    "mdn-names-differ",
    "mdn-unsigned",
    "mic-form",
    "mic-other-line-ends",
    "mic-other-range",
    "mic-weaker",
    "original-message-id-changed",
    "report-type-missing",
]

Tolerated = set[ToleranceId]
"""The oddities of one message; readers add to it."""


class Tolerance(msgspec.Struct, frozen=True):
    """One oddity: what it is, and what one would ask the partner to change."""

    id: ToleranceId
    seen: str
    """What the message has, for the operator."""
    change: str
    """What the partner should do, in words one can mail to them."""


_ENTRIES: Final = (
    Tolerance(
        "body-base64",
        "The whole body is in base64.",
        "Send the body of the HTTP request as binary and without Content-Transfer-Encoding.",
    ),
    Tolerance(
        "lf-line-ends",
        "Header or delimiter lines end with LF.",
        "End the lines of MIME headers and delimiters with CRLF (RFC 2045, section 2.1).",
    ),
    Tolerance(
        "blank-before-colon",
        "A header name is followed by a blank.",
        "Put the colon directly after the name of a header field (RFC 5322, section 2.2).",
    ),
    Tolerance(
        "content-type-in-quotes",
        "The whole Content-Type value is in quotes.",
        "Put only the values of parameters in quotes, not the whole Content-Type.",
    ),
    Tolerance(
        "content-type-missing",
        "A part has no Content-Type.",
        "State the Content-Type of every part, such as application/EDIFACT.",
    ),
    Tolerance(
        "doubled-quotes",
        "A parameter is in doubled quotes.",
        "Put one pair of quotes around a parameter, such as the file name.",
    ),
    Tolerance(
        "encoding-loose",
        "Base64 with foreign characters or wrong padding, or quoted-printable with a lone equals sign.",
        "Send the content as binary, or encode it as RFC 2045, sections 6.7 and 6.8, has it.",
    ),
    Tolerance(
        "entity-without-headers",
        "The decrypted or decompressed content has no MIME headers.",
        "Encrypt and compress a whole MIME entity: headers, empty line, content (RFC 8551, section 3.1).",
    ),
    Tolerance(
        "epilogue",
        "Text after the last delimiter.",
        "Send nothing after the closing delimiter: over HTTP the epilogue of a multipart is empty (RFC 4130).",
    ),
    Tolerance(
        "filename-unreadable",
        "The file name cannot be read from the Content-Disposition.",
        "Write the file name as filename=\"name\", or as filename*=UTF-8'' with percent signs (RFC 6266).",
    ),
    Tolerance(
        "media-type-old",
        "A media type of the form application/x-pkcs7-….",
        "Use application/pkcs7-mime and application/pkcs7-signature (RFC 8551).",
    ),
    Tolerance(
        "micalg-missing",
        "multipart/signed does not name its digest.",
        "State micalg in the Content-Type of multipart/signed (RFC 1847, section 2.1).",
    ),
    Tolerance(
        "part-without-headers",
        "A part has no header block, not even the empty line.",
        "Begin a part with its headers, or with an empty line when it has none (RFC 2046, section 5.1).",
    ),
    Tolerance(
        "preamble",
        "Text before the first delimiter.",
        "Begin the body with its first delimiter; HTTP headers do not belong into the body.",
    ),
    Tolerance(
        "protocol-missing",
        "multipart/signed does not name its protocol.",
        'State protocol="application/pkcs7-signature" in multipart/signed (RFC 1847, section 2.1).',
    ),
    Tolerance(
        "related-without-type",
        "multipart/related does not name the type of its root.",
        "State type in the Content-Type of multipart/related (RFC 2387, section 3.1).",
    ),
    Tolerance(
        "signature-part-binary",
        "The signature is binary and its part does not say so.",
        "State Content-Transfer-Encoding: binary, or send the signature in base64 and state that.",
    ),
    Tolerance(
        "message-id-blanks",
        "A Message-ID with blanks in it.",
        "Use only letters, digits, dot, hyphen and @ in a Message-ID (RFC 5322, section 3.6.4).",
    ),
    Tolerance(
        "message-id-long",
        "A Message-ID of more than 255 characters.",
        "Keep a Message-ID within 255 characters (RFC 4130, section 5.3.3).",
    ),
    Tolerance(
        "message-id-without-at",
        "A Message-ID without @.",
        "Form a Message-ID as <unique@host> (RFC 5322, section 3.6.4).",
    ),
    Tolerance(
        "message-id-without-brackets",
        "A Message-ID without angle brackets.",
        "Put the Message-ID in angle brackets (RFC 5322, section 3.6.4).",
    ),
    Tolerance(
        "name-in-needless-quotes",
        "An AS2 name is in quotes though it needs none.",
        "Quote an AS2 name only if it holds a blank, a quote or a backslash (RFC 4130, section 6.2).",
    ),
    Tolerance(
        "name-without-quotes",
        "An AS2 name that holds a blank, a quote or a backslash is not in quotes.",
        "Put the AS2 name in quotes in AS2-From and AS2-To (RFC 4130, section 6.2).",
    ),
    Tolerance(
        "digest-crlf-all",
        "The signature fits only when every line end is made CRLF.",
        "Sign the bytes that are sent: convert line ends before signing, or send the content as binary.",
    ),
    Tolerance(
        "digest-crlf-headers",
        "The signature fits only when the header lines are made to end with CRLF.",
        "Send the headers of the signed part with CRLF, as they were signed.",
    ),
    Tolerance(
        "digest-lf-all",
        "The signature fits only when every line end is made LF, which the profile allows.",
        "Convert the line ends to CRLF before signing, not after it.",
    ),
    Tolerance(
        "digest-lf-body",
        "The signature fits only when the content has LF line ends, which the profile allows.",
        "Convert the line ends of the content to CRLF before signing, not after it.",
    ),
    Tolerance(
        "certificate-malformed",
        "A certificate that breaks RFC 5280, used for its key only.",
        "Renew the certificate with a positive serial number and legal names.",
    ),
    Tolerance(
        "compressed-base64",
        "The compressed content is the base64 text of a zlib stream.",
        "Put the zlib stream itself into the CMS CompressedData (RFC 3274, section 2).",
    ),
    Tolerance(
        "content-beside-signature",
        "The detached signature holds content of its own, which is not looked at.",
        "Send the signature detached, without the content (RFC 8551, section 3.5.3.1).",
    ),
    Tolerance(
        "digest-info-without-null",
        "The signed DigestInfo leaves out the NULL parameters.",
        "Encode the DigestInfo with NULL parameters (RFC 8017, section 9.2).",
    ),
    Tolerance(
        "encrypted-type-other",
        "The type of the encrypted content is not data.",
        "State id-data as the type of the encrypted content (RFC 8551, section 2.4.3).",
    ),
    Tolerance(
        "gcm-in-enveloped-data",
        "AES-GCM within EnvelopedData.",
        "Use AuthEnvelopedData for AES-GCM (RFC 5084, section 3).",
    ),
    Tolerance(
        "gcm-parameters-bare",
        "The parameters of AES-GCM are the nonce alone.",
        "Encode GCMParameters with the nonce and the length of the tag (RFC 5084, section 3.2).",
    ),
    Tolerance(
        "micalg-differs",
        "micalg names another digest than the signature uses.",
        "Let micalg name the digest of the signature (RFC 8551, section 3.5.3.2).",
    ),
    Tolerance(
        "pss-without-parameters",
        "An RSASSA-PSS signature without parameters.",
        "State the parameters of RSASSA-PSS (RFC 4056, section 3).",
    ),
    Tolerance(
        "recipient-named-otherwise",
        "The recipient is named by our certificate with the issuer in another spelling.",
        "Copy the issuer's name from our certificate octet for octet (RFC 5652, section 10.2.4).",
    ),
    Tolerance(
        "signature-digest-differs",
        "The signature uses another digest than its signer states for the content.",
        "Use one digest for the content and the signed attributes (RFC 5652, section 5.4).",
    ),
    Tolerance(
        "signed-attributes-unsorted",
        "The signed attributes were signed in another encoding than they were sent in.",
        "Encode the signed attributes in DER, sorted (RFC 5652, section 5.4).",
    ),
    Tolerance(
        "signer-named-otherwise",
        "The signature is good, but names another certificate than the pinned one whose key made it.",
        "Name the certificate that we have of you, or send us the new one (RFC 5652, section 5.3).",
    ),
    Tolerance(
        "trailing-bytes",
        "White space after the end of the CMS structure.",
        "End the body where the CMS structure ends.",
    ),
    Tolerance(
        "weak-algorithm",
        "A weak algorithm that the profile permits until a date.",
        "Move to SHA-256 and AES before that date.",
    ),
    Tolerance(
        "disposition-form",
        "The Disposition is not written as the grammar has it.",
        "Write Disposition: automatic-action/MDN-sent-automatically; processed (RFC 4130, section 7.4.3).",
    ),
    Tolerance(
        "disposition-old-text",
        "The Disposition uses a misspelt or a private text.",
        "Use the texts of RFC 4130, section 7.5.",
    ),
    Tolerance(
        "final-recipient-differs",
        "Final-Recipient is not the AS2-To of the message.",
        "Write Final-Recipient: rfc822; and the AS2 name that the message was sent to (RFC 4130, section 7.4.3).",
    ),
    Tolerance(
        "mdn-names-differ",
        "AS2-From and AS2-To of an asynchronous MDN are missing, or are not those of the message, swapped.",
        "Write AS2-From and AS2-To into the MDN, the names of the message swapped (RFC 4130, section 6.2).",
    ),
    Tolerance(
        "mdn-unsigned",
        "The MDN is not signed although a signed one was asked for.",
        "Sign the MDN when signed-receipt-protocol asks for it (RFC 4130, section 7.3).",
    ),
    Tolerance(
        "mic-form",
        "Received-Content-MIC is not written as the grammar has it.",
        "Write Received-Content-MIC as base64, a comma, a blank and the algorithm (RFC 4130, section 7.4.3).",
    ),
    Tolerance(
        "mic-other-line-ends",
        "The MIC is over the message with other line ends than were sent.",
        "Compute the MIC over the bytes as they were signed, without converting line ends (RFC 4130, section 7.3.1).",
    ),
    Tolerance(
        "mic-other-range",
        "The MIC is over other bytes of the message than RFC 4130 says.",
        "Compute the MIC over the signed entity with its headers (RFC 4130, section 7.3.1).",
    ),
    Tolerance(
        "mic-weaker",
        "The MIC uses a weaker algorithm than was asked for.",
        "Use the first supported algorithm of signed-receipt-micalg (RFC 4130, section 7.3).",
    ),
    Tolerance(
        "original-message-id-changed",
        "Original-Message-ID is not written as the Message-ID was.",
        "Repeat the Message-ID byte for byte in Original-Message-ID (RFC 4130, section 7.4.3).",
    ),
    Tolerance(
        "report-type-missing",
        "multipart/report does not name its report-type.",
        "State report-type=disposition-notification (RFC 6522, section 3).",
    ),
)

TOLERANCES: Final[dict[ToleranceId, Tolerance]] = {entry.id: entry for entry in _ENTRIES}
"""Every entry by its id, in the order of the ids."""
