"""Commands over a file at hand: ``inspect`` and ``validate``. They need no running gateway.

With ``--profile AGREEMENT`` a file is judged as that agreement's flows say; without, by the standard's own guides.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from gateway.arrival import printable
from gateway.catalogue import Catalogue
from gateway.cli import findings
from gateway.cli.output import Exit, errors, line, note, print_pieces, progress, say, table
from gateway.cli.places import DEFAULT_HOME, FileArgument, HomeOption, JsonOption, piece_of, pieces_of, read_file
from gateway.judging import GuideFor, guide_of_standard
from gateway.wiring import terms_by_agreement
from translators.finding import Finding
from translators.guide import Guide
from translators.judgement import Judgement, judge
from translators.lookup import Alias
from translators.parts import MessageRead, PackageRead
from translators.reading import read
from translators.reading_terms import TermsFor
from translators.report import (
    InspectedAddress,
    InspectedPackage,
    Inspection,
    Report,
    ReportedInterchange,
    ReportedMessage,
    ReportedPackage,
)
from translators.scope import widen, widest
from translators.streamed_report import StreamedInspection, StreamedReport, write_document
from translators.streaming import read_stream
from translators.syntax import Group, Interchange, Message, Reading, Source

if TYPE_CHECKING:
    from partners import Agreement

ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", help="As this agreement of the gateway at --home says.", metavar="AGREEMENT"),
]
AllOption = Annotated[bool, typer.Option("--all", help="Show everything, however much it is.")]

MANY = 20
"""Messages that are listed one by one; of more, only those that are rejected."""
LONG = 500
"""Messages from which on the work is shown to go on."""


class AtHand(NamedTuple):
    """A file that was read."""

    content: bytes
    reading: Reading
    agreement: Agreement | None

    @property
    def excerpts(self) -> findings.Excerpts:
        """Where excerpts of it come from."""
        return findings.excerpts_of(self.content, self.reading)


class Pieces(NamedTuple):
    """A file that is read by the piece, and the way back to any part of it."""

    pieces: Iterator[bytes]
    piece: Callable[[int, int], bytes]


def inspect(
    file: FileArgument,
    profile: ProfileOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    everything: AllOption = False,
) -> None:
    """Show a file's envelopes: syntax, parties, control numbers, messages, packages.

    What the messages hold is not judged.
    """
    taken = StreamedInspection()
    terms = reading_terms(agreement_at_hand(Catalogue.of(home), profile, home)) if profile is not None else None
    content = open_pieces(file)
    for part in read_stream(content.pieces, terms=terms):
        taken.take(part)
    found = taken.inspection()
    if as_json:
        print_pieces(write_document(found))
    else:
        _show_inspection(found)
        findings.show(found.findings, findings.Excerpts(content.piece, taken.dialects), everything=everything)
    if not found.interchanges or any(each.severity == "error" for each in found.findings):
        raise typer.Exit(Exit.INPUT)


def validate(
    file: FileArgument,
    profile: ProfileOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    everything: AllOption = False,
) -> None:
    """List every finding with its place; accepted or not, per message and package."""
    catalogue = Catalogue.of(home)
    agreement = agreement_at_hand(catalogue, profile, home)
    taken = StreamedReport(
        lambda source: guides_at_hand(catalogue, agreement, source),
        lambda judgement: reject_together(agreement, judgement),
    )
    content = open_pieces(file)
    with progress("judging messages") as step:
        for part in read_stream(content.pieces, terms=reading_terms(agreement)):
            taken.take(part)
            if isinstance(part, MessageRead | PackageRead):
                step()
    made = taken.report()
    if as_json:
        print_pieces(write_document(made))
    else:
        for each in made.interchanges:
            _show_interchange(made, each)
        findings.show(made.findings, findings.Excerpts(content.piece, taken.dialects), everything=everything)
        _show_verdict(made, file)
    if not made.accepted:
        raise typer.Exit(Exit.INPUT)


def open_file(
    file: str, catalogue: Catalogue | None = None, profile: str | None = None, home: Path = DEFAULT_HOME
) -> AtHand:
    """The file, read, with the agreement that ``profile`` names."""
    agreement = agreement_at_hand(catalogue, profile, home) if catalogue is not None else None
    content = read_file(file)
    return AtHand(content, read(content, terms=reading_terms(agreement)), agreement)


def judged(catalogue: Catalogue, at_hand: AtHand) -> list[Judgement]:
    """A judgement of each interchange, by the agreement's guides or the standard's own."""
    reading = at_hand.reading
    guides = guides_at_hand(catalogue, at_hand.agreement, reading.source)
    many = sum(len(group.messages) for interchange in reading.interchanges for group in interchange.groups)
    if many < LONG:
        return [judge(interchange, reading.source, guides) for interchange in reading.interchanges]
    with progress("judging messages", many) as step:

        def counted(interchange: Interchange, group: Group, message: Message) -> Guide | Finding | Alias:
            step()
            return guides(interchange, group, message)

        return [judge(interchange, reading.source, counted) for interchange in reading.interchanges]


def agreement_at_hand(catalogue: Catalogue, profile: str | None, home: Path) -> Agreement | None:
    """The agreement that ``--profile`` names."""
    if profile is None:
        return None
    from gateway.cli.agreed import agreement_of

    return agreement_of(catalogue, profile, home)


def reading_terms(agreement: Agreement | None) -> TermsFor | None:
    """How the agreement has files read, or as the standards have it."""
    return terms_by_agreement(agreement) if agreement is not None else None


def guides_at_hand(catalogue: Catalogue, agreement: Agreement | None, source: Source) -> GuideFor:
    """The agreement's guides, or the standard's own."""
    if agreement is None:
        return guide_of_standard(catalogue, source)
    from gateway.cli.agreed import guides_of

    return guides_of(catalogue, agreement, source)


def open_pieces(file: str) -> Pieces:
    """The file, to be read by the piece."""
    if file != "-":
        return Pieces(pieces_of(file), partial(piece_of, file))
    # What comes in by a pipe comes once; it is held so that excerpts can be shown.
    content = read_file(file)
    return Pieces(iter((content,)), lambda start, end: content[start:end])


def reject_together(agreement: Agreement | None, judgement: Judgement) -> None:
    """Rejects what falls with a rejected message, as far as the flows by which the messages came say."""
    if agreement is None:
        return
    from gateway.cli.agreed import flows_of

    widen(judgement, widest(flow.reject_scope for flow in flows_of(agreement, judgement)))


def complain(wrong: list[Finding], excerpts: findings.Excerpts | None) -> None:
    """Findings on standard error, beside an answer that goes to standard output; notes are left out."""
    told = [each for each in wrong if each.severity != "note"]
    more = "sallyport validate --all shows them"
    findings.show(told, excerpts, everything=excerpts is None, more=more, on=errors)


def end_line() -> None:
    """Puts the prompt of a terminal on a line of its own, and nothing into a file or a pipe."""
    if sys.stdout.isatty():
        note("", "")


def _show_interchange(made: Report, each: ReportedInterchange) -> None:
    test = ", a test" if each.test else ""
    units: Iterable[ReportedMessage | ReportedPackage] = chain(each.messages, each.packages)
    in_part = not each.accepted and any(unit.accepted for unit in units)
    verdict = "accepted in part" if in_part else _word(each.accepted)
    say(
        f"{(made.syntax or '').upper()} interchange {printable(each.control_number)}"
        f" from {printable(each.sender)} to {printable(each.receiver)}{test}: {verdict}",
        "bold green" if each.accepted else "bold red",
    )
    listed = each.messages
    if len(listed) > MANY:
        listed = list(islice((message for message in listed if not message.accepted), MANY))
    if listed:
        table(
            ("  message", "type", "version", "segments", "verdict"),
            [
                (
                    f"  {printable(m.reference)}",
                    printable(m.type),
                    printable(m.version),
                    str(m.segments),
                    _word(m.accepted),
                )
                for m in listed
            ],
        )
    if len(listed) < len(each.messages):
        many, accepted = len(each.messages), sum(message.accepted for message in each.messages)
        say(f"  in all {many:,} messages: {accepted:,} accepted, {many - accepted:,} rejected")
    packages = each.packages
    if len(packages) > MANY:
        packages = list(islice((package for package in packages if not package.accepted), MANY))
    if packages:
        table(
            ("  package", "octets", "verdict"),
            [(f"  {printable(one.reference)}", f"{one.octets:,}", _word(one.accepted)) for one in packages],
        )
    if len(packages) < len(each.packages):
        many, accepted = len(each.packages), sum(package.accepted for package in each.packages)
        say(f"  in all {many:,} packages: {accepted:,} accepted, {many - accepted:,} rejected")


def _show_verdict(made: Report, file: str) -> None:
    errors_found = sum(each.severity == "error" for each in made.findings)
    told = (
        f"{findings.counted(errors_found, 'error')}, {findings.counted(len(made.findings) - errors_found, 'warning')}"
    )
    if made.accepted:
        line(f"accepted: {told}", "bold green")
        return
    whose = _rejected("message", [each.messages for each in made.interchanges])
    whose += _rejected("package", [each.packages for each in made.interchanges])
    line(f"not accepted: {whose}{told}", "bold red")
    if made.interchanges:
        say(f"  next: correct what is marked; `sallyport ack {printable(file)}` shows what its sender would be told")


def _rejected(noun: str, units: Sequence[Sequence[ReportedMessage | ReportedPackage]]) -> str:
    """How many of the messages or packages of a file were rejected, as the beginning of a sentence."""
    many, rejected = sum(map(len, units)), sum(not unit.accepted for unit in chain.from_iterable(units))
    return f"{rejected:,} of {findings.counted(many, noun)} rejected, " if many else ""


def _show_inspection(found: Inspection) -> None:
    for each in found.interchanges:
        test = ", a test" if each.test else ""
        asked = ", asks for an acknowledgment" if each.acknowledgment_requested else ""
        version, number = printable(each.version), printable(each.control_number)
        say(f"{each.syntax.upper()} {version} interchange {number}{test}{asked}", "bold")
        when = f"{printable(each.date)} {printable(each.time)}"
        say(f"  from {_address(each.sender)} to {_address(each.receiver)}, {when}")
        if each.messages:
            table(
                ("  message", "type", "version", "group", "segments", "offset", "bytes"),
                [
                    (
                        f"  {printable(m.reference)}",
                        printable(m.type),
                        printable(m.version),
                        printable(m.group or "-"),
                        f"{m.segments:,}",
                        str(m.offset),
                        f"{m.length:,}",
                    )
                    for m in each.messages
                ],
            )
        _show_packages(each.packages)


def _show_packages(packages: Sequence[InspectedPackage]) -> None:
    if packages:
        table(
            ("  package", "identified by", "group", "octets", "object at", "offset", "bytes"),
            [
                (
                    f"  {printable(one.reference)}",
                    printable(":".join(one.identification)),
                    printable(one.group or "-"),
                    f"{one.octets:,}",
                    str(one.object_offset),
                    str(one.offset),
                    f"{one.length:,}",
                )
                for one in packages
            ],
        )


def _address(address: InspectedAddress) -> str:
    told = [part for part in (address.qualifier and f"qualifier {address.qualifier}", address.sub) if part]
    return printable(address.id) + (f" ({', '.join(map(printable, told))})" if told else "")


def _word(accepted: bool) -> str:
    return "accepted" if accepted else "rejected"
