"""Profile versions: every resolved profile that handled a message, word for word, under its hash."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from gateway.ledger.faults import NotRecorded
from gateway.ledger.schema import profile_version
from gateway.ledger.statements import insert_new


class ProfileVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A resolved agreement as it was when it was first used."""

    sha256: str
    agreement: str
    text: str
    first_used_at: datetime


def record(connection: Connection, sha256: str, agreement: str, text: str, at: datetime) -> bool:
    """Keep a profile's text; whether it was new."""
    return insert_new(connection, profile_version, sha256=sha256, agreement=agreement, text=text, first_used_at=at)


def of_agreement(connection: Connection, agreement: str) -> list[ProfileVersion]:
    """Every version of an agreement that handled a message, the first used one first."""
    statement = select(profile_version).where(profile_version.c.agreement == agreement)
    rows = connection.execute(statement.order_by(profile_version.c.first_used_at, profile_version.c.sha256))
    return [ProfileVersion(**row) for row in rows.mappings()]


def get(connection: Connection, sha256: str) -> ProfileVersion:
    """The version with this hash; raises :class:`NotRecorded`."""
    row = connection.execute(select(profile_version).where(profile_version.c.sha256 == sha256)).mappings().one_or_none()
    if row is None:
        raise NotRecorded("profile version", sha256)
    return ProfileVersion(**row)
