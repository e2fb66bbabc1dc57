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
from gateway.cli.coverage import print_coverage
from gateway.cli.files import AtHand, ProfileOption, complain, end_line, judged, open_file
from gateway.cli.output import Exit, fail, note, print_bytes, print_json
from gateway.cli.places import DEFAULT_HOME, FileArgument, HomeOption, JsonOption
from gateway.judging import guide_name
from gateway.wiring import content, envelope, message_place, sample_envelope, translation_context
from translators.answers import is_acknowledgment
from translators.canonical import Canonical, CanonicalError, read_canonical, write_canonical
from translators.envelope import Envelope, Layout, Outgoing
from translators.finding import Finding, Where
from translators.guide import Guide
from translators.judgement import JudgedMessage, Judgement
from translators.map_context import Lineage
from translators.map_coverage import Coverage, Uses
from translators.mapping import Built, from_canonical, map_validated, to_canonical
from translators.maps import Map
from translators.preparing import prepare
from translators.syntax import MessageKind
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
    lineage: Annotated[
        bool, typer.Option("--lineage", help="Add where each canonical field came from, or went to, as JSON.")
    ] = False,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Print what of the file the maps use, and what nobody reads.")
    ] = False,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Turn messages into canonical documents, or into another syntax.

    Prints one JSON document for one message, a JSON array for several; with --to edifact or x12, interchanges.

    The input may be such documents too. What is wrong goes to standard error. With --coverage, a table says instead
    what became of each value of the messages: mapped, implied by a rule, carried as raw text, or unread.
    """
    if coverage and (lineage or to != "canonical"):
        fail("--coverage is about the messages of the file, so it stands alone", "leave --to and --lineage out")
    catalogue = Catalogue.of(home)
    at_hand = open_file(file, catalogue, profile, home)
    good = True
    covered = Coverage() if coverage else None
    if at_hand.content.lstrip(_BLANKS)[:1] in (b"{", b"["):
        if coverage:
            fail("--coverage is about messages, and this is a canonical document", code=Exit.INPUT)
        translated = [Translated(document, []) for document in _read_documents(at_hand.content)]
    else:
        translated, good = _from_messages(catalogue, at_hand, lineage, covered)
    if covered is not None:
        print_coverage(covered, as_json)
    elif to == "canonical":
        _print_documents(translated, lineage)
    elif translated:
        documents = [each.document for each in translated]
        good = _write(catalogue, documents, to, message, at_hand.agreement, lineage) and good
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


def _from_messages(
    catalogue: Catalogue, at_hand: AtHand, lineage: bool, covered: Coverage | None
) -> tuple[list[Translated], bool]:
    """The documents of all accepted messages, and whether nothing was wrong with any."""
    translated: list[Translated] = []
    wrong = list(at_hand.reading.findings)
    answers = 0
    for judgement in judged(catalogue, at_hand):
        wrong.extend(judgement.findings)
        for each in judgement.messages:
            kind = each.message.kind
            # APERAK and 824 say what an application thinks, and have a map; CONTRL and 997 are the gateway's alone.
            if is_acknowledgment(kind) and catalogue.map(guide_name(judgement.interchange.syntax, kind)) is None:
                answers += 1
            elif each.accepted:
                translated.extend(_to_canonical(catalogue, at_hand, judgement, each, lineage, covered))
            wrong.extend(each.findings)
    complain(wrong, at_hand.excerpts)
    if answers:
        note(f"acknowledgments are not translated; here {answers}")
    return translated, not any(finding.fatal for finding in wrong)


def _to_canonical(
    catalogue: Catalogue,
    at_hand: AtHand,
    judgement: Judgement,
    each: JudgedMessage,
    lineage: bool,
    covered: Coverage | None,
) -> Iterator[Translated]:
    """The document of one message; none, with the reason among the message's findings, when there can be none."""
    interchange, kind, agreement = judgement.interchange, each.message.kind, at_hand.agreement
    where = message_place(interchange, each.group, each.message, at_hand.reading.source)
    flow = agreement.flow_for("in", interchange.syntax, kind.type, kind.version) if agreement is not None else None
    name = flow.map if flow is not None else guide_name(interchange.syntax, kind)
    map_ = catalogue.map(name)
    if map_ is None or each.validated is None:
        text = f"there is no map {name} to the canonical form; there are: {', '.join(sorted(catalogue.map_names))}"
        each.findings.append(
            Finding(code="message-type-unknown", severity="error", text=text, where=where, layer="rule")
        )
        return
    context = translation_context(agreement, flow, datetime.now(UTC).date(), where, at_hand.reading.source)
    uses = Uses() if covered is not None else None
    if lineage or uses is not None:
        mapped = to_canonical(each.validated.tree, map_, context, lineage=lineage, coverage=uses)
    else:
        mapped = map_validated(each.validated, map_, context)
    each.findings.extend(mapped.findings)
    if covered is not None and uses is not None:
        guide = catalogue.guide(map_.guide if flow is None else flow.guide)
        covered.add(each.validated.tree, uses, map_.guide, guide)
    if mapped.document is not None:
        yield Translated(mapped.document, mapped.lineage)


