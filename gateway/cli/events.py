"""The command group ``events``: what happened, as the company's own systems are told of it.

Both commands look and take nothing: the events stay for whoever reads them. They are for a gateway without a RabbitMQ,
whose events wait in its database; ``sallyport receive --events`` takes them out of there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Annotated

import msgspec
import typer

from gateway.arrival import printable
from gateway.cli.ledger import reading
from gateway.cli.output import fail, note, print_bytes, print_json, say, table
from gateway.cli.places import DEFAULT_HOME, HomeOption, JsonOption, home_of
from gateway.config import Home
from gateway.database import Database
from gateway.event_exchange import NAME, embedded_events
from gateway.events import EVENT_TYPES, chosen, full_name
from gateway.events.taxonomy import FAMILIES
from queues import WaitingLetter

AT_ONCE = 200
"""Letters in one look."""
LOOK = 0.25
"""Seconds between looks for new events."""

app = typer.Typer(no_args_is_help=True)

TypeOption = Annotated[
    list[str] | None, typer.Option("--type", help="Only this type, or all types of this family; may be repeated.")
]
PartyOption = Annotated[str | None, typer.Option("--party", help="Only of this party.")]


class Head(msgspec.Struct, frozen=True):
    """What a line about an event shows of its data."""

    severity: str
    party: str = ""
    message: str = ""
    case: str = ""


class Shown(msgspec.Struct, frozen=True):
    """A published event, as far as it is shown."""

    id: str
    type: str
    subject: str
    time: str
    data: Head


@app.command("list")
def list_events(
    types: TypeOption = None,
    party: PartyOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many at most.")] = 100,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """List the events that wait to be read, the oldest first. They stay."""
    place = _embedded(home_of(home))
    wanted = _filter(types, party)
    found: list[bytes] = []
    with reading(place) as database:
        after = 0
        while len(found) < limit and (some := _waiting(database, after)):
            after = some[-1].number
            found += [each.letter.body for each in some if wanted(each)]
    found = found[:limit]
    if as_json:
        print_json([msgspec.Raw(body) for body in found])
        return
    _say_when_off(place)
    if not found:
        say("no event waits to be read", "green")
        return
    rows = [_row(body) for body in found]
    table(("time (UTC)", "event", "partner", "about"), [row[:4] for row in rows], styles=[row[4] for row in rows])
    if len(found) == limit:
        say("there may be more: --limit", "dim")


@app.command("tail")
def tail(
    types: TypeOption = None,
    party: PartyOption = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="End after so many; 0 is never.")] = 0,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show events as they are published, until Ctrl-C. They stay.

    With --json each is one line: a CloudEvent.
    """
    place = _embedded(home_of(home))
    wanted = _filter(types, party)
    if not as_json:
        _say_when_off(place)
    shown = 0
    try:
        with reading(place) as database:
            for each in _new(database):
                if not wanted(each):
                    continue
                if as_json:
                    print_bytes(each.letter.body + b"\n")
                else:
                    moment, type_, partner, about, style = _row(each.letter.body)
                    say(f"{moment}  {type_}  {partner}  {about}", style)
                shown += 1
                if shown == limit:
                    return
    except KeyboardInterrupt:
        return


def _new(database: Database) -> Iterator[WaitingLetter]:
    """Letters that are published from now on; for ever."""
    known = _numbers(database)
    while True:
        time.sleep(LOOK)
        # On PostgreSQL a letter may become visible after one with a larger number: the last ones are looked at again.
        after = max(known, default=0)
        for each in _waiting(database, max(0, after - AT_ONCE), 2 * AT_ONCE):
            if each.number not in known:
                known.add(each.number)
                yield each
        known = set(sorted(known)[-4 * AT_ONCE :])


def _numbers(database: Database) -> set[int]:
    """The numbers of the letters that wait already, the last ones of many."""
    known: set[int] = set()
    while some := _waiting(database, max(known, default=0), 10 * AT_ONCE):
        known = {*sorted(known)[-4 * AT_ONCE :], *(each.number for each in some)}
    return known


def _waiting(database: Database, after: int, limit: int = AT_ONCE) -> list[WaitingLetter]:
    return asyncio.run(embedded_events(database, end="business").waiting(after, limit))


def _filter(types: list[str] | None, party: str | None) -> Callable[[WaitingLetter], bool]:
    known = {*FAMILIES, *EVENT_TYPES}
    for each in types or ():
        if each not in known:
            fail(
                f"there is no type of event `{printable(each)}`", f"choose from: {', '.join([*FAMILIES, *EVENT_TYPES])}"
            )
    names = {full_name(name) for name in chosen(types or FAMILIES)}
    return lambda each: each.letter.type in names and party in (None, each.letter.headers.get("party"))


def _row(body: bytes) -> tuple[str, str, str, str, str]:
    """Moment, type, partner, what it is about, and a style."""
    event = msgspec.json.decode(body, type=Shown)
    about = event.data.case or event.data.message or event.subject
    moment = event.time.replace("T", " ")[:19]
    style = "yellow" if event.data.severity == "exception" else ""
    return moment, printable(event.type), printable(event.data.party or "-"), printable(about), style


def _embedded(place: Home) -> Home:
    if place.config.business.amqp is not None:
        fail(
            "this gateway publishes its events on RabbitMQ, where nothing can be looked at without taking it",
            f"bind a queue of your own to the exchange {NAME}, for instance with sallyport.customs.#",
        )
    return place


def _say_when_off(place: Home) -> None:
    if not place.config.events.enabled:
        note(f"events are switched off: write `events: {{enabled: yes}}` into {place.folder}/sallyport.yaml")
