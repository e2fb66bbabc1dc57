"""A few of the places at which a connection can be cut, in both roles; all of them are ``make faults-cuts``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gateway.channels.as2.every_offset import SWEEPS, WAYS, Role, cuts, places
from tests.gateway.channels.as2.wire import Cut, How


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("role", ["sender", "receiver"])
def test_nothing_is_lost_and_nothing_doubled(tmp_path: Path, role: Role, how: How) -> None:
    figures = SWEEPS[role](tmp_path / "home", how, 677)
    assert (figures.lost, figures.doubled) == (0, 0), figures
    # Places before the message was there, and places where only the answer was lost: else the sweep shows nothing.
    assert 4 <= figures.taken <= figures.points - 4, figures


def test_every_place_is_among_them() -> None:
    found = cuts(5, 4, "end", 1)
    assert [each.after for each in found if each.direction == "request"] == [0, 1, 2, 3, 4, 5]
    assert [each.after for each in found if each.direction == "answer"] == [0, 1, 2, 3]
    assert places(1000, 400) == [0, 400, 800, 999, 1000]
    assert sorted(each for part in (1, 2, 3) for each in cuts(5, 4, "end", 1, (part, 3))) == sorted(found)
    assert found[0] == Cut("request", 0, "end")
