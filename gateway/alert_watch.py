"""The threads that alert, in a running gateway: one that judges and tells, and two that send.

They are apart from those of the pipeline, so that a mail server that keeps us waiting keeps no partner waiting; and
they look at intervals instead of being woken, since a moment more is nothing to an alert.
"""

from __future__ import annotations

import threading
import time

import structlog

from gateway.alert_orders import ALERTS, SEND
from gateway.alert_sending import AlertSender, send_with
from gateway.alerting import catch_up, judge_with, tell_due
from gateway.channels.as2.posting import Poster
from gateway.database import NOT_NOW
from gateway.instance import Gateway
from gateway.limits import watch_limits
from gateway.working import Stage, Workers

log = structlog.get_logger()

LOOK = 0.5
"""Seconds between looks for work."""
LIMITS_EVERY = 15.0
SENDERS = 2


def alert_stages(gateway: Gateway, poster: Poster) -> dict[str, Stage]:
    """The two stages of alerts, by their names."""
    settings = gateway.home.config.alerts
    sender = AlertSender(gateway.home, poster, gateway.clock)
    return {ALERTS: judge_with(settings), SEND: send_with(sender)}


class AlertWatch:
    """The threads; ``start`` and ``stop``."""

    def __init__(self, gateway: Gateway, poster: Poster) -> None:
        self._gateway = gateway
        self._stopping = threading.Event()
        stages = alert_stages(gateway, poster)
        # Without threads of their own they are what keeps leases alive, and what a failed job comes to.
        self._judging = Workers(gateway, {ALERTS: stages[ALERTS]}, 0)
        self._sending = Workers(gateway, {SEND: stages[SEND]}, 0)
        self._threads = [threading.Thread(target=self._watch, name="alerts", daemon=True)]
        for number in range(1, SENDERS + 1):
            name = f"alert-sender-{number}"
            self._threads.append(threading.Thread(target=self._send, args=(name,), name=name, daemon=True))

    def start(self) -> None:
        """Begin to alert."""
        for workers in (self._judging, self._sending):
            workers.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what is being sent, and return when all is still; also when nothing was begun."""
        self._stopping.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()
        for workers in (self._judging, self._sending):
            workers.stop()

    def _watch(self) -> None:
        looked = -LIMITS_EVERY
        caught_up = False
        while not self._stopping.wait(LOOK):
            try:
                if not caught_up:
                    if found := catch_up(self._gateway, self._gateway.home.config.alerts):
                        log.info("the rules of alerts are caught up with what happened without them", cases=found)
                    caught_up = True
                while self._judging.run_one("alerts") and not self._stopping.is_set():
                    pass
                tell_due(self._gateway, self._gateway.home.config.alerts)
                if time.monotonic() - looked >= LIMITS_EVERY:
                    looked = time.monotonic()
                    watch_limits(self._gateway)
            except (*NOT_NOW, OSError) as fault:
                log.warning("alerts could not be looked after; they will be", error=str(fault))
            # The supervisor of this thread: without it nobody would be told anything, nor that.
            except Exception:
                log.exception("looking after alerts failed unexpectedly")

    def _send(self, name: str) -> None:
        while not self._stopping.is_set():
            if not self._sending.run_one(name):
                self._stopping.wait(LOOK)
