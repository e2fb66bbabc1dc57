"""ACME as a receiver with Restart that is not ours: it keeps what comes, byte by byte, and says how much that is."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Callable, Iterator

import msgspec

from as2.headers import parse_block, write_block
from as2.source import BytesSource
from gateway.channels.as2.posting import Posting, Reply
from tests.gateway.channels.as2.partner import Partner, right
from tests.gateway.channels.as2.wire import PATIENCE, of_the_message, served, written


class Part(msgspec.Struct, frozen=True):
    """One POST as it came."""

    headers: dict[str, str]
    first: int
    came: int
    """Bytes of its body."""

    @property
    def content_range(self) -> str | None:
        """What it says it is."""
        return self.headers.get("Content-Range")


class RestartingPartner(Partner):
    """What it holds, by ETag; ``heads`` are answers to HEAD that come before its own."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[str, bytearray] = {}
        self.guard = threading.Lock()
        """Held while a body is read: what is asked for then waits until that connection has ended."""
        self.told: list[int] = []
        """What it said it holds, each time it was asked."""
        self.parts: list[Part] = []
        self.heads: list[Callable[[], Reply]] = []
        self.breaks: list[int] = []
        """After how many bytes of their bodies the next requests break off, where nothing else breaks them."""

    def reply(self, posting: Posting, body: bytes) -> Reply:
        """The answer to any request, in memory."""
        headers = dict(posting.headers)
        if posting.method == "HEAD":
            assert body == b""
            return self.heads.pop(0)() if self.heads else self.head(headers["ETag"])
        first = self.begin(headers)
        if isinstance(first, Reply):
            self.parts.append(Part(headers, -1, len(body)))
            return first
        came = body[: self.breaks.pop(0)] if self.breaks else body
        self.held[headers["ETag"]] += came
        self.parts.append(Part(headers, first, len(came)))
        if len(came) < len(body):
            return Reply(status=None, trouble="connection reset")
        return self.whole(posting, headers)

    def head(self, etag: str) -> Reply:
        """The answer to a HEAD."""
        self.told.append(len(self.held.get(etag, b"")))
        return Reply(status=200, headers=parse_block(write_block([("Content-Length", str(self.told[-1]))])))

    def begin(self, headers: dict[str, str]) -> int | Reply:
        """From where on the body of a request is, which is cut off what is held; or the answer to it."""
        held = self.held.setdefault(headers["ETag"], bytearray())
        first = 0
        if (stated := headers.get("Content-Range")) is not None:
            first = int(stated.removeprefix("bytes ").partition("-")[0])
            if first > len(held):
                fits = [("Content-Range", f"bytes */{len(held)}")]
                return Reply(status=416, headers=parse_block(write_block(fits)))
        del held[first:]
        return first

    def whole(self, posting: Posting, headers: dict[str, str]) -> Reply:
        """The answer to a body that came to its end."""
        body = bytes(self.held[headers["ETag"]])
        self.requests.append((parse_block(write_block(posting.headers)), body))
        return self.script.pop(0)(self, posting, body) if self.script else right(self, posting, body)


@contextlib.contextmanager
def listening(partner: RestartingPartner) -> Iterator[str]:
    """The URL of ACME."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = PATIENCE

        def do_HEAD(self) -> None:
            self.close_connection = True
            with contextlib.suppress(OSError):
                etag = self.headers.get("ETag")
                if etag is None:
                    return  # The standard library takes a header that was cut off for a whole one.
                with partner.guard:
                    reply = partner.head(etag)
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % partner.told[-1])
                assert reply.status == 200

        def do_POST(self) -> None:
            self.close_connection = True
            chunked = self.headers.get("Transfer-Encoding") == "chunked"
            if not chunked and "Content-Length" not in self.headers:
                return
            headers = dict(of_the_message(self.headers.items()))
            with partner.guard:
                self._take(headers, chunked=chunked)

        def _take(self, headers: dict[str, str], *, chunked: bool) -> None:
            first = partner.begin(headers)
            if isinstance(first, Reply):
                self.wfile.write(written(first))
                return
            held, before = partner.held[headers["ETag"]], first
            ended = False
            with contextlib.suppress(OSError, ValueError):
                for piece in self._chunks() if chunked else self._pieces(int(self.headers["Content-Length"])):
                    held += piece
                ended = True
            partner.parts.append(Part(headers, first, len(held) - before))
            if ended:
                fields = [each for each in headers.items() if each[0].lower() != "transfer-encoding"]
                posting = Posting(url=self.path, headers=fields, body=BytesSource(b""))
                with contextlib.suppress(OSError):
                    self.wfile.write(written(partner.whole(posting, headers)))

        def _pieces(self, length: int) -> Iterator[bytes]:
            while length:
                piece = self.rfile.read1(min(length, 1 << 16))
                if not piece:
                    raise ConnectionResetError
                length -= len(piece)
                yield piece

        def _chunks(self) -> Iterator[bytes]:
            while size := int(self.rfile.readline().strip() or b"broken", 16):
                yield from self._pieces(size)
                self.rfile.readline()
            self.rfile.readline()

        def log_message(self, *_: object) -> None:
            pass

    with served(Handler) as url:
        yield url
