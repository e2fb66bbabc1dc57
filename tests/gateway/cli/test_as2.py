"""``sallyport as2``: what is shown of a message, how it is judged, and a message sent to a partner's server."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from as2.capture import read_capture
from as2.cms.compressing import compress
from as2.headers import Headers, write_block
from as2.source import BytesSource, MemoryScratch
from gateway.cli import as2_sending
from tests.as2.keys import KEYS, certificate_of, openssl_cms, pem
from tests.gateway.cli.as2_partner import PARTNER, US, Reply, serving, with_receipt
from tests.gateway.cli.calling import Answer, Call
from tests.services.running import free_port

VECTORS = KEYS.parent
DIAGNOSIS = VECTORS / "diagnosis"
CASES: dict[str, dict[str, Any]] = json.loads((DIAGNOSIS / "cases.json").read_text())
MDNS = VECTORS / "mdn"
THEIRS = ("--cert", KEYS / "rsa.pem")
OURS = ("--key", KEYS / "rsa-other.key.pem", "--own", KEYS / "rsa-other.pem")
NEEDS_PROFILE = {"signer-known", "encrypted-for-an-old-one"}
"""Only with a profile more is known than the two ends."""

PROFILES = """\
party: {id: acme, name: ACME, identities: [{scheme: as2, value: ACME}, {scheme: unb, qualifier: ZZ, value: ACME}]}
channels:
  - id: acme-as2
    kind: as2
    url: URL
    sign: sha384
    encrypt: aes128-gcm
    compress: before-signing
    receive: {encrypted: no}
    certificates:
      - {file: keys/acme.pem}
      - {file: keys/acme-old.pem, use: [verify], valid_to: 2026-01-31}
agreements:
  - id: acme
    us: as2-us
    party: acme
    status: live
    retention: standard
    flows:
      - id: out
        direction: out
        message: {standard: edifact, version: D.96A, type: IFTSTA}
        canonical: transport_status/1
        channel: acme-as2
"""
OURSELVES = """\
party:
  id: as2-us
  name: Us
  identities: [{scheme: as2, value: US}, {scheme: unb, qualifier: ZZ, value: US}]
  certificates: [{file: keys/us.pem}]
