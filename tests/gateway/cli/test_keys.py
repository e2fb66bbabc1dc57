"""``sallyport keys``: what is made can be read by openssl, what openssl made can be brought, and nothing weak is."""

from __future__ import annotations

import json
import re
import stat
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from as2.certificates import load_certificates, load_private_key, pair
from gateway.channels.as2.key_files import KeyType, Named, WrongPassword, make_pair, read_key_file
from gateway.channels.as2.keys import As2Keys
from gateway.cli import passwords
from gateway.cli.keys import _years_after
from gateway.config import open_home
from tests.as2.keys import KEYS, certificate_of
from tests.gateway.cli.calling import Call

PARTNER = """\
party:
  id: acme
  name: ACME
  identities: [{scheme: as2, value: ACME}, {scheme: unb, qualifier: ZZ, value: ACME}]
channels:
  - id: acme-as2
    kind: as2
    url: https://acme.example/as2
    certificates:
      - {file: keys/acme.pem, valid_to: 2026-01-31}
      - {file: keys/acme-new.pem, use: [verify], valid_from: 2026-01-01}
      - {file: keys/acme-later.pem, use: [encrypt]}
"""
US = """\
party:
  id: as2-us
  name: Us
  identities: [{scheme: as2, value: US}]
  certificates:
    - {file: keys/us.pem}
    - {file: keys/us-lost.pem, use: [decrypt]}
"""


def openssl(*arguments: str | Path, stdin: bytes = b"") -> str:
    """What openssl says; it must succeed."""
    run = subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()
    return run.stdout.decode()


def made_by_openssl(folder: Path, name: str, *key: str) -> tuple[Path, Path]:
    """A key with its certificate."""
    private, certificate = folder / f"{name}.key", folder / f"{name}.pem"
    kind = key or ("rsa:2048",)
    openssl("req", "-x509", "-nodes", "-newkey", *kind, "-keyout", private, "-out", certificate, "-subj", f"/CN={name}")
    return private, certificate


def keys_of(home: Path) -> As2Keys:
    return As2Keys(open_home(home, {}).keys)


@pytest.mark.parametrize(
    ("key_type", "says"),
    [("rsa-3072", "(3072 bit)"), ("rsa-2048", "(2048 bit)"), ("p256", "prime256v1")],
)
def test_what_is_made(sallyport: Call, fresh: Path, key_type: str, says: str) -> None:
    answer = sallyport("keys", "make", "us-2026", "--type", key_type, "--organization", "Us & Co", "--home", fresh)
    assert answer.code == 0
    certificate = fresh / "profiles" / "keys" / "us-2026.pem"
    text = openssl("x509", "-in", certificate, "-noout", "-text")
    assert says in text
    assert "O = Us & Co, CN = us-2026" in text
    assert "CA:FALSE" in text
    assert "Digital Signature" in text
    assert ("Key Agreement" in text) == (key_type == "p256")
    openssl("verify", "-CAfile", certificate, "-partial_chain", certificate)
    (read,) = load_certificates(certificate.read_bytes())
    assert read.oddities == frozenset()
    assert (read.not_after.year - read.not_before.year, read.not_before.hour) == (3, 0)
    private = fresh / "var" / "keys" / "as2" / f"{read.sha256}.pem"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert openssl("pkey", "-in", private, "-pubout") == openssl("x509", "-in", certificate, "-noout", "-pubkey")
    assert keys_of(fresh).pair_of(read).certificate.sha256 == read.sha256
    assert read.sha256 in answer.text
    assert "- file: keys/us-2026.pem\n" in answer.text
    assert "PRIVATE" not in answer.text


def test_the_default_and_json(sallyport: Call, fresh: Path) -> None:
    answer = sallyport("keys", "make", "us", "--years", "1", "--json", "--home", fresh).json()
    assert answer["key"] == "RSA 3072"
    assert Path(answer["private_key"]).is_file()
    assert "use: [sign, decrypt]" in answer["profile"]
    assert re.fullmatch(r"[0-9a-f]{64}", answer["fingerprint"])


