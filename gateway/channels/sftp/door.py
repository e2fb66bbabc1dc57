"""Who may come in: a public key that the profiles list for the login, and nothing else.

The decision is :func:`admits`, and it is all there is. Around it stand the limits that keep strangers from using us up:
so many connections, so many that have not logged in, so many keys a connection, so many failed connections an address.
An unknown login is refused just as a wrong key is, so nothing can be learnt about which logins exist.

asyncssh refuses forwarding of ports, sockets, agents and X11 when nothing grants it, and nothing here does.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable

import asyncssh
import structlog

from gateway.arrival import printable
from gateway.channels.sftp.conversation import Conversation
from gateway.channels.sftp.limits import Limits
from gateway.channels.sftp.session import Session
from gateway.channels.sftp.visitor import Login, LookUp, Visitor
from partners import decode_key

log = structlog.get_logger()

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
"""The form the profiles give to logins. Other text is refused before anything is looked up by it."""
SIGNATURES = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")
RSA_SIGNATURES = ("rsa-sha2-512", "rsa-sha2-256")
MAX_ADDRESSES = 10_000
"""Addresses with failed logins that are remembered; the ones seen longest ago are forgotten first."""


def admits(look_up: LookUp, login: str, key: bytes) -> Login | None:
    """What the profiles say about ``login`` when they list ``key`` (the binary public key) for it; ``None`` if not."""
    if not LOGIN.fullmatch(login):
        return None
    known = look_up(login)
    if known is None or not any(decode_key(line) == key for line in known.keys):
        return None
    return known


class FailedLogins:
    """Counts, for each address, the connections that failed to log in within a window; ``now`` is in seconds."""

    def __init__(self, limit: int, window: float, now: Callable[[], float]) -> None:
        self._limit = limit
        self._window = window
        self._now = now
        self._moments: OrderedDict[str, deque[float]] = OrderedDict()

    def barred(self, address: str) -> bool:
        """Whether the address has failed so often that it is not listened to."""
        moments = self._moments.get(self._group(address))
        if moments is None or not self._limit:
            return False
        while moments and moments[0] <= self._now() - self._window:
            moments.popleft()
        return len(moments) >= self._limit

    def failed(self, address: str) -> None:
        """A connection from the address tried to log in and did not."""
        group = self._group(address)
        self._moments.setdefault(group, deque(maxlen=max(self._limit, 1))).append(self._now())
        self._moments.move_to_end(group)
        if len(self._moments) > MAX_ADDRESSES:
            self._moments.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """A partner logged in from there: what failed before was a slip."""
        self._moments.pop(self._group(address), None)

    @staticmethod
    def _group(address: str) -> str:
        # Whoever has one IPv6 address has the 2^64 beside it.
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return address
        return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address


class Hall:
    """What the doors of all connections share."""

    def __init__(
        self,
        look_up: LookUp,
        limits: Limits,
        failed: FailedLogins,
        begin: Callable[[Visitor, Callable[[], bool], Callable[[], bool]], Conversation],
        new_session: Callable[[Callable[[Callable[[], bool]], Conversation]], Session],
    ) -> None:
        self.look_up = look_up
        self.limits = limits
        self.failed = failed
        self.begin = begin
        self.new_session = new_session
        self.unknown: set[Door] = set()
        """Connections that have not logged in."""
        self.known: set[Door] = set()


class Door(asyncssh.SSHServer):
    """One connection: lets a partner in, then opens SFTP sessions and nothing else."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._connection: asyncssh.SSHServerConnection | None = None
        self._address = ""
        self._remote = ""
        self._user = ""
        self._login: Login | None = None
        self._key = b""
        self._fingerprint = ""
        self._offers = 0
        self._sessions: list[Session] = []

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()

    # What asyncssh calls

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """A client has connected: stay only if there is room for it and it is not barred."""
        peer = conn.get_extra_info("peername")
        if isinstance(peer, tuple):
            self._address, self._remote = str(peer[0]), f"{peer[0]}:{peer[1]}"
        hall, limits = self._hall, self._hall.limits
        if hall.failed.barred(self._address):
            reason = "too many failed logins"
        elif len(hall.unknown) + len(hall.known) >= limits.connections:
            reason = "too many connections"
        elif len(hall.unknown) >= limits.connections_unknown:
            reason = "too many connections that have not logged in"
        else:
            self._connection = conn
            hall.unknown.add(self)
            return
        log.warning("sftp.connection.refused", remote=self._remote, reason=reason)
        conn.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over."""
        if self in self._hall.unknown and self._offers:
            self._hall.failed.failed(self._address)
        self._hall.unknown.discard(self)
        self._hall.known.discard(self)
        self._connection = None
        log.debug("sftp.connection.closed", remote=self._remote, cause=printable(str(exc or "")))

    def begin_auth(self, username: str) -> bool:
        """Everybody has to show a key."""
        self._user = username
        return True

    def public_key_auth_supported(self) -> bool:
        """The one way in."""
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether the key opens the login; asked for the offer and again for the signature."""
        self._user = username
        self._key = key.public_data
        self._fingerprint = key.get_fingerprint("sha256")
        self._login = admits(self._hall.look_up, username, key.public_data)
        if self._login is not None:
            # asyncssh verifies with any algorithm of the key's type, whatever `signature_algs` says: for RSA also with
            # SHA-1. The set on the key that it is about to verify with is what it obeys.
            allowed = RSA_SIGNATURES if key.algorithm == b"ssh-rsa" else SIGNATURES
            key.all_sig_algorithms = {each.encode() for each in allowed}
            return True
        self._offers += 1
        log.warning(
            "sftp.login.refused",
            login=printable(username, 40),
            key=self._fingerprint,
            remote=self._remote,
            n=self._offers,
        )
        if self._offers >= self._hall.limits.key_offers and self._connection is not None:
            self._connection.disconnect(asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "Too many keys were tried")
        return False

    def auth_completed(self) -> None:
        """The partner is in."""
        hall, login = self._hall, self._login
        hall.unknown.discard(self)
        if login is None or self._connection is None:
            return
        hall.failed.succeeded(self._address)
        who = {"party": login.party, "channel": login.channel, "login": self._user, "remote": self._remote}
        others = sum(each._login is not None and each._login.party == login.party for each in hall.known)
        if others >= hall.limits.connections_per_partner:
            log.warning("sftp.connection.refused", **who, reason="too many connections of this partner")
            self._connection.disconnect(asyncssh.DISC_TOO_MANY_CONNECTIONS, "Too many of your connections are open")
            return
        hall.known.add(self)
        log.info("sftp.login", **who, key=self._fingerprint, client=self._client())

    def session_requested(self) -> Session:
        """An SFTP session for the partner; raises ``ChannelOpenError`` when there are too many."""
        login = self._login
        if login is None or not self._welcome():
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "Log in first")
        self._sessions = [each for each in self._sessions if not each.over]
        if len(self._sessions) >= self._hall.limits.sessions_per_connection:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_RESOURCE_SHORTAGE, "Too many sessions on this connection")
        visitor = Visitor(
            session=secrets.token_hex(6),
            party=login.party,
            channel=login.channel,
            login=self._user,
            remote=self._remote,
            fingerprint=self._fingerprint,
            client=self._client(),
        )
        session = self._hall.new_session(lambda gone: self._hall.begin(visitor, gone, self._welcome))
        self._sessions.append(session)
        return session

    def _welcome(self) -> bool:
        was, now = self._login, admits(self._hall.look_up, self._user, self._key)
        return was is not None and now is not None and (was.party, was.channel) == (now.party, now.channel)

    def _client(self) -> str:
        version = self._connection.get_extra_info("client_version") if self._connection else None
        return printable(str(version or ""))
