"""The canonical types: strict reading, deterministic writing, schemas, references."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators.canonical import (
    CANONICAL,
    CanonicalError,
    Measure,
    Moment,
    Reference,
    canonical_schema,
    iso_6346_check_digit,
    normalise_reference,
    read_canonical,
    search_references,
    write_canonical,
)

PROFILES = Path(__file__).parents[2] / "profiles"
SCHEMAS = PROFILES / "schemas" / "canonical"
EXAMPLES = sorted((PROFILES / "examples").glob("*.json"))

MOMENT = {"at": "2026-10-01T09:40:00+02:00", "precision": "minute"}
EVENT = {"status": "delivered", "occurred": MOMENT}
STATUS: dict[str, object] = {
    "type": "transport_status/1",
    "purpose": "original",
    "consignments": [{"number": "B1", "events": [EVENT]}],
}
ORDER: dict[str, object] = {
    "type": "transport_order/1",
    "number": "T1",
    "purpose": "original",
    "stops": [{"sequence": 1, "purpose": "pickup"}, {"sequence": 2, "purpose": "delivery"}],
}


def event(**changed: object) -> dict[str, object]:
    return {**STATUS, "consignments": [{"number": "B1", "events": [{**EVENT, **changed}]}]}


def schema_file(name: str) -> Path:
    return SCHEMAS / f"{name.replace('/', '-')}.json"


@pytest.mark.parametrize("name", CANONICAL)
def test_the_schema_is_the_committed_one(name: str) -> None:
    assert json.loads(schema_file(name).read_bytes()) == canonical_schema(name)


def test_every_schema_belongs_to_a_type() -> None:
    assert sorted(SCHEMAS.iterdir()) == sorted(schema_file(name) for name in CANONICAL)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_satisfy_the_schema_and_come_back(path: Path) -> None:
    document = read_canonical(path.read_bytes())
    written = write_canonical(document)
    assert read_canonical(written) == document
    for data in (path.read_bytes(), written):
        value = json.loads(data)
        jsonschema.validate(value, canonical_schema(value["type"]))


def test_writing_is_deterministic() -> None:
    shuffled = json.dumps({key: STATUS[key] for key in reversed(STATUS)}).encode()
    plain = json.dumps(STATUS).encode()
    assert write_canonical(read_canonical(shuffled)) == write_canonical(read_canonical(plain))
    native = {"status": "x12.1650:D1", "reason": "x12.1651:NA"}
    one = json.dumps(event(native=native, reason="other")).encode()
    other = json.dumps(event(native=dict(reversed(native.items())), reason="other")).encode()
    assert one != other
    assert write_canonical(read_canonical(one)) == write_canonical(read_canonical(other))


REFUSED = {
    "not-json": (b'{"type": ', "", "JSON"),
    "not-utf-8": (b'{"type": "\xff"}', "", "JSON"),
    "not-an-object": (b"[]", "", "correct it"),
    "no-type": (b"{}", "type", "transport_response/1, transport_status/1"),
    "unknown-type": (b'{"type": "transport_status/2"}', "type", "transport_response/1, transport_status/1"),
    "unknown-field": ({**STATUS, "priority": "high"}, "", "spelling"),
    "unknown-field-below": (event(weight="12"), "consignments[0].events[0]", "spelling"),
    "missing-field": ({key: STATUS[key] for key in ("type", "purpose")}, "", "add the field"),
    "no-consignment": ({**STATUS, "consignments": []}, "consignments", "correct it"),
    "no-event": ({**STATUS, "consignments": [{"number": "1", "events": []}]}, "consignments[0].events", "correct it"),
    "empty-number": ({**ORDER, "number": ""}, "number", "correct it"),
    "unknown-word": (event(status="arived"), "consignments[0].events[0].status", "vocabulary"),
    "naive-time": (
        event(occurred={"at": "2026-10-01T09:40:00", "precision": "minute"}),
        "consignments[0].events[0].occurred.at",
        "offset",
    ),
    "no-such-time": (
        event(occurred={"at": "2026-10-01T25:40:00Z", "precision": "minute"}),
        "consignments[0].events[0].occurred.at",
        "correct it",
    ),
    "no-precision": (
        event(occurred={"at": "2026-10-01T09:40:00Z"}),
        "consignments[0].events[0].occurred",
        "add the field",
    ),
    "weight-not-a-number": (
        event(cargo=[{"gross_weight": {"value": "heavy", "unit": "KGM"}}]),
        "consignments[0].events[0].cargo[0].gross_weight.value",
        "digits",
    ),
    "weight-infinite": (
        event(cargo=[{"gross_weight": {"value": "Infinity", "unit": "KGM"}}]),
        "consignments[0].events[0].cargo[0].gross_weight",
        "correct it",
    ),
    "weight-negative": (
        event(cargo=[{"gross_weight": {"value": "-1", "unit": "KGM"}}]),
        "consignments[0].events[0].cargo[0].gross_weight",
        "correct it",
    ),
    "weight-astronomic": (
        event(cargo=[{"gross_weight": {"value": "1e18", "unit": "KGM"}}]),
        "consignments[0].events[0].cargo[0].gross_weight",
        "correct it",
    ),
    "unit-lower-case": (
        event(cargo=[{"gross_weight": {"value": "1", "unit": "kg"}}]),
        "consignments[0].events[0].cargo[0].gross_weight.unit",
        "correct it",
    ),
    "packages-negative": (
        event(cargo=[{"packages": -1}]),
        "consignments[0].events[0].cargo[0].packages",
        "correct it",
    ),
    "equipment-number-with-separators": (
        event(equipment=[{"number": "MSKU-1234565"}]),
        "consignments[0].events[0].equipment[0].number",
        "correct it",
    ),
    "native-of-nothing": (
        event(native={"stattus": "x12.1650:D1"}),
        "consignments[0].events[0]",
        "name the field whose code it is",
    ),
    "native-of-native": (
        event(native={"native": "x12.1650:D1"}),
        "consignments[0].events[0]",
        "name the field whose code it is",
    ),
    "native-in-escapes": (
        json.dumps(event(native={"stattus": "x12.1650:D1"})).replace('"native"', '"\\u006eative"').encode(),
        "consignments[0].events[0]",
        "name the field whose code it is",
    ),
    "native-without-system": (
        event(native={"status": "D1"}),
        "consignments[0].events[0].native[...]",
        "name the list the code is from, such as x12.1650:X6",
    ),
    "native-with-a-line-end": (
        event(native={"status": "x12.1650:D1\n"}),
        "consignments[0].events[0].native[...]",
        "name the list the code is from, such as x12.1650:X6",
    ),
    "neither-stop-nor-port": ({**ORDER, "stops": []}, "", "correct it"),
    "stops-with-one-number": (
        {**ORDER, "stops": [{"sequence": 1, "purpose": "pickup"}, {"sequence": 1, "purpose": "delivery"}]},
        "",
        "correct it",
    ),
    "goods-loaded-nowhere": ({**ORDER, "goods": [{"loaded_at": 3}]}, "", "correct it"),
    "type-of-a-part": ({**ORDER, "references": [{"value": "PO-1"}]}, "references[0]", "add the field"),
    "deep": (b'{"type":"transport_order/1","number":' + b"[" * 100_000, "", ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    content, path, advice = REFUSED[name]
    with pytest.raises(CanonicalError) as caught:
        read_canonical(content if isinstance(content, bytes) else json.dumps(content).encode())
    if name != "deep":
        assert caught.value.path == path
    assert advice in caught.value.advice
    assert str(caught.value).startswith(caught.value.path or "the document")


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    with pytest.raises(CanonicalError):
        read_canonical(data)


def test_numbers_stay_what_they_were() -> None:
    """A float would make 0.1 something else; a decimal keeps even the zero behind the point."""
    for text in ('"0.10"', "0.1", "12", '"1200.5"'):
        measure = msgspec.json.decode(f'{{"value": {text}, "unit": "KGM"}}', type=Measure)
        assert measure.value == Decimal(text.strip('"'))
    assert msgspec.json.encode(Measure(value=Decimal("0.10"), unit="KGM")) == b'{"value":"0.10","unit":"KGM"}'


def test_fields_at_their_default_are_left_out() -> None:
    moment = Moment(at=datetime(2026, 10, 1, tzinfo=UTC), precision="day")
    assert msgspec.json.encode(moment) == b'{"at":"2026-10-01T00:00:00Z","precision":"day"}'


# ISO 6346 gives CSQU3054383 as its example; the others are numbers in use.
@pytest.mark.parametrize("number", ["CSQU3054383", "MSKU1234565", "TCLU4317809", "HLXU8765430"])
def test_check_digits(number: str) -> None:
    assert iso_6346_check_digit(number) == int(number[-1])


@pytest.mark.parametrize("number", ["", "CSQU", "CSQ3054383", "csqu305438", "CSQX305438", "PRFT534417"])
def test_no_check_digit_for_what_is_no_container(number: str) -> None:
    assert iso_6346_check_digit(number) is None


@pytest.mark.parametrize(
    ("raw", "value"),
    [("MSKU 123456-5", "MSKU1234565"), ("po/4711.a", "PO4711A"), ("Ünïq 9", "ÜNÏQ9"), (" -./ ", "")],
)
def test_references_are_normalised(raw: str, value: str) -> None:
    assert normalise_reference(raw) == value


def test_references_of_a_document() -> None:
    """Each once, in document order, wherever it stands; what has no letter or digit is none."""
    document = read_canonical(
        json.dumps(
            event(
                references=[{"type": "purchase_order", "value": "4711-A"}, {"type": "other", "value": "--"}],
                equipment=[
                    {"kind": "container", "number": "MSKU1234565", "seals": [{"number": "S 1"}]},
                    {"kind": "trailer", "number": "PRFT 534417"},
                    {"kind": "container", "number": "MSKU1234565"},
                ],
                transport={"conveyance_reference": "042W"},
            )
        ).encode()
    )
    assert search_references(document) == [
        Reference("shipment", "B1", "B1"),
        Reference("purchase_order", "4711A", "4711-A"),
        Reference("voyage", "042W", "042W"),
        Reference("container", "MSKU1234565", "MSKU1234565"),
        Reference("seal", "S1", "S 1"),
        Reference("equipment", "PRFT534417", "PRFT 534417"),
    ]
