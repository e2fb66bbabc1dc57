"""Reads a file: which interchanges are in it, what is in them, and everything that is wrong with either.

Bytes in, a :class:`~translators.syntax.Reading` out, whatever the bytes are. What cannot be read is passed over up to
the next certain header and said, so that one damaged interchange costs no other. Reading takes time in proportion to
the length of the file.
"""

from __future__ import annotations

from translators import charset as charsets
from translators import edifact_reading, x12_reading
from translators.charset import Charset
from translators.detection import Headers, family_at, foreign, header_at, headless, is_xml, skip_filler, unwrap
from translators.finding import Finding, Severity, Where
from translators.limits import Limits
from translators.syntax import Interchange, Reading, Source, Syntax

_READERS = {"edifact": edifact_reading.read_interchange, "x12": x12_reading.read_interchange}
_QUIET = b" \t\r\n"
"""Filler behind a trailer that is layout, not worth a note."""
_COPY = 40
_ENDS_A_HEADER = b"'~\r\n\x1c"
_LONGEST_HEADER = 400

__all__ = ["Limits", "read"]


def read(data: bytes, *, charset: str | None = None, limits: Limits | None = None) -> Reading:
    """The interchanges in ``data`` and what is wrong; never raises for content.

    ``charset`` is what the partner's profile says instead of the file: an identifier such as ``UNOC``, or the name of a
    Python codec that keeps ASCII where it is; ``ValueError`` for any other. Messages keep their bytes and their places;
    faults of the file stand in the reading, those of an envelope or a message in the interchange, group or message
    they belong to.
    """
    forced = charsets.named(charset) if charset is not None else None
    return _Reader(data, forced, limits or Limits()).reading()


