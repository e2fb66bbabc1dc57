"""Under which names a guide is looked for, what a crooked version means, and which version is near."""

from __future__ import annotations

import pytest

from translators.lookup import guide_names, meant_version, nearest_version
from translators.syntax import MessageKind


def test_the_association_comes_first() -> None:
    orders = MessageKind(type="ORDERS", version="D.96A", agency="UN", association="EAN008")
    assert guide_names("edifact", orders) == ["edifact/D.96A-EAN008/ORDERS", "edifact/D.96A/ORDERS"]
    claim = MessageKind(type="837", version="005010", agency="X", association="X222A1")
    assert guide_names("x12", claim) == ["x12/005010X222A1/837", "x12/005010/837"]
    assert guide_names("x12", MessageKind(type="214", version="004010")) == ["x12/004010/214"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("96A", "D.96A"),
        ("0.96A", "D.96A"),
        ("d.96a", "D.96A"),
        ("D.96a", "D.96A"),
        ("D96A", "D.96A"),
        (" D.96A ", "D.96A"),
        ("D.96A", None),
        ("S.93A", None),
        ("1.911", None),
        ("D.96", None),
        ("", None),
    ],
)
def test_what_a_crooked_version_means(written: str, meant: str | None) -> None:
    assert meant_version("edifact", written) == meant
    assert meant_version("x12", written) is None


def test_the_nearest_version() -> None:
    there = ["D.93A", "D.96A", "D.96B", "D.01B", "D.21B"]
    assert nearest_version("D.97A", there) == "D.96B"
    assert nearest_version("D.00A", there) == "D.01B"
    assert nearest_version("D.99B", there) == "D.01B"
    assert nearest_version("D.30A", there) == "D.21B"
    assert nearest_version("004050", ["003060", "004010", "005010"]) == "004010"
    assert nearest_version("whatever", ["004010"]) == "004010"
    assert nearest_version("D.96A", []) is None
