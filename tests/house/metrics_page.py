"""The reference of the metrics, made from what an empty gateway answers: ``docs/reference/metrics.md``."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from gateway.cli.running import make_home
from gateway.config import open_home
from gateway.instance import Gateway
from gateway.metrics import LedgerCollector

INTRODUCTION = """\
A running gateway answers `http://127.0.0.1:9464/metrics` in Prometheus' text format (`metrics` in the
[configuration](configuration.md)). The figures are counted anew from the ledger and the queue at each scrape: they are
right after a restart, and with several gateways on one database each of them answers the same. What no ledger knows is
each gateway's own: `sallyport_sftp_connections`, and where AS2 is enabled the two of its endpoint, of which
`sallyport_as2_requests_total` counts from the start of the process.
"""

READING = """\
- *direction* is `in` or `out`. *status* is one of the three statuses of a message, and *state* a state of a delivery,
  an expectation, a case or a job: see [States](states.md).
- *lane* is where work waits: 0 acknowledgments, 1 urgent, 5 normal, 9 bulk. A lower lane goes first.
- *cause* is why a case was opened: [Operate a gateway](../how-to/operate.md#what-a-case-means) has them all.
- *outcome* is what became of a request: see [Connect a partner by AS2](../how-to/connect-by-as2.md#what-to-watch).

Which figures to be woken by is told in [Operate a gateway](../how-to/operate.md#what-to-watch).
"""


class _Quiet:
    """An AS2 endpoint that nobody came to."""

    in_flight = 0
    outcomes: Mapping[str, int] = MappingProxyType({})


def metrics_page(note: str) -> str:
    """Every metric with its labels and meaning."""
    lines = ["# Metrics\n", note, INTRODUCTION, "| metric | labels | meaning |", "|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        make_home(Path(folder))
        with Gateway.open(open_home(Path(folder), {})) as gateway:
            for metric in LedgerCollector(gateway, lambda: 0, _Quiet()).collect():
                labels = ", ".join(f"`{label}`" for label in getattr(metric, "_labelnames", ()))
                name = f"{metric.name}_total" if metric.type == "counter" else metric.name
                lines.append(f"| `{name}` | {labels} | {metric.documentation} |")
    return "\n".join([*lines, "", READING])
