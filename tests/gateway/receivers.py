"""What alerts go to, over real connections: a mail server that others wrote, and an HTTP server that keeps requests."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import SMTP as SMTP_POLICY
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "sallyport", "pa55word"


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a mail server")]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "server.pem", folder / "server.key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


class MailServer:
    """A mail server; what it says can be changed while it runs."""

    def __init__(self, tls: tuple[Path, Path] | None = None, *, implicit: bool = False) -> None:
        self.mails: list[tuple[str, Message]] = []
        """The recipient of each mail that was taken, and the mail."""
        self.to_greeting: str | None = None
        """What is said to EHLO and HELO, where it is not what a server says."""
        self.to_recipients = "250 OK"
        self.to_data = "250 queued as 1"
        self.cut = False
        """Whether the connection breaks when the mail was sent."""
        self.logins: list[str] = []
        self._context: ssl.SSLContext | None = None
        if tls is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*tls)
        self._implicit = implicit
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        assert started.wait(30)
        self.port: int = self._server.sockets[0].getsockname()[1]

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        context = self._context if self._implicit else None
        self._server = self._loop.run_until_complete(
            self._loop.create_server(self._session, "127.0.0.1", 0, ssl=context)
        )
        started.set()
        self._loop.run_forever()
        self._server.close()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _session(self) -> SMTP:
        starttls = self._context if not self._implicit else None
        return SMTP(
            self,
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_required=starttls is not None,
            auth_require_tls=not self._implicit,
            authenticator=self._authenticate,
            loop=self._loop,
        )

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append(given.login.decode())
        good = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=False)

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, name: str, responses: list[str]
    ) -> list[str]:
        """What is said to a greeting."""
        session.host_name = name
        return responses if self.to_greeting is None else [self.to_greeting]

    async def handle_HELO(self, _server: SMTP, session: Session, _envelope: Envelope, name: str) -> str:
        """What is said to a greeting of old."""
        session.host_name = name
        return self.to_greeting or "250 OK"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """What is said to a recipient."""
        if self.to_recipients.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.to_recipients

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """What is said to a mail."""
        if self.to_data.startswith("2") and not self.cut:
            content = envelope.content
            assert isinstance(content, bytes)
            parsed = message_from_bytes(content, policy=SMTP_POLICY)
            self.mails += [(recipient, parsed) for recipient in envelope.rcpt_tos]
        if self.cut:
            transport = server.transport
            assert isinstance(transport, asyncio.Transport)
            transport.abort()
        return self.to_data

    def stop(self) -> None:
        """Take nothing more."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)


class Request:
    """A request that came."""

    def __init__(self, path: str, headers: dict[str, str], body: bytes) -> None:
        self.path, self.headers, self.body = path, headers, body


class _HttpServer(ThreadingHTTPServer):
    """Says nothing when a client does not like its certificate and goes."""

    def handle_error(self, _request: object, _address: object) -> None:
        """Nothing."""


class WebhookServer:
    """An HTTP server; what it says can be changed while it runs."""

    def __init__(self, tls: tuple[Path, Path] | None = None) -> None:
        self.requests: list[Request] = []
        self.status, self.answer = 200, b"thank you"
        self.headers: dict[str, str] = {}
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                owner.requests.append(Request(self.path, headers, body))
                self.send_response(owner.status)
                for name, value in {"Content-Length": str(len(owner.answer)), **owner.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(owner.answer)

            def log_message(self, format: str, *_arguments: object) -> None:
                """Nothing."""

        self._server = _HttpServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take nothing more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(30)


@contextmanager
def mail_server(tls: tuple[Path, Path] | None = None, *, implicit: bool = False) -> Iterator[MailServer]:
    """A mail server for the time of a test."""
    server = MailServer(tls, implicit=implicit)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def webhook_server(tls: tuple[Path, Path] | None = None) -> Iterator[WebhookServer]:
    """An HTTP server for the time of a test."""
    server = WebhookServer(tls)
    try:
        yield server
    finally:
        server.stop()
