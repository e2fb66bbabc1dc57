"""The running gateway: what listens, what works, and how it stops.

One process. The event loop carries the SFTP server, the AS2 endpoint, the exchange with the company's systems and the
control socket; worker threads run the stages; one more thread sweeps. Everything that must survive is in the database
and the archive, so stopping is a courtesy: a gateway that is killed starts again where it was.
"""

from __future__ import annotations

import asyncio
import math
import os
import signal
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Literal

import msgspec
import structlog

from gateway.alert_orders import ALERTS, SEND
from gateway.alert_sending import AlertSender, send_with
from gateway.alerting import catch_up, judge_with, tell_due
from gateway.alerts import AlertSettings
from gateway.channels.as2.channel import As2Channel
from gateway.channels.as2.posting import HttpPoster
from gateway.channels.business import BusinessChannel, runner
from gateway.channels.channel import Channel
from gateway.channels.files.channel import FilesChannel
from gateway.channels.sftp.channel import MailboxChannel
from gateway.config import Home
from gateway.control import ControlSocket, Order, Status, What, obey
from gateway.database import NOT_NOW
from gateway.delivering import deliver_over
from gateway.event_exchange import embedded_events, event_exchange
from gateway.inbound import read_transmission
from gateway.instance import Gateway
from gateway.limits import watch_limits
from gateway.metrics import serve_metrics
from gateway.outbound import build_message
from gateway.outbox import EVENTS
from gateway.publishing import DELIVER
from gateway.receiving import BUILD, READ
from gateway.reconciling import reconcile_nightly
from gateway.silence import watch_silence
from gateway.sweeping import sweep, tidy, watch_certificates
from gateway.telling import tell_with
from gateway.working import Stage, Workers
from queues import EmbeddedExchange, Exchange, RabbitExchange, Unreachable

log = structlog.get_logger()

SWEEP_EVERY = 1.0
"""Seconds between looks for changed profiles, and for whatever else is due."""
SILENCE_EVERY = 60.0
CERTIFICATES_EVERY = 3600.0
LIMITS_EVERY = 15.0
TIDY_EVERY = 24 * 3600.0
RECONCILE_EVERY, RECONCILE_FIRST = 24 * 3600.0, 3600.0
"""The first reconciliation comes an hour after the start: before, work of before the start is still being caught up."""


ALERTS_PAUSE = 0.5
"""Seconds in which those who alert look again; a moment more is nothing to an alert."""
ALERT_SENDERS = 2


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """Where a running gateway can be reached; what ``status`` answers."""

    pid: int
    sftp_port: int
    as2_port: int | None = None
    """``None`` where the configuration does not enable AS2."""
    metrics_port: int | None
    business: Literal["amqp", "embedded"]
    trouble: str | None = None
    """Why nothing can be read from the company's systems at the moment."""


class GatewayBroken(Exception):
    """The disk failed in a way that only a new process can judge; the text says what to do."""


