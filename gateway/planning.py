"""What is to be done with the interchanges of a received file, thought out before anything is written.

A :class:`Plan` for each interchange: who sent it, whether it came before, what is wrong with it, what each accepted
message means in canonical form. Planning reads the ledger and archives canonical documents, which nothing refers to
before the plan is carried out; so a plan may be thrown away and made again.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime

import msgspec

from archive import Locator
from gateway.instance import Gateway
from gateway.judging import FlowGuides, guide_of_standard
from gateway.ledger import interchanges
from gateway.ledger.interchanges import Earlier
from gateway.ledger.transmissions import Transmission
from gateway.wiring import error, indexed, interchange_place, map_context, message_place, wire_identity
from partners import Agreement, Duplicate, Flow, Outcome, Recognition, Register
from translators.canonical import Canonical, Reference, write_canonical
from translators.finding import Finding
from translators.judgement import JudgedMessage, Judgement, judge
from translators.mapping import map_validated
from translators.scope import widen, widest
from translators.syntax import Interchange, Message, Reading, Source

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Translation(msgspec.Struct, frozen=True):
    """The canonical form of one accepted message, durable in the archive."""

    type: str
    locator: Locator
    references: list[tuple[str, str]]
    map: str
    map_sha256: str
    """Of the map as it was, with everything that it extends."""


class Meant(msgspec.Struct, frozen=True):
    """What one accepted message means, not kept anywhere yet."""

    judged: JudgedMessage
    flow: Flow
    document: Canonical
    references: Sequence[Reference]
    map_sha256: str


class Plan(msgspec.Struct, kw_only=True):
    """What is to be done with one interchange."""

    interchange: Interchange
    sha256: str
    recognition: Recognition
    base: str
    """What the plan was made on: every interchange known under the same number, and how many in the same file.

    Not the newest alone: one that is read late, or by a clock that was put back, never is the newest, and whatever came
    after it would be planned on what it was planned on, and be taken for its twin for ever.
    """
    repeats: Earlier | None
    """The earlier interchange of which this is a copy, so that it has no effect."""
    judgement: Judgement
    flows: dict[int, tuple[Agreement, Flow]]
    """Agreement and flow by ``id()`` of the message."""
    translations: dict[int, Translation]
    """By ``id()`` of the message."""
    case: tuple[str, str] | None = None
    """Cause and text, where a person has to look."""

    @property
    def assigned(self) -> bool:
        """Whether there is an agreement to handle it by."""
        return self.case is None


def plan_file(
    gateway: Gateway, register: Register, transmission: Transmission, content: bytes, reading: Reading
) -> list[Plan]:
    """A plan for each interchange of the file, in their order."""
    # How many before it in the same file bear the same parties and number.
    seen: Counter[tuple[object, ...]] = Counter()
    plans = []
    for each in reading.interchanges:
        name = (each.syntax, each.sender, each.receiver, each.control_number)
        plans.append(_plan(gateway, register, transmission, content, reading, each, seen[name]))
        seen[name] += 1
    return plans


def plan_again(
    gateway: Gateway,
    register: Register,
    transmission: Transmission,
    content: bytes,
    reading: Reading,
    offset: int,
    *,
    taken: bool,
    wanted: Collection[int] | None = None,
) -> Plan | None:
    """A plan for the one interchange that begins at ``offset`` of the file as received; ``None`` when there is none.

    ``taken`` says that the interchange had its effect and that only messages of it are to be made again: it is no copy
    of itself then. ``wanted`` are the offsets of those messages; the documents of no others are archived.
    """
    found = (each for each in reading.interchanges if extent(reading, each.offset, each.end)[0] == offset)
    interchange = next(found, None)
    if interchange is None:
        return None
    return _plan(gateway, register, transmission, content, reading, interchange, 0, taken=taken, wanted=wanted)


def extent(reading: Reading, offset: int, end: int) -> tuple[int, int]:
    """Offset and length, in the file as received, of what was read between two offsets."""
    start = reading.source.place(offset)[0]
    return start, reading.source.place(max(offset, end - 1))[0] + 1 - start


def message_extent(reading: Reading, message: Message) -> tuple[int, int]:
    """As :func:`extent`, of a message."""
    return extent(reading, message.offset, message.end)


def _plan(
    gateway: Gateway,
    register: Register,
    transmission: Transmission,
    content: bytes,
    reading: Reading,
    interchange: Interchange,
    ordinal: int,
    *,
    taken: bool = False,
    wanted: Collection[int] | None = None,
) -> Plan:
    sender, receiver = (wire_identity(interchange.syntax, each) for each in (interchange.sender, interchange.receiver))
    recognition = register.recognise(sender, receiver, transmission.at.date(), test=interchange.test)
    start, length = extent(reading, interchange.offset, interchange.end)
    sha256 = hashlib.sha256(content[start : start + length]).hexdigest()
    if recognition.outcome is not Outcome.RECOGNISED:
        return _unassigned(gateway, reading, interchange, sha256, recognition, recognition.outcome, recognition.text)
    if recognition.party is None or recognition.party.id != transmission.party:
        named = recognition.party.id if recognition.party else "nobody"
        text = f"the envelope names `{named}` as its sender, but it came over a channel of `{transmission.party}`"
        return _unassigned(gateway, reading, interchange, sha256, recognition, "identity-mismatch", text)
    earlier = gateway.database.read(
        lambda c: interchanges.earlier(
            c,
            syntax=interchange.syntax,
            sender=(interchange.sender.qualifier, interchange.sender.id),
            receiver=(interchange.receiver.qualifier, interchange.receiver.id),
            control_number=interchange.control_number,
            since=_BEGINNING,
        )
    )
    repeats, known = (None, []) if taken else _history(recognition, interchange, earlier, sha256, transmission, reading)
    known += indicator_conflict(recognition, interchange, reading)
    guides = FlowGuides(gateway.catalogue, recognition, reading.source, transmission.at.date())
    judgement = judge(interchange, reading.source, guides, known)
    plan = Plan(
        interchange=interchange,
        sha256=sha256,
        recognition=recognition,
        base=f"{','.join(sorted(each.id for each in earlier))}/{ordinal}",
        repeats=repeats,
        judgement=judgement,
        flows=guides.flows,
        translations={},
    )
    if repeats is None:
        plan.translations = _translate(gateway, plan, transmission, reading, wanted)
    return plan


def _unassigned(
    gateway: Gateway,
    reading: Reading,
    interchange: Interchange,
    sha256: str,
    recognition: Recognition,
    cause: str,
    text: str,
) -> Plan:
    """A plan for what no agreement covers: it is judged by the standard, so that a person sees what it is."""
    advice = "put the profile right, then reprocess it; or ask the sender"
    return Plan(
        interchange=interchange,
        sha256=sha256,
        recognition=recognition,
        base="",
        repeats=None,
        judgement=judge(interchange, reading.source, guide_of_standard(gateway.catalogue, reading.source)),
        flows={},
        translations={},
        case=(str(cause), f"interchange {interchange.control_number}: {text}; {advice}"),
    )


def _history(
    recognition: Recognition,
    interchange: Interchange,
    earlier: list[Earlier],
    sha256: str,
    transmission: Transmission,
    reading: Reading,
) -> tuple[Earlier | None, list[Finding]]:
    """The interchange that this one repeats, if it does; or what is wrong with its control number.

    A repeat is the same bytes again: somebody did not get our answer. A number that comes with other content was used
    twice. Both count only against an accepted predecessor: a sender may correct what was rejected under the number it
    had, and may send the same bytes once more when it was our profile that was wrong.
    """
    windows = [
        flow.duplicate.window
        for agreement in recognition.agreements
        for flow in agreement.flows
        if flow.message.standard == interchange.syntax
    ]
    since = transmission.at - max(windows, default=Duplicate().window)
    accepted = [each for each in earlier if each.at >= since and each.accepted]
    same = next((each for each in accepted if each.sha256 == sha256), None)
    if same is not None or not accepted:
        return same, []
    other = accepted[0]
    text = (
        f"control number {interchange.control_number} was used on {other.at:%Y-%m-%d %H:%M} UTC for an interchange"
        " with other content; send the new one under a new number"
    )
    place = interchange_place(interchange, reading.source)
    return None, [error("duplicate-interchange", text, place, interchange.control_number)]


def indicator_conflict(recognition: Recognition, interchange: Interchange, reading: Reading) -> list[Finding]:
    """Test data must never become a shipment; real data under a test agreement is only worth a word."""
    agreement = recognition.agreement
    if agreement is None or interchange.test == (agreement.status == "test"):
        return []
    place = interchange_place(interchange, reading.source)
    if interchange.test:
        text = f"the interchange is marked as a test, and agreement `{agreement.id}` is {agreement.status}"
        return [error("test-indicator-conflict", text, place)]
    text = f"agreement `{agreement.id}` is under test, and the interchange is not marked as a test"
    return [msgspec.structs.replace(error("test-indicator-conflict", text, place), severity="warning")]


def map_messages(
    gateway: Gateway, judgement: Judgement, flows: Mapping[int, tuple[Agreement, Flow]], on: date, source: Source
) -> list[Meant]:
    """What the accepted messages mean; what a map finds joins the findings, and takes others with it as agreed."""
    made: list[Meant] = []
    for judged in judgement.messages:
        pair = flows.get(id(judged.message))
        if pair is None or judged.validated is None or not judged.accepted:
            continue
        agreement, flow = pair
        map_ = gateway.catalogue.map(flow.map)
        if map_ is None:
            raise LookupError(f"agreement `{agreement.id}`, flow `{flow.id}`: there is no map `{flow.map}`")
        where = message_place(judgement.interchange, judged.group, judged.message, source)
        mapped = map_validated(judged.validated, map_, map_context(agreement, flow, on, where, source))
        judged.findings.extend(mapped.findings)
        if mapped.document is not None and judged.accepted:
            made.append(Meant(judged, flow, mapped.document, mapped.references, map_.digest))
    # Now that all is known about each message: who falls with whom.
    widen(judgement, widest(flow.reject_scope for _, flow in flows.values()))
    return [each for each in made if each.judged.accepted]


def _translate(
    gateway: Gateway, plan: Plan, transmission: Transmission, reading: Reading, wanted: Collection[int] | None
) -> dict[int, Translation]:
    """The canonical forms of the accepted messages, archived with one sync."""
    made = map_messages(gateway, plan.judgement, plan.flows, transmission.at.date(), reading.source)
    if wanted is not None:
        made = [each for each in made if message_extent(reading, each.judged.message)[0] in wanted]
    locators = gateway.archive.append_all([write_canonical(each.document) for each in made])
    return {
        id(each.judged.message): Translation(
            each.flow.canonical, locator, indexed(each.flow, each.references), each.flow.map, each.map_sha256
        )
        for each, locator in zip(made, locators, strict=True)
    }
