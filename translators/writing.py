"""Writes interchanges: headers and trailers, counts, delimiters, releases.

The writer never types a count, never writes a trailing separator, and never lets data pass for a delimiter: in EDIFACT
it is released, in X12, which has no release character, it is an error. What the character set cannot carry is an error
too. Everything wrong is a finding at the element it is about, and then the bytes are not for sending.

What is written reads back the same: ``read(write(x))`` has the elements of ``x`` without its trailing empty ones.
"""

from __future__ import annotations

from collections.abc import Sequence

from translators import edifact_writing, x12_writing
from translators.envelope import Envelope, Outgoing, Written
from translators.tree import Node


def write(envelope: Envelope, messages: Sequence[Outgoing], extra: Sequence[Node] = ()) -> Written:
    """The interchange with ``messages`` in it.

    X12 messages go into one functional group and so must be of one functional identifier and version; ``extra`` are the
    TA1 segments between ISA and GS, which EDIFACT does not have (``ValueError``).
    """
    if envelope.syntax == "x12":
        return x12_writing.write_interchange(envelope, messages, extra)
    if extra:
        raise ValueError("EDIFACT has no segments between UNB and the messages; extra is for X12")
    return edifact_writing.write_interchange(envelope, messages)
