"""The verdict on an interchange: what is accepted and what is rejected, level by level, and because of which findings.

Three levels: the interchange, its groups, their messages and packages. A finding of severity ``error`` rejects the
level it stands at and everything below it; a ``warning`` rejects nothing. One bad message never touches its neighbour
(the common complaint about EDI software), and a bad neighbour never hides a good one.

A judgement is where every answer comes from: the report, CONTRL, 997 and TA1 are renderings of the same findings, so
they cannot contradict each other. What the gateway alone can know (a repeated control number, a sender it has never
heard of) joins the findings of reader and guide here, before the verdict.

A message has two verdicts. ``valid`` speaks of the message alone; ``accepted`` also asks whether the levels above it
stood. A valid message in a rejected interchange is not accepted, and its sender is told so.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Literal, TypeVar, overload

import msgspec

from translators.codes import CODES
from translators.elements import ElementSpec
from translators.finding import Finding, Where
from translators.guide import Guide
from translators.lookup import Alias
from translators.support import Support
from translators.syntax import Group, Interchange, Message, Package, Segment, Source, Syntax
from translators.tree import Node
from translators.validation import Validated, validate

_Judged = TypeVar("_Judged")
Level = Literal["interchange", "group", "message", "package"]

_SERVICE_TAGS: dict[tuple[Syntax, Level], tuple[str, str]] = {
    ("edifact", "interchange"): ("UNB", "UNZ"),
    ("edifact", "group"): ("UNG", "UNE"),
    ("edifact", "message"): ("UNH", "UNT"),
    ("edifact", "package"): ("UNO", "UNP"),
    ("x12", "interchange"): ("ISA", "IEA"),
    ("x12", "group"): ("GS", "GE"),
    ("x12", "message"): ("ST", "SE"),
}


class _Place(msgspec.Struct, frozen=True):
    """Where a fault of an envelope stands: at its header or trailer, and at which element of each standard."""

    at: Literal["header", "trailer"]
    edifact: tuple[int | None, int | None] = (None, None)
    x12: int | None = None


_PLACES: dict[Level, dict[str, _Place]] = {
    "interchange": {
        "interchange-header-invalid": _Place("header"),
        "syntax-version-unsupported": _Place("header", (1, None), 12),
        "sender-unknown": _Place("header", (2, None), 6),
        "receiver-unknown": _Place("header", (3, None), 8),
        "duplicate-interchange": _Place("header", (5, None), 13),
        "interchange-date-invalid": _Place("header", (4, 1), 9),
        "interchange-time-invalid": _Place("header", (4, 2), 10),
        "control-number-invalid": _Place("header", (5, None), 13),
        "test-indicator-conflict": _Place("header", (11, None), 15),
        "interchange-reference-mismatch": _Place("trailer", (2, None), 2),
        "interchange-count-mismatch": _Place("trailer", (1, None), 1),
        "interchange-trailer-missing": _Place("trailer"),
        "truncated": _Place("trailer"),
    },
    "group": {
        "group-header-invalid": _Place("header"),
        "group-type-unsupported": _Place("header", (1, None), 1),
        "group-version-unsupported": _Place("header", (7, None), 8),
        "duplicate-group": _Place("header", (5, None), 6),
        "group-reference-mismatch": _Place("trailer", (2, None), 2),
        "group-count-mismatch": _Place("trailer", (1, None), 1),
        "group-trailer-missing": _Place("trailer"),
        "truncated": _Place("trailer"),
    },
    "message": {
        "message-type-invalid": _Place("header", (2, 1), 1),
        "message-reference-invalid": _Place("header", (1, None), 2),
        "duplicate-message": _Place("header", (1, None), 2),
        "message-type-unknown": _Place("header", (2, 1), 1),
        "message-not-agreed": _Place("header", (2, 1), 1),
        "message-not-in-group": _Place("header", (2, 1), 1),
        "message-reference-mismatch": _Place("trailer", (2, None), 2),
        "message-count-mismatch": _Place("trailer", (1, None), 1),
        "message-trailer-missing": _Place("trailer"),
        "truncated": _Place("trailer"),
    },
    "package": {
        "package-reference-invalid": _Place("header", (1, None)),
        "duplicate-package": _Place("header", (1, None)),
        "package-reference-mismatch": _Place("trailer", (2, None)),
        "package-trailer-missing": _Place("trailer"),
        "truncated": _Place("trailer"),
    },
}
"""The element a fault belongs to by its nature, for findings of the gateway, which knows no positions."""


_CONSEQUENCES = frozenset({"interchange-count-mismatch", "group-count-mismatch", "message-count-mismatch"})


class JudgedMessage(msgspec.Struct, kw_only=True, gc=False):
    """A message, what is wrong with it, and its verdict.

    ``rules`` and ``tree`` are ``None`` when no guide fits; the segments are still there to look at. ``findings`` may
    grow after the judgement (mapping adds what it finds), and the verdict follows.
    """

    message: Message
    group: Group
    rules: Guide | None = None
    """The guide the message was checked against."""
    validated: Validated | None = None
    findings: list[Finding]
    fallen: bool = False
    """Whether its group or its interchange is rejected as a whole."""

    @property
    def tree(self) -> Node | None:
        """The message in the groups of its guide, arranged when first asked for."""
        return self.validated.tree if self.validated is not None else None

    @property
    def guide(self) -> str | None:
        """The name of the guide the message was checked against (``edifact/D.96A/IFTSTA``)."""
        return self.rules.name if self.rules is not None else None

    @property
    def valid(self) -> bool:
        """Whether the message itself is free of errors, whatever became of its envelope."""
        return not self.findings or not any(finding.fatal for finding in self.findings)

    @property
    def accepted(self) -> bool:
        """Whether the message may be processed."""
        return self.valid and not self.fallen


class JudgedPackage(msgspec.Struct, kw_only=True):
    """A package and its verdict; its findings are the reader's, for no guide speaks of what is in it."""

    package: Package
    group: Group
    fallen: bool = False
    """Whether its group or its interchange is rejected as a whole."""

    @property
    def findings(self) -> list[Finding]:
        """What is wrong with the package."""
        return self.package.findings

    @property
    def valid(self) -> bool:
        """Whether the package itself is free of errors, whatever became of its envelope."""
        return not any(finding.fatal for finding in self.package.findings)

    @property
    def accepted(self) -> bool:
        """Whether the package is whole and stands in an envelope that is not rejected."""
        return self.valid and not self.fallen