def _write(
    catalogue: Catalogue,
    documents: Sequence[Canonical],
    to: Literal["edifact", "x12"],
    message: str,
    agreement: Agreement | None,
    lineage: bool,
) -> bool:
    """Prints the documents as interchanges, one for each kind of message; whether all of them could be written.

    With ``lineage`` they are printed as JSON, each with where the texts in its messages came from.
    """
    printed: list[object] = []
    types = dict.fromkeys(_type(document) for document in documents)
    targets = {name: _target(catalogue, name, to, message, agreement) for name in types}
    good, number = True, 0
    for name, target in targets.items():
        built: list[Outgoing] = []
        traced: list[Lineage] = []
        for position, document in enumerate(documents, 1):
            if _type(document) == name:
                made = _build(document, target, position, lineage)
                complain(made.findings, None)
                fine = not any(finding.fatal for finding in made.findings)
                good = good and fine
                reference = _reference(target, position)
                traced += made.lineage if fine else []
                built += [Outgoing(kind=target.kind, reference=reference, body=made.body)] if fine else []
        outer = _envelope(target, to, number + 1)
        messages = _prepared(built, target, outer)
        good = good and len(messages) == len(built)
        if messages:
            number += 1
            written = write(outer, messages if target.flow is None else content(target.flow, outer, messages))
            complain(written.findings, None)
            if not written.sendable:
                return False
            if lineage:
                printed.append({"interchange": written.data.decode("utf-8", "replace"), "lineage": traced})
            else:
                print_bytes(written.data)
    if printed:
        print_json(printed[0] if len(printed) == 1 else printed)
    elif not lineage:
        end_line()
    return good


def _reference(target: Target, number: int) -> str:
    return str(number) if target.map.guide.startswith("edifact/") else f"{number:04d}"


def _build(document: Canonical, target: Target, number: int, lineage: bool) -> Built:
    where = Where(message=_reference(target, number))
    context = translation_context(target.agreement, target.flow, datetime.now(UTC).date(), where, None)
    return from_canonical(document, target.map, context, lineage=lineage)


def _prepared(built: Sequence[Outgoing], target: Target, outer: Envelope) -> list[Outgoing]:
    """Those of the messages that their guide lets pass, as they will be written; what it says is printed."""
    prepared = prepare(outer, built, lambda _: target.guide).messages
    for each in prepared:
        complain(each.findings, None)
    return [each.message for each in prepared if each.sendable]


def _envelope(target: Target, to: Literal["edifact", "x12"], number: int) -> Envelope:
    if target.agreement is not None and target.flow is not None:
        number += target.flow.numbers.interchange.min - 1
        asks = target.flow.envelope.request_acknowledgment
        return envelope(target.agreement, target.flow, number, datetime.now(UTC), asks=asks, test=True)
    sample = sample_envelope(to, target.kind.version)
    return msgspec.structs.replace(
        sample,
        control_number=str(number).zfill(len(sample.control_number)),
        group_number=str(number),
        # Nobody's envelope may use any delimiters, so it uses such as the texts leave free.
        layout=Layout(alternatives="|><!^"),
    )


def _target(
    catalogue: Catalogue, canonical: str, to: Literal["edifact", "x12"], message: str, agreement: Agreement | None
) -> Target:
    """What documents of a type are written as: what the agreement's outgoing flow says, or the standard's own map.

    ``message`` is a type, or with its version: ``IFTSTA``, ``IFTSTA D.01B``. Without an agreement, of several messages
    the first by number or name is meant (214 of 214, 315 and 322), in the oldest version that has a map.
    """
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
        Target(_kind(map_.guide), map_, guide, agreement, flow)
        for map_name, guide_name_, layers, flow in named
        if catalogue.map_type(map_name) in (canonical, None)
        if (map_ := catalogue.map(map_name)) is not None and map_.canonical == canonical
        if (guide := catalogue.guide(guide_name_, layers)) is not None
    ]
    chosen = [target for target in able if message in ("", target.kind.type, _named(target))]
    if agreement is None:
        chosen.sort(key=lambda target: (target.kind.type, _age(target.kind.version)))
        if others := sorted({target.kind.type for target in chosen} - {target.kind.type for target in chosen[:1]}):
            note(f"written as {_named(chosen[0])}; --message names another: {', '.join(others)}")
        chosen = chosen[:1]
    if len(chosen) == 1:
        return chosen[0]
    whose = f"agreement `{agreement.id}` sends no" if agreement is not None else f"there is no {to}"
    if not able:
        fail(f"{whose} message for {canonical}", "sallyport guides list shows which messages have a map")
    names = ", ".join(_named(target) for target in able)
    fail(f"which {to} message? {canonical} can be written as {names}", "name it with --message")


def _named(target: Target) -> str:
    return f"{target.kind.type} {target.kind.version}"


def _age(version: str) -> tuple[int, str]:
    """Sorts versions by age: 004010 before 005010, D.96A before D.01B."""
    year = version[2:4]
    if version.startswith(("D.", "S.")) and year.isdecimal():
        return int(year) + (1900 if int(year) > 80 else 2000), version
    return 0, version


def _kind(name: str) -> MessageKind:
    standard, version, type_ = name.split("/")
    return MessageKind(type=type_, version=version, agency="UN" if standard == "edifact" else "X")


def _type(document: Canonical) -> str:
    return str(document.__struct_config__.tag)
