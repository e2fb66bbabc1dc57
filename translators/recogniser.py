"""The fast yes: a guide as regular expressions that say of a message's bytes, in two matches, that nothing is wrong.

Nearly all messages of nearly all partners are faultless, and for those the only question is whether they are. The
exact checks (:mod:`translators.placing`, :mod:`translators.contents`) answer it segment by segment in Python, because
they must be able to say what is wrong and where. A :class:`Recogniser` answers only yes, or nothing, and does it in the
regular expression engine's C: one match decides the order of segments, groups and quantities, a second one the content
of all segments.

**The law**: what a recogniser accepts, the exact checks find nothing in. The reverse does not hold and need not: a
value it does not know how to judge, a dialect with a letter for a delimiter, a construct of a guide that is not written
here are not accepted, and go the exact way. So no finding is ever made here, and none is ever lost.

The exact path asks as well: a message with one fault has many segments without any, and :meth:`Recogniser.doubtful`
names, again in a match or two, those that have to be taken apart.

Compiling takes some hundred milliseconds for a large guide, so a guide begins on the exact path and is compiled for a
dialect when it has seen ``WORTH`` bytes in it. Those are counted for the last ``KNOWN`` dialects only and the last
``KEPT`` compiled ones stay: a stranger who changes delimiters with every interchange costs as much as before and no
more memory. What is compiled when decides how fast a verdict is, never what it is.

Threads share guides, and nothing here is locked: each step on a dictionary is one of the interpreter's own, and what
two threads can do to each other is to count a message less or to compile a pattern twice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache

from translators.elements import Notation, SegmentSpec
from translators.grammar import Guide, Place
from translators.recogniser_codes import NEVER, literal, tag_tree
from translators.recogniser_segments import segment_pattern
from translators.recogniser_structure import structure_pattern
from translators.recogniser_values import RELEASED, Alphabet, compiled
from translators.syntax import Dialect, Segment

WORTH = 1 << 16
KNOWN = 32
KEPT = 4
LONGEST = 1 << 18
"""Longer messages are not tried as a whole: the engine keeps a note of every segment until a group ends."""

_FILLER = b" \t\r\n"


class _Known:
    """A dialect that a guide was asked in: how many bytes, with which tags, and the recogniser once it is worth it."""

    __slots__ = ("recogniser", "seen", "tags")

    def __init__(self) -> None:
        self.seen = 0
        self.tags: set[bytes] = set()
        self.recogniser: Recogniser | None = None


class Recognisers:
    """The recognisers of one guide, by dialect and syntax version."""

    def __init__(self, guide: Guide, worth: int = WORTH) -> None:
        self._guide = guide
        self._worth = worth
        self._compiling = False
        self._known: dict[tuple[Dialect, int], _Known] = {}
        """The dialect asked for last stands last."""
        self._latest: tuple[Dialect | None, int, _Known] = (None, 0, _Known())

    def get(self, dialect: Dialect, version: int, raw: bytes) -> Recogniser | None:
        """The recogniser to ask about the message ``raw``; ``None`` as long as too little was seen in its dialect.

        ``version`` is the syntax version (UNB 0002).
        """
        latest = self._latest
        same = latest[0] is dialect and latest[1] == version
        known = latest[2] if same else self._look_up(dialect, version)
        if known.recogniser is None:
            known.seen += len(raw)
            known.tags.update(tags_in(raw, dialect))
            if known.seen >= self._worth:
                self._compile(dialect, version, known)
        return known.recogniser

    def _look_up(self, dialect: Dialect, version: int) -> _Known:
        key = (dialect, version)
        known = self._known.pop(key, None) or _Known()
        self._known[key] = known
        if len(self._known) > KNOWN:
            # Not next(iter(…)): another thread may change the dictionary between the two.
            oldest, *_ = list(self._known)
            self._known.pop(oldest, None)
        self._latest = (dialect, version, known)
        return known

    def _compile(self, dialect: Dialect, version: int, known: _Known) -> None:
        # Whoever comes while another thread compiles need not wait: the exact path is open.
        if self._compiling:
            return
        self._compiling = True
        try:
            decimal = dialect.decimal.decode("ascii", "replace")
            notation = Notation(self._guide.standard, version, decimal)
            known.recogniser = Recogniser(self._guide, dialect, notation, set(known.tags), self._worth)
            known.tags = set()
        finally:
            self._compiling = False
        compiled_ones = [each for each in list(self._known.values()) if each.recogniser is not None]
        for oldest in compiled_ones[:-KEPT]:
            oldest.recogniser, oldest.seen = None, 0


def tags_in(raw: bytes, dialect: Dialect) -> Iterable[bytes]:
    """What looks like the tag of a segment in ``raw``; something more may look so."""
    return _tag_finder(dialect.element, dialect.terminator).findall(raw)


@lru_cache(maxsize=64)
def _tag_finder(element: bytes, terminator: bytes) -> re.Pattern[bytes]:
    element, terminator = re.escape(element), re.escape(terminator)
    return re.compile(rb"(?:\A|" + terminator + rb")\s*+([A-Z0-9]{2,3})(?=" + element + b"|" + terminator + b")")


def recognisers_of(guide: Guide) -> Recognisers:
    """The recognisers of ``guide``, made when it has none yet."""
    if guide.recognisers is None:
        guide.recognisers = Recognisers(guide)
    return guide.recognisers


class Recogniser:
    """A guide in one dialect and syntax version.

    Order and quantities are compiled for the whole guide, contents for the segments that occur: those of ``tags`` at
    first, and others when as many bytes were declined because of them as it was ``worth`` to compile at all.
    """

    def __init__(
        self, guide: Guide, dialect: Dialect, notation: Notation, tags: Iterable[bytes] | None = None, worth: int = 0
    ) -> None:
        """``tags`` is ``None`` for all the guide has."""
        self._guide = guide
        self._dialect = dialect
        self._alphabet = Alphabet(dialect, notation)
        self._patterns: dict[int, str | None] = {}
        self._segments: dict[int, re.Pattern[bytes] | None] = {}
        filler = bytes(byte for byte in _FILLER if byte not in dialect.delimiters)
        self._ends = [dialect.terminator + end for end in (b"\r\n", b"\n") if not end.strip(filler)]
        self._release = dialect.release
        self._filler = re.compile(b"(?<=" + re.escape(dialect.terminator) + b")[" + re.escape(filler) + b"]+")
        # A released line break is still a control character in data.
        useful = bytes(byte for byte in dialect.delimiters + b"*" if 0x20 < byte < 0x7F)
        self._released = re.compile(re.escape(self._release or b"") + b"[" + re.escape(useful) + b"]")
        structure = self._structure() if self._alphabet.expressible else None
        self._order = compiled(structure).fullmatch if structure is not None else None
        self._levels = self._level_finder() if structure is not None and guide.hierarchy is not None else None
        self._worth = worth
        self._missed = 0
        self._including = False
        self._included: frozenset[str] = frozenset()
        self._content = compiled("")
        """Goes from an offset as far as the segments are faultless."""
        self._differing: frozenset[str] = frozenset()
        """Tags whose segments the guide asks different things of at different places, or does not recognise at some."""
        if self._alphabet.expressible:
            self._differing = self._tags_that_differ()
            self._include(frozenset(self._by_tag) if tags is None else self._mine(tags))

    def accepts(self, raw: bytes) -> bool:
        """Whether the message is certainly faultless; ``False`` says nothing about it.

        ``raw`` runs from the first byte of the header to behind the trailer's terminator.
        """
        if self._order is None or len(raw) > LONGEST:
            return False
        if RELEASED in raw:
            return False
        if self._release is not None and self._release in raw:
            raw = self._released.sub(RELEASED, raw)
        if b"\n" in raw:
            for end in self._ends:
                raw = raw.replace(end, self._dialect.terminator)
        if self._order(raw) is None:
            # Blanks and tabs between segments are rare.
            bare = self._filler.sub(b"", raw)
            if len(bare) == len(raw) or self._order(bare) is None:
                return False
            raw = bare
        reached = self._reached(raw, 0, len(raw))
        if reached < len(raw):
            self._miss(raw, reached)
            return False
        return self._levels is None or self._in_order(self._levels.findall(raw))

    def doubtful(self, segments: Sequence[Segment]) -> Sequence[int]:
        """The indexes of those segments that may have a fault in them, in order. The others certainly have none, at
        whichever of the guide's places for their tag they stand."""
        terminator = self._dialect.terminator
        text = terminator.join([*(segment.raw for segment in segments), b""])
        every = range(len(segments))
        if RELEASED in text or not self._alphabet.expressible:
            return every
        if self._release is not None and self._release in text:
            text = self._released.sub(RELEASED, text)
        if text.count(terminator) != len(segments):
            # Binary data with terminators in it.
            return every
        found = {index for index, segment in enumerate(segments) if segment.tag in self._differing}
        at = index = 0
        while (reached := self._reached(text, at, at + LONGEST)) < len(text):
            index += text.count(terminator, at, reached)
            found.add(index)
            index += 1
            at = text.index(terminator, reached) + len(terminator)
        return sorted(found)

    def fits(self, spec: SegmentSpec, raw: bytes) -> bool:
        """Whether a segment, without its terminator, is certainly faultless by ``spec``; ``False`` says nothing.

        ``spec`` is one of the guide's own.
        """
        key = id(spec)
        try:
            pattern = self._segments[key]
        except KeyError:
            text = self._pattern(spec) if self._alphabet.expressible else None
            tag = literal(spec.tag.encode("ascii"))
            pattern = self._segments[key] = compiled(tag + text) if text is not None else None
        if pattern is None or RELEASED in raw:
            return False
        if self._release is not None and self._release in raw:
            raw = self._released.sub(RELEASED, raw)
        return pattern.fullmatch(raw) is not None

    def _reached(self, text: bytes, at: int, end: int) -> int:
        """The offset up to which the segments from ``at`` on are faultless one by one."""
        found = self._content.match(text, at, end)
        return found.end() if found is not None else at

    # The segments that occur.

    def _mine(self, tags: Iterable[bytes]) -> frozenset[str]:
        return frozenset(tag.decode("latin-1") for tag in tags) & frozenset(self._by_tag)

    def _miss(self, raw: bytes, at: int) -> None:
        """Notes a message that was declined because of the segment at an offset, and compiles what was missing once
        that is worth it."""
        tag = raw[at : at + 3 + len(self._dialect.terminator)]
        if not self._mine(tags_in(tag, self._dialect)) - self._included:
            return
        self._missed += len(raw)
        if self._missed >= self._worth and not self._including:
            self._including = True
            try:
                self._missed = 0
                self._include(self._included | self._mine(tags_in(raw, self._dialect)))
            finally:
                self._including = False

    def _include(self, tags: frozenset[str]) -> None:
        terminator, end = self._alphabet.terminator, self._alphabet.end
        bodies = {}
        for tag in tags:
            patterns = self._by_tag[tag]
            # Where places differ, the structure has looked.
            body = next(iter(patterns)) if len(patterns) == 1 else f"[^{end}]*+"
            bodies[tag] = f"{body}{terminator}"
        self._content = compiled(f"(?>(?:(?>{tag_tree(bodies)}))*)")
        self._included = tags

    # Pieces of patterns.

    def _pattern(self, spec: SegmentSpec) -> str | None:
        key = id(spec)
        if key not in self._patterns:
            self._patterns[key] = segment_pattern(spec, self._alphabet)
        return self._patterns[key]

    @cached_property
    def _by_tag(self) -> dict[str, set[str]]:
        """Tag → the patterns of what may stand behind it, anywhere in the guide; places left out that have none."""
        found: dict[str, set[str]] = {}
        for place in self._guide.root.walk():
            if not place.group:
                pattern = self._content_of(place)
                if pattern is not None:
                    found.setdefault(place.name, set()).add(pattern)
        return found

    def _tags_that_differ(self) -> frozenset[str]:
        places = [place for place in self._guide.root.walk() if not place.group]
        patterns = {(place.name, self._content_of(place)) for place in places}
        return frozenset(name for name, count in Counter(name for name, _ in patterns).items() if count > 1)

    def _content_of(self, place: Place) -> str | None:
        spec = place.spec(self._alphabet.notation.version)
        return self._pattern(spec) if spec is not None else None

    def _structure(self) -> str | None:
        def skeleton(place: Place) -> tuple[str, bool] | None:
            pattern = self._content_of(place)
            return None if pattern is None else (pattern, len(self._by_tag[place.name]) > 1)

        return structure_pattern(self._guide, self._alphabet, skeleton)

    # The tree of HL.

    def _level_finder(self) -> re.Pattern[bytes]:
        rules, alphabet = self._guide.hierarchy, self._alphabet
        tag = literal(rules.segment.encode("ascii")) if rules is not None else NEVER
        value = f"(?:{alphabet.element}([^{alphabet.element}{alphabet.end}]*+)|)"
        # Some segment ends in front of each level; a pattern that begins plainly is searched for fastest.
        return compiled(f"{alphabet.terminator}{tag}{value * 4}")

    def _in_order(self, levels: Sequence[tuple[bytes, bytes, bytes, bytes]]) -> bool:
        """Whether the levels count up from 1, stand under earlier ones where they may, and say rightly who has any."""
        rules = self._guide.hierarchy
        allowed = rules.levels if rules is not None else None
        codes: dict[bytes, str] = {}
        parents = set()
        for number, (own, parent, code, _) in enumerate(levels, 1):
            if own != b"%d" % number or (parent and parent not in codes):
                return False
            parents.add(parent)
            codes[own] = code.decode("latin-1")
            if allowed is not None and code and codes.get(parent, "") not in allowed.get(codes[own], ()):
                return False
        return all(stated == b"" or (stated == b"1") == (own in parents) for own, _, _, stated in levels)
