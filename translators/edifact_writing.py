"""What EDIFACT writes around messages, syntax versions 1 to 4 (ISO 9735): UNA, UNB, UNG, UNH and their trailers, UNO.

Version 4 brought repetition, dates of eight digits, packages, and groups of several message types; below it a group has
one type and version, which its header names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from translators.envelope import Outgoing, OutgoingPackage
from translators.interchange_writing import InterchangeWriter, Part, RenderedGroup
from translators.message_headers import edifact_header
from translators.pen import Pen
from translators.syntax import Address, Elements, MessageKind
from translators.tree import Node

_REFERENCE = re.compile(r"\S(?:.{0,12}\S)?")
_TYPE = re.compile(r"[A-Z]{1,6}|[A-Z][A-Z0-9]{1,5}")
_MOST_SEGMENTS = 999_999
"""0074 is n..6 below syntax 4, and n..10 in it."""


class EdifactWriter(InterchangeWriter):
    trailer: ClassVar[str] = "UNZ"
    service_tags: ClassVar[frozenset[str]] = frozenset(
        {"UNA", "UNB", "UNG", "UNH", "UNT", "UNE", "UNZ", "UIB", "UIZ", "UNO", "UNP"}
    )
    tag: ClassVar[re.Pattern[str]] = re.compile("[A-Z][A-Z0-9]{2}")

    def write_header(self, pen: Pen) -> None:
        envelope = self.envelope
        if not self.charset_known:
            text = f"{envelope.character_encoding or envelope.charset!r} names no character set that can be written"
            pen.note("charset-unsupported", text, segment="UNB")
        if envelope.syntax_version not in (1, 2, 3, 4):
            text = f"syntax version {envelope.syntax_version} is none of 1 to 4"
            pen.note("syntax-version-unsupported", text, segment="UNB", element=1, component=2)
        self._check_names(pen)
        self._check_options(pen)
        self.write_advice(pen)
        self.write_unb(pen)

    def write_advice(self, pen: Pen) -> None:
        """Writes UNA, where the agreement or the delimiters ask for it.

        In version 4 a receiver ignores the decimal mark that UNA states (ISO 9735-1, 8.1); it is stated all the same.
        """
        dialect = self.dialect
        release, repetition = dialect.release or b" ", dialect.repetition or b" "
        characters = dialect.component + dialect.element + dialect.decimal + release + repetition + dialect.terminator
        needed = characters != (b":+.?*'" if dialect.repetition else b":+.? '")
        if needed and self.envelope.advice == "never":
            text = f"without a UNA a receiver takes the usual delimiters and the decimal point, not {characters!r}"
            pen.note("delimiter-unusual", text, segment="UNA")
        if (needed and self.envelope.advice == "needed") or self.envelope.advice == "always":
            pen.advice(b"UNA" + characters)

    def _check_names(self, pen: Pen) -> None:
        envelope = self.envelope
        if not _REFERENCE.fullmatch(envelope.control_number):
            text = "the control reference (0020) must have 1 to 14 characters, and no blank at an end"
            pen.note("control-number-invalid", text, segment="UNB", element=5, value=envelope.control_number)
        internal = 35 if envelope.syntax_version >= 4 else 14
        for element, address, name in ((2, envelope.sender, "sender"), (3, envelope.receiver, "receiver")):
            parts = (address.id, address.qualifier, address.sub)
            if (
                not address.id
                or any(part != part.strip() for part in parts)
                or any(len(part) > most for part, most in zip(parts, (35, 4, internal), strict=True))
            ):
                text = f"the {name} must have 1 to 35 characters, a qualifier at most 4, an internal address {internal}"
                pen.note("interchange-header-invalid", text, segment="UNB", element=element, value=address.id)

    def _check_options(self, pen: Pen) -> None:
        envelope = self.envelope
        tests = "[1-4]?" if envelope.syntax_version >= 4 else "1?"
        for element, component, name, value, form in (
            (1, 3, "service code list version (0080)", envelope.code_list_version, ".{0,6}"),
            (6, 1, "password or reference (0022)", envelope.password, r"|\S(?:.{0,12}\S)?"),
            (6, 2, "password qualifier (0025)", envelope.password_qualifier, "|[A-Z0-9]{2}"),
            (7, 1, "application reference (0026)", envelope.application_reference, r"|\S(?:.{0,12}\S)?"),
            (8, 1, "priority (0029)", envelope.priority, "[A-Z]?"),
            (10, 1, "agreement identification (0032)", envelope.agreement, r"|\S(?:.{0,33}\S)?"),
            (11, 1, "test indicator (0035)", envelope.test_indicator, tests),
        ):
            if not re.fullmatch(form, value):
                text = f"{value!r} is too long or of the wrong form for the {name}"
                code = "interchange-header-invalid"
                pen.note(code, text, segment="UNB", element=element, component=component, value=value)
        if envelope.password_qualifier and not envelope.password:
            text = "0025 qualifies 0022, which is not given"
            pen.note("interchange-header-invalid", text, segment="UNB", element=6, component=1)

    def write_unb(self, pen: Pen) -> None:
        """Writes UNB alone."""
        envelope = self.envelope
        asked = ("2" if envelope.receipt_only else "1") if envelope.request_acknowledgment else ""
        identifier: tuple[str, ...] = (envelope.charset, str(envelope.syntax_version))
        if envelope.syntax_version >= 4:
            identifier += (envelope.code_list_version, envelope.character_encoding)
        pen.simple(
            "UNB",
            identifier,
            _address(envelope.sender),
            _address(envelope.receiver),
            self._moment,
            envelope.control_number,
            (envelope.password, envelope.password_qualifier),
            envelope.application_reference,
            envelope.priority,
            asked,
            envelope.agreement,
            envelope.test_indicator or ("1" if envelope.test else ""),
        )

    @property
    def _moment(self) -> tuple[str, str]:
        """S004: a date of six digits below version 4, of eight in it."""
        utc = self.envelope.utc
        return f"{utc:%Y%m%d}" if self.envelope.syntax_version >= 4 else f"{utc:%y%m%d}", f"{utc:%H%M}"

    def write_message_header(self, pen: Pen, message: Outgoing) -> str:
        kind = message.kind
        if not _REFERENCE.fullmatch(message.reference):
            text = "the message reference (0062) must have 1 to 14 characters, and no blank at an end"
            pen.note("message-reference-invalid", text, segment="UNH", position=1, element=1, value=message.reference)
        version, _, release = kind.version.partition(".")
        if not (_TYPE.fullmatch(kind.type) and version and release):
            text = f"{kind.type!r} {kind.version!r} is no type with a version such as D.96A"
            pen.note("message-type-invalid", text, segment="UNH", position=1, element=2)
        pen.segment("UNH", edifact_header(message), 1)
        return message.reference

    def write_message_trailer(self, pen: Pen, count: int, reference: str) -> int:
        if count > _MOST_SEGMENTS and self.envelope.syntax_version < 4:
            text = f"the message has {count} segments; UNT can count {_MOST_SEGMENTS}"
            pen.note("too-large", text, segment="UNT", position=count, element=1)
        return pen.simple("UNT", str(count), reference, position=count)

    def write_group(self, pen: Pen, group: RenderedGroup) -> None:
        asked, kinds = group.group, list(dict.fromkeys(_group_kind(each.kind) for each in group.messages))
        if not _REFERENCE.fullmatch(asked.number):
            text = "the group reference (0048) must have 1 to 14 characters, and no blank at an end"
            pen.note("group-header-invalid", text, segment="UNG", element=5, value=asked.number)
        if not group.messages:
            pen.note("empty-interchange", "the group has no message", segment="UNG")
        if len(asked.password) > 14:
            text = "the password (0058) has more than 14 characters"
            pen.note("group-header-invalid", text, segment="UNG", element=8, value=asked.password)
        if len(kinds) > 1 and self.envelope.syntax_version < 4:
            names = ", ".join(f"{kind.type} {kind.version}" for kind in kinds)
            text = f"a group has messages of one type and version below syntax 4, and this one has {names}"
            pen.note("message-not-in-group", text, segment="UNG", element=1)
        # From version 4 on, 0038, 0051 and S008 are all given or none is: none speaks for several types.
        kind = kinds[0] if len(kinds) == 1 or (kinds and self.envelope.syntax_version < 4) else None
        sender = asked.sender or _application(self.envelope.group_sender, self.envelope.sender)
        receiver = asked.receiver or _application(self.envelope.group_receiver, self.envelope.receiver)
        for element, address in ((2, sender), (3, receiver)):
            if not 1 <= len(address.id.strip()) <= 35 or len(address.qualifier) > 4:
                text = "an application has 1 to 35 characters, and its qualifier at most 4"
                pen.note("group-header-invalid", text, segment="UNG", element=element, value=address.id)
        pen.simple(
            "UNG",
            kind.type if kind else "",
            (sender.id, sender.qualifier),
            (receiver.id, receiver.qualifier),
            self._moment,
            asked.number,
            (kind.agency or "UN") if kind else "",
            (*_version(kind), kind.association) if kind else "",
            asked.password,
        )

    def write_group_trailer(self, pen: Pen, group: RenderedGroup) -> None:
        pen.simple("UNE", str(len(group.messages)), group.group.number)

    def write_package(self, pen: Pen, package: OutgoingPackage) -> None:
        length = str(len(package.data))
        if self.envelope.syntax_version < 4:
            pen.note("misplaced-segment", "packages came with syntax version 4", segment="UNO")
        if not 1 <= len(package.reference) <= 35:
            text = "the package reference (0800) must have 1 to 35 characters"
            pen.note("message-reference-invalid", text, segment="UNO", element=1, value=package.reference)
        header: Elements = (
            ((package.reference,),),
            (package.identification,),
            (package.object_type,),
            ((length,),),
        )
        pen.counted(("UNO", header), package.data, ("UNP", (((length,),), ((package.reference,),))))

    def check(self, pen: Pen, parts: Sequence[Part], extra: Sequence[Node]) -> None:
        if extra:
            raise ValueError("EDIFACT has no segments between UNB and the messages; extra is for X12")
        if not parts:
            pen.note("empty-interchange", "there is no message to write", segment="UNZ")
        groups = [part.group.number for part in parts if isinstance(part, RenderedGroup)]
        if groups and len(groups) < len(parts):
            text = "an interchange has all its messages in groups, or none of them"
            pen.note("groups-mixed", text, segment="UNG")
        for number in sorted({number for number in groups if groups.count(number) > 1}):
            text = f"two groups have the reference {number!r}"
            pen.note("duplicate-group", text, segment="UNG", element=5, value=number)


def _address(address: Address) -> tuple[str, str, str]:
    return address.id, address.qualifier, address.sub


def _application(name: str, address: Address) -> Address:
    """The application that a group names: one of its own, or the interchange's party."""
    return Address(id=name) if name else Address(id=address.id, qualifier=address.qualifier)


def _group_kind(kind: MessageKind) -> MessageKind:
    """What a group's header says of a message."""
    return MessageKind(type=kind.type, version=kind.version, agency=kind.agency or "UN", association=kind.association)


def _version(kind: MessageKind) -> tuple[str, str]:
    version, _, release = kind.version.partition(".")
    return version, release
