"""Makes the test keys and certificates of this folder: ``python tests/vectors/as2/keys/make.py``.

Every run makes new ones, and the vectors that hold signatures by the old ones have to be made again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from asn1crypto import core
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

HERE = Path(__file__).parent
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | x25519.X25519PrivateKey


def named(common_name: str) -> x509.Name:
    """The name in a test certificate."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sallyport test keys"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def certificate(name: str, key: Key, signer: Key, issuer: str, serial: int) -> x509.Certificate:
    """A certificate for `key` that `signer` signed."""
    public = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .serial_number(serial)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2056, 1, 1, tzinfo=UTC))
        .public_key(public)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    if isinstance(signer, ed25519.Ed25519PrivateKey):
        return builder.sign(signer, None)
    if isinstance(signer, x25519.X25519PrivateKey):
        raise TypeError("X25519 keys sign nothing")
    return builder.sign(signer, hashes.SHA256())


def write(name: str, key: Key | None, der: bytes) -> None:
    """Two PEM files for one name."""
    if key is not None:
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (HERE / f"{name}.key.pem").write_bytes(private)
    (HERE / f"{name}.pem").write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))


def odd(good: bytes) -> dict[str, bytes]:
    """Certificates for the same key that a validating reader refuses; their signatures are wrong, which nobody asks."""
    made: dict[str, bytes] = {
        "explicit-default-version": good.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x00")
    }
    for name, serial in (("serial-zero", 0), ("serial-negative", -77)):
        tree = asn1.Certificate.load(good)
        tree["tbs_certificate"]["serial_number"] = serial
        made[name] = tree.dump(force=True)
    for name, country, text in (
        ("printable-string", "DE", "Smith & Sons *#@"),
        ("country-three-letters", "DEU", "as2"),
    ):
        tree = asn1.Certificate.load(good)
        pairs = [("2.5.4.6", core.PrintableString(country)), ("2.5.4.3", core.PrintableString(text))]
        raw = core.SequenceOf(spec=core.Any)
        for oid, value in pairs:
            pair = core.SequenceOf([core.ObjectIdentifier(oid), value], spec=core.Any)
            raw.append(core.SetOf([pair], spec=core.Any))
        tree["tbs_certificate"]["subject"] = asn1.Name.load(raw.dump())
        made[name] = tree.dump(force=True)
    tree = asn1.Certificate.load(good)
    tree["tbs_certificate"]["extensions"].append(
        {"extn_id": "1.3.6.1.4.1.99999.1", "critical": True, "extn_value": core.ParsableOctetString(b"\x05\x00")}
    )
    made["critical-unknown-extension"] = tree.dump(force=True)
    return made


def main() -> None:
    """Write every file."""
    ca = rsa.generate_private_key(65537, 2048)
    keys: dict[str, Key] = {
        "rsa": rsa.generate_private_key(65537, 2048),
        "rsa-other": rsa.generate_private_key(65537, 2048),
        "rsa-4096": rsa.generate_private_key(65537, 4096),
        "rsa-1024": rsa.generate_private_key(65537, 1024),  # noqa: S505 (the one that is too small)
        "p256": ec.generate_private_key(ec.SECP256R1()),
        "p384": ec.generate_private_key(ec.SECP384R1()),
        "p521": ec.generate_private_key(ec.SECP521R1()),
        "ed25519": ed25519.Ed25519PrivateKey.generate(),
        "x25519": x25519.X25519PrivateKey.generate(),
    }
    write("ca", ca, certificate("ca", ca, ca, "ca", 1).public_bytes(Encoding.DER))
    for serial, (name, key) in enumerate(keys.items(), start=0x0A00):
        own = name in ("rsa", "rsa-other")
        made = certificate(name, key, key if own else ca, name if own else "ca", serial)
        write(name, key, made.public_bytes(Encoding.DER))
    # The same name and number as `rsa`, another key: a renewal as some products do it.
    renewed = keys["rsa-other"]
    write("rsa-renewed", renewed, certificate("rsa", renewed, renewed, "rsa", 0x0A00).public_bytes(Encoding.DER))
    good = certificate("rsa", keys["rsa"], keys["rsa"], "rsa", 0x0A00).public_bytes(Encoding.DER)
    for name, der in odd(good).items():
        (HERE / f"odd-{name}.der").write_bytes(der)


if __name__ == "__main__":
    main()
