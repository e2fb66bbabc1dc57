"""Reprocess: the same bytes once more, under the profile of today, as a new message that is linked to the old one.

Nothing that was recorded is changed. The new message goes through everything that one which has just arrived goes
through, in one transaction, and the old one's journal says what was made from it, by whom and why.

*What is named.* A message; or an interchange or a file, which stands for what of it had no effect. What a case names
can be given as it is.

*The unit.* An interchange that was taken is judged message by message, so its messages are made again one by one. One
that was not, because nobody knew its sender or because it was rejected as a whole, had no effect at all: it is taken up
as a whole, and naming one of its messages names all of them. It is recorded as an interchange of its own, so that a
copy which the partner sends later is known as one.

*Only for the better.* A result that would be no better changes nothing and is told: still unassigned, still rejected,
or rejected today though it was accepted then. So a reprocess before the profile is right does no harm.

*Twice.* A message is made again once. Who asks a second time is told which message came of it; that one, the newest,
may be made again in its turn. A unique key holds this, so of two people who ask at once one is told.

*What is under way.* What the old message has still to be delivered is cancelled: the new one goes instead. What was
delivered cannot be called back; the company's systems find the old message's id in a header of the new document, a
partner gets a new control number.

*Answers.* An interchange that was never answered is answered as its flows say. What a partner was told once stays as it
was told, unless whoever gives the order wants it answered again; then the answer says of each message of the
interchange how it stands now.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlalchemy import Connection

from archive import ArchiveDamaged
from gateway.exchange import ContentStatus
from gateway.ids import noun_of
from gateway.inbound import read_and_record
from gateway.instance import Gateway
from gateway.ledger import NotRecorded, cases, interchanges, journal, messages, transmissions
from gateway.ledger.interchanges import InterchangeRow
from gateway.ledger.messages import MessageRow
from gateway.ledger.transmissions import Transmission
from gateway.operations import (
    NotPossible,
    Treated,
    cancel,
    demand_reason,
    each_by_itself,
    refused,
    undelivered,
)
from gateway.outbound import draft_document, record_built
from gateway.receiving import BUILD, READ
from gateway.reprocessed_interchange import Again, claim_again, interchange_again, note_again, repeated, told
from gateway.working import GiveUp
from translators.syntax import Reading

EFFECTIVE: tuple[ContentStatus, ...] = ("accepted", "accepted-with-errors")
"""What a message is that had its effect."""


def reprocess(
    gateway: Gateway, subjects: Sequence[str], *, actor: str, reason: str, answer: bool = False
) -> list[Treated]:
    """What came of each of ``subjects``; messages of one interchange are made again in one transaction.

    ``answer`` has partners answered again. Raises :class:`NotPossible` without a reason; whatever else is wrong is told
    of the subject that it is wrong with.
    """
    demand_reason("a reprocess", reason)
    # Who has just changed a profile and gives an order means the profile as it is now.
    gateway.profiles.refresh()
    again = Again(actor=actor, reason=reason, answer=answer)
    done = _received(gateway, again, subjects)
    rest = [subject for subject in subjects if subject not in done]
    done |= {each.subject: each for each in each_by_itself(rest, lambda subject: _alone(gateway, again, subject))}
    gateway.wake.set()
    return [done[subject] for subject in dict.fromkeys(subjects)]


def _received(gateway: Gateway, again: Again, subjects: Sequence[str]) -> dict[str, Treated]:
    """What came of those subjects that are messages which came in."""
    rows = [row for row in (_message(gateway, each) for each in dict.fromkeys(subjects)) if row is not None]
    together: dict[str, list[MessageRow]] = {}
    for row in rows:
        if row.direction == "in" and row.interchange is not None:
            together.setdefault(row.interchange, []).append(row)
    done: dict[str, Treated] = {}
    for interchange_id, some in together.items():
        try:
            done |= interchange_again(gateway, again, interchange_id, some)
        except (NotPossible, ArchiveDamaged) as fault:
            done |= {row.id: refused(row.id, str(fault)) for row in some}
    return done


def _message(gateway: Gateway, subject: str) -> MessageRow | None:
    if noun_of(subject) != "m":
        return None
    try:
        return gateway.database.read(lambda c: messages.get(c, subject))
    except NotRecorded:
        return None  # It is told of with the others that stand alone.


def _alone(gateway: Gateway, again: Again, subject: str) -> Treated:
    match noun_of(subject):
        case "i":
            row = gateway.database.read(lambda c: interchanges.get(c, subject))
            return _whole(gateway, again, subject, [row])
        case "t":
            return _transmission(gateway, again, subject)
        case _:
            old = gateway.database.read(lambda c: messages.get(c, subject))
            if old.source is None:
                raise NotPossible(f"message {subject} was made from nothing that could be taken up again")
            source = old.source
            return _document(
                gateway, again, subject, gateway.database.read(lambda c: transmissions.get(c, source)), old
            )


def _transmission(gateway: Gateway, again: Again, subject: str) -> Treated:
    """A file that came from a partner, or a document of the company's; whatever of it had no effect."""
    found = gateway.database.read(lambda c: transmissions.get(c, subject))
    if found.direction == "out":
        raise NotPossible(f"{subject} went out: `sallyport messages resend` sends the same bytes again")
    if found.side == "business":
        made = gateway.database.read(lambda c: messages.made_from(c, source=subject))
        if made and made[-1].content in EFFECTIVE:
            raise NotPossible(
                f"it became {made[-1].id}, which was accepted: name that to have it made again all the same"
            )
        return _document(gateway, again, subject, found, made[-1] if made else None)
    rows = gateway.database.read(lambda c: interchanges.of_transmission(c, subject))
    # Of one that was processed again the newest counts.
    newest = {row.offset: row for row in rows}
    return _whole(gateway, again, subject, list(newest.values())) if newest else _file(gateway, again, subject, found)


