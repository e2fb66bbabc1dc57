"""Translating: messages to canonical documents and canonical documents to messages, beside the same work interpreted.

Each way does all of it: reading the interchange, judging every message by its guide, making the documents; or building,
judging and writing the messages. Beside it stands the exact way through the same map, rule by rule over the message's
tree or the document, which is what those with something to say about take.
"""

from __future__ import annotations

import random
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from benchmarks import edi_files
from benchmarks.measuring import ROUNDS, Paired, Row, in_turn, rounds_of
from benchmarks.peers import translated_by_bots
from gateway.catalogue import Catalogue
from gateway.wiring import sample_envelope
from tests.services.running import Missing
from translators.canonical import Canonical, iso_6346_check_digit, read_canonical, write_canonical
from translators.envelope import Outgoing
from translators.finding import Where
from translators.grammar import Guide
from translators.map_rules import Map
from translators.map_writing import Writer
from translators.mapping import ZONE_NAMES, Context, from_canonical, map_validated, to_canonical
from translators.preparing import prepare
from translators.reading import read
from translators.recogniser import Recognisers
from translators.syntax import MessageKind
from translators.tree import Node
from translators.validation import Validated, validate
from translators.writing import write

MESSAGES = 400
GOAL_IN = "8 MB/s"
GOAL_OUT = "2,000 a second"
NEVER = 1 << 60
"""Bytes after which a guide that has only the exact way would get another."""
Body = Callable[[Canonical, Map], Sequence[Node]]
CONTEXT = Context(
    zone=ZoneInfo("Europe/Brussels"), on=date(2026, 10, 1), zones={name: ZoneInfo(name) for name in ZONE_NAMES}
)


def iftsta(messages: int) -> bytes:
    """An interchange of good IFTSTA messages, each another, one to four consignments long."""
    chance = random.Random(20261125)  # noqa: S311 - a generator of test data
    bodies = [edi_files._iftsta(chance, number) for number in range(1, messages + 1)]
    text = "".join(
        f"UNH+{number}+IFTSTA:D:96A:UN'{_checked(each.body)}UNT+{each.segments + 2}+{number}'"
        for number, each in enumerate(bodies, 1)
    )
    header = "UNB+UNOC:3+5412345000013:14+5498765000017:14+261001:0915+4711'"
    return f"{header}{text}UNZ+{messages}+4711'".encode("latin-1")


def status_214(messages: int) -> bytes:
    """An interchange of good 214s, each another, one to four stops long."""
    chance = random.Random(20261125)  # noqa: S311 - a generator of test data
    bodies = [edi_files._status_214(chance, number) for number in range(1, messages + 1)]
    text = "".join(
        f"ST*214*{number:04d}~{_known(each.body)}SE*{each.segments + 2}*{number:04d}~"
        for number, each in enumerate(bodies, 1)
    )
    isa = "ISA*00*          *00*          *02*PRFT           *ZZ*MERIDIAN       *261001*0930*U*00401*000000077*0*P*>~"
    group = "GS*QM*PRFT*MERIDIAN*20261001*0930*77*X*004010~"
    return f"{isa}{group}{text}GE*{messages}*77~IEA*1*000000077~".encode("ascii")


def _known(body: str) -> str:
    """The body with codes that the map has words for, so that nothing is to be said about it."""
    return body.replace("*25*", "*91*").replace("*QN", "*LO")


def _checked(body: str) -> str:
    """The body with container numbers that a terminal would let pass."""
    return re.sub(r"(MSKU\d{6})\d", lambda found: f"{found[1]}{iso_6346_check_digit(found[1])}", body)


def validated(data: bytes, guide: Guide) -> Iterator[Validated]:
    """Every message of an interchange, judged."""
    reading = read(data)
    for interchange in reading.interchanges:
        for message in interchange.messages:
            yield validate(message, guide, reading.source, Where())


def quick(data: bytes, guide: Guide, rules: Map) -> int:
    """Reads, judges and translates; how many documents there were."""
    return sum(_document(map_validated(each, rules, CONTEXT).document) for each in validated(data, guide))


def interpreted(data: bytes, guide: Guide, rules: Map) -> int:
    """The same by the exact way."""
    return sum(_document(to_canonical(each.tree, rules, CONTEXT).document) for each in validated(data, guide))


def _document(document: Canonical | None) -> int:
    if document is None:
        raise RuntimeError("the generated file is not good")
    return 1


def written_out(document: Canonical, rules: Map) -> Sequence[Node]:
    """The body of a message, by the functions that the map is compiled to."""
    built = from_canonical(document, rules, CONTEXT)
    if built.findings:
        raise RuntimeError(f"the generated document is not good: {built.findings}")
    return built.body


def ruled_out(document: Canonical, rules: Map) -> Sequence[Node]:
    """The same by the exact way."""
    return Writer(rules, document, CONTEXT).write()


def build(documents: Sequence[Canonical], rules: Map, body: Body) -> int:
    """Makes the bodies of messages; how many."""
    return len([body(document, rules) for document in documents])


def build_and_write(documents: Sequence[Canonical], rules: Map, guide: Guide, body: Body) -> bytes:
    """Makes the bodies of messages, judges them and writes them as an interchange."""
    standard, version, kind = rules.guide.split("/")
    outer = sample_envelope("x12" if standard == "x12" else "edifact", version)
    named = MessageKind(type=kind, version=version, agency="X" if standard == "x12" else "UN")
    built = [
        Outgoing(kind=named, reference=f"{number:04d}", body=body(document, rules))
        for number, document in enumerate(documents, 1)
    ]
    ready = [each.message for each in prepare(outer, built, lambda _: guide).messages if each.sendable]
    if len(ready) != len(documents):
        raise RuntimeError("a message that was built is not good")
    return write(outer, ready).data


