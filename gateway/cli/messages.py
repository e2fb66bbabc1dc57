"""The command group ``messages``: find them, see their story, send them again; what else is done to them, beside."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from gateway.arrival import printable
from gateway.cli.ledger import actor_or_user, content, order, reading
from gateway.cli.output import Exit, fail, items, line, paragraph, print_bytes, print_json, say, table
from gateway.cli.places import DEFAULT_HOME, ActorOption, HomeOption, JsonOption, ReasonOption, home_of
from gateway.cli.reworking import dismiss, reprocess, rerun
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
from gateway.control import Resend
from gateway.exchange import Event
from gateway.ledger import messages as ledger_messages
from gateway.ledger import story
from gateway.ledger.story import MessageStory
from gateway.ledger.transmissions import Transmission
from gateway.segment_lines import segment_lines

app = typer.Typer(no_args_is_help=True)

LINES = 200
"""Lines of a message or document that are shown; --raw and --canonical print all of it."""


@app.command("search")
def search_messages(
    query: Annotated[
        str,
        typer.Argument(help="A business reference, control number, file name or id; a final * finds what begins so."),
    ] = "",
    party: PartyOption = None,
    direction: DirectionOption = None,
    message_type: TypeOption = None,
    content_status: ContentOption = None,
    delivery: DeliveryOption = None,
    receipt: ReceiptOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many at most.")] = 50,
    before: Annotated[str | None, typer.Option("--before", help="The page after this message id.")] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Find messages by any reference they carry; the newest first."""
    filters = Filters(
        query=query,
        party=party,
        direction=direction,
        type=message_type,
        content=content_status,
        delivery=delivery,
        receipt=receipt,
        since=since,
        until=until,
    )
    filters.check()
    place = home_of(home)
    with reading(place) as database:
        if before is not None:
            database.read(lambda c: ledger_messages.get(c, before))
        hits = database.read(lambda c: filters.find(c, limit=limit, before=before))
    if as_json:
        print_json(hits)
        return
    if not hits:
        say("nothing found", "yellow")
        return
    show_hits(hits)
    if len(hits) == limit:
        say(f"there may be more: --before {hits[-1].message.id}", "dim")


