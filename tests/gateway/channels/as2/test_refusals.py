"""How many refused messages are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.channels.as2 import refusals
from gateway.channels.as2.refusals import Allowance

AT = datetime(2026, 12, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_so_many_and_then_how_many_more() -> None:
    allowance = Allowance(2, MINUTE)
    assert [allowance.beyond("acme", AT) for _ in range(4)] == [0, 0, 1, 2]


def test_each_name_has_its_own() -> None:
    allowance = Allowance(1, MINUTE)
    assert [allowance.beyond(name, AT) for name in ("a", "b", "a", "b")] == [0, 0, 1, 1]


def test_a_new_stretch_begins_when_the_old_one_is_over() -> None:
    allowance = Allowance(1, MINUTE)
    moments = [AT, AT + MINUTE - timedelta(microseconds=1), AT + MINUTE, AT + MINUTE]
    assert [allowance.beyond("a", at) for at in moments] == [0, 1, 0, 1]


def test_the_names_that_others_make_up_are_not_remembered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "NAMES", 3)
    allowance = Allowance(1, MINUTE)
    for name in ("a", "b", "c", "a", "d"):
        allowance.beyond(name, AT)
    # The one that was not used for longest is forgotten: `b`, since `a` came again.
    assert [allowance.beyond(name, AT) for name in ("a", "c", "d", "b")] == [2, 1, 1, 0]
