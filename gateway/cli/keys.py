"""The command group ``keys``: the private keys and certificates of AS2, ours and partners'; those that are offered by
message, beside.

Certificates are profile data and go into the folder ``keys`` of the profiles; private keys go into the gateway's data
folder and nowhere else. No command here changes a profile: each prints the lines for it, because from which day a
certificate counts is agreed on with people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from as2.certificates import Certificate, Unusable, check_strength, load_certificates
from gateway.catalogue import Catalogue
from gateway.channels.as2.inventory import inventory, key_words
from gateway.channels.as2.key_files import (
    Brought,
    CertificateForm,
    KeyType,
    Named,
    WrongPassword,
    certificate_bytes,
    key_pem,
    make_pair,
    pkcs12_bytes,
    read_key_file,
)
from gateway.channels.as2.keys import As2Keys, KeyMissing
from gateway.cli.key_exchange import accepted_besides, approve, offer, offered_certificate, reject, requests
from gateway.cli.output import Exit, fail, note, print_bytes, print_json, say, table
from gateway.cli.passwords import PasswordEnvOption, PasswordFileOption, asked_password, opened, stated_password
from gateway.cli.places import DEFAULT_HOME, FileArgument, HomeOption, JsonOption, home_of, read_file
from gateway.cli.profiles import tell
from gateway.cli.ssh_keys import ssh
from gateway.config import Home
from gateway.durable_file import write_durably
from gateway.profiles_folder import load_profiles

app = typer.Typer(no_args_is_help=True)

SHORTEST_PASSWORD = 8
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_FINGERPRINT = re.compile(r"[0-9a-f]{8,64}")

NameArgument = Annotated[str, typer.Argument(help="The name of the file, such as us-2026.", metavar="NAME")]
OutOption = Annotated[Path | None, typer.Option("--out", help="Write it into this file.", metavar="FILE")]


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that was made or brought, for the answer."""

    name: str
    subject: str
    fingerprint: str
    """SHA-256."""
    key: str
    not_before: datetime
    not_after: datetime
    certificate: str
    """Where it lies now."""
    private_key: str | None
    profile: str
    """The lines for the profile."""


