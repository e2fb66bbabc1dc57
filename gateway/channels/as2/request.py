"""One HTTP request to the AS2 endpoint and its one answer.

The answer to a request whose body was not read is followed by a short wait: a socket that is closed over bytes that
nobody read resets the connection, and the answer may be lost on its way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal

from uvicorn._types import ASGIReceiveCallable, ASGISendCallable

from as2.headers import Headers
from gateway.channels.as2 import patience
from gateway.channels.as2.posted import Outcome as Received

Outcome = (
    Received
    | Literal[
        "stranger", "malformed", "busy", "too-large", "broken-off", "slow", "not-found", "asked", "not-joined", "paused"
    ]
)
"""What became of a request; each is counted."""

LINGER, LINGERED = 2.0, 1 << 20
"""Seconds and bytes for which a body that nobody wants is read, so that its sender reads our answer."""

TEXTS = {
    400: "This is no AS2 message that can be read.",
    403: "You are not known here, or not by these names: ask the people who run this gateway.",
    404: "There is nothing here.",
    405: "AS2 messages are posted.",
    408: "The message came too slowly.",
    413: "The message is too large.",
    416: "That range does not go on with what is held of this message.",
    503: "Not now: come again later.",
}


class BrokenOff(Exception):
    """The connection ended before the body did."""


class Request:
    """One request and its one answer."""

    def __init__(
        self,
        headers: Headers,
        client: tuple[str, int] | None,
        state: dict[str, Any],
        receive: ASGIReceiveCallable,
        send: ASGISendCallable,
    ) -> None:
        self.headers = headers
        self.remote = client[0] if client else ""
        self._state = state
        self._receive = receive
        self._send = send
        self._read = False

    async def body(self) -> AsyncIterator[bytes]:
        """The body in pieces, as they come; :class:`BrokenOff` when it does not come to its end."""
        while not self._read:
            event = await self._receive()
            if event["type"] != "http.request":
                if unread := self._state.pop(patience.UNREAD, b""):
                    yield unread
                raise BrokenOff
            self._read = not event["more_body"]
            if event["body"]:
                yield event["body"]

    async def answer(self, status: int, headers: Sequence[Sequence[str]] = (), body: bytes = b"") -> None:
        """Give the answer; its length is always stated, for there are products that wait for the end of another."""
        await self._begin(status, headers, body)
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def refuse(self, status: int, outcome: Outcome, headers: Sequence[Sequence[str]] = ()) -> Outcome:
        """Say why not, and end the connection, whose next bytes are no request."""
        text = TEXTS[status].encode()
        fields = [("Content-Type", "text/plain; charset=us-ascii"), ("Connection", "close"), *headers]
        await self._begin(status, fields, text)
        await self._linger()
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        return outcome

    async def _begin(self, status: int, headers: Sequence[Sequence[str]], body: bytes) -> None:
        fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        if status != 204 and not any(name == b"content-length" for name, _ in fields):
            fields.append((b"content-length", str(len(body)).encode()))
        await self._send({"type": "http.response.start", "status": status, "headers": fields})
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def _linger(self) -> None:
        read = 0
        try:
            async with asyncio.timeout(LINGER):
                async for piece in self.body():
                    read += len(piece)
                    if read > LINGERED:
                        return
        except (TimeoutError, BrokenOff):
            return
