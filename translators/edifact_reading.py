"""EDIFACT envelopes, syntax versions 1 to 4 (ISO 9735): UNA, UNB, UNG, UNH, and where packages stand.

What a file's delimiters are is known in two steps: UNA (or its absence) gives all but one, and UNB's syntax version
says whether there is a repetition separator, in whose place versions 1 to 3 have a blank or nothing. The character set
is known with UNB too, and so are the parties, and with them the terms that they agreed on. So UNB is found first, with
what is certain, and then read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar

import msgspec

from translators import charset as charsets
from translators.assembly import Assembly
from translators.charset import Charset
from translators.finding import Finding, Where
from translators.limits import Limits
from translators.package_reading import PackageReader
from translators.reading_terms import Heading, ReadingTerms, TermsFor
from translators.scanner import Scanner, find_segment
from translators.stamps import is_date, is_time
from translators.syntax import Address, Dialect, Group, Interchange, MessageKind, Segment
from translators.window import Window

_ADVICE = re.compile(rb"UNA(.{6})[ \t\r\n]{0,4000}+(?=UNB)", re.DOTALL)
_DAMAGED_ADVICE = re.compile(rb"UNA.{0,40}?(?=UNB[^A-Za-z0-9])", re.DOTALL)
_DEFAULT = Dialect(syntax="edifact", element=b"+", component=b":", terminator=b"'", release=b"?")
_LEVEL_B = Dialect(syntax="edifact", element=b"\x1d", component=b"\x1f", terminator=b"\x1c")
"""The information separators of level B, used without UNA; there is no release character among them."""

_ASSUMED_VERSION = 3
"""The syntax version of an interchange that states none, or one that is not known: what nearly all traffic has."""
_SECURITY_TAGS = ("USA", "USB", "USC", "USD", "USE", "USF", "USH", "USL", "USR", "UST", "USU", "USX", "USY")
_REFERENCE = re.compile(r"\S(?:.{0,12}\S)?")
_TYPE = re.compile(r"[A-Z]{1,6}|[A-Z][A-Z0-9]{1,5}")


class _Fault(msgspec.Struct, frozen=True):
    """A finding about the header, before there is an interchange to add it to."""

    code: str
    text: str
    offset: int
    segment: str = "UNA"
    value: str | None = None


def open_interchange(
    window: Window, at: int, upto: int, limits: Limits, terms_for: TermsFor
) -> Assembly | tuple[Finding, int]:
    """The interchange whose UNA or UNB stands at ``at``, ready to be read; its header ends before ``upto``.

    Or (a finding that says why there is none, the offset to search on from), when the header is damaged beyond reading.
    """
    text, base, source = window.text, window.base, window.source
    dialect, start, faults = _advised(text, at - base)
    start += base
    if dialect is None:
        fault = faults[0]
        where = source.where(Where(segment=fault.segment), base + fault.offset)
        finding = Finding(
            code=fault.code, severity="error", text=fault.text, where=where, layer="envelope", value=fault.value
        )
        return finding, start
    found = find_segment(window, start, dialect, upto, limits.segment_bytes)
    if found is None:
        where = source.where(Where(segment="UNB"), start)
        reason = f"UNB is not closed by its terminator {dialect.terminator!r}; nothing can be read of this interchange"
        finding = Finding(code="terminator-invalid", severity="error", text=reason, where=where, layer="envelope")
        return finding, max(start + 3, min(window.headers.next_hard(start), upto))
    raw, _, behind = found
    heading = _heading(raw, start, dialect)
    terms = terms_for(heading)
    header, version, charset, problem = _header(raw, start, dialect, text[at - base : start - base], terms)
    interchange = Interchange(
        syntax="edifact",
        dialect=header.dialect,
        sender=_address(header, 2),
        receiver=_address(header, 3),
        control_number=header.text(5),
        version=f"{header.text(1)}:{header.text(1, 2)}",
        date=header.text(4),
        time=header.text(4, 2),
        test=_is_test(header),
        acknowledgment_requested=header.text(9) in ("1", "2"),
        groups=[],
        offset=at,
        end=behind,
        header=header,
    )
    scanner = Scanner(window, behind, header.dialect, limits.segment_bytes)
    assembly = _EdifactAssembly(interchange, scanner, limits, charset, terms)
    assembly.version = version
    for fault in faults:
        assembly.add_at(interchange.findings, fault.code, fault.text, base + fault.offset, segment=fault.segment)
    if terms.repetition and version < 4 and header.dialect.repetition is None:
        text_of_it = f"{terms.repetition!r} shall separate repetitions, but is another delimiter here; there are none"
        assembly.add("delimiter-unusual", text_of_it, header, severity="warning")
    if problem:
        assembly.add("charset-unsupported", problem, header, severity="warning", element=1, value=header.text(1))
    assembly.examine([header], start, text[start - base : behind - base], interchange.findings)
    assembly.check_header()
    return assembly


def _advised(text: bytes, at: int) -> tuple[Dialect | None, int, list[_Fault]]:
    """(the dialect before UNB's version is known, the offset of UNB, what is wrong with UNA).

    Without a dialect, the offset is where to search on.
    """
    if not text.startswith(b"UNA", at):
        if text[at + 3 : at + 4] == _LEVEL_B.element:
            return _LEVEL_B, at, []
        if text[at + 3 : at + 4] == _DEFAULT.element:
            return _DEFAULT, at, []
        reason = f"UNB is followed by {text[at + 3 : at + 4]!r}; other separators than `+` must be stated by a UNA"
        return None, at + 3, [_Fault("una-damaged", reason, at + 3, "UNB")]
    found = _ADVICE.match(text, at)
    if found is None:
        damaged = _DAMAGED_ADVICE.match(text, at)
        if damaged is None:
            return None, at + 3, [_Fault("una-damaged", "there is no UNB behind the UNA", at)]
        start = damaged.end()
        reason = f"UNA has {start - at - 3} characters in place of six; the usual delimiters are assumed"
        return _assumed(text, start), start, [_Fault("una-damaged", reason, at)]
    start = found.end()
    component, element, decimal, release, repetition, terminator = (bytes((byte,)) for byte in found[1])
    unusable = [one.decode("latin-1") for one in (component, element, terminator) if one == b" " or one.isalnum()]
    if unusable:
        reason = f"UNA makes {', '.join(map(repr, unusable))} a delimiter, which no letter, digit or blank can be"
        return _assumed(text, start), start, [_Fault("una-damaged", reason, at)]
    roles = [component, element, terminator, *((release,) if release != b" " else ())]
    if len(set(roles)) < len(roles):
        twice = next(role for role in roles if roles.count(role) > 1).decode("latin-1")
        reason = f"UNA gives {twice!r} two roles; the interchange cannot be read as it was meant"
        return _assumed(text, start), start, [_Fault("delimiter-clash", reason, at)]
    if text[start + 3 : start + 4] != element:
        actual = text[start + 3 : start + 4].decode("latin-1")
        reason = f"UNA makes {element.decode('latin-1')!r} the element separator, but UNB is followed by {actual!r}"
        return _assumed(text, start), start, [_Fault("una-damaged", reason, at)]
    dialect = Dialect(
        syntax="edifact",
        element=element,
        component=component,
        terminator=terminator,
        release=release if release != b" " else None,
        decimal=decimal,
        # Below syntax 4 this is taken away again; a blank means none, and a role that is taken already too.
        repetition=repetition if repetition not in (b" ", *roles) and not repetition.isalnum() else None,
    )
    return dialect, start, []


def _assumed(text: bytes, start: int) -> Dialect:
    """The usual delimiters, with the element separator that really stands behind UNB.

    The interchange is rejected whatever comes of this, but its sender is named and can be told so.
    """
    element = text[start + 3 : start + 4]
    if element in (_DEFAULT.component, _DEFAULT.terminator, _DEFAULT.release) or not element:
        return _DEFAULT
    return msgspec.structs.replace(_DEFAULT, element=element)


def _heading(raw: bytes, start: int, dialect: Dialect) -> Heading:
    """What UNB says of its interchange, in the character set it states itself."""
    identifier = Segment("UNB", raw, start, 0, dialect).text(1)
    stated = charsets.of_identifier(identifier) or charsets.charset("iso8859_1")
    header = Segment("UNB", raw, start, 0, msgspec.structs.replace(dialect, charset=stated.codec))
    return Heading(
        syntax="edifact",
        sender=_address(header, 2),
        receiver=_address(header, 3),
        control_number=header.text(5),
        version=f"{identifier}:{header.text(1, 2)}",
        date=header.text(4),
        test=_is_test(header),
    )


def _address(header: Segment, element: int) -> Address:
    identity, qualifier, sub = (header.text(element, component).strip() for component in (1, 2, 3))
    return Address(id=identity, qualifier=qualifier, sub=sub)


def _is_test(header: Segment) -> bool:
    return header.text(11) in ("1", "2", "3", "4")


def _header(
    raw: bytes, start: int, dialect: Dialect, advice: bytes, terms: ReadingTerms
) -> tuple[Segment, int, Charset, str]:
    """(UNB in its final dialect, syntax version, character set, what is wrong with the character set's name)."""
    first = Segment("UNB", raw, start, 0, dialect)
    identifier, stated, encoding = first.text(1), first.text(1, 2), first.text(1, 4)
    version = int(stated) if stated in ("1", "2", "3", "4") else _ASSUMED_VERSION
    if not stated and terms.syntax_version is not None:
        version = terms.syntax_version
    problem = ""
    charset = terms.forced
    if charset is None and version == 4 and encoding:
        charset = charsets.of_encoding(encoding)
        if charset is None:
            problem = f"0133 names the encoding {encoding!r}, which cannot be read; 0001 decides"
    if charset is None:
        charset = charsets.of_identifier(identifier)
    if charset is None:
        problem = f"the syntax identifier {identifier!r} is not known; the text is read as ISO 8859-1"
        charset = charsets.charset("iso8859_1")
    repetition = None
    if version == 4:
        repetition = dialect.repetition if advice else b"*" if dialect is _DEFAULT else None
    elif terms.repetition and terms.repetition.encode("ascii") not in _taken(dialect):
        repetition = terms.repetition.encode("ascii")
    final = msgspec.structs.replace(
        dialect,
        repetition=repetition,
        charset=charset.codec,
        literal=terms.release == "literal",
        line_breaks=terms.line_break_value,
    )
    return Segment("UNB", raw, start, 0, final), version, charset, problem


def _taken(dialect: Dialect) -> tuple[bytes | None, ...]:
    """The characters whose role UNA settles for every syntax version."""
    return dialect.element, dialect.component, dialect.terminator, dialect.release


class _EdifactAssembly(Assembly):
    header: ClassVar[str] = "UNB"
    trailer: ClassVar[str] = "UNZ"
    group_header: ClassVar[str] = "UNG"
    group_trailer: ClassVar[str] = "UNE"
    message_header: ClassVar[str] = "UNH"
    message_trailer: ClassVar[str] = "UNT"
    groups_required: ClassVar[bool] = False

    version: int = _ASSUMED_VERSION
    _security_seen: bool = False
    _package_reader: PackageReader | None = None

    def special(self) -> dict[str, Callable[[Segment], None]]:
        return {"UNO": self._on_package, **dict.fromkeys(_SECURITY_TAGS, self._on_security)}

    def check_header(self) -> None:
        """Adds what is wrong with UNB."""
        header = self.interchange.header
        stated = header.text(1, 2)
        if not stated:
            text = f"UNB does not state its syntax version; {self.version} is assumed"
            self.add("element-missing", text, header, severity="warning", element=1, component=2)
        elif stated not in ("1", "2", "3", "4"):
            text = f"syntax version {stated!r} is not known; 1 to 4 are"
            self.add("syntax-version-unsupported", text, header, element=1, component=2, value=stated)
        for element, name in ((2, "sender"), (3, "receiver")):
            if not header.text(element).strip():
                self.add("element-missing", f"UNB names no {name}", header, element=element, component=1)
        if not self.interchange.control_number.strip():
            self.add("control-number-invalid", "UNB has no control reference (0020)", header, element=5)
        elif not _REFERENCE.fullmatch(self.interchange.control_number):
            text = "the control reference (0020) is longer than 14 characters, or has blanks around it"
            self.add(
                "control-number-invalid",
                text,
                header,
                element=5,
                value=self.interchange.control_number,
                severity="warning",
            )
        self._check_date(header)

    def _check_date(self, header: Segment) -> None:
        day, time = self.interchange.date, self.interchange.time
        if not is_date(day):
            text = f"{day!r} is no date" if day else "UNB has no date of preparation"
            self.add("interchange-date-invalid", text, header, element=4, component=1, value=day)
        elif len(day) != (8 if self.version == 4 else 6):
            text = f"a date of {len(day)} digits in syntax version {self.version}; it was read all the same"
            self.add("interchange-date-invalid", text, header, severity="warning", element=4, component=1, value=day)
        if not is_time(time):
            text = f"{time!r} is no time" if time else "UNB has no time of preparation"
            self.add("interchange-time-invalid", text, header, element=4, component=2, value=time)

    def open_group(self, segment: Segment) -> Group:
        group = Group(
            explicit=True,
            messages=[],
            kind=segment.text(1),
            sender=Address(id=segment.text(2).strip(), qualifier=segment.text(2, 2).strip()),
            receiver=Address(id=segment.text(3).strip(), qualifier=segment.text(3, 2).strip()),
            control_number=segment.text(5),
            version=_release(segment, 7),
            header=segment,
        )
        mandatory = ((1, 1), (2, 1), (3, 1), (4, 1), (4, 2), (5, 1), (6, 1), (7, 1), (7, 2))
        for element, component in mandatory if self.version < 4 else ((5, 1),):
            if not segment.text(element, component).strip():
                # A warning: the messages inside are judged on their own.
                self.add_at(
                    group.findings,
                    "element-missing",
                    "UNG lacks an element that its syntax version requires",
                    segment.offset_of(element, component),
                    severity="warning",
                    segment="UNG",
                    element=element,
                    component=component,
                    group=group,
                )
        return group

    def open_message(self, segment: Segment, group: Group) -> tuple[str, MessageKind, list[Finding]]:
        findings: list[Finding] = []
        reference = segment.text(1)
        kind = MessageKind(
            type=segment.text(2),
            version=_release(segment, 2, first=2),
            agency=segment.text(2, 4),
            association=segment.text(2, 5),
        )

        def fault(code: str, text: str, element: int, component: int, value: str | None = None) -> None:
            offset = segment.offset_of(element, component)
            self.add_at(
                findings,
                code,
                text,
                offset,
                segment="UNH",
                position=1,
                element=element,
                component=component,
                value=value,
            )

        if not reference.strip():
            fault("message-reference-invalid", "UNH has no message reference (0062)", 1, 1)
        elif not _REFERENCE.fullmatch(reference):
            fault("message-reference-invalid", "0062 is longer than 14 characters, or blank at an end", 1, 1, reference)
        if not _TYPE.fullmatch(kind.type):
            text = f"{kind.type!r} is no message type" if kind.type else "UNH has no message type (0065)"
            fault("message-type-invalid", text, 2, 1, kind.type)
        elif not segment.text(2, 2) or not segment.text(2, 3):
            fault("message-type-invalid", "UNH states no version and release (0052, 0054)", 2, 2, kind.version)
        if group.explicit and self.version < 4 and group.kind and group.kind != kind.type:
            fault("message-not-in-group", f"a {kind.type} in a group of {group.kind}", 2, 1, kind.type)
        return reference, kind, findings

    def _on_security(self, segment: Segment) -> None:
        if self.in_message:
            self.keep(segment)
        elif not self._security_seen:
            self._security_seen = True
            text = "security segments stand here; they are passed over, and nothing in them is verified"
            self.add_at(
                self.interchange.findings,
                "security-unchecked",
                text,
                segment.offset,
                severity="warning",
                segment=segment.tag,
            )

    def _on_package(self, segment: Segment) -> None:
        if self.version < 4:
            if self.in_message:
                self.keep(segment)
                return
            self._close_message(segment.offset)
            # A CONTRL that answers such an interchange has no words for a package, so what it stands in falls.
            text = f"packages came with syntax version 4, and this is version {self.version}"
            self.add("misplaced-segment", text, segment, value=segment.text(1))
        if self._package_reader is None:
            self._package_reader = PackageReader(self, self.scanner)
        package = self._package_reader.opened(segment)
        self.open_package(package)
        end = self._package_reader.read(package)
        if end is not None:
            self.close_package(end)


def _release(segment: Segment, element: int, first: int = 1) -> str:
    """Version and release as ``D.96A``, from two components of an element."""
    return ".".join(part for part in (segment.text(element, first), segment.text(element, first + 1)) if part)
