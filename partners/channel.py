"""Channels: the transport endpoints of a counterpart.

A channel belongs to one party and carries what is particular to its transport, told apart by ``kind``. Secrets are not
profile data: a profile is text in version control, so it holds public keys and certificates and nothing private.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from partners.as2_channel import As2Channel
from partners.file_channel import DirectoryChannel, SftpClientChannel
from partners.file_name import NamesFiles
from partners.key_lines import KeyLines
from partners.model import Model
from partners.scalars import Form, Id


class SftpChannel(NamesFiles):
    """A mailbox on our SFTP server: the partner puts into ``in/`` and collects from ``out/``."""

    kind: Literal["sftp"]
    id: Id
    party: Id
    login: Annotated[
        str, Form("[a-z0-9][a-z0-9._-]{0,31}", "a login: lower-case letters, digits, . _ and -, at most 32")
    ]
    authorized_keys: KeyLines
    """OpenSSH public key lines, or ``{file: keys/name.pub}``: a file of the profiles folder that holds them."""


class AmqpChannel(Model):
    """A RabbitMQ exchange we publish to and, where the partner publishes too, the queue we read from."""

    kind: Literal["amqp"]
    id: Id
    party: Id
    exchange: Annotated[str, Form(r"[\x21-\x7e]{1,127}", "an exchange's name")]
    routing_key: Annotated[str, Form(r"[\x21-\x7e]{1,255}", "a routing key")]
    queue: Annotated[str, Form(r"[\x21-\x7e]{1,255}", "a queue's name")] | None = None


Channel = Annotated[
    SftpChannel | SftpClientChannel | As2Channel | DirectoryChannel | AmqpChannel, Field(discriminator="kind")
]
KINDS: dict[str, type[SftpChannel | SftpClientChannel | As2Channel | DirectoryChannel | AmqpChannel]] = {
    "sftp": SftpChannel,
    "sftp-client": SftpClientChannel,
    "as2": As2Channel,
    "directory": DirectoryChannel,
    "amqp": AmqpChannel,
}
