"""Identifiers that sort by time, read aloud well and say what they name: ``m-01jdgz3k8rq4w7zd06f1``.

A prefix for the noun, then 48 bits of milliseconds and 52 of randomness in Crockford's base 32: no letters that are
mistaken for digits, and rows of one second lie side by side in an index. The moment is the caller's, so all messages of
an interchange may share it: among 100,000 of one millisecond two are the same once in a million times. Those that one
process makes for one millisecond also sort in the order in which they were made, so the messages of an interchange
stand in lists as they stood in the file.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from datetime import datetime
from typing import Literal, get_args

Noun = Literal["t", "i", "m", "r", "x", "a", "c", "p", "k", "g", "n"]
"""t transmission, i interchange, m message, r receipt, x expectation, a attempt, c case, p request posted over AS2,
k exchange of certificates (keys), g gate of a channel, n notice (an alert that is sent)."""

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 20
RANDOM_BITS = 5 * LENGTH - 48

_NOUNS: dict[str, Noun] = {noun: noun for noun in get_args(Noun)}


_STEP_BITS = 20
"""Randomness between two identifiers of one process and millisecond."""

_lock = threading.Lock()
_last = 0


def new_id(noun: Noun, at: datetime) -> str:
    """A fresh identifier for ``noun``; those of an earlier millisecond, and earlier ones of ours, sort before it."""
    global _last
    start = (int(at.timestamp() * 1000) & (1 << 48) - 1) << RANDOM_BITS
    with _lock:
        if start <= _last < start + (1 << RANDOM_BITS) - (1 << _STEP_BITS):
            number = _last + 1 + secrets.randbits(_STEP_BITS - 1)
        else:
            # The highest bit stays free, so that the steps have room.
            number = start | secrets.randbits(RANDOM_BITS - 1)
        _last = number
    return f"{noun}-" + _written(number)


def gate_id(channel: str) -> str:
    """The identifier of a channel's gate, which is always the same: what the journal calls it by."""
    number = int.from_bytes(hashlib.sha256(channel.encode()).digest()[:13]) >> 4
    return "g-" + _written(number)


def _written(number: int) -> str:
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(LENGTH - 1, -1, -1))


def noun_of(identifier: str) -> Noun | None:
    """What an identifier names; ``None`` when it is none of ours."""
    prefix, _, rest = identifier.partition("-")
    return _NOUNS.get(prefix) if rest else None
