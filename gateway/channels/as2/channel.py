"""AS2, as the running gateway sees it: the endpoint where the configuration has one, and messages that are posted."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.channels.as2.keys import As2Keys
from gateway.channels.as2.partials import Partials
from gateway.channels.as2.posting import HttpPoster
from gateway.channels.as2.receipts import take_mdn
from gateway.channels.as2.reception import Reception
from gateway.channels.as2.sending import As2Sender
from gateway.channels.as2.server import As2Server
from gateway.channels.channel import Carry
from gateway.channels.workplace import SpoolFolder
from gateway.instance import Gateway


class As2Channel:
    """:class:`gateway.channels.channel.Channel` over AS2."""

    def __init__(self, gateway: Gateway) -> None:
        home, self._settings = gateway.home, gateway.home.config.as2
        reserve = self._settings.disk_reserve
        keys = As2Keys(home.keys)
        self._poster = HttpPoster()
        self._outgoing = SpoolFolder(home.as2_outgoing, reserve=reserve)
        self._spool = SpoolFolder(home.as2_spool, reserve=reserve)
        self._partials = SpoolFolder(home.as2_partials, reserve=reserve, empty=False)
        partials = Partials(self._partials, self._settings, gateway.opened, gateway.clock)
        reception = Reception(gateway, keys, take_mdn)
        self.server = As2Server(gateway, reception, self._spool, partials) if self._settings.enabled else None
        """``None`` where the configuration does not enable it."""
        sender = As2Sender(keys, self._poster, self._outgoing)
        self.carries: Mapping[str, Carry] = sender.carries

    @property
    def port(self) -> int | None:
        """Where it listens, once it does; ``None`` where the configuration does not enable it."""
        return self.server.port if self.server is not None else None

    async def start(self) -> None:
        """See :class:`gateway.channels.channel.Channel`."""
        if self.server is not None:
            await self.server.listen(self._settings.listen, self._settings.port)

    async def stop(self) -> None:
        """See :class:`gateway.channels.channel.Channel`."""
        if self.server is not None:
            await self.server.stop()

    def close(self) -> None:
        """Give back what was opened at the beginning, once nothing is sent any more."""
        self._poster.close()
        for folder in (self._outgoing, self._spool, self._partials):
            folder.close()
