"""Bots grammars: every vector, what their guides say about messages, and that no source is ever run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.translators.shipped import SHELF
from translators.bots_grammar import import_bots
from translators.dictionary import GuideError, check_directory, read_directory
from translators.finding import Finding, Where
from translators.python_values import LARGEST, Nothing, Sources
from translators.reading import read
from translators.shelf import Shelf
from translators.validation import validate

VECTORS = Path(__file__).parents[1] / "vectors"
FOLDERS = sorted(path for path in (VECTORS / "bots-grammar").iterdir() if path.is_dir())
MESSAGES = VECTORS / "imported"


def files(folder: Path) -> dict[str, bytes]:
    """The modules of a folder; their files end in ``.txt``, so that no tool takes them for this project's code."""
    return {path.stem: path.read_bytes() for path in folder.glob("*.py.txt")}


def findings(message: str, version: bytes) -> list[Finding]:
    """What the only message of a file earns by its guide in ``version``."""
    reading = read((MESSAGES / message).read_bytes())
    (only,) = (each for interchange in reading.interchanges for each in interchange.messages)
    directory = read_directory("version", version)
    own = f"{directory.standard}/{directory.version}"
    guide = Shelf(lambda name: version if name == own else None, SHELF).guide(f"{own}/{only.kind.type}")
    assert guide is not None
    return validate(only, guide, reading.source, Where()).findings


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_vector(folder: Path) -> None:
    expected = json.loads(folder.with_suffix(".json").read_bytes())
    made = import_bots(files(folder))
    assert json.loads(made.data) == expected["version"]
    assert (made.standard, made.version) == (expected["standard"], expected["version"]["version"])
    assert made.unread == expected["unread"]
    assert made.counts == expected["counts"]
    check_directory(folder.name, read_directory(folder.name, made.data))


def test_no_source_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    import_bots(files(VECTORS / "bots-grammar" / "bad"))
    assert list(tmp_path.iterdir()) == []


# What a grammar cannot say cannot be found by its guide: codes, and how elements depend on each other.
BEYOND_BOTS = {"code-unknown", "element-conditional-missing", "element-excluded"}


@pytest.mark.parametrize(
    ("message", "folder", "own"),
    [
        ("901-faulty.x12", "x12", "x12-009990"),
        ("901-good.x12", "x12", "x12-009990"),
        ("QUAYMS-faulty.edi", "edifact", "edifact-D.99C"),
        ("QUAYMS-good.edi", "edifact", "edifact-D.99C"),
    ],
)
def test_an_imported_guide_judges_as_the_one_written_by_hand(message: str, folder: str, own: str) -> None:
    by_import = findings(message, import_bots(files(VECTORS / "bots-grammar" / folder)).data)
    by_hand = findings(message, (MESSAGES / f"{own}.json").read_bytes())
    assert [(each.code, each.where, each.value) for each in by_import] == [
        (each.code, each.where, each.value) for each in by_hand if each.code not in BEYOND_BOTS
    ]
    assert bool(by_import) == ("faulty" in message)


SMALL = b"recorddefs = {'ST': [['ST01', 'M', 3, 'AN']], 'SE': [['SE01', 'M', 3, 'AN']]}\n"
TABLE = b"structure = [{ID: 'ST', MIN: 1, MAX: 1, LEVEL: [{ID: 'SE', MIN: 1, MAX: 1}]}]\n"


@pytest.mark.parametrize(
    ("sources", "reason"),
    [
        ({}, "no Bots grammar"),
        ({"901009990.txt": SMALL + TABLE}, "no Bots grammar"),
        ({"901009990.py": SMALL}, "no Bots grammar"),
        ({"901009990.py": b"structure = open('901.json').read()\n" + SMALL}, "no Bots grammar"),
        ({"901009990.py": SMALL + TABLE, "901005010.py": SMALL + TABLE}, "several versions"),
    ],
)
def test_what_is_no_grammar_of_one_version_is_refused(sources: dict[str, bytes], reason: str) -> None:
    with pytest.raises(GuideError, match=reason):
        import_bots(sources)


def test_folders_before_the_names_do_not_matter() -> None:
    grammar = b"from .records009990 import *\n" + TABLE
    made = import_bots({"x12/9990/901009990.py": grammar, "elsewhere/records009990.py": SMALL})
    assert made.counts["messages"] == 1


