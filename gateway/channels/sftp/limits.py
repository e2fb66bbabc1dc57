"""How much one partner, one connection and all of them together may take of the SFTP server."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits; sizes in bytes, times in seconds. The defaults carry some hundred partners on a small machine."""

    upload: int = 512 << 20
    """Size of one file."""
    disk_reserve: int = 256 << 20
    """What stays free on the spool's disk: beyond it nothing is taken, so that what was taken can still be answered."""
    uploads: int = 64
    """Uploads open at once, of all partners."""
    uploads_per_partner: int = 16
    downloads_per_session: int = 4
    """A file that is read lies in memory while it is open."""
    handles: int = 64
    """Open files and listings of one session; clients use one or two."""
    sessions_per_connection: int = 4
    connections: int = 256
    connections_per_partner: int = 16
    connections_unknown: int = 64
    """Connections that have not logged in yet: whoever holds them open cannot keep partners out for long."""
    login_timeout: float = 30
    key_offers: int = 10
    """Keys a connection may try; an agent offers all it has."""
    failed_logins: int = 20
    """Connections from one address that failed to log in within ``failed_login_window``, after which further ones are
    cut at once. A login that succeeds forgets them. 0 turns it off: do so where all partners come from one address."""
    failed_login_window: float = 300
    keepalive: float = 30
    """Pause after which a silent client is asked for a sign of life; three without an answer end the connection."""
    idle: float = 900
    """A session that asks for nothing, or does not read its answers, this long is ended."""
    backlog: int = 1 << 20
    """Bytes of requests that wait in one session; beyond it we stop reading, its window fills and TCP slows it down."""
