"""Peers that cannot live in the tests' own environment: each has one of its own, made once in the user's cache.

The folder is the one that the benchmarks use, ``$XDG_CACHE_HOME/sallyport/peers`` (``~/.cache`` where that is not set),
so that whoever comes first makes it. Making it needs the package index; without a network there is no peer, and the
tests that ask for one are skipped, or fail under CI, as with servers that are not installed.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.services.running import Missing

PYX12 = "pyx12==4.0.0"

_SPLIT = """
import json, sys
import pyx12.rawx12file, pyx12.segment
for name in json.load(sys.stdin):
    try:
        with open(name, encoding="latin-1", newline="") as stream:
            raw = pyx12.rawx12file.RawX12File(stream)
            terminators = raw.get_term()[:3]
            split = [pyx12.segment.Segment(line, *terminators) for line in raw]
        found = [
            [each.get_seg_id(), *([part.get_value() for part in element.elements] for element in each.elements)]
            for each in split
        ]
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
    print(json.dumps(found))
"""

_ENVELOPES = """
import json, sys
import pyx12.x12file
for name in json.load(sys.stdin):
    with open(name) as stream:
        reader = pyx12.x12file.X12Reader(stream)
        errors = [error for _ in reader for error in reader.pop_errors()]
        reader.cleanup()
        print(json.dumps([str(error) for error in [*errors, *reader.pop_errors()]]))
"""

Split = list[list[str | list[str]]]
"""Segments: the tag, and each element as the list of its components."""


def split_by_pyx12(files: Sequence[Path]) -> list[Split | str]:
    """What pyx12 makes of each file: its segments, or its complaint; :class:`Missing` when there is no pyx12."""
    done = subprocess.run(
        [python_with("pyx12", PYX12), "-c", _SPLIT],
        input=json.dumps([str(file) for file in files]),
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def envelope_errors_by_pyx12(files: Sequence[Path]) -> list[list[str]]:
    """What pyx12 finds wrong with each file's envelopes, counts and references; :class:`Missing` without pyx12."""
    done = subprocess.run(
        [python_with("pyx12", PYX12), "-c", _ENVELOPES],
        input=json.dumps([str(file) for file in files]),
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def peers_folder() -> Path:
    """Where peers are kept for the tests and benchmarks of this user."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "sallyport" / "peers"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def python_with(name: str, *packages: str) -> Path:
    """The interpreter of an environment with ``packages``; :class:`Missing` when they cannot be installed.

    One process at a time makes it, and what was left half made is made anew.
    """
    peers = peers_folder()
    folder = peers / name
    python, ready = folder / "bin" / "python", folder / "ready"
    wanted = "\n".join(packages)
    with (peers / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists() or ready.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            commands: list[list[str | Path]] = [
                [sys.executable, "-m", "venv", folder],
                [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages],
            ]
            for command in commands:
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if done.returncode:
                    raise Missing(f"{', '.join(packages)} cannot be installed: {done.stderr.strip()[-200:]}")
            ready.write_text(wanted)
    return python
