"""AS2: what was received and what was sent, and the deliveries that are not at their end since there are two more."""

import sqlalchemy as sa
from alembic import op

revision = "v0002"
down_revision = "v0001"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_UNDELIVERED = "delivery IN ('queued', 'sending', 'sent', 'retry-wait', 'doubtful', 'parked')"


def _bytewise(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """From a database that knows SFTP and RabbitMQ."""
    op.drop_index("ix_transmission_undelivered", table_name="transmission")
    op.create_index(
        "ix_transmission_undelivered",
        "transmission",
        ["delivery", "at"],
        sqlite_where=sa.text(_UNDELIVERED),
        postgresql_where=sa.text(_UNDELIVERED),
    )
    op.create_table(
        "as2_received",
        sa.Column("id", _bytewise(24), nullable=False),
        sa.Column("sender", _bytewise(128), nullable=False, comment="AS2-From, unquoted"),
        sa.Column("receiver", _bytewise(128), nullable=False, comment="AS2-To, unquoted"),
        sa.Column("message_id", _bytewise(998), nullable=False, comment="without angle brackets and blanks around it"),
        sa.Column("party", sa.String(length=120), nullable=False),
        sa.Column("channel", sa.String(length=120), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False, comment="of the disposition that was answered"),
        sa.Column(
            "cause", sa.String(length=64), nullable=False, comment="why it was not accepted; never told to the partner"
        ),
        sa.Column("headers", sa.JSON(), nullable=False, comment="the HTTP header fields as they came"),
        sa.Column("body_sha256", _bytewise(64), comment="the body as it came; null when not kept"),
        sa.Column("mic_algorithm", sa.String(length=8)),
        sa.Column("mic", _bytewise(128), comment="hexadecimal; what a repetition is known by, whatever its encryption"),
        sa.Column(
            "facts", sa.JSON(), nullable=False, comment="packaging, certificates, algorithms, tolerances: the evidence"
        ),
        sa.Column("transmission", _bytewise(24), comment="the first document; null when none was taken"),
        sa.Column(
            "receipt", sa.String(length=5), nullable=False, comment="none, sync, async: how an MDN was asked for"
        ),
        sa.Column("mdn_headers", sa.JSON(), comment="of the answer that was given, and is given again"),
        sa.Column("mdn_sha256", _bytewise(64)),
        sa.Column("mdn_transmission", _bytewise(24), comment="the MDN, in the answer or on its own way"),
        sa.PrimaryKeyConstraint("id", name="pk_as2_received"),
        sa.ForeignKeyConstraint(["body_sha256"], ["object.sha256"], name="fk_as2_received_body_sha256_object"),
        sa.ForeignKeyConstraint(["mdn_sha256"], ["object.sha256"], name="fk_as2_received_mdn_sha256_object"),
        sa.ForeignKeyConstraint(
            ["mdn_transmission"], ["transmission.id"], name="fk_as2_received_mdn_transmission_transmission"
        ),
        sa.ForeignKeyConstraint(
            ["transmission"], ["transmission.id"], name="fk_as2_received_transmission_transmission"
        ),
    )
    op.create_index("ix_as2_received_at", "as2_received", ["at"])
    op.create_index("ix_as2_received_transmission", "as2_received", ["transmission"])
    op.create_index(
        "ix_as2_received_accepted",
        "as2_received",
        ["message_id", "sender", "receiver"],
        unique=True,
        sqlite_where=sa.text("accepted"),
        postgresql_where=sa.text("accepted"),
    )
    op.create_table(
        "as2_sent",
        sa.Column("transmission", _bytewise(24), nullable=False),
        sa.Column(
            "generation", sa.Integer(), nullable=False, comment="1; one more each time the message gets a new id"
        ),
        sa.Column("sender", _bytewise(128), nullable=False),
        sa.Column("receiver", _bytewise(128), nullable=False),
        sa.Column("message_id", _bytewise(998), nullable=False, comment="without angle brackets"),
        sa.Column("headers", sa.JSON(), nullable=False, comment="of every attempt, with their Date and Message-ID"),
        sa.Column("body_sha256", _bytewise(64), nullable=False, comment="what every attempt sends"),
        sa.Column("receipt", sa.String(length=5), nullable=False, comment="none, sync, async: how we asked for an MDN"),
        sa.Column("signed", sa.Boolean(), nullable=False, comment="whether a signed MDN was asked for"),
        sa.Column("requested", sa.String(length=8), nullable=False, comment="the weakest digest that was asked for"),
        sa.Column("candidates", sa.JSON(), nullable=False, comment="the digests that a MIC may be: as2.mic.Candidate"),
        sa.Column("at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("transmission", "generation", name="pk_as2_sent"),
        sa.ForeignKeyConstraint(["transmission"], ["transmission.id"], name="fk_as2_sent_transmission_transmission"),
        sa.ForeignKeyConstraint(["body_sha256"], ["object.sha256"], name="fk_as2_sent_body_sha256_object"),
    )
    op.create_index("ix_as2_sent_message_id", "as2_sent", ["message_id"])
