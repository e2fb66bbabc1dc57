"""The exchange in memory: the twin of the others, for tests and trials. It forgets everything with the process."""

from __future__ import annotations

import asyncio
from collections import deque

from queues.consumer import BoxReader, Held, Patience
from queues.exchange import DeadLetter, End, Handler, Letter, Topology, check_fit


class MemoryBroker:
    """The boxes that the two ends share; lives in one event loop."""

    def __init__(self, topology: Topology | None = None) -> None:
        self.topology = topology or Topology()
        self.dead: list[DeadLetter] = []
        self._boxes: dict[str, MemoryBox] = {}

    def box(self, name: str) -> MemoryBox:
        """The box of that name."""
        return self._boxes.setdefault(name, MemoryBox(self))


class MemoryBox:
    """Letters in their order; a reader takes the first one out."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker
        self._waiting: deque[Held] = deque()
        self._arrived = asyncio.Event()
        self._count = 0

    def put(self, letter: Letter) -> None:
        """Behind the others."""
        self._count += 1
        self._waiting.append(Held(id=self._count, letter=letter, delivery=1, failures=0))
        self._arrived.set()

    async def take(self) -> Held | None:
        """The first."""
        return self._waiting.popleft() if self._waiting else None

    async def wait(self) -> None:
        """Until one is put in."""
        if not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()

    async def done(self, held: Held) -> None:
        """It was taken out already."""

    async def dead(self, held: Held, reason: str) -> None:
        """To where a test can see it."""
        self._broker.dead.append(DeadLetter(letter=held.letter, reason=reason))

    async def later(self, held: Held, seconds: float, failures: int) -> None:
        """Back to the front after the pause, from whoever stops reading in between too."""
        again = Held(id=held.id, letter=held.letter, delivery=held.delivery + 1, failures=failures)

        def put_back() -> None:
            self._waiting.appendleft(again)
            self._arrived.set()

        asyncio.get_running_loop().call_later(seconds, put_back)


class MemoryExchange:
    """One end of a broker in memory."""

    def __init__(self, broker: MemoryBroker, end: End = "gateway", patience: Patience | None = None) -> None:
        self._broker = broker
        self._end: End = end
        self._patience = patience or Patience()
        self._readers: list[BoxReader] = []

    async def publish(self, letter: Letter) -> None:
        """As the seam says; safe as long as the process lives."""
        check_fit(letter)
        for queue in self._broker.topology.route(letter.routing_key):
            self._broker.box(queue).put(letter)

    async def consume(self, handler: Handler) -> BoxReader:
        """As the seam says, letter by letter."""
        box = self._broker.box(self._broker.topology.read_by(self._end))
        self._readers.append(BoxReader(box, handler, self._patience))
        return self._readers[-1]

    async def close(self) -> None:
        """The letters stay with the broker."""
        for reader in self._readers:
            await reader.stop()
