"""Who is who on the wire, and the words for it when nobody is."""

from __future__ import annotations

from datetime import date

import pytest

from partners import Outcome, Register, WireIdentity, canonical_qualifier, load

DAY = date(2026, 6, 1)

US = """
party:
  id: us-co
  name: Us
  identities:
    - {scheme: unb, qualifier: "14", value: "5498765000017"}
    - {scheme: x12, qualifier: ZZ, value: USCO}
"""
ACME = """
party:
  id: acme
  name: Acme
  identities:
    - {scheme: x12, qualifier: "02", value: ACMX}
    - {scheme: x12, qualifier: ZZ, value: ACME WEST}
    - {scheme: unb, value: ACME}
channels:
  - {id: acme-box, kind: sftp, login: acme, authorized_keys: {file: acme.pub}}
"""
AGREEMENTS = """
template:
  id: both
  retention: standard
  every_flow: {channel: acme-box}
  flows:
    - id: status-in
      direction: in
      message: {standard: x12, version: "004010", type: "214"}
      canonical: transport_status/1
    - id: tender-out
      direction: out
      message: {standard: x12, version: "004010", type: "204"}
      canonical: transport_order/1
agreements:
"""
SENDER, RECEIVER = WireIdentity("x12", "ACMX           ", "02"), WireIdentity("x12", "USCO           ", "ZZ")


def register(*agreements: str) -> Register:
    lines = [f"  - {{extends: [both], us: us-co, party: acme, {agreement}}}\n" for agreement in agreements]
    text = AGREEMENTS + "".join(lines) if agreements else "template: {id: none}"
    result = load([("us.yaml", US.encode()), ("acme.yaml", ACME.encode()), ("a.yaml", text.encode())])
    assert result.register is not None, result.faults
    return result.register


LIVE = register("id: a, status: live")


@pytest.mark.parametrize(
    ("one", "other"),
    [("2", "02"), (" 2", "02"), ("02 ", "2"), ("0002", "2"), ("00", "0"), ("ZZ", " ZZ "), ("14", "14"), ("", "  ")],
)
def test_qualifiers_that_are_the_same(one: str, other: str) -> None:
    """Blanks and leading zeros do not count."""
    assert canonical_qualifier(one) == canonical_qualifier(other)


@pytest.mark.parametrize(("one", "other"), [("2", "20"), ("ZZ", "zz"), ("0A", "A"), ("", "0"), ("\u0662", "2")])
def test_qualifiers_that_differ(one: str, other: str) -> None:
    """Only a number's leading zeros are dropped, and letters keep their case."""
    assert canonical_qualifier(one) != canonical_qualifier(other)


@pytest.mark.parametrize("qualifier", ["02", "2", " 2", "2 "])
@pytest.mark.parametrize("value", ["ACMX", "ACMX           ", "  ACMX"])
def test_padded_identities_are_recognised(qualifier: str, value: str) -> None:
    """However the partner pads its id and writes its qualifier."""
    found = LIVE.recognise(WireIdentity("x12", value, qualifier), RECEIVER, DAY)
    assert found.outcome is Outcome.RECOGNISED
    assert found.party is not None
    assert (found.party.id, found.agreement and found.agreement.id) == ("acme", "a")


@pytest.mark.parametrize(
    ("sender", "text"),
    [
        (WireIdentity("x12", "ACMX", "ZZ"), "X12 qualifier ZZ `ACMX`; `acme` has it as X12 qualifier 02 `ACMX`"),
        (WireIdentity("x12", "acmx", "02"), "X12 qualifier 02 `acmx`; `acme` has it as X12 qualifier 02 `ACMX`"),
        (WireIdentity("unb", "ACMX", "02"), "UNB qualifier 02 `ACMX`; `acme` has it as X12 qualifier 02 `ACMX`"),
        (WireIdentity("unb", "ACME", "ZZ"), "UNB qualifier ZZ `ACME`; `acme` has it as UNB `ACME`"),
        (WireIdentity("x12", "ACMEWEST", "ZZ"), "X12 qualifier ZZ `ACMEWEST`"),
        (WireIdentity("x12", "", ""), "X12 ``"),
    ],
)
def test_unknown_senders_and_what_comes_near(sender: WireIdentity, text: str) -> None:
    """The same value under another qualifier or scheme is named, for that is what is usually wrong."""
    found = LIVE.recognise(sender, RECEIVER, DAY)
    assert found.outcome is Outcome.UNKNOWN_SENDER
    assert found.text == f"no party has the sender's identity {text}"
    assert (found.party, found.us and found.us.id, found.agreements) == (None, "us-co", ())


def test_unknown_receiver() -> None:
    """The sender is known, and the interchange is for somebody else."""
    found = LIVE.recognise(SENDER, WireIdentity("x12", "USCOX", "ZZ"), DAY)
    assert found.outcome is Outcome.UNKNOWN_RECEIVER
    assert found.text == "no party has the receiver's identity X12 qualifier ZZ `USCOX`"
    assert found.party is not None


def test_no_agreement_also_the_other_way_round() -> None:
    """Both parties are known, and nothing joins them; what we send to ourselves is not an agreement either."""
    assert register().recognise(SENDER, RECEIVER, DAY).outcome is Outcome.NO_AGREEMENT
    found = LIVE.recognise(RECEIVER, SENDER, DAY)
    assert found.outcome is Outcome.NO_AGREEMENT
    assert found.text == "there is no agreement between `acme`, who receives, and `us-co`, who sends"


