"""Writes interchanges: headers and trailers, groups, counts, delimiters, releases.

The writer never types a count, never writes a trailing separator unless a partner asks for it, and never lets data pass
for a delimiter: it is released where the standard has a release character, and where it has none another delimiter is
chosen, the data is changed, or it is an error, as the layout says. So it is with what the character set cannot carry.
Everything wrong is a finding at the element it is about, and then the bytes are not for sending.

What is written reads back the same: ``read(write(x))`` has the elements of ``x`` without its trailing empty ones. And
what was written with guides is what they accept: :mod:`translators.preparing` judges before anything is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from translators.edifact_writing import EdifactWriter
from translators.envelope import Content, Envelope, Outgoing, OutgoingGroup, OutgoingPackage, Written
from translators.interchange_writing import InterchangeWriter, Part, Rendered, RenderedGroup
from translators.preparing import GuideFor, prepare
from translators.tree import Node
from translators.x12_writing import X12Writer


def write(
    envelope: Envelope, content: Sequence[Content], extra: Sequence[Node] = (), *, guide_for: GuideFor | None = None
) -> Written:
    """The interchange with ``content`` in it: messages, groups of messages, packages.

    X12 messages without a group go into one functional group and so must be of one functional identifier and version;
    ``extra`` are the TA1 segments between ISA and GS, which EDIFACT does not have (``ValueError``). With ``guide_for``,
    every message is judged by its guide first, and what its receiver would find is among the findings.
    """
    if extra and envelope.syntax == "edifact":
        raise ValueError("EDIFACT has no segments between UNB and the messages; extra is for X12")
    preparation = prepare(envelope, list(_messages(content)), guide_for)
    writer = writer_of(preparation.envelope)
    rendered = iter([writer.render(each) for each in preparation.messages])
    written = writer.assemble([_part(each, rendered) for each in content], extra)
    return msgspec.structs.replace(written, findings=preparation.findings + written.findings)


def writer_of(envelope: Envelope) -> InterchangeWriter:
    """The writer of the envelope's standard."""
    return EdifactWriter(envelope) if envelope.syntax == "edifact" else X12Writer(envelope)


def _messages(content: Sequence[Content]) -> Iterator[Outgoing]:
    """All messages, those of groups too, in order."""
    for each in content:
        if isinstance(each, OutgoingGroup):
            yield from each.messages
        elif isinstance(each, Outgoing):
            yield each


def _part(each: Content, rendered: Iterator[Rendered]) -> Part:
    """``each`` with its messages as they were rendered, which come in the same order."""
    if isinstance(each, OutgoingGroup):
        return RenderedGroup(group=each, messages=[next(rendered) for _ in each.messages])
    return each if isinstance(each, OutgoingPackage) else next(rendered)
