"""The command group ``maps``: what messages mean in the canonical form, layers resolved, compared and checked."""

from __future__ import annotations

from difflib import unified_diff
from typing import Annotated

import typer

from gateway.catalogue import Catalogue
from gateway.cli.output import Exit, fail, line, print_bytes, print_json, say, table
from gateway.cli.places import DEFAULT_HOME, HomeOption, JsonOption
from translators.maps import Map, MapError, check_map

app = typer.Typer(no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="The map, such as x12/004010/214 or acme/iftsta.")]

_SHORT = 12
"""Hexadecimal digits of a digest that are enough for a person to tell maps apart."""


@app.command("list")
def list_maps(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """List the maps that ship and those of the gateway at --home: canonical type, guide, and the map's hash."""
    catalogue = Catalogue.of(home)
    maps = [_map(catalogue, name) for name in sorted(catalogue.map_names)]
    if as_json:
        print_json([{"map": m.name, "canonical": m.canonical, "guide": m.guide, "sha256": m.digest} for m in maps])
        return
    table(
        ("map", "canonical", "guide", "sha256"),
        [(m.name, m.canonical, "-" if m.guide == m.name else m.guide, m.digest[:_SHORT]) for m in maps],
    )


@app.command("show")
def show_map(name: NameArgument, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Print a map with everything that it extends worked in: what really translates a partner's messages."""
    found = _map(Catalogue.of(home), name)
    if as_json:
        print_json({"map": found.name, "guide": found.guide, "sha256": found.digest, "text": found.text})
    else:
        print_bytes(found.text.encode())


@app.command("diff")
def diff_maps(
    one: NameArgument,
    other: NameArgument,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Show how two maps differ, both with everything that they extend: an overlay and the map below it, say."""
    catalogue = Catalogue.of(home)
    before, after = (_map(catalogue, name).text.splitlines() for name in (one, other))
    lines = list(unified_diff(before, after, one, other, lineterm=""))
    for each in lines:
        line(each, {"+": "green", "-": "red", "@": "cyan"}.get(each[:1], ""))
    if not lines:
        say("no difference", "green")


@app.command("check")
def check_maps(
    name: Annotated[str, typer.Argument(help="Only this map.")] = "", home: HomeOption = DEFAULT_HOME
) -> None:
    """Check maps: their own form, and that their guides have every place that they name."""
    catalogue = Catalogue.of(home)
    names = [name] if name else sorted(catalogue.map_names)
    faults: list[str] = []
    for each in names:
        try:
            found = catalogue.map(each)
        except MapError as error:
            faults += map(str, error.faults)
            continue
        if found is None:
            fail(f"there is no map {each}", "sallyport maps list names them")
        guide = catalogue.guide(found.guide)
        if guide is None:
            faults.append(f"{each}:1:1: there is no guide {found.guide}: `guide: ...` names another")
        else:
            faults += map(str, check_map(found, guide))
    for text in faults:
        line(text, "red")
    if faults:
        raise typer.Exit(Exit.INPUT)
    say(f"no faults in {len(names)} map{'s' * (len(names) != 1)}", "green")


def _map(catalogue: Catalogue, name: str) -> Map:
    try:
        found = catalogue.map(name)
    except MapError as error:
        fail(f"the map is faulty: {error}", "put that right", Exit.INPUT)
    if found is None:
        fail(f"there is no map {name}", "sallyport maps list names them")
    return found
