"""Certificates that are offered and accepted by message (CEM)."""

import sqlalchemy as sa
from alembic import op

revision = "v0004"
down_revision = "v0003"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def _bytewise(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """From a database that knows AS2."""
    op.create_table(
        "certificate_exchange",
        sa.Column("id", _bytewise(24), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False, comment="in: the partner offers; out: we do"),
        sa.Column("party", sa.String(length=120), nullable=False, comment="the partner"),
        sa.Column("us", sa.String(length=120), nullable=False, comment="the party of ours"),
        sa.Column("channel", sa.String(length=120), nullable=False),
        sa.Column("request_id", _bytewise(1000), nullable=False),
        sa.Column(
            "request_sha256",
            _bytewise(64),
            nullable=False,
            comment="of the request id, which may be too long for an index",
        ),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("respond_by", _INSTANT, comment="when an answer is asked for; null when the request names no time"),
        sa.Column("transmission", _bytewise(24), nullable=False, comment="the request"),
        sa.Column("response", _bytewise(24), comment="the answer; null until there is one"),
        sa.Column("overdue_at", _INSTANT, comment="when it was noticed that the partner had not answered in time"),
        sa.PrimaryKeyConstraint("id", name="pk_certificate_exchange"),
        sa.ForeignKeyConstraint(
            ["transmission"], ["transmission.id"], name="fk_certificate_exchange_transmission_transmission"
        ),
        sa.ForeignKeyConstraint(
            ["response"], ["transmission.id"], name="fk_certificate_exchange_response_transmission"
        ),
        sa.UniqueConstraint(
            "channel", "direction", "request_sha256", name="uq_certificate_exchange_channel_direction_request_sha256"
        ),
    )
    op.create_table(
        "certificate_offer",
        sa.Column("exchange", _bytewise(24), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="1 for the first in its request"),
        sa.Column("sha256", _bytewise(64), nullable=False, comment="fingerprint of the certificate"),
        sa.Column("pem", sa.Text(), nullable=False),
        sa.Column("usages", sa.JSON(), nullable=False, comment="as2.cem.Usage"),
        sa.Column("status", sa.String(length=8), nullable=False, comment="pending, accepted, rejected"),
        sa.Column("decided_at", _INSTANT),
        sa.Column("actor", sa.String(length=120), comment="who decided"),
        sa.Column("reason", _bytewise(1000)),
        sa.PrimaryKeyConstraint("exchange", "position", name="pk_certificate_offer"),
        sa.ForeignKeyConstraint(
            ["exchange"], ["certificate_exchange.id"], name="fk_certificate_offer_exchange_certificate_exchange"
        ),
    )
    op.create_index("ix_certificate_offer_sha256", "certificate_offer", ["sha256"])
