"""Peers in Java: fetched from Maven Central with what they need, and our programs compiled against them.

What is fetched and compiled lies beside the other peers in the user's cache, and is made anew when a version or a
program changes. Without a JDK or Maven there is no such peer, and its tests are skipped: a machine for tests has
Python, and nothing here installs a JDK on it.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

import pytest

from tests.services.peers import peers_folder
from tests.services.running import Missing, skip_or_fail

_PROGRAMS: Final = Path(__file__).parent / "peer_programs"
_PROJECT: Final = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>peer</artifactId><version>1</version>
<dependencies><dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>
</dependencies></project>
"""


class WithoutJava(Missing):
    """There is no JDK or no Maven."""


def command(name: str, artifact: str, program: str) -> Sequence[str | Path]:
    """How to start ``program`` with ``artifact`` (``group:name:version``); :class:`Missing` when it cannot be made."""
    for tool in ("java", "javac", "mvn"):
        if shutil.which(tool) is None:
            raise WithoutJava(f"there is no {tool} here")
    peers = peers_folder()
    folder = peers / name
    sources = [_PROGRAMS / "PeerLines.java", _PROGRAMS / f"{program}.java"]
    wanted = hashlib.sha256(b"".join([artifact.encode(), *(each.read_bytes() for each in sources)])).hexdigest()
    with (peers / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ready = folder / "ready"
        if not ready.exists() or ready.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            (folder / "pom.xml").write_text(_PROJECT.format(*artifact.split(":")))
            _run("mvn", "-q", "-B", "-f", folder / "pom.xml", "dependency:copy-dependencies", "-DoutputDirectory=jars")
            _run("javac", "-cp", f"{folder}/jars/*", "-d", folder, *sources)
            ready.write_text(wanted)
    # One core, no warming up: a few hundred messages are no load.
    return ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{folder}:{folder}/jars/*", program]


def skip(reason: Missing) -> NoReturn:
    """Without Java the tests are skipped everywhere; with it, what fails is treated as any other service is."""
    if isinstance(reason, WithoutJava):
        pytest.skip(str(reason))
    skip_or_fail(reason)


def _run(*arguments: str | Path) -> None:
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in (done.stderr + done.stdout).splitlines() if "ERROR" in line or "error" in line]
        raise Missing(f"{arguments[0]} failed: {' '.join(said)[:300]}")
