"""Options that many commands share: the gateway's folder, a file to read, the answer's form."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, NoReturn

import typer

from gateway.arrival import printable
from gateway.cli.output import Exit, fail, note

if TYPE_CHECKING:
    from gateway.config import Home

HomeOption = Annotated[
    Path, typer.Option("--home", envvar="SALLYPORT_HOME", help="The gateway's folder, made by `sallyport init`.")
]
DEFAULT_HOME = Path(".")
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as one JSON document.")]
FileArgument = Annotated[str, typer.Argument(help="The file to read; `-` is standard input.", metavar="FILE")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is kept in the journal.")]
ActorOption = Annotated[
    str, typer.Option("--actor", envvar="SALLYPORT_ACTOR", help="Who acts; the system's user name where not given.")
]

LARGEST = 1 << 30
"""Bytes of the largest file that is read; endless input such as a device ends here too."""

_PIECE = 1 << 20


def home_of(folder: Path) -> Home:
    """The gateway at ``folder``, or the end of the command with every fault of its configuration."""
    # The profile model behind the configuration takes longer to import than a command over a file at hand takes to run.
    from gateway.config import ConfigFault, NoGateway, open_home

    try:
        return open_home(folder, os.environ)
    except NoGateway as fault:
        fail(str(fault), f"sallyport init {folder} makes one; --home DIR or SALLYPORT_HOME names another folder")
    except ConfigFault as fault:
        for each in fault.faults:
            note(str(each), "red")
        fail("the configuration has faults", f"put them right; sallyport check --home {folder} says when they are")


def read_file(name: str) -> bytes:
    """The content of the file, or of standard input for ``-``."""
    if name == "-":
        return _bounded(sys.stdin.buffer, "standard input")
    with _opened(name) as file:
        return _bounded(file, printable(name))


def pieces_of(name: str) -> Iterator[bytes]:
    """The content of a file piece by piece, so that it is never held; a file that cannot be read ends the command."""
    size = 0
    with _opened(name) as file:
        while piece := file.read(_PIECE):
            size += len(piece)
            if size > LARGEST:
                _too_large(printable(name))
            yield piece


def piece_of(name: str, start: int, end: int) -> bytes:
    """The bytes of a file between two offsets."""
    with _opened(name) as file:
        file.seek(start)
        return file.read(end - start)


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """The file, opened; when that or reading it fails, the command ends with the reason."""
    shown = printable(name)
    if not name:
        fail("the name of the file is empty", "name a file; `-` reads standard input")
    try:
        with Path(name).open("rb") as file:
            yield file
    except FileNotFoundError:
        fail(f"there is no file {shown}", "check the path; `-` reads standard input")
    except IsADirectoryError:
        fail(f"{shown} is a folder", "name one file in it")
    except (OSError, ValueError) as error:
        # ValueError: a NUL in the name.
        reason = getattr(error, "strerror", None) or error
        fail(f"{shown} cannot be read: {reason}", "check its path and who may read it")


def _bounded(file: BinaryIO, name: str) -> bytes:
    content = bytearray()
    # By the piece: a device may never end, and asking for all that is allowed would take the memory for it at once.
    while piece := file.read(_PIECE):
        content += piece
        if len(content) > LARGEST:
            _too_large(name)
    return bytes(content)


def _too_large(name: str) -> NoReturn:
    fail(f"{name} has more than {LARGEST >> 20} MiB", "split it into several files", Exit.INPUT)
