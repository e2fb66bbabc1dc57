"""An AS2 message or receipt shown: the layers as a tree for people, the same as plain values for machines."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence

import msgspec

from as2.capture import Capture
from as2.certificates import Certificate, Unusable, read_certificate
from as2.cms.recipients import Recipient
from as2.cms.signature import Signature
from as2.diagnosis import Diagnosis
from as2.fault import As2Fault
from as2.filenames import stated_filename
from as2.headers import Headers
from as2.layers import Layer
from as2.mdn_reading import ReadMdn
from as2.mic import Candidate, MicVerdict
from as2.tolerance import TOLERANCES, ToleranceId
from gateway.arrival import printable
from gateway.channels.as2.inventory import key_words
from gateway.cli.output import line, paragraph, say, table
from gateway.cli.tree import branches

_FIRST_LINE = 60
_TITLES = {
    "encrypted": "encrypted",
    "compressed": "compressed",
    "signed": "multipart/signed",
    "signature": "signature",
    "multipart": "multipart",
    "content": "content",
}
_FORMS = {
    "enveloped": "EnvelopedData",
    "auth-enveloped": "AuthEnvelopedData",
    "gcm-in-enveloped-data": "AES-GCM inside EnvelopedData",
}


class Oddity(msgspec.Struct, frozen=True):
    """A tolerance, as it is told."""

    id: str
    seen: str
    change: str


class ShownLayer(msgspec.Struct, frozen=True, kw_only=True):
    """One layer in texts."""

    kind: str
    media: str
    bytes: int
    """Of its content, as it is encoded."""
    headers: list[tuple[str, str]]
    facts: list[tuple[str, str]]
    """What there is to know, by name, in the order to show it."""
    oddities: list[Oddity]
    fault: dict[str, str] | None
    inside: list[ShownLayer]


class ShownMic(msgspec.Struct, frozen=True, kw_only=True):
    """The digests of one byte range in one form of its line ends, in base64 as a receipt states them."""

    range: str
    line_ends: str
    digests: dict[str, str]


class ShownMdn(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt says, and what it is worth."""

    disposition: str
    verdict: str
    meaning: str
    signature: str
    """``verified``, ``unsigned`` or ``unverified``."""
    why: str
    """It is unverified because of this."""
    signed_by: str | None
    original_message_id: str | None
    mic: str | None
    final_recipient: str | None
    reporting_ua: str | None
    text: str
    oddities: list[Oddity]


def oddities(ids: Iterable[ToleranceId]) -> list[Oddity]:
    """The entries of the registry, in the order of their ids."""
    return [Oddity(each, TOLERANCES[each].seen, TOLERANCES[each].change) for each in sorted(ids)]


def shown_layer(layer: Layer) -> ShownLayer:
    """A layer with all inside it, in texts."""
    return ShownLayer(
        kind=layer.kind,
        media=layer.media,
        bytes=layer.content.size,
        headers=header_texts(layer.headers),
        facts=[(name, printable(value, 500)) for name, value in _facts(layer)],
        oddities=oddities(layer.tolerated),
        fault=shown_fault(layer.fault),
        inside=[shown_layer(each) for each in layer.inside],
    )


def shown_fault(fault: As2Fault | None) -> dict[str, str] | None:
    """A fault by its cause and its text."""
    return {"cause": fault.cause, "text": str(fault)} if fault is not None else None


def shown_mics(candidates: Sequence[Candidate]) -> list[ShownMic]:
    """The table of digests that a MIC may be."""
    return [
        ShownMic(
            range=each.range,
            line_ends=each.canonicalisation,
            digests={name: b64encode(digest).decode() for name, digest in each.digests.items()},
        )
        for each in candidates
    ]


