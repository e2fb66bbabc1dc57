"""The exchange that events are published on, whichever of the two it is: its names, and how it is opened.

It is beside the exchange of canonical documents, and not the same one: a queue of events that nobody reads must never
keep documents from being published, and who may read what happened need not be allowed to read what was said.

On RabbitMQ there is always the exchange, and a queue of ours only where the configuration asks for one: systems bind
their own. So an event that no queue takes is no fault, and it is not kept; with a queue of ours it has a place, and if
that is missing it is declared anew and the event published again. Without a broker nobody can bind anything, so the box
is always there.
"""

from __future__ import annotations

from gateway.config import Config
from gateway.database import Database
from gateway.events import MEDIA_TYPE
from queues import EmbeddedExchange, End, Exchange, RabbitExchange, Topology

NAME = "sallyport.events"


def topology(*, queue: bool) -> Topology:
    """The names, with a queue of ours or without."""
    return Topology(
        exchange=NAME,
        out=f"{NAME}.out" if queue else "",
        out_binding="sallyport.#",
        inward="",
        dead=f"{NAME}.dead",
        content_type=MEDIA_TYPE,
    )


def event_exchange(config: Config, database: Database) -> Exchange:
    """The gateway's end of the exchange, not connected yet."""
    if config.business.amqp is None:
        return embedded_events(database)
    return RabbitExchange(config.business.amqp, topology=topology(queue=config.events.queue))


def embedded_events(database: Database, end: End = "gateway") -> EmbeddedExchange:
    """An end of the exchange in the database."""
    return EmbeddedExchange(database, topology=topology(queue=True), end=end)
