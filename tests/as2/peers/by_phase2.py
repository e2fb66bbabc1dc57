"""phase2 (as2-lib) as a peer: its client, and the modules that its server receives with. It has its own HTTP.

Version 5.1.7 under its older name ``com.helger.as2:as2-lib``; version 6 is the same library under
``com.helger.phase2``, but its parent project cannot be fetched everywhere. Its receiver is told what the partnership
is, as in its configuration: what it hashes for the MIC depends on that, not on what arrives.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from as2.mic import Packaging
from tests.as2.keys import key_pem, pem
from tests.as2.peers import java
from tests.as2.peers.exchange import OUR_KEY, PEER_KEY, CannotDo, Order, Told, Took
from tests.as2.peers.program import PeerFailed, PeerProgram
from tests.services.running import free_port

ARTIFACT: Final = "com.helger.as2:as2-lib:5.1.7"
_MODE: Final = "automatic-action/mdn-sent-automatically; "
_DIGESTS: Final = {"sha1": "sha-1", "sha256": "sha-256", "sha384": "sha-384", "sha512": "sha-512"}


class Phase2:
    """The peer."""

    name = "phase2"

    def __init__(self, folder: Path) -> None:
        self._program = PeerProgram(java.command("phase2", ARTIFACT, "Phase2Peer"), folder / "phase2.log")
        self._port, receipts = str(free_port()), str(free_port())
        self.receipts_url = f"http://127.0.0.1:{receipts}/mdn"
        self._program.ask(
            "start",
            folder=str(folder),
            port=self._port,
            port_receipts=receipts,
            verify=pem(OUR_KEY),
            encrypt=pem(OUR_KEY),
            certificate=pem(PEER_KEY),
            key=key_pem(PEER_KEY),
        )

    def close(self) -> None:
        """End it."""
        self._program.close()

    def send(self, order: Order, url: str) -> Told:
        """Send a message, and wait for the receipt that it asks for."""
        if order.other_recipients or order.key_transport.name != "rsa-pkcs1":
            raise CannotDo("encrypts for one recipient, with RSA PKCS #1 v1.5")
        key = order.signing_key or PEER_KEY
        digest = _DIGESTS[order.digest]
        micalgs = ", ".join(order.micalgs)
        try:
            told = self._program.ask(
                "send",
                url=url,
                content=order.content,
                **_layers(order),
                own_name=order.sender,
                certificate=pem(key),
                key=key_pem(key),
                verify=pem(OUR_KEY),
                encrypt=pem(order.encrypting_key or OUR_KEY),
                sender=order.sender,
                receiver=order.receiver,
                media_type=order.media_type,
                signature=f"rsassa-pss-{digest}" if order.scheme == "rsa-pss" else digest,
                cipher={"3des-cbc": "3des"}.get(order.cipher, order.cipher),
                receipt=order.receipt,
                options=f"signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, {micalgs}",
                filename=order.filename or "",
                asynchronous="yes" if order.asynchronous else "",
                receipts_url=self.receipts_url,
            )
        except PeerFailed as error:
            raise CannotDo(str(error)) from error
        return Told(
            disposition=told.get("disposition", "").lower().removeprefix(_MODE),
            signed=told.get("signed") == "yes",
            mic={"match": "match", "mismatch": "mismatch"}.get(told.get("mic", ""), "unchecked"),  # type: ignore[arg-type]
            error=told.get("error", ""),
        )

    def listen(self, order: Order) -> str:
        """Be ready for this message; the URL to post it to."""
        self._program.ask("listen", **_layers(order), own_name=order.receiver)
        return f"http://127.0.0.1:{self._port}/as2"

    def took(self) -> Took:
        """What became of the message that came last."""
        took = self._program.ask("took")
        if "content" not in took:
            return Took(error=took["error"])
        return Took(
            content=took.data("content"),
            stack=Packaging(signed=took["signed"] == "yes", encrypted=took["encrypted"] == "yes"),
        )


def _layers(order: Order) -> dict[str, str]:
    stack = order.stack
    return {
        "signed": "yes" if stack.signed else "",
        "encrypted": "yes" if stack.encrypted else "",
        "compressed": "yes" if stack.compression != "none" else "",
        "compressed_first": "yes" if stack.compression == "before-signing" else "",
    }
