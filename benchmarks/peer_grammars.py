"""Our guides in the words of the peers, so that all of them check the same message by the same rules.

Bots wants a Python module with ``structure`` and ``recorddefs`` for each message and for the envelope; StAEDI an XML
schema for each message, its control segments being built in. Neither knows X12's relations the way we hand them over
(Bots has none), and Bots has no code lists in its grammars: where a peer cannot check something, it does less work.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from translators.dictionary import UNBOUNDED
from translators.elements import ComponentSpec, SegmentSpec
from translators.grammar import Guide, Place

_MOST = 99_999
"""What both peers understand as "as often as wished"."""


def _segments(guide: Guide) -> dict[str, SegmentSpec]:
    found = {}
    for place in guide.root.walk():
        if not place.group and place.segment is not None and place.name not in found:
            found[place.name] = place.segment
    return found


def _most(maximum: int) -> int:
    return _MOST if maximum >= UNBOUNDED else min(maximum, _MOST)


# Bots.

_BOTS_TYPES = {
    "an": "AN",
    "a": "A",
    "n": "N",
    "AN": "AN",
    "ID": "AN",
    "N": "N0",
    "R": "R",
    "DT": "DT",
    "TM": "TM",
    "B": "AN",
}


def bots_grammar(guide: Guide) -> str:
    """The module of a message: header, body and trailer."""
    x12 = guide.standard == "x12"
    lines = [
        "from bots.botsconfig import *",
        "syntax = {'checkcollision': False}",
        f"structure = [{_bots_tree(guide)}]",
    ]
    lines.append("recorddefs = {")
    for tag, spec in _segments(guide).items():
        lines.append(f"    {tag!r}: {_bots_record(spec, x12)},")
    return "\n".join([*lines, "}", ""])


def _bots_tree(guide: Guide) -> str:
    inner = ", ".join(_bots_place(place) for place in guide.root.children[1:])
    return f"{{ID: {guide.header.name!r}, MIN: 1, MAX: 1, LEVEL: [{inner}]}}"


def _bots_place(place: Place) -> str:
    if not place.group:
        return f"{{ID: {place.name!r}, MIN: {place.minimum}, MAX: {_most(place.maximum)}}}"
    inner = ", ".join(_bots_place(child) for child in place.children[1:])
    head = f"ID: {place.children[0].name!r}, MIN: {place.minimum}, MAX: {_most(place.maximum)}"
    return f"{{{head}, LEVEL: [{inner}]}}" if inner else f"{{{head}}}"


def _bots_record(spec: SegmentSpec, x12: bool) -> list[object]:
    fields: list[object] = [["BOTSID", "M", 3, "AN"]]
    seen: dict[str, int] = {}

    def name(text: str) -> str:
        seen[text] = seen.get(text, 0) + 1
        return text if seen[text] == 1 else f"{text}#{seen[text]}"

    for number, element in enumerate(spec.elements, 1):
        label = name(f"{spec.tag}{number:02d}" if x12 else element.ref)
        must: object = "M" if element.required else "C"
        if element.maximum > 1:
            must = (must, _most(element.maximum))
        if element.composite and len(element.components) > 1:
            parts = [_bots_field(name(f"{label}.{part.ref}"), part, None) for part in element.components]
            fields.append([label, must, parts])
        else:
            fields.append(_bots_field(label, element.components[0], must))
    if len(fields) == 1:
        fields.append(["unused", "C", 1, "AN"])
    return fields


def _bots_field(label: str, part: ComponentSpec, must: object | None) -> list[object]:
    form = part.representation
    kind = f"N{form.decimals}" if form.type == "N" else _BOTS_TYPES[form.type]
    return [label, must or ("M" if part.required else "C"), (form.minimum, form.maximum), kind]


BOTS_ENVELOPES: dict[str, str] = {
    "edifact": """from bots.botsconfig import *
