"""Why a message was refused, in words that somebody can act on.

A fault names what is wrong; here the message is looked at once more, with time and with everything at hand, for what
made it so. A digest that does not fit is compared with the digests of the bytes that signers are known to hash by
mistake. Where nobody who is known signed, the certificate in the message is tried: it proves nothing, but if it is the
partner's new one the operator wants to read its name. An envelope that is not for us is looked up among the
certificates that we used to have, and those of the partner, which software picks by mistake.

**This belongs after the answer, never before it.** What is found depends on what came out of the decryption, and so
does the time that it takes (see :mod:`as2.fault`): a partner must not learn either. The text is for the operator;
``change`` is written to be mailed, and is safe to mail to a partner that is known, since it tells of its own message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from as2.advice import ADVICE, advice
from as2.certificates import Certificate, Unusable, read_certificate
from as2.cms.signature import Signature
from as2.cms.verifying import DigestOf, verify
from as2.digests import CANONICALISATIONS, DigestName, EntityDigests
from as2.encoding import decoded
from as2.fault import As2Fault, AuthenticationFailed, Insufficient, Unsupported
from as2.headers import Headers
from as2.heading import Heading
from as2.layers import EVERYTHING, Layer, laid_open
from as2.receiving import Quirk, Receiving
from as2.source import Entropy, Scratch, Source
from as2.suspects import SUSPECTS, Suspect, SuspectDigests

_QUIRKS: Final[dict[Suspect, Quirk]] = {"lf-body": "lf-body", "lf-all": "lf-all"}
_MENDED: Final[dict[Suspect, str]] = {
    "lf-body": "Convert the line ends of the content to CRLF before you sign, or send the content as binary with the"
    " line ends that it has.",
    "lf-all": "Convert all line ends to CRLF before you sign, not after it.",
    "content": "Sign the whole MIME entity: its header fields, the empty line and the content (RFC 8551, 3.1).",
    "content-with-crlf": "Sign the whole MIME entity, with its header fields, and send the line ends that you signed.",
    "content-with-lf": "Sign the whole MIME entity, with its header fields, and send the line ends that you signed.",
    "line-end-added": "The line end before a delimiter belongs to the delimiter (RFC 2046, 5.1.1): do not sign it.",
    "line-end-removed": "Sign the line end at the end of the content too, or do not send it; only the one before the"
    " delimiter is not signed (RFC 2046, 5.1.1).",
}
_SIGNERS: Final = ("signer-unknown", "signature-wrong")
_READ_TO_THE_END: Final = (AuthenticationFailed, Insufficient, Unsupported)
_OF_THE_BODY: Final = frozenset(
    {
        "envelope-malformed",
        "compressed-malformed",
        "cms-unknown",
        "boundary-missing",
        "delimiter-missing",
        "part-missing",
        "no-mdn",
        "malformed-content-type",
    }
)
_FOLD: Final = re.compile(rb"\r?\n[ \t]+")
_BUSINESS: Final = (b"UNA", b"UNB", b"ISA", b"<?xml")
_PEEKED: Final = 4096


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a message, and what to do."""

    cause: str
    """A stable id: that of the fault, or a closer one."""
    text: str
    """What is wrong and what shows it, for the operator."""
    change: str
    """What the partner, who is the "you" of it, has to change: to be mailed as it is."""
    quirk: Quirk | None = None
    """With this in ``receive.quirks`` of the profile, such messages are accepted as they are."""


def diagnose(
    fault: As2Fault,
    headers: Headers,
    heading: Heading | None,
    body: Source,
    terms: Receiving,
    *,
    known: Sequence[Certificate] = (),
    entropy: Entropy,
    scratch: Scratch,
) -> Diagnosis:
    """The diagnosis of a fault that :func:`as2.receiving.receive` or :func:`as2.heading.read_heading` found.

    ``heading`` is ``None`` where it could not be read; ``terms`` are those that the message was judged by. ``known``
    are certificates that need not be in use for it: former and future ones of both sides, those whose key is missing,
    those of other partners. Never raises for what the message holds; reading the body may raise ``OSError``.
    """
    found = _cut_short(fault, headers, body) if heading is not None else None
    found = found or _misplaced(fault, headers, body)
    if found is None and fault.cause in ("not-for-us", "not-decrypted", "digest-mismatch", *_SIGNERS):
        message = laid_open(headers, body, keys=terms.keys, entropy=entropy, scratch=scratch, limits=terms.limits)
        if fault.cause in ("not-for-us", "not-decrypted"):
            found = _for_whom(fault, message, terms, known)
        else:
            found = _signature(fault, message, terms, known)
    if found is None:
        found = Diagnosis(cause=fault.cause, text=str(fault), change=advice(fault))
    if heading is not None and heading.product:
        found = msgspec.structs.replace(
            found, text=f"{found.text} The sender's software says it is {heading.product!r}."
        )
    return found