"""


def verified(sallyport: Call, name: str, *arguments: str | Path) -> Answer:
    demands = ("--demand", "signature", "--demand", "encryption") if CASES[name].get("demands") else ()
    return sallyport("as2", "verify", DIAGNOSIS / f"{name}.http", *THEIRS, *OURS, *demands, *arguments, "--json")


# Inspect


def layers(tree: dict[str, Any]) -> list[str]:
    return [tree["kind"], *(kind for each in tree["inside"] for kind in layers(each))]


def test_without_a_key_the_tree_ends_at_the_encryption(sallyport: Call) -> None:
    answer = sallyport("as2", "inspect", DIAGNOSIS / "good-encrypted.http", "--json")
    assert answer.code == 0
    found = answer.json()
    assert layers(found["layers"]) == ["encrypted"]
    assert ["cipher", "aes256-cbc"] in found["layers"]["facts"]
    assert ["for", "serial 0a01 of C=DE, O=Sallyport test keys, CN=rsa-other, by rsa-pkcs1"] in found["layers"]["facts"]
    assert found["layers"]["fault"]["cause"] == "key-missing"
    assert found["heading"]["sender"] == "ACME"
    assert found["mic"] == []


def test_with_a_key_everything_is_there(sallyport: Call) -> None:
    answer = sallyport("as2", "inspect", DIAGNOSIS / "good-encrypted.http", *OURS, "--json")
    assert answer.code == 0
    found = answer.json()
    assert layers(found["layers"]) == ["encrypted", "signed", "content", "signature"]
    entity = read_capture((DIAGNOSIS / "good-signed.http").read_bytes()).body.split(b"--limit\r\n")[1][:-2]
    digest = subprocess.run(["openssl", "sha256", "-binary"], input=entity, capture_output=True, check=True).stdout
    assert found["mic"][0]["digests"]["sha256"] == base64.b64encode(digest).decode()
    assert (found["mic"][0]["range"], found["mic"][0]["line_ends"]) == ("payload-entity", "raw")


@pytest.mark.parametrize("columns", [None, 60])
def test_the_tree_for_people(sallyport: Call, columns: int | None) -> None:
    answer = sallyport("as2", "inspect", DIAGNOSIS / "good-encrypted.http", *OURS, columns=columns)
    assert answer.code == 0
    for words in ("POST /as2 HTTP/1.1", "└─ multipart/signed", "   ├─ content application/edifact", "begins with: UNB"):
        assert words in answer.text


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_message_can_be_looked_at(sallyport: Call, name: str) -> None:
    answer = sallyport("as2", "inspect", DIAGNOSIS / f"{name}.http", *OURS, "--json")
    assert answer.code in (0, 1)
    assert answer.json()["form"] == "request"
    assert sallyport("as2", "inspect", DIAGNOSIS / f"{name}.http", *OURS).code == answer.code


@pytest.mark.parametrize("form", ["DER", "PEM"])
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("-encrypt", "-aes256", pem("rsa-other")), ["encrypted", "content"]),
        (("-sign", "-signer", pem("rsa"), "-inkey", str(KEYS / "rsa.key.pem")), ["signature"]),
    ],
)
def test_bare_cms(sallyport: Call, tmp_path: Path, form: str, arguments: tuple[str, ...], expected: list[str]) -> None:
    entity = b"Content-Type: text/plain\r\n\r\nHello"
    (tmp_path / "x").write_bytes(openssl_cms("-binary", "-outform", form, *arguments, stdin=entity))
    answer = sallyport("as2", "inspect", tmp_path / "x", *OURS, "--json")
    assert answer.code == 0, answer.text
    assert layers(answer.json()["layers"]) == expected


def test_bare_compression(sallyport: Call, tmp_path: Path) -> None:
    packed = compress(BytesSource(b"Content-Type: text/plain\r\n\r\nHello"), MemoryScratch())
    (tmp_path / "x").write_bytes(b"".join(packed.chunks()))
    answer = sallyport("as2", "inspect", tmp_path / "x", "--json")
    assert (answer.code, layers(answer.json()["layers"])) == (0, ["compressed", "content"])


@pytest.mark.parametrize("name", sorted(path.stem for path in MDNS.glob("*.mdn")))
def test_every_receipt_can_be_looked_at(sallyport: Call, name: str) -> None:
    want = json.loads((MDNS / f"{name}.json").read_text())
    answer = sallyport("as2", "inspect", MDNS / f"{name}.mdn", "--json")
    receipt = answer.json()["receipt"]
    if "unreadable" in want:
        assert receipt is None
    else:
        assert receipt["verdict"] == want.get("verdict", "processed")
        assert receipt["signature"].startswith("not judged")


def test_what_a_partner_sent_cannot_colour_the_terminal(sallyport: Call, tmp_path: Path) -> None:
    data = (DIAGNOSIS / "good-signed.http").read_bytes()
    data = data.replace(b"Host: us.example", b"Host: \x1b[31mred\x1b[0m [bold]x[/bold]").replace(
        b"UNB+", b"\x1b]0;x\x07"
    )
    (tmp_path / "x").write_bytes(data)
    answer = sallyport("as2", "inspect", tmp_path / "x")
    assert "\x1b" not in answer.text
    assert "[bold]x[/bold]" in answer.text


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"hello\n", b"\x30\x03\x02\x01\x07"])
def test_what_is_no_message(sallyport: Call, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    for command in ("inspect", "verify"):
        answer = sallyport("as2", command, tmp_path / "x")
        assert answer.code == 1, command
    assert sallyport("as2", "inspect", tmp_path / "not-there").code == 2


# Verify


@pytest.mark.parametrize("name", sorted(set(CASES) - NEEDS_PROFILE))
def test_messages_are_judged_and_diagnosed(sallyport: Call, name: str) -> None:
    answer = verified(sallyport, name)
    case, found = CASES[name], answer.json()
    if not case:
        assert (answer.code, found["accepted"], found["diagnosis"]) == (0, True, None)
        assert found["signed_by"].endswith(certificate_of("rsa").sha256)
        return
    assert (answer.code, found["accepted"]) == (1, False)
    assert found["diagnosis"]["cause"] == case["cause"]
    assert found["diagnosis"]["quirk"] == case.get("quirk")


def test_the_diagnosis_for_people(sallyport: Call) -> None:
    answer = sallyport("as2", "verify", DIAGNOSIS / "lf-body.http", *THEIRS)
    assert answer.code == 1
    for words in (
        "refused: digest-of-lf-body",
        "receive.quirks: [lf-body]",
        "change: Convert",
        "integrity-check-failed",
    ):
        assert words in answer.text
    accepted = sallyport("as2", "verify", DIAGNOSIS / "lf-body.http", *THEIRS, "--quirk", "lf-body")
    assert (accepted.code, accepted.text.startswith("accepted\n")) == (0, True)
    assert "odd: The signature fits only" in accepted.text


@pytest.mark.parametrize(("name", "weak"), [("weak-digest", "sha1"), ("weak-cipher", "3des")])
def test_what_is_weak_may_be_allowed(sallyport: Call, name: str, weak: str) -> None:
    assert verified(sallyport, name).code == 1
    assert verified(sallyport, name, "--allow", weak).code == 0


def test_nothing_need_be_demanded(sallyport: Call) -> None:
    call = ("as2", "verify", DIAGNOSIS / "not-signed.http")
    assert sallyport(*call).code == 1
    assert sallyport(*call, "--demand", "nothing").code == 0


def test_a_mime_file_without_as2(sallyport: Call, tmp_path: Path) -> None:
    entity = b"Content-Type: text/plain\r\n\r\nHello\r\n"
    run = ["openssl", "cms", "-sign", "-binary", "-signer", pem("rsa"), "-inkey", str(KEYS / "rsa.key.pem"), "-crlfeol"]
    data = subprocess.run(run, input=entity, capture_output=True, check=True).stdout
    (tmp_path / "x.eml").write_bytes(data)
    answer = sallyport("as2", "verify", tmp_path / "x.eml", *THEIRS)
    assert answer.code == 0, answer.text
    assert "no AS2 header fields" in answer.err


def test_a_signature_alone(sallyport: Call, tmp_path: Path) -> None:
    signature = openssl_cms(
        *("-sign", "-binary", "-outform", "DER", "-signer", pem("rsa"), "-inkey", str(KEYS / "rsa.key.pem")), stdin=b"x"
    )
    (tmp_path / "x.p7s").write_bytes(signature)
    answer = sallyport("as2", "verify", tmp_path / "x.p7s", *THEIRS)
    assert (answer.code, "whole message" in answer.err) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--own", KEYS / "rsa.pem"), "no key is named"),
        (("--key", KEYS / "rsa.pem"), "no private key"),
        (("--key", KEYS / "rsa.key.pem"), "comes with its certificate"),
        (("--key", KEYS / "rsa.key.pem", "--own", KEYS / "p256.pem"), "no certificate belongs"),
        (("--key", KEYS / "rsa.key.pem", "--p12", KEYS / "rsa.pem"), "both name a key"),
        (("--cert", KEYS / "README.md"), "cannot be read"),
        (("--profile", "x", "--cert", KEYS / "rsa.pem"), "leave out"),
        (("--message", DIAGNOSIS / "good-signed.http"), "for a receipt"),
        (("--password-file", KEYS / "README.md", "--password-env", "X", "--p12", KEYS / "rsa.pem"), "leave one"),
    ],
)
def test_calls_that_contradict_themselves(sallyport: Call, arguments: tuple[str | Path, ...], words: str) -> None:
    answer = sallyport("as2", "verify", DIAGNOSIS / "good-signed.http", *arguments)
    assert answer.code in (1, 2)
    assert words in answer.err
    assert "PRIVATE" not in answer.err


# Receipts


@pytest.fixture(scope="module")
def message(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The message that the receipts of the vectors answer, as it was sent."""
    body = b"--a\r\n" + (MDNS / "message.entity").read_bytes() + b"\r\n--a\r\n\r\nsignature\r\n--a--\r\n"
    fields = [
        ("AS2-From", "US"),
        ("AS2-To", "THEM"),
        ("Message-ID", "<20261201093000.4711@us.example>"),
        ("Disposition-Notification-To", "us"),
        (
            "Disposition-Notification-Options",
            "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-256",
        ),
        ("Content-Type", "multipart/signed; boundary=a"),
    ]
    file = tmp_path_factory.mktemp("message") / "message.http"
    file.write_bytes(b"POST / HTTP/1.1\r\n" + write_block(fields) + body)
    return file


