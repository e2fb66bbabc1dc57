"""Trying out, in a process of its own, work that may be what ended its workers.

Some bytes end whoever reads them: they take all memory, crash a library, or never come to an end. A worker that runs
such a job takes the gateway with it, and after the restart the job is claimed again. So a job whose workers have ended
without a word is rehearsed before its next run: :mod:`gateway.rehearsal` does what is pure about it, the reading,
judging and translating, in a process with limits on memory and processor time, which the kernel ends before any other
when memory runs out. What that process survives, the worker runs as always.

A rehearsal writes nothing. It has the ledger and the archive open for reading, as the command line has, so it needs no
part of what one process alone may do. The stages of which nothing is pure, such as delivering, have no rehearsal; the
limit on how often a worker may end is what holds those.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

from gateway.config import Home
from gateway.receiving import BUILD, READ
from gateway.rehearsal import EXHAUSTED, SURVIVED
from queues import Job

REHEARSED = frozenset({READ, BUILD})
WAITING = 4
"""Times the processor time that a rehearsal may take by the clock, on a machine that has other work."""
LOOKS = 0.2
"""Seconds between looks whether the gateway is to stop meanwhile."""


class Interrupted(Exception):
    """The gateway is being stopped: nothing was found out."""


def rehearse(home: Home, job: Job, stopping: threading.Event) -> str | None:
    """What ended the rehearsal of a job, as the end of a sentence; ``None`` when nothing did, or there is none.

    Raises :class:`Interrupted` when ``stopping`` is set meanwhile, and ``OSError`` when no process can be started.
    """
    if job.kind not in REHEARSED:
        return None
    limits = home.config.rehearsal
    cpu = max(1, round(limits.cpu.total_seconds()))
    command = [sys.executable, "-m", "gateway.rehearsal", str(home.folder), job.kind, job.payload["transmission"]]
    limited = [*command, str(cpu), str(limits.memory)]
    with subprocess.Popen(limited, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:  # noqa: S603
        until = time.monotonic() + WAITING * cpu
        try:
            while process.poll() is None:
                if stopping.wait(LOOKS):
                    raise Interrupted
                if time.monotonic() >= until:
                    return f"had not come to its end after {timedelta(seconds=WAITING * cpu)}"
        finally:
            process.kill()
    return _told(process.returncode, cpu, limits.memory)


def _told(code: int, cpu: int, memory: int) -> str | None:
    if code == SURVIVED:
        return None
    if code == EXHAUSTED:
        return f"needed more than the {memory >> 20} MiB of memory that it was given (`rehearsal: memory`)"
    if code == -signal.SIGXCPU:
        return f"used up the {cpu} seconds of processor time that it was given (`rehearsal: cpu`)"
    if code == -signal.SIGKILL:
        return "was killed (SIGKILL), as the kernel does when memory runs out"
    if code < 0:
        return f"was ended by the signal {signal.Signals(-code).name}"
    return f"ended without a word, with the exit code {code}"