class Sparse(Sequence[JudgedMessage]):
    """Messages that are made when they are looked at, since most of them have nothing that need be held."""

    @abstractmethod
    def noted(self) -> Iterator[JudgedMessage]:
        """Those that are not accepted, or of which something was found; maybe others too."""


def noted(messages: Sequence[JudgedMessage]) -> Iterable[JudgedMessage]:
    """The messages without those that are known to be accepted with nothing found."""
    return messages.noted() if isinstance(messages, Sparse) else messages


class JudgedGroup(msgspec.Struct, kw_only=True):
    """A group, what is wrong with it as a group, its messages and its packages."""

    group: Group
    findings: list[Finding]
    messages: Sequence[JudgedMessage]
    packages: Sequence[JudgedPackage] = ()
    fallen: bool = False
    """Whether its interchange is rejected as a whole."""

    @property
    def rejected(self) -> bool:
        """Whether the group falls as a whole, with everything in it."""
        return self.fallen or any(finding.fatal for finding in self.findings)

    @property
    def accepted(self) -> bool:
        """Whether the group and every message and package in it is accepted."""
        if self.rejected or not all(message.accepted for message in noted(self.messages)):
            return False
        return all(package.accepted for package in self.packages)


class SparseGroups(Sequence[JudgedGroup]):
    """Groups that are made when they are looked at, as :class:`Sparse` messages are."""

    @abstractmethod
    def noted(self) -> Iterator[JudgedGroup]:
        """Those that are not accepted, or in which something was found, or that have packages; maybe others too."""


def noted_groups(groups: Sequence[JudgedGroup]) -> Iterable[JudgedGroup]:
    """The groups without those that are known to be accepted, with nothing found in them and no packages."""
    return groups.noted() if isinstance(groups, SparseGroups) else groups


