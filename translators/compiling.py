"""A version's dictionary compiled: what a segment may contain, and the places of a message's table.

Read in :mod:`translators.guide` for a message, and in :mod:`translators.layers` for what a layer adds to one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from translators.dictionary import Directory, GuideError, Use, read_representation, read_use
from translators.elements import ComponentSpec, ElementSpec, SegmentSpec
from translators.grammar import Place
from translators.relations import Relation, read_relation


class Compiler:
    """Builds the places of one message; each segment is compiled once and shared by all places it stands at."""

    def __init__(self, name: str, directory: Directory, services: Sequence[Directory]) -> None:
        self._name = name
        # UGH and UGT are of syntax 4 only, and some messages of the batch directories have them all the same.
        self._directories = [directory, *services]
        self._later = [directory, *reversed(services)]
        self._segments: dict[tuple[str, str], SegmentSpec] = {}

    def fill(self, group: Place, content: Sequence[object]) -> None:
        """Adds the segments and groups of ``content`` behind the children that ``group`` has."""
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
        """What ``tag`` may contain; ``later``: under syntax 4."""
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
    elements = tuple(compile_element(read_use(text), directory) for text in content.split())
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


def compile_element(use: Use, directory: Directory) -> ElementSpec:
    """What may stand where ``use`` is written in a segment."""
    if use.ref not in directory.composites:
        component = compile_component(use, directory)
        return ElementSpec(
            ref=use.ref,
            name=component.name,
            required=use.minimum > 0,
            maximum=use.maximum,
            composite=False,
            components=(component,),
        )
    content, name = directory.composites[use.ref]
    components = tuple(compile_component(read_use(text), directory) for text in content.split())
    return ElementSpec(
        ref=use.ref,
        name=name,
        required=use.minimum > 0,
        maximum=use.maximum,
        composite=True,
        components=components,
        relations=_relations(use.ref, directory, len(components)),
    )


def compile_component(use: Use, directory: Directory) -> ComponentSpec:
    """What may stand where ``use`` is written in a composite, or as a simple element."""
    text, name = directory.element(use.ref)
    codes = directory.codes.get(use.codes or use.ref)
    return ComponentSpec(
        ref=use.ref,
        name=name,
        required=use.minimum > 0,
        representation=use.representation or read_representation(text),
        codes=_code_set(codes) if codes else None,
    )


@lru_cache(maxsize=4096)
def _code_set(codes: str) -> frozenset[str]:
    """The values of a code list as a set, which all uses of the list share."""
    return frozenset(codes.split())
