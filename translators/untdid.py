"""UN/EDIFACT directories: from the text files that UNECE publishes to guide data of ours.

UNECE publishes each directory as plain text made for printing: one file per message with a *segment table* drawn with
lines, and one file each for segments (EDSD or TRSD), composites (EDCD, TRCD), elements (EDED, TRED) and codes (UNCL,
often in two parts). The layout changed several times since 1993: with and without position numbers, lines drawn with
code page 437 box characters or with ``+-|``, codes set flush right or flush left. What all of them share is enough to
read them by: blocks between rules, a reference before a name, a status letter and a count behind it, and that a row of
the segment table closes as many groups as its line has corners.

``import_directory`` takes the files as they came out of the zip (and of the zips inside it): opening archives is the
caller's work, so that this module stays pure. Descriptions, notes and usage rules are left behind; names are UNECE's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from translators.dictionary import GuideError

_KINDS = {"EDSD": "segments", "TRSD": "segments", "EDCD": "composites", "TRCD": "composites"} | {
    "EDED": "elements",
    "TRED": "elements",
    "UNCL": "codes",
}
_PART = re.compile(r"(?P<kind>EDSD|TRSD|EDCD|TRCD|EDED|TRED|UNCL)(?:-?\d)?\.(?P<release>\d\d[A-C])", re.IGNORECASE)
_MESSAGE = re.compile(r"(?P<type>[A-Z]{6})_(?P<version>[A-Z])\.(?P<release>\d\d[A-C])", re.IGNORECASE)

_RULE = re.compile(r"[-─]{40,}\s*")
_CHANGE = r"[+*#|X\- ]*"
_HEADING = re.compile(rf"{_CHANGE}(?P<ref>[A-Z]{{3}}|[CSE]\d{{3}}|\d{{4}})\s+(?P<name>\S.*)")
_LINE = re.compile(rf"{_CHANGE}(?P<position>\d{{3}})?{_CHANGE}(?P<ref>[CSE]\d{{3}}|\d{{4}})(?P<gap> +)(?P<rest>\S.*)")
_STATUS = re.compile(
    r"(?P<name>.*?)\s+(?P<status>[MC])(?:\s+(?P<times>\d+))?(?:\s+(?P<kind>an?|n)(?P<dots>\.\.)?(?P<length>\d+))?"
)
_REPRESENTATION = re.compile(r"\s*Repr:\s*(an?|n)\s*(\.\.)?\s*(\d+)")
_USAGE = re.compile(r"\s+\[[BIC]\]$")

_DELETED_ROW = re.compile(r"\s*(?:\d{4,5})?\s+-\s(?:\s*[─-]{2,}|[A-Z]{3}\s)")
_GROUP_ROW = re.compile(
    r"[^─-]*[─-]{2,}\s*Segment group\s+(?P<number>\d+)\s*[─-]+\s*(?P<status>[MC])\s+(?P<times>\d+)", re.I
)
_SEGMENT_ROW = re.compile(
    r"(?:\d{4,5})?[+*#|XS\- ]*(?P<tag>[A-Z]{3})\s+(?P<name>\S.*?)\s+(?P<status>[MC])\s+(?P<times>\d+)(?P<line>.*)"
)
_CLOSING = re.compile(r"[─-]+(?P<corners>[+┴┘]+)")
_NARROW = re.compile(r"^ {8}\S \S", re.MULTILINE)
_CODE = re.compile(r"[A-Za-z0-9]+")

_MINIMUM = {"M": "!", "C": ""}


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """One directory in guide form: ``directory`` and each of ``messages`` are the bytes of a file to keep.

    ``unread`` names what was in the files and could not be read, with the reason; empty when all of it was.
    """

    version: str
    directory: bytes
    messages: dict[str, bytes]
    unread: list[str]


def import_directory(files: Mapping[str, bytes]) -> Imported:
    """The guide data of the UN/EDIFACT directory in ``files`` (base name of each file → its bytes).

    Files that belong to no batch directory (indexes, introductions, the interactive parts) are passed over. Raises
    :class:`GuideError` when there is no directory in them at all.
    """
    parts: dict[str, list[str]] = {"segments": [], "composites": [], "elements": [], "codes": []}
    messages: dict[str, str] = {}
    versions: set[str] = set()
    for name, data in sorted(files.items()):
        if found := _PART.fullmatch(name):
            parts[_KINDS[found["kind"].upper()]].append(_text(data))
        elif found := _MESSAGE.fullmatch(name):
            messages[found["type"].upper()] = _text(data)
            versions.add(f"{found['version']}.{found['release']}".upper())
    if not messages or not parts["segments"] or not parts["composites"] or not parts["elements"]:
        raise GuideError("These files hold no UN/EDIFACT directory: give the zip's EDMD, EDSD, EDCD and EDED files")
    if len(versions) != 1:
        raise GuideError(f"These files mix several directories: {', '.join(sorted(versions))}")
    version = versions.pop()
    unread: list[str] = []
    elements = _elements(parts["elements"])
    directory = {
        "standard": "edifact",
        "version": version,
        "origin": f"UN/EDIFACT directory {version}, published by UNECE",
        "segments": _contents(parts["segments"], elements, unread),
        "composites": _contents(parts["composites"], elements, unread),
        "elements": elements,
        "codes": _codes(parts["codes"]),
    }
    guides: dict[str, bytes] = {}
    for kind, text in sorted(messages.items()):
        if re.search(r"^.{0,12}UIH\s", text, re.MULTILINE):
            continue  # An interactive message: ISO 9735-3, not batch.
        try:
            guides[kind] = _message(text)
        except GuideError as error:
            unread.append(f"{kind}: {error}")
    return Imported(version=version, directory=_lines(directory), messages=guides, unread=unread)


def _text(data: bytes) -> str:
    # Code page 437 maps every byte, and the drawn lines of the older files are only right in it.
    return data.decode("cp437").replace("\r\n", "\n").replace("\x1a", "")


def _blocks(texts: Iterable[str]) -> Iterator[list[str]]:
    """The blocks between rules, each with its blank lines left out and its first line first."""
    for text in texts:
        block: list[str] = []
        for line in text.split("\n"):
            if _RULE.fullmatch(line):
                yield block
                block = []
            elif line.strip():
                block.append(line.rstrip())
        yield block


def _contents(texts: Iterable[str], elements: Mapping[str, list[str]], unread: list[str]) -> dict[str, list[str]]:
    """Reference → [its content in our notation, its name], for a segment or a composite directory."""
    found: dict[str, list[str]] = {}
    for block in _blocks(texts):
        heading = _HEADING.fullmatch(block[0]) if block else None
        if heading is None or heading["ref"].isdigit():
            continue
        numbered = any((line := _LINE.fullmatch(text)) and line["position"] for text in block[1:])
        uses: list[str] = []
        pending: str | None = None
        for text in block[1:]:
            line = _LINE.fullmatch(text)
            repeated = line is not None and len(heading["ref"]) == 3 and not line["position"]
            if line is not None and repeated and (numbered or len(line["gap"]) > 1):
                # A segment's block repeats the components of its composites; they are known from the composite's own.
                # Directories without position numbers set those two blanks or more apart from their reference.
                pending = None
                continue
            if line is not None:
                pending = line["ref"]
                text = line["rest"]
            elif pending is None:
                continue
            if status := _STATUS.fullmatch(text.rstrip()):
                uses.append(_use(pending, status, elements))
                pending = None
        if not uses:
            unread.append(f"{heading['ref']}: no content found")
        found[heading["ref"]] = [" ".join(uses), _sentence(_name(block))]
    return dict(sorted(found.items()))


def _use(ref: str, status: re.Match[str], elements: Mapping[str, list[str]]) -> str:
    own = ""
    if status["kind"]:
        written = f"{status['kind']}{status['dots'] or ''}{status['length']}"
        if ref in elements and elements[ref][0] != written:
            own = f"={written}"
    times = f"*{status['times']}" if status["times"] and status["times"] != "1" else ""
    return f"{ref}{own}{_MINIMUM[status['status']]}{times}"


def _name(block: list[str]) -> str:
    """A heading's name, with the lines it goes on in: those indented like the name and not another heading's."""
    heading = _HEADING.fullmatch(block[0])
    if heading is None:
        return ""
    name, column = _USAGE.sub("", heading["name"].strip()), heading.start("name")
    for line in block[1:]:
        if len(line) - len(line.lstrip()) != column or line.lstrip().split(" ")[0].endswith(":"):
            break
        name += " " + _USAGE.sub("", line.strip())
    return " ".join(name.split())


def _sentence(name: str) -> str:
    """Names set in capitals, as a sentence would have them."""
    return name.capitalize() if name.isupper() else name


def _elements(texts: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for block in _blocks(texts):
        heading = _HEADING.fullmatch(block[0]) if block else None
        if heading is None or not heading["ref"].isdigit():
            continue
        representation = next((match for line in block if (match := _REPRESENTATION.match(line))), None)
        if representation:
            written = f"{representation[1]}{representation[2] or ''}{representation[3]}"
            found[heading["ref"]] = [written, _sentence(_name(block))]
    return dict(sorted(found.items()))


def _codes(texts: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    code_of = _narrow_code if any(_NARROW.search(text) for text in texts) else _wide_code
    for block in _blocks(texts):
        heading = _HEADING.fullmatch(block[0]) if block else None
        if heading is None or not heading["ref"].isdigit():
            continue
        start = next((number for number, line in enumerate(block) if _REPRESENTATION.match(line)), None)
        if start is None:
            continue
        codes = [code for row in block[start + 1 :] if (code := code_of(row))]
        if codes:
            found[heading["ref"]] = " ".join(dict.fromkeys(codes))
    return dict(sorted(found.items()))


def _narrow_code(row: str) -> str | None:
    """The code in a row of a list until D.98: in columns 3 to 9, numbers flush right and letters flush left."""
    column, code = row[2:9], row[2:9].strip()
    if row[9:10] == " " and row[10:11].strip() and (column[-1] != " " or column[1] != " ") and code.upper() == code:
        return code if _CODE.fullmatch(code) else None
    return None


def _wide_code(row: str) -> str | None:
    """The code in a row of a list since D.99: from column 6, its name from column 12."""
    code = row[5:11].strip()
    if row[4:5] == " " and row[5:6].strip() and row[11:12].strip() and row[10:11] == " ":
        return code if _CODE.fullmatch(code) else None
    return None


def _message(text: str) -> bytes:
    """A message's guide file: its name and its segment table as nested lists."""
    content: list[object] = []
    stack: list[list[object]] = [content]
    last: list[str] | None = None
    tables = re.split(r"Segment table", text, flags=re.IGNORECASE)
    for line in tables[-1].split("\n"):
        if _DELETED_ROW.match(line):
            continue
        if group := _GROUP_ROW.match(line):
            inner: list[object] = [f"SG{group['number']}{_MINIMUM[group['status'].upper()]}*{group['times']}"]
            stack[-1].append(inner)
            stack.append(inner)
        elif row := _SEGMENT_ROW.fullmatch(line):
            times = f"*{row['times']}" if row["times"] != "1" else ""
            stack[-1].append(f"{row['tag']}{_MINIMUM[row['status']]}{times}")
            if closing := _CLOSING.search(row["line"]):
                if len(closing["corners"]) >= len(stack):
                    raise GuideError(f"the segment table closes more groups than it opened at {row['tag']}")
                del stack[len(stack) - len(closing["corners"]) :]
            if row["tag"] in ("UNT", "UIT"):
                last = [row["tag"]]
                break
    if last is None or len(stack) != 1:
        raise GuideError("the segment table has no end" if last is None else f"{len(stack) - 1} groups are left open")
    return write_message(_title(text), content)


