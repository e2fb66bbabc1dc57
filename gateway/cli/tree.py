"""A tree drawn with lines, row by row, for tables whose rows stand at depths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def branches(depths: Sequence[int]) -> Iterator[str]:
    """What is drawn before each row of a tree whose rows stand at these depths."""
    for number, depth in enumerate(depths):
        drawn = ""
        for level in range(1, depth + 1):
            # A line goes on at a level while another row of that level follows before its group ends.
            following = next((each for each in depths[number + 1 :] if each <= level), 0)
            if level < depth:
                drawn += "│  " if following == level else "   "
            else:
                drawn += "├─ " if following == level else "└─ "
        yield drawn
