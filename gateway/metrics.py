"""The figures an operator watches, as Prometheus reads them.

Everything is counted anew from the ledger and the queue at each scrape: the database is the system of record, so the
figures are right after a restart and the same on every node. What no ledger can know, such as who is connected or was
turned away, is this process's own and begins anew with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from threading import Thread
from typing import Protocol, TypeVar
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import DBAPIError

from gateway.instance import Gateway
from gateway.ledger import statistics
from queues import LaneDepth

S = TypeVar("S", bound=str)

COUNTED = timedelta(days=1)
"""How far back messages are counted by status."""


class Endpoint(Protocol):
    """What is asked of the AS2 endpoint."""

    @property
    def in_flight(self) -> int:
        """Requests that are not answered yet."""
        ...

    @property
    def outcomes(self) -> Mapping[str, int]:
        """Requests since the start, by what became of them."""
        ...


class LedgerCollector(Collector):
    """Gathers all figures of one gateway."""

    def __init__(self, gateway: Gateway, connections: Callable[[], int], as2: Endpoint | None = None) -> None:
        self._gateway = gateway
        self._connections = connections
        self._as2 = as2

    def collect(self) -> Iterator[Metric]:
        """The figures as they are now; without the database, that it is away."""
        now = self._gateway.clock()
        yield GaugeMetricFamily("sallyport_sftp_connections", "Partners connected by SFTP", value=self._connections())
        if self._as2 is not None:
            yield GaugeMetricFamily("sallyport_as2_in_flight", "AS2 requests under way", value=self._as2.in_flight)
            requests = CounterMetricFamily("sallyport_as2_requests", "AS2 requests by outcome", labels=["outcome"])
            for outcome, many in self._as2.outcomes.items():
                requests.add_metric([outcome], many)
            yield requests
        up = GaugeMetricFamily("sallyport_database_up", "Whether the database answers")
        try:
            figures = self._gateway.database.read(lambda c: statistics.gather(c, since=now - COUNTED))
            depths = self._gateway.database.read(self._gateway.queue.depth)
        except DBAPIError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        for name, counts in (
            ("content", figures.content),
            ("delivery", figures.delivery),
            ("receipt", figures.receipt),
        ):
            family = GaugeMetricFamily(
                f"sallyport_messages_{name}",
                f"Messages of the last day by {name} status",
                labels=["direction", "status"],
            )
            for (direction, status), many in counts.items():
                family.add_metric([direction, status], many)
            yield family
        yield _by_label("sallyport_transmissions", "Outgoing transmissions not delivered", "state", figures.undelivered)
        yield _by_label("sallyport_expectations", "Receipts that are due", "state", figures.expectations)
        cases = GaugeMetricFamily("sallyport_cases", "Cases not closed", labels=["state", "cause"])
        for (state, cause), many in figures.cases.items():
            cases.add_metric([state, cause], many)
        yield cases
        yield _age(
            "sallyport_oldest_undelivered_seconds",
            "Age of the oldest waiting delivery",
            figures.oldest_undelivered,
            now,
        )
        yield _age("sallyport_oldest_case_seconds", "Age of the oldest case not closed", figures.oldest_case, now)
        yield from _lanes(depths, now)


def _lanes(depths: Iterable[LaneDepth], now: datetime) -> Iterator[Metric]:
    jobs = GaugeMetricFamily("sallyport_jobs", "Jobs in the work queue", labels=["lane", "state"])
    oldest = GaugeMetricFamily("sallyport_oldest_job_seconds", "How long the oldest ready job waits", labels=["lane"])
    for depth in depths:
        lane = str(depth.lane)
        for state in ("ready", "delayed", "leased", "buried"):
            jobs.add_metric([lane, state], getattr(depth, state))
        if depth.oldest is not None:
            oldest.add_metric([lane], max(0.0, (now - depth.oldest).total_seconds()))
    yield jobs
    yield oldest


def serve_metrics(
    gateway: Gateway, listen: str, port: int, connections: Callable[[], int], as2: Endpoint | None = None
) -> tuple[WSGIServer, Thread]:
    """The running endpoint ``/metrics``; ``shutdown`` the server to end it. Raises ``OSError`` for a taken port."""
    registry = CollectorRegistry()
    registry.register(LedgerCollector(gateway, connections, as2))
    try:
        return start_http_server(port, addr=listen, registry=registry)
    except OSError as fault:
        raise OSError(fault.errno, f"no metrics on {listen}, port {port}: {fault.strerror}") from fault


def _by_label(name: str, text: str, label: str, counts: Mapping[S, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, many in counts.items():
        family.add_metric([value], many)
    return family


def _age(name: str, text: str, since: datetime | None, now: datetime) -> Metric:
    return GaugeMetricFamily(name, text, value=max(0.0, (now - since).total_seconds()) if since else 0.0)