def write_message(name: str, content: list[object]) -> bytes:
    """A message's guide file with one line for each group, indented as deep as the group stands."""
    return f'{{"name": {json.dumps(name, ensure_ascii=False)},\n "content": {_group(content, 2)}}}\n'.encode()


def _group(content: list[object], depth: int) -> str:
    out = ""
    for number, entry in enumerate(content):
        comma = "," if number + 1 < len(content) else ""
        if isinstance(entry, list):
            out += f"\n{' ' * depth}{_group(entry, depth + 1)}{comma}"
        else:
            broken = number and isinstance(content[number - 1], list)
            out += (f"\n{' ' * depth}" if broken else " " if number else "") + json.dumps(entry) + comma
    return f"[{out}]"


def _title(text: str) -> str:
    """The message's name: the lines behind the recommendation's status, without the word "message"."""
    lines = [line.strip() for line in text.split("\n", 60)[:60]]
    status = next((n for n, line in enumerate(lines) if "RECOMMENDATION" in line or "STANDARD MESSAGE" in line), None)
    words: list[str] = []
    for line in lines[status + 1 :] if status is not None else ():
        if words and (not line or line.startswith("--")):
            break
        if line and not line.startswith("--"):
            words.append(line)
    name = " ".join(" ".join(words).split())
    return _sentence(re.sub(r"\s+message$", "", name, flags=re.IGNORECASE))


def _lines(directory: Mapping[str, object]) -> bytes:
    """JSON with a line for each segment, composite, element and code list, so that directories can be compared."""
    out = ["{"]
    for number, (key, value) in enumerate(directory.items()):
        comma = "," if number + 1 < len(directory) else ""
        if isinstance(value, dict):
            rows = [f"  {json.dumps(ref)}: {json.dumps(row, ensure_ascii=False)}" for ref, row in value.items()]
            out += [f" {json.dumps(key)}: {{", ",\n".join(rows), f" }}{comma}"]
        else:
            out.append(f" {json.dumps(key)}: {json.dumps(value)}{comma}")
    return ("\n".join([*out, "}"]) + "\n").encode()