@app.command("make")
def make_key(
    name: NameArgument,
    years: Annotated[int, typer.Option("--years", min=1, max=10, help="How long the certificate is valid.")] = 3,
    key_type: Annotated[KeyType, typer.Option("--type", help="The kind of key.")] = "rsa-3072",
    common_name: Annotated[
        str, typer.Option("--common-name", help="The name in the certificate; NAME if left out.")
    ] = "",
    organization: Annotated[str, typer.Option("--organization", help="Your company, in the certificate.")] = "",
    country: Annotated[str, typer.Option("--country", help="Two letters, in the certificate.")] = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Make a private key of ours and its certificate, and print the lines for the profile.

    The key goes into the gateway's data folder, the certificate into the profiles folder; partners need the latter.
    """
    place = home_of(home)
    path = _free(place, name)
    if path.exists():
        fail(f"there is a certificate {path} already", "choose another name, with the year in it for example")
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        made = make_pair(
            Named(common_name=common_name or name, organization=organization, country=country),
            key_type,
            midnight,
            _years_after(midnight, years),
        )
    except ValueError as fault:
        fail(f"no certificate can have this name: {fault}", "at most 64 characters, and a country of two letters")
    _answer(_keep(place, name, Brought(made.certificate, made.key)), as_json)


@app.command("import")
def import_key(
    file: FileArgument,
    name: Annotated[str, typer.Option("--name", help="The name it gets here; that of the file if left out.")] = "",
    certificate: Annotated[
        str, typer.Option("--certificate", help="The certificate, where the key is in a file alone.", metavar="FILE")
    ] = "",
    weak: Annotated[
        bool, typer.Option("--weak", help="Take a partner's certificate with a key that is too short.")
    ] = False,
    password_file: PasswordFileOption = "",
    password_env: PasswordEnvOption = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Bring a key of ours with its certificate (PKCS#12, PEM), or a certificate of a partner.

    Weak keys are refused, and a key and a certificate that do not belong together.
    """
    place = home_of(home)
    data = read_file(file)
    chosen = name or Path(file).stem
    _free(place, chosen)
    beside = read_file(certificate) if certificate else None
    password = stated_password(password_file, password_env)
    try:
        brought = opened(file, password, lambda each: read_key_file(data, each, beside))
    except WrongPassword as fault:
        fail(str(fault), "nothing was changed; try again with the right password", Exit.INPUT)
    except Unusable as fault:
        fail(f"{file}: {fault}", "nothing was changed; ask whoever made the file for another one", Exit.INPUT)
    if brought.key is None:
        _check_partner(brought.certificate, weak=weak)
    _answer(_keep(place, chosen, brought), as_json)


@app.command("export")
def export_key(
    name: Annotated[str, typer.Argument(help="The name of its file, or the beginning of its fingerprint.")],
    form: Annotated[CertificateForm, typer.Option("--form", help="The form of the certificate.")] = "pem",
    with_private_key: Annotated[
        bool, typer.Option("--with-private-key", help="Export the private key too, as PKCS#12 under a password.")
    ] = False,
    out: OutOption = None,
    password_file: PasswordFileOption = "",
    password_env: PasswordEnvOption = "",
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Write a certificate for a partner, or one that a partner offered; with a flag, a key for another installation.

    A certificate goes to standard output unless --out names a file.
    """
    place = home_of(home)
    certificate = _find(place, name)
    if not with_private_key:
        data = certificate_bytes(certificate, form)
        if out is None:
            print_bytes(data)
        else:
            _write(out, data, private=False)
        return
    if out is None:
        fail("a private key is not printed", "name a file with --out")
    try:
        both = As2Keys(place.keys).pair_of(certificate)
    except KeyMissing as fault:
        fail(str(fault), "sallyport keys list shows whose keys are here", Exit.INPUT)
    stated = stated_password(password_file, password_env)
    password = asked_password(str(out), twice=True) if stated is None else stated
    if len(password) < SHORTEST_PASSWORD:
        fail(f"the password has fewer than {SHORTEST_PASSWORD} characters", "choose a longer one")
    try:
        data = pkcs12_bytes(both, certificate.subject, password)
    except Unusable as fault:
        fail(str(fault), code=Exit.INPUT)
    _write(out, data, private=True)
    note(f"{out} holds the private key: bring it where it belongs, and delete it")


@app.command("list")
def list_keys(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """List the certificates of all profiles: use, days, fingerprint, whether the key is there, what ends soon."""
    place = home_of(home)
    loaded = load_profiles(place.profiles, Catalogue.of(home))
    if loaded.register is None:
        tell(loaded)
        raise typer.Exit(Exit.INPUT)
    keys = As2Keys(place.keys)
    listed = inventory(loaded.register, keys, datetime.now(UTC), accepted_besides(place, loaded.register))
    unnamed = sorted(set(keys.fingerprints()) - {each.fingerprint for each in listed})
    if as_json:
        print_json({"certificates": listed, "keys_of_no_profile": unnamed})
        return
    if not listed:
        say("no profile names a certificate yet; `sallyport keys make` makes one of ours", "yellow")
    else:
        table(
            ("whose", "file", "use", "days of use", "expires", "state"),
            [
                (
                    f"{each.owner}{' (us)' if each.ours else ''}",
                    each.file,
                    ", ".join(each.use),
                    f"{each.valid_from or ''}…{each.valid_to or ''}",
                    f"{each.not_after:%Y-%m-%d}" if each.not_after else "",
                    each.state,
                    each.key or "",
                    each.fingerprint or "",
                )
                for each in listed
            ],
            details=("key", "fingerprint"),
            styles=["yellow" if each.urgent else "" for each in listed],
        )
    for each in listed:
        if each.file.startswith("accepted/"):
            note(f"{each.fingerprint} counts because it was accepted by message: name it in channel `{each.owner}`")
    for fingerprint in unnamed:
        note(f"no profile names the certificate of the private key {keys.folder / fingerprint}.pem")


app.command("ssh")(ssh)
app.command("requests")(requests)
app.command("approve")(approve)
app.command("reject")(reject)
app.command("offer")(offer)


def _free(place: Home, name: str) -> Path:
    """Where the certificate of that name belongs."""
    if not _NAME.fullmatch(name):
        fail(f"{name!r} cannot be the name of a certificate's file", "use letters, digits, dots and hyphens; --name")
    return place.profiles / "keys" / f"{name}.pem"


def _keep(place: Home, name: str, brought: Brought) -> Kept:
    """The certificate and the key, put where they belong: the key first, for a certificate without it is of no use."""
    certificate, path = brought.certificate, _free(place, name)
    pem = certificate_bytes(certificate, "pem")
    stored: Path | None = None
    try:
        if path.exists() and _first(path) != certificate.sha256:
            fail(f"there is another certificate {path} already", "choose another --name", Exit.INPUT)
        if brought.key is not None:
            stored = As2Keys(place.keys).store(certificate, key_pem(brought.key))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, pem)
    except KeyMissing as fault:
        fail(str(fault), code=Exit.INPUT)
    except OSError as fault:
        fail(f"{fault.filename or path}: {fault.strerror}", "check who may write there, and run this again")
    use = "sign, decrypt" if brought.key is not None else "verify, encrypt"
    lines = (
        f"certificates:\n  - file: keys/{name}.pem\n    use: [{use}]\n    valid_from: {datetime.now(UTC):%Y-%m-%d}\n"
    )
    return Kept(
        name=name,
        subject=certificate.subject,
        fingerprint=certificate.sha256,
        key=key_words(certificate),
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        certificate=str(path),
        private_key=str(stored) if stored else None,
        profile=lines,
    )


def _answer(kept: Kept, as_json: bool) -> None:
    if kept.not_after < datetime.now(UTC):
        note(f"this certificate expired on {kept.not_after:%Y-%m-%d}")
    if as_json:
        print_json(kept)
        return
    say(f"{kept.subject}: {kept.key}, valid {kept.not_before:%Y-%m-%d} to {kept.not_after:%Y-%m-%d}", "green")
    say(f"  fingerprint  {kept.fingerprint}")
    say(f"  certificate  {kept.certificate}")
    if kept.private_key is not None:
        say(f"  private key  {kept.private_key}, for its owner only")
        say("Send the certificate to your partners. Write into your own party's profile, with the day agreed on:")
    else:
        say(
            "Compare the fingerprint with the partner by telephone, and write into its channel, with the day agreed on:"
        )
    say("")
    for each in kept.profile.splitlines():
        say(f"  {each}")


def _check_partner(certificate: Certificate, *, weak: bool) -> None:
    try:
        check_strength(certificate.public_key)
    except Unusable as fault:
        if not weak:
            fail(
                f"the certificate of {certificate.subject} has {fault}",
                "ask the partner for a new one; --weak takes it, and the profile then needs"
                " `receive.weak: [{allow: rsa-1024, until: DAY}]`",
                Exit.INPUT,
            )


def _find(place: Home, name: str) -> Certificate:
    wanted = name.lower()
    for path in _files(place.profiles / "keys"):
        try:
            certificates = load_certificates(path.read_bytes())
        except (Unusable, OSError):
            continue
        if name in (path.stem, path.name, f"keys/{path.name}"):
            return certificates[0]
        if _FINGERPRINT.fullmatch(wanted) and certificates[0].sha256.startswith(wanted):
            return certificates[0]
    if _FINGERPRINT.fullmatch(wanted) and (offered := offered_certificate(place, wanted)) is not None:
        return offered
    fail(f"there is no certificate {name}", f"sallyport keys list shows them; they lie in {place.profiles / 'keys'}")


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if path.suffix == ".pem" and path.is_file())


def _first(path: Path) -> str | None:
    try:
        return load_certificates(path.read_bytes())[0].sha256
    except Unusable:
        return None


def _write(out: Path, data: bytes, *, private: bool) -> None:
    if out.exists():
        fail(f"there is a file {out} already", "name another one with --out")
    try:
        write_durably(out, data, private=private)
    except OSError as fault:
        fail(f"{out}: {fault.strerror}", "name a file in a folder that you may write to")


def _years_after(day: datetime, years: int) -> datetime:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        # The 29th of February has no anniversary in most years.
        return day.replace(year=day.year + years, day=28)