SENT_SIGNED = sorted(
    path.stem for path in MDNS.glob("*.mdn") if "packaging" not in json.loads(path.with_suffix(".json").read_text())
)


@pytest.mark.parametrize("name", SENT_SIGNED)
def test_receipts_are_judged_against_their_message(sallyport: Call, message: Path, name: str) -> None:
    want = json.loads((MDNS / f"{name}.json").read_text())
    partner = ("--cert", MDNS / "keys" / "partner.pem", "--cert", MDNS / "keys" / "partner-ec.pem")
    answer = sallyport("as2", "verify", MDNS / f"{name}.mdn", *partner, "--message", message, "--json")
    if "unreadable" in want:
        assert answer.code == 1
        return
    found = answer.json()
    result = want.get("result", "delivered")
    assert found["outcome"]["result"] == result
    assert (answer.code, found["accepted"]) == ((0, True) if result == "delivered" else (1, False))
    assert found["receipt"]["signature"] == want.get("signature", "unsigned")
    assert (found["diagnosis"] is not None) == (found["receipt"]["signature"] == "unverified")


def test_a_receipt_by_itself(sallyport: Call) -> None:
    call = ("as2", "verify", MDNS / "biztalk-positive.mdn")
    proven = sallyport(*call, "--cert", MDNS / "keys" / "partner.pem")
    assert (proven.code, "proves that the partner took a message" in proven.text) == (0, True)
    stranger = sallyport(*call)
    assert (stranger.code, "proves nothing: it is unverified" in stranger.text) == (1, True)
    assert "keys import" in stranger.text
    refusal = sallyport(
        "as2", "verify", MDNS / "biztalk-negative-decryption.mdn", "--cert", MDNS / "keys" / "partner.pem"
    )
    assert (refusal.code, "did not take the message" in refusal.text) == (1, True)


