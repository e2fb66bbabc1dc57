"""Bodies that are sent once the server asks for them, over real connections."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from as2.source import BytesSource
from gateway.channels.as2.posting import HttpPoster, Posting, Reply
from tests.as2.keys import KEYS
from tests.gateway.channels.as2.conftest import MakeEndpoint, MakeSending
from tests.gateway.channels.as2.endpoint import Endpoint, message

BODY = b"x" * 300_000
LEAVE = b"HTTP/1.1 100 Continue\r\n\r\n"
DONE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"
REFUSED = b"HTTP/1.1 413 Too Large\r\nContent-Length: 9\r\nX-Why: size\r\n\r\ntoo large"


class Server:
    """Reads a header, does what ``talk`` says, and remembers what came after it."""

    def __init__(self, *talks: Callable[[Server, socket.socket], None], context: ssl.SSLContext | None = None) -> None:
        self._talks = list(talks)
        self._context = context
        self.headers: list[bytes] = []
        self.bodies: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        for talk in self._talks:
            plain, _ = self._listener.accept()
            plain.settimeout(60.0)
            with (
                suppress(OSError),
                self._context.wrap_socket(plain, server_side=True) if self._context else plain as link,
            ):
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += link.recv(1)
                self.headers.append(head)
                self.bodies.append(b"")
                talk(self, link)

    def body(self, link: socket.socket, many: int = len(BODY)) -> None:
        while len(self.bodies[-1]) < many and (piece := link.recv(65536)):
            self.bodies[-1] += piece

    def close(self) -> None:
        self._thread.join(60.0)
        assert not self._thread.is_alive()
        self._listener.close()


def gives_leave(server: Server, link: socket.socket) -> None:
    link.sendall(LEAVE)
    server.body(link)
    link.sendall(DONE)


def gives_leave_in_pieces(server: Server, link: socket.socket) -> None:
    for at in range(len(LEAVE)):
        link.sendall(LEAVE[at : at + 1])
    server.body(link)
    link.sendall(DONE)


def is_processing_first(server: Server, link: socket.socket) -> None:
    link.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")
    gives_leave(server, link)


def says_nothing(server: Server, link: socket.socket) -> None:
    server.body(link)
    link.sendall(DONE)


def gives_leave_late(server: Server, link: socket.socket) -> None:
    server.body(link, 1)
    gives_leave(server, link)


def refuses(server: Server, link: socket.socket) -> None:
    link.sendall(REFUSED)
    server.body(link)


def refuses_after_leave(server: Server, link: socket.socket) -> None:
    link.sendall(LEAVE + REFUSED)
    server.body(link)


def minds_the_question(server: Server, link: socket.socket) -> None:
    link.sendall(b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n")


def ends(server: Server, link: socket.socket) -> None:
    link.shutdown(socket.SHUT_RDWR)


def says_half(server: Server, link: socket.socket) -> None:
    link.sendall(REFUSED[:-3])


def says_no_http(server: Server, link: socket.socket) -> None:
    link.sendall(b"220 mail.acme.example ESMTP\r\n\r\n")
    server.body(link)


@contextmanager
def asked(
    *talks: Callable[[Server, socket.socket], None], tls: bool = False, patience: float = 0.3
) -> Iterator[tuple[Server, Reply]]:
    """The server, and what came of one request that asked it first."""
    context = None
    trusted: list[str] = []
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(KEYS / "rsa.pem", KEYS / "rsa.key.pem")
        trusted = [(KEYS / "rsa.pem").read_text()]
    server, poster = Server(*talks, context=context), HttpPoster()
    posting = Posting(
        url=f"http{'s' if tls else ''}://127.0.0.1:{server.port}/as2",
        headers=[("AS2-From", "US")],
        body=BytesSource(BODY),
        expect=patience,
        timeout=60.0,
        answer_within=60.0,
        trusted=trusted,
    )
    try:
        reply = poster.post(posting)
        poster.close()
        server.close()
        yield server, reply
    finally:
        poster.close()


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("talk", [gives_leave, gives_leave_in_pieces, is_processing_first])
def test_the_body_goes_when_it_is_asked_for(talk: Callable[[Server, socket.socket], None], tls: bool) -> None:
    with asked(talk, tls=tls, patience=30.0) as (server, reply):
        assert (reply.status, reply.body) == (200, b"OK"), reply.trouble
        assert server.bodies == [BODY]
        assert b"\r\nExpect: 100-continue\r\n" in server.headers[0]


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("talk", [says_nothing, gives_leave_late])
def test_it_goes_all_the_same_when_nothing_is_said(talk: Callable[[Server, socket.socket], None], tls: bool) -> None:
    with asked(talk, tls=tls) as (server, reply):
        assert (reply.status, reply.body) == (200, b"OK"), reply.trouble
        assert server.bodies == [BODY]


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("talk", [refuses, refuses_after_leave])
def test_a_final_answer_ends_it_without_the_body(talk: Callable[[Server, socket.socket], None], tls: bool) -> None:
    with asked(talk, tls=tls, patience=30.0) as (server, reply):
        assert (reply.status, reply.body, reply.headers.get("X-Why")) == (413, b"too large", "size"), reply.trouble
        assert server.bodies == [b""]


def test_a_server_that_minds_the_question_is_not_asked_again() -> None:
    with asked(minds_the_question, says_nothing, patience=30.0) as (server, reply):
        assert reply.status == 200
        assert server.bodies == [b"", BODY]
        assert [b"Expect" in head for head in server.headers] == [True, False]


@pytest.mark.parametrize("talk", [ends, says_half, says_no_http])
def test_what_is_no_answer_is_none(talk: Callable[[Server, socket.socket], None]) -> None:
    with asked(talk, patience=30.0) as (server, reply):
        assert (reply.status, server.bodies) == (None, [b""])
        assert reply.trouble


# Our own endpoint


def test_our_endpoint_gives_leave(endpoint: Endpoint) -> None:
    sent, poster = message(), HttpPoster()
    posting = Posting(url=endpoint.url, headers=sent.headers, body=sent.body, expect=30.0)
    assert poster.post(posting).status == 200
    poster.close()
    assert endpoint.orders() == 1


@pytest.mark.parametrize(("sender", "limit", "status"), [("ACME", 5000, 413), ("NOBODY", 5_000_000, 403)])
def test_our_endpoint_refuses_before_the_body(
    make_endpoint: MakeEndpoint, sender: str, limit: int, status: int
) -> None:
    endpoint = make_endpoint(as2=f"{{enabled: yes, port: 0, max_body: {limit}}}")
    sent, poster = message(), HttpPoster()
    fields = [(name, sender if name == "AS2-From" else value) for name, value in sent.headers]

    class Unread(BytesSource, frozen=True):
        def chunks(self) -> Iterator[bytes]:
            raise AssertionError("the body was read")

    body = Unread(b"x" * 100_000)
    assert poster.post(Posting(url=endpoint.url, headers=fields, body=body, expect=30.0)).status == status
    poster.close()


@pytest.mark.parametrize(
    ("expect", "asks"), [("never", None), ("large", None), ("always", 3.0), ("always, expect_patience: PT10S", 10.0)]
)
def test_a_profile_says_who_is_asked(make_sending: MakeSending, expect: str, asks: float | None) -> None:
    sending = make_sending(channel=f"http: {{expect: {expect}}}")
    assert sending.order().delivery == "delivered"
    assert sending.canned.posted[0][0].expect == asks


def test_from_ten_megabytes_on(make_sending: MakeSending, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.channels.as2.sending.LARGE", 1000)
    sending = make_sending(channel="http: {expect: large}")
    assert sending.order().delivery == "delivered"
    assert sending.canned.posted[0][0].expect == 3.0
