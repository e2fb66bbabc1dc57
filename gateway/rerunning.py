"""Re-run: the same input under the profile of its day once more, compared with what came of it then; nothing else.

What a message was made under is known by hash: the text of the resolved agreement is in the ledger, and the input in
the archive. With an outgoing message the control number and the moment are given again too. So the same must come out,
byte for byte: the canonical document of what came in, the interchange of what went out, and of what was rejected the
findings.

*What can differ.* Guides and maps are named by the profile and are not in it: they are those of today. Where the map is
another one than it was, by the hash that the journal has, this is told beside the result, for then a difference says
nothing against the gateway. A difference under the same map is a fault, in a guide that was changed in place or in the
software.

The one thing that is written is the event ``message-rerun``.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Literal

import msgspec

from gateway.arrival import printable
from gateway.instance import Gateway
from gateway.judging import FlowGuides
from gateway.ledger import interchanges, journal, messages, profile_versions, transmissions
from gateway.ledger.interchanges import InterchangeRow
from gateway.ledger.messages import MessageRow
from gateway.operations import NotPossible, Treated, demand_reason, each_by_itself
from gateway.outbound import draft_message, write_message
from gateway.planning import extent, indicator_conflict, map_messages, message_extent
from gateway.segment_lines import segment_lines
from gateway.wiring import reading_terms
from partners import Agreement, Outcome, Recognition, read_agreement
from translators.canonical import read_canonical, write_canonical
from translators.finding import Finding
from translators.judgement import judge
from translators.reading import read
from translators.syntax import Interchange, Reading

_ARTICLES = {"canonical document": "a document", "interchange": "an interchange", "findings": "nothing but findings"}
SHOWN = 200
"""Lines of differences that are told."""


class _Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came out: a document, an interchange, or the findings that kept it from being one."""

    what: Literal["canonical document", "interchange", "findings"]
    content: bytes
    map_sha256: str | None = None


def rerun(gateway: Gateway, subjects: Sequence[str], *, actor: str, reason: str) -> list[Treated]:
    """What came of each of ``subjects``, which are messages: whether it is equal, and the lines that differ.

    Raises :class:`NotPossible` without a reason; whatever else is wrong is told of the message that it is wrong with.
    """
    demand_reason("a re-run", reason)
    return each_by_itself(subjects, lambda subject: _rerun(gateway, subject, actor, reason))


def _rerun(gateway: Gateway, subject: str, actor: str, reason: str) -> Treated:
    row, told = gateway.database.read(lambda c: (messages.get(c, subject), journal.of(c, subject)))
    then = _then(gateway, row)
    now = _received(gateway, row) if row.direction == "in" else _built(gateway, row)
    equal = (then.what, then.content) == (now.what, now.content)
    data: dict[str, object] = {"reason": reason, "equal": equal, "compared": then.what}
    text = f"the {then.what} {'are' if then.what == 'findings' else 'is'} equal" if equal else _unlike(then, now)
    mapped = next((event.data.get("map_sha256") for event in told if event.kind == "message-translated"), None)
    if mapped is not None and now.map_sha256 is not None and mapped != now.map_sha256:
        text += f"; the map `{row.map}` is another one today than it was then ({str(mapped)[:16]})"
        data["map_sha256"] = now.map_sha256
    gateway.database.write(
        lambda c: journal.append(
            c,
            at=gateway.clock(),
            subject=subject,
            kind="message-rerun",
            actor=actor,
            data=data,
            profile_sha256=row.profile_sha256,
        )
    )
    differences = [] if equal else _differences(then, now, row.standard)
    return Treated(subject=subject, outcome="done", text=text, equal=equal, differences=differences)


def _then(gateway: Gateway, row: MessageRow) -> _Result:
    if row.direction == "in" and row.canonical_sha256 is not None:
        return _Result(what="canonical document", content=gateway.content(row.canonical_sha256))
    if row.direction == "out" and row.transmission is not None:
        carrier = row.transmission
        sent = gateway.database.read(lambda c: transmissions.get(c, carrier))
        return _Result(what="interchange", content=gateway.content(sent.sha256))
    return _findings(msgspec.convert(row.findings, list[Finding]))


def _received(gateway: Gateway, row: MessageRow) -> _Result:
    """What comes of a message that a partner sent."""
    if row.interchange is None or row.transmission is None:
        raise NotPossible("it came in no interchange")
    carrier, envelope = row.transmission, row.interchange
    transmission, interchange, siblings = gateway.database.read(
        lambda c: (
            transmissions.get(c, carrier),
            interchanges.get(c, envelope),
            messages.of_interchange(c, envelope),
        )
    )
    recognition = _recognition(gateway, row, interchange, siblings)
    content = gateway.content(transmission.sha256)
    reading = read(content, terms=lambda heading: reading_terms(recognition.reading(heading.syntax), heading.syntax))
    found = _interchange_at(reading, interchange.offset)
    # Whether a number was used before, the ledger knew; everything else is thought out again.
    recorded = msgspec.convert(interchange.findings, list[Finding])
    known = [each for each in recorded if each.code == "duplicate-interchange"]
    known += indicator_conflict(recognition, found, reading)
    day = transmission.at.date()
    guides = FlowGuides(gateway.catalogue, recognition, reading.source, day)
    judgement = judge(found, reading.source, guides, known)
    meant = map_messages(gateway, judgement, guides.flows, day, reading.source)
    for each in meant:
        if message_extent(reading, each.judged.message)[0] == row.offset:
            return _Result(
                what="canonical document", content=write_canonical(each.document), map_sha256=each.map_sha256
            )
    for judged in judgement.messages:
        if message_extent(reading, judged.message)[0] == row.offset:
            return _findings(judged.findings)
    raise NotPossible("the file is read in another way than it was: there is no message at that place")