def test_no_quirk_is_told_for_a_receipt(sallyport: Call, tmp_path: Path) -> None:
    """A receipt with LF line ends signed before they were made CRLF: the profile's quirks are for messages."""
    entity = (
        b"Content-Type: multipart/report; report-type=disposition-notification; boundary=r\r\n\r\n"
        b"--r\r\nContent-Type: message/disposition-notification\r\n\r\n"
        b"Disposition: automatic-action/MDN-sent-automatically; processed\r\n\r\n--r--\r\n"
    )
    head, _, content = entity.partition(b"\r\n\r\n")
    signed = head + b"\r\n\r\n" + content.replace(b"\r\n", b"\n")
    signature = openssl_cms(
        *("-sign", "-binary", "-outform", "DER", "-signer", pem("rsa"), "-inkey", str(KEYS / "rsa.key.pem")),
        stdin=signed,
    )
    body = b"--a\r\n" + entity + b"\r\n--a\r\n\r\n" + base64.encodebytes(signature) + b"\r\n--a--\r\n"
    (tmp_path / "x").write_bytes(b"Content-Type: multipart/signed; boundary=a\r\n\r\n" + body)
    diagnosis = sallyport("as2", "verify", tmp_path / "x", *THEIRS, "--json").json()["diagnosis"]
    assert (diagnosis["cause"], diagnosis["quirk"]) == ("digest-of-lf-body", None)


