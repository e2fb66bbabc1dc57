"""The control socket: orders are answered, refusals say what to do, and nobody waits for ever on either side."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
import threading
from collections.abc import Awaitable, Callable, Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from gateway import control
from gateway.cli.running import make_home
from gateway.config import open_home
from gateway.control import (
    AssignCase,
    CloseCase,
    ControlSocket,
    Dismiss,
    NoAnswer,
    NotRunning,
    Order,
    Refused,
    Reprocess,
    Rerun,
    Resend,
    Send,
    Status,
    Take,
    address_of,
    ask,
    obey,
    take_letters,
)
from gateway.database import CommitFailed
from queues import EmbeddedExchange, Letter
from tests.gateway.pipeline.play import Play

EXAMPLES = files("profiles") / "examples" / "demo"
ORDER = (EXAMPLES / "order.json").read_bytes()


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    """A gateway that nothing has come to."""
    make_home(tmp_path)
    made = Play(open_home(tmp_path, {}))
    yield made
    made.gateway.close()


class Running:
    """A control socket in a loop of its own, as a gateway has it."""

    def __init__(self, path: Path, play: Play, *, embedded: bool = True) -> None:
        self.path = path
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

        async def answer(request: Order | Status) -> object:
            if isinstance(request, Status):
                return {"pid": 1}
            return await asyncio.to_thread(obey, play.gateway, request)

        self._socket = ControlSocket(
            path, answer, lambda _: EmbeddedExchange(play.gateway.database, end="business") if embedded else None
        )
        self._run(self._socket.listen)

    def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        async def worked() -> None:
            await work()

        asyncio.run_coroutine_threadsafe(worked(), self._loop).result(60)

    def stop(self) -> None:
        """Answer nothing more."""
        self._run(self._socket.stop)
        self._run(_others)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _others() -> None:
    """Conversations that are under way come to their end."""
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)


@pytest.fixture
def running(play: Play, tmp_path: Path) -> Iterator[Running]:
    """The gateway's end, listening."""
    made = Running(tmp_path / "control.sock", play)
    yield made
    made.stop()


def publish(play: Play, *letters: Letter) -> None:
    """The gateway hands documents to the company's systems."""
    exchange = EmbeddedExchange(play.gateway.database)

    async def each() -> None:
        for letter in letters:
            await exchange.publish(letter)
        await exchange.close()

    asyncio.run(each())


def letter(number: int) -> Letter:
    """A document for the company's systems."""
    return Letter(
        message_id=f"m-{number}",
        type="transport_status/1",
        routing_key="canonical.transport_status.blue-anchor",
        body=b"{}",
        headers={"party": "blue-anchor"},
    )


def test_an_order_is_carried_out(running: Running, play: Play) -> None:
    assert ask(running.path, Status()) == {"pid": 1}
    order = Send(message_id="n1", flow="tender-out", content=ORDER, actor="ann")
    first = ask(running.path, order)
    assert isinstance(first, dict) and first["repeated"] is False
    assert ask(running.path, order) == {**first, "repeated": True}
    play.work()
    (message,) = play.messages()
    assert message.type == "204"
    sent = ask(running.path, Resend(subject=message.id, actor="ann", reason="lost"))
    assert isinstance(sent, list) and sent[0]["name"].startswith("204-")


@pytest.mark.parametrize("kind", [Reprocess, Rerun, Dismiss])
def test_what_is_done_to_many_is_told_of_each(
    kind: type[Reprocess] | type[Rerun] | type[Dismiss], running: Running, play: Play
) -> None:
    ask(running.path, Send(message_id="n1", flow="tender-out", content=ORDER, actor="ann"))
    play.work()
    (message,) = play.messages()
    told = ask(running.path, kind(subjects=["m-nope", message.id], actor="ann", reason="why"))
    assert isinstance(told, list)
    assert [(each["subject"], each["outcome"]) for each in told] == [("m-nope", "refused"), (message.id, "done")]


def test_only_its_owner_may_talk_to_it(running: Running) -> None:
    assert stat.S_IMODE(running.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("order", "told"),
    [
        (
            Send(message_id="n1", flow="nope", content=ORDER, actor="a"),
            "there is no outgoing flow `nope`; there are: blue",
        ),
        (Send(message_id="n1", flow="status-in", content=ORDER, actor="a"), "no outgoing flow"),
        (Resend(subject="m-nope", actor="a", reason="r"), "sallyport messages search"),
        (Resend(subject="x", actor="a", reason=" "), "needs a reason"),
        (Reprocess(subjects=["m-nope"], actor="a", reason=" "), "needs a reason"),
        (Rerun(subjects=["m-nope"], actor="a", reason=""), "needs a reason"),
        (Dismiss(subjects=["m-nope"], actor="a", reason=""), "needs a reason"),
        (CloseCase(case="c-nope", actor="a", reason="r"), "sallyport cases list"),
        (CloseCase(case="c-nope", actor="a", reason=""), "say which"),
        (AssignCase(case="c-nope", owner="o", actor="a"), "sallyport cases list"),
    ],
)
def test_what_cannot_be_done_is_refused_alike_from_near_and_far(
    order: Order, told: str, running: Running, play: Play
) -> None:
    with pytest.raises(Refused, match=told) as near:
        obey(play.gateway, order)
    with pytest.raises(Refused) as far:
        ask(running.path, order)
    assert str(near.value) == str(far.value)


