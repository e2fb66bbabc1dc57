"""The SFTP server: partners put files into ``/in`` and collect them from ``/out``.

**When an upload is complete.** An SFTP server that takes a file too early hands half a message to a customs system; one
that says "OK" too early loses a message when the power fails. Three things are true of this one:

1. *Complete means that the client said so*: it closed a file with a final name, or renamed a closed file from a
   temporary name (``.part``, ``.tmp``, ``.filepart``, or a dot in front) to a final one. Nothing else completes an
   upload: not the end of the connection, not the end of the session, not a time-out.
2. *OK means that it is durable*: the answer to that CLOSE or RENAME waits for ``receive``, which returns after the
   bytes are in the archive and the ledger has committed. If it fails, the client is told so and the file is not there.
3. *What is not complete is not there*: an upload that was cut off is discarded and reported, never processed.

asyncssh brings an SFTP server of its own, and it is not used. Its handler calls the application's ``close()`` for the
client's CLOSE *and* to clean up after a lost connection or an ended session, in the same way and before it says which:
a hook there either accepts half files or has to answer before it knows. (The known way out, to accept in a later tick
of the loop unless ``exit()`` came first, cannot be had together with 2: the OK would already be on its way.) So
asyncssh is the SSH server, and the SFTP requests, some twenty packet types unchanged since 2001, are read here:

    asyncssh ── bytes ──> session ── requests ──> conversation ──> intake ── Arrival ──> receive
                (order, loss,        (what a       (spool, limits,
                 back-pressure)       request means) taken/staged/broken)

In ``session`` a CLOSE is a CLOSE and a loss is a loss; the two cannot be taken for each other. It also leaves nothing
to defend but what is written here: no later protocol versions, no links, no server-side copies, no file system.

**What a partner can reach.** ``tree`` turns a path into one of two folders and a name, by text; ``mailboxes`` keeps the
entries in the database; ``spool`` writes under generated names. No path of the operating system is ever made from a
partner's text. ``door`` lets public keys in and opens SFTP sessions only: no shell, no command, no forwarding.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import asyncssh
import structlog

from gateway.arrival import Receive, ReportBroken
from gateway.channels.sftp.conversation import Conversation
from gateway.channels.sftp.door import RSA_SIGNATURES, SIGNATURES, Door, FailedLogins, Hall
from gateway.channels.sftp.intake import Intake
from gateway.channels.sftp.limits import Limits
from gateway.channels.sftp.mailboxes import Mailboxes
from gateway.channels.sftp.session import Session
from gateway.channels.sftp.spool import Spool
from gateway.channels.sftp.threads import Threads
from gateway.channels.sftp.visitor import LookUp, Visitor
from gateway.clock import Clock, system_clock

log = structlog.get_logger()

HYBRID_EXCHANGE = "mlkem768x25519-sha256"
"""Key exchange that a quantum computer does not undo later; cryptography offers it where its OpenSSL does."""
EXCHANGES = (
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
)
CIPHERS = (
    "aes256-gcm@openssh.com",
    "aes128-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes256-ctr",
    "aes128-ctr",
)
MACS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com")
THREADS = 8


class SftpServer:
    """The server: ``await listen(…)``, later ``await stop()``."""

    def __init__(
        self,
        *,
        look_up: LookUp,
        mailboxes: Mailboxes,
        receive: Receive,
        report_broken: ReportBroken,
        spool: Path,
        host_keys: Sequence[asyncssh.SSHKey],
        limits: Limits | None = None,
        clock: Clock = system_clock,
        now: Callable[[], float] = time.monotonic,
        paused: Callable[[str], bool] = lambda _channel: False,
    ) -> None:
        """``spool`` is a private folder, emptied here; ``now`` gives monotonic seconds; ``paused`` says of a channel
        whether no new uploads are taken, and must not block. Raises ``FolderBusy``."""
        self._limits = limits if limits is not None else Limits()
        self._mailboxes = mailboxes
        self._clock = clock
        self._host_keys = list(host_keys)
        self._spool = Spool(spool, limit=self._limits.upload, reserve=self._limits.disk_reserve)
        self._threads = Threads(THREADS)
        self._intake = Intake(
            self._spool, mailboxes, receive, report_broken, self._threads, self._limits, clock, paused
        )
        self._running: dict[Session, asyncio.Task[None]] = {}
        failed = FailedLogins(self._limits.failed_logins, self._limits.failed_login_window, now)
        self._hall = Hall(look_up, self._limits, failed, self._begin, self._new_session)
        self._acceptor: asyncssh.SSHAcceptor | None = None

    async def listen(self, host: str, port: int) -> None:
        """Accept connections from now on; port 0 takes a free one. Raises ``OSError`` when the port cannot be had."""
        try:
            self._acceptor = await self._create(host, port, (HYBRID_EXCHANGE, *EXCHANGES))
        except ValueError:
            log.warning("sftp.exchange.missing", exchange=HYBRID_EXCHANGE, remedy="install cryptography's own wheels")
            self._acceptor = await self._create(host, port, EXCHANGES)
        keys = [key.get_fingerprint("sha256") for key in self._host_keys]
        log.info("sftp.listening", host=host, port=self.port, host_keys=keys)

    @property
    def port(self) -> int:
        """The port that is listened on; 0 before ``listen``."""
        return self._acceptor.get_port() if self._acceptor is not None else 0

    @property
    def connections(self) -> int:
        """Connections of partners that have logged in."""
        return len(self._hall.known)

    @property
    def open_uploads(self) -> int:
        """Uploads under way."""
        return self._intake.open_uploads

    def rotate(self, host_keys: Sequence[asyncssh.SSHKey]) -> None:
        """Use these host keys for new connections; the first of each type proves, the others are announced."""
        self._host_keys = list(host_keys)
        if self._acceptor is not None:
            self._acceptor.update(server_host_keys=self._host_keys, send_server_host_keys=True)

    async def stop(self, grace: float = 10.0) -> None:
        """Accept nothing new, finish what is being taken within ``grace`` seconds, end every connection."""
        self._intake.closing = True
        if self._acceptor is not None:
            self._acceptor.close()
        for session in list(self._running):
            session.stop()
        if self._running:
            _, late = await asyncio.wait(set(self._running.values()), timeout=grace)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=1)
        await self._intake.settle(grace)
        for door in self._hall.known | self._hall.unknown:
            door.close()
        if self._acceptor is not None:
            # Not before: from Python 3.12 on this also waits for the connections.
            await self._acceptor.wait_closed()
        self._threads.close()
        self._spool.close()
        log.info("sftp.stopped")

    async def _create(self, host: str, port: int, exchanges: Sequence[str]) -> asyncssh.SSHAcceptor:
        return await asyncssh.create_server(
            lambda: Door(self._hall),
            host,
            port,
            server_version="Sallyport",
            server_host_keys=self._host_keys,
            send_server_host_keys=True,
            kex_algs=exchanges,
            encryption_algs=CIPHERS,
            mac_algs=MACS,
            signature_algs=(*SIGNATURES, *RSA_SIGNATURES),
            compression_algs=["none"],
            public_key_auth=True,
            password_auth=False,
            kbdint_auth=False,
            host_based_auth=False,
            gss_host=None,
            login_timeout=self._limits.login_timeout,
            keepalive_interval=self._limits.keepalive,
            keepalive_count_max=3,
            allow_pty=False,
            line_editor=False,
            x11_forwarding=False,
            agent_forwarding=False,
            allow_scp=False,
            encoding=None,
        )

    def _begin(self, visitor: Visitor, gone: Callable[[], bool], welcome: Callable[[], bool]) -> Conversation:
        return Conversation(
            visitor,
            self._intake,
            self._mailboxes,
            self._threads,
            self._limits,
            self._clock,
            gone=gone,
            welcome=welcome,
        )

    def _new_session(self, begin: Callable[[Callable[[], bool]], Conversation]) -> Session:
        return Session(begin, self._limits, self._running)
