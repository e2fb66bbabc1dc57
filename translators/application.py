"""Which findings are the application's: what a message means, beside whether it keeps to its grammar.

Two levels answer for a message. The functional one (CONTRL, 997, 999) speaks of syntax and guide, the processing one
(APERAK, 824) of what cannot be understood although it is well formed: a code without a meaning, an event without its
time, a check digit that is wrong. A partner that gets only the first kind is told everything in it. One that gets both
is told each thing once, at the level where it belongs: :func:`functional_view` is the judgement as the first level has
to see it, and :func:`application_verdicts` says what is left for the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from translators.codes import CODES
from translators.finding import Finding
from translators.judgement import JudgedGroup, JudgedMessage, Judgement, level_of
from translators.kept import changed
from translators.kept_groups import changed_groups
from translators.terms import Terms, is_answered, of_withheld


class ApplicationVerdict(NamedTuple):
    """What the application says about one message."""

    judged: JudgedMessage
    accepted: bool
    findings: Sequence[Finding]
    """What is told: its errors, and its warnings where these are noted."""


def is_application(finding: Finding) -> bool:
    """Whether a finding is about the meaning of a message: those of maps are."""
    return finding.layer == "rule"


def functional_view(judgement: Judgement) -> Judgement:
    """The judgement without what the application found; its messages are the same objects as before."""

    def without(group: JudgedGroup) -> JudgedGroup:
        return msgspec.structs.replace(group, messages=changed(group.messages, _without))

    return msgspec.structs.replace(judgement, groups=changed_groups(judgement.groups, without))


def _without(judged: JudgedMessage) -> JudgedMessage:
    if not any(map(is_application, judged.findings)):
        return judged
    return msgspec.structs.replace(judged, findings=[one for one in judged.findings if not is_application(one)])


def application_verdicts(
    judgement: Judgement, terms: Terms, *, alone: bool = True, only_errors: bool = False
) -> list[ApplicationVerdict]:
    """What is to be said at the processing level, in file order; acknowledgments are left out.

    Not ``alone``, a functional acknowledgment goes out too: a message that it rejects never reached the application,
    and of the others only the application's findings are told. ``only_errors`` leaves out what is accepted.
    """
    verdicts = []
    for judged in judgement.messages:
        if not is_answered(judged.message.kind, terms):
            continue
        if judged.fallen and not alone:
            continue
        told = judged.findings
        if not alone:
            if any(one.fatal and not is_application(one) for one in told):
                continue
            told = [one for one in told if is_application(one)]
        if only_errors and judged.accepted:
            continue
        shown = [one for one in told if one.fatal or (terms.note_warnings and one.severity == "warning")]
        verdicts.append(ApplicationVerdict(judged, judged.accepted, shown))
    return verdicts


def words(finding: Finding, terms: Terms) -> str:
    """What is wrong, for the sender: without the value where that is not to be repeated, and without what we might do.

    A map's findings say behind a semicolon what our own people can do about it, which is no business of the sender.
    """
    meaning = CODES[finding.code].meaning
    if of_withheld(finding, terms):
        return meaning
    return (finding.text.partition("; ")[0] if is_application(finding) else finding.text) or meaning


def place_of(finding: Finding) -> str:
    """Where a finding stands, in words: ``DTM, segment 5, element 1.2``; empty for the message as a whole."""
    where = finding.where
    if where.segment_position is None or level_of(finding) == "message":
        return ""
    place = f"{where.segment or 'segment'}, segment {where.segment_position}"
    if where.element is not None:
        place += f", element {where.element}" + (f".{where.component}" if where.component is not None else "")
    return place
