"""What a stranger learns from our answers to changed copies of a message that he recorded (:mod:`as2.secrecy`).

The message is encrypted with CBC and signed inside. The attacker has its bytes and no key, sends what he likes, and
sees the disposition and whether there is a MIC. The table changes every octet and every block; the attacks are played.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

import msgspec
import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from as2.building import Encrypting
from as2.cms.algorithms import CipherName
from as2.cms.enveloping import envelope
from as2.cms.signature import read_signature
from as2.cms.signing import sign
from as2.fault import DecryptionFailed
from as2.headers import Headers, parse_block
from as2.mic import Packaging
from as2.receiving import Received, Receiving
from as2.signed import signed
from as2.source import BytesSource, Joined, Source
from tests.as2.keys import certificate_of, entropy, pair_of, read_all
from tests.as2.samples import AT, DOCUMENT, built, headers_of, received_as, signing
from tests.as2.test_receiving_vectors import OURS

BOTH: Final = Packaging(signed=True, encrypted=True)
TERMS: Final = msgspec.structs.replace(OURS, encrypted=True)
KEY: Final = bytes(range(32))
IV: Final = bytes(range(100, 116))
Answer = tuple[str, bool]
"""All that comes back: the disposition, and whether there is a MIC."""
CLOSED: Final[Answer] = ("decryption-failed", False)
INTEGRITY: Final[Answer] = ("integrity-check-failed", False)
AUTHENTICITY: Final[Answer] = ("authentication-failed", False)


def told(outcome: Received) -> Answer:
    return outcome.code, outcome.mic is not None


class Recorded:
    """A message on the wire, of which the attacker can address the blocks; the test knows its key and he does not."""

    def __init__(self, plain: bytes | None = None, cipher: CipherName = "aes256-cbc") -> None:
        self.plain = read_all(signed_entity()) if plain is None else plain
        drawn = iter((KEY, IV if cipher.endswith("cbc") else IV[:12]))
        sealed = envelope(
            BytesSource(self.plain),
            cipher=cipher,
            recipients=[certificate_of("rsa-other")],
            entropy=lambda _: next(drawn),
        )
        self.wire = read_all(sealed)
        self.iv_at = self.wire.index(IV if cipher.endswith("cbc") else IV[:12])
        self.size = len(self.plain) // 16 * 16 + 16 if cipher.endswith("cbc") else len(self.plain)
        self.at = len(self.wire) - self.size
        self.headers = headers_of(built(BOTH))

    def blocks(self) -> list[bytes]:
        """The initialisation vector and the ciphertext."""
        text = self.wire[self.at :]
        return [IV, *(text[at : at + 16] for at in range(0, len(text), 16))]

    def sealed_again(self, blocks: list[bytes]) -> bytes:
        """An envelope with the same content key around other ciphertext, as whoever has the first can make it."""
        return enveloped_like(self, b"".join(blocks[1:]), blocks[0])

    def answer(self, wire: bytes, terms: Receiving = TERMS) -> Answer:
        return told(received_as(self.headers, BytesSource(wire), terms))


def enveloped_like(recorded: Recorded, text: bytes, iv: bytes) -> bytes:
    """The recorded RecipientInfo and algorithm, and this ciphertext: lengths of CMS may be indefinite."""
    wire = recorded.wire
    start = recorded.iv_at + 16
    recipient_at = wire.index(b"\x31\x82")
    length = int.from_bytes(wire[recipient_at + 2 : recipient_at + 4], "big")
    infos = wire[recipient_at : recipient_at + 4 + length]
    algorithm = wire[recipient_at + len(infos) : start]
    described = algorithm[algorithm.index(b"\x06\x09") :].replace(IV, iv)
    string = b"\x24\x80\x04\x84" + len(text).to_bytes(4, "big") + text + b"\0\0"
    return (
        b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80\x30\x80\x02\x01\x00" + infos + b"\x30\x80"
        b"" + described + string.replace(b"\x24\x80", b"\xa0\x80", 1) + b"\0\0" * 4
    )


def signed_entity(document: bytes = DOCUMENT) -> Source:
    """A multipart/signed with its header block, as it is before it is encrypted."""
    message = built(Packaging(signed=True, encrypted=False), document)
    content_type = dict(message.headers)["Content-Type"]
    return Joined((BytesSource(f"Content-Type: {content_type}\r\n\r\n".encode()), message.body))


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return Recorded()


def signed_part(plain: bytes) -> range:
    """The octets that are hashed."""
    start = plain.index(b"Content-Type: application/EDIFACT")
    return range(start, plain.index(b"\r\n--signed", start))


def test_it_is_accepted_as_it_was_recorded(recorded: Recorded) -> None:
    assert recorded.answer(recorded.wire) == ("processed", True)
    assert recorded.answer(recorded.sealed_again(recorded.blocks())) == ("processed", True)


def test_every_octet_of_the_ciphertext(recorded: Recorded) -> None:
    """One answer; but for the digest, where the damage is inside the signed part, and the key, inside the signature."""
    answers = Counter[Answer]()
    hashed = signed_part(recorded.plain)
    for at in range(recorded.iv_at, len(recorded.wire)):
        if recorded.iv_at + 16 <= at < recorded.at:
            continue
        wire = bytearray(recorded.wire)
        wire[at] ^= 1 << at % 8
        answer = recorded.answer(bytes(wire))
        answers[answer] += 1
        block = max(0, at - recorded.at) // 16 * 16
        if at < recorded.at:
            # Of the first block, known to everybody, exactly one bit is another: the case of a letter, at best.
            assert answer in (CLOSED, ("processed", True))
        elif hashed[0] <= block and block + 32 <= hashed[-1] + 1:
            assert answer == INTEGRITY
        else:
            assert answer in (CLOSED, INTEGRITY, AUTHENTICITY)
    assert answers[CLOSED] > 500
    assert answers[INTEGRITY] > 50


def test_every_block_left_out_doubled_swapped_and_replaced(recorded: Recorded) -> None:
    blocks = recorded.blocks()
    answers = set()
    for at in range(1, len(blocks)):
        for changed in (
            blocks[:at] + blocks[at + 1 :],
            [*blocks[: at + 1], *blocks[at:]],
            [*blocks[:at], *blocks[at : at + 2][::-1], *blocks[at + 2 :]],
            [*blocks[:at], bytes(16), *blocks[at + 1 :]],
        ):
            if changed != blocks:
                answers.add(recorded.answer(recorded.sealed_again(changed)))
    assert answers <= {CLOSED, INTEGRITY, AUTHENTICITY}


def test_every_length(recorded: Recorded) -> None:
    """Cut after any octet, with the lengths mended or not; and with blocks after it."""
    blocks = recorded.blocks()
    text = b"".join(blocks[1:])
    answers = {recorded.answer(recorded.wire[:at]) for at in range(100, len(recorded.wire), 7)}
    answers |= {recorded.answer(enveloped_like(recorded, text[:at], IV)) for at in range(0, len(text), 5)}
    answers |= {recorded.answer(recorded.sealed_again([*blocks, *blocks[-count:]])) for count in range(1, 20)}
    assert {code for code, _ in answers} <= {"decryption-failed", "unexpected-processing-error"}
    assert {code for code, mic in answers if mic} == set()
    # What is no envelope any more says so before any key is used.
    keyless = [at for at in range(100, len(recorded.wire)) if recorded.answer(recorded.wire[:at]) != CLOSED]
    assert keyless == []


@pytest.mark.parametrize("cipher", ["aes256-cbc", "aes256-gcm"])
def test_other_recipients(cipher: CipherName) -> None:
    """For nobody of ours, for another key of that name, and for a key that is damaged: the same."""
    plain = signed_entity()
    answers = set()
    for name, keys in (("rsa-4096", "rsa-other"), ("rsa-renewed", "rsa"), ("rsa-other", "rsa-other")):
        wire = bytearray(read_all(envelope(plain, cipher=cipher, recipients=[certificate_of(name)], entropy=entropy)))
        if name == "rsa-other":
            wire[wire.index(b"\x04\x82\x01\x00") + 40] ^= 1
        terms = msgspec.structs.replace(TERMS, keys=[pair_of(keys)])
        kind = "authEnveloped-data" if cipher.endswith("gcm") else "enveloped-data"
        headers = message_headers(kind)
        answers.add(told(received_as(headers, BytesSource(bytes(wire)), terms)))
    assert answers == {CLOSED}


def message_headers(kind: str) -> Headers:
    head = b"AS2-From: ACME\r\nAS2-To: US\r\nMessage-ID: <1@a>\r\nDisposition-Notification-To: x\r\nContent-Type: "
    return parse_block(head + f"application/pkcs7-mime; smime-type={kind}\r\n\r\n".encode())


def test_every_octet_of_an_authenticated_message() -> None:
    """GCM: one answer for every change; nothing that depends on the content can be asked."""
    recorded = Recorded(cipher="aes256-gcm")
    recorded.headers = message_headers("authEnveloped-data")
    assert recorded.answer(recorded.wire) == ("processed", True)
    answers = set()
    for at in range(recorded.iv_at, len(recorded.wire), 3):
        wire = bytearray(recorded.wire)
        wire[at] ^= 0x80
        answers.add(recorded.answer(bytes(wire)))
    assert answers == {CLOSED}


# The attacks


def last_of(block: bytes) -> int:
    """The last octet that the block cipher makes of it: what the attacker wants and the test knows."""
    context = Cipher(algorithms.AES(KEY), modes.CBC(bytes(16))).decryptor()
    return context.update(block)[-1]


def test_padding_oracle(recorded: Recorded) -> None:
    """Vaudenay: a first block of one's own making, so that the rest parses as anything, and a last one to ask about.

    The first block of every message is known, so with the initialisation vector it becomes what one likes: a header
    block that ends. Were an unsigned message told from wrong padding, 256 questions would give one octet.
    """
    blocks = recorded.blocks()
    first = recorded.plain[:16]
    chosen = b"A: b\r\n\r\nUNB+UNO"
    iv = bytes(a ^ b ^ c for a, b, c in zip(IV, first, chosen.ljust(16), strict=True))
    target = blocks[9]
    # The test knows which last octet makes padding, so this is not left to luck.
    right = last_of(target) ^ 1
    answers, causes = set(), Counter[str]()
    for last in range(256):
        asked = [iv, blocks[1], bytes(15) + bytes((last,)), target]
        outcome = received_as(recorded.headers, BytesSource(recorded.sealed_again(asked)), TERMS)
        assert outcome.fault is not None
        answers.add(told(outcome))
        causes[outcome.fault.cause] += 1
        assert (outcome.fault.cause == "not-signed") == (last == right) or causes["not-signed"] <= 2
    assert answers == {CLOSED}
    assert causes["not-signed"] >= 1, "one of them has padding, and nothing of it is seen outside"


class Counting:
    """A source that counts what is read of it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.read = 0

    @property
    def size(self) -> int:
        return len(self.data)

    def chunks(self) -> Iterator[bytes]:
        for at in range(0, len(self.data), 64):
            piece = self.data[at : at + 64]
            self.read += len(piece)
            yield piece


