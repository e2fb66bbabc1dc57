"""The tables of the work queue and of the embedded exchange, for SQLite and PostgreSQL alike.

They live in the database of the ledger, so that a stage's effects and its follow-up work are one transaction, and have
a ``MetaData`` of their own, which the gateway's migrations take in.

``job`` holds only what is still to be done or was given up; finished jobs are deleted, which keeps the table as small
as the backlog. ``job_key`` remembers the key of every job, so that the same work is not queued again after it was
done. ``partner_lane`` is the fairness: one row for each partner, lane and gate with its virtual time, asleep
(``ready_at`` empty) when it has no work. ``gate`` is what jobs may need open: a row for each that was ever in trouble
or paused (:mod:`queues.gates`). ``letter`` is the embedded exchange: its boxes are the queues that RabbitMQ would have.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware moment, always in UTC. SQLite has no zone of its own, so it is taken off and put on again."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC for the database; a naive moment is a programming error."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment without a zone cannot be queued")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment in UTC, aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Sequence = BigInteger().with_variant(Integer, "sqlite")

# A fencing number means nothing if an id can come back: SQLite gives the largest rowid again after it was deleted,
# unless the table says AUTOINCREMENT.
job = Table(
    "job",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("kind", String(40), nullable=False),
    Column("key", String(200), nullable=False, unique=True),
    Column("partner", String(120), nullable=False),
    Column("lane", SmallInteger, nullable=False),
    Column("gate", String(120), nullable=False, server_default=text("''"), comment="what it needs open; or empty"),
    Column("payload", JSON, nullable=False),
    Column("state", String(8), nullable=False, comment="ready, leased, buried"),
    Column("run_at", Instant, nullable=False),
    Column("enqueued_at", Instant, nullable=False),
    Column("attempt", Integer, nullable=False, comment="how often it was claimed: the fencing number"),
    Column("expiries", Integer, nullable=False, comment="how often a lease ran out, for who worked on it was killed"),
    Column("worker", String(120)),
    Column("lease_until", Instant),
    Column("reason", Text, comment="why it is tried again, or was given up"),
    Column(
        "held_before",
        Float,
        nullable=False,
        server_default=text("0"),
        comment="seconds for which its gate had been shut in all when it was queued",
    ),
    Index(
        "ix_job_ready",
        "partner",
        "lane",
        "gate",
        "run_at",
        "id",
        sqlite_where=text("state = 'ready'"),
        postgresql_where=text("state = 'ready'"),
    ),
    Index(
        "ix_job_leased",
        "lease_until",
        sqlite_where=text("state = 'leased'"),
        postgresql_where=text("state = 'leased'"),
    ),
    sqlite_autoincrement=True,
)

job_key = Table(
    "job_key",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("enqueued_at", Instant, nullable=False, index=True),
)

partner_lane = Table(
    "partner_lane",
    metadata,
    Column("lane", SmallInteger, primary_key=True, autoincrement=False),
    Column("partner", String(120), primary_key=True),
    Column("gate", String(120), primary_key=True, server_default=text("''"), comment="as of its jobs"),
    Column("weight", Float, nullable=False, comment="its share; 2 is served twice as often as 1"),
    Column("vtime", Float, nullable=False, comment="work done for it divided by its weight"),
    Column("ready_at", Instant, comment="when it may have work at the earliest; empty when it sleeps"),
    Index("ix_partner_lane_vtime", "lane", "vtime"),
)

gate = Table(
    "gate",
    metadata,
    Column("name", String(120), primary_key=True, comment="a channel, or the company's own side"),
    Column("failures", Integer, nullable=False, comment="how often in a row nobody was reached behind it"),
    Column("failed_at", Instant, comment="the last time that nobody was reached"),
    Column("reason", Text, comment="why, the last time"),
    Column("broken_since", Instant, comment="empty while it is whole"),
    Column("openings", Integer, nullable=False, comment="how often in a row it was given time"),
    Column("open_until", Instant, comment="nothing goes through before; one job at a time after that"),
    Column("probe", BigInteger, comment="the job that tries whether somebody is there again"),
    Column("probe_attempt", Integer, comment="and its fencing number"),
    Column("paused", String(4), comment="in, out, both; empty when it is not"),
    Column("paused_by", String(120)),
    Column("paused_why", Text),
    Column("paused_at", Instant),
    Column("draining", Boolean, nullable=False, comment="whether it takes in nothing so that it becomes empty"),
    Column("held", Float, nullable=False, comment="seconds for which nothing could go out through it, up to now"),
    Column("held_since", Instant, comment="since when nothing can go out; empty when it can"),
)

letter = Table(
    "letter",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("box", String(120), nullable=False, comment="the queue it waits in"),
    Column("message_id", String(255), nullable=False),
    Column("type", String(120), nullable=False),
    Column("routing_key", String(255), nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("visible_at", Instant, nullable=False, comment="a reader has it until then"),
    Column("deliveries", Integer, nullable=False, comment="how often it was handed out: the fencing number"),
    Column("failures", Integer, nullable=False),
    Column("reason", Text, comment="why it is in the box of dead letters"),
    Index("ix_letter_box", "box", "id"),
    sqlite_autoincrement=True,
)
