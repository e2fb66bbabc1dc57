"""The HTTP client of AS2: one request, one answer, and nothing on the way is followed.

Where a request goes to is the profile's word alone: redirects are not followed, proxies of the environment are not
heard, and a body is read from its source each time, so that a message of gigabytes needs no memory. What comes back is
bounded. A server may be asked first whether it takes the body (:mod:`~.expecting`). TLS trusts the authorities of the
machine, or, where the profile pins certificates, those and no others.

:class:`Poster` is the seam; :class:`CannedPoster` is its twin in memory.
"""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, Protocol

import httpcore2
import httpx2
import msgspec

from as2.headers import Headers
from as2.source import Source
from gateway.channels.as2.expecting import AnsweredInstead, Expecting

LARGEST_ANSWER = 4 << 20
"""Bytes of an answer that are read; a receipt has a few thousand."""


_TROUBLES = (
    httpx2.HTTPError,
    httpx2.InvalidURL,
    httpx2.StreamError,
    # What breaks while leave is waited for comes as it is.
    httpcore2.NetworkError,
    httpcore2.TimeoutException,
    httpcore2.ProtocolError,
    ssl.SSLError,
    OSError,
)
"""What the other side and the network do."""


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """One request."""

    url: str
    headers: Sequence[tuple[str, str]]
    body: Source
    """Empty with ``HEAD``."""
    method: Literal["POST", "HEAD"] = "POST"
    chunked: bool = False
    """Whether the length is left unstated and the body goes in chunks."""
    expect: float | None = None
    """Seconds that leave is waited for before the body is sent all the same; ``None``: it is not asked for."""
    user: str | None = None
    password: str | None = None
    proxy: str | None = None
    timeout: float = 60.0
    """Seconds that connecting, or a pause between two bytes, may take."""
    answer_within: float = 120.0
    """Seconds until the answer begins, after the body, and from there to its end."""
    trusted: Sequence[str] = ()
    """PEM certificates that the server may show; none: those of the machine's authorities."""
    named: bool = False
    """Whether its certificate has to bear its name also where ``trusted`` says which it may show."""
    identity: tuple[str, str] | None = None
    """Our certificate and key for TLS, as PEM."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What came back."""

    status: int | None
    """``None`` when there was no answer."""
    headers: Headers = Headers()
    body: bytes = b""
    trouble: str = ""
    """Why there was no answer, for a person."""


class Poster(Protocol):
    """Sends requests."""

    def post(self, posting: Posting) -> Reply:
        """The answer, or why there is none; never raises for what the other side or the network does.

        What reading the body raises, such as damage in the archive, is raised.
        """


class HttpPoster:
    """Over the network; safe to use from several threads. Connections are kept and used again."""

    def __init__(self) -> None:
        self._clients: dict[tuple[object, ...], httpx2.Client] = {}
        self._guard = threading.Lock()

    def post(self, posting: Posting) -> Reply:
        """As the seam says. A server that minds the question whether it takes the body (417) is not asked again."""
        reply = self._post(posting)
        if reply.status == 417 and posting.expect is not None:
            return self._post(msgspec.structs.replace(posting, expect=None))
        return reply

    def _post(self, posting: Posting) -> Reply:
        body = _Body(posting.body)
        headers = list(posting.headers)
        content = iter(body) if posting.method == "POST" else None
        extensions: dict[str, object] = {}
        if content is not None and posting.expect is not None:
            expecting = Expecting(posting.expect, max(posting.timeout, posting.answer_within))
            headers.append(("Expect", "100-continue"))
            extensions["trace"] = expecting.trace
            content = expecting.before(content)
        if content is not None and not posting.chunked:
            headers.append(("Content-Length", str(posting.body.size)))
        auth = (posting.user, posting.password or "") if posting.user is not None else None
        timeout = httpx2.Timeout(posting.timeout, read=max(posting.timeout, posting.answer_within))
        try:
            client = self._client(posting)
            with client.stream(
                posting.method,
                posting.url,
                headers=headers,
                content=content,
                auth=auth,
                timeout=timeout,
                extensions=extensions,
            ) as answer:
                came = bytearray()
                until = time.monotonic() + max(posting.timeout, posting.answer_within)
                for piece in answer.iter_raw():
                    came += piece
                    if len(came) > LARGEST_ANSWER:
                        return Reply(status=None, trouble=f"an answer of more than {LARGEST_ANSWER} bytes")
                    if time.monotonic() > until:
                        return Reply(status=None, trouble="an answer that does not come to its end")
                fields = tuple((bytes(name), bytes(value)) for name, value in answer.headers.raw)
                return Reply(status=answer.status_code, headers=Headers(fields), body=bytes(came))
        except AnsweredInstead as answered:
            return Reply(status=answered.status, headers=answered.headers, body=answered.body)
        except _TROUBLES as error:
            if body.fault is not None:
                raise body.fault from None
            return Reply(
                status=None, trouble=f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            )

    def close(self) -> None:
        """Give up all connections."""
        with self._guard:
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.close()

    def _client(self, posting: Posting) -> httpx2.Client:
        asks = posting.expect is not None
        key = (posting.proxy, tuple(posting.trusted), posting.named, posting.identity, asks)
        with self._guard:
            client = self._clients.get(key)
            if client is None:
                client = self._clients[key] = httpx2.Client(
                    verify=_context(posting.trusted, posting.identity, named=posting.named),
                    proxy=posting.proxy,
                    trust_env=False,
                    follow_redirects=False,
                    # Whether a connection is new is what `expecting` hears of it by.
                    limits=httpx2.Limits(max_keepalive_connections=0) if asks else httpx2.Limits(),
                    headers={"User-Agent": "Sallyport", "Accept": "*/*", "Accept-Encoding": "identity"},
                )
            return client


class _Body:
    """The pieces of a body; remembers a fault of their own, which is not the network's."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.fault: OSError | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._source.chunks()
        except OSError as error:
            self.fault = error
            raise


def _context(trusted: Sequence[str], identity: tuple[str, str] | None, *, named: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata="\n".join(trusted) if trusted else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if trusted:
        # A pinned certificate speaks for itself: who issued it and which name it bears does not matter.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.check_hostname = named
    if identity is not None:
        # OpenSSL reads a key from a file only; this one is never on a disk.
        with os.fdopen(os.memfd_create("identity"), "wb") as together:
            together.write("\n".join(identity).encode())
            together.flush()
            context.load_cert_chain(f"/proc/self/fd/{together.fileno()}")
    return context


class CannedPoster:
    """Answers from memory: for tests, and for whoever wants to see what would be sent."""

    def __init__(self, answer: Callable[[Posting, bytes], Reply]) -> None:
        self._answer = answer
        self.posted: list[tuple[Posting, bytes]] = []
        """Every request with its body."""

    def post(self, posting: Posting) -> Reply:
        """What the function says."""
        body = b"".join(posting.body.chunks())
        self.posted.append((posting, body))
        return self._answer(posting, body)
