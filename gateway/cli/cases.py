"""The command group ``cases``: work for a person, one for each subject and cause."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.ledger import actor_or_user, order, read
from gateway.cli.output import line, paragraph, print_json, say
from gateway.cli.places import DEFAULT_HOME, ActorOption, HomeOption, JsonOption, ReasonOption, home_of
from gateway.control import AssignCase, CloseCase
from gateway.ledger import cases as ledger_cases

app = typer.Typer(no_args_is_help=True)
CaseArgument = Annotated[str, typer.Argument(help="The case's id.")]


@app.command("list")
def list_cases(
    party: Annotated[str | None, typer.Option("--party", help="Only of this party.")] = None,
    closed: Annotated[bool, typer.Option("--closed", help="The closed ones too.")] = False,
    owner: Annotated[str | None, typer.Option("--owner", help="Only those of this person.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many at most.")] = 100,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """List the cases, the longest open first: what is wrong, what to do, and whose it is."""
    found = read(
        home_of(home),
        lambda c: ledger_cases.list(
            c,
            states=("open", "assigned", "closed") if closed else ("open", "assigned"),
            party=party,
            owner=owner,
            limit=limit,
        ),
    )
    if as_json:
        print_json(found)
        return
    if not found:
        say("no case is open" if not closed else "there are no cases", "green")
    for x in found:
        whose = f" to {x.owner}" if x.state == "assigned" else ""
        line(f"{x.id}  {x.state}{whose}  since {x.opened_at:%Y-%m-%d %H:%M} UTC", "bold")
        paragraph(f"{x.cause}, about {x.subject}" + (f" of {x.party}" if x.party else ""), 2, "dim")
        paragraph(x.text, 2)
        if x.state == "closed" and x.closed_at is not None:
            paragraph(f"closed {x.closed_at:%Y-%m-%d %H:%M} UTC: {x.reason}", 2, "green")
    if len(found) == limit:
        say("there may be more: --limit", "dim")


@app.command("assign")
def assign(
    case: CaseArgument,
    owner: Annotated[str, typer.Option("--to", help="Whose it is from now on.")],
    actor: ActorOption = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Give a case to somebody."""
    order(home_of(home), AssignCase(case=case, owner=owner, actor=actor_or_user(actor)))
    if as_json:
        print_json({"case": case, "state": "assigned", "owner": owner})
    else:
        say(f"case {case} is {owner}'s", "green")


@app.command("close")
def close(
    case: CaseArgument,
    reason: ReasonOption,
    actor: ActorOption = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Close a case for a stated reason."""
    order(home_of(home), CloseCase(case=case, actor=actor_or_user(actor), reason=reason))
    if as_json:
        print_json({"case": case, "state": "closed", "reason": reason})
    else:
        say(f"case {case} is closed", "green")
