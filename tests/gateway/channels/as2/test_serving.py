"""The endpoint in a gateway that runs as an operator runs it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.as2.samples import DOCUMENT
from tests.gateway.channels.as2.endpoint import message, store_key, write_home
from tests.gateway.serving.running import PATIENCE, House, until


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A gateway that runs, with ACME for its only partner."""
    made = House(tmp_path / "home", as2="{enabled: yes, port: 0}")
    for file in (made.folder / "profiles").glob("*.yaml"):
        file.unlink()
    write_home(tmp_path / "acme")
    for file in (tmp_path / "acme" / "profiles").rglob("*"):
        if file.is_file():
            (made.folder / "profiles" / file.relative_to(tmp_path / "acme" / "profiles")).write_bytes(file.read_bytes())
    store_key(made.folder)
    made.start()
    yield made
    made.discard()


def test_from_the_wire_to_the_reader_and_through_the_end_of_the_process(house: House) -> None:
    sent = message(DOCUMENT)
    body = b"".join(sent.body.chunks())
    url = f"http://127.0.0.1:{house.serving.as2_port}/as2"
    with httpx2.Client(trust_env=False, timeout=PATIENCE) as client:
        first = client.post(url, headers=list(sent.headers), content=body)
    assert first.status_code == 200
    # What was received is read at once; here it is an interchange without messages.
    until("the file to be read", lambda: house.rows("SELECT id FROM interchange") or None)
    with httpx2.Client(trust_env=False, timeout=PATIENCE) as client:
        # A request is counted after its answer went out.
        page = f"http://127.0.0.1:{house.serving.metrics_port}/metrics"
        counted = 'sallyport_as2_requests_total{outcome="accepted"} 1.0'
        until("the request to be counted", lambda: counted in client.get(page).text or None)
    house.kill()
    house.start()
    url = f"http://127.0.0.1:{house.serving.as2_port}/as2"
    with httpx2.Client(trust_env=False, timeout=PATIENCE) as client:
        again = client.post(url, headers=list(sent.headers), content=body)
    assert (again.status_code, again.content) == (200, first.content)
    assert house.rows("SELECT count(*) FROM transmission WHERE direction = 'in'") == [(1,)]
    assert house.stop() == 0
