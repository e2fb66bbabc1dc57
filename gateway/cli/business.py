"""Commands ``send`` and ``receive``: the company's side of a gateway, for people and scripts.

A company's systems use RabbitMQ. These are the same two ends by hand: ``send`` hands in a document for a flow, and
``receive`` takes what was published where the queues inside the database are used.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from gateway.arrival import printable
from gateway.cli.ledger import actor_or_user, order
from gateway.cli.output import Exit, fail, print_json, progress, say
from gateway.cli.places import (
    DEFAULT_HOME,
    ActorOption,
    FileArgument,
    HomeOption,
    JsonOption,
    home_of,
    read_file,
)
from gateway.control import LONGEST, NoAnswer, NotRunning, Refused, Send, Take, What, take_letters
from gateway.durable_file import write_durably
from queues import Letter
from translators.canonical import CanonicalError, read_canonical

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def send(
    file: FileArgument,
    flow: Annotated[str, typer.Option("--flow", help="The outgoing flow: agreement/flow, or the flow's id alone.")],
    message_id: Annotated[
        str, typer.Option("--id", help="The document's id; the same id and content again has no effect.")
    ] = "",
    actor: ActorOption = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Hand a canonical document to the gateway, for a partner.

    It is sent in the terms of the flow: the partner's syntax, numbers and channel.
    """
    place = home_of(home)
    document = read_file(file)
    if len(document) > LONGEST // 2:
        fail(f"{file} has {len(document):,} bytes; a document has at most {LONGEST // 2:,}", code=Exit.INPUT)
    try:
        read_canonical(document)
    except CanonicalError as fault:
        fail(f"{printable(file)} is no canonical document: {fault}", "correct it; nothing was sent", Exit.INPUT)
    chosen = message_id or hashlib.sha256(flow.encode() + b"\0" + document).hexdigest()[:32]
    request = Send(message_id=chosen, flow=flow, content=document, actor=actor_or_user(actor))
    accepted = msgspec.convert(msgspec.to_builtins(order(place, request)), dict[str, str | bool])
    if as_json:
        print_json({"message_id": chosen, **accepted})
    elif accepted["repeated"]:
        say(f"document {chosen} was accepted before, as {accepted['transmission']}; nothing new happens", "yellow")
    else:
        say(f"document {chosen} is accepted as {accepted['transmission']}", "green")
        say(
            f"  next: sallyport messages search {accepted['transmission']} --home {home} shows what becomes of it",
            "dim",
        )


def receive(
    folder: Annotated[Path, typer.Argument(help="Where to put the documents, one file each.", metavar="DIR")],
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many at most.")] = 100,
    events: Annotated[bool, typer.Option("--events", help="Take events, each a CloudEvent, and no documents.")] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Take the canonical documents, or events, that the gateway published.

    For a gateway that runs without a RabbitMQ.
    """
    place = home_of(home)
    what: What = "events" if events else "documents"
    kept: list[dict[str, str]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with progress(f"taking {what}") as step:

            def keep(letter: Letter) -> None:
                target = folder / _file_name(letter)
                # The gateway forgets the document once we say that we have it.
                write_durably(target, letter.body)
                kept.append({"file": str(target), "type": letter.type, "party": letter.headers.get("party", "")})
                step()

            take_letters(place.control, Take(limit=limit, what=what), keep)
    except NotRunning as fault:
        fail(str(fault), f"sallyport serve --home {home}")
    except NoAnswer as fault:
        fail(str(fault), f"see whether it still works: sallyport doctor --home {home}")
    except Refused as fault:
        fail(str(fault))
    except OSError as fault:
        fail(f"{fault.filename or folder}: {fault.strerror}", "nothing is lost: what was not kept comes again")
    if as_json:
        print_json(kept)
        return
    for each in kept:
        say(f"{printable(each['type'])} from {printable(each['party'])}: {each['file']}")
    say(f"{len(kept)} {what} taken" if kept else f"there are no {what} to take", "green" if kept else "yellow")


def _file_name(letter: Letter) -> str:
    """The letter's id where that is a plain name, as those of our own are; otherwise its hash: ids are no paths."""
    plain = _PLAIN.fullmatch(letter.message_id)
    return f"{letter.message_id if plain else hashlib.sha256(letter.message_id.encode()).hexdigest()}.json"
