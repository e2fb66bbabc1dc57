"""Commands over a file at hand: ``inspect``, ``validate``, ``ack``. They need no running gateway.

With ``--profile AGREEMENT`` a file is judged as that agreement's flows say; without, by the standard's own guides.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from gateway.arrival import printable
from gateway.catalogue import Catalogue
from gateway.cli import findings
from gateway.cli.output import Exit, errors, fail, line, note, print_bytes, print_json, progress, say, table
from gateway.cli.places import DEFAULT_HOME, FileArgument, HomeOption, JsonOption, read_file
from gateway.judging import GuideFor, guide_of_standard
from gateway.wiring import swapped_envelope
from translators.answers import is_acknowledgment
from translators.contrl import contrl
from translators.envelope import Outgoing
from translators.finding import Finding
from translators.functional import functional_acknowledgments
from translators.guide import Guide
from translators.judgement import Judgement, judge
from translators.reading import read
from translators.report import InspectedAddress, Inspection, Report, ReportedInterchange, inspection, report
from translators.syntax import Group, Interchange, Message, Reading
from translators.ta1 import ta1
from translators.tree import Node
from translators.writing import write

if TYPE_CHECKING:
    from partners import Agreement

AckKind = Literal["contrl", "997", "ta1"]
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


def inspect(file: FileArgument, as_json: JsonOption = False, everything: AllOption = False) -> None:
    """Show a file's envelopes: syntax, parties, control numbers, messages.

    What the messages hold is not judged.
    """
    at_hand = open_file(file)
    found = inspection(at_hand.reading)
    if as_json:
        print_json(found)
    else:
        _show_inspection(found)
        findings.show(found.findings, at_hand.content, at_hand.reading, everything=everything)
    if not found.interchanges or any(each.severity == "error" for each in found.findings):
        raise typer.Exit(Exit.INPUT)


def validate(
    file: FileArgument,
    profile: ProfileOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    everything: AllOption = False,
) -> None:
    """List every finding with its place; accepted or not, per message."""
    catalogue = Catalogue()
    at_hand = open_file(file, catalogue, profile, home)
    made = report(at_hand.reading, judged(catalogue, at_hand))
    if as_json:
        print_json(made)
    else:
        for each in made.interchanges:
            _show_interchange(made, each)
        findings.show(made.findings, at_hand.content, at_hand.reading, everything=everything)
        _show_verdict(made, file)
    if not made.accepted:
        raise typer.Exit(Exit.INPUT)


def ack(
    file: FileArgument,
    kind: Annotated[
        AckKind | None,
        typer.Option("--kind", help="Which acknowledgment; otherwise the one that is usual for such a file."),
    ] = None,
    profile: ProfileOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Print the acknowledgment that a file deserves.

    Its bytes and nothing else, one interchange for each that is answered.
    """
    catalogue = Catalogue()
    at_hand = open_file(file, catalogue, profile, home)
    judgements = judged(catalogue, at_hand)
    if not judgements:
        complain(at_hand.reading.findings, at_hand)
        fail("there is no interchange in this file, so nobody can be answered", code=Exit.INPUT)
    number, good = 0, not any(each.fatal for each in at_hand.reading.findings)
    for judgement in judgements:
        good = good and judgement.accepted
        interchange = judgement.interchange
        answers = list(_answers(judgement, kind))
        if not answers:
            note(f"interchange {printable(interchange.control_number)} is not answered: {_why_not(judgement, kind)}")
        for messages, extra in answers:
            number += 1
            written = write(swapped_envelope(interchange, number, datetime.now(UTC)), messages, extra)
            if not written.sendable:
                complain(written.findings, None)
                text = f"the answer to interchange {printable(interchange.control_number)} cannot be written"
                fail(text, "tell the sender's EDI desk how it was judged: sallyport validate", Exit.INPUT)
            print_bytes(written.data)
    end_line()
    if not good:
        raise typer.Exit(Exit.INPUT)


def open_file(
    file: str, catalogue: Catalogue | None = None, profile: str | None = None, home: Path = DEFAULT_HOME
) -> AtHand:
    """The file, read, with the agreement that ``profile`` names."""
    agreement = None
    if catalogue is not None and profile is not None:
        from gateway.cli.agreed import agreement_of

        agreement = agreement_of(catalogue, profile, home)
    content = read_file(file)
    return AtHand(content, read(content), agreement)


