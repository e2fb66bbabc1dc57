"""The how-to on AS2: its configuration and profile are good, and its tables name what the code has."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from as2.response import Reason
from as2.restart import ASKINGS
from gateway.catalogue import Catalogue
from gateway.channels.as2 import patience, reception, request
from gateway.channels.as2.posted import Outcome as Received
from gateway.config import Config, read_config
from gateway.profiles_folder import load_profiles
from gateway.sweeping import ALERTS
from partners import As2Channel
from tests.as2.keys import KEYS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "connect-by-as2.md").read_text()
CONFIGURATION, OURS, THEIRS, WEAK, RESTART = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S)
AGREEMENT = """
agreements:
  - id: acme
    extends: [edifact-d96a-3pl]
    us: meridian
    status: test
    timezone: Europe/Oslo
    every_flow: {channel: acme-as2}
"""


def test_the_configuration() -> None:
    config, faults = read_config(CONFIGURATION.encode(), {})
    assert faults == []
    assert config is not None and config.as2.enabled and config.as2.path in str(config.as2.url)


def test_the_profile(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    for name in ("us-2026", "acme-2026"):
        (tmp_path / "keys" / f"{name}.pem").write_bytes((KEYS / "rsa.pem").read_bytes())
    unb = '    - {scheme: unb, qualifier: "14", value: "5498765000017"}\n'
    (tmp_path / "us.yaml").write_text(OURS.replace("  certificates:\n", f"{unb}  certificates:\n"))
    (tmp_path / "acme.yaml").write_text(THEIRS.rstrip() + "\n" + WEAK + AGREEMENT)
    loaded = load_profiles(tmp_path, Catalogue())
    assert loaded.faults == []
    assert loaded.register is not None
    assert loaded.register.channel_of_as2("ACME-AS2", "MERIDIAN") is not None


def test_the_answers() -> None:
    listed = {int(status) for status in re.findall(r"^\| (\d{3}) ", PAGE, re.M)}
    # The methods and paths that nobody uses in earnest are told in a sentence.
    assert listed == {200, 204} | set(request.TEXTS) - {404, 405}
    assert f"{patience.BODY_RATE:,} bytes a second" in PAGE
    assert reception.REFUSALS == 10 and "more than ten refused messages" in PAGE
    assert reception.REFUSED_KEPT == 16 << 20 and "(up to 16 MB)" in PAGE


def test_the_causes() -> None:
    table = PAGE.partition("## What a case means")[2].partition("## ")[0]
    listed = {
        each for cell in re.findall(r"^\| (`.*?`) \|", table, re.M) for each in re.findall(r"`([a-z0-9-]+)`", cell)
    }
    source = "".join(path.read_text() for path in (ROOT / "gateway" / "channels" / "as2").glob("*.py"))
    as2 = "refused|key-missing|unknown-sender|parked|not-sendable|mdn-not-taken|mdn-contradicts"
    named = set(re.findall(rf'"(as2-(?:{as2})|message-id-reused|channel-gone)"', source))
    assert len(named) == 9
    doubts = {f"as2-{reason}" for reason in get_args(Reason) if reason.startswith(("mdn-", "mic-"))}
    doubts -= {"as2-mdn-positive", "as2-mdn-warning", "as2-mdn-expected"}
    doubts.add("as2-part-not-joined")
    expiry = {f"certificate-expires-{days}" for days in ALERTS} | {"certificate-expired"}
    exchanged = set(re.findall(r'"(certificates-(?:offered|unanswered|rejected)|certificate-answer-[a-z]+)"', source))
    assert len(exchanged) == 5
    assert listed == named | doubts | expiry | exchanged | {"receipt-unmatched"}


@pytest.mark.parametrize("outcome", [*get_args(Received), *get_args(get_args(request.Outcome)[1])])
def test_the_outcomes(outcome: str) -> None:
    assert f"`{outcome}`" in PAGE.partition("## What to watch")[2]


def test_the_profile_with_restart(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "acme-2026.pem").write_bytes((KEYS / "rsa.pem").read_bytes())
    (tmp_path / "acme.yaml").write_text(THEIRS.rstrip() + "\n" + RESTART)
    loaded = load_profiles(tmp_path, Catalogue())
    assert loaded.faults == []
    assert loaded.register is not None
    channel = loaded.register.channels["acme-as2"]
    assert isinstance(channel, As2Channel) and channel.http.restart and channel.receive.restart


def test_the_limits_of_restart() -> None:
    limits = Config().as2
    told = (limits.partials_kept, limits.partials_per_partner, limits.partials_in_all, ASKINGS)
    assert told == (timedelta(days=2), 4 << 30, 16 << 30, 4)
    assert "two days, up to 4 GB of a partner and 16 GB in all" in PAGE and "four times at most" in PAGE
