"""The command group ``as2``: what is wrong with an AS2 message or receipt, for whoever has one in a file.

``inspect`` shows what is there and judges nothing. ``verify`` judges as the gateway does, and says what has to change.
``send`` posts one message and shows everything that went over the wire. None of them needs a gateway that runs, and
none touches its ledger or its archive.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer

from as2.capture import Capture, read_capture
from as2.diagnosis import Diagnosis, diagnose
from as2.disposition import answer, write
from as2.fault import As2Fault, AuthenticationFailed
from as2.heading import Heading, read_heading
from as2.layers import laid_open, measured
from as2.mdn_reading import ReadMdn, is_mdn, read_mdn
from as2.receiving import Received, receive
from as2.source import BytesSource, MemoryScratch
from as2.tolerance import Tolerated
from gateway.channels.as2.terms import STRONG
from gateway.cli import as2_view as view
from gateway.cli.as2_sending import send
from gateway.cli.as2_sent import KEPT, Sent, judged_receipt, sent_of
from gateway.cli.as2_terms import (
    AllowOption,
    CertOption,
    ChannelOption,
    DemandOption,
    Judging,
    KeyOption,
    OwnOption,
    P12Option,
    QuirkOption,
    certificates_of,
    ends_of,
    judging_by_files,
    judging_by_profile,
    own_keys,
)
from gateway.cli.output import Exit, fail, note, print_json, say
from gateway.cli.passwords import PasswordEnvOption, PasswordFileOption
from gateway.cli.places import DEFAULT_HOME, FileArgument, HomeOption, JsonOption, read_file

app = typer.Typer(no_args_is_help=True)

_START = 1 << 14
_UNJUDGED = "not judged here; `as2 verify` does"


@app.command("inspect")
def inspect(
    file: FileArgument,
    key: KeyOption = "",
    own: OwnOption = "",
    p12: P12Option = "",
    password_file: PasswordFileOption = "",
    password_env: PasswordEnvOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show the layers of a message or receipt as a tree: headers, recipients, ciphers, signer, certificates, MICs.

    FILE is a request or an answer as it was saved off the wire, a MIME file, or bare CMS. Without a key the tree ends
    at the encryption. Nothing is judged: what is shown is not therefore authentic.
    """
    keys = own_keys(key, own, p12, password_file, password_env)
    capture = read_capture(read_file(file))
    tolerated: Tolerated = set()
    heading, fault = _heading(capture, tolerated)
    top = laid_open(
        capture.headers, BytesSource(capture.body), keys=keys, entropy=secrets.token_bytes, scratch=MemoryScratch()
    )
    mdn, no_mdn = _receipt(capture, judging_by_files((), (), (), (), ()))
    receipt = msgspec.structs.replace(view.shown_mdn(mdn), signature=_UNJUDGED, why="") if mdn is not None else None
    shown, mics = view.shown_layer(top), view.shown_mics(measured(top, KEPT)) if mdn is None else []
    if as_json:
        print_json(
            {
                "form": capture.form,
                "start_line": capture.start_line,
                "headers": view.header_texts(capture.headers),
                "remarks": capture.remarks,
                "heading": heading,
                "fault": view.shown_fault(fault or no_mdn),
                "oddities": view.oddities(tolerated),
                "layers": shown,
                "mic": mics,
                "receipt": receipt,
            }
        )
    else:
        view.print_capture(capture)
        for each in (fault, no_mdn):
            if each is not None:
                say(f"  {each}", "red")
        view.print_oddities(view.oddities(tolerated))
        say("")
        view.print_layers(shown)
        view.print_mics(mics)
        if receipt is not None:
            view.print_mdn(receipt)
    faults = [each.fault for each in top.walk() if each.fault is not None and each.fault.cause != "key-missing"]
    if faults or fault is not None or no_mdn is not None or capture.form == "unknown":
        raise typer.Exit(Exit.INPUT)


