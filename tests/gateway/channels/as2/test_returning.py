"""Asynchronous MDNs of ours: the stored bytes, to the URL of the profile, as often as it takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from as2.cms.algorithms import Permits
from as2.headers import parse_block, write_block
from as2.mdn_reading import read_mdn
from gateway.channels.as2.keys import As2Keys, certificates_in
from gateway.channels.as2.posting import CannedPoster, Reply
from gateway.channels.as2.sending import As2Sender
from gateway.channels.workplace import SpoolFolder
from gateway.delivering import deliver_over
from gateway.ledger import attempts, transmissions
from gateway.publishing import DELIVER
from gateway.sweeping import sweep
from gateway.working import Workers
from queues.gates import FAILURES
from tests.as2.keys import KEYS
from tests.gateway.channels.as2.conftest import MakeEndpoint
from tests.gateway.channels.as2.endpoint import OURS, Endpoint, asking, message

ELSEWHERE = "http://169.254.169.254/latest/meta-data"


class Returning:
    """The gateway's deliveries, over a poster that answers as it is told."""

    def __init__(self, endpoint: Endpoint, spool: Path, statuses: Sequence[int | None]) -> None:
        self.left = left = list(statuses)
        self.endpoint = endpoint
        self.poster = CannedPoster(lambda _, __: Reply(status=left.pop(0), trouble="refused"))
        home = endpoint.gateway.home
        sender = As2Sender(As2Keys(home.keys), self.poster, SpoolFolder(spool, reserve=0))
        stages = {DELIVER: deliver_over(sender.carries)}
        self.workers = Workers(endpoint.gateway, stages, 1)

    def work(self) -> None:
        while self.workers.run_one():
            pass

    def later(self, **passed: float) -> None:
        self.endpoint.now += timedelta(**passed)
        sweep(self.endpoint.gateway)
        self.work()

    def mdn(self) -> tuple[str, list[str]]:
        """Where the MDN stands, and how the attempts ended."""
        row = self.endpoint.accepted()
        assert row is not None and row.mdn_transmission is not None
        name = row.mdn_transmission
        made = self.endpoint.gateway.database.read(lambda c: attempts.of(c, [name]))
        stands = self.endpoint.gateway.database.read(lambda c: transmissions.get(c, name)).delivery
        return str(stands), [each.outcome for each in made]


def post_async(endpoint: Endpoint, url: str = ELSEWHERE) -> None:
    assert endpoint.post(message(id="<42.1@acme.example>", receipt=asking(url=url))).status == 204


def test_the_mdn_goes_to_the_profiles_url_and_never_to_the_messages(endpoint: Endpoint, tmp_path: Path) -> None:
    returning = Returning(endpoint, tmp_path / "out", [200])
    post_async(endpoint)
    returning.work()
    ((posting, body),) = returning.poster.posted
    assert posting.url == "http://127.0.0.1:9/as2"
    row = endpoint.accepted()
    assert row is not None and row.mdn_sha256 is not None
    assert body == endpoint.gateway.content(row.mdn_sha256)
    headers = parse_block(write_block(posting.headers))
    assert headers.get("Content-Length") is None, "the length is the transfer's to say"
    pinned = certificates_in((KEYS / f"{OURS}.pem").read_text())
    mdn = read_mdn(headers, body, pinned=pinned, permits=Permits())
    assert (mdn.signature.state, mdn.disposition.verdict) == ("verified", "processed")
    assert mdn.original_message_id == "<42.1@acme.example>"
    assert returning.mdn() == ("delivered", ["delivered"])


def test_a_url_of_its_own_for_receipts(make_endpoint: MakeEndpoint, tmp_path: Path) -> None:
    endpoint = make_endpoint(channel="receive: {async_url: 'http://acme.example/mdn'}")
    returning = Returning(endpoint, tmp_path / "out", [204])
    post_async(endpoint)
    returning.work()
    assert [posting.url for posting, _ in returning.poster.posted] == ["http://acme.example/mdn"]


@pytest.mark.parametrize(
    ("url", "goes_along"),
    [
        ("http://127.0.0.1:9/receipts", True),
        ("https://127.0.0.1:9/as2", False),
        ("http://127.0.0.1:90/as2", False),
        ("http://127.0.0.1/as2", False),
        ("http://elsewhere.example:9/as2", False),
    ],
)
def test_a_password_goes_to_the_place_it_is_for(
    make_endpoint: MakeEndpoint, tmp_path: Path, url: str, goes_along: bool
) -> None:
    endpoint = make_endpoint(channel=f"http: {{user: us, secret: acme}}\nreceive: {{async_url: '{url}'}}")
    secret = endpoint.gateway.home.secrets / "acme"
    secret.parent.mkdir(parents=True)
    secret.write_text("s3cret")
    secret.chmod(0o600)
    returning = Returning(endpoint, tmp_path / "out", [204])
    post_async(endpoint)
    returning.work()
    ((posting, _),) = returning.poster.posted
    assert (posting.user, posting.password) == (("us", "s3cret") if goes_along else (None, None))


def test_the_same_bytes_until_they_are_taken(endpoint: Endpoint, tmp_path: Path) -> None:
    returning = Returning(endpoint, tmp_path / "out", [None, 503, 202])
    post_async(endpoint)
    returning.work()
    assert returning.mdn()[0] == "retry-wait"
    returning.later(hours=2)
    returning.later(hours=2)
    assert returning.mdn() == ("delivered", ["failed", "failed", "delivered"])
    assert len({(tuple(posting.headers), body) for posting, body in returning.poster.posted}) == 1


@pytest.mark.parametrize(
    ("channel", "breaks"), [("", True), ("receive: {async_url: 'http://elsewhere.example/mdn'}", False)]
)
def test_only_the_server_of_the_channel_says_something_about_its_gate(
    make_endpoint: MakeEndpoint, tmp_path: Path, channel: str, breaks: bool
) -> None:
    """Else one wrong URL for receipts would hold up the messages that go elsewhere, for good."""
    endpoint = make_endpoint(channel=channel)
    returning = Returning(endpoint, tmp_path / "out", [None] * FAILURES)
    post_async(endpoint)
    returning.work()
    for _ in range(FAILURES - 1):
        returning.later(hours=2)
    assert not returning.left
    gate = endpoint.gateway.database.read(lambda c: endpoint.gateway.queue.gates.get(c, "acme-as2"))
    assert (gate.broken_since is not None) == breaks


def test_a_receipt_that_goes_elsewhere_does_not_wait_for_the_server_of_the_channel(
    make_endpoint: MakeEndpoint, tmp_path: Path
) -> None:
    endpoint = make_endpoint(channel="receive: {async_url: 'http://elsewhere.example/mdn'}")
    returning = Returning(endpoint, tmp_path / "out", [204])

    def break_it(connection: Connection) -> None:
        for _ in range(FAILURES):
            endpoint.gateway.queue.gates.unreached(connection, "acme-as2", 1, 1, "connection refused")

    endpoint.gateway.database.write(break_it)
    post_async(endpoint)
    returning.work()
    assert returning.mdn() == ("delivered", ["delivered"])


@pytest.mark.parametrize("status", [302, 404, 413])
def test_a_refusal_is_a_case(make_endpoint: MakeEndpoint, tmp_path: Path, status: int) -> None:
    endpoint = make_endpoint()
    returning = Returning(endpoint, tmp_path / "out", [status])
    post_async(endpoint)
    returning.work()
    assert returning.mdn() == ("parked", ["failed"])
    (case,) = endpoint.cases("as2-mdn-not-taken")
    assert str(status) in case.text
