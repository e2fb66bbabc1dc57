"""The resolved agreement: its canonical text, reading it back, and the difference of two."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from partners import Agreement, diff, load, read_agreement

VECTORS = Path(__file__).parents[1] / "vectors" / "profiles"
VALID = sorted((VECTORS / "valid").glob("*.yaml"))


def agreements(*changes: tuple[str, str], vector: str = "merge-over-template") -> dict[str, Agreement]:
    text = (VECTORS / "valid" / f"{vector}.yaml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    base = VECTORS / "base"
    files = [(file.relative_to(base).as_posix(), file.read_bytes()) for file in base.rglob("*") if file.is_file()]
    result = load([*files, ("a.yaml", text.encode())])
    assert result.register is not None, result.faults
    return dict(result.register.agreements)


@pytest.mark.parametrize("vector", [path.stem for path in VALID])
def test_the_resolved_text_is_read_back(vector: str) -> None:
    """An auditor's copy gives the same agreement, the same text and the same hash."""
    for agreement in agreements(vector=vector).values():
        again = read_agreement(agreement.resolved)
        assert again == agreement
        assert again.resolved == agreement.resolved
        assert again.sha256 == agreement.sha256 == hashlib.sha256(agreement.resolved).hexdigest()


def test_the_text_is_canonical() -> None:
    """UTF-8 JSON with sorted keys, a line break at the end, and nothing that is absent."""
    text = agreements(vector="agreement-plain")["acme"].resolved.decode()
    assert json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True, indent=1) + "\n" == text
    assert "null" not in text
    assert text.endswith("}\n")


def test_bytes_of_another_day_keep_their_hash() -> None:
    """What was read back answers with the bytes it was read from, also when today's text would be another."""
    agreement = agreements()["acme"]
    old = json.dumps(json.loads(agreement.resolved)).encode()
    again = read_agreement(old)
    assert again.terms == agreement.terms
    assert again.resolved == old
    assert again.sha256 != agreement.sha256


@pytest.mark.parametrize(
    "text",
    [b"", b"{}", b"[]", b"null", b"\xff", b"{" * 10_000, b'{"format": "sallyport-agreement/2"}', b'"text"'],
)
def test_what_is_no_resolved_agreement(text: bytes) -> None:
    """It is said, with the place."""
    with pytest.raises(ValueError, match="not a resolved agreement"):
        read_agreement(text)


def test_differences_are_told_by_path() -> None:
    """One line for each value, and items of lists by their ids."""
    before = agreements()["acme"]
    after = agreements(
        ("budget: P1D", "budget: P2D"),
        ("status: test", "status: live"),
        ("      - id: order-in", "      - id: order-back"),
        ("      retry: {base: PT1M}", "      retry: {base: PT1M}\n      priority: urgent"),
    )["acme"]
    lines = diff(before, after)
    assert "~ terms.flows[order-out].retry.budget: P1D -> P2D" in lines
    assert "~ terms.status: test -> live" in lines
    assert "~ terms.flows[status-in].priority: normal -> urgent" in lines
    assert "- terms.flows[order-in].direction: in" in lines
    assert "+ terms.flows[order-back].direction: in" in lines
    assert diff(before, before) == []
    assert len(diff(after, before)) == len(lines)
    assert {line[0] for line in lines} == set("-+~")
