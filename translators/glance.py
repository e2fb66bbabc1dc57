"""Takes in a clean message at a glance: where it ends and how many segments it has, without looking at any of them.

Nearly every message of nearly every file has nothing to be said about by a reader. For such a message nobody needs its
segments to count them, to find its header or to pass it on, and cutting them costs more than all else together. So at
a message header a handful of searches in C decides whether the message is *certainly* one that the exact way
(:mod:`translators.assembly`, segment by segment) would take without a finding. If so it is taken as it stands, and
its segments are cut when somebody asks. Everything else, and everything doubtful, goes the exact way, which alone makes
findings. So the law is: with or without glances a reading is the same.

What is certain about a clean message
-------------------------------------
* Its header is plain: a reference of letters and digits, no released character, no fault.
* Its segments are separated by a terminator and one *layout*, the same after each of them: nothing, or a line break.
* No envelope's tag follows a terminator in it but its own trailer, which repeats its reference and counts rightly.
* It has only characters of the repertoire, only useful releases, no separators without a value behind them.

The searches are made for a *piece* of the text first, many messages long: what does not occur in the piece need not be
looked for in each message. What does occur there, such as one message with a trailing separator, is looked for in each.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

import msgspec

from translators.blemishes import empty_pairs
from translators.charset import Charset
from translators.limits import Limits
from translators.syntax import Dialect

_PIECE = 1 << 16
"""Bytes that are searched at once: many messages, and few beside one that has something in it."""
_FILLER = b" \t\r\n"
_HIGH = bytes(range(0x80, 0x100))
_MOST_LAYOUT = 8
_NEAR = 1 << 10
"""More than a header or a trailer has."""

_HEADERS = {
    # 0062, then S009 and what follows. Blanks inside a reference are allowed, and left to the exact way.
    "edifact": rb"(UNH{e})([^{d}\x00-\x20\x7f-\xff]{{1,14}})({e}[^{t}{r}]*+){t}",
    # ST01, ST02 and perhaps ST03.
    "x12": rb"(ST{e}[^{d}]*+{e})([0-9A-Za-z]{{4,9}})((?:{e}[^{t}{r}]*+)?){t}",
}
_TRAILERS = {"edifact": b"UNT", "x12": b"SE"}
_MARKS = {"edifact": b"UN", "x12": b"S"}
"""How headers and trailers of messages begin: the first one that follows a header must be its trailer."""
_STOPS = {"edifact": (b"UNH", b"UNG", b"UNE", b"UNZ", b"UNB", b"UNA", b"UNO"), "x12": (b"ST",)}
"""What begins so and ends the message too."""
_OTHERS: dict[str, tuple[bytes, ...]] = {
    "edifact": (),
    "x12": (b"GS", b"GE", b"IEA", b"ISA", b"BIN", b"BDS", b"UNA"),
}
"""What else must not follow a terminator; BIN and BDS hold data in which terminators are none."""


Sight = tuple[str, bytes, int, bytes, int]
"""A clean message: its reference, what else its header says, where it begins, all its bytes, how many segments."""


class _Layout(msgspec.Struct, frozen=True, gc=False):
    """What stands between a terminator and the next tag, and what must not be found because of it."""

    breaks: bytes
    after: bytes
    """The terminator with the layout behind it."""
    mark: bytes
    """That with the beginning of a trailer behind."""
    odd: int
    """How many bytes of the layout are no characters of the repertoire: line breaks."""
    ends: re.Pattern[bytes]
    """Finds a terminator with something before or behind it that makes one of ``pairs``."""
    pairs: tuple[bytes, ...]
    inside: tuple[bytes, ...]
    """What must not stand between terminators."""


class Glance:
    """Glances at messages in one dialect and character set; a text is looked through from its beginning to its end."""

    def __init__(self, dialect: Dialect, charset: Charset, limits: Limits) -> None:
        self._limits = limits
        self._element = dialect.element
        self._repetition = dialect.repetition
        self._terminator = dialect.terminator
        self._release = dialect.release or b""
        self._released_terminator = self._release + dialect.terminator
        self.able = dialect.delimiters.isascii() and len(dialect.terminator) == 1
        """Whether this dialect can be glanced at: the rare ones with terminators of several bytes cannot."""
        self._filler = bytes(byte for byte in _FILLER if byte not in dialect.delimiters)
        self._utf_8 = codecs.lookup(charset.codec).name == "utf-8"
        self._plain = charset.plain + dialect.delimiters + (_HIGH if self._utf_8 else b"")
        escaped = {
            b"{e}": re.escape(dialect.element),
            b"{t}": re.escape(dialect.terminator),
            b"{r}": re.escape(self._release),
            b"{d}": re.escape(dialect.delimiters),
            b"{{": b"{",
            b"}}": b"}",
        }
        pattern = _HEADERS[dialect.syntax]
        for name, value in escaped.items():
            pattern = pattern.replace(name, value)
        self._header = re.compile(pattern)
        self._trailer = _TRAILERS[dialect.syntax] + dialect.element
        self._beginning = _MARKS[dialect.syntax]
        self._others = _OTHERS[dialect.syntax]
        self._stops = tuple(
            tag + end
            for tag in _STOPS[dialect.syntax]
            for end in (dialect.element, dialect.component, dialect.terminator)
        )
        self._separators = (dialect.element, dialect.component)
        useful = dialect.releasable
        self._pairs = re.compile(re.escape(self._release) + b"[" + re.escape(useful) + b"]") if self._release else None
        self._doubtful = re.compile(
            re.escape(self._release) + b"[^" + re.escape(useful.replace(self._release, b"")) + b"]"
        )
        self._released_end = re.compile(re.escape(self._release) + b"[" + re.escape(dialect.terminator) + b"]")
        self._empties = empty_pairs(dialect)
        self._layouts: dict[bytes, _Layout | None] = {}
        # What is known of the piece at hand.
        self._text = b""
        self._piece_end = -1
        self._layout: _Layout | None = None
        self._present: tuple[bytes, ...] = ()
        self.cut_off = False
        """Whether the last message was left because it may not be there to its end."""
        self._uneven = self._releases = self._careful = self._high = self._clear = False
        # Where the next trailer is, as far as it has been looked for.
        self._mark_from = self._mark_at = -1

    def sights(self, text: bytes, at: int, end: int) -> Iterator[Sight]:
        """The clean messages that follow each other from ``at`` on, up to the first that is not certainly clean."""
        if text is not self._text:
            self._text, self._piece_end, self._mark_from, self._mark_at = text, -1, -1, -1
        header, trailer, terminator, release = self._header.match, self._trailer, self._terminator, self._release
        find, count_of, begins = text.find, text.count, text.startswith
        closing = b"%b%%d%b%%b%b" % (
            trailer.replace(b"%", b"%%"),
            self._element.replace(b"%", b"%%"),
            terminator.replace(b"%", b"%%"),
        )
        limits = self._limits
        # What is not longer than that is within all limits.
        limit = min(limits.segment_bytes, limits.segment_elements, limits.repetitions, limits.message_segments)
        self.cut_off = False
        while True:
            found = header(text, at, end)
            if found is None:
                self.cut_off = end - at < _NEAR
                return
            behind = found.end()
            if behind >= self._piece_end and not self._survey(text, at, behind, min(end, at + _PIECE)):
                return
            layout = self._layout
            if layout is None:
                return
            after = layout.after
            stop = (
                find(layout.mark, behind - 1, end) if not self._mark_from <= behind <= self._mark_at else self._mark_at
            )
            if not begins(trailer, stop + len(after)):
                stop = self._trailer_at(text, behind - 1, end, layout)
            if stop < 0 or (release and begins(release, stop - 1)):
                self.cut_off = self._mark_at >= end
                return
            before, reference, rest = found.groups()
            count = count_of(terminator, at, stop) + 2
            if self._releases:
                # Of a run of releases the pairs count; elsewhere a release before a terminator is one.
                count -= (
                    self._released(text, at, stop) if self._careful else count_of(self._released_terminator, at, stop)
                )
            start = stop + len(after)
            expected = closing % (count, reference)
            close = (
                start + len(expected) if begins(expected, start) else self._padded(text, start, end, count, reference)
            )
            if not at < close <= end:
                self.cut_off = end - stop < _NEAR
                return
            if close > self._piece_end and not self._survey(text, at, behind, close):
                return
            raw = text[at:close]
            if (not self._clear or close - at > limit) and not self._is_clean(raw, count, layout):
                return
            yield reference.decode("ascii"), before + rest, at, raw, count
            at = close
            if layout.breaks and begins(layout.breaks, close):
                at += len(layout.breaks)

    def _trailer_at(self, text: bytes, at: int, end: int, layout: _Layout) -> int:
        """The offset of the terminator before the trailer, the first one from ``at`` on; -1 when there is none."""
        start = at
        while True:
            # Looked for once and remembered, so that headers without trailers do not cost a search to the end each.
            if not self._mark_from <= start <= self._mark_at:
                stop = text.find(layout.mark, start, end)
                self._mark_from, self._mark_at = start, stop if stop >= 0 else end
            stop = self._mark_at
            if stop >= end:
                return -1
            tag = stop + len(layout.after)
            if text.startswith(self._trailer, tag):
                return stop
            if text.startswith(self._stops, tag):
                return -1
            # A segment of the message whose tag begins like that, such as UNS.
            start = stop + 1

    def _padded(self, text: bytes, start: int, end: int, count: int, reference: bytes) -> int:
        """The offset behind the trailer at ``start``, which states this count with leading zeros; -1 for any other."""
        close = text.find(self._terminator, start, end)
        stated, _, repeated = text[start + len(self._trailer) : close].partition(self._element)
        right = repeated == reference and stated.isdigit() and len(stated) <= 10 and int(stated) == count
        return close + 1 if right and close > start else -1

    def _released(self, text: bytes, at: int, stop: int) -> int:
        """How many terminators are released between two offsets."""
        found = self._pairs.findall(text, at, stop) if self._pairs is not None else []
        return sum(pair.endswith(self._terminator) for pair in found)

    def _is_clean(self, raw: bytes, count: int, layout: _Layout) -> bool:
        """Whether nothing in a message has to be looked at, as far as the survey of its piece left that open."""
        terminator, limits = self._terminator, self._limits
        bare = raw
        if self._careful and self._pairs is not None:
            bare = self._pairs.sub(b"x", raw)
            if self._release in bare:
                return False
        if self._uneven:
            if layout.breaks and bare.count(layout.after) != count - 1:
                return False
            if len(bare.translate(None, self._plain)) != (count - 1) * layout.odd:
                return False
        if any(pair in bare for pair in self._present):
            return False
        if self._high and self._utf_8 and not _decodes(raw):
            return False
        size = len(raw)
        if size > limits.segment_bytes or count > limits.message_segments:
            return False
        if size > limits.segment_elements and bare.count(self._element) > limits.segment_elements:
            longest = max(piece.count(self._element) for piece in bare.split(terminator))
            if longest > limits.segment_elements:
                return False
        return self._repetition is None or bare.count(self._repetition) < limits.repetitions

    def _survey(self, text: bytes, at: int, behind: int, stop: int) -> bool:
        """Looks through a piece of the text for everything that would have to be looked for in each message."""
        terminator = self._terminator
        layout = self._layout_at(text, behind)
        if layout is not self._layout:
            self._layout, self._mark_from, self._mark_at = layout, -1, -1
        last = text.rfind(terminator, at, stop)
        if layout is None or last < behind:
            self._piece_end = -1
            return False
        self._piece_end = last + 1
        piece = text[at:last]
        self._releases = self._careful = False
        if self._pairs is not None and self._release in piece:
            self._releases = self._released_end.search(piece) is not None
            # Runs of releases, releases of ordinary characters, and released terminators that seem to end a line.
            self._careful = self._doubtful.search(piece) is not None or (
                self._releases and bool(layout.breaks) and self._release + layout.after in piece
            )
        present = tuple(pair for pair in layout.inside if pair in piece)
        if layout.ends.search(piece) is not None:
            present += layout.pairs
        self._present = present
        odd = len(piece.translate(None, self._plain))
        if layout.breaks:
            count, follows = piece.count(terminator), piece.count(layout.after)
            if self._releases:
                count -= piece.count(self._released_terminator)
            self._uneven = self._careful or odd != follows * layout.odd or follows != count
        else:
            self._uneven = odd > 0
        self._high = not piece.isascii()
        self._clear = not (self._careful or self._uneven or present or (self._high and self._utf_8))
        return True

    def _layout_at(self, text: bytes, at: int) -> _Layout | None:
        """The layout that begins at ``at``, behind a terminator; ``None`` for one that is too long to be usual."""
        end = at
        while end < len(text) and text[end] in self._filler and end - at <= _MOST_LAYOUT:
            end += 1
        breaks = text[at:end]
        if breaks not in self._layouts:
            self._layouts[breaks] = self._laid_out(breaks) if len(breaks) <= _MOST_LAYOUT else None
        return self._layouts[breaks]

    def _laid_out(self, breaks: bytes) -> _Layout:
        after = self._terminator + breaks
        # Behind a terminator and its layout: another terminator or a separator (a segment without tag), more filler.
        behind = (self._terminator, *self._separators, b" ")
        before = tuple(pair[:1] for pair in self._empties if pair.endswith(self._terminator))
        ends = b"%b(?:(?<=[%b]%b)|%b(?:[%b]" % tuple(
            map(re.escape, (self._terminator, b"".join(before), self._terminator, breaks, b"".join(behind)))
        )
        ends += b"".join(b"|" + tag for tag in self._others) + b"))"
        return _Layout(
            breaks=breaks,
            after=after,
            mark=after + self._beginning,
            odd=len(breaks.translate(None, self._plain)),
            ends=re.compile(ends),
            pairs=(
                *(one + self._terminator for one in before),
                *(after + one for one in behind),
                *(after + tag + end for tag in self._others for end in (*self._separators, self._terminator)),
            ),
            inside=tuple(pair for pair in self._empties if not pair.endswith(self._terminator)),
        )


def _decodes(data: bytes) -> bool:
    try:
        data.decode("utf_8")
    except UnicodeDecodeError:
        return False
    return True
