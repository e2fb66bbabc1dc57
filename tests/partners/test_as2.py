"""AS2 in a profile: who a pair of AS2 names is, what is permitted on which day, which certificate is in use."""

from __future__ import annotations

from datetime import date

import pytest

from partners import Register, load
from partners.as2_channel import As2Channel
from partners.as2_products import PRESETS, with_preset

PEM = b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
US = b"""
party:
  id: us
  name: Us
  identities: [{scheme: as2, value: US}, {scheme: unb, qualifier: ZZ, value: US}]
  certificates:
    - {file: keys/old.pem, valid_to: 2026-12-31}
    - {file: keys/new.pem, use: [sign], valid_from: 2026-12-01}
"""
THEM = b"""
party:
  id: beta
  name: Beta
  identities: [{scheme: as2, value: "Beta 1"}, {scheme: as2, value: "Beta 2"}, {scheme: unb, qualifier: ZZ, value: B}]
channels:
  - id: one
    kind: as2
    url: https://beta.example/as2
    receive: {weak: [{allow: sha1, until: 2026-12-31}, {allow: 3des, until: 2026-06-30}]}
  - {id: two, kind: as2, as2_name: Beta 2, url: https://beta.example/as2/2}
agreements:
  - id: a
    us: us
    party: beta
    status: live
    retention: commercial
    flows:
      - id: f
        direction: out
        message: {standard: edifact, version: D.96A, type: IFTSTA}
        canonical: transport_status/1
        channel: one
"""
STRANGER = b"party: {id: gamma, name: Gamma, identities: [{scheme: as2, value: GAMMA}]}\n"


@pytest.fixture(scope="module")
def register() -> Register:
    files = [
        ("us.yaml", US),
        ("beta.yaml", THEM),
        ("gamma.yaml", STRANGER),
        ("keys/old.pem", PEM),
        ("keys/new.pem", PEM),
    ]
    loaded = load(files)
    assert loaded.register is not None, loaded.faults
    return loaded.register


@pytest.mark.parametrize(("sender", "channel"), [("Beta 1", "one"), ("Beta 2", "two")])
def test_a_sender_leads_to_its_channel(register: Register, sender: str, channel: str) -> None:
    found = register.channel_of_as2(sender, "US")
    assert found is not None
    assert (found[0].id, found[1].id) == (channel, "us")
    assert register.as2_name(found[0]) == sender


@pytest.mark.parametrize(
    ("sender", "receiver"),
    [
        ("beta 1", "US"),
        ("Beta 1", "us"),
        ("Beta 1 ", "US"),
        ("Beta 1", "GAMMA"),
        ("GAMMA", "US"),
        ("US", "Beta 1"),
        ("US", "US"),
        ("", ""),
    ],
)
def test_no_other_pair_leads_anywhere(register: Register, sender: str, receiver: str) -> None:
    """RFC 4130, 6.2: names are compared exactly; and without an agreement there is nothing to exchange."""
    assert register.channel_of_as2(sender, receiver) is None


def test_a_permission_ends(register: Register) -> None:
    channel = register.channels["one"]
    assert isinstance(channel, As2Channel)
    assert channel.permits(date(2026, 6, 30)) == {"sha1", "3des"}
    assert channel.permits(date(2026, 7, 1)) == channel.permits(date(2026, 12, 31)) == {"sha1"}
    assert channel.permits(date(2027, 1, 1)) == frozenset()


def test_our_certificates_overlap_while_one_follows_the_other(register: Register) -> None:
    def in_use(on: date) -> list[str]:
        return [each.file for each in register.parties["us"].certificates if each.in_use(on)]

    assert in_use(date(2026, 11, 30)) == ["keys/old.pem"]
    assert in_use(date(2026, 12, 31)) == ["keys/old.pem", "keys/new.pem"]
    assert in_use(date(2027, 1, 1)) == ["keys/new.pem"]
    assert register.parties["us"].certificates[0].pem == PEM.decode()


def test_a_resolved_agreement_keeps_what_a_preset_meant(register: Register) -> None:
    assert b'"chunked": "never"' in register.agreements["a"].resolved
    assert b'"pem"' in register.agreements["a"].resolved, (
        "our certificates are part of what a message was handled under"
    )


@pytest.mark.parametrize("product", PRESETS)
def test_every_preset_is_a_channel(product: str) -> None:
    """A preset is text like a profile's; what it fills in is validated like one."""
    channel = As2Channel.model_validate(
        {"kind": "as2", "id": "a", "party": "b", "url": "https://b/", "product": product, "sign": "sha512"}
    )
    assert channel.sign == "sha512", "what the profile says counts"


def test_what_is_stated_stands_over_a_preset() -> None:
    stated: dict[str, object] = {"product": "biztalk", "http": {"chunked": "always"}, "micalg_spelling": "sha-256"}
    assert with_preset(stated) == stated
    assert with_preset({"product": "biztalk", "http": {"user": "u"}})["http"] == {"chunked": "never", "user": "u"}
    assert with_preset({"product": ["biztalk"]}) == {"product": ["biztalk"]}


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (b"http: {restart: yes}", None),
        (b"http: {restart: yes}\n    mdn: {mode: async}", None),
        (b"http: {restart: yes}\n    mdn: {mode: none}", "restart needs a receipt"),
        (b"http: {restart: no}\n    mdn: {mode: none}", None),
        (b"http: {restart: yes}\n    as2_version: '1.1'", "restart needs AS2 1.2 or later"),
        (b"http: {restart: yes}\n    as2_version: '1.3'", None),
        (b"receive: {restart: yes}\n    mdn: {mode: none}\n    as2_version: '1.0'", None),
    ],
)
def test_restart_is_only_had_where_it_is_safe(lines: bytes, fault: str | None) -> None:
    stated = THEM.replace(b"    receive: {weak", b"    " + lines + b"\n    NOT: {weak")
    stated = b"\n".join(line for line in stated.split(b"\n") if b"NOT:" not in line)
    loaded = load([("us.yaml", US), ("beta.yaml", stated), ("keys/old.pem", PEM), ("keys/new.pem", PEM)])
    if fault is None:
        assert loaded.register is not None, loaded.faults
    else:
        (found,) = loaded.faults
        assert fault in str(found)


def test_restart_is_off_unless_stated(register: Register) -> None:
    channel = register.channels["one"]
    assert isinstance(channel, As2Channel)
    assert (channel.http.restart, channel.receive.restart) == (False, False)
