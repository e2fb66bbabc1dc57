"""The SFTP channel: a server with two mailboxes a partner, on which OK means durable. ``server`` tells how it works."""

from gateway.sftp.keys import KeyFault, host_keys
from gateway.sftp.limits import Limits
from gateway.sftp.mailboxes import Entry, Gone, Mailboxes, MemoryMailboxes
from gateway.sftp.server import SftpServer
from gateway.sftp.spool import SpoolBusy
from gateway.sftp.tree import Folder, temporary
from gateway.sftp.visitor import Login, LookUp

__all__ = [
    "Entry",
    "Folder",
    "Gone",
    "KeyFault",
    "Limits",
    "Login",
    "LookUp",
    "Mailboxes",
    "MemoryMailboxes",
    "SftpServer",
    "SpoolBusy",
    "host_keys",
    "temporary",
]
