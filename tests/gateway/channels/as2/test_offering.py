"""Our next certificate is offered by message, and signs for a partner from its acceptance on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from as2 import cem
from as2.cms.algorithms import Permits
from as2.mdn_reading import read_mdn
from gateway.channels.as2.deciding import reject
from gateway.channels.as2.offering import offer
from gateway.ledger.certificate_exchanges import CertificateExchange
from gateway.operations import NotPossible, Treated
from gateway.sweeping import sweep
from tests.as2.keys import certificate_of
from tests.as2.samples import AT
from tests.as2.samples import signing as signs
from tests.gateway.channels.as2.conftest import ON_POSTGRESQL, MakeEndpoint
from tests.gateway.channels.as2.endpoint import OURS, Endpoint, message, store_key
from tests.gateway.channels.as2.exchange import ON, Acme, accepts, answers, asks, exchanges

NEXT = "p256"
"""The test key that we change to."""
DUE = date(2026, 12, 15)
CHANGE = date(2027, 3, 1)
WITH_URL = "{enabled: yes, port: 0, url: 'http://192.0.2.7/as2'}"
READY = f"""
    - {{file: keys/{NEXT}.pem, use: [decrypt]}}
    - {{file: keys/{NEXT}.pem, use: [sign], valid_from: {CHANGE}}}"""


def ready(endpoint: Endpoint, lines: str = READY, *, key: bool = True) -> Endpoint:
    """The same, with our next certificate in the profile and its key in its place."""
    path = endpoint.gateway.home.profiles / "meridian.yaml"
    path.write_text(path.read_text().rstrip() + lines + "\n")
    if key:
        store_key(endpoint.gateway.home.folder, NEXT)
    endpoint.gateway.profiles.refresh()
    return endpoint


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=ON_POSTGRESQL)])
def endpoint(request: pytest.FixtureRequest, make_endpoint: MakeEndpoint) -> Endpoint:
    """One on either database that is ready to offer."""
    settings = {"database": request.getfixturevalue("postgresql_url")} if request.param == "postgresql" else {}
    return ready(make_endpoint(channel=ON, as2=WITH_URL, **settings))


@pytest.fixture
def acme(endpoint: Endpoint) -> Iterator[Acme]:
    """What we send to ACME."""
    made = Acme(endpoint.gateway)
    yield made
    made.close()


def offers(
    endpoint: Endpoint,
    name: str = NEXT,
    *,
    respond_by: date = DUE,
    channels: Sequence[str] = (),
    reason: str = "the old one ends",
) -> list[Treated]:
    """What came of an offer."""
    return offer(endpoint.gateway, name, respond_by=respond_by, channels=channels, actor="eva", reason=reason)


def offered(endpoint: Endpoint) -> CertificateExchange:
    """The exchange of an offer that was made now."""
    (treated,) = offers(endpoint)
    assert treated.outcome == "done", treated.text
    (found,) = [each for each in exchanges(endpoint) if each.id in treated.made]
    return found


def signer(endpoint: Endpoint) -> str:
    """Which of our keys signs a receipt for ACME."""
    reply = endpoint.post(message())
    for name in (OURS, NEXT):
        mdn = read_mdn(reply.headers, reply.body, pinned=[certificate_of(name)], permits=Permits())
        if mdn.signature.state == "verified":
            return name
    raise AssertionError("nobody we know signed")


def rejects(reason: str | None = None) -> cem.Decision:
    certificate = certificate_of(NEXT)
    return cem.Decision(status="rejected", issuer=certificate.issuer, serial=certificate.serial, reason=reason)


def test_an_offer_goes_out_under_the_certificate_that_is_known(endpoint: Endpoint, acme: Acme) -> None:
    made = offered(endpoint)
    (request,) = acme.collect()
    assert isinstance(request, cem.Request)
    assert (request.request_id, request.sender) == (made.request_id, "Us & Co")
    (sent,) = request.offers
    assert sent.certificate == certificate_of(NEXT)
    assert sent.usages == {"digitalSignature", "keyEncipherment"}
    assert sent.respond_by == datetime(2026, 12, 15, 23, 59, 59, tzinfo=UTC)
    assert sent.response_url == "http://192.0.2.7/as2"
    headers, _, outcome = acme.received[0]
    assert outcome.verified is not None and outcome.verified.certificate == certificate_of(OURS)
    assert headers.get("EDIINT-Features") == "multiple-attachments, CEM, AS2-Reliability"
    assert endpoint.events(made.id) == ["certificates-offered"]
    assert endpoint.rows("SELECT delivery FROM transmission WHERE id = :id", id=made.transmission) == [("delivered",)]
    assert signer(endpoint) == OURS


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "base64"])
def test_it_goes_to_partners_who_want_text(make_endpoint: MakeEndpoint, encoding: str) -> None:
    endpoint = ready(make_endpoint(channel=f"{ON}\ntransfer_encoding: {encoding}", as2=WITH_URL))
    acme = Acme(endpoint.gateway)
    try:
        offered(endpoint)
        assert len(acme.collect()) == 1
    finally:
        acme.close()


def test_after_its_acceptance_it_signs_for_that_partner(endpoint: Endpoint, acme: Acme) -> None:
    made = offered(endpoint)
    acme.collect()
    assert endpoint.post(answers(made.request_id, accepts(certificate_of(NEXT)))).mdn.disposition.verdict == "processed"
    assert endpoint.orders() == 0
    assert signer(endpoint) == NEXT
    (found,) = exchanges(endpoint)
    (stated,) = found.offers
    assert (stated.status, stated.actor, found.pending) == ("accepted", "acme", False)
    assert endpoint.events(made.id) == ["certificates-offered", "certificates-accepted"]
    # What goes out is signed so too: here the answer to an offer of the partner's.
    endpoint.post(asks())
    reject(endpoint.gateway, exchanges(endpoint)[1].id, actor="eva", reason="no")
    acme.trusts = [certificate_of(NEXT)]
    assert len(acme.collect()) == 1


def test_one_that_was_not_accepted_signs_from_its_day_on(endpoint: Endpoint) -> None:
    made = offered(endpoint)
    endpoint.post(answers(made.request_id, rejects("We know <no> curves")))
    (case,) = endpoint.cases("certificates-rejected")
    assert "We know <no> curves" in case.text and "`sign_with`" in case.text
    assert signer(endpoint) == OURS
    endpoint.now = datetime(2027, 3, 1, 8, tzinfo=UTC)
    assert signer(endpoint) == NEXT


def test_who_stays_with_the_old_one_gets_the_old_one(make_endpoint: MakeEndpoint) -> None:
    endpoint = ready(make_endpoint(channel=f"{ON}\nsign_with: keys/{OURS}.pem", as2=WITH_URL))
    endpoint.post(answers(offered(endpoint).request_id, accepts(certificate_of(NEXT))))
    assert signer(endpoint) == OURS


def test_what_the_profile_no_longer_names_is_not_used(make_endpoint: MakeEndpoint) -> None:
    endpoint = ready(make_endpoint(channel=ON, as2=WITH_URL))
    endpoint.post(answers(offered(endpoint).request_id, accepts(certificate_of(NEXT))))
    path = endpoint.gateway.home.profiles / "meridian.yaml"
    path.write_text(path.read_text().replace(READY, ""))
    endpoint.gateway.profiles.refresh()
    assert signer(endpoint) == OURS


def test_an_offer_is_made_once(endpoint: Endpoint, acme: Acme) -> None:
    made = offered(endpoint)
    (again,) = offers(endpoint, certificate_of(NEXT).sha256[:8].upper())
    assert (again.outcome, list(again.made)) == ("repeated", [made.id])
    assert len(acme.collect()) == 1
    endpoint.post(answers(made.request_id, rejects()))
    second = offered(endpoint)
    assert second.id != made.id
    endpoint.post(answers(second.request_id, accepts(certificate_of(NEXT))))
    (third,) = offers(endpoint, f"keys/{NEXT}.pem")
    assert (third.outcome, list(third.made)) == ("repeated", [second.id])


def test_no_answer_in_time_is_a_case_once(endpoint: Endpoint) -> None:
    made = offered(endpoint)
    endpoint.now = datetime(2026, 12, 15, 23, 59, tzinfo=UTC)
    sweep(endpoint.gateway)
    assert endpoint.cases("certificates-unanswered") == []
    endpoint.now += timedelta(hours=1)
    for _ in range(2):
        sweep(endpoint.gateway)
    (case,) = endpoint.cases("certificates-unanswered")
    assert case.subject == made.id and made.transmission in case.text
    assert endpoint.events(made.id).count("certificates-overdue") == 1
    endpoint.post(answers(made.request_id, accepts(certificate_of(NEXT))))
    assert endpoint.cases("certificates-unanswered") == []
    assert signer(endpoint) == NEXT


@pytest.mark.parametrize("what", ["another request", "another certificate"])
def test_an_answer_to_nothing_of_ours_is_a_case(endpoint: Endpoint, what: str) -> None:
    made = offered(endpoint)
    other = what == "another request"
    decision = accepts(certificate_of(NEXT if other else "rsa-4096"))
    endpoint.post(answers("r-9" if other else made.request_id, decision))
    (case,) = endpoint.cases("certificate-answer-unmatched")
    assert case.party == "acme"
    assert exchanges(endpoint)[0].pending and signer(endpoint) == OURS


def test_the_first_answer_stands(endpoint: Endpoint) -> None:
    made = offered(endpoint)
    for _ in range(2):
        endpoint.post(answers(made.request_id, accepts(certificate_of(NEXT))))
    assert endpoint.cases("certificate-answer-differs") == []
    endpoint.post(answers(made.request_id, rejects()))
    assert len(endpoint.cases("certificate-answer-differs")) == 1
    assert endpoint.events(made.id) == ["certificates-offered", "certificates-accepted"]
    assert signer(endpoint) == NEXT


def test_a_stranger_accepts_nothing(make_endpoint: MakeEndpoint) -> None:
    endpoint = ready(make_endpoint(channel=ON, as2=WITH_URL))
    made = offered(endpoint)
    for told in (
        answers(made.request_id, accepts(certificate_of(NEXT)), how=signs(key="rsa-4096")),
        answers(made.request_id, accepts(certificate_of(NEXT)), sender="OTHER"),
    ):
        assert endpoint.post(told).mdn.disposition.verdict == "error"
    assert exchanges(endpoint)[0].pending


SIGNS_ALREADY = READY.replace(f", valid_from: {CHANGE}", ", valid_from: 2026-11-01")
DECRYPTS_LATER = READY.replace("[decrypt]", "[decrypt], valid_from: 2027-01-01")


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("", "no party of ours names a certificate"),
        (DECRYPTS_LATER, "does not decrypt yet"),
        (SIGNS_ALREADY, "signs for `acme` already"),
    ],
)
def test_what_cannot_be_offered(make_endpoint: MakeEndpoint, lines: str, why: str) -> None:
    endpoint = ready(make_endpoint(channel=ON, as2=WITH_URL), lines)
    assert why in told(lambda: offers(endpoint))
    assert exchanges(endpoint) == []


def test_what_else_has_to_be_there(make_endpoint: MakeEndpoint) -> None:
    assert "is not there" in told(lambda: offers(ready(make_endpoint(channel=ON, as2=WITH_URL), key=False)))
    assert "set `as2: url`" in told(lambda: offers(ready(make_endpoint(channel=ON))))
    assert "no partner of that party" in told(lambda: offers(ready(make_endpoint(as2=WITH_URL))))
    endpoint = ready(make_endpoint(channel=ON, as2=WITH_URL))
    assert "name a later one" in told(lambda: offers(endpoint, respond_by=AT.date()))
    assert "needs a reason" in told(lambda: offers(endpoint, reason=""))
    assert "no channel `other-as2` exchanges" in told(lambda: offers(endpoint, channels=["other-as2"]))


def told(order: Callable[[], list[Treated]]) -> str:
    """Why nothing is offered."""
    try:
        (treated,) = order()
    except NotPossible as fault:
        return str(fault)
    assert treated.outcome == "refused"
    return treated.text
