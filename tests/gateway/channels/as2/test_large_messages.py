"""A large message goes out and comes in through every stack of layers in a few megabytes of memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import pytest

from as2.building import Built, Encrypting, Payload, Sending, build_message
from as2.cms.algorithms import CipherName
from as2.heading import read_heading
from as2.mic import Packaging
from as2.receiving import Receiving, receive
from as2.source import Source
from gateway.channels.workplace import FileSource, SpoolFolder, Workplace
from tests.as2.keys import certificate_of, entropy, pair_of
from tests.as2.samples import ADDRESS, STACKS, headers_of, signing, stack_name

SIZE: Final = 64 << 20
LARGEST_PEAK: Final = 8 << 20
"""Bytes that Python may hold at once, for sixty-four megabytes that go through."""
TERMS: Final = Receiving(keys=[pair_of("rsa-other")], pinned=[certificate_of("rsa")], signed=False, encrypted=False)


class Repeated(msgspec.Struct, frozen=True):
    """Segments that take no room: a quarter of a megabyte, again and again."""

    size: int

    def chunks(self) -> Iterator[bytes]:
        piece = b"".join(b"LIN+%06d++4000862141404:SRV'\r\n" % number for number in range(8192))[: 1 << 18]
        for at in range(0, self.size, len(piece)):
            yield piece[: self.size - at]


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[SpoolFolder]:
    folder = SpoolFolder(tmp_path / "spool", reserve=0)
    yield folder
    folder.close()


def sent(stack: Packaging, content: Source, place: Workplace, cipher: CipherName = "aes256-cbc") -> Built:
    sending = Sending(
        signing=signing() if stack.signed else None,
        encrypting=Encrypting(recipients=[certificate_of("rsa-other")], cipher=cipher) if stack.encrypted else None,
        compression=stack.compression,
    )
    return build_message(
        [Payload(content=content, media_type="application/EDIFACT")],
        ADDRESS,
        sending,
        digests=["sha256"],
        entropy=entropy,
        scratch=place,
    )


def there_and_back(stack: Packaging, size: int, spool: SpoolFolder, cipher: CipherName = "aes256-cbc") -> None:
    """Build it, put it on the disk as the server does, receive it; what comes out is on the disk too."""
    with Workplace(spool) as ours, Workplace(spool) as theirs:
        message = sent(stack, Repeated(size), ours, cipher)
        body = theirs.keep(message.body.chunks())
        headers = headers_of(message)
        outcome = receive(headers, read_heading(headers), body, TERMS, scratch=theirs, entropy=entropy)
        assert outcome.fault is None
        (document,) = outcome.documents
        assert document.content.size == size
        assert isinstance(document.content, FileSource)
        assert outcome.mic is not None
        assert message.candidates[0].digests["sha256"] == outcome.mic[1]
    assert not list(spool.folder.iterdir())


@pytest.mark.parametrize("stack", STACKS, ids=stack_name)
def test_memory_does_not_grow_with_the_message(stack: Packaging, spool: SpoolFolder) -> None:
    tracemalloc.start()
    try:
        there_and_back(stack, SIZE, spool)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < LARGEST_PEAK


def test_an_authenticated_one(spool: SpoolFolder) -> None:
    """GCM: nothing is given out before the tag was seen, and nothing is held for that."""
    tracemalloc.start()
    try:
        there_and_back(Packaging(signed=True, encrypted=True), SIZE, spool, "aes256-gcm")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < LARGEST_PEAK
