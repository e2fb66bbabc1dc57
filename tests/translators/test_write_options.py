"""Writing as a partner wants it: layout, substitutes, other delimiters, fields of headers, groups, packages."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from tests.translators.writing_samples import EDIFACT, IFTSTA, STATUS_214, X12, segment
from translators.envelope import Envelope, Layout, Outgoing, OutgoingGroup, OutgoingPackage, Written
from translators.reading import read
from translators.reading_terms import ReadingTerms
from translators.substitution import transliterated
from translators.syntax import Address, Elements, MessageKind
from translators.tree import Node
from translators.writing import write


def _message(envelope: Envelope, *body: Node, reference: str = "1", kind: MessageKind | None = None) -> Outgoing:
    kind = kind or (IFTSTA if envelope.syntax == "edifact" else STATUS_214)
    return Outgoing(kind=kind, reference=reference, body=body)


def _written(envelope: Envelope, *body: Node) -> Written:
    return write(envelope, [_message(envelope, *body)])


def _with(envelope: Envelope, *, layout: Mapping[str, object] | None = None, **changes: object) -> Envelope:
    return msgspec.structs.replace(envelope, layout=Layout(**(layout or {})), **changes)  # type: ignore[arg-type]


def _codes(written: Written) -> list[str]:
    return [finding.code for finding in written.findings]


# Characters.


@pytest.mark.parametrize(
    ("charset", "layout", "value", "encoded"),
    [
        ("UNOA", {"unencodable": "upper"}, "Kai 7", b"KAI 7"),
        ("UNOC", {"unencodable": "substitute"}, "Łódź", b"L\xf3dz"),
        ("UNOB", {"unencodable": "substitute"}, "Groß", b"Gross"),
        ("UNOA", {"unencodable": "substitute"}, "Groß", b"GROSS"),
        ("UNOA", {"unencodable": "substitute", "substitutes": {"ö": "OE"}}, "BöRSE", b"BOERSE"),
        ("UNOC", {"unencodable": "substitute"}, "港 7", b"?? 7"),
        ("UNOC", {"unencodable": "substitute", "substitute": "-"}, "港", b"-"),
        ("UNOC", {"unencodable": "substitute"}, "\u201cquoted\u201d \u2013 5 €", b'"quoted" - 5 EUR'),
        ("UNOC", {"unencodable": "substitute"}, "½ ﬁne", b"\xbd fine"),
        ("UNOA", {"unencodable": "substitute", "substitutes": {"\n": " "}}, "A\nB", b"A B"),
    ],
)
def test_characters_are_replaced_and_that_is_said(
    charset: str, layout: dict[str, object], value: str, encoded: bytes
) -> None:
    written = _written(_with(EDIFACT, charset=charset, layout=layout), segment("FTX", "A", ("B", value)))
    assert written.sendable and b"FTX+A+B:" + encoded + b"'" in written.data
    (finding,) = written.findings
    assert (finding.code, finding.severity, finding.value) == ("character-substituted", "warning", value)
    where = finding.where
    assert (where.message, where.segment, where.segment_position, where.element, where.component) == (
        *("1", "FTX", 2),
        *(2, 2),
    )
    assert not any(message.findings for message in read(written.data).interchanges[0].messages)


@pytest.mark.parametrize(
    ("layout", "value"),
    [
        ({"unencodable": "upper"}, "ü"),
        ({"unencodable": "substitute"}, "A\nB"),
        ({"unencodable": "substitute", "substitute": "#"}, "港"),
    ],
)
def test_what_has_no_substitute_is_an_error(layout: dict[str, object], value: str) -> None:
    written = _written(_with(EDIFACT, charset="UNOA", layout=layout), segment("FTX", value))
    assert "character-invalid" in _codes(written) and not written.sendable


def test_names_in_the_envelope_are_never_replaced() -> None:
    envelope = _with(EDIFACT, charset="UNOA", sender=Address(id="Müller"), layout={"unencodable": "substitute"})
    assert not _written(envelope, segment("BGM", "1")).sendable


def test_letters_without_a_transliteration_have_none() -> None:
    assert (transliterated("é"), transliterated("ø"), transliterated("港"), transliterated("A")) == (
        *("e", "o"),
        *("港", "A"),
    )


def test_an_encoding_by_agreement_decides() -> None:
    written = _written(_with(X12, encoding="utf-8"), segment("N1", "港"))
    assert "港".encode() in written.data and written.sendable
    assert (
        next(read(written.data, terms=ReadingTerms(charset="utf-8")).interchanges[0].messages).segments[1].text(1)
        == "港"
    )
    written = _written(_with(EDIFACT, encoding="cp1252"), segment("FTX", "€"))
    assert b"FTX+\x80'" in written.data
    written = _written(_with(EDIFACT, syntax_version=4, character_encoding="7"), segment("FTX", "港"))
    assert written.data.startswith(b"UNB+UNOC:4::7+") and "港".encode() in written.data
    assert next(read(written.data).interchanges[0].messages).segments[1].text(1) == "港"
    assert _codes(_written(_with(EDIFACT, syntax_version=4, character_encoding="5"), segment("FTX"))) == [
        "charset-unsupported"
    ]


def test_what_will_be_suspected_is_said() -> None:
    written = _written(EDIFACT, segment("FTX", "Ã¼"))
    assert written.sendable and _codes(written) == ["charset-suspect"]
    assert [finding.code for finding in read(written.data).interchanges[0].findings] == ["charset-suspect"]


# Delimiters.


@pytest.mark.parametrize(
    ("pool", "value", "isa", "sendable"),
    [
        ("|^", "A*B", b"ISA|", True),
        ("|^", "A*B|C", b"ISA^", True),
        ("|", "A*B|C", b"ISA*", False),
        ("", "A*B", b"ISA*", False),
        # Each role takes another one.
        ("|>!", "A*B:C~D", b"ISA|", True),
    ],
)
def test_another_delimiter_is_chosen_from_those_the_partner_takes(
    pool: str, value: str, isa: bytes, sendable: bool
) -> None:
    envelope = _with(X12, layout={"alternatives": pool})
    written = write(envelope, [_message(envelope, segment("N1", "SF")), _message(envelope, segment("N1", value))])
    assert written.data.startswith(isa)
    assert ("character-invalid" not in _codes(written)) == sendable
    if sendable:
        notes = [finding for finding in written.findings if finding.code == "delimiter-chosen"]
        assert {finding.severity for finding in notes} == {"note"}
        assert [message.segments[1].text(1) for message in read(written.data).interchanges[0].messages] == ["SF", value]


def test_delimiters_in_data_are_replaced_where_the_partner_wants_that() -> None:
    layout = {"delimiter_in_data": "substitute", "substitutes": {"*": "x"}, "substitute": " "}
    written = _written(_with(X12, layout=layout), segment("N1", "2*3:A"))
    assert b"N1*2x3 A~" in written.data and written.sendable
    assert _codes(written) == ["character-substituted"]


def test_a_release_character_is_announced_where_x12_has_one() -> None:
    envelope = _with(X12, control_version="00801", release="\\")
    written = _written(envelope, segment("N1", "A*B\\C~D"))
    assert b"~ISX*\\~GS*" in written.data and b"N1*A\\*B\\\\C\\~D~" in written.data
    assert not written.findings
    (interchange,) = read(written.data).interchanges
    assert not interchange.findings
    assert next(interchange.messages).segments[1].text(1) == "A*B\\C~D"
    assert _codes(_written(_with(X12, release="\\"), segment("N1", "A"))) == ["delimiter-unusual"]


@pytest.mark.parametrize(
    ("advice", "changes", "begins", "codes"),
    [
        ("needed", {}, b"UNB", []),
        ("always", {}, b"UNA:+.? 'UNB", []),
        ("never", {}, b"UNB", []),
        ("never", {"element": "="}, b"UNB", ["delimiter-unusual"]),
        ("never", {"decimal": ","}, b"UNB", ["delimiter-unusual"]),
        ("needed", {"decimal": ","}, b"UNA:+,? 'UNB", []),
    ],
)
def test_una_by_agreement(advice: str, changes: dict[str, object], begins: bytes, codes: list[str]) -> None:
    written = _written(msgspec.structs.replace(EDIFACT, advice=advice, **changes), segment("BGM", "1"))
    assert written.data.startswith(begins) and _codes(written) == codes


def test_an_asterisk_is_released_only_where_it_repeats() -> None:
    assert b"FTX+A*B'" in _written(EDIFACT, segment("FTX", "A*B")).data
    assert b"FTX+A?*B'" in _written(_with(EDIFACT, syntax_version=4), segment("FTX", "A*B")).data


# Layout.


@pytest.mark.parametrize(
    ("newline", "final", "ends"),
    [
        ("", None, b"77'"),
        ("", "\n", b"77'\n"),
        ("\n", None, b"77'\n"),
        ("\n", "", b"77'"),
        ("\r\n", None, b"77'\r\n"),
        ("\r\n", "", b"77'"),
        ("\r\n", "\n", b"77'\n"),
    ],
)
def test_the_last_line_break(newline: str, final: str | None, ends: bytes) -> None:
    envelope = _with(EDIFACT, advice="always", layout={"newline": newline, "final_newline": final})
    written = _written(envelope, segment("BGM", "1"))
    assert written.data.endswith(b"UNZ+1+" + ends)
    assert written.data.startswith(b"UNA:+.? '" + newline.encode() + b"UNB")
    assert not read(written.data).findings


@pytest.mark.parametrize("newline", ["", "\n", "\r\n"])
@pytest.mark.parametrize("envelope", [EDIFACT, X12], ids=["edifact", "x12"])
def test_lines_of_a_fixed_width(envelope: Envelope, newline: str) -> None:
    body = [segment("FTX", "AAI", "", f"LINE {number} OF A TEXT THAT IS SO LONG") for number in range(20)]
    written = _written(_with(envelope, layout={"wrap": 80, "newline": newline}), *body)
    lines = written.data.split((newline or "\n").encode())
    assert {len(line) for line in lines[:-1]} == {80} and 0 < len(lines[-1]) <= 80
    assert not written.findings
    reading = read(written.data)
    assert [finding.code for finding in reading.findings] == ["lines-unwrapped"]
    plain = _written(envelope, *body)
    assert written.data.replace((newline or "\n").encode(), b"") == plain.data
    (message,) = reading.interchanges[0].messages
    assert not message.findings and not reading.interchanges[0].findings
    (span,) = written.messages
    assert reading.source.place(message.offset)[0] == span.offset
    cut = written.data[span.offset : span.offset + span.length]
    assert cut.replace((newline or "\n").encode(), b"") == message.raw


def test_what_cannot_be_wrapped_is_not_and_that_is_said() -> None:
    short = _written(_with(EDIFACT, layout={"wrap": 80}), segment("BGM", "1"))
    assert b"\n" not in short.data and _codes(short) == ["layout-not-possible"]
    binary = Node(name="BIN", elements=((("",),), (("X" * 300,),)))
    assert _codes(_written(_with(X12, layout={"wrap": 80}), binary)) == ["layout-not-possible"]
    assert _codes(_written(_with(X12, terminator="\n", layout={"wrap": 80}), segment("N1", "X" * 300))) == [
        "layout-not-possible"
    ]


def test_trailing_empty_values_are_kept_on_request() -> None:
    body = (segment("NAD", "BY", ("1", "", ""), "", ""), Node(name="FTX", elements=((("A",), ("",)),)))
    dropped, kept = (
        _written(_with(EDIFACT, syntax_version=4, layout={"keep_trailing": keep}), *body) for keep in (False, True)
    )
    assert b"NAD+BY+1'FTX+A'" in dropped.data
    assert b"NAD+BY+1::++'FTX+A*'" in kept.data
    assert kept.sendable


def test_an_empty_occurrence_is_left_out_and_that_is_said() -> None:
    written = _written(_with(EDIFACT, syntax_version=4), Node(name="FTX", elements=((("A",), ("",), ("B",)),)))
    assert b"FTX+A*B'" in written.data
    assert [(each.code, each.severity, each.where.repetition) for each in written.findings] == [
        ("repetition-empty", "warning", 2)
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"newline": "\r"},
        {"final_newline": "\r"},
        {"wrap": 8},
        {"wrap": 1000},
        {"alternatives": "A"},
        {"substitutes": {"ab": "c"}},
    ],
)
def test_a_layout_without_meaning_is_the_callers_fault(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"can|break|lines|character"):
        Layout(**wrong)  # type: ignore[arg-type]


# Headers.


def test_every_field_of_unb() -> None:
    envelope = _with(
        EDIFACT,
        syntax_version=4,
        code_list_version="D03",
        character_encoding="2",
        password="PW'1",
        password_qualifier="BB",
        application_reference="IFTMIN",
        priority="A",
        request_acknowledgment=True,
        receipt_only=True,
        agreement="AGREED 7",
        test_indicator="2",
    )
    written = _written(envelope, segment("BGM", "1"))
    assert written.data.startswith(
        b"UNB+UNOC:4:D03:2+SENDER:14+RECEIVER:14+20240102:0304+77+PW?'1:BB+IFTMIN+A+2+AGREED 7+2'"
    )
    assert not written.findings
    (interchange,) = read(written.data).interchanges
    assert not interchange.findings and interchange.test and interchange.acknowledgment_requested
    below = _written(msgspec.structs.replace(envelope, syntax_version=3, test_indicator="1"), segment("BGM", "1"))
    assert below.data.startswith(b"UNB+UNOC:3+") and not below.findings


@pytest.mark.parametrize(
    ("change", "element"),
    [
        ({"password": "X" * 15}, 6),
        ({"password": "PW", "password_qualifier": "B"}, 6),
        ({"password_qualifier": "BB"}, 6),
        ({"application_reference": "X" * 15}, 7),
        ({"priority": "1"}, 8),
        ({"agreement": "X" * 36}, 10),
        ({"test_indicator": "2"}, 11),
        ({"code_list_version": "1234567"}, 1),
        ({"sender": Address(id=" S")}, 2),
    ],
)
def test_fields_of_unb_that_cannot_be_sent(change: dict[str, object], element: int) -> None:
    (finding,) = _written(msgspec.structs.replace(EDIFACT, **change), segment("BGM", "1")).findings
    assert (finding.code, finding.where.element) == ("interchange-header-invalid", element)


def test_every_field_of_isa() -> None:
    envelope = _with(
        X12,
        authorization=("03", "AUTH"),
        security=("01", "SECRET"),
        test_indicator="I",
        request_acknowledgment=True,
    )
    written = _written(envelope, segment("B10", "1"))
    assert written.data.startswith(
        b"ISA*03*AUTH      *01*SECRET    *02*SENDER         *ZZ*RECEIVER       *240102*0304*U*00401*000000077*1*I*:~"
    )
    assert not written.findings and not read(written.data).interchanges[0].findings


@pytest.mark.parametrize(
    ("change", "element"),
    [
        ({"authorization": ("3", "")}, 1),
        ({"authorization": ("00", "X" * 11)}, 2),
        ({"security": ("0x", "")}, 3),
        ({"security": ("01", "A*B")}, 4),
        ({"test_indicator": "X"}, 15),
        ({"sender": Address(id="SENDER", qualifier="2")}, 5),
    ],
)
def test_fields_of_isa_that_cannot_be_sent(change: dict[str, object], element: int) -> None:
    (finding,) = _written(msgspec.structs.replace(X12, **change), segment("B10", "1")).findings
    assert (finding.code, finding.where.element) == ("interchange-header-invalid", element)


@pytest.mark.parametrize(
    ("control", "version", "date", "isa11"),
    [
        ("00306", "003060", b"*240102*0304*1*X*003060~", b"*U*00306*"),
        ("00401", "004010", b"*20240102*0304*1*X*004010~", b"*U*00401*"),
        ("00402", "004020", b"*20240102*0304*1*X*004020~", b"*^*00402*"),
        ("00801", "008010", b"*20240102*0304*1*X*008010~", b"*^*00801*"),
    ],
)
def test_dates_and_separators_by_version(control: str, version: str, date: bytes, isa11: bytes) -> None:
    envelope = msgspec.structs.replace(X12, control_version=control)
    kind = MessageKind(type="214", version=version, agency="X")
    written = write(envelope, [_message(envelope, kind=kind)])
    assert date in written.data and isa11 in written.data and not written.findings


@pytest.mark.parametrize(
    ("version", "wanted", "header", "codes"),
    [
        ("005010", None, b"ST*999*0001*005010X231~", []),
        ("004020", None, b"ST*999*0001~", []),
        ("004020", True, b"ST*999*0001*004020X231~", []),
        ("005010", False, b"ST*999*0001~", []),
        ("004010", True, b"ST*999*0001*004010X231~", ["elements-too-many"]),
    ],
)
def test_the_guide_in_the_set_header(version: str, wanted: bool | None, header: bytes, codes: list[str]) -> None:
    kind = MessageKind(type="999", version=version, association="X231", agency="X")
    envelope = _with(X12, implementation_reference=wanted)
    written = write(envelope, [_message(envelope, kind=kind)])
    assert header in written.data and _codes(written) == codes


# Groups and packages.


def _groups(*numbers: str, kinds: tuple[MessageKind, ...] = (IFTSTA,)) -> list[OutgoingGroup]:
    return [
        OutgoingGroup(
            number=number,
            messages=tuple(
                Outgoing(kind=kind, reference=str(index), body=()) for index, kind in enumerate(kinds, start=1)
            ),
        )
        for number in numbers
    ]


_IFTMIN = MessageKind(type="IFTMIN", version="D.96A", agency="UN", association="X1")


def test_the_whole_of_an_edifact_interchange_with_groups() -> None:
    second = OutgoingGroup(
        number="G2",
        messages=(Outgoing(kind=_IFTMIN, reference="1", body=()),),
        sender=Address(id="APP", qualifier="ZZ"),
        password="PW",
    )
    written = write(_with(EDIFACT, group_receiver="DESK"), [*_groups("G1", kinds=(IFTSTA, IFTSTA)), second])
    assert written.data == (
        b"UNB+UNOC:3+SENDER:14+RECEIVER:14+240102:0304+77'"
        b"UNG+IFTSTA+SENDER:14+DESK+240102:0304+G1+UN+D:96A'"
        b"UNH+1+IFTSTA:D:96A:UN'UNT+2+1'UNH+2+IFTSTA:D:96A:UN'UNT+2+2'UNE+2+G1'"
        b"UNG+IFTMIN+APP:ZZ+DESK+240102:0304+G2+UN+D:96A:X1+PW'"
        b"UNH+1+IFTMIN:D:96A:UN:X1'UNT+2+1'UNE+1+G2'UNZ+2+77'"
    )
    assert not written.findings
    assert [(span.group, span.reference) for span in written.messages] == [("G1", "1"), ("G1", "2"), ("G2", "1")]
    (interchange,) = read(written.data).interchanges
    assert not interchange.findings and not any(group.findings for group in interchange.groups)


def test_a_group_of_several_types_is_for_syntax_4() -> None:
    mixed = _groups("1", kinds=(IFTSTA, _IFTMIN))
    assert _codes(write(EDIFACT, mixed)) == ["message-not-in-group"]
    written = write(_with(EDIFACT, syntax_version=4), mixed)
    assert b"UNG++SENDER:14+RECEIVER:14+20240102:0304+1'UNH" in written.data and not written.findings
    (interchange,) = read(written.data).interchanges
    assert not interchange.findings and not interchange.groups[0].findings
    assert not any(message.findings for message in interchange.messages)


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        (_groups("1", "1"), ["duplicate-group"]),
        ([*_groups("1"), Outgoing(kind=IFTSTA, reference="9", body=())], ["groups-mixed"]),
        (_groups(""), ["group-header-invalid"]),
        (_groups("X" * 15), ["group-header-invalid"]),
        ([OutgoingGroup(number="1", messages=())], ["empty-interchange"]),
        (_groups("1", kinds=(IFTSTA,))[:0], ["empty-interchange"]),
    ],
)
def test_groups_that_cannot_be_sent(content: list[OutgoingGroup | Outgoing], codes: list[str]) -> None:
    assert _codes(write(EDIFACT, content)) == codes


def test_several_functional_groups() -> None:
    kinds = (STATUS_214, MessageKind(type="990", version="004010", agency="X"))
    groups = [group for number, kind in zip("12", kinds, strict=True) for group in _groups(number, kinds=(kind,))]
    written = write(X12, groups)
    assert b"GS*QM*" in written.data and b"GS*GF*" in written.data and written.data.endswith(b"IEA*2*000000077~")
    assert not written.findings and not read(written.data).interchanges[0].findings
    assert _codes(write(X12, _groups("1", "01", kinds=(STATUS_214,)))) == ["duplicate-group"]
    own = Outgoing(kind=MessageKind(type="286", version="004010"), reference="1", body=(), functional="AD")
    assert b"GS*AD*" in write(X12, [own]).data and not write(X12, [own]).findings


def test_a_package_holds_any_bytes() -> None:
    data = b"\x00'UNZ+1+X'\n\xff"
    package = OutgoingPackage(reference="P1", identification=("1", "4711"), object_type=("24", "JPG"), data=data)
    envelope = _with(EDIFACT, syntax_version=4, layout={"newline": "\n"})
    written = write(envelope, [_message(envelope, segment("BGM", "1")), package])
    assert written.sendable and not written.findings
    assert b"\nUNO+P1+1:4711+24:JPG+12'" + data + b"UNP+12+P1'\nUNZ+2+77'" in written.data
    (interchange,) = read(written.data).interchanges
    (back,) = interchange.packages
    assert (back.reference, back.identification, back.object_type, back.data) == (
        "P1",
        ("1", "4711"),
        ("24", "JPG"),
        data,
    )
    assert not interchange.findings and not back.findings
    assert _codes(write(EDIFACT, [package])) == ["misplaced-segment"]
    with pytest.raises(ValueError, match="no packages"):
        write(X12, [package])


def test_binary_segments_state_their_length() -> None:
    filtered = Node(name="BDS", elements=((("ASC",),), (("",),), (("~*\n",),)))
    written = _written(X12, Node(name="BIN", elements=((("",),), (("\xff~ST*214",),))), filtered)
    assert b"BIN*8*\xff~ST*214~BDS*ASC*3*~*\n~SE*4*0001~" in written.data and written.sendable


@pytest.mark.parametrize(
    "elements",
    [((("4",),), (("ABC",),)), ((("",),), (("",),)), ((("1",),),), ((("",),), (("港",),))],
)
def test_binary_segments_that_cannot_be_sent(elements: Elements) -> None:
    assert _codes(_written(X12, Node(name="BIN", elements=elements))) == ["binary-length-invalid"]


def test_a_segment_has_an_end() -> None:
    assert _codes(_written(EDIFACT, segment("FTX", "X" * (1 << 20)))) == ["too-large"]
