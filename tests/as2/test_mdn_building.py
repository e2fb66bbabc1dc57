"""MDNs as we write them: their exact bytes, what independent readers make of them, and what cannot get into them."""

from __future__ import annotations

import base64
import email
import hashlib
import re
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from email import policy
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from as2.certificates import KeyPair, Unusable, load_certificates, load_private_key, pair
from as2.cms.algorithms import Permits, Scheme
from as2.dates import write_date
from as2.digests import DigestName
from as2.disposition import CATALOGUE
from as2.fault import DispositionCode, Unwritable
from as2.headers import Headers, parse_block, write_block
from as2.mdn import TEXTS, MdnMessage, Receipt, build_mdn
from as2.mdn_reading import ReadMdn, is_mdn, oddities, read_mdn
from as2.mic import write_mic
from as2.signed import Signing
from as2.tolerance import Tolerated

KEYS = Path(__file__).parents[1] / "vectors" / "as2" / "mdn" / "keys"
AT = datetime(2026, 12, 1, 10, 30, 0, 999, tzinfo=timezone(timedelta(hours=1)))
DIGEST = hashlib.sha256(b"what was received").digest()


def key_pair(name: str) -> KeyPair:
    return pair(
        load_certificates((KEYS / f"{name}.pem").read_bytes()), load_private_key((KEYS / f"{name}.key").read_bytes())
    )


def entropy(size: int) -> bytes:
    return bytes(range(size))


def receipt(
    code: DispositionCode = "processed",
    *,
    received_from: str = "THEM",
    received_to: str = "US",
    original_message_id: str | None = "<4711@them.example>",
    mic: str | None = "",
    text: str | None = None,
    user_agent: str = "Sallyport",
) -> Receipt:
    return Receipt(
        received_from=received_from,
        received_to=received_to,
        original_message_id=original_message_id,
        disposition=CATALOGUE[code],
        mic=write_mic(DIGEST, "sha-256") if mic == "" else mic,
        text=TEXTS[code] if text is None else text,
        message_id="<mdn-1@us.example>",
        at=AT,
        user_agent=user_agent,
    )


def signing(name: str = "partner", digest_name: DigestName = "sha256", scheme: Scheme = "rsa-pkcs1") -> Signing:
    return Signing(signer=key_pair(name), digest_name=digest_name, micalg=digest_name, scheme=scheme)


def headers_of(message: MdnMessage) -> Headers:
    return parse_block(write_block(message.headers))


def read(message: MdnMessage, *names: str, permits: Permits | None = None) -> ReadMdn:
    pinned = [each for name in names for each in load_certificates((KEYS / f"{name}.pem").read_bytes())]
    return read_mdn(headers_of(message), message.body, pinned=pinned, permits=permits or Permits())


UNSIGNED = (
    b"--report-000102030405060708090a0b0c0d0e0f\r\n"
    b"Content-Type: text/plain; charset=us-ascii\r\n"
    b"Content-Transfer-Encoding: binary\r\n"
    b"\r\n"
    b"The message was not accepted: it could not be decrypted.\r\n"
    b"\r\n--report-000102030405060708090a0b0c0d0e0f\r\n"
    b"Content-Type: message/disposition-notification\r\n"
    b"Content-Transfer-Encoding: binary\r\n"
    b"\r\n"
    b"Reporting-UA: Sallyport\r\n"
    b"Original-Recipient: rfc822; US\r\n"
    b"Final-Recipient: rfc822; US\r\n"
    b"Original-Message-ID: <4711@them.example>\r\n"
    b"Disposition: automatic-action/MDN-sent-automatically; processed/Error: decryption-failed\r\n"
    b"\r\n--report-000102030405060708090a0b0c0d0e0f--\r\n"
)


def test_the_bytes() -> None:
    message = build_mdn(receipt("decryption-failed", mic=None), signing=None, entropy=entropy)
    assert message.body == UNSIGNED
    assert message.headers == [
        ("Message-ID", "<mdn-1@us.example>"),
        ("Date", "Tue, 01 Dec 2026 09:30:00 +0000"),
        ("Subject", "Message disposition notification"),
        ("AS2-Version", "1.2"),
        ("AS2-From", "US"),
        ("AS2-To", "THEM"),
        ("MIME-Version", "1.0"),
        (
            "Content-Type",
            "multipart/report; report-type=disposition-notification; boundary=report-000102030405060708090a0b0c0d0e0f",
        ),
        ("Content-Length", str(len(UNSIGNED))),
    ]


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert build_mdn(receipt(), signing=signing(), entropy=entropy) == build_mdn(
        receipt(), signing=signing(), entropy=entropy
    )


