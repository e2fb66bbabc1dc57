"""A partner renews its certificates by message: offered, decided by a person, answered, and used from that moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from as2 import cem
from as2.building import Built
from as2.headers import parse_block, write_block
from as2.mic import Packaging
from gateway.channels.as2 import deciding
from gateway.channels.as2.agreed import agreed, outside_profiles
from gateway.channels.as2.deciding import approve, reject
from gateway.channels.as2.posting import Reply
from gateway.ledger import NotRecorded
from gateway.operations import NotPossible
from gateway.sweeping import watch_certificates
from partners import As2Channel
from tests.as2.keys import KEYS, certificate_of, pair_of
from tests.as2.samples import AT
from tests.as2.samples import signing as signs
from tests.gateway.channels.as2.conftest import ON_POSTGRESQL, MakeEndpoint
from tests.gateway.channels.as2.endpoint import Endpoint, message
from tests.gateway.channels.as2.exchange import (
    DUE,
    NEW,
    ON,
    Acme,
    asks,
    by,
    documents_of,
    exchanges,
    offered,
    pair_until,
)

END = datetime(2056, 1, 1, tzinfo=UTC)
"""When the test keys' certificates end."""
BY_THE_NEW = signs(key=NEW)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=ON_POSTGRESQL)])
def endpoint(request: pytest.FixtureRequest, make_endpoint: MakeEndpoint) -> Endpoint:
    """An endpoint on either database that exchanges certificates with ACME."""
    settings = {"database": request.getfixturevalue("postgresql_url")} if request.param == "postgresql" else {}
    return make_endpoint(channel=ON, **settings)


@pytest.fixture
def acme(endpoint: Endpoint) -> Iterator[Acme]:
    """What we send to ACME."""
    made = Acme(endpoint.gateway)
    yield made
    made.close()


def only(endpoint: Endpoint) -> str:
    """The id of the one exchange."""
    (found,) = exchanges(endpoint)
    return found.id


def verdict(endpoint: Endpoint, sent: Built) -> str:
    """What ACME is told of a message."""
    disposition = endpoint.post(sent).mdn.disposition
    return "processed" if disposition.verdict == "processed" else str(disposition.meaning)


def test_an_offer_is_work_for_a_person_and_no_trust(endpoint: Endpoint) -> None:
    assert verdict(endpoint, asks()) == "processed"
    (found,) = exchanges(endpoint)
    assert (found.direction, found.party, found.channel, found.us) == ("in", "acme", "acme-as2", "meridian")
    assert found.respond_by == DUE and found.response is None
    (case,) = endpoint.cases("certificates-offered")
    assert case.subject == found.id and case.party == "acme"
    for said in (
        certificate_of(NEW).sha256,
        "CN = rsa-4096",
        "RSA 4096",
        "its signatures",
        f"{DUE:%Y-%m-%d}",
        found.id,
    ):
        assert said.replace(" = ", "=") in case.text.replace(" = ", "=")
    assert endpoint.events(found.id) == ["certificates-offered"]
    # The documents are kept, and nothing of them waits to be read.
    assert endpoint.rows("SELECT count(*) FROM transmission WHERE protocol = 'as2' AND direction = 'in'") == [(2,)]
    assert endpoint.orders() == 0
    assert verdict(endpoint, message(how=BY_THE_NEW)) == "authentication-failed"


