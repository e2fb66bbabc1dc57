"""The short names of codes, over all versions of a standard: what ``203`` means where ``2379`` has it.

Sixty directories give ten thousand codes a name each, and hardly any differs from the directory before. So the names
are kept once for the whole standard, apart from the version files, and read only when a person wants to be told::

    {"standard": "edifact", "versions": "D.94A D.95B D.96A …",
     "names": {"2379": {"203": "CCYYMMDDHHMM", "2": [["D.94A", "DDMMYY"], ["D.00A", "Day, month, year"]]}}}

A name that never changed is a text. One that did is a list of (first version, name), in the order of the versions.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right, insort
from collections.abc import Mapping

import msgspec

from translators.dictionary import GuideError

_DIRECTORY = re.compile(r"([A-Z])\.(\d\d)([A-Z])")


class CodeNames(msgspec.Struct, forbid_unknown_fields=True):
    """The names of one standard's codes."""

    standard: str
    versions: str = ""
    """The versions that the names are from, in order, separated by blanks."""
    names: dict[str, dict[str, str | list[tuple[str, str]]]] = {}

    def find(self, version: str, element: str, code: str) -> str | None:
        """The name of ``code`` as ``version`` has it, or the version before it; ``None`` when no version names it."""
        name = self.names.get(element, {}).get(code)
        if name is None or isinstance(name, str):
            return name
        at = bisect_right(name, order(version), key=lambda run: order(run[0]))
        return name[max(at - 1, 0)][1]

    def add(self, version: str, names: Mapping[str, Mapping[str, str]]) -> None:
        """Takes over what ``version`` calls its codes: element → code → name."""
        before = self.versions.split()
        at = bisect_right(before, order(version), key=order)
        following = next((each for each in before[at:] if each != version), None)
        for element, codes in names.items():
            known = self.names.setdefault(element, {})
            for code, name in codes.items():
                known[code] = _with(known.get(code), version, name, following, before)
        if version not in before:
            insort(before, version, key=order)
            self.versions = " ".join(before)


def order(version: str) -> tuple[str, int, str]:
    """What sorts versions by age: D.99B comes before D.00A."""
    found = _DIRECTORY.fullmatch(version)
    if found is None:
        return (version, 0, "")
    year = int(found[2])
    return (found[1], year + (1900 if year >= 88 else 2000), found[3])


def read_code_names(name: str, data: bytes) -> CodeNames:
    """The names in ``data``; :class:`GuideError` when it is not of that form."""
    try:
        return msgspec.json.decode(data, type=CodeNames)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise GuideError(f"{name}: {error}") from error


def write_code_names(names: CodeNames) -> bytes:
    """The file of ``names``: JSON with a line for each element."""
    rows = [
        f"  {json.dumps(element)}: {json.dumps(dict(sorted(codes.items())), ensure_ascii=False)}"
        for element, codes in sorted(names.names.items())
    ]
    head = f'{{"standard": {json.dumps(names.standard)},\n "versions": {json.dumps(names.versions)},\n "names": {{\n'
    return (head + ",\n".join(rows) + "\n }\n}\n").encode()


def _with(
    known: str | list[tuple[str, str]] | None, version: str, name: str, following: str | None, versions: list[str]
) -> str | list[tuple[str, str]]:
    """``known`` with ``name`` for ``version``; the versions that follow keep theirs."""
    if known is None or known == name:
        return name
    runs = [(versions[0] if versions else version, known)] if isinstance(known, str) else list(known)
    at = bisect_right(runs, order(version), key=lambda run: order(run[0]))
    held = runs[max(at - 1, 0)]
    if held[1] == name:
        # Before the first run its name holds by default; said outright, it stays when the first run changes.
        return known if at else [(version, name), *runs[1:]]
    changed = [run for run in runs if run[0] != version]
    if following is not None and all(run[0] != following for run in changed):
        insort(changed, (following, held[1]), key=lambda run: order(run[0]))
    insort(changed, (version, name), key=lambda run: order(run[0]))
    # Runs that say what the one before says already are none.
    kept = [run for number, run in enumerate(changed) if number == 0 or changed[number - 1][1] != run[1]]
    return kept if len(kept) > 1 else kept[0][1]
