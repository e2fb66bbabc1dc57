"""Going on with a broken transfer instead of sending it again (draft-harding-as2-restart-07), both roles.

Every POST carries a strong ``ETag`` that stands for this transfer and for no other, ever. When a POST breaks off, the
sender asks with ``HEAD`` (AS2-From, AS2-To, ETag, AS2-Version 1.2 or later) how many bytes of the *body* the receiver
holds; the answer is a 200 whose ``Content-Length`` is that number. The next POST has all headers of the first one, and
``Content-Range: bytes first-last/total``; also when it is chunked. When everything is held already (what broke off was
the answer), the last byte is sent once more, so that there is a request that can be answered.

======================================  =============================================================================
answer to HEAD                          what the sender does (:func:`after_head`)
======================================  =============================================================================
200, 0 < held < total                   POST from ``held``
200, held = total                       POST the last byte
200, held = 0, or no length             POST everything
200, held > total                       POST everything: what is held there cannot be this transfer
any 5xx                                 HEAD again: the partial file is locked by a connection that is not yet given up
no answer, after an earlier good one    HEAD again: the network is at fault
no answer, without one                  POST everything
1xx to 4xx other than 200               POST everything: the receiver does not know Restart
416 to a POST, ``bytes */n``            as 200 with ``n``
======================================  =============================================================================

HEAD is tried :data:`ASKINGS` times, then everything is sent. A message of no bytes has no ranges and is simply sent.
Restart is only for partners whose profile says that they have it: any web server answers HEAD with a length, that of
its own page, and would then take the end of a message for the whole. Where one does so all the same, what it answers to
the end of a message says nothing of the message (:mod:`as2.response`), and everything is sent.

The receiver keeps the bytes of a broken transfer under sender, receiver and ETag for as long as it likes, those of a
complete one too, for its answer may be what gets lost. A range may begin at or before the end of what is held (what is
behind its beginning is replaced) and goes to the end of the message. Joined bytes prove nothing by having been joined:
signature and digest are verified over all of them, as always.
"""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from as2.fault import Unwritable

ASKINGS: Final = 4
"""HEAD requests in a row before the sender starts from the beginning."""

_STRONG = re.compile(r'"([!#-~]{1,255})"|([!#-+\--~]{1,255})')
_RANGE = re.compile(r"bytes[ \t]+(\d{1,19})[ \t]*-[ \t]*(\d{1,19})/(\d{1,19})", re.IGNORECASE | re.ASCII)
_UNSATISFIED = re.compile(r"bytes[ \t]+\*/(\d{1,19})", re.IGNORECASE | re.ASCII)
_LENGTH = re.compile(r"\d{1,19}", re.ASCII)
_LOCKED_SECONDS = 10


class ContentRange(msgspec.Struct, frozen=True):
    """``bytes first-last/total``: positions count from 0, ``last`` is within the range."""

    first: int
    last: int
    total: int

    @property
    def length(self) -> int:
        """How many bytes the range has."""
        return self.last - self.first + 1


def parse_etag(value: str) -> str | None:
    """The transfer id in an ETag field; ``None`` for a weak one and for what is none. Quotes may be missing."""
    match = _STRONG.fullmatch(value.strip())
    if match is None or value.strip().startswith("W/"):
        return None
    return match[1] or match[2]


def write_etag(transfer: str) -> str:
    """The ETag field for a transfer id of up to 255 visible characters without quotes; else :class:`Unwritable`."""
    if parse_etag(f'"{transfer}"') is None:
        raise Unwritable("etag-unwritable", f"{transfer[:200]!r} cannot be the id of a transfer.")
    return f'"{transfer}"'


def parse_content_range(value: str) -> ContentRange | None:
    """The range that a request's Content-Range states; ``None`` when it is malformed or contradicts itself."""
    match = _RANGE.fullmatch(value.strip())
    if match is None:
        return None
    stated = ContentRange(int(match[1]), int(match[2]), int(match[3]))
    return stated if stated.first <= stated.last < stated.total else None


def write_content_range(range_: ContentRange) -> str:
    """The Content-Range field of a request."""
    return f"bytes {range_.first}-{range_.last}/{range_.total}"


def parse_unsatisfied(value: str) -> int | None:
    """How many bytes the Content-Range of a 416 says are held; ``None`` when it does not say so."""
    match = _UNSATISFIED.fullmatch(value.strip())
    return int(match[1]) if match is not None else None


def parse_length(value: str | None) -> int | None:
    """The number in a Content-Length field; ``None`` when it is missing or no number. Leading zeros are accepted."""
    return int(value) if value is not None and _LENGTH.fullmatch(value.strip()) else None


# --- the sender -------------------------------------------------------------------------------------------------------


class Send(msgspec.Struct, frozen=True):
    """POST the body from ``first``; without ``range`` all of it, as the first time."""

    first: int
    range: ContentRange | None


class Ask(msgspec.Struct, frozen=True):
    """HEAD again, after a pause."""


