"""Templates: what several agreements have in common, written once.

A template is a partial agreement. An agreement names those it extends, and a template may extend others, three levels
in all: the standard terms, a shipped kind of partner, a company's own kind of partner. With more, no reader finds where
a value comes from. From the farthest to the nearest, each layer is laid over what stands already:

- mappings are merged key by key;
- lists whose items all have an ``id`` are merged item by item, by that id, and new items follow at the end;
- any other list, and any text, is replaced as a whole.

Of several templates named, a later one lies over an earlier one, and the agreement's own words over all of them.
Two keys exist only while an agreement is put together: ``without`` names flows that a layer leaves out of those it
inherits, and ``every_flow`` is laid *under* each flow of the merged agreement. Last, values that follow from others are
filled in, so that the result says everything. Values keep their own place throughout: a fault points into the file that
holds the mistake. Only a flow that is inherited whole stands at the agreement's ``extends``: what it lacks, the
agreement did not give it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Lookup

import msgspec

from partners.document import Mapping, Node, Scalar, Sequence
from partners.fault import Fault, Place, did_you_mean, fault
from partners.flow import wrong_form
from partners.scalars import ID, RESOURCE_NAME

MAX_LEVELS = 3
DIRECTIVES = ("extends", "without", "every_flow")

# X12 I12 is nine digits always; EDIFACT 0020 is an..14 and sent without padding.
_NUMBER_FORMS = {"x12": {"max": "999999999", "width": "9"}, "edifact": {"max": "99999999999999", "width": "1"}}


def merge(under: Node, over: Node) -> Node:
    """``over`` laid over ``under``; neither is changed, and merging a tree with itself changes nothing.

    As long as each path keeps its kind (a mapping stays a mapping), it does not matter which two of three layers are
    merged first.
    """
    if isinstance(under, Mapping) and isinstance(over, Mapping):
        return merge_mappings(under, over)
    if isinstance(under, Sequence) and isinstance(over, Sequence):
        below, above = _by_id(under), _by_id(over)
        if below is not None and above is not None:
            for name, item in above.items():
                below[name] = merge(below[name], item) if name in below else item
            return Sequence(list(below.values()), over.place)
    return over


def merge_mappings(under: Mapping, over: Mapping) -> Mapping:
    """:func:`merge` for two mappings, which give a mapping."""
    items = dict(under.items)
    for key, value in over.items.items():
        items[key] = merge(items[key], value) if key in items else value
    return Mapping(items, {**under.keys, **over.keys}, over.place)


def _by_id(node: Sequence) -> dict[str, Node] | None:
    """The items by their ids; ``None`` when some item has none, or two have the same."""
    found: dict[str, Node] = {}
    for item in node.items:
        name = text_of(item, "id")
        if name is None or name in found:
            return None
        found[name] = item
    return found


def text_of(node: Node | None, *path: str) -> str | None:
    """The text at ``path`` below a mapping; ``None`` when there is no text there."""
    for key in path:
        if not isinstance(node, Mapping):
            return None
        node = node.items.get(key)
    return node.text if isinstance(node, Scalar) else None


class Resolution(msgspec.Struct):
    """An agreement with everything merged into it, and what went wrong on the way."""

    tree: Mapping
    faults: list[Fault]


def resolve(agreement: Mapping, templates: Lookup[str, Mapping]) -> Resolution:
    """The whole agreement: templates merged, ``every_flow`` and ``without`` obeyed, derived values filled in."""
    faults: list[Fault] = []
    tree = _extended(agreement, templates, (), faults)
    every_flow = tree.items.get("every_flow")
    if every_flow is not None and not isinstance(every_flow, Mapping):
        faults.append(fault(every_flow.place, "expected a mapping", "write the keys of a flow below it"))
    flows = tree.items.get("flows")
    if isinstance(flows, Sequence):
        stated = agreement.items.get("flows")
        own = {flow.place for flow in stated.items} if isinstance(stated, Sequence) else set()
        placed = [flow if flow.place in own else _inherited(flow, agreement) for flow in flows.items]
        flows = Sequence([_completed(flow, every_flow, tree) for flow in placed], flows.place)
        tree = Mapping({**tree.items, "flows": flows}, tree.keys, tree.place)
    return Resolution(_without_keys(tree, DIRECTIVES), faults)


def _inherited(flow: Node, agreement: Mapping) -> Node:
    """The flow, standing where ``agreement`` inherits it; its values stay where they are."""
    if not isinstance(flow, Mapping) or "extends" not in agreement.keys:
        return flow
    at = agreement.keys["extends"]
    path = f"{agreement.place.path}.flows[{text_of(flow, 'id') or '?'}]"
    return Mapping(flow.items, flow.keys, Place(at.file, at.line, at.column, path))


def _extended(
    layer: Mapping, templates: Lookup[str, Mapping], above: tuple[Scalar, ...], faults: list[Fault]
) -> Mapping:
    """``layer`` over the templates it extends; ``above`` are the names followed on the way here, nearest last."""
    result: Mapping | None = None
    for name in _names(layer.items.get("extends"), faults):
        template = templates.get(name.text)
        if name.text in [each.text for each in above]:
            faults.append(fault(name.place, f"template `{name.text}` extends itself"))
        elif len(above) == MAX_LEVELS:
            # None of the templates on the way is at fault by itself: what was begun with goes too deep.
            way = " > ".join(each.text for each in (*above, name))
            faults.append(fault(above[0].place, f"more than {MAX_LEVELS} levels of templates: {way}"))
        elif template is None:
            message = f"there is no template `{name.text}`"
            faults.append(fault(name.place, message, did_you_mean(name.text, templates)))
        else:
            # A template's own id, and what it extends, are not part of what it gives.
            whole = _extended(template, templates, (*above, name), faults)
            given = _without_keys(whole, ("id", "extends", "name"))
            result = given if result is None else merge_mappings(result, given)
    without = _names(layer.items.get("without"), faults)
    if without:
        result = _leave_out(without, layer, result, faults)
    own = _without_keys(layer, ("extends", "without"))
    return own if result is None else merge_mappings(result, own)


def _leave_out(without: list[Scalar], layer: Mapping, inherited: Mapping | None, faults: list[Fault]) -> Mapping | None:
    """What ``layer`` inherits, less the flows it names; a name that no inherited flow has is a fault."""
    flows = inherited.items.get("flows") if inherited else None
    items = flows.items if isinstance(flows, Sequence) else []
    known = [flow_id for flow in items if (flow_id := text_of(flow, "id"))]
    for name in without:
        if name.text not in known:
            message = f"no flow `{name.text}` is inherited that could be left out"
            faults.append(fault(name.place, message, did_you_mean(name.text, known)))
    if inherited is None or not isinstance(flows, Sequence):
        return inherited
    left_out = {name.text for name in without}
    at = layer.keys["without"]
    place = Place(at.file, at.line, at.column, f"{layer.place.path}.flows")
    kept = Sequence([flow for flow in items if text_of(flow, "id") not in left_out], place)
    return Mapping({**inherited.items, "flows": kept}, inherited.keys, inherited.place)


def _names(node: Node | None, faults: list[Fault]) -> list[Scalar]:
    if node is None:
        return []
    if not isinstance(node, Sequence):
        faults.append(fault(node.place, "expected a list", "write [name]"))
        return []
    names = [item for item in node.items if isinstance(item, Scalar)]
    faults.extend(fault(item.place, "expected a name") for item in node.items if not isinstance(item, Scalar))
    return names


def _without_keys(node: Mapping, names: tuple[str, ...]) -> Mapping:
    return Mapping(
        {key: value for key, value in node.items.items() if key not in names},
        {key: place for key, place in node.keys.items() if key not in names},
        node.place,
    )


def _completed(flow: Node, every_flow: Node | None, agreement: Mapping) -> Node:
    """A flow with ``every_flow`` under it and the values that follow from its message and its parties."""
    if isinstance(every_flow, Mapping):
        flow = merge(every_flow, flow)
    if not isinstance(flow, Mapping):
        return flow
    standard, version, kind = (text_of(flow, "message", part) or "" for part in ("standard", "version", "type"))
    us, party = text_of(agreement, "us") or "", text_of(agreement, "party") or ""
    derived: dict[str, Node] = {}
    # What follows from something that is wrong is entered as a key without a value: it is not missing as well.
    told: tuple[str, ...] = ()
    name = f"{standard}/{version}/{kind}"
    if wrong_form(standard, "version", version) or wrong_form(standard, "type", kind):
        told = ("guide", "map", "numbers")
    elif re.fullmatch(RESOURCE_NAME, name):
        derived |= {"guide": Scalar(name, flow.place), "map": Scalar(name, flow.place)}
    if not all(re.fullmatch(ID, party_id) for party_id in (us, party)):
        told += ("numbers",)
    elif "numbers" not in told:
        # Tests must not use up live numbers: some receivers report a jump as missing documents.
        test = ".test" if text_of(agreement, "status") == "test" else ""
        texts = {"range": f"{us}.{party}.{standard}{test}", **_NUMBER_FORMS.get(standard, _NUMBER_FORMS["edifact"])}
        derived["numbers"] = _mapping({"interchange": _texts(texts, flow.place)}, flow.place)
    return merge(Mapping(derived, dict.fromkeys((*derived, *told), flow.place), flow.place), flow)


def _texts(texts: dict[str, str], place: Place) -> Mapping:
    return _mapping({key: Scalar(text, place) for key, text in texts.items()}, place)


def _mapping(items: dict[str, Node], place: Place) -> Mapping:
    return Mapping(items, dict.fromkeys(items, place), place)
