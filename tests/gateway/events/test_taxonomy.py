"""The taxonomy: complete for the words it is made from, and its names are fit to be bound to."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import get_args

import msgspec
import pytest

from gateway.events import (
    DATA,
    DERIVING,
    EVENT_TYPES,
    VERSIONS,
    CaseTold,
    Told,
    bounded,
    chosen,
    cloud_event,
    data_schema,
    event_id,
    family_of,
    full_name,
    name_of,
    possible_names,
    routing_key,
    write_event,
)
from gateway.events.data import MOST_REFERENCES
from gateway.events.documents import OUTCOMES, TROUBLE
from gateway.events.taxonomy import FAMILIES
from gateway.exchange import EVENT_KINDS, EXPECTATION
from queues.exchange import matches
from tests.house.compatible import event_changes
from translators.canonical.customs_words import CustomsOutcome
from translators.canonical.status_words import Status

AT = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
SUBJECT = "m-06gfdk4xr0x13gyvex2g"


def test_every_word_of_customs_is_an_event() -> None:
    assert set(OUTCOMES) == set(get_args(CustomsOutcome))
    assert set(OUTCOMES.values()) | {"customs.errors"} == DERIVING["customs_response/1"]


def test_trouble_is_made_of_statuses() -> None:
    assert set(get_args(Status)) >= TROUBLE


def test_every_type_can_come_of_a_line_of_the_journal() -> None:
    states: list[dict[str, object]] = [{"state": state} for state in (*EXPECTATION.states, None)]
    documents: list[dict[str, object]] = [{"canonical": each} for each in DERIVING]
    found = {
        name
        for kind in EVENT_KINDS
        for noun in ("m", "t", "i", "c", "x")
        for data in [*states, *documents]
        for name in possible_names(kind, data, noun=noun)
    }
    assert found == set(EVENT_TYPES)


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_names_have_a_family_a_version_and_data(name: str) -> None:
    family = family_of(name)
    assert family in FAMILIES and issubclass(DATA[family], Told)
    assert full_name(name) == f"sallyport.{name}/{VERSIONS[family]}"
    assert re.fullmatch(r"[a-z]+\.[a-z-]+", name)


@pytest.mark.parametrize(
    ("kind", "data", "noun", "to_partner", "name"),
    [
        ("delivery-confirmed", {}, "m", True, "delivery.delivered"),
        ("delivery-confirmed", {}, "m", False, None),
        ("delivery-confirmed", {}, "t", True, None),
        ("delivery-parked", {}, "t", True, "delivery.parked"),
        ("delivery-parked", {}, "m", False, "delivery.parked"),
        ("delivery-failed", {}, "m", True, None),
        ("receipt-arrived", {"verdict": "accepted", "state": "met"}, "m", True, "receipt.met"),
        ("receipt-arrived", {"verdict": "accepted"}, "m", True, None),
        ("receipt-arrived", {"verdict": "received", "state": "partially-met"}, "m", True, None),
        ("receipt-arrived", {"verdict": "rejected", "state": "rejected"}, "t", True, None),
        ("receipt-arrived", {"state": ["met"]}, "m", True, None),
        ("case-reopened", {}, "c", True, "case.opened"),
        ("case-explained", {}, "c", True, None),
        ("payload-viewed", {}, "m", True, None),
        ("message-translated", {"canonical": "customs_response/1"}, "m", True, None),
    ],
)
def test_lines_have_names(kind: str, data: dict[str, object], noun: str, to_partner: bool, name: str | None) -> None:
    known = next(each for each in EVENT_KINDS if each == kind)
    assert name_of(known, data, noun=noun, to_partner=to_partner) == name


def test_what_a_configuration_chooses() -> None:
    assert chosen(FAMILIES) == set(EVENT_TYPES)
    assert chosen(["customs.hold", "case"]) == {"customs.hold", "case.opened", "case.closed"}
    assert chosen([]) == frozenset()


@pytest.mark.parametrize(
    ("binding", "taken"),
    [
        ("sallyport.customs.#", True),
        ("sallyport.customs.hold.*", True),
        ("sallyport.*.*.be-customs", True),
        ("sallyport.receipt.#", False),
        ("sallyport.customs.*", False),
    ],
)
def test_a_system_binds_what_it_wants(binding: str, taken: bool) -> None:
    assert matches(binding, routing_key("customs.hold", "be-customs")) is taken


def test_a_party_is_one_word_of_the_key() -> None:
    assert routing_key("case.opened", None) == "sallyport.case.opened.none"
    assert routing_key("case.opened", "a.b c") == "sallyport.case.opened.a-b-c"


def test_the_envelope() -> None:
    data = CaseTold(severity="exception", test=False, case="c-1", cause="unreadable", about="t-1", state="open")
    event = cloud_event("case.opened", data, identifier="c-1.7", source="/s", subject="c-1", time=AT)
    assert msgspec.json.decode(write_event(event)) == {
        "specversion": "1.0",
        "id": "c-1.7",
        "source": "/s",
        "type": "sallyport.case.opened/1",
        "subject": "c-1",
        "time": "2026-10-01T09:30:00Z",
        "dataschema": "urn:sallyport:events:case:1",
        "datacontenttype": "application/json",
        "data": {
            "severity": "exception",
            "test": False,
            "case": "c-1",
            "cause": "unreadable",
            "about": "t-1",
            "state": "open",
        },
    }


def test_ids_tell_parts_and_lines_apart() -> None:
    found = [event_id(SUBJECT, 4711), event_id(SUBJECT, 4711, 1), event_id(SUBJECT, 4711, 2), event_id(SUBJECT, 471)]
    assert len(set(found)) == len(found) and all(each.startswith(SUBJECT) for each in found)


def test_references_are_bounded_and_each_is_named_once() -> None:
    many = [("container", f"ABCU{number}", f"ABCU {number}") for number in range(MOST_REFERENCES + 7)]
    named, left_out = bounded([*many, *many])
    assert (len(named), left_out) == (MOST_REFERENCES, 7)


@pytest.mark.parametrize("family", FAMILIES)
def test_schemas_say_what_they_are_and_let_fields_be_added(family: str) -> None:
    known = next(each for each in FAMILIES if each == family)
    schema = data_schema(known)
    assert schema["$id"] == f"urn:sallyport:events:{family}:{VERSIONS[known]}"
    assert "additionalProperties" not in msgspec.json.encode(schema).decode()


def test_the_code_keeps_to_the_committed_versions() -> None:
    broken = {name: [str(each) for each in found if not each.allowed] for name, found in event_changes().items()}
    assert {name: texts for name, texts in broken.items() if texts} == {}
