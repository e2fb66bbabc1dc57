"""Every certificate that the profiles name, ours and partners', and what somebody has to do about it.

Two kinds of days count. Those of *use* are agreed on with people and decide what the gateway does; those inside the
certificate decide whether a partner's software goes on with it. A certificate is urgent when it will stop working
before its days of use end, or does not work now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Literal

import msgspec

from as2.certificates import Certificate as X509
from as2.certificates import Unusable, load_certificates
from gateway.channels.as2.keys import As2Keys, KeyMissing, certificates_in
from partners import As2Channel, Register
from partners.certificate import Certificate, OwnCertificate

SOON = timedelta(days=60)
"""How long before its own end a certificate is called expiring: partners take weeks to change one."""

KeyState = Literal["there", "missing", "unusable"]


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that a profile names."""

    owner: str
    """The party of ours, or the partner's channel."""
    ours: bool
    file: str
    use: tuple[str, ...]
    valid_from: date | None
    valid_to: date | None
    """The days of use."""
    subject: str | None = None
    """``None``, as all that follows, when the file is not there or holds no certificate."""
    key: str | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    fingerprint: str | None = None
    """SHA-256."""
    private_key: KeyState | None = None
    """Of a certificate of ours."""
    state: str
    """In words."""
    urgent: bool = False
    """Whether somebody has to do something."""


def inventory(
    register: Register, keys: As2Keys, now: datetime, accepted: Iterable[tuple[str, Certificate]] = ()
) -> list[Listed]:
    """Every certificate of every profile, ours first, then those that were accepted by message and that none names.

    ``accepted`` are the latter, each with its channel: :func:`gateway.channels.as2.agreed.outside_profiles`.
    """
    return [_listed(owner, stated, keys, now) for owner, stated in (*_named(register), *accepted)]


def certificates_of(register: Register) -> list[X509]:
    """Every certificate that a profile names and that can be read, of whomever and for whatever days; each once."""
    found: dict[str, X509] = {}
    for _, stated in _named(register):
        if stated.pem is None:
            continue
        try:
            found.update({each.sha256: each for each in certificates_in(stated.pem)[:1]})
        except KeyMissing:
            # `inventory` says so.
            continue
    return list(found.values())


def key_words(certificate: X509) -> str:
    """The kind of key and its size, such as ``RSA 3072``; ``Unusable`` for one that nobody knows."""
    kinds = {"rsa": "RSA", "ec": "EC", "ed25519": "Ed25519", "x25519": "X25519"}
    return f"{kinds[certificate.key_kind]} {certificate.key_bits}"


def _named(register: Register) -> Iterator[tuple[str, Certificate | OwnCertificate]]:
    for party in register.parties.values():
        for own in party.certificates:
            yield party.id, own
    for channel in register.channels.values():
        if isinstance(channel, As2Channel):
            for theirs in channel.certificates:
                yield channel.id, theirs


def _listed(owner: str, stated: Certificate | OwnCertificate, keys: As2Keys, now: datetime) -> Listed:
    row = Listed(
        owner=owner,
        ours=isinstance(stated, OwnCertificate),
        file=stated.file,
        use=stated.use,
        valid_from=stated.valid_from,
        valid_to=stated.valid_to,
        state="the file is not there",
        urgent=True,
    )
    if stated.pem is None:
        return row
    try:
        certificate = load_certificates(stated.pem.encode())[0]
        key = key_words(certificate)
    except Unusable as fault:
        return msgspec.structs.replace(row, state=f"cannot be used: {fault}")
    there, trouble = _private_key(certificate, keys) if row.ours else (None, "")
    state, urgent = _state(stated, certificate, now)
    if trouble and state != _OVER:
        state, urgent = trouble, True
    return msgspec.structs.replace(
        row,
        subject=certificate.subject,
        key=key,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        fingerprint=certificate.sha256,
        private_key=there,
        state=state,
        urgent=urgent,
    )


def _private_key(certificate: X509, keys: As2Keys) -> tuple[KeyState, str]:
    try:
        keys.pair_of(certificate)
    except KeyMissing as fault:
        if keys.path_of(certificate).exists():
            return "unusable", str(fault)
        return "missing", "its private key is missing: sallyport keys import"
    return "there", ""


_OVER = "no longer used"


def _state(stated: Certificate | OwnCertificate, certificate: X509, now: datetime) -> tuple[str, bool]:
    """In words, and whether somebody has to do something."""
    if stated.valid_to is not None and stated.valid_to < now.date():
        return _OVER, False
    if now > certificate.not_after:
        return "expired", True
    left = certificate.not_after - now
    if left < SOON and (stated.valid_to is None or stated.valid_to >= certificate.not_after.date()):
        return f"expires in {left.days} days", True
    if stated.valid_from is not None and stated.valid_from > now.date():
        return f"used from {stated.valid_from} on", False
    return "in use", False
