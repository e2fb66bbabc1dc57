"""The law of the fast yes: what a recogniser accepts, the exact checks and the reader find nothing in.

And its use: it accepts the faultless messages that people send, whatever their guide and dialect.
"""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.translators.messages import EDIFACT, EDIFACT_4, ODD, ODDER, X12, X12_5, as_message, faultless, mutated
from tests.translators.messages import notation as notation_of
from tests.translators.shipped import SHELF, VERSIONS, load
from translators.contents import check_segment
from translators.elements import ComponentSpec, ElementSpec, Notation, SegmentSpec
from translators.finding import Finding, Where
from translators.grammar import Guide, Place
from translators.reading import read
from translators.recogniser import KEPT, Recogniser, Recognisers
from translators.shelf import Shelf
from translators.syntax import Dialect, Segment, Source
from translators.validation import validate

DIALECTS: dict[str, list[tuple[Dialect, int]]] = {
    "edifact": [(EDIFACT, 3), (EDIFACT_4, 4), (ODD, 2), (ODDER, 4)],
    "x12": [(X12, 3), (X12_5, 3)],
}
EXACT = Shelf(load)
"""Guides that never get a recogniser."""
DIRECTORIES = [(version, SHELF.directory(version)) for version in VERSIONS]
NAMES = sorted(f"{version}/{kind}" for version, found in DIRECTORIES if found is not None for kind in found.messages)
SWEPT = [
    "edifact/D.96A/IFTSTA", "edifact/D.96A/IFTMIN", "edifact/D.96A/APERAK", "edifact/D.96A/DESADV",
    "edifact/4.1/CONTRL", "edifact/D.3/CONTRL", "x12/004010/204", "x12/004010/214", "x12/004010/856",
    "x12/004010/990", "x12/004010/997",
]  # fmt: skip
NOWHERE = Source(b"")
NEVER = 10**18
"""More than any test reads: a guide stays on the exact path."""


def exact(name: str) -> Guide:
    guide = EXACT.guide(name)
    assert guide is not None
    guide.recognisers = Recognisers(guide, worth=NEVER)
    return guide


@cache
def whole(name: str, dialect: Dialect, version: int) -> Recogniser:
    """The recogniser of everything a shipped guide has."""
    guide = exact(name)
    return Recogniser(guide, dialect, notation_of(guide, dialect, version))


def findings(raw: bytes, guide: Guide, dialect: Dialect, version: int) -> list[Finding]:
    """What the exact checks find."""
    return validate(as_message(raw, guide, dialect), guide, NOWHERE, Where(), syntax_version=version).findings


def interchange(raw: bytes, guide: Guide) -> bytes | None:
    """An interchange around a message in one of the usual dialects, for the reader."""
    if guide.standard == "edifact":
        return b"UNB+UNOC:3+A+B+261103:0915+1'" + raw + b"UNZ+1+1'"
    isa = b"ISA*00*          *00*          *ZZ*A              *ZZ*B              *261103*0915*U*00401*000000001*0*P*>~"
    return isa + b"GS*QM*AA*BB*20261103*0915*1*X*004010~" + raw + b"GE*1*1~IEA*1*000000001~"


def assert_the_law(raw: bytes, recogniser: Recogniser, guide: Guide, dialect: Dialect, version: int) -> bool:
    """Whether ``raw`` was accepted; fails when something is wrong with it all the same."""
    if not recogniser.accepts(raw):
        return False
    found = findings(raw, guide, dialect, version)
    assert found == [], (raw, [(each.text, each.where.path) for each in found])
    if dialect in (EDIFACT, X12):
        reading = read(interchange(raw, guide) or b"")
        (message,) = reading.interchanges[0].messages
        left = [each for each in message.findings if each.layer != "envelope" and each.severity != "note"]
        # What the envelope's own checks say of counts and references is theirs.
        assert left == [], (raw, left)
    return True


def cases(names: list[str]) -> list[tuple[str, Dialect, int]]:
    """Each guide in the usual dialect and in one of the others, which take turns."""
    found = []
    for number, name in enumerate(names):
        usual, *others = DIALECTS[name.partition("/")[0]]
        found += [(name, *usual), (name, *others[number % len(others)])]
    return found


