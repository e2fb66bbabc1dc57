"""Messages made ready for an envelope: what it cannot carry is replaced, numbers get its decimal mark, guides judge.

Everything that may refuse a message happens here, before a control number is needed, and on exactly the values that go
out: a letter that became two may be one too many for its element. Where X12 data holds a delimiter, another one that
the partner takes is chosen, once for all the messages of an envelope.

Preparing what was prepared changes nothing more, so a message may be tried under one number and sent under another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec

from translators.contents import check_segment
from translators.dialects import charset_of, dialect_of, with_free_delimiters
from translators.elements import Notation, SegmentSpec
from translators.envelope import Envelope, Outgoing
from translators.finding import Finding, Where
from translators.grammar import Guide
from translators.message_headers import header_of
from translators.pen import BINARY, is_neat, trimmed
from translators.placing import arrange
from translators.substitution import substituted, without_delimiters
from translators.syntax import Elements, MessageKind
from translators.tree import Node, elements_of
from translators.validation import validate_tree

GuideFor = Callable[[MessageKind], Guide | None]
"""The guide of a kind of message; ``None`` when there is none."""

_POINT = re.compile(r"-?[0-9]+\.[0-9]+")


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it will be written, and what is wrong with it or was changed in it."""

    message: Outgoing
    findings: list[Finding]

    @property
    def sendable(self) -> bool:
        """Whether no finding is an error."""
        return not any(finding.fatal for finding in self.findings)


class Preparation(msgspec.Struct, frozen=True, kw_only=True):
    """The messages, in their order, and the envelope with the delimiters that its messages leave free."""

    envelope: Envelope
    messages: list[Prepared]
    findings: list[Finding]
    """About the envelope."""


def prepare(envelope: Envelope, messages: Sequence[Outgoing], guide_for: GuideFor | None = None) -> Preparation:
    """What is to be written of ``messages``, judged by their guides where ``guide_for`` is given.

    A kind without a guide is then an error: nobody could say that its receiver can read it. Without guides there is
    nobody to tell numbers from texts, and values are written with the marks they have.
    """
    charset, _ = charset_of(envelope)
    layout = envelope.layout
    changes = [_Changes(message.reference) for message in messages]
    if layout.unencodable != "error":
        why = f"{charset.name} cannot carry it"
        messages = [
            each.made(message, lambda value: substituted(value, charset, layout), why)
            for message, each in zip(messages, changes, strict=True)
        ]
    envelope, chosen = with_free_delimiters(envelope, messages)
    dialect = dialect_of(envelope)
    # A delimiter that can be released may be part of data.
    replaced = layout.delimiter_in_data != "error" and dialect.release is None
    delimiters = dialect.delimiters.decode("ascii")
    prepared = []
    for message, each in zip(messages, changes, strict=True):
        if replaced:
            why = "it is a delimiter"
            message = each.made(message, lambda value: without_delimiters(value, delimiters, layout), why)
        message = each.without_empty(message, keep_trailing=layout.keep_trailing)
        message, wrong = _judged(envelope, message, guide_for)
        prepared.append(Prepared(message=message, findings=each.findings + wrong))
    return Preparation(envelope=envelope, messages=prepared, findings=chosen)


def _without_empty(node: Node) -> bool:
    """Whether the segments in ``node`` have elements of their own, without an empty value that is to be left out."""
    for segment in node.segments():
        elements = segment.elements
        if segment.segment is not None or segment.name in BINARY:
            return False
        if is_neat(elements):
            continue
        if trimmed(elements) != elements:
            return False
        if any(len(each) > 1 and ("",) in each for each in elements):
            return False
    return True


def _rebuilt(body: Sequence[Node], change: Callable[[Node], Elements]) -> tuple[Node, ...]:
    """The same tree, with the elements that ``change`` gives for each of its segments, in their order."""

    def rebuilt(node: Node) -> Node:
        elements = () if node.group else change(node)
        return msgspec.structs.replace(node, elements=elements, children=[rebuilt(child) for child in node.children])

    return tuple(rebuilt(node) for node in body)


