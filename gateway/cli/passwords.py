"""Passwords on the command line: asked for without an echo, or taken from a file or the environment; never an argument.

What stands in the arguments of a process can be read by everybody on the machine, and stays in the shell's history.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Annotated, TypeVar

import typer

from gateway.channels.as2.key_files import WrongPassword
from gateway.cli.output import fail
from gateway.cli.places import read_file

T = TypeVar("T")

PasswordFileOption = Annotated[
    str, typer.Option("--password-file", help="A file whose first line is the password.", metavar="FILE")
]
PasswordEnvOption = Annotated[
    str, typer.Option("--password-env", help="The environment variable that holds the password.", metavar="NAME")
]


def stated_password(file: str, variable: str) -> bytes | None:
    """The password from a file or the environment; ``None`` when neither is named."""
    if file and variable:
        fail("--password-file and --password-env both name a password", "leave one of them out")
    if file:
        return read_file(file).split(b"\n", 1)[0].removesuffix(b"\r")
    if variable:
        if variable not in os.environ:
            fail(f"the environment has no variable {variable}", "set it, or use --password-file")
        return os.environb[os.fsencode(variable)]
    return None


def asked_password(what: str, *, twice: bool = False) -> bytes:
    """The password that a person types, unseen; without a terminal the command ends."""
    if not _on_a_terminal():
        fail(f"the password of {what} is needed", "name it with --password-file or --password-env")
    text: str = typer.prompt(f"Password of {what}", hide_input=True, confirmation_prompt=twice, err=True)
    return text.encode()


def opened(what: str, password: bytes | None, read: Callable[[bytes | None], T]) -> T:
    """What ``read`` gives with the password; without one a person is asked, if one is needed.

    Raises :class:`~gateway.channels.as2.key_files.WrongPassword`, and what else ``read`` raises.
    """
    try:
        return read(password)
    except WrongPassword:
        if password is not None:
            raise
    return read(asked_password(what))


def _on_a_terminal() -> bool:
    return sys.stdin.isatty()