@pytest.mark.parametrize(("name", "dialect", "version"), cases([name for name in SWEPT if name in NAMES]))
def test_the_law_holds_for_mutants_and_the_faultless_are_accepted(name: str, dialect: Dialect, version: int) -> None:
    guide = exact(name)
    recogniser = whole(name, dialect, version)
    rng = Random(f"{name} {version}")  # noqa: S311 - the same messages every time
    good = accepted = mutants = size = 0
    while size < 4_000:
        raw = faultless(rng, guide, dialect, version, b"\r\n" if dialect.terminator != b"\n" else b"")
        if findings(raw, guide, dialect, version):
            continue
        good, size = good + 1, size + len(raw)
        accepted += assert_the_law(raw, recogniser, guide, dialect, version)
        for _ in range(25):
            mutants += assert_the_law(mutated(rng, raw, dialect), recogniser, guide, dialect, version)
    assert good
    # Periods of clock times with zones and other rare forms are left to the exact checks.
    assert accepted >= good - max(1, good // 10), (accepted, good)
    assert mutants, "some mutants are still right, and are accepted"


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.sampled_from(NAMES), which=st.integers(0, 3), rng=st.randoms(use_true_random=True))
def test_the_law_holds_for_every_shipped_guide(name: str, which: int, rng: Random) -> None:
    guide = exact(name)
    dialects = DIALECTS[guide.standard]
    dialect, version = dialects[which % len(dialects)]
    raw = faultless(rng, guide, dialect, version)
    tags = {segment.tag.encode() for segment in as_message(raw, guide, dialect).segments}
    recogniser = Recogniser(guide, dialect, notation_of(guide, dialect, version), tags)
    assert_the_law(raw, recogniser, guide, dialect, version)
    for _ in range(25):
        assert_the_law(mutated(rng, raw, dialect), recogniser, guide, dialect, version)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rng=st.randoms(use_true_random=True), which=st.integers(0, 1), name=st.sampled_from(["IFTSTA", "IFTMIN"]))
def test_the_law_holds_for_single_segments(rng: Random, which: int, name: str) -> None:
    guide = exact(f"edifact/D.96A/{name}")
    dialect, version = DIALECTS["edifact"][which]
    words = notation_of(guide, dialect, version)
    recogniser = whole(guide.name, dialect, version)
    specs = {place.name: place.spec(version) for place in guide.root.walk() if not place.group}
    raw = faultless(rng, guide, dialect, version)
    for each in (raw, *(mutated(rng, raw, dialect) for _ in range(10))):
        for segment in as_message(each, guide, dialect).segments:
            spec = specs.get(segment.tag)
            if spec is not None and recogniser.fits(spec, segment.raw):
                assert check_segment(spec, segment.elements, words) == [], segment.raw


def assert_nothing_is_doubted_in_vain(
    raw: bytes, recogniser: Recogniser, guide: Guide, dialect: Dialect, version: int
) -> int:
    """The law of the doubtful: in no other segment do the exact checks find anything, at whichever place of its tag.

    Returns how many segments were not doubted.
    """
    words = notation_of(guide, dialect, version)
    segments = as_message(raw, guide, dialect).segments
    certain = set(range(len(segments))) - set(recogniser.doubtful(segments))
    for index in certain:
        segment = segments[index]
        for place in guide.root.walk():
            spec = None if place.group or place.name != segment.tag else place.spec(version)
            if spec is not None:
                found = [fault for fault in check_segment(spec, segment.elements, words) if fault.code not in READERS]
                assert found == [], (segment.raw, place.path, found)
    return len(certain)


READERS = {"character-invalid", "trailing-separator", "repetition-empty"}
"""What is left to the reader."""


@pytest.mark.parametrize(("name", "dialect", "version"), cases([name for name in SWEPT if name in NAMES]))
def test_only_doubtful_segments_have_faults(name: str, dialect: Dialect, version: int) -> None:
    guide = exact(name)
    recogniser = whole(name, dialect, version)
    rng = Random(f"doubtful {name} {version}")  # noqa: S311 - the same messages every time
    certain = segments = size = 0
    while size < 2_000:
        raw = faultless(rng, guide, dialect, version)
        size += len(raw)
        segments += raw.count(dialect.terminator)
        certain += assert_nothing_is_doubted_in_vain(raw, recogniser, guide, dialect, version)
        for _ in range(12):
            assert_nothing_is_doubted_in_vain(mutated(rng, raw, dialect), recogniser, guide, dialect, version)
    assert certain > segments // 3, "and most of the others are not doubted"


