"""Fixtures for the servers that tests run against. Each worker starts the ones its tests need, once, and stops them.

Tests that need a server are kept together (``--dist loadgroup``), so that a parallel run starts one of each.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.services.openssh import SshServer
from tests.services.postgresql import PostgresServer
from tests.services.rabbitmq import RabbitServer
from tests.services.running import Missing, skip_or_fail

# `pytest tests/stateful --hypothesis-profile=nightly --hypothesis-seed=N`: for the night, and for the record.
settings.register_profile("nightly", max_examples=200, stateful_step_count=60, deadline=None)

# The first that a test needs decides which worker runs it; RabbitMQ takes longest to start.
SERVERS = ("rabbitmq_server", "postgresql_server")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a server, and keep those of one server on one worker."""
    for item in items:
        needed = [name for name in SERVERS if name in getattr(item, "fixturenames", ())]
        if needed:
            item.add_marker(pytest.mark.services)
            item.add_marker(pytest.mark.xdist_group(needed[0]))


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresServer]:
    """A PostgreSQL that was started for these tests; ``fresh_database()`` gives the URL of a new database."""
    try:
        server = PostgresServer()
    except Missing as reason:
        skip_or_fail(reason)
    yield server
    server.stop()


@pytest.fixture
def postgresql_url(postgresql_server: PostgresServer) -> str:
    """The SQLAlchemy URL of a new, empty database."""
    return postgresql_server.fresh_database()


@pytest.fixture(scope="session")
def rabbitmq_server() -> Iterator[RabbitServer]:
    """A RabbitMQ that was started for these tests; ``fresh_url()`` gives the URL of an unused virtual host."""
    try:
        server = RabbitServer()
    except Missing as reason:
        skip_or_fail(reason)
    yield server
    server.stop()


@pytest.fixture
def amqp_url(rabbitmq_server: RabbitServer) -> str:
    """The URL of a virtual host that nobody used."""
    return rabbitmq_server.fresh_url()


@pytest.fixture
def ssh_server() -> Iterator[SshServer]:
    """An OpenSSH server with an empty folder."""
    try:
        server = SshServer()
    except Missing as reason:
        skip_or_fail(reason)
    yield server
    server.discard()
