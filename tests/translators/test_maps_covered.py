"""The laws of every map that ships, over messages made from the map itself (see ``map_messages``).

1. What a map reads of a message, it writes: canonical -> message -> canonical is the identity.
2. message -> canonical -> message keeps what the map covers: the second message is the first that was written.
3. What is written is valid under the guide.
"""

from __future__ import annotations

from datetime import date, datetime
from random import Random
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests.translators.map_messages import covered_message
from tests.translators.maps_at_hand import NAMES, shipped_map
from tests.translators.shipped import SHELF
from translators.canonical import Canonical, write_canonical
from translators.mapping import Context, from_canonical, to_canonical
from translators.syntax import MessageKind
from translators.tree import Node
from translators.validation import validate_tree

CONTEXT = Context(zone=ZoneInfo("Europe/Brussels"), on=date(2026, 10, 1))
MESSAGES = 30


def told(document: Canonical | None) -> object:
    """What a document says: instants, not the texts they were told in, and places whatever their order.

    A message that tells the places of a shipment again for each of its containers (322) has no order for them.
    """

    def bare(value: object) -> object:
        if isinstance(value, dict) and "at" in value and "precision" in value:
            return datetime.fromisoformat(value["at"]), value["precision"]
        if isinstance(value, dict):
            told = {key: bare(inner) for key, inner in value.items()}
            places = told.get("locations")
            return told | {"locations": sorted(places, key=str)} if isinstance(places, list) else told
        return [bare(inner) for inner in value] if isinstance(value, list) else value

    assert document is not None
    return bare(msgspec.json.decode(write_canonical(document)))


@pytest.mark.parametrize("name", NAMES)
def test_what_a_map_reads_it_writes(name: str) -> None:
    rules = shipped_map(name)
    guide = SHELF.guide(rules.guide)
    assert guide is not None
    kind = MessageKind(type=rules.type, version=rules.guide.split("/")[1])
    read = 0
    for seed in range(MESSAGES):
        first = to_canonical(covered_message(Random(seed), rules, guide), rules, CONTEXT)  # noqa: S311
        if first.document is None:
            continue
        read += 1
        built = from_canonical(first.document, rules, CONTEXT)
        assert built.findings == [], seed
        assert validate_tree(kind, "1", built.body, guide) == [], seed
        second = to_canonical(Node(name=rules.type, group=True, children=list(built.body)), rules, CONTEXT)
        assert told(second.document) == told(first.document), seed
        assert second.document is not None
        assert from_canonical(second.document, rules, CONTEXT).body == built.body, seed
    assert read >= MESSAGES // 5
