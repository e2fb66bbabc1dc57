"""Messages made from guides: right by construction, in any dialect, with values near their bounds; and broken ones."""

from __future__ import annotations

from random import Random

from translators.charset import charset
from translators.contents import check_segment
from translators.dates import EDIFACT_FORMATS, X12_FORMATS
from translators.dictionary import Representation
from translators.elements import ComponentSpec, ElementSpec, Notation, SegmentSpec
from translators.grammar import Guide, Place
from translators.syntax import Dialect, Elements, Message, MessageKind

EDIFACT = Dialect(syntax="edifact", element=b"+", component=b":", terminator=b"'", release=b"?", charset="iso8859_1")
EDIFACT_4 = Dialect(
    syntax="edifact", element=b"+", component=b":", terminator=b"'", release=b"?", repetition=b"*", charset="utf_8"
)
X12 = Dialect(syntax="x12", element=b"*", component=b">", terminator=b"~", charset="iso8859_1")
X12_5 = Dialect(syntax="x12", element=b"|", component=b":", terminator=b"\n", repetition=b"^", charset="iso8859_1")
ODD = Dialect(
    syntax="edifact", element=b"\x1d", component=b"\x1f", terminator=b"\x1c", decimal=b",", charset="iso8859_5"
)
ODDER = Dialect(
    syntax="edifact", element=b"|", component=b"/", terminator=b"\n", release=b"\\", decimal=b",", charset="iso8859_7"
)

_DATES = {
    "Y": "2026", "y": "26", "C": "20", "M": "02", "D": "28", "J": "059", "w": "09", "u": "7", "h": "23", "m": "59",
    "s": "00", "f": "123", "n": "0059", "z": "CET", "o": "0100", "T": "", "-": "-", "#": "12", "1": "5", "2": "50",
    "P": "01",
}  # fmt: skip


def notation(grammar: Guide, dialect: Dialect, version: int) -> Notation:
    return Notation(grammar.standard, version, dialect.decimal.decode())


def _text(rng: Random, form: Representation, dialect: Dialect, mark: str) -> str:
    least = max(form.minimum, 1)
    length = rng.choice([least, min(form.maximum, 40), rng.randint(least, min(form.maximum, least + 9))])
    match form.type:
        case "n" | "R" | "N":
            digits = "".join(rng.choice("0123456789") for _ in range(max(length, least)))
            if form.type != "N" and len(digits) > 1 and rng.random() < 0.3:
                digits = f"{digits[:1]}{mark}{digits[1:]}"
            return ("-" if rng.random() < 0.1 else "") + digits
        case "DT":
            return "20240229" if form.maximum == 8 else "261103"
        case "TM":
            return rng.choice(["0915", "235959"]) if form.maximum >= 6 else "0915"
    letters = "ABCabcXYZ" if form.type == "a" else "ABC abc123-.,/()"
    if form.type != "a" and rng.random() < 0.2:
        letters += bytes(rng.sample(sorted(charset(dialect.charset).plain), 5)).decode(dialect.charset)
        letters += "'+:?*" if dialect.release else ""
    kept = [letter for letter in letters if dialect.release or letter.encode(dialect.charset) not in dialect.delimiters]
    text = "".join(rng.choice(kept) for _ in range(length)).strip()
    return text.ljust(least, "A") if text else "A" * least


def _value(rng: Random, spec: ComponentSpec, dialect: Dialect, mark: str) -> str:
    if spec.codes is not None:
        return rng.choice(sorted(spec.codes))
    return _text(rng, spec.representation, dialect, mark)


def _moment(rng: Random, codes: frozenset[str] | None, formats: dict[str, str]) -> tuple[str, str]:
    known = sorted(code for code in formats if codes is None or code in codes)
    code = rng.choice(known)
    return "".join(_DATES.get(field, "1") for field in formats[code].split()), code


def _occurrence(rng: Random, spec: ElementSpec, dialect: Dialect, mark: str) -> tuple[str, ...]:
    values = [
        _value(rng, each, dialect, mark) if each.used and (each.required or rng.random() < 0.5) else ""
        for each in spec.components
    ]
    if not any(values):
        values[0] = _value(rng, spec.components[0], dialect, mark)
    if spec.dated:
        at, form = spec.dated
        values[at], values[form] = _moment(rng, spec.components[form].codes, EDIFACT_FORMATS)
    while len(values) > 1 and not values[-1]:
        values.pop()
    return tuple(values)


def _element(rng: Random, spec: ElementSpec, dialect: Dialect, mark: str) -> tuple[tuple[str, ...], ...]:
    times = rng.randint(1, min(spec.maximum, 3)) if dialect.repetition and rng.random() < 0.3 else 1
    return tuple(_occurrence(rng, spec, dialect, mark) for _ in range(times))


