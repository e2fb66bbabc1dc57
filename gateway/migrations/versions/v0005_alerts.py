"""Alerts: what was told by which rule, what is to be sent, what is muted."""

import sqlalchemy as sa
from alembic import op

revision = "v0005"
down_revision = "v0004"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def _bytewise(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """From a database in which nobody was told of cases."""
    op.create_table(
        "alert",
        sa.Column("rule", sa.String(length=24), nullable=False),
        sa.Column("subject", _bytewise(24), nullable=False, comment="the case; of an event what it is about"),
        sa.Column(
            "topic", sa.String(length=40), nullable=False, comment="the cause of the case, or the type of the event"
        ),
        sa.Column("about", _bytewise(64), nullable=False, comment="what the case is about"),
        sa.Column("party", sa.String(length=120), nullable=False, comment="empty: the gateway itself"),
        sa.Column("at", _INSTANT, nullable=False, comment="when it happened, the last time"),
        sa.Column("state", sa.String(length=8), nullable=False, comment="waiting, told, over, quiet"),
        sa.Column("next_at", _INSTANT, comment="when something is to be told of it at the earliest; null for nothing"),
        sa.Column("notice", _bytewise(24), comment="the first that told it"),
        sa.PrimaryKeyConstraint("rule", "subject", "topic", name="pk_alert"),
    )
    op.create_index("ix_alert_subject", "alert", ["subject"])
    op.create_index(
        "ix_alert_next",
        "alert",
        ["rule", "state", "party", "next_at"],
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_table(
        "alert_notice",
        sa.Column("id", _bytewise(24), nullable=False),
        sa.Column("destination", sa.String(length=24), nullable=False),
        sa.Column("recipient", _bytewise(320), nullable=False, comment="of mail one of several; of a webhook empty"),
        sa.Column("rule", sa.String(length=24), nullable=False),
        sa.Column("at", _INSTANT, nullable=False, comment="when it was decided"),
        sa.Column("content", sa.JSON(), nullable=False, comment="gateway.alerts.Notice"),
        sa.Column("sent_at", _INSTANT, comment="null: not yet, or given up"),
        sa.Column("answer", _bytewise(400), comment="what the other side said"),
        sa.PrimaryKeyConstraint("id", "destination", "recipient", name="pk_alert_notice"),
    )
    op.create_index("ix_alert_notice_rule", "alert_notice", ["rule", "at"])
    op.create_table(
        "alert_mute",
        sa.Column("rule", sa.String(length=24), nullable=False),
        sa.Column("until", _INSTANT, nullable=False),
        sa.Column("reason", _bytewise(1000), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("rule", name="pk_alert_mute"),
    )
