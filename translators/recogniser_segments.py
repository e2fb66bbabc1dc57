"""Whole segments as regular expressions: which elements stand, what is in each, and what they ask of one another.

Positions nest: an element is followed by its separator and the next, or by nothing more, so a segment that ends early
is done at once. Nothing empty is matched at the end of a composite or a segment, and an empty repetition nowhere.
Relational rules look ahead, from where the segment's content begins.

A pattern matches a subset of what :func:`translators.contents.check_segment` finds faultless. Where exactness would
make it large, it is kept small: numbers with an exponent, binary data, or a composite in a repeated position of
syntax 3 that other elements follow are left to the exact check.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from translators.dates import EDIFACT_FORMATS, X12_FORMATS
from translators.elements import ComponentSpec, ElementSpec, SegmentSpec
from translators.recogniser_codes import NEVER, code_tree
from translators.recogniser_dates import USUAL, format_steps, format_tree
from translators.recogniser_values import Alphabet, free_value, listed_value, other_list
from translators.relations import Relation

LONGEST = 120
"""More elements than this, and the segment is not recognised: its pattern would be nested too deep."""


class _Unit(NamedTuple):
    """One position, or several that are matched together, without the separator in front; never empty."""

    pattern: str | None
    """``None``: there may be nothing here."""
    required: bool
    width: int = 1
    alternatives: int = 0
    """How many further positions hold the same, each of them optional."""
    present: str = ""
    """What must follow where there is something here."""
    absent: str = ""
    """What must follow where there is nothing here."""
    reached: bool = False
    """Whether the segment may not end before this position, although nothing need be here."""


def segment_pattern(spec: SegmentSpec, alphabet: Alphabet) -> str | None:
    """A pattern for what stands behind the tag of such a segment, up to its terminator; ``None``: not recognised."""
    if spec.binary < len(spec.elements) or len(spec.elements) > LONGEST:
        return None
    flat = alphabet.notation.standard == "edifact" and alphabet.notation.version < 4
    pair = spec.dated if alphabet.notation.standard == "x12" else None
    units: list[_Unit] = []
    for index, element in enumerate(spec.elements):
        if pair is not None and index in pair:
            if pair[0] != pair[1] + 1:
                return None
            if index == pair[0]:
                value, form = element, spec.elements[pair[1]]
                units.append(_dated_elements(form, value, alphabet))
            continue
        pattern = _element(element, alphabet, flat)
        further = min(element.maximum, 999) - 1 if flat else 0
        units.append(_Unit(pattern, element.required, alternatives=further))
    ahead = ""
    plain = not pair and not any(unit.alternatives for unit in units)
    for rule in spec.relations:
        at = min(rule.positions) - 1
        if plain and units[at].pattern is not None:
            units[at] = _bound(units[at], rule, alphabet)
        else:
            ahead += _relation(rule, alphabet)
    body = _positions(units, alphabet.element)
    return body and ahead + body


def _positions(units: Sequence[_Unit], separator: str) -> str | None:
    """The units in their order, each with the separator in front; ``None`` when a required one cannot stand."""
    if any(unit.required and unit.pattern is None for unit in units):
        return None
    rest, must, more = "", False, False
    for unit in reversed(units):
        if unit.alternatives and unit.pattern is not None:
            repeat = f"(?>(?:{separator}(?:{unit.pattern}|(?={separator}))){{0,{unit.alternatives}}})"
            if not more:
                rest, more = repeat, True
            else:
                rest = f"(?:{separator * unit.alternatives}(?={separator}){rest}{'' if must else '|'})"
        elif unit.alternatives and more:
            rest = f"(?:{separator * unit.alternatives}(?={separator}){rest}{'' if must else '|'})"
        ways = [] if unit.pattern is None else [unit.pattern + unit.present]
        if more and not unit.required:
            ways.append(f"{separator * (unit.width - 1)}(?={separator}){unit.absent}")
        must, more = must or unit.required or unit.reached, more or bool(ways)
        if ways:
            here = ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"
            rest = f"{separator}{here}{rest}" if must else f"(?:{separator}{here}{rest}|)"
    return rest


def _element(element: ElementSpec, alphabet: Alphabet, flat: bool) -> str | None:
    """A pattern for all occurrences of the element; ``None`` when it may not stand or is not recognised."""
    if not element.used or element.least > 1:
        return None
    one = _composite(element, alphabet) if element.composite else _value(element, 0, alphabet)
    if one is None or one == NEVER:
        return None
    if flat or alphabet.repetition is None or element.maximum == 1:
        return one
    return f"{one}(?>(?:{alphabet.repetition}{one}){{0,{element.maximum - 1}}})"


def _composite(element: ElementSpec, alphabet: Alphabet) -> str | None:
    units: list[_Unit] = []
    pair = element.dated if alphabet.notation.standard == "edifact" else None
    for index, component in enumerate(element.components):
        if pair is not None and index in pair:
            if pair[1] != pair[0] + 1:
                return None
            if index == pair[0]:
                form = element.components[pair[1]]
                units.append(_dated_components(component, form, alphabet))
            continue
        pattern = _value(element, index, alphabet) if component.used else NEVER
        units.append(_Unit(pattern if pattern != NEVER else None, component.required))
    colon = alphabet.component
    first, rest = units[0], _positions(units[1:], colon)
    if rest is None or (first.required and first.pattern is None):
        return None
    ways = [] if first.pattern is None else [first.pattern]
    if rest and not first.required:
        ways.append(f"{colon * (first.width - 1)}(?={colon})")
    if not ways:
        return None
    one = ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"
    rules = "".join(_component_relation(rule, alphabet) for rule in element.relations)
    return rules + one + rest


def _value(element: ElementSpec, index: int, alphabet: Alphabet) -> str:
    component = element.components[index]
    if component.codes is None:
        return free_value(component, alphabet)
    listed = listed_value(component, alphabet)
    own, agency = element.lists[index] if element.composite else (0, 0)
    behind = other_list(component, alphabet, own, agency, index)
    if behind is None:
        return listed
    ways = [] if listed == NEVER else [f"{listed}(?!{alphabet.character})"]
    return f"(?:{'|'.join([*ways, f'{free_value(component, alphabet)}(?={behind})'])})"


def _dated_components(value: ComponentSpec, form: ComponentSpec, alphabet: Alphabet) -> _Unit:
    """A date and, behind it, the code of its format: they are matched together."""
    colon = alphabet.component
    nothing = f"(?:{colon}(?={colon})|(?!{colon}))"
    free = free_value(value, alphabet) if value.used and value.codes is None else NEVER
    ways = []
    if form.used and value.used and value.codes is None:
        tree = _formats(value, form, EDIFACT_FORMATS, lambda codes: f"{colon}{codes}(?!{alphabet.character})", alphabet)
        ways.append(tree)
        if form.codes is not None and free != NEVER:
            others = listed_value(form, alphabet, without=frozenset(EDIFACT_FORMATS))
            ways += [] if others == NEVER else [f"{free}{colon}{others}(?!{alphabet.character})"]
    if not form.required and free != NEVER:
        ways.append(free + nothing)
    if not value.required and form.used:
        any_form = free_value(form, alphabet) if form.codes is None else listed_value(form, alphabet)
        ways.append(f"{colon}{any_form}")
    ways = [way for way in ways if NEVER not in way]
    return _Unit(f"(?:{'|'.join(ways)})" if ways else None, value.required or form.required, width=2)


def _dated_elements(form: ElementSpec, value: ElementSpec, alphabet: Alphabet) -> _Unit:
    """A format and, behind it, the date: X12's order."""
    star = alphabet.element
    nothing = f"(?:{star}(?={star})|(?!{star}))"
    of_form, of_value = form.components[0], value.components[0]
    simple = not form.composite and not value.composite and form.maximum == value.maximum == 1
    if not simple or not form.used or not value.used or of_value.codes is not None or of_form.codes is None:
        return _Unit(None, form.required or value.required, width=2)
    free = free_value(of_value, alphabet)
    ways = []
    for steps, code_pattern in _by_steps(of_value, of_form, X12_FORMATS, alphabet):
        ways.append(f"{code_pattern}{star}{''.join(steps)}")
    others = listed_value(of_form, alphabet, without=frozenset(X12_FORMATS))
    ways.append(f"{others}{star}{free}")
    if not value.required:
        ways.append(listed_value(of_form, alphabet) + nothing)
    if not form.required:
        ways.append(star + free)
    ways = [way for way in ways if NEVER not in way]
    return _Unit(f"(?:{'|'.join(ways)})" if ways else None, form.required or value.required, width=2)


