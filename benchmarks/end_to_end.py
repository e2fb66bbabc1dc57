"""From an upload that lies complete in the spool to a document published and a CONTRL in the partner's mailbox.

A whole gateway on SQLite, with two workers and the embedded exchange, is given many files at once, as by eight SFTP
sessions. Beside it stands the thinking alone: the same files read, judged, translated and answered in memory, by one
thread, with nothing kept. The ratio says what durability and bookkeeping cost.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from itertools import count
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.edi_files import iftsta
from benchmarks.measuring import Row, in_turn
from gateway.arrival import Arrival
from gateway.catalogue import Catalogue
from gateway.channels.business import published_with, runner
from gateway.channels.sftp.placing import MAILBOXES
from gateway.config import FILE, open_home
from gateway.delivering import deliver_over
from gateway.inbound import read_transmission
from gateway.instance import Gateway
from gateway.judging import guide_of_standard
from gateway.ledger.schema import transmission
from gateway.outbound import build_message
from gateway.publishing import DELIVER
from gateway.receiving import BUILD, READ, receive_from_partner
from gateway.wiring import swapped_envelope, translation_context
from gateway.working import Workers
from queues import EmbeddedExchange
from translators.canonical import write_canonical
from translators.contrl import contrl
from translators.finding import Where
from translators.judgement import judge
from translators.mapping import to_canonical
from translators.reading import read
from translators.writing import write

SHAPES = {1: 60, 50: 4}
"""How many files for each number of messages in one."""
SESSIONS = 8
ROUNDS = 3
PATIENCE = 120.0


class _House:
    """A gateway that works; ``play`` gives it files and returns when all of them are through."""

    def __init__(self, folder: Path) -> None:
        (folder / "profiles").mkdir()
        for entry in (files("profiles") / "partners-example").iterdir():
            if entry.name.endswith(".yaml"):
                (folder / "profiles" / entry.name).write_bytes(entry.read_bytes())
        (folder / FILE).write_text("")
        self._folder = folder
        self._numbers = count(1)
        self.gateway = Gateway.open(open_home(folder, {}))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        exchange = EmbeddedExchange(self.gateway.database)
        deliver = deliver_over(published_with(runner(exchange, self._loop)), MAILBOXES)
        stages = {READ: read_transmission, BUILD: build_message, DELIVER: deliver}
        self._workers = Workers(self.gateway, stages, 2)
        self._workers.start()
        self._delivered = 0

    def spool(self, messages: int, number_of_files: int) -> list[Arrival]:
        """Files of that many messages, each an interchange of its own, complete in the spool."""
        arrivals = []
        for _ in range(number_of_files):
            number = next(self._numbers)
            content = iftsta(messages).replace(b"4711'", b"%d'" % number)
            path = self._folder / f"upload-{number}"
            path.write_bytes(content)
            arrivals.append(
                Arrival(
                    party="blue-anchor",
                    channel="blue-anchor-mailbox",
                    protocol="sftp",
                    name=f"status-{number}.edi",
                    path=path,
                    size=len(content),
                    sha256=hashlib.sha256(content).hexdigest(),
                    at=datetime.now(UTC),
                    facts={},
                )
            )
        return arrivals

    def play(self, arrivals: list[Arrival], messages: int) -> None:
        """Take the files and wait until each message's document and each file's CONTRL is delivered."""
        wanted = self._delivered + len(arrivals) * (messages + 1)
        with ThreadPoolExecutor(SESSIONS) as pool:
            list(pool.map(lambda arrival: receive_from_partner(self.gateway, arrival), arrivals))
        end = time.monotonic() + PATIENCE
        while self._count() < wanted:
            if time.monotonic() > end:
                raise RuntimeError(f"{self._count()} deliveries of {wanted} after {PATIENCE:.0f} seconds")
            time.sleep(0.01)
        self._delivered = wanted

    def play_next(self, batches: list[list[Arrival]], messages: int) -> None:
        """Play a batch that was not played yet: what came before would count as a repeat."""
        self.play(batches.pop(), messages)

    def _count(self) -> int:
        statement = select(func.count()).select_from(transmission).where(transmission.c.delivery == "delivered")
        return self.gateway.database.read(lambda c: c.execute(statement).scalar_one())

    def close(self) -> None:
        """Stop everything."""
        self._workers.stop()
        self.gateway.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


def think(catalogue: Catalogue, contents: list[bytes]) -> None:
    """Read, judge, translate and answer, and keep nothing."""
    map_ = catalogue.map("edifact/D.96A/IFTSTA")
    if map_ is None:
        raise LookupError("there is no map for IFTSTA")
    today = datetime.now(UTC)
    for content in contents:
        reading = read(content)
        for interchange in reading.interchanges:
            judgement = judge(interchange, reading.source, guide_of_standard(catalogue, reading.source))
            for judged in judgement.messages:
                if judged.tree is None or not judged.accepted:
                    raise RuntimeError(f"the generated file is not good: {judged.findings}")
                context = translation_context(None, None, today.date(), Where(), reading.source)
                mapped = to_canonical(judged.tree, map_, context)
                if mapped.document is None:
                    raise RuntimeError(f"the generated file is not good: {mapped.findings}")
                write_canonical(mapped.document)
            answer = contrl(judgement)
            if answer is not None:
                write(swapped_envelope(interchange, 1, today), [answer])


def rows() -> Iterator[Row]:
    """The lines of the table."""
    catalogue = Catalogue()
    for messages, number_of_files in SHAPES.items():
        with tempfile.TemporaryDirectory(prefix="sallyport-bench-") as folder:
            house = _House(Path(folder))
            # Writing the spool files is the partner's time, not ours.
            batches = [house.spool(messages, number_of_files) for _ in range(ROUNDS + 1)]
            contents = [arrival.path.read_bytes() for arrival in batches[0]]
            try:
                play, alone = partial(house.play_next, batches, messages), partial(think, catalogue, contents)
                found = in_turn(play, alone, clock="wall", rounds=ROUNDS)
            finally:
                house.close()
        total = messages * number_of_files
        yield Row(
            f"file to document and CONTRL; {number_of_files} files of {messages}",
            f"{total / found.seconds:,.0f} messages/s",
            f"the thinking alone: {total / found.other_seconds:,.0f} messages/s",
            found.ratio,
            found.spread,
            "",
        )
