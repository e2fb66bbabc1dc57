"""The running gateway: what listens, what works, and how it stops.

One process. The event loop carries the SFTP server, the AS2 endpoint, the exchange with the company's systems and the
control socket; worker threads run the stages; one more thread sweeps. Everything that must survive is in the database
and the archive, so stopping is a courtesy: a gateway that is killed starts again where it was.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Literal

import msgspec
import structlog

from gateway.alert_watch import AlertWatch, alert_stages
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
from gateway.metrics import serve_metrics
from gateway.outbound import build_message
from gateway.outbox import EVENTS
from gateway.publishing import DELIVER
from gateway.receiving import BUILD, READ
from gateway.reconciling import reconcile_nightly
from gateway.silence import watch_silence
from gateway.sweeping import sweep, tidy, watch_certificates
from gateway.telling import tell_with
from gateway.working import Workers
from queues import EmbeddedExchange, Exchange, RabbitExchange, Unreachable

log = structlog.get_logger()

PROFILES_EVERY = 1.0
"""Seconds between looks for changed profiles."""
SILENCE_EVERY = 60.0
CERTIFICATES_EVERY = 3600.0
TIDY_EVERY = 24 * 3600.0
RECONCILE_EVERY, RECONCILE_FIRST = 24 * 3600.0, 3600.0
"""The first reconciliation comes an hour after the start: before, work of before the start is still being caught up."""


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
    stages = {
        READ: read_transmission,
        BUILD: build_message,
        DELIVER: deliver_over(*(channel.carries for channel in channels)),
        EVENTS: tell_with(runner(events, loop), config.events),
    }
    poster = HttpPoster()
    alerts = AlertWatch(gateway, poster) if config.alerts != AlertSettings() else None
    # Work that was ordered before alerts were switched off is ended by whoever comes to it.
    workers = Workers(gateway, stages if alerts else {**stages, **alert_stages(gateway, poster)}, config.workers)
    sweeper = _Sweeper(gateway, partial(loop.call_soon_threadsafe, stop.set))
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
            settings = config.metrics
            metrics = serve_metrics(gateway, settings.listen, settings.port, lambda: mailboxes.connections, as2.server)[
                0
            ]
            running.callback(metrics.server_close)
            running.push_async_callback(asyncio.to_thread, metrics.shutdown)
        sweeper.start()
        running.push_async_callback(asyncio.to_thread, sweeper.stop)
        if alerts is not None:
            alerts.start()
            running.push_async_callback(asyncio.to_thread, alerts.stop)
        workers.start()
        running.push_async_callback(asyncio.to_thread, workers.stop)
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


class _Sweeper:
    """The thread that does what time brings, and that looks whether the gateway can still keep what it takes."""

    def __init__(self, gateway: Gateway, broken: Callable[[], object]) -> None:
        self._gateway = gateway
        self._broken = broken
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        every = self._gateway.home.config.overdue_check.total_seconds()
        elapsed = {
            "sweep": every,
            "silence": SILENCE_EVERY,
            "certificates": CERTIFICATES_EVERY,
            "tidy": TIDY_EVERY,
            "reconcile": RECONCILE_EVERY - RECONCILE_FIRST,
        }
        while not self._stopping.wait(PROFILES_EVERY):
            elapsed = {name: seconds + PROFILES_EVERY for name, seconds in elapsed.items()}
            if self._gateway.failure is not None:
                # A sync that failed once proves nothing when it succeeds later: end, and read the files anew.
                log.critical("the gateway ends, because it can keep nothing any more", error=self._gateway.failure)
                self._broken()
                return
            try:
                self._gateway.profiles.refresh(settled=True)
                self._gateway.look_at_gates()
                if elapsed["sweep"] >= every:
                    elapsed["sweep"] = 0.0
                    sweep(self._gateway)
                if elapsed["silence"] >= SILENCE_EVERY:
                    elapsed["silence"] = 0.0
                    watch_silence(self._gateway)
                if elapsed["certificates"] >= CERTIFICATES_EVERY:
                    elapsed["certificates"] = 0.0
                    watch_certificates(self._gateway)
                if elapsed["reconcile"] >= RECONCILE_EVERY:
                    elapsed["reconcile"] = 0.0
                    reconcile_nightly(self._gateway)
                if elapsed["tidy"] >= TIDY_EVERY:
                    elapsed["tidy"] = 0.0
                    tidy(self._gateway)
            except (*NOT_NOW, OSError) as fault:
                log.warning("the sweep could not be done; the next one will be", error=str(fault))
            # The supervisor of this thread: without it nothing would ever be overdue again, and nobody would know.
            except Exception:
                log.exception("the sweep failed unexpectedly")