def test_what_cannot_be_told_apart_again_is_doubted() -> None:
    recogniser = whole("edifact/D.96A/IFTSTA", EDIFACT, 3)
    segments = as_message(MESSAGE, exact("edifact/D.96A/IFTSTA"), EDIFACT).segments
    assert recogniser.doubtful(segments) == []
    for raw in (b"CNI+1'CNI+2", b"CNI+\0"):
        changed = [*segments[:2], Segment("CNI", raw, 0, 3, EDIFACT), *segments[3:]]
        assert list(recogniser.doubtful(changed)) == [0, 1, 2, 3, 4]
    changed = [*segments[:2], Segment("CNI", b"CNI+X", 0, 3, EDIFACT), *segments[3:]]
    assert recogniser.doubtful(changed) == [2]


# One value at a time, at its bounds.

GOOD, BAD, LEFT = True, False, None
"""Recognised; wrong; and right, but left to the exact checks."""

VALUES = [
    ("DTM+137:20260228:102", GOOD), ("DTM+137:20260229:102", BAD), ("DTM+137:20240229:102", GOOD),
    ("DTM+137:20260431:102", BAD), ("DTM+137:00000101:102", BAD), ("DTM+137:202602282359:203", GOOD),
    ("DTM+137:202602282400:203", BAD), ("DTM+137:20260228:203", BAD), ("DTM+137:202602282359:102", BAD),
    ("DTM+137:20260228-20260301:718", GOOD), ("DTM+137:2026022820260301:718", GOOD), ("DTM+137:20260228", GOOD),
    ("DTM+137::102", GOOD), ("DTM+137:20260228:ZZZ", BAD), ("DTM+137:20260228:102:", BAD),
    ("DTM+137:20260228:102+", BAD),
    ("DTM+137: :102", BAD), ("DTM", BAD), ("DTM+", BAD), ("DTM+:20260228:102", BAD), ("DTM+1374:20260228:102", BAD),
    ("NAD+CA+5412345000013::9", GOOD), ("NAD+CA+" + "A" * 35 + "::9", GOOD), ("NAD+CA+" + "A" * 36 + "::9", BAD),
    ("NAD+CA+" + "?+" * 35 + "::9", GOOD), ("NAD+CA+" + "?+" * 36 + "::9", BAD), ("NAD+CA+A?B::9", BAD),
    ("NAD+QQQ", BAD), ("NAD+CA", GOOD), ("NAD+CA+++A?'B", GOOD), ("NAD+CA+++A\nB", BAD), ("NAD+CA+++A\x00B", BAD),
    ("NAD+ca", BAD), ("NAD+CA ", LEFT), ("NAD+CA+ ", LEFT), ("NAD+CA+:::", BAD), ("NAD*CA", BAD),
    ("LOC+5+BEANR:139:6:Antwerpen", GOOD), ("LOC+5+BEANR:139:6:" + "A" * 70, GOOD),
    ("LOC+5+BEANR:139:6:" + "A" * 71, BAD),
    ("CNT+7:12.5", GOOD), ("CNT+7:12,5", BAD), ("CNT+7:12.", BAD), ("CNT+7:.5", BAD), ("CNT+7:-12", GOOD),
    ("CNT+7:--12", BAD), ("CNT+7:" + "9" * 18, GOOD), ("CNT+7:" + "9" * 19, BAD), ("CNT+7:" + "9" * 17 + ".9", GOOD),
    ("CNT+7:" + "9" * 18 + ".9", BAD), ("CNT+7:1A", BAD), ("CNT+7:?1", BAD),
]  # fmt: skip


