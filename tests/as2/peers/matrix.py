"""What is exchanged with every peer, and what of it comes out otherwise than it should.

A topic is a list of cases; a case goes both ways. Whatever is not as the specifications want it becomes a line: where
it was seen, and what. The file ``tests/vectors/as2/peers/PEER.json`` has for every topic the reasons, and under each
reason the lines that it explains (``*`` stands for anything). A line that no reason explains fails the test, and so
does an explanation of something that no longer happens.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, Literal

import msgspec

from as2.cms.algorithms import CipherName
from as2.cms.recipients import KeyTransport
from as2.digests import DigestName
from as2.fault import DispositionCode
from tests.as2.peers.exchange import OUR_KEY, STRANGE_KEY, CannotDo, Order, Peer, ReceiptKind
from tests.as2.peers.our_side import Damage, OurSide
from tests.as2.samples import DOCUMENT, STACKS, stack_name

VECTORS: Final = Path(__file__).parents[2] / "vectors" / "as2" / "peers"

Direction = Literal["to us", "to peer"]

PLAIN, SIGNED, COMPRESSED = STACKS[0], STACKS[1], STACKS[2]
ENCRYPTED, BOTH = STACKS[5], STACKS[6]
CBC: Final[tuple[CipherName, ...]] = ("3des-cbc", "aes128-cbc", "aes192-cbc", "aes256-cbc")
GCM: Final[tuple[CipherName, ...]] = ("aes128-gcm", "aes256-gcm")
BINARY: Final = bytes(range(256)) * 8


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A message, and what it must be answered."""

    name: str
    order: Order
    expected: DispositionCode = "processed"
    damage: Damage | None = None
    """What happens to its body on the way."""


def _stacks() -> Iterator[Case]:
    receipts: tuple[tuple[ReceiptKind, bool], ...] = (
        ("none", False),
        ("unsigned", False),
        ("signed", False),
        ("unsigned", True),
        ("signed", True),
    )
    for stack in STACKS:
        for receipt, asynchronous in receipts:
            order = Order(stack=stack, receipt=receipt, asynchronous=asynchronous)
            yield Case(name=order.label, order=order)


def _digests() -> Iterator[Case]:
    names: tuple[DigestName, ...] = ("sha1", "sha256", "sha384", "sha512")
    for stack in (SIGNED, BOTH):
        for name in names:
            order = Order(stack=stack, digest=name, micalgs=(name,))
            yield Case(name=f"{stack_name(stack)}/{name}", order=order)
    for asked in (("sha-512", "sha-256"), ("sha-256", "sha-512"), ("sha-1",)):
        for stack in (PLAIN, SIGNED):
            order = Order(stack=stack, micalgs=asked)
            yield Case(name=f"{stack_name(stack)}/receipt in {' or '.join(asked)}", order=order)
    yield Case(name="signed/rsa-pss", order=Order(stack=SIGNED, scheme="rsa-pss"))


def _ciphers() -> Iterator[Case]:
    for cipher in CBC:
        yield Case(name=cipher, order=Order(stack=BOTH, cipher=cipher))
    for ending in (b"\r", b"\n", b" ", b"\0"):
        yield Case(name=f"ciphertext ends with {ending.hex()}", order=Order(stack=BOTH, ending=ending))
    for cipher in GCM:
        yield Case(name=cipher, order=Order(stack=BOTH, cipher=cipher))
        order = Order(stack=BOTH, cipher=cipher, form="gcm-in-enveloped-data")
        yield Case(name=f"{cipher} in enveloped-data", order=order)
    yield Case(name="aes256-ccm", order=Order(stack=BOTH, cipher="aes256-ccm"))
    for transport in (KeyTransport("rsa-oaep", "sha1", "sha1"), KeyTransport("rsa-oaep")):
        yield Case(name=str(transport), order=Order(stack=BOTH, key_transport=transport))
    yield Case(name="one of three recipients", order=Order(stack=BOTH, other_recipients=(OUR_KEY, STRANGE_KEY)))


