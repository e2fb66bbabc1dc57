"""What a message asks for as its receipt, and which digest the receipt then uses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from as2.digests import DigestName
from as2.fault import Unsupported, Unwritable
from as2.headers import Headers, parse_block, write_block
from as2.options import ReceiptRequest, chosen_digest, read_request, write_request

SUPPORTED: tuple[DigestName, ...] = ("sha256", "sha384", "sha512")
TO = "Disposition-Notification-To"
OPTIONS = "Disposition-Notification-Options"
URL = "Receipt-Delivery-Option"
USUAL = "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-256"


def request(options: str | None = None, *more: tuple[str, str]) -> ReceiptRequest:
    fields = [(TO, "edi@example.com"), *more]
    if options is not None:
        fields.append((OPTIONS, options))
    return read_request(parse_block(write_block(fields)))


def test_the_usual_request() -> None:
    read = request(USUAL)
    assert (read.wanted, read.signed, read.asynchronous) == (True, True, False)
    assert read.digests() == ("sha256",)
    assert chosen_digest(read, supported=SUPPORTED, signature_digest="sha512") == "sha256"


@pytest.mark.parametrize(
    "options",
    [
        "signed-receipt-protocol=optional,pkcs7-signature;signed-receipt-micalg=optional,sha256",
        "signed-receipt-micalg=required, SHA-256; signed-receipt-protocol=required, pkcs7-signature",
        "Signed-Receipt-Protocol = Optional , PKCS7-Signature ; Signed-Receipt-MICalg = Optional , sha2-256 ;",
        'signed-receipt-protocol="optional, pkcs7-signature"; signed-receipt-micalg="optional, sha-256"',
        "signed-receipt-protocol=pkcs7-signature; signed-receipt-micalg=sha-256",
        "signed-receipt-protocol=optional, x-pkcs7-signature; signed-receipt-micalg=optional, sha-256",
        "signed-receipt-protocol=required, pgp-signature, pkcs7-signature; signed-receipt-micalg=optional, sha-256",
        f"{USUAL}; somebodys-own=optional, value",
        "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha3-256, tiger, sha-256",
    ],
)
def test_every_way_of_asking_for_the_same(options: str) -> None:
    read = request(options)
    assert read.signed
    assert chosen_digest(read, supported=SUPPORTED, signature_digest=None) == "sha256"


def test_folded_options_are_read() -> None:
    options = (
        "signed-receipt-protocol=optional,\r\n\tpkcs7-signature;\r\n  signed-receipt-micalg=optional,\r\n\tsha-512"
    )
    block = f"{TO}: x\r\n{OPTIONS}: {options}\r\n\r\n"
    read = read_request(parse_block(block.encode()))
    assert read.signed
    assert read.digests() == ("sha512",)


@pytest.mark.parametrize(
    "options",
    [
        None,
        "",
        "signed-receipt-micalg=optional, sha-256",
        "signed-receipt-protocol=optional, pkcs7-signature",
        "signed-receipt-protocol=optional, pgp-signature; signed-receipt-micalg=optional, sha-256",
        "signed-receipt-protocol; signed-receipt-micalg",
        ";;;=;=,",
    ],
)
def test_what_does_not_ask_for_a_signature(options: str | None) -> None:
    read = request(options)
    assert read.wanted
    assert not read.signed


def test_without_a_notification_address_nothing_is_asked_for() -> None:
    read = read_request(Headers().with_field(OPTIONS, USUAL).with_field(URL, "https://partner.example/mdn"))
    assert (read.wanted, read.signed, read.asynchronous) == (False, False, False)


@pytest.mark.parametrize("value", ["", "null", "not an address", "a@b"])
def test_the_value_of_the_address_does_not_count(value: str) -> None:
    assert read_request(Headers(((TO.encode(), value.encode()),))).wanted


def test_a_delivery_option_makes_it_asynchronous() -> None:
    url = "http://partner.example/" + "a" * 200 + "?x=1"
    assert request(USUAL, (URL, url)).asynchronous
    assert request(USUAL, (URL, url)).url == url
    assert not request(USUAL, (URL, "")).asynchronous


ORDER: list[tuple[str, DigestName | None, tuple[DigestName, ...], DigestName]] = [
    ("sha-512, sha-256", "sha256", SUPPORTED, "sha512"),
    ("sha1, sha-256", "sha256", SUPPORTED, "sha256"),
    ("sha1, sha-256", "sha256", ("sha1", *SUPPORTED), "sha1"),
    ("md5, rsa-sha1, sha384", None, SUPPORTED, "sha384"),
    ("sha-256, sha-256, sha256", None, SUPPORTED, "sha256"),
]


@pytest.mark.parametrize(("listed", "signature", "supported", "chosen"), ORDER)
def test_the_first_supported_algorithm_is_taken(
    listed: str, signature: DigestName | None, supported: tuple[DigestName, ...], chosen: DigestName
) -> None:
    read = request(f"signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, {listed}")
    assert chosen_digest(read, supported=supported, signature_digest=signature) == chosen


@pytest.mark.parametrize("signature", ["sha384", "sha1", None])
def test_without_a_list_it_is_the_digest_of_the_signature(signature: DigestName | None) -> None:
    assert chosen_digest(request(), supported=SUPPORTED, signature_digest=signature) == (signature or "sha256")


@pytest.mark.parametrize(
    ("options", "cause", "disposition"),
    [
        (USUAL.replace("sha-256", "md5, sha1"), "receipt-micalg-unsupported", "unsupported-mic-algorithms"),
        (USUAL.replace("sha-256", "sha3-256"), "receipt-micalg-unsupported", "unsupported-mic-algorithms"),
        (
            "signed-receipt-protocol=required, pgp-signature; signed-receipt-micalg=optional, sha-256",
            "receipt-protocol-unsupported",
            "unsupported-format",
        ),
        (f"{USUAL}; seal=required, wax", "receipt-option-unknown", "unsupported-format"),
    ],
)
def test_what_cannot_be_given_is_answered_and_never_replaced(options: str, cause: str, disposition: str) -> None:
    with pytest.raises(Unsupported) as caught:
        chosen_digest(request(options), supported=SUPPORTED, signature_digest="sha256")
    assert (caught.value.cause, caught.value.disposition) == (cause, disposition)


def test_what_we_write_is_read_as_it_was_meant() -> None:
    fields = write_request(
        to="edi@example.com", signed=True, algorithms=["sha-256", "sha1"], url="https://us.example/mdn"
    )
    assert fields[1] == (
        OPTIONS,
        "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-256, sha1",
    )
    read = read_request(parse_block(write_block(fields)))
    assert read.signed
    assert read.digests() == ("sha256", "sha1")
    assert read.url == "https://us.example/mdn"
    unsigned = read_request(parse_block(write_block(write_request(to="x", signed=False))))
    assert (unsigned.wanted, unsigned.signed, unsigned.asynchronous) == (True, False, False)
    required = write_request(to="x", signed=True, algorithms=["sha-256"], importance="required")
    assert request(required[1][1]).protocol is not None
    assert "required, pkcs7-signature" in required[1][1]


def test_a_signed_receipt_needs_an_algorithm() -> None:
    with pytest.raises(Unwritable):
        write_request(to="x", signed=True)


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=300))
def test_any_options_are_a_request_or_a_refusal(value: str) -> None:
    read = read_request(Headers(((TO.encode(), b"x"), (OPTIONS.encode(), value.encode("latin-1")))))
    try:
        assert chosen_digest(read, supported=SUPPORTED, signature_digest=None) in SUPPORTED
    except Unsupported as fault:
        assert fault.disposition in ("unsupported-format", "unsupported-mic-algorithms")
