"""Channels over places of others: a folder of this machine, or the partner's own SFTP server.

Both are the same thing seen from the gateway: files are put into one folder and collected from another. What differs
is how the place is reached.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from partners.file_name import NamesFiles
from partners.key_lines import KeyLines
from partners.model import Model
from partners.scalars import Duration, Form, Id, Switch, Whole, read_duration

_STEP = r"[A-Za-z0-9_-][A-Za-z0-9._ -]{0,63}"
_WITHIN = Form(rf"{_STEP}(?:/{_STEP}){{0,7}}", "a folder such as out or edi/out, without dots in front")
_REMOTE = Form(rf"/?{_STEP}(?:/{_STEP}){{0,7}}|[./]", "a folder such as /outgoing or edi/out, or . for the first one")
Files = Annotated[str, Form(r"[A-Za-z0-9._*? +=@-]{1,64}", "a pattern of file names with * and ?, such as *.edi")]


class Collecting(Model):
    """What is collected, and when a file is taken."""

    folder: str
    files: Files = "*"
    """Names of the files that are taken; case counts."""
    settled: Duration = read_duration("PT10S")
    """A file is taken when its size and time have not changed for so long."""
    unfinished: Duration = read_duration("PT15M")
    """A file whose end is missing is waited for so long; then it is taken as it is, and its faults are reported."""


class CollectingHere(Collecting):
    """How files are collected from a folder of this machine."""

    folder: Annotated[str, _WITHIN] = "in"
    """Below the channel's folder."""
    every: Duration = read_duration("PT5S")
    """How often it is looked."""


class CollectingThere(Collecting):
    """How files are collected from a partner's server."""

    folder: Annotated[str, _REMOTE] = "/"
    every: Duration = read_duration("PT1M")
    """How often it is looked; after a failure the pauses grow."""


class DirectoryChannel(NamesFiles):
    """Folders of this machine, for a system that reads and writes files: the gateway puts files into one of them and
    collects them from another."""

    kind: Literal["directory"]
    id: Id
    party: Id
    folder: Annotated[str, _WITHIN]
    """Below `directories` of the configuration. It has to be there: the gateway makes no folders, for a disk that is
    not mounted would otherwise go unnoticed."""
    collect: CollectingHere | None = CollectingHere()
    deliver_to: Annotated[str, _WITHIN] = "out"
    """Where files are put, below the channel's folder."""


class SftpClientChannel(NamesFiles):
    """An SFTP server of the partner's: the gateway logs in, puts files into one folder and collects them from
    another."""

    kind: Literal["sftp-client"]
    id: Id
    party: Id
    host: Annotated[str, Form(r"[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,252})", "a host name or an address")]
    port: Annotated[Whole, Field(ge=1, le=65535)] = 22
    user: Annotated[str, Form(r"[\x21-\x7e]{1,128}", "a user name")]
    host_keys: KeyLines
    """The server's public keys, as OpenSSH lines or ``{file: keys/name.pub}``; no other is trusted. Name the next one
    beside the present one before the partner changes it."""
    keys: Annotated[tuple[Id, ...], Field(min_length=1, max_length=3)] = ("sftp",)
    """Our private keys, by their names among the gateway's: the first one that the server takes is used. Put the next
    one in front before the partner knows it, and take the old one out when it does. Three at most, since many servers
    end a login that tries more."""
    collect: CollectingThere | None = None
    deliver_to: Annotated[str, _REMOTE] | None = None
    """Where files are put; without it nothing is sent over this channel."""
    rename: Switch = True
    """Whether a file is put there under a temporary name first; ``no`` for servers on which nothing can be renamed."""
    timeout: Duration = read_duration("PT30S")
    """How long the connection, or one answer, may take."""

    @model_validator(mode="after")
    def _does_something(self) -> SftpClientChannel:
        if self.collect is None and self.deliver_to is None:
            raise ValueError("it neither collects nor delivers: add `collect`, or `deliver_to`")
        return self
