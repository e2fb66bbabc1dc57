"""Every vector under ``tests/vectors/written`` gives exactly the bytes beside it, or exactly the findings it names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.translators.shipped import SHELF
from translators.envelope import Content, Envelope, Outgoing, OutgoingGroup, OutgoingPackage
from translators.reading import read
from translators.syntax import Address, MessageKind
from translators.tree import Node
from translators.writing import write

VECTORS = Path(__file__).parents[1] / "vectors" / "written"
NAMES = sorted(path.stem for path in VECTORS.glob("*.json"))

Element = str | list[str] | dict[str, list[list[str]]]


class Vector(msgspec.Struct, forbid_unknown_fields=True):
    about: str
    envelope: Envelope
    content: list[dict[str, Any]]
    findings: list[str]
    extra: list[list[Element]] = []
    guide: str = ""


def node(segment: list[Element]) -> Node:
    tag, *elements = segment
    return Node(name=str(tag), elements=tuple(map(occurrences, elements)))


def occurrences(element: Element) -> tuple[tuple[str, ...], ...]:
    if isinstance(element, str):
        return ((element,),)
    return (tuple(element),) if isinstance(element, list) else tuple(map(tuple, element["repeat"]))


def content_of(stated: dict[str, Any]) -> Content:
    if "group" in stated:
        return OutgoingGroup(
            number=stated["group"],
            messages=tuple(message_of(each) for each in stated["messages"]),
            sender=msgspec.convert(stated["sender"], Address) if "sender" in stated else None,
            password=stated.get("password", ""),
        )
    if "package" in stated:
        return OutgoingPackage(
            reference=stated["package"],
            identification=tuple(stated["identification"]),
            object_type=tuple(stated["object_type"]),
            data=stated["data"].encode("latin-1"),
        )
    return message_of(stated)


def message_of(stated: dict[str, Any]) -> Outgoing:
    kind = dict(zip(("type", "version", "agency", "association"), stated["kind"], strict=False))
    return Outgoing(
        kind=MessageKind(**kind), reference=stated["reference"], body=tuple(node(each) for each in stated["body"])
    )


def test_there_are_as_many_that_cannot_be_sent() -> None:
    faulty = [name for name in NAMES if name.startswith("faulty-")]
    assert len(faulty) >= len(NAMES) - len(faulty) > 20


@pytest.mark.parametrize("name", NAMES)
def test_vector(name: str) -> None:
    vector = msgspec.json.decode((VECTORS / f"{name}.json").read_bytes(), type=Vector)
    guide_for = (lambda _: SHELF.guide(vector.guide)) if vector.guide else None
    content = [content_of(each) for each in vector.content]
    written = write(vector.envelope, content, [node(each) for each in vector.extra], guide_for=guide_for)
    assert [finding.code for finding in written.findings] == vector.findings
    assert written.sendable != name.startswith("faulty-")
    if not written.sendable:
        return
    assert written.data == (VECTORS / f"{name}.edi").read_bytes()
    (interchange,) = read(written.data).interchanges
    found = [*interchange.findings]
    for group in interchange.groups:
        found += [*group.findings, *(finding for message in group.messages for finding in message.findings)]
        found += [finding for package in group.packages for finding in package.findings]
    kept = {"trailing-separator"} if vector.envelope.layout.keep_trailing else set()
    assert {finding.code for finding in found} <= {*vector.findings, *kept}
