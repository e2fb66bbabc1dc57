"""A place that is two folders of a partner's SFTP server. This file is the only one that speaks to such a server.

The connection lives in an event loop that belongs to somebody else; a worker's thread asks it for one thing at a time
and waits, at most for the channel's ``timeout``. The server proves itself with one of the keys that the profile pins,
and with no other; we prove ourselves with the first of our keys that it takes. Nothing of this machine takes part: no
agent, no ``~/.ssh``, no known hosts of a user.

A file is put under a temporary name, synced where the server can do that, measured, and renamed. Version 3 of the
protocol renames only to a name that is free, and since not every server minds that, it is looked for first. What a
server that forbids renaming gets is written under its name at once, and measured there.
"""

from __future__ import annotations

import asyncio
import hashlib
import posixpath
import stat
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from types import TracebackType
from typing import Any, Literal, TypeVar, cast

import asyncssh
import msgspec

from as2.source import ChunkReader, Source
from gateway.channels.files.place import CHUNK, Changed, Denied, NameTaken, Seen, Unreachable
from gateway.channels.temporary_names import temporary

T = TypeVar("T")

_READ_AT_ONCE = 4 * CHUNK


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """Where the server is, how it proves itself, and how we do."""

    host: str
    port: int
    user: str
    host_keys: Sequence[str]
    """Lines of public keys."""
    keys: Sequence[asyncssh.SSHKey]
    """Private keys of ours, in the order in which they are tried."""
    collected_from: str | None
    delivered_to: str | None
    rename: bool
    timeout: timedelta


