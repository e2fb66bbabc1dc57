"""Certificates that a partner renews by message (CEM, draft-meadors-certificate-exchange-14), written and read.

A request offers certificates, each for one or several uses; a response accepts or rejects each of them. Both are
documents of an AS2 message like any other: an XML document and, with a request, one certs-only part for each
certificate, in a multipart/related. The message has to be signed with a certificate that is trusted already and has not
ended (:func:`check_signed`); the first certificate of a relation never comes this way.

**An offer is not trust.** What is read here is *pending* until a person or a rule of the profile has accepted it, and
:func:`usable` gives nothing else out. Whoever accepts a certificate for signatures verifies with it from that moment,
so the acceptance is stored before the response is sent. A response may also never come: pending is a state to stay in.

What broke when products tested this with each other is checked: the name in the XML is that of AS2-From, nothing stands
after the XML, and each certificate is the one that the XML names by its serial number. The URL for the response is
shown and never used: responses go where messages to the partner go.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, Literal
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import msgspec

from as2.building import Payload
from as2.certificates import Certificate, Unusable, load_certificates
from as2.cms.collection import collection
from as2.cms.verifying import Verified
from as2.fault import AuthenticationFailed, Insufficient, Unreadable, Unwritable
from as2.identifiers import quote_name
from as2.plain_xml import read_xml
from as2.receiving import Document
from as2.source import BytesSource, Source

Usage = Literal["digitalSignature", "keyEncipherment", "tlsServer", "tlsClient"]
Status = Literal["pending", "accepted", "rejected"]

MEDIA_TYPE: Final = "application/ediint-cert-exchange+xml"
LARGEST_PART: Final = 256 * 1024
"""Bytes of one part: a certificate and its chain have a few kilobytes."""

_NAMESPACE: Final = "urn:ietf:params:xml:ns:ediintcertificateexchange"
_SIGNATURES: Final = "http://www.w3.org/2000/09/xmldsig#"
_REQUEST: Final = "EDIINTCertificateExchangeRequest"
_RESPONSE: Final = "EDIINTCertificateExchangeResponse"
_CERTS_ONLY: Final = "application/pkcs7-mime; smime-type=certs-only; name=certificate.p7c"
_USAGES: Final[dict[str, Usage]] = {
    each.lower(): each for each in ("digitalSignature", "keyEncipherment", "tlsServer", "tlsClient")
}
_MOST: Final = 20
"""Certificates in one request, as many as a multipart has parts."""
_TEXT: Final = 1000
"""Characters that are kept of a text or written into one."""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate that its owner wants to be used."""

    certificate: Certificate
    usages: frozenset[Usage]
    respond_by: datetime | None = None
    response_url: str | None = None
    """As stated, for people."""
    status: Status = "pending"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Certificates that are offered together."""

    request_id: str
    sender: str
    """AS2 name."""
    originated: datetime | None
    """By the sender's clock, for people; ``None`` where it cannot be read."""
    offers: tuple[Offer, ...]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one certificate."""

    status: Literal["accepted", "rejected"]
    issuer: str
    """As the partner writes it, for people."""
    serial: int
    reason: str | None = None
    """Of a rejection."""


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """The decisions about a request."""

    request_id: str
    """Of the request."""
    sender: str
    originated: datetime | None
    decisions: tuple[Decision, ...]


# Trust


def decided(offer: Offer, response: Response) -> Offer:
    """The offer with what the response says about it; still pending if it says nothing, or both."""
    found = {each.status for each in response.decisions if each.serial == offer.certificate.serial}
    return msgspec.structs.replace(offer, status=found.pop()) if len(found) == 1 else offer


def usable(offers: Iterable[Offer], usage: Usage) -> tuple[Certificate, ...]:
    """The certificates that may be used so: the accepted ones, and no others."""
    return tuple(each.certificate for each in offers if each.status == "accepted" and usage in each.usages)


# Writing


def build_request(request: Request, *, respond_by: datetime, response_url: str, originated: datetime) -> list[Payload]:
    """The documents of a request, the XML first; times are aware.

    :class:`Unwritable` for a request without certificates, with too many, or a text that cannot stand in XML.
    """
    if not 0 < len(request.offers) < _MOST:
        raise Unwritable(
            "cem-unwritable", f"A request offers 1 to {_MOST - 1} certificates, not {len(request.offers)}."
        )
    ids = [_content_id(f"certificate-{number}", request.request_id) for number in range(len(request.offers))]
    trusts = (
        "<TrustRequest>"
        + "".join(_element("CertUsage", usage) for usage in sorted(offer.usages))
        + _element("RespondByDate", _time(respond_by))
        + _element("ResponseURL", response_url)
        + f"<EndEntity><CertificateIdentifier>{_named(offer.certificate.issuer, offer.certificate.serial)}"
        + f"</CertificateIdentifier>{_element('CertificateContentID', content_id)}</EndEntity></TrustRequest>"
        for offer, content_id in zip(request.offers, ids, strict=True)
    )
    return [
        _document(_REQUEST, request.request_id, request.sender, originated, trusts),
        *(
            Payload(content=BytesSource(collection([offer.certificate])), media_type=_CERTS_ONLY, content_id=content_id)
            for offer, content_id in zip(request.offers, ids, strict=True)
        ),
    ]


def build_response(response: Response, *, originated: datetime) -> list[Payload]:
    """The document of a response; the time is aware. :class:`Unwritable` as for a request."""
    if not response.decisions:
        raise Unwritable("cem-unwritable", "A response decides about at least one certificate.")
    trusts = (
        "<TrustResponse>"
        + _element("CertStatus", each.status.capitalize())
        + (_element("ReasonForRejection", each.reason) if each.reason and each.status == "rejected" else "")
        + f"<CertificateReference>{_named(each.issuer, each.serial)}</CertificateReference></TrustResponse>"
        for each in response.decisions
    )
    return [_document(_RESPONSE, response.request_id, response.sender, originated, trusts)]


def _document(root: str, request_id: str, sender: str, originated: datetime, trusts: Iterable[str]) -> Payload:
    quote_name(sender)
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{_NAMESPACE}" xmlns:ds="{_SIGNATURES}"'
        f" requestId={quoteattr(_written(request_id))}>"
        f'<TradingPartnerInfo><Name qualifier="AS2">{escape(sender)}</Name>'
        f"{_element('MessageOriginated', _time(originated))}</TradingPartnerInfo>{''.join(trusts)}</{root}>"
    )
    # Nothing after the root, not even a line end: there are readers that refuse it.
    content = BytesSource(text.encode())
    return Payload(content=content, media_type=MEDIA_TYPE, content_id=_content_id("exchange", request_id))


def _content_id(kind: str, request_id: str) -> str:
    """One of its own for each exchange; what a partner wrote does not become part of it."""
    return f"<{kind}.{hashlib.sha256(request_id.encode()).hexdigest()[:32]}@sallyport>"


def _named(issuer: str, serial: int) -> str:
    return _element("ds:X509IssuerName", issuer) + _element("ds:X509SerialNumber", str(serial))


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(_written(text))}</{name}>"


def _written(text: str) -> str:
    if not text or len(text) > _TEXT or not text.isprintable():
        raise Unwritable("cem-unwritable", f"{text[:100]!r} cannot stand in a certificate exchange.")
    return text


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


# Reading


def check_signed(verified: Verified | None, at: datetime) -> None:
    """Return when a message may carry an exchange: ``verified`` is who signed it, ``at`` when it came.

    :class:`Insufficient` where nobody signed it, whatever the profile puts up with otherwise;
    :class:`AuthenticationFailed` where the signer's certificate is over: it cannot bring its own successor.
    """
    if verified is None:
        raise Insufficient("cem-not-signed", "It exchanges certificates, and nobody signed it.")
    if at > verified.certificate.not_after:
        raise AuthenticationFailed(
            "cem-signer-expired",
            f"It exchanges certificates, and the certificate that signed it ({verified.certificate.subject}) expired on"
            f" {verified.certificate.not_after:%Y-%m-%d}.",
        )


def is_exchange(documents: Sequence[Document]) -> bool:
    """Whether the documents of an accepted message are a request or a response."""
    return bool(documents) and documents[0].media_type == MEDIA_TYPE


def read_exchange(documents: Sequence[Document], *, sender: str) -> Request | Response:
    """The request or the response in the documents of an accepted message; ``sender`` is its AS2-From, unquoted.

    :class:`Unreadable` when the XML cannot be read or lacks something, names another sender, or when a certificate is
    not there or is not the one that is named. What comes out has no trust whatever.
    """
    if not is_exchange(documents):
        raise _malformed("its first document is no certificate exchange")
    root = read_xml(_held(documents[0].content, LARGEST_PART))
    kind = root.tag.removeprefix(f"{{{_NAMESPACE}}}")
    if kind not in (_REQUEST, _RESPONSE) or not root.tag.startswith("{"):
        raise _malformed(f"its root is {root.tag[:_TEXT]!r}")
    request_id = root.get("requestId", "").strip()
    if not request_id or len(request_id) > _TEXT or not request_id.isprintable():
        # The answer names it, so it has to be one that can be written.
        raise _malformed(f"it has no requestId of at most {_TEXT} printable characters")
    info = _only(root, "TradingPartnerInfo")
    name = _only(info, "Name")
    stated = (name.text or "").strip()
    if name.get("qualifier", "AS2") != "AS2" or stated != sender:
        raise Unreadable("cem-sender-differs", f"The exchange names {stated[:200]!r} and comes from {sender!r}.")
    originated = _moment(_maybe(info, "MessageOriginated"))
    if kind == _RESPONSE:
        decisions = tuple(_decision(each) for each in _some(root, "TrustResponse"))
        return Response(request_id=request_id, sender=stated, originated=originated, decisions=decisions)
    parts = {_bare(each.content_id): each for each in documents[1:] if each.content_id}
    offers = tuple(_offer(each, parts) for each in _some(root, "TrustRequest"))
    return Request(request_id=request_id, sender=stated, originated=originated, offers=offers)


def _offer(trust: ElementTree.Element, parts: dict[str, Document]) -> Offer:
    usages = _usages(_text(each) for each in _all(trust, "CertUsage"))
    entity = _only(trust, "EndEntity")
    content_id = _text(_only(entity, "CertificateContentID"))
    _, serial = _identified(_only(entity, "CertificateIdentifier"))
    part = parts.get(_bare(content_id))
    if part is None:
        raise Unreadable("cem-certificate-missing", f"No part has the Content-ID {content_id[:200]!r}.")
    try:
        held = load_certificates(_held(part.content, LARGEST_PART))
    except Unusable as fault:
        raise Unreadable("cem-certificate-missing", f"The part {content_id[:200]!r}: {fault}.") from None
    named = [each for each in held if each.serial == serial]
    if len(named) != 1:
        raise Unreadable(
            "cem-certificate-missing",
            f"The part {content_id[:200]!r} holds {len(named)} certificates with the serial number {serial}.",
        )
    return Offer(
        certificate=named[0],
        usages=usages,
        respond_by=_moment(_maybe(trust, "RespondByDate")),
        response_url=_maybe(trust, "ResponseURL"),
    )


def _decision(trust: ElementTree.Element) -> Decision:
    issuer, serial = _identified(_only(trust, "CertificateReference"))
    match _text(_only(trust, "CertStatus")).lower():
        case "accepted":
            return Decision(status="accepted", issuer=issuer, serial=serial)
        case "rejected":
            reason = _maybe(trust, "ReasonForRejection")
            return Decision(status="rejected", issuer=issuer, serial=serial, reason=reason)
        case other:
            raise _malformed(f"a certificate is neither accepted nor rejected but {other[:100]!r}")


def _usages(stated: Iterable[str]) -> frozenset[Usage]:
    found = [_USAGES.get(each.lower()) for each in stated]
    if not found or None in found:
        raise _malformed("a certificate is offered for no use that is known")
    return frozenset(each for each in found if each is not None)


def _identified(element: ElementTree.Element) -> tuple[str, int]:
    """The issuer as text, which every product writes in its own way, and the serial number."""
    issuer = _text(_only(element, "X509IssuerName", _SIGNATURES))
    serial = _text(_only(element, "X509SerialNumber", _SIGNATURES))
    if not serial.lstrip("-").isdecimal() or not serial.isascii() or len(serial) > 60:
        raise _malformed(f"the serial number {serial[:100]!r} is no number")
    return issuer, int(serial)


def _all(element: ElementTree.Element, name: str, namespace: str = _NAMESPACE) -> list[ElementTree.Element]:
    return element.findall(f"{{{namespace}}}{name}")


def _some(element: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    found = _all(element, name)
    if not 0 < len(found) < _MOST:
        raise _malformed(f"it has {len(found)} elements {name}")
    return iter(found)


def _only(element: ElementTree.Element, name: str, namespace: str = _NAMESPACE) -> ElementTree.Element:
    found = _all(element, name, namespace)
    if len(found) != 1:
        raise _malformed(f"it has {len(found)} elements {name}, and must have one")
    return found[0]


def _maybe(element: ElementTree.Element, name: str) -> str | None:
    found = _all(element, name)
    return _text(found[0]) if found else None


def _text(element: ElementTree.Element) -> str:
    return (element.text or "").strip()[:_TEXT]


def _moment(text: str | None) -> datetime | None:
    """Shown and never decided upon, so one that cannot be read is no reason to refuse."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _bare(content_id: str) -> str:
    return content_id.strip().removeprefix("cid:").removeprefix("<").removesuffix(">")


def _held(content: Source, limit: int) -> bytes:
    if content.size > limit:
        raise _malformed(f"a part of it has {content.size} bytes; {limit} are the most")
    return b"".join(content.chunks())


def _malformed(why: str) -> Unreadable:
    return Unreadable("cem-malformed", f"The certificate exchange cannot be read: {why}.")
