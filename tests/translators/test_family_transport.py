"""Orders, answers, bookings, statuses and consolidations of transport: examples, faults, one syntax to the other."""

from __future__ import annotations

import msgspec
import pytest

from tests.translators.family_examples import EXAMPLES, context, golden, mapped, segments_of, the_guide
from tests.translators.maps_at_hand import shipped_map
from translators.canonical import (
    Booking,
    BookingConfirmation,
    Canonical,
    TransportOrder,
    search_references,
    write_canonical,
)
from translators.mapping import from_canonical, to_canonical
from translators.syntax import MessageKind
from translators.tree import Node
from translators.validation import validate_tree

# An example and its map, with the agreement's zone; its canonical document stands beside it.
MESSAGES = {
    "transport_response/accepted.990.x12": ("x12/004010/990", "America/Chicago"),
    "transport_status/container-discharged.315.x12": ("x12/004010/315", "America/Los_Angeles"),
    "transport_status/ramp-two-containers.322.x12": ("x12/004010/322", "America/Chicago"),
    "booking/reefer-antwerp-houston.iftmbf.edi": ("edifact/D.96A/IFTMBF", "Europe/Brussels"),
    "booking/dry-savannah-rotterdam.300.x12": ("x12/004010/300", "America/Chicago"),
    "booking_confirmation/reefer-antwerp-houston.iftmbc.edi": ("edifact/D.96A/IFTMBC", "Europe/Brussels"),
    "booking_confirmation/dry-savannah-rotterdam.301.x12": ("x12/004010/301", "America/New_York"),
    "transport_order/savannah-rotterdam.304.x12": ("x12/004010/304", "America/Chicago"),
    "consolidation/groupage-antwerp-houston.ifcsum.edi": ("edifact/D.96A/IFCSUM", "Europe/Brussels"),
}
# The documents that a later directory's map says as well.
LATER = {
    "booking/reefer-antwerp-houston.iftmbf.edi": "edifact/D.01B/IFTMBF",
    "booking_confirmation/reefer-antwerp-houston.iftmbc.edi": "edifact/D.01B/IFTMBC",
    "consolidation/groupage-antwerp-houston.ifcsum.edi": "edifact/D.01B/IFCSUM",
    "status-container-export.iftsta.edi": "edifact/D.01B/IFTSTA",
    "order-antwerp-lyon.iftmin.edi": "edifact/D.01B/IFTMIN",
}


@pytest.mark.parametrize("file", MESSAGES)
def test_an_example_reads_as_its_document(file: str) -> None:
    name, zone = MESSAGES[file]
    segments_of((EXAMPLES / file).read_bytes())
    found = mapped((EXAMPLES / file).read_bytes(), name, zone)
    assert found.findings == []
    assert found.document == golden(file)


@pytest.mark.parametrize("file", MESSAGES)
def test_a_document_is_written_as_its_example(file: str) -> None:
    name, zone = MESSAGES[file]
    rules = shipped_map(name)
    built = from_canonical(golden(file), rules, context(zone))
    assert built.findings == []
    kind = MessageKind(type=rules.type, version=rules.guide.split("/")[1])
    assert validate_tree(kind, "1", built.body, the_guide(rules.guide)) == []
    written = [(node.name, node.elements) for root in built.body for node in root.segments()]
    assert written == [(segment.tag, segment.elements) for segment in segments_of((EXAMPLES / file).read_bytes())]


# From one directory, and one syntax, to the other


def bare(value: object) -> object:
    """A document as dictionaries, without what only a message can tell: a time's text, and its assumed zone."""
    if isinstance(value, dict):
        moment = "precision" in value
        return {key: bare(inner) for key, inner in value.items() if not (moment and key in ("text", "assumed_zone"))}
    return [bare(inner) for inner in value] if isinstance(value, list) else value


def plain(document: Canonical | None) -> object:
    assert document is not None
    return bare(msgspec.json.decode(write_canonical(document)))


def through(document: Canonical, name: str, zone: str, *, lost: set[str]) -> Canonical:
    """The document, written by a map and read again; what the message has no place for is in ``lost``."""
    rules = shipped_map(name)
    built = from_canonical(document, rules, context(zone))
    assert [finding for finding in built.findings if finding.fatal] == []
    assert {finding.where.path for finding in built.findings} == lost
    kind = MessageKind(type=rules.type, version=rules.guide.split("/")[1])
    assert validate_tree(kind, "1", built.body, the_guide(rules.guide)) == []
    again = to_canonical(Node(name=rules.type, group=True, children=list(built.body)), rules, context(zone))
    assert again.findings == []
    assert again.document is not None
    return again.document


@pytest.mark.parametrize("file", LATER)
def test_a_later_directory_says_the_same(file: str) -> None:
    document = golden(file)
    again = through(document, LATER[file], "Europe/Brussels", lost=set())
    assert plain(again) == plain(document)


