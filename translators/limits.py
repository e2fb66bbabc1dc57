"""How much a reader accepts."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader accepts; beyond each there is a finding ``too-large``, never an exception.

    The figures follow what is met: the largest segments with text are a few KiB, MuleSoft's EDI connectors stop at
    files of 15 MB, and a message of a million segments would be one delivery schedule for a continent.
    """

    file_bytes: int = 1 << 30
    segment_bytes: int = 1 << 20
    segment_elements: int = 1_000
    repetitions: int = 10_000
    """Of one element."""
    message_segments: int = 1_000_000
    message_bytes: int = 1 << 26
    """Segments and bytes above these are counted and not held."""
    binary_bytes: int = 1 << 24
    """Binary data above this is no fault, but not held: its segment says where it stands and how long it is."""
    findings: int = 100
    """For each message, group and interchange; then one finding says that there are more."""
