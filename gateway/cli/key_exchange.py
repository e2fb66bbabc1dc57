"""``keys requests``, ``approve``, ``reject`` and ``offer``: certificates that are renewed by message (CEM).

Nothing that a partner offers is used before somebody approves it here, with a name and a reason. What was approved
counts at once; the profile should name it all the same, so the lines for it are printed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, TypeVar

import msgspec
import typer
from sqlalchemy.exc import DBAPIError

from as2.certificates import Certificate as X509
from as2.certificates import load_certificates
from gateway.arrival import printable
from gateway.channels.as2.agreed import THEIR_USES, outside_profiles
from gateway.channels.as2.deciding import Decided
from gateway.channels.as2.exchanging import described
from gateway.cli.ledger import actor_or_user, order, reading
from gateway.cli.output import Exit, line, note, one_line, paragraph, print_json, say
from gateway.cli.places import DEFAULT_HOME, ActorOption, HomeOption, JsonOption, ReasonOption, home_of
from gateway.config import Home
from gateway.control import ApproveCertificates, OfferCertificate, RejectCertificates
from gateway.database import Database, DatabaseFault, Work
from gateway.ledger import certificate_exchanges, transmissions
from gateway.ledger.certificate_exchanges import CertificateExchange, OfferedCertificate
from gateway.ledger.migrating import current, head
from gateway.operations import Treated
from partners import As2Channel, Register
from partners.certificate import Certificate

T = TypeVar("T")
ExchangeArgument = Annotated[str, typer.Argument(help="The id of the request, from `keys requests`.", metavar="ID")]


def requests(
    waiting: Annotated[bool, typer.Option("--pending", help="Only those that are not decided.")] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """List the certificates that partners offered to us and we to them, and what was decided about each."""
    with reading(home_of(home)) as database:
        found = [each for each in database.read(certificate_exchanges.all_of) if each.pending or not waiting]
        sent = {
            each.id: database.read(partial(transmissions.get, transmission_id=name)).delivery
            for each in found
            if (name := _outgoing(each)) is not None
        }
    if as_json:
        print_json([{**msgspec.to_builtins(each), "delivery": sent.get(each.id)} for each in found])
        return
    if not found:
        say("no certificate was offered by message" if not waiting else "nothing waits for a decision", "green")
    for each in found:
        _show(each, sent.get(each.id))


def approve(
    exchange: ExchangeArgument,
    reason: ReasonOption,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="Accept only the one with this fingerprint.", metavar="HEX"),
    ] = None,
    actor: ActorOption = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Accept certificates that a partner offers, and tell it so.

    They count from now on, beside the old ones. With --only, the others of the request are rejected.
    """
    request = ApproveCertificates(exchange=exchange, only=only or [], actor=actor_or_user(actor), reason=reason)
    _tell(msgspec.convert(msgspec.to_builtins(order(home_of(home), request)), Decided), as_json)


