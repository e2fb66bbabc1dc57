"""The tables of single values under ``tests/vectors/as2``: content types, names, message ids, file names, micalg."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from as2.digests import normalise
from as2.fault import Unreadable
from as2.filenames import safe_filename, stated_filename, write_disposition
from as2.headers import Headers, parse_block, parse_content_type, write_block
from as2.identifiers import bare_message_id, check_message_id, quote_name, same_message_id, unquote_name
from as2.tolerance import ToleranceId, Tolerated

Row = TypeVar("Row")

VECTORS = Path(__file__).parents[1] / "vectors" / "as2"


class ContentTypeRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seen: str
    value: str
    media: str = ""
    parameters: dict[str, str] = {}
    tolerated: list[ToleranceId] = []
    fault: str = ""


class NameRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seen: str
    wire: str
    name: str = ""
    tolerated: list[ToleranceId] = []
    fault: str = ""


class MessageIdRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seen: str
    wire: str
    bare: str = ""
    tolerated: list[ToleranceId] = []
    fault: str = ""


class FilenameRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seen: str
    fields: dict[str, str]
    stated: str | None
    safe: str | None
    tolerated: list[ToleranceId] = []


class MicalgRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    value: str
    digest: str | None


def table(name: str, row: type[Row]) -> list[Row]:
    return [msgspec.convert(each, type=row) for each in msgspec.json.decode((VECTORS / name).read_bytes())]


CONTENT_TYPES = table("content-types.json", ContentTypeRow)
NAMES = table("names.json", NameRow)
MESSAGE_IDS = table("message-ids.json", MessageIdRow)
FILENAMES = table("filenames.json", FilenameRow)
MICALGS = table("micalgs.json", MicalgRow)


def of_fields(fields: dict[str, str]) -> Headers:
    """These fields as they would arrive, folds and all."""
    return parse_block("".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode("latin-1"))


@pytest.mark.parametrize("row", CONTENT_TYPES, ids=lambda row: row.seen)
def test_content_type(row: ContentTypeRow) -> None:
    tolerated: Tolerated = set()
    if row.fault:
        with pytest.raises(Unreadable) as caught:
            parse_content_type(row.value, tolerated)
        assert caught.value.cause == row.fault
        assert "Malformed Content-Type" in str(caught.value)
        return
    read = parse_content_type(row.value, tolerated)
    assert (read.media, read.parameters) == (row.media, row.parameters)
    assert sorted(tolerated) == row.tolerated


@pytest.mark.parametrize("row", NAMES, ids=lambda row: row.seen)
def test_name(row: NameRow) -> None:
    tolerated: Tolerated = set()
    if row.fault:
        with pytest.raises(Unreadable) as caught:
            unquote_name(row.wire, tolerated)
        assert caught.value.cause == row.fault
        return
    name = unquote_name(row.wire, tolerated)
    assert name == row.name
    assert sorted(tolerated) == row.tolerated
    again: Tolerated = set()
    assert unquote_name(quote_name(name), again) == name
    assert not again


@pytest.mark.parametrize("row", MESSAGE_IDS, ids=lambda row: row.seen)
def test_message_id(row: MessageIdRow) -> None:
    tolerated: Tolerated = set()
    if row.fault:
        with pytest.raises(Unreadable) as caught:
            check_message_id(row.wire, tolerated)
        assert (caught.value.cause, caught.value.disposition) == (row.fault, "invalid-message-id")
        return
    check_message_id(row.wire, tolerated)
    assert sorted(tolerated) == row.tolerated
    assert bare_message_id(row.wire) == row.bare
    assert same_message_id(row.wire, f" <{row.bare}>\r\n")
    assert not same_message_id(row.wire, row.wire + "x")


@pytest.mark.parametrize("row", FILENAMES, ids=lambda row: row.seen)
def test_filename(row: FilenameRow) -> None:
    tolerated: Tolerated = set()
    stated = stated_filename(of_fields(row.fields), tolerated)
    assert stated == row.stated
    assert sorted(tolerated) == row.tolerated
    assert (safe_filename(stated) if stated else None) == row.safe
    if row.safe:
        written = write_disposition(row.safe)
        assert stated_filename(parse_block(write_block([("Content-Disposition", written)]))) == row.safe


@pytest.mark.parametrize("row", MICALGS, ids=lambda row: row.value)
def test_micalg(row: MicalgRow) -> None:
    assert normalise(row.value) == row.digest


def test_at_least_as_many_invalid_values_as_valid_ones_that_are_odd() -> None:
    assert sum(bool(row.fault) for row in CONTENT_TYPES) >= 20
    assert sum(bool(row.fault) for row in NAMES) >= sum(bool(row.tolerated) for row in NAMES)
    assert sum(bool(row.fault) for row in MESSAGE_IDS) >= sum(bool(row.tolerated) for row in MESSAGE_IDS)
    assert sum(row.safe != row.stated for row in FILENAMES) >= 15
    assert 2 * sum(row.digest is None for row in MICALGS) >= len(MICALGS) - 6
