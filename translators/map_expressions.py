"""The expression for the odd case: a small language that always ends, reads nothing but what it is given, and is typed.

A field of a map may compute its value where no codec and no table says it. There are no loops, no functions of one's
own, no input or output; an expression has at most ``MAX_NODES`` parts, each evaluated once at most, and no text in it
grows beyond ``MAX_TEXT`` characters. So its cost is known when the map is loaded, and so are its types: text, number
(decimal, never a float) and truth. What cannot be computed (a number that is none, a division by zero, a missing field)
is *absent*, as a field of a message can be; an absent part makes the whole absent, except in ``default`` and ``if``.

======================  =============================================================================================
``'text'``, ``12.5``    literals; ``true`` and ``false``
``$1``, ``$2``          the texts at the field's places, when reading
``value``               the field's canonical value, when writing
``address.city``        a field of the object in hand
``+ - * /``             of numbers; ``&`` joins texts
``= != < <= > >=``      of two numbers or two texts, which compare by character
``and or not``          of truths
``if(c, a, b)``         ``a`` when ``c`` is true, else ``b``: when it is false or absent
``default(a, b)``       ``b`` when ``a`` is absent
``lookup(table, t)``    the word that a table of the map has for a code, or in an inverse the code for a word
======================  =============================================================================================

and the functions of :data:`FUNCTIONS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, DecimalException
from typing import Literal, NamedTuple

import msgspec

Type = Literal["text", "number", "truth"]
Result = str | Decimal | bool | None

MAX_SOURCE = 500
MAX_NODES = 100
MAX_DEPTH = 24
MAX_TEXT = 4096
_MAX_DIGITS = 40
_LARGEST = Decimal(10) ** 30

_numbers = Context(prec=_MAX_DIGITS, rounding=ROUND_HALF_UP)
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<text>'[^']*'|"[^"]*")|\$(?P<place>[1-9][0-9]?)"""
    r"""|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)|(?P<sign><=|>=|!=|[-+*/&=<>(),]))"""
)


class ExpressionError(ValueError):
    """An expression that cannot be used: what is wrong, and at which character, counted from 0."""

    def __init__(self, offset: int, text: str) -> None:
        super().__init__(text)
        self.offset = offset


class Given(msgspec.Struct, kw_only=True, gc=False):
    """What an expression is evaluated with."""

    texts: Sequence[str] = ()
    value: Result = None
    field: Callable[[str], Result]
    """The value of a canonical field of the object in hand."""
    lookup: Callable[[str, str], str | None]
    """What a table has for a code or word."""


_Evaluate = Callable[[Given], Result]


class Expression(msgspec.Struct, frozen=True):
    """An expression, checked and ready."""

    text: str
    type: Type
    fields: tuple[str, ...]
    """The canonical fields it reads."""
    evaluate: _Evaluate
    """Its result, or ``None`` for absent; never raises."""


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """What an expression may name, with types."""

    places: int = 0
    """How many texts there are; 0 in an inverse."""
    value: Type | None = None
    """The type of ``value``; ``None`` where there is none."""
    field: Callable[[str], Type]
    """The type of a canonical field; raises ``ValueError`` when there is none of that name."""
    tables: frozenset[str] = frozenset()


def read_expression(text: str, names: Names) -> Expression:
    """The expression in ``text``; raises :class:`ExpressionError`."""
    if len(text) > MAX_SOURCE:
        raise ExpressionError(0, f"the expression has {len(text)} characters; at most {MAX_SOURCE} are read")
    parser = _Parser(text, names)
    node = parser.whole()
    return Expression(text, node.type, tuple(dict.fromkeys(parser.fields)), node.evaluate)


class _Node(NamedTuple):
    type: Type
    evaluate: _Evaluate


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


