"""Files that end whoever reads them, planted in the reader of a gateway that runs in a process of its own.

:func:`plant` writes a ``sitecustomize`` that every Python process with this folder on its path loads. What it plants
acts in a gateway and in a rehearsal only. A gateway ends at once, as one whose memory ran out would; in a rehearsal the
file does what its name says.
"""

from __future__ import annotations

from pathlib import Path

import pytest

EXHAUSTS, LEAVES, LOOPS, CRASHES = b"exhausts-memory", b"leaves-without-a-word", b"never-ends", b"crashes"

_PLANT = """
import os, signal, sys

words = sys.orig_argv
if "serve" in words or "gateway.rehearsal" in words:
    from translators import reading

    honest = reading.read

    def read(content, **terms):
        if any(each in content for each in (b"exhausts-memory", b"leaves-without", b"never-ends", b"crashes")):
            if "serve" in words:
                os.kill(os.getpid(), signal.SIGKILL)
            if b"leaves-without" in content:
                os._exit(0)
            if b"crashes" in content:
                os.kill(os.getpid(), signal.SIGSEGV)
            taken = []
            while True:
                if b"exhausts" in content:
                    taken.append(bytearray(1 << 24))
        return honest(content, **terms)

    reading.read = read
"""


def plant(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Every Python process that starts from now on knows these files."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_PLANT)
    patch.setenv("PYTHONPATH", str(folder))