def test_what_was_approved_counts_and_the_partner_is_told(endpoint: Endpoint, acme: Acme) -> None:
    endpoint.post(asks())
    decided = approve(endpoint.gateway, only(endpoint), actor="eva", reason="fingerprint read out by Ann")
    # From that moment on, before the answer is even sent; and the old one goes on.
    assert verdict(endpoint, message(how=BY_THE_NEW)) == "processed"
    assert verdict(endpoint, message()) == "processed"
    (answer,) = acme.collect()
    assert isinstance(answer, cem.Response)
    assert (answer.request_id, answer.sender) == ("r-1", "Us & Co")
    (decision,) = answer.decisions
    assert (decision.status, decision.serial) == ("accepted", certificate_of(NEW).serial)
    (found,) = exchanges(endpoint)
    (offer,) = found.offers
    assert (offer.status, offer.actor, offer.reason) == ("accepted", "eva", "fingerprint read out by Ann")
    assert found.response == decided.response
    assert endpoint.events(found.id) == ["certificates-offered", "certificates-accepted"]
    assert endpoint.cases("certificates-offered") == []
    sent = endpoint.rows("SELECT delivery, answers FROM transmission WHERE id = :id", id=decided.response)
    assert sent == [("delivered", found.transmission)]


def test_a_rejection_says_why(endpoint: Endpoint, acme: Acme) -> None:
    endpoint.post(asks())
    decided = reject(endpoint.gateway, only(endpoint), actor="eva", reason="Ann knows\nnothing of it")
    (answer,) = acme.collect()
    assert isinstance(answer, cem.Response)
    assert [(each.status, each.reason) for each in answer.decisions] == [("rejected", "Ann knows nothing of it")]
    assert decided.accepted == []
    assert verdict(endpoint, message(how=BY_THE_NEW)) == "authentication-failed"
    with pytest.raises(NotPossible, match=r"decided already: .* rejected by eva"):
        approve(endpoint.gateway, only(endpoint), actor="tom", reason="all the same")


def test_some_of_a_request_are_accepted(endpoint: Endpoint, acme: Acme) -> None:
    acme.keys = [pair_of("rsa"), pair_of(NEW)]
    both = [*offered(usages=("digitalSignature", "keyEncipherment")), *offered(certificate_of("p256"))]
    endpoint.post(asks(offers=both))
    name = certificate_of(NEW).sha256
    with pytest.raises(NotPossible, match="offers no certificate"):
        approve(endpoint.gateway, only(endpoint), only=["00" * 8], actor="eva", reason="one of them")
    approve(endpoint.gateway, only(endpoint), only=[name[:12].upper()], actor="eva", reason="one of them")
    (answer,) = acme.collect()
    assert isinstance(answer, cem.Response)
    assert [each.status for each in answer.decisions] == ["accepted", "rejected"]
    counts = endpoint.gateway.database.read(lambda c: outside_profiles(c, endpoint.gateway.profiles.current))
    assert [(channel, set(each.use)) for channel, each in counts] == [("acme-as2", {"encrypt", "verify"})]
    # What we send is encrypted for the one that was accepted last, this very answer too.
    ((_, _, outcome),) = acme.received
    assert outcome.opened is not None and outcome.opened.opened_by.certificate == certificate_of(NEW)


def test_every_attempt_sends_the_same_answer(endpoint: Endpoint, acme: Acme) -> None:
    endpoint.post(asks())
    approve(endpoint.gateway, only(endpoint), actor="eva", reason="known")
    acme.script = [Reply(status=503, headers=parse_block(write_block([])))]
    acme.collect()
    endpoint.now += timedelta(hours=2)
    acme.collect()
    (first, one, _), (second, other, _) = acme.received
    assert (first.raw_block, one) == (second.raw_block, other)


def test_the_same_request_again_gets_the_earlier_answer(endpoint: Endpoint, acme: Acme) -> None:
    endpoint.post(asks())
    assert verdict(endpoint, asks()) == "processed"
    assert len(exchanges(endpoint)) == 1
    assert endpoint.events(only(endpoint)) == ["certificates-offered", "certificates-offered-again"]
    assert acme.collect() == []
    approve(endpoint.gateway, only(endpoint), actor="eva", reason="known")
    # Still on its way: once is enough.
    assert verdict(endpoint, asks()) == "processed"
    (answer,) = acme.collect()
    assert verdict(endpoint, asks()) == "processed"
    assert acme.collect() == [answer]
    (first, one, _), (second, other, _) = acme.received
    assert (first.raw_block, one) == (second.raw_block, other)
    assert len(exchanges(endpoint)) == 1 and endpoint.cases("certificates-offered") == []


