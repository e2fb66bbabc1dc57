"""The schema: the revisions come to what the code works with, and the journal is guarded."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, create_engine, delete, inspect, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from gateway.database import Database, DatabaseFault
from gateway.ledger import journal, schema, transmissions
from gateway.ledger.migrating import current, head, migrate, upgrade
from queues import schema as queue_schema

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def metadatas() -> list[MetaData]:
    return [schema.metadata, queue_schema.metadata]


def test_the_revisions_come_to_the_tables_that_the_code_works_with(database: Database) -> None:
    together = MetaData(naming_convention=schema.metadata.naming_convention)
    for metadata in metadatas():
        for table in metadata.sorted_tables:
            table.to_metadata(together)

    def differences(connection: Connection) -> object:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return compare_metadata(context, together)

    assert database.read(differences) == []


def test_the_comparison_would_see_a_difference(database: Database) -> None:
    other = MetaData()
    schema.counter.to_metadata(other)
    other.tables["counter"].c.epoch.nullable = True
    found = database.read(lambda c: compare_metadata(MigrationContext.configure(c), other))
    assert "modify_nullable" in str(found)


def test_constraints_and_partial_indexes_agree_too(database: Database) -> None:
    """What the comparison of Alembic leaves out: keys, conditions of indexes, triggers."""
    fresh = create_engine("sqlite://")

    def shape(connection: Connection) -> dict[str, object]:
        inspector = inspect(connection)
        return {
            table.name: (
                inspector.get_pk_constraint(table.name)["constrained_columns"],
                sorted(
                    (key["constrained_columns"], key["referred_table"], key["referred_columns"])
                    for key in inspector.get_foreign_keys(table.name)
                ),
                sorted(str(each["column_names"]) for each in inspector.get_unique_constraints(table.name)),
            )
            for metadata in metadatas()
            for table in metadata.sorted_tables
        }

    def definitions(connection: Connection) -> dict[str, str]:
        rows = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'index') AND sql IS NOT NULL"
        )
        return {name: " ".join(sql.split()) for name, sql in rows}

    with fresh.begin() as connection:
        for metadata in metadatas():
            metadata.create_all(connection)
        assert database.read(shape) == shape(connection)
        if database.dialect == "sqlite":
            assert database.read(definitions) == definitions(connection)
            assert len([name for name in definitions(connection) if name.startswith("event_is_not")]) == 3
    fresh.dispose()


def test_migrating_again_changes_nothing(database: Database) -> None:
    migrate(database)
    database.write(upgrade)
    assert database.read(current) == head()


def test_a_ledger_of_a_newer_version_is_left_alone(database: Database) -> None:
    database.write(lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num = 'v9999'"))
    try:
        with pytest.raises(DatabaseFault, match=r"newer Sallyport .*v9999"):
            migrate(database)
    finally:
        database.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head()}))


def test_an_upgrade_that_fails_has_not_happened(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    database.write(lambda c: c.exec_driver_sql("CREATE TABLE receipt (taken TEXT)"))
    with pytest.raises(DBAPIError, match="receipt already exists"):
        migrate(database)
    assert database.read(lambda c: inspect(c).get_table_names()) == ["receipt"]
    database.write(lambda c: c.exec_driver_sql("DROP TABLE receipt"))
    migrate(database)
    assert database.read(current) == head()
    database.close()


@pytest.mark.services
@pytest.mark.xdist_group("postgresql_server")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_nodes_that_start_together_upgrade_once(database: Database) -> None:
    """Three at once on an empty schema: one makes the tables, the others wait and find them."""
    name = "ledger_together"
    database.write(lambda c: c.exec_driver_sql(f"CREATE SCHEMA {name}"))
    url = database.engine.url.update_query_dict({"options": f"-csearch_path={name}"})
    start = threading.Barrier(3)

    def node(_number: int) -> str | None:
        mine = Database.open(url.render_as_string(hide_password=False))
        try:
            start.wait(20)
            migrate(mine)
            return mine.read(current)
        finally:
            mine.close()

    try:
        with ThreadPoolExecutor(3) as pool:
            assert list(pool.map(node, range(3))) == [head()] * 3
    finally:
        database.write(lambda c: c.exec_driver_sql(f"DROP SCHEMA {name} CASCADE"))


TAMPERINGS: dict[str, Callable[[Connection], object]] = {
    "update": lambda c: c.execute(update(schema.event).values(actor="somebody else")),
    "delete": lambda c: c.execute(delete(schema.event)),
    "replace": lambda c: c.exec_driver_sql(
        "INSERT OR REPLACE INTO event (seq, at, subject, kind, actor, data) "
        "SELECT seq, at, subject, kind, 'somebody else', data FROM event"
        if c.dialect.name == "sqlite"
        else "INSERT INTO event (seq, at, subject, kind, actor, data) "
        "SELECT seq, at, subject, kind, 'somebody else', data FROM event "
        "ON CONFLICT (seq) DO UPDATE SET actor = excluded.actor"
    ),
    "truncate": lambda c: c.exec_driver_sql("DELETE FROM event" if c.dialect.name == "sqlite" else "TRUNCATE event"),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_the_journal_cannot_be_changed(database: Database, tampering: str) -> None:
    database.write(lambda c: journal.append(c, at=AT, subject="t-1", kind="transmission-received", actor="acme"))
    before = database.read(lambda c: journal.of(c, "t-1"))
    with pytest.raises(DBAPIError, match="the journal is append-only"):
        database.write(TAMPERINGS[tampering])
    assert database.read(lambda c: journal.of(c, "t-1")) == before


def test_moments_come_back_as_they_were_and_aware(database: Database, new_transmission: Callable[..., str]) -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    moments = [
        datetime(2026, 3, 2, 13, 30, 0, 123456, tzinfo=east),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2199, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ]
    for moment in moments:
        identifier = database.write(partial(new_transmission, at=moment))
        kept = database.read(partial(transmissions.get, transmission_id=identifier)).at
        assert kept == moment
        assert kept.utcoffset() == timedelta(0)


def test_a_moment_without_a_zone_is_refused(database: Database, new_transmission: Callable[..., str]) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        database.write(lambda c: new_transmission(c, at=datetime(2026, 3, 2, 8, 0)))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("x" * 300, "x" * 255),
        ("a\0b", "a\ufffdb"),
        ("a\ud800b", "a?b"),
        ("Größe 料金.edi", "Größe 料金.edi"),
        ("", ""),
    ],
)
def test_whatever_a_partner_names_a_file_it_can_be_recorded_and_found(
    database: Database, new_transmission: Callable[..., str], sent: str, kept: str
) -> None:
    identifier = database.write(lambda c: new_transmission(c, name=sent))
    assert database.read(lambda c: transmissions.get(c, identifier)).name == kept
    column = schema.transmission.c
    found = database.read(lambda c: c.execute(select(column.id).where(column.name == sent)).scalars().all())
    assert found == [identifier]


def test_a_row_never_points_at_bytes_that_are_not_there(
    database: Database, new_transmission: Callable[..., str]
) -> None:
    with pytest.raises(IntegrityError):
        database.write(lambda c: new_transmission(c, sha256="0" * 64))