def test_wrong_padding_takes_the_work_of_right_padding(recorded: Recorded) -> None:
    """The clock tells nothing either: both are read as far and as often."""
    blocks = recorded.blocks()
    first = recorded.plain[:16]
    iv = bytes(a ^ b ^ c for a, b, c in zip(IV, first, b"A: b\r\n\r\nUNB+UNO ", strict=True))
    target = blocks[9]
    right = last_of(target) ^ 1
    work = {}
    for last in (right, right ^ 0x55):
        asked = [iv, *blocks[1:40], bytes(15) + bytes((last,)), target]
        source = Counting(recorded.sealed_again(asked))
        assert told(received_as(recorded.headers, source, TERMS)) == CLOSED
        work[last] = source.read
    assert len(set(work.values())) == 1


def test_a_fault_at_the_beginning_takes_as_long_as_one_at_the_end() -> None:
    """And wrong padding is the cause for the operator, whatever its noise looks like on the way there."""
    recorded = Recorded(read_all(signed_entity(DOCUMENT * 2000)))
    blocks = recorded.blocks()
    early = [IV, os.urandom(16), *blocks[2:]]
    late = [*blocks[:-2], os.urandom(16), blocks[-1]]
    work, causes = {}, []
    for name, asked in (("early", early), ("late", late), ("both", [IV, *early[1:-2], *late[-2:]])):
        source = Counting(recorded.sealed_again(asked))
        outcome = received_as(recorded.headers, source, TERMS)
        assert told(outcome) == CLOSED
        assert outcome.fault is not None
        causes.append(outcome.fault.cause)
        work[name] = source.read
    assert len(set(work.values())) == 1
    assert causes[0] == "entity-malformed"
    assert causes[2] == "not-decrypted" or causes[2] == causes[0], "one block in 256 ends like padding"


