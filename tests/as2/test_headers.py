"""Header blocks are kept as they came, read tolerantly and written so that no value can begin a second field."""

from __future__ import annotations

import email
import email.policy
import email.utils
import urllib.parse

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from as2.fault import As2Fault, Unreadable, Unwritable
from as2.filenames import FILENAME_LIMIT, safe_filename, write_disposition
from as2.headers import (
    ContentType,
    Headers,
    parse_block,
    parse_content_type,
    parse_parameters,
    write_block,
    write_content_type,
)
from as2.identifiers import check_message_id, quote_name, stated_name, unquote_name, written_message_id
from as2.tolerance import Tolerated

WRITABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=40)
TOKEN = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789-_.", min_size=1, max_size=20)


def test_fields_are_found_in_any_case_and_unfolded() -> None:
    headers = parse_block(b"Subject:  one\r\n\ttwo \r\n  three  \r\nX-A:\r\nsubject: four\r\n\r\n")
    assert headers.get("SUBJECT") == "one two three"
    assert headers.all("subject") == ["one two three", "four"]
    assert headers.get("x-a") == ""
    assert headers.get("x-b") is None
    assert headers.folded("Subject")
    assert not headers.folded("x-a")
    assert headers.fields[0] == (b"Subject", b"  one\r\n\ttwo \r\n  three  ")


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_the_block_is_kept_as_it_came(end: bytes) -> None:
    block = end.join([b"A : b", b"C:d", b"\te", b"", b""])
    tolerated: Tolerated = set()
    headers = parse_block(block, tolerated)
    assert headers.raw_block == block
    assert [(name, headers.get(name.decode())) for name, _ in headers.fields] == [(b"A", "b"), (b"C", "d e")]
    assert ("lf-line-ends" in tolerated) == (end == b"\n")
    assert "blank-before-colon" in tolerated


@pytest.mark.parametrize("block", [b"", b"\r\n", b"\n"])
def test_a_block_may_hold_no_field(block: bytes) -> None:
    assert parse_block(block).fields == ()


@pytest.mark.parametrize(
    "block",
    [
        b"hello\r\n",
        b" folded first: x\r\n",
        b"A: b\r\nhello\r\n",
        b"A: b\rC: d\r\n",
        b"A: b\r",
        b"A: \0\r\n",
        b": b\r\n",
        b"A B: c\r\n",
        b"\xe4: c\r\n",
        b"A: b\r\n\r\nbody",
        b"\r\n\r\n",
    ],
)
def test_a_line_that_is_no_field_is_refused(block: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_block(block)
    assert caught.value.cause == "malformed-header"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X", "a\r\nEvil: b"),
        ("X", "a\nEvil: b"),
        ("X", "a\rEvil: b"),
        ("X", "a\0"),
        ("X", "a\x7f"),
        ("X", "a\x0b"),
        ("X", "\N{EURO SIGN}"),
        ("X", "a\r\n folded"),
        ("X\r\nEvil", "a"),
        ("X:", "a"),
        ("X Y", "a"),
        ("", "a"),
        ("\xfc", "a"),
    ],
)
def test_what_would_begin_another_field_is_not_written(name: str, value: str) -> None:
    with pytest.raises(Unwritable):
        write_block([("Safe", "a"), (name, value)])
    with pytest.raises(Unwritable):
        Headers().with_field(name, value)


@given(st.lists(st.tuples(TOKEN, WRITABLE), max_size=6))
def test_written_fields_are_read_again(fields: list[tuple[str, str]]) -> None:
    block = write_block(fields)
    headers = parse_block(block)
    assert [name.decode() for name, _ in headers.fields] == [name for name, _ in fields]
    assert [value.decode("latin-1")[1:] for _, value in headers.fields] == [value for _, value in fields]
    again = Headers()
    for name, value in fields:
        again = again.with_field(name, value)
    for name, _ in fields:
        assert again.all(name) == headers.all(name)


def test_the_standard_library_reads_the_same_fields() -> None:
    block = (
        b'Content-Type: application/EDIFACT; name="a.edi"\r\nSubject: one\r\n two\r\nX-Empty:\r\n'
        b"Message-ID: <1@x>\r\nX-Long: " + b"abc " * 30 + b"\r\n\r\n"
    )
    theirs = email.message_from_bytes(block, policy=email.policy.compat32)
    ours = parse_block(block)
    for name, value in theirs.items():
        assert ours.get(name) == " ".join(line.strip() for line in value.splitlines()).strip()


@given(st.binary(max_size=200))
@example(b"A: b\r\n\t\r\n c\r\n")
def test_any_bytes_are_fields_or_a_fault(block: bytes) -> None:
    try:
        headers = parse_block(block)
    except Unreadable:
        return
    assert headers.raw_block == block
    for name, _ in headers.fields:
        assert headers.get(name.decode()) is not None
        assert "\n" not in (headers.get(name.decode()) or "")


@given(st.text(max_size=80) | st.text(" ;=\"\\/()*%'ab\r\n\t", max_size=40).map(lambda text: "a/b" + text))
def test_any_text_is_a_content_type_or_a_fault(value: str) -> None:
    try:
        read = parse_content_type(value)
    except As2Fault as fault:
        assert fault.cause == "malformed-content-type"
        return
    assert read.media == read.media.lower()
    assert parse_content_type(value) == read


