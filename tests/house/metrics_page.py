"""The reference of the metrics, made from what an empty gateway answers: ``docs/reference/metrics.md``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from gateway.cli.running import make_home
from gateway.config import open_home
from gateway.instance import Gateway
from gateway.metrics import LedgerCollector

INTRODUCTION = """\
A running gateway answers `http://127.0.0.1:9464/metrics` in Prometheus' text format (`metrics` in the
[configuration](configuration.md)). All figures are gauges, counted anew from the ledger and the queue at each scrape:
they are right after a restart, and with several gateways on one database each of them answers the same, except for
`sallyport_sftp_connections`.
"""

READING = """\
- *direction* is `in` or `out`. *status* is one of the three statuses of a message, and *state* a state of a delivery,
  an expectation, a case or a job: see [States](states.md).
- *lane* is where work waits: 0 acknowledgments, 1 urgent, 5 normal, 9 bulk. A lower lane goes first.
- *cause* is why a case was opened: [Operate a gateway](../how-to/operate.md#what-a-case-means) has them all.

Which figures to be woken by is told in [Operate a gateway](../how-to/operate.md#what-to-watch).
"""


def metrics_page(note: str) -> str:
    """Every metric with its labels and meaning."""
    lines = ["# Metrics\n", note, INTRODUCTION, "| metric | labels | meaning |", "|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        make_home(Path(folder))
        with Gateway.open(open_home(Path(folder), {})) as gateway:
            for metric in LedgerCollector(gateway, lambda: 0).collect():
                labels = ", ".join(f"`{label}`" for label in getattr(metric, "_labelnames", ()))
                lines.append(f"| `{metric.name}` | {labels} | {metric.documentation} |")
    return "\n".join([*lines, "", READING])
