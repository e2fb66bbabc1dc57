"""The mailboxes on our own SFTP server, as the running gateway sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

import structlog
from sqlalchemy.exc import DBAPIError

from archive import ArchiveFault
from gateway.arrival import Arrival, ArrivalRefused, BrokenUpload, printable
from gateway.channels.channel import Carry
from gateway.channels.sftp.keys import host_keys
from gateway.channels.sftp.limits import Limits
from gateway.channels.sftp.placing import MAILBOXES
from gateway.channels.sftp.server import SftpServer
from gateway.channels.sftp.visitor import Login
from gateway.database import DatabaseFault
from gateway.instance import Gateway
from gateway.ledger import cases
from gateway.mailboxes import LedgerMailboxes
from gateway.receiving import receive_from_partner
from partners import SftpChannel

log = structlog.get_logger()


class MailboxChannel:
    """:class:`gateway.channels.channel.Channel` over the SFTP server."""

    carries: Mapping[str, Carry] = MAILBOXES

    def __init__(self, gateway: Gateway) -> None:
        """Raises :class:`gateway.channels.sftp.keys.KeyFault`."""
        self._settings = settings = gateway.home.config.sftp
        self._server = SftpServer(
            look_up=partial(_login, gateway),
            mailboxes=LedgerMailboxes(gateway),
            receive=partial(_receive, gateway),
            report_broken=partial(_report_broken, gateway),
            spool=gateway.home.spool,
            host_keys=host_keys(gateway.home.keys),
            limits=Limits(upload=settings.max_upload, disk_reserve=settings.disk_reserve),
            clock=gateway.clock,
            paused=lambda channel: channel in gateway.refusing,
        )

    @property
    def port(self) -> int:
        """Where it listens, once it does."""
        return self._server.port

    @property
    def connections(self) -> int:
        """How many there are now."""
        return self._server.connections

    async def start(self) -> None:
        """See :class:`gateway.channels.channel.Channel`."""
        await self._server.listen(self._settings.listen, self._settings.port)

    async def stop(self) -> None:
        """See :class:`gateway.channels.channel.Channel`."""
        await self._server.stop()


def _login(gateway: Gateway, user: str) -> Login | None:
    channel = gateway.profiles.current.channel_of_login("sftp", user)
    if not isinstance(channel, SftpChannel):
        return None
    return Login(channel.party, channel.id, channel.authorized_keys)


async def _receive(gateway: Gateway, arrival: Arrival) -> None:
    try:
        transmission = await asyncio.to_thread(receive_from_partner, gateway, arrival)
    except (ArchiveFault, DatabaseFault, DBAPIError) as fault:
        log.error("an upload could not be kept; its sender was told", name=arrival.shown, error=str(fault))
        raise ArrivalRefused("it could not be stored; send it again later") from fault
    log.info("received", transmission=transmission, party=arrival.party, name=arrival.shown, size=arrival.size)


async def _report_broken(gateway: Gateway, broken: BrokenUpload) -> None:
    name = printable(broken.name)
    log.warning(
        "an upload broke off; nothing of it was kept",
        party=broken.party,
        channel=broken.channel,
        name=name,
        bytes=broken.size,
        cause=broken.cause,
    )
    text = (
        f"an upload of {name} broke off after {broken.size} bytes ({broken.cause}); nothing of it was kept."
        " Most clients try again by themselves: see whether the file has come since, else ask the partner to send it"
    )
    try:
        await asyncio.to_thread(
            gateway.database.write,
            lambda c: cases.open(c, "upload-broken", text, broken.channel, broken.party, broken.at),
        )
    except (DatabaseFault, DBAPIError) as fault:
        log.error("the case of a broken upload could not be written", error=str(fault))
