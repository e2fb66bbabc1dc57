"""A gateway that runs as an operator runs it; all its partners are one AS2 product that others wrote.

A profile says for each channel how messages are packed, so there is a partner for every stack of layers, and each
twice: with receipts in the answer and with receipts that come later. What partners send may be packed in any way.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Final

import msgspec

from as2.mic import Packaging
from gateway.channels.as2.keys import As2Keys, certificates_in
from gateway.config import open_home
from tests.as2.keys import KEYS
from tests.as2.peers.exchange import OUR_KEY, PEER_KEY, Order, Peer
from tests.as2.samples import STACKS, stack_name
from tests.gateway.serving.running import House, example
from tests.services.running import free_port

US: Final = "Meridian"
_COMPRESS: Final = {"none": "no", "before-signing": "before-signing", "after-signing": "after-signing"}
_US: Final = """
party:
  id: meridian
  name: Meridian Trading
  identities:
    - {{scheme: as2, value: {us}}}
    - {{scheme: unb, qualifier: "14", value: "5498765000017"}}
  certificates:
    - {{file: keys/{key}.pem}}
"""
_PARTNER: Final = """
party:
  id: {id}
  name: {name}
  identities:
    - {{scheme: as2, value: {name}}}
    - {{scheme: unb, qualifier: "14", value: "{gln}"}}
channels:
  - id: {id}-as2
    kind: as2
    url: {url}
    sign: {sign}
    encrypt: {encrypt}
    compress: {compress}
    mdn: {{mode: {mode}}}
    certificates: [{{file: keys/{key}.pem}}]
    receive: {{signed: no, encrypted: no, async_url: {receipts}}}
agreements:
  - id: {id}
    extends: [edifact-d96a-3pl]
    us: meridian
    status: live
    valid_from: 2026-01-01
    timezone: Europe/Brussels
    every_flow: {{channel: {id}-as2}}
"""
_numbers = count(1)


class Partner(msgspec.Struct, frozen=True, kw_only=True):
    """One partner, and how it is sent to."""

    number: int
    stack: Packaging
    asynchronous: bool
    blank: bool = False
    """Whether there is a blank in its name, which therefore needs quotes."""

    @property
    def id(self) -> str:
        """Of its party."""
        return f"partner-{self.number}"

    @property
    def name(self) -> str:
        """Its AS2 name."""
        return f"PARTNER{' ' if self.blank else '-'}{self.number}"

    @property
    def gln(self) -> str:
        """Its number in UNB."""
        return f"54123450{self.number:05d}"

    @property
    def label(self) -> str:
        """For messages of tests."""
        return f"{stack_name(self.stack)}, {'async' if self.asynchronous else 'sync'}"

    def report(self) -> tuple[str, bytes]:
        """The control number of an interchange of its own, and the interchange: a CONTRL answers it."""
        number = str(next(_numbers))
        content = example("iftsta.edi").replace(b"\n", b"\r\n").replace(b"5412345000013:14", f"{self.gln}:14".encode())
        return number, content.replace(b"+4711'", f"+{number}'".encode())

    def sends(self, content: bytes, stack: Packaging | None = None) -> Order:
        """A message of its own to us."""
        return Order(stack=stack or self.stack, sender=self.name, receiver=US, content=content)

    def expects(self) -> Order:
        """What a message of ours to it is like."""
        return Order(stack=self.stack, sender=US, receiver=self.name, asynchronous=self.asynchronous)


PARTNERS: Final = tuple(
    Partner(number=number, stack=stack, asynchronous=asynchronous)
    for number, (asynchronous, stack) in enumerate((late, stack) for late in (False, True) for stack in STACKS)
)

SENDER: Final = Partner(number=len(PARTNERS), stack=STACKS[-1], asynchronous=False)
"""Sends only: nobody listens where our answers to it go, so none of them disturbs the others."""
QUOTED: Final = Partner(
    number=len(PARTNERS) + 1, stack=Packaging(signed=True, encrypted=True), asynchronous=True, blank=True
)
"""Its receipts come later, and its name needs quotes."""
_NOBODY: Final = "http://127.0.0.1:9/as2"


def house_of(peer: Peer, folder: Path) -> House:
    """The gateway, with its profiles and its key, not started."""
    port = free_port()
    house = House(folder, as2=f"{{enabled: yes, port: {port}, url: 'http://127.0.0.1:{port}/as2'}}")
    profiles = house.folder / "profiles"
    for file in profiles.glob("*.yaml"):
        file.unlink()
    (profiles / "meridian.yaml").write_text(_US.format(us=US, key=OUR_KEY))
    for partner in (*PARTNERS, SENDER, QUOTED):
        stack = partner.stack
        text = _PARTNER.format(
            id=partner.id,
            name=partner.name,
            gln=partner.gln,
            url=peer.listen(partner.expects()) if partner is not SENDER else _NOBODY,
            sign="sha256" if stack.signed else "none",
            encrypt="aes256" if stack.encrypted else "none",
            compress=_COMPRESS[stack.compression],
            mode="async" if partner.asynchronous else "sync",
            key=PEER_KEY,
            receipts=peer.receipts_url,
        )
        (profiles / f"{partner.id}.yaml").write_text(text)
    for key in (OUR_KEY, PEER_KEY):
        (profiles / "keys" / f"{key}.pem").write_bytes((KEYS / f"{key}.pem").read_bytes())
    (certificate,) = certificates_in((KEYS / f"{OUR_KEY}.pem").read_text())
    As2Keys(open_home(folder, {}).keys).store(certificate, (KEYS / f"{OUR_KEY}.key.pem").read_bytes())
    return house