@pytest.mark.parametrize(
    ("agreements", "on", "outcome", "text"),
    [
        (["id: a, status: suspended"], DAY, Outcome.SUSPENDED, "agreement `a` is suspended"),
        (["id: a, status: draft"], DAY, Outcome.DRAFT, "agreement `a` is a draft"),
        (["id: a, status: ended"], DAY, Outcome.ENDED, "agreement `a` is ended"),
        (
            ["id: a, status: live, valid_from: 2026-06-02"],
            DAY,
            Outcome.OUTSIDE_DATES,
            "agreement `a` holds from 2026-06-02 to further notice, not on 2026-06-01",
        ),
        (
            ["id: a, status: live, valid_to: 2026-05-31"],
            DAY,
            Outcome.OUTSIDE_DATES,
            "agreement `a` holds from ever to 2026-05-31, not on 2026-06-01",
        ),
        (["id: a, status: draft", "id: b, status: suspended"], DAY, Outcome.SUSPENDED, "agreement `b` is suspended"),
        (
            ["id: a, status: ended", "id: b, status: live, valid_to: 2026-05-31"],
            DAY,
            Outcome.ENDED,
            "agreement `a` is ended",
        ),
    ],
)
def test_nothing_in_force(agreements: list[str], on: date, outcome: Outcome, text: str) -> None:
    """The agreement that came nearest is named with what it lacks."""
    found = register(*agreements).recognise(SENDER, RECEIVER, on)
    assert (found.outcome, found.text, found.agreements) == (outcome, text, ())
    assert found.nearest is not None
    assert found.flow_for("in", "x12", "214", "004010") is None


@pytest.mark.parametrize("day", [date(2026, 6, 1), date(2026, 6, 30)])
def test_both_ends_of_the_dates_are_inside(day: date) -> None:
    """Days are whole days."""
    between = register("id: a, status: live, valid_from: 2026-06-01, valid_to: 2026-06-30")
    assert between.recognise(SENDER, RECEIVER, day).outcome is Outcome.RECOGNISED


def test_the_test_indicator_chooses_between_test_and_live() -> None:
    """Both stay candidates; the one that fits comes first."""
    both = register("id: a, status: live", "id: b, status: test")
    for test, order in ((False, ["a", "b"]), (True, ["b", "a"])):
        found = both.recognise(SENDER, RECEIVER, DAY, test=test)
        assert [agreement.id for agreement in found.agreements] == order
        assert found.agreement is found.agreements[0] is found.nearest


def test_flows_and_why_there_is_none() -> None:
    """A flow is one direction, standard, type and version; the words say what comes nearest."""
    found = LIVE.recognise(SENDER, RECEIVER, DAY)
    flow = found.flow_for("in", "x12", "214", "004010")
    assert flow is not None
    assert (flow[0].id, flow[1].id) == ("a", "status-in")
    assert found.flow_for("in", "x12", "214", "005010") is None
    agreement = LIVE.agreements["a"]
    why = agreement.why_no_flow
    assert why("in", "x12", "214", "005010") == "agreement `a` has 214 in in 004010, not in 005010"
    assert why("in", "x12", "990", "004010") == "agreement `a` has no 990 in; of x12 it has 214 004010"
    assert why("in", "edifact", "IFTSTA", "D.96A") == "agreement `a` has no IFTSTA in; of edifact it has nothing"


def test_logins_are_compared_exactly() -> None:
    """A login leads to its channel and its party."""
    channel = LIVE.channel_of_login("sftp", "acme")
    assert channel is not None
    assert channel.id == "acme-box"
    party = LIVE.party_of_login("sftp", "acme")
    assert party is not None
    assert party.id == "acme"
    for user in ("Acme", "acme ", "", "acme\0"):
        assert LIVE.channel_of_login("sftp", user) is None
    assert LIVE.party_of_login("as2", "acme") is None


def test_flows_by_name() -> None:
    """``agreement/flow``, or the flow alone while only one agreement has it."""
    two = register("id: a, status: live", "id: b, status: test")
    pair = two.flow("b/status-in")
    assert pair is not None
    assert (pair[0].id, pair[1].id) == ("b", "status-in")
    assert two.flow("status-in") is None
    assert LIVE.flow("status-in") is not None
    assert [LIVE.flow(name) for name in ("nowhere", "a/nowhere", "c/status-in", "")] == [None] * 4


def test_our_spelling_of_identities() -> None:
    """An X12 qualifier goes out with two characters, whatever the profile says; the first identity is sent."""
    agreement = LIVE.agreements["a"]
    addresses = agreement.addresses(agreement.flows[0])
    assert addresses == (WireIdentity("x12", "USCO", "ZZ"), WireIdentity("x12", "ACMX", "02"))
    assert LIVE.party_of(WireIdentity("unb", "ACME", "")) is LIVE.parties["acme"]


@pytest.mark.parametrize(
    ("status", "test", "sends"),
    [
        ("live", "by-status", False),
        ("test", "by-status", True),
        ("live", "always", True),
        ("test", "never", False),
    ],
)
def test_when_the_test_indicator_is_sent(status: str, test: str, sends: bool) -> None:
    """By the agreement's status, unless the partner differs."""
    found = register(f"id: a, status: {status}, every_flow: {{envelope: {{test: {test}}}}}").agreements["a"]
    assert [found.sends_test(flow) for flow in found.flows] == [sends, sends]
