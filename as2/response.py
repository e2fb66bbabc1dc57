"""What an HTTP answer, and the MDN in it or on its own, mean for a message that we sent (RFC 4130 §5.5, §7).

The status speaks of the transfer, the MDN of the message. An MDN is evidence of its own: a verified one that names the
message counts whatever the status was, any other only with a 2xx. :func:`judge_answer` is the first table,
:func:`judge_mdn` the second.

============================================  ===============================================================
answer                                        outcome
============================================  ===============================================================
a verified MDN that names the message         by the second table, whatever the status
2xx, any other MDN                            by the second table
2xx, no MDN, none was asked for               delivered
2xx, no MDN, asynchronous                     awaiting-mdn; at its deadline the same bytes are sent again
2xx, no MDN, synchronous                      retry: nobody knows what became of the message
3xx                                           parked: redirects are never followed, a header never chooses a URL
411 to a chunked request                      retry with Content-Length, and not chunked in future
408, 425, 429, any 5xx                        retry, not before Retry-After
any other 4xx                                 parked: sending the same again cannot help
416 to the end of a message                   retry: the partner says how much of it there really is
other 4xx, 500, 501 to the end of a message   retry with the whole message: it does not know Restart after all
no answer, or one that is no HTTP             retry
============================================  ===============================================================

========================================================  ===================================================
MDN (when a signed one was asked for)                     outcome
========================================================  ===================================================
signature does not verify                                 mdn-unverifiable, whatever it says
names another message                                     as no MDN
names no message, positive, MIC does not match            as no MDN
unsigned, positive or unclear                             as no MDN
unsigned, negative                                        refused-unproven
verified, ``processed``, MIC matches                      delivered
verified, ``processed``, MIC missing, unreadable, of an   delivered-unverified
unknown or of a weaker algorithm
verified, positive, MIC differs                           mic-mismatch, never a success
verified, ``warning: duplicate-document``, no MIC match   delivered-unconfirmed
verified, any other warning                               as ``processed``, flagged
verified, negative                                        refused: no automatic retry
negative on a retry, reads like "already processed"       delivered-unconfirmed
verified, type neither processed nor failed               parked
========================================================  ===================================================

Where an unsigned MDN is what was asked for, it is judged as a verified one is, but may leave out the MIC, which RFC
4130 §7.4.3 requires in signed receipts only. Every attempt sends the same bytes, so that a receiver can tell a retry.
Some (mendelson) then answer that they have that Message-ID already, and do so with an error, in words: those are looked
for, but never where the error is about decryption or signature, and what they lead to is for a person to reconcile.

Where only the end of a message was sent, because the partner said that it holds the rest (:mod:`as2.restart`), nothing
counts but a success whose MIC matches. A server that does not know Restart takes the end for the whole, and finds it
broken, or good if it does not look; so any other MDN only leads to the whole message being sent.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from as2.dates import parse_http_date
from as2.disposition import Disposition, Meaning
from as2.headers import Headers
from as2.identifiers import same_message_id
from as2.mdn_reading import ReadMdn
from as2.mic import MicOutcome, MicVerdict

Result = Literal[
    "delivered",
    "delivered-unverified",
    "delivered-unconfirmed",
    "awaiting-mdn",
    "retry",
    "parked",
    "refused",
    "refused-unproven",
    "mic-mismatch",
    "mdn-unverifiable",
]

Step = Literal["done", "wait", "again", "person"]

STEPS: Final[dict[Result, Step]] = {
    "delivered": "done",
    "delivered-unverified": "person",
    "delivered-unconfirmed": "person",
    "awaiting-mdn": "wait",
    "retry": "again",
    "parked": "person",
    "refused": "person",
    "refused-unproven": "person",
    "mic-mismatch": "person",
    "mdn-unverifiable": "person",
}
"""What comes next: nothing, an MDN, the same bytes again, or somebody who looks at it."""

Reason = Literal[
    "mdn-positive",
    "mdn-warning",
    "mdn-negative",
    "mdn-already-processed",
    "mdn-duplicate",
    "mdn-unclear",
    "mdn-unverifiable",
    "mdn-unsigned",
    "mdn-of-another-message",
    "mdn-missing",
    "mdn-expected",
    "mic-missing",
    "mic-unreadable",
    "mic-unknown-algorithm",
    "mic-weaker",
    "mic-mismatch",
    "transferred",
    "redirected",
    "length-required",
    "busy",
    "refused-by-server",
    "no-answer",
    "range-not-held",
    "part-not-joined",
]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer means."""

    result: Result
    reason: Reason
    text: str
    """For the operator: what came, and what to do where a person is needed."""
    flagged: bool = False
    """Delivered, but the partner's warning should be seen."""
    not_before: timedelta | None = None
    """How long the server wants us to wait before the next attempt; the profile's back-off may be longer."""
    chunking: bool = True
    """``False``: the partner does not take chunked requests; send Content-Length from now on."""

    @property
    def step(self) -> Step:
        """What comes next."""
        return STEPS[self.result]


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent."""

    number: int
    """1 for the first; every one that was begun counts."""
    message_id: str
    """As it was sent."""
    receipt: Literal["none", "sync", "async"]
    """What was asked for."""
    signed_receipt: bool
    chunked: bool = False
    part: bool = False
    """Whether only the end of the message was sent."""


LONGEST_WAIT: Final = timedelta(days=7)
"""A Retry-After beyond this is somebody's mistake; it is taken as this."""
_RETRIED: Final = frozenset({408, 425, 429})