def _formats(
    value: ComponentSpec,
    form: ComponentSpec,
    formats: dict[str, str],
    ending: Callable[[str], str],
    alphabet: Alphabet,
) -> str:
    return format_tree({steps: ending(codes) for steps, codes in _by_steps(value, form, formats, alphabet)})


def _by_steps(
    value: ComponentSpec, form: ComponentSpec, formats: dict[str, str], alphabet: Alphabet
) -> list[tuple[tuple[str, ...], str]]:
    """(the patterns of a format, a pattern for its codes), codes of one format together."""
    found: dict[tuple[str, ...], list[bytes]] = {}
    usual = [code for code in USUAL if code in formats]
    for code in dict.fromkeys((*usual, *formats)):
        fields = formats[code]
        if (form.codes is not None and code not in form.codes) or not form.fits.fullmatch(code):
            continue
        steps = format_steps(fields, max(value.representation.minimum, 1), value.representation.maximum)
        data = alphabet.encoded(code)
        if value.pattern is None and steps and data is not None and value.representation.type in ("an", "AN"):
            found.setdefault(steps, []).append(data)
    return [(steps, code_tree(codes)) for steps, codes in found.items()]


def _bound(unit: _Unit, rule: Relation, alphabet: Alphabet) -> _Unit:
    """``unit``, which is at the first of the rule's positions, with what the rule asks of the others.

    Where the segment ends before them all, only R and O are broken.
    """
    star, at = alphabet.element, min(rule.positions)
    step = f"[^{star}{alphabet.end}]"
    there = {
        position: f"{star}{f'{step}*+{star}' * (position - at - 1)}{step}"
        for position in rule.positions
        if position != at
    }
    first = rule.positions[0] == at
    others = [there[position] for position in rule.positions[0 if not first else 1 :] if position != at]
    every, none = "".join(f"(?={each})" for each in others), "".join(f"(?!{each})" for each in others)
    some = f"(?={'|'.join(others)})"
    present = absent = ""
    match rule.letter, first:
        case "P", _:
            present, absent = every, none
        case "R", _:
            absent = some
        case "O", _:
            present, absent = none, some + _at_most_one(others)
        case "E", _:
            present, absent = none, _at_most_one(others)
        case "N", True:
            present = none
        case "N", False:
            asking, *more = others
            present, absent = f"(?!{asking})", "".join(f"(?!(?={asking}){each})" for each in more)
        case "C", True:
            present = every
        case "L", True:
            present = some
        case "C" | "L", False:
            # Another position asks for this one, and perhaps for more.
            asking, *more = others
            left = "".join(f"(?={each})" for each in more) if rule.letter == "C" else f"(?={'|'.join(more)})"
            absent = f"(?!{asking})" if rule.letter == "C" or not more else f"(?:(?!{asking})|{left})"
            present = f"(?:(?!{asking})|{left})" if rule.letter == "C" and more else ""
        case _:
            present = absent = NEVER
    return unit._replace(
        present=unit.present + present,
        absent=unit.absent + absent,
        reached=unit.reached or rule.letter in "RO",
    )


