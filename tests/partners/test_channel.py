"""Names of outbound files, and public keys."""

from __future__ import annotations

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from partners import SftpChannel, decode_key, key_fingerprint
from partners.authorized_key import check_line
from partners.file_name import MAX_NAME, NAME_PARTS


def line(kind: str, *fields: bytes) -> str:
    blob = b"".join(struct.pack(">I", len(field)) + field for field in (kind.encode(), *fields))
    return f"{kind} {base64.b64encode(blob).decode()}"


ED25519 = line("ssh-ed25519", bytes(32))
POINT = b"\x04" + bytes(64)


def channel(pattern: str) -> SftpChannel:
    return SftpChannel(kind="sftp", id="a", party="a", login="a", authorized_keys=(ED25519,), file_name=pattern)


@given(st.fixed_dictionaries({part: st.text(max_size=length) for part, length in NAME_PARTS.items()}))
@hypothesis_settings(max_examples=100)
def test_a_name_never_leaves_the_folder(parts: dict[str, str]) -> None:
    """Whatever a message said, the name is one plain file name, and not a hidden one."""
    name = channel("{type}{number}_{id}-{date}").name_of(**parts)
    assert "/" not in name
    assert "\\" not in name
    assert not name.startswith(".")
    assert name.isascii()
    assert name.isprintable()
    assert len(name) <= MAX_NAME


def test_names_as_partners_want_them() -> None:
    """The default and a longer pattern."""
    parts = {"type": "IFTMIN", "number": "000042", "date": "20260601", "id": "01J"}
    assert channel("{type}-{number}.edi").name_of(**parts) == "IFTMIN-000042.edi"
    assert channel("{date} {type} {id}").name_of(**parts) == "20260601 IFTMIN 01J"


@pytest.mark.parametrize(
    "text",
    [
        ED25519,
        line("ecdsa-sha2-nistp256", b"nistp256", POINT),
        line("ssh-rsa", b"\1\0\1", b"\0" + bytes([200]) * 128),
    ],
)
def test_whole_keys(text: str) -> None:
    """Blanks are made single and the comment is kept."""
    kind, blob = text.split()
    assert check_line(f"  {kind}   {blob}\t a  comment ") == f"{kind} {blob} a  comment "
    assert decode_key(text)[4:].startswith(kind.encode())


@pytest.mark.parametrize(
    "text",
    [
        line("ssh-ed25519", bytes(31)),
        line("ssh-ed25519", bytes(33)),
        line("ssh-ed25519", bytes(32), b"more"),
        line("ssh-ed25519"),
        line("ecdsa-sha2-nistp256", b"nistp384", POINT),
        line("ecdsa-sha2-nistp256", b"nistp256", b"\x02" + bytes(32)),
        line("ssh-rsa", b"\1\0\1", b"\xc3" * 64),
        line("ssh-rsa", b"\1\0\1"),
        ED25519.replace("ssh-ed25519 ", "ssh-rsa "),
        ED25519[:-4],
        ED25519[:40],
        f"{ED25519[:30]} {ED25519[30:]}",
        "ssh-ed25519",
        "ssh-ed25519 \u00e4\u00f6",
        "",
        f"restrict,pty {ED25519}",
        f"{ED25519}\n{ED25519}",
        "-----BEGIN RSA PRIVATE KEY-----",
    ],
)
def test_keys_that_were_cut_or_joined(text: str) -> None:
    """A line that no client could log in with is refused now, and not at the first login."""
    with pytest.raises(ValueError, match="key"):
        check_line(text)


def test_a_fingerprint_is_openssh_s() -> None:
    """Worked out with ``ssh-keygen -lf`` for the key of 32 zero bytes."""
    assert key_fingerprint(ED25519) == "SHA256:kmYcvdi2GkPeWxB6XLjrZB8JHsy2Hm8luHMFp9GMvqk"
