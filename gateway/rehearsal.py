"""The process in which a job is rehearsed (:mod:`gateway.rehearsing`): ``python -m gateway.rehearsal`` and its limits.

The limits are set before anything is loaded that reads what others sent. Everything that the work itself raises is an
end like any other: the worker will meet it again, and knows what to do about it.
"""

from __future__ import annotations

import hashlib
import os
import resource
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NoReturn

SURVIVED, EXHAUSTED = 64, 65
"""Exit codes of a rehearsal: it came to its end, or to the end of its memory. Whatever ends a process by accident uses
others, zero above all."""
FIRST_TO_GO = "1000"
"""The kernel's figure for a process that is to be ended before every other one."""


def main() -> NoReturn:
    """Rehearse the stage and transmission that the arguments name; the exit code says what came of it."""
    folder, stage, transmission, cpu, memory = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    # The soft limit sends SIGXCPU, which ends a process and says why.
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu), int(cpu) + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_GO)
    sys.excepthook = _came_to_its_end
    _rehearse(Path(folder), stage, transmission)
    _leave(SURVIVED)


def _came_to_its_end(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    """Whatever the work raises, the worker meets again: it alone decides about it."""
    if issubclass(kind, MemoryError):
        _leave(EXHAUSTED)
    sys.stderr.write(f"the rehearsal came to its end with {kind.__name__}: {error}\n")
    _leave(SURVIVED)


def _leave(code: int) -> NoReturn:
    """Without the interpreter's own end, in which what the work has broken could break something else."""
    sys.stderr.flush()
    os._exit(code)


def _rehearse(folder: Path, stage: str, transmission_id: str) -> None:
    from archive import Archive, Locator
    from gateway import logs
    from gateway.catalogue import Catalogue
    from gateway.config import open_home
    from gateway.database import Database, DatabaseFault
    from gateway.inbound import read_and_record
    from gateway.instance import Gateway
    from gateway.ledger import transmissions
    from gateway.outbound import draft_document
    from gateway.receiving import READ

    class Unwritten(Archive):
        """Says where contents would lie, and keeps none."""

        def append_all(self, contents: Sequence[bytes]) -> list[Locator]:
            return [Locator(hashlib.sha256(each).hexdigest(), len(each), "", 0, 0) for each in contents]

    home = open_home(folder, os.environ)
    logs.configure(home.config.log)
    database = Database.open(home.database_url, mode="read")
    gateway = Gateway(home, database, Unwritten.open(home.archive, mode="read"), Catalogue(home.guides), None)
    transmission = database.read(lambda c: transmissions.get(c, transmission_id))
    if stage == READ:
        # What is to be written is where the rehearsal ends: this process has the ledger for reading only.
        with suppress(DatabaseFault):
            read_and_record(gateway, transmission, lambda connection, reading: None)
    else:
        draft_document(gateway, transmission)


if __name__ == "__main__":
    main()
