"""The ledger: what was exchanged, what is owed, what happened. All of its SQL is here, behind functions with names.

Every function takes an SQLAlchemy ``Connection``; the caller owns the transaction (``gateway.database``), so that the
effects of a stage and its follow-up work are committed together. No function reads a clock: moments are arguments.
One module is one noun: ``transmissions.record(connection, …)``, ``cases.open(connection, …)``. What moves a state
(``deliveries``, ``expectations``, ``cases``) looks it up in the tables of :mod:`gateway.exchange` and writes the event
itself: there is no state without its event.

Functions that change what exists lock it first and raise :class:`NotRecorded` when it does not exist.
"""

from gateway.ledger.faults import LedgerFault, NotRecorded

__all__ = ["LedgerFault", "NotRecorded"]
