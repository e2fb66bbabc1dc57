"""Ways to damage a file: the byte-wise ones of any fuzzer, and those that know what EDI is made of.

Random bytes hardly ever get past the detection of the format. What finds faults are files that are nearly right: a
segment moved, a count changed, a header glued to another file, a delimiter declared that was data until then.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

Mutation = Callable[[random.Random, bytes, Sequence[bytes]], bytes]
"""Draws from the generator, damages the data, and may take pieces from the other files of the corpus."""

MOST = 1 << 16
"""Longer files are cut: what is found in a long one is found in a short one."""

_DELIMITERS = (b"'", b"+", b":", b"?", b"*", b"~", b">", b"^", b"??", b"?'", b"''", b"++", b"::")
_FILLERS = (b"\n", b"\r\n", b"\r", b" ", b"\0", b"\x1a", b"\xef\xbb\xbf", b"\xff\xfe")
_ODD = (b"\x1c", b"\x1d", b"\x1f", b"\xc3\xa9", b"\xe9", b"\x80")
_EDIFACT = (
    b"UNA:+.? '",
    b"UNB+",
    b"UNG+",
    b"UNH+",
    b"UNS+D'",
    b"UNT+",
    b"UNE+",
    b"UNZ+1+1'",
    b"UNO+",
    b"UNP+",
    b"UIB+",
)
_X12 = (b"ISA*", b"TA1*", b"GS*", b"ST*", b"BIN*5*", b"BDS*", b"LS*", b"LE*", b"HL*1**S~", b"SE*", b"GE*", b"IEA*")
_OTHERS = (b"UIB+", b"UIH+", b"STX=")
_NUMBERS = (b"-1", b"0", b"99999999999999999999", b"1e9")
_INTERESTING = (*_DELIMITERS, *_FILLERS, *_ODD, *_EDIFACT, *_X12, *_OTHERS, *_NUMBERS)
_NUMBER = re.compile(rb"\d+")
_PIECE = re.compile(rb"[^'~\n]*['~\n]")


def _span(chance: random.Random, data: bytes, longest: int = 64) -> tuple[int, int]:
    start = chance.randrange(len(data) + 1)
    return start, min(len(data), start + chance.randint(1, longest))


def _flip(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    if not data:
        return data
    at = chance.randrange(len(data))
    return data[:at] + bytes((chance.randrange(256),)) + data[at + 1 :]


def _insert(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(_INTERESTING) + data[at:]


def _overwrite(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    piece = chance.choice(_INTERESTING)
    at = chance.randrange(len(data) + 1)
    return data[:at] + piece + data[at + len(piece) :]


def _delete(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, end = _span(chance, data)
    return data[:start] + data[end:]


def _repeat(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, end = _span(chance, data)
    return data[:end] + data[start:end] * chance.choice((1, 1, 2, 3, 50, 400)) + data[end:]


def _truncate(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _splice(chance: random.Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    other = chance.choice(corpus)
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def _append(chance: random.Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    return data + chance.choice((b"", b"\n", b" ", b"junk")) + chance.choice(corpus)


def _pieces(data: bytes) -> list[bytes]:
    found = [match[0] for match in _PIECE.finditer(data)]
    rest = data[sum(map(len, found)) :]
    return [*found, rest] if rest else found


def _swap_segments(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    pieces = _pieces(data)
    if len(pieces) > 1:
        one, other = chance.randrange(len(pieces)), chance.randrange(len(pieces))
        pieces[one], pieces[other] = pieces[other], pieces[one]
    return b"".join(pieces)


def _drop_segment(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    pieces = _pieces(data)
    if pieces:
        del pieces[chance.randrange(len(pieces))]
    return b"".join(pieces)


def _double_segment(chance: random.Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    pieces, others = _pieces(data), _pieces(chance.choice(corpus))
    source = pieces if chance.random() < 0.5 or not others else others
    if source:
        pieces.insert(chance.randrange(len(pieces) + 1), chance.choice(source))
    return b"".join(pieces)


def _number(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    found = list(_NUMBER.finditer(data))
    if not found:
        return data
    one = chance.choice(found)
    value = int(one[0][:15])
    new = chance.choice((value + 1, max(0, value - 1), 0, value * 10, 10**18, chance.randrange(10**6)))
    return data[: one.start()] + str(new).encode("ascii") + data[one.end() :]


def _wrap(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    width, end = chance.choice((5, 19, 72, 80, 128)), chance.choice((b"\n", b"\r\n", b"\r"))
    return end.join(data[at : at + width] for at in range(0, len(data), width))


def _other_delimiter(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    old = bytes((chance.choice(b"'+:?*~>^. "),))
    return data.replace(old, bytes((chance.randrange(256),)))


def _lines(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    terminator = chance.choice((b"'", b"~"))
    return data.replace(terminator, terminator + chance.choice((b"\n", b"\r\n", b"\r", b" ", b"\n\n", b"\t")))


BYTEWISE: tuple[Mutation, ...] = (_flip, _delete, _repeat, _truncate, _splice)
"""Those that know nothing of what they damage."""

MUTATIONS: tuple[Mutation, ...] = (
    _flip, _insert, _overwrite, _delete, _repeat, _truncate, _splice, _append, _swap_segments, _drop_segment,
    _double_segment, _number, _number, _wrap, _other_delimiter, _lines,
)  # fmt: skip


def mutated(
    chance: random.Random, data: bytes, corpus: Sequence[bytes], mutations: Sequence[Mutation] = MUTATIONS
) -> bytes:
    """``data`` with one to six mutations."""
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 6))):
        data = chance.choice(mutations)(chance, data, corpus)[:MOST]
    return data
