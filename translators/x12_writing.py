"""Writes X12 interchanges: ISA of 106 bytes, TA1s, one functional group with its transaction sets, IEA."""

from __future__ import annotations

from collections.abc import Sequence

from translators import charset as charsets
from translators.envelope import Envelope, Outgoing, Span, Written
from translators.finding import Where
from translators.functional_groups import FUNCTIONAL_GROUPS
from translators.pen import Pen, elements_of, write_body
from translators.syntax import Dialect
from translators.tree import Node

_SERVICE_TAGS = frozenset({"ISA", "TA1", "ISB", "ISE", "ISX", "TA3", "GS", "ST", "SE", "GE", "IEA", "BIN", "BDS"})
_REPEATS_SINCE = "00402"
_EIGHT_DIGIT_DATES_SINCE = "004000"
_GUIDE_IN_SET_HEADER_SINCE = "005010"


def write_interchange(envelope: Envelope, messages: Sequence[Outgoing], extra: Sequence[Node]) -> Written:
    """The interchange, and what is wrong with it: ids too long, delimiters inside data, mixed sets."""
    charset = charsets.of_identifier(envelope.charset) or charsets.charset("iso8859_1", envelope.charset)
    dialect = Dialect(
        syntax="x12",
        element=(envelope.element or "*").encode("ascii"),
        component=(envelope.component or ":").encode("ascii"),
        terminator=(envelope.terminator or "~").encode("ascii"),
        # ISA11 names the standard in earlier versions (I10), and the repetition separator from 00402 on (I65).
        repetition=(envelope.repetition or "^").encode("ascii") if envelope.control_version >= _REPEATS_SINCE else None,
        charset=charset.codec,
    )
    pen = Pen(dialect, charset, Where(interchange=envelope.control_number), newline=envelope.newline)
    if len(set(dialect.delimiters)) < len(dialect.delimiters):
        pen.note("delimiter-clash", "one character has two delimiter roles", segment="ISA", element=16)
    _write_header(pen, envelope, dialect)
    for node in extra:
        if node.name != "TA1":
            pen.note("misplaced-segment", f"{node.name} cannot stand between ISA and GS", segment=node.name)
        pen.segment(node.name, elements_of(node))
    spans = _write_group(pen, envelope, messages) if messages else []
    if not messages and not extra:
        pen.note("empty-interchange", "there is no transaction set to write", segment="IEA")
    pen.where = Where(interchange=envelope.control_number)
    pen.simple("IEA", "1" if messages else "0", envelope.control_number)
    return Written(data=pen.data, messages=spans, findings=pen.findings)


def _write_header(pen: Pen, envelope: Envelope, dialect: Dialect) -> None:
    def fixed(element: int, value: str, width: int, code: str = "interchange-header-invalid") -> str:
        """``value`` in exactly ``width`` bytes; what does not fit is noted and cut, the rest keeps its place."""
        if not value.isascii() or not value.isprintable() or len(value) > width or set(value) & delimiters:
            text = f"ISA{element:02} must be at most {width} plain characters, none of them a delimiter"
            pen.note(code, text, segment="ISA", element=element, value=value)
            value = "".join(letter for letter in value if letter.isascii() and letter.isprintable())
            value = "".join(letter for letter in value if letter not in delimiters)
        return value[:width].ljust(width)

    delimiters = set(dialect.delimiters.decode("ascii"))
    number = envelope.control_number
    if len(number) != 9 or not (number.isascii() and number.isdigit()):
        pen.note("control-number-invalid", "ISA13 must be nine digits", segment="ISA", element=13, value=number)
    for element, address in ((6, envelope.sender), (8, envelope.receiver)):
        if not address.id.strip():
            pen.note("interchange-header-invalid", f"ISA{element:02} names nobody", segment="ISA", element=element)
    values = (
        "00",
        " " * 10,
        "00",
        " " * 10,
        fixed(5, envelope.sender.qualifier or "ZZ", 2),
        fixed(6, envelope.sender.id, 15),
        fixed(7, envelope.receiver.qualifier or "ZZ", 2),
        fixed(8, envelope.receiver.id, 15),
        f"{envelope.utc:%y%m%d}",
        f"{envelope.utc:%H%M}",
        dialect.repetition.decode("ascii") if dialect.repetition else "U",
        fixed(12, envelope.control_version, 5, "syntax-version-unsupported"),
        fixed(13, number, 9, "control-number-invalid"),
        "1" if envelope.request_acknowledgment else "0",
        "T" if envelope.test else "P",
        dialect.component.decode("ascii"),
    )
    pen.raw(dialect.element.decode("ascii").join(("ISA", *values)).encode("ascii"))