@pytest.mark.parametrize(("text", "good"), VALUES)
def test_values_at_their_bounds(text: str, good: bool | None) -> None:
    guide = exact("edifact/D.96A/IFTSTA")
    spec = next(place.segment for place in guide.root.walk() if place.name == text[:3] and not place.group)
    assert spec is not None
    segment = as_message(text.encode() + b"'", guide, EDIFACT).segments[0]
    if "\n" not in text and "\0" not in text and "?" not in text:
        assert bool(check_segment(spec, segment.elements, Notation("edifact"))) is (good is BAD), "the row is right"
    assert whole(guide.name, EDIFACT, 3).fits(spec, text.encode()) is bool(good)


RELATED = [
    ("N4*CHICAGO*IL*60611*US", GOOD), ("N1*SH*MERIDIAN", GOOD), ("N1*SH", BAD), ("N1*SH**93*12", GOOD),
    ("N1*SH**93", BAD), ("N1*SH***1", BAD), ("N1*SH*MERIDIAN*93", BAD), ("N1*SH*MERIDIAN*93*12", GOOD),
    ("L11*4*QN", GOOD), ("L11*4", BAD), ("L11***TEXT", GOOD), ("AT7*X3*NS***20261001*0905*CT", GOOD),
    ("AT7***AA*NA*20261001*0905", GOOD), ("AT7*X3*NS*AA*NA*20261001", BAD), ("AT7*X3****20261001", BAD),
    ("AT7*X3*NS****0905", BAD), ("AT7*X3*NS***20261301*0905", BAD), ("AT7*X3*NS***20261001*2460", BAD),
]  # fmt: skip


@pytest.mark.parametrize(("text", "good"), RELATED)
def test_elements_that_ask_for_each_other(text: str, good: bool) -> None:
    guide = exact("x12/004010/214")
    tag = text.partition("*")[0]
    spec = next(place.segment for place in guide.root.walk() if place.name == tag and not place.group)
    assert spec is not None
    words = Notation("x12", 3, ".")
    segment = as_message(text.encode() + b"~", guide, X12).segments[0]
    assert (check_segment(spec, segment.elements, words) == []) is good, "the row itself is right"
    assert whole(guide.name, X12, 3).fits(spec, text.encode()) is good


# What is written, and what is not.


def test_every_construct_of_a_guide_is_known() -> None:
    """A new field may mean a new rule: teach it to the recogniser, or let it decline, and then add the field here."""
    assert set(ComponentSpec.__struct_fields__) == {
        "ref", "name", "required", "representation", "codes", "used", "pattern", "layers",
    }  # fmt: skip
    assert set(ElementSpec.__struct_fields__) == {
        "ref", "name", "required", "maximum", "composite", "components", "relations", "used", "least", "layers",
    }  # fmt: skip
    assert set(SegmentSpec.__struct_fields__) == {"tag", "name", "elements", "relations"}
    assert set(Place.__slots__) == {
        "children", "group", "index", "layers", "maximum", "minimum", "name", "parent", "path", "plain", "qualifier",
        "routes", "segment", "service", "split", "title", "used", "variant", "variants",
    }  # fmt: skip
    guide = exact("edifact/D.96A/IFTSTA")
    assert set(vars(guide)) == {
        "bounded", "choosy", "conditions", "counted", "directory", "first", "hierarchy", "layers", "name",
        "recognisers", "root", "severities", "standard", "tags", "title", "type", "version",
    }  # fmt: skip


def layered(*changes: object, name: str = "IFTSTA") -> Guide:
    full = f"edifact/D.96A/{name}"
    data = msgspec.json.encode({"guide": full, "changes": changes})
    guide = Shelf(load).guide(full, [("partner", data)])
    assert guide is not None
    return guide


LAYERS: list[tuple[list[dict[str, object]], bytes, bytes]] = [
    ([{"set": "codes", "at": "SG1/NAD/1", "only": ["CA"]}], b"NAD+CA", b"NAD+CZ"),
    ([{"set": "codes", "at": "BGM/1.1", "only": ["XYZ"]}], b"BGM+XYZ", b"BGM+23"),
    ([{"set": "length", "at": "BGM/2", "max": 3}], b"BGM+23+ABC", b"BGM+23+ABCD"),
    ([{"set": "usage", "at": "BGM/2", "usage": "required"}], b"BGM+23+ABC", b"BGM+23"),
    ([{"set": "usage", "at": "BGM/2", "usage": "unused"}], b"BGM+23", b"BGM+23+ABC"),
    ([{"set": "usage", "at": "DTM", "usage": "unused"}], b"BGM+23", b"DTM+137:20260228:102"),
]


