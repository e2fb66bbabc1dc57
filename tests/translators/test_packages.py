"""Packages, UNO to UNP: objects of any bytes beside the messages, read, judged, answered and kept as they are."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.translators.shipped import SHELF
from translators import streamed_judgement
from translators.answers import read_answers
from translators.contrl import contrl
from translators.envelope import Envelope, Outgoing, OutgoingPackage
from translators.finding import Finding, Where
from translators.judgement import JudgedPackage, Judgement, judge
from translators.kept import UNTOLD
from translators.limits import Limits
from translators.parts import MessageRead, PackageRead, Part
from translators.reading import read
from translators.rewriting import rewrite
from translators.streamed_judgement import StreamedJudgements
from translators.streamed_report import StreamedReport, write_document
from translators.streaming import read_stream
from translators.syntax import Address, Group, Interchange, Message, MessageKind, Package
from translators.terms import Terms
from translators.tree import Node
from translators.validation import validate_tree
from translators.writing import write

_VECTORS = Path(__file__).parents[1] / "vectors" / "edifact"
_HEADER = b"UNB+UNOC:4+SENDER:14+RECEIVER:14+20240102:0304+77'"
_NESTED = (_VECTORS / "21-several-delimiters.edi").read_bytes()
"""Interchanges that must never be read where they are an object, or part of one."""
_THINGS = (
    b"UNP+1+P1'",
    b"'UNZ+1+77'",
    b"\nUNB+UNOC:3+A+B+240102:0304+1'",
    b"'UNT+3+1'",
    b"UNO+P1+1:X+2+3'",
    b"?'",
    b"\0",
)
_objects = st.lists(st.binary(max_size=12) | st.sampled_from([*_THINGS, _NESTED]), max_size=6).map(b"".join)
_NOTE = Finding(code="message-not-agreed", severity="note", text="", where=Where(), layer="rule")


def _unchecked(interchange: Interchange, group: Group, message: Message) -> Finding:
    """No guide for anything, and no error because of it."""
    return _NOTE


def _message(number: int) -> bytes:
    return b"UNH+%d+IFTSTA:D:96A:UN'BGM+23+4711+9'UNT+3+%d'" % (number, number)


def _package(reference: str, data: bytes, stated: str = "", repeated: str = "") -> bytes:
    octets = stated or str(len(data))
    header = f"UNO+{reference}+1:X+2+{octets}'"
    return header.encode() + data + f"UNP+{repeated or len(data)}+{reference}'".encode()


def _between(*units: bytes) -> bytes:
    """The units between two messages, all counted."""
    inside = [_message(1), *units, _message(2)]
    return _HEADER + b"".join(inside) + b"UNZ+%d+77'" % len(inside)


def _judged(data: bytes) -> Judgement:
    reading = read(data)
    (interchange,) = reading.interchanges
    assert not any(finding.fatal for finding in reading.findings)
    return judge(interchange, reading.source, _unchecked)


def _answer(judgement: Judgement, terms: Terms | None = None) -> list[Node]:
    answer = contrl(judgement, terms=terms or Terms())
    assert answer is not None
    body = list(answer.body)
    guide = SHELF.guide(f"edifact/{answer.kind.version}/CONTRL")
    assert guide is not None
    assert validate_tree(answer.kind, "1", body, guide) == []
    return body


def _chunks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def _told(package: Package) -> tuple[object, ...]:
    place = package.offset, package.start, package.length, package.end
    return package.reference, package.identification, place, package.data, package.findings


@given(objects=st.lists(_objects, min_size=1, max_size=3))
def test_an_object_is_any_bytes_and_its_neighbours_do_not_feel_it(objects: list[bytes]) -> None:
    data = _between(*(_package(f"P{number}", each) for number, each in enumerate(objects, 1)))
    judgement = _judged(data)
    assert [judged.package.data for judged in judgement.packages] == objects
    assert [judged.message.reference for judged in judgement.messages] == ["1", "2"]
    assert judgement.accepted and not judgement.findings
    for judged in judgement.packages:
        package = judged.package
        assert judged.accepted and not judged.findings
        assert data[package.start : package.start + package.length] == package.data
        assert data[package.offset : package.end].startswith(b"UNO+" + package.reference.encode())
    assert [node.name for node in _answer(judgement)] == ["UCI"]


@settings(deadline=None)
@given(
    objects=st.lists(_objects, min_size=1, max_size=3),
    damage=st.sampled_from(["", "1", "0", "7", "x", "999999", "12345678901234567890"]),
    size=st.integers(1, 40),
)
def test_packages_come_in_pieces_as_they_do_at_once(objects: list[bytes], damage: str, size: int) -> None:
    data = _between(*(_package(f"P{number}", each, damage) for number, each in enumerate(objects, 1)))
    (whole, *_) = read(data).interchanges
    parts = list(read_stream(_chunks(data, size)))
    assert [_told(part.package) for part in parts if isinstance(part, PackageRead)][: len(list(whole.packages))] == [
        _told(each) for each in whole.packages
    ]
    # In the order of the file, messages and packages alike.
    places = [
        part.message.offset if isinstance(part, MessageRead) else part.package.offset
        for part in parts
        if isinstance(part, MessageRead | PackageRead)
    ]
    assert places == sorted(places)


@given(before=_objects, stated=st.integers(0, 400).map(str) | st.sampled_from(["", "x", "-1"]))
def test_a_wrong_length_costs_one_package_and_nothing_in_it_is_read(before: bytes, stated: str) -> None:
    """Also where the stated length meets another package's UNP; only one of its own in the object would end it."""
    before = before.replace(b"UNP", b"UMP")
    data = _between(_package("P1", before, stated or "none"), _package("P2", b"x"))
    judgement = _judged(data)
    assert [(each.package.reference, each.accepted) for each in judgement.packages] == [
        ("P1", stated == str(len(before))),
        ("P2", True),
    ]
    assert [judged.accepted for judged in judgement.messages] == [True, True]
    assert not judgement.rejected and [judged.package.data for judged in judgement.packages] == [before, b"x"]


