"""The parts of the channel one by one: tree, coverage, spool, mailboxes, host keys, arrivals."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncssh
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.arrival import Arrival, printable
from gateway.channels.private_folder import FolderBusy
from gateway.channels.sftp import Gone, KeyFault, MemoryMailboxes, host_keys
from gateway.channels.sftp.coverage import MAX_GAPS, Coverage, Scattered
from gateway.channels.sftp.spool import Spool, SpoolRefusal
from gateway.channels.sftp.tree import Place, Refusal, file_attributes, line, locate
from gateway.channels.temporary_names import temporary

NOON = datetime(2026, 3, 9, 12, 5, tzinfo=UTC)


# Tree


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (b"", Place()),
        (b".", Place()),
        (b"/", Place()),
        (b"//", Place()),
        (b"in", Place("in")),
        (b"/in/", Place("in")),
        (b"/in/..", Place()),
        (b"/in/../out/./a b.edi", Place("out", "a b.edi")),
        (b"/in/nowhere/../a", Place("in", "a")),
        ("/in/äö€.edi".encode(), Place("in", "äö€.edi")),
        (b"/in/.hidden", Place("in", ".hidden")),
        (b"/in/...", Place("in", "...")),
    ],
)
def test_paths_that_lead_somewhere(path: bytes, place: Place) -> None:
    assert locate(path) == place


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=40),
        st.lists(st.sampled_from(["in", "out", "..", ".", "", "a", "\\"])).map("/".join).map(str.encode),
    )
)
def test_every_path_is_a_place_with_one_spelling_or_refused(path: bytes) -> None:
    try:
        place = locate(path)
    except Refusal as refusal:
        assert refusal.reason.isprintable()
        return
    assert place.folder in (None, "in", "out")
    assert place.name is None or (place.folder and "/" not in place.name and place.name not in ("", ".", ".."))
    assert locate(place.path.encode()) == place


def test_temporary_names() -> None:
    assert all(temporary(name) for name in ("a.part", "a.PART", "a.edi.tmp", "a.filepart", ".a", ".part"))
    assert not any(temporary(name) for name in ("a.edi", "part", "tmp", "a.part.edi", "a.partial"))


def test_lines_of_a_listing() -> None:
    recent = file_attributes("in", 1234, NOON - timedelta(days=3))
    assert line("a.edi", recent, NOON).long == b"-rw-r-----    1 gateway  gateway          1234 Mar  6 12:05 a.edi"
    old = file_attributes("out", 0, NOON - timedelta(days=400))
    assert line("ä", old, NOON).long == "-r--r-----    1 gateway  gateway             0 Feb  2  2025 ä".encode()
    assert file_attributes("in", 1, datetime(1960, 1, 1, tzinfo=UTC)).modified == 0


# Coverage


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12))))
def test_coverage_is_the_set_of_bytes(pieces: list[tuple[int, int]]) -> None:
    coverage, seen = Coverage(), set()
    for begin, length in pieces:
        coverage.add(begin, begin + length)
        seen |= set(range(begin, begin + length))
    reach = next(number for number in range(100) if number not in seen)
    assert coverage.reach == reach
    rest = sorted(number for number in seen if number > reach)
    gap = coverage.gap()
    # An empty piece may stand alone beyond the reach: something was said of that place, so it counts as a gap.
    if rest:
        assert gap is not None
        assert gap[0] == reach
        assert gap[1] <= rest[0]
    elif not any(not length and begin > reach for begin, length in pieces):
        assert gap is None


def test_coverage_does_not_grow_without_end() -> None:
    coverage = Coverage()
    with pytest.raises(Scattered):
        for number in range(MAX_GAPS + 1):
            coverage.add(2 * number + 1, 2 * number + 2)


# Spool


def _spool(tmp_path: Path, limit: int = 1 << 20, reserve: int = 0) -> Spool:
    return Spool(tmp_path / "spool", limit=limit, reserve=reserve)


@settings(max_examples=50, deadline=None)
@given(content=st.binary(max_size=400), order=st.randoms(use_true_random=False), size=st.integers(1, 50))
def test_spooled_bytes_and_hash_do_not_depend_on_the_order(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, order: object, size: int
) -> None:
    spool = _spool(tmp_path_factory.mktemp("spool"))
    file = spool.create()
    pieces = [(begin, content[begin : begin + size]) for begin in range(0, len(content), size)]
    getattr(order, "shuffle")(pieces)  # noqa: B009 (hypothesis has no public type for it)
    for begin, piece in pieces:
        file.write(begin, piece)
    assert file.seal() == hashlib.sha256(content).hexdigest()
    assert file.path.read_bytes() == content
    file.discard()
    file.discard()
    assert not file.path.exists()
    spool.close()


def test_bytes_written_twice_are_hashed_as_they_are(tmp_path: Path) -> None:
    file = _spool(tmp_path).create()
    file.write(0, b"first draft")
    file.write(0, b"final")
    assert file.seal() == hashlib.sha256(b"final draft").hexdigest()
    file.discard()


def test_spool_reports_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = _spool(tmp_path).create()

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space"):
        file.write(0, b"x")
    file.discard()


def test_spool_looks_at_the_disk_while_it_writes(tmp_path: Path) -> None:
    spool = _spool(tmp_path, limit=64 << 20)
    file = spool.create()
    spool.reserve = 1 << 60
    file.write(0, b"little")
    with pytest.raises(SpoolRefusal, match="no room"):
        file.write(6, bytes(5 << 20))
    file.discard()


def test_two_processes_do_not_share_a_spool(tmp_path: Path) -> None:
    spool = _spool(tmp_path)
    with pytest.raises(FolderBusy, match="in use by another gateway"):
        _spool(tmp_path)
    script = "import sys; from pathlib import Path; from gateway.channels.sftp.spool import Spool; "
    script += "Spool(Path(sys.argv[1]), limit=1, reserve=0)"
    other = subprocess.run(
        [sys.executable, "-c", script, str(spool.folder)], capture_output=True, text=True, check=False
    )
    assert "FolderBusy" in other.stderr
    spool.close()
    _spool(tmp_path).close()


# Mailboxes


def _arrival(path: Path, name: str, staged: int | None = None) -> Arrival:
    content = path.read_bytes()
    return Arrival(
        party="acme",
        channel="acme-sftp",
        protocol="sftp",
        name=name,
        path=path,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        at=NOON,
        facts={},
        staged=staged,
    )


def test_mailboxes_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"bytes")
    boxes = MemoryMailboxes()
    staged = boxes.stage("acme", "a.part", path, "", NOON)
    assert staged.staged
    boxes.arrived(_arrival(path, "a.edi", staged.id))
    boxes.arrived(_arrival(path, "a.edi"))
    [entry] = boxes.list("acme", "in")
    assert (entry.name, entry.staged, entry.size) == ("a.edi", False, 5)
    assert boxes.read(entry) == b"bytes"
    boxes.rename(entry, "b.edi")
    assert boxes.find("acme", "in", "a.edi") is None
    boxes.remove(entry)
    for attempt in (boxes.remove, lambda each: boxes.rename(each, "c")):
        with pytest.raises(Gone):
            attempt(entry)
    out = boxes.put("acme", "o.edi", b"out", NOON)
    boxes.collected(out)
    boxes.collected(out)
    assert [each.collected for each in boxes.list("acme", "out")] == [True]
    assert boxes.list("rival", "out") == []


# Host keys


def test_host_key_is_made_once_and_private(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    [first] = host_keys(folder)
    [again] = host_keys(folder)
    assert first.get_fingerprint() == again.get_fingerprint()
    [path] = folder.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_host_keys_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    [old] = host_keys(tmp_path)
    new = asyncssh.generate_private_key("ssh-ed25519")
    path = tmp_path / "sftp_host_next"
    new.write_private_key(str(path))
    new.write_public_key(str(tmp_path / "sftp_host_next.pub"))
    path.chmod(0o600)
    assert [key.get_fingerprint() for key in host_keys(tmp_path)] == [old.get_fingerprint(), new.get_fingerprint()]


def test_host_keys_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    host_keys(tmp_path)
    [path] = tmp_path.iterdir()
    path.chmod(0o640)
    with pytest.raises(KeyFault, match="chmod 600"):
        host_keys(tmp_path)
    path.chmod(0o600)
    path.write_bytes(b"not a key")
    with pytest.raises(KeyFault, match="not a usable host key"):
        host_keys(tmp_path)


# Arrivals


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("orders (1) äö€.edi", "orders (1) äö€.edi"),
        ("a\r\nb", "a\\r\\nb"),
        ("\x1b[2J", "\\x1b[2J"),
        ("re\u202etxt", "re\\u202etxt"),
        ("\U000e0001", "\\U000e0001"),
        ("x" * 200, "x" * 159 + "…"),
        ("\0" * 200, ("\\x00" * 40)[:159] + "…"),
    ],
)
def test_what_is_shown_of_a_name(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert len(shown) <= 160
    assert shown.isprintable()
