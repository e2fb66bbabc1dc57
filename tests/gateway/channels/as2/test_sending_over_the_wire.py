"""Messages of ours over real connections to a server that is not ours, which misbehaves, and which break anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from gateway.channels.as2.posting import HttpPoster
from gateway.ledger import attempts
from tests.gateway.channels.as2 import wire
from tests.gateway.channels.as2.conftest import ON_POSTGRESQL, MakeSending
from tests.gateway.channels.as2.partner import Partner, says, status
from tests.gateway.channels.as2.sender import Sending
from tests.gateway.channels.as2.wire import Exchange, Relay, Talk, talks

LATER = {"hours": 2}


@pytest.fixture
def poster() -> Iterator[HttpPoster]:
    made = HttpPoster()
    yield made
    made.close()


@pytest.fixture
def open_stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def once_in_effect(sending: Sending, partner: Partner, orders: int = 1) -> None:
    """Every order is there, and none of them twice for who notices Message-IDs."""
    contents = sorted(sending.gateway.content(sending.sent(number).sha256) for number in range(1, orders + 1))
    assert sorted(partner.taken.values()) == contents
    assert len(set(contents)) == orders


@pytest.mark.parametrize(
    "talk",
    [
        wire.resets_at_once,
        wire.says_nothing,
        wire.says_no_http,
        wire.takes_and_resets,
        wire.takes_and_says_half,
        wire.refuses_early,
        talks(status(503, takes=True, retry_after="1")),
        talks(status(200, takes=True, body=b"<html>thanks</html>", content_type="text/html")),
        talks(status(200, takes=True)),
        talks(says(key=None)),
    ],
    ids=lambda talk: getattr(talk, "__name__", "talk"),
)
def test_what_leaves_it_unknown_is_sent_again(
    make_sending: MakeSending, poster: HttpPoster, open_stack: ExitStack, talk: Talk
) -> None:
    partner = Partner()
    sending = make_sending(url=open_stack.enter_context(wire.listening(partner, [talk])), poster=poster)
    assert sending.order().delivery == "retry-wait"
    sending.later(**LATER)
    assert (sending.sent().delivery, sending.attempts()) == ("delivered", ["failed", "delivered"])
    once_in_effect(sending, partner)
    assert sending.cases() == []


def test_an_early_answer_is_heard(make_sending: MakeSending, poster: HttpPoster, open_stack: ExitStack) -> None:
    url = open_stack.enter_context(wire.listening(Partner(), [wire.refuses_early]))
    sending = make_sending(url=url, poster=poster)
    sending.order()
    (attempt,) = sending.gateway.database.read(lambda c: attempts.of(c, [sending.sent().id]))
    assert "503" in attempt.detail


def test_processing_is_not_the_answer(make_sending: MakeSending, poster: HttpPoster, open_stack: ExitStack) -> None:
    partner = Partner()
    sending = make_sending(
        url=open_stack.enter_context(wire.listening(partner, [wire.keeps_us_waiting])), poster=poster
    )
    assert sending.order().delivery == "delivered"
    once_in_effect(sending, partner)


@pytest.mark.parametrize("number", [302, 404, 411, 417])
def test_what_cannot_get_better_is_a_persons(
    make_sending: MakeSending, poster: HttpPoster, open_stack: ExitStack, number: int
) -> None:
    """Among them 411 and 417, which answer nothing that we do: a length was stated, and nothing was expected."""
    script = [talks(status(number, location="http://127.0.0.1:9/"))]
    sending = make_sending(url=open_stack.enter_context(wire.listening(Partner(), script)), poster=poster)
    assert sending.order().delivery == "parked"
    (case,) = sending.cases()
    assert str(number) in case.text
    sending.later(hours=80)
    assert sending.attempts() == ["failed"]


def test_nobody_listens(make_sending: MakeSending, poster: HttpPoster) -> None:
    """Until the time is over; then the bytes wait for a person."""
    sending = make_sending(poster=poster)
    sending.order()
    for _ in range(4):
        sending.later(hours=25)
    assert sending.sent().delivery == "parked"
    (case,) = sending.cases()
    assert case.cause == "retries-used-up"
    assert "ConnectError" in case.text


@pytest.mark.parametrize(("database", "places"), [("sqlite", 14), pytest.param("postgresql", 5, marks=ON_POSTGRESQL)])
def test_cut_at_any_byte_nothing_is_lost_and_nothing_doubled(
    request: pytest.FixtureRequest,
    make_sending: MakeSending,
    poster: HttpPoster,
    open_stack: ExitStack,
    database: str,
    places: int,
) -> None:
    partner = Partner()
    target = urlsplit(open_stack.enter_context(wire.listening(partner, []))).port
    assert target is not None
    relay = Relay(target)
    open_stack.callback(relay.close)
    url = f"http://127.0.0.1:{relay.port}/as2"
    if database == "postgresql":
        sending = make_sending(url=url, poster=poster, database=request.getfixturevalue("postgresql_url"))
    else:
        sending = make_sending(url=url, poster=poster)
    assert sending.order(1).delivery == "delivered"
    cuts = Exchange(**relay.passed).cuts(places)
    for number, cut in enumerate(cuts, 2):
        relay.cut = cut
        assert sending.order(number).delivery == "retry-wait", cut
        relay.settle()
        sending.later(**LATER)
        assert sending.sent(number).delivery == "delivered", cut
        assert sending.attempts(number) == ["failed", "delivered"], cut
    once_in_effect(sending, partner, len(cuts) + 1)
    # Whatever the partner saw, each order came under one id and as the same bytes.
    assert len({(headers.raw_block, body) for headers, body in partner.requests}) == len(cuts) + 1
    assert len(partner.requests) > len(cuts) + 1
