"""The command group ``receipts``: what partners owe us, and what they sent that answers nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.ledger import read
from gateway.cli.output import print_json, say, table
from gateway.cli.places import DEFAULT_HOME, HomeOption, JsonOption, home_of
from gateway.ledger import as2_waiting, expectations

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_receipts(
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose time is over.")] = False,
    party: Annotated[str | None, typer.Option("--party", help="Only of this party.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many at most.")] = 100,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """List the receipts that are due and have not come, or not completely; those due first at the top."""
    found = read(
        home_of(home),
        lambda c: expectations.list(
            c, states=("overdue",) if overdue else ("waiting", "partially-met", "overdue"), party=party, limit=limit
        ),
    )
    if as_json:
        print_json(found)
    elif not found:
        say("no receipt is overdue" if overdue else "no receipt is awaited", "green")
    else:
        table(
            ("partner", "kind", "state", "due (UTC)"),
            [
                (
                    x.party,
                    x.kind,
                    x.state,
                    f"{x.due_at:%Y-%m-%d %H:%M:%S}" if x.due_at else "once delivered",
                    x.control_number,
                    x.message,
                )
                for x in found
            ],
            details=("control no.", "message"),
        )
        if len(found) == limit:
            say("there may be more: --limit", "dim")


@app.command("unmatched")
def unmatched_receipts(
    party: Annotated[str | None, typer.Option("--party", help="Only of this party.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many at most.")] = 100,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """List the MDNs that came and answer nothing we know yet; they are tried again, for a month, until they do."""
    found = read(home_of(home), lambda c: as2_waiting.list(c, party=party, limit=limit))
    if as_json:
        print_json(found)
    elif not found:
        say("no MDN waits for what it answers", "green")
    else:
        table(
            ("partner", "came (UTC)", "says", "signed", "case"),
            [
                (
                    x.party,
                    f"{x.at:%Y-%m-%d %H:%M:%S}",
                    x.said,
                    "by the partner" if x.proven else "by nobody we know",
                    "open" if x.told_at else "after an hour",
                    x.message_id or "none",
                    x.transmission,
                )
                for x in found
            ],
            details=("answers", "transmission"),
        )
        if len(found) == limit:
            say("there may be more: --limit", "dim")