syntax = {'checkcollision': False}
nextmessage = ({'BOTSID': 'UNB'}, {'BOTSID': 'UNH'})
structure = [{ID: 'UNB', MIN: 1, MAX: 99999, LEVEL: [
    {ID: 'UNH', MIN: 0, MAX: 9999999, SUBTRANSLATION: [
        {'BOTSID': 'UNH', 'S009.0065': None}, {'BOTSID': 'UNH', 'S009.0052': None},
        {'BOTSID': 'UNH', 'S009.0054': None}, {'BOTSID': 'UNH', 'S009.0051': None}]},
    {ID: 'UNZ', MIN: 1, MAX: 1}]}]
recorddefs = {
    'UNB': [['BOTSID', 'M', 3, 'AN'],
        ['S001', 'M', [['S001.0001', 'M', 4, 'AN'], ['S001.0002', 'M', 1, 'N']]],
        ['S002', 'M', [['S002.0004', 'M', 35, 'AN'], ['S002.0007', 'C', 4, 'AN'], ['S002.0008', 'C', 14, 'AN']]],
        ['S003', 'M', [['S003.0010', 'M', 35, 'AN'], ['S003.0007', 'C', 4, 'AN'], ['S003.0014', 'C', 14, 'AN']]],
        ['S004', 'M', [['S004.0017', 'M', 6, 'N'], ['S004.0019', 'M', 4, 'N']]],
        ['0020', 'M', 14, 'AN']],
    'UNH': [['BOTSID', 'M', 3, 'AN'], ['0062', 'M', 14, 'AN'],
        ['S009', 'M', [['S009.0065', 'M', 6, 'AN'], ['S009.0052', 'M', 3, 'AN'], ['S009.0054', 'M', 3, 'AN'],
                       ['S009.0051', 'M', 2, 'AN'], ['S009.0057', 'C', 6, 'AN']]]],
    'UNZ': [['BOTSID', 'M', 3, 'AN'], ['0036', 'M', 7, 'N'], ['0020', 'M', 14, 'AN']],
}
""",
    "x12": """from bots.botsconfig import *
syntax = {'checkcollision': False}
nextmessage = ({'BOTSID': 'ISA'}, {'BOTSID': 'GS'}, {'BOTSID': 'ST'})
structure = [{ID: 'ISA', MIN: 1, MAX: 99999, LEVEL: [
    {ID: 'GS', MIN: 0, MAX: 99999, LEVEL: [
        {ID: 'ST', MIN: 0, MAX: 9999999, SUBTRANSLATION: [{'BOTSID': 'ST', 'ST01': None}]},
        {ID: 'GE', MIN: 1, MAX: 1}]},
    {ID: 'IEA', MIN: 1, MAX: 1}]}]
recorddefs = {
    'ISA': [['BOTSID', 'M', 3, 'AN']] + [['ISA%02d' % n, 'M', 15, 'AN'] for n in range(1, 16)] + [
        ['ISA16', 'C', [['ISA16.1', 'C', 1, 'AN'], ['ISA16.2', 'C', 1, 'AN']]]],
    'GS': [['BOTSID', 'M', 3, 'AN']] + [['GS%02d' % n, 'M', 15, 'AN'] for n in range(1, 9)],
    'ST': [['BOTSID', 'M', 3, 'AN'], ['ST01', 'M', 3, 'AN'], ['ST02', 'M', 9, 'AN']],
    'GE': [['BOTSID', 'M', 3, 'AN'], ['GE01', 'M', 6, 'AN'], ['GE02', 'M', 9, 'AN']],
    'IEA': [['BOTSID', 'M', 3, 'AN'], ['IEA01', 'M', 5, 'AN'], ['IEA02', 'M', 9, 'AN']],
}
""",
}
"""The envelopes, which Bots leaves to its users' configuration."""


def bots_module(guide: Guide) -> str:
    """The name under which Bots looks for a message's grammar."""
    if guide.standard == "edifact":
        version, _, release = guide.version.partition(".")
        return f"{guide.type}{version}{release}UN"
    return f"{guide.type}{guide.version}"