class Joined(Sequence[_Judged]):
    """The messages, or the packages, of several groups in a row."""

    def __init__(self, groups: Callable[[], Iterable[Sequence[_Judged]]]) -> None:
        """``groups`` gives them one after the other, whenever they are asked for."""
        self._groups = groups

    def __len__(self) -> int:
        return sum(map(len, self._groups()))

    def __iter__(self) -> Iterator[_Judged]:
        return chain.from_iterable(self._groups())

    @overload
    def __getitem__(self, index: int) -> _Judged: ...

    @overload
    def __getitem__(self, index: slice) -> list[_Judged]: ...

    def __getitem__(self, index: int | slice) -> _Judged | list[_Judged]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        at = range(len(self))[index]
        for group in self._groups():
            if at < len(group):
                return group[at]
            at -= len(group)
        raise IndexError(index)


class Judgement(msgspec.Struct, kw_only=True):
    """An interchange with the verdict on each of its levels."""

    interchange: Interchange
    groups: Sequence[JudgedGroup]
    interchange_findings: list[Finding]
    """What is wrong with the interchange itself."""

    @property
    def messages(self) -> Sequence[JudgedMessage]:
        """All messages of all groups, in file order."""
        return Joined(lambda: (group.messages for group in self.groups))

    @property
    def packages(self) -> Sequence[JudgedPackage]:
        """All packages of all groups, in file order."""
        return Joined(lambda: (group.packages for group in noted_groups(self.groups)))

    @property
    def findings(self) -> list[Finding]:
        """What is wrong with the interchange and with its groups; messages and packages have their own."""
        of_groups = (finding for group in noted_groups(self.groups) for finding in group.findings)
        return [*self.interchange_findings, *of_groups]

    @property
    def rejected(self) -> bool:
        """Whether the interchange falls as a whole, with everything in it."""
        return any(finding.fatal for finding in self.interchange_findings)

    @property
    def accepted(self) -> bool:
        """Whether the interchange and everything in it is accepted."""
        return not self.rejected and all(group.accepted for group in noted_groups(self.groups))


def judge(
    interchange: Interchange,
    source: Source,
    guide_for: Callable[[Interchange, Group, Message], Guide | Finding | Alias],
    findings: Sequence[Finding] = (),
) -> Judgement:
    """The judgement of an interchange: every message checked against its guide, every level with its findings.

    ``guide_for`` gives the guide of a message, or the finding that says why there is none (unknown type, no agreement),
    or a guide together with a finding: the message called it otherwise.
    ``findings`` is what the caller knows beforehand; one whose place names a message or a group of this interchange
    goes there, any other concerns the interchange. Places that are missing are filled in: a repeated control number
    stands at UNB 0020 or ISA13.
    """
    known = _Known(interchange, source, findings)
    own = [*interchange.findings, *known.of_interchange]
    rejected = any(finding.fatal for finding in own)
    groups = []
    for group in interchange.groups:
        support = Support(interchange, group, source)
        messages = []
        for message in group.messages:
            guide = guide_for(interchange, group, message)
            support.count(message, guide)
            messages.append(judge_message(interchange, source, group, message, guide, known.of_message(message)))
        found = [*group.findings, *known.of_group(group)]
        judged = JudgedGroup(group=group, findings=found + support.findings(found), messages=messages, fallen=rejected)
        if judged.rejected:
            for each in messages:
                each.fallen = True
        judged.packages = [
            JudgedPackage(package=package, group=group, fallen=judged.rejected) for package in group.packages
        ]
        groups.append(judged)
    return Judgement(interchange=interchange, groups=groups, interchange_findings=own)


def service_tags(syntax: Syntax, level: Level) -> tuple[str, str]:
    """The tags of a level's header and trailer; empty where the syntax has no such segments (XML)."""
    return _SERVICE_TAGS.get((syntax, level), ("", ""))