def judged(catalogue: Catalogue, at_hand: AtHand) -> list[Judgement]:
    """A judgement of each interchange, by the agreement's guides or the standard's own."""
    reading = at_hand.reading
    guides: GuideFor = guide_of_standard(catalogue, reading.source)
    if at_hand.agreement is not None:
        from gateway.cli.agreed import guides_of

        guides = guides_of(catalogue, at_hand.agreement, reading.source)
    many = sum(len(group.messages) for interchange in reading.interchanges for group in interchange.groups)
    if many < LONG:
        return [judge(interchange, reading.source, guides) for interchange in reading.interchanges]
    with progress("judging messages", many) as step:

        def counted(interchange: Interchange, group: Group, message: Message) -> Guide | Finding:
            step()
            return guides(interchange, group, message)

        return [judge(interchange, reading.source, counted) for interchange in reading.interchanges]


def complain(wrong: list[Finding], at_hand: AtHand | None) -> None:
    """Findings on standard error, beside an answer that goes to standard output; notes are left out."""
    told = [each for each in wrong if each.severity != "note"]
    if at_hand is None:
        findings.show(told, b"", None, everything=True, on=errors)
    else:
        more = "sallyport validate --all shows them"
        findings.show(told, at_hand.content, at_hand.reading, more=more, on=errors)


def end_line() -> None:
    """Puts the prompt of a terminal on a line of its own, and nothing into a file or a pipe."""
    if sys.stdout.isatty():
        note("", "")


def _answers(judgement: Judgement, kind: AckKind | None) -> Iterator[tuple[list[Outgoing], list[Node]]]:
    """What goes into each interchange that answers.

    By default EDIFACT is answered with a CONTRL. X12 is answered with 997s, with a TA1 before them when ISA14 asks for
    one; and with a TA1 alone when the envelope is rejected or holds no group, of which a 997 could speak.
    """
    interchange = judgement.interchange
    if interchange.syntax == "edifact":
        if kind not in (None, "contrl"):
            fail(f"{kind.upper()} does not answer EDIFACT", "leave --kind out, or say --kind contrl", Exit.INPUT)
        made = contrl(judgement)
        if made is not None:
            yield [made], []
        return
    if kind == "contrl":
        fail("CONTRL does not answer X12", "leave --kind out, or say --kind 997 or ta1", Exit.INPUT)
    alone = judgement.rejected or not judgement.groups
    node = (
        ta1(judgement) if kind == "ta1" or (kind is None and (alone or interchange.acknowledgment_requested)) else None
    )
    sets = functional_acknowledgments(judgement) if kind == "997" or (kind is None and not alone) else []
    # One functional group has one version: sets of different versions travel in interchanges of their own.
    for _, some in groupby(sorted(sets, key=lambda each: each.kind.version), key=lambda each: each.kind.version):
        yield list(some), [node] if node is not None else []
        node = None
    if node is not None:
        yield [], [node]


def _why_not(judgement: Judgement, kind: AckKind | None) -> str:
    messages = judgement.messages
    if (messages or judgement.interchange.acknowledgments) and all(is_acknowledgment(m.message.kind) for m in messages):
        return "it is an acknowledgment itself"
    if kind == "997" and not judgement.groups:
        return "it has no group that a 997 could speak of; --kind ta1 answers the envelope"
    return "it has no control number by which an answer could name it"


def _show_interchange(made: Report, each: ReportedInterchange) -> None:
    test = ", a test" if each.test else ""
    in_part = any(message.accepted for message in each.messages) and not each.accepted
    verdict = "accepted in part" if in_part else _word(each.accepted)
    say(
        f"{(made.syntax or '').upper()} interchange {printable(each.control_number)}"
        f" from {printable(each.sender)} to {printable(each.receiver)}{test}: {verdict}",
        "bold green" if each.accepted else "bold red",
    )
    listed = each.messages
    if len(listed) > MANY:
        listed = [message for message in listed if not message.accepted][:MANY]
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


def _show_verdict(made: Report, file: str) -> None:
    errors_found = sum(each.severity == "error" for each in made.findings)
    told = (
        f"{findings.counted(errors_found, 'error')}, {findings.counted(len(made.findings) - errors_found, 'warning')}"
    )
    if made.accepted:
        line(f"accepted: {told}", "bold green")
        return
    messages = [message for each in made.interchanges for message in each.messages]
    rejected = sum(not message.accepted for message in messages)
    whose = f"{rejected:,} of {findings.counted(len(messages), 'message')} rejected, " if messages else ""
    line(f"not accepted: {whose}{told}", "bold red")
    if made.interchanges:
        say(f"  next: correct what is marked; `sallyport ack {printable(file)}` shows what its sender would be told")


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


def _address(address: InspectedAddress) -> str:
    told = [part for part in (address.qualifier and f"qualifier {address.qualifier}", address.sub) if part]
    return printable(address.id) + (f" ({', '.join(map(printable, told))})" if told else "")


def _word(accepted: bool) -> str:
    return "accepted" if accepted else "rejected"
