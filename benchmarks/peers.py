"""The peers that need an environment of their own: made once, kept in the user's cache, and asked as whole processes.

Bots needs a Django of 2019, pyx12 its own pins, StAEDI a Java. None of them may come near the gateway's environment,
so each has its own below ``$XDG_CACHE_HOME/sallyport/peers`` (``~/.cache`` where that is not set), like the tests. What
cannot be made here (no network, no Java) is :class:`Missing`, and the table says why in place of a figure.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec

from benchmarks import peer_grammars
from tests.as2.peers.by_pyas2lib import interpreter as pyas2lib_interpreter
from tests.services.peers import PYX12, peers_folder, python_with
from tests.services.running import Missing
from translators.grammar import Guide

PROGRAMS = Path(__file__).parent / "peer_programs"

BOTS = ("django==2.2.28", "bots-ediint==3.3.1")
STAEDI = "io.xlate:staedi:1.25.3"


class PeerRun(msgspec.Struct, frozen=True):
    """What a peer's program says of its rounds."""

    seconds: list[float]
    """Processor time of each round."""
    peak_kilobytes: int
    messages: int
    errors: int
    first: str = ""
    """The first error, or the first output, where the program tells it."""


def _run(command: Sequence[str | Path], cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise Missing(f"there is no {error.filename} here") from error
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()
        raise Missing(last[-1] if last else f"{command[0]} ended with {done.returncode}")
    return done.stdout


def _answer(command: Sequence[str | Path]) -> PeerRun:
    return msgspec.json.decode(_run(command).strip().splitlines()[-1], type=PeerRun)


@cache
def _staedi_classes() -> Path:
    """The folder with StAEDI, and our program compiled against it."""
    folder = peers_folder() / "staedi"
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        _run(["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={STAEDI}", f"-DoutputDirectory={folder}"])
        (folder / "ready").write_text(STAEDI)
    _run(["javac", "-cp", f"{folder}/*", "-d", folder, PROGRAMS / "StaediReading.java"])
    return folder


def bots(file: Path, guides: Sequence[Guide], rounds: int, work: Path) -> PeerRun:
    """Bots' reading with the grammars of ``guides``; ``work`` is a folder that it may fill."""
    python = _bots_with(guides, work)
    return _answer([python, PROGRAMS / "bots_reading.py", file, work, guides[0].standard, str(rounds)])


def errors_by_bots(files: Sequence[Path], guides: Sequence[Guide], work: Path) -> list[list[str]]:
    """What Bots finds wrong with each file, by the grammars of ``guides`` and by its own rules of the envelopes."""
    python = _bots_with(guides, work)
    command = [python, PROGRAMS / "bots_judging.py", work, guides[0].standard, *files]
    return msgspec.json.decode(_run(command).strip().splitlines()[-1], type=list[list[str]])


def translated_by_bots(file: Path, guide: Guide, rounds: int, work: Path) -> PeerRun:
    """Bots' translation by a mapping script: a file of IFTSTA to JSON, or JSON documents, a line each, to 214s."""
    python = _bots_with([guide], work)
    json_grammar = "syntax = {'charset': 'utf-8', 'defaultBOTSIDroot': 'transport_status'}\n"
    (work / "usersys" / "grammars" / "jsonnocheck" / "jsonnocheck.py").write_text(json_grammar)
    return _answer([python, PROGRAMS / "bots_translating.py", file, work, guide.type, str(rounds)])


def _bots_with(guides: Sequence[Guide], work: Path) -> Path:
    """Fills ``work`` with what Bots wants beside it, and returns the interpreter that has Bots."""
    python = python_with("bots", *BOTS)
    family = guides[0].standard
    package = Path(_run([python, "-c", "import bots; print(bots.__path__[0])"]).strip())
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(package / "config", work / "config")
    shutil.copytree(package / "usersys", work / "usersys")
    # Bots reads files of at most 5 MB unless told otherwise.
    settings = (work / "config" / "bots.ini").read_text().splitlines()
    kept = [line for line in settings if not line.startswith("maxfilesizeincoming")]
    at = kept.index("[settings]") + 1
    (work / "config" / "bots.ini").write_text("\n".join([*kept[:at], "maxfilesizeincoming = 2000000000", *kept[at:]]))
    grammars = work / "usersys" / "grammars" / family
    (grammars / f"{family}.py").write_text(peer_grammars.BOTS_ENVELOPES[family])
    for guide in guides:
        (grammars / f"{peer_grammars.bots_module(guide)}.py").write_text(peer_grammars.bots_grammar(guide))
    return python


def pyx12(file: Path, rounds: int) -> PeerRun:
    """pyx12's reading with its checks of envelopes."""
    return _answer([python_with("pyx12", PYX12), PROGRAMS / "pyx12_reading.py", file, str(rounds)])


def pyas2lib(folder: Path, messages: int, rounds: int) -> PeerRun:
    """pyas2lib's receiving of the message in ``folder``, as many times in a round."""
    return _answer([pyas2lib_interpreter(), PROGRAMS / "pyas2lib_receiving.py", folder, str(messages), str(rounds)])


def staedi(file: Path, guides: Sequence[Guide], rounds: int, work: Path) -> PeerRun:
    """StAEDI's validating reading with schemas of ``guides``, on one thread of a warmed-up virtual machine."""
    classes = _staedi_classes()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for guide in guides:
        (work / f"{guide.type}.xml").write_text(peer_grammars.staedi_schema(guide))
    path = f"{classes}:{classes}/*"
    return _answer(["java", "-cp", path, "StaediReading", file, work, str(rounds)])
