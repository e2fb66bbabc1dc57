"""The how-to on renewing certificates: on each day, the certificates that it says."""

from __future__ import annotations

import re
import textwrap
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from gateway.channels.as2 import terms
from gateway.channels.as2.keys import As2Keys
from partners import As2Channel, Party, load
from tests.as2.keys import KEYS, certificate_of

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "renew-as2-certificates.md").read_text()
FILES = {
    "keys/us-2026.pem": "rsa",
    "keys/us-2027.pem": "rsa-4096",
    "keys/acme-2026.pem": "rsa-other",
    "keys/acme-2027.pem": "p256",
}
OUR_BLOCK, SIGN_WITH, THEIR_BLOCK = (
    textwrap.dedent(each) for each in re.findall(r"^ *```yaml\n(.*?)^ *```", PAGE, re.M | re.S)
)


def profiles(more: str = "") -> tuple[As2Channel, Party]:
    """The page's lines in two profiles."""
    us = "party:\n  id: us\n  name: Us\n  identities: [{scheme: as2, value: US}]\n" + textwrap.indent(OUR_BLOCK, "  ")
    channel = "id: acme-as2\nkind: as2\nurl: https://acme.example/\n" + more + THEIR_BLOCK
    them = "party: {id: acme, name: ACME, identities: [{scheme: as2, value: ACME}]}\nchannels:\n  - "
    files = [(name, (KEYS / f"{key}.pem").read_bytes()) for name, key in FILES.items()]
    texts = [("us.yaml", us.encode()), ("acme.yaml", (them + textwrap.indent(channel, "    ").lstrip()).encode())]
    loaded = load([*texts, *files])
    assert loaded.register is not None, loaded.faults
    found = loaded.register.channels["acme-as2"]
    assert isinstance(found, As2Channel)
    return found, loaded.register.parties["us"]


@pytest.fixture
def keys(tmp_path: Path) -> As2Keys:
    """Both of our keys are here."""
    folder = As2Keys(tmp_path)
    for name in ("rsa", "rsa-4096"):
        folder.store(certificate_of(name), (KEYS / f"{name}.key.pem").read_bytes())
    return folder


OLD, NEW = "rsa", "rsa-4096"


@pytest.mark.parametrize(
    ("day", "signs", "decrypts"),
    [
        (date(2027, 1, 14), OLD, {OLD}),
        (date(2027, 1, 15), OLD, {OLD, NEW}),
        (date(2027, 2, 28), OLD, {OLD, NEW}),
        (date(2027, 3, 1), NEW, {OLD, NEW}),
        (date(2027, 4, 30), NEW, {OLD, NEW}),
        (date(2027, 5, 1), NEW, {NEW}),
    ],
)
def test_ours(keys: As2Keys, day: date, signs: str, decrypts: set[str]) -> None:
    channel, us = profiles()
    assert terms.signer(channel, us, keys, day).certificate == certificate_of(signs)
    found = {pair.certificate.sha256 for pair in terms.decrypting(us, keys, day)}
    assert found == {certificate_of(name).sha256 for name in decrypts}


def test_a_partner_that_is_late(keys: As2Keys) -> None:
    channel, us = profiles(SIGN_WITH)
    assert terms.signer(channel, us, keys, date(2027, 3, 1)).certificate == certificate_of(OLD)


@pytest.mark.parametrize(
    ("day", "verify", "encrypt"),
    [
        (date(2027, 1, 14), {"rsa-other"}, "rsa-other"),
        (date(2027, 1, 15), {"rsa-other", "p256"}, "rsa-other"),
        (date(2027, 3, 1), {"rsa-other", "p256"}, "p256"),
        (date(2027, 5, 1), {"p256"}, "p256"),
    ],
)
def test_theirs(day: date, verify: set[str], encrypt: str) -> None:
    channel, _ = profiles()
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    assert {each.sha256 for each in terms.pinned(channel, at)} == {certificate_of(name).sha256 for name in verify}
    assert terms.in_use(channel.certificates, "encrypt", day)[0].certificate == certificate_of(encrypt)
