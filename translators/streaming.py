"""Reads a file of any size: which interchanges are in it, what is in them, everything that is wrong with either.

Bytes in, parts out (:mod:`translators.parts`), whatever the bytes are: each message as soon as it is complete. What
cannot be read is passed over up to the next certain header and said, so that one damaged interchange costs no other.
Reading takes time in proportion to the length of the file, and holds no more of it than a window and the message at
hand.

There is no other way to read: :func:`translators.reading.read` joins these parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from translators import edifact_reading, x12_reading
from translators.detection import (
    OVERLAP,
    Headless,
    family_at,
    foreign,
    header_at,
    is_ebcdic,
    is_xml,
    skip_filler,
    wrapped_at,
)
from translators.finding import Finding, Severity, Where
from translators.limits import Limits
from translators.parts import InterchangeClosed, InterchangeOpened, Noticed, Part
from translators.reading_terms import USUAL, CodePage, Heading, ReadingTerms, TermsFor, always, to_latin
from translators.syntax import Interchange, Source, Syntax
from translators.window import Window

_OPENERS = {"edifact": edifact_reading.open_interchange, "x12": x12_reading.open_interchange}
_QUIET = b" \t\r\n"
"""Filler behind a trailer that is layout, not worth a note."""
_COPY = 40
_ANY_PAGE: CodePage = "cp500"
"""Headers look the same in all code pages of EBCDIC, as far as parties are named in letters and digits."""
_BEGINNING = 0, 1, 1
"""Offset, line and column of a file's first byte."""
_ENDS_A_HEADER = b"'~\r\n\x1c"
_LONGEST_HEADER = 400
_BEGINNING_BYTES = 1 << 13
"""Bytes in which the first header of a file stands, line breaks and all, where something hangs on what it says."""
_AHEAD = 1 << 16
"""Bytes that are held from the beginning of a header on, and in which it must end."""


def read_stream(
    chunks: Iterable[bytes], *, terms: ReadingTerms | TermsFor | None = None, limits: Limits | None = None
) -> Iterator[Part]:
    """What is in the file that ``chunks`` make up, part by part, each as soon as it is complete.

    Arguments and findings as in :func:`translators.reading.read`. No more is held than about 256 KiB and the message at
    hand, and of that no more than the limits say. Never raises for content; what ``chunks`` raises comes through.
    """
    return Reader(chunks, terms, limits).parts()


