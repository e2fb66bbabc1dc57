"""A payload passes through every layer in the same few megabytes, whatever its size."""

from __future__ import annotations

import tracemalloc
import zlib
from collections.abc import Callable, Iterator

import msgspec
import pytest

from as2.cms import der, oids
from as2.cms.algorithms import CIPHERS, CipherName, Permits, cipher_algorithm
from as2.cms.compressing import inflate
from as2.cms.enveloping import envelope
from as2.cms.opening import open_envelope
from as2.cms.primitives import gcm_encrypted
from as2.cms.recipients import KeyTransport, recipient_info
from as2.source import Source
from tests.as2.keys import certificate_of, entropy, pair_of

PIECE = bytes(range(256)) * 1024
COUNT = 256
SIZE = len(PIECE) * COUNT
FEW = 4 << 20


class Repeated(msgspec.Struct, frozen=True):
    """64 MB that exist one piece at a time."""

    piece: bytes = PIECE
    count: int = COUNT

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.piece) * self.count

    def chunks(self) -> Iterator[bytes]:
        """The piece, again and again."""
        for _ in range(self.count):
            yield self.piece


class InPieces(msgspec.Struct, frozen=True):
    """An envelope as BouncyCastle streams it: indefinite lengths, the ciphertext in strings of a thousand octets."""

    content: Source
    key: bytes

    @property
    def size(self) -> int:
        """Nobody asks."""
        return 0

    def chunks(self) -> Iterator[bytes]:
        """AES-GCM, the tag at the end of the ciphertext."""
        recipient = recipient_info(certificate_of("rsa"), self.key, KeyTransport(), "issuer-serial")
        algorithm = cipher_algorithm(CIPHERS["aes128-gcm"], bytes(12))
        yield b"\x30\x80" + der.oid(oids.ENVELOPED_DATA) + b"\xa0\x80\x30\x80" + der.integer(0)
        yield der.set_of([recipient]) + b"\x30\x80" + der.oid(oids.DATA) + algorithm + b"\xa0\x80"
        for chunk in gcm_encrypted(self.key, bytes(12), b"", self.content.chunks()):
            for start in range(0, len(chunk), 1000):
                yield der.octets(chunk[start : start + 1000])
        yield b"\x00\x00" * 5


def peak(work: Callable[[], None]) -> int:
    """The most bytes that Python held at once during `work`."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("cipher", ["aes256-cbc", "aes256-gcm", "aes256-ccm"])
def test_envelopes(cipher: CipherName) -> None:
    """Written and opened; every byte of it is read."""

    def work() -> None:
        source = envelope(Repeated(), cipher=cipher, recipients=[certificate_of("rsa")], entropy=entropy)
        found = open_envelope(source, keys=[pair_of("rsa")], permits=Permits(), entropy=entropy)
        assert sum(map(len, found.content.chunks())) == found.content.size == SIZE

    assert peak(work) < FEW


def test_strings_in_small_pieces() -> None:
    """Three megabytes of ciphertext; the number of strings does not count either."""

    def work() -> None:
        source = InPieces(Repeated(count=12), bytes(16))
        found = open_envelope(source, keys=[pair_of("rsa")], permits=Permits(), entropy=entropy)
        assert sum(map(len, found.content.chunks())) == 12 * len(PIECE)

    assert peak(work) < FEW


def test_inflating() -> None:
    """A stream of 64 MB that came in small; the packed bytes are one piece of memory."""
    packer = zlib.compressobj()
    packed = b"".join(packer.compress(chunk) for chunk in Repeated().chunks()) + packer.flush()
    inner = der.sequence(der.oid(oids.DATA), der.explicit(0, der.octets(packed)))
    body = der.sequence(der.integer(0), der.algorithm(oids.ZLIB), inner)
    data = der.sequence(der.oid(oids.COMPRESSED_DATA), der.explicit(0, body))

    def work() -> None:
        assert sum(map(len, inflate([data], limit=SIZE, tolerated=set()))) == SIZE

    assert peak(work) < FEW