@pytest.mark.parametrize(
    "line",
    [
        *(b"\n", b"{}\n", b"not json\n", b'{"order": "frobnicate"}\n', b'{"order": "send"}\n', b"\xff\xfe\n"),
        b'{"order": "take", "limit": "many"}\n',
        b"[" * 100_000 + b"\n",
    ],
)
def test_what_is_no_order_is_answered_and_harms_nobody(line: bytes, running: Running) -> None:
    with socket.socket(socket.AF_UNIX) as connection, address_of(running.path) as address:
        connection.connect(address)
        connection.sendall(line)
        with connection.makefile("rb") as stream:
            answer = json.loads(stream.readline())
    assert "the gateway does not understand the order" in answer["refused"]
    assert ask(running.path, Status()) == {"pid": 1}


def test_callers_who_hang_up_harm_nobody(running: Running) -> None:
    for said in (b"", b'{"order": "st', b'{"order": "status"}\n', b'{"order": "take"}\n'):
        with socket.socket(socket.AF_UNIX) as connection, address_of(running.path) as address:
            connection.connect(address)
            connection.sendall(said)
    assert ask(running.path, Status()) == {"pid": 1}


def test_letters_are_taken_one_by_one(running: Running, play: Play) -> None:
    publish(play, *(letter(number) for number in range(5)))
    taken: list[Letter] = []
    assert take_letters(running.path, Take(limit=2), taken.append) == 2
    assert take_letters(running.path, Take(limit=100, patience=2.0), taken.append) == 3
    assert sorted(each.message_id for each in taken) == [f"m-{number}" for number in range(5)]
    assert take_letters(running.path, Take(limit=1, patience=0.1), taken.append) == 0


def test_a_letter_that_could_not_be_kept_comes_again(running: Running, play: Play) -> None:
    publish(play, letter(1))

    def full(_: Letter) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        take_letters(running.path, Take(limit=1), full)
    taken: list[Letter] = []
    while not taken:
        take_letters(running.path, Take(limit=1), taken.append)
    assert taken[0].message_id == "m-1"


def test_letters_of_a_gateway_with_rabbitmq_are_there(play: Play, tmp_path: Path) -> None:
    running = Running(tmp_path / "control.sock", play, embedded=False)
    try:
        with pytest.raises(Refused, match="read its queue there"):
            take_letters(running.path, Take(), lambda _: None)
    finally:
        running.stop()


def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(NotRunning):
        ask(tmp_path / "none", Status())
    with pytest.raises(NotRunning):
        ask(tmp_path / "no" / "folder", Status())
    (tmp_path / "file").write_text("")
    for name in ("file", "file/below"):
        with pytest.raises(NotRunning):
            ask(tmp_path / name, Status())


def test_a_socket_that_a_killed_gateway_left_is_replaced(play: Play, tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX) as killed, address_of(path) as address:
        killed.bind(address)
    with pytest.raises(NotRunning):
        ask(path, Status())
    running = Running(path, play)
    assert ask(path, Status()) == {"pid": 1}
    running.stop()
    assert not path.exists()


def test_a_gateway_that_hangs(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX) as listening, address_of(path) as address:
        listening.bind(address)
        listening.listen(0)
        with pytest.raises(NoAnswer, match="it hangs, or it was stopped"):
            take_letters(path, Take(), lambda _: None, patience=0.1)
        # In the end its queue of callers is full.
        for _ in range(3):
            with pytest.raises(NoAnswer, match="it hangs, or it was stopped"):
                ask(path, Status(), patience=0.1)


@pytest.mark.parametrize(("said", "fault"), [(b"", NotRunning), (b'{"refused": "no"}\n', Refused)])
def test_a_gateway_that_ends_meanwhile(said: bytes, fault: type[Exception], tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX) as listening, address_of(path) as address:
        listening.bind(address)
        listening.listen()

        def answer() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as stream:
                stream.readline()
                connection.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(fault):
            ask(path, Status())
        thread.join()


def test_a_folder_may_lie_deep(play: Play, tmp_path: Path) -> None:
    """The kernel takes 107 bytes for the name of a socket."""
    folder = tmp_path.joinpath(*(["a-folder-with-a-long-name"] * 8))
    folder.mkdir(parents=True)
    running = Running(folder / "control.sock", play)
    try:
        assert len(str(running.path)) > 200
        assert ask(running.path, Status()) == {"pid": 1}
        assert running.path.is_socket()
    finally:
        running.stop()
    assert not running.path.exists()


def test_the_patience_of_commands_is_longer_than_a_slow_disk() -> None:
    assert control.PATIENCE >= 30


def test_order_that_is_not_possible_now_is_told_so(
    play: Play, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise CommitFailed("the disk is full")

    monkeypatch.setattr(play.gateway.database, "write", full)
    with pytest.raises(Refused, match="not possible now: the disk is full"):
        ask(running.path, Resend(subject="t-1", actor="eva", reason="lost"))


def test_stop_does_not_wait_for_somebody_who_says_nothing(play: Play, tmp_path: Path) -> None:
    made = Running(tmp_path / "control.sock", play)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(made.path))
        assert ask(made.path, Status()) == {"pid": 1}
        made.stop()
        assert silent.recv(1) == b""