# How the body came


def _cut_short(fault: As2Fault, headers: Headers, body: Source) -> Diagnosis | None:
    stated = headers.get("Content-Length") or ""
    if not stated.isdecimal() or int(stated) <= body.size or isinstance(fault, _READ_TO_THE_END):
        return None
    text = f"{fault} The body has {body.size} bytes, and {stated} were announced."
    return Diagnosis(cause="body-cut-short", text=text, change=ADVICE["body-cut-short"])


def _misplaced(fault: As2Fault, headers: Headers, body: Source) -> Diagnosis | None:
    """A body that is something else than its header fields say."""
    if fault.cause not in _OF_THE_BODY:
        return None
    start = b""
    for chunk in body.chunks():
        start += chunk
        if len(start) >= _PEEKED:
            break
    start = start[:_PEEKED].lstrip()
    lower = start[:200].lower()
    if start[:2] == b"MI" and re.fullmatch(rb"[A-Za-z0-9+/=\s]+", start):
        return Diagnosis(
            cause="base64-not-stated",
            text="The body is in base64, and no header field says so.",
            change="Send the body as binary (RFC 4130, 5.2.1), or state Content-Transfer-Encoding: base64 in the HTTP"
            " header.",
        )
    if start.startswith(b"-----BEGIN"):
        return Diagnosis(
            cause="body-in-armour",
            text="The body is a PEM file, with its armour.",
            change="Send the CMS structure itself, in DER, without armour.",
        )
    if re.match(rb"(?:mime-version|content-[a-z-]+|message-id|as2-from)[ \t]*:", lower):
        return Diagnosis(
            cause="headers-in-body",
            text="The body begins with header fields: the MIME header was sent as a part of the body.",
            change="Send the MIME header fields, Content-Type above all, as header fields of the HTTP request.",
        )
    if lower.startswith((b"<!doctype html", b"<html")):
        return Diagnosis(
            cause="body-is-html",
            text="The body is a web page, and no AS2 message.",
            change="Look at what answers at this address: a proxy, a login page or an error page.",
        )
    if fault.cause == "delimiter-missing" and (delimiter := re.match(rb"--([!-~ ]{1,70})\r?\n", start)):
        return Diagnosis(
            cause="boundary-other",
            text=f"{fault} The body begins with the delimiter of another boundary, {delimiter[1].decode()!r}.",
            change="State the boundary in the Content-Type of the HTTP request that is used in the body; a proxy or a"
            " library may have written one of its own.",
        )
    if start.startswith(_BUSINESS):
        stated = headers.get("Content-Type") or "nothing"
        return Diagnosis(
            cause="body-in-clear",
            text=f"The body is a business document in clear, and its Content-Type says {stated[:200]!r}.",
            change="Switch signing and encryption on, or state the Content-Type of what is sent.",
        )
    return None


# Encryption


def _for_whom(fault: As2Fault, message: Layer, terms: Receiving, known: Sequence[Certificate]) -> Diagnosis | None:
    envelope = message.envelope
    if envelope is None:
        return None
    ids = [each.identifier for each in envelope.recipients]
    if fault.cause == "not-decrypted":
        ours = [pair.certificate for pair in terms.keys]
        twins = [each for each in (*known, *ours) if any(one.names(each) for one in ids)]
        if len({each.spki for each in twins}) < 2:
            return None
        listed = "; ".join(_named(each) for each in twins)
        return Diagnosis(
            cause="encrypted-for-a-namesake",
            text=f"Nothing readable comes out. Several certificates have the issuer and number it names: {listed}.",
            change=ADVICE["not-decrypted"],
        )
    for certificate in terms.pinned:
        if any(one.names(certificate) for one in ids):
            return Diagnosis(
                cause="encrypted-for-its-sender",
                text=f"It is encrypted for the partner's own certificate {_named(certificate)}, so only the partner can"
                " read it.",
                change="In the settings for us, choose our certificate for encryption and yours for signing; they are"
                " exchanged.",
            )
    for certificate in known:
        if any(one.names(certificate) for one in ids):
            return Diagnosis(
                cause="encrypted-for-another",
                text=f"It is encrypted for {_named(certificate)}, which does not decrypt now: it is out of use, or its"
                " private key is not here. If it should count, give it days of use among our `certificates`, with"
                " `decrypt`.",
                change="Encrypt for our certificate that is in use now; we send it again if you have not got it.",
            )
    if not terms.keys:
        return Diagnosis(
            cause="key-missing",
            text=f"There is no key to decrypt with. It is encrypted for {'; '.join(map(str, ids[:8])) or 'nobody'}. If"
            " that is ours, import its private key: `sallyport keys import`.",
            change=ADVICE["not-for-us"],
        )
    ours_named = "; ".join(_named(pair.certificate) for pair in terms.keys)
    return Diagnosis(
        cause="not-for-us",
        text=f"It is encrypted for {'; '.join(map(str, ids[:8])) or 'nobody'}. We decrypt with: {ours_named}.",
        change=ADVICE["not-for-us"],
    )