@pytest.mark.parametrize(
    ("source", "value"),
    [
        (b"x = [1, -2.5, 'a', None, True, ('b',)]", [1, -2.5, "a", None, True, ("b",)]),
        (b"x = {'a': 1, **{'b': 2}}", {"a": 1, "b": 2}),
        (b"a = [1]\nx = a + [2]", [1, 2]),
        (b"x = 'a' + 'b'", "ab"),
        (b"x = (1,) + (2,)", (1, 2)),
        (b"x: list = [1]", [1]),
        (b"x = [1]\nx += [2]", [1, 2]),
        (b"x = {}\nx['k'] = 1\nx.update({'l': 2})", {"k": 1, "l": 2}),
        (b"from other import y as x", [7]),
        (b"from somewhere.other import *\nx = y", [7]),
        (b"import other\nx = other.y", [7]),
        (b"import other as o\nx = o.y", [7]),
        (b"x = MAX", "MAX"),
    ],
)
def test_values_are_read_as_python_would(source: bytes, value: object) -> None:
    sources = Sources({"this.py": source, "other.py": b"y = [7]"}, {"MAX": "MAX"})
    assert sources.module("this")["x"] == value
    assert sources.faults["this"] == []


@pytest.mark.parametrize(
    "source",
    [
        b"x = open('f')",
        b"x = [n for n in range(3)]",
        b"x = 1 + 2",
        b"x = 2 ** 999999999",
        b"x = 'a' * 10 ** 9",
        b"x = unknown",
        b"x = b'bytes'",
        b"x = lambda: 0",
        b"x = f'{1}'",
        b"from missing import x\nx = x",
        b"import this\nx = this.x",
        b"from this import x\nx = x",
        b"x = __import__('os').system('true')",
    ],
)
def test_what_would_have_to_be_executed_is_nothing(source: bytes) -> None:
    value = Sources({"this.py": source}, {}).module("this")["x"]
    assert isinstance(value, Nothing)
    assert value.line == source.count(b"\n") + 1


@pytest.mark.parametrize(
    "source",
    [
        b"x = " + b"[" * 500 + b"]" * 500,
        b"x = " + b"-" * 100_000 + b"1",
        b"x = 1" + b" + 1" * 100_000,
        b"x = a" + b".b" * 100_000,
        b"x = 9" + b"9" * 10_000,
        b"x = '\x00'",
        b"# coding: klingon\nx = 1",
        b"x = '\\d'",
        b" " * (LARGEST + 1),
        b"a = [1]\n" + b"a = a + a\n" * 60,
        b"a = 'x'\n" + b"a += a\n" * 60,
        b"a = [1]\n" + b"a = [a, a]\n" * 60,
        b"a = {}\n" + b"".join(b"a['%d'] = 1\n" % number for number in range(20_000)),
    ],
    ids=range(13),
)
def test_hostile_sources_stop_nothing(source: bytes) -> None:
    made = import_bots({"901009990.py": SMALL + TABLE, "this.py": source})
    assert made.counts["messages"] == 1


def test_a_table_that_doubles_itself_is_left_out() -> None:
    doubled = b"a = {ID: 'ST', MIN: 1, MAX: 1}\n" + b"a = {ID: 'ST', MIN: 1, MAX: 1, LEVEL: [a, a]}\n" * 22
    made = import_bots({"901009990.py": SMALL + doubled + b"structure = [a]\n"})
    assert made.counts["messages"] == 0
    assert "more than" in made.unread[-1]


FRAGMENTS = st.sampled_from(
    [
        "from bots.botsconfig import *",
        "from records009990 import recorddefs",
        "recorddefs = {'ST': [['ST01', 'M', 3, 'AN']], 'SE': []}",
        "recorddefs['QA'] = [['QA01', ('C', 3), (1, 9), 'R']]",
        "recorddefs['QB'] = [['QB01', 'M', [['QB01.01', 'C', 8.2, 'I']]]]",
        "recorddefs.update(recorddefs)",
        "recorddefs += recorddefs",
        "structure = [{ID: 'ST', MIN: 1, MAX: 1, LEVEL: [{ID: 'SE', MIN: 1, MAX: 1}]}]",
        "structure = [{ID: 'ST', LEVEL: [{ID: 'QA', MAX: 9, LEVEL: [{ID: 'QB'}]}, {ID: 'SE'}]}]",
        "structure = structure + structure",
        "structure = [structure]",
        "x = lambda: 0",
        "if True: structure = []",
        "del structure",
        "raise SystemExit",
        "(",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=100), st.lists(FRAGMENTS, max_size=12).map("\n".join)))
def test_any_source_is_imported_or_refused(source: bytes | str) -> None:
    data = source if isinstance(source, bytes) else source.encode("utf-8", "replace")
    try:
        made = import_bots({"901009990.py": data, "records009990.py": SMALL})
    except GuideError:
        return
    directory = read_directory("any", made.data)
    check_directory("any", directory)
    shelf = Shelf(lambda name: made.data)
    for kind in directory.messages:
        assert shelf.guide(f"x12/009990/{kind}") is not None