@app.command("verify")
def verify(
    file: FileArgument,
    cert: CertOption = None,
    key: KeyOption = "",
    own: OwnOption = "",
    p12: P12Option = "",
    password_file: PasswordFileOption = "",
    password_env: PasswordEnvOption = "",
    profile: ChannelOption = "",
    message: Annotated[
        str,
        typer.Option(
            "--message",
            help="Of a receipt: the message that it answers, or the sent.json of `as2 send --save`.",
            metavar="FILE",
        ),
    ] = "",
    demand: DemandOption = None,
    allow: AllowOption = None,
    quirk: QuirkOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Judge a message or a receipt as the gateway does; if it is refused, say why, and what has to change.

    --cert is the partner's certificate, --key and --own (or --p12) are ours; --profile takes all of it from a channel.
    The answer is 0 when it is accepted and 1 when not.
    """
    keys = own_keys(key, own, p12, password_file, password_env)
    certificates = certificates_of(cert or ())
    if profile and (keys or certificates or demand or allow or quirk):
        fail("--profile takes everything from the profile", "leave out either --profile or the other options")
    capture = read_capture(read_file(file))
    now = datetime.now(UTC)
    if profile:
        heading, _ = _heading(capture, set())
        judging = judging_by_profile(ends_of(home, profile, heading.receiver if heading else None), now)
    else:
        judging = judging_by_files(keys, certificates, allow or (), quirk or (), demand or ())
    if is_mdn(capture.headers, capture.body[:_START]):
        good = _verify_receipt(capture, judging, _message(message, judging) if message else None, as_json)
    elif message:
        fail("--message is for a receipt, and this is none", "leave it out, or name the receipt's file", Exit.INPUT)
    else:
        good = _verify_message(capture, judging, as_json)
    if not good:
        raise typer.Exit(Exit.INPUT)


app.command("send")(send)


def _heading(capture: Capture, tolerated: Tolerated) -> tuple[Heading | None, As2Fault | None]:
    """The AS2 header fields, where the file is something that has them."""
    if capture.form != "request" and capture.headers.get("AS2-From") is None:
        # A MIME file and bare CMS have none; an HTTP answer need not be a receipt.
        return None, None
    try:
        return read_heading(capture.headers, tolerated), None
    except As2Fault as fault:
        return None, fault


def _receipt(capture: Capture, judging: Judging) -> tuple[ReadMdn | None, As2Fault | None]:
    """The receipt in a capture, if it is one."""
    if not is_mdn(capture.headers, capture.body[:_START]):
        return None, None
    terms = judging.terms
    try:
        return read_mdn(capture.headers, capture.body, pinned=terms.pinned, permits=terms.permits), None
    except As2Fault as fault:
        return None, fault


# Messages


def _verify_message(capture: Capture, judging: Judging, as_json: bool) -> bool:
    body = BytesSource(capture.body)
    tolerated: Tolerated = set()
    received: Received | None = None
    heading: Heading | None = None
    top = laid_open(
        capture.headers, body, keys=judging.terms.keys, entropy=secrets.token_bytes, scratch=MemoryScratch()
    )
    if "pkcs7-signature" in top.media:
        fail("a signature alone cannot be judged", "save the whole message, or see `as2 inspect`", Exit.INPUT)
    headers = capture.headers
    if capture.form in ("mime", "cms") and headers.get("AS2-From") is None:
        note("there are no AS2 header fields in the file: only what is in it is judged")
        headers = headers.with_field("AS2-From", "unknown").with_field("AS2-To", "unknown")
    try:
        heading = read_heading(headers, tolerated)
    except As2Fault as found:
        fault: As2Fault | None = found
    else:
        received = receive(
            capture.headers, heading, body, judging.terms, scratch=MemoryScratch(), entropy=secrets.token_bytes
        )
        fault = received.fault
        tolerated |= received.tolerated
    diagnosis = _diagnosis(fault, capture, heading, judging) if fault is not None else None
    mics = view.shown_mics(measured(top, KEPT))
    code = received.code if received is not None else fault.disposition if fault is not None else "processed"
    answered = write(answer(code, heading.version if heading is not None else (1, 0)))
    verified = received.verified if received is not None else None
    opened = received.opened if received is not None else None
    if as_json:
        print_json(
            {
                "kind": "message",
                "accepted": fault is None,
                "answer": answered,
                "fault": view.shown_fault(fault),
                "diagnosis": diagnosis,
                "packaging": received.packaging if received is not None else None,
                "signed_by": view.described(verified.certificate) if verified else None,
                "opened_with": view.described(opened.opened_by.certificate) if opened else None,
                "oddities": view.oddities(tolerated),
                "mic": mics,
                "remarks": capture.remarks,
            }
        )
        return fault is None
    for each in capture.remarks:
        note(each)
    say("accepted" if fault is None else f"refused: {diagnosis.cause if diagnosis else ''}", _colour(fault is None))
    if verified is not None:
        say(f"  signed by {view.described(verified.certificate)}")
    if opened is not None:
        say(f"  encrypted for {view.described(opened.opened_by.certificate)}, {opened.cipher}, {opened.key_transport}")
    if diagnosis is not None:
        view.print_diagnosis(diagnosis)
    say(f"  the sender is answered: {answered}")
    view.print_oddities(view.oddities(tolerated))
    view.print_mics(mics)
    return fault is None


def _diagnosis(fault: As2Fault, capture: Capture, heading: Heading | None, judging: Judging) -> Diagnosis:
    return diagnose(
        fault,
        capture.headers,
        heading,
        BytesSource(capture.body),
        judging.terms,
        known=judging.known,
        entropy=secrets.token_bytes,
        scratch=MemoryScratch(),
    )


# Receipts


def _message(file: str, judging: Judging) -> Sent:
    """What a receipt is compared with: what `as2 send` kept, or the message itself as far as it can be read."""
    data = read_file(file)
    kept = sent_of(data)
    if kept is not None:
        return kept
    capture = read_capture(data)
    try:
        heading = read_heading(capture.headers)
    except As2Fault as fault:
        fail(f"{file}: {fault}", "name the message as it was sent, with its header fields", Exit.INPUT)
    top = laid_open(
        capture.headers,
        BytesSource(capture.body),
        keys=judging.terms.keys,
        entropy=secrets.token_bytes,
        scratch=MemoryScratch(),
    )
    candidates = measured(top, KEPT)
    if not candidates:
        note(f"{file} cannot be read down to its payload, so the MIC of the receipt cannot be compared")
    digests = [each for each in heading.receipt.digests() if each in STRONG or each in judging.terms.permits.digests]
    return Sent(
        message_id=heading.message_id or "",
        sender=heading.sender,
        receiver=heading.receiver,
        requested=digests[0] if digests else "sha256",
        signed_receipt=heading.receipt.signed,
        candidates=candidates,
    )


def _verify_receipt(capture: Capture, judging: Judging, sent: Sent | None, as_json: bool) -> bool:
    mdn, fault = _receipt(capture, judging)
    if mdn is None:
        # It looked like one, and lacks what makes one.
        if fault is None:
            return False
        diagnosis = _diagnosis(fault, capture, None, judging)
        if as_json:
            print_json({"kind": "receipt", "accepted": False, "diagnosis": diagnosis})
        else:
            say(f"no receipt: {diagnosis.cause}", "red")
            view.print_diagnosis(diagnosis)
        return False
    judged = judged_receipt(mdn, sent, judging.terms.permits) if sent is not None else None
    good = mdn.signature.state == "verified" and mdn.disposition.verdict in ("processed", "warning")
    if judged is not None:
        good = judged.outcome.result == "delivered"
    shown = view.shown_mdn(mdn, judged.oddities if judged is not None else ())
    unverified = _why_unverified(mdn, capture, judging)
    if as_json:
        print_json(
            {
                "kind": "receipt",
                "accepted": good,
                "receipt": shown,
                "outcome": judged.outcome if judged is not None else None,
                "mic": judged.mic if judged is not None else None,
                "diagnosis": unverified,
            }
        )
        return good
    view.print_mdn(shown)
    if unverified is not None:
        view.print_diagnosis(unverified)
    if judged is not None:
        say(f"  {judged.mic}")
        say(f"{judged.outcome.result}: {judged.outcome.text}", _colour(good))
    else:
        say(_worth(mdn), _colour(good))
        say("  with --message FILE its MIC is compared with the message", "dim")
    return good


def _worth(mdn: ReadMdn) -> str:
    if mdn.signature.state != "verified":
        return f"proves nothing: it is {mdn.signature.state}"
    if mdn.disposition.verdict in ("processed", "warning"):
        return "proves that the partner took a message"
    return "proves that the partner did not take the message"


def _why_unverified(mdn: ReadMdn, capture: Capture, judging: Judging) -> Diagnosis | None:
    """The diagnosis of a receipt's signature, made like that of a message."""
    if mdn.signature.state != "unverified":
        return None
    return _diagnosis(AuthenticationFailed(mdn.signature.cause, mdn.signature.why), capture, None, judging)


def _colour(good: bool) -> str:
    return "bold green" if good else "bold red"
