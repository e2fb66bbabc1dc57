"""Loading takes any bytes, in reasonable time, and what it gives does not depend on the order of things."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from partners import document, load

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "tests" / "vectors" / "profiles"
BASE = [
    (file.relative_to(VECTORS / "base").as_posix(), file.read_bytes())
    for file in sorted((VECTORS / "base").rglob("*"))
    if file.is_file()
]
TEXTS = [file.read_text() for file in sorted((VECTORS / "valid").glob("*.yaml"))]
SHIPPED = [
    (file.relative_to(ROOT / "profiles").as_posix(), file.read_bytes())
    for folder in ("templates", "partners-example")
    for file in sorted((ROOT / "profiles" / folder).glob("*.yaml"))
]

SECONDS = 10.0
"""Of work for any one file of these sizes: a tenth is usual, and what grows out of proportion takes hours."""


def check(content: bytes) -> None:
    begun = time.thread_time()
    result = load([*BASE, ("any.yaml", content)])
    assert time.thread_time() - begun < SECONDS
    errors = [fault for fault in result.faults if fault.severity == "error"]
    assert (result.register is None) == bool(errors)
    for fault in result.faults:
        assert fault.line >= 1
        assert fault.column >= 1
        assert len(str(fault).splitlines()) == 1
        assert str(fault).encode()


@given(st.binary(max_size=300))
@hypothesis_settings(max_examples=150, deadline=None)
def test_any_bytes(content: bytes) -> None:
    """Nothing raises, whatever the bytes are."""
    check(content)


@given(st.text(max_size=200))
@hypothesis_settings(max_examples=150, deadline=None)
def test_any_text(text: str) -> None:
    """Nothing raises, whatever the text is."""
    check(text.encode("utf-8", "surrogatepass"))


PIECES = st.one_of(
    st.sampled_from(["- ", ": ", "{", "}", "[", "]", "&a ", "*a", "!!int ", "? ", "<<: ", '"', "'", "|\n", "---\n"]),
    st.sampled_from(["\n", "\t", "  ", "#", "~", "null", ",", "id", "\\0", "\\ud800", "\\U00110000", "%YAML 9\n"]),
    st.sampled_from(["us: acme\n", "extends: [pair]\n", "flows:\n", "every_flow: ", "without: [status-in]\n"]),
    st.text(max_size=4),
)


@given(
    st.sampled_from(TEXTS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), PIECES), min_size=1, max_size=4),
    st.sampled_from(["CBaseLoader", "BaseLoader"]),
)
@hypothesis_settings(max_examples=250, deadline=None)
def test_damaged_profiles(text: str, edits: list[tuple[float, int, str]], loader: str) -> None:
    """Nothing raises for what a profile becomes under somebody's hands, with either YAML parser."""
    for where, cut, piece in edits:
        at = int(where * len(text))
        text = text[:at] + piece + text[at + cut :]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(document, "_Loader", getattr(yaml, loader))
        check(text.encode("utf-8", "surrogatepass"))


HEAD = """\
agreements:
- id: a
  extends: [terms]
  us: us-co
  party: acme
  status: live
  every_flow: {channel: acme-box, direction: in, canonical: a/1, message: {standard: xml, version: '1'}}
  flows:
"""
LARGE = {
    "unknown keys": "agreements:\n- id: a\n" + "".join(f"  retentio{number}: v\n" for number in range(10_000)),
    "nameless items": "agreements:\n" + "- {}\n" * 20_000,
    "one long text": "party: " + "x" * 1_000_000,
    "one long key": "? " + "x" * 1_000_000 + "\n: a\n",
    "brackets": "party: " + "[" * 500_000,
    "aliases": "party: &a [*a, *a, *a, *a]\n" + "x: [*a, *a, *a, *a]\n" * 5_000,
    "flows": HEAD + "".join(f"  - {{id: f{number}, message: {{type: t{number}}}}}\n" for number in range(800)),
    "pairs": "code_list:\n  id: a\n  entries:\n"
    + "".join(f"  - {{ours: a{number}, theirs: b{number}}}\n" for number in range(10_000)),
    "comments": "#\n" * 500_000,
}


@pytest.mark.parametrize("name", LARGE)
def test_large_files_take_seconds_at_most(name: str) -> None:
    """No shape of a megabyte grows out of proportion."""
    begun = time.thread_time()
    load([*BASE, ("large.yaml", LARGE[name].encode()[: document.MAX_BYTES])])
    assert time.thread_time() - begun < 60


def test_a_file_over_the_limit_is_refused_unread() -> None:
    """A megabyte is the most."""
    result = load([("big.yaml", b"#" * (document.MAX_BYTES + 1))])
    assert [fault.message for fault in result.faults] == [
        f"the file has {document.MAX_BYTES + 1} bytes; a profile has at most {document.MAX_BYTES}"
    ]


def test_what_ships_loads_and_lacks_only_the_keys() -> None:
    """The templates and the example partners are right as they are."""
    result = load(SHIPPED)
    assert result.register is not None
    assert sorted(result.register.agreements) == ["blue-anchor", "prairie-freight"]
    assert {fault.message.split("`")[1] for fault in result.faults} == {
        "keys/blue-anchor.pub",
        "keys/prairie-freight.pub",
    }


def test_the_order_of_files_does_not_matter() -> None:
    """Faults, register and hashes are the same however the folder was listed."""
    files = [*BASE, ("acme-agreement.yaml", (VECTORS / "valid" / "merge-over-template.yaml").read_bytes())]
    wanted = load(files).register
    assert wanted is not None
    for _ in files:
        files = [*files[1:], files[0]]
        register = load(files).register
        assert register is not None
        assert register.agreements["acme"].resolved == wanted.agreements["acme"].resolved


def shuffled(value: object, chance: random.Random) -> object:
    if isinstance(value, dict):
        items = [(key, shuffled(item, chance)) for key, item in value.items()]
        chance.shuffle(items)
        return dict(items)
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value


@given(st.randoms(use_true_random=False), st.sampled_from(["agreement-plain.yaml", "merge-over-template.yaml"]))
@hypothesis_settings(max_examples=30, deadline=None)
def test_the_order_of_keys_does_not_matter(chance: random.Random, name: str) -> None:
    """A profile whose keys were sorted anew has the same hash."""
    text = (VECTORS / "valid" / name).read_text()
    tree = shuffled(yaml.load(text, Loader=yaml.BaseLoader), chance)  # noqa: S506 - it makes nothing but texts
    again = yaml.dump(tree, Dumper=yaml.SafeDumper, sort_keys=False, allow_unicode=True)
    first, second = load([*BASE, ("a.yaml", text.encode())]), load([*BASE, ("a.yaml", again.encode())])
    assert first.register is not None
    assert second.register is not None
    assert second.register.agreements["acme"].sha256 == first.register.agreements["acme"].sha256


def test_one_changed_value_changes_the_hash() -> None:
    """Also one that only a template or a party says."""
    text = (VECTORS / "valid" / "extends-pair.yaml").read_bytes()
    seen = set()
    for file, old, new in (
        ("", b"", b""),
        ("acme.yaml", b"name: Acme", b"name: Acme Ltd"),
        ("terms.yaml", b"PT30S", b"PT31S"),
        ("keys/acme.pub", b"desk@", b"post@"),
    ):
        files = [(name, content.replace(old, new) if name == file else content) for name, content in BASE]
        register = load([*files, ("a.yaml", text)]).register
        assert register is not None
        seen.add(register.agreements["acme"].sha256)
    assert len(seen) == 4