def _write_group(pen: Pen, envelope: Envelope, messages: Sequence[Outgoing]) -> list[Span]:
    kind = messages[0].kind
    identifier = FUNCTIONAL_GROUPS.get(kind.type, "")
    version = kind.version + kind.association
    where = Where(interchange=envelope.control_number, group=envelope.group_number)
    pen.where = where
    if not identifier:
        text = f"no functional identifier (GS01) is known for the transaction set {kind.type!r}"
        pen.note("group-type-unsupported", text, segment="GS", element=1, value=kind.type)
    if not (envelope.group_number.isascii() and envelope.group_number.isdigit() and len(envelope.group_number) <= 9):
        text = "GS06 must be one to nine digits"
        pen.note("group-header-invalid", text, segment="GS", element=6, value=envelope.group_number)
    if not version or len(version) > 12:
        text = f"GS08 {version!r} is no version such as 004010"
        pen.note("group-version-unsupported", text, segment="GS", element=8, value=version)
    sender, receiver = (
        envelope.group_sender or envelope.sender.id.strip(),
        envelope.group_receiver or envelope.receiver.id.strip(),
    )
    for element, code in ((2, sender), (3, receiver)):
        if not code:
            pen.note("element-missing", f"GS{element:02} names nobody", segment="GS", element=element)
        elif len(code) < 2:
            text = f"GS{element:02} has fewer than two characters"
            pen.note("element-too-short", text, severity="warning", segment="GS", element=element, value=code)
        elif len(code) > 15:
            text = f"GS{element:02} has more than 15 characters"
            pen.note("element-too-long", text, segment="GS", element=element, value=code)
    day = f"{envelope.utc:%Y%m%d}" if version >= _EIGHT_DIGIT_DATES_SINCE else f"{envelope.utc:%y%m%d}"
    agency = kind.agency or "X"
    pen.simple("GS", identifier, sender, receiver, day, f"{envelope.utc:%H%M}", envelope.group_number, agency, version)
    spans: list[Span] = []
    seen: set[str] = set()
    for message in messages:
        span = _write_set(pen, where, message, identifier, version)
        if span.reference in seen:
            text = f"two transaction sets have the control number {span.reference!r}"
            pen.note("duplicate-message", text, segment="ST", element=2, value=span.reference)
        seen.add(span.reference)
        spans.append(span)
    pen.where = where
    pen.simple("GE", str(len(messages)), envelope.group_number)
    return spans


def _write_set(pen: Pen, where: Where, message: Outgoing, identifier: str, version: str) -> Span:
    reference = message.reference
    if reference.isascii() and reference.isdigit():
        reference = reference.zfill(4)
    pen.where = Where(interchange=where.interchange, group=where.group, message=reference)
    if not (4 <= len(reference) <= 9 and reference.isascii() and reference.isalnum()):
        text = "ST02 must be four to nine letters and digits"
        pen.note("message-reference-invalid", text, segment="ST", position=1, element=2, value=reference)
    own = message.kind.version + message.kind.association
    if FUNCTIONAL_GROUPS.get(message.kind.type, "") != identifier or own != version:
        text = f"a {message.kind.type} {own} cannot stand in a group {identifier} {version}; write it by itself"
        pen.note("message-not-in-group", text, segment="ST", position=1, element=1, value=message.kind.type)
    offset = pen.offset
    # ST03 repeats the guide that GS08 names, from the release that has it.
    guide = own if message.kind.association and own >= _GUIDE_IN_SET_HEADER_SINCE else ""
    pen.simple("ST", message.kind.type, reference, guide, position=1)
    count = write_body(pen, "x12", message.body, _SERVICE_TAGS)
    end = pen.simple("SE", str(count + 2), reference, position=count + 2)
    return Span(reference=reference, offset=offset, length=end - offset)
