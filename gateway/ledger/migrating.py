"""Bringing a database's schema up to date, at every start, in one transaction.

The steps are Alembic revisions in ``gateway/migrations`` and ship with the code, so there is no file to configure and
no command to run. They create the tables of the ledger and of the work queue, which share the database. Both engines
can take schema changes back, so an upgrade that is interrupted has not happened. On PostgreSQL several nodes may start
at the same moment; an advisory lock lets one upgrade and the others find it done.

A revision is a record of what was, so it repeats the schema in its own words rather than importing it; a test compares
what the revisions come to with the tables that the code works with.
"""

from __future__ import annotations

import threading

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from gateway.database import Database, DatabaseFault

_LOCK = 0x5A11_1707
"""Any constant of our own: the advisory lock of upgrades (PostgreSQL)."""

_alone = threading.Lock()
"""Alembic keeps the context of a running upgrade in module variables."""


def migrate(database: Database) -> None:
    """Bring the schema to what this code needs; nothing happens when it is there already.

    Raises :class:`DatabaseFault` when a newer Sallyport has written the database.
    """
    if database.read(current) != head():
        database.write(upgrade)


def upgrade(connection: Connection) -> None:
    """As :func:`migrate`, in the caller's transaction."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    config = _config()
    found = current(connection)
    if found is not None and found not in {each.revision for each in _scripts(config).walk_revisions()}:
        raise DatabaseFault(
            f"A newer Sallyport has used this database (schema {found}, this one knows up to {head()}): install that"
            " version, or give this one a database of its own"
        )
    config.attributes["connection"] = connection
    with _alone:
        command.upgrade(config, "head")


def current(connection: Connection) -> str | None:
    """The schema's revision; ``None`` for an empty database."""
    return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """The revision that this code needs."""
    return _scripts(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "gateway:migrations")
    return config


def _scripts(config: Config) -> ScriptDirectory:
    return ScriptDirectory.from_config(config)
