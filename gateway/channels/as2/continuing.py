"""From where a message of ours is sent that may have broken off: by what the journal says of it, and the partner.

The transfer's id (ETag) is the random part of the Message-ID. It is made with the bytes, stays with them, and is never
made again; so whatever is held under it is the beginning of what we send.

A partner is asked only after an attempt that may have left something there: one that got no answer, was told to come
again, or died with its worker. Everything about it is in the journal, so that asking goes on where it was after a crash
too; an attempt that only asked, and was told to wait, is one that failed.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from as2.fault import Unwritable
from as2.restart import Ask, Asking, Send, after_head, head_fields, write_content_range, write_etag
from as2.source import BytesSource, Section
from gateway.channels.as2.posting import Poster, Posting, Reply
from gateway.channels.as2.settling import told_of
from gateway.ledger.as2_sent import SentRow

EVERYTHING = Send(0, None)
ASKED_IN_VAIN = "asked-in-vain"
"""The reason of an attempt that ended with a question."""
STUCK = 3
"""Parts in a row from the same place: a partner that gets no further holds nothing, whatever it says."""
_MAY_BE_HELD = frozenset({"no-answer", "busy", "range-not-held", ASKED_IN_VAIN})
"""Reasons of failures after which the partner may hold some of it. A 2xx without a receipt is none: it had all."""


class Asked(msgspec.Struct, frozen=True):
    """What came of asking."""

    step: Send | Ask
    held: int | None
    """Bytes that the partner says it holds, where it knows how to."""
    reply: Reply


def transfer_of(row: SentRow) -> str:
    """The id of a message's transfer."""
    return row.message_id.partition("@")[0]


def asking_of(connection: Connection, row: SentRow, total: int) -> Asking | None:
    """How far asking for this message of ``total`` bytes is; ``None`` when there is nothing to ask about."""
    told = told_of(connection, row)
    if not told or not total:
        return None
    last = told[-1]
    if last.kind != "delivery-started" and last.data.get("reason") not in _MAY_BE_HELD:
        return None
    begun = [each.data.get("first") for each in told if each.kind == "delivery-started"][-STUCK:]
    if len(begun) == STUCK and begun[0] is not None and len(set(begun)) == 1:
        return None
    failed = 0
    for event in reversed([each for each in told if each.kind == "delivery-failed"]):
        if event.data.get("reason") != ASKED_IN_VAIN:
            break
        failed += 1
    return Asking(total, failed, any("held" in each.data for each in told))


def ask(poster: Poster, posting: Posting, row: SentRow, asking: Asking, *, version: str) -> Asked:
    """Ask the partner how much it holds; ``posting`` is the request that brings the message."""
    names = {name: value for name, value in posting.headers if name in ("AS2-From", "AS2-To")}
    fields = head_fields(as2_from=names["AS2-From"], as2_to=names["AS2-To"], transfer=transfer_of(row), version=version)
    question = msgspec.structs.replace(
        posting,
        method="HEAD",
        headers=fields,
        body=BytesSource(b""),
        chunked=False,
        answer_within=posting.timeout,
    )
    reply = poster.post(question)
    after, step = after_head(asking, reply.status, reply.headers.get("Content-Length"))
    held = None
    if reply.status == 200 and isinstance(step, Send) and after.answered:
        held = step.first
    return Asked(step, held, reply)


def with_etag(posting: Posting, row: SentRow) -> Posting:
    """The request, which names its transfer; raises :class:`Unwritable` when its Message-ID cannot be an ETag."""
    if not transfer_of(row):
        raise Unwritable("etag-unwritable", "A message without an id of ours has no transfer.")
    return msgspec.structs.replace(posting, headers=[*posting.headers, ("ETag", write_etag(transfer_of(row)))])


def rest_of(posting: Posting, step: Send) -> Posting:
    """The request that brings only what ``step`` says, with the same header fields."""
    if step.range is None:
        return posting
    return msgspec.structs.replace(
        posting,
        headers=[*posting.headers, ("Content-Range", write_content_range(step.range))],
        body=Section(posting.body, step.first, step.range.length),
    )
