"""What partners announce, as people read it."""

from __future__ import annotations

import pytest

from as2.features import shown


@pytest.mark.parametrize(
    ("announced", "text"),
    [
        ((), ""),
        (("as2-reliability", "cem", "multiple-attachments"), "AS2-Reliability, CEM, multiple-attachments"),
        (("restart", "Cem"), "CEM, restart"),
    ],
)
def test_features_for_people(announced: tuple[str, ...], text: str) -> None:
    assert shown(announced) == text