def test_nothing_is_overwritten(sallyport: Call, fresh: Path) -> None:
    assert sallyport("keys", "make", "us", "--type", "p256", "--home", fresh).code == 0
    before = (fresh / "profiles" / "keys" / "us.pem").read_bytes()
    again = sallyport("keys", "make", "us", "--type", "p256", "--home", fresh)
    assert (again.code, "another name" in again.err) == (2, True)
    other = sallyport("keys", "import", KEYS / "rsa.pem", "--name", "us", "--home", fresh)
    assert (other.code, "--name" in other.err) == (1, True)
    assert (fresh / "profiles" / "keys" / "us.pem").read_bytes() == before
    assert len(keys_of(fresh).fingerprints()) == 1


@pytest.mark.parametrize("name", ["../us", "a b", "", ".hidden", "a/b"])
def test_names_that_are_no_names(sallyport: Call, fresh: Path, name: str) -> None:
    assert sallyport("keys", "make", name, "--home", fresh).code == 2


@pytest.mark.parametrize("arguments", [("--common-name", "x" * 65), ("--country", "DEU")])
def test_names_that_no_certificate_can_have(sallyport: Call, fresh: Path, arguments: tuple[str, str]) -> None:
    answer = sallyport("keys", "make", "us", *arguments, "--home", fresh)
    assert (answer.code, "no certificate can have this name" in answer.err) == (2, True)
    assert keys_of(fresh).fingerprints() == []


def test_a_leap_day() -> None:
    assert _years_after(datetime(2028, 2, 29, tzinfo=UTC), 3) == datetime(2031, 2, 28, tzinfo=UTC)
    assert _years_after(datetime(2028, 2, 29, tzinfo=UTC), 4) == datetime(2032, 2, 29, tzinfo=UTC)


# Import


@pytest.mark.parametrize("form", ["pem", "encrypted", "beside", "pkcs12", "pkcs12-old", "traditional"])
def test_keys_of_openssl_are_brought(sallyport: Call, fresh: Path, tmp_path: Path, form: str) -> None:
    private, certificate = made_by_openssl(tmp_path, "us")
    (tmp_path / "word").write_text("secret word\nsecond line\n")
    arguments: list[str | Path] = ["--password-file", tmp_path / "word"]
    match form:
        case "pem":
            file = tmp_path / "both.pem"
            file.write_bytes(private.read_bytes() + certificate.read_bytes())
        case "encrypted":
            file = tmp_path / "both.pem"
            locked = openssl("pkcs8", "-topk8", "-in", private, "-passout", "pass:secret word")
            file.write_text(certificate.read_text() + locked)
        case "beside":
            file = private
            arguments += ["--certificate", certificate]
        case "traditional":
            file = tmp_path / "both.pem"
            file.write_text(openssl("rsa", "-in", private, "-traditional") + certificate.read_text())
        case _:
            file = tmp_path / "both.p12"
            old = ("-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1") if form.endswith("old") else ()
            openssl(
                *("pkcs12", "-export", "-inkey", private, "-in", certificate, "-out", file, *old),
                *("-passout", "pass:secret word"),
            )
    answer = sallyport("keys", "import", file, "--name", "us-2026", *arguments, "--json", "--home", fresh)
    assert answer.code == 0, answer.err
    (read,) = load_certificates(certificate.read_bytes())
    assert answer.json()["fingerprint"] == read.sha256
    assert keys_of(fresh).pair_of(read)
    assert (fresh / "profiles" / "keys" / "us-2026.pem").read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert "ENCRYPTED" not in keys_of(fresh).path_of(read).read_text()


@pytest.mark.parametrize("form", ["pem", "der", "p7b", "chain"])
def test_a_partners_certificate_is_brought(sallyport: Call, fresh: Path, tmp_path: Path, form: str) -> None:
    file = tmp_path / f"acme.{form}"
    match form:
        case "pem":
            file.write_bytes((KEYS / "rsa-4096.pem").read_bytes())
        case "der":
            file.write_bytes(certificate_of("rsa-4096").der)
        case "p7b":
            openssl("crl2pkcs7", "-nocrl", "-certfile", KEYS / "rsa-4096.pem", "-outform", "DER", "-out", file)
        case _:
            # The authority first: what is meant is the certificate that signed no other.
            file.write_bytes((KEYS / "ca.pem").read_bytes() + (KEYS / "rsa-4096.pem").read_bytes())
    answer = sallyport("keys", "import", file, "--home", fresh)
    assert answer.code == 0, answer.err
    assert certificate_of("rsa-4096").sha256 in answer.text
    assert "use: [verify, encrypt]" in answer.text
    assert load_certificates((fresh / "profiles" / "keys" / "acme.pem").read_bytes()) == [certificate_of("rsa-4096")]
    assert keys_of(fresh).fingerprints() == []


