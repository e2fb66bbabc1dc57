"""What an importer makes of somebody else's tables: a version file of ours, and an account of what it held.

Every importer (:mod:`translators.untdid` for UNECE's directories, and those beside it) takes bytes and gives an
:class:`Imported`. It never fails half way: what it could not read is named in ``unread``, with the reason, and the rest
is kept. Where there is nothing to read at all it raises :class:`translators.dictionary.GuideError`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import msgspec

from translators.dictionary import Directory

COUNTED = ("messages", "segments", "composites", "elements", "codes")
"""What :attr:`Imported.counts` counts; ``codes`` are the values of all lists together."""


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """One version in our form."""

    standard: str
    """``edifact`` or ``x12``."""
    version: str
    """``D.96A``, ``004010``."""
    data: bytes
    """The version file as JSON."""
    counts: dict[str, int]
    """How many there are of each kind in :data:`COUNTED`."""
    unread: list[str]
    """What could not be read, each with the reason; empty when all of it was."""
    doubts: list[str] = []
    """What was read although its source contradicts itself, each with what was taken for right."""
    names: dict[str, dict[str, str]] = {}
    """Element → code → its short name, as far as the source names its codes."""
    layers: dict[str, bytes] = {}
    """Guide → the layer file that the source is beyond its standard: a guideline's "not used", its shorter lists."""


def write_version(directory: Directory, messages: Mapping[str, Mapping[str, object]]) -> bytes:
    """The version file of ``directory`` with ``messages``: type → its keys, of which ``content`` is nested lists.

    A segment, composite, element, code list and segment group has a line of its own, so that a person can check it
    and two versions can be compared. Whatever messages ``directory`` has itself stand there as they are.
    """
    out = ["{"]
    for key, value in msgspec.to_builtins(msgspec.structs.replace(directory, messages={})).items():
        if isinstance(value, dict) and value:
            rows = [f"  {json.dumps(ref)}: {json.dumps(row, ensure_ascii=False)}" for ref, row in value.items()]
            out += [f" {json.dumps(key)}: {{", ",\n".join(rows), " },"]
        elif value and not isinstance(value, dict):
            out.append(f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)},")
    kept = [f"  {json.dumps(kind)}: {bytes(raw).decode().strip()}" for kind, raw in directory.messages.items()]
    made = [f"  {json.dumps(kind)}: {_message(message)}" for kind, message in messages.items()]
    return ("\n".join([*out, ' "messages": {', ",\n".join([*kept, *made]), " }", "}"]) + "\n").encode()


def count(directory: Directory, messages: int) -> dict[str, int]:
    """:attr:`Imported.counts` of a directory with that many messages."""
    codes = sum(len(values.split()) for values in directory.codes.values())
    kinds = (messages, len(directory.segments), len(directory.composites), len(directory.elements), codes)
    return dict(zip(COUNTED, kinds, strict=True))


def _message(message: Mapping[str, object]) -> str:
    keys = [
        f"{json.dumps(key)}: {_group(value, 4) if isinstance(value, list) else json.dumps(value, ensure_ascii=False)}"
        for key, value in message.items()
    ]
    return f"{{{f',{chr(10)}   '.join(keys)}}}"


def _group(content: Sequence[object], depth: int) -> str:
    """A group with what is in it; a group in it has a line of its own, indented as deep as it stands."""
    out = ""
    for number, entry in enumerate(content):
        comma = "," if number + 1 < len(content) else ""
        if isinstance(entry, list):
            out += f"\n{' ' * depth}{_group(entry, depth + 1)}{comma}"
        else:
            broken = number and isinstance(content[number - 1], list)
            out += (f"\n{' ' * depth}" if broken else " " if number else "") + json.dumps(entry) + comma
    return f"[{out}]"
