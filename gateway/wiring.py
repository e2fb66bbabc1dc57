"""Between the leaves: the one place that turns one leaf's types into another's.

The leaves do not know each other, so a sender's ``Address`` of the reader has to become a ``WireIdentity`` of the
profiles, and a flow's terms an ``Envelope`` of the writer. All such correspondences stand here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from translators.canonical import Reference
from translators.envelope import Content, Envelope, Layout, Outgoing, OutgoingGroup
from translators.finding import Finding, Severity, Where
from translators.judgement import syntax_version
from translators.map_context import Context
from translators.map_moments import ZONE_NAMES
from translators.reading_terms import USUAL, Heading, ReadingTerms, TermsFor
from translators.syntax import Address, Group, Interchange, Message, Source

if TYPE_CHECKING:
    from partners import Agreement, Clearance, Flow, ReadingSettings, Register, WireIdentity

BUSINESS = "business"
"""The channel of the company's own side: its ERP, TMS, WMS."""

LANES = {"urgent": 1, "normal": 5, "bulk": 9}
ACK_LANE = 0
"""Acknowledgments go before everything else: somebody's clock is running."""

FIRST_REFERENCE = {"edifact": "1", "x12": "0001"}
"""UNH 0062 and ST02 of the only message of an interchange: they count within it."""

ZONES = {name: ZoneInfo(name) for name in ZONE_NAMES}
"""The zones that X12's time codes stand for (element 623)."""

_SCHEMES = {"edifact": "unb", "x12": "x12"}


def wire_identity(syntax: str, address: Address) -> WireIdentity:
    """The name of a sender or receiver as an envelope of ``syntax`` states it."""
    # Commands over a file at hand end before the profile model would have been imported; only a gateway comes here.
    from partners import WireIdentity

    return WireIdentity(_SCHEMES.get(syntax, syntax), address.id, address.qualifier)


def address(identity: WireIdentity) -> Address:
    """A party's own identity as an envelope is to state it."""
    return Address(id=identity.value, qualifier=identity.qualifier)


def lane(flow: Flow) -> int:
    """The lane of the queue that a flow's work travels in."""
    return LANES[flow.priority]


_HABITS: dict[str, tuple[str, ...]] = {
    "unknown_segments": ("segment-unknown",),
    "unexpected_segments": ("segment-unexpected",),
    "unused": ("segment-not-used", "element-not-used"),
    "extra_elements": ("elements-too-many",),
    "extra_components": ("components-too-many",),
    "trailing_separators": ("trailing-separator",),
    "empty_repetitions": ("repetition-empty",),
    "needless_release": ("release-needless",),
}
_TREATMENTS: dict[str, Severity] = {"reject": "error", "warn": "warning", "keep": "note"}


def severities(flow: Flow) -> dict[str, Severity | Literal["off"]]:
    """How bad the partner's habits are in this flow, by finding code; what its policies do not name is left out."""
    policies = flow.policies
    found: dict[str, Severity | Literal["off"]] = {
        code: _TREATMENTS[treatment]
        for habit, codes in _HABITS.items()
        if (treatment := getattr(policies, habit)) is not None
        for code in codes
    }
    return found | policies.findings


def reading_terms(reading: ReadingSettings | None, standard: str) -> ReadingTerms:
    """The terms on which an agreement has files of a standard read; the usual ones where it states none."""
    edifact = reading.edifact if reading is not None and standard == "edifact" else None
    x12 = reading.x12 if reading is not None and standard == "x12" else None
    section = edifact or x12
    if section is None:
        return USUAL
    breaks = section.line_breaks
    return ReadingTerms(
        charset=section.encoding or "",
        release=(edifact and edifact.release) or "drop",
        repetition=(edifact and edifact.repetition_separator) or "",
        syntax_version=edifact.syntax_version if edifact is not None else None,
        lenient_header=bool(x12 and x12.lenient_header),
        line_breaks=(breaks and breaks.severity) or "error",
        line_break_value=(breaks and breaks.value) or "keep",
        unwrap=section.unwrap != "never",
        ebcdic=section.ebcdic or "",
    )