def shown_mdn(mdn: ReadMdn, more: Iterable[ToleranceId] = ()) -> ShownMdn:
    """A receipt in texts; ``more`` are oddities beside the message that it answers."""
    said = mdn.disposition
    head = "/".join(part for part in (said.type, said.modifier) if part) or "nothing"
    verified = mdn.signature.verified
    return ShownMdn(
        disposition=": ".join(part for part in (head, "; ".join(said.texts)) if part),
        verdict=said.verdict,
        meaning=said.meaning,
        signature=mdn.signature.state,
        why=mdn.signature.why,
        signed_by=described(verified.certificate) if verified else None,
        original_message_id=mdn.original_message_id,
        mic=mdn.mic.stated if mdn.mic else None,
        final_recipient=mdn.final_recipient,
        reporting_ua=mdn.reporting_ua,
        text=mdn.text,
        oddities=oddities({*mdn.tolerated, *more}),
    )


def header_texts(headers: Headers) -> list[tuple[str, str]]:
    """Names and values, each in one line."""
    return [
        (name.decode("ascii"), printable(" ".join(value.decode("latin-1").split()), 1000))
        for name, value in headers.fields
    ]


def beginning(data: bytes) -> str:
    """The first characters of some content, harmless."""
    return printable(data[: 4 * _FIRST_LINE].decode("latin-1"), _FIRST_LINE)


def described(certificate: Certificate) -> str:
    """A certificate in one line: who, which key, until when, the fingerprint."""
    try:
        key = key_words(certificate)
    except Unusable as fault:
        key = str(fault)
    return f"{certificate.subject}, {key}, until {certificate.not_after:%Y-%m-%d}, fingerprint {certificate.sha256}"


# For people


def print_capture(capture: Capture) -> None:
    """The start line, the header fields, and what the file shows about the transfer."""
    if capture.start_line:
        line(printable(capture.start_line, 300), "bold")
    table(("", ""), header_texts(capture.headers) or [("no header fields", "")])
    for each in capture.remarks:
        paragraph(each, 2, "yellow")


def print_layers(top: ShownLayer) -> None:
    """The layers as a tree, each with its facts; a fault in red."""
    rows = list(_rows(top, 0))
    drawn = list(branches([depth for depth, _ in rows]))
    for number, (branch, (depth, layer)) in enumerate(zip(drawn, rows, strict=True)):
        title = " ".join(part for part in (_TITLES[layer.kind], "" if layer.kind == "signed" else layer.media) if part)
        line(f"{branch}{title}  {layer.bytes:,} bytes", "bold")
        goes_on = "".join("│  " if each in "│├" else "   " for each in branch[::3])
        below = number + 1 < len(rows) and rows[number + 1][0] > depth
        indent = goes_on + ("│  " if below else "   ")
        for name, value in layer.facts:
            say(f"{indent}{name}: {value}")
        for oddity in layer.oddities:
            say(f"{indent}odd: {oddity.seen} {oddity.change}", "yellow")
        if layer.fault is not None:
            say(f"{indent}{layer.fault['text']}", "red")


def print_mics(mics: Sequence[ShownMic]) -> None:
    """The table of digests."""
    if mics:
        say("")
        say("MIC, by byte range and line ends; the first row is the one that RFC 4130 wants", "bold")
        table(
            ("range", "line ends", "algorithm"),
            [(each.range, each.line_ends, name, digest) for each in mics for name, digest in each.digests.items()],
            details=("MIC",),
        )


def print_mdn(mdn: ShownMdn) -> None:
    """What a receipt says."""
    say("")
    colour = {"processed": "green", "warning": "yellow"}.get(mdn.verdict, "red")
    line(f"receipt: {printable(mdn.disposition, 300)}", f"bold {colour}")
    rows = [
        ("signature", f"{mdn.signature}{f': {mdn.why}' if mdn.why else ''}"),
        ("signed by", mdn.signed_by or ""),
        ("answers", mdn.original_message_id or "no message by name"),
        ("MIC", mdn.mic or "none"),
        ("final recipient", mdn.final_recipient or ""),
        ("made by", mdn.reporting_ua or ""),
    ]
    table(("", ""), [(f"  {name}", printable(value, 500)) for name, value in rows if value])
    for each in mdn.text.splitlines():
        paragraph(printable(each, 1000), 4, "dim")
    print_oddities(mdn.oddities)


