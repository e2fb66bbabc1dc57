"""A received file with some of its messages changed or left out, and every other byte as it was.

Nothing that was not changed is written anew: bytes between the changed places are copied, with their delimiters, line
breaks, filler, service string advice and faults. In a changed message the segments that were read and left as they are
keep their bytes too; only a segment with new elements is written, in the interchange's own dialect, and followed by
what followed the segment before it. Trailers are corrected where a count has changed: UNT or SE when a message has more
or fewer segments than before, the group's and the interchange's when messages were left out. A group or interchange
that has lost all its messages, and holds no package, is left out itself.

So rewriting with nothing to change gives the file again, and so does putting each message's own segments in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from translators import charset as charsets
from translators.envelope import Layout
from translators.finding import Finding, Where
from translators.pen import BINARY, Pen
from translators.syntax import Dialect, Elements, Group, Interchange, Message, Reading, Segment, spans
from translators.tree import Node, elements_of

Edits = Mapping[Message, Sequence[Node] | None]
"""What messages become: another body, without header and trailer, or ``None`` for a message that is left out."""


class Rewritten(msgspec.Struct, frozen=True, kw_only=True):
    """The file, and what could not be written in it. With an error: do not use it."""

    data: bytes
    findings: list[Finding]

    @property
    def sendable(self) -> bool:
        """Whether no finding is an error."""
        return not any(finding.fatal for finding in self.findings)


class _Patch(NamedTuple):
    """Bytes that stand in place of those from ``start`` to ``end``."""

    start: int
    end: int
    data: bytes


def rewrite(reading: Reading, data: bytes, edits: Edits) -> Rewritten:
    """The file ``data``, as it was read into ``reading``, with ``edits``.

    A segment of a new body keeps its bytes where its node has the elements of the segment that was read for it. In a
    file that was wrapped at a fixed width, the line breaks are set again at that width. ``ValueError`` for a message
    that is not of this reading.
    """
    if not edits:
        return Rewritten(data=data, findings=[])
    text, wrap = _unwrapped(reading, data)
    findings: list[Finding] = []
    patches: list[_Patch] = []
    known: set[int] = set()
    for interchange in reading.interchanges:
        known.update(id(message) for message in interchange.messages)
        patches += _of_interchange(text, interchange, edits, findings)
    if any(id(message) not in known for message in edits):
        raise ValueError("a message to be changed is none of this file")
    pieces, at = [], 0
    for patch in sorted(patches):
        pieces += [text[at : patch.start], patch.data]
        at = patch.end
    rewritten = b"".join([*pieces, text[at:]])
    return Rewritten(data=wrap.over(rewritten), findings=findings)


class _Wrap(NamedTuple):
    """The line breaks of a wrapped file: width 0 for one that was not wrapped."""

    width: int = 0
    start: int = 0
    line_break: bytes = b""
    rest: bytes = b""
    """What stands behind the last line."""

    def over(self, text: bytes) -> bytes:
        if not self.width:
            return text
        head, body = text[: self.start], text[self.start :]
        lines = (body[at : at + self.width] for at in range(0, len(body), self.width))
        return head + self.line_break.join(lines) + self.rest


def _unwrapped(reading: Reading, data: bytes) -> tuple[bytes, _Wrap]:
    """The text that was read, and how the file wrapped it."""
    if not any(finding.code == "lines-unwrapped" for finding in reading.findings):
        return data, _Wrap()
    first = reading.interchanges[0].offset if reading.interchanges else 0
    start = reading.source.place(first)[0]
    body = data[start:]
    width = min(at for at in (body.find(b"\r"), body.find(b"\n")) if at >= 0)
    line_break = b"\r\n" if body.startswith(b"\r\n", width) else body[width : width + 1]
    bare = body.rstrip(b"\r\n")
    return data[:start] + body.translate(None, b"\r\n"), _Wrap(width, start, line_break, body[len(bare) :])


def _of_interchange(text: bytes, interchange: Interchange, edits: Edits, findings: list[Finding]) -> list[_Patch]:
    patches: list[_Patch] = []
    gone_groups = gone_messages = 0
    for group in interchange.groups:
        gone = [message for message in group.messages if message in edits and edits[message] is None]
        gone_messages += len(gone)
        nothing_left = len(gone) == len(group.messages) and not group.packages
        if gone and nothing_left and group.explicit and group.header and group.trailer:
            gone_groups += 1
            patches.append(_Patch(group.header.offset, _behind(text, group.trailer, interchange.dialect), b""))
            continue
        patches += [
            _Patch(message.offset, _filler_end(text, message.end, interchange.dialect), b"") for message in gone
        ]
        if gone and group.explicit:
            patches += _recounted(group.trailer, len(group.messages) + len(group.packages) - len(gone))
        for message in group.messages:
            body = edits.get(message)
            if body is not None:
                patches.append(_of_message(text, interchange, group, message, body, findings))
    groups = sum(group.explicit for group in interchange.groups)
    lost = gone_groups if groups else gone_messages
    if not lost:
        return patches
    units = sum(len(group.messages) + len(group.packages) for group in interchange.groups)
    if gone_messages == units and not interchange.acknowledgments:
        return [_Patch(interchange.offset, _filler_end(text, interchange.end, interchange.dialect), b"")]
    return patches + _recounted(interchange.trailer, (groups or units) - lost)


def _of_message(
    text: bytes,
    interchange: Interchange,
    group: Group,
    message: Message,
    body: Sequence[Node],
    findings: list[Finding],
) -> _Patch:
    """The message with another body: the bytes of segments that are the same, and others written."""
    dialect, segments = interchange.dialect, message.segments
    closed = len(segments) > 1 and segments[-1].tag in ("UNT", "SE")
    where = Where(
        interchange=interchange.control_number,
        group=group.control_number if group.explicit else None,
        message=message.reference,
    )
    pen = Pen(dialect, charsets.charset(dialect.charset), where, Layout(keep_trailing=True))
    leaves = [leaf for node in body for leaf in node.segments()]
    gap = _gap(text, message, 0)
    out = [segments[0].raw, gap]
    numbers = {id(segment): index for index, segment in enumerate(segments)}
    for position, leaf in enumerate(leaves, start=2):
        segment = leaf.segment
        read = numbers.get(id(segment)) if segment is not None else None
        if read is not None:
            gap = _gap(text, message, read)
        if read is not None and segment is not None and leaf.elements in ((), segment.elements):
            # From the text, because a segment above the limit was cut when it was read.
            end = segments[read + 1].offset if read + 1 < len(segments) else message.end
            out.append(text[segment.offset : end])
            continue
        begin = pen.offset
        if leaf.name in BINARY and dialect.syntax == "x12":
            behind = pen.binary(leaf.name, _uncounted(leaf), position)
        else:
            behind = pen.segment(leaf.name, elements_of(leaf), position)
        out += [pen.data[begin : behind - len(dialect.terminator)], gap]
    if closed:
        trailer = segments[-1]
        raw = text[trailer.offset : message.end]
        patch = _recounted(trailer, len(leaves) + 2) if len(leaves) + 2 != len(segments) else []
        out.append(_patched(raw, trailer.offset, patch))
    findings += pen.findings
    return _Patch(message.offset, message.end, b"".join(out))


def _uncounted(leaf: Node) -> Elements:
    """BIN or BDS without its length, which is computed."""
    at = BINARY[leaf.name]
    elements = elements_of(leaf)
    return (*elements[: at - 1], (("",),), *elements[at:])


def _gap(text: bytes, message: Message, index: int) -> bytes:
    """The terminator behind a message's segment, and the filler behind that, up to the next segment."""
    segments = message.segments
    segment = segments[index]
    end = segments[index + 1].offset if index + 1 < len(segments) else message.end
    return text[segment.offset + len(segment.raw) : end]


