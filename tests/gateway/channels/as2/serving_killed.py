"""An endpoint in a process of its own, to be killed: ``python -m tests.gateway.channels.as2.serving_killed HOME``.

It writes the port that it listens on, and how many bytes of a message it holds durably whenever that changes.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from gateway.channels.as2 import transfer
from tests.gateway.channels.as2.endpoint import Endpoint
from tests.gateway.channels.as2.parts import marks


def main(folder: Path) -> None:
    """Serve until killed."""
    transfer.SYNC_AFTER = 1 << 19
    # The log has a way of its own, so that its lines do not end up within ours.
    told_to = os.dup(1)
    os.dup2(2, 1)
    endpoint = Endpoint(folder)
    os.write(told_to, b"%d\n" % endpoint.server.port)
    told = -1
    while True:
        held = sum(mark.held for mark in marks(endpoint))
        if held != told:
            told = held
            os.write(told_to, b"%d\n" % held)
        time.sleep(0.01)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
