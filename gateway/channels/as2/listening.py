"""uvicorn as a part of the gateway: inside its event loop, and with the TLS of its configuration."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from gateway.config import Home


class QuietServer(uvicorn.Server):
    """uvicorn inside the gateway's event loop: how the process ends is the gateway's to say."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say when it is done."""
        await super().startup(sockets)
        self.listening.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


def tls_of(home: Home) -> Callable[[uvicorn.Config, Callable[[], ssl.SSLContext]], ssl.SSLContext] | None:
    """Makes the context of an HTTPS server; ``None`` where the endpoint is to speak HTTP."""
    settings = home.config.as2
    if settings.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    key = home.folder / settings.private_key if settings.private_key is not None else None
    try:
        context.load_cert_chain(home.folder / settings.certificate, key)
    except OSError as fault:
        told = f"HTTPS certificate {settings.certificate} and its key cannot be used: {fault.strerror or fault}"
        raise OSError(fault.errno, told) from fault
    return lambda _config, _default: context
