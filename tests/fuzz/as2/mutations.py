"""Ways to damage a message: what MIME and CMS are made of, beside the byte-wise ones.

Random bytes in base64 or in DER end the reading at once. What finds faults are objects that are nearly right: a length
that is one too many, a definite form made indefinite, a tag changed, a line folded, a delimiter doubled; and inside
base64 the same.
"""

from __future__ import annotations

import binascii
import random
import re
from collections.abc import Sequence
from typing import Final

from tests.fuzz.mutations import BYTEWISE, Mutation

_PIECES: Final = (
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b"\n\n",
        b" ",
        b"\t",
        b"\0",
        b";",
        b":",
        b'"',
        b"\\",
        b"=",
        b"--",
        b"<",
        b">",
    ),
    *(b"\xff", b"\xe9", b"\xc3\xa9", b"=\r\n", b"=0D=0A", b"=zz", b"*0*=utf-8''%00", b"*1=", b"(", b","),
    *(b"Content-Type: ", b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n"),
    *(
        b"multipart/signed; boundary=",
        b"multipart/report; report-type=disposition-notification; boundary=",
        b"boundary=",
    ),
    *(b"application/pkcs7-mime; smime-type=compressed-data", b"application/pkcs7-signature", b"message/rfc822"),
    *(b"message/disposition-notification", b"multipart/related; type=x; start=y; boundary=", b"micalg=sha-256"),
    *(b"Disposition: automatic-action/MDN-sent-automatically; ", b"processed", b"/error: ", b"failed", b"Error: "),
    *(b"Original-Message-ID: ", b"Received-Content-MIC: AAAA, sha256", b"Final-Recipient: rfc822; ", b"Retry-After: 9"),
    *(b"AS2-From: ", b"AS2-To: ", b"Message-ID: ", b"signed-receipt-micalg=required,", b"Receipt-Delivery-Option: x"),
    *(b"\x30\x80", b"\0\0", b"\x24\x80", b"\x04\x82\xff\xff", b"\x30\x84\x7f\xff\xff\xff", b"\xa0\x80", b"\x31\0"),
)
_DELIMITER: Final = re.compile(rb"--[^\r\n]{1,70}\r?\n")
_BASE64: Final = re.compile(rb"(?:[A-Za-z0-9+/]{60,}={0,2}\r?\n)+[A-Za-z0-9+/]*={0,2}")
_TOKEN: Final = re.compile(rb"[A-Za-z0-9-]{3,}")


def _insert(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(_PIECES) + data[at:]


def _overwrite(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    piece, at = chance.choice(_PIECES), chance.randrange(len(data) + 1)
    return data[:at] + piece + data[at + len(piece) :]


def _lines(chance: random.Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    """A line is left out, doubled, moved, folded, or taken from another file."""
    lines = data.split(b"\n")
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(5):
        case 0:
            del lines[at]
        case 1:
            lines.insert(other, lines[at])
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            where = chance.randrange(len(lines[at]) + 1)
            lines[at] = lines[at][:where] + chance.choice((b"\r\n ", b"\n\t", b"\r\n\r\n")) + lines[at][where:]
        case _:
            lines.insert(at, chance.choice(chance.choice(corpus).split(b"\n")))
    return b"\n".join(lines)


def _line_ends(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    old, new = chance.choice(((b"\r\n", b"\n"), (b"\n", b"\r\n"), (b"\r\n", b"\r"), (b"\r\n", b" \r\n")))
    at = chance.randrange(len(data) + 1)
    return data[:at] + data[at:].replace(old, new)


def _delimiters(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A delimiter somewhere else, many times, closing, or with something after it."""
    found = [match[0] for match in _DELIMITER.finditer(data)]
    if not found:
        return data
    one, at = chance.choice(found), chance.randrange(len(data) + 1)
    name = one.rstrip(b"\r\n")
    what = chance.choice(
        (
            b"\r\n" + one,
            (b"\r\n" + one) * 30,
            b"\r\n" + name + b"--\r\n",
            b"\r\n" + name + b" x\r\n",
            b"\r\n" + name[:-1],
        )
    )
    return data[:at] + what + data[at:]


def _length(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """An octet that may be a length or a tag of DER is one more, one less, or something that DER does not have."""
    if not data:
        return data
    at = chance.randrange(len(data))
    new = chance.choice((data[at] + 1, data[at] - 1, 0x80, 0x84, 0xFF, 0x00, data[at] ^ 0x20, 0x1F, 0x24, 0xA0))
    return data[:at] + bytes((new & 0xFF,)) + data[at + 1 :]


def _indefinite(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A constructed element of DER is closed by end-of-contents, as BER may."""
    starts = [at for at in range(min(len(data), 4000) - 4) if data[at] in (0x30, 0x31, 0xA0) and data[at + 1] == 0x82]
    if not starts:
        return data
    at = chance.choice(starts)
    end = at + 4 + int.from_bytes(data[at + 2 : at + 4])
    return data[: at + 1] + b"\x80" + data[at + 4 : end] + b"\0\0" + data[end:]


def _in_base64(chance: random.Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    """What a block of base64 holds is damaged, and is base64 again."""
    found = list(_BASE64.finditer(data))
    if not found:
        return data
    one = chance.choice(found)
    try:
        plain = binascii.a2b_base64(one[0])
    except binascii.Error:
        return data
    changed = chance.choice((_length, _length, _indefinite, *BYTEWISE))(chance, plain, corpus)
    coded = b"\r\n".join(binascii.b2a_base64(changed[at : at + 57], newline=False) for at in range(0, len(changed), 57))
    return data[: one.start()] + coded + data[one.end() :]


def _case(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    found = list(_TOKEN.finditer(data[:3000]))
    if not found:
        return data
    one = chance.choice(found)
    return data[: one.start()] + one[0].swapcase() + data[one.end() :]


MUTATIONS: Final[tuple[Mutation, ...]] = (
    *BYTEWISE, _insert, _insert, _overwrite, _lines, _lines, _line_ends, _delimiters, _length, _length, _indefinite,
    _in_base64, _in_base64, _case,
)  # fmt: skip
