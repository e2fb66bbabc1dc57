"""X12 envelopes: ISA, TA1 and the other segments before GS, GS, ST, binary segments.

The ISA is 106 bytes long and states every delimiter by where it stands: the element separator at byte 3, the component
separator at 104, the terminator from 105 on, and from version 00402 the repetition separator at 82 (ISA11). An ISA that
is not so long is read for what it says, and rejected.

There is no release character before 007040; from then on an ISX behind the ISA may state one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar

import msgspec

from translators import charset as charsets
from translators.assembly import Assembly
from translators.detection import ISA, skip_filler
from translators.finding import Finding, Severity, Where
from translators.functional_groups import FUNCTIONAL_GROUPS
from translators.limits import Limits
from translators.reading_terms import Heading, TermsFor
from translators.scanner import Measured, Scanner, find_segment
from translators.stamps import is_date, is_time
from translators.syntax import Address, Dialect, Elements, Group, Interchange, MessageKind, Segment
from translators.window import Window

_TERMINATOR = re.compile(rb"[^A-Za-z0-9]{1,16}")
_AFTER_ISA = re.compile(rb"(?:GS|TA1|ISB|ISE|ISX|IEA|TA3)[^A-Za-z0-9]")
_USUAL_TERMINATOR = re.compile(rb"[!-~\x1c-\x1f\x85\n\r]|\r\n")
_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
"""Of ISA01 to ISA16."""
_BINARY = {b"BIN": 1, b"BDS": 2}
"""The element that states the length; the data is the element behind it."""
_PLAIN_REFERENCE = re.compile(r"[0-9A-Za-z]{4,9}")
_LONGEST_ISA = 400
"""Bytes in which sixteen elements must stand, whatever their lengths."""
_LEADING = 64
"""Bytes in which the elements before the data stand."""
_RELEASED_SINCE = "00704"
_REPEATS_SINCE = "00402"
_TEST = "T"
"""ISA15 of an interchange that is a test."""


class _Isa(msgspec.Struct, frozen=True):
    """An ISA taken apart: the sixteen elements as sent, and where they stand."""

    values: tuple[bytes, ...]
    starts: tuple[int, ...]
    """Offsets of the values in the text."""
    length: int
    """Up to the terminator."""
    misplaced: int | None
    """The offset of the first separator that is not where it should be."""


def open_interchange(
    window: Window, at: int, upto: int, limits: Limits, terms_for: TermsFor
) -> Assembly | tuple[Finding, int]:
    """The interchange whose ISA stands at ``at``, ready to be read; its header ends before ``upto``.

    Or (a finding that says why there is none, the offset to search on from), when the header is damaged beyond reading.
    """

    def refuse(code: str, reason: str, offset: int) -> tuple[Finding, int]:
        where = window.source.where(Where(segment="ISA"), offset)
        return Finding(code=code, severity="error", text=reason, where=where, layer="envelope"), at + 3

    text, base = window.text, window.base
    isa = _taken_apart(text, at - base, min(window.headers.next_hard(at), window.limit) - base, base)
    if isa is None:
        return refuse("interchange-header-invalid", _why_not(text, at - base), at)
    element, component = text[at - base + 3 : at - base + 4], isa.values[15]
    # ISA11 is ``U``, the name of the standard (I10), in versions before 00402.
    repetition = isa.values[10] if re.fullmatch(rb"[^A-Za-z0-9 ]", isa.values[10], re.DOTALL) else None
    terms = terms_for(_heading(isa.values))
    charset = terms.forced or charsets.charset("iso8859_1", "ISO 8859-1")
    behind = at + isa.length
    terminator = _terminator(text, behind - base, element, upto - base)
    dialect = Dialect(
        syntax="x12",
        element=element,
        component=component,
        terminator=terminator or b"~",
        repetition=repetition,
        charset=charset.codec,
        literal=terms.release == "literal",
        line_breaks=terms.line_break_value,
    )
    values = tuple(value.decode(charset.codec, "replace") for value in isa.values)
    elements: Elements = tuple(((value,),) for value in values)
    header = Segment("ISA", text[at - base : behind - base], at, 0, dialect, elements)
    dialect, start = _with_release(window, behind + len(terminator), upto, dialect, values[11], limits)
    scanner = Scanner(window, start, dialect, limits.segment_bytes)
    scanner.counted = tuple(tag + element for tag in _BINARY)
    interchange = Interchange(
        syntax="x12",
        dialect=dialect,
        sender=Address(id=values[5].strip(), qualifier=values[4].strip()),
        receiver=Address(id=values[7].strip(), qualifier=values[6].strip()),
        control_number=values[12],
        version=values[11],
        date=values[8],
        time=values[9],
        test=values[14] == _TEST,
        acknowledgment_requested=values[13] == "1",
        groups=[],
        offset=at,
        end=start,
        header=header,
    )
    assembly = _X12Assembly(interchange, scanner, limits, charset, terms)
    scanner.measure = assembly.measure
    assembly.check_header(isa)
    if not terminator:
        found = text[behind - base : behind - base + 1].decode("latin-1")
        what = f"{found!r} stands" if found else "the file ends"
        reason = f"{what} where the segment terminator must stand; nothing behind the ISA was read"
        assembly.add_at(interchange.findings, "terminator-invalid", reason, behind, segment="ISA")
        assembly.readable = False
        return assembly
    if not _USUAL_TERMINATOR.fullmatch(terminator):
        reason = f"segments end with the bytes {terminator.hex(' ')}, which is unusual; they were taken from the ISA"
        assembly.add_at(interchange.findings, "delimiter-unusual", reason, behind, severity="note", segment="ISA")
    return assembly


def _heading(values: tuple[bytes, ...]) -> Heading:
    """What an ISA says of its interchange."""
    texts = [value.decode("iso8859_1") for value in values]
    return Heading(
        syntax="x12",
        sender=Address(id=texts[5].strip(), qualifier=texts[4].strip()),
        receiver=Address(id=texts[7].strip(), qualifier=texts[6].strip()),
        control_number=texts[12],
        version=texts[11],
        date=texts[8],
        test=texts[14] == _TEST,
    )


def _taken_apart(text: bytes, at: int, end: int, base: int) -> _Isa | None:
    """The ISA at ``at`` of ``text``, which begins at the offset ``base``; ``None`` when it cannot be read."""
    if ISA.match(text, at) and at + 105 <= end:
        starts, offset = [], at + 4
        for width in _WIDTHS:
            starts.append(offset)
            offset += width + 1
        values = tuple(text[start : start + width] for start, width in zip(starts, _WIDTHS, strict=True))
        return _Isa(values=values, starts=tuple(base + start for start in starts), length=105, misplaced=None)
    # Not of the fixed form: sixteen elements before anything else that could be meant are read all the same.
    separator = text[at + 3 : at + 4]
    starts, misplaced, expected = [], None, at + 3
    offset = at + 3
    for width in _WIDTHS:
        if offset < 0 or offset >= min(end, at + _LONGEST_ISA):
            return None
        if offset != expected and misplaced is None:
            misplaced = offset
        starts.append(offset + 1)
        expected += width + 1
        offset = text.find(separator, offset + 1, min(end, at + _LONGEST_ISA))
    last = starts[15]
    ends = [*(start - 1 for start in starts[1:]), last + 1]
    values = tuple(text[start:stop] for start, stop in zip(starts, ends, strict=True))
    if len(values[15]) != 1 or values[15].isalnum():
        return None
    return _Isa(
        values=values,
        starts=tuple(base + start for start in starts),
        length=last + 1 - at,
        misplaced=base + (misplaced or last),
    )


def _why_not(text: bytes, at: int) -> str:
    """What to say of the ISA at ``at`` that cannot be taken apart: its sender cannot be told, so a person has to."""
    behind = _AFTER_ISA.search(text, at + 3, at + _LONGEST_ISA)
    number = text.count(text[at + 3 : at + 4], at, behind.start()) if behind is not None else 16
    has = f"has {number} of sixteen elements" if number < 16 else "cannot be taken apart into sixteen elements"
    return (
        f"the ISA {has}: nothing of this interchange is read, and nobody can be answered; ask for it to be sent again"
    )


def _terminator(text: bytes, at: int, element: bytes, upto: int) -> bytes:
    """The segment terminator that stands at ``at``; empty when there is none. ``text`` is looked at ``upto`` there.

    Partners end segments with a line break alone, with a character of several bytes, or with a character and a line
    break; a line break behind another terminator is layout.
    """
    found = _TERMINATOR.match(text, at)
    run = (found[0] if found else b"").partition(element)[0]
    bare = run.rstrip(b" \t\r\n")
    if not bare:
        breaks = run.lstrip(b" \t")
        return b"\r\n" if breaks.startswith(b"\r\n") else breaks[:1] if breaks and run == breaks else b""
    if len(set(bare)) == 1 or not _AFTER_ISA.match(text, at + len(run)):
        return _first_character(bare)
    # Several bytes are one terminator only where they end more segments than the ISA.
    return bare if text.find(bare, at + len(run), upto) >= 0 else _first_character(bare)


def _first_character(data: bytes) -> bytes:
    """The first byte, with those that follow it in UTF-8."""
    width = 4 if data[0] >= 0xF0 else 3 if data[0] >= 0xE0 else 2 if data[0] >= 0xC2 else 1
    return data[:width] if width == 1 or all(0x80 <= byte < 0xC0 for byte in data[1:width]) else data[:1]


def _with_release(
    window: Window, start: int, upto: int, dialect: Dialect, version: str, limits: Limits
) -> tuple[Dialect, int]:
    """The dialect with the release character of an ISX at ``start``, and the offset behind it."""
    at = skip_filler(window.text, start - window.base)
    if version < _RELEASED_SINCE or not window.text.startswith(b"ISX" + dialect.element, at):
        return dialect, start
    found = find_segment(window, start, dialect, upto, limits.segment_bytes)
    if found is None:
        return dialect, start
    raw, offset, behind = found
    release = Segment("ISX", raw, offset, 0, dialect).text(1).encode("latin-1", "replace")
    if len(release) != 1 or release.isalnum() or release in dialect.delimiters:
        return dialect, behind
    return msgspec.structs.replace(dialect, release=release), behind


class _X12Assembly(Assembly):
    header: ClassVar[str] = "ISA"
    trailer: ClassVar[str] = "IEA"
    group_header: ClassVar[str] = "GS"
    group_trailer: ClassVar[str] = "GE"
    message_header: ClassVar[str] = "ST"
    message_trailer: ClassVar[str] = "SE"
    groups_required: ClassVar[bool] = True

    def special(self) -> dict[str, Callable[[Segment], None]]:
        return {
            "TA1": self._on_acknowledgment,
            **dict.fromkeys(("ISB", "ISE", "ISX", "TA3"), self._on_service),
            **dict.fromkeys(("BIN", "BDS"), self._on_binary),
        }

    def check_header(self, isa: _Isa) -> None:
        """Adds what is wrong with the ISA, each fault at its element."""
        values = self.interchange.header.elements

        def fault(element: int, text: str, code: str = "interchange-header-invalid", *, note: bool = False) -> None:
            self.add_at(
                self.interchange.findings,
                code,
                text,
                isa.starts[element - 1],
                severity="note" if note else "error",
                segment="ISA",
                element=element,
                value=values[element - 1][0][0],
            )

        def value(element: int) -> str:
            return values[element - 1][0][0]

        if isa.misplaced is not None:
            text = "the ISA is not 106 bytes long: this is the first element that does not stand in its place"
            severity: Severity = "warning" if self.terms.lenient_header else "error"
            findings = self.interchange.findings
            self.add_at(findings, "interchange-header-invalid", text, isa.misplaced, severity=severity, segment="ISA")
        for element in (1, 3, 5, 7):
            if not re.fullmatch("[0-9A-Z]{2}", value(element)):
                fault(element, f"ISA{element:02} is no qualifier of two characters")
        for element, name in ((6, "sender"), (8, "receiver")):
            if not value(element).strip():
                fault(element, f"ISA{element:02} names no {name}")
        if len(value(9)) != 6 or not is_date(value(9)):
            fault(9, "ISA09 is no date of the form YYMMDD", "interchange-date-invalid")
        if len(value(10)) != 4 or not is_time(value(10)):
            fault(10, "ISA10 is no time of the form HHMM", "interchange-time-invalid")
        if not re.fullmatch("[0-9]{5}", value(12)):
            fault(12, "ISA12 is no version of five digits", "syntax-version-unsupported")
        if not re.fullmatch("[0-9]{9}", value(13)):
            fault(13, "ISA13 is no control number of nine digits", "control-number-invalid")
        if value(14) not in ("0", "1", "2", "3"):
            fault(14, "ISA14 must be 0 or 1")
        if value(15) not in ("P", "T", "I"):
            fault(15, "ISA15 must be P, T or I")
        dialect = self.dialect
        roles = [
            dialect.element,
            dialect.component,
            dialect.terminator,
            *([dialect.repetition] if dialect.repetition else []),
        ]
        if dialect.component.isalnum() or dialect.component == b" ":
            fault(16, "ISA16 cannot be a component separator", "delimiter-clash")
        elif len(set(roles)) < len(roles):
            fault(16, "one character has two delimiter roles", "delimiter-clash")
        elif dialect.repetition and value(12) < _REPEATS_SINCE:
            text = f"ISA11 is a separator, which version {value(12)} does not foresee; it was used as one"
            fault(11, text, "delimiter-unusual", note=True)

    def same_group_reference(self, header: str, trailer: str) -> bool:
        # GS06 and GE02 are numbers (N0): leading zeros say nothing.
        return header == trailer or (
            header.isdigit() and trailer.isdigit() and header.lstrip("0") == trailer.lstrip("0")
        )

    def check_trailer_reference(self, segment: Segment) -> None:
        stated = segment.text(2)
        if not re.fullmatch("[0-9]{9}", stated):
            text = f"IEA02 {stated!r} is no control number of nine digits"
            self.add("control-number-invalid", text, segment, element=2, value=stated)
        else:
            super().check_trailer_reference(segment)

    def open_group(self, segment: Segment) -> Group:
        group = Group(
            explicit=True,
            messages=[],
            kind=segment.text(1),
            sender=Address(id=segment.text(2).strip()),
            receiver=Address(id=segment.text(3).strip()),
            control_number=segment.text(6),
            version=segment.text(8),
            header=segment,
        )

        def fault(code: str, text: str, element: int, *, warning: bool = False) -> None:
            self.add_at(
                group.findings,
                code,
                text,
                segment.offset_of(element),
                severity="warning" if warning else "error",
                segment="GS",
                element=element,
                value=segment.text(element),
                group=group,
            )

        if not re.fullmatch("[0-9A-Z]{2}", group.kind):
            fault("group-type-unsupported", "GS01 is no functional identifier of two characters", 1)
        for element, address in ((2, group.sender), (3, group.receiver)):
            if len(address.id) < 2:
                fault("element-too-short", f"GS{element:02} has fewer than two characters", element, warning=True)
        if not is_date(segment.text(4)):
            fault("date-invalid", "GS04 is no date", 4, warning=True)
        if not is_time(segment.text(5)):
            fault("time-invalid", "GS05 is no time", 5, warning=True)
        if not re.fullmatch("[0-9]{1,9}", group.control_number):
            fault("group-header-invalid", "GS06 is no control number of one to nine digits", 6)
        if not group.version.strip():
            fault("group-version-unsupported", "GS08 states no version", 8)
        return group

    def open_message(self, segment: Segment, group: Group) -> tuple[str, MessageKind, list[Finding]]:
        findings: list[Finding] = []
        reference, guide = segment.text(2), segment.text(3).strip()
        # ST03 may name a guide that GS08 does not; anything else in it is no version.
        version = guide if re.fullmatch("[0-9]{6}.*", guide) else group.version.strip()
        agency = group.header.text(7).strip() if group.header is not None else ""
        kind = MessageKind(type=segment.text(1), version=version[:6], agency=agency, association=version[6:])

        def fault(code: str, text: str, element: int) -> None:
            offset, value = segment.offset_of(element), segment.text(element)
            self.add_at(findings, code, text, offset, segment="ST", position=1, element=element, value=value)

        if not re.fullmatch("[0-9A-Z]{3}", kind.type):
            fault("message-type-invalid", "ST01 is no transaction set identifier of three characters", 1)
        elif FUNCTIONAL_GROUPS.get(kind.type, group.kind) != group.kind:
            fault("message-not-in-group", f"a {kind.type} in a group of {group.kind}", 1)
        if not _PLAIN_REFERENCE.fullmatch(reference):
            fault("message-reference-invalid", "ST02 is no control number of four to nine characters", 2)
        return reference, kind, findings

    def _on_acknowledgment(self, segment: Segment) -> None:
        if self.in_message or self.groups:
            self.stray(segment)
            return
        self.interchange.acknowledgments.append(segment)
        self.passed_over = True

    def _on_service(self, segment: Segment) -> None:
        if self.in_message or self.groups:
            self.stray(segment)
        else:
            # TA3 answers an interchange as TA1 does; the others say how a network delivers.
            self.passed_over = self.passed_over or segment.tag == "TA3"

    def measure(self, at: int) -> Measured | None:
        """The BIN or BDS at ``at``, cut by its stated length: delimiters and line breaks inside its data are data."""
        window, separator, terminator = self.window, self.dialect.element, self.dialect.terminator
        keep = at if self.scanner.keep is None else self.scanner.keep
        window.need(at + _LEADING, keep)
        text, base = window.text, window.base
        tag = text[at - base : at - base + 3]
        counted = _BINARY[tag]
        # The elements before the data hold no delimiter, so the first ones found are theirs.
        start = at - base
        for _ in range(counted + 1):
            start = text.find(separator, start, at - base + _LEADING) + 1
            if start == 0:
                return None
        leading = Segment("", text[at - base : start - 1], at, 0, self.dialect)
        stated = leading.text(counted)
        length = int(stated) if re.fullmatch("[0-9]{1,15}", stated) else 0
        start += base
        stop = start + length
        elements = tuple(((leading.text(number),),) for number in range(1, counted + 1))
        if length > self.limits.binary_bytes:
            return self._pass_over(at, start, stop, elements)
        behind = stop + len(terminator)
        if length == 0 or not window.need(behind, keep) or not window.text.startswith(terminator, stop - window.base):
            return None
        text, base = window.text, window.base
        data = text[start - base : stop - base].decode("latin-1")
        return Measured(text[at - base : stop - base], (*elements, ((data,),)), behind)

    def _pass_over(self, at: int, start: int, stop: int, elements: Elements) -> Measured | None:
        """Binary data at ``start``..``stop`` that is too large to be held; ``None`` when there is not so much."""
        window, terminator = self.window, self.dialect.terminator
        keep = at if self.scanner.keep is None else self.scanner.keep
        if not window.need(start + self.limits.binary_bytes, keep):
            return None
        raw = window.text[at - window.base : start - window.base]
        self.note_place(at)
        # From here on there is no way back: if the length is wrong, reading goes on behind it.
        self.spill(at, b"", at)
        window.skip(stop)
        there = window.need(stop + len(terminator), stop)
        right = there and window.text.startswith(terminator, stop - window.base)
        end = stop + len(terminator) if right else min(stop, window.end)
        self.spill(at, raw + terminator, end)
        return Measured(raw, (*elements, (("",),)), end, wrong=not right)

    def _on_binary(self, segment: Segment) -> None:
        """Takes a BIN or BDS as it was measured, or says that its length is wrong."""
        measured = self.scanner.measured
        if measured is not None:
            self.stray(Segment(segment.tag, measured.raw, segment.offset, 0, self.dialect, measured.elements, True))
            if not measured.wrong:
                return
        else:
            self.stray(segment)
        counted = _BINARY[segment.tag.encode("ascii")]
        stated = segment.text(counted)
        reason = f"{segment.tag} states {stated!r} bytes of data, and no terminator follows there"
        self.add("binary-length-invalid", reason, segment, element=counted, value=stated)
        self._recover(segment.offset if measured is None else measured.end)

    def _recover(self, offset: int) -> None:
        """Goes on behind binary data of unknown length, at the next terminator that something like a tag follows."""
        terminator, separator = re.escape(self.dialect.terminator), re.escape(self.dialect.element)
        likely = re.compile(terminator + rb"[ \r\n]*+(?=[A-Z][A-Z0-9]{1,2}" + separator + b")")
        window, scanner = self.window, self.scanner
        while True:
            base = window.base
            found = likely.search(window.text, offset - base, scanner.end - base)
            if found:
                scanner.jump(base + found.end())
                return
            if scanner.final or window.end - offset > self.limits.binary_bytes:
                return
            window.more(offset if scanner.keep is None else min(scanner.keep, offset))
