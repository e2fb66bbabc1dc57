"""The products that others wrote, and how a test gets one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.as2.peers import java
from tests.as2.peers.by_camel import Camel
from tests.as2.peers.by_phase2 import Phase2
from tests.as2.peers.by_pyas2lib import Pyas2lib
from tests.as2.peers.exchange import Peer
from tests.services.running import Missing

_PRODUCTS: Final[dict[str, Callable[[Path], Peer]]] = {"pyas2lib": Pyas2lib, "camel": Camel, "phase2": Phase2}
EACH: Final = [pytest.param(name, marks=pytest.mark.xdist_group(f"as2-{name}")) for name in _PRODUCTS]
"""Parameters of a fixture: the names, each of which stays in one process of a parallel run."""


def started(name: str, folder: Path) -> Peer:
    """The product, running; the test is skipped, or fails, where it cannot be had."""
    try:
        return _PRODUCTS[name](folder)
    except Missing as reason:
        java.skip(reason)
