"""Header fields as bytes on the wire, and the two structured ones that decide how a message is taken apart.

A header block is kept as it arrived (``raw_block``), because signatures and digests are over those bytes and nothing
here ever writes a block again that it has read. What is read from it is read tolerantly: CRLF or LF, folded lines, any
case, blanks before the colon. What is written is written strictly: one line each, and a value that would begin a second
line is refused (header injection).

Values are text in ISO 8859-1, so every byte has one character and an echoed value goes back as it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec

from as2.fault import Unreadable, Unwritable
from as2.tolerance import Tolerated

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)")
# Looking behind keeps the search linear in a long run of blanks.
_FOLD = re.compile(r"(?<![ \t])[ \t]*\r?\n[ \t]+")
_STRAY = re.compile(rb"\0|\r(?!\n)")
_NAME = re.compile(r"[!-9;-~]+")
# Everything but the control characters, of which the tabulator may stand in a value.
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z{}-]+"
_MEDIA = re.compile(rf"\s*({_WORD})\s*/\s*({_WORD})\s*(?:\([^()]*\)\s*)*(?=;|\Z)", re.ASCII)
# A value in doubled quotes, in quotes, or bare. Only a quote and a backslash can be escaped: what looks like any other
# escape is the path of a Windows machine. A bare value ends at the semicolon, for boundaries hold "=", "/", "(" and
# blanks that no token may hold.
_PARAMETER = re.compile(
    rf"\s*;\s*(?:({_WORD})\s*=\s*"
    r"""(?:""([^\s";][^";]*)""(?=\s*(?:;|\Z))|"((?:[^"\\]|\\.)*)"\s*(?:\([^()]*\)\s*)*(?=;|\Z)|([^";]*)(?=;|\Z))"""
    rf"|{_WORD}\s*(?=;|\Z)|\s*(?=;|\Z))",
    re.ASCII | re.DOTALL,
)
_BLANKS = " \t\r\n"
_ESCAPED = re.compile(r'\\(["\\])')
_CONTINUED = re.compile(r"([^*]+)\*(?:(\d{1,3})(\*)?)?")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")


class Headers(msgspec.Struct, frozen=True):
    """Header fields in their order, as they are on the wire."""

    fields: tuple[tuple[bytes, bytes], ...] = ()
    """Name and value of each; a value may hold folds and the blanks around it."""
    raw_block: bytes = b""
    """What was parsed, with the empty line after it if there was one; empty for fields that were not parsed."""

    def get(self, name: str) -> str | None:
        """The value of the first field of that name in any case, unfolded and stripped; ``None`` without one."""
        wanted = name.lower().encode("ascii")
        for found, value in self.fields:
            if found.lower() == wanted:
                return _unfolded(value)
        return None

    def all(self, name: str) -> list[str]:
        """The values of every field of that name, in their order."""
        wanted = name.lower().encode("ascii")
        return [_unfolded(value) for found, value in self.fields if found.lower() == wanted]

    def folded(self, name: str) -> bool:
        """Whether a field of that name goes over more than one line."""
        wanted = name.lower().encode("ascii")
        return any(found.lower() == wanted and b"\n" in value for found, value in self.fields)

    def with_field(self, name: str, value: str) -> Headers:
        """These fields and one more at the end; no raw block, for these bytes never arrived."""
        checked_field(name, value)
        return Headers((*self.fields, (name.encode("ascii"), value.encode("latin-1"))))

    def content_type(self, tolerated: Tolerated | None = None) -> ContentType | None:
        """The parsed Content-Type, ``None`` without one; :class:`Unreadable` when it is malformed or stated twice."""
        values = self.all("Content-Type")
        if not values:
            return None
        if any(value != values[0] for value in values):
            raise Unreadable("content-type-repeated", f"Two Content-Types that differ: {values[0]!r}, {values[1]!r}.")
        return parse_content_type(values[0], tolerated)


class ContentType(msgspec.Struct, frozen=True):
    """A media type with its parameters."""

    type: str
    """In lower case."""
    subtype: str
    """In lower case."""
    parameters: dict[str, str] = {}
    """By name in lower case; values as they were stated, without quotes."""

    @property
    def media(self) -> str:
        """``type/subtype`` in lower case."""
        return f"{self.type}/{self.subtype}"


def parse_block(block: bytes, tolerated: Tolerated | None = None) -> Headers:
    """The fields of a header block; the lines end with CRLF or LF, the empty line at the end may be there or not.

    :class:`Unreadable` (``malformed-header``) for a line that is no field, a NUL or a carriage return within a line.
    """
    # Counting is several times faster than looking for a stray one, and there hardly ever is one.
    suspect = b"\0" in block or block.count(b"\r") != block.count(b"\r\n")
    if suspect and (stray := _STRAY.search(block)):
        raise _malformed_line(block, block.rfind(b"\n", 0, stray.start()) + 1)
    if tolerated is not None and block.count(b"\n") != block.count(b"\r\n"):
        tolerated.add("lf-line-ends")
    fields: list[tuple[bytes, bytes]] = []
    at, end = 0, len(block)
    while at < end:
        match = _FIELD.match(block, at)
        if match is None:
            if block[at:] in (b"\r\n", b"\n"):
                break
            raise _malformed_line(block, at)
        if tolerated is not None and block[match.end(1)] != 0x3A:
            tolerated.add("blank-before-colon")
        fields.append((match[1], match[2].removesuffix(b"\r")))
        at = match.end()
    return Headers(tuple(fields), block)


def write_block(fields: Iterable[tuple[str, str]]) -> bytes:
    """The header block with these fields, one line each, CRLF, and the empty line after them.

    :class:`Unwritable` for a name that is no field name and for a value with a line break, NUL or other control
    character (section 2.2 of RFC 5322), or a character that is not in ISO 8859-1.
    """
    lines = []
    for name, value in fields:
        checked_field(name, value)
        lines.append(f"{name}: {value}\r\n")
    lines.append("\r\n")
    return "".join(lines).encode("latin-1")


def checked_field(name: str, value: str) -> None:
    """Return when this field can be written in one line; otherwise :class:`Unwritable`."""
    if not _NAME.fullmatch(name):
        raise Unwritable("field-unwritable", f"{name!r} is not the name of a header field.")
    if not _VALUE.fullmatch(value) or (not value.isascii() and max(value) > "\xff"):
        raise Unwritable("field-unwritable", f"The value of {name} cannot stand in a header field: {value[:200]!r}")


def parse_content_type(value: str, tolerated: Tolerated | None = None) -> ContentType:
    """The media type that ``value`` states, with its parameters in any order, case and quoting.

    A value that is in quotes as a whole is unquoted once. Continued and encoded parameters are joined and decoded
    (RFC 2231). :class:`Unreadable` (``malformed-content-type``) for anything else, and for two boundaries.
    """
    text = value
    if value.startswith('"'):
        text = _whole_unquoted(value)
        if tolerated is not None:
            tolerated.add("content-type-in-quotes")
    match = _MEDIA.match(text)
    if match is None:
        raise _malformed("Content-Type", value, "there is no type/subtype at its start")
    return ContentType(match[1].lower(), match[2].lower(), _parameters("Content-Type", text, match.end(), tolerated))


def write_content_type(media: str, parameters: Mapping[str, str] | None = None) -> str:
    """The Content-Type value; parameters are quoted only where a token does not do (RFC 2045 section 5.1)."""
    return media + "".join(
        f"; {name}={value if re.fullmatch(_WORD, value) else quoted(value)}"
        for name, value in (parameters or {}).items()
    )


def parse_parameters(field: str, value: str, tolerated: Tolerated | None = None) -> tuple[str, dict[str, str]]:
    """The word that begins ``value``, in lower case, and the parameters after it: a field like Content-Disposition.

    :class:`Unreadable` (``malformed-`` and the field) when the parameters cannot be told apart.
    """
    word, _, _ = value.partition(";")
    return word.strip(_BLANKS).lower(), _parameters(field, value, len(word), tolerated)


def quoted(value: str) -> str:
    """``value`` as a quoted string."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unfolded(value: bytes) -> str:
    text = value.decode("latin-1")
    return (_FOLD.sub(" ", text) if "\n" in text else text).strip(_BLANKS)


