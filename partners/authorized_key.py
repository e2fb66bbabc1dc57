"""Lines of an OpenSSH ``authorized_keys`` file, as far as a partner's login needs them.

A line is a type, a base64 blob and a comment. Options in front of the type (``command=``, ``from=`` …) are refused: the
gateway runs no commands, and an option that is accepted and not obeyed is worse than none. The blob repeats the type
inside (RFC 4253 §6.6), so a line that was cut or pasted together wrongly is noticed here and not at the first login.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

TYPES = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")
"""DSA is left out: OpenSSH dropped it. ``ssh-rsa`` is a key type here; its SHA-1 signatures are for the server."""

PRIVATE_KEY = "this is a private key; a profile holds public keys only. Treat that key as disclosed"


def check_line(line: str) -> str:
    """``line`` with single blanks between its parts; raises ``ValueError`` saying what is wrong with it."""
    if "PRIVATE KEY" in line:
        raise ValueError(PRIVATE_KEY)
    if len(line.splitlines()) > 1:
        raise ValueError("one item holds one key: give each line an item of its own")
    parts = line.split(None, 2)
    if not parts or parts[0] not in TYPES:
        if any(part in TYPES for part in line.replace(",", " ").split()):
            raise ValueError("options in front of a public key are not obeyed here; remove them")
        raise ValueError(f"`{line[:24]}` does not begin with a key type: {', '.join(TYPES)}")
    if len(parts) < 2:
        raise ValueError("the key itself is missing behind its type")
    _check_blob(parts[0], decode(line))
    return " ".join(parts)


def decode(line: str) -> bytes:
    """The binary public key of a line: what an SSH server compares."""
    try:
        return base64.b64decode(line.split(None, 2)[1], validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("the key is not base64; it may have been cut or wrapped") from None


def _check_blob(stated: str, blob: bytes) -> None:
    """Raises ``ValueError`` unless the binary key is made of exactly the fields of the stated type."""
    fields = _fields(blob)
    if not fields or fields[0] != stated.encode("ascii"):
        raise ValueError(f"the key does not hold a complete {stated} key; it may have been cut")
    match stated:
        case "ssh-rsa":  # RFC 4253 §6.6: exponent, modulus
            right = len(fields) == 3 and len(fields[2]) >= 128
        case "ssh-ed25519":  # RFC 8709 §4: the key, 32 bytes
            right = len(fields) == 2 and len(fields[1]) == 32
        case _:  # RFC 5656 §3.1: the curve's name again, the point
            curve = stated.removeprefix("ecdsa-sha2-").encode("ascii")
            right = len(fields) == 3 and fields[1] == curve and fields[2][:1] == b"\x04"
    if not right:
        raise ValueError(f"the key does not hold a complete {stated} key; it may have been cut")


def _fields(blob: bytes) -> list[bytes]:
    """The length-prefixed strings (RFC 4251 §5) a blob is made of; none when they do not fill it exactly."""
    fields, at = [], 0
    while at < len(blob):
        end = at + 4 + int.from_bytes(blob[at : at + 4], "big")
        if len(blob) < end:
            return []
        fields.append(blob[at + 4 : end])
        at = end
    return fields


def fingerprint(line: str) -> str:
    """The fingerprint as OpenSSH prints it: ``SHA256:`` and unpadded base64."""
    digest = hashlib.sha256(decode(line)).digest()
    return "SHA256:" + base64.b64encode(digest).decode("ascii").rstrip("=")
