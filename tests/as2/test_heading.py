"""What the HTTP header fields say, and which of them are refused: whoever reaches the port can write them."""

from __future__ import annotations

import pytest

from as2.fault import DispositionCode, Unreadable
from as2.headers import parse_block
from as2.heading import FEATURES, Heading, read_heading
from as2.tolerance import Tolerated

BASE = {"AS2-From": "ACME", "AS2-To": "US", "Message-ID": "<1@acme.example>"}


def heading(seen: Tolerated | None = None, /, **fields: str | None) -> Heading:
    """Of these fields; ``_`` in a name stands for a hyphen, ``None`` leaves a field out."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    kept = {name: value for name, value in {**BASE, **named}.items() if value is not None}
    block = "".join(f"{name}: {value}\r\n" for name, value in kept.items())
    return read_heading(parse_block(block.encode("latin-1") + b"\r\n"), seen)


@pytest.mark.parametrize(
    ("wire", "name", "tolerated"),
    [
        ("ACME", "ACME", set()),
        ('"ACME & Co"', "ACME & Co", set()),
        (r'"a\"b\\c"', r'a"b\c', set()),
        ("ACME & Co", "ACME & Co", {"name-without-quotes"}),
        ('"ACME"', "ACME", {"name-in-needless-quotes"}),
        ("acme", "acme", set()),
        ("ACME;", "ACME;", set()),
        ("a!#,;<>[]", "a!#,;<>[]", set()),
        ("x" * 128, "x" * 128, set()),
    ],
)
def test_names(wire: str, name: str, tolerated: Tolerated) -> None:
    seen: Tolerated = set()
    found = heading(seen, AS2_From=wire)
    assert (found.sender, found.sender_wire, seen) == (name, wire, tolerated)
    assert heading(AS2_To=wire).receiver == name


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"AS2_From": None}, "name-missing"),
        ({"AS2_To": None}, "name-missing"),
        ({"AS2_From": ""}, "name-malformed"),
        ({"AS2_From": '""'}, "name-malformed"),
        ({"AS2_From": "x" * 129}, "name-malformed"),
        ({"AS2_To": "Größe"}, "name-malformed"),
        ({"AS2_To": "a\x07b"}, "name-malformed"),
        ({"AS2_From": "AC\r\n ME"}, "name-folded"),
        ({"AS2_From": "ACME\r\nAS2-From: OTHER"}, "name-repeated"),
        ({"AS2_To": "US\r\nas2-to: US"}, "name-repeated"),
    ],
)
def test_names_that_are_refused(fields: dict[str, str | None], cause: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        heading(**fields)
    assert refusal.value.cause == cause


@pytest.mark.parametrize(
    ("wire", "tolerated"),
    [
        ("<1@a>", set()),
        ("1@a", {"message-id-without-brackets"}),
        ("<1>", {"message-id-without-at"}),
        ("<1 2@a>", {"message-id-blanks"}),
        ("<../../etc/passwd@a>", set()),
        ("<" + "x" * 300 + "@a>", {"message-id-long"}),
    ],
)
def test_message_ids_are_kept_as_they_came(wire: str, tolerated: Tolerated) -> None:
    seen: Tolerated = set()
    assert heading(seen, Message_ID=wire).message_id == wire
    assert seen == tolerated


@pytest.mark.parametrize(
    ("wire", "cause"),
    [
        ("", "message-id-malformed"),
        ("<>", "message-id-malformed"),
        ("<" + "x" * 1000 + ">", "message-id-malformed"),
        ("<a\x0bb@c>", "message-id-malformed"),
        ("<a\x85b@c>", "message-id-malformed"),
        ("<1@a>\r\nMessage-ID: <1@a>", "message-id-repeated"),
    ],
)
def test_message_ids_that_cannot_be_echoed(wire: str, cause: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        heading(Message_ID=wire)
    answered: DispositionCode = "invalid-message-id"
    assert (refusal.value.cause, refusal.value.disposition) == (cause, answered)


def test_an_mdn_may_have_no_message_id() -> None:
    assert heading(Message_ID=None).message_id is None


@pytest.mark.parametrize(
    ("stated", "version"),
    [
        ("1.2", (1, 2)),
        ("1", (1, 0)),
        (" 1.3 ", (1, 3)),
        ("1.10.4", (1, 10)),
        ("", (1, 0)),
        ("x", (1, 0)),
        (None, (1, 0)),
    ],
)
def test_the_version_is_never_an_error(stated: str | None, version: tuple[int, int]) -> None:
    """RFC 4130, 6.1: only the major digit decides, and its absence is 1.0."""
    assert heading(AS2_Version=stated).version == version


@pytest.mark.parametrize(
    ("stated", "features"),
    [
        ("multiple-attachments, CEM", {"multiple-attachments", "cem"}),
        ("CMS", {"cms"}),
        ("CEM,,, ä, <x>", {"cem"}),
        (None, set()),
        (",".join(f"f{number}" for number in range(FEATURES + 5)), {f"f{number}" for number in range(FEATURES)}),
    ],
)
def test_features_are_for_people(stated: str | None, features: set[str]) -> None:
    assert heading(EDIINT_Features=stated).features == features


def test_what_is_shown_of_the_sender() -> None:
    found = heading(Subject="An\r\n order", User_Agent="Agent/1")
    assert (found.subject, found.product) == ("An order", "Agent/1")
    assert heading(AS2_Product="name:1.0", User_Agent="Agent/1").product == "name:1.0"


def test_the_receipt_that_is_asked_for() -> None:
    """RFC 4130, 7.3: by presence; folds are read, and the URL is only kept for comparing."""
    found = heading(
        Disposition_Notification_To="anything",
        Disposition_Notification_Options="signed-receipt-protocol=optional, pkcs7-signature;\r\n\t"
        "signed-receipt-micalg=optional, sha256",
        Receipt_Delivery_Option="http://169.254.169.254/",
    ).receipt
    assert found.signed
    assert (found.asynchronous, found.url, found.digests()) == (True, "http://169.254.169.254/", ("sha256",))
    assert not heading().receipt.wanted


@pytest.mark.parametrize("block", [b"X: a\0b\r\n", b"X: a\rb\r\n", b"no field\r\n"])
def test_header_fields_that_are_none(block: bytes) -> None:
    """A NUL or a carriage return in a field would be another field to whoever reads it next."""
    with pytest.raises(Unreadable) as refusal:
        read_heading(parse_block(b"AS2-From: A\r\nAS2-To: B\r\n" + block + b"\r\n"))
    assert refusal.value.cause == "malformed-header"
