"""``sallyport demo`` as a newcomer runs it: it comes to its end and says what happened."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

OUTCOMES = (
    r"IFTSTA of blue-anchor, 3 messages\W+2 accepted, 1 rejected at its exact place, CONTRL collected",
    r"214 of prairie-freight\W+accepted, 997 collected",
    r"canonical transport_status for the ERP\W+3 received over {way}",
    r"transport_order to blue-anchor\W+written, collected, acknowledged",
    r"transport_order to prairie-freight\W+written, collected, acknowledged",
    r"second transport_order to prairie-freight\W+delivered, 997 overdue, a case is open",
    r"resend of the IFTMIN\W+the identical bytes",
)
"""The rows of the table at the end."""


def _demo(folder: Path, *arguments: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "gateway", "demo", *arguments],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
        # Wide, so that no row of the table is broken; its temporary folder is ours to look into afterwards.
        env={**os.environ, "COLUMNS": "240", "TMPDIR": str(folder)},
    )
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    assert not ended.stderr, "whatever goes wrong on the way is no part of the story"
    assert not list(folder.iterdir()), "nothing is left behind"
    return ended.stdout


def _check(story: str, way: str) -> None:
    table = story[story.index("What happened") :]
    for outcome in OUTCOMES:
        assert re.search(outcome.format(way=way), table), (outcome, table)
    assert re.search(r"in \d+ seconds, on real transports", table)
    assert "Traceback" not in story


@pytest.mark.timeout(900)
def test_demo_on_this_machine_alone(tmp_path: Path) -> None:
    _check(_demo(tmp_path), "the embedded exchange")


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("rabbitmq_server")
def test_demo_over_rabbitmq(tmp_path: Path, amqp_url: str) -> None:
    _check(_demo(tmp_path, "--amqp", amqp_url), "RabbitMQ")
