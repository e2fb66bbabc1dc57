"""``python -m tests.services.install``: see that the servers and clients the tests play with are on this machine.

Looks first and installs only what is missing, through the system's own package manager and only as root, since that is
all it may do without asking. Prints one line for each. Under CI a program that is still missing is an error; elsewhere
the tests that need it are skipped and say so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from tests.services import postgresql, rabbitmq
from tests.services.running import Missing, find

WANTED: dict[str, tuple[str, tuple[str, ...], str]] = {
    "RabbitMQ": ("rabbitmq-server", rabbitmq.SCRIPTS, "rabbitmq-server"),
    "PostgreSQL": ("initdb", postgresql.BINARIES, "postgresql"),
    "OpenSSH client": ("sftp", (), "openssh-client"),
    "OpenSSH server": ("sshd", ("/usr/sbin",), "openssh-server"),
}


def missing() -> dict[str, str]:
    """What is not there, with the package that has it."""
    absent = {}
    for name, (program, folders, package) in WANTED.items():
        try:
            find(program, *folders)
        except Missing:
            absent[name] = package
    return absent


def install(packages: list[str]) -> str | None:
    """``None`` when apt installed the packages, else why not."""
    if os.geteuid() != 0:
        return "installing needs root"
    apt = shutil.which("apt-get")
    if apt is None:
        return "there is no apt-get"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        done = subprocess.run(
            [apt, "-qq", "-o", "DPkg::Lock::Timeout=300", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            return f"apt-get {arguments[0]} failed:\n{done.stdout[-2000:]}"
    return None


def main() -> int:
    """0 when everything is there or may be missing."""
    absent = missing()
    for name in WANTED:
        if name not in absent:
            print(f"{name}: there")
    if not absent:
        return 0
    packages = sorted(set(absent.values()))
    print(f"Installing {', '.join(packages)} …", flush=True)
    reason = install(packages)
    still = missing()
    for name in absent:
        print(f"{name}: {'missing' if name in still else 'installed'}")
    if not still:
        return 0
    print(f"Not installed: {reason or 'the packages do not hold the programs'}.", file=sys.stderr)
    print(
        f"Tests that need {', '.join(still)} will be skipped; install {', '.join(packages)} yourself.", file=sys.stderr
    )
    return 1 if os.environ.get("CI", "").lower() in ("true", "1") else 0


if __name__ == "__main__":
    sys.exit(main())
