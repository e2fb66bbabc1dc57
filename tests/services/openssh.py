"""OpenSSH's own server, as a partner would run it: it speaks SFTP, for the user who runs the tests, with a key."""

from __future__ import annotations

import getpass
import os
import signal
from pathlib import Path

import asyncssh

from tests.services.running import Server, find, free_port, listens

PRIVILEGE_SEPARATION = Path("/run/sshd")
PASSWORDS = Path("/etc/shadow")


class SshServer:
    """Its folder ``home`` is where files go by absolute path; ``key`` is the client's private key."""

    def __init__(self) -> None:
        self._program = find("sshd", "/usr/sbin", "/usr/lib/openssh", "/usr/local/sbin")
        self._server = Server("openssh")
        folder = self._server.folder
        self.home = folder / "home"
        self.home.mkdir()
        self.user = getpass.getuser()
        self.port = free_port()
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self._authorized = folder / "authorized_keys"
        self.authorize_line(self.key.export_public_key().decode("ascii"))
        self.change_host_key()
        if os.geteuid() == 0:
            # Packages have the service manager make it.
            PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
        settings = {
            "ListenAddress": "127.0.0.1",
            "Port": str(self.port),
            "HostKey": str(folder / "host_key"),
            "AuthorizedKeysFile": str(self._authorized),
            "PidFile": "none",
            "StrictModes": "no",
            "UsePAM": "yes" if _locked(self.user) else "no",
            "PermitRootLogin": "prohibit-password",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            "Subsystem": "sftp internal-sftp",
            "ForceCommand": f"internal-sftp -d {self.home}",
        }
        self._configuration = folder / "sshd_config"
        self._configuration.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        self.start()

    @property
    def host_key(self) -> str:
        """The line by which clients know it."""
        public: bytes = self._host_key.export_public_key()
        return public.decode("ascii").strip()

    def change_host_key(self) -> None:
        """It proves itself with another key, from its next start on."""
        self._host_key = asyncssh.generate_private_key("ssh-ed25519")
        file = self._server.folder / "host_key"
        file.write_bytes(self._host_key.export_private_key())
        file.chmod(0o600)

    def authorize_line(self, line: str) -> None:
        """Only the key of this line is let in."""
        self._authorized.write_text(line)

    def start(self) -> None:
        """Start it, again with the files it had."""
        command: list[str | Path] = [self._program, "-D", "-e", "-f", self._configuration]
        self._server.start(command, stop=signal.SIGTERM)
        self._server.wait_until(lambda: listens(self.port, b"SSH-2.0-look\r\n"))

    def stop(self) -> None:
        """Nobody is let in any more; what is connected stays."""
        self._server.stop()

    def discard(self) -> None:
        """It and its files are gone."""
        self._server.discard()


def _locked(user: str) -> bool:
    """Whether the account has a password that nothing matches; then only PAM lets it in with a key."""
    if not os.access(PASSWORDS, os.R_OK):
        return False
    lines = (line.split(":") for line in PASSWORDS.read_text("utf-8", "replace").splitlines())
    return any(fields[0] == user and fields[1].startswith("!") for fields in lines if len(fields) > 1)
