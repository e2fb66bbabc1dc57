"""The command ``ack``: the acknowledgment that a file deserves, as bytes.

It answers as a gateway would, without sending anything and without spending a number. With ``--profile`` it goes by
what the agreement's flows issue, on their terms; without, by what is usual for such a file. The file is read as a
stream, and each interchange is answered when it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import typer

from gateway.arrival import printable
from gateway.catalogue import Catalogue
from gateway.cli.files import (
    ProfileOption,
    agreement_at_hand,
    complain,
    end_line,
    guides_at_hand,
    open_pieces,
    reading_terms,
    reject_together,
)
from gateway.cli.findings import Excerpts
from gateway.cli.output import Exit, fail, note, print_bytes, progress
from gateway.cli.places import DEFAULT_HOME, FileArgument, HomeOption
from gateway.exchange import ReceiptKind
from gateway.judging import guide_name
from gateway.owed import Answer, Due, answers, dues, wants_receipt_only
from gateway.wiring import message_place, swapped_envelope, translation_context
from translators.answers import is_acknowledgment
from translators.judgement import JudgedMessage, Judgement
from translators.kept import Keeping
from translators.mapping import to_canonical
from translators.parts import MessageRead, Part
from translators.streamed_judgement import StreamedJudgements
from translators.streaming import read_stream
from translators.syntax import Interchange, Source
from translators.writing import write

if TYPE_CHECKING:
    from partners import Agreement, Flow

AckKind = Literal["contrl", "997", "999", "ta1", "aperak", "824"]
_KINDS: dict[str, tuple[AckKind, ...]] = {"edifact": ("contrl", "aperak"), "x12": ("997", "999", "ta1", "824")}
_OF_APPLICATION = ("aperak", "824")


def ack(
    file: FileArgument,
    kind: Annotated[
        AckKind | None,
        typer.Option(
            "--kind", help="Which acknowledgment; otherwise those that are usual, or that the profile issues."
        ),
    ] = None,
    level: Annotated[
        Literal["functional", "receipt"] | None,
        typer.Option("--level", help="For a CONTRL: a verdict on the messages, or only that the interchange came."),
    ] = None,
    profile: ProfileOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Print the acknowledgment that a file deserves.

    Its bytes and nothing else, one interchange for each that is answered. Exit code 1 says that not all was accepted.
    """
    catalogue = Catalogue.of(home)
    agreement = agreement_at_hand(catalogue, profile, home)
    mapped = agreement is not None or kind in _OF_APPLICATION
    taken = StreamedJudgements(
        lambda source: guides_at_hand(catalogue, agreement, source),
        _keeping(agreement, kind),
        partial(_map, catalogue, agreement) if mapped else None,
    )
    content = open_pieces(file)
    number, any_, good = 0, False, True
    for judgement in _judgements(read_stream(content.pieces, terms=reading_terms(agreement)), taken):
        owed = _owed(agreement, judgement, kind, level)
        made = _together(answers(judgement, owed, datetime.now(UTC)))
        any_, before = True, number
        good = good and judgement.accepted
        name = printable(judgement.interchange.control_number)
        for each in made:
            number += 1
            outer = swapped_envelope(judgement.interchange, number, datetime.now(UTC))
            written = write(outer, each.messages, each.extra)
            if not written.sendable:
                complain(written.findings, None)
                text = f"the answer to interchange {name} cannot be written"
                fail(text, "tell the sender's EDI desk how it was judged: sallyport validate", Exit.INPUT)
            print_bytes(written.data)
        if number == before:
            note(f"interchange {name} is not answered: {_why_not(judgement, owed)}")
    if not any_:
        complain(taken.findings, Excerpts(content.piece, taken.dialects))
        fail("there is no interchange in this file, so nobody can be answered", code=Exit.INPUT)
    end_line()
    if not good or any(each.fatal for each in taken.findings):
        raise typer.Exit(Exit.INPUT)


def _judgements(parts: Iterator[Part], taken: StreamedJudgements) -> Iterator[Judgement]:
    """The judgement of each interchange as soon as it ends."""
    while True:
        with progress("judging messages") as step:
            judgement = _next(parts, taken, step)
        if judgement is None:
            return
        yield judgement


def _next(parts: Iterator[Part], taken: StreamedJudgements, step: Callable[[], None]) -> Judgement | None:
    for part in parts:
        if isinstance(part, MessageRead):
            step()
        judgement = taken.take(part)
        if judgement is not None:
            return judgement
    return None


def _keeping(agreement: Agreement | None, kind: AckKind | None) -> Keeping:
    """What the acknowledgments that may be written need of the messages."""
    kinds: set[str] = {kind} if kind is not None else set()
    if kind is None and agreement is not None:
        kinds = {issued.receipt for flow in agreement.flows for issued in flow.issue}
    documents = not kinds.isdisjoint(_OF_APPLICATION)
    return Keeping(headers=True, documents=documents, whole=documents or "999" in kinds)


