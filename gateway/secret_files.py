"""Passwords and other secrets that profiles and the configuration name: one file each, for nobody else to read."""

from __future__ import annotations

from pathlib import Path


class SecretMissing(Exception):
    """A secret is not there, or others can read it; the text says what to do."""


def read_secret(folder: Path, name: str) -> str:
    """The secret of this name in the folder of secrets (:attr:`gateway.config.Home.secrets`)."""
    file = folder / name
    try:
        status = file.stat()
        content = file.read_text().strip()
    except FileNotFoundError:
        raise SecretMissing(
            f"the secret `{name}` is not there: put the password into {file}, readable by you only"
        ) from None
    if status.st_mode & 0o077:
        raise SecretMissing(f"others can read {file}: run `chmod 600` on it, and change the password if they may have")
    return content