@given(st.dictionaries(TOKEN.map(str.lower), WRITABLE, max_size=4))
def test_written_content_types_are_read_again(parameters: dict[str, str]) -> None:
    # A value that is in quotes by itself would come out of doubled quotes.
    parameters = {name: value for name, value in parameters.items() if not value.startswith('"')}
    written = write_content_type("multipart/signed", parameters)
    assert parse_content_type(written) == ContentType("multipart", "signed", parameters)


@given(st.dictionaries(TOKEN.map(str.lower), st.text("abcXYZ019 =/'()+_,-.:?;", min_size=1, max_size=30), max_size=4))
def test_the_standard_library_reads_our_parameters(parameters: dict[str, str]) -> None:
    parameters = {name: value.strip() for name, value in parameters.items() if value.strip()}
    message = email.message_from_string(f"Content-Type: {write_content_type('multipart/signed', parameters)}\r\n\r\n")
    assert dict((message.get_params() or [])[1:]) == parameters


@pytest.mark.parametrize("filename", ["orders.edi", "my orders.edi", "it's (1)=a;b,c.xml"])
def test_the_standard_library_reads_our_file_name(filename: str) -> None:
    message = email.message_from_bytes(write_block([("Content-Disposition", write_disposition(filename))]))
    assert message.get_filename() == filename


@pytest.mark.parametrize("filename", ["M\xfcller.edi", "\u20ac rates'%.xml"])
def test_the_standard_library_reads_our_encoded_file_name(filename: str) -> None:
    _, _, encoded = write_disposition(filename).rpartition("filename*=")
    charset, _, text = email.utils.decode_rfc2231(encoded)
    assert urllib.parse.unquote(text, charset or "") == filename


@pytest.mark.parametrize("filename", ["../a", "a\r\nb", "", "NUL", 'a"b', "a\0", "a\u202eb", ".hidden", "a" * 256])
def test_a_name_that_is_no_file_name_everywhere_is_not_written(filename: str) -> None:
    with pytest.raises(Unwritable):
        write_disposition(filename)


@given(st.text(max_size=300) | st.text('./\\: \x00aC"\u0301\u200b', max_size=30))
@example("a\u200b\u0301")
@example(".\u200b.")
@example("C:\u200bC:x")
def test_a_safe_file_name_is_safe(name: str) -> None:
    safe = safe_filename(name)
    if safe is None:
        return
    assert safe_filename(safe) == safe
    assert 0 < len(safe.encode()) <= FILENAME_LIMIT
    assert safe.isprintable()
    assert not set(safe) & set('/\\:<>|?*"')
    assert not safe.startswith((".", " "))
    assert not safe.endswith((".", " "))


@given(st.text(max_size=60))
def test_any_disposition_is_parameters_or_a_fault(value: str) -> None:
    try:
        parse_parameters("Content-Disposition", value)
    except As2Fault as fault:
        assert fault.cause == "malformed-content-disposition"


def test_a_content_type_may_be_missing() -> None:
    assert parse_block(b"A: b\r\n").content_type() is None


NAME = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=128)


@given(NAME)
def test_a_quoted_name_is_the_name_and_needs_its_quotes(name: str) -> None:
    tolerated: Tolerated = set()
    assert unquote_name(quote_name(name), tolerated) == name
    assert not tolerated
    assert quote_name(name).startswith('"') == bool(set(name) & set(' "\\'))


@given(st.text(max_size=140))
def test_any_text_is_a_name_or_a_fault(wire: str) -> None:
    try:
        name = unquote_name(wire)
    except Unreadable as fault:
        assert fault.cause == "name-malformed"
        return
    assert unquote_name(quote_name(name)) == name


@pytest.mark.parametrize("name", ["", "a" * 129, "Müller", "a\r\nb", "a\tb", "a\0"])
def test_what_is_no_name_is_not_written(name: str) -> None:
    with pytest.raises(Unwritable):
        quote_name(name)


def test_the_name_of_a_message_is_stated_once_and_in_one_line() -> None:
    assert stated_name(parse_block(b'as2-from: "A B"\r\n'), "AS2-From") == "A B"
    for block, cause in (
        (b"AS2-To: B\r\n", "name-missing"),
        (b"AS2-From: A\r\nAS2-From: A\r\n", "name-repeated"),
        (b"AS2-From: A\r\n B\r\n", "name-folded"),
        (b"AS2-From:\r\n A\r\n", "name-folded"),
        (b"AS2-From: \r\n", "name-malformed"),
        (b"AS2-From: A\xe4\r\n", "name-malformed"),
    ):
        with pytest.raises(Unreadable) as caught:
            stated_name(parse_block(block), "AS2-From")
        assert caught.value.cause == cause


def test_our_message_ids_are_such_as_we_accept_without_a_remark() -> None:
    tolerated: Tolerated = set()
    check_message_id(written_message_id("0191-abc", "as2.example.org"), tolerated)
    assert not tolerated


@pytest.mark.parametrize(
    ("left", "right"), [("a b", "x"), ("a>", "x"), ("", "x"), ("a", ""), ("a", "x\r\ny"), ("ü", "x"), ("a" * 998, "x")]
)
def test_what_is_no_message_id_is_not_written(left: str, right: str) -> None:
    with pytest.raises(Unwritable):
        written_message_id(left, right)
