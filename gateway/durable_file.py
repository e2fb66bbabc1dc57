"""Files outside the archive that must be there, whole, once we say that they are."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_durably(file: Path, content: bytes, *, private: bool = False) -> None:
    """Writes ``file`` so that after a power cut it has its old content or all of the new one.

    It is written aside and renamed, so that nobody sees half of it; what cannot be written leaves nothing behind.
    ``private``: readable by its owner only, from its first byte on; otherwise as the umask says.
    """
    # Not the standard library's temporary file: that one is for its owner only, and here the umask decides.
    beside = file.with_name(f".{file.name[:200]}.{secrets.token_hex(4)}")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with open(os.open(beside, flags, 0o600 if private else 0o666), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(file)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    above = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(above)
    finally:
        os.close(above)
