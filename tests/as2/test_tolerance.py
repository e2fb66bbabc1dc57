"""The registry of oddities and the tree of faults are complete and say something."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from as2 import fault
from as2.fault import As2Fault, DispositionCode
from as2.tolerance import TOLERANCES, Tolerance, ToleranceId


def test_every_id_has_its_entry_in_the_same_order() -> None:
    assert tuple(TOLERANCES) == get_args(ToleranceId)


@pytest.mark.parametrize("entry", TOLERANCES.values(), ids=lambda entry: entry.id)
def test_an_entry_says_what_was_seen_and_what_to_change(entry: Tolerance) -> None:
    assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", entry.id)
    for sentence in (entry.seen, entry.change):
        assert re.fullmatch(r"(?:[A-Z]|multipart/|micalg ).*[.]", sentence)
        assert not re.search(r"\s\s|\n", sentence)
    assert entry.seen != entry.change


def kinds(of: type[As2Fault]) -> list[type[As2Fault]]:
    return [of, *(kind for child in of.__subclasses__() for kind in kinds(child))]


@pytest.mark.parametrize("kind", kinds(As2Fault))
def test_a_fault_is_answered_as_its_kind_or_as_it_says_itself(kind: type[As2Fault]) -> None:
    assert kind.answer in get_args(DispositionCode)
    assert kind("a-cause", "text").disposition == kind.answer
    assert kind("a-cause", "text", disposition="invalid-message-id").disposition == "invalid-message-id"
    assert (str(kind("a-cause", "text")), kind("a-cause", "text").cause) == ("text", "a-cause")
    assert kind.__module__ != fault.__name__ or kind.__name__ in (fault.__doc__ or "")
