"""The state machines of an exchange: delivery, expected receipts, content, cases; and the statuses they come to.

Pure: tables and functions over values. No I/O, no clock; the ledger keeps the states and the events.
"""

from gateway.exchange.balance import Balance, Counted, Place, balance, place_of
from gateway.exchange.case import CASE, CaseEvent, CaseState
from gateway.exchange.content import CONTENT, ContentEvent, ContentState
from gateway.exchange.delivery import DELIVERY, DeliveryEvent, DeliveryState
from gateway.exchange.event import EVENT_KINDS, Event, EventKind
from gateway.exchange.expectation import (
    EXPECTATION,
    LEVELS,
    ExpectationEvent,
    ExpectationState,
    Level,
    ReceiptKind,
    Verdict,
    heard,
)
from gateway.exchange.machine import Cause, ImpossibleStep, Machine, Mover, mermaid
from gateway.exchange.statuses import ContentStatus, DeliveryStatus, ReceiptStatus, Statuses, fold

__all__ = [
    "CASE",
    "CONTENT",
    "DELIVERY",
    "EVENT_KINDS",
    "EXPECTATION",
    "LEVELS",
    "Balance",
    "CaseEvent",
    "CaseState",
    "Cause",
    "ContentEvent",
    "ContentState",
    "ContentStatus",
    "Counted",
    "DeliveryEvent",
    "DeliveryState",
    "DeliveryStatus",
    "Event",
    "EventKind",
    "ExpectationEvent",
    "ExpectationState",
    "ImpossibleStep",
    "Level",
    "Machine",
    "Mover",
    "Place",
    "ReceiptKind",
    "ReceiptStatus",
    "Statuses",
    "Verdict",
    "balance",
    "fold",
    "heard",
    "mermaid",
    "place_of",
]
