"""What X12 writes around messages: an ISA of 106 bytes, ISX, TA1s, functional groups (GS), ST and their trailers.

A functional group holds transaction sets of one functional identifier and one version, both of which GS names. Messages
that are given without a group go into one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

import msgspec

from translators.dialects import X12_RELEASES_SINCE
from translators.envelope import Outgoing, OutgoingGroup, OutgoingPackage, Written
from translators.functional_groups import FUNCTIONAL_GROUPS
from translators.interchange_writing import InterchangeWriter, Part, Rendered, RenderedGroup
from translators.message_headers import GUIDE_IN_SET_HEADER_SINCE, names_guide, set_reference, x12_header
from translators.pen import Pen
from translators.syntax import MessageKind
from translators.tree import Node

_EIGHT_DIGIT_DATES_SINCE = "004000"
_PLAIN_REFERENCE = re.compile("[0-9A-Za-z]{4,9}")


class X12Writer(InterchangeWriter):
    trailer: ClassVar[str] = "IEA"
    service_tags: ClassVar[frozenset[str]] = frozenset(
        {"ISA", "TA1", "ISB", "ISE", "ISX", "TA3", "GS", "ST", "SE", "GE", "IEA"}
    )
    tag: ClassVar[re.Pattern[str]] = re.compile("[A-Z][A-Z0-9]{1,2}")

    def assemble(self, parts: Sequence[Part], extra: Sequence[Node] = ()) -> Written:
        """The interchange; messages that stand in no group go into one under the envelope's group number."""
        loose = [part for part in parts if isinstance(part, Rendered)]
        if loose:
            group = OutgoingGroup(number=self.envelope.group_number, messages=())
            grouped = [part for part in parts if not isinstance(part, Rendered)]
            parts = [RenderedGroup(group=group, messages=loose), *grouped]
        return super().assemble(parts, extra)

    def write_header(self, pen: Pen) -> None:
        self.write_isa(pen)
        release = self.dialect.release
        if release is None:
            return
        if self.envelope.control_version < X12_RELEASES_SINCE:
            text = f"version {self.envelope.control_version} has no release character; {X12_RELEASES_SINCE} has"
            pen.note("delimiter-unusual", text, segment="ISX", element=1)
        pen.raw(b"ISX" + self.dialect.element + release)

    def write_isa(self, pen: Pen) -> None:
        """Writes the ISA: what does not fit into its place is noted and cut, the rest keeps its place."""
        envelope, dialect = self.envelope, self.dialect
        delimiters = set(dialect.delimiters.decode("latin-1"))

        def fixed(element: int, value: str, width: int, code: str = "interchange-header-invalid") -> str:
            if not value.isascii() or not value.isprintable() or len(value) > width or set(value) & delimiters:
                text = f"ISA{element:02} must be at most {width} plain characters, none of them a delimiter"
                pen.note(code, text, segment="ISA", element=element, value=value)
                value = "".join(letter for letter in value if letter.isascii() and letter.isprintable())
                value = "".join(letter for letter in value if letter not in delimiters)
            return value[:width].ljust(width)

        def code(element: int, value: str, form: str, width: int) -> str:
            if not re.fullmatch(form, value) and len(value) <= width:
                text = f"ISA{element:02} {value!r} has not the form of its codes"
                pen.note("interchange-header-invalid", text, segment="ISA", element=element, value=value)
            return fixed(element, value, width)

        number = envelope.control_number
        if not re.fullmatch("[0-9]{9}", number):
            pen.note("control-number-invalid", "ISA13 must be nine digits", segment="ISA", element=13, value=number)
        if not re.fullmatch("[0-9]{5}", envelope.control_version):
            text = "ISA12 must be five digits such as 00401"
            pen.note("syntax-version-unsupported", text, segment="ISA", element=12, value=envelope.control_version)
        for element, address in ((6, envelope.sender), (8, envelope.receiver)):
            if not address.id.strip():
                pen.note("interchange-header-invalid", f"ISA{element:02} names nobody", segment="ISA", element=element)
        values = (
            code(1, envelope.authorization[0], "[0-9A-Z]{2}", 2),
            fixed(2, envelope.authorization[1], 10),
            code(3, envelope.security[0], "[0-9A-Z]{2}", 2),
            fixed(4, envelope.security[1], 10),
            code(5, envelope.sender.qualifier or "ZZ", "[0-9A-Z]{2}", 2),
            fixed(6, envelope.sender.id, 15),
            code(7, envelope.receiver.qualifier or "ZZ", "[0-9A-Z]{2}", 2),
            fixed(8, envelope.receiver.id, 15),
            f"{envelope.utc:%y%m%d}",
            f"{envelope.utc:%H%M}",
            dialect.repetition.decode("latin-1") if dialect.repetition else "U",
            fixed(12, envelope.control_version, 5, "syntax-version-unsupported"),
            fixed(13, number, 9, "control-number-invalid"),
            "1" if envelope.request_acknowledgment else "0",
            code(15, envelope.test_indicator or ("T" if envelope.test else "P"), "[PTI]", 1),
            dialect.component.decode("latin-1"),
        )
        pen.raw(dialect.element.decode("latin-1").join(("ISA", *values)).encode("latin-1"))

    def write_group(self, pen: Pen, group: RenderedGroup) -> None:
        number, first = group.group.number, group.messages[0] if group.messages else None
        identifier, own = _belongs(first) if first is not None else ("", "")
        version = group.group.version or own
        if first is None:
            pen.note("empty-interchange", "the group has no transaction set", segment="GS")
        elif not re.fullmatch("[0-9A-Z]{2}", identifier):
            text = f"no functional identifier (GS01) is known for the transaction set {first.kind.type!r}"
            pen.note("group-type-unsupported", text, segment="GS", element=1, value=first.kind.type)
        if not re.fullmatch("[0-9]{1,9}", number):
            text = "GS06 must be one to nine digits"
            pen.note("group-header-invalid", text, segment="GS", element=6, value=number)
        if first is not None and not (version.strip() and len(version) <= 12):
            text = f"GS08 {version!r} is no version such as 004010"
            pen.note("group-version-unsupported", text, segment="GS", element=8, value=version)
        sender, receiver = self._applications(pen, group.group)
        utc = self.envelope.utc
        day = f"{utc:%Y%m%d}" if version >= _EIGHT_DIGIT_DATES_SINCE else f"{utc:%y%m%d}"
        agency = (first.kind.agency if first is not None else "") or "X"
        for each in group.messages:
            its_identifier, own = _belongs(each)
            if its_identifier != identifier or (own != version and not group.group.version):
                text = f"a {each.kind.type} {own} cannot stand in a group {identifier} {version}; write it by itself"
                pen.where = msgspec.structs.replace(pen.where, message=each.reference)
                pen.note("message-not-in-group", text, segment="ST", position=1, element=1, value=each.kind.type)
                pen.where = msgspec.structs.replace(pen.where, message=None)
        pen.simple("GS", identifier, sender, receiver, day, f"{utc:%H%M}", number, agency, version)

    def _applications(self, pen: Pen, group: OutgoingGroup) -> tuple[str, str]:
        """GS02 and GS03."""
        envelope = self.envelope
        sender = group.sender.id if group.sender else envelope.group_sender or envelope.sender.id.strip()
        receiver = group.receiver.id if group.receiver else envelope.group_receiver or envelope.receiver.id.strip()
        for element, name in ((2, sender), (3, receiver)):
            if not name:
                pen.note("element-missing", f"GS{element:02} names nobody", segment="GS", element=element)
            elif len(name) < 2:
                text = f"GS{element:02} has fewer than two characters"
                pen.note("element-too-short", text, severity="warning", segment="GS", element=element, value=name)
            elif len(name) > 15:
                text = f"GS{element:02} has more than 15 characters"
                pen.note("element-too-long", text, segment="GS", element=element, value=name)
        return sender, receiver

    def write_group_trailer(self, pen: Pen, group: RenderedGroup) -> None:
        pen.simple("GE", str(len(group.messages)), group.group.number)

    def write_message_header(self, pen: Pen, message: Outgoing) -> str:
        reference = set_reference(message)
        pen.where = msgspec.structs.replace(pen.where, message=reference)
        if not _PLAIN_REFERENCE.fullmatch(reference):
            text = "ST02 must be four to nine letters and digits"
            pen.note("message-reference-invalid", text, segment="ST", position=1, element=2, value=reference)
        header = x12_header(self.envelope, message)
        if len(header) > 2 and names_guide(self.envelope, message) and message.kind.version < GUIDE_IN_SET_HEADER_SINCE:
            text = f"ST has no third element before {GUIDE_IN_SET_HEADER_SINCE}"
            pen.note("elements-too-many", text, segment="ST", position=1, element=3, value=header[2][0][0])
        pen.segment("ST", header, 1)
        return reference

    def write_message_trailer(self, pen: Pen, count: int, reference: str) -> int:
        return pen.simple("SE", str(count), reference, position=count)

    def write_package(self, pen: Pen, package: OutgoingPackage) -> None:
        raise ValueError("X12 has no packages; binary data is a BIN or BDS segment of a message")

    def check(self, pen: Pen, parts: Sequence[Part], extra: Sequence[Node]) -> None:
        for node in extra:
            if node.name != "TA1":
                pen.note("misplaced-segment", f"{node.name} cannot stand between ISA and GS", segment=node.name)
        if not parts and not extra:
            pen.note("empty-interchange", "there is no transaction set to write", segment="IEA")
        # X12 compares group numbers as numbers.
        numbers = [part.group.number.lstrip("0") for part in parts if isinstance(part, RenderedGroup)]
        for number in sorted({number for number in numbers if numbers.count(number) > 1}):
            text = f"two groups have the number {number}"
            pen.note("duplicate-group", text, segment="GS", element=6, value=number)


def functional_identifier(kind: MessageKind, stated: str = "") -> str:
    """GS01 of a kind of transaction set; ``""`` when neither the table nor the caller knows one."""
    return stated or FUNCTIONAL_GROUPS.get(kind.type, "")


def _belongs(message: Rendered) -> tuple[str, str]:
    """The functional identifier and the version of the group that a message may stand in."""
    identifier = functional_identifier(message.kind, message.functional)
    return identifier, message.kind.version + message.kind.association
