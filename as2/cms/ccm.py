"""AES-CCM over chunks (NIST SP 800-38C), from counter mode and CBC-MAC.

CCM has to know the length of the message before its first byte, which is why libraries offer it in one piece only. The
length of a source is known, so here both passes run beside each other and hold one chunk.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator

from as2.cms.primitives import CbcMac, Refused, ctr_transformed


def ccm_encrypted(
    key: bytes, nonce: bytes, associated: bytes, size: int, tag_size: int, chunks: Iterable[bytes]
) -> Iterator[bytes]:
    """`chunks`, which together have `size` bytes, encrypted, and the tag as the last piece."""
    mac = _started(key, nonce, associated, size, tag_size)
    yield from ctr_transformed(key, _counter(nonce, 1), _observed(chunks, mac))
    yield _tag(key, nonce, mac, tag_size)


def ccm_decrypted(
    key: bytes, nonce: bytes, associated: bytes, size: int, tag: bytes, chunks: Iterable[bytes]
) -> Iterator[bytes]:
    """`chunks` in the clear. Nothing of it may be used before the end, where `Refused` says that the tag is wrong."""
    mac = _started(key, nonce, associated, size, len(tag))
    yield from _observed(ctr_transformed(key, _counter(nonce, 1), chunks), mac)
    if not hmac.compare_digest(_tag(key, nonce, mac, len(tag)), tag):
        raise Refused("the tag is wrong")


def _started(key: bytes, nonce: bytes, associated: bytes, size: int, tag_size: int) -> CbcMac:
    """The MAC after the first block and the associated data (appendix A.2.1 and A.2.2)."""
    width = 15 - len(nonce)
    if size >= 1 << 8 * width:
        raise ValueError(f"{size} bytes are too many for a CCM nonce of {len(nonce)} bytes")
    flags = (0x40 if associated else 0) | (tag_size - 2) // 2 << 3 | width - 1
    mac = CbcMac(key)
    mac.update(bytes((flags,)) + nonce + size.to_bytes(width, "big"))
    if associated:
        length = len(associated)
        mac.update(length.to_bytes(2, "big") if length < 0xFF00 else b"\xff\xfe" + length.to_bytes(4, "big"))
        mac.update(associated)
        mac.pad()
    return mac


def _tag(key: bytes, nonce: bytes, mac: CbcMac, tag_size: int) -> bytes:
    mac.pad()
    return b"".join(ctr_transformed(key, _counter(nonce, 0), (mac.value(),)))[:tag_size]


def _counter(nonce: bytes, number: int) -> bytes:
    """The counter block of that number (appendix A.3)."""
    width = 15 - len(nonce)
    return bytes((width - 1,)) + nonce + number.to_bytes(width, "big")


def _observed(chunks: Iterable[bytes], mac: CbcMac) -> Iterator[bytes]:
    for chunk in chunks:
        mac.update(chunk)
        yield chunk
