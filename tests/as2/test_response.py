"""What an answer means: the two tables of ``as2/response.py``, row by row, and that nothing unproven is a success."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Literal, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from as2.disposition import CATALOGUE, Disposition, Verdict, parse
from as2.headers import Headers
from as2.mdn_reading import MdnSignature, ReadMdn, SignatureState
from as2.mic import MicOutcome, MicVerdict
from as2.response import (
    LONGEST_WAIT,
    STEPS,
    Attempt,
    Outcome,
    Reason,
    Result,
    comes_again,
    judge_answer,
    judge_mdn,
    reads_as_already_processed,
    retry_after,
)

MESSAGE_ID = "<4711@us.example>"
NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
NO_FIELDS = Headers()
Asked = Literal["none", "sync", "async"]

SAID: dict[Verdict, Disposition] = {
    "processed": Disposition("processed"),
    "warning": Disposition("processed", "warning", ("authentication-failed, processing continued",)),
    "error": Disposition("processed", "error", ("decryption-failed",)),
    "failed": Disposition("failed", "failure", ("unsupported format",)),
    "unclear": Disposition("displayed"),
}


def attempt(number: int = 1, receipt: Asked = "sync", *, signed: bool = True, chunked: bool = False) -> Attempt:
    return Attempt(
        number=number,
        message_id=MESSAGE_ID,
        receipt=receipt,
        signed_receipt=signed,
        chunked=chunked,
    )


def mdn(
    disposition: Disposition = SAID["processed"],
    state: SignatureState = "verified",
    *,
    named: str | None = MESSAGE_ID,
    text: str = "",
) -> ReadMdn:
    return ReadMdn(
        signature=MdnSignature(state=state, why="The digest differs." if state == "unverified" else ""),
        disposition=disposition,
        original_message_id=named,
        mic=None,
        final_recipient=None,
        as2_from=None,
        as2_to=None,
        message_id=None,
        reporting_ua=None,
        text=text,
        tolerated=frozenset(),
    )


def answered(status: int | None, tried: Attempt | None = None, fields: Headers = NO_FIELDS) -> Outcome:
    return judge_answer(tried or attempt(), status, fields, now=NOW)


STATUSES: list[tuple[int | None, Result, Reason]] = [
    (None, "retry", "no-answer"),
    (200, "retry", "mdn-missing"),
    (202, "retry", "mdn-missing"),
    (204, "retry", "mdn-missing"),
    (299, "retry", "mdn-missing"),
    (300, "parked", "redirected"),
    (301, "parked", "redirected"),
    (302, "parked", "redirected"),
    (304, "parked", "redirected"),
    (307, "parked", "redirected"),
    (308, "parked", "redirected"),
    (400, "parked", "refused-by-server"),
    (401, "parked", "refused-by-server"),
    (403, "parked", "refused-by-server"),
    (404, "parked", "refused-by-server"),
    (407, "parked", "refused-by-server"),
    (408, "retry", "busy"),
    (411, "parked", "refused-by-server"),
    (413, "parked", "refused-by-server"),
    (415, "parked", "refused-by-server"),
    (417, "parked", "refused-by-server"),
    (421, "parked", "refused-by-server"),
    (425, "retry", "busy"),
    (429, "retry", "busy"),
    (499, "parked", "refused-by-server"),
    (500, "retry", "busy"),
    (501, "retry", "busy"),
    (502, "retry", "busy"),
    (503, "retry", "busy"),
    (504, "retry", "busy"),
    (599, "retry", "busy"),
    (0, "retry", "no-answer"),
    (600, "retry", "no-answer"),
    (999, "retry", "no-answer"),
]


@pytest.mark.parametrize(("status", "result", "reason"), STATUSES)
def test_a_status_without_an_mdn(status: int | None, result: Result, reason: Reason) -> None:
    outcome = answered(status)
    assert (outcome.result, outcome.reason) == (result, reason)
    assert outcome.chunking


@pytest.mark.parametrize("status", [200, 202, 204])
def test_a_transfer_that_is_confirmed(status: int) -> None:
    assert answered(status, attempt(receipt="async")).result == "awaiting-mdn"
    assert answered(status, attempt(receipt="async")).reason == "mdn-expected"
    assert answered(status, attempt(receipt="none", signed=False)).result == "delivered"


@pytest.mark.parametrize("status", [None, *(status for status, _, _ in STATUSES if status and not 200 <= status < 300)])
@pytest.mark.parametrize("receipt", get_args(Asked))
def test_what_was_asked_for_does_not_matter_without_a_2xx(status: int | None, receipt: Asked) -> None:
    assert answered(status, attempt(receipt=receipt)) == answered(status)


def test_chunked_is_switched_off_where_it_is_refused() -> None:
    outcome = answered(411, attempt(chunked=True))
    assert (outcome.result, outcome.reason, outcome.chunking) == ("retry", "length-required", False)


def test_a_redirect_says_where_and_is_not_followed() -> None:
    outcome = answered(307, fields=NO_FIELDS.with_field("Location", "http://169.254.169.254/latest"))
    assert outcome.step == "person"
    assert "169.254.169.254" in outcome.text


@pytest.mark.parametrize(("status", "result", "_reason"), STATUSES)
def test_what_comes_again(status: int | None, result: Result, _reason: Reason) -> None:
    """The rule for whoever sends an MDN is the one for messages; what ends an MDN's way is any 2xx."""
    if status is None or not 200 <= status < 300:
        assert comes_again(status) == (result == "retry")


