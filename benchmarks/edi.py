"""Reading and validating: a generated file of IFTSTA messages beside pydifact's bare parse, and one of 214s beside
nothing but splitting the text.

Ours reads the whole interchange and judges every message by its guide: order and number of segments, presence, type,
length, codes and dates of every element. pydifact's ``Parser.parse`` gives segments and judges nothing of that. Two
calls of ``split`` are what any reader in Python would at least have to do.

``python -m benchmarks.edi MEGABYTES`` prints the kilobytes of memory that reading and validating a file of that size
needs; the benchmark starts it in a process of its own.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from functools import partial

from pydifact.parser import Parser

from benchmarks.measuring import Row, in_turn, memory_of, peak_kilobytes
from gateway.catalogue import Catalogue
from translators.finding import Where
from translators.grammar import Guide
from translators.reading import read
from translators.validation import validate

MESSAGES = 2_000
MEMORY_MEGABYTES = 8

GOAL_EDIFACT = "30 x"
GOAL_MEMORY = "a bound: 256 MB for 1 GB"


def iftsta(messages: int) -> bytes:
    """An interchange of that many good IFTSTA messages of twelve segments, released characters among them."""
    body = "".join(
        f"UNH+{n}+IFTSTA:D:96A:UN'BGM+23+ST-{n}+9'DTM+137:202610010910:203'NAD+CA+5412345000013::9'"
        f"CNI+1+SHP-{n}'STS+1+24'RFF+BN:BK-{n}'DTM+334:202610010740:203'"
        f"FTX+AAI+++Left O?'Hare depot at 07?:40, seal checked'LOC+5+BEANR:139:6:Antwerpen'"
        f"EQD+CN+MSKU7081329'UNT+12+{n}'"
        for n in range(1, messages + 1)
    )
    header = "UNB+UNOC:3+5412345000013:14+5498765000017:14+261001:0915+4711'"
    return f"{header}{body}UNZ+{messages}+4711'".encode("ascii")


def status_214(messages: int) -> bytes:
    """An interchange of that many good 214 sets of thirteen segments."""
    body = "".join(
        f"ST*214*{n:04d}~B10*PRO{n}*SHP-{n}*PRFT~L11*BK-{n}*BN~N1*SH*MERIDIAN TRADING~N1*CN*LAKESIDE WAREHOUSE~"
        f"N3*400 HARBOR DRIVE~N4*CHICAGO*IL*60611*US~LX*1~AT7*X3*NS***20261001*0905*CT~MS1*CHICAGO*IL*US~"
        f"MS2*PRFT*TRL5521*TL~L11*4*QN~SE*13*{n:04d}~"
        for n in range(1, messages + 1)
    )
    isa = "ISA*00*          *00*          *02*PRFT           *ZZ*MERIDIAN       *261001*0930*U*00401*000000077*0*P*>~"
    gs = "GS*QM*PRFT*MERIDIAN*20261001*0930*77*X*004010~"
    return f"{isa}{gs}{body}GE*{messages}*77~IEA*1*000000077~".encode("ascii")


def read_and_validate(data: bytes, guide: Guide) -> int:
    """How many messages were read and found without fault; raises when one was not, for then too little was done."""
    reading = read(data)
    good = 0
    for interchange in reading.interchanges:
        for message in interchange.messages:
            found = validate(message, guide, reading.source, Where())
            if found.findings or message.findings:
                raise RuntimeError(f"the generated file is not good: {found.findings or message.findings}")
            good += 1
    if not good or reading.findings:
        raise RuntimeError(f"the generated file is not good: {reading.findings}")
    return good


def pydifact_parse(data: bytes) -> int:
    """How many segments pydifact finds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It tells that it has no tables for what it does not validate.
        return sum(1 for _ in Parser().parse(data.decode("iso-8859-1")))


def split(data: bytes) -> int:
    """How many segments a text of X12 has, each taken apart at its separators."""
    return len([segment.split("*") for segment in data.decode("iso-8859-1").split("~")])


def guide_named(name: str) -> Guide:
    """A shipped guide."""
    guide = Catalogue().guide(name)
    if guide is None:
        raise LookupError(f"there is no guide {name}")
    return guide


def rows() -> Iterator[Row]:
    """The lines of the table."""
    for name, data, other, beside, goal in (
        ("edifact/D.96A/IFTSTA", iftsta(MESSAGES), pydifact_parse, "pydifact, bare parse", GOAL_EDIFACT),
        ("x12/004010/214", status_214(MESSAGES), split, "two splits", ""),
    ):
        guide = guide_named(name)
        segments = other(data)
        found = in_turn(partial(read_and_validate, data, guide), partial(other, data))
        megabytes = len(data) / 1e6
        yield Row(
            f"{name.rpartition('/')[2]}, read and validate ({megabytes:.1f} MB)",
            f"{megabytes / found.seconds:.2f} MB/s, {segments / found.seconds:,.0f} segments/s",
            f"{beside}: {megabytes / found.other_seconds:.2f} MB/s",
            found.ratio,
            found.spread,
            goal,
        )
    kilobytes = memory_of("benchmarks.edi", str(MEMORY_MEGABYTES))
    yield Row(
        f"IFTSTA, memory for a file of {MEMORY_MEGABYTES} MB",
        f"{kilobytes / 1024:.0f} MB",
        f"the file: {MEMORY_MEGABYTES} MB",
        f"{kilobytes / 1024 / MEMORY_MEGABYTES:.1f} x the file",
        "",
        GOAL_MEMORY,
    )


def main() -> None:
    """Print the memory that one file needs."""
    guide = guide_named("edifact/D.96A/IFTSTA")
    one = len(iftsta(1_000)) / 1_000
    data = iftsta(int(int(sys.argv[1]) * 1e6 / one))
    before = peak_kilobytes()
    read_and_validate(data, guide)
    sys.stdout.write(f"{peak_kilobytes() - before}\n")


if __name__ == "__main__":
    main()
