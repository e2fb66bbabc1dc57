"""Reconciliation over AS2: receipts, attachments and exchanges of certificates are no files that somebody forgot."""

from __future__ import annotations

from sqlalchemy import text

from as2.building import Payload
from as2.source import BytesSource
from gateway.instance import Gateway
from gateway.reconciling import Reconciliation, reconcile
from tests.as2.samples import AT, DOCUMENT
from tests.gateway.channels.as2.conftest import MakeEndpoint
from tests.gateway.channels.as2.endpoint import Endpoint, asking, message
from tests.gateway.channels.as2.exchange import ON, Acme, asks
from tests.gateway.channels.as2.partner import says, status
from tests.gateway.channels.as2.sender import Sending


def look(gateway: Gateway) -> Reconciliation:
    """The reconciliation of the day."""
    return gateway.database.read(lambda c: reconcile(c, AT.date(), AT.date()))


def test_what_came_over_as2(endpoint: Endpoint) -> None:
    parts = [
        Payload(content=BytesSource(DOCUMENT), media_type="application/EDIFACT", filename="order.edi"),
        Payload(content=BytesSource(b"%PDF"), media_type="application/pdf", filename="order.pdf"),
    ]
    for built in (message(payloads=parts), message(receipt=asking(url="http://acme.example/mdn")), message(receipt=[])):
        assert endpoint.post(built).status in (200, 204)
    assert endpoint.post(message(), body=b"damaged").status == 200
    assert look(endpoint.gateway).unaccounted == []
    endpoint.gateway.database.write(lambda c: c.execute(text("DELETE FROM job")))
    lost = [each.text for each in look(endpoint.gateway).unaccounted]
    # Three documents, and the receipt that goes its own way; the attachment is nobody's work.
    assert sorted("was never read" in each for each in lost) == [False, True, True, True]


def test_what_went_over_as2(sending: Sending) -> None:
    sending.order()
    sending.partner.script = [status(204, takes=True)]
    sending.order(2)
    sending.partner.script = [says(code="authentication-failed")]
    sending.order(3)
    sending.partner.script = [status(503), status(None)]
    sending.order(4)
    assert look(sending.gateway).unaccounted == []


def test_an_exchange_of_certificates(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(channel=ON)
    acme = Acme(endpoint.gateway)
    assert endpoint.post(asks()).status == 200
    assert look(endpoint.gateway).unaccounted == []
    acme.close()