# What the MDN says, its signature, its MIC; what follows when a signed one was asked for on the same connection.
MDNS: list[tuple[Verdict, SignatureState, MicOutcome, Result, Reason]] = [
    ("processed", "verified", "match", "delivered", "mdn-positive"),
    ("processed", "verified", "alternative", "delivered", "mdn-positive"),
    ("processed", "verified", "mismatch", "mic-mismatch", "mic-mismatch"),
    ("processed", "verified", "missing", "delivered-unverified", "mic-missing"),
    ("processed", "verified", "unreadable", "delivered-unverified", "mic-unreadable"),
    ("processed", "verified", "unknown-algorithm", "delivered-unverified", "mic-unknown-algorithm"),
    ("processed", "verified", "weaker", "delivered-unverified", "mic-weaker"),
    ("warning", "verified", "match", "delivered", "mdn-warning"),
    ("warning", "verified", "alternative", "delivered", "mdn-warning"),
    ("warning", "verified", "mismatch", "mic-mismatch", "mic-mismatch"),
    ("warning", "verified", "missing", "delivered-unverified", "mic-missing"),
    ("error", "verified", "match", "refused", "mdn-negative"),
    ("error", "verified", "missing", "refused", "mdn-negative"),
    ("error", "verified", "mismatch", "refused", "mdn-negative"),
    ("failed", "verified", "missing", "refused", "mdn-negative"),
    ("unclear", "verified", "match", "parked", "mdn-unclear"),
    ("unclear", "verified", "missing", "parked", "mdn-unclear"),
    ("processed", "unsigned", "match", "retry", "mdn-unsigned"),
    ("warning", "unsigned", "match", "retry", "mdn-unsigned"),
    ("unclear", "unsigned", "missing", "retry", "mdn-unsigned"),
    ("error", "unsigned", "missing", "refused-unproven", "mdn-negative"),
    ("failed", "unsigned", "missing", "refused-unproven", "mdn-negative"),
    ("processed", "unverified", "match", "mdn-unverifiable", "mdn-unverifiable"),
    ("warning", "unverified", "match", "mdn-unverifiable", "mdn-unverifiable"),
    ("error", "unverified", "missing", "mdn-unverifiable", "mdn-unverifiable"),
    ("failed", "unverified", "missing", "mdn-unverifiable", "mdn-unverifiable"),
    ("unclear", "unverified", "missing", "mdn-unverifiable", "mdn-unverifiable"),
]


@pytest.mark.parametrize(("verdict", "state", "mic", "result", "reason"), MDNS)
@pytest.mark.parametrize("number", [1, 2])
def test_an_mdn_with_a_2xx(
    verdict: Verdict, state: SignatureState, mic: MicOutcome, result: Result, reason: Reason, number: int
) -> None:
    outcome = judge_answer(attempt(number), 200, NO_FIELDS, mdn=mdn(SAID[verdict], state), mic=MicVerdict(mic), now=NOW)
    assert (outcome.result, outcome.reason) == (result, reason)
    assert outcome.flagged == (reason == "mdn-warning")
    # The same MDN on a connection of its own, later.
    assert judge_mdn(attempt(number), mdn(SAID[verdict], state), MicVerdict(mic)) == outcome
    # And in the answer to a message whose MDN should have come later.
    elsewhere = judge_answer(
        attempt(number, "async"), 202, NO_FIELDS, mdn=mdn(SAID[verdict], state), mic=MicVerdict(mic), now=NOW
    )
    assert elsewhere.result == ("awaiting-mdn" if result == "retry" else result)


