"""Reads packages, UNO to UNP (ISO 9735-8, syntax version 4): objects of any bytes beside the messages.

An object is taken by the length that UNO states (S022/0810) and never looked into: a drawing or a whole interchange may
stand in it. UNP follows right behind it and repeats the length and the reference.

Where no UNP stands at the stated length, or one that repeats neither of them, the length is wrong, and what matters
then is that nothing in the object is taken for messages. So the UNP that repeats the package's reference is looked for,
and reading goes on behind it. If there is none and the length reaches beyond the end of the file, the file was cut off
inside the object, and nothing of what is left can be anything else. Else UNP is missing: what follows up to the next
header or outer trailer belongs to the package. In all these cases the package is rejected, and what stands beside it is
not.

An object above a limit passes by without being held. It is too late to go back then, and what is looked for is looked
for behind its stated end. A stretch that was searched in vain is not searched again, so that a file full of headers
costs no more than its length.
"""

from __future__ import annotations

import re

from translators.interchange_findings import InterchangeFindings
from translators.repeats import Repeats
from translators.scanner import Scanner, find_segment
from translators.stamps import count_of
from translators.syntax import Package, Segment, spans

_LONGEST_TRAILER = 4096
"""Bytes in which a UNP must end; it has at most 58, and some more when every character is released."""
_LONGEST_REFERENCE = 35
_MANDATORY = ((2, 1, "S020/0813"), (2, 2, "S020/0802"), (3, 1, "S021/0805"))


