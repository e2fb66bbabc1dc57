"""The gateway of the AS2 benchmark: ``python -m benchmarks.as2_endpoint FOLDER [PROCESSORS]``.

Only the endpoint runs; what it takes waits for workers that do not come. It says its port on a line, and its processor
seconds since its start for every line that it gets; it ends with its input.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from gateway.config import LogSettings
from gateway.logs import configure
from tests.gateway.channels.as2.endpoint import Endpoint


def main() -> None:
    """Listen until nobody asks any more."""
    folder = Path(sys.argv[1])
    if len(sys.argv) > 2:
        os.sched_setaffinity(0, range(int(sys.argv[2])))
    endpoint = Endpoint(folder)
    with (folder / "log").open("w") as lines:
        configure(LogSettings(format="json"), lines)
        print(endpoint.server.port, flush=True)
        for _ in sys.stdin:
            print(time.process_time(), flush=True)
        endpoint.close()


if __name__ == "__main__":
    main()
