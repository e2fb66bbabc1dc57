"""Judging against Bots, which judges by grammars too: the same verdict, or a disagreement that is explained.

One good message of each of four types, and for each of its segments five variants: left out, doubled, with a first
element too long, with one element too many, with its first two elements exchanged. Bots gets our guides as grammars
and says which files have errors. ``tests/vectors/differences/bots.json`` gives the reason for each kind of variant on
which the two differ; one that is not listed fails, and so does one that is listed and no longer occurs.

Bots is GPL and runs as a program of its own, in its own environment.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.edi import GUIDES
from benchmarks.edi_files import Family, generated
from benchmarks.peers import errors_by_bots
from gateway.catalogue import Catalogue
from gateway.judging import guide_of_standard
from tests.services.running import Missing, skip_or_fail
from translators.judgement import judge
from translators.reading import read

REASONS = Path(__file__).parents[1] / "vectors" / "differences" / "bots.json"
CATALOGUE = Catalogue()


def samples(family: Family) -> Iterator[tuple[str, list[str]]]:
    """The first message of each type in the benchmarks' file: its type, and its segments without header and trailer."""
    reading = read(generated(family, 6_000))
    seen = set()
    for message in reading.interchanges[0].messages:
        if message.kind.type not in seen:
            seen.add(message.kind.type)
            yield message.kind.type, [segment.raw.decode("ascii") for segment in message.segments[1:-1]]


def variants(family: Family, segments: list[str]) -> Iterator[tuple[str, list[str]]]:
    """(what was done to which segment, the segments)."""
    separator = "+" if family == "edifact" else "*"
    yield "nothing", segments
    done = set()
    for at, segment in enumerate(segments):
        tag, *elements = segment.split(separator)
        if tag in done or not elements:
            continue
        done.add(tag)
        before, behind = segments[:at], segments[at + 1 :]
        yield f"{tag} left out", [*before, *behind]
        yield f"{tag} doubled", [*before, segment, segment, *behind]
        yield f"{tag} too long", [*before, separator.join([tag, elements[0] + "A" * 600, *elements[1:]]), *behind]
        yield f"{tag} too many", [*before, separator.join([segment, *[""] * 30, "X"]), *behind]
        if len(elements) > 1:
            yield f"{tag} exchanged", [*before, separator.join([tag, elements[1], elements[0], *elements[2:]]), *behind]


def interchange(family: Family, kind: str, segments: list[str]) -> bytes:
    count = len(segments) + 2
    if family == "edifact":
        lines = ["UNB+UNOC:3+SENDER:14+RECEIVER:14+261001:0915+1", f"UNH+1+{kind}:D:96A:UN", *segments]
        return "".join(f"{line}'" for line in [*lines, f"UNT+{count}+1", "UNZ+1+1"]).encode("ascii")
    isa = "ISA*00*          *00*          *02*PRFT           *ZZ*MERIDIAN       *261001*0930*U*00401*000000001*0*P*>"
    group = {"214": "QM", "856": "SH"}[kind]
    lines = [isa, f"GS*{group}*PRFT*MERIDIAN*20261001*0930*1*X*004010", f"ST*{kind}*0001", *segments]
    return "".join(f"{line}~" for line in [*lines, f"SE*{count}*0001", "GE*1*1", "IEA*1*000000001"]).encode("ascii")


def ours(data: bytes) -> bool:
    reading = read(data)
    return judge(reading.interchanges[0], reading.source, guide_of_standard(CATALOGUE, reading.source)).accepted


@pytest.mark.parametrize("family", GUIDES)
def test_every_other_verdict_is_explained(family: Family, tmp_path: Path) -> None:
    cases = {
        f"{kind}: {what}": interchange(family, kind, segments)
        for kind, sample in samples(family)
        for what, segments in variants(family, sample)
    }
    files = []
    for number, data in enumerate(cases.values()):
        files.append(tmp_path / f"{number:03d}.edi")
        files[-1].write_bytes(data)
    guides = [guide for name in GUIDES[family] if (guide := CATALOGUE.guide(name)) is not None]
    try:
        found = errors_by_bots(files, guides, tmp_path / "bots")
    except Missing as reason:
        skip_or_fail(reason)
    different = {
        f"{name}; we {'accept' if ours(data) else 'reject'}"
        for (name, data), errors in zip(cases.items(), found, strict=True)
        if ours(data) is bool(errors)
    }
    explained = {case: reason for reason, listed in json.loads(REASONS.read_bytes())[family].items() for case in listed}
    assert different == set(explained)
    assert len(cases) > 80
