"""The laws of every map, over generated documents.

1. canonical -> message -> canonical is the identity, for documents that the map can carry.
2. message -> canonical -> message keeps what the map covers: the second message is the first.
3. The message is valid under its guide, and a receiver reads it into the same groups.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.translators.maps_at_hand import shipped_map
from tests.translators.shipped import SHELF
from translators.canonical import (
    Address,
    Canonical,
    Cargo,
    Channel,
    ConsignmentStatus,
    Contact,
    DocumentReference,
    Equipment,
    EventTime,
    GoodsItem,
    Location,
    Measure,
    Moment,
    Party,
    Remark,
    Seal,
    Site,
    StatusEvent,
    Stop,
    Transport,
    TransportOrder,
    TransportStatus,
    read_canonical,
    write_canonical,
)
from translators.canonical.moment import Precision
from translators.grammar import Guide
from translators.mapping import Context, from_canonical, to_canonical
from translators.maps import check_map
from translators.syntax import MessageKind
from translators.tree import Node
from translators.validation import validate_tree

PROFILES = Path(__file__).parents[2] / "profiles"
IFTSTA, IFTMIN = "edifact/D.96A/IFTSTA", "edifact/D.96A/IFTMIN"
TENDER, STATUS = "x12/004010/204", "x12/004010/214"
CONTEXT = Context(zone=ZoneInfo("Europe/Brussels"), on=date(2026, 10, 1))

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)
Strategy = st.SearchStrategy


the_map = shipped_map


@cache
def the_guide(name: str) -> Guide:
    guide = SHELF.guide(name)
    assert guide is not None
    return guide


# Documents. What a syntax says otherwise, or not at all, is an argument.


def texts(longest: int, shortest: int = 1) -> Strategy[str]:
    """Texts without blanks at their ends; two blanks in a row and punctuation inside are welcome."""
    inner = st.text("ABCXYZ019 -/.", min_size=shortest, max_size=longest)
    return inner.map(lambda text: text.strip(" ").ljust(shortest, "A"))


def maybe(strategy: Strategy[T]) -> Strategy[T | None]:
    return st.none() | strategy


def lists(strategy: Strategy[T], most: int, least: int = 0) -> Strategy[tuple[T, ...]]:
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


# Codes that exist in the standards and have no word in our tables.
UNMAPPED = {
    "edifact.1225": "35", "edifact.3035": "AE", "edifact.3055": ":10", "edifact.3139": "AL", "edifact.3155": "TL",
    "edifact.1153": "AAB", "edifact.3227": "18", "edifact.location": "162:10", "edifact.4451": "AAH",
    "edifact.8051": "12", "edifact.8053": "PA", "edifact.8169": "6", "edifact.2005": "7", "edifact.9011": "65",
    "edifact.9013": "42", "edifact.4237": None, "rec.19": "9",
    "x12.98": "BK", "x12.66": "25", "x12.366": "AL", "x12.365": "AU", "x12.128": "AAA", "x12.353": "18",
    "x12.146": "DF", "x12.363": "ALG", "x12.309": "A1", "x12.40": "HO", "x12.1650": "OO", "x12.1651": "NA",
    "x12.103": "KIT",
}  # fmt: skip


def coded(name: str, table: str) -> Strategy[tuple[str | None, str | None]]:
    """(word, native code) pairs that a table brings back: plain words, synonyms, and a code without a word."""
    rows = the_map(name).tables[table]
    plain: list[tuple[str | None, str | None]] = [
        (word, None) for word, code in rows.to_code.items() if rows.to_word.get(code) == word
    ]
    synonyms = [
        (word, f"{rows.system}:{code}") for code, word in rows.to_word.items() if rows.to_code.get(word) != code
    ]
    unmapped = UNMAPPED.get(rows.system)
    if rows.unmapped == "keep" and unmapped is not None:
        assert unmapped not in rows.to_word
        synonyms.append((rows.other or "", f"{rows.system}:{unmapped}"))
    return st.sampled_from(plain + [(word or None, native) for word, native in synonyms])


def with_codes(
    make: Callable[..., S], codes: dict[str, Strategy[tuple[str | None, str | None]]], **fields: object
) -> Strategy[S]:
    """Objects whose coded fields come from tables, with their native codes beside them."""
    plain = {key: value for key, value in fields.items() if isinstance(value, st.SearchStrategy)}

    def build(drawn: tuple[dict[str, tuple[str | None, str | None]], dict[str, object]]) -> S:
        pairs, values = drawn
        words = {field: word for field, (word, _) in pairs.items() if word is not None}
        native = {field: code for field, (_, code) in pairs.items() if code is not None}
        return make(**words, **values, native=native)

    return st.tuples(st.fixed_dictionaries(codes), st.fixed_dictionaries(plain)).map(build)


NOTHING: Strategy[tuple[str | None, str | None]] = st.just((None, None))


def optional(codes: Strategy[tuple[str | None, str | None]]) -> Strategy[tuple[str | None, str | None]]:
    return NOTHING | codes


PRECISIONS: tuple[Precision, ...] = ("day", "minute", "second")


@st.composite
def moments(draw: st.DrawFn) -> Moment:
    zone = CONTEXT.zone
    wall = draw(st.datetimes(datetime(2020, 1, 1), datetime(2029, 12, 31)))  # noqa: DTZ001
    precision = draw(st.sampled_from(PRECISIONS))
    wall = wall.replace(microsecond=0)
    if precision == "day":
        wall = wall.replace(hour=0, minute=0, second=0)
    if precision == "minute":
        wall = wall.replace(second=0)
    # A wall-clock time that summer time skips does not exist; by way of UTC it becomes one that does.
    at = wall.replace(tzinfo=zone, fold=draw(st.integers(0, 1))).astimezone(UTC).astimezone(zone)
    offset = at.utcoffset()
    assert offset is not None
    return Moment(at=at.replace(tzinfo=timezone(offset)), precision=precision)


def numbers(places: int = 3) -> Strategy[Decimal]:
    return st.decimals(0, 99999, places=places, allow_nan=False).map(lambda n: Decimal(format(n.normalize(), "f")) + 0)


def measures(*units: str) -> Strategy[Measure]:
    return st.builds(Measure, value=numbers(), unit=st.sampled_from(units))


def references(name: str) -> Strategy[DocumentReference]:
    return with_codes(DocumentReference, {"type": coded(name, "reference_type")}, value=texts(30))


def not_the_carriers(reference: DocumentReference) -> bool:
    return reference.type != "carrier_reference"


EQUIPMENT_NUMBERS = st.from_regex(r"\A[A-Z]{3}U[0-9]{7}\Z") | st.from_regex(r"\A[A-Z]{2,4} [A-Z0-9]{3,6}\Z")


# EDIFACT


def channels(name: str) -> Strategy[Channel]:
    return with_codes(Channel, {"kind": coded(name, "channel")}, address=texts(40))


def contacts(name: str) -> Strategy[tuple[Contact, ...]]:
    contact = with_codes(
        Contact,
        {"function": optional(coded(name, "contact_function"))},
        name=texts(35),
        channels=lists(channels(name), 2),
    )
    return lists(contact, 2)


def addresses() -> Strategy[Address]:
    return st.builds(
        Address,
        lines=lists(texts(35), 2),
        city=texts(19, 2),
        subdivision=maybe(texts(2, 2)),
        postal_code=maybe(texts(9, 3)),
        country=st.sampled_from(["BE", "US", "NL"]),
    )


def edifact_identity(name: str) -> Strategy[tuple[str | None, str | None]]:
    return coded(name, "party_id_system")


def edifact_parties(name: str) -> Strategy[Party]:
    return with_codes(
        Party,
        {"role": coded(name, "party_role"), "id_system": edifact_identity(name)},
        id=texts(17),
        name=maybe(texts(35) | st.just("TWO LINES OF\nA LONG NAME")),
        name_and_address=lists(texts(35), 3),
        address=maybe(addresses()),
        contacts=contacts(name),
    )


@st.composite
def edifact_locations(draw: st.DrawFn, role: Strategy[tuple[str | None, str | None]]) -> Location:
    system, native = draw(coded(IFTSTA, "location_code_system"))
    code = draw(st.sampled_from(["BEANR", "USNYC", "NLRTM"]))
    agency = (native or "").rpartition(":")[2] if native else {"un_locode": "6"}.get(system or "", "")
    word, role_native = draw(role)
    kept = {field: value for field, value in (("code_system", native), ("role", role_native)) if value}
    return Location(
        role=cast("None", word),
        code=code,
        code_system=cast("None", system),
        name=draw(maybe(texts(35))),
        country=code[:2] if agency == "6" else None,
        native=kept,
    )


def edifact_remarks(name: str) -> Strategy[Remark]:
    paragraphs = st.lists(texts(70), min_size=1, max_size=5).map("\n".join)
    return with_codes(Remark, {"subject": optional(coded(name, "remark_subject"))}, text=paragraphs)


def edifact_equipment(name: str) -> Strategy[Equipment]:
    return with_codes(
        Equipment,
        {"kind": coded(name, "equipment_kind"), "full_or_empty": optional(coded(name, "full_or_empty"))},
        number=maybe(EQUIPMENT_NUMBERS),
        size_type=maybe(st.sampled_from(["45G1", "22R1"])),
        seals=lists(st.builds(Seal, number=texts(10)), 2),
        gross_weight=maybe(measures("KGM", "LBR")),
        tare_weight=maybe(measures("KGM")),
    )


def iftsta() -> Strategy[TransportStatus]:
    name = IFTSTA
    role = coded(name, "location_role")
    transport = with_codes(
        Transport,
        {"stage": optional(coded(name, "transport_stage")), "mode": optional(coded(name, "transport_mode"))},
        conveyance_reference=texts(17),
        carrier_id=maybe(st.just("HLCU")),
        carrier_name=maybe(texts(35)),
        means_id=maybe(texts(9)),
        means_name=maybe(texts(35)),
    )
    event = with_codes(
        StatusEvent,
        {"status": coded(name, "status"), "reason": optional(coded(name, "status_reason"))},
        occurred=moments(),
        times=lists(with_codes(EventTime, {"type": coded(name, "event_time")}, moment=moments()), 2),
        location=maybe(edifact_locations(optional(role))),
        references=lists(references(name), 2),
        remarks=lists(edifact_remarks(name), 2),
        transport=maybe(transport),
        equipment=lists(edifact_equipment(name), 2),
        cargo=lists(
            st.builds(
                Cargo,
                packages=st.integers(0, 9999),
                package_kind=maybe(st.sampled_from(["CT", "PX"])),
                gross_weight=maybe(measures("KGM")),
                volume=maybe(measures("MTQ")),
            ),
            2,
        ),
    )
    consignment = st.builds(
        ConsignmentStatus,
        number=texts(35),
        locations=lists(edifact_locations(role), 2),
        cargo=maybe(
            st.builds(
                Cargo, packages=st.integers(0, 999), gross_weight=maybe(measures("KGM")), volume=maybe(measures("MTQ"))
            )
        ),
        events=lists(event, 3, 1),
    )
    return with_codes(
        TransportStatus,
        {"purpose": coded(name, "message_function")},
        number=maybe(texts(35)),
        issued=maybe(moments()),
        parties=lists(edifact_parties(name), 2),
        references=lists(references(name), 3),
        locations=lists(edifact_locations(role), 2),
        remarks=lists(edifact_remarks(name), 1),
        consignments=lists(consignment, 2, 1),
    )


def iftmin() -> Strategy[TransportOrder]:
    name = IFTMIN
    site = with_codes(
        Site,
        {"id_system": edifact_identity(name), "location_code_system": coded(name, "location_code_system")},
        id=texts(17),
        name=maybe(texts(35)),
        address=maybe(addresses()),
        location_code=st.sampled_from(["BEANR", "USNYC"]),
        contacts=contacts(name),
    )

    def stop(sequence: int, purpose: str) -> Strategy[Stop]:
        return st.builds(
            Stop,
            sequence=st.just(sequence),
            purpose=st.just(purpose),
            earliest=maybe(moments()),
            latest=maybe(moments()),
            site=site,
        )

    item = st.builds(
        GoodsItem,
        loaded_at=st.just(1),
        packages=maybe(st.integers(0, 9999)),
        package_kind=maybe(st.sampled_from(["CT", "PX"])),
        description=maybe(st.lists(texts(70), min_size=1, max_size=3).map("\n".join)),
        commodity_code=maybe(st.sampled_from(["820559", "84137021"])),
        marks=lists(texts(35), 3),
        gross_weight=maybe(measures("KGM")),
        net_weight=maybe(measures("KGM")),
        volume=maybe(measures("MTQ")),
    ).filter(lambda goods: any(getattr(goods, field) for field in ("description", "marks", "gross_weight", "volume")))
    return with_codes(
        TransportOrder,
        {"purpose": coded(name, "message_function"), "freight_terms": optional(coded(name, "freight_terms"))},
        number=texts(35),
        issued=maybe(moments()),
        parties=lists(edifact_parties(name), 2),
        references=lists(references(name), 3),
        remarks=lists(edifact_remarks(name), 2),
        equipment=lists(edifact_equipment(name), 2),
        stops=st.tuples(stop(1, "pickup"), stop(2, "delivery")),
        goods=lists(item, 3),
    )


# X12

CARRIER = Party(role="carrier", id_system="scac", id="PRFT")


def x12_contacts(name: str, most: int) -> Strategy[tuple[Contact, ...]]:
    contact = with_codes(
        Contact,
        {"function": optional(coded(name, "contact_function"))},
        name=texts(35),
        channels=lists(channels(name), 1),
    )
    return lists(contact, most)


def x12_parties(name: str, contacts: int) -> Strategy[Party]:
    return with_codes(
        Party,
        {
            "role": coded(name, "party_role").filter(lambda pair: pair[0] != "carrier"),
            "id_system": coded(name, "party_id_system"),
        },
        id=texts(20, 2),
        name=maybe(texts(60)),
        address=maybe(addresses()),
        contacts=x12_contacts(name, contacts),
    )


def x12_equipment(name: str, **more: object) -> Strategy[Equipment]:
    return with_codes(Equipment, {"kind": optional(coded(name, "equipment_kind"))}, number=EQUIPMENT_NUMBERS, **more)


def tender() -> Strategy[TransportOrder]:
    name = TENDER
    remark = with_codes(Remark, {"subject": optional(coded(name, "note_subject"))}, text=texts(80))
    site = with_codes(
        Site,
        {"id_system": coded(name, "party_id_system"), "location_code_system": coded(name, "location_code_system")},
        id=texts(20, 2),
        name=maybe(texts(60)),
        address=addresses(),
        location_code=texts(10),
        contacts=x12_contacts(name, 3),
    )

    def stop(number: int) -> Strategy[Stop]:
        return with_codes(
            Stop,
            # A stop keeps no native code of its purpose: S5-02 has many, and the tender's own are enough.
            {"purpose": coded(name, "stop_purpose").filter(lambda pair: pair[1] is None)},
            sequence=st.just(number),
            earliest=maybe(moments()),
            latest=maybe(moments()),
            site=maybe(site),
            references=lists(references(name), 2),
            remarks=lists(remark, 2),
        )

    def order(stops: tuple[Stop, ...]) -> Strategy[TransportOrder]:
        pickups = [stop.sequence for stop in stops if stop.purpose == "pickup"]
        item = with_codes(
            GoodsItem,
            {"package_kind": optional(coded(name, "package_kind"))},
            loaded_at=st.sampled_from(pickups) if pickups else st.nothing(),
            packages=maybe(st.integers(0, 9999)),
            description=texts(50),
            commodity_code=maybe(st.sampled_from(["820559", "84137021"])),
            gross_weight=measures("KGM", "LBR"),
            volume=maybe(measures("MTQ", "FTQ")),
        )
        return with_codes(
            TransportOrder,
            {"purpose": coded(name, "purpose"), "freight_terms": coded(name, "freight_terms")},
            number=texts(30),
            parties=lists(x12_parties(name, 3), 2).map(lambda found: (CARRIER, *found)),
            references=lists(references(name), 3),
            remarks=lists(remark, 2),
            equipment=lists(
                x12_equipment(name, size_type=maybe(st.just("45G1")), gross_weight=maybe(measures("LBR"))), 2
            ),
            stops=st.just(stops),
            # Goods come back in the order of the stops where they are loaded.
            goods=lists(item, 3).map(lambda found: tuple(sorted(found, key=lambda goods: goods.loaded_at or 0)))
            if pickups
            else st.just(()),
        )

    return st.integers(1, 3).flatmap(lambda count: st.tuples(*(stop(n + 1) for n in range(count)))).flatmap(order)


def shipment_status() -> Strategy[TransportStatus]:
    name = STATUS
    remark = st.builds(Remark, text=texts(30))
    location = st.builds(
        Location, city=texts(19, 2), subdivision=maybe(st.just("IL")), country=st.sampled_from(["US", "CA"])
    )

    def event(table: str) -> Strategy[StatusEvent]:
        return with_codes(
            StatusEvent,
            {"status": coded(name, table), "reason": optional(coded(name, "status_reason"))},
            occurred=moments(),
            location=maybe(location),
            references=lists(references(name), 2),
            remarks=lists(remark, 2),
            equipment=maybe(x12_equipment(name)).map(lambda found: (found,) if found else ()),
            cargo=lists(
                st.builds(
                    Cargo,
                    gross_weight=measures("LBR", "KGM"),
                    packages=maybe(st.integers(0, 99)),
                    volume=maybe(measures("FTQ")),
                ),
                2,
            ),
        )

    # B10-01 is the carrier's reference; one that is the shipment's number too cannot be told from none.
    pro = st.builds(DocumentReference, type=st.just("carrier_reference"), value=texts(29).map(lambda text: f"P{text}"))
    consignment = st.builds(
        ConsignmentStatus,
        number=texts(29).map(lambda text: f"N{text}"),
        references=st.just(())
        | st.tuples(pro, lists(references(name).filter(not_the_carriers), 3)).map(lambda found: (found[0], *found[1])),
        events=lists(event("status") | event("appointment"), 3, 1),
    )
    return st.builds(
        TransportStatus,
        purpose=st.just("original"),
        parties=lists(x12_parties(name, 1), 2).map(lambda found: (CARRIER, *found)),
        remarks=lists(remark, 2),
        consignments=consignment.map(lambda one: (one,)),
    )


DOCUMENTS: dict[str, Callable[[], Strategy[Canonical]]] = {
    IFTSTA: lambda: iftsta(),
    IFTMIN: lambda: iftmin(),
    TENDER: lambda: tender(),
    STATUS: lambda: shipment_status(),
}


def received(name: str, body: tuple[Node, ...]) -> Node:
    """The tree a receiver would have."""
    return Node(name=name.rpartition("/")[2], group=True, children=list(body))


def without_texts(document: Canonical) -> Canonical:
    """The document without what only a message can tell: how a time was written, and that its zone was assumed."""

    def bare(value: object) -> object:
        if isinstance(value, dict):
            moment = "at" in value and "precision" in value
            return {
                key: bare(inner) for key, inner in value.items() if not (moment and key in ("text", "assumed_zone"))
            }
        return [bare(inner) for inner in value] if isinstance(value, list) else value

    return read_canonical(msgspec.json.encode(bare(msgspec.json.decode(write_canonical(document)))))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_map_fits_its_guide(name: str) -> None:
    assert check_map(the_map(name), the_guide(name)) == []


@pytest.mark.parametrize("name", DOCUMENTS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_laws(name: str, data: st.DataObject) -> None:
    document = data.draw(DOCUMENTS[name]())
    kind = MessageKind(type=name.rpartition("/")[2], version=name.split("/")[1])
    rules = the_map(name)

    built = from_canonical(document, rules, CONTEXT)
    assert built.findings == []
    assert validate_tree(kind, "1", built.body, the_guide(name)) == []

    read = to_canonical(received(name, built.body), rules, CONTEXT)
    assert {finding.code for finding in read.findings} <= {"map-unmapped", "check-digit-wrong"}
    assert read.document is not None
    assert without_texts(read.document) == without_texts(document)
    assert read_canonical(write_canonical(read.document)) == read.document

    again = from_canonical(read.document, rules, CONTEXT)
    assert again.body == built.body
    second = to_canonical(received(name, again.body), rules, CONTEXT)
    assert second.document == read.document


def test_moments_are_of_one_zone() -> None:
    """The generated moments must be what the agreement's zone can say, or the laws would be about something else."""
    summer = datetime(2026, 7, 1, tzinfo=CONTEXT.zone).utcoffset()
    assert summer == timedelta(hours=2)