class Asking(msgspec.Struct, frozen=True):
    """How far the sender is with asking about one transfer; kept between the HEAD requests."""

    total: int
    """Bytes of the whole body."""
    failed: int = 0
    """HEAD requests in a row that brought nothing."""
    answered: bool = False
    """Whether the receiver ever answered a HEAD about this transfer as Restart wants it."""


def head_fields(*, as2_from: str, as2_to: str, transfer: str, version: str) -> list[tuple[str, str]]:
    """The header fields of the HEAD request; the names as they are written in the POST."""
    return [("AS2-Version", version), ("AS2-From", as2_from), ("AS2-To", as2_to), ("ETag", write_etag(transfer))]


def send_from(held: int, total: int) -> Send:
    """What to send to a receiver that says it holds ``held`` bytes of ``total``."""
    if total == 0 or not 0 < held <= total:
        return Send(0, None)
    first = min(held, total - 1)
    return Send(first, ContentRange(first, total - 1, total))


def after_head(asking: Asking, status: int | None, content_length: str | None) -> tuple[Asking, Send | Ask]:
    """What to do after the answer to a HEAD, by the table above; ``status`` is ``None`` when no answer came."""
    if status == 200:
        held = parse_length(content_length)
        if held is None:
            return Asking(asking.total), Send(0, None)
        return Asking(asking.total, answered=True), send_from(held, asking.total)
    worth_asking = asking.answered if status is None else 500 <= status <= 599
    failed = asking.failed + 1
    if worth_asking and failed < ASKINGS:
        return Asking(asking.total, failed, asking.answered), Ask()
    return Asking(asking.total), Send(0, None)


def after_unsatisfied(content_range: str | None, total: int) -> Send:
    """What to do after a 416 to a POST with a range."""
    held = parse_unsatisfied(content_range) if content_range is not None else None
    return send_from(held or 0, total)


# --- the receiver -----------------------------------------------------------------------------------------------------


class Partial(msgspec.Struct, frozen=True):
    """What the receiver holds of one transfer: of this sender, receiver and ETag."""

    held: int
    """Bytes of the body from its start that are durable."""
    total: int | None
    """Bytes of the whole body; ``None`` when it was sent chunked and broke off, so that nobody said."""
    locked: bool = False
    """Whether a connection still writes to it."""


class Take(msgspec.Struct, frozen=True):
    """Read the body: keep the first ``offset`` bytes of what is held, drop the others, and append."""

    offset: int
    length: int | None
    """Bytes that this request brings; ``None`` when it is chunked and states no range."""
    total: int | None
    """Bytes of the whole body, where known."""


class Refuse(msgspec.Struct, frozen=True):
    """Answer without reading the body."""

    status: int
    fields: tuple[tuple[str, str], ...]
    why: str
    """For the log."""


def answer_head(partial: Partial | None) -> tuple[int, list[tuple[str, str]]]:
    """Status and header fields of the answer to a HEAD; ``None`` when nothing is held, or nobody knows the sender."""
    if partial is not None and partial.locked:
        return 503, [("Retry-After", str(_LOCKED_SECONDS))]
    return 200, [("Content-Length", str(partial.held if partial is not None else 0))]


def before_body(partial: Partial | None, content_range: str | None, length: int | None) -> Take | Refuse:
    """What to do with a POST that carries an ETag, before its body is read.

    ``length`` is its Content-Length; ``None`` when it is chunked.
    """
    if partial is not None and partial.locked:
        retry = ("Retry-After", str(_LOCKED_SECONDS))
        return Refuse(503, (retry,), "another connection still writes to this transfer")
    if content_range is None:
        return Take(0, length, length)
    stated = parse_content_range(content_range)
    if stated is None:
        return Refuse(400, (), f"malformed Content-Range: {content_range[:100]!r}")
    if length is not None and length != stated.length:
        return Refuse(400, (), f"Content-Range is of {stated.length} bytes, Content-Length of {length}")
    held = partial.held if partial is not None else 0
    other_total = partial is not None and partial.total not in (None, stated.total)
    if stated.first > held or stated.last + 1 != stated.total or other_total:
        fits = ("Content-Range", f"bytes */{0 if other_total else held}")
        return Refuse(416, (fits,), f"{write_content_range(stated)} does not fit {held} bytes held")
    return Take(stated.first, stated.length, stated.total)


def after_body(take: Take, read: int, *, ended: bool) -> tuple[Partial, Literal["complete", "broken", "too-long"]]:
    """What is held after ``read`` bytes of the body, and whether the message is whole.

    ``ended`` says that the body came to its own end: its length, or the last chunk. ``too-long`` is a chunked body with
    more bytes than its range: the transfer is worthless, and nothing of it is held.
    """
    held = take.offset + read
    if take.length is not None and read > take.length:
        return Partial(0, None), "too-long"
    whole = held if take.total is None and ended else take.total
    return Partial(held, whole), "complete" if ended and held == whole else "broken"
