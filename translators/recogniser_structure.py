"""The order, the groups and the quantities of a message as one regular expression over its raw bytes.

It walks the table exactly as :mod:`translators.placing` does for a message that fits: at each place as many as stand
there, then the next place, and what was once taken is never given back. A group that has begun must end well: where
its first tag could stand for something else further on, the pattern asks that it does not, for ``arrange`` would have
entered the group and found it wanting. A pattern that tried again elsewhere would accept more than that.

Segments are told apart by their tags; what they contain is another pattern's question. Only where one tag means
different contents at different places of the guide does the content stand here, at each of its places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from translators.dictionary import UNBOUNDED
from translators.grammar import BORDERS, Guide, Place
from translators.recogniser_codes import literal
from translators.recogniser_values import Alphabet

Skeleton = Callable[[Place], tuple[str, bool] | None]
"""For a segment's place: the pattern of what stands behind its tag, and whether that differs between places of the same
tag; ``None`` when no segment there is recognised."""


def structure_pattern(guide: Guide, alphabet: Alphabet, skeleton: Skeleton) -> str | None:
    """A pattern for the whole message; ``None`` when the guide has rules that no pattern here holds.

    Those are variants told apart by a qualifier, conditions between segments, and codes that tell equally good places
    apart. What an HL tree asks for beyond its segments' order is not looked at here.
    """
    places = list(guide.root.walk())
    if guide.conditions or any(place.variants for place in places):
        return None
    if any(_undecided(place, guide.choosy) for place in places):
        return None
    return _Structure(guide, alphabet, skeleton).sequence(guide.root.children)


class _Structure:
    def __init__(self, guide: Guide, alphabet: Alphabet, skeleton: Skeleton) -> None:
        self._tags = guide.tags
        self._alphabet = alphabet
        self._skeleton = skeleton
        self._stretches = 0

    def sequence(self, places: Sequence[Place]) -> str | None:
        """The places in their order; ``None`` when one that must stand cannot."""
        parts = []
        at = 0
        while at < len(places):
            place = places[at]
            at += 1
            if not place.used:
                continue
            if place.name in BORDERS and not place.group:
                closing = next((each for each in places[at:] if each.name == BORDERS[place.name]), None)
                if closing is not None:
                    end = places.index(closing)
                    stretch = self._bounded(place, places[at:end], closing)
                    if stretch is None:
                        return None
                    parts.append(stretch)
                    at = end + 1
                    continue
            once = self._once(place)
            if once is not None:
                parts.append(self._repeated(place, *once))
            elif place.mandatory:
                return None
            elif place.tag in _follow(place):
                # It may not stand here, and behind it its tag could be taken for something else.
                parts.append(f"(?!{self._ahead(place.tag)})")
        return "".join(parts)

    def _bounded(self, opening: Place, within: Sequence[Place], closing: Place) -> str | None:
        """A stretch between an opening and a closing segment that must name the same; inside it, and only there, stand
        the segments between the two."""
        inside = self.sequence(within)
        once = opening.maximum == closing.maximum == 1 and closing.used
        if inside is None or not once or opening.tag in _follow(opening):
            return None
        if self._skeleton(opening) is None or self._skeleton(closing) is None:
            return None
        self._stretches += 1
        alphabet, name = self._alphabet, f"stretch{self._stretches}"
        first, last = (literal(each.tag.encode("ascii")) + alphabet.element for each in (opening, closing))
        rest = f"[^{alphabet.end}]*+{alphabet.terminator}"
        value = f"(?P<{name}>[^{alphabet.element}{alphabet.end}\0]++)"
        stretch = f"{first}{value}{rest}{inside}{last}(?P={name})(?=[{alphabet.element}{alphabet.end}]){rest}"
        if opening.mandatory or closing.mandatory or any(place.mandatory for place in within):
            return stretch
        return f"(?:{stretch}|(?!{self._ahead(opening.tag)}))"

    def _once(self, place: Place) -> tuple[str, bool] | None:
        """One occurrence, and whether it can fail behind its first tag."""
        if not place.group:
            found = self._skeleton(place)
            if found is None:
                return None
            content, distinct = found
            if distinct:
                return literal(place.name.encode("ascii")) + content + self._alphabet.terminator, True
            return f"{self._ahead(place.name)}[^{self._alphabet.end}]*+{self._alphabet.terminator}", False
        inside = self.sequence(place.children)
        return None if inside is None else (inside, True)

    def _repeated(self, place: Place, once: str, can_fail: bool) -> str:
        least, most = place.minimum, place.maximum
        ambiguous = place.tag in _follow(place)
        other = f"(?!{self._ahead(place.tag)})" if ambiguous and can_fail else ""
        if (least, most) == (1, 1):
            return once
        if (least, most) == (0, 1):
            if other:
                return f"(?:{once}|{other})"
            return f"(?>{once}|)" if ambiguous else f"(?:{once}|)"
        if not can_fail and least < 2:
            more = f"(?>(?:{once}){{0,{_limit(most - 1 if most < UNBOUNDED else most)}}})"
            if least:
                return once + more
            return f"(?>{once}{more}|)" if ambiguous else f"(?:{once}{more}|)"
        return f"(?>(?:{once}){{{least},{_limit(most)}}}){other}"

    def _ahead(self, tag: str) -> str:
        """Looks whether a segment of that tag comes next; with its first characters, where they say enough."""
        longer = any(other != tag and other.startswith(tag) for other in self._tags)
        behind = f"(?=[{self._alphabet.element}{self._alphabet.end}])" if longer else ""
        return literal(tag.encode("ascii")) + behind


def _limit(most: int) -> str:
    return "" if most >= UNBOUNDED else str(most)


def _follow(place: Place) -> set[str]:
    """The tags of what may come right behind a place, itself left out."""
    return {each.tag for each in _next(place)}


def _next(place: Place) -> Iterator[Place]:
    while place.parent is not None:
        group = place.parent
        for sibling in group.children[place.index + 1 :]:
            if sibling.used:
                yield sibling
                if sibling.mandatory:
                    return
        if group.parent is not None and group.maximum > 1:
            yield group
        place = group


def _undecided(place: Place, choosy: frozenset[str]) -> bool:
    """Whether one of these tags, met behind ``place``, could stand at several places."""
    found = [each.tag for each in _next(place) if each.tag in choosy]
    if place.maximum > 1 and place.tag in choosy:
        found.append(place.tag)
    return len(found) > len(set(found))
