"""Poison: bytes that end whoever reads them become a case, and the gateway and everybody else's files go on."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import paramiko
import pytest

from gateway import rehearsing
from gateway.config import Home, open_home
from gateway.rehearsing import Interrupted, rehearse
from queues import Job
from tests.gateway.pipeline.play import START, Play
from tests.gateway.serving.poison import CRASHES, EXHAUSTS, LEAVES, LOOPS, plant
from tests.gateway.serving.running import MakeHouse, example, until

LIMITS = "{cpu: PT60S, memory: 536870912}"
"""Only what never ends needs so much processor time, on whatever machine."""
LITTLE_TIME = "{cpu: PT3S, memory: 536870912}"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A gateway's folder, and poison that is known in every process that starts from now on."""
    plant(tmp_path / "plant", monkeypatch)
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "sallyport.yaml").write_text(f"rehearsal: {LIMITS}\n")
    for source in (Path(__file__).parents[3] / "profiles" / "partners-example").glob("*.yaml"):
        (folder / "profiles").mkdir(exist_ok=True)
        (folder / "profiles" / source.name).write_bytes(source.read_bytes())
    return open_home(folder, {})


def job_of(transmission: str, kind: str = "read") -> Job:
    return Job(
        id=1,
        kind=kind,
        key=f"{kind}:{transmission}",
        partner="blue-anchor",
        lane=1,
        payload={"transmission": transmission},
        attempt=3,
        expiries=2,
        enqueued_at=START,
    )


@pytest.mark.parametrize(
    ("poison", "told"),
    [
        (EXHAUSTS, "needed more than the 512 MiB of memory"),
        (LEAVES, "ended without a word, with the exit code 0"),
        (CRASHES, "was ended by the signal SIGSEGV"),
    ],
)
def test_a_rehearsal_says_what_ended_it(home: Home, poison: bytes, told: str) -> None:
    play = Play(home)
    transmission = play.upload(b"UNB+" + poison)
    assert told in str(rehearse(home, job_of(transmission), threading.Event()))
    play.gateway.close()


def test_a_rehearsal_without_end_ends_with_its_processor_time(home: Home) -> None:
    (home.folder / "sallyport.yaml").write_text(f"rehearsal: {LITTLE_TIME}\n")
    play = Play(home)
    transmission = play.upload(b"UNB+" + LOOPS)
    told = rehearse(open_home(home.folder, {}), job_of(transmission), threading.Event())
    assert "used up the 3 seconds of processor time" in str(told)
    play.gateway.close()


def test_an_honest_file_survives_and_leaves_no_trace(home: Home) -> None:
    play = Play(home)
    transmission = play.upload(example("iftsta.edi"))
    before = sorted((each, each.stat().st_size) for each in home.archive.rglob("*"))
    assert rehearse(home, job_of(transmission), threading.Event()) is None
    assert sorted((each, each.stat().st_size) for each in home.archive.rglob("*")) == before
    assert play.messages() == []
    play.work()
    assert len(play.messages()) == 3
    play.gateway.close()


def test_what_a_stage_raises_is_no_end(home: Home) -> None:
    play = Play(home)
    accepted = play.submit(b"{}", "blue-anchor/orders")
    assert rehearse(home, job_of(accepted.transmission, "build"), threading.Event()) is None
    assert rehearse(home, job_of("t-unknown"), threading.Event()) is None
    assert rehearse(home, job_of("t-unknown", "deliver"), threading.Event()) is None, "of that nothing is pure"
    play.gateway.close()


def test_a_gateway_that_stops_waits_for_no_rehearsal(home: Home) -> None:
    play = Play(home)
    transmission = play.upload(b"UNB+" + LOOPS)
    stopping = threading.Event()
    stopping.set()
    with pytest.raises(Interrupted):
        rehearse(home, job_of(transmission), stopping)
    play.gateway.close()


def test_a_rehearsal_that_only_waits_is_ended_by_the_clock(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    play = Play(home)
    transmission = play.upload(b"UNB+" + LOOPS)
    monkeypatch.setattr(rehearsing, "WAITING", 0)
    begun = time.monotonic()
    assert "had not come to its end" in str(rehearse(home, job_of(transmission), threading.Event()))
    assert time.monotonic() - begun < 60
    play.gateway.close()


def test_poison_ends_a_gateway_twice_and_then_is_a_case(
    make_house: MakeHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(tmp_path / "plant", monkeypatch)
    house = make_house(rehearsal=LIMITS)
    # The gateway may be gone before it has said that the file is safe.
    with suppress(EOFError, OSError, paramiko.SSHException):
        house.upload(b"UNB+" + EXHAUSTS, "poison.edi")
    assert house.ended() == -signal.SIGKILL
    assert house.ended() == -signal.SIGKILL
    house.start()
    case = "SELECT text FROM \"case\" WHERE cause = 'workers-ended'"
    ((text,),) = until("the case", lambda: house.rows(case) or None)
    assert "2 workers ended without a word" in str(text) and "512 MiB" in str(text)
    house.upload(example("iftsta.edi"), "honest.edi")
    assert any(b"UCI+" in each for each in house.collect(1).values())
    assert house.stop() == 0
