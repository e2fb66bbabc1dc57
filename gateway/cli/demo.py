"""The command ``demo``: the whole story on this machine, with real transports; see :mod:`gateway.demo`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.output import Exit, console, fail, say
from gateway.cli.running import make_home
from gateway.config import FILE


def demo(
    amqp: Annotated[
        str | None,
        typer.Option("--amqp", envvar="SALLYPORT_DEMO_AMQP", help="Let canonical messages travel over this RabbitMQ."),
    ] = None,
    keep: Annotated[
        Path | None, typer.Option("--keep", help="Keep the gateway's folder here, to look into.", metavar="DIR")
    ] = None,
) -> None:
    """Play the main job on this machine, with real transports.

    Two partners, both directions, acknowledgments, an overdue receipt, search and resend.
    """
    try:
        from gateway.demo import DemoFailed, play
    except ModuleNotFoundError as missing:
        fail(f"the demo plays the partner with {missing.name}, which is not installed", "pip install 'sallyport[demo]'")
    if keep is not None and (keep / FILE).exists():
        fail(f"{keep} holds a gateway already", "choose another folder, or remove it")
    with tempfile.TemporaryDirectory(prefix="sallyport-demo-") as temporary:
        folder = keep if keep is not None else Path(temporary)
        try:
            make_home(folder)
            play(folder, amqp, console)
        except DemoFailed as fault:
            fail(
                str(fault),
                f"the gateway's log is {folder / 'gateway.log'}" if keep else "run it again with --keep DIR",
                Exit.INPUT,
            )
    if keep is not None:
        say(f"the gateway's folder is {keep}; start it again with: sallyport serve --home {keep}")
