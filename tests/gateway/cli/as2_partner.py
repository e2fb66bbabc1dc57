"""A partner's AS2 server on a free port: it takes one message after another and answers with a receipt of its own."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple

from as2.digests import spelled
from as2.disposition import answer
from as2.headers import Headers, parse_block, write_block
from as2.heading import read_heading
from as2.mdn import TEXTS, Receipt, build_mdn
from as2.mic import write_mic
from as2.receiving import Receiving, receive
from as2.signed import Signing
from as2.source import BytesSource, MemoryScratch
from tests.as2.keys import certificate_of, pair_of

PARTNER, US = "rsa-other", "rsa"
"""Whose test keys the two have."""


class Reply(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


Answer = Callable[[Headers, bytes], Reply]


def with_receipt(
    headers: Headers,
    body: bytes,
    *,
    signer: str = PARTNER,
    ours: str = US,
    theirs: str = PARTNER,
    spoiled: bool = False,
) -> Reply:
    """What a partner answers that pins our certificate; ``spoiled`` has the MIC of something else."""
    heading = read_heading(headers)
    terms = Receiving(keys=[pair_of(theirs)], pinned=[certificate_of(ours)], signed=False, encrypted=False)
    received = receive(headers, heading, BytesSource(body), terms, scratch=MemoryScratch(), entropy=os.urandom)
    mic = received.mic
    mdn = build_mdn(
        Receipt(
            received_from=heading.sender_wire,
            received_to=heading.receiver_wire,
            original_message_id=heading.message_id,
            disposition=answer(received.code, heading.version),
            mic=write_mic(bytes(32) if spoiled else mic[1], spelled(mic[0])) if mic is not None else None,
            text=TEXTS[received.code],
            message_id="<answer@partner.example>",
            at=datetime(2026, 12, 1, tzinfo=UTC),
            user_agent="Partner",
        ),
        signing=Signing(signer=pair_of(signer), digest_name="sha256", micalg="sha-256")
        if heading.receipt.signed
        else None,
        entropy=os.urandom,
    )
    return Reply(200, mdn.headers, mdn.body)


@contextmanager
def serving(reply: Answer, *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The URL of a server that answers so."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Take a message and answer it."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answered = reply(parse_block(_block(self.headers)), body)
            self.send_response(answered.status)
            for name, value in answered.headers:
                self.send_header(name, value)
            if not any(name == "Content-Length" for name, _ in answered.headers):
                self.send_header("Content-Length", str(len(answered.body)))
            self.end_headers()
            self.wfile.write(answered.body)

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}/as2"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _block(fields: Message) -> bytes:
    return write_block(fields.items())
