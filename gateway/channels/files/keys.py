"""The private keys with which the gateway logs in at partners' SFTP servers.

They are files ``sftp_user_NAME`` of mode 0600 in its key folder; the public half, for the partner, lies beside each as
``sftp_user_NAME.pub``.
"""

from __future__ import annotations

from pathlib import Path

import asyncssh

from gateway.channels.files.place import Denied
from gateway.durable_file import write_durably


def user_keys(folder: Path, names: tuple[str, ...]) -> list[asyncssh.SSHKey]:
    """The keys of these names that are there, in the given order; raises :class:`Denied` when none can be used."""
    keys, missing = [], []
    for name in names:
        path = _path(folder, name)
        try:
            if path.stat().st_mode & 0o077:
                raise Denied(f"others can read {path}: run `chmod 600` on it, and replace it if they may have")
            keys.append(asyncssh.read_private_key(path))
        except FileNotFoundError:
            missing.append(name)
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as fault:
            raise Denied(f"{path} is not a usable key ({fault}): make another, or restore it") from None
    if not keys:
        raise Denied(f"there is no key `{missing[0]}`: make it with `sallyport keys ssh {missing[0]}`")
    return keys


def make_user_key(folder: Path, name: str) -> str:
    """A new Ed25519 key of this name; its public half, as a line for the partner. ``FileExistsError`` if it exists."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = _path(folder, name)
    if path.exists():
        raise FileExistsError(path)
    key = asyncssh.generate_private_key("ssh-ed25519", comment=f"sallyport {name}")
    write_durably(path, key.export_private_key(), private=True)
    public = key.export_public_key()
    write_durably(path.with_name(path.name + ".pub"), public)
    return public.decode("ascii").strip()


def public_line(folder: Path, name: str) -> str | None:
    """The public half of the key of this name; ``None`` when there is no such key."""
    path = _path(folder, name)
    return user_keys(folder, (name,))[0].export_public_key().decode("ascii").strip() if path.exists() else None


def _path(folder: Path, name: str) -> Path:
    return folder / f"sftp_user_{name}"
