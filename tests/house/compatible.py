"""``python -m tests.house.compatible``: what the code changes in the committed schemas of canonical types and events.

To be run before ``python -m tests.house.generate`` writes them anew: it ends with 1 when a change needs a new version.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from gateway.events import VERSIONS, data_schema
from translators.canonical import CANONICAL, canonical_schema
from translators.canonical.compatibility import Change, schema_changes

SCHEMAS = Path(__file__).parents[2] / "profiles" / "schemas" / "canonical"
EVENTS = SCHEMAS.parent / "events"


def changes() -> dict[str, list[Change]]:
    """By type, what differs between its committed schema and its code; types without a schema are left out."""
    found = {}
    for name in CANONICAL:
        file = SCHEMAS / f"{name.replace('/', '-')}.json"
        if file.is_file():
            found[name] = schema_changes(json.loads(file.read_bytes()), canonical_schema(name))
    return found


def event_changes() -> dict[str, list[Change]]:
    """As :func:`changes`, of the data of events, by family and version."""
    found = {}
    for family, version in VERSIONS.items():
        file = EVENTS / f"{family}-{version}.json"
        if file.is_file():
            found[f"{family}/{version}"] = schema_changes(json.loads(file.read_bytes()), data_schema(family))
    return found


def main() -> int:
    """Print the changes; 1 when one of them is not allowed within its version."""
    good = True
    for name, found in {**changes(), **event_changes()}.items():
        for change in found:
            sys.stdout.write(f"{name}: {change}\n")
            good = good and change.allowed
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