SCHEMES: list[tuple[str, DigestName, Scheme]] = [
    ("partner", "sha256", "rsa-pkcs1"),
    ("partner", "sha384", "rsa-pkcs1"),
    ("partner", "sha512", "rsa-pkcs1"),
    ("partner", "sha256", "rsa-pss"),
    ("partner", "sha512", "rsa-pss"),
    ("partner-ec", "sha256", "ecdsa"),
]


@pytest.mark.parametrize(("name", "digest_name", "scheme"), SCHEMES)
def test_a_signed_one_verifies_here_and_with_openssl(
    name: str, digest_name: DigestName, scheme: Scheme, tmp_path: Path
) -> None:
    message = build_mdn(receipt(), signing=signing(name, digest_name, scheme), entropy=entropy)
    mdn = read(message, name)
    assert mdn.signature.verified is not None
    assert (mdn.signature.verified.scheme, mdn.signature.verified.digest_name) == (scheme, digest_name)
    assert mdn.tolerated == frozenset()
    assert read(message, "stranger").signature.state == "unverified"

    # As a mail, the way most peers' libraries take it apart; -binary would lose a line end here (OpenSSL 3.0).
    trusting = ["-CAfile", str(KEYS / f"{name}.pem"), "-purpose", "any"]
    whole = tmp_path / "mdn"
    whole.write_bytes(write_block(message.headers) + message.body)
    assert openssl("-inform", "SMIME", "-in", str(whole), *trusting).startswith(b"Content-Type: multipart/report;")
    # And the exact bytes.
    _, entity, signature, _ = re.split(rb"(?:\A|\r\n)--signed-[0-9a-f]{32}(?:--)?\r\n", message.body)
    (tmp_path / "entity").write_bytes(entity)
    (tmp_path / "signature").write_bytes(base64.b64decode(signature.partition(b"\r\n\r\n")[2]))
    exact = ["-binary", "-inform", "DER", "-in", str(tmp_path / "signature"), "-content", str(tmp_path / "entity")]
    assert openssl(*exact, *trusting) == entity


def openssl(*arguments: str) -> bytes:
    return subprocess.run(["openssl", "cms", "-verify", *arguments], capture_output=True, check=True).stdout


@pytest.mark.parametrize("signed", [True, False])
def test_an_independent_reader_finds_the_same_structure(signed: bool) -> None:
    message = build_mdn(receipt(), signing=signing() if signed else None, entropy=lambda size: b"\x07" * size)
    parsed = email.message_from_bytes(write_block(message.headers) + message.body, policy=policy.HTTP)
    types = [part.get_content_type() for part in parsed.walk()]
    report = ["multipart/report", "text/plain", "message/disposition-notification", "text/plain"]
    assert types == (["multipart/signed", *report, "application/pkcs7-signature"] if signed else report)
    assert not [defect for part in parsed.walk() for defect in part.defects]
    assert parsed.epilogue in (None, "")
    assert int(parsed["Content-Length"]) == len(message.body)


def test_no_line_is_folded_and_every_line_ends_with_crlf() -> None:
    message = build_mdn(receipt(original_message_id="<" + "x" * 900 + "@y>"), signing=signing(), entropy=entropy)
    assert message.body.count(b"\n") == message.body.count(b"\r\n") == message.body.count(b"\r")
    assert b"\r\n " not in message.body
    assert b"\r\n\t" not in message.body


@pytest.mark.parametrize("name", ["THEM", '"THEM"', '"Their Name"', r'"a \"quoted\" name"', "a;b!", "Bare Name"])
def test_names_go_back_as_they_were_written(name: str) -> None:
    message = build_mdn(receipt(received_from=name, received_to=name), signing=None, entropy=entropy)
    assert dict(message.headers)["AS2-To"] == dict(message.headers)["AS2-From"] == name
    assert f"\r\nFinal-Recipient: rfc822; {name}\r\n".encode() in message.body


@pytest.mark.parametrize(
    "written", ["<4711@them.example>", "4711", "<a b@c>", " x ".strip(), "<" + "x" * 996 + ">", "<\xe4@b>"]
)
def test_the_message_id_is_repeated_byte_for_byte(written: str) -> None:
    message = build_mdn(receipt(original_message_id=written), signing=None, entropy=entropy)
    assert b"\r\nOriginal-Message-ID: " + written.encode("latin-1") + b"\r\n" in message.body
    assert read(message).original_message_id == written
    assert oddities(read(message), message_id=written, as2_to="US", signed_receipt=False) == frozenset()


def test_a_message_without_an_id_is_answered_without_one() -> None:
    message = build_mdn(receipt(original_message_id=None), signing=None, entropy=entropy)
    assert b"Original-Message-ID" not in message.body
    assert read(message).original_message_id is None


@pytest.mark.parametrize("value", ["<a\r\nDisposition: processed>", "<a\nb>", "<a\0b>", "<a\rb>", "\u20ac"])
def test_nothing_gets_a_line_of_its_own(value: str) -> None:
    for each in (
        receipt(original_message_id=value),
        receipt(received_from=value),
        receipt(received_to=value),
        receipt(user_agent=value),
        receipt(mic=value),
    ):
        with pytest.raises(Unwritable):
            build_mdn(each, signing=None, entropy=entropy)


