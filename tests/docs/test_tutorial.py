"""The tutorial is run as a newcomer would run it: its commands in one shell, in an empty folder, one after the other.

Blocks marked ``sh`` are run. A block marked ``text`` behind one says what is to be seen in its output: each line, in
this order, where ``…`` stands for anything and neither blanks nor the lines of tables count; what else there is does
not matter. A block marked ``sh again`` asks for something that the gateway does meanwhile: it is run until it shows
what it should. Two ports are replaced by free ones, as the page says.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.services.running import free_port

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "first-exchange.md"
PORTS = ("2222", "9464")
PATIENCE = 120.0
"""Seconds for one block."""
_BLOCK = re.compile(r"^```(sh|sh again|text)\n(.*?)^```$", re.M | re.S)
_LINES_OF_TABLES = re.compile(r"[─━│┃┏┓┗┛┡┩└┘├┤┳┴┬┻╇┼\s]+")


class Step(NamedTuple):
    """Commands, whether they may have to be run again, and what they show."""

    commands: str
    again: bool
    shown: str


def steps(page: str) -> list[Step]:
    """The page's commands, each with what stands below it."""
    found: list[Step] = []
    for kind, content in _BLOCK.findall(page):
        if kind == "text":
            assert found and not found[-1].shown, f"output without commands above it:\n{content}"
            found[-1] = found[-1]._replace(shown=content)
        else:
            found.append(Step(content, kind == "sh again", ""))
    return found


def missing(shown: str, output: str) -> str | None:
    """The first line that the page shows and the output lacks, or that comes too early; ``None`` when all is there."""
    waiting = [_plain(line) for line in shown.splitlines() if line.strip()]
    for line in map(_plain, output.splitlines()):
        if waiting and re.search(".*".join(re.escape(piece.strip()) for piece in waiting[0].split("…")), line):
            waiting.pop(0)
    return waiting[0] if waiting else None


def _plain(line: str) -> str:
    return _LINES_OF_TABLES.sub(" ", line).strip()


class Shell:
    """One bash that runs block after block; variables and jobs stay."""

    def __init__(self, folder: Path) -> None:
        self._output = folder / "shell.log"
        self._seen = 0
        environment = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "COLUMNS": "160",
            "USER": "newcomer",
            "LOGNAME": "newcomer",
        }
        with self._output.open("wb") as output:
            self._bash = subprocess.Popen(
                ["bash"],
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=environment,
                process_group=0,
            )
        self._blocks = 0

    def run(self, commands: str) -> str:
        """What the commands print; fails when they take too long or one of their last has failed."""
        self._blocks += 1
        mark = f"=== end of block {self._blocks}: "
        assert self._bash.stdin is not None
        self._bash.stdin.write(f"{commands}\nprintf '\\n{mark}%s\\n' $?\n".encode())
        self._bash.stdin.flush()
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            text = self._text()
            if found := re.search(rf"\n{mark}(\d+)\n", text):
                self._seen += found.end()
                return text[: found.start()] + ("" if found[1] == "0" else f"\n(ended with {found[1]})")
            assert self._bash.poll() is None, f"the shell ended:\n{text}"
            time.sleep(0.02)
        raise AssertionError(f"this takes too long:\n{commands}\n{self._text()}")

    def _text(self) -> str:
        return self._output.read_text(errors="replace")[self._seen :]

    def close(self) -> None:
        """End the shell and what it started."""
        assert self._bash.stdin is not None
        self._bash.stdin.write(b"\nkill $(jobs -p) 2> /dev/null; wait; exit\n")
        self._bash.stdin.close()
        try:
            self._bash.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._bash.pid, 9)
            self._bash.wait(20)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell in an empty folder, where the commands are installed as the page says."""
    for program in ("bash", "sftp", "ssh-keygen"):
        if shutil.which(program) is None:
            message = f"`{program}` is not installed: install openssh-client"
            assert not os.environ.get("CI"), message
            pytest.skip(message)
    made = Shell(tmp_path)
    yield made
    made.close()


def test_the_tutorial_does_what_it_says(shell: Shell, tmp_path: Path) -> None:
    text = PAGE.read_text()
    configuration = tmp_path / "meridian" / "sallyport.yaml"
    replaced = {port: str(free_port()) for port in PORTS}

    def with_free_ports(content: str) -> str:
        return re.sub("|".join(PORTS), lambda found: replaced[found[0]], content)

    for step in steps(text):
        end = time.monotonic() + PATIENCE
        while True:
            output = shell.run(with_free_ports(step.commands))
            lacking = missing(with_free_ports(step.shown), output)
            if lacking is None or not step.again or time.monotonic() > end:
                break
            time.sleep(0.1)
        assert lacking is None, f"`{lacking}` is not in the output of\n{step.commands}\n{output}"
        assert "(ended with" not in output, f"{output}\n{_last_words(tmp_path)}"
        if step.commands.startswith("export SALLYPORT_HOME"):
            configuration.write_text(with_free_ports(configuration.read_text()))
    assert not (tmp_path / "meridian" / "var" / "control.sock").exists(), "the gateway still runs"


def _last_words(folder: Path) -> str:
    """The end of the gateway's log: what it said is what explains that it does not answer."""
    log = folder / "gateway.log"
    return log.read_text(errors="replace")[-3000:] if log.exists() else "there is no gateway.log"


def test_the_page_has_the_parts_that_it_promises() -> None:
    """Both directions, and what comes after: a page that lost a step would still run."""
    commands = "\n".join(step.commands for step in steps(PAGE.read_text()))
    for part in ("init", "check", "serve", "receive", "send", "receipts list", "search", "show", "resend"):
        assert re.search(rf"\bsallyport (messages )?{part}\b", commands), part
    for port in PORTS:
        assert port in PAGE.read_text()


@pytest.mark.parametrize(
    ("shown", "output", "lacking"),
    [
        ("a\nb\n", "a\nx\nb\n", None),
        ("a\nb\n", "b\na\n", "b"),
        ("one … three\n", "│ one │ two │ three │\n", None),
        ("one … three\n", "one\nthree\n", "one … three"),
        ("made meridian\n", "made nothing\n", "made meridian"),
        ("… 2 … waiting\n", "┃ 2 ┃ waiting ┃\n", None),
    ],
)
def test_output_is_compared(shown: str, output: str, lacking: str | None) -> None:
    """The comparison above can fail."""
    assert missing(shown, output) == lacking
