"""Files that are collected from a place of others: looked at, waited for, fetched, committed, and only then removed.

*A job without an end.* Every channel that collects has one job in the queue, which is claimed when it is time to look
and then queued again for the next time. So any number of nodes look into a folder one after the other and never at
once, a node that dies gives its look back, and a slow server costs no thread but the two that do nothing else.

*When a file is taken.* Its size and time were the same in two looks that are ``settled`` apart, and its end is there
(:mod:`gateway.channels.files.completeness`); without an end it is waited for until it has not changed for
``unfinished``, and then taken as it is. What a node has seen lies in its memory: after a start the waiting begins anew.

*Committed, then removed.* The bytes are archived, then one transaction records the transmission, the job that reads it,
and that this file (name, size, time, content) of this channel was taken; only then is it removed over there. A crash
before the removal makes the file come again; it is then known, and only removed. The same file put there later has a
time of its own and is a new transmission, for the duplicate check to judge.

*What does not answer.* The pauses grow up to an hour, and after the third time in a row there is a case, which the next
look that works closes. A place that says no is a case at once. One that says no to a single file keeps none of the
others waiting: that file has a case of its own.

*Put aside.* What cannot be taken yet is not fetched again at every look: a file without its end not before it has
changed or ``unfinished`` is over, one that is too large or that the place refuses not for an hour.
"""

from __future__ import annotations

import hashlib
import threading
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

import msgspec
import structlog
from sqlalchemy import Connection

from gateway.arrival import printable
from gateway.channels.files.completeness import END, looks_whole
from gateway.channels.files.place import Changed, Denied, OpenPlace, Place, PlaceFault, Seen
from gateway.channels.workplace import NoRoom, SpoolFolder, Workplace
from gateway.instance import Gateway
from gateway.ledger import cases
from gateway.receiving import Collected, receive_collected
from gateway.wiring import LANES
from gateway.working import ABOUT
from partners import Channel, Collecting, DirectoryChannel, SftpClientChannel
from queues import Job

log = structlog.get_logger()

COLLECT = "collect"
"""The stage that looks into a channel's folder."""
CAUSE = "collecting-fails"
LONGEST_PAUSE = timedelta(hours=1)
FAILURES_BEFORE_CASE = 3
AT_ONCE = 200
"""Files that one look takes; the rest waits for the next one, which then comes at once."""

FileChannel = DirectoryChannel | SftpClientChannel


class _Known(msgspec.Struct):
    """What this node knows of a channel's folder."""

    still: dict[Seen, datetime]
    """Since when each file has looked as it does."""
    aside: dict[Seen, datetime]
    """Until when a file is left alone."""
    failures: int = 0