def terms_by_parties(register: Register, on: date) -> TermsFor:
    """The terms of reading of the agreement that an interchange's parties have on a day."""

    def terms_for(heading: Heading) -> ReadingTerms:
        sender, receiver = (wire_identity(heading.syntax, each) for each in (heading.sender, heading.receiver))
        recognition = register.recognise(sender, receiver, on, test=heading.test)
        return reading_terms(recognition.reading(heading.syntax), heading.syntax)

    return terms_for


def terms_by_agreement(agreement: Agreement) -> TermsFor:
    """The terms of reading of this agreement, whoever sends to whom."""
    return lambda heading: reading_terms(agreement.terms.reading, heading.syntax)


def indexed(flow: Flow, found: Iterable[Reference]) -> list[tuple[str, str]]:
    """Name and value of the references under which a message of this flow is to be found."""
    return [(each.name, each.raw) for each in found if not flow.keys or each.name in flow.keys]


def envelope(agreement: Agreement, flow: Flow, number: int, at: datetime, *, asks: bool, test: bool) -> Envelope:
    """The envelope of an interchange that we send in ``flow``, or in answer to what came in it.

    ``number`` is the control number from the flow's range; ``asks`` says whether an acknowledgment is requested.
    Raises ``ValueError`` when the parties have no identities in envelopes of the flow's standard.
    """
    addresses = agreement.addresses(flow)
    if addresses is None:
        raise ValueError(f"flow `{flow.id}` of agreement `{agreement.id}` has no envelope: its standard is XML")
    ours, theirs = addresses
    terms, delimiters = flow.envelope, flow.envelope.delimiters
    edifact = flow.message.standard == "edifact"
    return Envelope(
        syntax="edifact" if edifact else "x12",
        sender=address(ours),
        receiver=address(theirs),
        control_number=str(number).zfill(flow.numbers.interchange.width),
        at=at,
        test=test,
        request_acknowledgment=asks,
        test_indicator=(terms.test_indicator or "") if test else "",
        charset=terms.charset or "UNOC",
        encoding=terms.encoding or "",
        syntax_version=terms.syntax_version or 3,
        advice=terms.una or "needed",
        decimal=terms.decimal_mark or ".",
        code_list_version=terms.code_list_version or "",
        character_encoding=terms.character_encoding or "",
        password=terms.password or "",
        password_qualifier=terms.password_qualifier or "",
        application_reference=terms.application_reference or "",
        priority=terms.priority or "",
        receipt_only=bool(terms.receipt_only),
        agreement=terms.agreement or "",
        control_version=terms.control_version or flow.message.version[:5],
        authorization=_clearance(terms.authorization),
        security=_clearance(terms.security),
        implementation_reference=terms.guide_in_set_header,
        group_sender=terms.group_sender or "",
        group_receiver=terms.group_receiver or "",
        group_number=str(number),
        element=delimiters.element,
        component=delimiters.component,
        repetition=delimiters.repetition,
        release=delimiters.release,
        terminator=delimiters.terminator,
        layout=_layout(flow),
    )


def content(flow: Flow, outer: Envelope, messages: Sequence[Outgoing]) -> list[Content]:
    """What goes into the envelope of our own messages: they themselves, or the group that the partner wants."""
    if flow.envelope.groups:
        return [OutgoingGroup(number=outer.group_number, messages=tuple(messages))]
    return list(messages)


def _clearance(stated: Clearance | None) -> tuple[str, str]:
    """A qualifier and its information as ISA01 and ISA02 state them; ``00`` says that there is none."""
    return (stated.qualifier, stated.value) if stated is not None else ("00", "")


def _layout(flow: Flow) -> Layout:
    """How the bytes of what we write in ``flow`` look."""
    terms = flow.envelope
    line_break: Literal["\n", "\r\n"] = "\r\n" if terms.line_break == "crlf" else "\n"
    return Layout(
        newline=line_break if terms.newline or terms.wrap else "",
        final_newline=None if terms.final_newline is None else line_break if terms.final_newline else "",
        wrap=terms.wrap or 0,
        keep_trailing=bool(terms.keep_trailing),
        unencodable=terms.unencodable or "error",
        delimiter_in_data=terms.delimiter_in_data or "error",
        alternatives=terms.delimiters.alternatives or "",
        substitutes=terms.substitutes or {},
        substitute=terms.substitute or "?",
    )


