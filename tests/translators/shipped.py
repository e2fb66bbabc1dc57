"""The guides that ship, for tests of the pure core, which reads no files itself."""

from __future__ import annotations

from pathlib import Path

import zstandard

from translators.shelf import Shelf

GUIDES = Path(__file__).parents[2] / "profiles" / "guides"
VERSIONS = sorted(
    f"{path.parent.name}/{path.name.removesuffix('.zst').removesuffix('.json')}"
    for standard in ("edifact", "x12")
    for path in (GUIDES / standard).glob("*.json*")
)
"""The names of all version files, such as ``edifact/D.96A``."""
WRITTEN = [name for name in VERSIONS if (GUIDES / f"{name}.json").is_file()]
"""Those that are written by hand, not imported."""


def load(name: str) -> bytes | None:
    """The JSON of the version file called ``name``, as a :class:`Shelf` asks for it."""
    plain, compressed = GUIDES / f"{name}.json", GUIDES / f"{name}.json.zst"
    if plain.is_file():
        return plain.read_bytes()
    if not compressed.is_file():
        return None
    # The frame in front, which names the messages, is skipped as any reader of the format does.
    with zstandard.ZstdDecompressor().stream_reader(compressed.read_bytes(), read_across_frames=True) as stream:
        return stream.read()


SHELF = Shelf(load)
