"""Which bytes of a file have been seen, when they may come in any order.

Clients send many WRITEs and READs before they wait for an answer, and some ask for pieces out of order. An upload is
whole when no byte of it was left out; a download is complete when every byte was read.
"""

from __future__ import annotations

from bisect import bisect_left

MAX_GAPS = 1024
"""Pieces kept apart at most. A client with 64 requests in flight has 64; thousands are an attack on our memory."""


class Scattered(Exception):
    """More separate pieces than an honest transfer has."""


class Coverage:
    """The union of the ranges that were added."""

    def __init__(self) -> None:
        self.reach = 0
        """Every byte before this one has been seen."""
        self._begins: list[int] = []
        self._ends: list[int] = []

    def add(self, begin: int, end: int) -> None:
        """Add the bytes from ``begin`` up to but not including ``end``; raises :class:`Scattered`."""
        if begin > self.reach:
            self._keep(begin, end)
            return
        self.reach = max(self.reach, end)
        while self._begins and self._begins[0] <= self.reach:
            del self._begins[0]
            self.reach = max(self.reach, self._ends.pop(0))

    def gap(self) -> tuple[int, int] | None:
        """The first bytes that are missing before some that are there; ``None`` when there is no such gap."""
        return (self.reach, self._begins[0]) if self._begins else None

    def _keep(self, begin: int, end: int) -> None:
        # The ranges are sorted and do not touch: swallow the neighbours that the new one reaches.
        first = bisect_left(self._ends, begin)
        last = first
        while last < len(self._begins) and self._begins[last] <= end:
            begin, end = min(begin, self._begins[last]), max(end, self._ends[last])
            last += 1
        self._begins[first:last], self._ends[first:last] = [begin], [end]
        if len(self._begins) > MAX_GAPS:
            raise Scattered(f"more than {MAX_GAPS} separate pieces of one file are under way")
