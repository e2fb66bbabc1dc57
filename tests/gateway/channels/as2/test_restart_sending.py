"""A message of ours that broke off is gone on with where the partner stopped, and never by mistake."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from as2.headers import parse_block, write_block
from as2.mdn import MdnMessage
from gateway.channels.as2.posting import CannedPoster, Posting, Reply
from gateway.ledger import attempts, journal
from gateway.operations import resend
from tests.gateway.channels.as2.conftest import MakeSending
from tests.gateway.channels.as2.partner import Partner, mdn_for, right, says, status
from tests.gateway.channels.as2.restarting import RestartingPartner
from tests.gateway.channels.as2.sender import Sending

RESTART = "http: {restart: yes}"
LATER = {"hours": 2}


class Stage:
    """Our gateway and a partner with Restart, joined in memory."""

    def __init__(self, make_sending: MakeSending, channel: str = RESTART, **settings: str) -> None:
        self.partner = RestartingPartner()
        self.canned = CannedPoster(self.partner.reply)
        self.sending: Sending = make_sending(channel=channel, poster=self.canned, **settings)

    @property
    def methods(self) -> list[str]:
        """Every request in its order."""
        return [posting.method for posting, _ in self.canned.posted]

    @property
    def total(self) -> int:
        """Bytes of the message."""
        return max(posting.body.size for posting, _ in self.canned.posted)

    def ranges(self) -> list[str | None]:
        """What each POST said it is."""
        return [part.content_range for part in self.partner.parts]


@pytest.fixture
def stage(make_sending: MakeSending) -> Stage:
    """With nothing but Restart."""
    return Stage(make_sending)


def delivered_once(stage: Stage) -> None:
    """The order is there, whole and once."""
    sent = stage.sending.sent()
    assert sent.delivery == "delivered"
    assert list(stage.partner.taken.values()) == [stage.sending.gateway.content(sent.sha256)]
    assert stage.sending.cases() == []


def details(stage: Stage) -> list[str]:
    """What is said of each attempt."""
    sent = stage.sending.sent().id
    return [each.detail for each in stage.sending.gateway.database.read(lambda c: attempts.of(c, [sent]))]


def test_the_first_time_everything_is_sent(stage: Stage) -> None:
    stage.sending.order()
    delivered_once(stage)
    assert stage.methods == ["POST"]
    (part,) = stage.partner.parts
    assert part.content_range is None
    message_id = part.headers["Message-ID"]
    assert part.headers["ETag"] == f'"{message_id[1:].partition("@")[0]}"'


def test_only_the_rest_is_sent_again(stage: Stage) -> None:
    stage.partner.breaks = [1000]
    assert stage.sending.order().delivery == "retry-wait"
    stage.sending.later(**LATER)
    delivered_once(stage)
    assert stage.methods == ["POST", "HEAD", "POST"]
    first, second = stage.partner.parts
    total = stage.total
    assert (second.first, second.came) == (1000, total - 1000)
    assert second.content_range == f"bytes 1000-{total - 1}/{total}"
    # The same header fields, with one more; so the same Message-ID, Date and ETag.
    assert {name: value for name, value in second.headers.items() if name != "Content-Range"} == first.headers
    question = dict(stage.canned.posted[1][0].headers)
    assert question == {
        "AS2-Version": "1.2",
        **{name: first.headers[name] for name in ("AS2-From", "AS2-To", "ETag")},
    }
    assert stage.sending.attempts() == ["failed", "delivered"]
    assert details(stage)[1].startswith(f"From byte 1000 of {total} on: ")


def test_in_many_parts_and_through_a_crash(stage: Stage) -> None:
    stage.partner.breaks = [500, 500, 500]
    stage.sending.order()
    stage.sending.close()
    stage.sending.open()
    for _ in range(3):
        stage.sending.later(hours=3)
    delivered_once(stage)
    assert [part.first for part in stage.partner.parts] == [0, 500, 1000, 1500]


def test_a_crash_while_sending_leaves_something_to_ask_for(stage: Stage) -> None:
    def dies(_posting: Posting, _body: bytes) -> Reply:
        stage.partner.reply(_posting, _body)
        raise KeyboardInterrupt

    stage.partner.breaks = [700]
    stage.canned._answer = dies
    with pytest.raises(KeyboardInterrupt):
        stage.sending.order()
    stage.canned._answer = stage.partner.reply
    stage.sending.close()
    stage.sending.open()
    stage.sending.later(minutes=10)
    delivered_once(stage)
    assert [part.first for part in stage.partner.parts] == [0, 700]


def test_a_lost_answer_costs_one_byte(stage: Stage) -> None:
    stage.partner.script = [status(None, takes=True)]
    stage.sending.order()
    stage.sending.later(**LATER)
    delivered_once(stage)
    assert stage.partner.parts[1].came == 1


@pytest.mark.parametrize("chunked", ["always", "large"])
def test_in_chunks(make_sending: MakeSending, chunked: str) -> None:
    stage = Stage(make_sending, f"http: {{restart: yes, chunked: {chunked}}}")
    stage.partner.breaks = [1000]
    stage.sending.order()
    stage.sending.later(**LATER)
    delivered_once(stage)
    posts = [posting for posting, _ in stage.canned.posted if posting.method == "POST"]
    assert [posting.chunked for posting in posts] == [chunked == "always"] * 2
    assert stage.partner.parts[1].first == 1000
    assert not stage.canned.posted[1][0].chunked


def test_what_is_not_switched_on_is_never_asked_for(make_sending: MakeSending) -> None:
    sending = make_sending()
    sending.partner.script = [status(None), status(503), status(408)]
    sending.order()
    for _ in range(3):
        sending.later(hours=3)
    assert sending.sent().delivery == "delivered"
    assert {posting.method for posting, _ in sending.canned.posted} == {"POST"}
    for headers, _ in sending.partner.requests:
        assert headers.get("ETag") is None and headers.get("Content-Range") is None


# What HEAD may be answered


def head(number: int | None, **fields: str) -> Callable[[], Reply]:
    """An answer to HEAD."""
    headers = parse_block(write_block([(name.replace("_", "-"), value) for name, value in fields.items()]))
    return lambda: Reply(status=number, headers=headers, trouble="" if number else "timed out")


@pytest.mark.parametrize(
    "answer",
    [
        head(200, Content_Length="0"),
        head(200),
        head(200, Content_Length="9999999"),
        head(204, Content_Length="1000"),
        head(301, Location="http://elsewhere.example/", Content_Length="1000"),
        head(404, Content_Length="1000"),
        head(405),
        head(None),
    ],
)
def test_answers_after_which_everything_is_sent(stage: Stage, answer: Callable[[], Reply]) -> None:
    stage.partner.breaks = [1000]
    stage.partner.heads = [answer]
    stage.sending.order()
    stage.sending.later(**LATER)
    delivered_once(stage)
    assert stage.methods == ["POST", "HEAD", "POST"]
    assert stage.ranges() == [None, None]


def test_a_partner_that_has_not_given_up_yet_is_asked_again(stage: Stage) -> None:
    stage.partner.breaks = [1000]
    stage.partner.heads = [head(503, Retry_After="7200"), head(500)]
    stage.sending.order()
    stage.sending.later(hours=1)
    assert stage.sending.sent().delivery == "retry-wait"
    stage.sending.later(minutes=100)
    assert stage.methods == ["POST", "HEAD"], "it said when"
    stage.sending.later(hours=1)
    stage.sending.later(hours=3)
    delivered_once(stage)
    assert stage.methods == ["POST", "HEAD", "HEAD", "HEAD", "POST"]
    assert stage.partner.parts[1].first == 1000
    # Each of them is an attempt, and says what it was.
    assert stage.sending.attempts() == ["failed", "failed", "failed", "delivered"]
    assert details(stage)[1].startswith("Answered 503 to the question how much")


def test_asking_comes_to_an_end(stage: Stage) -> None:
    stage.partner.breaks = [1000]
    stage.partner.heads = [head(503)] * 9
    stage.sending.order()
    for _ in range(6):
        stage.sending.later(hours=9)
    delivered_once(stage)
    assert stage.methods == ["POST", "HEAD", "HEAD", "HEAD", "HEAD", "POST"]
    assert stage.ranges() == [None, None]


def test_no_answer_after_a_good_one_is_the_networks(stage: Stage) -> None:
    stage.partner.breaks = [500, 500]
    stage.sending.order()
    stage.sending.later(hours=3)
    stage.partner.heads = [head(None)]
    stage.sending.later(hours=3)
    stage.sending.later(hours=3)
    delivered_once(stage)
    assert stage.methods == ["POST", "HEAD", "POST", "HEAD", "HEAD", "POST"]
    assert [part.first for part in stage.partner.parts] == [0, 500, 1000]


# What a part may be answered


def test_a_range_that_does_not_fit_is_put_right_at_once(stage: Stage) -> None:
    stage.partner.breaks = [1000]
    stage.partner.heads = [head(200, Content_Length="1500")]
    stage.sending.order()
    stage.sending.later(**LATER)
    delivered_once(stage)
    assert stage.methods == ["POST", "HEAD", "POST", "POST"]
    assert [part.first for part in stage.partner.parts] == [0, -1, 1000]


def test_a_partner_that_forgot_gets_everything(stage: Stage) -> None:
    def forgets() -> Reply:
        stage.partner.held.clear()
        return head(200, Content_Length="1000")()

    stage.partner.breaks = [1000]
    stage.partner.heads = [forgets]
    stage.sending.order()
    stage.sending.later(**LATER)
    delivered_once(stage)
    assert [part.first for part in stage.partner.parts] == [0, -1, 0]


def test_a_partner_that_contradicts_itself_gets_everything(stage: Stage) -> None:
    """HEAD says 1000, and so does the 416 to a POST from there."""
    refuses = [True]

    def reply(posting: Posting, body: bytes) -> Reply:
        if posting.method == "POST" and "Content-Range" in dict(posting.headers) and refuses.pop():
            return Reply(status=416, headers=parse_block(b"Content-Range: bytes */1000\r\n"))
        return stage.partner.reply(posting, body)

    stage.canned._answer = reply
    stage.partner.breaks = [1000]
    stage.sending.order()
    stage.sending.later(**LATER)
    delivered_once(stage)
    assert [part.first for part in stage.partner.parts] == [0, 0]


class WebServer(Partner):
    """A partner without Restart, whose server answers HEAD with the length of its own page."""

    page = 1234

    def __init__(self, to_a_part: Callable[[Partner, Posting, bytes], Reply] | None = None) -> None:
        super().__init__()
        self._to_a_part = to_a_part
        self.bodies: list[int] = []

    def reply(self, posting: Posting, body: bytes) -> Reply:
        """It knows neither ETag nor Content-Range."""
        if posting.method == "HEAD":
            return head(200, Content_Length=str(self.page), Content_Type="text/html")()
        self.bodies.append(len(body))
        if len(self.bodies) == 1:
            return Reply(status=None, trouble="connection reset")
        if "Content-Range" in dict(posting.headers) and self._to_a_part is not None:
            return self._to_a_part(self, posting, body)
        return right(self, posting, body)


def cannot_decrypt(_partner: Partner, posting: Posting, _body: bytes) -> Reply:
    """A signed refusal of what it took for the whole."""
    whole = Partner()
    sample = _SAMPLES[dict(posting.headers)["Message-ID"]]
    mdn = mdn_for(posting, whole.read(posting, sample), code="decryption-failed", states_mic=False)
    return Reply(status=200, headers=parse_block(write_block(mdn.headers)), body=mdn.body)


def another_mic(_partner: Partner, posting: Posting, _body: bytes) -> Reply:
    """It takes what it got for the message, and says so."""
    whole = Partner()
    mdn = mdn_for(posting, whole.read(posting, _SAMPLES[dict(posting.headers)["Message-ID"]]), mic=bytes(32))
    return Reply(status=200, headers=parse_block(write_block(mdn.headers)), body=mdn.body)


_SAMPLES: dict[str, bytes] = {}


@pytest.mark.parametrize(
    ("to_a_part", "at_once"),
    [
        (status(400), True),
        (status(405), True),
        (status(501), True),
        (status(413), True),
        (cannot_decrypt, True),
        (another_mic, True),
        (status(200, body=b"<html>thanks</html>", content_type="text/html"), False),
        (status(500), True),
        (status(503), False),
        (status(None), False),
    ],
)
def test_a_web_server_that_answers_head_with_its_page(
    make_sending: MakeSending, to_a_part: Callable[[Partner, Posting, bytes], Reply], at_once: bool
) -> None:
    """What it answers to the end of a message settles nothing; it gets all of it."""
    server = WebServer(to_a_part)

    def reply(posting: Posting, body: bytes) -> Reply:
        if posting.method == "POST" and "Content-Range" not in dict(posting.headers):
            _SAMPLES[dict(posting.headers)["Message-ID"]] = body
        return server.reply(posting, body)

    sending = make_sending(channel=RESTART, poster=CannedPoster(reply))
    sending.order()
    total = server.bodies[0]
    sending.later(**LATER)
    if not at_once:
        assert sending.sent().delivery == "retry-wait"
        for _ in range(4):
            sending.later(hours=9)
    assert sending.sent().delivery == "delivered"
    assert list(server.taken.values()) == [sending.gateway.content(sending.sent().sha256)]
    assert server.bodies[:2] == [total, total - WebServer.page]
    assert server.bodies[-1] == total
    assert sending.cases() == []
    assert sending.message().receipt == "met"


def test_a_yes_without_a_mic_is_no_yes_to_the_whole(make_sending: MakeSending) -> None:
    """A partner that neither verifies nor digests takes the end for the message, and is content with it."""
    bodies: list[int] = []
    samples: dict[str, bytes] = {}

    def content(posting: Posting) -> Reply:
        outcome = Partner().read(posting, samples[dict(posting.headers)["Message-ID"]])
        mdn = mdn_for(posting, outcome, key=None, states_mic=False)
        return Reply(status=200, headers=parse_block(write_block(mdn.headers)), body=mdn.body)

    def reply(posting: Posting, body: bytes) -> Reply:
        if posting.method == "HEAD":
            return head(200, Content_Length="1234")()
        bodies.append(len(body))
        samples.setdefault(dict(posting.headers)["Message-ID"], body)
        return content(posting) if len(bodies) > 1 else Reply(status=None, trouble="connection reset")

    channel = f"{RESTART}\nmdn: {{signed: no}}"
    sending = make_sending(channel=channel, poster=CannedPoster(reply))
    sending.order()
    sending.later(**LATER)
    assert sending.sent().delivery == "delivered"
    assert bodies == [bodies[0], bodies[0] - 1234, bodies[0]]


def test_what_a_receipt_later_says_of_a_part_settles_nothing(make_sending: MakeSending) -> None:
    """The web server's partner refuses the part on a connection of its own; the whole is sent in its time."""
    url = "{enabled: yes, port: 0, url: 'http://us.example/as2'}"
    server = WebServer(status(204))
    posted: list[tuple[Posting, bytes]] = []

    def reply(posting: Posting, body: bytes) -> Reply:
        posted.append((posting, body))
        return server.reply(posting, body) if len(server.bodies) < 2 else Reply(status=204)

    channel = "http: {restart: yes}\nmdn: {mode: async, patience: PT30M}"
    sending = make_sending(channel=channel, poster=CannedPoster(reply), as2=url)
    sending.order()
    sending.later(**LATER)
    assert sending.sent().delivery == "sent"
    whole = Partner().read(*posted[0])
    sending.posted_mdn(mdn_for(posted[0][0], whole, code="decryption-failed", states_mic=False))
    assert sending.sent().delivery == "sent"
    assert [case.cause for case in sending.cases()] == ["as2-part-not-joined"]
    sending.later(minutes=31)
    assert [posting.method for posting, _ in posted] == ["POST", "HEAD", "POST", "POST"]
    assert len(posted[3][1]) == len(posted[0][1])
    sending.posted_mdn(_positive(posted[3]))
    assert sending.sent().delivery == "delivered"


def _positive(posted: tuple[Posting, bytes]) -> MdnMessage:
    return mdn_for(posted[0], Partner().read(*posted))


def test_what_was_refused_is_sent_whole(stage: Stage) -> None:
    """A person has it sent again; nothing broke off, so nobody is asked."""
    stage.partner.script = [says(code="authentication-failed")]
    assert stage.sending.order().delivery == "refused"
    resend(stage.sending.gateway, stage.sending.message().id, actor="eva", reason="they have our certificate now")
    stage.sending.work()
    assert stage.sending.sent().delivery == "delivered"
    assert stage.methods == ["POST", "POST"]
    assert stage.ranges() == [None, None]


def test_the_journal_says_from_where(stage: Stage) -> None:
    stage.partner.breaks = [1000]
    stage.sending.order()
    stage.sending.later(**LATER)
    told = stage.sending.gateway.database.read(lambda c: journal.of(c, stage.sending.sent().id))
    starts = [each.data for each in told if each.kind == "delivery-started"]
    assert [(data.get("first"), data.get("held")) for data in starts] == [(None, None), (1000, 1000)]
