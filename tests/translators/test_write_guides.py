"""Writing by a guide: what the writer lets pass, its own reader and the same guide do not fault."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.translators.shipped import SHELF
from translators.envelope import Envelope, Layout, Outgoing, Written
from translators.finding import Finding, Where
from translators.grammar import Guide
from translators.reading import read
from translators.syntax import Address, MessageKind
from translators.tree import Node
from translators.validation import validate
from translators.writing import write

EXAMPLES = Path(__file__).parents[2] / "profiles" / "examples"
_AT = datetime(2024, 1, 2, 3, 4, tzinfo=UTC)


def guide_for(kind: MessageKind) -> Guide | None:
    standard = "edifact" if "." in kind.version else "x12"
    return SHELF.guide(f"{standard}/{kind.version}/{kind.type}")


def example(name: str) -> Outgoing:
    (message,) = read((EXAMPLES / name).read_bytes()).interchanges[0].messages
    body = tuple(Node(name=each.tag, elements=each.elements) for each in message.segments[1:-1])
    return Outgoing(kind=message.kind, reference="1", body=body)


IFTSTA, IFTMIN = example("status-container-export.iftsta.edi"), example("order-antwerp-lyon.iftmin.edi")
X214, X204 = example("status-truckload.214.x12"), example("order-joliet-houston.204.x12")


def envelope(message: Outgoing, **changes: object) -> Envelope:
    edifact = "." in message.kind.version
    made = Envelope(
        syntax="edifact" if edifact else "x12",
        sender=Address(id="SENDER", qualifier="14"),
        receiver=Address(id="RECEIVER", qualifier="14"),
        control_number="77" if edifact else "000000077",
        at=_AT,
    )
    return msgspec.structs.replace(made, **changes)


def found(written: Written) -> list[Finding]:
    """Everything that reading and the guide find."""
    reading = read(written.data)
    findings = list(reading.findings)
    for interchange in reading.interchanges:
        findings += interchange.findings
        for group in interchange.groups:
            findings += group.findings
            for message in group.messages:
                grammar = guide_for(message.kind)
                assert grammar is not None
                findings += message.findings
                version = int(interchange.version[-1]) if interchange.syntax == "edifact" else None
                findings += validate(message, grammar, reading.source, Where(), syntax_version=version).findings
    return findings


@pytest.mark.parametrize("message", [IFTSTA, IFTMIN, X214, X204], ids=["IFTSTA", "IFTMIN", "214", "204"])
@pytest.mark.parametrize("version", [1, 3, 4])
def test_the_examples_are_written_without_a_finding(message: Outgoing, version: int) -> None:
    written = write(envelope(message, syntax_version=version), [message], guide_for=guide_for)
    assert written.findings == [] and found(written) == []


def test_numbers_get_the_decimal_mark_and_texts_do_not() -> None:
    written = write(envelope(IFTMIN, decimal=","), [IFTMIN], guide_for=guide_for)
    assert written.data.startswith(b"UNA:+,? '")
    assert b"MEA+AAE+G+KGM:7420,5'" in written.data and b"transport@meridian.example" in written.data
    assert written.findings == [] and found(written) == []
    assert b"KGM:7420.5'" in write(envelope(IFTMIN), [IFTMIN], guide_for=guide_for).data


def test_a_body_that_its_guide_refuses_is_refused_with_the_same_findings() -> None:
    broken = msgspec.structs.replace(IFTMIN, body=IFTMIN.body[1:])
    written = write(envelope(broken), [broken], guide_for=guide_for)
    assert not written.sendable
    theirs = [(each.code, each.where.segment, each.where.segment_position) for each in found(written)]
    assert [(each.code, each.where.segment, each.where.segment_position) for each in written.findings] == theirs
    assert theirs == [("segment-missing", "BGM", 1)]


def test_a_kind_without_a_guide_is_refused() -> None:
    other = msgspec.structs.replace(IFTMIN, kind=MessageKind(type="ABCDEF", version="D.96A", agency="UN"))
    assert [each.code for each in write(envelope(other), [other], guide_for=guide_for).findings] == [
        "message-type-unknown"
    ]


def test_a_header_that_its_guide_refuses_is_refused() -> None:
    kind = MessageKind(type="IFTMIN", version="D.96A", agency="UN", association="TOOLONG")
    long = msgspec.structs.replace(IFTMIN, kind=kind)
    written = write(envelope(long), [long], guide_for=lambda _: SHELF.guide("edifact/D.96A/IFTMIN"))
    assert [(each.code, each.where.segment, each.where.element) for each in written.findings] == [
        ("element-too-long", "UNH", 2)
    ]


def test_lengths_are_judged_behind_the_substitution() -> None:
    """A letter that becomes two may be one too many."""
    nodes = list(IFTMIN.body)
    at = next(index for index, node in enumerate(nodes) if node.name == "FTX")
    nodes[at] = Node(name="FTX", elements=((("HAN",),), (("",),), (("",),), (("ẞ" * 70,),)))
    message = msgspec.structs.replace(IFTMIN, body=tuple(nodes))
    written = write(
        envelope(message, charset="UNOB", layout=Layout(unencodable="substitute")), [message], guide_for=guide_for
    )
    codes = [each.code for each in written.findings if each.where.segment_position == at + 2]
    assert codes == ["character-substituted", "element-too-long"]


_VALUES = st.one_of(
    st.sampled_from(
        ["", "1", "1.5", "-3", "A", "BY", "20240102", "202401020304", "203", " ", "X" * 40, "ü", "*", "a?"]
    ),
    st.text(alphabet=st.sampled_from(list("AZaz09 +:?'*~.,-ü")), max_size=6),
)
_Place = tuple[int, int, int, str]


@settings(max_examples=150, deadline=None)
@given(
    message=st.sampled_from([IFTSTA, IFTMIN, X214, X204]),
    changes=st.lists(st.tuples(*[st.integers(0, 10_000)] * 3, _VALUES), max_size=3),
    dropped=st.lists(st.integers(0, 10_000), max_size=1),
    version=st.sampled_from([1, 2, 3, 4]),
    charset=st.sampled_from(["UNOA", "UNOB", "UNOC", "UNOY"]),
    unencodable=st.sampled_from(["error", "substitute", "upper"]),
    decimal=st.sampled_from([".", ","]),
    newline=st.sampled_from(["", "\n", "\r\n"]),
)
def test_what_is_sendable_has_no_finding_at_its_receiver(
    message: Outgoing,
    changes: list[_Place],
    dropped: list[int],
    version: int,
    charset: str,
    unencodable: str,
    decimal: str,
    newline: str,
) -> None:
    nodes = [list(map(list, ((list(element[0])) for element in node.elements))) for node in message.body]
    for index, element, component, value in changes:
        segment = nodes[index % len(nodes)]
        place = segment[element % len(segment)]
        place[component % len(place)] = value
    body = [
        Node(name=node.name, elements=tuple((tuple(element),) for element in elements))
        for node, elements in zip(message.body, nodes, strict=True)
    ]
    for index in dropped:
        del body[index % len(body)]
    changed = msgspec.structs.replace(message, body=tuple(body))
    layout = Layout(newline=newline, unencodable=unencodable, alternatives="|^>!", delimiter_in_data="error")  # type: ignore[arg-type]
    edifact = "." in message.kind.version
    own = envelope(
        changed,
        layout=layout,
        **({"syntax_version": version, "charset": charset, "decimal": decimal} if edifact else {}),
    )
    written = write(own, [changed], guide_for=guide_for)
    theirs = found(written)
    if written.sendable:
        told = {each.code for each in written.findings}
        assert {each.code for each in theirs} <= told
        assert not any(each.fatal for each in theirs)