@pytest.mark.parametrize(
    ("make", "words"),
    [
        ("weak", "1024 bits"),
        ("weak-partner", "1024 bits"),
        ("mismatched", "no certificate belongs to this private key"),
        ("alone", "comes with its certificate"),
        ("curve", "P-256"),
        ("wrong-password", "password is missing or wrong"),
        ("wrong-password-12", "password is missing or wrong"),
        ("nothing", "no certificate"),
        ("text", "no certificate"),
    ],
)
def test_what_is_not_taken(sallyport: Call, fresh: Path, tmp_path: Path, make: str, words: str) -> None:
    file, arguments = tmp_path / "x.pem", list[str | Path]()
    private, certificate = made_by_openssl(tmp_path, "us") if make != "weak" else (file, file)
    (tmp_path / "word").write_text("another word")
    match make:
        case "weak":
            file.write_bytes((KEYS / "rsa-1024.key.pem").read_bytes() + (KEYS / "rsa-1024.pem").read_bytes())
        case "weak-partner":
            file.write_bytes((KEYS / "rsa-1024.pem").read_bytes())
        case "mismatched":
            file.write_bytes(private.read_bytes() + (KEYS / "rsa.pem").read_bytes())
        case "alone":
            file.write_bytes(private.read_bytes())
        case "curve":
            private, certificate = made_by_openssl(tmp_path, "k", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1")
            file.write_bytes(private.read_bytes() + certificate.read_bytes())
        case "wrong-password":
            locked = openssl("pkcs8", "-topk8", "-in", private, "-passout", "pass:secret word")
            file.write_text(certificate.read_text() + locked)
            arguments = ["--password-file", tmp_path / "word"]
        case "wrong-password-12":
            openssl(
                *("pkcs12", "-export", "-inkey", private, "-in", certificate, "-out", file),
                *("-passout", "pass:secret word"),
            )
            arguments = ["--password-file", tmp_path / "word"]
        case "nothing":
            file.write_bytes(b"\x30\x03\x02\x01\x07")
        case _:
            file.write_text("-----BEGIN RSA PUBLIC KEY-----\nMAA=\n-----END RSA PUBLIC KEY-----\n")
    answer = sallyport("keys", "import", file, *arguments, "--home", fresh)
    assert answer.code == 1
    assert words in answer.err
    assert "next:" in answer.err
    assert "PRIVATE" not in answer.err
    assert keys_of(fresh).fingerprints() == []
    assert not (fresh / "profiles" / "keys" / "x.pem").exists()


def test_a_weak_partner_on_purpose(sallyport: Call, fresh: Path) -> None:
    answer = sallyport("keys", "import", KEYS / "rsa-1024.pem", "--weak", "--home", fresh)
    assert answer.code == 0
    weak_key = KEYS / "rsa-1024.key.pem"
    ours = sallyport("keys", "import", weak_key, "--certificate", KEYS / "rsa-1024.pem", "--weak", "--home", fresh)
    assert ours.code == 1


def test_importing_again_changes_nothing(sallyport: Call, fresh: Path) -> None:
    arguments = ("keys", "import", KEYS / "rsa.key.pem", "--certificate", KEYS / "rsa.pem", "--name", "us")
    assert [sallyport(*arguments, "--home", fresh).code for _ in range(2)] == [0, 0]


def test_a_password_is_asked_for_unseen(
    sallyport: Call, fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private, certificate = made_by_openssl(tmp_path, "us")
    file = tmp_path / "us.p12"
    openssl("pkcs12", "-export", "-inkey", private, "-in", certificate, "-out", file, "-passout", "pass:secret word")
    without = sallyport("keys", "import", file, "--home", fresh)
    assert (without.code, "--password-file" in without.err) == (2, True)
    monkeypatch.setattr(passwords, "_on_a_terminal", lambda: True)
    answer = sallyport("keys", "import", file, "--home", fresh, stdin=b"secret word\n")
    assert answer.code == 0, answer.err
    assert "secret word" not in answer.text + answer.err
    variable = sallyport(
        *("keys", "import", file, "--password-env", "P12", "--home", fresh), env={"P12": "secret word"}
    )
    assert variable.code == 0
    assert sallyport("keys", "import", file, "--password-env", "NOT_THERE", "--home", fresh).code == 2


# Export


@pytest.mark.parametrize("form", ["pem", "der", "p7b"])
def test_a_certificate_is_exported(sallyport: Call, fresh: Path, tmp_path: Path, form: str) -> None:
    made = sallyport("keys", "make", "us", "--type", "p256", "--json", "--home", fresh).json()
    answer = sallyport("keys", "export", "us", "--form", form, "--home", fresh)
    assert answer.code == 0
    (tmp_path / "out").write_bytes(answer.out)
    if form == "p7b":
        text = openssl("pkcs7", "-in", tmp_path / "out", "-inform", "DER", "-print_certs")
        (tmp_path / "out").write_text(text)
        form = "pem"
    found = openssl("x509", "-in", tmp_path / "out", "-inform", form, "-noout", "-fingerprint", "-sha256")
    assert found.split("=")[1].strip().replace(":", "").lower() == made["fingerprint"]
    assert b"PRIVATE" not in answer.out


def test_a_key_is_exported_only_under_a_password(sallyport: Call, fresh: Path, tmp_path: Path) -> None:
    made = sallyport("keys", "make", "us", "--type", "p256", "--json", "--home", fresh).json()
    call = ("keys", "export", made["fingerprint"][:12], "--with-private-key", "--home", fresh)
    out = tmp_path / "us.p12"
    assert sallyport(*call).code == 2
    assert sallyport(*call, "--out", out).code == 2
    (tmp_path / "short").write_text("seven77")
    assert sallyport(*call, "--out", out, "--password-file", tmp_path / "short").code == 2
    assert not out.exists()
    (tmp_path / "word").write_text("a long secret\n")
    answer = sallyport(*call, "--out", out, "--password-file", tmp_path / "word")
    assert answer.code == 0, answer.err
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    text = openssl("pkcs12", "-in", out, "-nodes", "-passin", "pass:a long secret")
    both = pair(load_certificates(text.encode()), load_private_key(text.encode()))
    assert both.certificate.sha256 == made["fingerprint"]
    assert sallyport(*call, "--out", out, "--password-file", tmp_path / "word").code == 2


@pytest.mark.parametrize("name", ["nobody", "abcdef", "0" * 64])
def test_exporting_what_is_not_there(sallyport: Call, fresh: Path, name: str) -> None:
    answer = sallyport("keys", "export", name, "--home", fresh)
    assert (answer.code, "keys list" in answer.err) == (2, True)


def test_a_partners_key_is_not_ours_to_export(sallyport: Call, fresh: Path, tmp_path: Path) -> None:
    assert sallyport("keys", "import", KEYS / "rsa.pem", "--name", "acme", "--home", fresh).code == 0
    (tmp_path / "word").write_text("a long secret")
    call = ("keys", "export", "acme", "--with-private-key", "--out", tmp_path / "x.p12")
    answer = sallyport(*call, "--password-file", tmp_path / "word", "--home", fresh)
    assert answer.code == 1
    assert "is not there" in answer.err


# List


@pytest.fixture
def listed(sallyport: Call, fresh: Path, tmp_path: Path) -> Path:
    """A gateway whose profiles name certificates in every state."""
    folder = fresh / "profiles"
    made = sallyport("keys", "make", "us", "--type", "p256", "--years", "5", "--home", fresh)
    assert made.code == 0
    (folder / "keys" / "us-lost.pem").write_bytes((KEYS / "rsa.pem").read_bytes())
    (folder / "keys" / "acme.pem").write_bytes((KEYS / "rsa-other.pem").read_bytes())
    private, soon = tmp_path / "soon.key", tmp_path / "soon.pem"
    openssl(
        *("req", "-x509", "-nodes", "-newkey", "rsa:2048", "-keyout", private, "-out", soon),
        *("-days", "30", "-subj", "/CN=soon"),
    )
    (folder / "keys" / "acme-new.pem").write_bytes(soon.read_bytes())
    (folder / "as2-us.yaml").write_text(US)
    (folder / "acme.yaml").write_text(PARTNER)
    return fresh


def test_every_certificate_is_listed(sallyport: Call, listed: Path) -> None:
    answer = sallyport("keys", "list", "--json", "--home", listed)
    assert answer.code == 0, answer.err
    rows = {row["file"]: row for row in answer.json()["certificates"] if row["file"].startswith("keys/")}
    assert rows["keys/us.pem"]["private_key"] == "there"
    assert (rows["keys/us.pem"]["state"], rows["keys/us.pem"]["urgent"]) == ("in use", False)
    assert rows["keys/us-lost.pem"]["private_key"] == "missing"
    assert rows["keys/us-lost.pem"]["urgent"]
    assert (rows["keys/acme.pem"]["state"], rows["keys/acme.pem"]["urgent"]) == ("no longer used", False)
    assert rows["keys/acme-new.pem"]["state"] == "expires in 29 days"
    assert rows["keys/acme-new.pem"]["private_key"] is None
    assert rows["keys/acme-later.pem"]["state"] == "the file is not there"
    assert answer.json()["keys_of_no_profile"] == []


def test_the_list_for_people(sallyport: Call, listed: Path) -> None:
    for columns in (None, 80):
        answer = sallyport("keys", "list", "--home", listed, columns=columns)
        assert answer.code == 0
        assert "as2-us (us)" in answer.text
        assert "expires in 29 days" in answer.text
        assert certificate_of("rsa-other").sha256 in answer.text


def test_a_key_that_others_can_read_cannot_be_used(sallyport: Call, listed: Path) -> None:
    (private,) = (listed / "var" / "keys" / "as2").iterdir()
    private.chmod(0o640)
    (row,) = (
        row
        for row in sallyport("keys", "list", "--json", "--home", listed).json()["certificates"]
        if row["file"] == "keys/us.pem"
    )
    assert row["private_key"] == "unusable"
    assert "chmod 600" in row["state"]


def test_a_key_that_no_profile_names(sallyport: Call, listed: Path) -> None:
    made = sallyport("keys", "make", "spare", "--type", "p256", "--json", "--home", listed).json()
    answer = sallyport("keys", "list", "--json", "--home", listed)
    assert answer.json()["keys_of_no_profile"] == [made["fingerprint"]]
    assert made["fingerprint"] in sallyport("keys", "list", "--home", listed).err


def test_faulty_profiles(sallyport: Call, fresh: Path) -> None:
    (fresh / "profiles" / "broken.yaml").write_text("party: {")
    answer = sallyport("keys", "list", "--home", fresh)
    assert answer.code == 1
    assert "broken.yaml" in answer.err
    # A key can be made all the same: the profile that needs it may be the one that is being written.
    assert sallyport("keys", "make", "us", "--type", "p256", "--home", fresh).code == 0


def test_without_a_gateway(sallyport: Call, tmp_path: Path) -> None:
    answer = sallyport("keys", "list", "--home", tmp_path)
    assert (answer.code, "sallyport init" in answer.err) == (2, True)


# Files


@pytest.mark.parametrize("key_type", ["rsa-2048", "rsa-4096", "p256"])
def test_a_pair_by_itself(key_type: KeyType) -> None:
    at = datetime(2026, 12, 1, tzinfo=UTC)
    made = make_pair(Named(common_name="us", country="DE"), key_type, at, at.replace(year=2028))
    assert made.certificate.subject == "C=DE, CN=us"
    assert made.certificate.subject == made.certificate.issuer
    assert (made.certificate.not_before, made.certificate.not_after) == (at, at.replace(year=2028))
    assert made.certificate.serial > 0
    assert made.certificate.key_identifier is not None
    assert pair([made.certificate], made.key)


def test_a_password_that_nothing_needs() -> None:
    data = (KEYS / "rsa.key.pem").read_bytes() + (KEYS / "rsa.pem").read_bytes()
    assert read_key_file(data, b"word").key is not None


def test_an_encrypted_key_without_password(tmp_path: Path) -> None:
    private, certificate = made_by_openssl(tmp_path, "us")
    locked = openssl("pkcs8", "-topk8", "-in", private, "-passout", "pass:word")
    with pytest.raises(WrongPassword):
        read_key_file(certificate.read_bytes() + locked.encode(), None)


def test_the_json_of_list_is_json(sallyport: Call, fresh: Path) -> None:
    assert json.loads(sallyport("keys", "list", "--json", "--home", fresh).out)["certificates"] == []
