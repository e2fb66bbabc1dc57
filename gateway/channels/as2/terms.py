"""From what a profile says to what the package ``as2`` takes: the one place that knows both.

Which certificates count is decided by their days of use on the day of the message. Where two of one purpose are in use,
both verify and both decrypt; what we sign or encrypt with is the one that came into use last.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from importlib.metadata import version

import msgspec

from as2.building import Encrypting, Sending
from as2.certificates import Certificate as X509
from as2.certificates import KeyPair
from as2.cms.algorithms import CipherName, Permits
from as2.cms.recipients import KeyTransport
from as2.digests import DigestName, MicalgStyle, spelled
from as2.features import CERTIFICATE_EXCHANGE, MULTIPLE_ATTACHMENTS, RELIABILITY
from as2.mic import SIZES
from as2.multipart import Limits
from as2.options import write_request
from as2.receiving import Receiving
from as2.signed import Signing
from gateway.channels.as2.keys import As2Keys, KeyMissing, certificates_in
from partners import As2Channel, Party
from partners.certificate import Certificate, OwnCertificate

CIPHERS: dict[str, CipherName] = {
    "aes128": "aes128-cbc",
    "aes192": "aes192-cbc",
    "aes256": "aes256-cbc",
    "aes128-gcm": "aes128-gcm",
    "aes192-gcm": "aes192-gcm",
    "aes256-gcm": "aes256-gcm",
    "aes128-ccm": "aes128-ccm",
    "aes192-ccm": "aes192-ccm",
    "aes256-ccm": "aes256-ccm",
    "3des": "3des-cbc",
}
TRANSPORTS: dict[str, KeyTransport] = {
    "rsa-pkcs1": KeyTransport(),
    "oaep-sha1": KeyTransport("rsa-oaep", "sha1", "sha1"),
    "oaep-sha256": KeyTransport("rsa-oaep", "sha256", "sha256"),
    "oaep-sha384": KeyTransport("rsa-oaep", "sha384", "sha384"),
    "oaep-sha512": KeyTransport("rsa-oaep", "sha512", "sha512"),
}
MEDIA_TYPES = {"edifact": "application/EDIFACT", "x12": "application/EDI-X12", "xml": "application/xml"}
"""Of a payload, by its standard (RFC 1767, RFC 7303)."""
STRONG: tuple[DigestName, ...] = ("sha256", "sha384", "sha512")


class InUse(msgspec.Struct, frozen=True):
    """A certificate that a profile uses on a day."""

    certificate: X509
    since: date | None
    file: str
    pem: str


def permits(channel: As2Channel, on: date) -> Permits:
    """What the partner may use below today's measure on a day."""
    return permitted(channel.permits(on))


def permitted(allowed: Collection[str]) -> Permits:
    """The permits by the names that a profile has for them."""
    digests: frozenset[DigestName] = frozenset(name for name in ("md5", "sha1") if name in allowed)
    ciphers: set[CipherName] = set()
    if "3des" in allowed:
        ciphers.add("3des-cbc")
    if "rc2" in allowed:
        ciphers.add("rc2-cbc")
    return Permits(
        digests=digests,
        ciphers=frozenset(ciphers),
        smallest_rsa=1024 if "rsa-1024" in allowed else Permits().smallest_rsa,
        pss_without_parameters="pss-without-parameters" in allowed,
    )


def in_use(certificates: Iterable[Certificate | OwnCertificate], use: str, on: date) -> list[InUse]:
    """The certificates for a purpose on a day, those that came into use last first."""
    found = [
        InUse(each, certificate.valid_from, certificate.file, certificate.pem)
        for certificate in certificates
        if use in certificate.use and certificate.in_use(on) and certificate.pem is not None
        for each in certificates_in(certificate.pem)[:1]
    ]
    return sorted(found, key=lambda each: each.since or date.min, reverse=True)


def pinned(channel: As2Channel, at: datetime) -> list[X509]:
    """The partner's certificates that verify now; one whose own dates are over, only where the profile says so."""
    found = [each.certificate for each in in_use(channel.certificates, "verify", at.date())]
    if channel.receive.expired == "accept":
        return found
    return [each for each in found if at <= each.not_after]


def decrypting(us: Party, keys: As2Keys, on: date) -> list[KeyPair]:
    """Our keys that partners may have encrypted for, as far as they are there."""
    found = []
    for each in in_use(us.certificates, "decrypt", on):
        try:
            found.append(keys.pair_of(each.certificate))
        except KeyMissing:
            # `check` and `doctor` say so; another key may do for this message.
            continue
    return found


def signer(channel: As2Channel, us: Party, keys: As2Keys, on: date) -> KeyPair:
    """The key that signs for this partner; raises :class:`KeyMissing`."""
    found = in_use(us.certificates, "sign", on)
    if channel.sign_with is not None:
        found = [each for each in found if each.file == channel.sign_with]
    if not found:
        named = f"`{channel.sign_with}` " if channel.sign_with else ""
        raise KeyMissing(
            f"party `{us.id}` has no certificate {named}that signs on {on}: name one among its `certificates`"
        )
    return keys.pair_of(found[0].certificate)


