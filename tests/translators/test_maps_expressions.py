"""The expression language of maps: what it computes, what it refuses with its place, and that nothing makes it fail."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators.map_expressions import (
    FUNCTIONS,
    MAX_DEPTH,
    MAX_SOURCE,
    MAX_TEXT,
    ExpressionError,
    Given,
    Names,
    Result,
    Type,
    read_expression,
)

FIELDS: dict[str, Result] = {
    "number": "N-1",
    "weight": Decimal("12.5"),
    "hot": True,
    "address.city": "Gent",
    "gone": None,
}
TYPES: dict[str, Type] = {
    "number": "text", "weight": "number", "hot": "truth", "address.city": "text", "gone": "text",
}  # fmt: skip


def type_of(name: str) -> Type:
    if name not in TYPES:
        raise ValueError(f"there is no field `{name}`")
    return TYPES[name]


NAMES = Names(places=2, value="number", field=type_of, tables=frozenset({"units"}))


def evaluated(text: str, *texts: str, value: Result = None) -> Result:
    def lookup(table: str, code: str) -> str | None:
        return {"KG": "KGM"}.get(code)

    expression = read_expression(text, NAMES)
    found = expression.evaluate(Given(texts=texts or ("a", "b"), value=value, field=FIELDS.get, lookup=lookup))
    kinds = {"text": str, "number": Decimal, "truth": bool}
    assert found is None or isinstance(found, kinds[expression.type])
    return found


VALUES: dict[str, Result] = {
    "'x'": "x",
    '"it\'s"': "it's",
    "12.50": Decimal("12.50"),
    "true": True,
    "$1 & '-' & $2": "a-b",
    "number": "N-1",
    "address.city": "Gent",
    "1 + 2 * 3": Decimal(7),
    "(1 + 2) * 3": Decimal(9),
    "-weight + 1": Decimal("-11.5"),
    "weight / 2": Decimal("6.25"),
    "1 / 0": None,
    "gone & 'x'": None,
    "default(gone, 'none')": "none",
    "not hot or 1 < 2": True,
    "hot and number = 'N-1'": True,
    "'a' < 'b'": True,
    "weight >= 12.5": True,
    "hot != false": True,
    "if(weight > 10, 'heavy', 'light')": "heavy",
    "if(gone = 'x', 'a', 'b')": "b",
    "lookup(units, 'KG')": "KGM",
    "lookup(units, 'XX')": None,
    "number('1,5')": Decimal("1.5"),
    "number('many')": None,
    "text(weight * 2)": "25",
    "round(2.345, 2)": Decimal("2.35"),
    "upper('ab') & lower('CD') & trim(' e ')": "ABcde",
    "length(number)": Decimal(3),
    "left('abc', 2) & right('abc', 2) & middle('abcd', 2, 2)": "abbcbc",
    "right('abc', 0)": "",
    "before('a/b/c', '/') & after('a/b/c', '/')": "ab/c",
    "before('abc', '/')": None,
    "replace('a.b.c', '.', '')": "abc",
    "pad('7', 3, '0')": "007",
    "pad('7', 3, 'ab')": None,
    "contains(number, '-') and starts(number, 'N')": True,
}


@pytest.mark.parametrize("text", VALUES)
def test_what_it_computes(text: str) -> None:
    assert evaluated(text) == VALUES[text]


def test_a_value_and_an_empty_text() -> None:
    assert evaluated("text(value / 10)", value=Decimal(25)) == "2.5"
    assert evaluated("default($1, 'nothing')", " ", "b") == "nothing"


# What is refused: the text, at which character, and what is said.
REFUSED = {
    "empty": ("", 0, "ends too early"),
    "character": ("1 + §", 4, "no part of an expression"),
    "open-text": ("'abc", 0, "no part of an expression"),
    "behind": ("1 2", 2, "stands behind the end"),
    "operator": ("1 + * 2", 4, "where a value is expected"),
    "bracket": ("(1 + 2", 6, "`)` is expected"),
    "no-place": ("$3", 1, "the field has 2 places"),
    "no-field": ("nummber", 0, "there is no field `nummber`"),
    "no-function": ("eval('1')", 0, "there is no function `eval`"),
    "dunder": ("number.__class__", 0, "there is no field `number.__class__`"),
    "arguments": ("left('abc')", 0, "takes (text, number), not (text)"),
    "argument-type": ("upper(weight)", 0, "takes (text), not (number)"),
    "sum-of-texts": ("'a' + 'b'", 4, "a number is expected"),
    "join-of-number": ("'a' & 1", 4, "a text is expected"),
    "compare": ("1 = 'a'", 2, "compares a number with a text"),
    "compare-truths": ("true < false", 5, "does not compare truths"),
    "condition": ("if('a', 1, 2)", 0, "a truth is expected"),
    "choice": ("if(true, 1, 'a')", 0, "chooses between a number and a text"),
    "choice-count": ("default('a')", 0, "takes 2 arguments"),
    "table": ("lookup(unit, 'KG')", 7, "takes a table of the map: units"),
    "too-long": (" " * MAX_SOURCE + "1", 0, "at most"),
    "too-deep": ("(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1), MAX_DEPTH, "levels deep"),
    "minus-deep": ("-" * (MAX_DEPTH + 1) + "1", MAX_DEPTH, "levels deep"),
    "too-many": ("+".join(["1"] * 60), 99, "more than 100 parts"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_and_where(name: str) -> None:
    text, offset, says = REFUSED[name]
    with pytest.raises(ExpressionError) as caught:
        read_expression(text, NAMES)
    assert says in str(caught.value)
    assert caught.value.offset == offset


def test_texts_and_numbers_stay_within_bounds() -> None:
    assert evaluated("pad('x', 4096, 'y')") is not None
    assert evaluated("pad('x', 99999, 'y') & 'z'") is None
    double = "&".join(["$1"] * 3)
    assert evaluated(double, "x" * (MAX_TEXT // 2), "") is None
    assert evaluated("replace($1, 'x', $1)", "x" * 200, "") is None
    assert evaluated("*".join(["99999999999"] * 5)) is None


def test_functions_are_listed_with_their_meaning() -> None:
    assert all(function.meaning for function in FUNCTIONS.values())


ATOMS = st.sampled_from(["1", "0", "'x'", "$1", "number", "weight", "hot", "gone", "true", "value"])
CALLS = st.sampled_from([*FUNCTIONS, "if", "default"])
TREES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/&=<"), inner).map(lambda found: f"({' '.join(found)})"),
        st.tuples(CALLS, st.lists(inner, max_size=3)).map(lambda found: f"{found[0]}({', '.join(found[1])})"),
        inner.map(lambda text: f"not {text}"),
    ),
    max_leaves=12,
)


@given(TREES, st.text(max_size=8), st.decimals(allow_nan=False, allow_infinity=False, places=3))
def test_whatever_can_be_read_ends_without_an_error(text: str, sent: str, value: Decimal) -> None:
    try:
        read_expression(text, NAMES)
    except ExpressionError:
        return
    evaluated(text, sent, sent, value=value)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read_expression(text, NAMES)
    except ExpressionError as error:
        assert 0 <= error.offset <= len(text)