# Signatures


def _signature(fault: As2Fault, message: Layer, terms: Receiving, known: Sequence[Certificate]) -> Diagnosis | None:
    signed = next((layer for layer in message.walk() if layer.kind == "signed" and len(layer.inside) > 1), None)
    signature = signed.inside[1].signature if signed is not None else None
    if signed is None or signature is None:
        return None
    entity = signed.inside[0]
    if fault.cause == "digest-mismatch":
        return _digest(signature, entity, terms, known)
    embedded = _embedded(signature)
    digests = _digests_of(signature, entity)
    for certificate in terms.pinned:
        if _made_by(signature, digests, certificate):
            return Diagnosis(
                cause="signer-too-weak",
                text=f"The signature is good, made with the partner's {_named(certificate)}, whose key is too short:"
                f" {certificate.key_bits} bits.",
                change=f"Sign with a key of at least {terms.permits.smallest_rsa} bits, and send us its certificate."
                " Until you can, our profile can permit it: `receive.weak: [{allow: rsa-1024, until: DAY}]`.",
            )
    named = [each for each in known if signature.signer.names(each) or signature.signer.names_loosely(each)]
    for certificate in named:
        if _made_by(signature, digests, certificate):
            return Diagnosis(
                cause="signer-not-in-use",
                text=f"It is signed with {_named(certificate)}, which is known and does not verify now: it is out of"
                " use, it expired, or it belongs to somebody else. If it should count, give it days of use among the"
                " channel's `certificates`, with `verify`.",
                change="Sign with the certificate that is agreed on for now, or tell us from when you use this one.",
            )
    for certificate in embedded:
        if _made_by(signature, digests, certificate):
            twin = any(signature.signer.names(each) for each in terms.pinned)
            renewed = " It has the issuer and number of the one that we have: it was renewed." if twin else ""
            return Diagnosis(
                cause="signer-not-pinned",
                text=f"The signature is good, made with a certificate that came with it and that the profile does not"
                f" name: {_named(certificate)}.{renewed} That proves nothing about who sent it. If it is the partner's"
                " new one, compare the fingerprint with it by telephone, then import it: `sallyport keys import FILE`.",
                change="If it is your new certificate, send it to us, and tell us its fingerprint by telephone.",
            )
    if fault.cause == "signature-wrong":
        return Diagnosis(
            cause="signature-wrong",
            text=f"The signature names {signature.signer}, which we have, and was not made with its key; nor with a"
            " certificate that came with it.",
            change="If you renewed your certificate under the same name and number, send us the new one. Otherwise"
            " choose the key in your software that belongs to the certificate.",
        )
    pinned = "; ".join(_named(each) for each in terms.pinned) or "none"
    return Diagnosis(
        cause="signer-unknown",
        text=f"The signature names {signature.signer}. The profile's certificates are: {pinned}.",
        change=ADVICE["signer-unknown"],
    )


