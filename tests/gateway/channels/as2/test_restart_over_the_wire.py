"""Connections that break anywhere, in both roles, and partners that go on: nothing lost, nothing doubled."""

from __future__ import annotations

import http.client
import os
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from as2.building import Built
from as2.headers import parse_block, write_block
from gateway.channels.as2.posting import HttpPoster
from tests.gateway.channels.as2 import restarting
from tests.gateway.channels.as2.conftest import ON_POSTGRESQL, MakeEndpoint, MakeSending
from tests.gateway.channels.as2.endpoint import Endpoint, Reply, message
from tests.gateway.channels.as2.parts import RESTART, bytes_of, fields, files
from tests.gateway.channels.as2.restarting import RestartingPartner
from tests.gateway.channels.as2.wire import PATIENCE, Cut, Exchange, Relay

LATER = {"hours": 2}


@pytest.fixture
def open_stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def relay_to(port: int, stack: ExitStack) -> Relay:
    """A relay before a port."""
    relay = Relay(port)
    stack.callback(relay.close)
    return relay


# We send


@pytest.mark.parametrize("chunked", ["never", "always"])
@pytest.mark.parametrize(("database", "places"), [("sqlite", 14), pytest.param("postgresql", 5, marks=ON_POSTGRESQL)])
def test_what_we_send_is_cut_at_any_byte(
    request: pytest.FixtureRequest,
    make_sending: MakeSending,
    open_stack: ExitStack,
    database: str,
    places: int,
    chunked: str,
) -> None:
    partner = RestartingPartner()
    target = urlsplit(open_stack.enter_context(restarting.listening(partner))).port
    assert target is not None
    relay = relay_to(target, open_stack)
    poster = HttpPoster()
    open_stack.callback(poster.close)
    settings = {"database": request.getfixturevalue("postgresql_url")} if database == "postgresql" else {}
    sending = make_sending(
        channel=f"http: {{restart: yes, chunked: {chunked}}}",
        url=f"http://127.0.0.1:{relay.port}/as2",
        poster=poster,
        **settings,
    )
    assert sending.order(1).delivery == "delivered"
    cuts = Exchange(**relay.passed).cuts(places)
    gone_on = 0
    for number, cut in enumerate(cuts, 2):
        partner.parts.clear()
        partner.told.clear()
        relay.cut = cut
        assert sending.order(number).delivery == "retry-wait", cut
        relay.settle()
        sending.later(**LATER)
        assert sending.sent(number).delivery == "delivered", cut
        assert sending.attempts(number) == ["failed", "delivered"], cut
        # It was asked once, and got from there on, no byte more; the last one, if it had them all.
        (held,) = partner.told
        total = len(partner.requests[-1][1])
        last = partner.parts[-1]
        first = min(held, total - 1)
        assert (last.first, last.came) == (first, total - first), cut
        assert last.content_range == (f"bytes {first}-{total - 1}/{total}" if held else None), cut
        gone_on += held > 0
    assert gone_on > places // 2
    contents = sorted(sending.gateway.content(sending.sent(number).sha256) for number in range(1, len(cuts) + 2))
    assert sorted(partner.taken.values()) == contents
    assert len(set(contents)) == len(contents)
    # Whatever was joined is one message under one id: nobody saw two under the same.
    assert len({body for _, body in partner.requests}) == len(cuts) + 1
    assert len({headers.get("Message-ID") for headers, _ in partner.requests}) == len(cuts) + 1


# We receive


class Sender:
    """A partner with Restart that is not ours."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.sent: list[int] = []
        """Bytes of each POST."""

    def deliver(self, message: Built, etag: str, *, chunked: bool) -> Reply:
        """What it is answered in the end."""
        body, first = bytes_of(message), 0
        for _ in range(10):
            reply = self._request("POST", fields(message, etag, first or None), body[first:], chunked=chunked)
            self.sent.append(len(body) - first)
            if reply is not None and reply.status == 200:
                return reply
            held = None
            while held is None:
                wanted = {"AS2-Version", "AS2-From", "AS2-To", "ETag"}
                asked = [each for each in fields(message, etag) if each[0] in wanted]
                answer = self._request("HEAD", asked, None, chunked=False)
                if answer is not None and answer.status == 200:
                    held = int(answer.headers.get("Content-Length") or 0)
            first = min(held, len(body) - 1)
        raise AssertionError("it never ends")

    def _request(
        self, method: str, headers: list[tuple[str, str]], body: bytes | None, *, chunked: bool
    ) -> Reply | None:
        link = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        try:
            link.putrequest(method, "/as2", skip_accept_encoding=True)
            for name, value in headers:
                link.putheader(name, value)
            if body is not None:
                link.putheader(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(body)))))
            pieces = [body[at : at + 1000] for at in range(0, len(body), 1000)] if body and chunked else body
            link.endheaders(pieces, encode_chunked=chunked)
            answer = link.getresponse()
            if answer.getheader("Content-Length") is None:
                return None  # The standard library takes a header that was cut off for a whole one.
            content = answer.read()
            block = write_block([(name, value) for name, value in answer.getheaders()])
            return Reply(status=answer.status, headers=parse_block(block), body=content)
        except (OSError, http.client.HTTPException):
            return None
        finally:
            link.close()


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize(("database", "places"), [("sqlite", 14), pytest.param("postgresql", 5, marks=ON_POSTGRESQL)])
def test_what_we_receive_is_cut_at_any_byte(
    request: pytest.FixtureRequest,
    make_endpoint: MakeEndpoint,
    open_stack: ExitStack,
    database: str,
    places: int,
    chunked: bool,
) -> None:
    settings = {"database": request.getfixturevalue("postgresql_url")} if database == "postgresql" else {}
    endpoint = make_endpoint(channel=RESTART, **settings)
    relay = relay_to(endpoint.server.port, open_stack)
    sender = Sender(relay.port)
    assert sender.deliver(message(), "transfer-0", chunked=chunked).status == 200
    cuts = Exchange(**relay.passed).cuts(places)
    gone_on = _deliver_cut(endpoint, relay, sender, cuts, chunked=chunked)
    assert gone_on > places // 2
    assert endpoint.orders() == len(cuts) + 1
    assert endpoint.rows("SELECT count(*) FROM as2_received") == [(len(cuts) + 1,)]
    endpoint.close_requests()
    assert files(endpoint) == []


def _deliver_cut(endpoint: Endpoint, relay: Relay, sender: Sender, cuts: list[Cut], *, chunked: bool) -> int:
    gone_on = 0
    for number, cut in enumerate(cuts, 1):
        sent = message(b"UNA:+.? '" + os.urandom(200))
        relay.cut = cut
        sender.sent.clear()
        assert sender.deliver(sent, f"transfer-{number}", chunked=chunked).mic(sent).outcome == "match", cut
        relay.settle()
        gone_on += len(sender.sent) > 1 and sender.sent[1] < sender.sent[0]
    return gone_on