def _content(rng: Random, spec: SegmentSpec, dialect: Dialect, words: Notation) -> Elements:
    """Faultless elements; relational rules by trial, with fewer optional elements each time."""
    mark = words.decimal if words.standard == "edifact" else "."
    empty = (("",),)
    for attempt in range(60):
        share = 0.6 / (1 + attempt // 10)
        elements = [
            _element(rng, each, dialect, mark) if each.used and (each.required or rng.random() < share) else empty
            for each in (spec.flat if words.standard == "edifact" and words.version < 4 else spec).elements
        ]
        if spec.dated and words.standard == "x12":
            at, form = spec.dated
            if elements[at] != empty and elements[form] != empty:
                value, code = _moment(rng, spec.elements[form].components[0].codes, X12_FORMATS)
                elements[at], elements[form] = ((value,),), ((code,),)
        while elements and elements[-1] == empty:
            elements.pop()
        if not check_segment(spec, tuple(elements), words):
            return tuple(elements)
    return tuple(elements)


def _fill(rng: Random, group: Place, dialect: Dialect, words: Notation, out: list[tuple[str, Elements]]) -> None:
    for place in group.children:
        spec = place.spec(words.version)
        if not place.used or (spec is not None and spec.binary < len(spec.elements)):
            continue
        most = max(place.minimum, min(place.maximum, place.minimum + 2))
        for _ in range(rng.randint(place.minimum, most) if rng.random() < 0.4 else place.minimum):
            if spec is None:
                _fill(rng, place, dialect, words, out)
            else:
                out.append((place.name, _content(rng, spec, dialect, words)))


def _a_tree(rng: Random, segments: list[tuple[str, Elements]], tag: str) -> list[tuple[str, Elements]]:
    """The segments with ids that count up, each level under an earlier one, and HL04 as it should be."""
    levels = sum(name == tag for name, _ in segments)
    parents = ["", *(str(rng.randint(1, number)) for number in range(1, levels))]
    number = 0
    out = []
    for name, elements in segments:
        if name == tag:
            number += 1
            stated = rng.choice(["", "1" if str(number) in parents else "0"])
            tree = [str(number), parents[number - 1], elements[2][0][0], stated]
            elements = tuple(((value,),) for value in (tree if stated else tree[:3]))
        out.append((name, elements))
    return out


def _written(tag: str, elements: Elements, dialect: Dialect) -> bytes:
    def value(text: str) -> bytes:
        data = b""
        for letter in text:
            byte = letter.encode(dialect.charset)
            data += dialect.release + byte if dialect.release and byte in dialect.delimiters else byte
        return data

    parts = [
        (dialect.repetition or b"").join(dialect.component.join(map(value, occurrence)) for occurrence in element)
        for element in elements
    ]
    return dialect.element.join([tag.encode(), *parts])


def faultless(rng: Random, grammar: Guide, dialect: Dialect, version: int, end: bytes = b"") -> bytes:
    """The bytes of a message that is right by ``grammar``, ``end`` behind each terminator but the last."""
    words = notation(grammar, dialect, version)
    segments: list[tuple[str, Elements]] = []
    _fill(rng, grammar.root, dialect, words, segments)
    if grammar.hierarchy is not None:
        segments = _a_tree(rng, segments, grammar.hierarchy.segment)
    header, *body, _ = [_written(tag, elements, dialect) for tag, elements in segments]
    if grammar.standard == "edifact":
        kind, release = grammar.version.partition(".")[::2]
        identity = dialect.component.join(each.encode() for each in (grammar.type, kind, release, "UN"))
        header = dialect.element.join([b"UNH", b"1", identity])
        trailer = dialect.element.join([b"UNT", str(len(body) + 2).encode(), b"1"])
    else:
        header = dialect.element.join([b"ST", grammar.type.encode(), b"0001"])
        trailer = dialect.element.join([b"SE", str(len(body) + 2).encode(), b"0001"])
    return (dialect.terminator + end).join([header, *body, trailer]) + dialect.terminator


def as_message(raw: bytes, grammar: Guide, dialect: Dialect) -> Message:
    """``raw`` as a reader would hand it on that found nothing in it."""
    kind = MessageKind(type=grammar.type, version=grammar.version)
    return Message("1", kind, 0, len(raw), dialect, raw, raw.count(dialect.terminator))


def mutated(rng: Random, raw: bytes, dialect: Dialect) -> bytes:
    """``raw`` with one to three small changes, most of them near a separator."""
    roles = [bytes((byte,)) for byte in dialect.delimiters]
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        at = rng.randrange(len(raw))
        if rng.random() < 0.5:
            found = [
                place for place in range(max(at - 40, 0), min(at + 40, len(raw))) if raw[place : place + 1] in roles
            ]
            at = min(rng.choice(found or [at]) + rng.randint(-2, 2), len(raw) - 1) if found else at
            at = max(at, 0)
        match rng.randrange(9):
            case 0:
                raw = raw[:at] + bytes((rng.randrange(256),)) + raw[at + 1 :]
            case 1:
                raw = raw[:at] + raw[at + rng.randint(1, 3) :]
            case 2:
                raw = raw[:at] + raw[at : at + rng.randint(1, 6)] + raw[at:]
            case 3:
                raw = raw[:at] + rng.choice([*roles, b"\r\n", b" ", b"A", b"0", b"-", b".", b",", b"\0"]) + raw[at:]
            case 4:
                raw = raw[:at] + rng.choice([*roles, b"9", b"0", b"A", b" "]) + raw[at + 1 :]
            case 5:
                raw = _segments(rng, raw, dialect)
            case 6:
                raw = raw[:at] + rng.choice([b"0229", b"1231", b"2024", b"102", b"203", b"ZZZ", b"D8"]) + raw[at:]
            case 7:
                raw = raw[:at] + raw[at : at + 1] * rng.randint(2, 40) + raw[at:]
            case _:
                raw = raw[:at] + raw[at : at + 2][::-1] + raw[at + 2 :]
        if len(raw) < 2:
            return raw + b"  "
    return raw


def _segments(rng: Random, raw: bytes, dialect: Dialect) -> bytes:
    """``raw`` with a segment moved, dropped, doubled, or put again elsewhere."""
    segments = raw.split(dialect.terminator)[:-1]
    if len(segments) < 4:
        return raw
    at, to = rng.randrange(1, len(segments) - 1), rng.randrange(1, len(segments) - 1)
    taken = segments[at]
    match rng.randrange(3):
        case 0:
            del segments[at]
        case 1:
            segments.insert(to, taken)
        case _:
            del segments[at]
            segments.insert(to, taken)
    return b"".join(segment + dialect.terminator for segment in segments)
