"""Asking before a large body goes out: ``Expect: 100-continue`` (RFC 9110, 10.1.1).

The header goes alone. ``100 Continue`` calls for the body; nothing for a while means that the server does not know the
question, and the body goes all the same, as the RFC wants; any final status is the answer, and no byte of the body
follows it.

The HTTP client sends header and body in one go and has no such pause. But it asks for the body piece by piece, the
first piece after the header has left, and it tells of the connection that it made; so the pause is in front of the
first piece. What comes in it is read here: behind ``100 Continue`` comes nothing before the body is sent, and whatever
else comes is an answer, which ends the request. Nothing has to be handed back. The connection is used for one request.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Final, Protocol

import h11
import httpcore2

from as2.headers import Headers

LARGEST_ANSWER: Final = 1 << 20
"""Bytes of an answer that comes instead of the leave."""


class AnsweredInstead(Exception):
    """The server's final answer came before the body; the request is over."""

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        super().__init__(f"answered {status} before the body")
        self.status = status
        self.headers = headers
        self.body = body


class Stream(Protocol):
    """What is read of a connection."""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What came; empty at its end; raises ``httpcore2.ReadTimeout`` and ``httpcore2.ReadError``."""


class Expecting:
    """The pause of one request: given to the client as its trace, and asked for leave before the first piece."""

    def __init__(self, patience: float, answer_within: float) -> None:
        """``patience`` is how many seconds nothing is waited for, ``answer_within`` how many an answer may take."""
        self._patience = patience
        self._answer_within = answer_within
        self._stream: Stream | None = None

    def trace(self, event: str, info: Mapping[str, object]) -> None:
        """Hear of the connection; the one that TLS was put on is the last."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            stream = info["return_value"]
            self._stream = stream if isinstance(stream, httpcore2.NetworkStream) else None

    def before(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The pieces of the body, once they may be sent; raises :class:`AnsweredInstead` when they may not.

        Raises what ``httpcore2`` raises for a connection that breaks.
        """
        if self._stream is not None:
            wait_for_leave(self._stream, self._patience, self._answer_within)
        yield from chunks


def wait_for_leave(stream: Stream, patience: float, answer_within: float) -> None:
    """Return when the body may be sent: the server says so, or says nothing for ``patience`` seconds.

    Raises :class:`AnsweredInstead`, ``httpcore2.RemoteProtocolError`` for what is no HTTP, and what the stream raises.
    """
    parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_ANSWER)
    parser.send(h11.Request(method="POST", target="/", headers=[("Host", "x"), ("Content-Length", "1")]))
    until = time.monotonic() + patience
    answer: h11.Response | None = None
    body = bytearray()
    begun = False
    while True:
        try:
            event = parser.next_event()
        except h11.RemoteProtocolError as fault:
            raise httpcore2.RemoteProtocolError(str(fault)) from None
        if event is h11.NEED_DATA:
            try:
                piece = stream.read(1 << 16, timeout=max(0.0, until - time.monotonic()) or 1e-3)
            except httpcore2.ReadTimeout:
                if not begun:
                    return
                raise
            if piece and not begun:
                # Whatever it becomes, it is read to its end here.
                begun, until = True, time.monotonic() + answer_within
            parser.receive_data(piece)
        elif isinstance(event, h11.InformationalResponse):
            if event.status_code == 100 and not parser.trailing_data[0]:
                return
        elif isinstance(event, h11.Response):
            answer = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > LARGEST_ANSWER:
                raise httpcore2.RemoteProtocolError(f"an answer of more than {LARGEST_ANSWER} bytes")
        elif answer is not None:
            fields = tuple((bytes(name), bytes(value)) for name, value in answer.headers.raw_items())
            raise AnsweredInstead(answer.status_code, Headers(fields), bytes(body))
        else:
            raise httpcore2.RemoteProtocolError("the server ended the connection before the body")
