"""ACME with Restart: sends parts of messages, asks what is held, goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from as2.building import Built
from gateway.channels.as2.partials import Mark
from tests.gateway.channels.as2.endpoint import PATIENCE, Endpoint, Reply

RESTART = "receive: {restart: yes}"
"""The line of ACME's channel."""


def bytes_of(message: Built) -> bytes:
    """The whole body."""
    return b"".join(message.body.chunks())


def fields(message: Built, etag: str, first: int | None = None, total: int | None = None) -> list[tuple[str, str]]:
    """The header fields of a request that brings the message from ``first`` on."""
    more = [("ETag", f'"{etag}"')]
    if first is not None:
        total = len(bytes_of(message)) if total is None else total
        more.append(("Content-Range", f"bytes {first}-{total - 1}/{total}"))
    return [*message.headers, *more]


@contextmanager
def open_request(
    endpoint: Endpoint, message: Built, etag: str, upto: int, *, first: int | None = None, chunked: bool = False
) -> Iterator[None]:
    """A request whose body stands at ``upto`` as long as this is open, and then breaks off."""
    body, start = bytes_of(message), first or 0
    lines = [f"{name}: {value}" for name, value in fields(message, etag, first)[len(message.headers) :]]
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body) - start}"
    until(lambda: endpoint.server.in_flight == 0)
    with endpoint.connection() as link:
        piece = body[start:upto]
        link.sendall(endpoint.head(message, *lines, framing))
        link.sendall(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked and piece else piece)
        until(lambda: endpoint.server.in_flight == 1)
        yield


def break_off(
    endpoint: Endpoint, message: Built, etag: str, upto: int, *, first: int | None = None, chunked: bool = False
) -> None:
    """A request that breaks off when the body stands at ``upto``; the gateway knows of it when this returns."""
    ended = endpoint.server.outcomes["broken-off"]
    with open_request(endpoint, message, etag, upto, first=first, chunked=chunked):
        pass
    until(lambda: endpoint.server.outcomes["broken-off"] > ended)


def ask(endpoint: Endpoint, message: Built, etag: str) -> Reply:
    """The answer to a HEAD."""
    wanted = {"AS2-Version", "AS2-From", "AS2-To"}
    asked = [each for each in message.headers if each[0] in wanted]
    return endpoint.post_raw([*asked, ("ETag", f'"{etag}"')], b"", method="HEAD")


def held(endpoint: Endpoint, message: Built, etag: str) -> int:
    """How many bytes the gateway says it holds."""
    reply = ask(endpoint, message, etag)
    assert reply.status == 200
    return int(reply.headers.get("Content-Length") or "")


def go_on(
    endpoint: Endpoint, message: Built, etag: str, first: int, *, total: int | None = None, chunked: bool = False
) -> Reply:
    """The answer to a request that brings everything from ``first`` on."""
    return endpoint.post_raw(fields(message, etag, first, total), bytes_of(message)[first:], chunked=chunked)


def marks(endpoint: Endpoint) -> list[Mark]:
    """What is held, as the gateway knows it."""
    return list(endpoint.partials._marks.values())


def files(endpoint: Endpoint) -> list[int]:
    """The sizes of what lies there without a mark's name."""
    folder = endpoint.gateway.home.as2_partials
    return sorted(path.stat().st_size for path in folder.iterdir() if not path.suffix)


def until(look: Callable[[], bool]) -> None:
    """Return as soon as it is so."""
    end = time.monotonic() + PATIENCE
    while not look():
        assert time.monotonic() < end
        time.sleep(0.005)
