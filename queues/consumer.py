"""How a letter is offered to a handler, and what becomes of it: one policy for every exchange.

:func:`offer` is the supervisor: the one place where any exception of a handler is caught, for a fault in one letter
must not end the reading of the others. :class:`BoxReader` reads a box letter by letter, in order; it serves the
exchanges that are no broker. What a box does with a letter is its own affair and stands behind :class:`Box`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from contextlib import suppress
from typing import Literal, Protocol, TypeVar

import msgspec

from queues.exchange import Handler, Letter, NotNow, Refused

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long a letter is tried."""

    tries: int = 5
    """How often a handler may fail on a letter, with an exception it did not declare, before the letter is dead."""
    pause: float = 0.5
    """Seconds before the first retry; doubled for each further one."""
    longest: float = 30.0
    """Seconds of pause at most."""

    def seconds(self, rounds: int) -> float:
        """The pause after that many rounds without success, 1 for the first."""
        return min(self.longest, self.pause * 2.0 ** min(rounds - 1, 30))


class Verdict(msgspec.Struct, frozen=True):
    """What a handler made of a letter."""

    kind: Literal["done", "refused", "not-now", "failed"]
    reason: str = ""


async def offer(handler: Handler, letter: Letter) -> Verdict:
    """The handler's verdict on the letter, whatever the handler raises."""
    try:
        await handler(letter)
    except Refused as refusal:
        return Verdict("refused", str(refusal))
    except NotNow as reason:
        return Verdict("not-now", str(reason))
    except Exception as error:  # noqa: BLE001 (the supervisor of the handlers: see above)
        _log.error("The handler failed on letter %s", letter.message_id, exc_info=error)
        return Verdict("failed", f"The handler failed: {type(error).__name__}: {error}")
    return Verdict("done")


async def unless(event: asyncio.Event, work: Awaitable[T]) -> T | None:
    """The result of ``work``, or ``None`` and ``work`` cancelled when the event comes first."""
    task, stop = asyncio.ensure_future(work), asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait((task, stop), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        return None
    finally:
        for future in (task, stop):
            if not future.done():
                future.cancel()
                with suppress(asyncio.CancelledError):
                    await future


def ended_by(task: asyncio.Task[None]) -> str | None:
    """Why a task that should go on has ended, for a person; ``None`` while it goes on and after it was stopped."""
    if task.done() and not task.cancelled() and (error := task.exception()):
        return f"Reading has ended: {type(error).__name__}: {error}"
    return None


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A letter in a reader's hand."""

    id: int
    letter: Letter
    delivery: int
    failures: int


class Box(Protocol):
    """Where a :class:`BoxReader` gets letters and says what became of them."""

    async def take(self) -> Held | None:
        """The next letter, or none at the moment."""

    async def wait(self) -> None:
        """Return when there may be another letter."""

    async def done(self, held: Held) -> None:
        """The letter is gone."""

    async def dead(self, held: Held, reason: str) -> None:
        """The letter goes to the dead letters."""

    async def later(self, held: Held, seconds: float, failures: int) -> None:
        """The letter is in nobody's hand and comes again after a pause."""


class BoxReader:
    """A consumer that reads a box letter by letter until it is stopped."""

    def __init__(
        self, box: Box, handler: Handler, patience: Patience, faults: tuple[type[Exception], ...] = ()
    ) -> None:
        """``faults`` are what the box raises when it is away; reading goes on after a pause."""
        self._box = box
        self._handler = handler
        self._patience = patience
        self._faults = faults
        self._stopping = asyncio.Event()
        self._trouble: str | None = None
        self._task = asyncio.create_task(self._run())

    @property
    def trouble(self) -> str | None:
        """Why nothing is read at the moment."""
        return ended_by(self._task) or self._trouble

    async def stop(self) -> None:
        """Return when the letter at hand is dealt with."""
        self._stopping.set()
        await self._task

    async def _run(self) -> None:
        rounds = 0
        while not self._stopping.is_set():
            try:
                held = await self._box.take()
                if held is None:
                    await unless(self._stopping, self._box.wait())
                elif await self._deal(held, rounds):
                    rounds = 0
                else:
                    # What kept this letter would keep the next one too.
                    rounds += 1
                    await unless(self._stopping, asyncio.sleep(self._patience.seconds(rounds)))
                self._trouble = None
            except self._faults as error:
                rounds += 1
                self._trouble = f"Letters cannot be read: {error}"
                _log.warning("%s", self._trouble)
                await unless(self._stopping, asyncio.sleep(self._patience.seconds(rounds)))

    async def _deal(self, held: Held, rounds: int) -> bool:
        """Whether the letter was dealt with; ``rounds`` is how often in a row letters were not."""
        verdict = await offer(self._handler, held.letter)
        match verdict.kind:
            case "done":
                await self._box.done(held)
            case "refused":
                await self._box.dead(held, verdict.reason)
            case "failed" if held.failures + 1 >= self._patience.tries:
                await self._box.dead(held, verdict.reason)
            case "failed":
                failures = held.failures + 1
                await self._box.later(held, self._patience.seconds(failures), failures)
            case "not-now":
                await self._box.later(held, self._patience.seconds(rounds + 1), held.failures)
                return False
        return True
