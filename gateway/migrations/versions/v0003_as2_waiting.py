"""AS2: MDNs that answer nothing yet wait to be matched."""

import sqlalchemy as sa
from alembic import op

revision = "v0003"
down_revision = "v0002"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def _bytewise(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """From a database in which such an MDN became a case at once, and was looked at no more."""
    op.create_table(
        "as2_waiting",
        sa.Column("transmission", _bytewise(24), nullable=False),
        sa.Column(
            "message_id", _bytewise(998), nullable=False, comment="that it names, without angle brackets; may be empty"
        ),
        sa.Column("party", sa.String(length=120), nullable=False),
        sa.Column("channel", sa.String(length=120), nullable=False),
        sa.Column("proven", sa.Boolean(), nullable=False, comment="whether the partner signed it"),
        sa.Column("said", _bytewise(500), nullable=False, comment="what it says, in one line for a person"),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("told_at", _INSTANT, comment="since when there is a case"),
        sa.Column("ended_at", _INSTANT),
        sa.Column("ended", sa.String(length=8), comment="matched, expired"),
        sa.PrimaryKeyConstraint("transmission", name="pk_as2_waiting"),
        sa.ForeignKeyConstraint(["transmission"], ["transmission.id"], name="fk_as2_waiting_transmission_transmission"),
    )
    op.create_index(
        "ix_as2_waiting_at",
        "as2_waiting",
        ["at"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