# With a profile


@pytest.fixture
def gateway(fresh: Path) -> Path:
    """A gateway that exchanges AS2 messages with ACME."""
    profiles = fresh / "profiles"
    (profiles / "acme.yaml").write_text(PROFILES.replace("URL", "https://acme.example/as2"))
    (profiles / "as2-us.yaml").write_text(OURSELVES)
    for name, key in (("acme", "rsa"), ("acme-old", "p256"), ("us", "rsa-other")):
        (profiles / "keys" / f"{name}.pem").write_bytes((KEYS / f"{key}.pem").read_bytes())
    folder = fresh / "var" / "keys" / "as2"
    folder.mkdir(parents=True)
    private = folder / f"{certificate_of('rsa-other').sha256}.pem"
    private.write_bytes((KEYS / "rsa-other.key.pem").read_bytes())
    private.chmod(0o600)
    return fresh


@pytest.mark.parametrize("name", sorted(name for name in CASES if "demands" not in CASES[name]))
def test_the_profile_judges_alike_and_knows_more(sallyport: Call, gateway: Path, name: str) -> None:
    call = ("as2", "verify", DIAGNOSIS / f"{name}.http", "--profile", "acme-as2", "--home", gateway, "--json")
    answer = sallyport(*call)
    assert answer.code == (1 if CASES[name] else 0), answer.err
    if CASES[name]:
        assert answer.json()["diagnosis"]["cause"] == CASES[name]["cause"]


def test_a_channel_that_is_not_there(sallyport: Call, gateway: Path) -> None:
    call = ("as2", "verify", DIAGNOSIS / "good-signed.http", "--profile", "nobody", "--home", gateway)
    answer = sallyport(*call)
    assert (answer.code, "there are: acme-as2" in answer.err) == (2, True)


# Send


@pytest.fixture
def order(tmp_path: Path) -> Path:
    file = tmp_path / "order.edi"
    file.write_bytes(b"UNB+UNOC:3+US+THEM+261201:1030+42'\r\nUNZ+0+42'\r\n")
    return file


def keys_of(key: str) -> tuple[str | Path, ...]:
    return "--key", KEYS / f"{key}.key.pem", "--own", KEYS / f"{key}.pem", "--cert", KEYS / f"{PARTNER}.pem"


ENDS = ("--from", "US", "--to", "Them & Co")