def _recognition(
    gateway: Gateway, row: MessageRow, interchange: InterchangeRow, siblings: Sequence[MessageRow]
) -> Recognition:
    """Who was who and what was agreed on, by the profiles that the ledger has kept."""
    # Of the messages that were made again, those of the same making; what the message itself was made under counts.
    same = [each for each in siblings if (each.parent is None) == (row.parent is None)]
    hashes = dict.fromkeys([row.profile_sha256, interchange.profile_sha256, *(each.profile_sha256 for each in same)])
    agreements: dict[str, Agreement] = {}
    for sha256 in hashes:
        if sha256 is not None:
            agreement = _agreement(gateway, sha256)
            agreements.setdefault(agreement.id, agreement)
    if not agreements:
        raise NotPossible(f"it was handled under no profile: content {row.content}")
    first = agreements.get(interchange.agreement or "") or next(iter(agreements.values()))
    rest = [each for each in agreements.values() if each is not first]
    return Recognition(
        outcome=Outcome.RECOGNISED,
        text=f"it was handled under agreement `{first.id}`",
        party=first.party,
        us=first.us,
        agreements=(first, *rest),
        nearest=first,
    )


def _agreement(gateway: Gateway, sha256: str) -> Agreement:
    kept = gateway.database.read(lambda c: profile_versions.get(c, sha256))
    try:
        return read_agreement(kept.text.encode())
    except ValueError as fault:
        raise NotPossible(f"the profile {sha256[:16]} of its day cannot be read by this version: {fault}") from None


def _interchange_at(reading: Reading, offset: int) -> Interchange:
    for each in reading.interchanges:
        if extent(reading, each.offset, each.end)[0] == offset:
            return each
    raise NotPossible("the file is read in another way than it was: there is no interchange at that place")


def _built(gateway: Gateway, row: MessageRow) -> _Result:
    """What comes of a document of the company's."""
    if row.source is None or row.profile_sha256 is None:
        raise NotPossible("it was made from no document")
    document_id, envelope = row.source, row.interchange
    source = gateway.database.read(lambda c: transmissions.get(c, document_id))
    agreement = _agreement(gateway, row.profile_sha256)
    flow = agreement.flow(row.flow or "")
    if flow is None:
        raise NotPossible(f"the profile of its day has no flow `{row.flow}`")
    draft = draft_message(gateway, agreement, flow, read_canonical(gateway.content(source.sha256)), source)
    map_ = gateway.catalogue.map(flow.map)
    digest = map_.digest if map_ is not None else None
    if draft.outgoing is None:
        return msgspec.structs.replace(_findings(draft.findings), map_sha256=digest)
    # What was rejected took no number; what it would be like shows with the lowest.
    number = flow.numbers.interchange.min
    if envelope is not None:
        number = int(gateway.database.read(lambda c: interchanges.get(c, envelope)).control_number)
    written = write_message(agreement, flow, draft.outgoing, number, row.at)[1]
    return _Result(what="interchange", content=written.data, map_sha256=digest)


def _findings(found: Sequence[Finding]) -> _Result:
    return _Result(what="findings", content=msgspec.json.encode(list(found), order="deterministic"))


def _unlike(then: _Result, now: _Result) -> str:
    if then.what == now.what:
        return f"the {then.what} differ{'' if then.what == 'findings' else 's'}"
    return f"what came out then was {_ARTICLES[then.what]}, and now it is {_ARTICLES[now.what]}"


def _differences(then: _Result, now: _Result, standard: str) -> list[str]:
    """The lines that differ, ``-`` as it was and ``+`` as it is, at most :data:`SHOWN`."""
    before, after = _lines(then, standard), _lines(now, standard)
    lines = [each for each in difflib.unified_diff(before, after, n=0, lineterm="") if not each.startswith("@@")][2:]
    if not lines:
        lines = ["~ the bytes differ where no line does: in blanks, line breaks or characters that are not shown"]
    more = [f"and {len(lines) - SHOWN:,} more lines"] if len(lines) > SHOWN else []
    return [*lines[:SHOWN], *more]


def _lines(result: _Result, standard: str) -> list[str]:
    if result.what == "interchange":
        return segment_lines(result.content, standard)
    text = msgspec.json.format(result.content, indent=1).decode("utf-8", "replace")
    return [printable(each, 1000) for each in text.splitlines()]
