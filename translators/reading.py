"""Reads a file at hand: which interchanges are in it, what is in them, and everything that is wrong with either.

Bytes in, a :class:`~translators.syntax.Reading` out, whatever the bytes are. It is read as a stream of one chunk
(:mod:`translators.streaming`), and the parts are joined.
"""

from __future__ import annotations

from translators.finding import Finding
from translators.limits import Limits
from translators.parts import GroupOpened, InterchangeOpened, MessageRead, Noticed, PackageRead
from translators.reading_terms import ReadingTerms, TermsFor
from translators.streaming import Reader
from translators.syntax import Interchange, Reading

__all__ = ["Limits", "ReadingTerms", "read"]


def read(data: bytes, *, terms: ReadingTerms | TermsFor | None = None, limits: Limits | None = None) -> Reading:
    """The interchanges in ``data`` and what is wrong; never raises for content.

    ``terms`` are what was agreed with the partner, or a function that says so of each interchange by its header; as the
    standards have it, when there are none. Messages keep their bytes and their places;
    faults of the file stand in the reading, those of an envelope or a message in the interchange, group or message
    they belong to.
    """
    reader = Reader((data,), terms, limits)
    interchanges: list[Interchange] = []
    findings: list[Finding] = []
    for part in reader.parts():
        if type(part) is MessageRead:
            part.group.messages.append(part.message)
        elif isinstance(part, PackageRead):
            part.group.packages.append(part.package)
        elif isinstance(part, GroupOpened):
            part.interchange.groups.append(part.group)
        elif isinstance(part, InterchangeOpened):
            interchanges.append(part.interchange)
        elif isinstance(part, Noticed):
            findings.append(part.finding)
    return Reading(syntax=reader.syntax, interchanges=interchanges, findings=findings, source=reader.source)