UNSIGNED_IS_ENOUGH: list[tuple[Verdict, SignatureState, MicOutcome, Result]] = [
    ("processed", "unsigned", "match", "delivered"),
    ("processed", "unsigned", "missing", "delivered"),
    ("processed", "unsigned", "mismatch", "mic-mismatch"),
    ("processed", "unsigned", "unreadable", "delivered-unverified"),
    ("warning", "unsigned", "missing", "delivered"),
    ("error", "unsigned", "missing", "refused"),
    ("unclear", "unsigned", "missing", "parked"),
    ("processed", "verified", "missing", "delivered"),
    ("processed", "unverified", "match", "mdn-unverifiable"),
]


@pytest.mark.parametrize(("verdict", "state", "mic", "result"), UNSIGNED_IS_ENOUGH)
def test_an_unsigned_receipt_that_was_asked_for(
    verdict: Verdict, state: SignatureState, mic: MicOutcome, result: Result
) -> None:
    tried = attempt(signed=False)
    assert judge_mdn(tried, mdn(SAID[verdict], state), MicVerdict(mic)).result == result


@pytest.mark.parametrize("number", [1, 2])
def test_a_duplicate_is_delivered_where_a_mic_shows_that_it_is_the_same(number: int) -> None:
    duplicate = mdn(CATALOGUE["duplicate-document"])
    tried = attempt(number)
    assert judge_mdn(tried, duplicate, MicVerdict("match")).result == "delivered"
    for outcome in ("missing", "unreadable", "weaker", "unknown-algorithm"):
        assert judge_mdn(tried, duplicate, MicVerdict(outcome)).result == "delivered-unconfirmed"
    assert judge_mdn(tried, duplicate, None).result == "delivered-unconfirmed"
    assert judge_mdn(tried, duplicate, MicVerdict("mismatch")).result == "mic-mismatch"


def test_an_mdn_that_names_another_message_is_none() -> None:
    other = mdn(named="<another@us.example>")
    assert judge_mdn(attempt(), other, MicVerdict("match")).reason == "mdn-of-another-message"
    assert judge_mdn(attempt(), other, MicVerdict("match")).result == "retry"
    assert judge_mdn(attempt(receipt="async"), other, MicVerdict("match")).result == "awaiting-mdn"


@pytest.mark.parametrize("named", ["4711@us.example", " <4711@us.example> ", "<4711@us.example>"])
def test_brackets_and_blanks_do_not_make_another_message(named: str) -> None:
    assert judge_mdn(attempt(), mdn(named=named), MicVerdict("match")).result == "delivered"


def test_an_mdn_that_names_no_message_counts_only_with_its_mic() -> None:
    assert judge_mdn(attempt(), mdn(named=None), MicVerdict("match")).result == "delivered"
    assert judge_mdn(attempt(), mdn(named=None), MicVerdict("missing")).result == "retry"
    assert judge_mdn(attempt(), mdn(SAID["error"], named=None), MicVerdict("missing")).result == "refused-unproven"


# HTTP status, what the MDN says, its signature; what follows.
MDNS_BESIDE_OTHER_STATUSES: list[tuple[int, Verdict, SignatureState, Result]] = [
    (500, "error", "verified", "refused"),
    (400, "failed", "verified", "refused"),
    (500, "processed", "verified", "delivered"),
    (500, "error", "unsigned", "retry"),
    (400, "error", "unsigned", "parked"),
    (503, "processed", "unverified", "retry"),
    (302, "processed", "unsigned", "parked"),
]


@pytest.mark.parametrize(("status", "verdict", "state", "result"), MDNS_BESIDE_OTHER_STATUSES)
def test_a_verified_mdn_outweighs_the_status(
    status: int, verdict: Verdict, state: SignatureState, result: Result
) -> None:
    read = mdn(SAID[verdict], state)
    assert judge_answer(attempt(), status, NO_FIELDS, mdn=read, mic=MicVerdict("match"), now=NOW).result == result


@pytest.mark.parametrize("named", [None, "<another@us.example>"])
def test_but_only_about_the_message_that_it_names(named: str | None) -> None:
    tried = attempt(receipt="async")
    outcome = judge_answer(tried, 500, NO_FIELDS, mdn=mdn(named=named), mic=MicVerdict("match"), now=NOW)
    assert (outcome.result, outcome.reason) == ("retry", "busy")


