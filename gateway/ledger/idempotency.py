"""Idempotency: who was first to take effect under a key. A unique key decides it, never a look beforehand."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select, update

from gateway.ledger.schema import idempotency
from gateway.ledger.statements import insert_new


class Existing(msgspec.Struct, frozen=True, kw_only=True):
    """The earlier claim of a key."""

    sha256: str
    """Of the content that was claimed for."""
    subject: str
    at: datetime
    same: bool
    """Whether the content is the same as that of the new claim: a repeat, and not a key that was used twice."""


def claim(
    connection: Connection,
    *,
    scope: str,
    key: str,
    sha256: str,
    subject: str,
    at: datetime,
    since: datetime | None = None,
) -> Existing | None:
    """``None`` when ``subject`` is the first under ``key``, which it holds from now on; else who was.

    A claim from before ``since`` counts no more and is taken over. A transaction that is claiming the same key is
    waited for; when it is rolled back, its claim goes with it.
    """
    fresh = {"sha256": sha256, "subject": subject, "at": at}
    if insert_new(connection, idempotency, scope=scope, key=key, **fresh):
        return None
    held = (idempotency.c.scope == scope) & (idempotency.c.key == key)
    if since is not None:
        taken = connection.execute(update(idempotency).where(held & (idempotency.c.at < since)).values(**fresh))
        if taken.rowcount:
            return None
    row = connection.execute(select(idempotency).where(held)).one()
    return Existing(sha256=row.sha256, subject=row.subject, at=row.at, same=row.sha256 == sha256)
