"""``python -m tests.fuzz.as2 --minutes 60 --seed 1``: damages AS2 messages and holds the package to its laws.

The targets take turns. A file that shows what was not seen before joins the corpus of its target. One that breaks a
law, lets something escape, takes longer than ``SECONDS`` or more memory than the process may have is kept in ``--keep``
with the reason beside it: put it into ``found/`` before mending the fault.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Hashable
from pathlib import Path
from types import FrameType

from tests.fuzz.as2.corpus import seeds
from tests.fuzz.as2.laws import LAWS, Broken
from tests.fuzz.as2.mutations import MUTATIONS
from tests.fuzz.mutations import mutated

SECONDS = 5.0
"""Of the processor that one file of at most 64 KB may take; it is read several times over."""
MEMORY = 1 << 30
"""Bytes that the process may have beyond what it has at the start."""


def main() -> int:
    """Fuzz for the given time; 1 when a law was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.as2")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=sorted(LAWS), action="append")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"))
    chosen = parser.parse_args()
    chance = random.Random(chosen.seed)  # noqa: S311 - repeatable on purpose
    targets = chosen.only or list(LAWS)
    corpora = {name: list(seeds()[name]) for name in targets}
    started_with = sum(map(len, corpora.values()))
    seen: dict[str, set[Hashable]] = {name: set() for name in targets}
    runs: Counter[str] = Counter()
    size = broken = 0
    longest = 0.0
    for name in targets:
        # What is remembered of the seeds is not the first file's to pay for.
        _run(name, corpora[name][0])
    _bound_memory()
    signal.signal(signal.SIGVTALRM, _too_long)
    until = time.monotonic() + chosen.minutes * 60
    while time.monotonic() < until:
        name = targets[sum(runs.values()) % len(targets)]
        data = mutated(chance, chance.choice(corpora[name]), corpora[name], MUTATIONS)
        runs[name] += 1
        size += len(data)
        start = time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        try:
            shown = _run(name, data)
        except Exception:  # noqa: BLE001 - whatever it is, it is what this program looks for
            broken += 1
            _keep(chosen.keep, name, data)
            continue
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        longest = max(longest, time.process_time() - start)
        if shown not in seen[name]:
            seen[name].add(shown)
            corpora[name].append(data)
    each = ", ".join(f"{name} {count}" for name, count in runs.items())
    sys.stdout.write(
        f"{sum(runs.values())} files ({each}), {size / 1e6:.1f} MB, in {chosen.minutes:g} minutes from seed"
        f" {chosen.seed}; {started_with} files at the start, {sum(map(len, corpora.values()))} at the end;"
        f" {sum(map(len, seen.values()))} different outcomes; the slowest file took {longest:.2f} s, the process"
        f" {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB; {broken} broke a law\n"
    )
    return 1 if broken else 0


def _run(name: str, data: bytes) -> Hashable:
    return LAWS[name](data)


def _too_long(_number: int, _frame: FrameType | None) -> None:
    raise Broken(f"a file takes no longer than {SECONDS} s")


def _bound_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, resource.RLIM_INFINITY))


def _keep(folder: Path, target: str, data: bytes) -> None:
    reason = traceback.format_exc()
    folder.mkdir(parents=True, exist_ok=True)
    last = next(line for line in reversed(reason.splitlines()) if line.startswith('  File "'))
    name = target + "-" + hashlib.sha256((last + reason.splitlines()[-1][:60]).encode()).hexdigest()[:12]
    if not (folder / name).exists():
        (folder / name).write_bytes(data)
        (folder / f"{name}.txt").write_text(reason)
        sys.stderr.write(f"{folder / name}: {reason.splitlines()[-1][:200]}\n")


if __name__ == "__main__":
    raise SystemExit(main())