class Collector:
    """The stage ``collect``; safe to use from several threads."""

    def __init__(self, open_place: OpenPlace, spool: SpoolFolder, limit: int) -> None:
        """``limit`` is the size of the largest file that is taken, in bytes."""
        self._open_place = open_place
        self._spool = spool
        self._limit = limit
        self._known: dict[str, _Known] = {}
        self._guard = threading.Lock()

    def collect(self, gateway: Gateway, job: Job) -> None:
        """One look; the job is queued for the next one, or at its end when the profile collects here no more."""
        name = job.payload[ABOUT]
        channel = gateway.profiles.current.channels.get(name)
        if not isinstance(channel, FileChannel) or channel.collect is None:
            with self._guard:
                self._known.pop(name, None)
            gateway.database.write(lambda c: gateway.queue.complete(c, job))
            return
        with self._guard:
            known = self._known.setdefault(name, _Known({}, {}))
        pause = channel.collect.every
        if name in gateway.refusing:
            gateway.database.write(lambda c: gateway.queue.repeat(c, job, gateway.clock() + pause, "paused"))
            return
        try:
            with self._open_place(name) as place:
                more = self._look(gateway, channel, channel.collect, place, known)
        except PlaceFault as fault:
            known.failures += 1
            pause = min(pause * 2 ** min(known.failures, 12), max(LONGEST_PAUSE, pause))
            self._failed(gateway, job, channel, known, fault, pause)
            return
        except NoRoom as fault:
            log.warning("nothing is collected for now", channel=name, error=str(fault))
            more = False
        known.failures = 0
        now = gateway.clock()

        def done(connection: Connection) -> None:
            gateway.queue.repeat(connection, job, now if more else now + pause)
            cases.close_of(connection, CAUSE, name, "the folder could be looked into again", "gateway", now)

        gateway.database.write(done)

    def _look(self, gateway: Gateway, channel: FileChannel, terms: Collecting, place: Place, known: _Known) -> bool:
        """Take what is ready; whether more of it is left."""
        now = gateway.clock()
        seen = [each for each in place.look() if fnmatchcase(each.name, terms.files)]
        known.still = {each: known.still.get(each, now) for each in seen}
        known.aside = {each: until for each, until in known.aside.items() if each in known.still and until > now}
        ready = [each for each in seen if now - known.still[each] >= terms.settled and each not in known.aside]
        for each in ready[:AT_ONCE]:
            given_up = known.still[each] + terms.unfinished
            try:
                if not self._take(gateway, channel, terms, place, each, as_it_is=now >= given_up):
                    known.aside[each] = given_up
            except Changed as fault:
                known.still.pop(each, None)
                log.info("a file is not taken yet", channel=channel.id, name=printable(each.name), error=str(fault))
            except Denied as fault:
                known.aside[each] = now + LONGEST_PAUSE
                self._refused(gateway, channel, each, f"{fault}. It stays where it is, and is tried again in an hour")
        return len(ready) > AT_ONCE

    def _take(
        self, gateway: Gateway, channel: FileChannel, terms: Collecting, place: Place, seen: Seen, *, as_it_is: bool
    ) -> bool:
        """Whether the file was taken; not when its end is missing, unless it is to be taken ``as_it_is``."""
        if seen.size > self._limit:
            raise Denied(
                f"{printable(seen.name)} has {seen.size} bytes, and a file of at most {self._limit} is collected"
                " (`sftp: max_upload`): ask for smaller files, or raise the limit"
            )
        with Workplace(self._spool) as workplace:
            growing = workplace.growing(self._limit)
            beginning, end = b"", b""
            try:
                for chunk in place.fetch(seen):
                    growing.write(chunk)
                    beginning = beginning or chunk[:END]
                    end = (end + chunk)[-END:]
                content = growing.finish()
            finally:
                growing.close()
            if not as_it_is and not looks_whole(beginning, end):
                log.info("a file has no end yet", channel=channel.id, name=printable(seen.name), size=seen.size)
                return False
            name = seen.name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            transmission = receive_collected(
                gateway,
                Collected(
                    party=channel.party,
                    channel=channel.id,
                    protocol=channel.kind,
                    name=name,
                    content=content,
                    sha256=growing.sha256,
                    at=gateway.clock(),
                    facts=_facts(channel, terms),
                ),
                key=hashlib.sha256(f"{name}\0{seen.size}\0{seen.changed}".encode()).hexdigest(),
            )
        log.info(
            "collected" if transmission else "a file that was collected before is removed",
            transmission=transmission,
            party=channel.party,
            channel=channel.id,
            name=printable(name),
            size=seen.size,
        )
        place.remove(seen)
        return True

    @staticmethod
    def _refused(gateway: Gateway, channel: FileChannel, seen: Seen, text: str) -> None:
        subject = hashlib.sha256(f"{channel.id}\0{seen.name}".encode("utf-8", "surrogateescape")).hexdigest()
        now = gateway.clock()
        gateway.database.write(lambda c: cases.open(c, "file-not-collected", text, subject, channel.party, now))

    def _failed(
        self, gateway: Gateway, job: Job, channel: FileChannel, known: _Known, fault: PlaceFault, pause: timedelta
    ) -> None:
        now, told = gateway.clock(), str(fault)
        log.warning("nothing could be collected", channel=channel.id, failures=known.failures, error=told)

        def commit(connection: Connection) -> None:
            gateway.queue.repeat(connection, job, now + pause, told)
            if isinstance(fault, Denied) or known.failures >= FAILURES_BEFORE_CASE:
                text = f"nothing can be collected over channel `{channel.id}`: {told}. It is tried again by itself"
                cases.open(connection, CAUSE, text, channel.id, channel.party, now)

        gateway.database.write(commit)


def order_collections(gateway: Gateway) -> int:
    """Queue a look for every channel that collects and has none; how many were queued."""
    queue = gateway.queue
    collecting = [each for each in gateway.profiles.current.channels.values() if _collects(each)]
    missing = gateway.database.read(lambda c: [each for each in collecting if not queue.expects(c, _key(each))])

    def order(connection: Connection) -> int:
        return sum(
            queue.ensure(
                connection,
                kind=COLLECT,
                key=_key(each),
                payload={ABOUT: each.id},
                partner=each.party,
                lane=LANES["urgent"],
            )
            for each in missing
        )

    return gateway.database.write(order) if missing else 0


def _collects(channel: Channel) -> bool:
    return isinstance(channel, FileChannel) and channel.collect is not None


def _key(channel: Channel) -> str:
    return f"{COLLECT}:{channel.id}"


def _facts(channel: FileChannel, terms: Collecting) -> dict[str, str]:
    if isinstance(channel, SftpClientChannel):
        return {"server": f"{channel.host}:{channel.port}", "folder": terms.folder}
    return {"folder": f"{channel.folder}/{terms.folder}"}