@pytest.mark.parametrize(("changes", "good", "bad"), LAYERS)
def test_layers_bind(changes: list[dict[str, object]], good: bytes, bad: bytes) -> None:
    guide = layered(*changes)
    recogniser = Recogniser(guide, EDIFACT, Notation("edifact", 3, "."))
    rows = {b"BGM": b"BGM+23", b"DTM": b"", b"NAD": b""}
    for row, expected in ((good, GOOD), (bad, BAD)):
        middle = {**rows, b"BGM": good if good[:3] == b"BGM" else b"BGM+23", row[:3]: row}
        body = b"".join(each + b"'" for each in middle.values() if each)
        raw = b"UNH+1+IFTSTA:D:96A:UN'" + body + b"CNI+1'STS+1+24'UNT+5+1'"
        assert recogniser.accepts(raw) is expected, raw
        assert (findings(raw, guide, EDIFACT, 3) == []) is expected


SPLIT = {
    "set": "variants",
    "at": "SG1",
    "by": "1",
    "variants": [{"name": "CA", "max": 1}, {"name": "SH", "values": ["CZ", "SH"]}],
}


@pytest.mark.parametrize("changes", [[], [SPLIT], *(changes for changes, _, _ in LAYERS)])
def test_a_recogniser_changes_how_fast_the_findings_are_there_and_nothing_else(
    changes: list[dict[str, object]],
) -> None:
    """Also of guides in which no message is recognised whole, such as those with variants."""
    guide, rng = layered(*changes), Random(len(repr(changes)))  # noqa: S311 - the same messages every time
    recognised, found = Recognisers(guide, worth=1), 0
    compiled = Recogniser(guide, EDIFACT, Notation("edifact", 3, "."))
    recognised._look_up(EDIFACT, 3).recogniser = compiled
    for _ in range(4):
        raw = faultless(rng, guide, EDIFACT, 3)
        for each in (raw, *(mutated(rng, raw, EDIFACT) for _ in range(10))):
            guide.recognisers = Recognisers(guide, worth=NEVER)
            expected = findings(each, guide, EDIFACT, 3)
            guide.recognisers = recognised
            assert findings(each, guide, EDIFACT, 3) == expected
            found += len(expected)
    assert found


def test_a_group_that_has_begun_must_end_well() -> None:
    """SG1 asks for a second segment here; a NAD that lacks it is not taken for the NAD of another group."""
    guide = layered({"set": "usage", "at": "SG1/SG2", "usage": "required"})
    recogniser = Recogniser(guide, EDIFACT, Notation("edifact", 3, "."))
    head, tail = b"UNH+1+IFTSTA:D:96A:UN'BGM+23'", b"CNI+1'STS+1+24'UNT+5+1'"
    assert recogniser.accepts(head + b"NAD+CA'CTA+IC'" + tail)
    assert not recogniser.accepts(head + b"NAD+CA'" + tail)
    assert not recogniser.accepts(head + b"NAD+CA'CTA+IC'NAD+CZ'" + tail)


@pytest.mark.parametrize("delimiter", [b"A", b"0", b" ", b"-"])
def test_a_dialect_with_a_letter_for_a_delimiter_is_declined(delimiter: bytes) -> None:
    guide = exact("edifact/D.96A/IFTSTA")
    dialect = msgspec.structs.replace(EDIFACT, component=delimiter)
    recogniser = Recogniser(guide, dialect, Notation("edifact", 3, "."))
    assert not recogniser.accepts(b"UNH+1+IFTSTA:D:96A:UN'".replace(b":", delimiter))


# When it is compiled.

MESSAGE = b"UNH+1+IFTSTA:D:96A:UN'BGM+23'CNI+1'STS+1+24'UNT+5+1'"


