"""Gates: what has to be open for a job, and a partner's row in a lane for each of them."""

import sqlalchemy as sa
from alembic import op

revision = "v0006"
down_revision = "v0005"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_READY = sa.text("state = 'ready'")

_DELIVERIES = """
UPDATE job SET gate = (SELECT channel FROM transmission WHERE transmission.id = substr(job.key, 9, 22))
WHERE kind = 'deliver'
  AND EXISTS (SELECT 1 FROM transmission WHERE transmission.id = substr(job.key, 9, 22))
"""
"""The deliveries that wait go through the gate of their channel, as if they had been queued today."""
_THEIR_LANES = """
INSERT INTO partner_lane (lane, partner, gate, weight, vtime, ready_at)
SELECT job.lane, job.partner, job.gate, lanes.weight, lanes.vtime, min(job.run_at)
FROM job JOIN partner_lane AS lanes ON lanes.lane = job.lane AND lanes.partner = job.partner AND lanes.gate = ''
WHERE job.gate <> '' AND job.state <> 'buried'
GROUP BY job.lane, job.partner, job.gate, lanes.weight, lanes.vtime
"""


def _gate(comment: str) -> sa.Column[str]:
    return sa.Column("gate", sa.String(length=120), nullable=False, server_default=sa.text("''"), comment=comment)


def upgrade() -> None:
    """From a queue in which every job could always run."""
    op.create_table(
        "gate",
        sa.Column("name", sa.String(length=120), nullable=False, comment="a channel, or the company's own side"),
        sa.Column("failures", sa.Integer(), nullable=False, comment="how often in a row nobody was reached behind it"),
        sa.Column("failed_at", _INSTANT, comment="the last time that nobody was reached"),
        sa.Column("reason", sa.Text(), comment="why, the last time"),
        sa.Column("broken_since", _INSTANT, comment="empty while it is whole"),
        sa.Column("openings", sa.Integer(), nullable=False, comment="how often in a row it was given time"),
        sa.Column("open_until", _INSTANT, comment="nothing goes through before; one job at a time after that"),
        sa.Column("probe", sa.BigInteger(), comment="the job that tries whether somebody is there again"),
        sa.Column("probe_attempt", sa.Integer(), comment="and its fencing number"),
        sa.Column("paused", sa.String(length=4), comment="in, out, both; empty when it is not"),
        sa.Column("paused_by", sa.String(length=120)),
        sa.Column("paused_why", sa.Text()),
        sa.Column("paused_at", _INSTANT),
        sa.Column(
            "draining", sa.Boolean(), nullable=False, comment="whether it takes in nothing so that it becomes empty"
        ),
        sa.Column(
            "held", sa.Float(), nullable=False, comment="seconds for which nothing could go out through it, up to now"
        ),
        sa.Column("held_since", _INSTANT, comment="since when nothing can go out; empty when it can"),
        sa.PrimaryKeyConstraint("name", name="pk_gate"),
    )
    op.add_column("job", _gate("what it needs open; or empty"))
    op.add_column(
        "job",
        sa.Column(
            "held_before",
            sa.Float(),
            nullable=False,
            server_default=sa.text("0"),
            comment="seconds for which its gate had been shut in all when it was queued",
        ),
    )
    op.drop_index("ix_job_ready", "job")
    with op.batch_alter_table("partner_lane") as lanes:
        lanes.drop_constraint("pk_partner_lane", type_="primary")
        lanes.add_column(_gate("as of its jobs"))
        lanes.create_primary_key("pk_partner_lane", ["lane", "partner", "gate"])
    op.execute(_DELIVERIES)
    op.execute(_THEIR_LANES)
    op.create_index(
        "ix_job_ready", "job", ["partner", "lane", "gate", "run_at", "id"], sqlite_where=_READY, postgresql_where=_READY
    )
