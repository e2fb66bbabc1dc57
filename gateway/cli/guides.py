"""The command group ``guides``: the grammars of messages, as tables, and their import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.catalogue import Catalogue
from gateway.cli.guide_tree import in_order, show_codes, show_segment, show_tree
from gateway.cli.output import Exit, fail, note, paragraph, print_json, progress, say, table
from gateway.cli.places import DEFAULT_HOME, HomeOption, JsonOption, home_of
from translators.code_names import order
from translators.grammar import Guide, Place
from translators.guide import GuideError
from translators.guide_table import describe, describe_segment

if TYPE_CHECKING:
    from gateway.importing import Found

app = typer.Typer(no_args_is_help=True)

MANY = 12
"""Names that an error message lists; of more it says how many there are."""


@app.command("list")
def list_guides(
    which: Annotated[
        str, typer.Argument(help="Only a message, such as IFTSTA or 214, or a version, such as D.96A or 004010.")
    ] = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """List the guides: how many each version has, or, with a message or a version, each by itself.

    Guides come from what ships, or from what was imported into the gateway at --home, which goes before it.
    """
    catalogue = Catalogue.of(home)
    names = sorted((name for name in catalogue.guides if _matches(name, which)), key=_by_age)
    if which and not names:
        fail(f"there is no message and no version {which}", "sallyport guides list names the versions")
    maps = catalogue.map_names
    if as_json:
        print_json([{"guide": name, "map": name in maps, "from": catalogue.guides[name]} for name in names])
    elif which:
        table(
            ("standard", "version", "message", "map", "from", "name"),
            [
                (*name.split("/"), "yes" if name in maps else "-", catalogue.guides[name], catalogue.title(name))
                for name in names
            ],
        )
    else:
        versions = dict.fromkeys((name.rpartition("/")[0], catalogue.guides[name]) for name in names)
        rows = []
        for version, origin in versions:
            own = [n for n in names if n.rpartition("/")[0] == version and catalogue.guides[n] == origin]
            rows.append((*version.split("/"), f"{len(own):,}", str(sum(n in maps for n in own) or "-"), origin))
        table(("standard", "version", "messages", "with a map", "from"), rows)
        say(f"{len(names):,} guides; `sallyport guides list D.96A` or `… list IFTSTA` names them", "dim")


@app.command("show")
def show_guide(
    message: Annotated[str, typer.Argument(help="The message, such as IFTSTA or 214; or its whole name in the list.")],
    version: Annotated[
        str, typer.Argument(help="The version, such as D.96A or 004010; where there is only one, it may be left out.")
    ] = "",
    segment: Annotated[
        str, typer.Option("--segment", help="Show what is in this segment, such as DTM or SG4/DTM, not the message.")
    ] = "",
    codes: Annotated[
        bool, typer.Option("--codes", help="With --segment: list the codes too, and their names.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Print a message as a tree, or with --segment a segment's elements: what is mandatory, how often, how long."""
    if codes and not segment:
        fail("--codes lists the codes of one segment", "name it with --segment")
    catalogue = Catalogue.of(home)
    guide = _guide(catalogue, message, version)
    if segment:
        _show_segment(catalogue, guide, segment, codes=codes, as_json=as_json)
    elif as_json:
        print_json([row._asdict() for row in describe(guide)])
    else:
        show_tree(guide, describe(guide))


def _show_segment(catalogue: Catalogue, guide: Guide, segment: str, *, codes: bool, as_json: bool) -> None:
    segment = segment.upper()
    places = [place for place in guide.find(segment if "/" in segment else f"*/{segment}") if place.segment is not None]
    if not places:
        tags = dict.fromkeys(row.name for row in describe(guide) if row.kind == "segment")
        fail(f"{guide.name} has no segment {segment}", f"it has: {', '.join(tags)}")
    rows = describe_segment(guide, places[0].path)
    lists = _code_lists(places[0]) if codes else {}
    named = f"{guide.standard}/{guide.version}"
    if as_json:
        answer: list[dict[str, object]] = [row._asdict() for row in rows]
        for each, row in zip(answer, rows, strict=True):
            if row.ref in lists:
                each["code_names"] = {code: catalogue.code_name(named, row.ref, code) for code in lists[row.ref][1]}
        print_json(answer)
        return
    show_segment(guide, places[0].name, places[0].title, [place.path for place in places], rows)
    for element, (title, values) in lists.items():
        show_codes(element, title, [(code, catalogue.code_name(named, element, code) or "") for code in values])


def _code_lists(place: Place) -> dict[str, tuple[str, list[str]]]:
    elements = place.segment.elements if place.segment is not None else ()
    return {
        component.ref: (component.name, in_order(component.codes))
        for element in elements
        for component in element.components
        if component.codes
    }


