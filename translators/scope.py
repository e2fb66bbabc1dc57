"""How far a rejected message reaches: only itself, or, by agreement, the others of its group or its interchange.

One bad message does not take the good ones with it, unless a partner wants it so: a customs declaration in parts, say,
of which half is worth nothing. The others then get a finding each, so that whoever reads the report or the answer sees
why a message without a fault was not taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from translators.application import is_application
from translators.finding import Finding, Layer, Where
from translators.judgement import JudgedGroup, JudgedMessage, Judgement, noted, noted_groups
from translators.kept import changed
from translators.kept_groups import Change as ChangeOfGroup
from translators.kept_groups import changed_groups
from translators.terms import USUAL, is_answered

RejectScope = Literal["message", "group", "interchange"]

_TOGETHER = "rejected-with-others"
_ENVELOPE: Layer = "envelope"
_RULE: Layer = "rule"


_SCOPES: tuple[RejectScope, ...] = ("message", "group", "interchange")


def widest(scopes: Iterable[RejectScope]) -> RejectScope:
    """The scope that reaches furthest; of none, the message itself."""
    return max(scopes, key=_SCOPES.index, default="message")


def widen(judgement: Judgement, scope: RejectScope) -> None:
    """Reject what stands beside a rejected message, as far as ``scope`` reaches; to be done when all findings are in.

    Acknowledgments that travel in the same interchange neither fall nor take others with them.
    """
    match scope:
        case "group":

            def alone(group: JudgedGroup) -> JudgedGroup:
                change = _together(judgement, [group], "group")
                return change(group) if change is not None else group

            judgement.groups = changed_groups(judgement.groups, alone)
        case "interchange":
            change = _together(judgement, judgement.groups, "interchange")
            if change is not None:
                judgement.groups = changed_groups(judgement.groups, change)


def _together(judgement: Judgement, groups: Sequence[JudgedGroup], whole: str) -> ChangeOfGroup | None:
    """What becomes of each of ``groups`` when a message in one of them is rejected; ``None`` when none is."""
    cause = None
    # What falls because of the application alone is no business of the functional acknowledgment.
    functional = False
    for judged in (each for group in noted_groups(groups) for each in noted(group.messages)):
        if judged.valid or not is_answered(judged.message.kind, USUAL) or _taken_along(judged):
            continue
        functional = any(map(_is_functional, judged.findings))
        if cause is None or functional:
            cause = judged
        if functional:
            break
    if cause is None:
        return None
    reference, layer = cause.message.reference, _ENVELOPE if functional else _RULE
    text = f"message {reference} is rejected, and it was agreed that its {whole} is rejected with it"

    def taken_along(judged: JudgedMessage) -> JudgedMessage:
        if not is_answered(judged.message.kind, USUAL):
            return judged
        if any(map(_is_functional, judged.findings)) or (not functional and not judged.valid):
            return judged
        group = judged.group
        where = Where(
            interchange=judgement.interchange.control_number,
            group=group.control_number if group.explicit else None,
            message=judged.message.reference,
        )
        judged.findings.append(Finding(code=_TOGETHER, severity="error", text=text, where=where, layer=layer))
        return judged

    def with_others(group: JudgedGroup) -> JudgedGroup:
        group.messages = changed(group.messages, taken_along)
        return group

    return with_others


def _is_functional(finding: Finding) -> bool:
    return finding.fatal and not is_application(finding)


def _taken_along(judged: JudgedMessage) -> bool:
    return any(finding.code == _TOGETHER for finding in judged.findings)