@lru_cache(maxsize=64)
def syntax_version(version: str) -> int:
    """The syntax version (0002) in an EDIFACT interchange's ``UNOC:3``; 3 where it is missing or no number."""
    stated = version.partition(":")[2].partition(":")[0]
    return int(stated) if stated.isascii() and stated.isdigit() else 3


def level_of(finding: Finding) -> Literal["message", "segment", "element"]:
    """At which level an acknowledgment reports a finding of a message."""
    code, where = CODES[finding.code], finding.where
    if where.segment_position is None or (code.segment is None and code.message is not None):
        return "message"
    return "element" if where.element is not None and code.element is not None else "segment"


def foremost(findings: Sequence[Finding]) -> Finding | None:
    """The error that is named where an acknowledgment has room for one; ``None`` when nothing is an error.

    A wrong count is usually the consequence of another error (a stray segment, groups mixed with messages), which says
    more. Otherwise the first one found counts.
    """
    errors = [finding for finding in findings if finding.fatal]
    return min(errors, key=lambda error: error.code in _CONSEQUENCES, default=None)


def in_message_order(findings: Sequence[Finding]) -> list[Finding]:
    """``findings`` by segment; what is missing behind a segment comes after what is wrong inside it."""
    return sorted(
        findings,
        key=lambda finding: (finding.where.segment_position or 0, finding.code in ("segment-missing", "group-missing")),
    )


def in_place_order(findings: Sequence[Finding]) -> list[Finding]:
    """``findings`` by segment, element and component, and at one place by their codes."""

    def place(finding: Finding) -> tuple[int, int, int, str]:
        where = finding.where
        return where.segment_position or 0, where.element or 0, where.component or 0, finding.code

    return sorted(findings, key=place)


def usual_place(finding: Finding, syntax: Syntax, level: Level) -> tuple[str, int | None, int | None] | None:
    """The (segment, element, component) of an envelope that a finding belongs to; ``None`` where there is none.

    What the finding says about its place counts first, as long as it names a service segment of that level; the code's
    usual place fills in the rest.
    """
    tags, where, usual = service_tags(syntax, level), finding.where, _PLACES[level].get(finding.code)
    named = where.segment if where.segment in (*tags, "UNA") else None
    if named and where.element is not None:
        return named, where.element, where.component
    usual_tag = tags[usual.at == "trailer"] if usual else None
    tag = named or usual_tag
    if tag is None:
        return None
    if usual is None or tag != usual_tag:
        return tag, None, None
    return (tag, *usual.edifact) if syntax == "edifact" else (tag, usual.x12, None)


def judge_message(
    interchange: Interchange,
    source: Source,
    group: Group,
    message: Message,
    guide: Guide | Finding | Alias,
    known: Sequence[Finding] = (),
) -> JudgedMessage:
    """One message checked against its guide, or with the finding that says why there is none.

    Whether it falls with what is above it is known when that ends, and set then.
    """
    findings = [*message.findings, *known]
    if isinstance(guide, Alias):
        findings.append(guide.finding)
        guide = guide.guide
    if isinstance(guide, Guide) and message.findings:
        # A layer or policy may see what the reader found otherwise; it is the same message.
        findings[: len(message.findings)] = guide.weighed(message.findings)
    judged = JudgedMessage(message=message, group=group, findings=findings)
    if isinstance(guide, Finding):
        findings.append(_placed(guide, interchange, source, group, message))
    else:
        version = syntax_version(interchange.version) if interchange.syntax == "edifact" else None
        where = _where(interchange, group, message)
        validated = validate(message, guide, source, where, syntax_version=version)
        judged.rules, judged.validated = guide, validated
        findings.extend(validated.findings)
    if findings:
        findings[:] = [_exact(judged, finding) for finding in findings]
    return judged


def _exact(judged: JudgedMessage, finding: Finding) -> Finding:
    """``finding`` without the component number that the reader, who knows no guide, gives a simple element's value."""
    where = finding.where
    if where.component != 1 or where.element is None or where.segment_position is None:
        return finding
    spec = element_spec(judged, finding)
    if spec is not None:
        composite = spec.composite
    else:
        segment = next((one for one in judged.message.segments if one.position == where.segment_position), None)
        elements = segment.elements if segment is not None else ()
        occurrences = elements[where.element - 1] if where.element <= len(elements) else ()
        composite = any(len(occurrence) > 1 for occurrence in occurrences)
    if composite:
        return finding
    return msgspec.structs.replace(finding, where=msgspec.structs.replace(where, component=None))


