"""APERAK: what the application thinks of an EDIFACT message, one for each message that it speaks of.

BGM says accepted (29, AP) or not accepted (27, RE), RFF names the message (ACW: the number of its document, or of the
message where it has none; AGO: its UNH reference; ACE: its interchange), and an ERC group stands for each finding: its
code, where it is and what is wrong, in lines of 70 characters, which every version of FTX carries.

The message grew. From D.99A on a DOC group may name the document, and 1001 has codes for it from D.99B on (312, 313);
before, BGM says no more than number and function. 9321 has no list of its own: see :mod:`translators.codes`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from translators.application import ApplicationVerdict, place_of, words
from translators.codes import CODES
from translators.envelope import Outgoing
from translators.finding import Finding
from translators.judgement import Judgement
from translators.quoting import EdifactText, lines
from translators.syntax import Message, MessageKind
from translators.terms import USUAL, Terms
from translators.tree import Node

_OLDEST = "D.96A"
_DIRECTORY = re.compile(r"D\.([0-9]{2})([A-C])")
_DOCUMENT_SINCE, _NAMED_SINCE = (1999, "A"), (1999, "B")
"""The directories that brought the DOC group, and 312 and 313 in 1001."""
_MOST_ERRORS, _LINES, _WIDTH = 999, 5, 70
"""ERC groups (more from D.97A on; nobody reads more), and 4440 in a C108: an..70 before D.99B."""
_REFERENCE = 35
"""1004 and 1154: an..35 in every version; later ones have more."""


def aperaks(
    judgement: Judgement,
    verdicts: Sequence[ApplicationVerdict],
    at: datetime,
    first_reference: int = 1,
    terms: Terms = USUAL,
) -> list[Outgoing]:
    """The APERAKs that say these verdicts on an EDIFACT interchange, dated ``at``; UNH 0062 counts up.

    They are written in the directory of the message that they answer, or in that of the terms. Each has a number (1004)
    of its own, made of those of the interchange and the message that it answers.
    Source: APERAK in the UN/EDIFACT directories since D.96A.
    """
    if judgement.interchange.syntax != "edifact":
        return []
    return [
        _Report(judgement, verdict, at, terms).outgoing(str(first_reference + number))
        for number, verdict in enumerate(verdicts)
    ]


class _Report:
    """One APERAK in the making."""

    def __init__(self, judgement: Judgement, verdict: ApplicationVerdict, at: datetime, terms: Terms) -> None:
        self.interchange = judgement.interchange
        self.message = verdict.judged.message
        self.verdict = verdict
        self.at = at
        self.terms = terms
        self.text = EdifactText(judgement.interchange)
        own = self.message.kind.version
        self.version = terms.version or (own if _DIRECTORY.fullmatch(own) else _OLDEST)

    def outgoing(self, reference: str) -> Outgoing:
        kind = MessageKind(type="APERAK", version=self.version, agency="UN")
        return Outgoing(kind=kind, reference=reference, body=tuple(self.body()))

    def body(self) -> Iterator[Node]:
        accepted, since = self.verdict.accepted, _year(self.version)
        name = ("312" if accepted else "313") if since >= _NAMED_SINCE else ""
        number = self.reference(f"{self.interchange.control_number}-{self.message.reference}")
        yield _node("BGM", (name,), (number,), ("29" if accepted else "27",), ("AP" if accepted else "RE",))
        yield _node("DTM", ("137", f"{self.at.astimezone(UTC):%Y%m%d%H%M}", "203"))
        document = document_name(self.message)
        if self.terms.document_group and since >= _DOCUMENT_SINCE and document[0]:
            yield _node("DOC", (self.text(document[0])[:3],), (self.reference(document[1]),))
        references = (
            ("ACW", document[1] or self.message.reference),
            ("AGO", self.message.reference),
            ("ACE", self.interchange.control_number),
        )
        for qualifier, value in references:
            if value:
                yield _node("RFF", (qualifier, self.reference(value)))
        for finding in self.verdict.findings[:_MOST_ERRORS]:
            yield _node("ERC", (CODES[finding.code].aperak_code,))
            yield _node("FTX", ("AAO",), (), (), self.told(finding))

    def told(self, finding: Finding) -> tuple[str, ...]:
        """C108: where it is, and what is wrong."""
        place = place_of(finding)
        told = [self.text(place)[:_WIDTH]] if place else []
        return (*told, *lines(self.text(words(finding, self.terms)), _WIDTH, _LINES - len(told)))

    def reference(self, value: str) -> str:
        return self.text(value[:_REFERENCE])


def document_name(message: Message) -> tuple[str, str]:
    """1001 and 1004 of a message's BGM; empty where it has none."""
    beginning = next((segment for segment in message.segments[:3] if segment.tag == "BGM"), None)
    return (beginning.text(1), beginning.text(2)) if beginning is not None else ("", "")


def _year(version: str) -> tuple[int, str]:
    """A directory's place in time: ``D.96A`` is before ``D.01B``."""
    found = _DIRECTORY.fullmatch(version)
    if found is None:
        return (0, "")
    year = int(found[1])
    return (1900 + year if year >= 90 else 2000 + year, found[2])


def _node(tag: str, *elements: tuple[str, ...]) -> Node:
    return Node(name=tag, elements=tuple((element or ("",),) for element in elements))