class _Reader:
    def __init__(self, data: bytes, forced: Charset | None, limits: Limits) -> None:
        self._data = data
        self._forced = forced
        self._limits = limits
        self._text = data
        self._source = Source(data)
        self._syntax: Syntax | None = None
        self._interchanges: list[Interchange] = []
        self._findings: list[Finding] = []

    def reading(self) -> Reading:
        self._read()
        return Reading(
            syntax=self._syntax, interchanges=self._interchanges, findings=self._findings, source=self._source
        )

    def _read(self) -> None:
        data = self._data
        if len(data) > self._limits.file_bytes:
            self._add("too-large", f"a file of {len(data)} bytes; {self._limits.file_bytes} are accepted", 0)
            return
        if name := foreign(data, 0):
            # Before filler is skipped: a byte order mark is what UTF-16 is known by.
            self._add("format-unsupported", f"the file is {name}", 0, value=self._head(0, len(data)))
            return
        at = skip_filler(data, 0)
        if at == len(data):
            self._add("empty-file", "the file has no bytes" if not data else "the file has blanks only", 0)
            return
        if at:
            self._add("filler-skipped", f"{at} bytes of blanks or marks before the first header", 0, severity="note")
        if is_xml(data, at):
            self._syntax = "xml"
            self._add("format-unsupported", "the file is XML, which is read elsewhere than here", at)
            return
        if wrapped := unwrap(data, at):
            self._text, removed, width = wrapped
            self._source = Source(data, removed=removed)
            text = f"the file was wrapped at {width} columns; its line breaks were taken out before it was read"
            self._add("lines-unwrapped", text, at, severity="note")
        self._read_from(at)

    def _read_from(self, at: int) -> None:
        text = self._text
        headers = Headers(text)
        seen: dict[tuple[str, ...], Interchange] = {}
        while at < len(text):
            family, following = family_at(text, at), headers.next(at + 1)
            if family is None or _is_stump(text, at, following):
                at = self._pass_over(at, following)
            else:
                result, behind = _READERS[family](text, at, headers, self._source, self._limits, self._forced)
                if isinstance(result, Finding):
                    self._findings.append(result)
                    self._syntax = self._syntax or family
                    behind = self._pass_over(at, headers.next(behind), quiet=True)
                else:
                    self._syntax = self._syntax or family
                    self._interchanges.append(result)
                    self._check_repeat(result, seen)
                at = behind
            start, at = at, skip_filler(text, at)
            if filler := text[start:at].translate(None, _QUIET):
                text_of_note = f"{len(filler)} bytes such as NUL or end-of-file marks between or behind interchanges"
                self._add("filler-skipped", text_of_note, start, severity="note")

    def _pass_over(self, at: int, end: int, *, quiet: bool = False) -> int:
        """Says what cannot be read between ``at`` and ``end``, and goes on at ``end``.

        ``quiet``: why it cannot be read has been said already; only messages that are lost with it are named.
        """
        size = end - at
        lost = headless(self._text, at, end)
        if lost is not None:
            family, header, names = lost
            self._syntax = self._syntax or family
            begins = f"{header} is missing or damaged: these {size} bytes begin with {self._head(at, end)!r}"
            inside = f"; inside are {', '.join(names)}, which nobody can be told about" if names else ""
            self._add("header-missing", begins + inside, at, value=self._head(at, end))
        elif quiet:
            pass
        elif name := foreign(self._text, at):
            self._add("format-unsupported", f"here is {name}", at, value=self._head(at, end))
        elif self._interchanges:
            text = f"{size} bytes behind the last interchange are none: {self._head(at, end)!r}"
            self._add("trailing-garbage", text, at, value=self._head(at, end))
        else:
            text = f"these {size} bytes are no EDIFACT, X12 or XML; they begin with {self._head(at, end)!r}"
            self._add("not-edi", text, at, value=self._head(at, end))
        return end

    def _check_repeat(self, interchange: Interchange, seen: dict[tuple[str, ...], Interchange]) -> None:
        """A second interchange with the same parties and control number in one file: the first one counts."""
        if not interchange.control_number.strip():
            return
        sender, receiver = interchange.sender, interchange.receiver
        key = (
            interchange.syntax,
            *(sender.id, sender.qualifier, receiver.id, receiver.qualifier),
            interchange.control_number,
        )
        first = seen.setdefault(key, interchange)
        if first is interchange:
            return
        same = self._bytes_of(first) == self._bytes_of(interchange)
        what = "the same bytes again" if same else "other content under a number that is used"
        text = f"the file holds an interchange {interchange.control_number!r} of these parties before: {what}"
        element = 5 if interchange.syntax == "edifact" else 13
        where = Where(interchange=interchange.control_number, segment=interchange.header.tag, element=element)
        interchange.findings.append(
            Finding(
                code="duplicate-interchange",
                severity="error",
                text=text,
                where=self._source.where(where, interchange.header.offset_of(element)),
                layer="envelope",
                value=interchange.control_number,
            )
        )

    def _bytes_of(self, interchange: Interchange) -> bytes:
        return self._text[interchange.offset : interchange.end].translate(None, b"\r\n")

    def _head(self, at: int, end: int) -> str:
        """The first bytes of ``at``..``end``, as text where they are text and in hexadecimal where they are not."""
        head = self._text[at : min(end, at + _COPY)]
        if head.isascii() and head.decode("ascii").replace("\r", "").replace("\n", "").replace("\t", "").isprintable():
            return head.decode("ascii")
        return head[:16].hex(" ")

    def _add(self, code: str, text: str, at: int, *, severity: Severity = "error", value: str | None = None) -> None:
        where = self._source.where(Where(), at)
        self._findings.append(
            Finding(code=code, severity=severity, text=text, where=where, layer="syntax", value=value)
        )


def _is_stump(text: bytes, at: int, following: int) -> bool:
    """Whether the header at ``at`` breaks off where the next one begins, so that nothing of it can be read."""
    if following == len(text):
        return False
    ends, start = _ENDS_A_HEADER, at
    if header_at(text, at):
        if text.startswith(b"ISA", at):
            # All of its 106 bytes are there.
            return False
        if text.startswith(b"UNA", at):
            ends, start = text[at + 8 : at + 9], at + 9
    return not any(byte in ends for byte in text[start : min(following, start + _LONGEST_HEADER)])
