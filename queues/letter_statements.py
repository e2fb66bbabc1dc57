"""Every SQL statement of the embedded exchange, by name: its boxes are rows of ``letter``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Delete, Select, Update, and_, delete, insert, select, update

from queues.exchange import Letter
from queues.schema import letter


def insert_letter(connection: Connection, new: Letter, boxes: Sequence[str], now: datetime) -> None:
    """Put the letter into each of the boxes."""
    row = {
        "message_id": new.message_id,
        "type": new.type,
        "routing_key": new.routing_key,
        "headers": new.headers,
        "body": new.body,
        "published_at": now,
        "visible_at": now,
        "deliveries": 0,
        "failures": 0,
    }
    connection.execute(insert(letter), [row | {"box": box} for box in boxes])


def letters_in(box: str, limit: int, after: int = 0) -> Select[*tuple[object, ...]]:
    """The letters of a box, oldest first, from those whose id is above ``after``."""
    return select(*letter.c).where(letter.c.box == box, letter.c.id > after).order_by(letter.c.id).limit(limit)


def visible_letter(box: str, now: datetime) -> Select[int]:
    """The id of the first letter in a box that nobody has in hand."""
    return select(letter.c.id).where(letter.c.box == box, letter.c.visible_at <= now).order_by(letter.c.id).limit(1)


def take_letter(box: str, now: datetime, visible_at: datetime) -> Update:
    """Hand out the first letter in a box that nobody has in hand, until ``visible_at``; returns the row."""
    first = visible_letter(box, now).with_for_update(skip_locked=True).cte("first")
    return (
        update(letter)
        .where(letter.c.id == first.c.id)
        .values(visible_at=visible_at, deliveries=letter.c.deliveries + 1)
        .returning(*letter.c)
    )


def _in_hand(letter_id: int, delivery: int) -> ColumnElement[bool]:
    return and_(letter.c.id == letter_id, letter.c.deliveries == delivery)


def delete_letter(letter_id: int, delivery: int) -> Delete:
    """The letter was dealt with."""
    return delete(letter).where(_in_hand(letter_id, delivery))


def postpone_letter(letter_id: int, delivery: int, visible_at: datetime, failures: int) -> Update:
    """The letter stays and is handed out again later."""
    return update(letter).where(_in_hand(letter_id, delivery)).values(visible_at=visible_at, failures=failures)


def move_letter(letter_id: int, delivery: int, box: str, reason: str, now: datetime) -> Update:
    """The letter goes to another box, and says why."""
    return update(letter).where(_in_hand(letter_id, delivery)).values(box=box, reason=reason, visible_at=now)
