"""Judges a file that is read as a stream, message by message: one judgement for each interchange, when it ends.

A message is judged when it is complete, and then kept as far as :mod:`translators.kept` says. What its group and its
interchange are worth is known when they end, and only then whether the message is accepted. The judgements are those
that :func:`translators.judgement.judge` makes of the whole file, and whoever answers or reports cannot tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from translators.finding import Finding
from translators.guide import Guide
from translators.judgement import JudgedMessage, Judgement, judge_message
from translators.kept import MOST_FINDINGS, Keeping, Noted
from translators.kept_groups import KeptGroups
from translators.lookup import Alias
from translators.parts import (
    GroupClosed,
    GroupOpened,
    InterchangeClosed,
    InterchangeOpened,
    MessageRead,
    Noticed,
    PackageRead,
    Part,
)
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
        self._kept: KeptGroups | None = None
        """The groups of the open interchange."""
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
        if isinstance(part, Noticed):
            self.syntax = self.syntax or part.syntax
            self.findings.append(part.finding)
        elif isinstance(part, InterchangeOpened):
            self.syntax = self.syntax or part.interchange.syntax
            self.dialects.setdefault(part.interchange.control_number, part.interchange.dialect)
            self._kept = KeptGroups(part.interchange.dialect)
        elif self._kept is not None:
            return self._take_inside(part, self._kept)
        return None

    def _take_inside(self, part: Part, kept: KeptGroups) -> Judgement | None:
        if isinstance(part, MessageRead):
            self._message(part, kept)
        elif isinstance(part, PackageRead):
            kept.add_package(part.package, part.group, told=self._told(part.package.findings))
        elif isinstance(part, GroupOpened):
            kept.begin(part.group)
            self._support = Support(part.interchange, part.group, part.source)
        elif isinstance(part, GroupClosed):
            found = [*part.group.findings]
            if self._support is not None:
                found += self._support.findings(found)
            kept.end(part.group, found)
        elif isinstance(part, InterchangeClosed):
            self._kept = None
            interchange = part.interchange
            judgement = Judgement(interchange=interchange, groups=kept, interchange_findings=[*interchange.findings])
            kept.fallen = judgement.rejected
            return judgement
        return None

    def _message(self, part: MessageRead, kept: KeptGroups) -> None:
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
        note = None
        if self._told(findings):
            note = Noted(self._keeping.trimmed(message), judged.rules, findings, own)
        beginning = self._keeping.beginning(message)
        kept.add(message, valid=judged.valid, beginning=beginning, note=note)

    def _told(self, findings: Sequence[Finding]) -> bool:
        """Whether there is something to be kept of what was found, and room for it."""
        told = sum(finding.severity != "note" for finding in findings) if findings else 0
        if told and told <= self._room:
            self._room -= told
            return True
        if told:
            self._room = 0
            self.untold += told
        return False
