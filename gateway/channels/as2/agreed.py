"""What counts with a partner today: what the profiles say, and beside it what was accepted by message (CEM).

A certificate that was accepted counts from that moment on, in every process and after every restart, because the ledger
says so. It is put *beside* those of the profile, in the profile's own terms, so all that is done with certificates is
done with it too. Four rules bound it:

- it counts only while the profile's ``certificate_exchange`` is on: to turn that off is to trust the profile alone;
- the profile has the last word: once a channel names the certificate itself, the days and uses named there are what
  counts, so to end one that was accepted by mistake is to name it with a last day that is over;
- a partner's certificate for its HTTPS server joins those that the profile pins. Where it pins none, authorities vouch
  for the server, and a single pinned certificate would shut the partner out on the day of the change;
- one of ours that a partner has accepted signs for that partner before its day in the profile. It has to be named
  there, for the profile says what we sign with at all, and a channel's ``sign_with`` goes before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from sqlalchemy import Connection

from as2.cem import Usage
from as2.certificates import load_certificates
from gateway.channels.as2.keys import KeyMissing, certificates_in
from gateway.database import Database
from gateway.ledger import certificate_exchanges
from gateway.ledger.certificate_exchanges import AcceptedCertificate
from partners import As2Channel, Party, Register
from partners.certificate import Certificate, OwnCertificate, OwnUse, PartnerUse

THEIR_USES: Final[dict[Usage, PartnerUse]] = {
    "digitalSignature": "verify",
    "keyEncipherment": "encrypt",
    "tlsServer": "tls",
}
"""What a partner's certificate is used for here, by what it is offered for. We ask for no client certificates, so one
that is offered for ``tlsClient`` is for whatever stands before the endpoint."""
OUR_USES: Final[dict[OwnUse, Usage]] = {
    "sign": "digitalSignature",
    "decrypt": "keyEncipherment",
    "tls-client": "tlsClient",
}
"""What one of ours is offered for, by what the profile uses it for."""


def agreed(database: Database, channel: As2Channel, us: Party) -> tuple[As2Channel, Party]:
    """The channel and the party of ours, with what was accepted by message among their certificates."""
    if not channel.certificate_exchange:
        return channel, us
    accepted = database.read(lambda c: certificate_exchanges.accepted(c, channel.id))
    return with_theirs(channel, accepted), with_ours(us, accepted)


def verifying(connection: Connection, channel: As2Channel) -> As2Channel:
    """The channel with the partner's certificates that were accepted by message, for what has to be verified.

    Where a file of the profile cannot be used, what the profile has counts alone; the check of certificates says so.
    """
    if not channel.certificate_exchange:
        return channel
    try:
        return with_theirs(channel, certificate_exchanges.accepted(connection, channel.id))
    except KeyMissing:
        return channel


def with_theirs(channel: As2Channel, accepted: Iterable[AcceptedCertificate]) -> As2Channel:
    """The channel with the partner's certificates that were accepted; they come first, so among equals they count."""
    more = tuple(_theirs(channel, accepted))
    return channel.model_copy(update={"certificates": (*more, *channel.certificates)}) if more else channel


def with_ours(us: Party, accepted: Sequence[AcceptedCertificate]) -> Party:
    """The party with those of its certificates that the partner has accepted, from the day of that on."""
    since = {
        (each.sha256, usage): each.since.date()
        for each in reversed(accepted)
        if each.direction == "out"
        for usage in each.usages
    }
    more = tuple(_earlier(us, since)) if since else ()
    return us.model_copy(update={"certificates": (*more, *us.certificates)}) if more else us


def outside_profiles(connection: Connection, register: Register) -> list[tuple[str, Certificate]]:
    """Partners' certificates that count and that no profile names, each with its channel: somebody has to name them."""
    found: list[tuple[str, Certificate]] = []
    for channel in register.channels.values():
        if isinstance(channel, As2Channel) and channel.certificate_exchange:
            try:
                accepted = certificate_exchanges.accepted(connection, channel.id)
                found += [(channel.id, each) for each in _theirs(channel, accepted)]
            except KeyMissing:
                # A file of the profile cannot be used: `inventory` says so, and until then no message is taken.
                continue
    return found


def fingerprint(stated: Certificate | OwnCertificate) -> str | None:
    """Of the certificate that a profile names; ``None`` when its file is not there.

    Raises :class:`gateway.channels.as2.keys.KeyMissing` when the file holds none.
    """
    return certificates_in(stated.pem)[0].sha256 if stated.pem is not None else None


def _theirs(channel: As2Channel, accepted: Iterable[AcceptedCertificate]) -> Iterator[Certificate]:
    named = {fingerprint(each) for each in channel.certificates}
    pins_tls = any("tls" in each.use for each in channel.certificates)
    for each in accepted:
        uses = [THEIR_USES[usage] for usage in each.usages if usage in THEIR_USES]
        counts = tuple(sorted(use for use in uses if use != "tls" or pins_tls))
        if each.direction == "in" and counts and each.sha256 not in named:
            begins = load_certificates(each.pem.encode())[0].not_before.date()
            yield Certificate(
                file=f"accepted/{each.exchange}",
                pem=each.pem,
                use=counts,
                valid_from=max(each.since.date(), begins),
            )


def _earlier(us: Party, since: dict[tuple[str, Usage], date]) -> Iterator[OwnCertificate]:
    for each in us.certificates:
        name = fingerprint(each)
        for use in each.use:
            accepted_on = since.get((name, OUR_USES[use])) if name is not None else None
            if accepted_on is None or each.valid_from is None or each.valid_from <= accepted_on:
                continue
            yield each.model_copy(update={"use": (use,), "valid_from": accepted_on})
