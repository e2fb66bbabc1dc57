"""pyas2lib as a peer: https://github.com/abhishek-ram/pyas2-lib, the library under django-pyas2.

It knows messages and no HTTP, so the connections are the tests' own; what it builds is posted as it is, and what comes
is given to it as it came. Its dependency oscrypto reads the version of OpenSSL with one digit a part and refuses
3.0.13: the environment gets that one pattern corrected, nothing else.
"""

from __future__ import annotations

import queue
import subprocess
import threading
from pathlib import Path
from typing import Final

from as2.headers import Headers, parse_block
from as2.mic import Packaging
from tests.as2.keys import key_pem, pem
from tests.as2.peers.exchange import OUR_KEY, PATIENCE, PEER_KEY, CannotDo, Order, Told, Took
from tests.as2.peers.listening import Answer, Listener, Posted, post
from tests.as2.peers.our_side import headers_block
from tests.as2.peers.program import PeerFailed, PeerProgram, Reply
from tests.services.peers import python_with
from tests.services.running import Missing

VERSION: Final = "pyas2lib==1.4.4"
_PROGRAM: Final = Path(__file__).parent / "peer_programs" / "pyas2lib_exchange.py"
_CIPHERS: Final = {
    "3des-cbc": "tripledes_192_cbc",
    "aes128-cbc": "aes_128_cbc",
    "aes192-cbc": "aes_192_cbc",
    "aes256-cbc": "aes_256_cbc",
}
_CORRECTED: Final = r"""
import importlib.util, pathlib
folder = pathlib.Path(importlib.util.find_spec("oscrypto").submodule_search_locations[0]) / "_openssl"
for name in ("_libcrypto_cffi.py", "_libcrypto_ctypes.py"):
    path = folder / name
    text = path.read_text()
    corrected = text.replace(r"\\d\\.\\d\\.\\d", r"\\d+\\.\\d+\\.\\d+")
    if corrected != text:
        path.write_text(corrected)
import pyas2lib
"""


def interpreter() -> Path:
    """The one of its environment; :class:`Missing` when it cannot be made."""
    python = python_with("pyas2lib", VERSION)
    done = subprocess.run([python, "-c", _CORRECTED], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing(f"{VERSION} does not start: {done.stderr.strip()[-200:]}")
    return python


class Pyas2lib:
    """The peer."""

    name = "pyas2lib"

    def __init__(self, folder: Path) -> None:
        self._program = PeerProgram([interpreter(), _PROGRAM], folder / "pyas2lib.log")
        self._listener = Listener(self._answer)
        self.receipts_url = f"{self._listener.url}/mdn"
        self._order: Order | None = None
        self._took = Took(error="no message came")
        self._receipts: queue.Queue[Posted] = queue.Queue()

    def close(self) -> None:
        """End it."""
        self._listener.close()
        self._program.close()

    def send(self, order: Order, url: str) -> Told:
        """Send a message, and wait for the receipt that it asks for."""
        if order.stack.signed and order.stack.compression == "after-signing":
            raise CannotDo("compresses before it signs, never after")
        if order.cipher not in _CIPHERS or order.other_recipients:
            raise CannotDo("has no such encryption")
        if len(order.micalgs) > 1:
            raise CannotDo("asks for a receipt in one algorithm")
        settings = self._settings(order) | {"key": _key(order.signing_key or PEER_KEY)}
        try:
            built = self._program.ask("build", **settings, content=order.content)
        except PeerFailed as error:
            raise CannotDo(str(error)) from error
        headers = _fields(parse_block(built.data("headers") + b"\r\n"))
        answered = post(url, headers, built.data("body"))
        if order.receipt == "none":
            return Told(error="" if answered.target == "200" else f"answered {answered.target}")
        if order.asynchronous:
            answered = self._receipts.get(timeout=PATIENCE)
        raw = headers_block(answered.headers) + b"\r\n" + answered.body
        return _told(self._program.ask("judge", raw=raw), order)

    def listen(self, order: Order) -> str:
        """Be ready for this message; the URL to post it to."""
        self._order, self._took = order, Took(error="no message came")
        return f"{self._listener.url}/as2"

    def took(self) -> Took:
        """What became of the message that came last."""
        return self._took

    def _answer(self, posted: Posted) -> Answer:
        if posted.target == "/mdn":
            self._receipts.put(posted)
            return Answer(200)
        assert self._order is not None
        raw = headers_block(posted.headers) + b"\r\n" + posted.body
        try:
            found = self._program.ask("answer", **self._settings(self._order), raw=raw)
        except PeerFailed as error:
            self._took = Took(error=str(error))
            return Answer(500)
        self._took = _took(found)
        if "mdn_body" not in found:
            return Answer(200)
        headers, body = _fields(parse_block(found.data("mdn_headers") + b"\r\n")), found.data("mdn_body")
        if not found["mdn_url"]:
            return Answer(200, headers, body)

        def returned() -> None:
            post(found["mdn_url"], headers, body)

        # Its own application answers with an empty 200, and leaves the receipt to a job that runs later.
        return Answer(200, afterwards=lambda: threading.Thread(target=returned, daemon=True).start())

    def _settings(self, order: Order) -> dict[str, str | bytes]:
        stack = order.stack
        return {
            "key": _key(PEER_KEY),
            "verify": Path(pem(OUR_KEY)).read_bytes(),
            "encrypt": Path(pem(order.encrypting_key or OUR_KEY)).read_bytes(),
            "receipts_url": self.receipts_url,
            "sender": order.sender,
            "receiver": order.receiver,
            "signed": "yes" if stack.signed else "",
            "encrypted": "yes" if stack.encrypted else "",
            "compressed": "yes" if stack.compression != "none" else "",
            "asynchronous": "yes" if order.asynchronous else "",
            "receipt": order.receipt,
            "digest": order.digest,
            "cipher": _CIPHERS.get(order.cipher, "aes_256_cbc"),
            "scheme": {"rsa-pss": "rsassa_pss"}.get(order.scheme, "rsassa_pkcs1v15"),
            "key_transport": {"rsa-oaep": "rsaes_oaep"}.get(order.key_transport.name, "rsaes_pkcs1v15"),
            "micalgs": order.micalgs[0].replace("sha-", "sha"),
            "media_type": order.media_type,
            "filename": order.filename or "",
        }


def _key(name: str) -> bytes:
    """The private key and its certificate, as it wants them."""
    return Path(key_pem(name)).read_bytes() + Path(pem(name)).read_bytes()


def _fields(headers: Headers) -> list[tuple[str, str]]:
    """In one line each, as an HTTP client sends them."""
    return [(name.decode("latin-1"), " ".join(value.decode("latin-1").split())) for name, value in headers.fields]


def _told(judged: Reply, order: Order) -> Told:
    status, detail = judged["status"], judged["detail"]
    mismatch = "integrity check failed" in detail.lower()
    positive = status in ("processed", "processed/warning")
    said = status if status == "processed" or mismatch else f"{status}: {detail}"
    return Told(
        disposition="processed" if mismatch else said.lower(),
        signed=bool(judged["signed"]),
        # It compares what it computed, and computes one for what it signed only.
        mic="mismatch" if mismatch else "match" if positive and order.stack.signed else "unchecked",
        error=detail if status.startswith("failed") else "",
    )


def _took(found: Reply) -> Took:
    # It does not say where the compression was.
    return Took(
        content=found.data("content") if "content" in found else None,
        stack=Packaging(signed=bool(found["signed"]), encrypted=bool(found["encrypted"])),
        error=found["error"],
    )
