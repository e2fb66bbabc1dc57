"""The command group ``channels``: what goes through each of them, and holding it up on purpose."""

from __future__ import annotations

import time
from typing import Annotated, Literal

import typer

from gateway.catalogue import Catalogue
from gateway.channel_states import ChannelState, channel_states
from gateway.cli.ledger import actor_or_user, order, read
from gateway.cli.output import Exit, fail, note, print_json, say, table
from gateway.cli.places import DEFAULT_HOME, ActorOption, HomeOption, JsonOption, ReasonOption, home_of
from gateway.config import Home
from gateway.control import NoAnswer, NotRunning, PauseChannel, ResumeChannel, Status, ask
from gateway.profiles_folder import load_profiles
from queues import WorkQueue

app = typer.Typer(no_args_is_help=True)
LOOKS = 1.0
"""Seconds between looks at what a channel has still to do."""
_STYLES = {"open": "", "broken": "red", "paused": "yellow", "draining": "yellow", "drained": "yellow"}

ChannelArgument = Annotated[
    str, typer.Argument(help="The channel's id, or `business` for the company's own systems.", metavar="CHANNEL")
]
DirectionOption = Annotated[
    Literal["in", "out", "both"], typer.Option("--direction", help="What comes in, what goes out, or both.")
]


@app.command("list")
def list_channels(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """List the channels: whether anything goes through, since when not and why, and what waits."""
    found = look(home_of(home))
    if as_json:
        print_json(found)
        return
    table(
        ("channel", "partner", "kind", "state", "waiting", "unread"),
        [
            (x.channel, x.party or "", x.kind, x.state, str(x.waiting + x.under_way), str(x.unread), told(x))
            for x in found
        ],
        details=("why",),
        styles=[_STYLES[x.state] for x in found],
    )


@app.command("pause")
def pause(
    channel: ChannelArgument,
    reason: ReasonOption,
    direction: DirectionOption = "both",
    actor: ActorOption = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Hold what goes out over a channel and refuse what comes in, until it is resumed.

    Nothing is lost, and the time that deliveries wait is not taken off their time to be delivered.
    """
    order(
        home_of(home),
        PauseChannel(channel=channel, direction=direction, actor=actor_or_user(actor), reason=reason),
    )
    if as_json:
        print_json({"channel": channel, "paused": direction, "reason": reason})
    else:
        say(f"channel {channel} is paused: {_DONE[direction]}", "green")
        say(f"  next: sallyport channels resume {channel} --reason …", "dim")


@app.command("resume")
def resume(
    channel: ChannelArgument,
    reason: ReasonOption,
    direction: DirectionOption = "both",
    actor: ActorOption = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """End a pause; what waits goes on at once."""
    order(
        home_of(home),
        ResumeChannel(channel=channel, direction=direction, actor=actor_or_user(actor), reason=reason),
    )
    if as_json:
        print_json({"channel": channel, "resumed": direction, "reason": reason})
    else:
        say(f"channel {channel} goes on", "green")


@app.command("drain")
def drain(
    channel: ChannelArgument,
    reason: ReasonOption,
    wait: Annotated[bool, typer.Option("--wait", help="Return only when nothing is left to do.")] = False,
    patience: Annotated[
        float, typer.Option("--patience", min=0, help="Seconds to wait at most; 0 is for as long as it takes.")
    ] = 0.0,
    actor: ActorOption = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Take nothing in over a channel any more, and finish what is under way.

    Answers what is left. With --wait it exits 0 when that is nothing, and 1 when --patience ends before, or when what
    goes out is paused, so that waiting is in vain.
    """
    place = home_of(home)
    if wait:
        _must_run(place)
    order(
        place,
        PauseChannel(channel=channel, direction="in", actor=actor_or_user(actor), reason=reason, draining=True),
    )
    until = time.monotonic() + patience
    state = _of(place, channel)
    told_of = -1
    while wait and state.left and state.state != "paused" and not (patience and time.monotonic() >= until):
        if state.left != told_of:
            note(f"{state.left} left ({state.unread} to be read, {state.waiting + state.under_way} to be delivered)")
            told_of = state.left
        _must_run(place)
        time.sleep(LOOKS)
        state = _of(place, channel)
    if as_json:
        print_json(state)
    elif state.left and state.state == "paused":
        say(f"channel {channel} takes nothing in; {state.left} left to do, and what goes out is paused", "yellow")
        say(f"  next: sallyport channels resume {channel} --direction out --reason …", "dim")
    elif state.left:
        say(f"channel {channel} takes nothing in; {state.left} left to do", "yellow")
        say("  next: the same command with --wait, or sallyport channels list", "dim")
    else:
        say(f"channel {channel} takes nothing in, and nothing is left to do", "green")
        say(f"  next: sallyport channels resume {channel} --reason …", "dim")
    if wait and state.left:
        raise typer.Exit(Exit.INPUT)


_DONE = {
    "in": "what comes in is refused",
    "out": "what goes out waits",
    "both": "what goes out waits, and what comes in is refused",
}


def look(place: Home) -> list[ChannelState]:
    """The state of every channel of the gateway."""
    register = load_profiles(place.profiles, Catalogue(place.guides)).register
    return read(place, lambda connection: channel_states(connection, WorkQueue(), register))


def told(state: ChannelState) -> str:
    """Why not everything goes through a channel, for a person; empty when everything does."""
    reasons = []
    if state.pause is not None:
        what = "drained" if state.state in ("draining", "drained") else f"paused ({state.pause.direction})"
        since = f"{state.pause.since:%Y-%m-%d %H:%M} UTC"
        reasons.append(f"{what} by {state.pause.actor} since {since}: {state.pause.reason}")
    if state.broken_since is not None and state.tried_again_at is not None:
        since = f"{state.broken_since:%Y-%m-%d %H:%M} UTC"
        again = f"{state.tried_again_at:%H:%M:%S} UTC"
        reasons.append(f"nobody reached since {since}, tried again from {again} on: {state.last_failure}")
    elif state.failures:
        reasons.append(f"{state.failures} tries in a row reached nobody: {state.last_failure}")
    return "; ".join(reasons)


def _of(place: Home, channel: str) -> ChannelState:
    return next(each for each in look(place) if each.channel == channel)


def _must_run(place: Home) -> None:
    """End the command where no gateway runs that could finish anything."""
    try:
        ask(place.control, Status())
    except NotRunning:
        fail(
            "no gateway runs here, so nothing that waits is going to be finished",
            f"sallyport serve --home {place.folder}; or drain without --wait, which holds from its next start on",
        )
    except NoAnswer as fault:
        fail(str(fault), f"see whether it still works: sallyport doctor --home {place.folder}")