def comes_again(status: int | None) -> bool:
    """Whether the same bytes are worth another attempt after this status; ``None``: there was no answer at all.

    A status that does not exist is no answer either.
    """
    return status is None or status in _RETRIED or not 200 <= status < 500


def _of_part(outcome: Outcome) -> Outcome:
    """What an outcome means that may be about the end of a message only."""
    text = f"{outcome.text} Only the end had been sent, which the partner may have taken for the whole."
    return Outcome(result="retry", reason="part-not-joined", text=text)


def judge_answer(
    attempt: Attempt,
    status: int | None,
    headers: Headers,
    *,
    mdn: ReadMdn | None = None,
    mic: MicVerdict | None = None,
    now: datetime,
) -> Outcome:
    """What the final answer to an attempt means; ``status`` is ``None`` when there was none, or nothing like HTTP.

    ``mdn`` is the MDN in its body, recognised by content, and ``mic`` what its MIC says about the message. ``now`` is
    for a Retry-After that is a date.
    """
    if status is None:
        return Outcome(
            result="retry", reason="no-answer", text="No answer came. Whether the message arrived is not known."
        )
    arrived = 200 <= status < 300
    if mdn is not None and (arrived or _proves(mdn, attempt)):
        return judge_mdn(attempt, mdn, mic)
    if arrived:
        return _without_mdn(attempt, "mdn-missing", f"Answered {status} without an MDN.")
    if 300 <= status < 400:
        where = headers.get("Location") or "nowhere"
        text = f"Answered {status}: redirected to {where[:200]!r}. Redirects are not followed; correct the URL."
        return Outcome(result="parked", reason="redirected", text=text)
    if status == 411 and attempt.chunked:
        text = "Answered 411: the partner takes no chunked requests. Switch chunking off in the profile."
        return Outcome(result="retry", reason="length-required", text=text, chunking=False)
    if attempt.part and status == 416:
        text = "Answered 416: the partner does not hold what the end that was sent belongs to."
        return Outcome(result="retry", reason="range-not-held", text=text)
    if attempt.part and status in (500, 501):
        text = f"Answered {status}: the partner does not know what to do with the end of a message."
        return Outcome(result="retry", reason="part-not-joined", text=text)
    if comes_again(status) and 400 <= status < 600:
        wait = headers.get("Retry-After")
        return Outcome(
            result="retry",
            reason="busy",
            text=f"Answered {status}: the partner cannot take the message now.",
            not_before=retry_after(wait, now) if wait is not None else None,
        )
    if 400 <= status < 500:
        text = f"Answered {status}: the partner's server refuses the request. Sending it again cannot help."
        refused = Outcome(result="parked", reason="refused-by-server", text=text)
        return _of_part(refused) if attempt.part else refused
    return Outcome(result="retry", reason="no-answer", text=f"Answered with the status {status}, which does not exist.")