def _at_most_one(there: Sequence[str]) -> str:
    return "".join(f"(?!(?={one}){other})" for at, one in enumerate(there) for other in there[at + 1 :])


def _relation(rule: Relation, alphabet: Alphabet) -> str:
    """Looks ahead, from behind the tag, whether the elements that the rule binds stand as it wants."""
    step = f"[^{alphabet.element}{alphabet.end}]"
    # The first element stands behind the first separator, and what is in front of that is nothing.
    return _rule(rule, {at: f"{step}*+{alphabet.element}" * at + step for at in rule.positions})


def _component_relation(rule: Relation, alphabet: Alphabet) -> str:
    within = f"{alphabet.character}*+{alphabet.component}"
    return _rule(rule, {at: within * (at - 1) + alphabet.character for at in rule.positions})


def _rule(rule: Relation, there: dict[int, str]) -> str:
    first, *others = (there[at] for at in rule.positions)
    match rule.letter:
        case "P":
            every = "".join(f"(?={each})" for each in (first, *others))
            return f"(?:{every}|{''.join(f'(?!{each})' for each in (first, *others))})"
        case "R":
            return f"(?={'|'.join((first, *others))})"
        case "E":
            return _at_most_one([first, *others])
        case "O":
            return f"(?={'|'.join((first, *others))}){_at_most_one([first, *others])}"
        case "N":
            return "".join(f"(?!(?={first}){other})" for other in others)
        case "C":
            return f"(?:(?!{first})|{''.join(f'(?={each})' for each in others)})"
        case "L":
            return f"(?:(?!{first})|(?={'|'.join(others)}))"
        case _:
            return NEVER