def _behind(text: bytes, segment: Segment, dialect: Dialect) -> int:
    return _filler_end(text, segment.offset + len(segment.raw) + len(dialect.terminator), dialect)


def _filler_end(text: bytes, at: int, dialect: Dialect) -> int:
    """The offset behind the blanks and line breaks at ``at``, which go with what stands before them."""
    filler = bytes(byte for byte in b" \t\r\n" if byte not in dialect.delimiters)
    while at < len(text) and text[at] in filler:
        at += 1
    return at


def _recounted(trailer: Segment | None, number: int) -> list[_Patch]:
    """``number`` in the place of the trailer's first element, a count."""
    if trailer is None:
        return []
    starts = [start for start, element, _, _ in spans(trailer.raw, trailer.dialect) if element <= 1]
    ends = [start - 1 for start, element, _, _ in spans(trailer.raw, trailer.dialect) if element == 2]
    if len(starts) < 2:
        return []
    end = ends[0] if ends else len(trailer.raw)
    return [_Patch(trailer.offset + starts[1], trailer.offset + end, str(number).encode("ascii"))]


def _patched(raw: bytes, offset: int, patches: Sequence[_Patch]) -> bytes:
    for patch in patches:
        raw = raw[: patch.start - offset] + patch.data + raw[patch.end - offset :]
    return raw
