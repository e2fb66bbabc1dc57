"""``sallyport keys requests``, ``approve``, ``reject`` and ``offer``: what is told, and what is left to be done."""

from __future__ import annotations

from pathlib import Path

import pytest

from as2.certificates import load_certificates
from gateway.catalogue import Catalogue
from gateway.config import open_home
from gateway.profiles_folder import load_profiles
from partners import As2Channel
from tests.as2.keys import certificate_of
from tests.gateway.channels.as2.endpoint import Endpoint, store_key, write_home
from tests.gateway.channels.as2.exchange import NEW, ON, asks, exchanges, offered
from tests.gateway.cli.calling import Call

FINGERPRINT = certificate_of(NEW).sha256
NEXT = "p256"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A gateway that exchanges certificates with ACME; nothing runs."""
    write_home(tmp_path / "home", channel=ON, settings={"as2": "{enabled: yes, port: 0, url: 'http://192.0.2.7/as2'}"})
    store_key(tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def exchange(home: Path) -> str:
    """The id of an offer of ACME's."""
    endpoint = Endpoint(home)
    try:
        endpoint.post(asks(offers=offered(usages=["digitalSignature", "keyEncipherment"])))
        (found,) = exchanges(endpoint)
    finally:
        endpoint.close()
    return found.id


def test_what_is_offered_is_listed(sallyport: Call, home: Path, exchange: str) -> None:
    shown = sallyport("keys", "requests", "--home", home, columns=200).text
    for said in (f"{exchange}  acme offers, over acme-as2", "answer due 2026-12-15", FINGERPRINT, "pending"):
        assert said in shown
    (row,) = sallyport("keys", "requests", "--pending", "--home", home, "--json").json()
    assert (row["id"], row["direction"], row["delivery"]) == (exchange, "in", None)
    assert row["offers"][0]["usages"] == ["digitalSignature", "keyEncipherment"]


def test_there_is_nothing_to_list(sallyport: Call, home: Path) -> None:
    Endpoint(home).close()
    assert "no certificate was offered" in sallyport("keys", "requests", "--home", home).text
    assert sallyport("keys", "requests", "--home", home, "--json").json() == []


def test_who_approves_is_told_what_belongs_into_the_profile(sallyport: Call, home: Path, exchange: str) -> None:
    told = sallyport("keys", "approve", exchange, "--reason", "Ann read it out", "--home", home, columns=200)
    assert told.code == 0, told.err
    lines = [each.strip() for each in told.text.splitlines()]
    file = f"keys/acme-{FINGERPRINT[:8]}.pem"
    start = lines.index("certificates:")
    assert lines[start + 1 : start + 3] == [f"- file: {file}", "use: [verify, encrypt]"]
    assert f"sallyport keys export {FINGERPRINT[:16]} --out PROFILES/{file}" in lines

    listed = sallyport("keys", "list", "--home", home, "--json").json()["certificates"]
    (row,) = [each for each in listed if each["fingerprint"] == FINGERPRINT]
    assert (row["owner"], row["file"], row["ours"]) == ("acme-as2", f"accepted/{exchange}", False)
    note = sallyport("keys", "list", "--home", home, columns=200).err
    assert f"{FINGERPRINT} counts because it was accepted by message: name it in channel `acme-as2`" in note

    # What is printed is what the profile takes, and then nothing is left to be done.
    target = home / "profiles" / file
    assert sallyport("keys", "export", FINGERPRINT[:16], "--out", target, "--home", home).code == 0
    assert load_certificates(target.read_bytes()) == [certificate_of(NEW)]
    profile = home / "profiles" / "acme.yaml"
    entry = ", ".join(each.removeprefix("- ") for each in lines[start + 1 : start + 4])
    profile.write_text(profile.read_text().replace("{file: keys/rsa.pem}", f"{{file: keys/rsa.pem}}, {{{entry}}}"))
    loaded = load_profiles(home / "profiles", Catalogue.of(home))
    assert loaded.register is not None, loaded.faults
    channel = loaded.register.channels["acme-as2"]
    assert isinstance(channel, As2Channel)
    assert [each.use for each in channel.certificates] == [("verify", "encrypt"), ("verify", "encrypt")]
    listed = sallyport("keys", "list", "--home", home, "--json").json()["certificates"]
    assert [each["file"] for each in listed if each["fingerprint"] == FINGERPRINT] == [file]


def test_the_answer_as_json(sallyport: Call, home: Path, exchange: str) -> None:
    told = sallyport(
        "keys", "approve", exchange, "--reason", "known", "--actor", "eva", "--home", home, "--json"
    ).json()
    assert (told["exchange"], told["party"], told["rejected"]) == (exchange, "acme", [])
    assert told["accepted"][0]["actor"] == "eva"
    assert told["profile"].startswith(f"certificates:\n  - file: keys/acme-{FINGERPRINT[:8]}.pem\n")
    (row,) = sallyport("keys", "requests", "--home", home, "--json").json()
    assert (row["response"], row["delivery"]) == (told["response"], "queued")
    assert sallyport("keys", "requests", "--pending", "--home", home, "--json").json() == []


def test_who_rejects(sallyport: Call, home: Path, exchange: str) -> None:
    told = sallyport("keys", "reject", exchange, "--reason", "nobody knows it", "--home", home, columns=200)
    assert told.code == 0 and "certificates:" not in told.text
    assert "rejected" in sallyport("keys", "requests", "--home", home).text
    again = sallyport("keys", "approve", exchange, "--reason", "well", "--home", home)
    assert again.code == 1 and "decided already" in again.err
    unknown = sallyport("keys", "reject", "k-0", "--reason", "well", "--home", home)
    assert unknown.code == 1 and "sallyport keys requests" in unknown.err


def test_ours_is_offered(sallyport: Call, home: Path) -> None:
    profile = home / "profiles" / "meridian.yaml"
    line = f"    - {{file: keys/{NEXT}.pem, use: [decrypt]}}\n    - {{file: keys/{NEXT}.pem, use: [sign], valid_from: "
    profile.write_text(profile.read_text().rstrip() + f"\n{line}2099-01-01}}\n")
    order = ("keys", "offer", NEXT, "--reason", "it ends", "--home", home)
    missing = sallyport(*order, "--respond-by", "2098-12-01", columns=200)
    assert missing.code == 1 and "is not there" in missing.text
    store_key(home, NEXT)
    assert sallyport(*order, "--respond-by", "2020-01-01").code == 1
    first = sallyport(*order, "--respond-by", "2098-12-01", "--json").json()
    assert [(each["subject"], each["outcome"]) for each in first] == [("acme-as2", "done")]
    again = sallyport(*order, "--respond-by", "2098-12-01", "--channel", "acme-as2", columns=200)
    assert again.code == 0 and "offered to `acme` before" in again.text
    shown = sallyport("keys", "requests", "--home", home, columns=200).text
    assert "offered to acme, over acme-as2" in shown and "our offer is t-" in shown


def test_certificates_are_listed_where_there_is_no_ledger(sallyport: Call, home: Path) -> None:
    assert not (open_home(home, {}).data / "ledger.db").exists()
    answer = sallyport("keys", "list", "--home", home, "--json")
    assert answer.code == 0 and len(answer.json()["certificates"]) == 2
    assert sallyport("keys", "export", "ab" * 8, "--home", home).code != 0