class _Parser:
    """Recursive descent, the weakest operator outermost: or, and, not, comparison, join, sum, product."""

    def __init__(self, text: str, names: Names) -> None:
        self.text = text
        self.names = names
        self.fields: list[str] = []
        self.nodes = 0
        self.depth = 0
        self.tokens: list[_Token] = []
        at = 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None or match.lastgroup is None:
                start = at + len(text[at:]) - len(text[at:].lstrip())
                raise ExpressionError(start, f"`{text[start : start + 8]}` is no part of an expression")
            self.tokens.append(_Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)))
            at = match.end()
        self.at = 0

    def whole(self) -> _Node:
        node = self._or()
        if (token := self._peek()) is not None:
            raise ExpressionError(token.at, f"`{token.text}` stands behind the end of the expression")
        return node

    # Operators

    def _or(self) -> _Node:
        return self._chain(self._and, {"or": ("truth", _either)}, "truth")

    def _and(self) -> _Node:
        return self._chain(self._not, {"and": ("truth", _both)}, "truth")

    def _not(self) -> _Node:
        token = self._take("not")
        if token is None:
            return self._comparison()
        self._deeper(token)
        inner = self._typed(self._not(), "truth", token.at)
        self.depth -= 1
        return self._node("truth", _of(lambda a: not a, inner.evaluate), token.at)

    def _comparison(self) -> _Node:
        left = self._join()
        token = next((found for sign in _COMPARE if (found := self._take(sign)) is not None), None)
        if token is None:
            return left
        right = self._join()
        if left.type != right.type:
            raise ExpressionError(token.at, f"`{token.text}` compares a {left.type} with a {right.type}")
        if left.type == "truth" and token.text not in ("=", "!="):
            raise ExpressionError(token.at, f"`{token.text}` does not compare truths")
        return self._node("truth", _of(_COMPARE[token.text], left.evaluate, right.evaluate), token.at)

    def _join(self) -> _Node:
        return self._chain(self._sum, {"&": ("text", _operation(lambda a, b: a + b))}, "text")

    def _sum(self) -> _Node:
        return self._chain(
            self._product,
            {"+": ("number", _operation(_numbers.add)), "-": ("number", _operation(_numbers.subtract))},
            "number",
        )

    def _product(self) -> _Node:
        return self._chain(
            self._sign,
            {"*": ("number", _operation(_numbers.multiply)), "/": ("number", _operation(_numbers.divide))},
            "number",
        )

    def _sign(self) -> _Node:
        token = self._take("-")
        if token is None:
            return self._atom()
        self._deeper(token)
        inner = self._typed(self._sign(), "number", token.at)
        self.depth -= 1
        return self._node("number", _of(lambda a: -a, inner.evaluate), token.at)

    def _chain(
        self, below: Callable[[], _Node], signs: Mapping[str, tuple[Type, Callable[..., _Evaluate]]], operand: Type
    ) -> _Node:
        node = below()
        while token := next((found for sign in signs if (found := self._take(sign)) is not None), None):
            right = self._typed(below(), operand, token.at)
            self._typed(node, operand, token.at)
            kind, make = signs[token.text]
            node = self._node(kind, make(node.evaluate, right.evaluate), token.at)
        return node

    # Atoms

    def _atom(self) -> _Node:
        token = self._peek()
        if token is None:
            raise ExpressionError(len(self.text), "the expression ends too early")
        self.at += 1
        match token.kind:
            case "number":
                number = Decimal(token.text)
                return self._node("number", lambda given: number, token.at)
            case "text":
                text = token.text[1:-1]
                return self._node("text", lambda given: text, token.at)
            case "place":
                index = int(token.text) - 1
                if index >= self.names.places:
                    raise ExpressionError(token.at, f"there is no ${token.text}: {self._places()}")
                return self._node("text", lambda given: given.texts[index].strip() or None, token.at)
            case "name":
                return self._named(token)
        if token.text == "(":
            self._deeper(token)
            node = self._or()
            self._expect(")")
            self.depth -= 1
            return node
        raise ExpressionError(token.at, f"`{token.text}` stands where a value is expected")

    def _places(self) -> str:
        count = self.names.places
        return f"the field has {count} place{'s' * (count != 1)}" if count else "an inverse has `value` instead"

    def _named(self, token: _Token) -> _Node:
        name = token.text
        if name in ("true", "false"):
            return self._node("truth", lambda given: name == "true", token.at)
        if self._take("(") is not None:
            return self._call(token)
        if name == "value" and self.names.value is not None:
            return self._node(self.names.value, lambda given: given.value, token.at)
        try:
            kind = self.names.field(name)
        except ValueError as error:
            raise ExpressionError(token.at, str(error)) from None
        self.fields.append(name)
        return self._node(kind, lambda given: given.field(name), token.at)

    def _call(self, token: _Token) -> _Node:
        self._deeper(token)
        name = token.text
        if name == "lookup":
            node = self._lookup(token)
            self.depth -= 1
            return node
        arguments = [] if self._take(")") is not None else [self._or()]
        while arguments and self._take(")") is None:
            self._expect(",")
            arguments.append(self._or())
        self.depth -= 1
        if name in ("if", "default"):
            return self._choice(token, arguments)
        function = FUNCTIONS.get(name)
        if function is None:
            raise ExpressionError(token.at, f"there is no function `{name}`: there are {', '.join(_ALL)}")
        wanted = function.takes
        if len(arguments) != len(wanted) or any(a.type != kind for a, kind in zip(arguments, wanted, strict=True)):
            got = ", ".join(argument.type for argument in arguments)
            raise ExpressionError(token.at, f"`{name}` takes ({', '.join(wanted)}), not ({got})")
        return self._node(function.gives, _of(function.run, *(each.evaluate for each in arguments)), token.at)

    def _choice(self, token: _Token, arguments: Sequence[_Node]) -> _Node:
        count = 3 if token.text == "if" else 2
        if len(arguments) != count:
            raise ExpressionError(token.at, f"`{token.text}` takes {count} arguments")
        one, other = arguments[-2:]
        if one.type != other.type:
            raise ExpressionError(token.at, f"`{token.text}` chooses between a {one.type} and a {other.type}")
        if count == 2:
            return self._node(one.type, _default(one.evaluate, other.evaluate), token.at)
        condition = self._typed(arguments[0], "truth", token.at)
        return self._node(one.type, _if(condition.evaluate, one.evaluate, other.evaluate), token.at)

    def _lookup(self, token: _Token) -> _Node:
        table = self._peek()
        if table is None or table.kind != "name" or table.text not in self.names.tables:
            at = table.at if table is not None else len(self.text)
            raise ExpressionError(at, f"`lookup` takes a table of the map: {', '.join(sorted(self.names.tables))}")
        self.at += 1
        self._expect(",")
        argument = self._typed(self._or(), "text", token.at)
        self._expect(")")
        name, inner = table.text, argument.evaluate

        def evaluate(given: Given) -> Result:
            found = inner(given)
            return given.lookup(name, found) if isinstance(found, str) else None

        return self._node("text", evaluate, token.at)

    # Tokens

    def _peek(self) -> _Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _take(self, text: str) -> _Token | None:
        token = self._peek()
        if token is None or token.text != text or token.kind not in ("sign", "name"):
            return None
        self.at += 1
        return token

    def _expect(self, text: str) -> None:
        token = self._peek()
        if self._take(text) is None:
            at = token.at if token is not None else len(self.text)
            raise ExpressionError(at, f"`{text}` is expected here")

    def _typed(self, node: _Node, kind: Type, at: int) -> _Node:
        if node.type != kind:
            raise ExpressionError(at, f"a {kind} is expected on both sides, and one is a {node.type}")
        return node

    def _deeper(self, token: _Token) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError(token.at, f"nested more than {MAX_DEPTH} levels deep")

    def _node(self, kind: Type, evaluate: _Evaluate, at: int) -> _Node:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise ExpressionError(at, f"the expression has more than {MAX_NODES} parts")
        return _Node(kind, evaluate)


