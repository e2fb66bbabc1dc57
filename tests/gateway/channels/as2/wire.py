"""ACME on the network: an HTTP server that is not ours, and a relay before it that cuts connections.

The relay counts the bytes that it passes on, and ends both sides of a connection when one direction has had as many as
it was told: as a reset, or as a plain end. So a message, or the answer to it, breaks at any byte.
"""

from __future__ import annotations

import contextlib
import http.server
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import msgspec

from as2.source import BytesSource
from gateway.channels.as2.posting import Posting, Reply
from tests.gateway.channels.as2.partner import Partner, right

PATIENCE = 60.0
Direction = Literal["request", "answer"]
How = Literal["reset", "end"]
Talk = Callable[[Partner, Posting, "Line"], None]


class Line:
    """What a server can do with one request whose header came."""

    def __init__(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        self._handler = handler

    def body(self) -> bytes:
        """Read the body."""
        return self._handler.rfile.read(int(self._handler.headers["Content-Length"]))

    def say(self, content: bytes) -> None:
        """Send these bytes, whatever they are."""
        self._handler.wfile.write(content)

    def answer(self, reply: Reply) -> None:
        """Send an answer."""
        self.say(written(reply))

    def reset(self) -> None:
        """End the connection as a crashing server does."""
        reset(self._handler.connection)


def written(reply: Reply) -> bytes:
    """An answer as it goes over the wire."""
    fields = [(name, value) for name, value in reply.headers.fields if name.lower() != b"content-length"]
    fields += [(b"Content-Length", b"%d" % len(reply.body)), (b"Connection", b"close")]
    head = b"".join(name + b": " + value.strip() + b"\r\n" for name, value in fields)
    return b"HTTP/1.1 %d Said\r\n" % (reply.status or 0) + head + b"\r\n" + reply.body


def reset(connection: socket.socket) -> None:
    """Close a connection with RST."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RD)
    connection.close()


class _Server(http.server.ThreadingHTTPServer):
    """Says nothing about connections that break."""

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@contextlib.contextmanager
def served(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """The URL of a server that this handler answers for."""
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/as2"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def listening(partner: Partner, script: list[Talk]) -> Iterator[str]:
    """The URL of ACME, which talks as ``script`` says, then answers as the partner does."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = PATIENCE

        def do_POST(self) -> None:
            self.close_connection = True
            if "Content-Length" not in self.headers:
                return  # The standard library takes a header that was cut off for a whole one.
            line = Line(self)
            posting = Posting(url=self.path, headers=of_the_message(self.headers.items()), body=BytesSource(b""))
            with contextlib.suppress(OSError):
                if script:
                    script.pop(0)(partner, posting, line)
                else:
                    body = line.body()
                    if len(body) == int(self.headers["Content-Length"]):
                        line.answer(partner.answer(posting, body))

        def log_message(self, *_: object) -> None:
            pass

    with served(Handler) as url:
        yield url


_OF_THE_TRANSFER = frozenset({"host", "connection", "accept", "accept-encoding", "user-agent", "content-length"})


def of_the_message(fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in fields if name.lower() not in _OF_THE_TRANSFER]


def talks(answer: Callable[[Partner, Posting, bytes], Reply]) -> Talk:
    """One of the answers of :mod:`tests.gateway.channels.as2.partner`, over the wire."""

    def talk(partner: Partner, posting: Posting, line: Line) -> None:
        line.answer(answer(partner, posting, line.body()))

    return talk


def takes_and_resets(partner: Partner, posting: Posting, line: Line) -> None:
    """The message is taken, and nobody hears of it."""
    partner.read(posting, line.body())
    line.reset()


def takes_and_says_half(partner: Partner, posting: Posting, line: Line) -> None:
    """The message is taken, and the answer breaks in the middle of its receipt."""
    answer = written(right(partner, posting, line.body()))
    line.say(answer[: len(answer) // 2])


def resets_at_once(_partner: Partner, _posting: Posting, line: Line) -> None:
    """The connection ends before the body was read."""
    line.reset()


def says_nothing(_partner: Partner, _posting: Posting, line: Line) -> None:
    """The body is read, and the connection ends."""
    line.body()


def says_no_http(_partner: Partner, _posting: Posting, line: Line) -> None:
    """Something else answers."""
    line.body()
    line.say(b"220 mail.acme.example ESMTP\r\n")


def keeps_us_waiting(partner: Partner, posting: Posting, line: Line) -> None:
    """102 Processing, twice, then the receipt (RFC 2518, 10.1): no reason to send again."""
    body = line.body()
    line.say(b"HTTP/1.1 102 Processing\r\n\r\n" * 2)
    line.answer(right(partner, posting, body))


def refuses_early(_partner: Partner, _posting: Posting, line: Line) -> None:
    """The answer comes before the body was read."""
    line.say(b"HTTP/1.1 503 Busy\r\nRetry-After: 7200\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    line.body()


class Cut(NamedTuple):
    """Where a connection breaks."""

    direction: Direction
    after: int
    """Bytes."""
    how: How


class Relay:
    """Passes connections on to a port; the next one is cut as ``cut`` says."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.cut: Cut | None = None
        self.passed: dict[Direction, int] = {"request": 0, "answer": 0}
        """Bytes of the last connection."""
        self._threads: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def close(self) -> None:
        """Nothing is passed on any more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self.settle()

    def settle(self) -> None:
        """Return when no connection is open."""
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        self._threads.clear()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            cut, self.cut = self.cut, None
            self.passed = {"request": 0, "answer": 0}
            thread = threading.Thread(target=self._pass_on, args=(near, cut))
            self._threads.append(thread)
            thread.start()

    def _pass_on(self, near: socket.socket, cut: Cut | None) -> None:
        with near, socket.create_connection(("127.0.0.1", self._target), PATIENCE) as far:
            near.settimeout(PATIENCE)
            there = threading.Thread(target=self._pump, args=("request", near, far, cut))
            there.start()
            self._pump("answer", far, near, cut)
            there.join()

    def _pump(self, direction: Direction, source: socket.socket, sink: socket.socket, cut: Cut | None) -> None:
        left = cut.after if cut is not None and cut.direction == direction else None
        with contextlib.suppress(OSError):
            while left is None or left > 0:
                piece = source.recv(65536 if left is None else left)
                if not piece:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(piece)
                self.passed[direction] += len(piece)
                left = left - len(piece) if left is not None else None
            # One that is gone already does not keep the other one open.
            for each in (source, sink):
                with contextlib.suppress(OSError):
                    if cut is not None and cut.how == "reset":
                        reset(each)
                    else:
                        each.shutdown(socket.SHUT_RDWR)


class Exchange(msgspec.Struct, frozen=True):
    """How many bytes a whole exchange has."""

    request: int
    answer: int

    def cuts(self, many: int) -> list[Cut]:
        """Both ends, and ``many`` places between them, of either direction."""
        found: list[Cut] = []
        for direction, total in (("request", self.request), ("answer", self.answer - 1)):
            places = sorted({0, 1, *(total * step // many for step in range(1, many)), total - 1, total})
            for number, place in enumerate(places):
                found.append(Cut(direction, place, "reset" if number % 2 else "end"))  # type: ignore[arg-type]
        return found
