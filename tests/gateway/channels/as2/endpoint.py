"""A gateway whose AS2 endpoint listens, and ACME, a partner that posts to it and reads what it is answered."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import msgspec
from sqlalchemy import text

from as2.building import Built
from as2.cms.algorithms import Permits
from as2.headers import Headers, parse_block, write_block
from as2.mdn_reading import ReadMdn, read_mdn
from as2.mic import MicVerdict, Packaging, compare
from as2.options import write_request
from as2.source import Source
from gateway.channels.as2.keys import As2Keys, certificates_in
from gateway.channels.as2.partials import Partials
from gateway.channels.as2.reception import Reception
from gateway.channels.as2.server import As2Server
from gateway.channels.workplace import SpoolFolder
from gateway.config import FILE, open_home
from gateway.instance import Gateway
from gateway.ledger import as2_received, cases, journal
from gateway.ledger.as2_received import ReceivedRow
from gateway.ledger.cases import Case
from partners import As2Channel
from tests.as2.keys import KEYS
from tests.as2.samples import ADDRESS, AT, DOCUMENT, built

T = TypeVar("T")

PATIENCE = 120.0
SEALED = Packaging(signed=True, encrypted=True)
"""What ACME's profile demands."""
OURS, THEIRS = "rsa-other", "rsa"
"""The test keys: what is encrypted for us and what we sign with, and what ACME signs with."""

_US = """
party:
  id: meridian
  name: Meridian Trading
  identities:
    - {scheme: as2, value: "Us & Co"}
    - {scheme: unb, qualifier: "14", value: "5498765000017"}
  certificates:
    - {file: keys/rsa-other.pem}
"""
_ACME = """
party:
  id: acme
  name: ACME
  identities:
    - {scheme: as2, value: ACME}
    - {scheme: unb, qualifier: "14", value: "5412345000013"}
channels:
  - id: acme-as2
    kind: as2
    url: http://127.0.0.1:9/as2
    certificates: [{file: keys/CERTIFICATE.pem}]
MORE
agreements:
  - id: acme
    extends: [edifact-d96a-3pl]
    us: meridian
    status: live
    valid_from: 2026-01-01
    timezone: Europe/Brussels
    every_flow: {channel: acme-as2}
"""


def write_home(
    folder: Path, *, channel: str = "", settings: Mapping[str, str] | None = None, certificate: str = THEIRS
) -> None:
    """The folder of a gateway with ACME; ``channel`` are further lines of its channel."""
    keys = folder / "profiles" / "keys"
    keys.mkdir(parents=True)
    for name in ("rsa", "rsa-other", "rsa-renewed", "p256", "ed25519"):
        (keys / f"{name}.pem").write_bytes((KEYS / f"{name}.pem").read_bytes())
    (folder / "profiles" / "meridian.yaml").write_text(_US)
    more = "\n".join(f"    {line}" for line in channel.splitlines())
    (folder / "profiles" / "acme.yaml").write_text(_ACME.replace("CERTIFICATE", certificate).replace("MORE", more))
    lines = {"as2": "{enabled: yes, port: 0}", **(settings or {})}
    (folder / FILE).write_text("".join(f"{name}: {value}\n" for name, value in lines.items()))