def _of(run: Callable[..., Result], *arguments: _Evaluate) -> _Evaluate:
    """``run`` over the arguments' results; absent when one is, when it cannot be computed, or is out of bounds."""

    def evaluate(given: Given) -> Result:
        found = []
        for argument in arguments:
            result = argument(given)
            if result is None:
                return None
            found.append(result)
        try:
            result = run(*found)
        except DecimalException:
            return None
        if isinstance(result, str):
            return result if len(result) <= MAX_TEXT else None
        if isinstance(result, Decimal):
            return result if result.is_finite() and abs(result) < _LARGEST else None
        return result

    return evaluate


def _operation(run: Callable[..., Result]) -> Callable[[_Evaluate, _Evaluate], _Evaluate]:
    return lambda left, right: _of(run, left, right)


def _either(left: _Evaluate, right: _Evaluate) -> _Evaluate:
    return lambda given: True if left(given) else right(given)


def _both(left: _Evaluate, right: _Evaluate) -> _Evaluate:
    return lambda given: right(given) if left(given) else left(given)


def _if(condition: _Evaluate, one: _Evaluate, other: _Evaluate) -> _Evaluate:
    return lambda given: one(given) if condition(given) else other(given)


def _default(one: _Evaluate, other: _Evaluate) -> _Evaluate:
    def evaluate(given: Given) -> Result:
        found = one(given)
        return other(given) if found is None else found

    return evaluate


