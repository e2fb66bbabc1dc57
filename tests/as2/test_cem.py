"""Certificates by message: what is offered, what is decided, and that nothing is used before."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from as2.building import Payload
from as2.cem import (
    MEDIA_TYPE,
    Decision,
    Offer,
    Request,
    Response,
    Status,
    Usage,
    build_request,
    build_response,
    decided,
    is_exchange,
    read_exchange,
    usable,
)
from as2.cms.collection import collection
from as2.fault import Unreadable, Unwritable
from as2.headers import parse_block
from as2.mic import Packaging
from as2.plain_xml import read_xml
from as2.receiving import Document
from as2.source import BytesSource
from tests.as2.keys import certificate_of, read_all
from tests.as2.samples import STACKS, built, received, received_as, stack_name

VECTORS: Final = Path(__file__).parents[1] / "vectors" / "as2" / "cem"
NAMES: Final = sorted(path.stem for path in VECTORS.glob("*.mime"))
AT: Final = datetime(2026, 12, 1, 10, 30, tzinfo=UTC)
SIGNED: Final = Packaging(signed=True, encrypted=False)
OFFER: Final = Offer(
    certificate=certificate_of("rsa-other"),
    usages=frozenset({"digitalSignature", "keyEncipherment"}),
    respond_by=AT,
    response_url="https://acme.example/as2",
)
REQUEST: Final = Request(request_id="r-1", sender="ACME", originated=AT, offers=(OFFER,))


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    kind: Literal["request", "response", ""] = ""
    usages: list[Usage] = []
    status: Status = "pending"
    """Of the certificate of `rsa-other` after the response."""
    reason: str | None = None
    cause: str = ""


def expected(name: str) -> Expected:
    return msgspec.json.decode((VECTORS / f"{name}.json").read_bytes(), type=Expected)


def documents(name: str) -> tuple[Document, ...]:
    """As they come out of an accepted message."""
    head, _, body = (VECTORS / f"{name}.mime").read_bytes().partition(b"\r\n\r\n")
    outcome = received_as(parse_block(b"AS2-From: ACME\r\nAS2-To: US\r\n" + head + b"\r\n\r\n"), BytesSource(body))
    assert outcome.accepted
    return outcome.documents


@pytest.mark.parametrize("name", NAMES)
def test_each_is_read_as_its_file_says(name: str) -> None:
    wanted = expected(name)
    held = documents(name)
    assert is_exchange(held)
    if wanted.cause:
        with pytest.raises(Unreadable) as refusal:
            read_exchange(held, sender="ACME")
        assert refusal.value.cause == wanted.cause
        return
    found = read_exchange(held, sender="ACME")
    assert (found.request_id, found.sender) == ("r-1", "ACME")
    if isinstance(found, Request):
        assert wanted.kind == "request"
        (offer,) = found.offers
        assert offer.certificate == certificate_of("rsa-other")
        assert offer.usages == set(wanted.usages)
        assert (offer.status, offer.response_url) == ("pending", "http://169.254.169.254/as2")
        assert offer.respond_by == datetime(2026, 12, 31, tzinfo=UTC)
        assert usable(found.offers, "digitalSignature") == (), "nothing is used before it is accepted"
    else:
        assert wanted.kind == "response"
        assert decided(OFFER, found).status == wanted.status
        assert found.decisions[0].reason == wanted.reason


def test_there_is_more_that_is_refused_than_read() -> None:
    causes = [expected(name).cause for name in NAMES]
    assert len([cause for cause in causes if cause]) > len([cause for cause in causes if not cause])


def test_only_for_its_sender() -> None:
    with pytest.raises(Unreadable) as refusal:
        read_exchange(documents("request"), sender="OTHER")
    assert refusal.value.cause == "cem-sender-differs"


def written(request: Request = REQUEST) -> list[Payload]:
    return build_request(request, respond_by=AT, response_url="https://acme.example/as2", originated=AT)


@pytest.mark.parametrize("stack", STACKS, ids=stack_name)
def test_a_request_goes_through_every_stack(stack: Packaging) -> None:
    second = msgspec.structs.replace(OFFER, certificate=certificate_of("p256"), usages=frozenset({"tlsServer"}))
    request = msgspec.structs.replace(REQUEST, offers=(OFFER, second))
    outcome = received(built(stack, payloads=written(request)))
    assert outcome.fault is None
    assert outcome.tolerated == frozenset()
    sent = tuple(
        msgspec.structs.replace(each, respond_by=AT, response_url="https://acme.example/as2") for each in request.offers
    )
    assert read_exchange(outcome.documents, sender="ACME") == msgspec.structs.replace(request, offers=sent)


@pytest.mark.parametrize(
    "decision",
    [
        Decision(status="accepted", issuer=OFFER.certificate.issuer, serial=OFFER.certificate.serial),
        Decision(status="rejected", issuer="CN=<a> & b", serial=7, reason="a < b & c"),
    ],
)
def test_a_response_goes_as_a_multipart_too(decision: Decision) -> None:
    response = Response(request_id='r "1"', sender="ACME", originated=AT, decisions=(decision,))
    message = built(SIGNED, payloads=build_response(response, originated=AT))
    assert b'multipart/related; type="application/ediint-cert-exchange+xml"' in read_all(message.body)
    outcome = received(message)
    assert [each.media_type for each in outcome.documents] == [MEDIA_TYPE]
    assert read_exchange(outcome.documents, sender="ACME") == response


def test_nothing_stands_after_the_xml() -> None:
    """Not a line end: products refused it in tests."""
    for payload in (written()[0], build_response(answer("accepted"), originated=AT)[0]):
        assert read_all(payload.content).endswith(b">")
        read_xml(read_all(payload.content))


def answer(*statuses: Literal["accepted", "rejected"], serial: int = OFFER.certificate.serial) -> Response:
    decisions = tuple(Decision(status=each, issuer="CN=x", serial=serial) for each in statuses)
    return Response(request_id="r-1", sender="ACME", originated=AT, decisions=decisions)


def test_what_may_be_used() -> None:
    """Accepted, for the uses it was offered for, and nothing else."""
    assert usable([OFFER], "digitalSignature") == ()
    accepted = decided(OFFER, answer("accepted"))
    assert usable([accepted], "digitalSignature") == (OFFER.certificate,)
    assert usable([accepted], "keyEncipherment") == (OFFER.certificate,)
    assert usable([accepted], "tlsServer") == ()
    rejected = decided(OFFER, answer("rejected"))
    assert (rejected.status, usable([rejected], "digitalSignature")) == ("rejected", ())


def test_a_contradiction_or_another_number_decides_nothing() -> None:
    assert decided(OFFER, answer("accepted", "rejected")) == OFFER
    assert decided(OFFER, answer("accepted", serial=4711)) == OFFER


@pytest.mark.parametrize(
    "request_",
    [
        msgspec.structs.replace(REQUEST, offers=()),
        msgspec.structs.replace(REQUEST, offers=(OFFER,) * 20),
        msgspec.structs.replace(REQUEST, sender=""),
        msgspec.structs.replace(REQUEST, sender="a\r\nb"),
        msgspec.structs.replace(REQUEST, request_id=""),
        msgspec.structs.replace(REQUEST, request_id="a\0b"),
        msgspec.structs.replace(REQUEST, request_id="x" * 1001),
    ],
)
def test_what_cannot_be_written(request_: Request) -> None:
    with pytest.raises(Unwritable):
        written(request_)
    with pytest.raises(Unwritable):
        build_response(Response(request_id="r", sender="A", originated=AT, decisions=()), originated=AT)


def test_openssl_reads_our_certificates() -> None:
    ours = collection([certificate_of("rsa"), certificate_of("p256")])
    run = subprocess.run(
        ["openssl", "pkcs7", "-inform", "DER", "-print_certs"], input=ours, capture_output=True, check=True
    )
    assert run.stdout.count(b"-----BEGIN CERTIFICATE-----") == 2
    one = collection([certificate_of("rsa-other")])
    theirs = read_all(documents("request")[1].content)
    assert one == theirs, "the same DER as openssl crl2pkcs7"


def test_deep_xml_is_no_trouble() -> None:
    """As deep as its size allows."""
    root = read_xml(b"<a>" * 9_000 + b"</a>" * 9_000)
    assert root.tag == "a"


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(alphabet="<>/?!-[]abcDOCTYPE&;=\"' ").map(str.encode)))
def test_any_bytes_are_xml_or_unreadable(data: bytes) -> None:
    try:
        read_xml(data)
    except Unreadable as fault:
        assert fault.cause.startswith("xml-")


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(NAMES), st.data())
def test_a_changed_exchange_is_read_or_unreadable(name: str, data: st.DataObject) -> None:
    """And an offer that comes out is pending and has the certificate of a part, whatever was changed."""
    held = documents(name)
    xml = bytearray(read_all(held[0].content))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(xml)))
        xml[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=4))
    changed = (msgspec.structs.replace(held[0], content=BytesSource(bytes(xml))), *held[1:])
    try:
        found = read_exchange(changed, sender="ACME")
    except Unreadable:
        return
    assert found.sender == "ACME"
    if isinstance(found, Request):
        assert {each.status for each in found.offers} == {"pending"}
