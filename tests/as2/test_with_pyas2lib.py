"""Messages and receipts exchanged with pyas2lib: everything as it should be, or explained."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.as2.peers.by_pyas2lib import Pyas2lib
from tests.as2.peers.matrix import TOPICS, Direction, exchanged, unexplained
from tests.as2.peers.our_side import OurSide
from tests.services.running import Missing, skip_or_fail

pytestmark = pytest.mark.xdist_group("as2-pyas2lib")


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pyas2lib]:
    try:
        peer = Pyas2lib(tmp_path_factory.mktemp("pyas2lib"))
    except Missing as reason:
        skip_or_fail(reason)
    yield peer
    peer.close()


@pytest.fixture(scope="module")
def us() -> Iterator[OurSide]:
    us = OurSide()
    yield us
    us.close()


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("direction", ["to us", "to peer"])
def test_every_disagreement_is_explained(peer: Pyas2lib, us: OurSide, topic: str, direction: Direction) -> None:
    assert unexplained(peer.name, topic, direction, exchanged(peer, us, topic, direction)) == []