def test_the_transfer_encoding_of_the_payload_is_no_oracle() -> None:
    """Base64 that breaks within a block one asked about is not told from a digest that does not fit."""
    message = built(Packaging(signed=True, encrypted=False), DOCUMENT * 20, transfer_encoding="base64")
    content_type = dict(message.headers)["Content-Type"]
    plain = f"Content-Type: {content_type}\r\n\r\n".encode() + read_all(message.body)
    recorded = Recorded(plain)
    blocks = recorded.blocks()
    inside = signed_part(plain).start // 16 + 20
    answers, causes = set(), set()
    for noise in (os.urandom(16) for _ in range(200)):
        outcome = received_as(
            recorded.headers,
            BytesSource(recorded.sealed_again([*blocks[:inside], noise, blocks[9], *blocks[inside:]])),
            TERMS,
        )
        assert outcome.fault is not None
        answers.add(told(outcome))
        causes.add(outcome.fault.cause)
    assert answers == {INTEGRITY}
    assert causes == {"digest-mismatch"}


def test_bytes_that_nobody_signs_take_no_blocks() -> None:
    """Blocks put into a header of the signature part: if they passed, what is accepted would depend on a secret one."""
    plain = read_all(signed_entity())
    head = b"Content-Disposition: attachment; filename=smime.p7s"
    assert head in plain
    plain = plain.replace(head, head[:-9] + b"x" * 64 + head[-9:])
    recorded = Recorded(plain)
    assert recorded.answer(recorded.wire) == ("processed", True)
    blocks = recorded.blocks()
    inside = plain.index(b"x" * 64) // 16 + 3
    asked = ([*blocks[:inside], os.urandom(16), blocks[9], *blocks[inside:]] for _ in range(200))
    assert {recorded.answer(recorded.sealed_again(each)) for each in asked} == {CLOSED}


