"""The command group ``guides``: the grammars of messages, as tables."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.catalogue import Catalogue
from gateway.cli.output import fail, print_json, say, table
from gateway.cli.places import JsonOption
from translators.guide import Guide
from translators.guide_table import describe, describe_segment

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_guides(as_json: JsonOption = False) -> None:
    """List the guides, and which of them have a map to the canonical form."""
    catalogue = Catalogue()
    names = sorted(catalogue.guide_names)
    if as_json:
        print_json([{"guide": name, "map": name in catalogue.map_names} for name in names])
        return
    rows = [(*name.split("/"), "yes" if name in catalogue.map_names else "-") for name in names]
    table(("standard", "version", "message", "map to the canonical form"), rows)


@app.command("show")
def show_guide(
    message: Annotated[str, typer.Argument(help="The message, such as IFTSTA or 214; or its whole name in the list.")],
    version: Annotated[
        str, typer.Argument(help="The version, such as D.96A or 004010; where there is only one, it may be left out.")
    ] = "",
    segment: Annotated[
        str, typer.Option("--segment", help="Show what is in this segment, such as DTM, instead of the message.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Print a message as a tree, or with --segment a segment's elements: what is mandatory, how often, how long."""
    guide = _guide(Catalogue(), message, version)
    if segment:
        _show_segment(guide, segment, as_json=as_json)
        return
    rows = describe(guide)
    if as_json:
        print_json([row._asdict() for row in rows])
        return
    say(f"{guide.name} (M mandatory, {_optional(guide)}, X not used)", "bold")
    table(
        ("segment or group", "use", "times", "name"),
        [
            ("  " * row.depth + row.name, row.usage, "any" if row.maximum is None else str(row.maximum), row.title)
            for row in rows
        ],
    )


def _show_segment(guide: Guide, segment: str, *, as_json: bool) -> None:
    path = segment if "/" in segment else f"*/{segment}"
    rows = describe_segment(guide, path) or describe_segment(guide, segment)
    if not rows:
        tags = dict.fromkeys(row.name for row in describe(guide) if row.kind == "segment")
        fail(f"{guide.name} has no segment {segment}", f"it has: {', '.join(tags)}")
    if as_json:
        print_json([row._asdict() for row in rows])
        return
    say(f"{segment} in {guide.name} (M mandatory, {_optional(guide)}, X not used)", "bold")
    table(
        ("element", "id", "use", "times", "form", "codes", "name"),
        [
            (
                f"{row.position:02d}" if row.component is None else f"   .{row.component}",
                row.ref,
                row.usage,
                str(row.maximum),
                row.representation or "-",
                str(row.codes) if row.codes else "-",
                row.title,
            )
            for row in rows
        ],
    )


def _guide(catalogue: Catalogue, message: str, version: str) -> Guide:
    names = sorted(catalogue.guide_names)
    if message.count("/") == 2:
        found = [name for name in names if name == message]
    else:
        found = [
            name
            for name in names
            if name.split("/")[2] == message.upper() and version.upper() in ("", name.split("/")[1])
        ]
    if len(found) > 1:
        fail(f"which {message}? there are {', '.join(found)}", f"sallyport guides show {found[0]}")
    guide = catalogue.guide(found[0]) if found else None
    if guide is None:
        near = [name for name in names if name.endswith(f"/{message.upper()}")] or names
        fail(f"there is no guide for {' '.join(filter(None, (message, version)))}", f"there are: {', '.join(near)}")
    return guide


def _optional(guide: Guide) -> str:
    return "C conditional" if guide.standard == "edifact" else "O optional"
