"""Guides from data: a message's table and its version's directory, compiled into a grammar and changed by layers.

A message file says which segments and groups follow each other (:mod:`translators.dictionary` has the notation)::

    {"name": "International multimodal status report",
     "content": ["UNH!", "BGM!", "DTM*9", ["SG1*9", "NAD!", ["SG2*9", "CTA!", "COM*9"]], "UNT!"]}

and a directory says what is in them. Layers of typed changes (:mod:`translators.layers`) are applied in order:
standard, industry, partner, message. Every rule remembers the layer that set it, so a finding can name it.

Groups in EDIFACT are called as the directories call them (``SG1``); loops in X12 have the tag of their first segment
(``N1``, ``LX``), which is unique among its siblings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from translators.dictionary import Directory, GuideError, Use, read_directory, read_representation, read_use
from translators.elements import ComponentSpec, ElementSpec, SegmentSpec
from translators.grammar import Guide, Place
from translators.layers import apply_layer
from translators.relations import Relation, read_relation

__all__ = ["SERVICE_DIRECTORIES", "Guide", "GuideError", "Shelf", "compile_segment", "read_guide"]

SERVICE_DIRECTORIES = ("edifact/D.3/directory", "edifact/4.1/directory")
"""Where UNH, UNS and UNT are defined, for syntax 1 to 3 and for syntax 4: the syntax's own, not the message's."""


class _MessageFile(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    content: list[object]


def read_guide(
    name: str,
    data: bytes,
    layers: Sequence[tuple[str, bytes]] = (),
    *,
    directory: Directory,
    services: Sequence[Directory] = (),
) -> Guide:
    """The guide called ``name`` (``edifact/D.96A/IFTSTA``) from its message file and its version's ``directory``.

    ``services`` are the directories of :data:`SERVICE_DIRECTORIES`, in that order, for a guide that is not itself one
    of theirs. ``layers`` are (name, bytes) of layer files, the most general first. :class:`GuideError` says what is
    wrong, and in which file.
    """
    try:
        message = msgspec.json.decode(data, type=_MessageFile)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise GuideError(f"{name}: {error}") from error
    root = Place(name.rpartition("/")[2], 1, 1, None, 0, True)
    root.title = message.name
    compiler = _Compiler(name, directory, services)
    compiler.fill(root, message.content)
    if len(root.children) < 2 or any(root.children[at].group for at in (0, -1)):
        raise GuideError(f"{name}: content: a message starts with its header segment and ends with its trailer")
    guide = Guide(name, message.name, root, directory, tuple(layer for layer, _ in layers))
    for layer, layer_data in layers:
        apply_layer(guide, layer, layer_data)
    guide.counted = any(place.minimum > 1 for place in root.walk())
    return guide


class _Compiler:
    """Builds the places of one message; each segment is compiled once and shared by all places it stands at."""

    def __init__(self, name: str, directory: Directory, services: Sequence[Directory]) -> None:
        self._name = name
        self._directories = [directory, *services[:1]]
        self._later = [directory, *services[1:2], *services[:1]]
        self._segments: dict[tuple[str, str], SegmentSpec] = {}

    def fill(self, group: Place, content: Sequence[object]) -> None:
        for entry in content:
            match entry:
                case str():
                    self._add(group, entry, ())
                case [str() as head, *inner]:
                    self._add(group, head, inner)
                case _:
                    raise GuideError(f"{self._name}: {group.path}: expected a segment or a [group, …], not {entry!r}")

    def _add(self, group: Place, text: str, inner: Sequence[object]) -> None:
        try:
            use = read_use(text)
        except GuideError as error:
            raise GuideError(f"{self._name}: {group.path}: {error}") from error
        place = Place(use.ref, use.minimum, use.maximum, group, len(group.children), bool(inner))
        group.children.append(place)
        if inner:
            self.fill(place, inner)
            if place.children[0].group or place.children[0].maximum != 1 or place.children[0].minimum != 1:
                raise GuideError(f"{self._name}: {place.path}: a group starts with a segment that stands exactly once")
            place.title = place.children[0].title
        else:
            place.segment = self.segment(use.ref, later=False)
            service = self.segment(use.ref, later=True)
            place.service = service if service is not place.segment else None
            place.title = place.segment.name

    def segment(self, tag: str, later: bool) -> SegmentSpec:
        directories = self._later if later else self._directories
        for directory in directories:
            if tag in directory.segments:
                key = (tag, directory.version)
                if key not in self._segments:
                    try:
                        self._segments[key] = compile_segment(tag, directory)
                    except GuideError as error:
                        raise GuideError(f"{self._name}: in the directory of {directory.version}: {error}") from error
                return self._segments[key]
        raise GuideError(f"{self._name}: segment {tag} is in none of its directories")


def compile_segment(tag: str, directory: Directory) -> SegmentSpec:
    """What ``tag`` may contain, by its directory."""
    content, name = directory.segments[tag]
    elements = tuple(_element(read_use(text), directory) for text in content.split())
    return SegmentSpec(tag=tag, name=name, elements=elements, relations=_relations(tag, directory, len(elements)))


def _relations(ref: str, directory: Directory, length: int) -> tuple[Relation, ...]:
    found = []
    for text in directory.notes.get(ref, "").split():
        try:
            relation = read_relation(text)
        except ValueError as error:
            raise GuideError(f"notes.{ref}: {error}") from error
        if max(relation.positions) > length:
            raise GuideError(f"notes.{ref}: {text} names a position that {ref} does not have")
        found.append(relation)
    return tuple(found)


def _element(use: Use, directory: Directory) -> ElementSpec:
    if use.ref not in directory.composites:
        component = _component(use, directory)
        return ElementSpec(
            ref=use.ref,
            name=component.name,
            required=use.minimum > 0,
            maximum=use.maximum,
            composite=False,
            components=(component,),
        )
    content, name = directory.composites[use.ref]
    components = tuple(_component(read_use(text), directory) for text in content.split())
    return ElementSpec(
        ref=use.ref,
        name=name,
        required=use.minimum > 0,
        maximum=use.maximum,
        composite=True,
        components=components,
        relations=_relations(use.ref, directory, len(components)),
    )


def _component(use: Use, directory: Directory) -> ComponentSpec:
    text, name = directory.elements[use.ref]
    codes = directory.codes.get(use.codes or use.ref)
    return ComponentSpec(
        ref=use.ref,
        name=name,
        required=use.minimum > 0,
        representation=use.representation or read_representation(text),
        codes=frozenset(codes.split()) if codes else None,
    )


class Shelf:
    """Guides by name, read once. ``load`` gives the bytes of ``edifact/D.96A/IFTSTA.json``, or ``None``."""

    def __init__(self, load: Callable[[str], bytes | None]) -> None:
        self._load = load
        self._directories: dict[str, Directory] = {}
        self._guides: dict[tuple[str, tuple[tuple[str, bytes], ...]], Guide] = {}

    def guide(self, name: str, layers: Sequence[tuple[str, bytes]] = ()) -> Guide | None:
        """The guide called ``name`` with these layers, or ``None`` when there is none; :class:`GuideError` as above."""
        key = (name, tuple(layers))
        guide = self._guides.get(key)
        if guide is None:
            data = self._load(f"{name}.json")
            if data is None:
                return None
            own = f"{name.rpartition('/')[0]}/directory"
            services = []
            if name.startswith("edifact/") and own not in SERVICE_DIRECTORIES:
                services = [self.directory(service) for service in SERVICE_DIRECTORIES]
            guide = read_guide(name, data, layers, directory=self.directory(own), services=services)
            self._guides[key] = guide
        return guide

    def directory(self, name: str) -> Directory:
        """The directory called ``name`` (``edifact/D.96A/directory``); :class:`GuideError` when it is not there."""
        directory = self._directories.get(name)
        if directory is None:
            data = self._load(f"{name}.json")
            if data is None:
                raise GuideError(f"{name}.json is missing; it belongs beside the guides of its version")
            directory = self._directories[name] = read_directory(name, data)
        return directory