@app.command("show")
def show_message(
    message: Annotated[str, typer.Argument(help="The message's id.")],
    raw: Annotated[bool, typer.Option("--raw", help="Print only its bytes as they were on the wire.")] = False,
    canonical: Annotated[bool, typer.Option("--canonical", help="Print only its canonical document.")] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show all about a message: time line, bytes, canonical form, receipts, the profile that handled it."""
    if raw + canonical + as_json > 1:
        fail("--raw, --canonical and --json exclude each other", "choose one of them")
    place = home_of(home)
    with reading(place) as database:
        found = database.read(lambda c: story.of(c, message))
        wire = document = b""
        if found.transmission is not None and not (canonical or as_json):
            whole = content(place, database, found.transmission.sha256)
            wire = whole[found.message.offset : found.message.offset + found.message.length]
        if found.canonical is not None and not (raw or as_json):
            document = content(place, database, found.canonical.sha256)
    if as_json:
        print_json(found)
    elif raw or canonical:
        if not (wire or document):
            what = "bytes on the wire" if raw else "canonical document"
            fail(f"message {message} was {found.message.content}: it has no {what}", code=Exit.INPUT)
        print_bytes(wire or document)
    else:
        _show(found, wire, document)


def _show(found: MessageStory, wire: bytes, document: bytes) -> None:
    m = found.message
    test = ", a test" if m.test else ""
    way = "from" if m.direction == "in" else "to"
    say(f"{m.type} {m.version} number {m.reference} {way} {m.party or 'nobody we know'}{test}", "bold")
    say(f"content {m.content} · delivery {m.delivery} · receipt {m.receipt}")
    rows = [("received", f"{m.at:%Y-%m-%d %H:%M:%S} UTC")] if m.direction == "in" else []
    if found.interchange is not None:
        i = found.interchange
        rows.append(
            ("interchange", f"{printable(i.control_number)} from {printable(i.sender)} to {printable(i.receiver)}")
        )
    if found.transmission is not None:
        t = found.transmission
        rows += [("file", f"{printable(t.name)}, {t.size:,} bytes, over {t.channel}"), ("  sha256", t.sha256)]
        rows += _told_by_as2(t)
    rows += [("AS2", f"Message-ID <{each.message_id}>") for each in found.sent_as]
    if m.profile_sha256:
        rows += [("agreement", f"{m.agreement}, flow {m.flow}"), ("  sha256", m.profile_sha256)]
    if m.guide:
        rows.append(("guide, map", f"{m.guide}, {m.map or 'no map'}"))
    if found.parent is not None:
        rows.append(("made from", f"{found.parent.id} ({found.parent.content}), reprocessed"))
    rows += [("made again", f"as {each.id} ({each.content})") for each in found.children]
    for name, value in rows:
        line(f"  {name:<12}{value}")
    items(dict.fromkeys(f"{printable(each.name)} {printable(each.raw)}" for each in found.references), 2)
    _show_findings(found)
    say("\ntime line (UTC)", "bold")
    table(
        ("at", "what", "who"),
        [
            (f"{each.at:%m-%d %H:%M:%S.%f}"[:-3], each.kind, printable(each.actor), _detail(each))
            for each in found.events
        ],
        details=("",),
    )
    if found.expectations:
        say("\nreceipts expected", "bold")
        table(
            ("kind", "state", "due (UTC)"),
            [
                (x.kind, x.state, f"{x.due_at:%Y-%m-%d %H:%M:%S}" if x.due_at else "once delivered")
                for x in found.expectations
            ],
        )
    if found.receipts:
        say("\nreceipts", "bold")
        table(
            ("kind", "", "verdict", "in transmission"),
            [
                (r.kind, r.direction, r.verdict, r.transmission, printable(r.text or ", ".join(r.codes), 500))
                for r in found.receipts
            ],
            details=("says",),
        )
    for each in found.mdns:
        line(f"  {_told_of_mdn(each)}")
    for each_case in found.cases:
        say(f"\ncase {each_case.id} ({each_case.state})", "bold yellow")
        paragraph(each_case.text, 2)
    if wire:
        say("\non the wire", "bold")
        _show_lines(segment_lines(wire, m.standard), "--raw")
    if document:
        say("\ncanonical", "bold")
        _show_lines(msgspec.json.format(document, indent=2).decode().splitlines(), "--canonical")


def _show_findings(found: MessageStory) -> None:
    for each in found.message.findings:
        finding = msgspec.to_builtins(each)
        if isinstance(finding, dict):
            where = finding.get("where") or {}
            place = f"line {where['line']}, column {where['column']}: " if where.get("line") else ""
            severity = str(finding.get("severity"))
            style = {"error": "red", "warning": "yellow"}.get(severity, "")
            paragraph(f"{severity}: {place}{printable(str(finding.get('text')), 2000)}", 2, style)


def _show_lines(lines: list[str], option: str) -> None:
    for each in lines[:LINES]:
        say("  " + each)
    if len(lines) > LINES:
        say(f"  … and {len(lines) - LINES:,} more lines: {option} prints all of it", "bold")


_ELSEWHERE = (
    "transmission",
    "expectation",
    "receipt",
    "interchange",
    "entry",
    "sha256",
    "source",
    "state",
    "subject",
    "order",
)
"""What an event says for machines, or what its kind says already; it is in the JSON."""


def _detail(event: Event) -> str:
    if event.kind == "case-opened":
        return ""  # The case stands below, with all of its text.
    told = [f"{key} {value}" for key, value in event.data.items() if key not in _ELSEWHERE and value]
    return printable(", ".join(told), 120)


def _told_by_as2(came: Transmission) -> list[tuple[str, str]]:
    """Who signed a message that came over AS2, and what its sender's software says of itself."""
    told = {"signed_by": "signed by certificate", "product": "software", "features": "announces"}
    return [("AS2", f"{words} {printable(came.facts[fact])}") for fact, words in told.items() if fact in came.facts]


def _told_of_mdn(mdn: Transmission) -> str:
    """What shows how an MDN was judged: its disposition, its signature and whose, its MIC."""
    facts = mdn.facts
    signed = f"signature {facts.get('signature', 'unreadable')}"
    if "signed_by" in facts:
        signed += f" with certificate {facts['signed_by'][:16]}…"
    mic = f"MIC {facts.get('mic_verdict', 'unknown')}" + (f" ({facts['mic']})" if "mic" in facts else "")
    announced = f", announces {printable(facts['features'])}" if "features" in facts else ""
    return f"{mdn.id}: {facts.get('disposition') or 'cannot be read'}, {signed}, {mic}{announced}"


@app.command("resend")
def resend_message(
    subject: Annotated[str, typer.Argument(help="A message's or transmission's id.")],
    reason: ReasonOption,
    actor: ActorOption = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Send the same bytes again, under the same name and numbers."""
    sent = order(home_of(home), Resend(subject=subject, actor=actor_or_user(actor), reason=reason))
    if as_json:
        print_json(sent)
        return
    for each in msgspec.convert(msgspec.to_builtins(sent), list[dict[str, str]]):
        say(f"{printable(each['name'])} goes out again (transmission {each['transmission']})", "green")
        say(f"  sha256 {each['sha256']}", "dim")


app.command("reprocess")(reprocess)
app.command("rerun")(rerun)
app.command("dismiss")(dismiss)