def test_the_same_message_again_has_no_effect(endpoint: Endpoint) -> None:
    sent = asks(id="<twice@acme.example>")
    assert endpoint.post(sent).body == endpoint.post(sent).body
    assert endpoint.events(only(endpoint)) == ["certificates-offered"]


def without_its_part() -> Built:
    """A request whose XML names a certificate that is in no part."""
    return message(payloads=documents_of("r-1", offered())[:1])


def with_another_part() -> Built:
    """A request with a certificate that its XML does not name."""
    document, _ = documents_of("r-1", offered())
    _, other = documents_of("r-1", offered(certificate_of("p256")))
    return message(payloads=[document, other])


UNSIGNED = Packaging(signed=False, encrypted=True)
OTHERWISE, NOT_TRUSTED = "unexpected-processing-error", "authentication-failed"
REFUSED: dict[str, tuple[str, Callable[[], Built], str, str]] = {
    "the exchange is off": ("", asks, "cem-not-agreed", OTHERWISE),
    "its name is not AS2-From": (ON, lambda: asks(sender="OTHER"), "cem-sender-differs", OTHERWISE),
    "signed by a stranger": (ON, lambda: asks(how=signs(key="rsa-1024")), "signer-unknown", NOT_TRUSTED),
    "signed with what it offers": (ON, lambda: asks(how=BY_THE_NEW), "signer-unknown", NOT_TRUSTED),
    "not signed": (ON, lambda: asks(stack=UNSIGNED), "not-signed", "decryption-failed"),
    "not signed where nothing need be": (
        f"{ON}\nreceive: {{signed: no}}",
        lambda: asks(stack=UNSIGNED),
        "cem-not-signed",
        "insufficient-message-security",
    ),
    "its certificate is not there": (ON, without_its_part, "cem-certificate-missing", OTHERWISE),
    "its certificate is not in the XML": (ON, with_another_part, "cem-certificate-missing", OTHERWISE),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(make_endpoint: MakeEndpoint, case: str) -> None:
    channel, make, cause, told = REFUSED[case]
    endpoint = make_endpoint(channel=channel)
    assert verdict(endpoint, make()) == told
    endpoint.close_requests()
    (row,) = endpoint.refused()
    assert (row.cause, row.transmission) == (cause, None)
    (found,) = endpoint.cases("as2-refused")
    assert "To the partner: " in found.text
    assert exchanges(endpoint) == [] and endpoint.cases("certificates-offered") == []


def test_a_certificate_that_is_over_cannot_bring_its_successor(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(channel=f"{ON}\nreceive: {{expired: accept}}")
    endpoint.now = END + timedelta(days=1)
    sent = asks()
    assert verdict(endpoint, message()) == "processed"
    assert verdict(endpoint, sent) == NOT_TRUSTED
    assert [each.cause for each in endpoint.refused()] == ["cem-signer-expired"]
    assert exchanges(endpoint) == []


def test_an_id_that_was_used_for_other_certificates(endpoint: Endpoint) -> None:
    endpoint.post(asks())
    assert verdict(endpoint, asks(offers=offered(certificate_of("p256")))) == OTHERWISE
    assert [each.cause for each in endpoint.refused()] == ["cem-request-id-reused"]
    (found,) = exchanges(endpoint)
    assert [each.sha256 for each in found.offers] == [certificate_of(NEW).sha256]


@pytest.mark.parametrize(
    ("offer", "why"),
    [
        (offered(pair_until(AT - timedelta(days=1)).certificate), "it expired on 2026-11-30"),
        (offered(certificate_of("rsa-1024")), "its RSA key has 1024 bits"),
        (offered(certificate_of("ed25519"), usages=["keyEncipherment"]), "its key cannot be encrypted for"),
        (offered(certificate_of("x25519")), "its key cannot sign"),
    ],
    ids=["expired", "weak", "cannot encrypt", "cannot sign"],
)
def test_what_cannot_be_accepted_can_be_rejected(make_endpoint: MakeEndpoint, offer: list[cem.Offer], why: str) -> None:
    endpoint = make_endpoint(channel=ON)
    endpoint.post(asks(offers=offer))
    with pytest.raises(NotPossible, match=why):
        approve(endpoint.gateway, only(endpoint), actor="eva", reason="they said so")
    assert exchanges(endpoint)[0].pending
    assert reject(endpoint.gateway, only(endpoint), actor="eva", reason=why).accepted == []


def test_what_is_not_committed_was_not_accepted(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is the last thing in the transaction; without it there is no trust, and with it there is."""
    endpoint.post(asks())

    def fails(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(deciding, "send", fails)
        with pytest.raises(OSError, match="disk is full"):
            approve(endpoint.gateway, only(endpoint), actor="eva", reason="known")
    assert exchanges(endpoint)[0].pending
    assert verdict(endpoint, message(how=BY_THE_NEW)) == NOT_TRUSTED
    assert endpoint.rows("SELECT count(*) FROM transmission WHERE protocol = 'as2' AND direction = 'out'") == [(0,)]
    approve(endpoint.gateway, only(endpoint), actor="eva", reason="known")
    assert verdict(endpoint, message(how=BY_THE_NEW)) == "processed"


def test_a_file_of_the_profile_that_holds_no_certificate_stops_no_look(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(channel=ON)
    approved(endpoint)
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    (endpoint.gateway.home.profiles / "keys" / "rsa.pem").write_text(broken)
    endpoint.gateway.profiles.refresh()
    assert endpoint.gateway.database.read(lambda c: outside_profiles(c, endpoint.gateway.profiles.current)) == []
    assert watch_certificates(endpoint.gateway) == 0
    assert endpoint.post(message()).status == 503
    assert len(endpoint.cases("as2-key-missing")) == 1


def test_orders_that_cannot_be_carried_out(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(channel=ON)
    endpoint.post(asks())
    with pytest.raises(NotPossible, match="needs a reason"):
        approve(endpoint.gateway, only(endpoint), actor="eva", reason=" ")
    with pytest.raises(NotPossible, match="cannot be told that reason"):
        reject(endpoint.gateway, only(endpoint), actor="eva", reason="x" * 1001)
    with pytest.raises(NotRecorded):
        approve(endpoint.gateway, "k-0", actor="eva", reason="known")
    profile(endpoint, ON, "certificate_exchange: no")
    with pytest.raises(NotPossible, match="exchanges certificates today"):
        approve(endpoint.gateway, only(endpoint), actor="eva", reason="known")
    assert exchanges(endpoint)[0].pending


def test_whoever_decides_second_is_told(endpoint: Endpoint) -> None:
    """Two people, of whom one decides while the other one's order is on its way."""
    endpoint.post(asks())
    earlier = exchanges(endpoint)[0]
    approve(endpoint.gateway, earlier.id, actor="eva", reason="known")
    with pytest.raises(NotPossible, match="decided already"):
        deciding._decide(endpoint.gateway, earlier, frozenset(), "tom", "unknown")
    assert [each.status for each in exchanges(endpoint)[0].offers] == ["accepted"]
    assert endpoint.rows("SELECT count(*) FROM transmission WHERE protocol = 'as2' AND direction = 'out'") == [(1,)]


# What counts, and for how long


def profile(endpoint: Endpoint, old: str, new: str) -> None:
    """ACME's profile is changed, and read again."""
    path = endpoint.gateway.home.profiles / "acme.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    endpoint.gateway.profiles.refresh()


def approved(endpoint: Endpoint) -> None:
    """:data:`NEW` counts."""
    endpoint.post(asks())
    approve(endpoint.gateway, only(endpoint), actor="eva", reason="known")
    assert verdict(endpoint, message(how=BY_THE_NEW)) == "processed"


def test_it_counts_after_a_restart_and_other_profiles(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(channel=ON)
    approved(endpoint)
    folder = endpoint.gateway.home.folder
    profile(endpoint, "name: ACME", "name: ACME Limited")
    assert verdict(endpoint, message(how=BY_THE_NEW)) == "processed"
    endpoint.close()
    again = Endpoint(folder)
    try:
        assert verdict(again, message(how=BY_THE_NEW)) == "processed"
    finally:
        again.close()


def test_the_profile_has_the_last_word(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(channel=ON)
    approved(endpoint)
    keys = endpoint.gateway.home.profiles / "keys"
    (keys / "new.pem").write_bytes((KEYS / f"{NEW}.pem").read_bytes())
    assert len(endpoint.gateway.database.read(lambda c: outside_profiles(c, endpoint.gateway.profiles.current))) == 1
    profile(endpoint, "keys/rsa.pem}", "keys/rsa.pem}, {file: keys/new.pem, use: [verify], valid_to: 2026-11-30}")
    assert verdict(endpoint, message(how=BY_THE_NEW)) == NOT_TRUSTED
    assert endpoint.gateway.database.read(lambda c: outside_profiles(c, endpoint.gateway.profiles.current)) == []
    profile(endpoint, ", valid_to: 2026-11-30", "")
    assert verdict(endpoint, message(how=BY_THE_NEW)) == "processed"


def test_without_the_exchange_the_profile_alone_counts(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(channel=ON)
    approved(endpoint)
    profile(endpoint, ON, "certificate_exchange: no")
    assert verdict(endpoint, message(how=BY_THE_NEW)) == NOT_TRUSTED


def test_a_certificate_for_https_joins_those_that_are_pinned(make_endpoint: MakeEndpoint) -> None:
    """Alone it would shut out the server that the partner has today."""
    for pinned, uses in (("", []), (", use: [verify, encrypt, tls]", ["tls"])):
        endpoint = make_endpoint(channel=ON, certificate=f"rsa.pem{pinned}}}, {{use: [verify], file: keys/rsa")
        endpoint.post(asks(offers=offered(usages=["tlsServer"])))
        approve(endpoint.gateway, only(endpoint), actor="eva", reason="known")
        channel = endpoint.gateway.profiles.current.channels["acme-as2"]
        assert isinstance(channel, As2Channel)
        found, _ = agreed(endpoint.gateway.database, channel, endpoint.gateway.profiles.current.parties["meridian"])
        assert [use for each in found.certificates if each.file.startswith("accepted/") for use in each.use] == uses


def test_its_end_is_watched_too(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(channel=ON)
    endpoint.post(asks(offers=offered(pair_until(AT + timedelta(days=20)).certificate)))
    approve(endpoint.gateway, only(endpoint), actor="eva", reason="known")
    assert watch_certificates(endpoint.gateway) == 1
    (case,) = endpoint.cases("certificate-expires-30")
    assert case.party == "acme" and f"accepted/{only(endpoint)}" in case.text


def test_a_certificate_brings_its_own_successor(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(channel=ON)
    endpoint.post(asks(offers=offered(pair_until(END, "second").certificate)))
    approved_first = exchanges(endpoint)[0].id
    approve(endpoint.gateway, approved_first, actor="eva", reason="known")
    second = pair_until(END, "third")
    endpoint.post(asks("r-2", offered(second.certificate), how=signs()))
    approve(endpoint.gateway, exchanges(endpoint)[1].id, actor="eva", reason="known")
    endpoint.post(asks("r-3", how=by(second)))
    assert [each.request_id for each in exchanges(endpoint)] == ["r-1", "r-2", "r-3"]
