"""HTTP for the tests: one that listens and hands over what is posted, and one that posts, header fields as they are."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import msgspec

from as2.headers import Headers

_NOT_OURS = frozenset({"connection", "transfer-encoding", "content-length", "date", "server"})


class Posted(msgspec.Struct, frozen=True):
    """A request or an answer: where to, its header fields and its body."""

    target: str
    """The path; of an answer, the status."""
    headers: Headers
    body: bytes


class Answer(msgspec.Struct, frozen=True):
    """What is answered, and what happens after it was."""

    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    afterwards: Callable[[], None] | None = None


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Peers try whether a port is open, and reset the connection."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Listener:
    """A server on the loopback address; ``answer`` is called in a thread of the connection."""

    def __init__(self, answer: Callable[[Posted], Answer]) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                fields = tuple((name.encode(), value.encode("latin-1")) for name, value in self.headers.items())
                given = answer(Posted(self.path, Headers(fields), self._body()))
                self.send_response_only(given.status)
                for name, value in given.headers:
                    if name.lower() not in _NOT_OURS:
                        self.send_header(name, value)
                if given.status != 204:
                    self.send_header("Content-Length", str(len(given.body)))
                self.end_headers()
                if given.body:
                    self.wfile.write(given.body)
                if given.afterwards is not None:
                    given.afterwards()

            def _body(self) -> bytes:
                if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length", "0")))
                body = b""
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                while self.rfile.readline().strip():
                    pass
                return body

            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads it."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        """Of the server, without a path."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


def post(url: str, headers: Sequence[tuple[str, str]], body: bytes) -> Posted:
    """The answer; the header fields are sent as they are given, with Host and Content-Length."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.putrequest("POST", parts.path or "/", skip_accept_encoding=True)
        for name, value in headers:
            if name.lower() != "content-length":
                connection.putheader(name, value.encode("latin-1"))
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        fields = tuple((name.encode(), value.encode("latin-1")) for name, value in answer.getheaders())
        return Posted(str(answer.status), Headers(fields), answer.read())
    finally:
        connection.close()
