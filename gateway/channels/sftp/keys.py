"""The server's own host keys: files ``sftp_host_*`` in the gateway's key folder, OpenSSH private keys of mode 0600.

The first of them by name is the one the server proves itself with; the others are announced to clients that are logged
in (OpenSSH's ``hostkeys-00@openssh.com``), which learn them before they are needed. To rotate: add a key whose name
comes later, wait until the partners' clients have seen it, give it the name that comes first, remove the old one.
"""

from __future__ import annotations

from pathlib import Path

import asyncssh

from gateway.durable_file import write_durably

FIRST = "sftp_host_ed25519"


class KeyFault(Exception):
    """A host key cannot be used; the text says what to do."""


def host_keys(folder: Path) -> list[asyncssh.SSHKey]:
    """The host keys in ``folder`` in the order of their names; the first time, one that is made. Raises KeyFault."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths = _paths(folder)
    if not paths:
        _make(folder / FIRST)
        paths = _paths(folder)
    return [_read(path) for path in paths]


def _paths(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("sftp_host_*") if path.suffix != ".pub")


def _make(path: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519", comment="sallyport")
    write_durably(path, key.export_private_key(), private=True)


def _read(path: Path) -> asyncssh.SSHKey:
    if path.stat().st_mode & 0o077:
        raise KeyFault(f"Others can read the host key {path}: run `chmod 600` on it, and replace it if they may have")
    try:
        return asyncssh.read_private_key(path)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise KeyFault(
            f"{path} is not a usable host key ({error}): restore it, or remove it to have one made"
        ) from None
