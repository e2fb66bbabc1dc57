"""Which answers an interchange gets, and what is in each: the part of acknowledging that needs no ledger.

What is owed (:class:`Due`) comes from the flows, or from whoever asks for an acknowledgment at the command line. Each
:class:`Answer` is one interchange in the other direction, still without its envelope.

A partner that gets answers at two levels, a CONTRL and an APERAK say, is told each fault once. The functional answer is
then made from the judgement without what the application found, and the other from what is left
(:mod:`translators.application`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from gateway.exchange import ReceiptKind, Verdict
from gateway.exchange.expectation import LEVELS
from gateway.wiring import by_version
from translators.aperak import aperaks
from translators.application import ApplicationVerdict, application_verdicts, functional_view
from translators.application_advice import application_advices
from translators.contrl import contrl
from translators.envelope import Outgoing
from translators.functional import functional_acknowledgments
from translators.judgement import JudgedMessage, Judgement
from translators.ta1 import ta1
from translators.terms import USUAL, Terms, is_answered
from translators.tree import Node

if TYPE_CHECKING:
    from partners import Agreement, Flow, IssuedReceipt


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of answer that is owed, when, and on what terms."""

    kind: ReceiptKind
    when: Literal["always", "on-error", "on-request", "never"] = "always"
    terms: Terms = USUAL

    def falls(self, judgement: Judgement) -> bool:
        """Whether the answer is due for this interchange."""
        match self.when:
            case "always":
                return True
            case "on-error":
                return not judgement.accepted
            case "on-request":
                return judgement.interchange.acknowledgment_requested or wants_receipt_only(judgement)
            case "never":
                return False


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One interchange that answers: its kind, what goes into it, and what it says of whom."""

    kind: ReceiptKind
    judgement: Judgement
    """As this kind of answer sees it."""
    messages: Sequence[Outgoing] = ()
    extra: Sequence[Node] = ()
    """Segments between ISA and GS: a TA1."""
    whole: Verdict | None = None
    """Its verdict on the interchange; ``None`` when it speaks of messages alone."""
    about: Iterable[JudgedMessage] = ()
    """The messages that it gives a verdict on; to be gone through once."""


def dues(pairs: Sequence[tuple[Agreement, Flow]], judgement: Judgement) -> dict[ReceiptKind, Due]:
    """What the flows of an interchange owe for it: one answer of each kind, on the terms of the first that does."""
    answered = frozenset(flow.message.type for _, flow in pairs if flow.issue)
    owed: dict[ReceiptKind, Due] = {}
    for _, flow in pairs:
        for each in flow.issue:
            due = Due(kind=each.receipt, when=each.when, terms=terms_of(each, flow, answered))
            if each.receipt not in owed or (due.falls(judgement) and not owed[each.receipt].falls(judgement)):
                owed[each.receipt] = due
    return owed


def terms_of(issued: IssuedReceipt, flow: Flow, answered: frozenset[str] = frozenset()) -> Terms:
    """The terms on which a flow issues a receipt; ``answered`` are the acknowledgments that are acknowledged."""
    ours = flow.envelope.delimiters
    return Terms(
        detail=issued.detail,
        note_warnings=issued.note_warnings,
        receipt_only=issued.level == "receipt",
        missing_at_next=issued.missing_at == "next",
        most_copied=issued.copy_length,
        withheld=frozenset(issued.withhold),
        answered=answered,
        version=issued.version or "",
        delimiters="".join(filter(None, (ours.element, ours.component, ours.terminator, ours.repetition))),
        document_group=issued.document_group,
    )


def answers(judgement: Judgement, owed: Mapping[ReceiptKind, Due], now: datetime) -> Iterator[Answer]:
    """What goes out for an interchange; nothing answers a message twice at one level."""
    promised = [due for due in owed.values() if due.when != "never"]
    processing = [due for due in promised if LEVELS[due.kind] == "processing"]
    alone = not any(LEVELS[due.kind] == "functional" for due in promised)
    view = functional_view(judgement) if processing and not alone else judgement
    for due in promised:
        if due in processing:
            verdicts = application_verdicts(judgement, due.terms, alone=alone, only_errors=due.when == "on-error")
            if verdicts and (due.when != "on-request" or due.falls(judgement)):
                yield from _processing(judgement, due, verdicts, now)
        elif due.falls(view):
            yield from _functional(view, due)


def wants_receipt_only(judgement: Judgement) -> bool:
    """Whether the sender asks to hear no more than that its interchange came: UNB 0031 is 2."""
    interchange = judgement.interchange
    return interchange.syntax == "edifact" and interchange.header.text(9) == "2"


def _functional(judgement: Judgement, due: Due) -> Iterator[Answer]:
    """CONTRL, TA1, and 997 or 999."""
    terms = due.terms
    whole: Verdict = "rejected" if judgement.rejected else "accepted" if judgement.accepted else "partially-accepted"
    about: Iterable[JudgedMessage] = (each for each in judgement.messages if is_answered(each.message.kind, terms))
    match due.kind:
        case "contrl":
            if due.when == "on-request" and wants_receipt_only(judgement):
                terms = msgspec.structs.replace(terms, receipt_only=True)
            written = contrl(judgement, terms=terms)
            if written is None:
                return
            if terms.receipt_only and not judgement.rejected:
                whole, about = "received", ()
            yield Answer(kind="contrl", judgement=judgement, messages=[written], whole=whole, about=about)
        case "997" | "999" as kind:
            sets = functional_acknowledgments(judgement, terms=terms, kind=kind)
            yield from _of_versions(Answer(kind=kind, judgement=judgement, whole=whole, about=about), sets)
        case "ta1" if (node := ta1(judgement, terms)) is not None:
            # A TA1 says nothing of the messages, and an interchange whose messages are bad can be a good one.
            taken: Verdict = "rejected" if judgement.rejected else "accepted"
            yield Answer(kind="ta1", judgement=judgement, extra=[node], whole=taken)


def _processing(
    judgement: Judgement, due: Due, verdicts: Sequence[ApplicationVerdict], now: datetime
) -> Iterator[Answer]:
    """APERAK and 824."""
    about = [each.judged for each in verdicts]
    if due.kind == "aperak":
        written = aperaks(judgement, verdicts, now, terms=due.terms)
        if written:
            yield Answer(kind="aperak", judgement=judgement, messages=written, about=about)
    else:
        sets = application_advices(judgement, verdicts, now, terms=due.terms)
        yield from _of_versions(Answer(kind="824", judgement=judgement, about=about), sets)


def _of_versions(answer: Answer, sets: Sequence[Outgoing]) -> Iterator[Answer]:
    """An answer for each version: a functional group has one, so sets of several travel in envelopes of their own."""
    for number, some in enumerate(by_version(sets)):
        # What is said of the messages counts once, with the first.
        yield msgspec.structs.replace(answer, messages=some, about=answer.about if number == 0 else ())
