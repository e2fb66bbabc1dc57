"""What is built: its exact form, what it refuses to write, and what it remembers for the receipt."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

import msgspec
import pytest

from as2.building import KEPT, Built, Encrypting, Payload, Sending, TransferEncoding, build_message
from as2.certificates import Unusable
from as2.cms.algorithms import Permits
from as2.fault import As2Fault, Unwritable
from as2.mic import Packaging, ranges
from as2.source import BytesSource, MemoryScratch
from tests.as2.keys import certificate_of, pair_of, read_all
from tests.as2.samples import ADDRESS, DOCUMENT, STACKS, built, headers_of, received, signing, stack_name

PLAIN = Packaging(signed=False, encrypted=False)
SIGNED = Packaging(signed=True, encrypted=False)
each_stack = pytest.mark.parametrize("stack", STACKS, ids=stack_name)


def counting() -> Callable[[int], bytes]:
    """The same bytes in every build."""
    drawn = 0

    def entropy(count: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return hashlib.sha512(bytes((drawn,))).digest()[:count]

    return entropy


def made(
    *payloads: Payload,
    stack: Packaging = SIGNED,
    encoding: TransferEncoding = "binary",
    address: Mapping[str, object] | None = None,
) -> Built:
    sending = Sending(
        signing=signing() if stack.signed else None,
        encrypting=Encrypting(recipients=[certificate_of("rsa-other")]) if stack.encrypted else None,
        compression=stack.compression,
        transfer_encoding=encoding,
    )
    return build_message(
        payloads,
        msgspec.structs.replace(ADDRESS, **(address or {})),
        sending,
        digests=["sha256"],
        entropy=counting(),
        scratch=MemoryScratch(),
    )


def document(
    content: bytes = DOCUMENT, *, media_type: str = "application/EDIFACT", filename: str | None = None
) -> Payload:
    return Payload(content=BytesSource(content), media_type=media_type, filename=filename)


def test_the_exact_bytes_of_a_signed_message() -> None:
    """Written out by hand: no preamble, no epilogue, no folds, an encoding on every part, base64 in lines of 76."""
    message = made(document(filename="a.edi"))
    boundary = "signed-" + hashlib.sha512(b"\x01").digest()[:16].hex()
    assert message.headers == (
        ("AS2-Version", "1.2"),
        ("AS2-From", "ACME"),
        ("AS2-To", '"Us & Co"'),
        ("Message-ID", "<42.1@acme.example>"),
        ("Date", "Tue, 01 Dec 2026 10:30:00 +0000"),
        ("Subject", "An order"),
        ("Disposition-Notification-To", "as2@acme.example"),
        (
            "Disposition-Notification-Options",
            "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-256",
        ),
        ("MIME-Version", "1.0"),
        (
            "Content-Type",
            f'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary={boundary}',
        ),
    )
    body = read_all(message.body)
    entity = (
        b"Content-Type: application/EDIFACT\r\nContent-Transfer-Encoding: binary\r\n"
        b'Content-Disposition: attachment; filename="a.edi"\r\n\r\n' + DOCUMENT
    )
    line = f"--{boundary}".encode()
    before = line + b"\r\n" + entity + b"\r\n" + line + b"\r\n"
    before += (
        b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n"
        b"Content-Disposition: attachment; filename=smime.p7s\r\n\r\n"
    )
    assert body.startswith(before)
    assert body.endswith(b"\r\n" + line + b"--\r\n")
    signature = body.removeprefix(before).removesuffix(b"\r\n" + line + b"--\r\n").split(b"\r\n")
    assert {len(each) for each in signature[:-1]} == {76}
    assert message.candidates[0].digests["sha256"] == hashlib.sha256(entity).digest()


@each_stack
def test_the_same_arguments_give_the_same_bytes(stack: Packaging) -> None:
    """And each reading of the body does: a retry sends what was sent. Only RSA padding is not ours to draw."""
    one, other = made(document(), stack=stack), made(document(), stack=stack)
    assert read_all(one.body) == read_all(one.body)
    if not stack.encrypted:
        assert (one.headers, read_all(one.body)) == (other.headers, read_all(other.body))
    assert one.candidates == other.candidates


@each_stack
def test_what_is_remembered_for_the_receipt(stack: Packaging) -> None:
    """Every range of the table in :mod:`as2.mic`, the first with every digest that a partner may choose."""
    message = made(document(DOCUMENT.replace(b"\r\n", b"\n")), stack=stack)
    assert {each.range for each in message.candidates} == set(ranges(stack))
    assert set(message.candidates[0].digests) == set(KEPT)
    assert message.packaging == stack
    outcome = received(message)
    assert outcome.mic is not None
    assert message.candidates[0].digests[outcome.mic[0]] == outcome.mic[1]


@each_stack
def test_header_fields_are_one_line_each(stack: Packaging) -> None:
    message = made(document(filename="Größe 1.edi"), stack=stack)
    for name, value in message.headers:
        assert "\r" not in value
        assert "\n" not in value
        assert value == value.strip(), name
    assert received(message).documents[0].filename == "Größe 1.edi"


INJECTED = ["a\r\nX: b", "a\nb", "a\rb", "a\0b"]


@pytest.mark.parametrize("text", INJECTED)
@pytest.mark.parametrize("field", ["sender", "receiver", "message_id", "subject", "version", "product"])
def test_no_field_begins_another(field: str, text: str) -> None:
    with pytest.raises(Unwritable):
        made(document(), address={field: text})


@pytest.mark.parametrize("text", INJECTED)
def test_no_payload_field_begins_another(text: str) -> None:
    for payload in (document(media_type=text), document(filename=text)):
        with pytest.raises(Unwritable):
            made(payload)
    with pytest.raises(Unwritable):
        made(document(), address={"features": [text]})
    with pytest.raises(Unwritable):
        made(document(), address={"receipt": [("Disposition-Notification-To", text)]})


def test_a_message_needs_a_payload() -> None:
    with pytest.raises(Unwritable) as refusal:
        made()
    assert refusal.value.cause == "payload-missing"


@pytest.mark.parametrize(
    ("encoding", "content", "fits"),
    [
        ("7bit", b"a" * 998 + b"\r\n", True),
        ("7bit", b"a" * 999 + b"\r\n", False),
        ("7bit", b"x\r\n" + b"a" * 999, False),
        ("7bit", "ä".encode(), False),
        ("7bit", b"a\0b", False),
        ("8bit", "ä".encode(), True),
        ("8bit", b"a\0b", False),
        ("8bit", b"a" * 1001, False),
        ("binary", b"\0" * 5000, True),
        ("base64", bytes(range(256)) * 20, True),
    ],
)
def test_content_is_what_its_encoding_says(encoding: TransferEncoding, content: bytes, fits: bool) -> None:
    """RFC 2045, 2.7 and 2.8; else it would be damaged on its way, and with it the signature."""
    if fits:
        assert read_all(received(made(document(content), encoding=encoding)).documents[0].content) == content
        return
    with pytest.raises(Unwritable) as refusal:
        made(document(content), encoding=encoding)
    assert refusal.value.cause == "encoding-unfit"


class Bytewise(msgspec.Struct, frozen=True):
    """Bytes that come one by one."""

    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def chunks(self) -> Iterator[bytes]:
        return (self.data[at : at + 1] for at in range(self.size))


@pytest.mark.parametrize(("length", "fits"), [(998, True), (999, False)])
def test_a_line_is_measured_across_the_pieces_it_comes_in(length: int, fits: bool) -> None:
    payload = Payload(content=Bytewise(b"x\r\n" + b"a" * length + b"\r\ny"), media_type="text/plain")
    if fits:
        assert made(payload, encoding="7bit").body.size
        return
    with pytest.raises(Unwritable):
        made(payload, encoding="7bit")


def test_what_a_key_cannot_do_is_said_at_once() -> None:
    with pytest.raises(Unusable):
        built(Packaging(signed=False, encrypted=True), encrypting=Encrypting(recipients=[]))
    with pytest.raises(Unusable):
        built(Packaging(signed=False, encrypted=True), encrypting=Encrypting(recipients=[certificate_of("rsa-1024")]))
    weak = Encrypting(recipients=[certificate_of("rsa-other")], cipher="3des-cbc")
    with pytest.raises(Unusable):
        built(Packaging(signed=False, encrypted=True), encrypting=weak)
    permitted = msgspec.structs.replace(weak, permits=Permits(ciphers=frozenset({"3des-cbc"})))
    assert built(Packaging(signed=False, encrypted=True), encrypting=permitted).body.size


def test_weak_digests_are_written_by_permit_only() -> None:
    with pytest.raises((Unusable, As2Fault)):
        built(SIGNED, how=signing("sha1"))
    assert built(SIGNED, how=msgspec.structs.replace(signing("sha1"), permits=Permits(digests=frozenset({"sha1"}))))


def test_the_boundary_is_not_to_be_foreseen() -> None:
    """Content that holds delimiters of the message before it changes nothing."""
    first = read_all(made(document()).body)
    sending = Sending(signing=signing(), encrypting=None)
    message = build_message(
        [document(first)], ADDRESS, sending, digests=["sha256"], entropy=os.urandom, scratch=MemoryScratch()
    )
    outcome = received(message)
    assert [read_all(each.content) for each in outcome.documents] == [first]


def test_the_subject_and_the_time_are_arguments() -> None:
    at = datetime(2027, 2, 3, 4, 5, 6, tzinfo=UTC)
    more = {"at": at, "version": "1.3", "product": "sallyport:1.0", "features": ["CEM"]}
    head = dict(made(document(), address=more).headers)
    assert head["Date"] == "Wed, 03 Feb 2027 04:05:06 +0000"
    assert (head["AS2-Version"], head["AS2-Product"], head["EDIINT-Features"]) == ("1.3", "sallyport:1.0", "CEM")


def test_signed_by_the_key_that_was_named() -> None:
    outcome = received(built(SIGNED, how=signing(key="rsa-other")))
    assert outcome.code == "authentication-failed", "nobody pinned it"
    assert headers_of(built(SIGNED)).content_type() is not None
    assert pair_of("rsa").certificate == certificate_of("rsa")