class PackageReader:
    """The packages of one interchange, whose segments come from ``scanner`` and whose findings go to ``wrong``."""

    def __init__(self, wrong: InterchangeFindings, scanner: Scanner) -> None:
        self._wrong = wrong
        self._scanner = scanner
        self._references = Repeats()
        self._searched = 0
        """The offset up to which the text was searched for a UNP in vain."""

    def opened(self, header: Segment) -> Package:
        """The package that UNO opens, behind which the scanner stands."""
        start = self._scanner.at
        return Package(reference=header.text(1), header=header, start=start, end=start)

    def read(self, package: Package) -> int | None:
        """Reads the object and UNP of the open package, and adds what is wrong with it.

        Returns the offset behind it, where the scanner goes on; ``None`` when it has no end that can be found, and so
        ends where something else begins.
        """
        self._check_header(package)
        at = self._trailer_at(package)
        if at is None:
            at = package.start if package.start >= self._wrong.window.base else self._stated_end(package)
            return self._without_trailer(package, at)
        window, header = self._wrong.window, package.header
        if at >= package.start >= window.base:
            package.held = memoryview(window.text)[package.start - window.base : at - window.base]
        found = self._segment_at(at)
        if found is None:
            return self._without_trailer(package, at)
        trailer, behind = found
        package.trailer = trailer
        package.length = actual = at - package.start
        if count_of(package.stated) != actual:
            text = f"UNO states {package.stated!r} octets; there are {actual} before UNP"
            self._wrong.add("binary-length-invalid", text, header, element=4, component=1, value=package.stated)
        if count_of(trailer.text(1)) != actual:
            text = f"UNP repeats {trailer.text(1)!r} octets; the object has {actual}"
            self._wrong.add("binary-length-invalid", text, trailer, element=1, value=trailer.text(1))
        if trailer.text(2) != package.reference:
            text = f"UNP repeats {trailer.text(2)!r} for UNO's {package.reference!r}"
            self._wrong.add("package-reference-mismatch", text, trailer, element=2, value=trailer.text(2))
        raw = trailer.raw + self._wrong.dialect.terminator
        self._wrong.examine([trailer], trailer.offset, raw, package.findings)
        self._scanner.jump(behind)
        return behind

    def _check_header(self, package: Package) -> None:
        header, reference = package.header, package.reference
        raw = header.raw + self._wrong.dialect.terminator
        self._wrong.examine([header], header.offset, raw, package.findings)
        if not reference.strip():
            self._wrong.add("package-reference-invalid", "UNO has no package reference (0800)", header, element=1)
        elif len(reference) > _LONGEST_REFERENCE:
            text = f"the package reference (0800) is longer than {_LONGEST_REFERENCE} characters"
            self._wrong.add("package-reference-invalid", text, header, element=1, value=reference)
        if not self._references.add(reference) and reference:
            text = f"a package before this one has the reference {reference!r} too; only the first of them counts"
            self._wrong.add("duplicate-package", text, header, element=1, value=reference)
        for element, component, name in _MANDATORY:
            if not header.text(element, component).strip():
                text = f"UNO lacks {name}, which it must have"
                self._wrong.add("element-missing", text, header, element=element, component=component)

    def _trailer_at(self, package: Package) -> int | None:
        """The offset of UNP, which is held then; ``None`` when none is found."""
        window, start, most = self._wrong.window, package.start, self._wrong.limits.binary_bytes
        length = count_of(package.stated)
        end = start + (length or 0)
        window.need(min(end, start + most) + _LONGEST_TRAILER, package.offset)
        search = start
        if end > start + most and not window.ended:
            # The end of the object is not at hand, and it is too large to be held until then.
            self._wrong.note_place(package.header.offset_of(4))
            window.skip(end)
            window.need(end + _LONGEST_TRAILER, end)
            search = min(end, window.end)
        if length is None or not window.text.startswith(b"UNP" + self._wrong.dialect.element, end - window.base):
            return self._repeated(package, search)
        stands = self._segment_at(end)
        if stands is None or package.reference == stands[0].text(2) or length == count_of(stands[0].text(1)):
            return end
        found = self._repeated(package, search)
        return end if found is None else found

    def _segment_at(self, at: int) -> tuple[Segment, int] | None:
        """UNP, which begins at ``at``, and the offset behind it; ``None`` where it does not end."""
        window, dialect = self._wrong.window, self._wrong.dialect
        found = find_segment(window, at, dialect, at + _LONGEST_TRAILER, self._wrong.limits.segment_bytes)
        if found is None:
            return None
        raw, offset, behind = found
        return Segment("UNP", raw, offset, 0, dialect), behind

    def _repeated(self, package: Package, at: int) -> int | None:
        """The offset of the first UNP from ``at`` on that repeats the package's reference."""
        window, dialect = self._wrong.window, self._wrong.dialect
        if at < self._searched:
            return None
        keep = package.offset if at == package.start else at
        window.need(at + self._wrong.limits.binary_bytes, keep)
        parts = dialect.element, dialect.element, _raw_reference(package.header), dialect.terminator
        pattern = b"UNP%b[0-9]*%b%b%b" % tuple(map(re.escape, parts))
        found = re.compile(pattern).search(window.text, at - window.base)
        if found is None:
            self._searched = window.end
            return None
        place = window.base + found.start()
        window.need(place + _LONGEST_TRAILER, keep)
        return place

    def _stated_end(self, package: Package) -> int:
        return min(package.start + (count_of(package.stated) or 0), self._wrong.window.end)

    def _without_trailer(self, package: Package, at: int) -> int | None:
        """As :meth:`read`, for a package of which no UNP can be read; what follows is read from ``at`` on."""
        window, header, length = self._wrong.window, package.header, count_of(package.stated)
        if length is not None and package.start + length > window.end and window.ended:
            there = window.end - package.start
            text = f"the file ends inside the object: UNO states {length} octets, and {there} are there"
            self._wrong.add("truncated", text, header, element=4, component=1, value=package.stated)
            self._scanner.jump(window.end)
            return window.end
        text = f"no whole UNP follows where the {package.stated!r} octets of UNO end, nor one with its reference"
        due = max(at, self._stated_end(package))
        self._wrong.add_at(package.findings, "package-trailer-missing", text, due, segment="UNP")
        self._scanner.jump(at)
        return None


def _raw_reference(header: Segment) -> bytes:
    """What UNO has between its first two separators, releases kept."""
    starts = [start for start, element, _, _ in spans(header.raw, header.dialect) if element == 1]
    ends = [start - 1 for start, element, _, _ in spans(header.raw, header.dialect) if element == 2]
    return header.raw[starts[0] : ends[0] if ends else None] if starts else b""
