"""The tree of HL: laws that hold for any list of levels. The findings have vectors in tests/vectors/guides."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from translators.hierarchy import Hierarchical, Hierarchy, Level, build

RULES = Hierarchy(
    levels={"S": frozenset({""}), "O": frozenset({"S"}), "I": frozenset({"O", "P"}), "P": frozenset({"O"})}
)
names = st.sampled_from(["", "1", "2", "3", "4", "A"])
rows = st.lists(st.tuples(names, names, st.sampled_from("SOPIX"), st.sampled_from(["", "0", "1", "2"])), max_size=12)


def levels(given_rows: list[tuple[str, str, str, str]]) -> list[Level]:
    return [
        Level(at=at, id=id_, parent=parent, code=code, children_stated=stated)
        for at, (id_, parent, code, stated) in enumerate(given_rows)
    ]


def walked(tree: Hierarchical) -> list[int]:
    found: list[int] = []
    waiting = list(tree.roots)
    while waiting:
        level = waiting.pop()
        found.append(level.at)
        waiting += level.children
    return sorted(found)


@given(rows)
@settings(max_examples=300)
def test_every_level_is_in_the_tree_exactly_once(given_rows: list[tuple[str, str, str, str]]) -> None:
    for rules in (RULES, Hierarchy()):
        tree = build(levels(given_rows), rules)
        assert walked(tree) == list(range(len(given_rows)))
        assert [flaw.at for flaw in tree.flaws] == sorted(flaw.at for flaw in tree.flaws)


@given(st.lists(st.integers(0, 10), min_size=1, max_size=40))
@settings(max_examples=100)
def test_a_tree_in_any_order_has_no_flaw_but_its_count(choices: list[int]) -> None:
    parents = [0, *(1 + choice % number for number, choice in enumerate(choices, 1))]
    given_rows = [
        (str(number), str(parent) if parent else "", "S", "1" if number in parents else "0")
        for number, parent in enumerate(parents, 1)
    ]
    assert build(levels(given_rows), Hierarchy()).flaws == []
    turned = [given_rows[0], *reversed(given_rows[1:])]
    flaws = build(levels(turned), Hierarchy()).flaws
    assert {flaw.code for flaw in flaws} <= {"hierarchy-count"}
    assert walked(build(levels(turned), Hierarchy())) == list(range(len(turned)))


def test_a_chain_of_many_levels_costs_no_more_than_its_length() -> None:
    many = 20_000
    chain = [(str(at), str(at - 1) if at > 1 else "", "S", "") for at in range(1, many + 1)]
    tree = build(levels(chain), Hierarchy())
    assert tree.flaws == []
    assert len(tree.roots) == 1


def test_a_ring_is_cut_at_its_first_level() -> None:
    tree = build(
        levels([("1", "", "S", ""), ("2", "4", "O", ""), ("3", "2", "O", ""), ("4", "3", "O", "")]), Hierarchy()
    )
    assert [(flaw.code, flaw.at, flaw.element) for flaw in tree.flaws] == [("hierarchy-cycle", 1, 2)]
    assert [root.at for root in tree.roots] == [0, 1]