# StAEDI.

_STAEDI_BASES = {
    "an": "string",
    "a": "string",
    "n": "decimal",
    "AN": "string",
    "ID": "identifier",
    "N": "numeric",
    "R": "decimal",
    "DT": "date",
    "TM": "time",
    "B": "binary",
}
_STAEDI_RELATIONS = {"P": "paired", "R": "required", "E": "exclusion", "C": "conditional", "L": "list"}


def staedi_schema(guide: Guide) -> str:
    """The schema of a message without its header and trailer, which StAEDI has itself."""
    body = "".join(_staedi_place(place) for place in guide.root.children[1:-1])
    lines = [
        '<schema xmlns="http://xlate.io/EDISchema/v4">',
        f"<transaction><sequence>{body}</sequence></transaction>",
    ]
    parts: dict[str, str] = {}
    segments = {
        tag: spec for tag, spec in _segments(guide).items() if tag not in (guide.header.name, guide.trailer.name)
    }
    drawn = [_staedi_segment(spec, parts) for spec in segments.values()]
    return "\n".join([*lines, *parts.values(), *drawn, "</schema>", ""])


def _staedi_place(place: Place) -> str:
    times = f'minOccurs="{place.minimum}" maxOccurs="{_most(place.maximum)}"'
    if not place.group:
        return f'<segment type="{place.name}" {times}/>'
    inner = "".join(_staedi_place(child) for child in place.children)
    # A loop may not have the name of a segment, as X12's have here; nor may two loops have one name.
    code = quoteattr("loop." + place.path.replace("/", "."))
    return f"<loop code={code} {times}><sequence>{inner}</sequence></loop>"


def _staedi_segment(spec: SegmentSpec, parts: dict[str, str]) -> str:
    uses = []
    for element in spec.elements:
        times = f'minOccurs="{int(element.required)}" maxOccurs="{_most(element.maximum)}"'
        if element.composite:
            name = f"{spec.tag}.{element.ref}"
            inner = "".join(
                f'<element type="{_staedi_element(part, parts)}" minOccurs="{int(part.required)}"/>'
                for part in element.components
            )
            parts[name] = f'<compositeType name="{name}"><sequence>{inner}</sequence></compositeType>'
            uses.append(f'<composite type="{name}" {times}/>')
        else:
            uses.append(f'<element type="{_staedi_element(element.components[0], parts)}" {times}/>')
    rules = "".join(_staedi_relations(spec))
    return f'<segmentType name="{spec.tag}"><sequence>{"".join(uses)}</sequence>{rules}</segmentType>'


def _staedi_element(part: ComponentSpec, parts: dict[str, str]) -> str:
    form = part.representation
    name = f"E{part.ref}.{form.type}{form.minimum}-{form.maximum}.{hash(part.codes) & 0xFFFFFFFF:x}"
    if name not in parts:
        codes = "".join(f"<value>{escape(code)}</value>" for code in sorted(part.codes or ()))
        inner = f"<enumeration>{codes}</enumeration>" if codes else ""
        base = _STAEDI_BASES[form.type]
        number = f' number="{part.ref}"' if part.ref.isdigit() else ""
        scale = f' scale="{form.decimals}"' if form.type == "N" and form.decimals else ""
        parts[name] = (
            f'<elementType name="{name}"{number} base="{base}"{scale}'
            f' minLength="{form.minimum}" maxLength="{form.maximum}">{inner}</elementType>'
        )
    return name


def _staedi_relations(spec: SegmentSpec) -> Iterator[str]:
    for relation in spec.relations:
        kind = _STAEDI_RELATIONS.get(str(relation)[:1])
        if kind is not None:
            positions = "".join(f"<position>{position}</position>" for position in relation.positions)
            yield f'<syntax type="{kind}">{positions}</syntax>'
