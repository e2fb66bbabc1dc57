"""What is kept of the packages of a stream, as :mod:`translators.kept` does of its messages.

Of a package nothing is kept but its UNO and where it stands, and what was found in it as far as there is room. A file
of a gigabyte may be packages of a few bytes each, so there are columns here too; whoever looks at a package gets it
made anew, without its object.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import overload

from translators.finding import Finding
from translators.judgement import JudgedPackage
from translators.kept import UNTOLD
from translators.syntax import Dialect, Group, Package, Segment

_UNTOLD = [UNTOLD]


class KeptPackages(Sequence[JudgedPackage]):
    """The packages of one group."""

    def __init__(self, group: Group, dialect: Dialect) -> None:
        self.group = group
        self._dialect = dialect
        self._headers = bytearray()
        self._header_ends = array("Q")
        self._offsets = array("Q")
        self._starts = array("Q")
        self._lengths = array("Q")
        self._ends = array("Q")
        self._notes: dict[int, list[Finding]] = {}
        """By the number in the group."""
        self.fallen = False
        """Whether the group or its interchange is rejected as a whole."""

    def add(self, package: Package, *, told: bool) -> None:
        """Adds a package; ``told``: with what was found in it, else no more than the verdict on it."""
        if told:
            self._notes[len(self)] = package.findings
        elif any(finding.fatal for finding in package.findings):
            self._notes[len(self)] = _UNTOLD
        self._headers += package.header.raw
        self._header_ends.append(len(self._headers))
        self._offsets.append(package.offset)
        self._starts.append(package.start)
        self._lengths.append(package.length)
        self._ends.append(package.end)

    def __len__(self) -> int:
        return len(self._ends)

    def __iter__(self) -> Iterator[JudgedPackage]:
        return map(self._package, range(len(self)))

    @overload
    def __getitem__(self, index: int) -> JudgedPackage: ...

    @overload
    def __getitem__(self, index: slice) -> list[JudgedPackage]: ...

    def __getitem__(self, index: int | slice) -> JudgedPackage | list[JudgedPackage]:
        at = range(len(self))[index]
        return self._package(at) if isinstance(at, int) else [self._package(each) for each in at]

    def _package(self, at: int) -> JudgedPackage:
        raw = bytes(self._headers[self._header_ends[at - 1] if at else 0 : self._header_ends[at]])
        header = Segment("UNO", raw, self._offsets[at], 0, self._dialect)
        package = Package(
            reference=header.text(1),
            header=header,
            start=self._starts[at],
            length=self._lengths[at],
            end=self._ends[at],
            findings=list(self._notes.get(at, ())),
        )
        return JudgedPackage(package=package, group=self.group, fallen=self.fallen)
