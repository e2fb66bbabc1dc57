"""``messages reprocess``, ``rerun`` and ``dismiss``: what people do to messages, to one or to all that a search finds.

The three are chosen, listed and answered for alike. Messages are named by their ids or by the filters of ``messages
search``; the oldest is treated first, and each by itself, so that one that cannot be treated stops none of the others.
An order goes out for the messages of one interchange together, and otherwise for a few at a time: so whoever waits sees
that work goes on, and the running gateway answers in time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated

import msgspec
import typer

from gateway.arrival import printable
from gateway.cli.ledger import actor_or_user, orders, reading
from gateway.cli.output import Exit, fail, note, paragraph, print_json, progress, say
from gateway.cli.places import DEFAULT_HOME, ActorOption, HomeOption, JsonOption, ReasonOption, home_of
from gateway.cli.selection import (
    ContentOption,
    DeliveryOption,
    DirectionOption,
    Filters,
    PartyOption,
    ReceiptOption,
    SinceOption,
    TypeOption,
    UntilOption,
    show_hits,
)
from gateway.config import Home
from gateway.control import Dismiss, Reprocess, Rerun, Rework
from gateway.ids import noun_of
from gateway.ledger import NotRecorded, messages
from gateway.ledger.search import Hit
from gateway.operations import Treated

AT_ONCE = 20
"""Messages of one order, where they need not be treated together."""

MessagesArgument = Annotated[list[str] | None, typer.Argument(help="Ids of messages.", metavar="[ID]...")]
AnyArgument = Annotated[
    list[str] | None,
    typer.Argument(help="Ids of messages, interchanges or files, as a case names them.", metavar="[ID]..."),
]
QueryOption = Annotated[
    str | None, typer.Option("--search", help="Instead of ids: what `messages search` finds.", metavar="QUERY")
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many found at most.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only list what would be treated.")]
AnswerOption = Annotated[bool, typer.Option("--answer", help="Answer the partner again, if it was answered before.")]


class Choice(msgspec.Struct, frozen=True):
    """The messages that somebody means: by ids, or by what a search finds."""

    home: Home
    ids: list[str]
    searched: bool
    filters: Filters
    limit: int

    def look(self) -> tuple[list[Hit], list[str]]:
        """The messages meant, the oldest first, and the ids that are none of messages that there are."""
        self.filters.check()
        asked = self.searched or self.filters != Filters()
        if bool(self.ids) == asked:
            fail("say which: ids, or --search and its filters", "`sallyport messages search` shows what it finds")
        with reading(self.home) as database:
            if asked:
                return database.read(lambda c: self.filters.find(c, limit=self.limit))[::-1], []
            hits: list[Hit] = []
            others: list[str] = []
            for each in dict.fromkeys(self.ids):
                try:
                    row = database.read(partial(messages.get, message_id=each)) if noun_of(each) == "m" else None
                except NotRecorded:
                    row = None
                if row is None:
                    others.append(each)
                else:
                    hits.append(Hit(message=row, control_number=None, file=None))
            return hits, others


def reprocess(
    subjects: AnyArgument = None,
    *,
    reason: ReasonOption,
    answer: AnswerOption = False,
    query: QueryOption = None,
    party: PartyOption = None,
    direction: DirectionOption = None,
    message_type: TypeOption = None,
    content_status: ContentOption = None,
    delivery: DeliveryOption = None,
    receipt: ReceiptOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: LimitOption = 100,
    dry_run: DryRunOption = False,
    actor: ActorOption = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Make messages again from the same bytes, under the profile of today, as new ones."""
    filters = Filters(
        query=query or "",
        party=party,
        direction=direction,
        type=message_type,
        content=content_status,
        delivery=delivery,
        receipt=receipt,
        since=since,
        until=until,
    )
    chosen = Choice(home_of(home), subjects or [], query is not None, filters, limit)
    who = actor_or_user(actor)
    _work(
        chosen,
        lambda some: Reprocess(subjects=some, actor=who, reason=reason, answer=answer),
        "reprocess",
        dry_run,
        as_json,
    )


