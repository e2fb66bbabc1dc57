"""UN/EDIFACT directories: from the text files that UNECE publishes to a version file of ours.

UNECE publishes each directory as plain text made for printing: one file per message with a drawn *segment table*
(:mod:`translators.untdid_table`), and one file each for segments (EDSD or TRSD), composites (EDCD, TRCD), elements
(EDED, TRED) and codes (UNCL, often in two parts; :mod:`translators.untdid_codes`). The layout changed several times
since 1993: with and without position numbers, codes set flush right or flush left. What all of them share is enough to
read them by: blocks between rules, a reference before a name, a status letter and a count behind it.

*Marks of change* stand before a reference. ``-`` is a deletion: such an entry is printed for the record and is left
out. ``X`` is marked for deletion in a later directory, and so, for elements, is ``-``; all others say that something
is new: these entries hold.

*Dependency notes* of a segment (``040 D5(040,030) If first, then all``; few directories have one) become relational
rules, with a letter in place of the number and the elements' ordinal numbers in place of their positions.

``import_directory`` takes the files as they came out of the zip (and of the zips inside it): opening archives is the
caller's work, so that this module stays pure. Descriptions, notes and usage rules are left behind; names are UNECE's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from translators.dictionary import Directory, GuideError
from translators.imported import Imported, count, write_version
from translators.relations import NOTES
from translators.untdid_codes import CodeList, layout_of, read_code_list
from translators.untdid_table import MINIMUM, read_table

_KINDS = {"EDSD": "segments", "TRSD": "segments", "EDCD": "composites", "TRCD": "composites"} | {
    "EDED": "elements",
    "TRED": "elements",
    "UNCL": "codes",
}
_PART = re.compile(r"(?P<kind>EDSD|TRSD|EDCD|TRCD|EDED|TRED|UNCL)(?:-?\d)?\.(?P<release>\d\d[A-C])", re.IGNORECASE)
_MESSAGE = re.compile(r"(?P<type>[A-Z]{6})_(?P<version>[A-Z])\.(?P<release>\d\d[A-C])", re.IGNORECASE)
_INTERACTIVE = re.compile(r"^.{0,12}UIH\s", re.MULTILINE)

_RULE = re.compile(r"[-─]{40,}\s*")
_CHANGE = r"[+*#|X\- ]*"
_HEADING = re.compile(rf"(?P<marks>{_CHANGE})(?P<ref>[A-Z]{{3}}|[CSE]\d{{3}}|\d{{4}})\s+(?P<name>\S.*)")
_LINE = re.compile(
    rf"(?P<before>{_CHANGE})(?P<position>\d{{3}})?(?P<marks>{_CHANGE})(?P<ref>[CSE]\d{{3}}|\d{{4}})"
    r"(?P<gap> +)(?P<rest>\S.*)"
)
_STATUS = re.compile(
    r"(?P<name>.*?)\s+(?P<status>[MC])(?:\s+(?P<times>\d+))?(?:\s+(?P<kind>an?|n)(?P<dots>\.\.)?(?P<length>\d+))?"
)
_DEPENDENCY = re.compile(rf"{_CHANGE}\d{{3}}{_CHANGE}D(?P<kind>[1-7])\((?P<positions>\d{{3}}(?:,\s*\d{{3}})+)\).*")
_REPRESENTATION = re.compile(r"\s*Repr:\s*(an?|n)\s*(\.\.)?\s*(\d+)")
_USAGE = re.compile(r"\s+\[[BIC]\]$")

Lines = Mapping[str, tuple[str, str]]
"""Reference → (content or representation, name), as a version file has them."""


def releases(files: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    """The files that belong to a batch directory, by release (``96A``)."""
    found: dict[str, dict[str, bytes]] = {}
    for name, data in files.items():
        if part := _PART.fullmatch(name) or _MESSAGE.fullmatch(name):
            found.setdefault(part["release"].upper(), {})[name] = data
    return found


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
    doubts: list[str] = []
    elements = _elements(parts["elements"])
    notes: dict[str, str] = {}
    lists = _code_lists(parts["codes"])
    directory = Directory(
        standard="edifact",
        version=version,
        origin=f"UN/EDIFACT directory {version}, published by UNECE",
        segments=_contents(parts["segments"], elements, notes, unread),
        composites=_contents(parts["composites"], elements, notes, unread),
        elements=elements,
        codes={each.element: " ".join(each.names) for each in lists},
        notes=notes,
    )
    guides: dict[str, dict[str, object]] = {}
    for kind, text in sorted(messages.items()):
        if _INTERACTIVE.search(text):
            continue  # An interactive message: ISO 9735-3, not batch.
        try:
            table = read_table(text)
        except GuideError as error:
            unread.append(f"{kind}: {error}")
            continue
        guides[kind] = {"name": _title(text), "content": table.content}
        doubts += [f"{kind}: {doubt}" for doubt in table.doubts]
    return Imported(
        standard="edifact",
        version=version,
        data=write_version(directory, guides),
        counts=count(directory, len(guides)),
        unread=unread,
        doubts=doubts,
        names={each.element: each.names for each in lists},
    )


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


def _contents(
    texts: Iterable[str], elements: Lines, notes: dict[str, str], unread: list[str]
) -> dict[str, tuple[str, str]]:
    """Reference → (its content in our notation, its name), for a segment or a composite directory."""
    found: dict[str, tuple[str, str]] = {}
    for block in _blocks(texts):
        heading = _heading(block)
        if heading is None or heading["ref"].isdigit():
            continue
        ref = heading["ref"]
        numbered = any((line := _LINE.fullmatch(text)) and line["position"] for text in block[1:])
        uses: list[str] = []
        positions: list[str] = []
        pending: re.Match[str] | None = None
        for text in block[1:]:
            if dependency := _DEPENDENCY.fullmatch(text):
                notes[ref] = " ".join(filter(None, (notes.get(ref, ""), _rule(dependency, positions))))
                continue
            line = _LINE.fullmatch(text)
            repeated = line is not None and len(ref) == 3 and not line["position"]
            if line is not None and repeated and (numbered or len(line["gap"]) > 1):
                # A segment's block repeats the components of its composites; they are known from the composite's own.
                # Directories without position numbers set those two blanks or more apart from their reference.
                pending = None
                continue
            if line is not None:
                pending = line
                text = line["rest"]
            elif pending is None:
                continue
            if status := _STATUS.fullmatch(text.rstrip()):
                if "-" not in pending["before"] + pending["marks"]:
                    uses.append(_use(pending["ref"], status, elements))
                    positions.append(pending["position"] or "")
                pending = None
        if not uses:
            unread.append(f"{ref}: no content found")
        found[ref] = (" ".join(uses), _sentence(_name(block)))
    return dict(sorted(found.items()))


def _heading(block: list[str]) -> re.Match[str] | None:
    """What a block is about; ``None`` when it is no entry, or one that was deleted."""
    heading = _HEADING.fullmatch(block[0]) if block else None
    deleted = heading is not None and "-" in heading["marks"] and not heading["ref"].isdigit()
    return None if deleted else heading


def _rule(note: re.Match[str], positions: Sequence[str]) -> str:
    """A dependency note (ISO 9735-1, annex A) in the notation of :mod:`translators.relations`."""
    bound = (positions.index(each.strip()) + 1 for each in note["positions"].split(","))
    return NOTES[int(note["kind"]) - 1] + "".join(f"{each:02d}" for each in bound)


def _use(ref: str, status: re.Match[str], elements: Lines) -> str:
    own = ""
    if status["kind"]:
        written = f"{status['kind']}{status['dots'] or ''}{status['length']}"
        if ref in elements and elements[ref][0] != written:
            own = f"={written}"
    times = f"*{status['times']}" if status["times"] and status["times"] != "1" else ""
    return f"{ref}{own}{MINIMUM[status['status']]}{times}"


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


def _elements(texts: Iterable[str]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for block in _blocks(texts):
        heading = _heading(block)
        if heading is None or not heading["ref"].isdigit():
            continue
        representation = next((match for line in block if (match := _REPRESENTATION.match(line))), None)
        if representation:
            written = f"{representation[1]}{representation[2] or ''}{representation[3]}"
            found[heading["ref"]] = (written, _sentence(_name(block)))
    return dict(sorted(found.items()))


def _code_lists(texts: Sequence[str]) -> list[CodeList]:
    found: dict[str, CodeList] = {}
    layout = layout_of(texts)
    for block in _blocks(texts):
        heading = _heading(block)
        if heading is None or not heading["ref"].isdigit():
            continue
        start = next((number for number, line in enumerate(block) if _REPRESENTATION.match(line)), None)
        if start is None:
            continue
        read = read_code_list(heading["ref"], block[start + 1 :], layout)
        if read.names:
            found[heading["ref"]] = read
    return [found[element] for element in sorted(found)]


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