def test_the_words_for_a_person_keep_to_their_part() -> None:
    text = "one\ntwo\r\nthree\x00\x1b[31m \u202e four\n--report-000102030405060708090a0b0c0d0e0f--\n\u00fcber"
    message = build_mdn(receipt(text=text), signing=None, entropy=lambda size: b"\xff" * size)
    assert b"charset=utf-8\r\n" in message.body
    assert read(message).text == "one\ntwo\nthree[31m  four\n--report-000102030405060708090a0b0c0d0e0f--\n\u00fcber"


def test_parts_state_their_encoding_or_leave_it_out() -> None:
    for encoding in ("binary", "8bit", "7bit"):
        message = build_mdn(receipt(), signing=None, entropy=entropy, transfer_encoding=encoding)
        assert message.body.count(f"Content-Transfer-Encoding: {encoding}\r\n".encode()) == 2
    message = build_mdn(receipt(), signing=signing(), entropy=entropy, transfer_encoding=None)
    # That of the signature is base64 whatever the others are.
    assert message.body.count(b"Content-Transfer-Encoding: ") == 1
    assert read(message, "partner").signature.state == "verified"


def test_what_comes_with_1_3_and_with_features() -> None:
    said = receipt()
    newer = Receipt(
        received_from=said.received_from,
        received_to=said.received_to,
        original_message_id=said.original_message_id,
        disposition=said.disposition,
        mic=said.mic,
        text=said.text,
        message_id=said.message_id,
        at=said.at,
        user_agent=said.user_agent,
        version="1.3",
        product="sallyport:0.1",
        features=("multiple-attachments", "AS2-Reliability"),
    )
    fields = dict(build_mdn(newer, signing=None, entropy=entropy).headers)
    assert fields["AS2-Version"] == "1.3"
    assert fields["AS2-Product"] == "sallyport:0.1"
    assert fields["EDIINT-Features"] == "multiple-attachments, AS2-Reliability"


def test_a_weak_digest_needs_a_permit() -> None:
    weak = signing(digest_name="sha1")
    with pytest.raises(Unusable):
        build_mdn(receipt(), signing=weak, entropy=entropy)
    permits = Permits(digests=frozenset({"sha1"}))
    permitted = Signing(signer=weak.signer, digest_name="sha1", micalg="sha1", permits=permits)
    message = build_mdn(receipt(), signing=permitted, entropy=entropy)
    assert read(message, "partner", permits=permits).signature.state == "verified"
    assert read(message, "partner").signature.cause == "weak-digest"


def test_the_certificate_can_be_left_out() -> None:
    own = signing()
    without = Signing(signer=own.signer, digest_name="sha256", micalg="sha-256", include_certificate=False)
    message = build_mdn(receipt(), signing=without, entropy=entropy)
    assert len(message.body) < len(build_mdn(receipt(), signing=own, entropy=entropy).body)
    assert read(message, "partner").signature.state == "verified"


@pytest.mark.parametrize("code", get_args(DispositionCode))
def test_every_disposition_is_explained_and_read_as_meant(code: DispositionCode) -> None:
    assert TEXTS[code].isascii()
    assert len(TEXTS[code]) > 20
    seen: Tolerated = set()
    mdn = read(build_mdn(receipt(code), signing=signing(), entropy=entropy), "partner")
    assert mdn.disposition == CATALOGUE[code]
    assert mdn.text == TEXTS[code]
    assert mdn.tolerated == seen
    assert (mdn.as2_from, mdn.as2_to, mdn.final_recipient) == ("US", "THEM", "US")
    assert mdn.mic is not None
    assert (mdn.mic.digest, mdn.mic.algorithm) == (DIGEST, "sha256")


WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=80).map(str.strip).filter(bool)


@settings(max_examples=60)
@given(WORDS, st.text(max_size=300), st.sampled_from(get_args(DispositionCode)), st.booleans())
def test_whatever_is_said_is_read(message_id: str, text: str, code: DispositionCode, signed: bool) -> None:
    said = receipt(code, original_message_id=message_id, text=text)
    message = build_mdn(said, signing=signing("partner-ec", scheme="ecdsa") if signed else None, entropy=entropy)
    assert is_mdn(headers_of(message), message.body[:500])
    mdn = read(message, "partner-ec")
    assert mdn.signature.state == ("verified" if signed else "unsigned")
    assert (mdn.disposition, mdn.original_message_id) == (CATALOGUE[code], message_id)


@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_dates_are_those_of_another_reader(at: datetime) -> None:
    assert parsedate_to_datetime(write_date(at)) == at.replace(microsecond=0)
