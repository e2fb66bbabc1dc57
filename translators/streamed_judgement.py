"""Judges a file that is read as a stream, message by message: one judgement for each interchange, when it ends.

A message is judged when it is complete, and then kept as far as :mod:`translators.kept` says. What its group and its
interchange are worth is known when they end, and only then whether the message is accepted. The judgements are those
that :func:`translators.judgement.judge` makes of the whole file, and whoever answers or reports cannot tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable

from translators.finding import Finding
from translators.guide import Guide
from translators.judgement import JudgedGroup, JudgedMessage, Judgement, judge_message
from translators.kept import MOST_FINDINGS, Keeping, Kept, Noted
from translators.lookup import Alias
from translators.parts import GroupClosed, GroupOpened, InterchangeClosed, InterchangeOpened, MessageRead, Part
from translators.roll import Roll
from translators.support import Support
from translators.syntax import Dialect, Group, Interchange, Message, Source, Syntax

GuideFor = Callable[[Interchange, Group, Message], Guide | Finding | Alias]
Look = Callable[[Interchange, JudgedMessage, Source], None]
"""Looks at a message that is accepted so far, and adds what it finds to its findings."""


class StreamedJudgements:
    """Takes the parts of a file, and gives the judgement of an interchange with the part that ends it.

    ``guides_of`` gives, for a source, what finds the guide of a message there. ``look`` is what else is to be done with
    a message in order, such as mapping it; it counts nothing if the message falls with what is above it.
    """

    def __init__(
        self, guides_of: Callable[[Source], GuideFor], keeping: Keeping | None = None, look: Look | None = None
    ) -> None:
        self._guides_of = guides_of
        self._keeping = keeping or Keeping()
        self._look = look
        self._source: Source | None = None
        self._guide_for: GuideFor | None = None
        self._roll = Roll()
        self._groups: list[JudgedGroup] = []
        self._kept: list[Kept] = []
        self._support: Support | None = None
        self._room = MOST_FINDINGS
        self.untold = 0
        """How many errors and warnings of messages were not kept."""
        self.syntax: Syntax | None = None
        """What the file is known to be so far."""
        self.findings: list[Finding] = []
        """About the file itself."""
        self.dialects: dict[str, Dialect] = {}
        """The delimiters of each interchange by its control number, for who shows excerpts."""

    def take(self, part: Part) -> Judgement | None:
        """Takes the next part; the judgement is that of the interchange that ends with it."""
        if isinstance(part, MessageRead):
            self._message(part)
        elif isinstance(part, GroupOpened):
            self._roll.begin(part.group)
            self._kept.append(Kept(self._roll, part.group, part.interchange.dialect))
            self._support = Support(part.interchange, part.group, part.source)
        elif isinstance(part, GroupClosed):
            group, kept = part.group, self._kept[-1]
            found = [*group.findings]
            if self._support is not None:
                found += self._support.findings(found)
            self._groups.append(JudgedGroup(group=group, findings=found, messages=kept))
        elif isinstance(part, InterchangeOpened):
            self.syntax = self.syntax or part.interchange.syntax
            self.dialects.setdefault(part.interchange.control_number, part.interchange.dialect)
            self._roll, self._groups, self._kept = Roll(), [], []
        elif isinstance(part, InterchangeClosed):
            return self._closed(part.interchange)
        else:
            self.syntax = self.syntax or part.syntax
            self.findings.append(part.finding)
        return None

    def _message(self, part: MessageRead) -> None:
        if part.source is not self._source or self._guide_for is None:
            self._source, self._guide_for = part.source, self._guides_of(part.source)
        message = part.message
        guide = self._guide_for(part.interchange, part.group, message)
        if self._support is not None:
            self._support.count(message, guide)
        judged = judge_message(part.interchange, part.source, part.group, message, guide)
        own = len(judged.findings)
        if self._look is not None and judged.valid:
            self._look(part.interchange, judged, part.source)
        findings = judged.findings
        told = sum(finding.severity != "note" for finding in findings) if findings else 0
        note = None
        if told and told <= self._room:
            self._room -= told
            note = Noted(self._keeping.trimmed(message), judged.rules, findings, own)
        elif told:
            self._room = 0
            self.untold += told
        beginning = self._keeping.beginning(message)
        self._kept[-1].add(message, valid=judged.valid, beginning=beginning, note=note)

    def _closed(self, interchange: Interchange) -> Judgement:
        judgement = Judgement(
            interchange=interchange, groups=self._groups, interchange_findings=[*interchange.findings]
        )
        for group, kept in zip(judgement.groups, self._kept, strict=True):
            group.fallen = judgement.rejected
            kept.fallen = group.rejected
        self._roll, self._groups, self._kept = Roll(), [], []
        return judgement
