"""The command ``sallyport``: every command of the public surface, each a thin skin over the packages.

A command's module, and what that imports, is loaded when the command is called: loading all of them takes several times
as long as validating a file does, and whoever asks for ``--help`` needs no database driver. So the list of commands,
with the sentence that describes each, stands here; a test holds it against what the commands say of themselves.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from importlib import import_module
from typing import Annotated, NamedTuple

import typer


class Entry(NamedTuple):
    """A command, or a group of them: the module it is in, what it is for, where it is listed."""

    module: str
    summary: str
    panel: str


_BEGIN, _FILES, _RUNNING, _EXCHANGE, _PARTNERS = (
    "To begin",
    "A file at hand",
    "The gateway",
    "What is exchanged",
    "What partners agreed on",
)

COMMANDS = {
    "demo": Entry("demo", "Play the main job on this machine, with real transports.", _BEGIN),
    "init": Entry("running", "Make a gateway's folder: a commented configuration and example profiles.", _BEGIN),
    "inspect": Entry("files", "Show a file's envelopes: syntax, parties, control numbers, messages, packages.", _FILES),
    "validate": Entry("files", "List every finding with its place; accepted or not, per message and package.", _FILES),
    "translate": Entry("translation", "Turn messages into canonical documents, or into another syntax.", _FILES),
    "ack": Entry("acknowledgment", "Print the acknowledgment that a file deserves.", _FILES),
    "as2": Entry("as2", "Find out what is wrong with an AS2 message or receipt.", _FILES),
    "check": Entry("running", "Check the configuration and the profiles. Nothing is started.", _RUNNING),
    "serve": Entry("running", "Run the gateway until it is told to stop.", _RUNNING),
    "doctor": Entry("doctor", "Say what is not as it should be on this machine, and what to do.", _RUNNING),
    "archive": Entry("archive", "Check the archive of everything that was exchanged.", _RUNNING),
    "messages": Entry("messages", "Find messages, see their story; resend, reprocess, rerun, dismiss.", _EXCHANGE),
    "receipts": Entry("receipts", "See which receipts partners owe us, and since when.", _EXCHANGE),
    "channels": Entry("channels", "See what goes through each channel; pause, resume and drain them.", _EXCHANGE),
    "cases": Entry("cases", "Work for a person: what the gateway cannot settle by itself.", _EXCHANGE),
    "reconcile": Entry("reconciliation", "Count what was taken and where it is; name what is lost.", _EXCHANGE),
    "send": Entry("business", "Hand a canonical document to the gateway, for a partner.", _EXCHANGE),
    "receive": Entry("business", "Take the canonical documents, or events, that the gateway published.", _EXCHANGE),
    "alerts": Entry("alerts", "See who is told of what; try a destination; mute a rule for a while.", _EXCHANGE),
    "events": Entry("events", "See what the company's own systems are told of.", _EXCHANGE),
    "keys": Entry(
        "keys", "Make, import, export and list the keys and certificates of AS2, and SFTP's keys.", _PARTNERS
    ),
    "profiles": Entry("profiles", "Check, list and compare the partners' profiles.", _PARTNERS),
    "guides": Entry("guides", "See the grammars of messages, and import more of them.", _PARTNERS),
    "maps": Entry("maps", "See what messages mean in the canonical form, and how partners differ.", _PARTNERS),
}
GROUPS = frozenset(
    {
        "alerts",
        "archive",
        "as2",
        "cases",
        "channels",
        "events",
        "guides",
        "keys",
        "maps",
        "messages",
        "profiles",
        "receipts",
    }
)


def command_line(only: str | None = None) -> typer.Typer:
    """The command line with all its commands ready to be called, or with ``only`` that one; the others are listed."""
    app = typer.Typer(
        name="sallyport",
        help="A B2B/EDI partner gateway for logistics. Every command answers to --help.",
        epilog="Exit codes: 0 good, 1 the input is at fault, 2 the call or the environment is at fault.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_front)
    for name, entry in COMMANDS.items():
        if only not in (None, name):
            app.command(name, help=entry.summary, rich_help_panel=entry.panel)(_not_loaded)
            continue
        module = import_module(f"gateway.cli.{entry.module}")
        if name in GROUPS:
            app.add_typer(module.app, name=name, help=entry.summary, rich_help_panel=entry.panel)
        else:
            app.command(name, short_help=entry.summary, rich_help_panel=entry.panel)(getattr(module, name))
    return app


def main() -> None:
    """Run the command line."""
    # Started with its streams closed (`>&-`), a program has none.
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 (it stays open as long as the process)
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        # A terminal of another character set than UTF-8 is no reason to fail half-way through an answer.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    words = (word for word in sys.argv[1:] if not word.startswith("-"))
    try:
        command_line(only=next(words, ""))()
    except MemoryError:
        sys.stderr.write(
            "error: this needs more memory than there is\n  next: split the file, or use a larger machine\n"
        )
        sys.exit(2)
    except OSError as fault:
        if fault.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO) or fault.filename:
            raise
        # What a stream reports has no name of a file: the answer itself could not be written.
        sys.stderr.write(f"error: the output cannot be written: {fault.strerror}\n")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(2)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"sallyport {version('sallyport')}")
        raise typer.Exit


def _front(
    asked: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is, and exit.")
    ] = False,
) -> None:
    """A B2B/EDI partner gateway for logistics. Every command answers to --help."""


def _not_loaded() -> None:
    raise AssertionError("only the command that was called is ever run")