def _whole(gateway: Gateway, again: Again, subject: str, rows: Sequence[InterchangeRow]) -> Treated:
    """What of these interchanges had no effect."""
    made: list[str] = []
    wrong: list[str] = []
    for row in rows:
        found = gateway.database.read(partial(messages.of_interchange, interchange_id=row.id))
        parents = {each.parent for each in found}
        idle = [each for each in found if each.content not in EFFECTIVE and each.id not in parents]
        if row.direction == "in" and row.accepted and row.repeats is None and not idle:
            wrong.append(f"interchange {row.id} had its effect: name a message of it to have that made again")
            continue
        try:
            treated = interchange_again(gateway, again, row.id, idle)
        except NotPossible as fault:
            wrong.append(f"interchange {row.id}: {fault}")
            continue
        made += [each for one in treated.values() for each in one.made if one.outcome == "done"]
        wrong += [f"{one.subject}: {one.text}" for one in treated.values() if one.outcome == "refused"]
    if wrong and not made:
        return refused(subject, "; ".join(wrong))
    text = "; ".join([f"made again: {', '.join(made)}" if made else "taken up again", *wrong])
    return Treated(subject=subject, outcome="done", made=made, text=text)


def _file(gateway: Gateway, again: Again, subject: str, found: Transmission) -> Treated:
    """A file in which nothing was found, or which was never read to its end."""
    key = f"{READ}:{subject}"
    _demand_done(gateway, key)

    def besides(connection: Connection, reading: Reading) -> None:
        if not reading.interchanges:
            raise NotPossible(f"there is still no interchange in it: {told(reading.findings)}")
        claim_again(connection, subject, found.sha256, gateway.clock())
        _taken_up(gateway, connection, again, subject, key, closing=not any(each.fatal for each in reading.findings))

    try:
        read_and_record(gateway, found, besides)
    except GiveUp as fault:
        raise NotPossible(str(fault)) from None
    rows = gateway.database.read(lambda c: interchanges.of_transmission(c, subject))
    made = [
        each.id
        for row in rows
        for each in gateway.database.read(partial(messages.of_interchange, interchange_id=row.id))
    ]
    return Treated(subject=subject, outcome="done", made=made, text=f"read again: {len(rows)} interchanges")


def _document(gateway: Gateway, again: Again, subject: str, source: Transmission, old: MessageRow | None) -> Treated:
    """A document of the company's; ``old`` is the message that it became, if it came that far."""
    key = f"{BUILD}:{source.id}"
    if old is None:
        _demand_done(gateway, key)
    try:
        made = draft_document(gateway, source)
    except GiveUp as fault:
        raise NotPossible(str(fault)) from None
    if made.draft.outgoing is None:
        raise NotPossible(f"it still cannot be written: {told(made.draft.findings)}")

    def commit(connection: Connection) -> Treated:
        now = gateway.clock()
        if old is None:
            claim_again(connection, source.id, source.sha256, now)
            new = record_built(gateway, connection, source, made)
            _taken_up(gateway, connection, again, source.id, key, closing=True)
        else:
            if (before := repeated(connection, old.id)) is not None:
                return before
            held = undelivered(connection, old.id)
            claim_again(connection, old.id, source.sha256, now)
            for each in held:
                cancel(gateway, connection, each, actor=again.actor, reason=again.reason)
            new = record_built(gateway, connection, source, made, old.id)
            note_again(connection, again, old.id, new.id, now)
        return Treated(subject=subject, outcome="done", made=[new.id], text=f"made again as {new.id}")

    return gateway.database.write(commit)


def _demand_done(gateway: Gateway, key: str) -> None:
    if gateway.database.read(lambda c: gateway.queue.expects(c, key)):
        raise NotPossible("it is still being worked on: wait until something has come of it")


def _taken_up(gateway: Gateway, connection: Connection, again: Again, subject: str, key: str, *, closing: bool) -> None:
    """Note that a transmission of which nothing had come was taken up again, and let go of what was given up."""
    now = gateway.clock()
    journal.append(
        connection,
        at=now,
        subject=subject,
        kind="transmission-reprocessed",
        actor=again.actor,
        data={"reason": again.reason},
    )
    gateway.queue.drop_buried(connection, key)
    if closing:
        cases.close_about(connection, [subject], f"reprocessed: {again.reason}", again.actor, now)
