"""The HTTP client against servers that are not ours: the standard library's, and bare sockets."""

from __future__ import annotations

import contextlib
import http.server
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from as2.source import BytesSource
from gateway.channels.as2.posting import LARGEST_ANSWER, CannedPoster, HttpPoster, Poster, Posting, Reply
from tests.as2.keys import KEYS

BODY = b"line\r\n" * 100_000


class Seen:
    """What a server was sent, and what it answers."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        self.headers: list[tuple[str, str]] = [("Content-Type", "text/plain")]
        self.answer = b"thank you"
        self.peer: object = None


def handler(seen: Seen) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length")
            if length is not None:
                body = self.rfile.read(int(length))
            else:
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
            if isinstance(self.connection, ssl.SSLSocket):
                seen.peer = self.connection.getpeercert(binary_form=True)
            seen.requests.append((dict(self.headers.items()), body))
            self.send_response(seen.status)
            for name, value in seen.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(seen.answer)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(seen.answer)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextlib.contextmanager
def serving(seen: Seen, context: ssl.SSLContext | None = None) -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(seen))
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def poster() -> Iterator[HttpPoster]:
    made = HttpPoster()
    yield made
    made.close()


def posting(port: int, **settings: object) -> Posting:
    fields = {
        "headers": [("AS2-From", "Us & Co"), ("Message-ID", "<1@us>")],
        "body": BytesSource(BODY),
        "timeout": 60.0,
    }
    return Posting(url=f"http://127.0.0.1:{port}/as2?x=1", **{**fields, **settings})  # type: ignore[arg-type]


@pytest.mark.parametrize("chunked", [False, True])
def test_the_very_bytes_arrive_with_a_length_or_in_chunks(poster: HttpPoster, chunked: bool) -> None:
    seen = Seen()
    with serving(seen) as port:
        reply = poster.post(posting(port, chunked=chunked))
    assert (reply.status, reply.body, reply.headers.get("content-type")) == (200, b"thank you", "text/plain")
    ((headers, body),) = seen.requests
    assert body == BODY
    assert headers["AS2-From"] == "Us & Co"
    assert ("Content-Length" in headers) is not chunked
    assert headers.get("Transfer-Encoding") == ("chunked" if chunked else None)
    assert headers.get("Content-Length", str(len(BODY))) == str(len(BODY))


def test_a_redirect_is_an_answer_like_any_other(poster: HttpPoster) -> None:
    seen, elsewhere = Seen(), Seen()
    with serving(elsewhere) as other, serving(seen) as port:
        seen.status, seen.headers = 307, [("Location", f"http://127.0.0.1:{other}/")]
        assert poster.post(posting(port)).status == 307
    assert elsewhere.requests == []


def test_the_environment_chooses_no_proxy(poster: HttpPoster, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    seen = Seen()
    with serving(seen) as port:
        assert poster.post(posting(port)).status == 200


def test_a_proxy_of_the_profile_is_asked(poster: HttpPoster) -> None:
    seen = Seen()
    with serving(seen) as port:
        reply = poster.post(posting(1, proxy=f"http://127.0.0.1:{port}"))
    assert reply.status == 200
    assert len(seen.requests) == 1


def test_a_password_goes_along(poster: HttpPoster) -> None:
    seen = Seen()
    with serving(seen) as port:
        poster.post(posting(port, user="us", password="s3cret"))
    assert seen.requests[0][0]["Authorization"] == "Basic " + b64encode(b"us:s3cret").decode()


def test_an_endless_answer_is_none(poster: HttpPoster) -> None:
    seen = Seen()
    seen.answer = bytes(LARGEST_ANSWER + 1)
    with serving(seen) as port:
        reply = poster.post(posting(port))
    assert reply.status is None
    assert "more than" in reply.trouble


def answers(talk: Callable[[socket.socket], object]) -> tuple[int, threading.Thread]:
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        connection, _ = listener.accept()
        listener.close()
        with connection, contextlib.suppress(OSError):
            connection.settimeout(60)
            talk(connection)

    thread = threading.Thread(target=run)
    thread.start()
    return listener.getsockname()[1], thread


@pytest.mark.parametrize(
    "talk",
    [
        lambda connection: None,
        lambda connection: connection.recv(1 << 20),
        lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"),
        lambda connection: (
            connection.recv(10),
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort"),
        ),
        lambda connection: (connection.recv(10), connection.sendall(b"HTTP/1.1 200 OK\r\nContent-")),
    ],
    ids=["closes", "closes-while-sent", "other-protocol", "short-answer", "half-a-header"],
)
def test_what_is_no_answer_is_told_as_none(poster: HttpPoster, talk: Callable[[socket.socket], object]) -> None:
    port, thread = answers(talk)
    reply = poster.post(posting(port))
    thread.join(60)
    assert reply.status is None
    assert reply.trouble


def test_nobody_is_there(poster: HttpPoster) -> None:
    reply = poster.post(posting(1))
    assert reply.status is None
    assert "ConnectError" in reply.trouble


def test_a_silent_server_is_not_waited_for(poster: HttpPoster) -> None:
    gone = threading.Event()
    port, thread = answers(lambda connection: bool(connection.recv(1 << 20)) and gone.wait(60))
    reply = poster.post(posting(port, body=BytesSource(b"x"), timeout=0.2, answer_within=0.3))
    gone.set()
    thread.join(60)
    assert reply.status is None
    assert "Timeout" in reply.trouble


def test_an_answer_that_drips_is_not_waited_for(poster: HttpPoster) -> None:
    gone = threading.Event()

    def drips(connection: socket.socket) -> None:
        connection.recv(1 << 20)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
        while not gone.wait(0.01):
            connection.sendall(b".")

    port, thread = answers(drips)
    reply = poster.post(posting(port, body=BytesSource(b"x"), timeout=1.0, answer_within=1.0))
    gone.set()
    thread.join(60)
    assert reply.status is None
    assert "end" in reply.trouble


def test_damage_in_what_is_sent_is_no_fault_of_the_network(poster: HttpPoster) -> None:
    class Broken:
        size = 10

        def chunks(self) -> Iterator[bytes]:
            yield b"some"
            raise OSError("the disk cannot read it")

    seen = Seen()
    with serving(seen) as port, pytest.raises(OSError, match="the disk cannot read it"):
        poster.post(posting(port, body=Broken()))


# HTTPS


def server_context(name: str, trusts: str | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(KEYS / f"{name}.pem", KEYS / f"{name}.key.pem")
    if trusts is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(KEYS / f"{trusts}.pem")
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def pem(name: str) -> str:
    return (KEYS / f"{name}.pem").read_text()


def test_https_trusts_what_is_pinned_and_nothing_else(poster: HttpPoster) -> None:
    seen = Seen()
    with serving(seen, server_context("rsa")) as port:
        url = f"https://127.0.0.1:{port}/"
        there = posting(port, trusted=[pem("rsa-other"), pem("rsa")])
        assert (
            poster.post(Posting(url=url, headers=there.headers, body=there.body, trusted=there.trusted)).status == 200
        )
        for trusted in ([pem("rsa-other")], [], [pem("ca")]):
            reply = poster.post(Posting(url=url, headers=there.headers, body=there.body, trusted=trusted))
            assert reply.status is None
            assert "certificate" in reply.trouble.lower()


def test_our_certificate_is_shown(poster: HttpPoster) -> None:
    seen = Seen()
    with serving(seen, server_context("rsa", trusts="rsa-other")) as port:
        url = f"https://127.0.0.1:{port}/"
        identity = (pem("rsa-other"), (KEYS / "rsa-other.key.pem").read_text())
        plain = Posting(url=url, headers=[], body=BytesSource(b"x"), trusted=[pem("rsa")])
        shown = Posting(url=url, headers=[], body=BytesSource(b"x"), trusted=[pem("rsa")], identity=identity)
        assert poster.post(shown).status == 200
        assert seen.peer == ssl.PEM_cert_to_DER_cert(pem("rsa-other"))
        assert poster.post(plain).status is None


# The seam


@pytest.mark.parametrize("kind", ["network", "memory"])
def test_both_posters_do_what_the_seam_says(kind: str, poster: HttpPoster, tmp_path: Path) -> None:
    seen = Seen()
    seen.status, seen.answer = 503, b"not now"
    with serving(seen) as port:
        canned = CannedPoster(lambda _, __: Reply(status=503, body=b"not now"))
        used: Poster = poster if kind == "network" else canned
        for _ in range(2):
            reply = used.post(posting(port))
            assert (reply.status, reply.body) == (503, b"not now")
        bodies = [body for _, body in (seen.requests if kind == "network" else canned.posted)]
    assert bodies == [BODY, BODY]
