"""A PostgreSQL of our own: a cluster in a private folder, on a free port of the loopback address."""

from __future__ import annotations

import pwd
import secrets
import signal
from contextlib import suppress

import psycopg
from psycopg import sql

from tests.services.running import Server, find, free_port

BINARIES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")


class PostgresServer:
    """A cluster that lives as long as the tests; each test gets databases of its own in it."""

    def __init__(self) -> None:
        """Starts it; :class:`tests.services.running.Missing` when PostgreSQL is not installed."""
        initdb, postgres = find("initdb", *BINARIES), find("postgres", *BINARIES)
        self.port = free_port()
        self._password = secrets.token_hex(16)
        self._databases = 0
        # PostgreSQL refuses to run as root, so root lends it the folder and the first of the usual users.
        self._server = Server("postgresql", user=_unprivileged())
        secret = self._server.folder / "password"
        secret.write_text(self._password, "ascii")
        data = self._server.folder / "data"
        access = ("-U", "sallyport", "-A", "scram-sha-256", f"--pwfile={secret}")
        self._server.run([initdb, "-D", data, *access, "-E", "UTF8", "--no-sync"])
        # Tests of this project cut the power of SQLite and of the archive; PostgreSQL may skip its own syncs.
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._server.folder),
            "fsync": "off",
            "full_page_writes": "off",
            "shared_buffers": "64MB",
            "max_connections": "100",
            "timezone": "UTC",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        # Immediate shutdown: nothing of it is needed afterwards, least of all a checkpoint.
        self._server.start([postgres, "-D", data, *options], stop=signal.SIGQUIT)
        self._server.wait_until(self._answers)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._conninfo("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _conninfo(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=sallyport password={self._password} dbname={database}"

    def fresh_database(self) -> str:
        """The SQLAlchemy URL of a new, empty database."""
        self._databases += 1
        name = f"test_{self._databases}"
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        return f"postgresql+psycopg://sallyport:{self._password}@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        """The cluster is gone."""
        self._server.discard()


def _unprivileged() -> str:
    """A user that owns nothing of ours."""
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise RuntimeError("There is neither a user postgres nor nobody to run PostgreSQL as")
