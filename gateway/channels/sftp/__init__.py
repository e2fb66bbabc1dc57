"""The SFTP channel: a server with two mailboxes a partner, on which OK means durable. ``server`` tells how it works."""

from gateway.channels.sftp.keys import KeyFault, host_keys
from gateway.channels.sftp.limits import Limits
from gateway.channels.sftp.mailboxes import Entry, Gone, Mailboxes, MemoryMailboxes
from gateway.channels.sftp.server import SftpServer
from gateway.channels.sftp.tree import Folder
from gateway.channels.sftp.visitor import Login, LookUp

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
    "host_keys",
]