def _owed(
    agreement: Agreement | None,
    judgement: Judgement,
    kind: AckKind | None,
    level: Literal["functional", "receipt"] | None,
) -> dict[ReceiptKind, Due]:
    """What is asked for; on the agreement's terms where there is one."""
    able = _KINDS.get(judgement.interchange.syntax, ())
    if kind is not None and kind not in able:
        others = " or ".join(f"--kind {each}" for each in able)
        name = judgement.interchange.syntax.upper()
        fail(f"{kind.upper()} does not answer {name}", f"leave --kind out, or say {others}", Exit.INPUT)
    if level is not None and (judgement.interchange.syntax != "edifact" or kind not in (None, "contrl")):
        fail("--level is for a CONTRL", "leave it out; in X12 a TA1 says that an interchange came: --kind ta1")
    issued: dict[ReceiptKind, Due] = {}
    if agreement is not None:
        reject_together(agreement, judgement)
        issued = dues([(agreement, flow) for flow in _flows(agreement, judgement)], judgement)
    owed: dict[ReceiptKind, Due]
    if kind is not None:
        due = issued.get(kind, Due(kind=kind))
        owed = {kind: msgspec.structs.replace(due, when="always")}
    else:
        owed = issued or {each: Due(kind=each) for each in _usual(judgement)}
    if "contrl" in owed:
        contrl, asked = owed["contrl"], level == "receipt"
        if level is None:
            # Whoever asks with 0031 = 2 wants no more, unless something else was agreed on.
            asked = contrl.terms.receipt_only or (not issued and wants_receipt_only(judgement))
        terms = msgspec.structs.replace(contrl.terms, receipt_only=asked)
        owed["contrl"] = msgspec.structs.replace(contrl, terms=terms)
    return owed


def _usual(judgement: Judgement) -> Iterator[AckKind]:
    """EDIFACT is answered with a CONTRL. X12 is answered with 997s, and with a TA1 when ISA14 asks for one.

    With a TA1 alone when the envelope is rejected or holds no group, of which a 997 could speak.
    """
    if judgement.interchange.syntax == "edifact":
        yield "contrl"
        return
    alone = judgement.rejected or not judgement.groups
    if alone or judgement.interchange.acknowledgment_requested:
        yield "ta1"
    if not alone:
        yield "997"


def _flows(agreement: Agreement, judgement: Judgement) -> Sequence[Flow]:
    """The agreement's flows by which the messages came, or else any that take files of this standard."""
    from gateway.cli.agreed import flows_of

    standard = judgement.interchange.syntax
    return flows_of(agreement, judgement) or [
        flow for flow in agreement.flows if flow.direction == "in" and flow.message.standard == standard
    ]


def _map(
    catalogue: Catalogue, agreement: Agreement | None, interchange: Interchange, judged: JudgedMessage, source: Source
) -> None:
    """Adds what the map finds in an accepted message; where there is no map, nothing is found."""
    kind = judged.message.kind
    if is_acknowledgment(kind) or judged.tree is None:
        return
    flow = agreement.flow_for("in", interchange.syntax, kind.type, kind.version) if agreement is not None else None
    map_ = catalogue.map(flow.map if flow is not None else guide_name(interchange.syntax, kind))
    if map_ is not None:
        where = message_place(interchange, judged.group, judged.message, source)
        context = translation_context(agreement, flow, datetime.now(UTC).date(), where, source)
        judged.findings.extend(to_canonical(judged.tree, map_, context).findings)


def _together(made: Iterator[Answer]) -> Iterator[Answer]:
    """The answers, a TA1 in one interchange with the next one where there is one: it has room for both."""
    envelope: Answer | None = None
    for each in made:
        if each.kind == "ta1":
            envelope = each
            continue
        if envelope is not None:
            each, envelope = msgspec.structs.replace(each, extra=envelope.extra), None
        yield each
    if envelope is not None:
        yield envelope


def _why_not(judgement: Judgement, owed: dict[ReceiptKind, Due]) -> str:
    messages = judgement.messages
    if (messages or judgement.interchange.acknowledgments) and all(is_acknowledgment(m.message.kind) for m in messages):
        return "it is an acknowledgment itself"
    if not owed or not any(each.falls(judgement) for each in owed.values()):
        return "the agreement issues nothing for it; --kind asks for an acknowledgment all the same"
    if not judgement.interchange.control_number.strip():
        return "it has no control number by which an answer could name it"
    if "ta1" not in owed and not judgement.groups:
        return "it has no group that could be spoken of; --kind ta1 answers the envelope"
    return "there is nothing to say at this level"
