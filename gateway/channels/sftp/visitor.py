"""Who is connected: a partner that has logged in, and what the wire knows about the connection."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Login(msgspec.Struct, frozen=True):
    """What the profiles say about a login: the party and channel it stands for, and the keys that open it."""

    party: str
    channel: str
    keys: tuple[str, ...]
    """OpenSSH public key lines."""


LookUp = Callable[[str], Login | None]
"""The login of this name as the profiles are now. Asked at each login and at each opening of a file, so that a change
takes effect at once; it must not block."""


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """A session of a partner that has logged in."""

    session: str
    """Names the session in the logs; random."""
    party: str
    channel: str
    login: str
    remote: str
    fingerprint: str
    client: str

    def facts(self) -> dict[str, str]:
        """What an arrival remembers of the connection."""
        return {
            "session": self.session,
            "login": self.login,
            "remote": self.remote,
            "key": self.fingerprint,
            "client": self.client,
        }