def store_key(folder: Path, name: str = OURS) -> None:
    """Put one of the test keys where the gateway looks for its own."""
    (certificate,) = certificates_in((KEYS / f"{name}.pem").read_text())
    keys = As2Keys(open_home(folder, {}).keys)
    keys.store(certificate, (KEYS / f"{name}.key.pem").read_bytes())


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What ACME was answered."""

    status: int
    headers: Headers
    body: bytes

    @property
    def mdn(self) -> ReadMdn:
        """The MDN in it, read with our certificate."""
        pinned = certificates_in((KEYS / f"{OURS}.pem").read_text())
        return read_mdn(self.headers, self.body, pinned=pinned, permits=Permits())

    def mic(self, message: Built) -> MicVerdict:
        """What its MIC says about a message."""
        return compare(self.mdn.mic, message.candidates, requested="sha256")


class Listener:
    """A server of AS2, which listens in a thread with an event loop of its own."""

    def __init__(self, server: As2Server) -> None:
        self.server = server
        self._stopped = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._do(self.server.listen("127.0.0.1", 0))

    def stop(self) -> None:
        """It listens no more."""
        if not self._stopped:
            self._stopped = True
            self._do(self.server.stop())

    def close(self) -> None:
        """It has stopped, and its thread too; again does nothing."""
        if self._loop.is_closed():
            return
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)


class Endpoint:
    """The gateway, open, and its endpoint."""

    def __init__(self, folder: Path, *, environment: Mapping[str, str] | None = None) -> None:
        self.now = AT
        self.mdns: list[tuple[As2Channel, Headers, bytes, str]] = []
        self.gateway = Gateway.open(open_home(folder, environment or {}), clock=lambda: self.now)
        self.reception = Reception(self.gateway, As2Keys(self.gateway.home.keys), self._take_mdn)
        settings = self.gateway.home.config.as2
        self.spool = SpoolFolder(self.gateway.home.as2_spool, reserve=settings.disk_reserve)
        kept = SpoolFolder(self.gateway.home.as2_partials, reserve=settings.disk_reserve, empty=False)
        self.partials = Partials(kept, settings, self.gateway.opened, self.gateway.clock)
        self.server = As2Server(self.gateway, self.reception, self.spool, self.partials)
        self._listener = Listener(self.server)

    def stop(self) -> None:
        """The endpoint has stopped; the gateway is open still."""
        self._listener.stop()

    def close(self) -> None:
        """The endpoint has stopped, and the gateway is closed; again does nothing."""
        self._listener.close()
        self.spool.close()
        self.partials.folder.close()
        self.gateway.close()

    def _take_mdn(self, _gateway: Gateway, channel: As2Channel, headers: Headers, body: Source, remote: str) -> None:
        self.mdns.append((channel, headers, b"".join(body.chunks()), remote))

    # ACME

    @property
    def url(self) -> str:
        """Where ACME posts to."""
        return f"http://127.0.0.1:{self.server.port}/as2"

    def post(self, message: Built, *, body: bytes | None = None, chunked: bool = False) -> Reply:
        """What is answered to a message."""
        content = b"".join(message.body.chunks()) if body is None else body
        return self.post_raw(message.headers, content, chunked=chunked)

    def post_raw(
        self, headers: Sequence[tuple[str, str]], body: bytes, *, chunked: bool = False, method: str = "POST"
    ) -> Reply:
        """What is answered to these header fields and this body."""

        def pieces() -> Iterator[bytes]:
            for start in range(0, len(body), 1000):
                yield body[start : start + 1000]

        with httpx2.Client(timeout=PATIENCE, trust_env=False) as client:
            answer = client.request(method, self.url, headers=list(headers), content=pieces() if chunked else body)
        fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers.raw]
        return Reply(status=answer.status_code, headers=parse_block(write_block(fields)), body=answer.content)

    @contextmanager
    def connection(self) -> Iterator[socket.socket]:
        """A connection of a partner that speaks HTTP by hand."""
        with socket.create_connection(("127.0.0.1", self.server.port), PATIENCE) as link:
            yield link

    def head(self, message: Built, *more: str) -> bytes:
        """The header of a request by hand, without its length."""
        lines = [f"{name}: {value}" for name, value in message.headers]
        return "\r\n".join(["POST /as2 HTTP/1.1", "Host: localhost", *lines, *more, "", ""]).encode()

    def close_requests(self) -> None:
        """Return when nothing is under way: a closer look at what was refused is taken after the answer."""
        end = time.monotonic() + PATIENCE
        while self.server.in_flight:
            assert time.monotonic() < end, "a request never ends"
            time.sleep(0.01)

    # What the gateway has

    def rows(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        """What the ledger says."""
        return self.gateway.database.read(lambda c: [tuple(row) for row in c.execute(text(statement), values)])

    def accepted(self, message_id: str = "42.1@acme.example") -> ReceivedRow | None:
        """The accepted message with this id."""
        return self.gateway.database.read(lambda c: as2_received.accepted(c, "ACME", "Us & Co", message_id))

    def refused(self) -> list[ReceivedRow]:
        """Every message that was refused and kept."""
        ids = [str(row[0]) for row in self.rows("SELECT id FROM as2_received WHERE NOT accepted ORDER BY id")]
        return [self.gateway.database.read(lambda c, each=each: as2_received.get(c, each)) for each in ids]  # type: ignore[misc]

    def cases(self, cause: str) -> list[Case]:
        """The open cases of this cause."""
        return list(self.gateway.database.read(lambda c: cases.list(c, cause=cause)))

    def events(self, subject: str) -> list[str]:
        """The kinds of events of one subject."""
        return [each.kind for each in self.gateway.database.read(lambda c: journal.of(c, subject))]

    def orders(self) -> int:
        """How many transmissions wait for being read."""
        ((many,),) = self.rows("SELECT count(*) FROM job WHERE kind = 'read'")
        assert isinstance(many, int)
        return many


_numbers = count(1)


def message(
    content: bytes = DOCUMENT,
    stack: Packaging = SEALED,
    *,
    id: str | None = None,
    receipt: Sequence[tuple[str, str]] | None = None,
    **more: Any,  # noqa: ANN401 (handed on to `built`)
) -> Built:
    """A message of ACME's, with an id of its own."""
    address = msgspec.structs.replace(
        ADDRESS,
        message_id=id or f"<{next(_numbers)}@acme.example>",
        **({} if receipt is None else {"receipt": tuple(receipt)}),
    )
    return built(stack, content, address=address, **more)


def asking(
    *, signed: bool = True, url: str | None = None, algorithms: Sequence[str] = ("sha-256",)
) -> list[tuple[str, str]]:
    """The fields that ask for a receipt."""
    return write_request(to="as2@acme.example", signed=signed, algorithms=algorithms if signed else (), url=url)


MINUTE = timedelta(minutes=1)