def _payloads() -> Iterator[Case]:
    contents = {
        "empty": b"",
        "one byte": b"x",
        "a line feed": b"\n",
        "line feeds": DOCUMENT.replace(b"\r\n", b"\n"),
        "no line end": DOCUMENT.rstrip(),
        "several line ends": DOCUMENT + b"\r\n\r\n",
        "begins with line ends": b"\r\n\r\n" + DOCUMENT,
        "latin-1": DOCUMENT + "FTX+AAI+++Jürgen'\r\n".encode("latin-1"),
        "a long line": b"X" * 20_000,
        "binary": BINARY,
        "a megabyte": b"".join(b"LIN+%07d'\r\n" % number for number in range(75_000))[: 1 << 20],
    }
    for stack in (PLAIN, SIGNED, STACKS[8]):
        for name, content in contents.items():
            if name == "a megabyte" and stack == PLAIN:
                continue  # Twice is enough for what takes time.
            media = "application/octet-stream" if name == "binary" else "application/EDIFACT"
            order = Order(stack=stack, content=content, media_type=media)
            yield Case(name=f"{stack_name(stack)}/{name}", order=order)


def _names() -> Iterator[Case]:
    for sender, receiver in (
        ("A B", "C  D"),
        ('Say "so"', "back\\slash"),
        ("#1!<;>", "a,b;c"),
        ("4012345000009", "x" * 128),
    ):
        yield Case(
            name=f"{sender[:20]} to {receiver[:20]}", order=Order(stack=SIGNED, sender=sender, receiver=receiver)
        )
    for filename in ("a b.edi", "a, b; c.edi", "größe.edi", None):
        yield Case(name=f"file {filename}", order=Order(stack=SIGNED, filename=filename))


def _negative() -> Iterator[Case]:
    """Letters K.1 to K.3 of the Drummond tests."""

    def case(name: str, expected: DispositionCode, order: Order, damage: Damage | None = None) -> Case:
        return Case(name=name, expected=expected, order=order, damage=damage)

    for stack in (SIGNED, BOTH, STACKS[3], STACKS[4]):
        label = stack_name(stack)
        order = Order(stack=stack, signing_key=STRANGE_KEY)
        yield case(f"K.1 {label}/signer unknown", "authentication-failed", order)
    yield case("K.1 signed/content changed", "integrity-check-failed", Order(stack=SIGNED), _other_content)
    for stack in STACKS[5:]:
        label = stack_name(stack)
        order = Order(stack=stack, encrypting_key=STRANGE_KEY)
        yield case(f"K.2 {label}/for somebody else", "decryption-failed", order)
    yield case("K.2 encrypted/changed", "decryption-failed", Order(stack=ENCRYPTED), _other_end)
    yield case("K.3 compressed/changed", "decompression-failed", Order(stack=COMPRESSED), _other_middle)
    yield case(
        "K.1 signed/async", "authentication-failed", Order(stack=SIGNED, asynchronous=True, signing_key=STRANGE_KEY)
    )


def _other_content(body: bytes) -> bytes:
    assert b"ACME+US" in body
    return body.replace(b"ACME+US", b"ACME+UZ")


def _other_end(body: bytes) -> bytes:
    return _changed(body, len(body) - 20)