def judge_mdn(attempt: Attempt, mdn: ReadMdn, mic: MicVerdict | None) -> Outcome:
    """What an MDN means, in an answer or on its own; ``mic`` is what its MIC says, ``None`` when it has none."""
    outcome = _judge_mdn(attempt, mdn, mic)
    proven = outcome.result == "delivered" and mic is not None and mic.matches
    settles_nothing = outcome.result in ("retry", "awaiting-mdn")
    return _of_part(outcome) if attempt.part and not proven and not settles_nothing else outcome


def _judge_mdn(attempt: Attempt, mdn: ReadMdn, mic: MicVerdict | None) -> Outcome:
    outcome: MicOutcome = mic.outcome if mic is not None else "missing"
    matches = mic is not None and mic.matches
    verdict = mdn.disposition.verdict
    named = mdn.original_message_id
    if named and not same_message_id(named, attempt.message_id):
        return _without_mdn(attempt, "mdn-of-another-message", f"The MDN is for the message {named[:200]!r}.")
    if mdn.signature.state == "unverified":
        text = f"The signature of the MDN does not verify: {mdn.signature.why} It proves nothing, whatever it says."
        return Outcome(result="mdn-unverifiable", reason="mdn-unverifiable", text=text)
    proven = mdn.signature.state == "verified" or not attempt.signed_receipt
    if verdict in ("error", "failed"):
        return _negative(attempt, mdn, proven=proven and bool(named))
    if not proven:
        return _without_mdn(attempt, "mdn-unsigned", "The MDN is not signed although a signed one was asked for.")
    if verdict == "unclear":
        text = f"The disposition of the MDN says neither yes nor no: {_said(mdn.disposition)}. Ask the partner."
        return Outcome(result="parked", reason="mdn-unclear", text=text)
    if outcome == "mismatch":
        text = "The MIC of the MDN is not that of our message: the partner has something else than we sent."
        return Outcome(result="mic-mismatch", reason="mic-mismatch", text=text)
    if not matches and not named:
        return _without_mdn(attempt, "mdn-of-another-message", "The MDN names no message, and no MIC shows which.")
    if verdict == "warning" and mdn.disposition.meaning == "duplicate-document" and not matches:
        text = "The partner has the message from an earlier attempt, and no MIC shows that it is the same."
        return Outcome(result="delivered-unconfirmed", reason="mdn-duplicate", text=text)
    if not matches and (outcome != "missing" or attempt.signed_receipt):
        return Outcome(result="delivered-unverified", reason=_MIC_REASONS[outcome], text=_MIC_TEXTS[outcome])
    if verdict == "warning":
        text = f"Delivered, with a warning: {_said(mdn.disposition)}."
        return Outcome(result="delivered", reason="mdn-warning", text=text, flagged=True)
    return Outcome(result="delivered", reason="mdn-positive", text="Delivered.")


def _proves(mdn: ReadMdn, attempt: Attempt) -> bool:
    """Whether the MDN is evidence about this message without the help of the connection that it came on."""
    named = mdn.original_message_id
    return mdn.signature.state == "verified" and named is not None and same_message_id(named, attempt.message_id)


def _negative(attempt: Attempt, mdn: ReadMdn, *, proven: bool) -> Outcome:
    said = _said(mdn.disposition)
    if attempt.number > 1 and reads_as_already_processed(mdn.disposition, mdn.text):
        text = f"The partner seems to have the message from an earlier attempt: {said}. Ask whether it does."
        return Outcome(result="delivered-unconfirmed", reason="mdn-already-processed", text=text)
    if proven:
        text = f"The partner refused the message: {said}."
        return Outcome(result="refused", reason="mdn-negative", text=text)
    text = f"An MDN that nothing proves refuses the message: {said}. Ask the partner."
    return Outcome(result="refused-unproven", reason="mdn-negative", text=text)