def message_place(interchange: Interchange, group: Group, message: Message, source: Source) -> Where:
    """The place of a message's header, for findings about the message as a whole."""
    offset, line, column = source.place(message.offset)
    return Where(
        interchange=interchange.control_number,
        group=group.control_number or None,
        message=message.reference,
        segment=message.header.tag if message.header is not None else None,
        segment_position=1,
        line=line,
        column=column,
        offset=offset,
    )


def interchange_place(interchange: Interchange, source: Source) -> Where:
    """The place of an interchange's header."""
    offset, line, column = source.place(interchange.offset)
    return Where(
        interchange=interchange.control_number,
        segment=interchange.header.tag,
        line=line,
        column=column,
        offset=offset,
    )


def error(code: str, text: str, where: Where, value: str | None = None) -> Finding:
    """A finding of the gateway's own about an envelope: an error at ``where``."""
    return Finding(code=code, severity="error", text=text, where=where, layer="envelope", value=value)


def swapped_envelope(interchange: Interchange, number: int, at: datetime) -> Envelope:
    """The envelope of an answer to a received interchange: its parties swapped, its syntax and version kept."""
    edifact = interchange.syntax == "edifact"
    level = interchange.version.partition(":")[0]
    return Envelope(
        syntax="edifact" if edifact else "x12",
        sender=interchange.receiver,
        receiver=interchange.sender,
        control_number=str(number) if edifact else f"{number:09d}",
        at=at,
        test=interchange.test,
        charset=level if edifact and level.startswith("UNO") else "UNOC",
        syntax_version=syntax_version(interchange.version) if edifact else 3,
        control_version=interchange.version if not edifact and len(interchange.version) == 5 else "00401",
        group_number=str(number),
    )


def by_version(sets: Iterable[Outgoing]) -> Iterator[list[Outgoing]]:
    """Transaction sets in the order of their versions, those of one version together: a functional group has one."""

    def version(each: Outgoing) -> str:
        return each.kind.version + each.kind.association

    for _, some in groupby(sorted(sets, key=version), key=version):
        yield list(some)


def sample_envelope(standard: str, version: str) -> Envelope:
    """An envelope of nobody's to nobody, for a message that is written only to be looked at."""
    edifact = standard == "edifact"
    return Envelope(
        syntax="edifact" if edifact else "x12",
        sender=Address(id="SENDER", qualifier="" if edifact else "ZZ"),
        receiver=Address(id="RECEIVER", qualifier="" if edifact else "ZZ"),
        control_number="1" if edifact else "000000001",
        at=datetime(2000, 1, 1, tzinfo=UTC),
        test=True,
        control_version="00401" if edifact else version[:5],
    )


def translation_context(
    agreement: Agreement | None, flow: Flow | None, on: date, where: Where, source: Source | None
) -> Context:
    """What a map needs to know where there may be no agreement: then times without a zone are UTC."""
    if agreement is not None and flow is not None:
        return map_context(agreement, flow, on, where, source)
    return Context(zone=ZoneInfo("UTC"), on=on, where=where, source=source, zones=ZONES)


def map_context(agreement: Agreement, flow: Flow, on: date, where: Where, source: Source | None) -> Context:
    """What a map needs to know beside the message: the time zone, the day, the partner's code lists, the place."""

    def codes(table: str, code: str, direction: Literal["in", "out"]) -> str | None:
        listed = agreement.code_list(flow, table)
        if listed is None:
            return None
        found = listed.to_ours(code, on) if direction == "in" else listed.to_theirs(code, on)
        return code if found is None and listed.unmapped == "keep" else found

    zone = ZoneInfo(agreement.terms.timezone)
    return Context(zone=zone, on=on, codes=codes, where=where, source=source, zones=ZONES)