def _other_middle(body: bytes) -> bytes:
    return _changed(body, len(body) * 3 // 5)


def _changed(body: bytes, at: int) -> bytes:
    """Another letter in that place, so that base64 stays base64."""
    return body[:at] + (b"B" if body[at : at + 1] == b"A" else b"A") + body[at + 1 :]


TOPICS: Final[dict[str, tuple[Case, ...]]] = {
    "stacks": tuple(_stacks()),
    "digests": tuple(_digests()),
    "ciphers": tuple(_ciphers()),
    "payloads": tuple(_payloads()),
    "names": tuple(_names()),
    "negative": tuple(_negative()),
}


def exchanged(peer: Peer, us: OurSide, topic: str, direction: Direction) -> list[str]:
    """What came out otherwise than it should, one line each."""
    found: list[str] = []
    for case in TOPICS[topic]:
        if direction == "to us" and case.order.ending:
            continue  # Nobody can tell a peer what its ciphertext is to end with.
        wrong = _to_us(peer, us, case) if direction == "to us" else _to_peer(peer, us, case)
        found += [f"{direction}, {case.name}: {each}" for each in wrong]
    return found


def _to_us(peer: Peer, us: OurSide, case: Case) -> Iterator[str]:
    order = case.order
    try:
        told = peer.send(order, us.expect(order, damage=case.damage))
    except CannotDo as reason:
        yield f"cannot: {reason}"
        return
    took = us.took()
    if told.error:
        yield f"the peer says: {told.error}"
    if case.expected == "processed":
        if took.content != order.content:
            yield took.error or "other content"
        if took.stack != order.stack:
            yield f"packed as {stack_name(took.stack)}" if took.stack else "not packed"
        if us.last is not None and us.last.documents and us.last.documents[0].filename != order.filename:
            yield f"file name {us.last.documents[0].filename}"
        yield from _otherwise(us, order)
    elif took.content is not None:
        yield "accepted"
    for oddity in sorted(us.oddities):
        yield f"tolerated {oddity}"
    if order.receipt == "none" or us.last is None:
        return
    said = "processed" if case.expected == "processed" else f"processed/error: {case.expected}"
    if told.disposition != said:
        yield f"understood as {told.disposition or 'nothing'}"
    if told.signed != (order.receipt == "signed"):
        yield f"signature of the receipt {'verified' if told.signed else 'not verified'}"
    if case.expected == "processed" and told.mic != "match":
        yield f"MIC {told.mic}"


def _otherwise(us: OurSide, order: Order) -> Iterator[str]:
    """What was used instead of the algorithms that were ordered."""
    opened, verified = (us.last.opened, us.last.verified) if us.last is not None else (None, None)
    if opened is not None and opened.cipher != order.cipher:
        yield f"encrypted with {opened.cipher}"
    if opened is not None and opened.key_transport != str(order.key_transport):
        yield f"key encrypted with {opened.key_transport}"
    if verified is not None and (verified.scheme, verified.digest_name) != (order.scheme, order.digest):
        yield f"signed with {verified.scheme}, {verified.digest_name}"


def _to_peer(peer: Peer, us: OurSide, case: Case) -> Iterator[str]:
    order = case.order
    judged = us.send(order, peer.listen(order), damage=case.damage)
    took = peer.took()
    if case.expected == "processed":
        if took.content != order.content:
            yield f"the peer says: {took.error}" if took.error else "other content"
        wanted = "delivered"
    else:
        if took.content is not None:
            yield "accepted"
        wanted = "refused"
    if judged.outcome.result != wanted:
        yield f"{judged.outcome.result} ({judged.outcome.reason})"
    if judged.mdn is None:
        return
    if judged.mdn.disposition.meaning not in (case.expected, "none"):
        yield f"answered {judged.mdn.disposition.meaning}"
    if judged.mdn.signature.state != {"signed": "verified", "unsigned": "unsigned"}.get(order.receipt):
        yield f"receipt {judged.mdn.signature.state}"
    for oddity in sorted(judged.mdn.tolerated | judged.tolerated):
        yield f"tolerated {oddity}"


def unexplained(peer: str, topic: str, direction: Direction, lines: Iterable[str]) -> list[str]:
    """Lines that no reason in the peer's file explains, and explanations of what did not happen."""
    reasons: dict[str, list[str]] = json.loads((VECTORS / f"{peer}.json").read_bytes()).get(topic, {})
    patterns = [each for group in reasons.values() for each in group if each.startswith(f"{direction}, ")]
    seen = list(lines)
    return [
        *(line for line in seen if not any(fnmatchcase(line, pattern) for pattern in patterns)),
        *(f"no longer: {pattern}" for pattern in patterns if not any(fnmatchcase(line, pattern) for line in seen)),
    ]
