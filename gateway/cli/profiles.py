"""The command group ``profiles``: what partners agreed on, checked, listed and compared with what it was."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.catalogue import Catalogue
from gateway.cli.output import Exit, fail, line, note, print_json, say, table
from gateway.cli.places import DEFAULT_HOME, HomeOption, JsonOption, home_of
from gateway.profiles_folder import load_profiles
from partners import Agreement, Loaded, diff, read_agreement

app = typer.Typer(no_args_is_help=True)


@app.command("check")
def check_profiles(
    folder: Annotated[
        Path | None, typer.Argument(help="The profiles folder; that of the gateway at --home where not given.")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Find every fault in the profiles, with file, line, column and a suggestion."""
    loaded = load_profiles(_folder(folder, home), Catalogue.of(home))
    if as_json:
        print_json({"good": loaded.register is not None, "faults": loaded.faults})
    else:
        tell(loaded)
    if loaded.register is None:
        raise typer.Exit(Exit.INPUT)


@app.command("list")
def list_profiles(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """List the agreements with their flows and hashes."""
    agreements = list(_agreements(home).values())
    if as_json:
        print_json(
            [
                {
                    "agreement": a.id,
                    "party": a.party.id,
                    "status": a.status,
                    "valid_from": a.terms.valid_from,
                    "valid_to": a.terms.valid_to,
                    "sha256": a.sha256,
                    "flows": [
                        {"id": f.id, "direction": f.direction, "message": str(f.message), "canonical": f.canonical}
                        for f in a.flows
                    ],
                }
                for a in agreements
            ]
        )
        return
    if not agreements:
        say("there are no agreements yet", "yellow")
    for a in agreements:
        line(f"{a.id}: {a.party.name}, {a.status}{_days(a)}", "bold")
        say(f"  sha256 {a.sha256}", "dim")
        table(
            ("  flow", "direction", "message", "canonical form", "priority"),
            [(f"  {f.id}", f.direction, str(f.message), f.canonical, f.priority) for f in a.flows],
        )


@app.command("diff")
def diff_profiles(
    agreement: Annotated[str, typer.Argument(help="The agreement as it is in the profiles now.")],
    sha256: Annotated[
        str, typer.Argument(help="The profile hash that a message remembers; its first digits are enough.")
    ],
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show how an agreement differs today from the profile under which a message was handled."""
    # The ledger is of no use to the other commands of the group, and its import takes longer than they do.
    from gateway.cli.ledger import read
    from gateway.ledger import profile_versions

    agreements = _agreements(home)
    now = agreements.get(agreement)
    if now is None:
        fail(f"there is no agreement `{agreement}`", f"there are: {', '.join(agreements) or 'none'}")
    place = home_of(home)
    kept = read(place, lambda c: profile_versions.of_agreement(c, agreement))
    found = [each for each in kept if each.sha256.startswith(sha256.lower())]
    if len(found) != 1 or not sha256:
        known = ", ".join(f"{each.sha256[:16]} ({each.first_used_at:%Y-%m-%d})" for each in kept)
        what = "no version" if not found else f"{len(found)} versions"
        fail(
            f"{what} of `{agreement}` under which messages were handled begins with {sha256!r}",
            f"there are: {known}" if kept else "no message was handled under this agreement yet",
            Exit.INPUT,
        )
    then: Agreement = read_agreement(found[0].text.encode())
    lines = diff(then, now)
    if as_json:
        print_json({"agreement": agreement, "then": then.sha256, "now": now.sha256, "changes": lines})
        return
    for each in lines:
        say(each, {"+": "green", "-": "red", "~": "yellow"}.get(each[0], ""))
    if not lines:
        say("no difference", "green")


def tell(loaded: Loaded) -> None:
    """What is wrong on standard error, and on standard output whether the profiles can be used."""
    for each in loaded.faults:
        note(str(each), "red" if each.severity == "error" else "yellow")
    many = sum(each.severity == "error" for each in loaded.faults)
    if loaded.register is not None:
        told = f"{_counted(len(loaded.register.agreements), 'agreement')}, {_counted(len(loaded.faults), 'warning')}"
        say(f"good: {told}", "green")
    else:
        note(f"not usable: {_counted(many, 'error')}; put them right and check again", "bold red")


def _counted(many: int, noun: str) -> str:
    return f"{many} {noun}{'' if many == 1 else 's'}"


def _days(agreement: Agreement) -> str:
    terms = agreement.terms
    first = f" from {terms.valid_from}" if terms.valid_from else ""
    return first + (f" to {terms.valid_to}" if terms.valid_to else "")


def _folder(folder: Path | None, home: Path) -> Path:
    chosen = folder if folder is not None else home_of(home).profiles
    if folder is not None and not chosen.is_dir():
        fail(f"there is no folder {chosen}", "name the folder that holds the profiles")
    return chosen


def _agreements(home: Path) -> dict[str, Agreement]:
    loaded = load_profiles(home_of(home).profiles, Catalogue.of(home))
    if loaded.register is None:
        tell(loaded)
        raise typer.Exit(Exit.INPUT)
    return dict(loaded.register.agreements)