def test_a_message_and_its_receipt(sallyport: Call, order: Path, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    with serving(with_receipt) as url:
        answer = sallyport("as2", "send", order, "--url", url, *ENDS, *keys_of(US), "--save", folder)
    assert answer.code == 0, answer.text
    for words in (f"> POST {url}", "> AS2-To", '"Them & Co"', "HTTP/1.1 200 OK", "The MIC is that of", "delivered:"):
        assert words in answer.text
    # What went over the wire, read by another program.
    request = read_capture((folder / "request.http").read_bytes())
    assert (request.form, request.remarks) == ("request", ())
    (tmp_path / "body").write_bytes(request.body)
    recipient = ("-recip", pem(PARTNER), "-inkey", str(KEYS / f"{PARTNER}.key.pem"))
    inside = openssl_cms("-decrypt", "-binary", "-inform", "DER", "-in", str(tmp_path / "body"), *recipient)
    boundary = b"--" + inside.partition(b"boundary=")[2].partition(b"\r\n")[0]
    _, entity, signature, _ = inside.split(boundary)
    (tmp_path / "entity").write_bytes(entity.removeprefix(b"\r\n").removesuffix(b"\r\n"))
    openssl_cms(
        *("-verify", "-binary", "-inform", "DER", "-content", str(tmp_path / "entity"), "-out", str(tmp_path / "out")),
        *("-noverify", "-certfile", pem(US)),
        stdin=base64.b64decode(signature.partition(b"\r\n\r\n")[2]),
    )
    assert (tmp_path / "out").read_bytes().partition(b"\r\n\r\n")[2] == order.read_bytes()
    kept_answer = read_capture((folder / "answer.http").read_bytes())
    assert (kept_answer.status, kept_answer.remarks) == (200, ())
    assert kept_answer.headers.get("Content-Length") == str(len(kept_answer.body))
    # The receipt, judged again later, without the key that could open the message.
    kept = ("--cert", KEYS / f"{PARTNER}.pem", "--message", folder / "sent.json")
    again = sallyport("as2", "verify", folder / "answer.http", *kept, "--json")
    assert (again.code, again.json()["outcome"]["result"]) == (0, "delivered")
    assert again.json()["mic"] == "The MIC is that of the message, in sha256."
    # With it, the message itself will do.
    partner = ("--key", KEYS / f"{PARTNER}.key.pem", "--own", KEYS / f"{PARTNER}.pem", *kept[:2])
    opened = sallyport(
        "as2", "verify", folder / "answer.http", *partner, "--message", folder / "request.http", "--json"
    )
    assert (opened.code, opened.json()["mic"]) == (0, again.json()["mic"])
    # Nothing is overwritten.
    assert sallyport("as2", "send", order, "--url", "http://x/", *ENDS, *keys_of(US), "--save", folder).code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("--sign", "none"),
        ("--encrypt", "none"),
        ("--sign", "none", "--encrypt", "none"),
        ("--sign", "sha512", "--encrypt", "aes256-gcm", "--compress", "before-signing"),
        ("--compress", "after-signing", "--transfer-encoding", "base64"),
        ("--receipt", "unsigned"),
    ],
)
def test_every_packing(sallyport: Call, order: Path, arguments: tuple[str, ...]) -> None:
    with serving(with_receipt) as url:
        answer = sallyport("as2", "send", order, "--url", url, *ENDS, *keys_of(US), *arguments, "--json")
    assert answer.code == 0, answer.text
    assert answer.json()["outcome"]["result"] == "delivered"
    assert answer.json()["receipt"]["verdict"] == "processed"


def test_without_a_receipt(sallyport: Call, order: Path) -> None:
    with serving(lambda *_: Reply(204, [], b"")) as url:
        answer = sallyport("as2", "send", order, "--url", url, *ENDS, "--receipt", "none", "--json")
    assert (answer.code, answer.json()["outcome"]["result"], answer.json()["receipt"]) == (0, "delivered", None)


@pytest.mark.parametrize(
    ("reply", "result"),
    [
        (partial(with_receipt, spoiled=True), "mic-mismatch"),
        (partial(with_receipt, signer="rsa-4096"), "mdn-unverifiable"),
        (lambda *_: Reply(200, [("Content-Type", "text/html")], b"<html>Welcome</html>"), "retry"),
        (lambda *_: Reply(200, [], b""), "retry"),
        (lambda *_: Reply(503, [("Retry-After", "60")], b"later"), "retry"),
        (lambda *_: Reply(302, [("Location", "http://elsewhere.example/")], b""), "parked"),
        (lambda *_: Reply(403, [], b"\x1b[31mno"), "parked"),
    ],
)
def test_answers_that_are_no_delivery(sallyport: Call, order: Path, reply: Any, result: str) -> None:  # noqa: ANN401
    with serving(reply) as url:
        told = sallyport("as2", "send", order, "--url", url, *ENDS, *keys_of(US))
        answer = sallyport("as2", "send", order, "--url", url, *ENDS, *keys_of(US), "--json")
    assert (answer.code, answer.json()["outcome"]["result"]) == (1, result)
    assert told.code == 1
    assert f"{result}: " in told.text
    assert "\x1b" not in told.text