def reject(
    exchange: ExchangeArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why; the partner is told.")],
    actor: ActorOption = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Reject certificates that a partner offers, and tell it why."""
    request = RejectCertificates(exchange=exchange, actor=actor_or_user(actor), reason=reason)
    _tell(msgspec.convert(msgspec.to_builtins(order(home_of(home), request)), Decided), as_json)


def offer(
    name: Annotated[
        str,
        typer.Argument(help="Our certificate: its file, or how its fingerprint begins.", metavar="NAME"),
    ],
    respond_by: Annotated[
        datetime, typer.Option("--respond-by", formats=["%Y-%m-%d"], help="The day by which partners should answer.")
    ],
    reason: ReasonOption,
    channel: Annotated[
        list[str] | None, typer.Option("--channel", help="Only over this channel; all that have it on, if left out.")
    ] = None,
    actor: ActorOption = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Offer our next certificate to the partners that exchange certificates by message."""
    request = OfferCertificate(
        certificate=name,
        respond_by=respond_by.date(),
        channels=channel or [],
        actor=actor_or_user(actor),
        reason=reason,
    )
    treated = msgspec.convert(msgspec.to_builtins(order(home_of(home), request)), list[Treated])
    if as_json:
        print_json(treated)
    else:
        styles = {"done": "green", "repeated": "yellow", "refused": "red"}
        for each in treated:
            paragraph(f"{each.subject}: {each.text}", 0, styles[each.outcome])
    if any(each.outcome == "refused" for each in treated):
        raise typer.Exit(Exit.INPUT)


def accepted_besides(place: Home, register: Register) -> list[tuple[str, Certificate]]:
    """Partners' certificates that were accepted by message and that no profile names, each with its channel."""
    channels = register.channels.values()
    if not any(isinstance(each, As2Channel) and each.certificate_exchange for each in channels):
        return []
    return _asked(place, lambda c: outside_profiles(c, register), [])


def offered_certificate(place: Home, fingerprint: str) -> X509 | None:
    """The certificate with this beginning of a fingerprint that was offered by message."""
    none: list[CertificateExchange] = []
    for exchange in _asked(place, certificate_exchanges.all_of, none):
        for each in exchange.offers:
            if each.sha256.startswith(fingerprint):
                return load_certificates(each.pem.encode())[0]
    return None


def _asked(place: Home, work: Work[T], without: T) -> T:
    """What the ledger says; ``without`` where there is none yet, or where it cannot be read, which is then named."""
    if place.config.database == "sqlite" and not (place.data / "ledger.db").exists():
        return without
    database = Database.open(place.database_url, mode="read")
    try:
        if database.read(current) == head():
            return database.read(work)
        trouble = "it is of another version of Sallyport"
    except (DatabaseFault, DBAPIError) as fault:
        trouble = one_line(fault.orig if isinstance(fault, DBAPIError) else fault)
    finally:
        database.close()
    note(f"the ledger cannot be read ({trouble}): certificates that were accepted by message are not looked at")
    return without


def _outgoing(exchange: CertificateExchange) -> str | None:
    """The transmission of ours in it: our offer, or our answer."""
    return exchange.transmission if exchange.direction == "out" else exchange.response


def _show(exchange: CertificateExchange, delivery: str | None) -> None:
    way = f"{exchange.party} offers" if exchange.direction == "in" else f"offered to {exchange.party}"
    due = f", answer due {exchange.respond_by:%Y-%m-%d}" if exchange.respond_by and exchange.pending else ""
    late = " (OVERDUE)" if exchange.overdue_at is not None and exchange.pending else ""
    line(f"{exchange.id}  {way}, over {exchange.channel}, {exchange.at:%Y-%m-%d %H:%M} UTC{due}{late}", "bold")
    for each in exchange.offers:
        paragraph(described(each, datetime.now(UTC)), 2)
        style = {"pending": "yellow", "accepted": "green", "rejected": "red"}[each.status]
        paragraph(f"{each.status}{_decided(each)}", 4, style)
    if (sent := _outgoing(exchange)) is not None:
        what = "our offer" if exchange.direction == "out" else "our answer"
        paragraph(f"{what} is {sent}, {delivery}", 2, "dim")


def _decided(each: OfferedCertificate) -> str:
    if each.decided_at is None:
        return ""
    reason = f": {printable(each.reason, 500)}" if each.reason else ""
    return f" {each.decided_at:%Y-%m-%d %H:%M} UTC by {printable(each.actor or '')}{reason}"


def _tell(decided: Decided, as_json: bool) -> None:
    if as_json:
        print_json({**msgspec.to_builtins(decided), "profile": _lines(decided)})
        return
    for each in decided.accepted:
        paragraph(f"accepted: {described(each, datetime.now(UTC))}", 0, "green")
    for each in decided.rejected:
        paragraph(f"rejected: {described(each, datetime.now(UTC))}", 0, "red")
    say(f"the answer to {decided.party} is {decided.response}", "dim")
    if not decided.accepted:
        return
    paragraph(
        f"It counts now, because the ledger says so. Name it in channel `{decided.channel}` of the profile too, which"
        " then has the last word: give the old ones a last day, and write"
    )
    say("")
    for text in _lines(decided).splitlines():
        say(f"  {text}")
    say("")
    for each in decided.accepted:
        file = f"keys/{_name(decided, each)}.pem"
        line(f"  sallyport keys export {each.sha256[:16]} --out PROFILES/{file}", "dim")


def _lines(decided: Decided) -> str:
    """What belongs into the channel's profile; empty where nothing was accepted."""
    if not decided.accepted:
        return ""
    lines = ["certificates:"]
    for each in decided.accepted:
        uses = [THEIR_USES[usage] for usage in each.usages if usage in THEIR_USES]
        if not uses:
            continue
        since = each.decided_at or datetime.now(UTC)
        lines += [
            f"  - file: keys/{_name(decided, each)}.pem",
            f"    use: [{', '.join(uses)}]",
            f"    valid_from: {since:%Y-%m-%d}",
        ]
    return "\n".join(lines) + "\n"


def _name(decided: Decided, each: OfferedCertificate) -> str:
    return f"{decided.party}-{each.sha256[:8]}"
