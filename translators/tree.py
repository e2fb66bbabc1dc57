"""A message as its guide sees it: segments placed into their groups.

Both directions meet here. Reading arranges a message's flat segments into nodes; mapping from canonical builds the same
nodes without a source; the writer walks them. A node built from canonical content has elements and no ``segment``.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from translators.syntax import Elements, Segment


class Node(msgspec.Struct, kw_only=True):
    """One occurrence of a segment or of a group.

    ``name`` is the tag of a segment (``BGM``) or the guide's name of a group (``SG1``, ``0100``). A group's first child
    is its trigger segment. ``stray`` marks a segment that the guide has no place for here; it was kept where it stood.
    """

    name: str
    elements: Elements = ()
    segment: Segment | None = None
    children: list[Node] = []
    group: bool = False
    stray: bool = False

    def segments(self) -> Iterator[Node]:
        """All segment nodes below (or this one), in message order."""
        if not self.group:
            yield self
        for child in self.children:
            if child.group or child.children:
                yield from child.segments()
            else:
                yield child

    def named(self, name: str) -> list[Node]:
        """The direct children called ``name``, in order, strays left out."""
        return [child for child in self.children if child.name == name and not child.stray]


def elements_of(node: Node) -> Elements:
    """A segment node's elements, or those of the segment that was read for it."""
    if node.elements or node.segment is None:
        return node.elements
    return node.segment.elements
