"""Acknowledgments of every kind, on terms, from whole files: vectors in ``tests/vectors/acks/terms``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests.services.peers import envelope_errors_by_pyx12
from tests.services.running import Missing, skip_or_fail
from tests.translators.shipped import SHELF
from translators.answers import Answer, read_answers
from translators.aperak import aperaks
from translators.application import application_verdicts
from translators.application_advice import application_advices
from translators.contrl import contrl
from translators.envelope import Envelope, Outgoing
from translators.finding import Finding, Where
from translators.functional import functional_acknowledgments
from translators.guide import Guide
from translators.judgement import Judgement, judge
from translators.map_context import Context
from translators.mapping import to_canonical
from translators.maps import Map, read_map
from translators.reading import read
from translators.syntax import Address, Group, Interchange, Message
from translators.ta1 import ta1
from translators.terms import Terms
from translators.tree import Node
from translators.validation import validate_tree
from translators.writing import write

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "tests" / "vectors" / "acks" / "terms"
FILES = sorted(VECTORS.glob("*.edi"))
AT = datetime(2026, 11, 3, 9, 20, tzinfo=UTC)


@cache
def map_of(name: str) -> Map | None:
    file = ROOT / "profiles" / "maps" / f"{name}.yaml"
    return read_map(name, file.read_bytes()) if file.is_file() else None


def described(file: Path) -> dict[str, Any]:
    described: dict[str, Any] = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    return described


def terms(vector: dict[str, Any]) -> Terms:
    return msgspec.convert(vector.get("terms", {}), Terms)


def judged(file: Path, vector: dict[str, Any]) -> list[Judgement]:
    reading = read(file.read_bytes())

    def guide_for(interchange: Interchange, group: Group, message: Message) -> Guide | Finding:
        name = f"{interchange.syntax}/{message.kind.version}/{message.kind.type}"
        layers = [(layer, json.dumps(content).encode()) for layer, content in vector.get("layers", {}).get(name, [])]
        guide = SHELF.guide(name, layers)
        assert guide is not None, name
        return guide

    judgements = [judge(interchange, reading.source, guide_for) for interchange in reading.interchanges]
    for each in (message for judgement in judgements for message in judgement.messages):
        map_ = map_of(each.guide or "") if vector.get("map") else None
        if map_ is not None and each.accepted and each.tree is not None:
            context = Context(zone=ZoneInfo("UTC"), on=AT.date(), where=Where(message=each.message.reference))
            each.findings.extend(to_canonical(each.tree, map_, context).findings)
    return judgements


def answered(judgement: Judgement, vector: dict[str, Any]) -> tuple[list[Node], list[Outgoing]]:
    """The TA1, and the messages that answer."""
    agreed = terms(vector)
    match vector["kind"]:
        case "contrl":
            made = contrl(judgement, terms=agreed)
            return [], [made] if made is not None else []
        case "ta1":
            node = ta1(judgement, agreed)
            return [node] if node is not None else [], []
        case "997" | "999" as kind:
            return [], functional_acknowledgments(judgement, terms=agreed, kind=kind)
        case _:
            verdicts = application_verdicts(judgement, agreed, only_errors=vector.get("only_errors", False))
            write_all = aperaks if vector["kind"] == "aperak" else application_advices
            return [], write_all(judgement, verdicts, AT, terms=agreed)


def sent(judgement: Judgement, vector: dict[str, Any]) -> bytes:
    """The answer in an envelope of nobody's, a segment a line."""
    envelope, messages = answered(judgement, vector)
    interchange = judgement.interchange
    edifact = interchange.syntax == "edifact"
    charset = interchange.version.partition(":")[0]
    if not envelope and not messages:
        return b""
    written = write(
        Envelope(
            syntax="edifact" if edifact else "x12",
            sender=Address(id="ALBATROS", qualifier="ZZ"),
            receiver=Address(id="PARTNER", qualifier="ZZ"),
            control_number="000000077",
            at=AT,
            charset=charset if charset.startswith("UNO") else "UNOC",
        ),
        messages,
        envelope,
    )
    assert [finding.text for finding in written.findings if finding.fatal] == []
    return written.data


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_vector_gets_its_answer(file: Path) -> None:
    vector = described(file)
    told = [sent(judgement, vector) for judgement in judged(file, vector)]
    terminator = "'" if vector["kind"] in ("contrl", "aperak") else "~"
    text = "\n".join(each.decode("latin-1").replace(terminator, f"{terminator}\n") for each in told)
    assert text == file.with_suffix(".txt").read_text(encoding="utf-8")


def test_no_vector_is_left_over() -> None:
    assert {file.stem for file in VECTORS.glob("*.txt")} == {file.stem for file in FILES}
    assert {file.stem for file in VECTORS.glob("*.json")} == {file.stem for file in FILES}
    bad = sum(file.stem.startswith("bad-") for file in FILES)
    assert bad * 2 >= len(FILES) > 40


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_only_bad_vectors_are_rejected(file: Path) -> None:
    judgements = judged(file, described(file))
    accepted = bool(judgements) and all(judgement.accepted for judgement in judgements)
    assert accepted == (not file.stem.startswith("bad-"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_we_answer_satisfies_our_own_guides(file: Path) -> None:
    vector = described(file)
    for judgement in judged(file, vector):
        for message in answered(judgement, vector)[1]:
            kind = message.kind
            guide = SHELF.guide(f"{judgement.interchange.syntax}/{kind.version}/{kind.type}")
            assert guide is not None, kind
            wrong = validate_tree(kind, message.reference, message.body, guide)
            # The list of the base standard has no I5; a 999 that keeps to a guide has.
            assert [one for one in wrong if not (kind.association and one.value == "I5")] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_we_answer_is_read_back_as_it_was_meant(file: Path) -> None:
    vector = described(file)
    for judgement in judged(file, vector):
        data = sent(judgement, vector)
        statements = _statements(data) if data else []
        if vector["kind"] == "ta1":
            assert [one.verdict for one in statements] == ["rejected" if judgement.rejected else "accepted"]
        elif terms(vector).receipt_only:
            assert [one.verdict for one in statements] == ["rejected" if judgement.rejected else "received"]
        elif vector["kind"] in ("aperak", "824"):
            of_messages = [one.verdict != "rejected" for one in statements]
            meant = [each.accepted for each in judgement.messages]
            assert of_messages == [each for each in meant if not (each and vector.get("only_errors"))]
        else:
            for each in judgement.messages:
                about = [one for one in statements if one.message_reference in ("", each.message.reference)]
                assert (about[-1].verdict != "rejected") == each.accepted


def _statements(data: bytes) -> list[Answer]:
    (back,) = read(data).interchanges
    statements, findings = read_answers(back)
    assert findings == []
    return statements


def test_pyx12_finds_our_envelopes_and_counts_in_order(tmp_path: Path) -> None:
    """Its grammars of 997 and 999 reject every file, its own included; what it says of envelopes can be relied on."""
    files = []
    for file in FILES:
        vector = described(file)
        if vector["kind"] in ("997", "999", "824"):
            for number, judgement in enumerate(judged(file, vector)):
                files.append(tmp_path / f"{file.stem}-{number}.x12")
                files[-1].write_bytes(sent(judgement, vector))
    try:
        found = envelope_errors_by_pyx12(files)
    except Missing as reason:
        skip_or_fail(reason)
    assert dict(zip([file.stem for file in files], found, strict=True)) == {file.stem: [] for file in files}
