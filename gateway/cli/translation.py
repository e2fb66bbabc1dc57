"""The command ``translate``: a file's messages into canonical documents, and documents into messages.

Everything goes by the canonical form, so an IFTSTA becomes a 214 by way of a ``transport_status``. What is written here
is to be looked at: without an agreement its envelope is nobody's, with one it is the agreement's, marked as a test and
under the lowest number of the flow's range, and no number is spent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import msgspec
import typer

from gateway.catalogue import Catalogue
from gateway.cli.files import AtHand, ProfileOption, complain, end_line, judged, open_file
from gateway.cli.output import Exit, fail, note, print_bytes, print_json
from gateway.cli.places import DEFAULT_HOME, FileArgument, HomeOption
from gateway.judging import guide_name
from gateway.wiring import envelope, message_place, sample_envelope, translation_context
from translators.answers import is_acknowledgment
from translators.canonical import Canonical, CanonicalError, read_canonical, write_canonical
from translators.envelope import Envelope, Outgoing
from translators.finding import Finding, Where
from translators.guide import Guide
from translators.judgement import JudgedMessage, Judgement
from translators.map_context import Lineage
from translators.mapping import from_canonical, to_canonical
from translators.maps import Map
from translators.syntax import MessageKind
from translators.validation import validate_tree
from translators.writing import write

if TYPE_CHECKING:
    from partners import Agreement, Flow

_BLANKS = b" \t\r\n\xef\xbb\xbf"
"""What may stand before a JSON document: blanks, and a byte order mark."""


class Translated(NamedTuple):
    """A canonical document and where its fields came from."""

    document: Canonical
    lineage: list[Lineage]


class Target(NamedTuple):
    """A message that documents of a type can be written as."""

    kind: MessageKind
    map: Map
    guide: Guide
    agreement: Agreement | None = None
    flow: Flow | None = None


def translate(
    file: FileArgument,
    profile: ProfileOption = None,
    to: Annotated[
        Literal["canonical", "edifact", "x12"], typer.Option("--to", help="What to turn the file into.")
    ] = "canonical",
    message: Annotated[
        str, typer.Option("--message", help="With --to edifact or x12: which message, such as IFTMIN, if several fit.")
    ] = "",
    lineage: Annotated[bool, typer.Option("--lineage", help="Add where each canonical field came from.")] = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Turn messages into canonical documents, or into another syntax.

    Prints one JSON document for one message, a JSON array for several; with --to edifact or x12, interchanges.

    The input may be such documents too. What is wrong goes to standard error.
    """
    if lineage and to != "canonical":
        fail("--lineage says where canonical fields came from, so it goes with --to canonical", "leave one of them out")
    catalogue = Catalogue()
    at_hand = open_file(file, catalogue, profile, home)
    good = True
    if at_hand.content.lstrip(_BLANKS)[:1] in (b"{", b"["):
        translated = [Translated(document, []) for document in _read_documents(at_hand.content)]
    else:
        translated, good = _from_messages(catalogue, at_hand, lineage)
    if to == "canonical":
        _print_documents(translated, lineage)
    elif translated:
        good = _write(catalogue, [each.document for each in translated], to, message, at_hand.agreement) and good
    if not good or not translated:
        raise typer.Exit(Exit.INPUT)


def _print_documents(translated: Sequence[Translated], lineage: bool) -> None:
    printed: list[object] = []
    for each in translated:
        document = msgspec.Raw(write_canonical(each.document))
        printed.append({"document": document, "lineage": each.lineage} if lineage else document)
    if printed:
        print_json(printed[0] if len(printed) == 1 else printed)


def _read_documents(content: bytes) -> list[Canonical]:
    stripped = content.lstrip(_BLANKS)
    try:
        if stripped.startswith(b"{"):
            return [read_canonical(stripped)]
        documents = [read_canonical(bytes(each)) for each in msgspec.json.decode(stripped, type=list[msgspec.Raw])]
    except (CanonicalError, msgspec.DecodeError, RecursionError) as fault:
        text = "it is nested too deeply" if isinstance(fault, RecursionError) else str(fault)
        fail(f"this is no canonical document: {text}", "put that right and translate again", Exit.INPUT)
    if not documents:
        fail("the array holds no document", code=Exit.INPUT)
    return documents


def _from_messages(catalogue: Catalogue, at_hand: AtHand, lineage: bool) -> tuple[list[Translated], bool]:
    """The documents of all accepted messages, and whether nothing was wrong with any."""
    translated: list[Translated] = []
    wrong = list(at_hand.reading.findings)
    answers = 0
    for judgement in judged(catalogue, at_hand):
        wrong.extend(judgement.findings)
        for each in judgement.messages:
            if is_acknowledgment(each.message.kind):
                answers += 1
            elif each.accepted:
                translated.extend(_to_canonical(catalogue, at_hand, judgement, each, lineage))
            wrong.extend(each.findings)
    complain(wrong, at_hand)
    if answers:
        note(f"acknowledgments are not translated; here {answers}")
    return translated, not any(finding.fatal for finding in wrong)


