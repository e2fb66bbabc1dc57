"""Messages and receipts exchanged with products that others wrote: everything as it should be, or explained."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.as2.peers.exchange import Peer
from tests.as2.peers.matrix import TOPICS, Direction, exchanged, unexplained
from tests.as2.peers.our_side import OurSide
from tests.as2.peers.products import EACH, started


@pytest.fixture(scope="module", params=EACH)
def peer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    peer = started(request.param, tmp_path_factory.mktemp(request.param))
    yield peer
    peer.close()


@pytest.fixture(scope="module")
def us() -> Iterator[OurSide]:
    us = OurSide()
    yield us
    us.close()


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("direction", ["to us", "to peer"])
def test_every_disagreement_is_explained(peer: Peer, us: OurSide, topic: str, direction: Direction) -> None:
    assert unexplained(peer.name, topic, direction, exchanged(peer, us, topic, direction)) == []
