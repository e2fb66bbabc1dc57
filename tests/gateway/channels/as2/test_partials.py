"""What is kept of messages that broke off: whose goes first when there is too much, and what a new process finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from as2.restart import Partial
from as2.source import Source
from gateway.channels.as2 import partials as kept
from gateway.channels.as2.partials import Mark, Partials, new_name
from gateway.channels.workplace import SpoolFolder
from gateway.config import As2Settings
from tests.as2.samples import AT


class Stage:
    """A folder, and time that passes."""

    def __init__(self, folder: Path) -> None:
        self.now = AT
        self.folder = SpoolFolder(folder, reserve=0, empty=False)

    def partials(self, *, per_partner: int = 1000, in_all: int = 2000) -> Partials:
        """What a process that begins finds."""
        limits = As2Settings(partials_per_partner=per_partner, partials_in_all=in_all, partials_kept=timedelta(days=1))
        return Partials(self.folder, limits, self._opened, lambda: self.now)

    def _opened(self, sha256: str) -> Source:
        raise LookupError(sha256)

    def keep(self, store: Partials, key: str, party: str, size: int, *, archived: bool = False) -> None:
        """Let so many bytes be held; a minute later than the last ones."""
        self.now += timedelta(minutes=1)
        name = new_name()
        if not archived:
            (self.folder.folder / name).write_bytes(bytes(size))
        assert store.lock(key, "1@acme") == (None, None)
        mark = Mark(
            key=key,
            party=party,
            message_id="1@acme",
            name=name,
            held=size,
            total=None,
            sha256="",
            archived=archived,
            at=self.now,
        )
        store.put(mark)
        store.unlock(key)
        store.fit()

    def there(self, store: Partials, *keys: str) -> list[str]:
        """Which of these are held, in the folder too."""
        found = [key for key in keys if store.look(key) is not None]
        bytes_ = [path for path in self.folder.folder.iterdir() if not path.suffix]
        assert len(bytes_) == len([key for key in found if not store._marks[key].archived])
        return found


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path / "partials")
    yield made
    made.folder.close()


def test_of_one_partner_the_oldest_goes(stage: Stage) -> None:
    store = stage.partials()
    for key, party, size in (("a", "acme", 600), ("b", "beta", 900), ("c", "acme", 300), ("d", "acme", 200)):
        stage.keep(store, key, party, size)
    assert stage.there(store, "a", "b", "c", "d") == ["b", "c", "d"]


def test_of_all_partners_the_one_with_the_most_gives_way(stage: Stage) -> None:
    """A partner that keeps little does not lose it to one that keeps much."""
    store = stage.partials(in_all=1500)
    for key, party, size in (("a", "acme", 300), ("b", "beta", 400), ("c", "beta", 500), ("d", "gamma", 500)):
        stage.keep(store, key, party, size)
    assert stage.there(store, "a", "b", "c", "d") == ["a", "c", "d"]


def test_what_is_being_written_stays(stage: Stage) -> None:
    store = stage.partials()
    stage.keep(store, "a", "acme", 900)
    store.lock("a", "1@acme")
    stage.keep(store, "b", "acme", 900)
    assert store.look("a") == Partial(900, None, locked=True)
    store.unlock("a")
    store.fit()
    assert stage.there(store, "a", "b") == ["b"]


def test_marks_alone_are_not_endless(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 3)
    store = stage.partials()
    for number in range(6):
        stage.keep(store, f"{number}", "acme", 10**12, archived=True)
    stage.keep(store, "beta", "beta", 1, archived=True)
    assert stage.there(store, *"012345", "beta") == ["3", "4", "5", "beta"]
    assert len(list(stage.folder.folder.iterdir())) == 4


def test_a_lock_is_of_this_process(stage: Stage) -> None:
    store = stage.partials()
    stage.keep(store, "a", "acme", 10)
    store.lock("a", "1@acme")
    again = stage.partials()
    assert again.look("a") == Partial(10, None)
    assert again.look("a", "1@acme") == Partial(10, None)
    assert again.look("a", "2@acme") is None


def test_a_new_process_has_the_limits_of_its_configuration(stage: Stage) -> None:
    store = stage.partials()
    for key in "abc":
        stage.keep(store, key, "acme", 300)
    assert stage.there(stage.partials(per_partner=350), "a", "b", "c") == ["c"]
    stage.now += timedelta(days=2)
    assert stage.there(stage.partials(), "a", "b", "c") == []
    assert list(stage.folder.folder.iterdir()) == []


def test_of_two_marks_the_later_one_holds(stage: Stage) -> None:
    """A process that died between the two."""
    store = stage.partials()
    stage.keep(store, "a", "acme", 10)
    mark = store._marks["a"]
    del store._marks["a"]
    stage.keep(store, "a", "acme", 20)
    assert mark.held == 10 and len(list(stage.folder.folder.iterdir())) == 4
    again = stage.partials()
    assert again.look("a") == Partial(20, None)
    assert stage.there(again, "a") == ["a"]
