"""The command ``reconcile``."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

import msgspec
import typer

from gateway.cli.ledger import read
from gateway.cli.output import Exit, fail, note, print_json, say, table
from gateway.cli.places import DEFAULT_HOME, HomeOption, JsonOption, home_of
from gateway.exchange import Balance
from gateway.reconciling import reconcile as reconciled

PLACES = (
    "day", "partner", "way", "type", "taken", "delivered", "in flight", "held", "rejected", "cancelled", "made again",
    "missing",
)  # fmt: skip


def reconcile(
    since: Annotated[str, typer.Option("--from", metavar="DAY", help="The first day, as 2026-01-31; today.")] = "",
    until: Annotated[str, typer.Option("--to", metavar="DAY", help="The last day; the first one.")] = "",
    party: Annotated[str | None, typer.Option("--party", help="Only of this party.")] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Count what was taken and where it is; name what is lost.

    Lost is what nothing and nobody takes care of. Days are those of UTC. Exit code 1 when something is unaccounted for.
    """
    place = home_of(home)
    first = _day(since) if since else datetime.now(UTC).date()
    last = _day(until) if until else first
    if last < first:
        fail(f"{last} is before {first}", "give the earlier day as --from")
    found = read(place, lambda c: reconciled(c, first, last, party=party))
    if as_json:
        lines = [{**msgspec.structs.asdict(each), "difference": each.difference} for each in found.balances]
        print_json({"holds": found.holds, "balances": lines, "unaccounted": found.unaccounted})
    elif not found.balances:
        say("nothing was exchanged on these days")
    else:
        table(PLACES, [_row(each) for each in found.balances], details=("receipts",))
    if not found.holds:
        if not as_json:
            for each in found.unaccounted:
                note(f"{each.subject}: {each.text}", "red")
        raise typer.Exit(Exit.INPUT)
    if not as_json:
        say("everything is accounted for", "green")


def _row(each: Balance) -> list[str]:
    counts = (
        each.taken, each.delivered, each.in_flight, each.held, each.rejected, each.cancelled, each.made_again,
        each.difference,
    )  # fmt: skip
    receipts = {
        "answered": each.answered,
        "answered with errors": each.answered_with_errors,
        "refused": each.refused,
        "awaited": each.awaited,
        "overdue": each.overdue,
    }
    told = ", ".join(f"{many} {name}" for name, many in receipts.items() if many)
    return [f"{each.day}", each.party or "(unknown)", each.direction, each.type, *map(str, counts), told]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{text} is no day", "write it as 2026-01-31")
