"""The command group ``archive``: is everything there that was ever exchanged, and is it what it was?

``verify`` asks from the ledger's side: can everything it refers to be read, and does it have its hash? ``fsck`` asks
from the archive's side as well: is every pack whole and sealed as it was written, and what lies there that the ledger
does not know? Both only read, and may run while the gateway does.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import typer

from archive import Archive, ArchiveFault, Damage, Locator
from gateway.cli.ledger import reading
from gateway.cli.output import Exit, fail, note, print_json, progress, say
from gateway.cli.places import DEFAULT_HOME, HomeOption, JsonOption, home_of
from gateway.config import Home
from gateway.ledger import objects

app = typer.Typer(no_args_is_help=True)


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """What ``fsck`` found; everything but ``orphans`` is a fault."""

    packs: int
    objects: int
    """Contents that the ledger refers to."""
    missing: list[Locator]
    """Those of them that do not lie where the ledger says."""
    damages: list[Damage]
    """Places in the packs that are not as they were written."""
    orphans: int
    """Contents that the ledger does not refer to: stored, but not committed before a crash, or stored twice."""
    orphan_bytes: int


@app.command("verify")
def verify(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Read everything that the ledger refers to out of the archive, and check it against its hash."""
    place = home_of(home)
    locators, opened = _open(place)
    damages: list[Damage] = []
    try:
        with progress("verifying", len(locators)) as step:
            for locator in locators:
                damages.extend(opened.verify([locator]))
                step()
    except ArchiveFault as fault:
        fail(str(fault))
    if as_json:
        print_json({"objects": len(locators), "damages": damages})
    else:
        _tell(damages)
        say(f"{len(locators)} objects, {len(damages)} damaged", "red" if damages else "green")
    if damages:
        raise typer.Exit(Exit.INPUT)


@app.command("fsck")
def fsck(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Check every byte of every pack, and the packs against the ledger: what is damaged, missing or in no book."""
    place = home_of(home)
    # The ledger first: whatever it refers to was in the archive before, so nothing that comes meanwhile seems to miss.
    locators, opened = _open(place)
    try:
        found = _check(opened, locators)
    except ArchiveFault as fault:
        fail(str(fault))
    if as_json:
        print_json(found)
    else:
        _tell(found.damages)
        for locator in found.missing:
            note(
                f"missing: content {locator.sha256} ({locator.size} bytes) should lie in pack {locator.pack} at"
                f" {locator.offset}; restore the pack from a copy",
                "red",
            )
        bad = bool(found.damages or found.missing)
        say(
            f"{found.packs} packs, {found.objects} objects: {len(found.damages)} damaged places,"
            f" {len(found.missing)} missing, {found.orphans} orphans ({found.orphan_bytes} bytes)",
            "red" if bad else "green",
        )
    if found.damages or found.missing:
        raise typer.Exit(Exit.INPUT)


def _check(opened: Archive, locators: Sequence[Locator]) -> Check:
    expected = set(locators)
    damages: list[Damage] = []
    orphans = orphan_bytes = 0
    present: set[Locator] = set()
    names = opened.packs()
    with progress("reading packs", 2 * len(names)) as step:
        for name in names:
            for item in opened.scan(name):
                if isinstance(item, Damage):
                    continue  # `fsck` below reads every byte and says it too.
                if item in expected:
                    present.add(item)
                else:
                    orphans += 1
                    orphan_bytes += item.length
            step()
        damages.extend(opened.fsck())
    return Check(
        packs=len(names),
        objects=len(locators),
        missing=[locator for locator in locators if locator not in present],
        damages=damages,
        orphans=orphans,
        orphan_bytes=orphan_bytes,
    )


def _open(place: Home) -> tuple[Sequence[Locator], Archive]:
    with reading(place) as database:
        locators = database.read(objects.all_locators)
    if locators and not place.archive.is_dir():
        fail(
            f"the ledger refers to {len(locators)} objects and there is no archive at {place.archive}",
            "restore the folder from a copy",
            Exit.INPUT,
        )
    try:
        return locators, Archive.open(place.archive, mode="read")
    except ArchiveFault as fault:
        fail(str(fault))


def _tell(damages: Sequence[Damage]) -> None:
    for each in damages:
        note(f"damaged: pack {each.pack}, offset {each.offset}, {each.length} bytes: {each.text}", "red")