_COMPARE: dict[str, Callable[..., bool]] = {
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "!=": lambda a, b: a != b,
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
}


class Function(NamedTuple):
    """A function of the language: the types it takes, the one it gives, and what it does."""

    takes: tuple[Type, ...]
    gives: Type
    run: Callable[..., Result]
    meaning: str


def _number(text: str) -> Decimal | None:
    text = text.strip().replace(",", ".", 1)
    return Decimal(text) if re.fullmatch(r"-?(?:[0-9]{1,18}(?:\.[0-9]{1,18})?|\.[0-9]{1,18})", text) else None


def _text(number: Decimal) -> str:
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("", "-0") else text


def _count(number: Decimal) -> int:
    """How many characters a number means: none below 0, never more than a text may have."""
    return int(min(max(number, Decimal(0)), Decimal(MAX_TEXT)))


def _replace(text: str, old: str, new: str) -> str | None:
    # Counted first: a replacement of each of 4,096 characters by as many would be 16 million.
    return text.replace(old, new) if old and len(text) + text.count(old) * len(new) <= 2 * MAX_TEXT else None


def _pad(text: str, width: Decimal, fill: str) -> str | None:
    return text.rjust(_count(width), fill) if len(fill) == 1 else None


def _part(text: str, by: str, *, behind: bool) -> str | None:
    before, found, after = text.partition(by) if by else ("", "", "")
    return (after if behind else before) if found else None


def _middle(text: str, start: Decimal, length: Decimal) -> str:
    first = max(_count(start) - 1, 0)
    return text[first : first + _count(length)]


FUNCTIONS: dict[str, Function] = {
    "number": Function(("text",), "number", _number, "the number that a text is, with a point or a comma"),
    "text": Function(("number",), "text", _text, "a number in digits, without needless zeros"),
    "round": Function(
        ("number", "number"),
        "number",
        lambda number, digits: _numbers.quantize(number, Decimal(1).scaleb(-min(_count(digits), 18))),
        "a number with so many decimals, halves away from zero",
    ),
    "upper": Function(("text",), "text", str.upper, "in capitals"),
    "lower": Function(("text",), "text", str.lower, "in small letters"),
    "trim": Function(("text",), "text", str.strip, "without blanks around it"),
    "length": Function(("text",), "number", lambda text: Decimal(len(text)), "how many characters"),
    "left": Function(("text", "number"), "text", lambda text, n: text[: _count(n)], "the first characters"),
    "right": Function(
        ("text", "number"), "text", lambda text, n: text[-_count(n) :] if _count(n) else "", "the last characters"
    ),
    "middle": Function(("text", "number", "number"), "text", _middle, "from a character, counted from 1, so many"),
    "before": Function(
        ("text", "text"), "text", lambda text, by: _part(text, by, behind=False), "what stands before the first `b`"
    ),
    "after": Function(
        ("text", "text"), "text", lambda text, by: _part(text, by, behind=True), "what stands behind the first `b`"
    ),
    "replace": Function(("text", "text", "text"), "text", _replace, "every `b` in it replaced"),
    "pad": Function(("text", "number", "text"), "text", _pad, "filled up on the left with a character to a width"),
    "contains": Function(("text", "text"), "truth", lambda text, part: part in text, "whether `b` is in it"),
    "starts": Function(("text", "text"), "truth", str.startswith, "whether it starts with `b`"),
}
"""What can be called; a function is total: where it has no result, the result is absent."""

_ALL = sorted({*FUNCTIONS, "if", "default", "lookup"})