def test_a_booking_goes_from_x12_to_edifact_and_back() -> None:
    document = golden("booking/dry-savannah-rotterdam.300.x12")
    assert isinstance(document, Booking)
    states = {f"locations[{number}].subdivision" for number in (0, 1)}
    edifact = through(document, "edifact/D.96A/IFTMBF", "America/Chicago", lost=states)
    assert isinstance(edifact, Booking)
    again = through(edifact, "x12/004010/300", "America/Chicago", lost=set())
    assert isinstance(again, Booking)
    for field in ("number", "times", "haulage", "parties", "references", "remarks", "transports", "equipment", "goods"):
        assert field and bare(msgspec.to_builtins(getattr(again, field))) == bare(
            msgspec.to_builtins(getattr(document, field))
        ), field
    assert [place.code for place in again.locations] == ["USCHI", "USSAV", "NLRTM", "NLRTM"]


def test_a_confirmation_goes_from_edifact_to_x12() -> None:
    document = golden("booking_confirmation/reefer-antwerp-houston.iftmbc.edi")
    # A 301 has remarks with a line of cargo only, the day and not the minute it was issued, no carrier's name, nothing
    # of full and empty, and no code for a reference to what was sent before.
    lost = {
        "remarks", "issued", "references[0].type", "parties[1].name", "transports[0].carrier_name",
        "equipment[0].full_or_empty", "equipment[1].full_or_empty",
    }  # fmt: skip
    again = through(document, "x12/004010/301", "Europe/Brussels", lost=lost)
    assert isinstance(again, BookingConfirmation)
    assert isinstance(document, BookingConfirmation)
    assert (again.number, again.response, again.haulage) == ("ANR4471920", "conditionally_accepted", "door_to_pier")
    assert [(each.quantity, each.size_type, each.temperature) for each in again.equipment] == [
        (each.quantity, each.size_type, each.temperature) for each in document.equipment
    ]
    assert [goods.dangerous_goods for goods in again.goods] == [goods.dangerous_goods for goods in document.goods]
    assert [time.type for time in again.times] == ["closing"]
    assert [place.facility for place in again.locations] == [place.facility for place in document.locations]


def test_a_container_status_goes_from_x12_to_edifact() -> None:
    document = golden("transport_status/container-discharged.315.x12")
    # CNI and its places have no dates and no states.
    lost = {f"consignments[0].locations[{number}].times" for number in (1, 2, 3)}
    lost |= {f"consignments[0].locations[{number}].subdivision" for number in (2, 3)}
    lost |= {"consignments[0].events[0].location.subdivision", "consignments[0].references"}
    built = from_canonical(document, shipped_map("edifact/D.96A/IFTSTA"), context("America/Los_Angeles"))
    assert [finding for finding in built.findings if finding.fatal] == []
    assert {finding.where.path for finding in built.findings} <= lost
    written = [(node.name, node.elements) for root in built.body for node in root.segments()]
    assert ("STS", ((("1",),), (("29",),))) in written
    assert ("CNI", ((("1",),), (("HLCUANR260912345",),))) in written
    assert ("EQD", ((("CN",),), (("HLXU8765430",),), (("45G1", "102", "5"),), (("",),), (("",),), (("5",),))) in written


def test_shipping_instructions_go_from_x12_to_edifact() -> None:
    document = golden("transport_order/savannah-rotterdam.304.x12")
    assert isinstance(document, TransportOrder)
    rules = shipped_map("edifact/D.96A/IFTMIN")
    built = from_canonical(document, rules, context("America/Chicago"))
    assert {finding.where.path for finding in built.findings} == {
        "locations[0].subdivision",
        "locations[1].subdivision",
    }
    again = to_canonical(
        Node(name=rules.type, group=True, children=list(built.body)), rules, context("America/Chicago")
    ).document
    assert isinstance(again, TransportOrder)
    # In an IFTMIN the places of receipt and delivery are stops, and goods are loaded at the first.
    assert [(stop.purpose, stop.site and stop.site.location_code) for stop in again.stops] == [
        ("pickup", "USCHI"),
        ("delivery", "NLRTM"),
    ]
    assert [place.role for place in again.locations] == ["loading", "discharge"]
    assert again.equipment == document.equipment
    assert [goods.placements for goods in again.goods] == [goods.placements for goods in document.goods]
    assert {goods.loaded_at for goods in again.goods} == {1}


# Search


def test_every_number_is_found() -> None:
    assert found_in("booking_confirmation/reefer-antwerp-houston.iftmbc.edi") >= {
        ("booking", "ANR4471920"),
        ("previous_message", "MTBKG20260312"),
        ("forwarder_reference", "MF778120"),
        ("voyage", "042W"),
    }
    assert found_in("transport_order/savannah-rotterdam.304.x12") >= {
        ("shipment", "MTSI20260318"),
        ("booking", "SAV6120934"),
        ("container", "HLXU2204176"),
        ("seal", "CU014477"),
    }
    assert found_in("consolidation/groupage-antwerp-houston.ifcsum.edi") >= {
        ("consolidation", "CONS20264417"),
        ("consignment", "BAL26100382"),
        ("master_bill_of_lading", "HLCUANR260912345"),
        ("container", "HLXU8765430"),
    }
    assert ("shipment", "MT202610441") in found_in("transport_response/accepted.990.x12")


def found_in(file: str) -> set[tuple[str, str]]:
    return {(reference.name, reference.value) for reference in search_references(golden(file))}
