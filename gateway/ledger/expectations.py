"""Expectations: the receipts that are due, one for each message and kind, and what became of them.

An expectation is recorded in the transaction that comes before the send, so a receipt that overtakes our own note of
the sending still finds it. Its clock starts when the counterpart has the message: until then there is nothing to
answer, and a delivery that waits for a partner's line to come back is not an acknowledgment that is late.

Receipts may come in any order and any number (:data:`gateway.exchange.EXPECTATION`); each is written into the message's
journal, and the expectation remembers the one that last changed its state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update
from sqlalchemy.sql import ColumnElement

from gateway.exchange import EXPECTATION, EventKind, ExpectationEvent, ExpectationState, ReceiptKind, Verdict, heard
from gateway.exchange.expectation import OPEN
from gateway.ledger import journal
from gateway.ledger.faults import NotRecorded
from gateway.ledger.references import normalise
from gateway.ledger.schema import carriage, expectation, reference
from gateway.ledger.statements import chunks, spellings

_OF_CARRIED = (
    select(expectation)
    .where(
        expectation.c.message.in_(
            select(carriage.c.message).where(carriage.c.transmission == bindparam("transmission"))
        )
    )
    .order_by(expectation.c.id)
    .with_for_update()
)

_STORE = (
    update(expectation)
    .where(expectation.c.id == bindparam("expectation"))
    .values(
        state=bindparam("new_state"),
        due_at=bindparam("new_due_at"),
        settled_at=bindparam("new_settled_at"),
        receipt=bindparam("new_receipt"),
    )
)


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt that is due for a message of ours, and the numbers by which its answer will name the message."""

    id: str
    kind: ReceiptKind
    party: str
    interchange: str
    message: str
    control_number: str
    group_type: str = ""
    group_number: str = ""
    message_reference: str
    recorded_at: datetime
    allowed: timedelta
    """How long the counterpart may take, from when it has the message. Whole seconds are kept."""
    opens_case: bool = True
    """Whether a case is opened when it is overdue."""
    due_at: datetime | None = None
    """``None`` until the message is delivered."""
    state: ExpectationState = EXPECTATION.initial
    settled_at: datetime | None = None
    receipt: str | None = None
    """The receipt that last changed its state."""


def record(connection: Connection, row: Expectation, *, actor: str = "gateway") -> None:
    """Record what is due and the event of it; the message comes first. State and clock are those of a new one."""
    values = msgspec.structs.asdict(row)
    values |= {"state": EXPECTATION.initial, "due_at": None, "settled_at": None, "receipt": None}
    values["allowed"] = int(row.allowed.total_seconds())
    connection.execute(insert(expectation).values(**values))
    journal.append(
        connection,
        at=row.recorded_at,
        subject=row.message,
        kind="receipt-expected",
        actor=actor,
        data={"kind": row.kind, "expectation": row.id, "allowed_seconds": values["allowed"]},
    )


def match(
    connection: Connection,
    *,
    kind: ReceiptKind,
    party: str,
    control_number: str = "",
    group_type: str = "",
    group_number: str = "",
    message_reference: str = "",
) -> Sequence[Expectation]:
    """The expectations that a receipt of ``party`` answers, by message; none when it answers nothing that we know.

    What is not given (``""``) is not compared: a CONTRL names the interchange, a 997 the group's type and number, and
    either may leave out the message, when it means all of them. Numbers wrap around, so of several interchanges with
    the same number the latest is meant. One of the two numbers must be given (``ValueError``).
    """
    if not control_number and not group_number:
        raise ValueError("A receipt is matched by the number of the interchange or of the group that it answers")
    table = expectation.c
    condition = (table.kind == kind) & (table.party == party)
    if control_number:
        condition &= table.control_number.in_(spellings(control_number))
    if group_number:
        condition &= table.group_number.in_(spellings(group_number))
    if group_type:
        condition &= table.group_type == group_type
    latest = select(table.interchange).where(condition).order_by(table.recorded_at.desc(), table.id.desc()).limit(1)
    interchange = connection.execute(latest).scalar()
    if interchange is None:
        return []
    condition &= table.interchange == interchange
    if message_reference:
        condition &= table.message_reference.in_(spellings(message_reference))
    return _where(connection, condition)


