"""Certificates that end: one case for each threshold, what ``check`` and ``doctor`` say, and keys that are missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import command_line
from gateway.ledger import cases
from gateway.sweeping import watch_certificates
from tests.gateway.channels.as2.conftest import MakeEndpoint
from tests.gateway.channels.as2.endpoint import Endpoint, store_key, write_home

END = datetime(2056, 1, 1, tzinfo=UTC)
"""When the test keys' certificates end."""


def causes(endpoint: Endpoint) -> dict[str, int]:
    """How many open cases about certificates there are, by cause."""
    found: dict[str, int] = {}
    for each in endpoint.gateway.database.read(cases.list):
        found[each.cause] = found.get(each.cause, 0) + 1
    return found


@pytest.fixture
def endpoint(make_endpoint: MakeEndpoint) -> Endpoint:
    """ACME's certificate and ours end on the same day."""
    return make_endpoint()


def test_nothing_is_said_too_early(endpoint: Endpoint) -> None:
    endpoint.now = END - timedelta(days=61)
    assert watch_certificates(endpoint.gateway) == 0
    assert causes(endpoint) == {}


def test_a_case_for_each_threshold_and_certificate(endpoint: Endpoint) -> None:
    told: list[dict[str, int]] = []
    for left in (59, 58, 29, 6.5, 0.5, -1):
        endpoint.now = END - timedelta(days=left)
        watch_certificates(endpoint.gateway)
        told.append(causes(endpoint))
    names = ["expires-60", "expires-30", "expires-7", "expires-1", "expired"]
    assert told[0] == told[1] == {"certificate-expires-60": 2}
    assert told[-1] == {f"certificate-{name}": 2 for name in names}
    (ours, theirs) = sorted(endpoint.cases("certificate-expired"), key=lambda each: each.party or "", reverse=True)
    assert (ours.party, theirs.party) == ("meridian", "acme")
    assert "keys/rsa-other.pem" in ours.text and "keys/rsa.pem" in theirs.text


def test_a_certificate_that_is_seen_late_is_one_case(endpoint: Endpoint) -> None:
    endpoint.now = END - timedelta(days=5)
    assert watch_certificates(endpoint.gateway) == 2
    assert causes(endpoint) == {"certificate-expires-7": 2}


def test_a_closed_case_stays_closed(endpoint: Endpoint) -> None:
    endpoint.now = END - timedelta(days=20)
    watch_certificates(endpoint.gateway)
    for each in endpoint.cases("certificate-expires-30"):
        endpoint.gateway.database.write(lambda c, each=each: cases.close(c, each.id, "ordered", "eva", endpoint.now))  # type: ignore[misc]
    assert watch_certificates(endpoint.gateway) == 0
    assert causes(endpoint) == {}


def test_a_certificate_that_the_profile_replaces_in_time_is_no_case(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(certificate="rsa.pem, valid_to: 2055-12-01}, {file: keys/rsa-renewed")
    endpoint.now = END - timedelta(days=45)
    watch_certificates(endpoint.gateway)
    found = {each.text.split("certificate ")[1].split(" ")[0] for each in endpoint.cases("certificate-expires-60")}
    assert found == {"keys/rsa-renewed.pem", "keys/rsa-other.pem"}


# What the commands say


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., str]:
    """Runs a command for the gateway in the folder."""

    def command(*arguments: str) -> str:
        return (
            CliRunner().invoke(command_line(only=arguments[0]), [*arguments, "--home", str(tmp_path), "--json"]).stdout
        )

    return command


def test_a_missing_private_key_is_named(tmp_path: Path, run: Callable[..., str]) -> None:
    write_home(tmp_path)
    (fault,) = json.loads(run("check"))["faults"]
    assert (fault["file"], fault["severity"]) == ("keys/rsa-other.pem", "warning")
    assert "private key is missing" in fault["message"]
    (look,) = [each for each in json.loads(run("doctor")) if each["what"] == "AS2 certificate"]
    assert look["state"] == "bad" and "rsa-other" in look["text"]


def test_all_is_well(tmp_path: Path, run: Callable[..., str]) -> None:
    write_home(tmp_path)
    store_key(tmp_path)
    assert json.loads(run("check")) == {"good": True, "faults": []}
    looks = json.loads(run("doctor"))
    assert not [each for each in looks if each["what"] == "AS2 certificate"]
    (port,) = [each for each in looks if each["what"] == "AS2 port"]
    assert port["state"] == "good"


def test_a_certificate_that_ends_soon_is_named(
    tmp_path: Path, run: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_home(tmp_path)
    store_key(tmp_path)
    monkeypatch.setattr("gateway.clock.system_clock", lambda: END - timedelta(days=20))
    monkeypatch.setattr("gateway.cli.doctor.system_clock", lambda: END + timedelta(days=1))
    found = {each["file"]: each["message"] for each in json.loads(run("check"))["faults"]}
    assert set(found) == {"keys/rsa.pem", "keys/rsa-other.pem"}
    assert found["keys/rsa.pem"] == "the certificate of `acme-as2` (verify, encrypt): expires in 20 days"
    looks = [each for each in json.loads(run("doctor")) if each["what"] == "AS2 certificate"]
    assert [each["state"] for each in looks] == ["bad", "bad"]
