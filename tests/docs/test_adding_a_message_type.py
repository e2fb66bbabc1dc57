"""The how-to on adding a message type, followed to its end: its guide, map, example, vector and flow, as they stand."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from gateway.catalogue import Catalogue
from gateway.profiles_folder import RETENTION_CLASSES
from partners import load as load_profiles
from tests.translators.shipped import load
from translators.canonical import TransportStatus
from translators.dictionary import read_directory
from translators.finding import Where
from translators.guide import Guide
from translators.mapping import Context, Mapped, to_canonical
from translators.maps import Map, check_map, read_map
from translators.reading import read
from translators.validation import validate

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "profiles" / "partners-example"
PAGE = (ROOT / "docs" / "how-to" / "add-a-message-type.md").read_text()
NAME = "edifact/D.96A/COARRI"


def block(language: str, number: int = 0) -> str:
    """A code block of the page."""
    found: list[str] = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S)
    return found[number]


@pytest.fixture(scope="module")
def guide() -> Guide:
    found = Catalogue().guide(NAME)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def map_() -> Map:
    return read_map(NAME, block("yaml").encode())


def translated(content: str, guide: Guide, map_: Map) -> Mapped:
    """What the map makes of the only message in ``content``, which its guide accepts."""
    reading = read(content.encode())
    (message,) = reading.interchanges[0].messages
    validated = validate(message, guide, reading.source, Where())
    assert [*reading.findings, *message.findings, *validated.findings] == []
    context = Context(zone=ZoneInfo("Europe/Brussels"), on=date(2026, 10, 1), source=reading.source)
    return to_canonical(validated.tree, map_, context)


def test_its_map_is_not_there_yet() -> None:
    """An example that ships already would be none."""
    assert NAME not in Catalogue().map_names


def test_the_guide_is_what_the_page_shows() -> None:
    data = load("edifact/D.96A")
    assert data is not None
    message = read_directory("edifact/D.96A", data).messages["COARRI"]
    assert msgspec.json.decode(message) == msgspec.json.decode(block("json"))


def test_the_map_fits_the_guide(guide: Guide, map_: Map) -> None:
    assert check_map(map_, guide) == []


def test_the_example_becomes_what_is_promised(guide: Guide, map_: Map) -> None:
    mapped = translated(block("edifact"), guide, map_)
    assert mapped.findings == []
    assert isinstance(mapped.document, TransportStatus)
    assert [(each.number, each.events[0].status) for each in mapped.document.consignments] == [
        ("MSKU7081329", "discharged"),
        ("TGHU1234567", "loaded"),
    ]


def test_the_vector_fails_as_it_says(guide: Guide, map_: Map) -> None:
    vector = msgspec.json.decode(block("json", 1), type=dict[str, msgspec.Raw])
    segments = msgspec.json.decode(vector["segments"], type=list[str])
    head = ["UNB+UNOC:3+A:14+B:14+261001:1130+1'", "UNH+1+COARRI:D:96A:UN'"]
    whole = "\n".join([*head, *segments, f"UNT+{len(segments) + 2}+1'", "UNZ+1+1'"])
    mapped = translated(whole, guide, map_)
    assert mapped.document is None
    (wanted,) = msgspec.json.decode(vector["findings"], type=list[dict[str, str | int]])
    (found,) = mapped.findings
    assert wanted == {
        "code": found.code,
        "severity": found.severity,
        "line": found.where.line,
        "column": found.where.column,
        "path": found.where.path,
        "value": found.value,
    }


def test_the_flow_is_understood() -> None:
    """In the example partner's agreement, once the map is known."""
    example = (EXAMPLES / "blue-anchor.yaml").read_text()
    lines = block("yaml", 1).splitlines(keepends=True)
    flow = "".join(f"    {line}" for line in lines[1:])
    files = [
        *Catalogue().templates(),
        ("meridian.yaml", (EXAMPLES / "meridian.yaml").read_bytes()),
        ("blue-anchor.yaml", (example + flow).encode()),
    ]
    known = Catalogue().known(frozenset({"UTC", "Europe/Brussels"}), RETENTION_CLASSES)
    without = load_profiles(files, known)
    assert [fault.severity for fault in without.faults if NAME in fault.message] == ["error"]
    loaded = load_profiles(files, msgspec.structs.replace(known, maps=Catalogue().map_names | {NAME}))
    assert [fault for fault in loaded.faults if fault.severity == "error"] == []
    assert loaded.register is not None
    assert loaded.register.flow("blue-anchor/moves-in") is not None
