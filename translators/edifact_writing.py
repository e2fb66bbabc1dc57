"""Writes EDIFACT interchanges: UNA, UNB, messages in UNH and UNT, UNZ; syntax versions 1 to 4, without groups."""

from __future__ import annotations

from collections.abc import Sequence

from translators import charset as charsets
from translators.envelope import Envelope, Outgoing, Span, Written
from translators.finding import Where
from translators.pen import Pen, write_body
from translators.syntax import Address, Dialect

_SERVICE_TAGS = frozenset({"UNA", "UNB", "UNG", "UNH", "UNT", "UNE", "UNZ", "UIB", "UIZ", "UNO", "UNP"})
_USUAL = {"component": ":", "element": "+", "release": "?", "terminator": "'"}


def write_interchange(envelope: Envelope, messages: Sequence[Outgoing]) -> Written:
    """The interchange, and what is wrong with it: names too long, characters that cannot be sent."""
    charset = charsets.of_identifier(envelope.charset)
    known = charset is not None
    charset = charset or charsets.charset("iso8859_1", envelope.charset)
    dialect = _dialect(envelope, charset.codec)
    pen = Pen(dialect, charset, Where(interchange=envelope.control_number), newline=envelope.newline)
    if not known:
        pen.note(
            "charset-unsupported", f"{envelope.charset!r} is no syntax identifier that can be written", segment="UNB"
        )
    if envelope.syntax_version not in (1, 2, 3, 4):
        text = f"syntax version {envelope.syntax_version} is none of 1 to 4"
        pen.note("syntax-version-unsupported", text, segment="UNB", element=1, component=2)
    if len(set(dialect.delimiters)) < len(dialect.delimiters):
        pen.note("delimiter-clash", "one character has two delimiter roles", segment="UNA")
    _check_names(pen, envelope)
    if advice := _advice(envelope, dialect):
        pen.verbatim(advice)
    _write_header(pen, envelope)
    spans = [_write_message(pen, envelope, message) for message in messages]
    pen.where = Where(interchange=envelope.control_number)
    if not messages:
        pen.note("empty-interchange", "there is no message to write", segment="UNZ")
    references = [span.reference for span in spans]
    for reference in sorted({reference for reference in references if references.count(reference) > 1}):
        pen.note("duplicate-message", f"two messages have the reference {reference!r}", segment="UNH", value=reference)
    pen.simple("UNZ", str(len(messages)), envelope.control_number)
    return Written(data=pen.data, messages=spans, findings=pen.findings)


def _dialect(envelope: Envelope, codec: str) -> Dialect:
    def chosen(role: str) -> bytes:
        return (getattr(envelope, role) or _USUAL[role]).encode("ascii")

    return Dialect(
        syntax="edifact",
        element=chosen("element"),
        component=chosen("component"),
        terminator=chosen("terminator"),
        release=chosen("release"),
        # ISO 9735-1 has repetition from version 4 on; before, the place in UNA is reserved.
        repetition=(envelope.repetition or "*").encode("ascii") if envelope.syntax_version >= 4 else None,
        charset=codec,
    )


def _advice(envelope: Envelope, dialect: Dialect) -> bytes:
    release, repetition = dialect.release or b" ", dialect.repetition or b" "
    characters = dialect.component + dialect.element + dialect.decimal + release + repetition + dialect.terminator
    usual = b":+.?*'" if dialect.repetition else b":+.? '"
    return b"UNA" + characters if envelope.advice or characters != usual else b""


def _check_names(pen: Pen, envelope: Envelope) -> None:
    if not 1 <= len(envelope.control_number) <= 14:
        text = "the control reference (0020) must have 1 to 14 characters"
        pen.note("control-number-invalid", text, segment="UNB", element=5, value=envelope.control_number)
    internal = 35 if envelope.syntax_version >= 4 else 14
    for element, address, name in ((2, envelope.sender, "sender"), (3, envelope.receiver, "receiver")):
        if not address.id or len(address.id) > 35 or len(address.qualifier) > 4 or len(address.sub) > internal:
            text = f"the {name} must have 1 to 35 characters, a qualifier at most 4, an internal address {internal}"
            pen.note("interchange-header-invalid", text, segment="UNB", element=element, value=address.id)


def _write_header(pen: Pen, envelope: Envelope) -> None:
    day = f"{envelope.utc:%Y%m%d}" if envelope.syntax_version >= 4 else f"{envelope.utc:%y%m%d}"
    pen.simple(
        "UNB",
        (envelope.charset, str(envelope.syntax_version)),
        _address(envelope.sender),
        _address(envelope.receiver),
        (day, f"{envelope.utc:%H%M}"),
        envelope.control_number,
        "",
        "",
        "",
        "1" if envelope.request_acknowledgment else "",
        "",
        "1" if envelope.test else "",
    )


def _address(address: Address) -> tuple[str, str, str]:
    return address.id, address.qualifier, address.sub


def _write_message(pen: Pen, envelope: Envelope, message: Outgoing) -> Span:
    pen.where = Where(interchange=envelope.control_number, message=message.reference)
    if not 1 <= len(message.reference) <= 14:
        text = "the message reference (0062) must have 1 to 14 characters"
        pen.note("message-reference-invalid", text, segment="UNH", position=1, element=1, value=message.reference)
    version, _, release = message.kind.version.partition(".")
    if not (message.kind.type and version and release):
        text = f"{message.kind.type!r} {message.kind.version!r} is no type with a version such as D.96A"
        pen.note("message-type-invalid", text, segment="UNH", position=1, element=2)
    offset = pen.offset
    kind = (message.kind.type, version, release, message.kind.agency or "UN", message.kind.association)
    pen.simple("UNH", message.reference, kind, position=1)
    count = write_body(pen, "edifact", message.body, _SERVICE_TAGS)
    end = pen.simple("UNT", str(count + 2), message.reference, position=count + 2)
    return Span(reference=message.reference, offset=offset, length=end - offset)