def test_a_refusal(sallyport: Call, order: Path) -> None:
    """Signed with a key that the partner does not pin."""
    with serving(with_receipt) as url:
        answer = sallyport("as2", "send", order, "--url", url, *ENDS, *keys_of("rsa-4096"), "--json")
    assert (answer.code, answer.json()["outcome"]["result"]) == (1, "refused")
    assert answer.json()["receipt"]["disposition"] == "processed/error: authentication-failed"


def test_nobody_listens(sallyport: Call, order: Path) -> None:
    answer = sallyport("as2", "send", order, "--url", f"http://127.0.0.1:{free_port()}/as2", *ENDS)
    assert (answer.code, "cannot be reached" in answer.err) == (2, True)


def test_a_server_of_https(sallyport: Call, order: Path, tmp_path: Path) -> None:
    run = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    names = ["-keyout", "server.key", "-out", "server.pem", "-subj", "/CN=x", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*run, *names], cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    with serving(with_receipt, tls=context) as url:
        trust = ("--tls", tmp_path / "server.pem")
        trusted = sallyport("as2", "send", order, "--url", url, *ENDS, *keys_of(US), *trust, "--json")
        stranger = sallyport("as2", "send", order, "--url", url, *ENDS)
    assert trusted.code == 0, trusted.err
    assert (stranger.code, "certificate" in stranger.err.lower()) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--from", "US", "--to", "THEM"), "--url is missing"),
        (("--url", "http://x/", "--to", "THEM"), "--from is missing"),
        (("--url", "ftp://x/", *ENDS), "no URL"),
        (("--url", "http://", *ENDS), "no URL"),
        (("--url", "http://x/", *ENDS, "--sign", "sha256"), "needs our key"),
        (("--url", "http://x/", *ENDS, "--encrypt", "aes256"), "needs the partner's certificate"),
        (("--url", "http://x/", "--from", "x" * 129, "--to", "THEM"), "128"),
        (("--url", "http://x/", *ENDS, "--subject", "a\r\nX: y"), "header field"),
        (("--url", "http://x/", *ENDS, "--message-id", "<a\n>"), "header field"),
        (("--profile", "acme-as2", *ENDS), "leave out"),
    ],
)
def test_calls_that_cannot_be_sent(
    sallyport: Call, order: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str
) -> None:
    monkeypatch.setattr(as2_sending, "_post", None)
    answer = sallyport("as2", "send", order, *arguments)
    assert answer.code in (1, 2)
    assert words in answer.err


def test_sending_by_the_profile(sallyport: Call, gateway: Path, order: Path) -> None:
    seen: list[Headers] = []

    def reply(headers: Headers, body: bytes) -> Reply:
        seen.append(headers)
        return with_receipt(headers, body, signer="rsa", ours="rsa-other", theirs="rsa")

    with serving(reply) as url:
        (gateway / "profiles" / "acme.yaml").write_text(PROFILES.replace("URL", url))
        answer = sallyport("as2", "send", order, "--profile", "acme-as2", "--home", gateway, "--json")
    assert answer.code == 0, answer.text + answer.err
    assert (seen[0].get("AS2-From"), seen[0].get("AS2-To")) == ("US", "ACME")
    assert "authEnveloped-data" in (seen[0].get("Content-Type") or "")
    assert "sha-384" in (seen[0].get("Disposition-Notification-Options") or "")


def test_a_profile_whose_key_is_not_there(sallyport: Call, gateway: Path, order: Path) -> None:
    for file in (gateway / "var" / "keys" / "as2").iterdir():
        file.unlink()
    answer = sallyport("as2", "send", order, "--profile", "acme-as2", "--home", gateway)
    assert (answer.code, "keys import" in answer.err) == (1, True)