def _whole_unquoted(value: str) -> str:
    match = re.fullmatch(r'"((?:[^"\\]|\\.)*)"\s*', value, re.DOTALL)
    if match is None:
        raise _malformed("Content-Type", value, "it begins with a quote that does not go around the whole value")
    return _ESCAPED.sub(r"\1", match[1])


def _parameters(field: str, text: str, at: int, tolerated: Tolerated | None) -> dict[str, str]:
    parameters: dict[str, str] = {}
    continued: dict[str, list[tuple[int, bool, str]]] = {}
    while at < len(text):
        match = _PARAMETER.match(text, at)
        if match is None:
            raise _malformed(field, text, f"the parameters after {text[:at][-80:]!r} cannot be told apart")
        at = match.end()
        if match[1] is None:
            continue
        name, value = match[1].lower(), _parameter_value(match)
        if match[2] is not None and tolerated is not None:
            tolerated.add("doubled-quotes")
        pieces = _CONTINUED.fullmatch(name) if "*" in name else None
        if pieces is not None:
            encoded = pieces[2] is None or pieces[3] is not None
            continued.setdefault(pieces[1], []).append((int(pieces[2] or 0), encoded, value))
        elif parameters.setdefault(name, value) != value and name == "boundary":
            raise _malformed(field, text, "it states two boundaries")
    for name, stretch in continued.items():
        value = _joined(stretch)
        if name == "boundary" and parameters.get(name, value) != value:
            raise _malformed(field, text, "it states two boundaries")
        # RFC 6266 section 4.3: the encoded form is the better one where both are given.
        parameters[name] = value
    return parameters


def _parameter_value(match: re.Match[str]) -> str:
    if match[2] is not None:
        return match[2]
    if match[3] is not None:
        return _ESCAPED.sub(r"\1", match[3]) if "\\" in match[3] else match[3]
    bare = match[4].strip(_BLANKS)
    if bare.endswith(")"):
        # A comment (RFC 822 section 3.4.3) comes after a blank; a boundary may end with a parenthesis.
        before, _, _ = bare.rpartition("(")
        if before.endswith((" ", "\t")):
            return before.rstrip(_BLANKS)
    return bare


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    """The value of a parameter that came in pieces and may be percent-encoded in a named charset (RFC 2231)."""
    pieces.sort(key=lambda piece: piece[0])
    charset = "latin-1"
    collected = b""
    for index, encoded, value in pieces:
        if not encoded:
            collected += value.encode("latin-1", "replace")
            continue
        if index == 0 and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        collected += _PERCENT.sub(lambda match: bytes.fromhex(match[1].decode()), value.encode("latin-1", "replace"))
    # Only what the field uses: any other name would reach into the codecs of Python, some of which are no charsets.
    return collected.decode("utf-8" if charset.lower() in ("utf-8", "utf8") else "latin-1", "replace")


def _malformed_line(block: bytes, at: int) -> Unreadable:
    line = block[at:].split(b"\n", 1)[0][:80]
    return Unreadable("malformed-header", f"This line is no header field: {line!r}")


def _malformed(field: str, value: str, why: str) -> Unreadable:
    return Unreadable(f"malformed-{field.lower()}", f"Malformed {field}: {why}. It is {value[:200]!r}.")
