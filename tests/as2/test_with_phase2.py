"""Messages and receipts exchanged with phase2 (as2-lib): everything as it should be, or explained."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.as2.peers import java
from tests.as2.peers.by_phase2 import Phase2
from tests.as2.peers.matrix import TOPICS, Direction, exchanged, unexplained
from tests.as2.peers.our_side import OurSide
from tests.services.running import Missing

pytestmark = pytest.mark.xdist_group("as2-phase2")


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phase2]:
    try:
        peer = Phase2(tmp_path_factory.mktemp("phase2"))
    except Missing as reason:
        java.skip(reason)
    yield peer
    peer.close()


@pytest.fixture(scope="module")
def us() -> Iterator[OurSide]:
    us = OurSide()
    yield us
    us.close()


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("direction", ["to us", "to peer"])
def test_every_disagreement_is_explained(peer: Phase2, us: OurSide, topic: str, direction: Direction) -> None:
    assert unexplained(peer.name, topic, direction, exchanged(peer, us, topic, direction)) == []
