"""A message or an interchange as a person reads it: a segment a line, and nothing in it that harms a terminal."""

from __future__ import annotations

import re

from gateway.arrival import printable

LONGEST = 1000
"""Characters of a segment that are shown."""


def segment_lines(wire: bytes, standard: str) -> list[str]:
    """The segments of ``wire``, which ends with the terminator of the last one; all of it where there is none."""
    release = b"?" if standard == "edifact" else b""
    terminator = wire.rstrip(b"\r\n")[-1:]
    if terminator.isalnum() or not terminator:
        parts = [wire]
    else:
        end, before = re.escape(terminator), re.escape(release)
        # A terminator behind an odd number of release characters is data.
        pattern = rb"(?<!" + before + rb")((?:" + before * 2 + rb")*)" + end if release else end
        parts = re.split(rb"[\r\n]+", re.sub(pattern, rb"\g<0>\n", wire))
    return [printable(part.decode("latin-1"), LONGEST) for part in parts if part]