def test_blocks_in_the_text_of_the_signature(recorded: Recorded) -> None:
    """Base64 ignores foreign characters elsewhere; here they are noise."""
    blocks = recorded.blocks()
    inside = recorded.plain.index(b"\r\n\r\nMI") // 16 + 10
    asked = ([*blocks[:inside], os.urandom(16), blocks[9], *blocks[inside:]] for _ in range(100))
    assert {recorded.answer(recorded.sealed_again(each)) for each in asked} == {CLOSED}


def test_a_refused_message_has_no_mic_that_would_tell(recorded: Recorded) -> None:
    """It would be the digest of an entity that whoever changed the ciphertext does not know."""
    wire = bytearray(recorded.wire)
    wire[recorded.at + signed_part(recorded.plain).start + 20] ^= 1
    outcome = received_as(recorded.headers, BytesSource(bytes(wire)), TERMS)
    assert told(outcome) == INTEGRITY
    message = built(Packaging(signed=True, encrypted=False))
    changed = BytesSource(read_all(message.body).replace(b"ACME+US", b"ACME+UT"))
    plain = received_as(headers_of(message), changed, OURS)
    assert told(plain) == ("integrity-check-failed", True), "where nothing is secret the digest helps to find the fault"


def test_nothing_of_the_key_is_tried_on_what_names_another() -> None:
    message = built(BOTH, encrypting=Encrypting(recipients=[certificate_of("rsa-4096")]))
    outcome = received_as(headers_of(message), message.body, TERMS)
    assert isinstance(outcome.fault, DecryptionFailed)
    assert (outcome.fault.cause, outcome.opened) == ("not-for-us", None)