ALREADY: list[tuple[str, str]] = [
    (
        "processed/error: unexpected-processing-error",
        "An AS2 message with this message id has already been processed by the system. Please use a new message id.",
    ),
    ("processed/error: unexpected-processing-error", "This document was previously received."),
    ("processed/error: unexpected-processing-error", "Message exists already"),
    ("processed/error: unexpected-processing-error", "Die Nachricht wurde bereits erfolgreich verarbeitet."),
    ("processed/error: unexpected-processing-error", "Ce message a déjà été traité."),
    ("processed/error: unexpected-processing-error", "El mensaje ya ha sido procesado."),
    ("processed/error: duplicate-document", ""),
    ("processed/error: Duplicate message-ID", ""),
    ("processed/error: message already processed", ""),
    ("failed/failure: duplicate", ""),
    ("processed/error", "DUPLICATE"),
]
NOT_ALREADY: list[tuple[str, str]] = [
    ("processed/error: unexpected-processing-error", "The database is full."),
    ("processed/error: unexpected-processing-error", "The message could not be processed."),
    ("processed/error: unexpected-processing-error", "The alreadyprocessed folder is missing."),
    ("processed/error: authentication-failed", "The certificate was used before, and is already known to be bad."),
    ("processed/error: decryption-failed", "Duplicate key in the store."),
    ("processed/error: integrity-check-failed", "already processed"),
    ("processed/error: insufficient-message-security", "duplicate"),
    ("failed/failure: unsupported format", "duplicate"),
]


@pytest.mark.parametrize(("said", "text"), ALREADY)
@pytest.mark.parametrize("state", ["verified", "unsigned"])
def test_a_retry_that_was_already_processed(said: str, text: str, state: SignatureState) -> None:
    read = mdn(parse(said), state, text=text)
    assert reads_as_already_processed(read.disposition, text)
    assert judge_mdn(attempt(2), read, None).result == "delivered-unconfirmed"
    assert judge_mdn(attempt(1), read, None).result == ("refused" if state == "verified" else "refused-unproven")
    # Whoever is not who he says he is says nothing.
    assert judge_mdn(attempt(2), mdn(parse(said), "unverified", text=text), None).result == "mdn-unverifiable"


@pytest.mark.parametrize(("said", "text"), NOT_ALREADY)
def test_a_retry_that_is_refused_for_another_reason(said: str, text: str) -> None:
    assert not reads_as_already_processed(parse(said), text)
    assert judge_mdn(attempt(2), mdn(parse(said), text=text), None).result == "refused"


WAITS: list[tuple[str, timedelta | None]] = [
    ("0", timedelta()),
    ("120", timedelta(seconds=120)),
    (" 120 ", timedelta(seconds=120)),
    ("Tue, 01 Dec 2026 09:40:00 GMT", timedelta(minutes=10)),
    ("Tuesday, 01-Dec-26 09:40:00 GMT", timedelta(minutes=10)),
    ("Tue Dec  1 09:40:00 2026", timedelta(minutes=10)),
    ("tue, 1 dec 2026 09:40:00 gmt", timedelta(minutes=10)),
    ("Tue, 01 Dec 2026 09:20:00 GMT", timedelta()),
    ("Thu, 31 Dec 2026 23:59:60 GMT", LONGEST_WAIT),
    ("Sunday, 06-Nov-94 08:49:37 GMT", timedelta()),
    ("999999999999", LONGEST_WAIT),
    ("-1", None),
    ("1.5", None),
    ("", None),
    ("soon", None),
    ("Tue, 32 Dec 2026 09:40:00 GMT", None),
    ("Tue, 01 Dez 2026 09:40:00 GMT", None),
    ("Tue, 01 Dec 2026 25:40:00 GMT", None),
    ("Tue, 01 Dec 2026 09:40:00 +0100", None),
    ("2026-12-01T09:40:00Z", None),
    ("9999999999999999999999", None),
]


@pytest.mark.parametrize(("value", "wait"), WAITS)
def test_retry_after(value: str, wait: timedelta | None) -> None:
    assert retry_after(value, NOW) == wait


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_retry_after_is_honoured(status: int) -> None:
    fields = NO_FIELDS.with_field("Retry-After", "Tue, 01 Dec 2026 09:40:00 GMT")
    assert answered(status, fields=fields).not_before == timedelta(minutes=10)
    assert answered(status).not_before is None
    assert answered(status, fields=NO_FIELDS.with_field("Retry-After", "soon")).not_before is None