def receiving(channel: As2Channel, us: Party, keys: As2Keys, at: datetime) -> Receiving:
    """What the profile says about messages from this partner at a moment."""
    on = at.date()
    allowed = permits(channel, on)
    return Receiving(
        keys=decrypting(us, keys, on),
        pinned=pinned(channel, at),
        signed=channel.receive.signed,
        encrypted=channel.receive.encrypted,
        permits=allowed,
        quirks=channel.receive.quirks,
        digests=(*STRONG, *sorted(allowed.digests)),
        limits=Limits(inflated=channel.receive.limit),
    )


def product(channel: As2Channel) -> str | None:
    """AS2-Product, such as ``sallyport:0.1.0``; it came with version 1.3."""
    return f"sallyport:{version('sallyport')}" if channel.as2_version == "1.3" else None


def features(channel: As2Channel) -> Sequence[str]:
    """EDIINT-Features (RFC 6017): what we really do with this partner; empty where nothing is announced."""
    if not channel.announce_features or channel.as2_version in ("1.0", "1.1"):
        return ()
    # A new id for a repetition is what AS2 reliability is there to prevent.
    reliable = (RELIABILITY,) if channel.retry_id == "same" else ()
    return (MULTIPLE_ATTACHMENTS, *((CERTIFICATE_EXCHANGE,) if channel.certificate_exchange else ()), *reliable)


def micalg_style(channel: As2Channel) -> MicalgStyle:
    """How digests are spelled to this partner."""
    return "rfc3851" if channel.micalg_spelling == "sha256" else "rfc5751"


def signing(channel: As2Channel, us: Party, keys: As2Keys, digest: DigestName, on: date) -> Signing:
    """How we sign for this partner, with this digest; raises :class:`KeyMissing`."""
    pair = signer(channel, us, keys, on)
    kind = pair.certificate.key_kind
    return Signing(
        signer=pair,
        digest_name=digest,
        micalg=spelled(digest, micalg_style(channel)),
        scheme="ecdsa" if kind == "ec" else "ed25519" if kind == "ed25519" else channel.signature,
        include_certificate=channel.include_certificate,
        permits=permits(channel, on),
    )


def sending(channel: As2Channel, us: Party, keys: As2Keys, at: datetime) -> Sending:
    """How messages to this partner are packed at a moment; raises :class:`KeyMissing`."""
    on = at.date()
    encrypting = None
    if channel.encrypt != "none":
        found = in_use(channel.certificates, "encrypt", on)
        if not found:
            raise KeyMissing(
                f"channel `{channel.id}` has no certificate to encrypt for on {on}: name one among its `certificates`"
            )
        if at > found[0].certificate.not_after and channel.receive.expired == "refuse":
            raise KeyMissing(
                f"the certificate `{found[0].file}` of channel `{channel.id}` expired on"
                f" {found[0].certificate.not_after:%Y-%m-%d}: ask the partner for its new one"
            )
        encrypting = Encrypting(
            recipients=[found[0].certificate],
            cipher=CIPHERS[channel.encrypt],
            key_transport=TRANSPORTS[channel.key_transport],
            recipient_id=channel.recipient_id,
            form="gcm-in-enveloped-data" if channel.gcm_form == "enveloped-data" else "standard",
            permits=permits(channel, on),
        )
    return Sending(
        signing=None if channel.sign == "none" else signing(channel, us, keys, channel.sign, on),
        encrypting=encrypting,
        compression="none" if channel.compress == "no" else channel.compress,
        transfer_encoding=channel.transfer_encoding,
    )


def requested_digests(channel: As2Channel) -> Sequence[DigestName]:
    """The digests that a receipt is asked for in, the one we like best first."""
    if channel.mdn.micalg is not None:
        return channel.mdn.micalg
    return ("sha256" if channel.sign == "none" else channel.sign,)


def weakest(names: Sequence[DigestName]) -> DigestName:
    """The weakest of some digests."""
    return min(names, key=lambda name: SIZES[name])


def tls_identity(us: Party, keys: As2Keys, on: date) -> tuple[str, str] | None:
    """The certificate and the key that a party of ours shows to HTTPS servers, as PEM; ``None`` when it shows none.

    Raises :class:`KeyMissing` when a certificate is named and its key is not there.
    """
    for each in in_use(us.certificates, "tls-client", on)[:1]:
        keys.pair_of(each.certificate)
        return each.pem, keys.path_of(each.certificate).read_text()
    return None


def receipt_request(channel: As2Channel, to: str, url: str | None) -> list[tuple[str, str]]:
    """The header fields that ask this partner for its receipt; ``url`` is where an asynchronous one comes to."""
    if channel.mdn.mode == "none":
        return []
    style = micalg_style(channel)
    return write_request(
        to=to,
        signed=channel.mdn.signed,
        algorithms=[spelled(name, style) for name in requested_digests(channel)],
        url=url if channel.mdn.mode == "async" else None,
    )