async def serve(home: Home, ready: Callable[[Serving], None]) -> None:
    """Run the gateway until SIGTERM or SIGINT; ``ready`` hears where it listens, once it does.

    Raises what :meth:`gateway.instance.Gateway.open` raises, :class:`queues.Mismatch` when the company's exchange was
    set up otherwise than we need, and ``OSError`` for a port that is taken.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with Gateway.open(home) as gateway:
        url = home.config.business.amqp
        async with AsyncExitStack() as opened:
            exchange: Exchange = EmbeddedExchange(gateway.database) if url is None else RabbitExchange(url)
            opened.push_async_callback(exchange.close)
            events = event_exchange(home.config, gateway.database)
            opened.push_async_callback(events.close)
            await _connect(exchange)
            if home.config.events.enabled:
                await _connect(events)
            await _serve(gateway, exchange, events, stop, ready)
    log.info("gateway stopped")


async def _connect(exchange: Exchange) -> None:
    if isinstance(exchange, RabbitExchange):
        try:
            await exchange.connect()
        except Unreachable as fault:
            # Partners must not be kept out because the company's broker is away: letters wait, and are published later.
            log.warning("the exchange does not answer; its letters wait", error=str(fault))


async def _serve(
    gateway: Gateway, exchange: Exchange, events: Exchange, stop: asyncio.Event, ready: Callable[[Serving], None]
) -> None:
    config = gateway.home.config
    loop = asyncio.get_running_loop()
    business = BusinessChannel(gateway, exchange, loop)
    files = FilesChannel(gateway, loop)
    mailboxes = MailboxChannel(gateway)
    as2 = As2Channel(gateway)
    channels: tuple[Channel, ...] = (business, files, mailboxes, as2)
    stages: dict[str, Stage] = {
        READ: read_transmission,
        BUILD: build_message,
        DELIVER: deliver_over(*(channel.carries for channel in channels)),
        EVENTS: tell_with(runner(events, loop), config.events),
    }
    poster = HttpPoster()
    judging: dict[str, Stage] = {ALERTS: judge_with(config.alerts)}
    sending: dict[str, Stage] = {SEND: send_with(AlertSender(gateway.home, poster, gateway.clock).send)}
    alerting = config.alerts != AlertSettings()
    # Work that was ordered before alerts were switched off is ended by whoever comes to it.
    workers = [Workers(gateway, stages if alerting else stages | judging | sending, config.workers)]
    if alerting:
        # A mail server that keeps us waiting keeps no partner waiting.
        workers.append(Workers(gateway, judging, 1, name="alert-judge", pause=ALERTS_PAUSE))
        workers.append(Workers(gateway, sending, ALERT_SENDERS, name="alert-sender", pause=ALERTS_PAUSE))
    sweeper = _Sweeper(gateway, partial(loop.call_soon_threadsafe, stop.set), alerting=alerting)
    serving: Serving | None = None

    async def answer(request: Order | Status) -> object:
        if isinstance(request, Status):
            return msgspec.structs.replace(serving, trouble=business.trouble) if serving else None
        return await asyncio.to_thread(obey, gateway, request)

    control = ControlSocket(
        gateway.home.control,
        answer,
        lambda what: None if config.business.amqp else _business_end(gateway, what),
    )
    # What begins last ends first: what brings new work, then the work, then what looks on. Whatever fails to begin or
    # to end, the others are ended.
    async with AsyncExitStack() as running:
        running.callback(as2.close)
        running.callback(poster.close)
        if config.metrics.enabled:
            listen, port = config.metrics.listen, config.metrics.port
            metrics, _ = serve_metrics(gateway, listen, port, lambda: mailboxes.connections, as2.server)
            running.callback(metrics.server_close)
            running.push_async_callback(asyncio.to_thread, metrics.shutdown)
        sweeper.start()
        running.push_async_callback(asyncio.to_thread, sweeper.stop)
        for some in workers:
            some.start()
            running.push_async_callback(asyncio.to_thread, some.stop)
        for channel in channels:
            running.push_async_callback(channel.stop)
            await channel.start()
        serving = Serving(
            pid=os.getpid(),
            sftp_port=mailboxes.port,
            as2_port=as2.port,
            metrics_port=metrics.server_port if config.metrics.enabled else None,
            business="amqp" if config.business.amqp else "embedded",
        )
        running.push_async_callback(control.stop)
        await control.listen()
        log.info("gateway serves", **msgspec.structs.asdict(serving))
        ready(serving)
        await stop.wait()
        log.info("gateway stops: finishing what is under way")
    if gateway.failure is not None:
        raise GatewayBroken(gateway.failure)


def _business_end(gateway: Gateway, what: What) -> Exchange:
    """The company's end of the exchange in the database."""
    if what == "events":
        return embedded_events(gateway.database, end="business")
    return EmbeddedExchange(gateway.database, end="business")


class _Duty(msgspec.Struct):
    """What time brings: what is done, how often, and in how many seconds next."""

    every: float
    work: Callable[[Gateway], object]
    left: float = 0.0


class _Sweeper:
    """The thread that does what time brings, and that looks whether the gateway can still keep what it takes."""

    def __init__(self, gateway: Gateway, broken: Callable[[], object], *, alerting: bool) -> None:
        self._gateway = gateway
        self._broken = broken
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)
        config = gateway.home.config
        self._duties = [
            _Duty(0.0, lambda gateway: gateway.profiles.refresh(settled=True)),
            _Duty(0.0, Gateway.look_at_gates),
            _Duty(config.overdue_check.total_seconds(), sweep),
            _Duty(SILENCE_EVERY, watch_silence),
            _Duty(CERTIFICATES_EVERY, watch_certificates),
            _Duty(RECONCILE_EVERY, reconcile_nightly, left=RECONCILE_FIRST),
            _Duty(TIDY_EVERY, tidy),
        ]
        if alerting:
            self._duties += [
                _Duty(math.inf, lambda gateway: catch_up(gateway, config.alerts)),
                _Duty(0.0, lambda gateway: tell_due(gateway, config.alerts)),
                _Duty(LIMITS_EVERY, watch_limits),
            ]

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(SWEEP_EVERY):
            if self._gateway.failure is not None:
                # A sync that failed once proves nothing when it succeeds later: end, and read the files anew.
                log.critical("the gateway ends, because it can keep nothing any more", error=self._gateway.failure)
                self._broken()
                return
            for duty in self._duties:
                duty.left -= SWEEP_EVERY
                if duty.left <= 0:
                    self._do(duty)

    def _do(self, duty: _Duty) -> None:
        try:
            duty.work(self._gateway)
        except (*NOT_NOW, OSError) as fault:
            log.warning("the sweep could not be done; the next one will be", error=str(fault))
            return
        # The supervisor of this thread: without it nothing would ever be overdue again, and nobody would know.
        except Exception:
            log.exception("the sweep failed unexpectedly")
        duty.left = duty.every