def test_a_length_that_meets_another_packages_trailer_costs_one_package() -> None:
    for far in (b"", b"longer"):
        second = _package("P2", far)
        stated = len(b"A") + len(b"UNP+1+P1'") + second.index(b"UNP")
        judgement = _judged(_between(_package("P1", b"A", str(stated)), second))
        assert [each.accepted for each in judgement.packages] == [False, True]
        assert [each.package.data for each in judgement.packages] == [b"A", far]


@given(objects=st.lists(_objects, min_size=1, max_size=3))
def test_what_is_written_is_read_and_kept_byte_for_byte(objects: list[bytes]) -> None:
    envelope = Envelope(
        syntax="edifact",
        sender=Address(id="A"),
        receiver=Address(id="B"),
        control_number="77",
        at=datetime(2024, 1, 2, 3, 4, tzinfo=UTC),
        syntax_version=4,
    )
    message = Outgoing(kind=MessageKind(type="IFTSTA", version="D.96A"), reference="1", body=[Node(name="BGM")])
    packages = [
        OutgoingPackage(reference=f"P{number}", identification=("1", "4711"), object_type=("24", "TIF"), data=each)
        for number, each in enumerate(objects)
    ]
    written = write(envelope, [message, *packages])
    assert written.sendable
    reading = read(written.data)
    (interchange,) = reading.interchanges
    assert not interchange.findings
    assert [(each.reference, each.identification, each.object_type, each.data) for each in interchange.packages] == [
        (each.reference, each.identification, each.object_type, each.data) for each in packages
    ]
    own = {each: [Node(name=one.tag, segment=one) for one in each.segments[1:-1]] for each in interchange.messages}
    assert rewrite(reading, written.data, own).data == written.data


