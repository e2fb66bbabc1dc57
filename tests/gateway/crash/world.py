"""The world outside the gateway: the partners, the company's own systems, and what each of them remembers.

What they remember is the yardstick of the crash sweep, so it is kept where no fault of the gateway reaches it: in a
file of its own, a line for each thing that was seen, durable before anything else happens. The partners behave as real
ones do: what they sent and got no answer for, they send again, byte for byte.
"""

from __future__ import annotations

import os
import re
from importlib.resources import files
from pathlib import Path
from typing import Literal

import msgspec

Kind = Literal["acknowledged", "accepted", "published", "told"]
"""A partner was told that its file is safe; the company was told so of its document; the company got a letter; its
systems got an event."""

_write, _sync = os.write, os.fsync
"""As they were when this was imported: to remember is no act of the gateway's, and is not counted among them."""

PARTIES = ("blue-anchor", "prairie-freight")


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that somebody outside saw."""

    kind: Kind
    name: str
    """The file's name, the document's id, the letter's message id."""
    type: str = ""
    """Of a letter."""
    sha256: str = ""
    """Of a letter's body."""


class Memory:
    """The append-only log of what was seen."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.seen = read_memory(path)

    def note(self, seen: Seen) -> None:
        """Remember it, durably."""
        _write(self._file, msgspec.json.encode(seen) + b"\n")
        _sync(self._file)
        self.seen.append(seen)

    def knows(self, kind: Kind, name: str) -> bool:
        """Whether this was seen."""
        return any(each.kind == kind and each.name == name for each in self.seen)


def read_memory(path: Path) -> list[Seen]:
    """What was seen so far, in order."""
    return [msgspec.json.decode(line, type=Seen) for line in path.read_bytes().splitlines()]


def example(name: str) -> bytes:
    """A file of the demonstration."""
    return (files("profiles") / "examples" / "demo" / name).read_bytes()


UPLOADS = (
    ("status.edi", "blue-anchor", example("iftsta.edi")),
    ("status.x12", "prairie-freight", example("214.x12")),
)
"""What the partners send of their own accord: name, partner, bytes."""

ORDERS = (
    ("order-1", "blue-anchor/order-out", example("order.json")),
    ("order-2", "prairie-freight/tender-out", example("order.json")),
)
"""What the company sends: message id, flow, document."""


def contrl(iftmin: bytes) -> bytes:
    """Blue Anchor's CONTRL: it takes the IFTMIN."""
    found = re.match(rb"UNB\+UNOC:3\+([^+]+)\+([^+]+)\+[^+]+\+([^+']+)'", iftmin)
    assert found, iftmin
    us, them, number = (part.decode() for part in found.groups())
    return (
        f"UNB+UNOC:3+{them}+{us}+261001:0940+900'UNH+1+CONTRL:D:3:UN'UCI+{number}+{us}+{them}+7'UNT+3+1'UNZ+1+900'"
    ).encode()


def functional(tender: bytes) -> bytes:
    """Prairie Freight's 997: it takes the 204."""
    found = re.search(rb"GS\*SM\*[^~]*\*(\d+)\*X\*", tender)
    assert found, tender
    return (
        "ISA*00*          *00*          *02*PRFT           *ZZ*MERIDIAN       *261001*0940*U*00401*000000900*0*P*>~"
        "GS*FA*PRFT*MERIDIAN*20261001*0940*900*X*004010~ST*997*0001~"
        f"AK1*SM*{int(found[1])}~AK2*204*0001~AK5*A~AK9*A*1*1*1~SE*6*0001~GE*1*900~IEA*1*000000900~"
    ).encode()


ANSWERS = (("answer.edi", "blue-anchor", "IFTMIN", contrl), ("answer.x12", "prairie-freight", "204", functional))
"""What the partners answer: name, partner, the type of file that they answer, how."""


def number_of(interchange: bytes) -> int:
    """The control number that a receiver reads in an interchange of ours."""
    found = re.match(rb"UNB\+[^+]*\+[^+]*\+[^+]*\+[^+]*\+(\d+)|ISA(?:\*[^*]*){12}\*(\d+)", interchange)
    assert found, interchange
    return int(found[1] or found[2])
