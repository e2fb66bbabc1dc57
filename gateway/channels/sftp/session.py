"""An SSH channel that speaks SFTP: bytes in from asyncssh, requests one by one to the conversation, answers out.

This is where "the client closed the file" and "the client is gone" are kept apart (see ``server``). Requests wait in a
queue and one task answers them in order. *The end of input* (EOF: the client ended the subsystem) ends the task when
the queue is empty: what the client said before it still counts. *A lost channel* (the connection dropped, or the client
closed the channel) ends it at once: a CLOSE that still waits is not acted on, since nobody would hear that the file is
safe, and the client will send it again. Either way the uploads still open are broken off.

Back-pressure runs both ways: beyond a backlog of requests we stop reading and the SSH window closes; while the client
does not read its answers no further request is served.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import asyncssh

from gateway.channels.sftp import wire
from gateway.channels.sftp.conversation import Conversation
from gateway.channels.sftp.limits import Limits
from gateway.channels.sftp.wire import Status

STOPPED = "the server was stopped"


class Session(asyncssh.SSHServerSession[bytes]):
    """One SFTP session; ``begin`` makes its conversation, ``running`` is where the server finds those under way."""

    def __init__(
        self,
        begin: Callable[[Callable[[], bool]], Conversation],
        limits: Limits,
        running: dict[Session, asyncio.Task[None]],
    ) -> None:
        self._begin = begin
        self._limits = limits
        self._running = running
        self._channel: asyncssh.SSHServerChannel[bytes]
        self._packets = wire.Packets()
        self._queue: deque[tuple[wire.Request, int]] = deque()
        self._backlog = 0
        self._paused = False
        self._input_ended = False
        self._lost = False
        self._stopping = False
        self._fault: str | None = None
        self._news = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    @property
    def over(self) -> bool:
        """Whether the channel is gone."""
        return self._lost

    # What asyncssh calls

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        """The channel is open."""
        self._channel = chan

    def subsystem_requested(self, subsystem: str) -> bool:
        """Only SFTP; shells, commands and terminals are refused by what this class inherits."""
        return subsystem == "sftp"

    def session_started(self) -> None:
        """The subsystem was granted: begin to serve."""
        task = asyncio.get_running_loop().create_task(self._serve())
        self._running[self] = task
        task.add_done_callback(lambda _: self._running.pop(self, None))

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        """Bytes came: queue the requests that are complete."""
        if self._fault is not None:
            return
        try:
            for request, size in self._packets.feed(data):
                self._queue.append((request, size))
                self._backlog += size
        except wire.WireFault as fault:
            self._fault = str(fault)
        if self._backlog > self._limits.backlog and not self._paused:
            self._paused = True
            self._channel.pause_reading()
        self._news.set()

    def eof_received(self) -> bool:
        """The client sends no more; it can still be answered."""
        self._input_ended = True
        self._news.set()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """The channel or its connection is gone."""
        self._lost = True
        self._news.set()
        self._writable.set()

    def pause_writing(self) -> None:
        """The client does not read its answers."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It does again."""
        self._writable.set()

    def stop(self) -> None:
        """Answer the request that is being served, then end the session."""
        self._stopping = True
        self._news.set()
        self._writable.set()

    # Serving

    def _gone(self) -> bool:
        # is_closing: the client has closed the channel, and asyncssh has not come round to telling us.
        return self._lost or self._channel.is_closing()

    async def _serve(self) -> None:
        conversation = self._begin(self._gone)
        cause = STOPPED
        try:
            while (request := await self._next()) is not None:
                answer = await self._answer(conversation, request)
                if not self._gone():
                    self._channel.write(answer)
                async with asyncio.timeout(self._limits.idle):
                    await self._writable.wait()
            cause = self._cause()
        except TimeoutError:
            cause = f"the client asked for nothing, or read no answers, for {self._limits.idle:g} seconds"
        finally:
            await conversation.end(cause)
        if not self._gone():
            self._channel.exit(0 if self._fault is None else 1)
        elif not self._lost:
            # The client has closed the channel while we had paused reading: asyncssh holds back what came last, and the
            # end of the channel with it, until it is told that nobody wants it.
            self._channel.abort()

    def _cause(self) -> str:
        if self._stopping:
            return STOPPED
        if self._gone():
            return "the connection was lost before the file was closed"
        if self._fault is not None:
            return f"the client broke the protocol: {self._fault}"
        return "the client ended the session without closing the file"

    async def _next(self) -> wire.Request | None:
        while True:
            if self._gone() or self._stopping:
                return None
            if self._queue:
                request, size = self._queue.popleft()
                self._backlog -= size
                if self._paused and self._backlog <= self._limits.backlog // 2:
                    self._paused = False
                    self._channel.resume_reading()
                return request
            if self._input_ended or self._fault is not None:
                return None
            self._news.clear()
            async with asyncio.timeout(self._limits.idle):
                await self._news.wait()

    async def _answer(self, conversation: Conversation, request: wire.Request) -> bytes:
        # A task, because a task hands over its exception as a value: a fault in one request is answered and reported
        # and does not end the session, and no broad `except` is needed for it.
        task = asyncio.ensure_future(conversation.answer(request))
        await asyncio.wait({task})
        error = task.exception()
        if error is None:
            return task.result()
        conversation.log.error("sftp.request.failed", request=type(request).__name__, exc_info=error)
        return wire.status(request.id, Status.FAILURE, "The gateway could not do this: try again later")
