"""The command group ``messages``: find them, see their story, send them again."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
import typer

from gateway.arrival import printable
from gateway.cli.ledger import actor_or_user, content, order, reading
from gateway.cli.output import Exit, fail, items, line, paragraph, print_bytes, print_json, say, table
from gateway.cli.places import DEFAULT_HOME, ActorOption, HomeOption, JsonOption, ReasonOption, home_of
from gateway.control import Resend
from gateway.exchange import ContentStatus, DeliveryStatus, Event, ReceiptStatus
from gateway.ledger import messages as ledger_messages
from gateway.ledger import search, story
from gateway.ledger.search import Hit
from gateway.ledger.story import MessageStory

app = typer.Typer(no_args_is_help=True)

LINES = 200
"""Lines of a message or document that are shown; --raw and --canonical print all of it."""


@app.command("search")
def search_messages(
    query: Annotated[
        str,
        typer.Argument(help="A business reference, control number, file name or id; a final * finds what begins so."),
    ] = "",
    party: Annotated[str | None, typer.Option("--party", help="Only of this party.")] = None,
    direction: Annotated[
        Literal["in", "out"] | None, typer.Option("--direction", help="Only what came in, or went out.")
    ] = None,
    message_type: Annotated[str | None, typer.Option("--type", help="Only of this type, such as IFTSTA.")] = None,
    content_status: Annotated[
        ContentStatus | None, typer.Option("--content", help="Only where the content was so judged.")
    ] = None,
    delivery: Annotated[DeliveryStatus | None, typer.Option("--delivery", help="Only where it stands so.")] = None,
    receipt: Annotated[ReceiptStatus | None, typer.Option("--receipt", help="Only where it stands so.")] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", help="Only from then on: 2026-10-01 or 2026-10-01T09:30, in UTC.", metavar="TIME"),
    ] = None,
    until: Annotated[str | None, typer.Option("--until", help="Only before then.", metavar="TIME")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many at most.")] = 50,
    before: Annotated[str | None, typer.Option("--before", help="The page after this message id.")] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Find messages by any reference they carry; the newest first."""
    first, end = _moment("--since", since), _moment("--until", until)
    place = home_of(home)
    with reading(place) as database:
        if before is not None:
            database.read(lambda c: ledger_messages.get(c, before))
        hits = database.read(
            lambda c: search.messages(
                c,
                query,
                party=party,
                direction=direction,
                type=message_type,
                content=[content_status] if content_status else (),
                delivery=[delivery] if delivery else (),
                receipt=[receipt] if receipt else (),
                since=first,
                until=end,
                limit=limit,
                before=before,
            )
        )
    if as_json:
        print_json(hits)
        return
    if not hits:
        say("nothing found", "yellow")
        return
    table(
        ("message", "at (UTC)", "", "type", "partner"),
        [_row(hit) for hit in hits],
        details=("control no.", "content", "delivery", "receipt", "file"),
    )
    if len(hits) == limit:
        say(f"there may be more: --before {hits[-1].message.id}", "dim")


def _moment(option: str, text: str | None) -> datetime | None:
    """A day or a moment in ISO 8601; UTC where it says nothing else."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{option} {printable(text)!r} is no day and no moment", "write it as 2026-10-01 or 2026-10-01T09:30")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _row(hit: Hit) -> tuple[str, ...]:
    m = hit.message
    return (
        m.id,
        f"{m.at:%Y-%m-%d %H:%M:%S}",
        m.direction,
        printable(m.type, 12),
        m.party or "?",
        printable(hit.control_number or "", 20),
        m.content,
        m.delivery,
        m.receipt,
        printable(hit.file or "", 60),
    )


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
    if m.profile_sha256:
        rows += [("agreement", f"{m.agreement}, flow {m.flow}"), ("  sha256", m.profile_sha256)]
    if m.guide:
        rows.append(("guide, map", f"{m.guide}, {m.map or 'no map'}"))
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
    for each_case in found.cases:
        say(f"\ncase {each_case.id} ({each_case.state})", "bold yellow")
        paragraph(each_case.text, 2)
    if wire:
        say("\non the wire", "bold")
        release = b"?" if m.standard == "edifact" else b""
        _show_lines(_segments(wire, release), "--raw")
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


def _segments(wire: bytes, release: bytes) -> list[str]:
    """A message's segments, a line each, harmless to look at; ``wire`` ends with the terminator of the last one."""
    terminator = wire.rstrip(b"\r\n")[-1:]
    if terminator.isalnum() or not terminator:
        parts = [wire]
    else:
        end, before = re.escape(terminator), re.escape(release)
        # A terminator behind an odd number of release characters is data.
        pattern = rb"(?<!" + before + rb")((?:" + before * 2 + rb")*)" + end if release else end
        parts = re.split(rb"[\r\n]+", re.sub(pattern, rb"\g<0>\n", wire))
    return [printable(part.decode("latin-1"), 1000) for part in parts if part]


_ELSEWHERE = ("transmission", "expectation", "receipt", "interchange", "entry", "sha256", "source", "state", "subject")
"""What an event says for machines, or what its kind says already; it is in the JSON."""


def _detail(event: Event) -> str:
    if event.kind == "case-opened":
        return ""  # The case stands below, with all of its text.
    told = [f"{key} {value}" for key, value in event.data.items() if key not in _ELSEWHERE and value]
    return printable(", ".join(told), 120)


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