def test_trailers_count_the_packages_that_stay_when_messages_go() -> None:
    grouped = (_VECTORS / "47-package-in-group.edi").read_bytes()
    for data, count in ((_between(_package("P1", b"'")), b"UNZ+1+77'"), (grouped, b"UNE+1+5'UNZ+1+77'")):
        reading = read(data)
        (interchange,) = reading.interchanges
        changed = rewrite(reading, data, dict.fromkeys(interchange.messages))
        assert changed.data.endswith(count)
        judgement = _judged(changed.data)
        assert judgement.accepted and len(judgement.packages) == 1 and len(judgement.messages) == 0


def test_an_answer_names_rejected_packages_and_accepted_ones_where_that_is_asked_for() -> None:
    judgement = _judged(_between(_package("P1", b"A"), _package("P1", b"B")))
    assert [(node.name, node.elements) for node in _answer(judgement)[1:]] == [
        ("UCM", ((("",),), (("",),), (("4",),), (("26",),), (("UNO",),), (("2",),), (("P1",),), (("1", "X"),))),
    ]
    full = _answer(judgement, Terms(detail="full"))
    assert [(node.elements[0][0][0], node.elements[2][0][0], len(node.elements)) for node in full[1:]] == [
        ("1", "7", 3),
        ("2", "7", 3),
        ("", "7", 8),
        ("", "4", 8),
    ]


def test_what_we_answer_about_packages_is_read_back() -> None:
    judgement = _judged(_between(_package("P1", b"A", repeated="2"), _package("P2", b"B")))
    answer = contrl(judgement, terms=Terms(detail="full"))
    assert answer is not None
    envelope = Envelope(
        syntax="edifact",
        sender=Address(id="B"),
        receiver=Address(id="A"),
        control_number="1",
        at=datetime(2024, 1, 2, 3, 4, tzinfo=UTC),
        syntax_version=4,
    )
    (back,) = read(write(envelope, [answer]).data).interchanges
    answers, findings = read_answers(back)
    assert not findings
    assert [(each.level, each.package_reference, each.message_reference, each.verdict) for each in answers] == [
        ("interchange", "", "", "partially-accepted"),
        ("message", "", "1", "accepted"),
        ("message", "", "2", "accepted"),
        ("package", "P1", "", "rejected"),
        ("package", "P2", "", "accepted"),
    ]


def test_an_interchange_of_acknowledgments_is_answered_for_its_package_alone() -> None:
    message = b"UNH+1+CONTRL:4:1:UN'UCI+5+A+B+7'UNT+3+1'"
    alone = _HEADER + message + b"UNZ+1+77'"
    assert contrl(_judged(alone)) is None
    judgement = _judged(_HEADER + message + _package("P1", b"A", "2") + b"UNZ+2+77'")
    assert [node.name for node in _answer(judgement, Terms(detail="full"))] == ["UCI", "UCM"]