class Reader:
    """Reads one file; ``syntax`` and ``source`` are what is known of it so far."""

    def __init__(
        self,
        chunks: Iterable[bytes],
        terms: ReadingTerms | TermsFor | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._terms_for = always(terms)
        self._limits = limits or Limits()
        self._window = Window(chunks, self._limits.file_bytes)
        self._any = False
        """Whether there was an interchange yet."""
        self._at = 0
        self.syntax: Syntax | None = None

    @property
    def source(self) -> Source:
        """Knows the places of what is held."""
        return self._window.source

    def parts(self) -> Iterator[Part]:
        """Everything in the file."""
        window, data = self._window, self._window.text
        if self._exceeded():
            most = self._limits.file_bytes
            yield self._noticed("too-large", f"a file of more than {most} bytes; {most} are accepted", 0)
            return
        if is_ebcdic(data) and (
            page := self._terms_of_file(data[:_BEGINNING_BYTES].translate(to_latin(_ANY_PAGE))).ebcdic
        ):
            window.recode(to_latin(page))
            text = f"the file came in EBCDIC ({page}) and was converted before it was read"
            yield self._noticed("file-converted", text, 0, severity="note", place=_BEGINNING)
        elif name := foreign(data, 0):
            # Before filler is skipped: a byte order mark is what UTF-16 is known by.
            yield self._noticed("format-unsupported", f"the file is {name}", 0, value=self._head(data))
            return
        at = self._skip_filler(0)
        if at == window.end:
            text = "the file has no bytes" if not at else "the file has blanks only"
            yield self._noticed("empty-file", text, 0, place=_BEGINNING)
            return
        if at:
            text = f"{at} bytes of blanks or marks before the first header"
            yield self._noticed("filler-skipped", text, 0, severity="note", place=_BEGINNING)
        if is_xml(window.text, at - window.base):
            self.syntax = "xml"
            yield self._noticed("format-unsupported", "the file is XML, which is read elsewhere than here", at)
            return
        width = wrapped_at(window.text, at, whole=window.ended) if not window.base else None
        if width and self._terms_of_file(window.text[at : at + _BEGINNING_BYTES].translate(None, b"\r\n")).unwrap:
            window.unwrap(at)
            text = f"the file was wrapped at {width} columns; its line breaks were taken out before it was read"
            yield self._noticed("lines-unwrapped", text, at, severity="note")
        yield from self._read_from(at)
        if self._exceeded():
            most = self._limits.file_bytes
            yield self._noticed("too-large", f"a file of more than {most} bytes; the rest was not read", window.end)

    def _exceeded(self) -> bool:
        return self._window.exceeded

    def _terms_of_file(self, beginning: bytes) -> ReadingTerms:
        """The terms of the first interchange in ``beginning``, which is the file's as it would be read."""
        headings: list[Heading] = []

        def note(heading: Heading) -> ReadingTerms:
            headings.append(heading)
            return USUAL

        for _ in Reader((beginning,), note, self._limits).parts():
            if headings:
                return self._terms_for(headings[0])
        return USUAL

    def _read_from(self, at: int) -> Iterator[Part]:
        window = self._window
        seen: dict[tuple[str, ...], bytes] = {}
        while True:
            window.need(at + 2 * _AHEAD, at)
            if at >= window.end:
                return
            text, base = window.text, window.base
            upto = min(at + _AHEAD, window.end)
            family, following = family_at(text, at - base), window.headers.next(at + 1) - base
            if family is None or _is_stump(text, at - base, following if following < len(text) else None):
                found, at = self._pass_over(at, at + 1)
                yield from found
            else:
                opened = _OPENERS[family](window, at, upto, self._limits, self._terms_for)
                self.syntax = self.syntax or family
                if isinstance(opened, tuple):
                    yield Noticed(opened[0], self.syntax)
                    found, at = self._pass_over(at, opened[1], quiet=True)
                    yield from found
                else:
                    interchange = opened.interchange
                    window.digest.begin(at)
                    self._any = True
                    place = window.source.place(interchange.header.offset_of(_reference_element(interchange)))
                    yield InterchangeOpened(interchange, window.source)
                    yield from opened.run()
                    at = interchange.end
                    self._check_repeat(interchange, seen, place)
                    yield InterchangeClosed(interchange, window.source)
            yield from self._between(at)
            at = self._at

    def _between(self, at: int) -> Iterator[Part]:
        """Skips what stands between interchanges, and says so when it is more than layout."""
        start, place, odd = at, self._window.source.place(at), 0
        while True:
            window = self._window
            text, base = window.text, window.base
            end = min(skip_filler(text, at - base), window.limit - base)
            odd += len(text[at - base : end].translate(None, _QUIET))
            at = base + end
            if at < window.limit or window.ended:
                break
            window.more(at)
        self._at = at
        if odd:
            text_of_note = f"{odd} bytes such as NUL or end-of-file marks between or behind interchanges"
            yield self._noticed("filler-skipped", text_of_note, start, severity="note", place=place)

    def _skip_filler(self, at: int) -> int:
        """The offset behind all filler from ``at`` on."""
        window = self._window
        while True:
            at = window.base + skip_filler(window.text, at - window.base)
            if at < window.limit or window.ended:
                return at
            window.more(at)

    def _pass_over(self, at: int, search: int, *, quiet: bool = False) -> tuple[list[Part], int]:
        """What to say of what cannot be read from ``at`` on, and the next certain header from ``search`` on.

        ``quiet``: why it cannot be read has been said already; only messages that are lost with it are named.
        """
        window = self._window
        text, base = window.text, window.base
        place, name = window.source.place(at), foreign(text, at - base)
        head, fed, lost = b"", at, Headless()
        while True:
            text, base = window.text, window.base
            end = window.headers.next(search)
            last = end < window.limit or window.ended
            end = end if last else window.limit
            if fed == at:
                head = text[at - base : min(end, at + _COPY) - base]
            lost.feed(text, base, fed, end, window.source, last=last)
            if last:
                break
            fed, search = max(at, end - OVERLAP), max(search, end)
            window.more(fed)
        return list(self._lost(at, end - at, self._head(head), name, lost, place, quiet)), end

    def _lost(
        self, at: int, size: int, head: str, name: str, lost: Headless, place: tuple[int, int, int], quiet: bool
    ) -> Iterator[Part]:
        found = lost.found()
        if found is not None:
            family, header, messages, more = found
            self.syntax = self.syntax or family
            begins = f"{header} is missing or damaged: these {size} bytes begin with {head!r}"
            names = ", ".join(map(str, messages)) + (f" and {more} more" if more else "")
            inside = f"; inside are {names}, which nobody can be told about" if names else ""
            code, text = "header-missing", begins + inside
        elif quiet:
            return
        elif name:
            code, text = "format-unsupported", f"here is {name}"
        elif self._any:
            code, text = "trailing-garbage", f"{size} bytes behind the last interchange are none: {head!r}"
        else:
            code, text = "not-edi", f"these {size} bytes are no EDIFACT, X12 or XML; they begin with {head!r}"
        yield self._noticed(code, text, at, value=head, place=place)
        if found is not None:
            for message in messages:
                first, line, column = message.place
                text = f"{message} stands at bytes {first} to {message.end - 1}, behind no readable {header}"
                where = Where(message=message.reference or None, segment="UNH" if family == "edifact" else "ST")
                where = msgspec.structs.replace(where, line=line, column=column, offset=first)
                unaddressed = Finding(
                    code="message-unaddressed", severity="error", text=text, where=where, layer="envelope"
                )
                yield Noticed(unaddressed, self.syntax)

    def _check_repeat(
        self, interchange: Interchange, seen: dict[tuple[str, ...], bytes], place: tuple[int, int, int]
    ) -> None:
        """A second interchange with the same parties and control number in one file: the first one counts."""
        window = self._window
        content = window.digest.end(window.text, window.base, interchange.end)
        if not interchange.control_number.strip():
            return
        sender, receiver = interchange.sender, interchange.receiver
        key = (
            interchange.syntax,
            *(sender.id, sender.qualifier, receiver.id, receiver.qualifier),
            interchange.control_number,
        )
        if key not in seen:
            seen[key] = content
            return
        what = "the same bytes again" if seen[key] == content else "other content under a number that is used"
        text = f"the file holds an interchange {interchange.control_number!r} of these parties before: {what}"
        at, line, column = place
        where = Where(
            interchange=interchange.control_number,
            segment=interchange.header.tag,
            element=_reference_element(interchange),
            line=line,
            column=column,
            offset=at,
        )
        interchange.findings.append(
            Finding(
                code="duplicate-interchange",
                severity="error",
                text=text,
                where=where,
                layer="envelope",
                value=interchange.control_number,
            )
        )

    @staticmethod
    def _head(data: bytes) -> str:
        """The first bytes, as text where they are text and in hexadecimal where they are not."""
        head = data[:_COPY]
        if head.isascii() and head.decode("ascii").replace("\r", "").replace("\n", "").replace("\t", "").isprintable():
            return head.decode("ascii")
        return head[:16].hex(" ")

    def _noticed(
        self,
        code: str,
        text: str,
        at: int,
        *,
        severity: Severity = "error",
        value: str | None = None,
        place: tuple[int, int, int] | None = None,
    ) -> Noticed:
        at, line, column = place or self._window.source.place(at)
        where = Where(line=line, column=column, offset=at)
        finding = Finding(code=code, severity=severity, text=text, where=where, layer="syntax", value=value)
        return Noticed(finding, self.syntax)


def _reference_element(interchange: Interchange) -> int:
    return 5 if interchange.syntax == "edifact" else 13


def _is_stump(text: bytes, at: int, following: int | None) -> bool:
    """Whether the header at ``at`` breaks off where the next one begins, so that nothing of it can be read."""
    if following is None:
        return False
    ends, start = _ENDS_A_HEADER, at
    if header_at(text, at):
        if text.startswith(b"ISA", at):
            # All of its 106 bytes are there.
            return False
        if text.startswith(b"UNA", at):
            ends, start = text[at + 8 : at + 9], at + 9
    return not any(byte in ends for byte in text[start : min(following, start + _LONGEST_HEADER)])
