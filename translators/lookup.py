"""Under which names the guide of a message is looked for, and which comes nearest when there is none.

EDIFACT identifies a message by type, version, release, agency and association assigned code (0065, 0052, 0054, 0051,
0057). It is looked for with the association's code (``edifact/D.96A-EAN008/ORDERS``), without it
(``edifact/D.96A/ORDERS``), and last under what the sender probably meant: many leave out the version number or write
zero, put the release alone or in small letters, or run both together. The agency is not asked: there is one directory
D.96A, whoever is named as its controlling agency.

X12 identifies it by ST01 and by GS08, or ST03: with all of the version (``x12/005010X220A1/837``), then with its first
six characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from translators.finding import Finding
from translators.grammar import Guide
from translators.syntax import MessageKind

_RELEASE = re.compile(r"(?P<number>[A-Z0]?)[. ]?(?P<release>\d{2}[A-D])")


class Alias(NamedTuple):
    """A guide under another name than the message gave, and the finding that says so."""

    guide: Guide
    finding: Finding


def guide_names(syntax: str, kind: MessageKind) -> list[str]:
    """The names a message's guide may have by what its header says, the most exact first."""
    version, type_, association = kind.version.strip(), kind.type.strip(), kind.association.strip()
    if not association:
        return [f"{syntax}/{version}/{type_}"]
    separator = "-" if syntax == "edifact" else ""
    return [f"{syntax}/{version}{separator}{association}/{type_}", f"{syntax}/{version}/{type_}"]


def meant_version(syntax: str, version: str) -> str | None:
    """The version that a slightly wrong form of one means (``96A``, ``0.96A``, ``d.96a``: ``D.96A``), or ``None``."""
    if syntax != "edifact":
        return None
    found = _RELEASE.fullmatch(version.strip().upper())
    if found is None or found["number"] not in ("", "0", "D"):
        return None
    meant = f"D.{found['release']}"
    return meant if meant != version else None


def nearest_version(version: str, there: Iterable[str]) -> str | None:
    """The version among ``there`` that comes nearest to ``version``; of two as near, the later one."""
    wanted = _age(version)
    return min(sorted(there, key=_age, reverse=True), key=lambda each: abs(_age(each) - wanted), default=None)


def _age(version: str) -> float:
    """A version as a number of years, with directories of one year by their letters; -1 where there is none in it."""
    release = re.search(r"(\d{2})([A-D])", version.upper())
    if release is not None:
        year = int(release[1])
        return (year if year >= 70 else year + 100) + "ABCD".index(release[2]) / 4
    return next(_numbers(version), -1.0)


def _numbers(version: str) -> Iterator[float]:
    for found in re.findall(r"\d{1,9}", version):
        yield float(found)
