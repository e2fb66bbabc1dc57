"""Counts what UNECE's directories hold, for comparison with what the importer made of them.

    python tests/translators/count_untdid.py FOLDER_WITH_THE_ZIPS > tests/vectors/untdid/counts.json

A program of another kind on purpose: it shares nothing with the importer, knows no layout, builds nothing, and only
counts lines by the words in them. ``index`` are the lines of the directory's own index files, where it has them;
``printed`` counts the entries themselves. ``rows`` and ``groups`` are those of all segment tables, deleted ones apart,
``in_segments`` and ``in_composites`` the lines of what those hold.
"""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

INDEXES = {"messages": "MDI1", "segments": "SDI1", "composites": "CDI1", "elements": "EDI1"}
REFERENCE = {"messages": "[A-Z]{6}", "segments": "[A-Z]{3}", "composites": "C[0-9]{3}", "elements": "[0-9]{4}"}
MARKS = set("+*#|X")


def members(data: bytes) -> Iterator[tuple[str, str]]:
    """(name in capitals, text) of every file in a zip and in the zips inside it."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    for name in archive.namelist():
        base = name.rpartition("/")[2].upper()
        if base.startswith("._") or not base:
            continue
        try:
            content = archive.read(name)
        except zipfile.BadZipFile:
            continue  # A nested zip of texts about the directory, in D.11B.
        if base.endswith(".ZIP"):
            yield from members(content)
        else:
            yield base, content.decode("cp437").replace("\r", "")


def first(line: str) -> tuple[str, bool]:
    """The first word behind the marks of change, and whether one of these says that it is deleted."""
    marks = re.match(r"(?:[ +*#|-]|X(?=[ +*#|-]))*", line)
    rest = line[marks.end() :] if marks else line
    return (rest.split() or [""])[0], marks is not None and "-" in marks[0]


def heads(text: str) -> Iterator[tuple[str, list[str]]]:
    """(first word, lines) of each entry that stands between two ruled lines and is not deleted."""
    for block in re.split(r"\n[-\u2500]{40,}[ ]*\n", "\n" + text):
        lines = [line for line in block.split("\n") if line.strip()]
        if lines:
            word, deleted = first(lines[0])
            if word and (not deleted or word.isdigit()):
                yield word, lines


def uses(lines: list[str]) -> int:
    """The lines of an entry that name an element or composite of its own: a status behind a reference."""
    text = "\n".join(lines[1:])
    numbered = len(re.findall(r"^\d{3}[ +*#|X]", text, re.MULTILINE))
    if numbered:
        return numbered
    # Without numbers: one blank behind a reference of a segment's own, more behind those of its composites.
    own = "" if re.fullmatch(REFERENCE["composites"], first(lines[0])[0]) else "(?! )"
    return len(re.findall(rf"^[ +*#|X]*(?:[CS]\d{{3}}|\d{{4}}) {own}", text, re.MULTILINE))


def codes(lines: list[str], apart: bool) -> int:
    """The codes below the representation: a name in the name's column, and in front of it one word."""
    start = next((at for at, line in enumerate(lines) if re.match(r"\s*Repr:", line)), None)
    seen = set()
    for line in lines[start + 1 :] if start is not None else ():
        column = 11 if apart else 10
        front = line[:column].split()
        if (
            "\t" not in line
            and line[column : column + 1].strip()
            and line[column - 1 : column] == " "
            and front
            and "-" not in front[0]
        ):
            word = front[-1]
            if re.fullmatch("[A-Za-z0-9]+", word) and not (set(word) <= MARKS and len(front) == 1 and line[0] != " "):
                seen.add(word)
    return len(seen)


def count(data: bytes) -> tuple[str, dict[str, dict[str, int]]]:
    """One directory's release and its counts."""
    texts = list(members(data))
    release = next(name.rpartition(".")[2] for name, _ in texts if re.match("[ET][DR]SD\\.", name))
    index: dict[str, int] = {}
    printed = dict.fromkeys(
        ("messages", "rows", "groups", "segments", "in_segments", "composites", "in_composites", "elements", "codes"), 0
    )
    for kind, ending in INDEXES.items():
        for name, text in texts:
            if re.fullmatch(f"(ED|TR){ending}\\.{release}", name):
                marks = "[ +*#|XR-]*" if kind == "elements" else "[ +*#|XR]*"
                listed = re.split(r"(?:Tag|Code) +Name.*", text)[-1] if re.search("(?:Tag|Code) +Name", text) else text
                entries = re.findall(rf"^{marks}({REFERENCE[kind]}) +\S", listed, re.MULTILINE)
                index[kind] = len(set(entries))
    lists = "".join(text for name, text in texts if name.startswith("UNCL"))
    apart = re.search(r"^     1     \S", lists, re.MULTILINE) is not None
    for name, text in texts:
        kind = name.partition(".")[0]
        if re.fullmatch(f"[A-Z]{{6}}_D\\.{release}", name):
            table = re.split("(?i)segment table", text)[-1]
            if " UIH " in table:
                continue
            ends = [found.end() for found in re.finditer(r"^[^-\n]{0,14}UNT .*", table, re.MULTILINE)]
            # One is printed twice, the first time without its end.
            starts = [found.start() for found in re.finditer(r"^[^-\n]{0,14}UNH ", table[: ends[0]], re.MULTILINE)]
            table = table[starts[-1] : ends[0]]
            printed["messages"] += 1
            for line in table.split("\n"):
                drawn = re.match(r"[^\u2500]*?(-?)\s+[-\u2500]{2,}\s*segment group", line, re.IGNORECASE)
                if drawn:
                    printed["groups"] += not drawn[1]
                elif re.search(r"(?<![A-Za-z])[A-Z]{3} +[A-Z][a-z]", line[:20]):
                    printed["rows"] += not first(re.sub(r"^\d+", "", line))[1]
        elif kind in ("EDSD", "TRSD", "EDCD", "TRCD", "EDED", "TRED") or kind.startswith("UNCL"):
            for word, lines in heads(text):
                if kind in ("EDSD", "TRSD") and re.fullmatch("[A-Z]{3}", word):
                    printed["segments"] += 1
                    printed["in_segments"] += uses(lines)
                elif kind in ("EDCD", "TRCD") and re.fullmatch("C[0-9]{3}", word):
                    printed["composites"] += 1
                    printed["in_composites"] += uses(lines)
                elif kind in ("EDED", "TRED") and word.isdigit() and any("Repr:" in line for line in lines):
                    printed["elements"] += 1
                elif kind.startswith("UNCL") and word.isdigit() and len(word) == 4:
                    printed["codes"] += codes(lines, apart)
    return f"D.{release}", {"index": index, "printed": printed}


if __name__ == "__main__":
    counted = dict(count(path.read_bytes()) for path in Path(sys.argv[1]).glob("*.zip"))
    rows = [f"  {json.dumps(version)}: {json.dumps(found)}" for version, found in sorted(counted.items())]
    print("{\n" + ",\n".join(rows) + "\n}")
