"""AS2 messages and MDNs as bytes and values (RFC 4130); knows no socket, no clock and no disk."""