def element_spec(judged: JudgedMessage, finding: Finding) -> ElementSpec | None:
    """What the guide says about the element a finding stands at; ``None`` where it says nothing."""
    where, rules = finding.where, judged.rules
    if rules is None or where.element is None:
        return None
    places = rules.find(where.path) if where.path else rules.find(f"*/{where.segment}")
    spec = places[0].segment if places else None
    return spec.elements[where.element - 1] if spec is not None and where.element <= len(spec.elements) else None


class _Known:
    """The caller's findings, handed to the levels they speak of; each goes to exactly one level."""

    def __init__(self, interchange: Interchange, source: Source, findings: Sequence[Finding]) -> None:
        self.of_interchange: list[Finding] = []
        self._of_groups: dict[int, list[Finding]] = {}
        self._of_messages: dict[int, list[Finding]] = {}
        for finding in findings:
            group, message = _addressee(interchange, finding.where)
            placed = _placed(finding, interchange, source, group, message)
            if message is not None:
                self._of_messages.setdefault(id(message), []).append(placed)
            elif group is not None:
                self._of_groups.setdefault(id(group), []).append(placed)
            else:
                self.of_interchange.append(placed)

    def of_group(self, group: Group) -> list[Finding]:
        return self._of_groups.get(id(group), [])

    def of_message(self, message: Message) -> list[Finding]:
        return self._of_messages.get(id(message), [])


def _addressee(interchange: Interchange, where: Where) -> tuple[Group | None, Message | None]:
    """The group and the message that a place names; the last of those that share a reference, being the repeat."""
    groups = [
        group
        for group in interchange.groups
        if where.group is None or (group.explicit and group.control_number == where.group)
    ]
    if where.message is not None:
        named = [
            (group, message) for group in groups for message in group.messages if message.reference == where.message
        ]
        if named:
            return named[-1]
    return (groups[-1] if where.group is not None and groups else None), None


def _where(interchange: Interchange, group: Group | None, message: Message | None) -> Where:
    return Where(
        interchange=interchange.control_number,
        group=group.control_number if group is not None and group.explicit else None,
        message=message.reference if message is not None else None,
    )


def _placed(
    finding: Finding, interchange: Interchange, source: Source, group: Group | None, message: Message | None
) -> Finding:
    """``finding`` with what its place lacks: the references above it, the usual element, its line and column."""
    level: Level = "message" if message is not None else "group" if group is not None else "interchange"
    where = _merged(finding.where, _where(interchange, group, message))
    place = usual_place(finding, interchange.syntax, level)
    if place is None:
        return msgspec.structs.replace(finding, where=where)
    tag, element, component = place
    segment = _service_segment(interchange, group, message, tag)
    found = Where(segment=tag, element=element, component=component)
    if segment is not None:
        found = msgspec.structs.replace(found, segment_position=segment.position or None)
        if where.offset is None:
            offset, line, column = source.place(segment.offset_of(element or 0, component or 1))
            found = msgspec.structs.replace(found, offset=offset, line=line, column=column)
    return msgspec.structs.replace(finding, where=_merged(where, found))


def _merged(where: Where, other: Where) -> Where:
    missing = {name: getattr(other, name) for name in Where.__struct_fields__ if getattr(where, name) is None}
    return msgspec.structs.replace(where, **missing)


def _service_segment(
    interchange: Interchange, group: Group | None, message: Message | None, tag: str
) -> Segment | None:
    """The header or trailer of the level that is called ``tag``, if it was received."""
    if message is not None:
        header = message.header
        ends = [header] if header is not None and header.tag == tag else message.segments[-1:]
    elif group is not None:
        ends = [end for end in (group.header, group.trailer) if end is not None]
    else:
        ends = [end for end in (interchange.header, interchange.trailer) if end is not None]
    return next((end for end in ends if end.tag == tag), None)