@given(st.text(max_size=60))
def test_any_retry_after_is_a_wait_or_nothing(value: str) -> None:
    wait = retry_after(value, NOW)
    assert wait is None or timedelta() <= wait <= LONGEST_WAIT


def test_nothing_unproven_is_ever_a_success() -> None:
    """Every combination: delivered needs a receipt that was not asked for, or the proof that was."""
    reached: set[Result] = set()
    for number, receipt, signed, status, verdict, state, mic, named in product(
        (1, 2),
        get_args(Asked),
        (True, False),
        (None, 200, 202, 302, 404, 411, 500),
        SAID,
        (None, *get_args(SignatureState)),
        get_args(MicOutcome),
        (MESSAGE_ID, "<another@us.example>", None),
    ):
        tried = attempt(number, receipt, signed=signed)
        read = None if state is None else mdn(SAID[verdict], state, named=named)
        outcome = judge_answer(tried, status, NO_FIELDS, mdn=read, mic=MicVerdict(mic), now=NOW)
        reached.add(outcome.result)
        assert outcome.step == STEPS[outcome.result]
        if outcome.result == "delivered" and outcome.reason != "transferred":
            assert state == "verified" or (state == "unsigned" and not signed)
            assert verdict in ("processed", "warning")
            assert mic in ("match", "alternative") or (mic == "missing" and not signed)
        if outcome.reason == "transferred":
            assert receipt == "none"
            assert status is not None
            assert 200 <= status < 300
        if outcome.result == "refused":
            assert verdict in ("error", "failed")
    # Reading "already processed" needs words that no row here has.
    assert set(get_args(Result)) - reached == {"delivered-unconfirmed"}


# Only the end of a message was sent

PART = Attempt(number=2, message_id=MESSAGE_ID, receipt="sync", signed_receipt=True, part=True)


@pytest.mark.parametrize(
    ("status", "result", "reason"),
    [
        (None, "retry", "no-answer"),
        (200, "retry", "mdn-missing"),
        (302, "parked", "redirected"),
        (400, "retry", "part-not-joined"),
        (405, "retry", "part-not-joined"),
        (416, "retry", "range-not-held"),
        (500, "retry", "part-not-joined"),
        (501, "retry", "part-not-joined"),
        (502, "retry", "busy"),
        (503, "retry", "busy"),
    ],
)
def test_what_a_status_says_of_the_end_of_a_message(status: int | None, result: Result, reason: Reason) -> None:
    outcome = answered(status, PART)
    assert (outcome.result, outcome.reason) == (result, reason)


@pytest.mark.parametrize(
    ("said", "verdict", "result"),
    [
        (SAID["processed"], MicVerdict(outcome="match", algorithm="sha256"), "delivered"),
        (SAID["processed"], MicVerdict(outcome="mismatch", algorithm="sha256"), "retry"),
        (SAID["error"], None, "retry"),
        (SAID["failed"], None, "retry"),
        (SAID["unclear"], None, "retry"),
        (SAID["processed"], None, "retry"),
        (SAID["processed"], MicVerdict(outcome="weaker", algorithm="sha1"), "retry"),
        (SAID["warning"], MicVerdict(outcome="match", algorithm="sha256"), "delivered"),
        (Disposition("processed", "warning", ("duplicate-document",)), None, "retry"),
    ],
)
def test_only_a_success_counts_for_the_end_of_a_message(
    said: Disposition, verdict: MicVerdict | None, result: Result
) -> None:
    outcome = judge_mdn(PART, mdn(said), verdict)
    assert outcome.result == result
    assert (outcome.reason == "part-not-joined") == (result == "retry")


@pytest.mark.parametrize("said", [SAID["processed"], SAID["warning"]])
def test_a_yes_without_a_mic_says_nothing_of_the_beginning(said: Disposition) -> None:
    """Where an unsigned MDN is asked for, it may leave out the MIC; then it is only about what came."""
    part = msgspec.structs.replace(PART, signed_receipt=False)
    whole = msgspec.structs.replace(part, part=False)
    assert judge_mdn(whole, mdn(said, "unsigned"), None).result == "delivered"
    assert judge_mdn(part, mdn(said, "unsigned"), None).reason == "part-not-joined"


def test_a_receipt_that_does_not_verify_says_nothing_of_the_beginning() -> None:
    assert judge_mdn(PART, mdn(state="unverified"), None).reason == "part-not-joined"
