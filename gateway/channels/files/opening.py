"""From a channel of the profiles to its place, as the profiles and the configuration say at the moment."""

from __future__ import annotations

from contextlib import AbstractContextManager

from gateway.channels.files.folder import FolderPlace
from gateway.channels.files.keys import user_keys
from gateway.channels.files.place import Denied, Place
from gateway.channels.files.server import Loop, Server, ServerPlace
from gateway.instance import Gateway
from partners import DirectoryChannel, SftpClientChannel


class Places:
    """Opens places; a :class:`gateway.channels.files.place.OpenPlace`."""

    def __init__(self, gateway: Gateway, loop: Loop) -> None:
        self._gateway = gateway
        self._loop = loop

    def __call__(self, channel: str) -> AbstractContextManager[Place]:
        """See :class:`gateway.channels.files.place.OpenPlace`."""
        stated = self._gateway.profiles.current.channels.get(channel)
        if isinstance(stated, DirectoryChannel):
            folder = self._gateway.home.directories / stated.folder
            return FolderPlace(folder / stated.collect.folder if stated.collect else None, folder / stated.deliver_to)
        if isinstance(stated, SftpClientChannel):
            server = Server(
                host=stated.host,
                port=stated.port,
                user=stated.user,
                host_keys=stated.host_keys,
                keys=user_keys(self._gateway.home.keys, stated.keys),
                collected_from=stated.collect.folder if stated.collect else None,
                delivered_to=stated.deliver_to,
                rename=stated.rename,
                timeout=stated.timeout,
            )
            return ServerPlace(server, self._loop)
        raise Denied(f"there is no channel `{channel}` over files any more; name it again, or send it otherwise")
