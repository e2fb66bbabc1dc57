"""``python -m benchmarks [NAME …]``: measures and prints one table."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version

from rich.console import Console
from rich.table import Table

from benchmarks import archive_append, as2, edi, end_to_end, maps, work_queue
from benchmarks.measuring import ROUNDS, Row

BENCHMARKS: dict[str, Callable[[], Iterable[Row]]] = {
    "edi": edi.rows,
    "maps": maps.rows,
    "as2": as2.rows,
    "archive": archive_append.rows,
    "queue": work_queue.rows,
    "end-to-end": end_to_end.rows,
}


def main(names: list[str]) -> int:
    """0 when everything named, or everything, was measured."""
    unknown = set(names) - BENCHMARKS.keys()
    if unknown:
        sys.stderr.write(f"there is no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(BENCHMARKS)}\n")
        return 2
    console = Console()
    table = Table(title=_machine(), title_justify="left", header_style="bold")
    for column in ("what", "Sallyport", "beside it", "ratio", "of the rounds", "goal"):
        table.add_column(column, overflow="fold")
    started = time.monotonic()
    for name in names or BENCHMARKS:
        with console.status(f"measuring {name}"):
            for row in BENCHMARKS[name]():
                table.add_row(*row)
    console.print(table)
    console.print(
        f"Medians of {ROUNDS} rounds (end to end: {end_to_end.ROUNDS}), ours and the other in turn, in"
        f" {time.monotonic() - started:.0f} seconds. A ratio above 1: ours is faster. benchmarks/README.md says more.",
        highlight=False,
    )
    return 0


def _machine() -> str:
    load = os.getloadavg()[0]
    return (
        f"{_processor()}, {os.cpu_count()} processors, load {load:.1f} at the start;"
        f" Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, pydifact {version('pydifact')}"
    )


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