def _to_canonical(
    catalogue: Catalogue, at_hand: AtHand, judgement: Judgement, each: JudgedMessage, lineage: bool
) -> Iterator[Translated]:
    """The document of one message; none, with the reason among the message's findings, when there can be none."""
    interchange, kind, agreement = judgement.interchange, each.message.kind, at_hand.agreement
    where = message_place(interchange, each.group, each.message, at_hand.reading.source)
    flow = agreement.flow_for("in", interchange.syntax, kind.type, kind.version) if agreement is not None else None
    name = flow.map if flow is not None else guide_name(interchange.syntax, kind)
    map_ = catalogue.map(name)
    if map_ is None or each.tree is None:
        text = f"there is no map {name} to the canonical form; there are: {', '.join(sorted(catalogue.map_names))}"
        each.findings.append(
            Finding(code="message-type-unknown", severity="error", text=text, where=where, layer="rule")
        )
        return
    context = translation_context(agreement, flow, datetime.now(UTC).date(), where, at_hand.reading.source)
    mapped = to_canonical(each.tree, map_, context, lineage=lineage)
    each.findings.extend(mapped.findings)
    if mapped.document is not None:
        yield Translated(mapped.document, mapped.lineage)


def _write(
    catalogue: Catalogue,
    documents: Sequence[Canonical],
    to: Literal["edifact", "x12"],
    message: str,
    agreement: Agreement | None,
) -> bool:
    """Prints the documents as interchanges, one for each kind of message; whether all of them could be written."""
    types = dict.fromkeys(_type(document) for document in documents)
    targets = {name: _target(catalogue, name, to, message, agreement) for name in types}
    good, number = True, 0
    for name, target in targets.items():
        messages: list[Outgoing] = []
        for position, document in enumerate(documents, 1):
            if _type(document) == name:
                made, findings = _build(document, target, position)
                complain(findings, None)
                good = good and made is not None
                messages.extend([] if made is None else [made])
        if messages:
            number += 1
            written = write(_envelope(target, to, number, messages), messages)
            complain(written.findings, None)
            if not written.sendable:
                return False
            print_bytes(written.data)
    end_line()
    return good


def _build(document: Canonical, target: Target, number: int) -> tuple[Outgoing | None, list[Finding]]:
    reference = str(number) if target.map.name.startswith("edifact/") else f"{number:04d}"
    context = translation_context(
        target.agreement, target.flow, datetime.now(UTC).date(), Where(message=reference), None
    )
    built = from_canonical(document, target.map, context)
    findings = list(built.findings)
    if not any(finding.fatal for finding in findings):
        findings += validate_tree(target.kind, reference, built.body, target.guide)
    if any(finding.fatal for finding in findings):
        return None, findings
    return Outgoing(kind=target.kind, reference=reference, body=tuple(built.body)), findings


def _envelope(target: Target, to: Literal["edifact", "x12"], number: int, messages: Sequence[Outgoing]) -> Envelope:
    if target.agreement is not None and target.flow is not None:
        number += target.flow.numbers.interchange.min - 1
        asks = target.flow.envelope.request_acknowledgment
        return envelope(target.agreement, target.flow, number, datetime.now(UTC), asks=asks, test=True)
    sample = sample_envelope(to, target.kind.version)
    sample = msgspec.structs.replace(
        sample, control_number=str(number).zfill(len(sample.control_number)), group_number=str(number)
    )
    if to == "edifact":
        return sample
    # X12 has no release character. Nobody's envelope may use any delimiters, so it uses such as the texts leave free.
    used = {
        character
        for message in messages
        for node in message.body
        for segment in node.segments()
        for element in segment.elements
        for repetition in element
        for text in repetition
        for character in text
    }
    element, component, terminator = (
        next((each for each in candidates if each not in used), candidates[0]) for candidates in ("*|", ":><", "~!")
    )
    return msgspec.structs.replace(sample, element=element, component=component, terminator=terminator)


def _target(
    catalogue: Catalogue, canonical: str, to: Literal["edifact", "x12"], message: str, agreement: Agreement | None
) -> Target:
    """What documents of a type are written as: what the agreement's outgoing flow says, or the standard's own map."""
    named: list[tuple[str, str, tuple[str, ...], Flow | None]] = [
        (name, name, (), None) for name in sorted(catalogue.map_names) if name.startswith(f"{to}/")
    ]
    if agreement is not None:
        named = [
            (flow.map, flow.guide, tuple(flow.guide_layers), flow)
            for flow in agreement.flows
            if flow.direction == "out" and flow.message.standard == to
        ]
    able = [
        Target(_kind(map_.name), map_, guide, agreement, flow)
        for map_name, guide_name_, layers, flow in named
        if (map_ := catalogue.map(map_name)) is not None and map_.canonical == canonical
        if (guide := catalogue.guide(guide_name_, layers)) is not None
    ]
    chosen = [target for target in able if message in ("", target.kind.type)]
    if len(chosen) == 1:
        return chosen[0]
    whose = f"agreement `{agreement.id}` sends no" if agreement is not None else f"there is no {to}"
    if not able:
        fail(f"{whose} message for {canonical}", "sallyport guides list shows which messages have a map")
    names = ", ".join(f"{target.kind.type} {target.kind.version}" for target in able)
    fail(f"which {to} message? {canonical} can be written as {names}", "name it with --message")


def _kind(name: str) -> MessageKind:
    standard, version, type_ = name.split("/")
    return MessageKind(type=type_, version=version, agency="UN" if standard == "edifact" else "X")


def _type(document: Canonical) -> str:
    return str(document.__struct_config__.tag)