def match_named(
    connection: Connection, *, kind: ReceiptKind, party: str, values: Sequence[str]
) -> Sequence[Expectation]:
    """The expectations that a receipt answers which names a message by references: an APERAK, an 824 without numbers.

    What the values are, differs from guide to guide: the number of a document of ours, as it is searched for
    (:mod:`gateway.ledger.references`), or the control number of its interchange. A document that goes by one of them
    is meant, the newest if there are several, and where a value is also the number of an interchange, the newest one
    in that. Without such a document it is the interchange that the first of the values names.
    """
    table = expectation.c
    owed = (table.kind == kind) & (table.party == party)
    names = [normalise(value) for value in values]
    documents = _where(
        connection,
        owed & table.message.in_(select(reference.c.message).where(reference.c.value.in_(names))),
        order=table.recorded_at,
    )
    numbers = {spelling for value in values for spelling in spellings(value)}
    if documents:
        sent_under = [row for row in documents if row.control_number in numbers]
        return [(sent_under or documents)[-1]]
    for value in values:
        if found := match(connection, kind=kind, party=party, control_number=value):
            return found
    return []


def settle(
    connection: Connection, expectation_id: str, verdict: Verdict, receipt_id: str, at: datetime, *, actor: str
) -> ExpectationState:
    """The state after a receipt with this verdict; ``actor`` is the party whose receipt it is."""
    return settle_all(connection, [expectation_id], verdict, receipt_id, at, actor=actor)[expectation_id]


def settle_all(
    connection: Connection,
    expectation_ids: Sequence[str],
    verdict: Verdict,
    receipt_id: str,
    at: datetime,
    *,
    actor: str,
) -> dict[str, ExpectationState]:
    """The states, by id, after one receipt answered all of these, as that of a whole group does."""
    rows = _locked(connection, expectation_ids)
    states = {row.id: EXPECTATION.step(row.state, heard(row.kind, verdict)) for row in rows}
    _store(
        connection,
        [
            msgspec.structs.replace(row, state=states[row.id], settled_at=at, receipt=receipt_id)
            for row in rows
            if states[row.id] != row.state
        ],
    )
    # Where it changed what was expected the line says so: a second answer to the same effect is no news to anybody.
    told: dict[tuple[ReceiptKind, ExpectationState | None], dict[str, None]] = {}
    for row in rows:
        changed = states[row.id] if states[row.id] != row.state else None
        told.setdefault((row.kind, changed), {})[row.message] = None
    for (kind, state), messages in told.items():
        data = {"kind": kind, "verdict": verdict, "receipt": receipt_id, **({"state": state} if state else {})}
        journal.append_all(connection, [*messages], at=at, kind="receipt-arrived", actor=actor, data=data)
    return states


def overdue(connection: Connection, at: datetime, limit: int = 100) -> Sequence[Expectation]:
    """Expectations whose time is over at ``at`` and that do not say so yet, the longest overdue first."""
    condition = expectation.c.state.in_(OPEN) & (expectation.c.due_at <= at)
    return _where(connection, condition, limit, order=expectation.c.due_at)


def mark_overdue(connection: Connection, expectation_id: str, at: datetime, *, actor: str = "gateway") -> bool:
    """Whether the expectation is overdue from now on: not when a receipt or another sweeper was faster."""
    (row,) = _locked(connection, [expectation_id])
    if row.state not in OPEN or row.due_at is None or row.due_at > at:
        return False
    _apply(connection, [row], "run-out", "receipt-overdue", at, actor, {"due": row.due_at})
    return True


def list(
    connection: Connection,
    *,
    states: Sequence[ExpectationState] = ("waiting", "partially-met", "overdue"),
    party: str | None = None,
    limit: int = 100,
) -> Sequence[Expectation]:
    """Expectations in these states, those due first at the top, those whose clock has not started at the end."""
    condition: ColumnElement[bool] = expectation.c.state.in_(states)
    if party is not None:
        condition &= expectation.c.party == party
    return _where(connection, condition, limit, order=expectation.c.due_at)


def of_message(connection: Connection, message_id: str, *, locking: bool = False) -> Sequence[Expectation]:
    """What is due for a message; with ``locking`` nobody else changes it until the transaction ends."""
    return _where(connection, expectation.c.message == message_id, locking=locking)


