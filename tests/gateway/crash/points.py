"""The moments at which a gateway can be killed: before, after and in the middle of each durable act.

A run counts its acts: bytes written into the archive, syncs, commits of the database, publications, and every answer
that tells somebody outside that something is safe. With a number given, the process ends at that act, at once and
without any clean-up, as it would under SIGKILL. What the kernel has taken survives that, so a sync that is left out is
not found here; for the archive that is tested with a disk that forgets (``tests/archive``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Literal, NoReturn, ParamSpec, TypeVar

import msgspec
import pytest
from sqlalchemy.engine.default import DefaultDialect

P = ParamSpec("P")
T = TypeVar("T")

FULL = os.environ.get("SALLYPORT_FULL_SWEEP") == "1"
"""Whether all kills are taken, and some more; takes minutes."""
SEED = int(os.environ.get("SALLYPORT_SWEEP_SEED", "1"))
STRIDE = 3
"""Which part of the kills one run takes; another seed takes others."""

KILLED = 137
"""The exit code of a process that was killed by SIGKILL, as a shell tells it."""

How = Literal["before", "torn", "after"]


class Kill(msgspec.Struct, frozen=True, array_like=True):
    """End at the act with this number, the first being 1; ``torn`` does half of a write."""

    number: int
    how: How


def part_of(kills: Sequence[Kill]) -> Sequence[Kill]:
    """Those that this run takes."""
    return kills if FULL else kills[SEED % STRIDE :: STRIDE]


class Points:
    """Counts the acts of this process."""

    def __init__(self, kill: Kill | None) -> None:
        self.labels: list[str] = []
        self._kill = kill

    def act(self, label: str, work: Callable[[], T], torn: Callable[[], object] | None = None) -> T:
        """The result of ``work``, where the process does not end before it, after it or in it."""
        self.labels.append(label)
        due = self._kill.how if self._kill and self._kill.number == len(self.labels) else None
        if due == "before":
            end()
        if due == "torn":
            if torn is not None:
                torn()
            end()
        result = work()
        if due == "after":
            end()
        return result

    def watch(self) -> None:
        """Count what this process does through ``os`` and through its databases from now on."""

        def counted(label: str, real: Callable[P, T]) -> Callable[P, T]:
            return lambda *args, **kwargs: self.act(label, lambda: real(*args, **kwargs))

        patch = pytest.MonkeyPatch()
        for name in ("fsync", "fdatasync", "ftruncate", "unlink"):
            patch.setattr(os, name, counted(name, getattr(os, name)))
        pwrite = os.pwritev
        commit: Callable[[DefaultDialect, Any], None] = DefaultDialect.do_commit

        def pwritev(file: int, buffers: Sequence[memoryview], offset: int) -> int:
            def half() -> int:
                whole = b"".join(buffers)
                return pwrite(file, [whole[: len(whole) // 2]], offset)

            return self.act("write", lambda: pwrite(file, buffers, offset), half)

        def do_commit(dialect: DefaultDialect, connection: Any) -> None:  # noqa: ANN401 (the driver's own type)
            self.act("commit", lambda: commit(dialect, connection))

        patch.setattr(os, "pwritev", pwritev)
        patch.setattr(DefaultDialect, "do_commit", do_commit)


def end() -> NoReturn:
    """The process is gone; nothing is flushed, closed or told."""
    os._exit(KILLED)
