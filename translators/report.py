"""The report on a file as one document: what ``validate --json`` and ``inspect --json`` print.

A rendering of the reading and its judgements, like CONTRL and 997, and made of the same findings. The shape of
:class:`Report` is a public contract. Findings come in file order: what concerns the file, then each interchange with
its groups, of each of these the messages and then the packages.

``accepted`` means the same on every level: this and everything in it. Notes (skipped line breaks, say) are no faults
and stay out of a :class:`Report`; an :class:`Inspection` judges nothing and shows them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from translators.finding import Finding, Layer, Severity
from translators.judgement import JudgedMessage, JudgedPackage, Judgement, noted, noted_groups
from translators.syntax import Address, Group, Interchange, Message, Package, Reading, Syntax


class ReportedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a finding stands; ``null`` where that is not known. Counts as in :class:`translators.finding.Where`."""

    interchange: str | None
    message: str | None
    package: str | None
    segment: str | None
    segment_position: int | None
    element: int | None
    component: int | None
    repetition: int | None
    path: str | None
    line: int | None
    column: int | None
    offset: int | None


class ReportedFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding."""

    code: str
    severity: Severity
    text: str
    value: str | None
    layer: Layer
    where: ReportedPlace


class ReportedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message; ``segments`` counts header and trailer."""

    reference: str
    type: str
    version: str
    accepted: bool
    segments: int


class ReportedPackage(msgspec.Struct, frozen=True, kw_only=True):
    """One package; ``octets`` counts the bytes of its object as they came."""

    reference: str
    accepted: bool
    octets: int


class ReportedInterchange(msgspec.Struct, frozen=True, kw_only=True):
    """One interchange; sender and receiver are the envelope's ids without qualifiers."""

    sender: str
    receiver: str
    control_number: str
    test: bool
    accepted: bool
    messages: Sequence[ReportedMessage]
    packages: Sequence[ReportedPackage]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What ``sallyport validate --json`` answers about a file; ``syntax`` is ``null`` when it is no EDI."""

    syntax: Syntax | None
    accepted: bool
    interchanges: list[ReportedInterchange]
    findings: list[ReportedFinding]


class InspectedAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A sender or receiver with everything the envelope says about it."""

    id: str
    qualifier: str
    sub: str


class InspectedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message as its header presents it; ``offset`` and ``length`` are its bytes in the text that was read."""

    group: str | None
    reference: str
    type: str
    version: str
    agency: str
    association: str
    segments: int
    offset: int
    length: int


class InspectedPackage(msgspec.Struct, frozen=True, kw_only=True):
    """One package as its header presents it; offsets and ``length`` are of its bytes in the text that was read.

    ``identification`` and ``object_type`` are the components of S020 and S021, ``stated`` is the length that UNO gives,
    and the object's ``octets`` are what there is, from ``object_offset`` on.
    """

    group: str | None
    reference: str
    identification: list[str]
    object_type: list[str]
    stated: str
    octets: int
    object_offset: int
    offset: int
    length: int


class InspectedInterchange(msgspec.Struct, frozen=True, kw_only=True):
    """One envelope."""

    syntax: Syntax
    version: str
    sender: InspectedAddress
    receiver: InspectedAddress
    control_number: str
    date: str
    time: str
    test: bool
    acknowledgment_requested: bool
    messages: Sequence[InspectedMessage]
    packages: Sequence[InspectedPackage]


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """What ``sallyport inspect --json`` answers about a file: its envelopes, and what the reader noticed."""

    syntax: Syntax | None
    interchanges: list[InspectedInterchange]
    findings: list[ReportedFinding]


def report(reading: Reading, judgements: Sequence[Judgement]) -> Report:
    """The report on a file, with one judgement for each of its interchanges, in their order.

    A file is accepted when it holds an interchange, each is accepted, and nothing is wrong with the file itself.
    Raises ``ValueError`` when the judgements are not those of the reading.
    """
    if [id(judgement.interchange) for judgement in judgements] != [id(one) for one in reading.interchanges]:
        raise ValueError("give one judgement for each interchange of the reading, in their order")
    findings = [*reading.findings, *(finding for judgement in judgements for finding in all_findings(judgement))]
    return Report(
        syntax=reading.syntax,
        accepted=bool(judgements)
        and all(judgement.accepted for judgement in judgements)
        and not any(finding.fatal for finding in findings),
        interchanges=[
            reported_interchange(
                judgement,
                [reported_message(judged) for judged in judgement.messages],
                [reported_package(judged) for judged in judgement.packages],
            )
            for judgement in judgements
        ],
        findings=[reported_finding(finding) for finding in findings if finding.severity != "note"],
    )


def inspection(reading: Reading) -> Inspection:
    """The envelopes of a file, with every finding the reader made while it looked for them."""
    findings = list(reading.findings)
    for interchange in reading.interchanges:
        findings += interchange.findings
        for group in interchange.groups:
            findings += group.findings
            findings += [finding for message in group.messages for finding in message.findings]
            findings += [finding for package in group.packages for finding in package.findings]
    return Inspection(
        syntax=reading.syntax,
        interchanges=[
            inspected_interchange(
                interchange,
                [_header(group, message) for group in interchange.groups for message in group.messages],
                [inspected_package(group, package) for group in interchange.groups for package in group.packages],
            )
            for interchange in reading.interchanges
        ],
        findings=[reported_finding(finding) for finding in findings],
    )


def all_findings(judgement: Judgement) -> Iterator[Finding]:
    """What is wrong with an interchange, its groups, their messages and packages, in the order of a report."""
    yield from judgement.interchange_findings
    for group in noted_groups(judgement.groups):
        yield from group.findings
        for message in noted(group.messages):
            yield from message.findings
        for package in group.packages:
            yield from package.findings


def reported_interchange(
    judgement: Judgement, messages: Sequence[ReportedMessage], packages: Sequence[ReportedPackage]
) -> ReportedInterchange:
    """An interchange as it is reported, with its messages and packages."""
    interchange = judgement.interchange
    return ReportedInterchange(
        sender=interchange.sender.id,
        receiver=interchange.receiver.id,
        control_number=interchange.control_number,
        test=interchange.test,
        accepted=judgement.accepted,
        messages=messages,
        packages=packages,
    )


def reported_message(judged: JudgedMessage) -> ReportedMessage:
    """A message as it is reported."""
    return ReportedMessage(
        reference=judged.message.reference,
        type=judged.message.kind.type,
        version=judged.message.kind.version,
        accepted=judged.accepted,
        segments=judged.message.count,
    )


def reported_package(judged: JudgedPackage) -> ReportedPackage:
    """A package as it is reported."""
    package = judged.package
    return ReportedPackage(reference=package.reference, accepted=judged.accepted, octets=package.length)


def reported_finding(finding: Finding) -> ReportedFinding:
    """A finding as it is reported."""
    where = finding.where
    return ReportedFinding(
        code=finding.code,
        severity=finding.severity,
        text=finding.text,
        value=finding.value,
        layer=finding.layer,
        where=ReportedPlace(**{name: getattr(where, name) for name in ReportedPlace.__struct_fields__}),
    )


def inspected_interchange(
    interchange: Interchange, messages: Sequence[InspectedMessage], packages: Sequence[InspectedPackage]
) -> InspectedInterchange:
    """An envelope as it is inspected, with the messages and packages in it."""
    return InspectedInterchange(
        syntax=interchange.syntax,
        version=interchange.version,
        sender=_address(interchange.sender),
        receiver=_address(interchange.receiver),
        control_number=interchange.control_number,
        date=interchange.date,
        time=interchange.time,
        test=interchange.test,
        acknowledgment_requested=interchange.acknowledgment_requested,
        messages=messages,
        packages=packages,
    )


def inspected_package(group: Group, package: Package) -> InspectedPackage:
    """A package as it is inspected."""
    return InspectedPackage(
        group=group.control_number if group.explicit else None,
        reference=package.reference,
        identification=list(package.identification),
        object_type=list(package.object_type),
        stated=package.stated,
        octets=package.length,
        object_offset=package.start,
        offset=package.offset,
        length=package.end - package.offset,
    )


def _address(address: Address) -> InspectedAddress:
    return InspectedAddress(id=address.id, qualifier=address.qualifier, sub=address.sub)


def _header(group: Group, message: Message) -> InspectedMessage:
    kind = message.kind
    return InspectedMessage(
        group=group.control_number if group.explicit else None,
        reference=message.reference,
        type=kind.type,
        version=kind.version,
        agency=kind.agency,
        association=kind.association,
        segments=message.count,
        offset=message.offset,
        length=message.end - message.offset,
    )
