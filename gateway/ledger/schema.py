"""The tables of the ledger: what was exchanged, what is owed, what happened.

The nouns are the design's: a *transmission* is bytes once over a wire; it holds *interchanges*, which hold *messages*.
A *receipt* answers an interchange or a message of ours; an *expectation* is a receipt that is due. An *attempt* is one
try to deliver. A *case* is work for a person. *event* is the append-only journal from which the three statuses of a
message are folded; its rows are guarded against change by triggers, and the status columns on ``message`` are a cache
of the fold that can be rebuilt from it. A *carriage* says that an outgoing transmission carries a message, to the
partner or to the company's own systems; one message may have several.

Bytes never stand here: a SHA-256 names them and ``object`` says where the archive keeps them. The row is written after
the bytes are durable, so it never points at nothing.

The same tables serve SQLite and PostgreSQL. The work queue's tables live in the same database (package ``queues``), so
that a stage's effects and its follow-up work are one transaction.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.event import listens_for
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
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
            raise ValueError("A moment without a zone cannot be recorded")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment in UTC, aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _bytewise(length: int) -> String:
    """Text that sorts and compares by its bytes on both engines, so that ids sort by time and prefixes are ranges."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class Wire(TypeDecorator[str]):
    """Text that a counterpart chose, or that quotes one. It is a copy for looking up and showing; the archive has the
    original.

    A name, number or reference can be as long as its sender likes, and hold characters that PostgreSQL refuses (NUL) or
    that cannot be written as UTF-8. None of that may keep a message out of the ledger, so the copy is cut at ``length``
    characters and such characters are replaced. The same is done to what is looked for.
    """

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        self.length = length
        super().__init__(length)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Bytewise text of this length."""
        return dialect.type_descriptor(_bytewise(self.length))

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        """The text as it can be kept."""
        if value is None:
            return None
        return value[: self.length].replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


ID = _bytewise(24)
SHA256 = _bytewise(64)
Sequence = BigInteger().with_variant(Integer, "sqlite")

profile_version = Table(
    "profile_version",
    metadata,
    Column("sha256", SHA256, primary_key=True, comment="of the resolved profile's canonical text"),
    Column("agreement", String(120), nullable=False),
    Column("text", Text, nullable=False, comment="kept as long as a message names it"),
    Column("first_used_at", Instant, nullable=False),
)

object_ = Table(
    "object",
    metadata,
    Column("sha256", SHA256, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("pack", String(120), nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("stored_at", Instant, nullable=False),
)

UNDELIVERED = "delivery IN ('queued', 'sending', 'sent', 'retry-wait', 'doubtful', 'parked')"

transmission = Table(
    "transmission",
    metadata,
    Column("id", ID, primary_key=True),
    Column("direction", String(3), nullable=False, comment="in, out: as the gateway sees it"),
    Column("side", String(8), nullable=False, comment="partner, or business: the company's own ERP, TMS, WMS"),
    Column("party", String(120), comment="whose channel it was"),
    Column("channel", String(120), nullable=False),
    Column("protocol", String(16), nullable=False),
    Column("name", Wire(255), nullable=False, comment="the file name, or the transport's message id"),
    Column("size", BigInteger, nullable=False),
    Column("sha256", SHA256, ForeignKey("object.sha256"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("facts", JSON, nullable=False, comment="remote address, key fingerprint, client: what the wire knew"),
    Column("delivery", String(24), comment="state of the transport machine; outgoing only"),
    Column("lane", Integer, nullable=False),
    Column("answers", ID, ForeignKey("transmission.id"), comment="the transmission this one acknowledges"),
    Index("ix_transmission_at", "at"),
    Index("ix_transmission_party_at", "party", "at"),
    Index("ix_transmission_name", "name"),
    Index("ix_transmission_answers", "answers"),
    # Few rows at any time, whatever the size of the table: what is not at its end yet.
    Index(
        "ix_transmission_undelivered",
        "delivery",
        "at",
        sqlite_where=text(UNDELIVERED),
        postgresql_where=text(UNDELIVERED),
    ),
)

interchange = Table(
    "interchange",
    metadata,
    Column("id", ID, primary_key=True),
    Column("transmission", ID, ForeignKey("transmission.id"), nullable=False),
    Column("position", Integer, nullable=False, comment="1 for the first in its transmission"),
    Column("direction", String(3), nullable=False),
    Column("syntax", String(8), nullable=False),
    Column("sender_qualifier", Wire(8), nullable=False),
    Column("sender", Wire(64), nullable=False),
    Column("receiver_qualifier", Wire(8), nullable=False),
    Column("receiver", Wire(64), nullable=False),
    Column("control_number", Wire(35), nullable=False),
    Column("version", Wire(24), nullable=False),
    Column("test", Boolean, nullable=False),
    Column("party", String(120)),
    Column("agreement", String(120)),
    Column("profile_sha256", SHA256, ForeignKey("profile_version.sha256")),
    Column("offset", BigInteger, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("sha256", SHA256, nullable=False, comment="of its own bytes, from its header to its trailer"),
    Column("accepted", Boolean, nullable=False),
    Column("repeats", ID, ForeignKey("interchange.id"), comment="the earlier interchange that this is a copy of"),
    Column("findings", JSON, nullable=False, comment="at the level of the interchange and its groups"),
    Index("ix_interchange_transmission", "transmission"),
    Index("ix_interchange_control_number", "control_number", "party"),
)

message = Table(
    "message",
    metadata,
    Column("id", ID, primary_key=True),
    Column("direction", String(3), nullable=False),
    Column("transmission", ID, ForeignKey("transmission.id"), comment="the one over the partner's wire"),
    Column("interchange", ID, ForeignKey("interchange.id")),
    Column("source", ID, ForeignKey("transmission.id"), comment="outgoing: the canonical document it was made from"),
    Column("position", Integer, nullable=False),
    Column("party", String(120)),
    Column("agreement", String(120)),
    Column("flow", String(120)),
    Column("standard", String(8), nullable=False),
    Column("type", Wire(16), nullable=False),
    Column("version", Wire(24), nullable=False),
    Column("reference", Wire(35), nullable=False),
    Column("group_type", Wire(8), nullable=False),
    Column("group_number", Wire(35), nullable=False),
    Column("test", Boolean, nullable=False),
    Column("offset", BigInteger, nullable=False, comment="of its bytes in the transmission"),
    Column("length", BigInteger, nullable=False),
    Column("canonical_type", String(40)),
    Column("canonical_sha256", SHA256, ForeignKey("object.sha256")),
    Column("profile_sha256", SHA256, ForeignKey("profile_version.sha256")),
    Column("guide", String(120)),
    Column("map", String(120)),
    Column("lane", Integer, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("content", String(32), nullable=False, comment="derived status; a cache of the events' fold"),
    Column("delivery", String(32), nullable=False, comment="derived status; a cache of the events' fold"),
    Column("receipt", String(32), nullable=False, comment="derived status; a cache of the events' fold"),
    Column("parent", ID, ForeignKey("message.id"), comment="reprocess: the message this one was made again from"),
    Column("at", Instant, nullable=False),
    Index("ix_message_at", "at", "id"),
    Index("ix_message_party_at", "party", "at", "id"),
    Index("ix_message_reference", "reference"),
    Index("ix_message_group_number", "group_number"),
    Index("ix_message_transmission", "transmission"),
    Index("ix_message_source", "source"),
    Index("ix_message_interchange", "interchange"),
    Index("ix_message_parent", "parent"),
)

carriage = Table(
    "carriage",
    metadata,
    Column("transmission", ID, ForeignKey("transmission.id"), primary_key=True),
    Column("message", ID, ForeignKey("message.id"), primary_key=True),
    Index("ix_carriage_message", "message"),
)

reference = Table(
    "reference",
    metadata,
    Column("message", ID, ForeignKey("message.id"), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("value", Wire(120), primary_key=True, comment="normalised: upper case, separators out"),
    Column("raw", Wire(255), nullable=False),
    # Ids sort by time, so the newest messages with a value are neighbours in the index.
    Index("ix_reference_value", "value", "message"),
)

receipt = Table(
    "receipt",
    metadata,
    Column("id", ID, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("direction", String(3), nullable=False),
    Column("party", String(120)),
    Column("transmission", ID, ForeignKey("transmission.id"), nullable=False, comment="the bytes that carried it"),
    Column("interchange", ID, ForeignKey("interchange.id"), comment="the interchange that carried it"),
    Column("answers_interchange", ID, ForeignKey("interchange.id")),
    Column("answers_message", ID, ForeignKey("message.id")),
    Column("control_number", Wire(35), nullable=False, comment="of the interchange it says it answers"),
    Column("group_type", Wire(8), nullable=False),
    Column("group_number", Wire(35), nullable=False),
    Column("message_reference", Wire(35), nullable=False),
    Column("verdict", String(24), nullable=False),
    Column("codes", JSON, nullable=False),
    Column("text", Wire(2000), nullable=False, comment="what it says, in one line for a person"),
    Column("at", Instant, nullable=False),
    Index("ix_receipt_answers_interchange", "answers_interchange"),
    Index("ix_receipt_answers_message", "answers_message"),
    Index("ix_receipt_transmission", "transmission"),
)

expectation = Table(
    "expectation",
    metadata,
    Column("id", ID, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("party", String(120), nullable=False),
    Column("interchange", ID, ForeignKey("interchange.id"), nullable=False),
    Column("message", ID, ForeignKey("message.id"), nullable=False),
    Column("control_number", Wire(35), nullable=False),
    Column("group_type", Wire(8), nullable=False),
    Column("group_number", Wire(35), nullable=False),
    Column("message_reference", Wire(35), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("allowed", Integer, nullable=False, comment="seconds the counterpart has, once it has the message"),
    Column("due_at", Instant, comment="null until the message is delivered: the clock has not started"),
    Column("opens_case", Boolean, nullable=False, comment="whether a case is opened when it is overdue"),
    Column("state", String(24), nullable=False),
    Column("settled_at", Instant),
    Column("receipt", ID, ForeignKey("receipt.id"), comment="the receipt that last changed its state"),
    UniqueConstraint("message", "kind"),
    Index("ix_expectation_state_due_at", "state", "due_at"),
    Index("ix_expectation_control_number", "control_number", "kind"),
    Index("ix_expectation_group_number", "group_number", "kind"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", ID, primary_key=True),
    Column("transmission", ID, ForeignKey("transmission.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("outcome", String(24), nullable=False),
    Column("detail", Wire(4000), nullable=False),
    UniqueConstraint("transmission", "number"),
)

case = Table(
    "case",
    metadata,
    Column("id", ID, primary_key=True),
    Column("cause", String(40), nullable=False),
    Column("text", Wire(4000), nullable=False, comment="what is wrong and what to do next"),
    Column("party", String(120)),
    Column("subject", _bytewise(64), nullable=False, comment="the transmission, interchange, message or channel"),
    Column("state", String(16), nullable=False),
    Column("owner", String(120)),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("reason", Text),
    UniqueConstraint("subject", "cause"),
    Index("ix_case_state", "state", "opened_at"),
)

event = Table(
    "event",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("subject", ID, nullable=False, comment="the transmission, interchange, message, expectation or case"),
    Column("kind", String(40), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("data", JSON, nullable=False),
    Column("profile_sha256", SHA256),
    Index("ix_event_subject", "subject", "seq"),
    sqlite_autoincrement=True,
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("scope", String(40), primary_key=True),
    Column("key", Wire(600), primary_key=True),
    Column("sha256", SHA256, nullable=False),
    Column("subject", ID, nullable=False),
    Column("at", Instant, nullable=False),
)

counter = Table(
    "counter",
    metadata,
    Column("name", String(255), primary_key=True, comment="our identity, theirs, standard, level, test flag"),
    Column("next", BigInteger, nullable=False),
    Column("minimum", BigInteger, nullable=False),
    Column("maximum", BigInteger, nullable=False),
    Column("epoch", Integer, nullable=False, comment="how often the range has started again"),
)

mailbox_entry = Table(
    "mailbox_entry",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("party", String(120), nullable=False),
    Column("folder", String(8), nullable=False, comment="in: staged uploads; out: what waits for the partner"),
    Column("name", Wire(255), nullable=False),
    Column("transmission", ID, ForeignKey("transmission.id")),
    Column("sha256", SHA256, ForeignKey("object.sha256"), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("placed_at", Instant, nullable=False),
    Column("collected_at", Instant),
    Column("removed_at", Instant),
    Index(
        "ix_mailbox_entry_live",
        "party",
        "folder",
        "name",
        unique=True,
        sqlite_where=text("removed_at IS NULL"),
        postgresql_where=text("removed_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)

as2_received = Table(
    "as2_received",
    metadata,
    Column("id", ID, primary_key=True),
    Column("sender", Wire(128), nullable=False, comment="AS2-From, unquoted"),
    Column("receiver", Wire(128), nullable=False, comment="AS2-To, unquoted"),
    Column("message_id", Wire(998), nullable=False, comment="without angle brackets and blanks around it"),
    Column("party", String(120), nullable=False),
    Column("channel", String(120), nullable=False),
    Column("at", Instant, nullable=False),
    Column("accepted", Boolean, nullable=False),
    Column("code", String(40), nullable=False, comment="of the disposition that was answered"),
    Column("cause", String(64), nullable=False, comment="why it was not accepted; never told to the partner"),
    Column("headers", JSON, nullable=False, comment="the HTTP header fields as they came"),
    Column("body_sha256", SHA256, ForeignKey("object.sha256"), comment="the body as it came; null when not kept"),
    Column("mic_algorithm", String(8)),
    Column("mic", _bytewise(128), comment="hexadecimal; what a repetition is known by, whatever its encryption"),
    Column("facts", JSON, nullable=False, comment="packaging, certificates, algorithms, tolerances: the evidence"),
    Column("transmission", ID, ForeignKey("transmission.id"), comment="the first document; null when none was taken"),
    Column("receipt", String(5), nullable=False, comment="none, sync, async: how an MDN was asked for"),
    Column("mdn_headers", JSON, comment="of the answer that was given, and is given again"),
    Column("mdn_sha256", SHA256, ForeignKey("object.sha256")),
    Column("mdn_transmission", ID, ForeignKey("transmission.id"), comment="the MDN, in the answer or on its own way"),
    # Only what was accepted makes a later one a repetition: a first attempt that failed is no predecessor.
    Index(
        "ix_as2_received_accepted",
        "message_id",
        "sender",
        "receiver",
        unique=True,
        sqlite_where=text("accepted"),
        postgresql_where=text("accepted"),
    ),
    Index("ix_as2_received_at", "at"),
    Index("ix_as2_received_transmission", "transmission"),
)

as2_sent = Table(
    "as2_sent",
    metadata,
    Column("transmission", ID, ForeignKey("transmission.id"), primary_key=True),
    Column("generation", Integer, primary_key=True, comment="1; one more each time the message gets a new id"),
    Column("sender", Wire(128), nullable=False),
    Column("receiver", Wire(128), nullable=False),
    Column("message_id", Wire(998), nullable=False, comment="without angle brackets"),
    Column("headers", JSON, nullable=False, comment="of every attempt, with their Date and Message-ID"),
    Column("body_sha256", SHA256, ForeignKey("object.sha256"), nullable=False, comment="what every attempt sends"),
    Column("receipt", String(5), nullable=False, comment="none, sync, async: how we asked for an MDN"),
    Column("signed", Boolean, nullable=False, comment="whether a signed MDN was asked for"),
    Column("requested", String(8), nullable=False, comment="the weakest digest that was asked for"),
    Column("candidates", JSON, nullable=False, comment="the digests that a MIC may be: as2.mic.Candidate"),
    Column("at", Instant, nullable=False),
    Index("ix_as2_sent_message_id", "message_id"),
)

as2_waiting = Table(
    "as2_waiting",
    metadata,
    Column("transmission", ID, ForeignKey("transmission.id"), primary_key=True),
    Column("message_id", Wire(998), nullable=False, comment="that it names, without angle brackets; may be empty"),
    Column("party", String(120), nullable=False),
    Column("channel", String(120), nullable=False),
    Column("proven", Boolean, nullable=False, comment="whether the partner signed it"),
    Column("said", Wire(500), nullable=False, comment="what it says, in one line for a person"),
    Column("at", Instant, nullable=False),
    Column("told_at", Instant, comment="since when there is a case"),
    Column("ended_at", Instant),
    Column("ended", String(8), comment="matched, expired"),
    # Few rows at any time: what waits still.
    Index(
        "ix_as2_waiting_at",
        "at",
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)

certificate_exchange = Table(
    "certificate_exchange",
    metadata,
    Column("id", ID, primary_key=True),
    Column("direction", String(3), nullable=False, comment="in: the partner offers; out: we do"),
    Column("party", String(120), nullable=False, comment="the partner"),
    Column("us", String(120), nullable=False, comment="the party of ours"),
    Column("channel", String(120), nullable=False),
    Column("request_id", Wire(1000), nullable=False),
    Column("request_sha256", SHA256, nullable=False, comment="of the request id, which may be too long for an index"),
    Column("at", Instant, nullable=False),
    Column("respond_by", Instant, comment="when an answer is asked for; null when the request names no time"),
    Column("transmission", ID, ForeignKey("transmission.id"), nullable=False, comment="the request"),
    Column("response", ID, ForeignKey("transmission.id"), comment="the answer; null until there is one"),
    Column("overdue_at", Instant, comment="when it was noticed that the partner had not answered in time"),
    UniqueConstraint("channel", "direction", "request_sha256"),
)

certificate_offer = Table(
    "certificate_offer",
    metadata,
    Column("exchange", ID, ForeignKey("certificate_exchange.id"), primary_key=True),
    Column("position", Integer, primary_key=True, comment="1 for the first in its request"),
    Column("sha256", SHA256, nullable=False, comment="fingerprint of the certificate"),
    Column("pem", Text, nullable=False),
    Column("usages", JSON, nullable=False, comment="as2.cem.Usage"),
    Column("status", String(8), nullable=False, comment="pending, accepted, rejected"),
    Column("decided_at", Instant),
    Column("actor", String(120), comment="who decided"),
    Column("reason", Wire(1000)),
    Index("ix_certificate_offer_sha256", "sha256"),
)

alert = Table(
    "alert",
    metadata,
    Column("rule", String(24), primary_key=True),
    Column("subject", ID, primary_key=True, comment="the case; of an event what it is about"),
    Column("topic", String(40), primary_key=True, comment="the cause of the case, or the type of the event"),
    Column("about", _bytewise(64), nullable=False, comment="what the case is about"),
    Column("party", String(120), nullable=False, comment="empty: the gateway itself"),
    Column("at", Instant, nullable=False, comment="when it happened, the last time"),
    Column("state", String(8), nullable=False, comment="waiting, told, over, quiet"),
    Column("next_at", Instant, comment="when something is to be told of it at the earliest; null for nothing"),
    Column("notice", ID, comment="the first that told it"),
    Index("ix_alert_subject", "subject"),
    Index(
        "ix_alert_next",
        "rule",
        "state",
        "party",
        "next_at",
        sqlite_where=text("next_at IS NOT NULL"),
        postgresql_where=text("next_at IS NOT NULL"),
    ),
)

alert_notice = Table(
    "alert_notice",
    metadata,
    Column("id", ID, primary_key=True),
    Column("destination", String(24), primary_key=True),
    Column("recipient", _bytewise(320), primary_key=True, comment="of mail one of several; of a webhook empty"),
    Column("rule", String(24), nullable=False),
    Column("at", Instant, nullable=False, comment="when it was decided"),
    Column("content", JSON, nullable=False, comment="gateway.alerts.Notice"),
    Column("sent_at", Instant, comment="null: not yet, or given up"),
    Column("answer", Wire(400), comment="what the other side said"),
    Index("ix_alert_notice_rule", "rule", "at"),
)

alert_mute = Table(
    "alert_mute",
    metadata,
    Column("rule", String(24), primary_key=True),
    Column("until", Instant, nullable=False),
    Column("reason", Wire(1000), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("at", Instant, nullable=False),
)

GUARDS: dict[str, tuple[str, ...]] = {
    "sqlite": (
        "CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON event "
        "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
        "CREATE TRIGGER event_is_not_deleted BEFORE DELETE ON event "
        "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
        # INSERT OR REPLACE deletes the old row without telling the trigger above.
        "CREATE TRIGGER event_is_not_replaced BEFORE INSERT ON event "
        "WHEN EXISTS (SELECT 1 FROM event WHERE seq = NEW.seq) "
        "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$",
        "CREATE TRIGGER event_is_not_changed BEFORE UPDATE OR DELETE ON event "
        "FOR EACH ROW EXECUTE FUNCTION journal_is_append_only()",
        "CREATE TRIGGER event_is_not_truncated BEFORE TRUNCATE ON event "
        "FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only()",
    ),
}
"""What keeps the journal from being changed, by dialect. The first migration holds a copy; a test compares the two."""


@listens_for(event, "after_create")
def _guard_the_journal(_table: Table, connection: Connection, **_options: object) -> None:
    for statement in GUARDS[connection.dialect.name]:
        connection.exec_driver_sql(statement)
