"""By what an AS2 message is judged or built on the command line: files of keys and certificates, or a profile.

With ``--profile CHANNEL`` everything comes from the gateway's profiles and its key folder, as the gateway itself takes
it (:mod:`gateway.channels.as2.terms`). Without it the options make the same terms, so that the commands serve
anybody who has a message and the keys, on a machine without a gateway.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from as2.certificates import Certificate, KeyPair, Unusable, load_certificates
from as2.receiving import Quirk, Receiving
from gateway.catalogue import Catalogue
from gateway.channels.as2 import inventory
from gateway.channels.as2.key_files import WrongPassword, read_key_file
from gateway.channels.as2.keys import As2Keys
from gateway.channels.as2.terms import STRONG, permitted, receiving
from gateway.cli.output import Exit, fail
from gateway.cli.passwords import opened, stated_password
from gateway.cli.places import home_of, read_file
from gateway.cli.profiles import tell
from gateway.profiles_folder import load_profiles
from partners import As2Channel, Party, Register


# A list of choices has to be an enumeration for typer.
class Weak(StrEnum):
    """What a profile calls weak."""

    MD5 = "md5"
    SHA1 = "sha1"
    TRIPLE_DES = "3des"
    RC2 = "rc2"
    RSA_1024 = "rsa-1024"
    PSS_WITHOUT_PARAMETERS = "pss-without-parameters"


class Line(StrEnum):
    """The line ends that a partner's digests may be over, as a profile names the quirk."""

    LF_BODY = "lf-body"
    LF_ALL = "lf-all"


class Demand(StrEnum):
    """What a message must have."""

    SIGNATURE = "signature"
    ENCRYPTION = "encryption"
    NOTHING = "nothing"


_QUIRKS: tuple[Quirk, ...] = ("lf-body", "lf-all")

CertOption = Annotated[
    list[str] | None,
    typer.Option("--cert", help="A certificate of the partner's; may be given again.", metavar="FILE"),
]
KeyOption = Annotated[str, typer.Option("--key", help="Our private key, as PEM.", metavar="FILE")]
OwnOption = Annotated[
    str, typer.Option("--own", help="The certificate of our key, if it is not in the same file.", metavar="FILE")
]
P12Option = Annotated[str, typer.Option("--p12", help="Our key with its certificate, as PKCS#12.", metavar="FILE")]
ChannelOption = Annotated[
    str,
    typer.Option("--profile", help="Everything as this AS2 channel of the gateway at --home says.", metavar="CHANNEL"),
]
AllowOption = Annotated[
    list[Weak] | None, typer.Option("--allow", help="Accept this although it is weak; may be given again.")
]
QuirkOption = Annotated[
    list[Line] | None, typer.Option("--quirk", help="Accept digests that are made over other line ends.")
]
DemandOption = Annotated[
    list[Demand] | None,
    typer.Option("--demand", help="What a message must have; a signature, where the option is left out."),
]


class Judging(NamedTuple):
    """What a message is judged by."""

    terms: Receiving
    known: Sequence[Certificate]
    """Certificates that are known, though they may not count now."""


class Ends(NamedTuple):
    """The two ends of a channel, as the profiles have them."""

    register: Register
    channel: As2Channel
    us: Party
    keys: As2Keys


def own_keys(key: str, own: str, p12: str, password_file: str, password_env: str) -> list[KeyPair]:
    """Our key from files, if any is named."""
    if key and p12:
        fail("--key and --p12 both name a key", "leave one of them out")
    if own and not key:
        fail("--own is the certificate of a key, and no key is named", "add --key; a partner's certificate is --cert")
    file = key or p12
    if not file:
        return []
    data, beside = read_file(file), read_file(own) if own else None
    password = stated_password(password_file, password_env)
    try:
        brought = opened(file, password, lambda each: read_key_file(data, each, beside))
    except (WrongPassword, Unusable) as fault:
        fail(f"{file}: {fault}", "a key needs its certificate: --own names it", Exit.INPUT)
    if brought.key is None:
        fail(
            f"{file} holds a certificate and no private key", "name the file with the key; certificates: --own, --cert"
        )
    return [KeyPair(brought.certificate, brought.key)]


def certificates_of(files: Sequence[str]) -> list[Certificate]:
    """The certificates in these files."""
    found: list[Certificate] = []
    for file in files:
        try:
            found += load_certificates(read_file(file))
        except Unusable as fault:
            fail(f"{file}: {fault}", "name a certificate as PEM, DER or .p7b", Exit.INPUT)
    return found


def judging_by_files(
    keys: Sequence[KeyPair],
    certificates: Sequence[Certificate],
    allow: Sequence[Weak],
    quirks: Sequence[Line],
    demands: Sequence[Demand],
) -> Judging:
    """The terms that options make."""
    permits = permitted(allow)
    return Judging(
        Receiving(
            keys=keys,
            pinned=certificates,
            signed=not demands or "signature" in demands,
            encrypted="encryption" in demands,
            permits=permits,
            quirks=[each for each in _QUIRKS if each in quirks],
            digests=(*STRONG, *sorted(permits.digests)),
        ),
        (),
    )


def judging_by_profile(ends: Ends, at: datetime) -> Judging:
    """The terms of a channel at a moment, and all the certificates of the profiles."""
    return Judging(receiving(ends.channel, ends.us, ends.keys, at), inventory.certificates_of(ends.register))


def ends_of(home: Path, channel: str, our_name: str | None = None) -> Ends:
    """The channel with that id, and the party of ours that speaks over it: of several the one with that AS2 name."""
    place = home_of(home)
    loaded = load_profiles(place.profiles, Catalogue.of(home))
    if loaded.register is None:
        tell(loaded)
        raise typer.Exit(Exit.INPUT)
    register = loaded.register
    named = {each.id: each for each in register.channels.values() if isinstance(each, As2Channel)}
    found = named.get(channel)
    if found is None:
        fail(f"there is no AS2 channel `{channel}`", f"there are: {', '.join(named) or 'none'}")
    ours = {each.us.id: each.us for each in register.agreements.values() if each.party.id == found.party}
    if not ours:
        fail(f"no agreement joins a party of ours and `{found.party}`", "write one into the profiles")
    us = next((each for each in ours.values() if our_name in as2_names(each)), next(iter(ours.values())))
    return Ends(register, found, us, As2Keys(place.keys))


def as2_names(party: Party) -> list[str]:
    """The AS2 names of a party, its first one first."""
    return [each.value for each in party.identities if each.scheme == "as2"]
