"""The reference of the published events, made from the taxonomy and its types: ``docs/reference/events.md``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from gateway.event_exchange import NAME, topology
from gateway.events import DATA, EVENT_TYPES, Told, family_of, name_of
from gateway.events.documents import OUTCOMES, TROUBLE
from gateway.events.taxonomy import FAMILIES
from gateway.exchange import EVENT_KINDS, EXPECTATION
from tests.house.field_notes import field_notes, prose

INTRODUCTION = """\
What a gateway publishes of what happens, where `events` in the [configuration](configuration.md) says so.
[React to events](../how-to/react-to-events.md) tells how to read them.

Each is a [CloudEvent 1.0](https://cloudevents.io) in structured mode: one JSON object, of content type
`application/cloudevents+json`.

| attribute | what is in it |
|---|---|
| `specversion` | `1.0` |
| `id` | the subject, a dot and the number of the line in its journal; another dot and number where a line becomes several events. The same event is published under the same id whenever it is published |
| `source` | which gateway: `source` in the configuration |
| `type` | `sallyport.`, the name below, `/` and the version of the family's data |
| `subject` | the id of the message (`m-…`), transmission (`t-…`) or case (`c-…`) that it is about |
| `time` | when it was recorded, in UTC |
| `dataschema` | `urn:sallyport:events:`, family, `:` and version; the schema with this `$id` is in `profiles/schemas/events/` |
| `datacontenttype` | `application/json` |
| `data` | see the family |

On RabbitMQ they are published on the durable topic exchange `{exchange}`. The routing key is the type without its
version, `.`, and the partner, or `none`: `sallyport.customs.hold.be-customs`. `message_id` is the `id`, `type` the
`type`; the headers `severity`, `party` and `test` are those of the data. With `queue: yes` the gateway declares the
quorum queue `{out}`, bound with `{binding}`, and `{dead}` for its dead letters.

*Exceptions* mean that something stands still or somebody has to act; *milestones*, that it goes on. Exceptions, and all
that customs says, go through the gateway in the lane of urgent work.

Within a version fields and words may be added, and types beside those below: ignore what you do not know. Everything
else is a new version, under a new type.
"""  # noqa: E501 (a row of a table is one line)

ABOUT: Mapping[str, str] = {
    "message": "",
    "delivery": "Told of each message that is carried. Of what goes to your own systems, and of acknowledgments that go"
    " to partners, only exceptions are told.",
    "receipt": "A receipt is told when it changes what is awaited: a second one to the same effect is not.",
    "case": "The texts of cases quote what partners wrote, so they stay in the ledger: `sallyport cases list`.",
    "customs": "Made from `customs_response/1` documents that come from partners: an event for each thing that is said"
    " of each declaration, document or bill, or of all of them at once. `references` are those of that one.",
    "transport": "Made from `transport_status/1` documents that come from partners: an event for each thing that befell"
    " each consignment. `references` are those of that one.",
}


def events_page(note: str) -> str:
    """Every type of event, with what it is made from, and the data of each family."""
    names = topology(queue=True)
    introduction = INTRODUCTION.format(exchange=NAME, out=names.out, dead=names.dead, binding=names.out_binding)
    parts = ["# Events\n", note, introduction, "## What every event says\n", _fields(Told, ())]
    for family in FAMILIES:
        kind = DATA[family]
        parts += [f"## `{family}`\n", f"{prose(kind.__doc__ or '')} {ABOUT[family]}".strip() + "\n"]
        parts += ["| event | | meaning | made from |", "|---|---|---|---|"]
        for name, type_ in EVENT_TYPES.items():
            if family_of(name) == family:
                parts.append(f"| `{name}` | {type_.severity} | {type_.meaning} | {_origin(name)} |")
        parts += ["", _fields(kind, Told.__struct_fields__)]
    return "\n".join(parts)


def _origin(name: str) -> str:
    """The words of the journal or of a document that a type is made from."""
    if name == "customs.errors":
        return "`errors` without an outcome"
    if name == "transport.exception":
        return ", ".join(f"`{status}`" for status in sorted(TROUBLE)) + "; any other status with a `reason`"
    if name == "transport.milestone":
        return "any other status"
    words: list[str] = [word for word, made in OUTCOMES.items() if made == name]
    for kind in EVENT_KINDS:
        found = {name_of(kind, {"state": state}, noun=noun) for state in EXPECTATION.states for noun in ("m", "c")}
        words += [kind] if name in found else []
    return ", ".join(f"`{word}`" for word in words)


def _fields(kind: type[Told], without: tuple[str, ...]) -> str:
    lines = ["| field | value | meaning |", "|---|---|---|"]
    notes = dict(field_notes(kind, msgspec.Struct))
    hints = get_type_hints(kind, include_extras=True)
    for field in msgspec.structs.fields(kind):
        if field.name not in without:
            told = [] if field.required else ["may be absent"]
            value = "; ".join([_value(hints[field.name]), *told])
            lines.append(f"| `{field.name}` | {value} | {notes.get(field.name, '')} |")
    return "\n".join(lines) + "\n"


def _value(annotation: object) -> str:
    """What a field holds, in words."""
    arguments = [each for each in get_args(annotation) if each is not type(None)]
    origin = get_origin(annotation)
    if origin is Annotated:
        return _value(arguments[0])
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments) if len(arguments) < 12 else "a word of the schema"
    if origin is tuple:
        return f"list of {_value(arguments[0])}"
    if origin is Union or arguments:
        return " or ".join(_value(each) for each in arguments)
    names = {"str": "text", "bool": "`true`, `false`", "int": "number", "datetime": "moment, in UTC"}
    name = getattr(annotation, "__name__", str(annotation))
    return {**names, "Reference": "`{name, value, raw}`"}.get(name, name)