def _digest(signature: Signature, entity: Layer, terms: Receiving, known: Sequence[Certificate]) -> Diagnosis:
    """What the signer hashed instead, if it is one of the usual things."""
    name = signature.algorithm.digest or signature.digest_name
    keys = (*terms.pinned, *known, *_embedded(signature))
    suspects = SuspectDigests({name, signature.digest_name})
    suspects.update_header(entity.headers.raw_block)
    for chunk in entity.content.chunks():
        suspects.update(chunk)
    for form in SUSPECTS:
        if not _fits(signature, keys, _of(suspects, form)):
            continue
        # A receipt is no document: where it matters what was received, nothing is read into it.
        quirk = _QUIRKS.get(form) if entity.media != "multipart/report" else None
        return Diagnosis(
            cause=f"digest-of-{form}",
            text=f"The digest that was signed is not that of what arrived, but that of {SUSPECTS[form]}.",
            change=_MENDED[form],
            quirk=quirk,
        )
    for cause, what, change, digests in _further(signature, entity):
        if any(_fits(signature, keys, _in_form(digests, each)) for each in ("raw", "crlf-all")):
            text = f"The digest that was signed is not that of what arrived, but that of {what}."
            return Diagnosis(cause=cause, text=text, change=change)
    signer = next((each for each in keys if _made_by(signature, _as_stated(signature), each)), None)
    text = "The digest that was signed is not that of what arrived, nor of anything that signers hash by mistake."
    if signer is not None and signature.attributes is not None:
        whose = "the partner's" if signer in terms.pinned else "a certificate that does not count here,"
        text += (
            f" The signature itself is good, by {whose} {_named(signer)}: the content was changed after it was signed."
        )
    return Diagnosis(cause="digest-mismatch", text=text, change=ADVICE["digest-mismatch"])


def _further(signature: Signature, entity: Layer) -> Iterator[tuple[str, str, str, EntityDigests]]:
    """Forms that need the entity taken apart: before its transfer encoding, and with its header lines unfolded."""
    names = {signature.digest_name, signature.algorithm.digest or signature.digest_name}
    encoding = (entity.headers.get("Content-Transfer-Encoding") or "").strip().lower()
    block = entity.headers.raw_block
    if encoding in ("base64", "quoted-printable"):
        before = EntityDigests(names)
        before.update_header(block)
        try:
            for chunk in decoded(entity.content.chunks(), encoding):
                before.update(chunk)
        except As2Fault:
            return
        yield (
            "digest-before-encoding",
            f"the content before its transfer encoding, {encoding}",
            "Sign the part as it is sent, in its Content-Transfer-Encoding, or send it as binary.",
            before,
        )
    if _FOLD.search(block):
        unfolded = EntityDigests(names)
        unfolded.update_header(_FOLD.sub(b" ", block))
        for chunk in entity.content.chunks():
            unfolded.update(chunk)
        yield (
            "digest-of-unfolded-headers",
            "the entity with each header field in one line; what arrived has folded lines",
            "Sign the header lines as they are sent: write them in one line each, or fold them before you sign.",
            unfolded,
        )


def _of(suspects: SuspectDigests, form: Suspect) -> Callable[[DigestName], bytes]:
    return lambda name: suspects.digest(name, form)


def _in_form(digests: EntityDigests, form: str) -> Callable[[DigestName], bytes]:
    return lambda name: digests.digest(name, "raw" if form == "raw" else "crlf-all")


def _fits(signature: Signature, keys: Sequence[Certificate], digest: Callable[[DigestName], bytes]) -> bool:
    """Whether this digest is the one that was signed."""
    if signature.attributes is not None:
        return digest(signature.digest_name) == signature.attributes.message_digest
    # Without attributes only a key can tell.
    return any(_made_by(signature, lambda name, _: digest(name), each) for each in keys)


def _digests_of(signature: Signature, entity: Layer) -> DigestOf:
    running = EntityDigests({signature.digest_name, signature.algorithm.digest or signature.digest_name})
    running.update_header(entity.headers.raw_block)
    for chunk in entity.content.chunks():
        running.update(chunk)
    return running.digest


def _as_stated(signature: Signature) -> DigestOf:
    return lambda name, form: signature.message_digest or b""


def _made_by(signature: Signature, digest_of: DigestOf, certificate: Certificate) -> bool:
    try:
        verify(signature, digest_of, order=CANONICALISATIONS, pinned=[certificate], permits=EVERYTHING)
    except As2Fault:
        return False
    return True


def _embedded(signature: Signature) -> list[Certificate]:
    found = []
    for each in signature.embedded[:16]:
        try:
            found.append(read_certificate(each))
        except Unusable:
            continue
    return found


def _named(certificate: Certificate) -> str:
    days = f"{certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}"
    return f"{certificate.subject} (fingerprint {certificate.sha256}, valid {days})"