def print_oddities(found: Sequence[Oddity]) -> None:
    """What is odd, and what would be right."""
    for each in found:
        paragraph(f"odd: {each.seen} {each.change}", 2, "yellow")


def print_diagnosis(diagnosis: Diagnosis) -> None:
    """What is wrong, and what to do."""
    paragraph(printable(diagnosis.text, 4000), 2)
    paragraph(f"change: {printable(diagnosis.change, 1000)}", 2)
    if diagnosis.quirk is not None:
        paragraph(f"or accept such messages: `receive.quirks: [{diagnosis.quirk}]` in the channel's profile", 2)


def mic_words(verdict: MicVerdict) -> str:
    """What the MIC of a receipt says about a message."""
    candidate = verdict.candidate
    where = f" ({candidate.range}, line ends {candidate.canonicalisation})" if candidate is not None else ""
    return {
        "match": f"The MIC is that of the message, in {verdict.algorithm}.",
        "alternative": f"The MIC is that of the message, over other bytes than RFC 4130 wants{where}.",
        "weaker": f"The MIC is that of the message, in a weaker algorithm than was asked for: {verdict.algorithm}.",
        "mismatch": "The MIC is not that of the message: the partner has something else than was sent.",
        "missing": "The receipt has no MIC, so nothing shows what the partner received.",
        "unreadable": "The MIC is no base64.",
        "unknown-algorithm": "The MIC has an algorithm of which there is no digest to compare with.",
    }[verdict.outcome]


def _rows(layer: ShownLayer, depth: int) -> Iterable[tuple[int, ShownLayer]]:
    yield depth, layer
    for each in layer.inside:
        yield from _rows(each, depth + 1)


def _facts(layer: Layer) -> Iterable[tuple[str, str]]:
    if layer.unstated_base64:
        yield "encoding", "base64, which no header field states"
    envelope, opened = layer.envelope, layer.opened
    if envelope is not None:
        yield "form", _FORMS[envelope.form]
        yield "cipher", envelope.cipher
        for each in envelope.recipients:
            yield "for", _recipient(each)
    if opened is not None:
        yield "opened with", described(opened.opened_by.certificate)
    if layer.signature is not None:
        yield from _signature_facts(layer.signature)
    if layer.kind == "signed":
        yield "micalg", _parameter(layer, "micalg") or "not stated"
    if layer.kind == "content":
        yield from _content_facts(layer)


def _recipient(recipient: Recipient) -> str:
    return f"{recipient.identifier}, by {recipient.method or 'an algorithm that is not known'}"


def _signature_facts(signature: Signature) -> Iterable[tuple[str, str]]:
    yield "signer", str(signature.signer)
    yield "digest", signature.digest_name
    yield "algorithm", signature.scheme
    yield "signed attributes", "yes" if signature.has_signed_attributes else "none: the content itself is signed"
    if signature.message_digest is not None:
        yield "signed digest", b64encode(signature.message_digest).decode()
    if signature.signing_time is not None:
        yield "signing time", f"{signature.signing_time:%Y-%m-%d %H:%M:%S} UTC, by the signer's clock"
    for each in signature.embedded:
        try:
            yield "certificate", described(read_certificate(each))
        except Unusable as fault:
            yield "certificate", str(fault)


def _content_facts(layer: Layer) -> Iterable[tuple[str, str]]:
    encoding = layer.headers.get("Content-Transfer-Encoding")
    if encoding is not None:
        yield "encoding", encoding
    try:
        filename = stated_filename(layer.headers)
    except As2Fault:
        filename = None
    if filename:
        yield "file name", filename
    start = next(layer.content.chunks(), b"")
    yield "begins with", beginning(start) if start else "nothing: it is empty"


def _parameter(layer: Layer, name: str) -> str | None:
    try:
        content_type = layer.headers.content_type()
    except As2Fault:
        return None
    return content_type.parameters.get(name) if content_type is not None else None
