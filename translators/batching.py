"""Many messages into as few interchanges as a partner's limits allow, each under a number of its own.

Every message is prepared, judged and written by itself first. One that cannot be sent is left out whole and reported;
the others travel, and trailers count what is there. Only then are control numbers taken, one for each interchange that
has something in it.

A functional group of X12 has one functional identifier and version, so messages are sorted into groups, which stand in
the order of their first messages; inside a group messages keep their order. EDIFACT messages are grouped on request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

import msgspec

from translators.envelope import Envelope, Outgoing, OutgoingGroup, Written
from translators.finding import Finding, Where
from translators.interchange_writing import Part, Rendered, RenderedGroup
from translators.preparing import GuideFor, prepare
from translators.syntax import MessageKind
from translators.writing import writer_of
from translators.x12_writing import functional_identifier

_TRAILERS = 256
"""Bytes reserved for what an interchange has around its groups beside its header, or a group around its messages: the
longest trailers with counts of ten digits, and line breaks."""
_OF_NOTHING = frozenset({"empty-interchange", "control-number-invalid"})
"""What is wrong with an interchange that has no message and no number yet."""


class Most(msgspec.Struct, frozen=True, kw_only=True):
    """What one interchange may hold; 0 for no limit."""

    messages: int = 0
    bytes: int = 0


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was left out: its index among those given, and why."""

    index: int
    findings: list[Finding]


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """One interchange: its control number, its bytes, and the indexes of its messages in the order they stand there."""

    control_number: str
    written: Written
    indexes: list[int]


class Batched(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the messages: each stands in one batch or is refused."""

    batches: list[Batch]
    refused: list[Refused]


def batch(
    envelope: Envelope,
    messages: Sequence[Outgoing],
    *,
    numbers: Iterator[str],
    group_numbers: Iterator[str] | None = None,
    most: Most | None = None,
    guide_for: GuideFor | None = None,
) -> Batched:
    """The interchanges for ``messages``; ``envelope`` gives everything but the numbers.

    ``numbers`` gives the control number of each interchange, and ``group_numbers`` that of each group: X12 groups are
    counted from 1 in each interchange without it, and EDIFACT has groups only with it. ``ValueError`` when either ends
    before the messages do: nothing of what was written before is lost by taking one number too many.
    """
    most = most or Most()
    preparation = prepare(envelope, messages, guide_for)
    envelope = preparation.envelope
    writer = writer_of(envelope)
    ready: list[tuple[int, Rendered]] = []
    refused: list[Refused] = []
    bare = writer.assemble([])
    room = most.bytes - len(bare.data) - _TRAILERS if most.bytes else None
    # An envelope that cannot be sent refuses them all, and costs no number either.
    wrong = [each for each in bare.findings if each.fatal and each.code not in _OF_NOTHING]
    for index, prepared in enumerate(preparation.messages):
        rendered = writer.render(prepared)
        findings = rendered.findings + wrong
        if room is not None and _size(envelope, rendered) + _TRAILERS > room:
            findings = [*findings, _too_large(rendered, most.bytes)]
        if any(finding.fatal for finding in findings):
            refused.append(Refused(index=index, findings=findings))
        else:
            ready.append((index, rendered))
    grouped = envelope.syntax == "x12" or group_numbers is not None
    batches = []
    for chosen in _chosen(envelope, ready, most, room, grouped):
        number = _next(numbers, "control numbers")
        own = msgspec.structs.replace(envelope, control_number=number)
        parts, indexes = _parts(chosen, group_numbers, grouped)
        written = writer_of(own).assemble(parts)
        written = msgspec.structs.replace(written, findings=preparation.findings + written.findings)
        batches.append(Batch(control_number=number, written=written, indexes=indexes))
    return Batched(batches=batches, refused=refused)


def _size(envelope: Envelope, rendered: Rendered) -> int:
    layout = envelope.layout
    breaks = len(rendered.data) // layout.wrap * len(layout.line_break) + 1 if layout.wrap else 0
    return len(rendered.data) + breaks


def _too_large(rendered: Rendered, most: int) -> Finding:
    text = f"the message has {len(rendered.data)} bytes; an interchange of {most} bytes has no room for it"
    where = Where(message=rendered.reference)
    return Finding(code="too-large", severity="error", text=text, where=where, layer="envelope")


def _chosen(
    envelope: Envelope, ready: Sequence[tuple[int, Rendered]], most: Most, room: int | None, grouped: bool
) -> Iterator[list[tuple[int, Rendered]]]:
    """The messages of each interchange: as many as there is room for, none twice under one reference in a group."""
    chosen: list[tuple[int, Rendered]] = []
    size, groups, references = 0, set[MessageKind](), set[tuple[MessageKind | None, str]]()
    for index, rendered in ready:
        group = _group_of(rendered) if grouped else None
        key = (group, rendered.reference)
        more = _size(envelope, rendered) + (_TRAILERS if group is not None and group not in groups else 0)
        full = (most.messages and len(chosen) == most.messages) or (room is not None and size + more > room)
        if chosen and (full or key in references):
            yield chosen
            chosen, size, groups, references = [], 0, set(), set()
            more = _size(envelope, rendered) + (_TRAILERS if group is not None else 0)
        chosen.append((index, rendered))
        references.add(key)
        size += more
        if group is not None:
            groups.add(group)
    if chosen:
        yield chosen


def _parts(
    chosen: Sequence[tuple[int, Rendered]], group_numbers: Iterator[str] | None, grouped: bool
) -> tuple[list[Part], list[int]]:
    """What an interchange is put together from, and the indexes of its messages in that order."""
    if not grouped:
        return [rendered for _, rendered in chosen], [index for index, _ in chosen]
    groups: dict[MessageKind, list[tuple[int, Rendered]]] = {}
    for index, rendered in chosen:
        groups.setdefault(_group_of(rendered), []).append((index, rendered))
    numbers = group_numbers if group_numbers is not None else map(str, count(1))
    parts: list[Part] = []
    for inside in groups.values():
        group = OutgoingGroup(number=_next(numbers, "group numbers"), messages=())
        parts.append(RenderedGroup(group=group, messages=[rendered for _, rendered in inside]))
    return parts, [index for inside in groups.values() for index, _ in inside]


def _group_of(rendered: Rendered) -> MessageKind:
    """What the messages of one group have in common; for X12, the functional identifier stands for the type."""
    kind = rendered.kind
    identifier = functional_identifier(kind, rendered.functional)
    # An EDIFACT type is in no table of functional identifiers.
    return msgspec.structs.replace(kind, type=identifier or kind.type)


def _next(numbers: Iterator[str], what: str) -> str:
    number = next(numbers, None)
    if number is None:
        raise ValueError(f"there are fewer {what} than are needed")
    return number
