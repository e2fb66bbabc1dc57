"""Restart: the fields, the two tables, and whole transfers that are cut anywhere."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from as2.fault import Unwritable
from as2.restart import (
    ASKINGS,
    Ask,
    Asking,
    ContentRange,
    Partial,
    Refuse,
    Send,
    Take,
    after_body,
    after_head,
    after_unsatisfied,
    answer_head,
    before_body,
    head_fields,
    parse_content_range,
    parse_etag,
    parse_length,
    parse_unsatisfied,
    send_from,
    write_content_range,
    write_etag,
)

TOTAL = 100


def the_rest(first: int, total: int = TOTAL) -> Send:
    return Send(first, ContentRange(first, total - 1, total))


EVERYTHING = Send(0, None)


@pytest.mark.parametrize(
    ("field", "transfer"),
    [
        ('"a1-b2"', "a1-b2"),
        (' "a1-b2" ', "a1-b2"),
        ("a1-b2", "a1-b2"),
        ('"a,b"', "a,b"),
        ('W/"a1-b2"', None),
        ("W/a1", None),
        ('""', None),
        ("", None),
        ('"a"b"', None),
        ('"a b"', None),
        ('"a\r\nb"', None),
        ('"' + "x" * 255 + '"', "x" * 255),
        ('"' + "x" * 256 + '"', None),
        ('"a", "b"', None),
    ],
)
def test_reading_an_etag(field: str, transfer: str | None) -> None:
    assert parse_etag(field) == transfer


@pytest.mark.parametrize("transfer", ["", "a b", 'a"', "x" * 256, "ä", "a\r\nX: y"])
def test_what_cannot_be_a_transfer_id(transfer: str) -> None:
    with pytest.raises(Unwritable):
        write_etag(transfer)


@pytest.mark.parametrize(
    ("field", "stated"),
    [
        ("bytes 40-99/100", ContentRange(40, 99, 100)),
        ("Bytes  40 - 99/100", ContentRange(40, 99, 100)),
        ("bytes 0-0/1", ContentRange(0, 0, 1)),
        ("bytes 000-0/1", ContentRange(0, 0, 1)),
        ("bytes 40-39/100", None),
        ("bytes 40-100/100", None),
        ("bytes 0-0/0", None),
        ("bytes 40-99/*", None),
        ("bytes */100", None),
        ("bytes=40-99", None),
        ("bytes -40-99/100", None),
        ("bytes 40-99", None),
        ("items 40-99/100", None),
        ("bytes 4\u0660-99/100", None),
        ("bytes 0-1/" + "9" * 20, None),
        ("", None),
    ],
)
def test_reading_a_content_range(field: str, stated: ContentRange | None) -> None:
    assert parse_content_range(field) == stated


@pytest.mark.parametrize(
    ("field", "held"),
    [
        ("bytes */47", 47),
        ("BYTES */0", 0),
        ("bytes 0-46/47", None),
        ("bytes */*", None),
        ("bytes */-1", None),
        ("", None),
    ],
)
def test_reading_how_much_fits(field: str, held: int | None) -> None:
    assert parse_unsatisfied(field) == held


@pytest.mark.parametrize(
    ("field", "number"),
    [
        ("47", 47),
        ("0047", 47),
        (" 47 ", 47),
        ("+47", None),
        ("4 7", None),
        ("-1", None),
        ("\u0664", None),
        ("", None),
        (None, None),
    ],
)
def test_reading_a_length(field: str | None, number: int | None) -> None:
    assert parse_length(field) == number


def test_the_question() -> None:
    assert head_fields(as2_from="US", as2_to='"THEIR NAME"', transfer="t-1", version="1.2") == [
        ("AS2-Version", "1.2"),
        ("AS2-From", "US"),
        ("AS2-To", '"THEIR NAME"'),
        ("ETag", '"t-1"'),
    ]


# Status, Content-Length, whether a HEAD was answered well before; what then.
HEAD_ANSWERS: list[tuple[int | None, str | None, bool, Send | Ask]] = [
    (200, "40", False, the_rest(40)),
    (200, "99", False, the_rest(99)),
    (200, "100", False, the_rest(99)),
    (200, "0", True, EVERYTHING),
    (200, None, True, EVERYTHING),
    (200, "many", False, EVERYTHING),
    (200, "101", True, EVERYTHING),
    (204, "40", True, EVERYTHING),
    (301, "40", True, EVERYTHING),
    (404, None, True, EVERYTHING),
    (405, None, False, EVERYTHING),
    (500, None, False, Ask()),
    (503, "0", True, Ask()),
    (None, None, True, Ask()),
    (None, None, False, EVERYTHING),
]


@pytest.mark.parametrize(("status", "length", "answered", "then"), HEAD_ANSWERS)
def test_after_a_head(status: int | None, length: str | None, answered: bool, then: Send | Ask) -> None:
    assert after_head(Asking(TOTAL, answered=answered), status, length)[1] == then


@pytest.mark.parametrize("status", [503, None])
def test_asking_comes_to_an_end(status: int | None) -> None:
    asking = Asking(TOTAL, answered=True)
    steps: list[Send | Ask] = []
    while not steps or isinstance(steps[-1], Ask):
        asking, step = after_head(asking, status, None)
        steps.append(step)
    assert steps == [Ask()] * (ASKINGS - 1) + [EVERYTHING]
    # A good answer begins the count anew.
    asking, _ = after_head(Asking(TOTAL, failed=2), 200, "40")
    assert (asking.failed, asking.answered) == (0, True)


@pytest.mark.parametrize(
    ("field", "then"),
    [
        ("bytes */40", the_rest(40)),
        ("bytes */100", the_rest(99)),
        ("bytes */0", EVERYTHING),
        ("bytes */101", EVERYTHING),
        (None, EVERYTHING),
    ],
)
def test_after_a_range_that_does_not_fit(field: str | None, then: Send) -> None:
    assert after_unsatisfied(field, TOTAL) == then


def test_a_message_of_no_bytes_has_no_range() -> None:
    assert send_from(0, 0) == send_from(1, 0) == EVERYTHING


@pytest.mark.parametrize(
    ("partial", "status", "fields"),
    [
        (None, 200, [("Content-Length", "0")]),
        (Partial(40, TOTAL), 200, [("Content-Length", "40")]),
        (Partial(TOTAL, TOTAL), 200, [("Content-Length", "100")]),
        (Partial(40, TOTAL, locked=True), 503, [("Retry-After", "10")]),
    ],
)
def test_answering_a_head(partial: Partial | None, status: int, fields: list[tuple[str, str]]) -> None:
    assert answer_head(partial) == (status, fields)


# What is held, Content-Range, Content-Length; what then.
POSTS: list[tuple[Partial | None, str | None, int | None, Take | int]] = [
    (None, None, TOTAL, Take(0, TOTAL, TOTAL)),
    (None, None, None, Take(0, None, None)),
    (Partial(40, TOTAL), None, TOTAL, Take(0, TOTAL, TOTAL)),
    (Partial(40, TOTAL), "bytes 40-99/100", 60, Take(40, 60, TOTAL)),
    (Partial(40, TOTAL), "bytes 40-99/100", None, Take(40, 60, TOTAL)),
    (Partial(40, None), "bytes 40-99/100", 60, Take(40, 60, TOTAL)),
    (Partial(40, TOTAL), "bytes 10-99/100", 90, Take(10, 90, TOTAL)),
    (Partial(TOTAL, TOTAL), "bytes 99-99/100", 1, Take(99, 1, TOTAL)),
    (None, "bytes 0-99/100", 100, Take(0, 100, TOTAL)),
    (Partial(40, TOTAL), "bytes 41-99/100", 59, 416),
    (None, "bytes 40-99/100", 60, 416),
    (Partial(40, TOTAL), "bytes 40-98/100", 59, 416),
    (Partial(40, TOTAL), "bytes 40-199/200", 160, 416),
    (Partial(40, TOTAL), "bytes 40-99/100", 59, 400),
    (Partial(40, TOTAL), "bytes 99-40/100", 60, 400),
    (Partial(40, TOTAL), "the rest", 60, 400),
    (Partial(40, TOTAL, locked=True), "bytes 40-99/100", 60, 503),
    (Partial(40, TOTAL, locked=True), None, 100, 503),
]


@pytest.mark.parametrize(("partial", "stated", "length", "then"), POSTS)
def test_before_a_body(partial: Partial | None, stated: str | None, length: int | None, then: Take | int) -> None:
    decided = before_body(partial, stated, length)
    assert (decided.status if isinstance(decided, Refuse) else decided) == then


def test_a_refused_range_says_what_is_held() -> None:
    for partial, held in ((Partial(40, TOTAL), 40), (None, 0), (Partial(40, 77), 0)):
        decided = before_body(partial, "bytes 60-99/100", 40)
        assert isinstance(decided, Refuse)
        assert decided.fields == (("Content-Range", f"bytes */{held}"),)


@pytest.mark.parametrize(
    ("take", "read", "ended", "held", "end"),
    [
        (Take(0, 100, 100), 100, True, Partial(100, 100), "complete"),
        (Take(40, 60, 100), 60, True, Partial(100, 100), "complete"),
        (Take(0, None, None), 100, True, Partial(100, 100), "complete"),
        (Take(0, 0, 0), 0, True, Partial(0, 0), "complete"),
        (Take(0, 100, 100), 99, False, Partial(99, 100), "broken"),
        (Take(40, 60, 100), 59, True, Partial(99, 100), "broken"),
        (Take(0, None, None), 50, False, Partial(50, None), "broken"),
        # Every byte came, and the connection broke before the last chunk said so.
        (Take(40, 60, 100), 60, False, Partial(100, 100), "broken"),
        (Take(40, 60, 100), 61, True, Partial(0, None), "too-long"),
        (Take(40, 60, 100), 61, False, Partial(0, None), "too-long"),
    ],
)
def test_after_a_body(
    take: Take, read: int, ended: bool, held: Partial, end: Literal["complete", "broken", "too-long"]
) -> None:
    assert after_body(take, read, ended=ended) == (held, end)


@given(st.integers(0, 2**40), st.integers(0, 2**40), st.integers(1, 2**40))
def test_ranges_are_read_as_written(first: int, more: int, behind: int) -> None:
    stated = ContentRange(first, first + more, first + more + behind)
    assert parse_content_range(write_content_range(stated)) == stated
    assert stated.length == more + 1


@given(st.text(max_size=60), st.text(max_size=60), st.none() | st.integers(0, 2**40), st.booleans())
def test_any_fields_lead_to_a_decision(range_field: str, etag: str, length: int | None, locked: bool) -> None:
    parse_etag(etag)
    parse_unsatisfied(range_field)
    decided = before_body(Partial(5, 9, locked=locked), range_field, length)
    assert isinstance(decided, Take | Refuse)
    assert not locked or isinstance(decided, Refuse)


class Receiver:
    """A receiver of one transfer, as the channel is one: it keeps bytes, and what they are only when they are whole."""

    def __init__(self) -> None:
        self.bytes = bytearray()
        self.partial: Partial | None = None
        self.messages: list[bytes] = []
        self.took = 0

    def post(self, stated: str | None, length: int | None, body: bytes, *, ended: bool) -> tuple[int, str | None]:
        """Status, and the Content-Range of a 416."""
        decided = before_body(self.partial, stated, length)
        if isinstance(decided, Refuse):
            return decided.status, dict(decided.fields).get("Content-Range")
        del self.bytes[decided.offset :]
        self.bytes += body
        self.took += len(body)
        self.partial, end = after_body(decided, len(body), ended=ended)
        if end == "complete":
            self.messages.append(bytes(self.bytes))
        return (200 if end == "complete" else 400), None


CUTS = st.lists(
    st.tuples(
        st.integers(0, 70),  # Bytes of the request's body that arrive.
        st.booleans(),  # Whether the answer gets back if the request was whole.
        st.sampled_from(["quiet", "quiet", "quiet", "head-lost", "locked", "forgets"]),
    ),
    max_size=12,
)


@settings(max_examples=300)
@given(st.binary(max_size=60), CUTS, st.booleans())
def test_a_transfer_that_is_cut_anywhere_arrives_whole_and_only_once_in_effect(
    message: bytes, cuts: list[tuple[int, bool, str]], chunked: bool
) -> None:
    receiver = Receiver()
    step = EVERYTHING
    sent = 0
    for arriving, answered, trouble in [*cuts, (len(message), True, "quiet")]:
        if trouble == "forgets":
            receiver.partial = None
            receiver.bytes.clear()
        stated = write_content_range(step.range) if step.range is not None else None
        body = message[step.first :]
        read = body[:arriving]
        whole = len(read) == len(body)
        status, fits = receiver.post(
            stated, None if chunked else len(body), read, ended=whole and (answered or not chunked)
        )
        sent += len(read)
        if status == 416:
            # A receiver that forgot; it says so, and the next attempt begins where it wants.
            event("416")
            step = after_unsatisfied(fits, len(message))
            continue
        if whole and answered and status == 200:
            break
        step = asked(receiver, len(message), trouble)
    else:
        # The last attempt was answered with 416, or the loop had none left: one more from where the receiver wants.
        stated = write_content_range(step.range) if step.range is not None else None
        assert receiver.post(stated, len(message) - step.first, message[step.first :], ended=True)[0] == 200
    assert receiver.messages
    assert set(receiver.messages) == {message}
    if not any(trouble != "quiet" for _, _, trouble in cuts) and not chunked:
        # Nothing is sent twice but the last byte, once for each attempt.
        assert sent <= len(message) + len(cuts)


def asked(receiver: Receiver, total: int, trouble: str) -> Send:
    """What the sender concludes from asking, where the first questions may meet trouble."""
    asking = Asking(total, answered=trouble == "head-lost")
    for question in range(ASKINGS):
        if question < ASKINGS - 2 and trouble == "head-lost":
            asking, step = after_head(asking, None, None)
        else:
            partial = receiver.partial
            if partial is not None and trouble == "locked" and question < ASKINGS - 2:
                partial = Partial(partial.held, partial.total, locked=True)
            status, fields = answer_head(partial)
            asking, step = after_head(asking, status, dict(fields).get("Content-Length"))
        if isinstance(step, Send):
            return step
    raise AssertionError("asked for ever")


def test_every_byte_offset_of_a_transfer() -> None:
    message = bytes(range(50))
    for first_cut in range(51):
        for second_cut in range(51):
            receiver = Receiver()
            receiver.post(None, 50, message[:first_cut], ended=False)
            step = asked(receiver, 50, "quiet")
            assert step.first == min(first_cut, 49)
            receiver.post(
                write_content_range(step.range) if step.range else None,
                50 - step.first,
                message[step.first : step.first + second_cut],
                ended=step.first + second_cut >= 50,
            )
            if not receiver.messages:
                step = asked(receiver, 50, "quiet")
                receiver.post(
                    write_content_range(step.range) if step.range else None,
                    50 - step.first,
                    message[step.first :],
                    ended=True,
                )
            assert receiver.messages == [message]
            assert receiver.took <= 50 + 2
