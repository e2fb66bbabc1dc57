"""Connections that send nothing, or so slowly that it comes to the same.

uvicorn ends a connection that rests between two requests, and waits for ever for one that never completes its first
line. Whoever may open connections could hold all that the system has. So a request's header has a time in which it
must be complete, and its body a rate below which it is not waited for.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

HEAD_WITHIN = 20.0
"""Seconds in which the header of a request has to come, from the connection or from its first byte on."""
BODY_GRACE = 30.0
"""Seconds that any body may take, whatever its size."""
BODY_RATE = 2000
"""Bytes a second that a body must make beyond that."""
BODY_PAUSE = 30.0
"""Seconds between two pieces of a body that can be gone on with: its sender cannot before we give this one up."""


UNREAD = "unread"
"""Where a request's state holds what came of its body before the connection ended, and was not received by then."""


class PatientProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, with an end to the wait for a header."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._head_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first header is due."""
        super().connection_made(transport)
        self._head_due = self.loop.call_later(HEAD_WITHIN, self._give_up)

    def data_received(self, data: bytes) -> None:
        """Whether it completes the header, or begins another one, decides whether one is due."""
        super().data_received(data)
        if self._between_requests():
            if self._head_due is None:
                self._head_due = self.loop.call_later(HEAD_WITHIN, self._give_up)
        elif self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is due any more; what came of the body and was not asked for yet is put where it can be found."""
        if self._head_due is not None:
            self._head_due.cancel()
        if self.cycle is not None and not self.cycle.response_complete:
            # uvicorn would forget it. Over a line that breaks every second it is all that ever comes.
            self.cycle.scope["state"][UNREAD] = bytes(self.cycle.body)
        super().connection_lost(exc)

    def _between_requests(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _give_up(self) -> None:
        self._head_due = None
        if self._between_requests() and not self.transport.is_closing():
            self.transport.close()