def _large(size: int, before: bytes, behind: bytes) -> Iterator[bytes]:
    """A file whose object is made as it is read."""
    piece = bytes(range(256)) * 250 + _NESTED
    yield before
    for _ in range(size // len(piece)):
        yield piece
    yield piece[: size % len(piece)] + behind


def _peak(parts: Iterator[Part], limit: int) -> list[Part]:
    """The parts of a file, without what they hold, read in less memory than that."""
    kept: list[Part] = []
    tracemalloc.start()
    try:
        for part in parts:
            if isinstance(part, PackageRead):
                assert part.package.data is None
                kept.append(part)
            elif isinstance(part, MessageRead):
                kept.append(part)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < limit
    return kept


@pytest.mark.parametrize(
    ("stated", "codes"), [(12_000_000, []), (11_990_000, ["binary-length-invalid"]), (12_000_001, None)]
)
def test_a_large_object_passes_by_without_being_held(stated: int, codes: list[str] | None) -> None:
    """Also when it is longer than it says. When it is shorter, UNP has passed by, and the package has no end."""
    size, limits = 12_000_000, Limits(binary_bytes=1 << 20)
    header = f"UNO+P1+1:X+2+{stated}'".encode()
    behind = b"UNP+%d+P1'" % size + _message(1) + b"UNZ+2+77'"
    parts = _peak(read_stream(_large(size, _HEADER + header, behind), limits=limits), 7_000_000)
    package, message = parts
    assert isinstance(package, PackageRead) and isinstance(message, MessageRead)
    found = package.package.findings
    assert message.message.reference == "1" and not message.interchange.findings
    if codes is None:
        assert [each.code for each in found] == ["package-trailer-missing"]
        return
    assert [each.code for each in found] == codes
    assert package.package.length == size
    assert [(each.where.line, each.where.column) for each in found] == [(1, 64)] * len(codes)


def test_a_truncated_large_object_ends_the_file() -> None:
    data = _HEADER + b"UNO+P1+1:X+2+999999999999'"
    (package,) = _peak(read_stream(_large(12_000_000, data, b""), limits=Limits(binary_bytes=1 << 20)), 7_000_000)
    assert isinstance(package, PackageRead)
    assert [each.code for each in package.package.findings] == ["truncated"]
    assert [each.code for each in package.interchange.findings] == ["interchange-trailer-missing"]


def test_many_small_packages_take_little_memory() -> None:
    """Five thousand of them, every other one wrong, in a report: some 90 bytes and a few findings each."""
    many = 5_000

    def pieces() -> Iterator[bytes]:
        yield _HEADER
        for start in range(0, many, 1000):
            yield b"".join(_package(f"P{n}", b"", repeated=str(n % 2)) for n in range(start, start + 1000))
        yield b"UNZ+%d+77'" % many

    tracemalloc.start()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(streamed_judgement, "MOST_FINDINGS", 100)
            taken = StreamedReport(lambda source: _unchecked)
            for part in read_stream(pieces()):
                taken.take(part)
        length = sum(map(len, write_document(taken.report())))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert length > many * 40
    assert peak < 3_000_000


def test_the_judgement_of_a_stream_is_that_of_the_whole() -> None:
    def told(judged: JudgedPackage) -> tuple[object, ...]:
        package = judged.package
        place = package.offset, package.start, package.length, package.end
        return package.reference, package.identification, place, judged.findings, judged.valid, judged.accepted

    for path in sorted(_VECTORS.glob("47-*.edi")):
        data = path.read_bytes()
        reading = read(data)
        taken = StreamedJudgements(lambda source: _unchecked)
        streamed = [judgement for part in read_stream((data,)) if (judgement := taken.take(part)) is not None]
        for one, interchange in zip(streamed, reading.interchanges, strict=True):
            whole = judge(interchange, reading.source, _unchecked)
            assert list(map(told, one.packages)) == list(map(told, whole.packages))
            assert (one.accepted, one.rejected) == (whole.accepted, whole.rejected)
            assert [told(one.packages[at]) for at in range(len(one.packages))] == list(map(told, one.packages))
            assert list(map(told, one.packages[:1])) == list(map(told, whole.packages[:1]))


def test_what_is_wrong_with_a_package_that_is_not_told_still_rejects_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed_judgement, "MOST_FINDINGS", 0)
    taken = StreamedJudgements(lambda source: _unchecked)
    data = _between(_package("P1", b"A", "2"))
    (judgement,) = (one for part in read_stream((data,)) if (one := taken.take(part)) is not None)
    (judged,) = judgement.packages
    assert judged.findings == [UNTOLD] and not judged.accepted and not judgement.accepted
    assert taken.untold == 1


def test_findings_name_the_package_they_are_about() -> None:
    judgement = _judged(_between(_package("P1", b"A", "2")))
    (finding,) = (one for judged in judgement.packages for one in judged.findings)
    assert msgspec.structs.asdict(finding.where) | {"line": 1, "column": 108} == {
        **dict.fromkeys(Where.__struct_fields__),
        **{"interchange": "77", "package": "P1", "segment": "UNO", "element": 4, "component": 1},
        **{"line": 1, "column": 108, "offset": 107},
    }
