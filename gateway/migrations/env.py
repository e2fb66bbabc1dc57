"""Runs revisions on the connection that :mod:`gateway.ledger.migrating` hands over, inside its transaction.

The next revision is written by hand: ``versions/v0007_….py`` with ``down_revision = "v0006"`` and an ``upgrade`` for
both engines. There is no way down: an older program on newer evidence is what backups are for.
"""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