def _without_mdn(attempt: Attempt, reason: Reason, text: str) -> Outcome:
    """The transfer was confirmed, and there is no MDN that counts."""
    if attempt.receipt == "async":
        return Outcome(
            result="awaiting-mdn",
            reason="mdn-expected" if reason == "mdn-missing" else reason,
            text=f"{text} It is due.",
        )
    if attempt.receipt == "none":
        return Outcome(
            result="delivered",
            reason="transferred",
            text="The partner's server took the message. No receipt was asked for.",
        )
    return Outcome(result="retry", reason=reason, text=f"{text} Whether the message was processed is not known.")


def _said(disposition: Disposition) -> str:
    head = "/".join(part for part in (disposition.type, disposition.modifier) if part)
    return ": ".join(part for part in (head, "; ".join(disposition.texts)) if part)[:500] or "nothing"


_MIC_REASONS: Final[dict[MicOutcome, Reason]] = {
    "missing": "mic-missing",
    "unreadable": "mic-unreadable",
    "unknown-algorithm": "mic-unknown-algorithm",
    "weaker": "mic-weaker",
}
_MIC_TEXTS: Final[dict[MicOutcome, str]] = {
    "missing": "The MDN is positive and has no MIC: nothing shows what the partner received.",
    "unreadable": "The MDN is positive and its MIC cannot be read.",
    "unknown-algorithm": "The MDN is positive and its MIC has an algorithm that we have no digest of.",
    "weaker": "The MDN is positive and its MIC fits, in a weaker algorithm than was asked for.",
}

_ALREADY: Final = re.compile(
    r"duplicate|duplikat|doublon|duplicad|duplicat[oi]\b"
    r"|\b(?:already|previously)\s+(?:been\s+)?(?:processed|received|exists?|known|used|delivered|imported|seen)"
    r"|\b(?:processed|received|exists?|known|used|delivered|seen)\s+(?:already|before)\b"
    r"|\bbereits\s+(?:\w+\s+){0,3}(?:verarbeitet|empfangen|vorhanden|bekannt|erhalten)"
    r"|\bd[eé]j[aà]\s+(?:\w+\s+){0,2}(?:trait|re[cç]u|existant)"
    r"|\bya\s+(?:\w+\s+){0,3}(?:procesado|recibido|existe)"
    r"|\b(?:new|unique|different)\s+message[\s-]?id\b",
    re.IGNORECASE,
)
"""How products say it, in the languages that AS2 products of this trade are sold in."""
_MAY_BE_A_DUPLICATE: Final[frozenset[Meaning]] = frozenset(
    {"duplicate-document", "unexpected-processing-error", "other", "none"}
)


def reads_as_already_processed(disposition: Disposition, text: str) -> bool:
    """Whether a negative MDN says, in its disposition or to a person, that this Message-ID was there before."""
    if disposition.meaning not in _MAY_BE_A_DUPLICATE:
        return False
    return any(_ALREADY.search(said.replace("-", " ")) for said in (*disposition.texts, text))


_SECONDS = re.compile(r"\d{1,12}", re.ASCII)


def retry_after(value: str, now: datetime) -> timedelta | None:
    """How long a Retry-After field (RFC 9110 §10.2.3) asks to wait, from ``now``: seconds, or a date in any HTTP form.

    Never negative and at most :data:`LONGEST_WAIT`; ``None`` when it is neither.
    """
    text = value.strip()
    if _SECONDS.fullmatch(text):
        return min(timedelta(seconds=int(text)), LONGEST_WAIT)
    moment = parse_http_date(text, now)
    if moment is None:
        return None
    return min(max(moment - now, timedelta()), LONGEST_WAIT)
