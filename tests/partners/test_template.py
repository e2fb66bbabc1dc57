"""The laws of laying one tree over another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from partners.document import Mapping, Node, Scalar, Sequence, plain
from partners.fault import Place
from partners.template import merge

PLACE = Place("f", 1, 1)


def mapping(items: dict[str, Node]) -> Mapping:
    return Mapping(items, dict.fromkeys(items, PLACE), PLACE)


TEXT = st.sampled_from("abc").map(lambda text: Scalar(text, PLACE))
TEXTS = st.lists(TEXT, max_size=3).map(lambda items: Sequence(list[Node](items), PLACE))


def named(item: st.SearchStrategy[Mapping]) -> st.SearchStrategy[Sequence]:
    """Lists whose items have ids, each its own."""
    return st.dictionaries(st.sampled_from("xyz"), item, max_size=3).map(
        lambda found: Sequence(
            [mapping({"id": Scalar(name, PLACE), **value.items}) for name, value in found.items()], PLACE
        )
    )


def trees(depth: int) -> st.SearchStrategy[Mapping]:
    """Trees in which each key has one kind of value wherever it stands, as a model prescribes."""
    kinds: dict[str, st.SearchStrategy[Node]] = {"text": TEXT, "texts": TEXTS}
    if depth:
        kinds |= {"mapping": trees(depth - 1), "named": named(trees(depth - 1))}
    return st.fixed_dictionaries({}, optional=kinds).map(mapping)


TREES = trees(3)


@given(TREES)
@hypothesis_settings(max_examples=100)
def test_a_tree_over_itself_is_itself(tree: Mapping) -> None:
    """Merging is idempotent."""
    assert merge(tree, tree) == tree


@given(TREES)
@hypothesis_settings(max_examples=50)
def test_nothing_changes_nothing(tree: Mapping) -> None:
    """An empty layer may lie above or below."""
    assert plain(merge(tree, mapping({}))) == plain(merge(mapping({}), tree)) == plain(tree)


@given(TREES, TREES, TREES)
@hypothesis_settings(max_examples=150)
def test_it_does_not_matter_which_two_are_merged_first(one: Mapping, two: Mapping, three: Mapping) -> None:
    """Merging is associative as long as a path keeps its kind."""
    assert plain(merge(merge(one, two), three)) == plain(merge(one, merge(two, three)))


@given(TREES, TREES)
@hypothesis_settings(max_examples=100)
def test_the_upper_layer_wins_and_the_lower_one_is_kept(under: Mapping, over: Mapping) -> None:
    """Every key of both is there; a text is the upper one's where it has one; neither tree was changed."""
    before = plain(under), plain(over)
    merged = merge(under, over)
    assert isinstance(merged, Mapping)
    assert merged.items.keys() == under.items.keys() | over.items.keys()
    for key in ("text", "texts"):
        if key in merged.items:
            assert merged.items[key] == over.items.get(key, under.items.get(key))
    assert (plain(under), plain(over)) == before


@given(named(trees(1)), named(trees(1)))
@hypothesis_settings(max_examples=100)
def test_lists_with_ids_keep_the_lower_order_and_append(under: Sequence, over: Sequence) -> None:
    """Inherited items stand where they stood; new ones follow."""
    merged = merge(under, over)
    assert isinstance(merged, Sequence)
    lower, upper = _ids(under), _ids(over)
    assert _ids(merged) == lower + [name for name in upper if name not in lower]


def _ids(node: Sequence) -> list[str]:
    found = []
    for item in node.items:
        assert isinstance(item, Mapping)
        name = item.items["id"]
        assert isinstance(name, Scalar)
        found.append(name.text)
    return found


def test_lists_without_ids_are_replaced() -> None:
    """So are lists in which two items have one id: nobody could say which is meant."""
    twice = Sequence([mapping({"id": Scalar("a", PLACE)})] * 2, PLACE)
    once = Sequence([mapping({"id": Scalar("b", PLACE)})], PLACE)
    assert merge(twice, once) == once
    assert merge(once, twice) == twice