def test_a_guide_is_compiled_when_it_is_worth_it() -> None:
    guide = exact("edifact/D.96A/IFTSTA")
    recognisers = Recognisers(guide, worth=3 * len(MESSAGE))
    assert [recognisers.get(EDIFACT, 3, MESSAGE) is None for _ in range(3)] == [True, True, False]
    assert recognisers.get(EDIFACT, 4, MESSAGE) is None, "each syntax version is another matter"


def test_segments_that_were_not_there_before_are_compiled_when_it_is_worth_it() -> None:
    recognisers = Recognisers(exact("edifact/D.96A/IFTSTA"), worth=len(MESSAGE))
    recogniser = recognisers.get(EDIFACT, 3, MESSAGE)
    assert recogniser is not None and recogniser.accepts(MESSAGE)
    other = MESSAGE.replace(b"CNI+1'", b"CNI+1'LOC+5'")
    assert [recogniser.accepts(other) for _ in range(3)] == [False, True, True]
    assert recogniser.accepts(MESSAGE)


def test_odd_delimiters_do_not_fill_memory() -> None:
    recognisers = Recognisers(exact("edifact/D.3/CONTRL"), worth=1)
    dialects = [msgspec.structs.replace(EDIFACT, element=bytes((each,))) for each in b"|^~$#@!%"]
    assert all(recognisers.get(dialect, 3, b"x") is not None for dialect in dialects)
    kept = [known for known in recognisers._known.values() if known.recogniser is not None]
    assert len(kept) == KEPT


def test_nothing_an_enemy_writes_takes_more_than_its_length() -> None:
    """Time per byte does not grow with the length; the bound is wide, for this is about the order of growth."""
    guide = exact("x12/004010/856")
    recogniser = Recogniser(guide, X12, Notation("x12", 3, "."))
    head, tail = b"ST*856*0001~BSN*00*1*20261103*0915~", b"SE*9*0001~"
    for piece in (b"HL*1**S~", b"REF*BM*1~", b"N1*SH*A~", b"LIN**BP*1~", b"HL*", b"*", b"A", b"9", b"~", b">"):
        for end in (tail, b"QQQ~"):
            taken = []
            for times in (1_000, 10_000):
                raw = head + piece * times + end
                best = min(_seconds(recogniser, raw) for _ in range(3))
                taken.append(best)
            assert taken[1] < 60 * taken[0] + 0.005, (piece, end, taken)


def _seconds(recogniser: Recogniser, raw: bytes) -> float:
    started = time.thread_time()
    recogniser.accepts(raw)
    return time.thread_time() - started


def test_the_tree_of_an_accepted_message_is_there_when_asked_for() -> None:
    guide = exact("edifact/D.96A/IFTSTA")
    slow = validate(as_message(MESSAGE, guide, EDIFACT), guide, NOWHERE, Where(), syntax_version=3)
    guide.recognisers = Recognisers(guide, worth=1)
    fast = validate(as_message(MESSAGE, guide, EDIFACT), guide, NOWHERE, Where(), syntax_version=3)
    assert fast.accepted and [node.name for node in fast.tree.segments()] == [
        node.name for node in slow.tree.segments()
    ]
    assert fast.tree is fast.tree


VECTORS = Path(__file__).parents[1] / "vectors"


@pytest.mark.parametrize("folder", ["edifact", "x12", "guides"])
def test_faultless_vectors_are_accepted(folder: str) -> None:
    seen = 0
    for path in sorted((VECTORS / folder).rglob("*.edi")) + sorted((VECTORS / folder).rglob("*.x12")):
        reading = read(path.read_bytes())
        for each in reading.interchanges:
            if each.findings:
                continue
            for message in each.messages:
                name = f"{each.syntax}/{message.kind.version}/{message.kind.type}"
                guide = EXACT.guide(name) if name in NAMES else None
                binary = any(segment.binary for segment in message.segments)
                if guide is None or message.findings or message.count < 3 or binary:
                    continue
                guide.recognisers = Recognisers(guide, worth=NEVER)
                if validate(message, guide, reading.source, Where()).findings:
                    continue
                seen += 1
                version = 4 if message.dialect.repetition else 3
                assert whole(name, message.dialect, version).accepts(message.raw), path.name
    assert seen or folder == "x12"
