"""Identifiers that sort by time, read aloud well and say what they name: ``m-06f1k2v9q8t4w7zd``.

A prefix for the noun, then 48 bits of milliseconds and 32 of randomness in Crockford's base 32: no letters that are
mistaken for digits, and rows of one second lie side by side in an index.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Literal

Noun = Literal["t", "i", "m", "r", "x", "a", "c"]
"""t transmission, i interchange, m message, r receipt, x expectation, a attempt, c case."""

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 16


def new_id(noun: Noun, at: datetime) -> str:
    """A fresh identifier for ``noun``; unique by 32 random bits within one millisecond."""
    number = (int(at.timestamp() * 1000) & (1 << 48) - 1) << 32 | secrets.randbits(32)
    return f"{noun}-" + "".join(ALPHABET[number >> 5 * place & 31] for place in range(LENGTH - 1, -1, -1))
