"""The first schema: the ledger and the work queue."""

import sqlalchemy as sa
from alembic import op

revision = "v0001"
down_revision = None
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_GUARDS = {
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


def _bytewise(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """From an empty database."""
    op.create_table(
        "case",
        sa.Column("id", _bytewise(24), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("text", _bytewise(4000), nullable=False, comment="what is wrong and what to do next"),
        sa.Column("party", sa.String(length=120)),
        sa.Column(
            "subject", _bytewise(64), nullable=False, comment="the transmission, interchange, message or channel"
        ),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=120)),
        sa.Column("opened_at", _INSTANT, nullable=False),
        sa.Column("closed_at", _INSTANT),
        sa.Column("reason", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_case"),
        sa.UniqueConstraint("subject", "cause", name="uq_case_subject_cause"),
    )
    op.create_index("ix_case_state", "case", ["state", "opened_at"])
    op.create_table(
        "counter",
        sa.Column(
            "name", sa.String(length=255), nullable=False, comment="our identity, theirs, standard, level, test flag"
        ),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.Column("minimum", sa.BigInteger(), nullable=False),
        sa.Column("maximum", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False, comment="how often the range has started again"),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )
    op.create_table(
        "event",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column(
            "subject",
            _bytewise(24),
            nullable=False,
            comment="the transmission, interchange, message, expectation or case",
        ),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("profile_sha256", _bytewise(64)),
        sa.PrimaryKeyConstraint("seq", name="pk_event"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_event_subject", "event", ["subject", "seq"])
    op.create_table(
        "idempotency",
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("key", _bytewise(600), nullable=False),
        sa.Column("sha256", _bytewise(64), nullable=False),
        sa.Column("subject", _bytewise(24), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name="pk_idempotency"),
    )
    op.create_table(
        "object",
        sa.Column("sha256", _bytewise(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("pack", sa.String(length=120), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_object"),
    )
    op.create_table(
        "profile_version",
        sa.Column("sha256", _bytewise(64), nullable=False, comment="of the resolved profile's canonical text"),
        sa.Column("agreement", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False, comment="kept as long as a message names it"),
        sa.Column("first_used_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_profile_version"),
    )
    op.create_table(
        "transmission",
        sa.Column("id", _bytewise(24), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False, comment="in, out: as the gateway sees it"),
        sa.Column(
            "side", sa.String(length=8), nullable=False, comment="partner, or business: the company's own ERP, TMS, WMS"
        ),
        sa.Column("party", sa.String(length=120), comment="whose channel it was"),
        sa.Column("channel", sa.String(length=120), nullable=False),
        sa.Column("protocol", sa.String(length=16), nullable=False),
        sa.Column("name", _bytewise(255), nullable=False, comment="the file name, or the transport's message id"),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", _bytewise(64), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column(
            "facts", sa.JSON(), nullable=False, comment="remote address, key fingerprint, client: what the wire knew"
        ),
        sa.Column("delivery", sa.String(length=24), comment="state of the transport machine; outgoing only"),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("answers", _bytewise(24), comment="the transmission this one acknowledges"),
        sa.ForeignKeyConstraint(["answers"], ["transmission.id"], name="fk_transmission_answers_transmission"),
        sa.ForeignKeyConstraint(["sha256"], ["object.sha256"], name="fk_transmission_sha256_object"),
        sa.PrimaryKeyConstraint("id", name="pk_transmission"),
    )
    op.create_index("ix_transmission_answers", "transmission", ["answers"])
    op.create_index("ix_transmission_at", "transmission", ["at"])
    op.create_index("ix_transmission_name", "transmission", ["name"])
    op.create_index("ix_transmission_party_at", "transmission", ["party", "at"])
    op.create_index(
        "ix_transmission_undelivered",
        "transmission",
        ["delivery", "at"],
        sqlite_where=sa.text("delivery IN ('queued', 'sending', 'retry-wait', 'parked')"),
        postgresql_where=sa.text("delivery IN ('queued', 'sending', 'retry-wait', 'parked')"),
    )
    op.create_table(
        "attempt",
        sa.Column("id", _bytewise(24), nullable=False),
        sa.Column("transmission", _bytewise(24), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("detail", _bytewise(4000), nullable=False),
        sa.ForeignKeyConstraint(["transmission"], ["transmission.id"], name="fk_attempt_transmission_transmission"),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
        sa.UniqueConstraint("transmission", "number", name="uq_attempt_transmission_number"),
    )
    op.create_table(
        "interchange",
        sa.Column("id", _bytewise(24), nullable=False),
        sa.Column("transmission", _bytewise(24), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="1 for the first in its transmission"),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("syntax", sa.String(length=8), nullable=False),
        sa.Column("sender_qualifier", _bytewise(8), nullable=False),
        sa.Column("sender", _bytewise(64), nullable=False),
        sa.Column("receiver_qualifier", _bytewise(8), nullable=False),
        sa.Column("receiver", _bytewise(64), nullable=False),
        sa.Column("control_number", _bytewise(35), nullable=False),
        sa.Column("version", _bytewise(24), nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("party", sa.String(length=120)),
        sa.Column("agreement", sa.String(length=120)),
        sa.Column("profile_sha256", _bytewise(64)),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("sha256", _bytewise(64), nullable=False, comment="of its own bytes, from its header to its trailer"),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("repeats", _bytewise(24), comment="the earlier interchange that this is a copy of"),
        sa.Column("findings", sa.JSON(), nullable=False, comment="at the level of the interchange and its groups"),
        sa.ForeignKeyConstraint(
            ["profile_sha256"], ["profile_version.sha256"], name="fk_interchange_profile_sha256_profile_version"
        ),
        sa.ForeignKeyConstraint(["repeats"], ["interchange.id"], name="fk_interchange_repeats_interchange"),
        sa.ForeignKeyConstraint(["transmission"], ["transmission.id"], name="fk_interchange_transmission_transmission"),
        sa.PrimaryKeyConstraint("id", name="pk_interchange"),
    )
    op.create_index("ix_interchange_control_number", "interchange", ["control_number", "party"])
    op.create_index("ix_interchange_transmission", "interchange", ["transmission"])
    op.create_table(
        "mailbox_entry",
        sa.Column("id", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("party", sa.String(length=120), nullable=False),
        sa.Column(
            "folder", sa.String(length=8), nullable=False, comment="in: staged uploads; out: what waits for the partner"
        ),
        sa.Column("name", _bytewise(255), nullable=False),
        sa.Column("transmission", _bytewise(24)),
        sa.Column("sha256", _bytewise(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("placed_at", _INSTANT, nullable=False),
        sa.Column("collected_at", _INSTANT),
        sa.Column("removed_at", _INSTANT),
        sa.ForeignKeyConstraint(["sha256"], ["object.sha256"], name="fk_mailbox_entry_sha256_object"),
        sa.ForeignKeyConstraint(
            ["transmission"], ["transmission.id"], name="fk_mailbox_entry_transmission_transmission"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_mailbox_entry"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_mailbox_entry_live",
        "mailbox_entry",
        ["party", "folder", "name"],
        unique=True,
        sqlite_where=sa.text("removed_at IS NULL"),
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "message",
        sa.Column("id", _bytewise(24), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("transmission", _bytewise(24), comment="the one over the partner's wire"),
        sa.Column("interchange", _bytewise(24)),
        sa.Column("source", _bytewise(24), comment="outgoing: the canonical document it was made from"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("party", sa.String(length=120)),
        sa.Column("agreement", sa.String(length=120)),
        sa.Column("flow", sa.String(length=120)),
        sa.Column("standard", sa.String(length=8), nullable=False),
        sa.Column("type", _bytewise(16), nullable=False),
        sa.Column("version", _bytewise(24), nullable=False),
        sa.Column("reference", _bytewise(35), nullable=False),
        sa.Column("group_type", _bytewise(8), nullable=False),
        sa.Column("group_number", _bytewise(35), nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False, comment="of its bytes in the transmission"),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("canonical_type", sa.String(length=40)),
        sa.Column("canonical_sha256", _bytewise(64)),
        sa.Column("profile_sha256", _bytewise(64)),
        sa.Column("guide", sa.String(length=120)),
        sa.Column("map", sa.String(length=120)),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column(
            "content", sa.String(length=32), nullable=False, comment="derived status; a cache of the events' fold"
        ),
        sa.Column(
            "delivery", sa.String(length=32), nullable=False, comment="derived status; a cache of the events' fold"
        ),
        sa.Column(
            "receipt", sa.String(length=32), nullable=False, comment="derived status; a cache of the events' fold"
        ),
        sa.Column("parent", _bytewise(24), comment="reprocess: the message this one was made again from"),
        sa.Column("at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["canonical_sha256"], ["object.sha256"], name="fk_message_canonical_sha256_object"),
        sa.ForeignKeyConstraint(["interchange"], ["interchange.id"], name="fk_message_interchange_interchange"),
        sa.ForeignKeyConstraint(["parent"], ["message.id"], name="fk_message_parent_message"),
        sa.ForeignKeyConstraint(
            ["profile_sha256"], ["profile_version.sha256"], name="fk_message_profile_sha256_profile_version"
        ),
        sa.ForeignKeyConstraint(["source"], ["transmission.id"], name="fk_message_source_transmission"),
        sa.ForeignKeyConstraint(["transmission"], ["transmission.id"], name="fk_message_transmission_transmission"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
    )
    op.create_index("ix_message_at", "message", ["at", "id"])
    op.create_index("ix_message_group_number", "message", ["group_number"])
    op.create_index("ix_message_interchange", "message", ["interchange"])
    op.create_index("ix_message_parent", "message", ["parent"])
    op.create_index("ix_message_party_at", "message", ["party", "at", "id"])
    op.create_index("ix_message_reference", "message", ["reference"])
    op.create_index("ix_message_source", "message", ["source"])
    op.create_index("ix_message_transmission", "message", ["transmission"])
    op.create_table(
        "carriage",
        sa.Column("transmission", _bytewise(24), nullable=False),
        sa.Column("message", _bytewise(24), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_carriage_message_message"),
        sa.ForeignKeyConstraint(["transmission"], ["transmission.id"], name="fk_carriage_transmission_transmission"),
        sa.PrimaryKeyConstraint("transmission", "message", name="pk_carriage"),
    )
    op.create_index("ix_carriage_message", "carriage", ["message"])
    op.create_table(
        "receipt",
        sa.Column("id", _bytewise(24), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("party", sa.String(length=120)),
        sa.Column("transmission", _bytewise(24), nullable=False, comment="the bytes that carried it"),
        sa.Column("interchange", _bytewise(24), comment="the interchange that carried it"),
        sa.Column("answers_interchange", _bytewise(24)),
        sa.Column("answers_message", _bytewise(24)),
        sa.Column("control_number", _bytewise(35), nullable=False, comment="of the interchange it says it answers"),
        sa.Column("group_type", _bytewise(8), nullable=False),
        sa.Column("group_number", _bytewise(35), nullable=False),
        sa.Column("message_reference", _bytewise(35), nullable=False),
        sa.Column("verdict", sa.String(length=24), nullable=False),
        sa.Column("codes", sa.JSON(), nullable=False),
        sa.Column("text", _bytewise(2000), nullable=False, comment="what it says, in one line for a person"),
        sa.Column("at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["answers_interchange"], ["interchange.id"], name="fk_receipt_answers_interchange_interchange"
        ),
        sa.ForeignKeyConstraint(["answers_message"], ["message.id"], name="fk_receipt_answers_message_message"),
        sa.ForeignKeyConstraint(["interchange"], ["interchange.id"], name="fk_receipt_interchange_interchange"),
        sa.ForeignKeyConstraint(["transmission"], ["transmission.id"], name="fk_receipt_transmission_transmission"),
        sa.PrimaryKeyConstraint("id", name="pk_receipt"),
    )
    op.create_index("ix_receipt_answers_interchange", "receipt", ["answers_interchange"])
    op.create_index("ix_receipt_answers_message", "receipt", ["answers_message"])
    op.create_index("ix_receipt_transmission", "receipt", ["transmission"])
    op.create_table(
        "reference",
        sa.Column("message", _bytewise(24), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", _bytewise(120), nullable=False, comment="normalised: upper case, separators out"),
        sa.Column("raw", _bytewise(255), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_reference_message_message"),
        sa.PrimaryKeyConstraint("message", "name", "value", name="pk_reference"),
    )
    op.create_index("ix_reference_value", "reference", ["value", "message"])
    op.create_table(
        "expectation",
        sa.Column("id", _bytewise(24), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("party", sa.String(length=120), nullable=False),
        sa.Column("interchange", _bytewise(24), nullable=False),
        sa.Column("message", _bytewise(24), nullable=False),
        sa.Column("control_number", _bytewise(35), nullable=False),
        sa.Column("group_type", _bytewise(8), nullable=False),
        sa.Column("group_number", _bytewise(35), nullable=False),
        sa.Column("message_reference", _bytewise(35), nullable=False),
        sa.Column("recorded_at", _INSTANT, nullable=False),
        sa.Column(
            "allowed", sa.Integer(), nullable=False, comment="seconds the counterpart has, once it has the message"
        ),
        sa.Column("due_at", _INSTANT, comment="null until the message is delivered: the clock has not started"),
        sa.Column("opens_case", sa.Boolean(), nullable=False, comment="whether a case is opened when it is overdue"),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("settled_at", _INSTANT),
        sa.Column("receipt", _bytewise(24), comment="the receipt that last changed its state"),
        sa.ForeignKeyConstraint(["interchange"], ["interchange.id"], name="fk_expectation_interchange_interchange"),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_expectation_message_message"),
        sa.ForeignKeyConstraint(["receipt"], ["receipt.id"], name="fk_expectation_receipt_receipt"),
        sa.PrimaryKeyConstraint("id", name="pk_expectation"),
        sa.UniqueConstraint("message", "kind", name="uq_expectation_message_kind"),
    )
    op.create_index("ix_expectation_control_number", "expectation", ["control_number", "kind"])
    op.create_index("ix_expectation_group_number", "expectation", ["group_number", "kind"])
    op.create_index("ix_expectation_state_due_at", "expectation", ["state", "due_at"])
    op.create_table(
        "job",
        sa.Column("id", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("partner", sa.String(length=120), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False, comment="ready, leased, buried"),
        sa.Column("run_at", _INSTANT, nullable=False),
        sa.Column("enqueued_at", _INSTANT, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False, comment="how often it was claimed: the fencing number"),
        sa.Column(
            "expiries",
            sa.Integer(),
            nullable=False,
            comment="how often a lease ran out, for who worked on it was killed",
        ),
        sa.Column("worker", sa.String(length=120)),
        sa.Column("lease_until", _INSTANT),
        sa.Column("reason", sa.Text(), comment="why it is tried again, or was given up"),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        sa.UniqueConstraint("key", name="uq_job_key"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_job_leased",
        "job",
        ["lease_until"],
        sqlite_where=sa.text("state = 'leased'"),
        postgresql_where=sa.text("state = 'leased'"),
    )
    op.create_index(
        "ix_job_ready",
        "job",
        ["partner", "lane", "run_at", "id"],
        sqlite_where=sa.text("state = 'ready'"),
        postgresql_where=sa.text("state = 'ready'"),
    )
    op.create_table(
        "job_key",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("enqueued_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_job_key"),
    )
    op.create_index("ix_job_key_enqueued_at", "job_key", ["enqueued_at"])
    op.create_table(
        "letter",
        sa.Column("id", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("box", sa.String(length=120), nullable=False, comment="the queue it waits in"),
        sa.Column("message_id", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=120), nullable=False),
        sa.Column("routing_key", sa.String(length=255), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("published_at", _INSTANT, nullable=False),
        sa.Column("visible_at", _INSTANT, nullable=False, comment="a reader has it until then"),
        sa.Column(
            "deliveries", sa.Integer(), nullable=False, comment="how often it was handed out: the fencing number"
        ),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), comment="why it is in the box of dead letters"),
        sa.PrimaryKeyConstraint("id", name="pk_letter"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_letter_box", "letter", ["box", "id"])
    op.create_table(
        "partner_lane",
        sa.Column("lane", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("partner", sa.String(length=120), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False, comment="its share; 2 is served twice as often as 1"),
        sa.Column("vtime", sa.Float(), nullable=False, comment="work done for it divided by its weight"),
        sa.Column("ready_at", _INSTANT, comment="when it may have work at the earliest; empty when it sleeps"),
        sa.PrimaryKeyConstraint("lane", "partner", name="pk_partner_lane"),
    )
    op.create_index("ix_partner_lane_vtime", "partner_lane", ["lane", "vtime"])
    for statement in _GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)
