"""Batching: many messages, as few interchanges as the limits allow, and what fails is left out whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.translators.shipped import SHELF
from translators.batching import Batched, Most, batch
from translators.envelope import Envelope, Layout, Outgoing
from translators.reading import read
from translators.syntax import Address, MessageKind
from translators.tree import Node

_AT = datetime(2024, 1, 2, 3, 4, tzinfo=UTC)
_EDIFACT = Envelope(
    syntax="edifact",
    sender=Address(id="SENDER", qualifier="14"),
    receiver=Address(id="RECEIVER", qualifier="14"),
    control_number="",
    at=_AT,
)
_X12 = Envelope(
    syntax="x12",
    sender=Address(id="SENDER", qualifier="02"),
    receiver=Address(id="RECEIVER", qualifier="ZZ"),
    control_number="",
    at=_AT,
)
_KINDS = [MessageKind(type=each, version="004010", agency="X") for each in ("214", "210", "990")]
_IFTSTA = MessageKind(type="IFTSTA", version="D.96A", agency="UN")
_IFTMIN = MessageKind(type="IFTMIN", version="D.96A", agency="UN")


def _numbers(width: int = 1) -> Iterator[str]:
    return (str(number).zfill(width) for number in count(71))


def _messages(*texts: str, kind: MessageKind = _IFTSTA) -> list[Outgoing]:
    return [
        Outgoing(kind=kind, reference=str(number), body=(Node(name="FTX", elements=(((text,),),)),))
        for number, text in enumerate(texts, start=1)
    ]


def _content(batched: Batched) -> list[list[str]]:
    """What stands in each interchange, as its receiver reads it."""
    found = []
    for each in batched.batches:
        reading = read(each.written.data)
        (interchange,) = reading.interchanges
        assert each.written.sendable and not reading.findings and not interchange.findings
        assert interchange.control_number == each.control_number
        assert not any(group.findings for group in interchange.groups)
        assert not any(message.findings for message in interchange.messages)
        found.append([message.segments[1].text(1) for message in interchange.messages])
    return found


def test_all_in_one_without_limits() -> None:
    batched = batch(_EDIFACT, _messages("A", "B", "C"), numbers=_numbers())
    assert _content(batched) == [["A", "B", "C"]] and not batched.refused
    assert batched.batches[0].written.data.endswith(b"UNZ+3+71'")


def test_no_more_messages_than_the_partner_takes() -> None:
    batched = batch(_EDIFACT, _messages(*"ABCDE"), numbers=_numbers(), most=Most(messages=2))
    assert _content(batched) == [["A", "B"], ["C", "D"], ["E"]]
    assert [(each.control_number, each.indexes) for each in batched.batches] == [
        ("71", [0, 1]),
        ("72", [2, 3]),
        ("73", [4]),
    ]


def test_what_fails_is_left_out_whole_and_trailers_still_count_right() -> None:
    batched = batch(_EDIFACT, _messages("A", "bad\x07", "C"), numbers=_numbers())
    assert _content(batched) == [["A", "C"]]
    assert b"UNZ+2+71'" in batched.batches[0].written.data and b"bad" not in batched.batches[0].written.data
    ((index, codes),) = [(each.index, [finding.code for finding in each.findings]) for each in batched.refused]
    assert (index, codes) == (1, ["character-invalid"])


def test_nothing_to_send_takes_no_number() -> None:
    numbers = _numbers()
    assert batch(_EDIFACT, _messages("\x07"), numbers=numbers).batches == []
    assert batch(_EDIFACT, [], numbers=numbers).batches == []
    wrong = msgspec.structs.replace(_EDIFACT, sender=Address(id=""))
    batched = batch(wrong, _messages("A"), numbers=numbers)
    assert not batched.batches
    assert [finding.code for finding in batched.refused[0].findings] == ["interchange-header-invalid"]
    guides = batch(_EDIFACT, _messages("A"), numbers=numbers, guide_for=lambda _: SHELF.guide("edifact/D.96A/IFTSTA"))
    assert not guides.batches and guides.refused
    assert next(numbers) == "71"


def test_numbers_that_run_out_are_the_callers_fault() -> None:
    with pytest.raises(ValueError, match="fewer control numbers"):
        batch(_EDIFACT, _messages("A", "B"), numbers=iter(["1"]), most=Most(messages=1))
    with pytest.raises(ValueError, match="fewer group numbers"):
        batch(_EDIFACT, _messages("A"), numbers=_numbers(), group_numbers=iter([]))


def test_one_reference_stands_once_in_an_interchange() -> None:
    twice = [*_messages("A"), *_messages("B")]
    assert _content(batch(_EDIFACT, twice, numbers=_numbers())) == [["A"], ["B"]]


def test_functional_groups_by_type_and_version() -> None:
    later = msgspec.structs.replace(_KINDS[0], version="005010")
    messages = [_messages("A", kind=kind)[0] for kind in (*_KINDS[:2], _KINDS[0], later)]
    messages = [msgspec.structs.replace(each, reference=str(at)) for at, each in enumerate(messages)]
    batched = batch(_X12, messages, numbers=_numbers(9))
    _content(batched)
    (interchange,) = read(batched.batches[0].written.data).interchanges
    assert [(group.kind, group.version, group.control_number, len(group.messages)) for group in interchange.groups] == [
        ("QM", "004010", "1", 2),
        ("IM", "004010", "2", 1),
        ("QM", "005010", "3", 1),
    ]
    assert batched.batches[0].indexes == [0, 2, 1, 3]
    assert batched.batches[0].written.data.endswith(b"IEA*3*000000071~")


def test_edifact_groups_on_request() -> None:
    messages = [*_messages("A", "B"), *_messages("C", kind=_IFTMIN)]
    batched = batch(_EDIFACT, messages, numbers=_numbers(), group_numbers=_numbers(3))
    assert _content(batched) == [["A", "B", "C"]]
    (interchange,) = read(batched.batches[0].written.data).interchanges
    assert [(group.kind, group.control_number) for group in interchange.groups] == [
        ("IFTSTA", "071"),
        ("IFTMIN", "072"),
    ]


def test_delimiters_are_chosen_for_all_messages_of_a_batch() -> None:
    envelope = msgspec.structs.replace(_X12, layout=Layout(alternatives="|"))
    batched = batch(envelope, _messages("A", "B*C", kind=_KINDS[0]), numbers=_numbers(9), most=Most(messages=1))
    assert _content(batched) == [["A"], ["B*C"]]
    assert {each.written.data[3:4] for each in batched.batches} == {b"|"}


@settings(max_examples=150, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 900), max_size=12),
    most=st.builds(Most, messages=st.integers(0, 4), bytes=st.one_of(st.just(0), st.integers(800, 3000))),
    kinds=st.lists(st.sampled_from(_KINDS), min_size=12, max_size=12),
    edifact=st.booleans(),
    grouped=st.booleans(),
    layout=st.sampled_from([Layout(), Layout(newline="\r\n"), Layout(wrap=80, final_newline="\n")]),
)
def test_no_interchange_is_above_the_limits(
    lengths: list[int], most: Most, kinds: list[MessageKind], edifact: bool, grouped: bool, layout: Layout
) -> None:
    envelope = msgspec.structs.replace(_EDIFACT if edifact else _X12, layout=layout)
    messages = [
        msgspec.structs.replace(_messages("X" * length)[0], reference=str(at), kind=_IFTSTA if edifact else kind)
        for at, (length, kind) in enumerate(zip(lengths, kinds, strict=False))
    ]
    batched = batch(
        envelope,
        messages,
        numbers=_numbers(14 if edifact else 9),
        group_numbers=_numbers(9) if grouped else None,
        most=most,
    )
    indexes = [index for each in batched.batches for index in each.indexes] + [each.index for each in batched.refused]
    assert sorted(indexes) == list(range(len(messages)))
    for each in batched.batches:
        assert not most.bytes or len(each.written.data) <= most.bytes
        assert not most.messages or len(each.indexes) <= most.messages
        (interchange,) = read(each.written.data).interchanges
        assert not interchange.findings
        assert [message.segments[1].text(1) for message in interchange.messages] == [
            "X" * lengths[index] for index in each.indexes
        ]
    for refused in batched.refused:
        assert {finding.code for finding in refused.findings} == {"too-large"}
        assert lengths[refused.index] > most.bytes - 1000
