"""Appending to the archive, in groups of 1, 10 and 100, beside writing the same bytes and syncing once a group.

The floor is what durability costs on this disk, whoever asks for it: ``pwrite`` and ``fdatasync``. Ours compresses,
hashes, frames and syncs besides.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from archive import Archive
from benchmarks.edi_files import iftsta
from benchmarks.measuring import Row, in_turn

CONTENTS = {1: 100, 10: 300, 100: 1_000}
"""How many contents are stored for each size of a group."""


def contents(count: int) -> list[bytes]:
    """Interchanges of one message each, all different: what an archive mostly gets."""
    one = iftsta(1)
    return [one.replace(b"SHP-1", b"SHP-%d" % number) for number in range(count)]


def rows() -> Iterator[Row]:
    """The lines of the table."""
    for size, count in CONTENTS.items():
        all_contents = contents(count)
        groups = [all_contents[start : start + size] for start in range(0, count, size)]
        with tempfile.TemporaryDirectory(prefix="sallyport-bench-") as folder:
            archive = Archive.open(Path(folder) / "archive")
            file = os.open(Path(folder) / "floor", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            try:
                found = in_turn(partial(_append, archive, groups), partial(_write, file, groups), clock="wall")
            finally:
                os.close(file)
                archive.close()
        yield Row(
            f"archive, append {size} at a time",
            f"{count / found.seconds:,.0f} contents/s",
            f"write and fdatasync: {count / found.other_seconds:,.0f} contents/s",
            found.ratio,
            found.spread,
            "",
        )


def _append(archive: Archive, groups: Sequence[Sequence[bytes]]) -> None:
    for group in groups:
        archive.append_all(group)


def _write(file: int, groups: Sequence[Sequence[bytes]]) -> None:
    for group in groups:
        os.writev(file, group)
        os.fdatasync(file)
