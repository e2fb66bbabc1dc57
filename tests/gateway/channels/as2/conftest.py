"""Endpoints on either database."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from gateway.channels.as2.posting import Poster
from gateway.config import open_home
from gateway.instance import Gateway
from tests.gateway.channels.as2.endpoint import Endpoint, store_key, write_home
from tests.gateway.channels.as2.sender import NOWHERE, Sending, write_sender

ON_POSTGRESQL = (pytest.mark.services, pytest.mark.xdist_group("postgresql_server"))


class MakeEndpoint(Protocol):
    """Makes a gateway whose endpoint listens."""

    def __call__(self, *, channel: str = "", certificate: str = "rsa", key: bool = True, **settings: str) -> Endpoint:
        """``channel`` are further lines of ACME's channel; without ``key`` our private key is missing."""


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a gateway that was opened once: to migrate anew for every test takes longer than most."""
    folder = tmp_path_factory.mktemp("as2")
    write_home(folder)
    Gateway.open(open_home(folder, {})).close()
    return folder / "var"


@pytest.fixture
def make_endpoint(tmp_path: Path, empty_ledger: Path) -> Iterator[MakeEndpoint]:
    """Makes endpoints, and stops them."""
    made: list[Endpoint] = []

    def make(*, channel: str = "", certificate: str = "rsa", key: bool = True, **settings: str) -> Endpoint:
        folder = tmp_path / f"home{len(made)}"
        write_home(folder, channel=channel, settings=settings, certificate=certificate)
        if "database" not in settings:
            shutil.copytree(empty_ledger, folder / "var")
        if key:
            store_key(folder)
        made.append(Endpoint(folder))
        return made[-1]

    yield make
    for endpoint in made:
        endpoint.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=ON_POSTGRESQL)])
def endpoint(request: pytest.FixtureRequest, make_endpoint: MakeEndpoint) -> Endpoint:
    """An endpoint on either database."""
    if request.param == "postgresql":
        return make_endpoint(database=request.getfixturevalue("postgresql_url"))
    return make_endpoint()


class MakeSending(Protocol):
    """Makes a gateway that sends to ACME."""

    def __call__(
        self, *, channel: str = "", url: str = NOWHERE, poster: Poster | None = None, **settings: str
    ) -> Sending:
        """``channel`` are further lines of ACME's channel."""


@pytest.fixture
def make_sending(tmp_path: Path, empty_ledger: Path) -> Iterator[MakeSending]:
    """Makes gateways that send, and closes them."""
    made: list[Sending] = []

    def make(*, channel: str = "", url: str = NOWHERE, poster: Poster | None = None, **settings: str) -> Sending:
        folder = tmp_path / f"sends{len(made)}"
        write_sender(folder, channel=channel, url=url, **settings)
        if "database" not in settings:
            shutil.copytree(empty_ledger, folder / "var", dirs_exist_ok=True)
        made.append(Sending(folder, poster))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=ON_POSTGRESQL)])
def sending(request: pytest.FixtureRequest, make_sending: MakeSending) -> Sending:
    """One on either database."""
    if request.param == "postgresql":
        return make_sending(database=request.getfixturevalue("postgresql_url"))
    return make_sending()
