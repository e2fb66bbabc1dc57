"""The command ``as2 send``: one message posted to a partner, with everything that went over the wire to be seen.

It is a test, not a delivery: nothing is written into the ledger, nothing is repeated, and the receipt is asked for in
the answer. The request and the answer can be kept as files that ``as2 inspect`` and ``as2 verify`` read.
"""

from __future__ import annotations

import mimetypes
import secrets
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec
import typer

from as2.building import Address, Built, Encrypting, Payload, Sending, TransferEncoding, build_message
from as2.capture import Capture
from as2.certificates import Certificate, KeyPair, Unusable, load_certificates
from as2.cms.algorithms import Permits
from as2.digests import DigestName, spelled
from as2.fault import As2Fault, Unwritable
from as2.headers import write_block
from as2.identifiers import written_message_id
from as2.mdn_reading import ReadMdn, is_mdn, read_mdn
from as2.mic import Compression
from as2.options import write_request
from as2.response import Attempt, Outcome, judge_answer
from as2.signed import Signing
from as2.source import BytesSource, MemoryScratch
from gateway.channels.as2 import terms
from gateway.channels.as2.keys import KeyMissing
from gateway.channels.as2.posting import HttpPoster, Posting, Reply
from gateway.cli import as2_view as view
from gateway.cli.as2_sent import Sent, judged_receipt
from gateway.cli.as2_terms import (
    CertOption,
    ChannelOption,
    KeyOption,
    OwnOption,
    P12Option,
    as2_names,
    certificates_of,
    ends_of,
    own_keys,
)
from gateway.cli.output import Exit, fail, line, note, print_json, say, table
from gateway.cli.passwords import PasswordEnvOption, PasswordFileOption
from gateway.cli.places import DEFAULT_HOME, FileArgument, HomeOption, JsonOption, read_file
from gateway.durable_file import write_durably

CipherChoice = Literal[
    "none", "aes128", "aes192", "aes256", "aes128-gcm", "aes256-gcm", "aes128-ccm", "aes256-ccm", "3des"
]
DigestChoice = Literal["none", "sha1", "sha256", "sha384", "sha512"]
_PAYLOADS = {b"UNA": "edifact", b"UNB": "edifact", b"ISA": "x12", b"<?x": "xml"}


class Parcel(NamedTuple):
    """Everything that is decided before the message is built."""

    url: str
    sender: str
    receiver: str
    sending: Sending
    digest: DigestName
    """What the receipt is asked for in."""
    receipt: Literal["signed", "unsigned", "none"]
    version: str
    features: Sequence[str]
    pinned: list[Certificate]
    permits: Permits
    content_type: str | None


