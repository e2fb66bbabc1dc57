"""SEF files: every vector, what its guides say about messages, and that nothing a file holds stops the import."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.translators.shipped import SHELF
from translators.dictionary import (
    UNBOUNDED,
    Directory,
    GuideError,
    Use,
    check_directory,
    read_directory,
    read_representation,
    read_use,
)
from translators.finding import Finding, Where
from translators.imported import Imported
from translators.reading import read
from translators.sef import import_sef
from translators.sef_codes import read_codes
from translators.sef_table import SefError, read_content, read_set
from translators.shelf import Shelf
from translators.validation import validate

VECTORS = Path(__file__).parents[1] / "vectors"
FILES = sorted((VECTORS / "sef").glob("*.sef"))
MESSAGES = VECTORS / "imported"


def imported(name: str) -> Imported:
    return import_sef({f"{name}.sef": (VECTORS / "sef" / f"{name}.sef").read_bytes()})


def findings(message: str, version: bytes, layers: dict[str, bytes]) -> list[Finding]:
    """What the only message of a file earns by its guide in ``version``, with the layer that was written for it."""
    reading = read((MESSAGES / message).read_bytes())
    (only,) = (each for interchange in reading.interchanges for each in interchange.messages)
    directory = read_directory("version", version)
    own = f"{directory.standard}/{directory.version}"

    def load(name: str) -> bytes | None:
        return version if name == own else None

    shelf = Shelf(load, SHELF)
    guide = shelf.guide(f"{own}/{only.kind.type}", [("guideline", data) for data in layers.values()])
    assert guide is not None
    return validate(only, guide, reading.source, Where()).findings


def said(found: list[Finding]) -> list[tuple[object, ...]]:
    return [
        (each.code, each.where.segment_position, each.where.element, each.where.component, each.value, each.guide)
        for each in found
    ]


def test_every_file_has_its_expectation_and_more_are_faulty_than_not() -> None:
    assert {path.with_suffix(".json") for path in FILES} == set((VECTORS / "sef").glob("*.json"))
    assert sum(path.stem.startswith("bad-") for path in FILES) >= len(FILES) / 2


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_vector(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_bytes())
    made = import_sef({path.name: path.read_bytes()})
    assert json.loads(made.data) == expected["version"]
    assert {name: json.loads(layer) for name, layer in made.layers.items()} == expected["layers"]
    assert (made.standard, made.version) == (expected["standard"], expected["version"]["version"])
    assert made.unread == expected["unread"]
    assert made.counts == expected["counts"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_whatever_is_made_is_a_version_file(path: Path) -> None:
    made = import_sef({path.name: path.read_bytes()})
    check_directory(path.name, read_directory(path.name, made.data))


@pytest.mark.parametrize(
    ("message", "sef", "own"),
    [
        ("901-faulty.x12", "x12", "x12-009990"),
        ("901-good.x12", "x12", "x12-009990"),
        ("QUAYMS-faulty.edi", "edifact", "edifact-D.99C"),
        ("QUAYMS-good.edi", "edifact", "edifact-D.99C"),
    ],
)
def test_an_imported_guide_judges_as_the_one_written_by_hand(message: str, sef: str, own: str) -> None:
    by_import = findings(message, imported(sef).data, {})
    by_hand = findings(message, (MESSAGES / f"{own}.json").read_bytes(), {})
    assert said(by_import) == said(by_hand)
    assert bool(by_hand) == ("faulty" in message)


def test_what_a_guideline_takes_away_is_found_by_its_layer() -> None:
    made = imported("guideline")
    assert said(findings("901-guideline.x12", made.data, {})) == []
    assert said(findings("901-guideline.x12", made.data, made.layers)) == [
        ("code-unknown", 2, 1, None, "AA", "guideline"),
        ("element-not-used", 2, 3, None, "20261103", "guideline"),
        ("segment-not-used", 3, None, None, "QT", "guideline"),
        ("code-unknown", 4, 2, None, "AC", "guideline"),
        ("element-not-used", 5, 2, None, "20261103", "guideline"),
        ("element-not-used", 6, 2, None, "20261103", "guideline"),
        ("segment-not-used", 8, None, None, "QH", "guideline"),
    ]


def test_several_files_of_one_version_become_one_and_the_first_counts() -> None:
    first = b".INI\nA,,009 990,X,,A\n.SETS\n901=[ST,M][SE,M]\n.SEGS\nST=[Q1,M]\nSE=[Q1,M]\n.ELMS\nQ1=AN,1,3\n"
    second = (
        b".INI\nB,,009 990,X,,B\n.SETS\n901=[ST,M][SE,M]\n902=[ST,M][QA][SE,M]\n.SEGS\nST=[Q1,M]\nSE=[Q1]\nQA=[Q1]\n"
        b".ELMS\nQ1=AN,1,9\n"
    )
    made = import_sef({"b.sef": second, "a.sef": first})
    directory = read_directory("both", made.data)
    assert set(directory.messages) == {"901", "902"}
    assert directory.elements["Q1"][0] == "AN1/3"
    assert [fault.split(": ", 1)[0] for fault in made.unread] == ["b.sef line 11", "b.sef line 8", "b.sef line 4"]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "no SEF"),
        ({"notes.txt": b"Nothing of the kind"}, "no SEF"),
        ({"half.sef": b".VER 1.6\n.INI\nX,,004 010,X,,\n.ELMS\n1=AN,1,2\n"}, "no SEF"),
        ({"tradacoms.sef": b".INI\nX,,9,TD,,\n.SETS\nORDERS=[MHD,M]\n"}, "neither X12 nor EDIFACT"),
        (
            {
                "a.sef": b".INI\nX,,004 010,X,,\n.SETS\n901=[ST,M][SE,M]\n",
                "b.sef": b".INI\nX,,005 010,X,,\n.SETS\n901=[ST,M][SE,M]\n",
            },
            "004010, x12 005010",
        ),
    ],
)
def test_what_is_no_sef_of_one_version_is_refused(files: dict[str, bytes], reason: str) -> None:
    with pytest.raises(GuideError, match=reason):
        import_sef(files)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("AA:AD", "AA AB AC AD"),
        ("D08:D11", "D08 D09 D10 D11"),
        ("8:11", "8 9 10 11"),
        ("0:3", "0 1 2 3"),
        ("X:Z,1", "X Y Z 1"),
        ("A,A,B", "A B"),
        ("A1:B2", ""),
        ("05:3", ""),
        ("A:", ""),
        ("8:010", ""),
        ("A" * 61, ""),
    ],
)
def test_ranges_of_codes(text: str, codes: str) -> None:
    listed, _, faults = read_codes(text)
    assert listed == codes
    assert bool(faults) == (not codes)


def test_loops_and_repetitions_have_a_depth_and_an_end() -> None:
    with pytest.raises(SefError, match="deep"):
        read_set("{:2" * 60 + "[QA]" + "}" * 60)
    with pytest.raises(SefError, match="deep"):
        read_content("{2" * 60 + "[QA]" + "}" * 60)
    with pytest.raises(SefError, match="more than"):
        read_content("{9999{9999[QA]}}")


LINES = st.sampled_from(
    [
        ".VER 1.6",
        ".INI",
        "X,,004 010,X,X12-4010,Title",
        "X,,D 96A,UN,UN,Title",
        ".SETS",
        ".SEGS",
        ".COMS",
        ".ELMS",
        ".CODES",
        ".PRIVATE",
        ".PUBLIC",
        ".VALREFS",
        "901=^[ST,M][QA*1,M]{:9[QA*2]}[SE,M]",
        "902={{{{",
        "903=[ST,M]{[.QA]}[SE,M]",
        "QA=[Q1,M]{2[Q2][C1]}+P0203,..#",
        "ST=[Q1]",
        "SE=[Q1]",
        "C1=[Q1][Q2;3:2]+C0102",
        "Q1=ID,2,2",
        "Q2=AN,3,1",
        "Q1=A:Z,00:99%[A]+901/2///1",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.lists(st.one_of(LINES, st.text(max_size=30)), max_size=40)))
def test_any_file_is_imported_or_refused(content: bytes | list[str]) -> None:
    data = content if isinstance(content, bytes) else "\n".join(content).encode("utf-8", "replace")
    try:
        made = import_sef({"any.sef": data})
    except GuideError:
        return
    directory = read_directory("any", made.data)
    check_directory("any", directory)
    shelf = Shelf(lambda name: made.data if name.startswith(f"{made.standard}/{made.version}") else None, SHELF)
    for kind in directory.messages:
        name = f"{made.standard}/{made.version}/{kind}"
        layers = [("guideline", made.layers[name])] if name in made.layers else []
        assert shelf.guide(name, layers) is not None


def as_sef(directory: Directory) -> bytes:
    """A version of ours in the words of SEF, as far as SEF has words for it."""

    def item(text: str) -> str:
        use = read_use(text)
        most = ">1" if use.maximum >= UNBOUNDED else "" if use.maximum == 1 else str(use.maximum)
        return f"[{use.ref},{'M' if use.minimum else ''},{most}]"

    def table(content: Sequence[object]) -> str:
        out = ""
        for entry in content:
            if isinstance(entry, str):
                out += item(entry)
                continue
            assert isinstance(entry, list)
            head, first = read_use(entry[0]), read_use(entry[1])
            trigger = f"[{first.ref},{'M' if head.minimum else ''}]"
            most = ">1" if head.maximum >= UNBOUNDED else head.maximum
            named = "" if directory.standard == "edifact" else head.ref
            out += f"{{{named}:{most}{trigger}{table(entry[2:])}}}"
        return out

    def element(text: str) -> str:
        form = read_representation(text)
        kind = f"N{form.decimals}" if form.type == "N" else form.type.upper()
        return f"{kind},{form.minimum},{form.maximum}"

    def rules(ref: str) -> str:
        return "+" + "".join(directory.notes[ref].split()) if ref in directory.notes else ""

    version = directory.version.replace(".", " ") if directory.standard == "edifact" else directory.version
    agency = "UN" if directory.standard == "edifact" else "X"
    lines = [".VER 1.6", ".INI", f"ROUND,,{version},{agency},,Round trip", ".SETS"]
    for kind, raw in directory.messages.items():
        lines.append(f"{kind}={table(json.loads(bytes(raw))['content'])}")
    lines.append(".SEGS")
    lines += [f"{tag}={''.join(map(item, text.split()))}{rules(tag)}" for tag, (text, _) in directory.segments.items()]
    lines.append(".COMS")
    lines += [
        f"{ref}={''.join(map(item, text.split()))}{rules(ref)}" for ref, (text, _) in directory.composites.items()
    ]
    lines += [".ELMS", *(f"{ref}={element(text)}" for ref, (text, _) in directory.elements.items())]
    lines += [".CODES", *(f"{ref}={','.join(text.split())}" for ref, text in directory.codes.items())]
    return "\n".join(lines).encode("ascii")


def plain(text: str) -> list[Use]:
    """Uses without what SEF has no word for: an exact minimum, a form or a list of their own."""
    uses = [read_use(each) for each in text.split()]
    return [msgspec.structs.replace(use, minimum=min(use.minimum, 1), representation=None, codes=None) for use in uses]


@pytest.mark.parametrize("name", ["edifact/D.96A", "x12/003060", "x12/004010", "x12/005010"])
def test_a_whole_version_written_as_sef_comes_back(name: str) -> None:
    directory = SHELF.directory(name)
    assert directory is not None
    made = import_sef({"round.sef": as_sef(directory)})
    again = read_directory(name, made.data)
    assert made.unread == []
    assert f"{made.standard}/{made.version}" == name
    assert again.codes == dict(sorted(directory.codes.items()))
    for old, new in ((directory.segments, again.segments), (directory.composites, again.composites)):
        assert {ref: plain(text) for ref, (text, _) in old.items()} == {
            ref: plain(text) for ref, (text, _) in new.items()
        }
    forms = {ref: read_representation(text) for ref, (text, _) in directory.elements.items()}
    assert {ref: read_representation(text) for ref, (text, _) in again.elements.items()} == forms
    assert again.notes == directory.notes
    assert {kind: names_in(raw) for kind, raw in again.messages.items()} == {
        kind: names_in(raw) for kind, raw in directory.messages.items()
    }


def names_in(raw: msgspec.Raw) -> object:
    """A message's table with each quantity read, so that ways of writing it do not matter."""

    def read(entry: object) -> object:
        return [read(each) for each in entry] if isinstance(entry, list) else plain(str(entry))

    return read(json.loads(bytes(raw))["content"])