def rerun(
    subjects: MessagesArgument = None,
    *,
    reason: ReasonOption,
    query: QueryOption = None,
    party: PartyOption = None,
    direction: DirectionOption = None,
    message_type: TypeOption = None,
    content_status: ContentOption = None,
    delivery: DeliveryOption = None,
    receipt: ReceiptOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: LimitOption = 100,
    dry_run: DryRunOption = False,
    actor: ActorOption = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Compare what messages became with what their own profile makes of them now; change nothing."""
    filters = Filters(
        query=query or "",
        party=party,
        direction=direction,
        type=message_type,
        content=content_status,
        delivery=delivery,
        receipt=receipt,
        since=since,
        until=until,
    )
    chosen = Choice(home_of(home), subjects or [], query is not None, filters, limit)
    who = actor_or_user(actor)
    _work(chosen, lambda some: Rerun(subjects=some, actor=who, reason=reason), "rerun", dry_run, as_json)


def dismiss(
    subjects: MessagesArgument = None,
    *,
    reason: ReasonOption,
    query: QueryOption = None,
    party: PartyOption = None,
    direction: DirectionOption = None,
    message_type: TypeOption = None,
    content_status: ContentOption = None,
    delivery: DeliveryOption = None,
    receipt: ReceiptOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: LimitOption = 100,
    dry_run: DryRunOption = False,
    actor: ActorOption = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Close what is open about messages: cases, receipts that are awaited, deliveries that wait."""
    filters = Filters(
        query=query or "",
        party=party,
        direction=direction,
        type=message_type,
        content=content_status,
        delivery=delivery,
        receipt=receipt,
        since=since,
        until=until,
    )
    chosen = Choice(home_of(home), subjects or [], query is not None, filters, limit)
    who = actor_or_user(actor)
    _work(chosen, lambda some: Dismiss(subjects=some, actor=who, reason=reason), "dismiss", dry_run, as_json)


def _work(chosen: Choice, order: Callable[[list[str]], Rework], verb: str, dry_run: bool, as_json: bool) -> None:
    """Have all of it treated, and say what came of each."""
    hits, others = chosen.look()
    if dry_run:
        _list(hits, others, verb, as_json)
        return
    requests = [order(some) for some in _parts(hits, others)]
    treated: list[Treated] = []
    with progress(verb, len(requests)) as step:
        for answer in orders(chosen.home, requests):
            treated += msgspec.convert(msgspec.to_builtins(answer), list[Treated])
            step()
    if as_json:
        print_json({**_counts(treated), "items": treated})
    else:
        for each in treated:
            _show(each)
        counts = _counts(treated)
        told = f"{verb}: {counts['done']} done, {counts['repeated']} done before, {counts['refused']} refused"
        say(told, "bold red" if counts["refused"] else "bold green")
    if len(hits) == chosen.limit and not chosen.ids:
        note("there may be more: --limit, or the same command again")
    if any(each.outcome == "refused" or each.equal is False for each in treated):
        raise typer.Exit(Exit.INPUT)


def _parts(hits: list[Hit], others: list[str]) -> Iterator[list[str]]:
    """Ids in the portions in which they are ordered, in the order of the messages."""
    together: dict[str, list[str]] = {}
    for hit in hits:
        together.setdefault(hit.message.interchange or hit.message.id, []).append(hit.message.id)
    waiting: list[str] = []
    for some in [*together.values(), *([each] for each in others)]:
        if len(some) > 1 or len(waiting) == AT_ONCE:
            if waiting:
                yield waiting
            waiting = []
        if len(some) > 1:
            yield some
        else:
            waiting += some
    if waiting:
        yield waiting


def _list(hits: list[Hit], others: list[str], verb: str, as_json: bool) -> None:
    if as_json:
        print_json({"dry_run": True, "count": len(hits) + len(others), "messages": hits, "others": others})
        return
    if hits:
        show_hits(hits)
    for each in others:
        say(printable(each))
    say(f"{verb}: {len(hits) + len(others)} would be treated; nothing was changed", "bold")


def _counts(treated: list[Treated]) -> dict[str, int]:
    return {outcome: sum(each.outcome == outcome for each in treated) for outcome in ("done", "repeated", "refused")}


def _show(each: Treated) -> None:
    style = {"done": "green", "repeated": "yellow", "refused": "red"}[each.outcome]
    paragraph(f"{printable(each.subject)}: {printable(each.text, 2000)}", 0, "red" if each.equal is False else style)
    for difference in each.differences:
        say(f"  {difference}", {"+": "green", "-": "red"}.get(difference[:1], "dim"))
