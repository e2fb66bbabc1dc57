"""Apache Camel as a peer: its camel-as2-api, by which its AS2 endpoints send and receive. It has its own HTTP.

Camel calls the order of layers by what is done first: its ``COMPRESSED_SIGNED`` is compressed before it is signed. Its
messages are texts, not bytes: the tests give and take them as ISO 8859-1. It wants names quoted by its caller. It reads
MICs and compares none, so that is done here, with the one that it would answer to its own message itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from as2.identifiers import quote_name
from as2.mic import read_mic
from tests.as2.keys import key_pem, pem
from tests.as2.peers import java
from tests.as2.peers.exchange import OUR_KEY, PEER_KEY, CannotDo, MicSeen, Order, Told, Took
from tests.as2.peers.program import PeerFailed, PeerProgram
from tests.services.running import free_port

ARTIFACT: Final = "org.apache.camel:camel-as2-api:4.8.0"
_STRUCTURES: Final = {
    (False, "none"): "PLAIN",
    (True, "none"): "SIGNED",
    (False, "after-signing"): "PLAIN_COMPRESSED",
    (True, "before-signing"): "COMPRESSED_SIGNED",
    (True, "after-signing"): "SIGNED_COMPRESSED",
}
_ENCRYPTED: Final = {
    "PLAIN": "ENCRYPTED",
    "SIGNED": "SIGNED_ENCRYPTED",
    "PLAIN_COMPRESSED": "ENCRYPTED_COMPRESSED",
    "COMPRESSED_SIGNED": "ENCRYPTED_COMPRESSED_SIGNED",
    "SIGNED_COMPRESSED": "ENCRYPTED_SIGNED_COMPRESSED",
}
_SCHEMES: Final = {"rsa-pkcs1": "WITHRSA", "rsa-pss": "WITHRSAANDMGF1"}


class Camel:
    """The peer."""

    name = "camel"

    def __init__(self, folder: Path) -> None:
        self._program = PeerProgram(java.command("camel-as2", ARTIFACT, "CamelPeer"), folder / "camel.log")
        self._ports = {kind: str(free_port()) for kind in ("", "signed", "encrypted", "signedencrypted", "_receipts")}
        self.receipts_url = f"http://127.0.0.1:{self._ports['_receipts']}/mdn"
        self._program.ask(
            "start",
            verify=pem(OUR_KEY),
            certificate=pem(PEER_KEY),
            key=key_pem(PEER_KEY),
            **{f"port{kind}": port for kind, port in self._ports.items()},
        )

    def close(self) -> None:
        """End it."""
        self._program.close()

    def send(self, order: Order, url: str) -> Told:
        """Send a message, and wait for the receipt that it asks for."""
        if order.other_recipients or order.key_transport.name != "rsa-pkcs1":
            raise CannotDo("encrypts for one recipient, with RSA PKCS #1 v1.5")
        stack, key = order.stack, order.signing_key or PEER_KEY
        structure = _STRUCTURES[(stack.signed, stack.compression)]
        try:
            told = self._program.ask(
                "send",
                url=url,
                content=order.content,
                structure=_ENCRYPTED[structure] if stack.encrypted else structure,
                signed="yes" if stack.signed else "",
                encrypted="yes" if stack.encrypted else "",
                certificate=pem(key),
                key=key_pem(key),
                encrypt=pem(order.encrypting_key or OUR_KEY),
                opening=key_pem(order.encrypting_key or OUR_KEY),
                sender=quote_name(order.sender),
                receiver=quote_name(order.receiver),
                media_type=order.media_type,
                encoding="binary" if order.media_type == "application/octet-stream" else "",
                signature=order.digest.upper() + _SCHEMES[order.scheme],
                cipher={"3des-cbc": "DES_EDE3_CBC"}.get(order.cipher, order.cipher.upper().replace("-", "_")),
                receipt=order.receipt,
                micalgs=",".join(order.micalgs).replace("sha-", "sha"),
                filename=order.filename or "",
                asynchronous="yes" if order.asynchronous else "",
                receipts_url=self.receipts_url,
            )
        except PeerFailed as error:
            raise CannotDo(str(error)) from error
        return Told(
            disposition=told.get("disposition", "").lower(),
            signed=told.get("signed") == "yes",
            mic=_mic(told.get("mic", ""), told.get("own_mic", "")),
            error=told.get("error", ""),
        )

    def listen(self, order: Order) -> str:
        """Be ready for this message; the URL to post it to."""
        self._program.ask("took")
        kind = ("signed" if order.stack.signed else "") + ("encrypted" if order.stack.encrypted else "")
        return f"http://127.0.0.1:{self._ports[kind]}/as2"

    def took(self) -> Took:
        """What became of the message that came last."""
        took = self._program.ask("took")
        return Took(content=took.data("content") if "content" in took else None, error=took.get("error", ""))


def _mic(received: str, own: str) -> MicSeen:
    if not received or not own:
        return "unchecked"
    ours, theirs = read_mic(received), read_mic(own)
    return "match" if (ours.digest, ours.algorithm) == (theirs.digest, theirs.algorithm) else "mismatch"