class _Changes:
    """Changes the values of one message, and says so."""

    def __init__(self, reference: str) -> None:
        self.findings: list[Finding] = []
        self._reference = reference
        self._position = 1

    def made(self, message: Outgoing, change: Callable[[str], str], why: str) -> Outgoing:
        """The message with each value changed; binary data is none."""

        def changed(node: Node) -> Elements:
            self._position += 1
            elements = elements_of(node)
            if node.name in BINARY:
                return elements
            return tuple(
                self._occurrences(node.name, number, element, change, why)
                for number, element in enumerate(elements, start=1)
            )

        self._position = 1
        return msgspec.structs.replace(message, body=_rebuilt(message.body, changed))

    def without_empty(self, message: Outgoing, *, keep_trailing: bool) -> Outgoing:
        """The message without empty values at the ends of anything, and without empty occurrences between others."""

        def kept(node: Node) -> Elements:
            self._position += 1
            elements = elements_of(node)
            if node.name in BINARY or keep_trailing:
                return elements
            whole = list(trimmed(elements))
            for index, element in enumerate(whole):
                if len(element) > 1 and ("",) in element:
                    whole[index] = tuple(occurrence for occurrence in element if occurrence != ("",))
                    text = "an empty occurrence between repetition separators was left out"
                    self._note("repetition-empty", text, node.name, index + 1, 1, element.index(("",)) + 1, None)
            return tuple(whole)

        self._position = 1
        if all(_without_empty(node) for node in message.body):
            # Nothing is held of a body that is as long as a file.
            return message
        return msgspec.structs.replace(message, body=_rebuilt(message.body, kept))

    def _occurrences(
        self, tag: str, number: int, element: tuple[tuple[str, ...], ...], change: Callable[[str], str], why: str
    ) -> tuple[tuple[str, ...], ...]:
        changed = tuple(tuple(map(change, occurrence)) for occurrence in element)
        if changed == element:
            return element
        for repetition, (before, after) in enumerate(zip(element, changed, strict=True), start=1):
            for component, (old, new) in enumerate(zip(before, after, strict=True), start=1):
                if old != new:
                    letters = "".join(dict.fromkeys(each for each in old if each not in new))
                    text = f"written as {new!r}: what stands in place of {letters or old!r} does because {why}"
                    self._note("character-substituted", text, tag, number, component, repetition, old)
        return changed

    def _note(
        self, code: str, text: str, tag: str, element: int, component: int, repetition: int, value: str | None
    ) -> None:
        where = Where(
            message=self._reference,
            segment=tag,
            segment_position=self._position,
            element=element,
            component=component,
            repetition=repetition,
        )
        self.findings.append(
            Finding(code=code, severity="warning", text=text, where=where, layer="syntax", value=value)
        )


def _judged(envelope: Envelope, message: Outgoing, guide_for: GuideFor | None) -> tuple[Outgoing, list[Finding]]:
    """The message with its numbers in the envelope's notation, and what its receiver would find in it."""
    if guide_for is None:
        return message, []
    guide = guide_for(message.kind)
    if guide is None:
        text = f"there is no guide for {message.kind.type} {message.kind.version}; the message cannot be checked"
        where = Where(message=message.reference)
        return message, [Finding(code="message-type-unknown", severity="error", text=text, where=where, layer="guide")]
    version = envelope.syntax_version if envelope.syntax == "edifact" else 3
    if envelope.decimal != ".":
        message = msgspec.structs.replace(message, body=_with_marks(message.body, guide, version, envelope.decimal))
    findings = validate_tree(
        message.kind, message.reference, message.body, guide, syntax_version=version, decimal=envelope.decimal
    )
    return message, _of_header(envelope, message, guide, version) + findings


def _of_header(envelope: Envelope, message: Outgoing, guide: Guide, version: int) -> list[Finding]:
    spec = guide.header.spec(version)
    if spec is None:
        return []
    elements = header_of(envelope, message)
    notation = Notation(guide.standard, version=version, decimal=envelope.decimal)
    return [
        Finding(
            code=fault.code,
            severity="error",
            text=fault.text,
            where=Where(
                message=message.reference,
                segment=spec.tag,
                segment_position=1,
                element=fault.element,
                component=fault.component,
                repetition=fault.repetition,
                path=guide.header.path,
            ),
            layer=fault.layer,
            value=fault.value,
            guide=fault.guide,
        )
        for fault in check_segment(spec, elements, notation)
    ]


def _with_marks(body: Sequence[Node], guide: Guide, version: int, mark: str) -> tuple[Node, ...]:
    """``body`` with ``mark`` in the place of the point in every value that the guide says is a number."""
    leaves = [leaf for node in body for leaf in node.segments()]
    places = arrange([Node(name=guide.header.name), *leaves], guide).places[1:]
    specs = iter([place.spec(version) if place is not None else None for place in places])

    def marked(node: Node) -> Elements:
        spec = next(specs)
        if spec is None:
            return node.elements
        numeric = _numeric(spec if version >= 4 else spec.flat)
        return tuple(
            tuple(
                tuple(
                    value.replace(".", mark) if (index, place) in numeric and _POINT.fullmatch(value) else value
                    for place, value in enumerate(occurrence)
                )
                for occurrence in element
            )
            for index, element in enumerate(node.elements)
        )

    return _rebuilt(body, marked)


def _numeric(spec: SegmentSpec) -> set[tuple[int, int]]:
    """The indexes of elements and components that hold numbers."""
    return {
        (index, place)
        for index, element in enumerate(spec.elements)
        for place, component in enumerate(element.components)
        if component.representation.type == "n"
    }
