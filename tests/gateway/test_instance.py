"""What a gateway keeps and opens: contents of any size, each of them durable and found again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive import Archive
from as2.source import BytesSource
from gateway import instance
from gateway.cli.running import make_home
from gateway.clock import system_clock
from gateway.config import open_home
from gateway.instance import Gateway
from gateway.ledger import objects


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway that nothing has come to."""
    make_home(tmp_path)
    with Gateway.open(open_home(tmp_path, {})) as opened:
        yield opened


def test_contents_lie_in_their_order(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance, "LARGE", 100)
    contents = [b"", b"a" * 60, b"b" * 100, b"c" * 60, b"d" * 99, b"e" * 5000, b"f"]
    places = gateway.keep(*map(BytesSource, contents))
    gateway.database.write(lambda c: objects.record_all(c, places, system_clock()))
    assert [gateway.content(place.sha256) for place in places] == contents
    opened = [gateway.opened(place.sha256) for place in places]
    assert [(each.size, b"".join(each.chunks())) for each in opened] == [(len(each), each) for each in contents]
    # Read again, from the start.
    assert b"".join(opened[1].chunks()) == contents[1]


def test_small_ones_share_one_sync(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    real = Archive.append_all

    def append_all(archive: Archive, contents: list[bytes]) -> object:
        calls.append(len(contents))
        return real(archive, contents)

    monkeypatch.setattr(Archive, "append_all", append_all)
    gateway.keep(*(BytesSource(b"%d" % number) for number in range(4)))
    assert calls == [4]


def test_nothing_is_nothing(gateway: Gateway) -> None:
    assert gateway.keep() == []
    gateway.database.write(lambda c: objects.record_all(c, [], system_clock()))
    assert gateway.database.read(objects.all_locators) == []


def test_what_the_ledger_does_not_know(gateway: Gateway) -> None:
    with pytest.raises(LookupError):
        gateway.opened("0" * 64)