class Loop:
    """Runs what a place asks for in an event loop of another thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def run(self, work: Coroutine[Any, Any, T], patience: float) -> T:
        """What ``work`` gives; ``TimeoutError`` when that takes longer than ``patience`` seconds."""
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, patience), self._loop).result()


class ServerPlace:
    """:class:`gateway.channels.files.place.Place` over a partner's SFTP server; connected while its context lasts."""

    def __init__(self, server: Server, loop: Loop) -> None:
        self._server = server
        self._loop = loop
        self._patience = server.timeout.total_seconds()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None

    def __enter__(self) -> ServerPlace:
        with self._faults("log in"):
            self._connection, self._client = self._loop.run(self._connect(), self._patience)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._connection is not None:
            self._loop.run(_end(self._connection, self._patience), 2 * self._patience)

    async def _connect(self) -> tuple[asyncssh.SSHClientConnection, asyncssh.SFTPClient]:
        server = self._server
        trusted = [asyncssh.import_public_key(line) for line in server.host_keys]
        connection = await asyncssh.connect(
            server.host,
            server.port,
            username=server.user,
            client_keys=list(server.keys),
            known_hosts=(trusted, [], []),
            preferred_auth="publickey",
            agent_path=None,
            config=None,
            login_timeout=self._patience,
        )
        with ExitStack() as opened:
            opened.callback(connection.abort)
            client = await connection.start_sftp_client(path_errors="surrogateescape")
            opened.pop_all()
        return connection, client

    def look(self) -> list[Seen]:
        """See :class:`gateway.channels.files.place.Place`."""
        folder = self._folder("from")
        with self._faults(f"list {folder}"):
            found = self._run(self._sftp.readdir(folder))
        names = [(str(each.filename), each.attrs) for each in found]
        seen = [
            Seen(name, attributes.size or 0, attributes.mtime or 0)
            for name, attributes in names
            # Servers may leave out what kind of thing it is; those that do have files only.
            if not temporary(name) and "/" not in name and stat.S_ISREG(attributes.permissions or stat.S_IFREG)
        ]
        return sorted(seen, key=lambda each: (each.changed, each.name))

    def fetch(self, seen: Seen) -> Iterator[bytes]:
        """See :class:`gateway.channels.files.place.Place`."""
        path = posixpath.join(self._folder("from"), seen.name)
        self._check(seen, path)
        size = 0
        for chunk in self._content(path):
            size += len(chunk)
            yield chunk
        if size != seen.size:
            raise Changed(f"{seen.name} has {size} bytes and not {seen.size}")
        self._check(seen, path)

    def remove(self, seen: Seen) -> None:
        """See :class:`gateway.channels.files.place.Place`."""
        path = posixpath.join(self._folder("from"), seen.name)
        if self._attributes(path) is not None:
            self._check(seen, path)
            self._remove(path)

    def put(self, name: str, content: Source, sha256: str, mark: str) -> bool:
        """See :class:`gateway.channels.files.place.Place`."""
        folder = self._folder("to")
        path, beside = posixpath.join(folder, name), posixpath.join(folder, f".{mark}.part")
        attributes = self._attributes(path)
        if attributes is not None:
            if attributes.size == content.size and self._digest(path) == sha256:
                if self._server.rename:
                    self._remove(beside)
                return True
            # Without renaming, a try that broke off has left its beginning under the name.
            if self._server.rename or not self._begins(path, content):
                raise NameTaken(f"{path} is there already and is another file")
        if not self._server.rename:
            self._write(path, content)
            return False
        self._write(beside, content)
        with self._faults(f"rename {beside} to {path}"):
            self._run(self._sftp.rename(beside, path))
        return False

    def _write(self, path: str, content: Source) -> None:
        with self._faults(f"write {path}"):
            file = self._run(_opened(self._sftp, path, "wb"))
        try:
            at = 0
            for chunk in content.chunks():
                with self._faults(f"write {path}"):
                    self._run(file.write(chunk, at))
                at += len(chunk)
            # fsync@openssh.com is an extension; without it the server's word is all there is.
            with self._faults(f"write {path}"), suppress(asyncssh.SFTPOpUnsupported):
                self._run(file.fsync())
        finally:
            with self._faults(f"write {path}"):
                self._run(file.close())
        attributes = self._attributes(path)
        if attributes is None or attributes.size != content.size:
            size = "is gone" if attributes is None else f"has {attributes.size} bytes"
            raise Unreachable(f"{path} was written with {content.size} bytes and {size}: look at the server's disk")

    def _content(self, path: str) -> Iterator[bytes]:
        doing = f"read {path}"
        with self._faults(doing):
            try:
                file = self._run(_opened(self._sftp, path, "rb"))
            except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
                raise Changed(f"{path} is gone") from None
        try:
            at = 0
            while True:
                with self._faults(doing):
                    chunk = self._run(_read(file, at))
                if not chunk:
                    break
                at += len(chunk)
                yield chunk
        finally:
            with self._faults(doing):
                self._run(file.close())

    def _digest(self, path: str) -> str:
        digest = hashlib.sha256()
        for chunk in self._content(path):
            digest.update(chunk)
        return digest.hexdigest()

    def _begins(self, path: str, content: Source) -> bool:
        """Whether what stands there is the beginning of ``content``."""
        ours = ChunkReader(content.chunks())
        for chunk in self._content(path):
            if ours.peek(len(chunk)) != chunk:
                return False
            ours.read_exact(len(chunk))
        return True

    def _attributes(self, path: str) -> asyncssh.SFTPAttrs | None:
        """Of a file, a link as itself; ``None`` when nothing has the name."""
        with self._faults(f"look at {path}"):
            try:
                return self._run(self._sftp.lstat(path))
            except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
                return None

    def _check(self, seen: Seen, path: str) -> None:
        found = self._attributes(path)
        if found is None or (found.size or 0, found.mtime or 0) != (seen.size, seen.changed):
            raise Changed(f"{seen.name} was written anew, or is gone")

    def _remove(self, path: str) -> None:
        with self._faults(f"remove {path}"):
            try:
                self._run(self._sftp.remove(path))
            except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
                return

    def _folder(self, which: Literal["from", "to"]) -> str:
        folder = self._server.collected_from if which == "from" else self._server.delivered_to
        if folder is None:
            raise Denied(f"the profile names no folder to {'collect from' if which == 'from' else 'deliver to'}")
        return folder

    @property
    def _sftp(self) -> asyncssh.SFTPClient:
        if self._client is None:
            raise Unreachable("the place is not open")
        return self._client

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run(work, self._patience)

    @contextmanager
    def _faults(self, doing: str) -> Iterator[None]:
        """What the server or the network says, as faults of the place."""
        where = f"{self._server.host}:{self._server.port}"
        try:
            yield
        except asyncssh.HostKeyNotVerifiable as fault:
            raise Denied(
                f"{where} proved itself with a key that the profile does not name ({fault.reason}). Ask the partner"
                " whether its key has changed, and name the new one in `host_keys` only after that"
            ) from None
        except asyncssh.PermissionDenied:
            raise Denied(
                f"{where} takes none of our keys for the user `{self._server.user}`: give the partner the public key,"
                " or put the one that it knows into `keys`"
            ) from None
        except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection) as fault:
            raise Unreachable(f"could not {doing} on {where}: the connection ended ({fault.reason})") from None
        except asyncssh.SFTPError as fault:
            said = f"could not {doing} on {where}: {fault.reason or type(fault).__name__}"
            if isinstance(fault, _SAID_NO):
                raise Denied(f"{said}. Ask the partner to let us do that, or change the profile") from None
            raise Unreachable(said) from None
        except asyncssh.Error as fault:
            raise Unreachable(f"could not {doing} on {where}: {fault.reason}") from None
        except TimeoutError:
            raise Unreachable(f"could not {doing} on {where}: no answer within {self._patience:.0f} seconds") from None
        except OSError as fault:
            raise Unreachable(f"could not {doing} on {where}: {fault.strerror or fault}") from None


_SAID_NO = (
    asyncssh.SFTPPermissionDenied,
    asyncssh.SFTPOpUnsupported,
    asyncssh.SFTPWriteProtect,
    asyncssh.SFTPNoSuchFile,
    asyncssh.SFTPNoSuchPath,
    asyncssh.SFTPNotADirectory,
)
"""What time does not heal (draft-ietf-secsh-filexfer-13, 9.1)."""


async def _end(connection: asyncssh.SSHClientConnection, patience: float) -> None:
    """Leave; a server that does not say goodbye in time changes nothing about what was done."""
    connection.close()
    try:
        await asyncio.wait_for(connection.wait_closed(), patience)
    except TimeoutError:
        connection.abort()


async def _opened(client: asyncssh.SFTPClient, path: str, mode: str) -> asyncssh.SFTPClientFile:
    return await client.open(path, mode)


async def _read(file: asyncssh.SFTPClientFile, at: int) -> bytes:
    # A file that was opened without an encoding gives bytes, whatever its declaration says.
    return cast(bytes, await file.read(_READ_AT_ONCE, at))
