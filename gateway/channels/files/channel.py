"""The channels over places of others, as the running gateway sees them: looks to be taken, and files to be put."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from gateway.channels.channel import Carry
from gateway.channels.files.collecting import COLLECT, Collector, order_collections
from gateway.channels.files.opening import Places
from gateway.channels.files.sending import FileSender
from gateway.channels.files.server import Loop
from gateway.channels.workplace import SpoolFolder
from gateway.instance import Gateway
from gateway.working import Workers

LOOK = 0.5
"""Seconds between looks whether it is time for a look into a folder."""
COLLECTORS = 2
"""Threads that look into folders: a server that answers slowly holds up other looks, and no delivery."""


class FilesChannel:
    """:class:`gateway.channels.channel.Channel` over folders and over partners' SFTP servers."""

    def __init__(self, gateway: Gateway, loop: asyncio.AbstractEventLoop) -> None:
        self._gateway = gateway
        places = Places(gateway, Loop(loop))
        settings = gateway.home.config.sftp
        self._spool = SpoolFolder(gateway.home.collecting, reserve=settings.disk_reserve)
        collector = Collector(places, self._spool, settings.max_upload)
        stages = {COLLECT: collector.collect}
        self._collectors = Workers(gateway, stages, COLLECTORS, name="collector", pause=LOOK)
        sender = FileSender(places)
        self.carries: Mapping[str, Carry] = {"directory": sender.deliver, "sftp-client": sender.deliver}

    async def start(self) -> None:
        """See :class:`gateway.channels.channel.Channel`."""
        await asyncio.to_thread(order_collections, self._gateway)
        self._collectors.start()

    async def stop(self) -> None:
        """See :class:`gateway.channels.channel.Channel`."""
        await asyncio.to_thread(self._collectors.stop)
        self._spool.close()