def test_attributes_are_not_passed_off_as_content() -> None:
    """A signature over attributes is one over content that is their encoding.

    Whoever has a message with signed attributes can send the attributes as the content, and the signature without any.
    """
    data = signature_of(DOCUMENT)
    signature = read_signature(data)
    assert signature.attributes is not None
    content = signature.attributes.encoded
    direct = without_attributes(data)
    headers = parse_block(
        b"AS2-From: ACME\r\nAS2-To: US\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n",
    )
    body = b"--b\r\n" + content + b"\r\n--b\r\n\r\n" + direct + b"\r\n--b--\r\n"
    outcome = received_as(headers, BytesSource(body), OURS)
    assert outcome.fault is not None
    assert (outcome.fault.cause, outcome.code) == ("entity-without-headers", "authentication-failed")


def signature_of(content: bytes) -> bytes:
    """A good signature with signed attributes, in DER."""
    digest = hashlib.sha256(content).digest()
    return sign(digest, digest_name="sha256", scheme="rsa-pkcs1", signer=pair_of("rsa"), at=AT)


def without_attributes(data: bytes) -> bytes:
    """The same SignerInfo without its attributes, by asn1crypto."""
    info = cms.ContentInfo.load(data)
    signer = info["content"]["signer_infos"][0]
    signer["signed_attrs"] = None
    again: bytes = info.dump(force=True)
    return again


REWRITTEN: Final[dict[str, Callable[[bytes], bytes]]] = {
    "not signed": lambda entity: b"Content-Type: application/EDIFACT\r\n\r\n" + DOCUMENT,
    "no entity": lambda entity: DOCUMENT,
    "no delimiter": lambda entity: entity.replace(b"--signed-", b"--other-"),
    "signature missing": lambda entity: entity[: entity.rindex(b"--signed-", 0, entity.rindex(b"--signed-"))] + b"--",
    "third part": lambda entity: entity[:-4] + b"\r\n\r\nmore" + entity[entity.rindex(b"\r\n--signed-") :],
    "base64 of the signature cut": lambda entity: entity.replace(b"\r\n\r\nMI", b"\r\n\r\nM"),
    "not CMS": lambda entity: entity.replace(b"application/pkcs7-signature; name", b"text/plain; name"),
    "header of 17 KB": lambda entity: b"X: " + b"x" * 17_000 + b"\r\n" + entity,
}


@pytest.mark.parametrize("how", REWRITTEN)
def test_whoever_encrypts_anew_hears_one_answer(how: str) -> None:
    """Anybody can encrypt for us; what is inside need not come from changed blocks."""
    recorded = Recorded(REWRITTEN[how](read_all(signed_entity())))
    assert recorded.answer(recorded.wire) == CLOSED


def test_a_sound_message_with_a_fault_inside_is_told_the_truth() -> None:
    """The signature holds, so its sender asks, and nobody learns what he did not write himself."""
    plain = read_all(signed_entity_of(b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n--x--\r\n"))
    recorded = Recorded(plain)
    assert recorded.answer(recorded.wire) == ("unexpected-processing-error", True)


@pytest.mark.parametrize("how", ["in place", "put in"])
def test_the_header_block_of_the_signed_part_is_no_oracle(how: str) -> None:
    """Whether noise there is a header field depends on it; so it is not looked at before the digest."""
    entity = b"Content-Type: application/EDIFACT\r\nX-Long: " + b"x" * 160 + b"\r\n\r\n" + DOCUMENT * 300
    plain = read_all(signed_entity_of(entity))
    recorded = Recorded(plain)
    blocks = recorded.blocks()
    inside = plain.index(b"x" * 160) // 16 + 3
    after = inside + 1 if how == "in place" else inside
    answers = set()
    for _ in range(200):
        noise = [os.urandom(16)] if how == "in place" else [os.urandom(16), blocks[9]]
        answers.add(recorded.answer(recorded.sealed_again([*blocks[:inside], *noise, *blocks[after:]])))
    # And where the empty line after the headers is gone, the next one is more than 16 KB away.
    at = plain.index(b"\r\n\r\nUNA") // 16 + 1
    answers.add(recorded.answer(recorded.sealed_again([*blocks[:at], os.urandom(16), *blocks[at + 1 :]])))
    assert answers == {INTEGRITY}


def signed_entity_of(entity: bytes) -> Source:
    """A good signature over any entity, as it is before it is encrypted."""
    made = signed(BytesSource(entity), hashlib.sha256(entity).digest(), signing(), at=AT, boundary="signed-1")
    return Joined((BytesSource(f"Content-Type: {made.content_type}\r\n\r\n".encode()), made.body))