def send(
    file: FileArgument,
    url: Annotated[str, typer.Option("--url", help="Where to.")] = "",
    sender: Annotated[str, typer.Option("--from", help="Our AS2 name.")] = "",
    receiver: Annotated[str, typer.Option("--to", help="The partner's AS2 name.")] = "",
    cert: CertOption = None,
    key: KeyOption = "",
    own: OwnOption = "",
    p12: P12Option = "",
    password_file: PasswordFileOption = "",
    password_env: PasswordEnvOption = "",
    profile: ChannelOption = "",
    sign: Annotated[DigestChoice | None, typer.Option("--sign", help="sha256, where there is a key.")] = None,
    encrypt: Annotated[CipherChoice | None, typer.Option("--encrypt", help="aes256, where there is a --cert.")] = None,
    compress: Annotated[Compression, typer.Option("--compress", help="Where the compression goes.")] = "none",
    transfer_encoding: Annotated[
        TransferEncoding, typer.Option("--transfer-encoding", help="Of the document inside.")
    ] = "binary",
    receipt: Annotated[
        Literal["signed", "unsigned", "none"], typer.Option("--receipt", help="What to ask for, in the answer.")
    ] = "signed",
    content_type: Annotated[
        str, typer.Option("--content-type", help="Of the document; told by its first letters if left out.")
    ] = "",
    subject: Annotated[str, typer.Option("--subject", help="The subject.")] = "AS2 test message",
    message_id: Annotated[str, typer.Option("--message-id", help="A Message-ID; a new one if left out.")] = "",
    tls: Annotated[
        str, typer.Option("--tls", help="Trust this certificate of the server, and no authority.", metavar="FILE")
    ] = "",
    timeout: Annotated[float, typer.Option("--timeout", min=1, max=3600, help="Seconds for a pause.")] = 60,
    save: Annotated[
        Path | None, typer.Option("--save", help="Keep the request and the answer in this folder.", metavar="DIR")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Build one message, post it, and show the request, the answer and what its receipt proves.

    With --profile, the URL, names, keys and packing are those of the channel; the receipt is asked for in the answer,
    also where the profile wants it later. Nothing goes into the ledger: for documents that count, there is `send`.
    """
    at = datetime.now(UTC)
    content = read_file(file)
    if profile:
        if url or sender or receiver or cert or key or p12 or sign or encrypt:
            fail("--profile takes everything from the profile", "leave out either --profile or the other options")
        parcel = _by_profile(home, profile, at, receipt)
    else:
        keys = own_keys(key, own, p12, password_file, password_env)
        parcel = _by_options(url, sender, receiver, keys, certificates_of(cert or ()), sign, encrypt, receipt)
        packed = msgspec.structs.replace(parcel.sending, compression=compress, transfer_encoding=transfer_encoding)
        parcel = parcel._replace(sending=packed)
    if save is not None and (save / "request.http").exists():
        fail(f"{save} holds a request already", "name another folder with --save")
    built, sent = _built(parcel, content, file, content_type, subject, message_id, at)
    headers, body = _wire(parcel.url, built)
    if save is not None:
        _save(save, "request.http", f"POST {_target(parcel.url)} HTTP/1.1", headers, body)
        _keep(save / "sent.json", msgspec.json.encode(sent))
    if not as_json:
        line(f"> POST {parcel.url}", "bold")
        table(("", ""), [(f"> {name}", value) for name, value in headers])
    answered = _post(parcel.url, built, tls, timeout)
    if save is not None:
        fields = [pair for pair in view.header_texts(answered.headers) if pair[0].lower() not in _FRAMING]
        fields.append(("Content-Length", str(len(answered.body))))
        _save(save, "answer.http", _start_line(answered), fields, answered.body)
    _tell(parcel, sent, answered, at, as_json)


_FRAMING = frozenset({"transfer-encoding", "content-length"})


def _by_options(
    url: str,
    sender: str,
    receiver: str,
    keys: list[KeyPair],
    certificates: list[Certificate],
    sign: DigestChoice | None,
    encrypt: CipherChoice | None,
    receipt: Literal["signed", "unsigned", "none"],
) -> Parcel:
    for name, value in (("--url", url), ("--from", sender), ("--to", receiver)):
        if not value:
            fail(f"{name} is missing", "name it, or a channel of the gateway with --profile")
    digest = sign or ("sha256" if keys else "none")
    cipher = encrypt or ("aes256" if certificates else "none")
    if digest != "none" and not keys:
        fail("a signature needs our key", "name it with --key and --own, or with --p12")
    if cipher != "none" and not certificates:
        fail("encryption needs the partner's certificate", "name it with --cert")
    # What is weak is named on the command line by a person, once: that is the permission.
    permits = terms.permitted({digest, cipher})
    return Parcel(
        url=url,
        sender=sender,
        receiver=receiver,
        sending=Sending(
            signing=_signing(keys[0], digest, permits) if digest != "none" else None,
            encrypting=Encrypting(recipients=certificates[:1], cipher=terms.CIPHERS[cipher], permits=permits)
            if cipher != "none"
            else None,
        ),
        digest=digest if digest != "none" else "sha256",
        receipt=receipt,
        version="1.2",
        features=(),
        pinned=certificates,
        permits=permits,
        content_type=None,
    )


def _signing(pair: KeyPair, digest: DigestName, permits: Permits) -> Signing:
    kind = pair.certificate.key_kind
    scheme: Literal["rsa-pkcs1", "ecdsa", "ed25519"] = "rsa-pkcs1"
    if kind in ("ec", "ed25519"):
        scheme = "ecdsa" if kind == "ec" else "ed25519"
    return Signing(signer=pair, digest_name=digest, micalg=spelled(digest), scheme=scheme, permits=permits)


def _by_profile(home: Path, channel: str, at: datetime, receipt: Literal["signed", "unsigned", "none"]) -> Parcel:
    ends = ends_of(home, channel)
    names = as2_names(ends.us)
    receiver = ends.register.as2_name(ends.channel)
    if not names or receiver is None:
        fail(f"party `{ends.us.id if receiver else ends.channel.party}` has no AS2 name", "add it to its identities")
    if ends.channel.http.user is not None:
        note("the channel has a user name, which is not sent here: the server may ask for it")
    try:
        sending = terms.sending(ends.channel, ends.us, ends.keys, at)
    except KeyMissing as fault:
        fail(str(fault), f"sallyport keys list --home {home} shows what there is", Exit.INPUT)
    return Parcel(
        url=ends.channel.url,
        sender=names[0],
        receiver=receiver,
        sending=sending,
        digest=terms.requested_digests(ends.channel)[0],
        receipt=receipt,
        version=ends.channel.as2_version,
        features=terms.features(ends.channel),
        pinned=terms.pinned(ends.channel, at),
        permits=terms.permits(ends.channel, at.date()),
        content_type=ends.channel.content_type,
    )


def _built(
    parcel: Parcel, content: bytes, file: str, content_type: str, subject: str, message_id: str, at: datetime
) -> tuple[Built, Sent]:
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:3]
    media = content_type or parcel.content_type or terms.MEDIA_TYPES.get(_PAYLOADS.get(start, ""), "")
    media = media or mimetypes.guess_type(file)[0] or "application/octet-stream"
    chosen = message_id or written_message_id(secrets.token_hex(16), "sallyport.invalid")
    asked = write_request(to=parcel.sender, signed=parcel.receipt == "signed", algorithms=[spelled(parcel.digest)])
    address = Address(
        sender=parcel.sender,
        receiver=parcel.receiver,
        message_id=chosen,
        at=at,
        subject=subject,
        version=parcel.version,
        features=parcel.features,
        receipt=asked if parcel.receipt != "none" else (),
    )
    name = Path(file).name if file != "-" else None
    try:
        built = build_message(
            [Payload(content=BytesSource(content), media_type=media, filename=name)],
            address,
            parcel.sending,
            digests=[parcel.digest],
            entropy=secrets.token_bytes,
            scratch=MemoryScratch(),
        )
    except (Unwritable, Unusable) as fault:
        fail(str(fault), "put that right; nothing was sent", Exit.INPUT)
    except As2Fault as fault:
        fail(str(fault), "name another algorithm; nothing was sent")
    return built, Sent(
        message_id=chosen,
        sender=parcel.sender,
        receiver=parcel.receiver,
        requested=parcel.digest,
        signed_receipt=parcel.receipt == "signed",
        candidates=built.candidates,
    )


def _wire(url: str, built: Built) -> tuple[list[tuple[str, str]], bytes]:
    body = b"".join(built.body.chunks())
    try:
        host = urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        host = ""
    if not host.isascii() or not host or not url.startswith(("http://", "https://")):
        fail(f"this is no URL: {url}", "write it as https://host:port/path")
    return [("Host", host), *built.headers, ("Content-Length", str(len(body)))], body


def _target(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _post(url: str, built: Built, tls: str, timeout: float) -> Reply:
    """The answer, which there has to be."""
    trusted: list[str] = []
    if tls:
        try:
            trusted = [ssl.DER_cert_to_PEM_cert(each.der) for each in load_certificates(read_file(tls))]
        except Unusable as fault:
            fail(f"{tls}: {fault}", "name the certificate of the server", Exit.INPUT)
    poster = HttpPoster()
    reply = poster.post(
        Posting(
            url=url, headers=built.headers, body=built.body, timeout=timeout, answer_within=timeout, trusted=trusted
        )
    )
    poster.close()
    if reply.status is None:
        hint = "check the address, the firewall, and for https the certificate; --timeout gives more time"
        fail(f"{url} cannot be reached, or gave no answer: {reply.trouble}", f"{hint}; the partner may have it already")
    return reply


def _tell(parcel: Parcel, sent: Sent, answered: Reply, at: datetime, as_json: bool) -> None:
    mdn: ReadMdn | None = None
    fault: As2Fault | None = None
    if is_mdn(answered.headers, answered.body):
        try:
            mdn = read_mdn(answered.headers, answered.body, pinned=parcel.pinned, permits=parcel.permits)
        except As2Fault as found:
            fault = found
    judged = judged_receipt(mdn, sent, parcel.permits) if mdn is not None else None
    attempt = Attempt(
        number=1,
        message_id=sent.message_id,
        receipt="none" if parcel.receipt == "none" else "sync",
        signed_receipt=sent.signed_receipt,
    )
    arrived = answered.status is not None and 200 <= answered.status < 300
    outcome: Outcome = (
        judged.outcome
        if judged is not None and arrived
        else judge_answer(attempt, answered.status, answered.headers, mdn=mdn, now=at)
    )
    shown = view.shown_mdn(mdn, judged.oddities if judged is not None else ()) if mdn is not None else None
    good = outcome.result == "delivered"
    if as_json:
        print_json(
            {
                "message_id": sent.message_id,
                "url": parcel.url,
                "status": answered.status,
                "headers": view.header_texts(answered.headers),
                "receipt": shown,
                "fault": view.shown_fault(fault),
                "mic": judged.mic if judged is not None else None,
                "outcome": outcome,
            }
        )
    else:
        capture = Capture(
            form="answer",
            start_line=_start_line(answered),
            headers=answered.headers,
            body=answered.body,
            remarks=(),
        )
        say("")
        view.print_capture(capture)
        if fault is not None:
            say(f"  {fault}", "red")
        if shown is not None and judged is not None:
            view.print_mdn(shown)
            say(f"  {judged.mic}")
        elif answered.body:
            say(f"  {view.beginning(answered.body)}", "dim")
        say(f"{outcome.result}: {outcome.text}", "bold green" if good else "bold red")
    if not good:
        raise typer.Exit(Exit.INPUT)


def _start_line(reply: Reply) -> str:
    known = {each.value: each.phrase for each in HTTPStatus}
    return f"HTTP/1.1 {reply.status} {known.get(reply.status or 0, '')}".strip()


def _save(folder: Path, name: str, start_line: str, fields: list[tuple[str, str]], body: bytes) -> None:
    _keep(folder / name, f"{start_line}\r\n".encode("latin-1") + write_block(fields) + body)


def _keep(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, data)
    except OSError as fault:
        fail(f"{path}: {fault.strerror}", "name a folder that you may write to with --save")
