"""``python -m tests.fuzz --minutes 60 --seed 1``: damages files and holds the engine to its laws.

A mutated file that shows a combination of findings not seen before joins the corpus, which leads the mutations into
the corners of the engine. A file that breaks a law is kept in ``--keep`` with the reason beside it: make a vector of it
before mending the fault.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import time
import traceback
from pathlib import Path

from tests.fuzz.corpus import seeds
from tests.fuzz.mutations import mutated
from tests.fuzz.oracle import Oracle


def main() -> int:
    """Fuzz for the given time; 1 when a law was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"))
    chosen = parser.parse_args()
    chance = random.Random(chosen.seed)  # noqa: S311 - repeatable on purpose
    oracle, corpus = Oracle(), seeds()
    started_with, seen = len(corpus), set()
    runs = bytes_run = broken = 0
    longest = 0.0
    until = time.monotonic() + chosen.minutes * 60
    while time.monotonic() < until:
        data = mutated(chance, chance.choice(corpus), corpus)
        runs, bytes_run = runs + 1, bytes_run + len(data)
        start = time.process_time()
        try:
            signature = oracle.signature(data)
        except Exception:  # noqa: BLE001 - whatever it is, it is what this program looks for
            broken += 1
            _keep(chosen.keep, data)
            continue
        longest = max(longest, time.process_time() - start)
        if signature not in seen:
            seen.add(signature)
            corpus.append(data)
    sys.stdout.write(
        f"{runs} files, {bytes_run / 1e6:.1f} MB, in {chosen.minutes:g} minutes from seed {chosen.seed}; "
        f"{started_with} files at the start, {len(corpus)} at the end; {len(seen)} combinations of findings; "
        f"the slowest file took {longest:.2f} s; {broken} broke a law\n"
    )
    return 1 if broken else 0


def _keep(folder: Path, data: bytes) -> None:
    reason = traceback.format_exc()
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(reason.splitlines()[-1][:80].encode("utf-8")).hexdigest()[:12]
    if not (folder / f"{name}.edi").exists():
        (folder / f"{name}.edi").write_bytes(data)
        (folder / f"{name}.txt").write_text(reason)
        sys.stderr.write(f"{folder / name}.edi: {reason.splitlines()[-1][:200]}\n")


if __name__ == "__main__":
    raise SystemExit(main())
