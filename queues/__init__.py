"""The durable work queue and the business side: enqueue, claim, complete; publish, consume.

:class:`WorkQueue` is what the gateway has still to do, as rows in the ledger's database; ``metadata`` holds its tables
for the migrations. :class:`Exchange` is the seam to the company's own systems, over RabbitMQ (:class:`RabbitExchange`),
over the database (:class:`EmbeddedExchange`) or in memory (:class:`MemoryExchange`).
"""

from queues.backoff import backoff
from queues.consumer import Patience
from queues.embedded import EmbeddedExchange, Store, WaitingLetter
from queues.exchange import (
    BODY_LIMIT,
    Consumer,
    DeadLetter,
    End,
    Exchange,
    ExchangeFault,
    Handler,
    Letter,
    Mismatch,
    NotNow,
    PublishFault,
    Refused,
    Topology,
    UnfitLetter,
    Unreachable,
    Unroutable,
)
from queues.gates import Direction, Gate, Gates
from queues.memory import MemoryBroker, MemoryExchange
from queues.rabbitmq import RabbitExchange
from queues.schema import metadata
from queues.work import LEASE, GateDepth, Job, LaneDepth, LostLease, WorkQueue

__all__ = [
    "BODY_LIMIT",
    "LEASE",
    "Consumer",
    "DeadLetter",
    "Direction",
    "EmbeddedExchange",
    "End",
    "Exchange",
    "ExchangeFault",
    "Gate",
    "GateDepth",
    "Gates",
    "Handler",
    "Job",
    "LaneDepth",
    "Letter",
    "LostLease",
    "MemoryBroker",
    "MemoryExchange",
    "Mismatch",
    "NotNow",
    "Patience",
    "PublishFault",
    "RabbitExchange",
    "Refused",
    "Store",
    "Topology",
    "UnfitLetter",
    "Unreachable",
    "Unroutable",
    "WaitingLetter",
    "WorkQueue",
    "backoff",
    "metadata",
]
