"""The command group ``alerts``: which rules tell what to whom, whether a destination works, and what is muted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer

from gateway.alert_sending import AlertSender
from gateway.alerts import AlertRule, AlertSeverity, MailDestination, Notice
from gateway.arrival import printable
from gateway.channels.as2.posting import HttpPoster
from gateway.cli.ledger import actor_or_user, order, reading
from gateway.cli.output import Exit, fail, line, note, paragraph, print_json, say
from gateway.cli.places import DEFAULT_HOME, ActorOption, HomeOption, JsonOption, ReasonOption, home_of
from gateway.clock import system_clock
from gateway.config import FILE, Home
from gateway.control import MuteAlerts, UnmuteAlerts
from gateway.ids import new_id
from gateway.ledger import alerts
from gateway.ledger.alerts import Fired, Mute
from gateway.mailing import NotTaken
from gateway.secret_files import SecretMissing
from partners import write_duration
from partners.scalars import read_duration

app = typer.Typer(no_args_is_help=True)
RuleArgument = Annotated[str, typer.Argument(help="The rule's id.")]


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A rule, and how it fares."""

    id: str
    severity: AlertSeverity
    on: tuple[str, ...]
    parties: tuple[str, ...]
    flows: tuple[str, ...]
    to: tuple[str, ...]
    after: str | None
    repeat: str | None
    digest: str
    resolved: bool
    fired: Fired
    muted: Mute | None


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a test."""

    destination: str
    recipient: str
    notice: str
    good: bool
    answer: str


@app.command("list")
def list_rules(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """List the rules: what they tell to whom, when they last did, and which are muted."""
    place = home_of(home)
    with reading(place) as database:
        fired, muted = database.read(lambda c: (alerts.fired(c), alerts.muted(c, system_clock())))
    rules = place.config.alerts.rules
    listed = [_listed(rule, fired.get(rule.id, Fired()), muted.get(rule.id)) for rule in rules]
    if as_json:
        print_json(listed)
        return
    if not listed:
        note(f"there are no rules: write some under `alerts` into {place.folder / FILE}")
    for each in listed:
        line(f"{each.id}  {each.severity}, to {', '.join(each.to)}", "bold")
        of = [*each.parties, *each.flows]
        paragraph(f"on {', '.join(each.on)}" + (f", of {', '.join(of)}" if of else ""), 2)
        terms = [f"after {each.after}"] if each.after else []
        terms += [f"again every {each.repeat}"] if each.repeat else []
        terms += [f"collected for {each.digest}", *(["says when it is over"] if each.resolved else [])]
        paragraph("; ".join(terms), 2, "dim")
        paragraph(_fares(each.fired), 2)
        if each.muted is not None:
            until = f"{each.muted.until:%Y-%m-%d %H:%M} UTC"
            paragraph(f"muted until {until} by {each.muted.actor}: {printable(each.muted.reason)}", 2, "yellow")


@app.command("test")
def test(
    destination: Annotated[str, typer.Argument(help="The destination's id.")],
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Send one test to a destination, and say what the other side answered."""
    place = home_of(home)
    where = place.config.alerts.destinations.get(destination)
    if where is None:
        known = ", ".join(place.config.alerts.destinations) or "none"
        fail(f"there is no destination `{printable(destination)}`", f"known: {known}")
    recipients = where.to if isinstance(where, MailDestination) else ("",)
    tried = _try(place, destination, recipients)
    if as_json:
        print_json(tried)
    else:
        for each in tried:
            whom = f"{destination} ({each.recipient})" if each.recipient else destination
            say(f"{whom}: {'taken' if each.good else 'not taken'}: {each.answer}", "green" if each.good else "red")
    if not all(each.good for each in tried):
        raise typer.Exit(Exit.USAGE)


@app.command("mute")
def mute(
    rule: RuleArgument,
    until: Annotated[
        str, typer.Option("--until", help="A moment such as 2026-12-01T08:00Z (UTC where it says no zone), or PT4H.")
    ],
    reason: ReasonOption,
    actor: ActorOption = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Have a rule tell nothing until a moment; what is still open then is told then."""
    moment = _moment(until)
    order(home_of(home), MuteAlerts(rule=rule, until=moment, actor=actor_or_user(actor), reason=reason))
    if as_json:
        print_json({"rule": rule, "muted_until": moment})
    else:
        say(f"{rule} tells nothing until {moment:%Y-%m-%d %H:%M} UTC", "green")


@app.command("unmute")
def unmute(
    rule: RuleArgument,
    reason: ReasonOption,
    actor: ActorOption = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Have a rule tell again, at first what is open."""
    order(home_of(home), UnmuteAlerts(rule=rule, actor=actor_or_user(actor), reason=reason))
    if as_json:
        print_json({"rule": rule, "muted_until": None})
    else:
        say(f"{rule} tells again", "green")


def _listed(rule: AlertRule, fired: Fired, muted: Mute | None) -> Listed:
    return Listed(
        id=rule.id,
        severity=rule.severity,
        on=rule.on,
        parties=rule.parties,
        flows=rule.flows,
        to=rule.to,
        after=write_duration(rule.after) if rule.after else None,
        repeat=write_duration(rule.repeat) if rule.repeat else None,
        digest=write_duration(rule.digest),
        resolved=rule.resolved,
        fired=fired,
        muted=muted,
    )


def _fares(fired: Fired) -> str:
    told = "it never had anything to tell" if fired.decided is None else f"last told {fired.decided:%Y-%m-%d %H:%M} UTC"
    counts = ((fired.open, "told and open"), (fired.waiting, "not told yet"), (fired.unsent, "messages not arrived"))
    return ", ".join([told, *(f"{count} {what}" for count, what in counts if count)])


def _try(place: Home, destination: str, recipients: tuple[str, ...]) -> list[Tried]:
    poster = HttpPoster()
    sender = AlertSender(place, poster, system_clock)
    now = system_clock()
    notice = Notice(id=new_id("n", now), kind="test", rule="test", party=None, at=now, count=0, topics={}, items=())
    tried: list[Tried] = []
    try:
        for recipient in recipients:
            try:
                answer, good = sender.send(notice, destination, recipient), True
            except (NotTaken, SecretMissing) as fault:
                answer, good = str(fault), False
            tried.append(
                Tried(destination=destination, recipient=recipient, notice=notice.id, good=good, answer=answer)
            )
    finally:
        poster.close()
    return tried


def _moment(text: str) -> datetime:
    try:
        if text.startswith("P"):
            return system_clock() + read_duration(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(f"`{printable(text)}` is no moment", "write one such as 2026-12-01T08:00Z, or for how long, such as PT4H")
    return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
