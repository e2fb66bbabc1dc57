"""Reading and validating beside those who do it too, on the files of :mod:`benchmarks.edi_files`.

Ours reads the whole file and judges every message by its guide: envelopes, counts, references, duplicates; order and
number of segments; presence, type, length, codes and dates of every element. What the others do is less or as much:

* pydifact's ``Parser.parse`` gives segments and judges nothing of that. It is the bar for what Python libraries do.
* StAEDI (Java) validates against a schema made from our guide, on one thread of a virtual machine that has warmed up.
* Bots reads with a grammar made from our guide, without code lists, and keeps the whole tree.
* pyx12 knows no guide for these sets; it splits, and checks the envelopes.

Python peers and ours are measured in processor time, the others say their own. The long file is read by the command
``sallyport validate`` in a process of its own, as a user would, and its memory is what the system says it was.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pydifact.parser import Parser

from benchmarks import peers
from benchmarks.edi_files import Family, generated, write_file
from benchmarks.measuring import Paired, Row, in_turn, rounds_of
from gateway.catalogue import Catalogue
from gateway.judging import guide_of_standard
from tests.services.running import Missing
from translators.grammar import Guide
from translators.judgement import judge
from translators.reading import read

SIZE = 10_000_000
"""Bytes of the files that everybody reads."""
LONG = 1_000_000_000
"""Bytes of the file whose reading must be bounded in memory, and take time in proportion."""
ROUNDS = 3
WARM_UP = 2
"""Rounds of the Java peer that do not count."""

GUIDES: dict[Family, tuple[str, ...]] = {
    "edifact": ("edifact/D.96A/IFTSTA", "edifact/D.96A/DESADV"),
    "x12": ("x12/004010/214", "x12/004010/856"),
}
GOAL_PYDIFACT = "30 x"
GOAL_STAEDI = "8 x"
GOAL_MEMORY = "256 MB"


class Verdicts(NamedTuple):
    """What reading and judging a file came to."""

    messages: int
    rejected: int


def read_and_validate(data: bytes, catalogue: Catalogue) -> Verdicts:
    """Reads a file and judges each message by its standard's guide; ``RuntimeError`` when there is none in it."""
    reading = read(data)
    guide_for = guide_of_standard(catalogue, reading.source)
    messages = rejected = 0
    for interchange in reading.interchanges:
        for message in judge(interchange, reading.source, guide_for).messages:
            messages += 1
            rejected += not message.accepted
    if not messages or reading.findings:
        raise RuntimeError(f"the generated file was not read: {reading.findings}")
    return Verdicts(messages, rejected)


def pydifact_parse(data: bytes) -> int:
    """How many segments pydifact finds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It tells that it has no tables for what it does not validate.
        return sum(1 for _ in Parser().parse(data.decode("iso-8859-1")))


def rows() -> Iterator[Row]:
    """The lines of the table."""
    catalogue = Catalogue()
    for family, faulty in ((one, other) for one in GUIDES for other in (False, True)):
        data = generated(family, SIZE, faulty=faulty)
        found = read_and_validate(data, catalogue)
        if bool(found.rejected) != faulty:
            raise RuntimeError(f"{found.rejected} of {found.messages} messages were rejected")
        yield from _beside_peers(family, faulty, data, catalogue)
    for family in GUIDES:
        yield from _long(family)


def _beside_peers(family: Family, faulty: bool, data: bytes, catalogue: Catalogue) -> Iterator[Row]:
    ours = partial(read_and_validate, data, catalogue)
    what = f"{_name(family)}, {'1 in 100 faulty' if faulty else 'all valid'}"
    if family == "edifact":
        found = in_turn(ours, partial(pydifact_parse, data), rounds=ROUNDS)
        yield _row(what, len(data), found, "pydifact, bare parse", GOAL_PYDIFACT)
    guides = [_guide(catalogue, name) for name in GUIDES[family]]
    with tempfile.TemporaryDirectory() as folder:
        file, work = Path(folder) / "file.edi", Path(folder) / "work"
        file.write_bytes(data)
        programs: list[tuple[str, str, int, Callable[[], peers.PeerRun]]] = [
            ("StAEDI, validating", GOAL_STAEDI, WARM_UP, lambda: peers.staedi(file, guides, ROUNDS + WARM_UP, work)),
        ]
        if not faulty:
            programs.append(("Bots, with grammar", "", 0, lambda: peers.bots(file, guides, ROUNDS, work)))
        if family == "x12" and not faulty:
            programs.append(("pyx12, envelopes only", "", 0, lambda: peers.pyx12(file, ROUNDS)))
        for name, goal, warm_up, program in programs:
            try:
                theirs = program()
            except Missing as reason:
                yield Row(what, "", f"{name}: not measured, {reason}", "", "", goal)
                continue
            found = Paired(rounds_of(ours, ROUNDS), theirs.seconds[warm_up:])
            beside = f"{name} ({theirs.errors} errors, {theirs.peak_kilobytes / 1024:.0f} MB of memory)"
            yield _row(what, len(data), found, beside, goal)


def _name(family: Family) -> str:
    return " + ".join(name.rpartition("/")[2] for name in GUIDES[family])


def _row(what: str, size: int, found: Paired, beside: str, goal: str) -> Row:
    megabytes = size / 1e6
    ours = f"{megabytes / found.seconds:.1f} MB/s"
    return Row(what, ours, f"{beside}: {megabytes / found.other_seconds:.2f} MB/s", found.ratio, found.spread, goal)


def _guide(catalogue: Catalogue, name: str) -> Guide:
    guide = catalogue.guide(name)
    if guide is None:
        raise LookupError(f"there is no guide {name}")
    return guide


def _long(family: Family) -> Iterator[Row]:
    """Memory and time of the command over a hundred times the file."""
    with tempfile.TemporaryDirectory() as folder:
        short, long = Path(folder) / "short.edi", Path(folder) / "long.edi"
        write_file(short, family, LONG // 10)
        write_file(long, family, LONG)
        (_, fewer), (kilobytes, seconds) = command_of(short), command_of(long)
        yield Row(
            f"{_name(family)}, `validate --json` of {LONG / 1e9:g} GB",
            f"{kilobytes / 1024:.0f} MB of memory, {LONG / 1e6 / seconds:.1f} MB/s",
            f"of {LONG / 1e10:g} GB: {LONG / 1e7 / fewer:.1f} MB/s",
            f"{fewer * 10 / seconds:.2f} x",
            "",
            GOAL_MEMORY,
        )


def command_of(file: Path) -> tuple[int, float]:
    """(kilobytes of memory at most, seconds of processor time) of ``sallyport validate --json FILE``."""
    command = [sys.executable, "-m", "gateway", "validate", "--json", str(file)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return used.ru_maxrss, used.ru_utime + used.ru_stime
