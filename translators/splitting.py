"""One message out of a received interchange, alone in an envelope of its own.

The message's bytes are the received ones, header to trailer: it keeps its reference, and whoever gets it can compare it
with the original byte by byte. So the envelope has to speak its language: delimiters, character set and version are
those of the interchange it came in, whatever ``envelope`` says, and so are the line breaks behind segments.
Parties, numbers, time and all else are the new envelope's. A group is opened anew, with the application codes of the
one the message stood in, under the new envelope's group number.

The way back is :mod:`translators.batching`, which puts many messages into one interchange.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from translators import charset as charsets
from translators.edifact_writing import EdifactWriter
from translators.envelope import Envelope, OutgoingGroup, Written
from translators.finding import Where
from translators.interchange_writing import InterchangeWriter, Part, Rendered, RenderedGroup
from translators.syntax import Address, Group, Interchange, Message, MessageKind
from translators.x12_writing import X12Writer


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message was cut out: the interchange as its envelope names it, the group, the message and its place."""

    sender: Address
    receiver: Address
    control_number: str
    group: str
    """The group's number; empty where it stood in none."""
    kind: MessageKind
    reference: str
    offset: int
    """Of the message's first byte in the text that was read."""
    length: int


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """The new interchange and what its message came from."""

    written: Written
    origin: Origin


def split(interchange: Interchange, group: Group, message: Message, envelope: Envelope) -> Split:
    """``message`` of ``group`` of ``interchange`` alone in ``envelope``.

    ``ValueError`` when the envelope is of the other standard. What was wrong with the message as it came is among the
    findings, so one without its trailer, or with a wrong one, is not sendable.
    """
    if envelope.syntax != interchange.syntax:
        raise ValueError(f"a message of {interchange.syntax} cannot travel in an envelope of {envelope.syntax}")
    spoken = _spoken(interchange, message, envelope)
    raw = message.raw
    own = Rendered(
        kind=message.kind,
        reference=message.reference,
        data=raw + spoken.layout.newline.encode("ascii"),
        length=len(raw),
        # Places in the old interchange say nothing in the new one.
        findings=[
            msgspec.structs.replace(finding, where=_without_place(finding.where))
            for finding in message.findings
            if finding.fatal
        ],
        functional=group.kind if envelope.syntax == "x12" else "",
    )
    part: Part = own
    if group.explicit:
        codes = OutgoingGroup(
            number=envelope.group_number,
            messages=(),
            sender=group.sender if group.sender.id else None,
            receiver=group.receiver if group.receiver.id else None,
            version=group.version if envelope.syntax == "x12" else "",
        )
        part = RenderedGroup(group=codes, messages=[own])
    dialect = interchange.dialect
    charset = charsets.charset(dialect.charset)
    writing = EdifactWriter if envelope.syntax == "edifact" else X12Writer
    writer: InterchangeWriter = writing(spoken, dialect, charset)
    origin = Origin(
        sender=interchange.sender,
        receiver=interchange.receiver,
        control_number=interchange.control_number,
        group=group.control_number,
        kind=message.kind,
        reference=message.reference,
        offset=message.offset,
        length=len(raw),
    )
    return Split(written=writer.assemble([part]), origin=origin)


def _spoken(interchange: Interchange, message: Message, envelope: Envelope) -> Envelope:
    """The envelope in the syntax, version and layout of the interchange."""
    header = interchange.header
    layout = msgspec.structs.replace(envelope.layout, newline=_line_break(message), wrap=0)
    if interchange.syntax == "x12":
        return msgspec.structs.replace(envelope, control_version=interchange.version, layout=layout)
    return msgspec.structs.replace(
        envelope,
        charset=header.text(1),
        syntax_version=int(stated) if (stated := header.text(1, 2)) in ("1", "2", "3", "4") else 3,
        code_list_version=header.text(1, 3),
        character_encoding=header.text(1, 4),
        layout=layout,
    )


def _line_break(message: Message) -> Literal["", "\n", "\r\n"]:
    """What stands behind the terminator of the message's header."""
    terminator = message.dialect.terminator
    header = message.header
    if header is None or not terminator.strip(b"\r\n"):
        return ""
    behind = len(header.raw) + len(terminator)
    return "\r\n" if message.raw.startswith(b"\r\n", behind) else "\n" if message.raw.startswith(b"\n", behind) else ""


def _without_place(where: Where) -> Where:
    return msgspec.structs.replace(where, line=None, column=None, offset=None)