@app.command("import")
def import_guides(
    source: Annotated[
        Path,
        typer.Argument(
            help="A zip, file or folder: UN/EDIFACT directories as UNECE publishes them, SEF files, Bots grammars.",
            metavar="FILE_OR_FOLDER",
        ),
    ],
    name: Annotated[
        str, typer.Option("--name", help="Call the version so, instead of by its own name: 004010-acme.")
    ] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Replace a version that was imported before.")] = False,
    into: Annotated[
        Path | None, typer.Option("--into", help="Write into this folder of guides, not into the gateway's.")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Take over message tables: guides of the gateway's own, used before those that ship.

    Says what was read and what was not. A version that is there already stays, unless --replace is given.
    """
    folder = into if into is not None else home_of(home).guides
    # Nobody else needs the importers.
    from gateway.importing import IMPORTERS, is_name, read_guides

    if name and not is_name(name):
        fail(
            f"`{name}` is no name for a version",
            "letters, digits, dots, hyphens and underscores, a letter or digit first",
        )
    passed: list[str] = []
    answers: list[dict[str, object]] = []
    try:
        with progress("reading") as step:
            for found in read_guides(source, passed):
                step()
                if name and answers:
                    fail(
                        "there are several versions in it, and --name is for one", "import them one by one", Exit.INPUT
                    )
                answers.append(_import(folder, found, name, replace=replace, as_json=as_json))
    except OSError as fault:
        fail(f"{fault.filename or source}: {fault.strerror}", "check the path and who may use it")
    if as_json:
        print_json({"folder": str(folder), "versions": answers, "not_opened": passed})
    else:
        for each in passed:
            note(f"not opened: {each}")
    if not answers:
        known = ", ".join(importer.title for importer in IMPORTERS)
        fail(f"nothing in {source} is a table that can be read", f"what can be: {known}", Exit.INPUT)
    if not all(answer["written"] for answer in answers):
        fail("not everything was imported", "what is said above; --replace replaces a version", Exit.INPUT)


def _import(folder: Path, found: Found, name: str, *, replace: bool, as_json: bool) -> dict[str, object]:
    from gateway.importing import AlreadyThere, write_guides

    answer: dict[str, object] = {"source": found.source, "form": found.title, "written": None, "fault": found.fault}
    read = found.imported
    if read is not None:
        answer |= {"guide": f"{read.standard}/{name or read.version}", "counts": read.counts}
        answer |= {"unread": read.unread, "doubts": read.doubts}
        try:
            written = write_guides(folder, read, name, replace=replace)
            answer |= {"written": written.files, "bytes": written.bytes}
        except AlreadyThere as fault:
            answer["fault"] = f"{fault} is there already"
        except GuideError as fault:
            answer["fault"] = str(fault)
    if not as_json:
        _tell(answer)
    return answer


def _tell(answer: dict[str, object]) -> None:
    counts, files = answer.get("counts"), answer["written"]
    if isinstance(counts, dict) and isinstance(files, list):
        held = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
        say(f"{answer['guide']}: {held}", "green")
        for file in files[1:]:
            paragraph(f"layer {file}: what the guideline in it changes", 2)
    else:
        note(f"{answer['source']}, {answer['form']}: {answer['fault']}", "red")
    for kind, told in (("unread", "not read"), ("doubts", "doubtful")):
        lines = answer.get(kind)
        for each in lines if isinstance(lines, list) else ():
            paragraph(f"{told}: {each}", 2, "yellow")


def _guide(catalogue: Catalogue, message: str, version: str) -> Guide:
    names = sorted(catalogue.guides, key=_by_age)
    if message.count("/") == 2:
        found = [name for name in names if name.upper() == message.upper()]
    else:
        named = (message.upper(), version.upper())
        found = [name for name in names if (name.split("/")[2].upper(), name.split("/")[1].upper()) == named]
        found = found or [name for name in names if not version and name.split("/")[2].upper() == message.upper()]
    if len(found) > 1:
        fail(f"which {message}? there are {_several(found)}", f"sallyport guides show {' '.join(_parts(found[-1]))}")
    guide = catalogue.guide(found[0]) if found else None
    if guide is None:
        near = [name for name in names if name.split("/")[2].upper() == message.upper()]
        step = (
            f"there are: {_several(near)}" if near else "sallyport guides list VERSION names the messages of a version"
        )
        fail(f"there is no guide for {' '.join(filter(None, (message, version)))}", step)
    return guide


def _several(names: list[str]) -> str:
    if len(names) <= MANY:
        return ", ".join(names)
    return f"{len(names)}, from {names[0]} to {names[-1]}; `sallyport guides list {_parts(names[0])[0]}` names them"


def _parts(name: str) -> tuple[str, str]:
    """(message, version) of a guide's name."""
    _, version, message = name.split("/")
    return message, version


def _matches(name: str, which: str) -> bool:
    asked = which.upper()
    return not asked or asked in (name.upper(), name.upper().rpartition("/")[0], *name.upper().split("/"))


def _by_age(name: str) -> tuple[str, tuple[str, int, str], str]:
    standard, version, message = name.split("/")
    return standard, order(version), message