def of_carried(connection: Connection, transmission_id: str) -> Sequence[Expectation]:
    """What is expected for the messages that a transmission carries, locked in the order in which settling locks it."""
    rows = connection.execute(_OF_CARRIED, {"transmission": transmission_id})
    return [_row(row) for row in rows.mappings()]


def start_clock(connection: Connection, rows: Sequence[Expectation], *, at: datetime) -> None:
    """The counterpart has these messages from ``at`` on, and its time to answer begins; once only."""
    beginning = [row for row in rows if row.due_at is None and row.state in OPEN]
    _store(connection, [msgspec.structs.replace(row, due_at=at + row.allowed) for row in beginning])


def withdraw(connection: Connection, rows: Sequence[Expectation], *, at: datetime, actor: str) -> None:
    """Nothing is awaited for the messages any more, where it was not answered already."""
    _apply(connection, rows, "withdraw", "receipt-withdrawn", at, actor)


def renew(connection: Connection, rows: Sequence[Expectation], *, at: datetime, actor: str) -> None:
    """The messages are sent again: what was not answered with yes is awaited anew, from their next delivery on."""
    _apply(connection, rows, "renew", "receipt-renewed", at, actor)


def _apply(
    connection: Connection,
    rows: Sequence[Expectation],
    event: ExpectationEvent,
    recorded_as: EventKind,
    at: datetime,
    actor: str,
    told: Mapping[str, object] = journal.NOTHING,
) -> None:
    """Move those rows in which the event can happen and means something, and record it."""
    moving = [row for row in rows if EXPECTATION.after(row.state, event) != row.state or _restarts(row, event)]
    moved = [msgspec.structs.replace(row, state=EXPECTATION.step(row.state, event), settled_at=at) for row in moving]
    if event == "renew":
        moved = [msgspec.structs.replace(row, settled_at=None, receipt=None, due_at=None) for row in moved]
    _store(connection, moved)
    for receipt_kind, some in _by_kind(moving).items():
        messages = [row.message for row in some]
        data = {"kind": receipt_kind, **told}
        journal.append_all(connection, messages, at=at, kind=recorded_as, actor=actor, data=data)


def _restarts(row: Expectation, event: ExpectationEvent) -> bool:
    """Whether a renewal only sets the clock back: still waiting, with time running since an earlier delivery."""
    return event == "renew" and row.state == "waiting" and row.due_at is not None


def _by_kind(rows: Sequence[Expectation]) -> dict[ReceiptKind, Sequence[Expectation]]:
    kinds = dict.fromkeys(row.kind for row in rows)
    return {kind: [row for row in rows if row.kind == kind] for kind in kinds}


def _store(connection: Connection, rows: Sequence[Expectation]) -> None:
    """Write what can change of these rows."""
    if rows:
        connection.execute(
            _STORE,
            [
                {
                    "expectation": row.id,
                    "new_state": row.state,
                    "new_due_at": row.due_at,
                    "new_settled_at": row.settled_at,
                    "new_receipt": row.receipt,
                }
                for row in rows
            ],
        )


def _locked(connection: Connection, expectation_ids: Sequence[str]) -> Sequence[Expectation]:
    """The rows in the order of their ids, locked; raises :class:`NotRecorded` when one does not exist."""
    wanted = sorted(set(expectation_ids))
    rows = [
        row
        for some in chunks(wanted)
        for row in _where(connection, expectation.c.id.in_(some), order=expectation.c.id, locking=True)
    ]
    for missing in set(wanted) - {row.id for row in rows}:
        raise NotRecorded("expectation", missing)
    return rows


def _where(
    connection: Connection,
    condition: ColumnElement[bool],
    limit: int | None = None,
    *,
    order: ColumnElement[object] | None = None,
    locking: bool = False,
) -> Sequence[Expectation]:
    by = expectation.c.message if order is None else order
    statement = select(expectation).where(condition).order_by(by.asc().nulls_last(), expectation.c.id).limit(limit)
    if locking:
        statement = statement.with_for_update()
    return [_row(row) for row in connection.execute(statement).mappings()]


def _row(row: RowMapping) -> Expectation:
    return Expectation(**{**row, "allowed": timedelta(seconds=row["allowed"])})
