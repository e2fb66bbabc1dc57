"""Control numbers: unique and without gaps, because they are taken in the transaction that writes the document.

A transaction that is rolled back returns its number; nobody else can have taken the next one meanwhile, since the row
is locked until then. One row per our identity, theirs, standard, level and test flag, as receivers count them.
"""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from gateway.ledger.schema import counter
from gateway.ledger.statements import insert_new


def take(connection: Connection, name: str, *, minimum: int = 1, maximum: int = 999_999_999) -> int:
    """The next number of the range ``name``, starting at ``minimum`` and starting again there after ``maximum``."""
    insert_new(connection, counter, name=name, next=minimum, minimum=minimum, maximum=maximum, epoch=0)
    row = connection.execute(select(counter).where(counter.c.name == name).with_for_update()).one()
    number, epoch = row.next, row.epoch
    if not minimum <= number <= maximum:
        # The range came to its end, or its bounds were changed in the profile since.
        number, epoch = minimum, epoch + 1
    connection.execute(
        update(counter)
        .where(counter.c.name == name)
        .values(next=number + 1, minimum=minimum, maximum=maximum, epoch=epoch)
    )
    return int(number)