def to_json(data: bytes, guide: Guide, rules: Map) -> list[bytes]:
    """Reads, judges and translates an interchange; the documents as JSON."""
    return [
        write_canonical(document)
        for each in validated(data, guide)
        if (document := map_validated(each, rules, CONTEXT).document) is not None
    ]


def from_json(lines: Sequence[bytes], guide: Guide, rules: Map) -> bytes:
    """Reads documents, builds, judges and writes their messages; the interchange."""
    documents = [read_canonical(line) for line in lines]
    return build_and_write(documents, rules, guide, written_out)


def beside_bots(catalogue: Catalogue) -> Iterator[Row]:
    """The same work by a mapping script of Bots, which writes no envelope and turns no time into another zone."""
    for name, data in (("edifact/D.96A/IFTSTA", iftsta(MESSAGES)), ("x12/004010/214", status_214(MESSAGES))):
        guide, rules = _guide_and_map(catalogue, name)
        inward = guide.type == "IFTSTA"
        lines = to_json(data, guide, rules)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "file"
            file.write_bytes(data if inward else b"\n".join(lines))
            what = f"{guide.type} to JSON" if inward else f"JSON to {guide.type}"
            try:
                theirs = translated_by_bots(file, guide, ROUNDS, Path(folder) / "work")
            except Missing as reason:
                yield Row(what, "", f"Bots: not measured, {reason}", "", "", "")
                continue
        ours: Callable[[], object]
        if inward:
            ours = partial(to_json, data, guide, rules)
            said = _texts(msgspec.json.decode(theirs.first)) - _texts(msgspec.json.decode(lines[0]))
            # Bots' script leaves the times without a zone.
            wrong = {text for text in said if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]+", text)}
        else:
            ours = partial(from_json, lines, guide, rules)
            written = _segments(from_json(lines, guide, rules).decode("ascii"))
            wrong = {each for each in _segments(theirs.first) - written if not each.startswith("SE*")}
        if wrong or theirs.messages != MESSAGES:
            raise RuntimeError(f"Bots translated something else: {theirs.messages} messages, {sorted(wrong)}")
        found = Paired(rounds_of(ours, ROUNDS), theirs.seconds)
        yield Row(
            what,
            f"{MESSAGES / found.seconds:,.0f} messages/s",
            f"Bots, with grammar and mapping script: {MESSAGES / found.other_seconds:,.0f} messages/s",
            found.ratio,
            found.spread,
            "",
        )


def _segments(text: str) -> set[str]:
    """The segments of X12, those with a time without it: Bots' script writes it in the zone that it came in."""
    return {re.sub(r"^(AT7\*[^*]*\*[^*]*).*", r"\1", each.strip()) for each in text.split("~")}


def _texts(value: object) -> set[str]:
    """Every text in JSON, but the names of fields."""
    if isinstance(value, dict):
        return {text for each in value.values() for text in _texts(each)}
    if isinstance(value, list):
        return {text for each in value for text in _texts(each)}
    return {str(value)}


def _guide_and_map(catalogue: Catalogue, name: str) -> tuple[Guide, Map]:
    guide, rules = catalogue.guide(name), catalogue.map(name)
    if guide is None or rules is None:
        raise LookupError(f"there is no guide or map {name}")
    return guide, rules


def rows() -> Iterator[Row]:
    """The lines of the table."""
    catalogue = Catalogue()
    yield from beside_bots(catalogue)
    for name, data in (("edifact/D.96A/IFTSTA", iftsta(MESSAGES)), ("x12/004010/214", status_214(MESSAGES))):
        guide, rules = _guide_and_map(catalogue, name)
        kind, megabytes = name.rpartition("/")[2], len(data) / 1e6
        found = in_turn(partial(quick, data, guide, rules), partial(interpreted, data, guide, rules))
        yield Row(
            f"{kind}, read, validate and translate ({megabytes:.1f} MB)",
            f"{megabytes / found.seconds:.2f} MB/s, {MESSAGES / found.seconds:,.0f} messages/s",
            f"interpreted: {megabytes / found.other_seconds:.2f} MB/s",
            found.ratio,
            found.spread,
            GOAL_IN if kind == "IFTSTA" else "",
        )
        documents = [
            document
            for each in validated(data, guide)
            if (document := map_validated(each, rules, CONTEXT).document) is not None
        ]
        made = in_turn(partial(build, documents, rules, written_out), partial(build, documents, rules, ruled_out))
        yield Row(
            f"{kind}, canonical to message",
            f"{MESSAGES / made.seconds:,.0f} a second",
            f"interpreted: {MESSAGES / made.other_seconds:,.0f} a second",
            made.ratio,
            made.spread,
            "",
        )
        exact = Catalogue().guide(name)
        if exact is None:
            raise LookupError(f"there is no guide {name}")
        exact.recognisers = Recognisers(exact, worth=NEVER)
        written = in_turn(
            partial(build_and_write, documents, rules, guide, written_out),
            partial(build_and_write, documents, rules, exact, ruled_out),
        )
        yield Row(
            f"{kind}, canonical to message, judged, and written as an interchange",
            f"{MESSAGES / written.seconds:,.0f} a second",
            f"interpreted and judged the exact way: {MESSAGES / written.other_seconds:,.0f} a second",
            written.ratio,
            written.spread,
            GOAL_OUT if kind == "214" else "",
        )
