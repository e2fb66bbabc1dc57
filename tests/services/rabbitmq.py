"""A RabbitMQ of our own: one node in a private folder, with its own ports and its own port mapper.

The broker that a package manager may have started beside it is neither used nor disturbed: node, data, logs, cookie,
plugins, configuration and epmd are all told apart by environment variables, and everything listens on the loopback
address only. The node runs as the user of the tests, root too; RabbitMQ does not mind.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
from hashlib import sha256

from tests.services.running import Server, find, free_port, listens

SCRIPTS = ("/usr/lib/rabbitmq/bin", "/opt/rabbitmq/sbin")
ERLANG = ("/usr/lib/erlang/erts-*/bin", "/usr/local/lib/erlang/erts-*/bin")

VIRTUAL_HOSTS = 64
"""Made while the node starts, where they cost next to nothing; further ones take a second each."""

PROTOCOL = b"AMQP\x00\x00\x09\x01"


class RabbitServer:
    """A node that lives as long as the tests; each test gets a virtual host of its own in it."""

    def __init__(self) -> None:
        """Starts it; :class:`tests.services.running.Missing` when RabbitMQ is not installed."""
        self._program = find("rabbitmq-server", *SCRIPTS)
        self._control = find("rabbitmqctl", *SCRIPTS)
        epmd = find("epmd", *ERLANG)
        self.port, distribution, mapper = free_port(), free_port(), free_port()
        self._password = secrets.token_hex(16)
        self._used = 0
        self._server = Server("rabbitmq")
        folder = self._server.folder
        (folder / "definitions.json").write_text(json.dumps(self._definitions()), "ascii")
        (folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            f"load_definitions = {folder}/definitions.json\n"
            "disk_free_limit.absolute = 1MB\n"
            "log.console = false\n",
            "ascii",
        )
        (folder / "enabled_plugins").write_text("[].\n", "ascii")
        (folder / "environment.conf").write_text("", "ascii")
        self._environment = {
            "RABBITMQ_NODENAME": "sallyport@localhost",
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "environment.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 -kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_PORT": str(mapper),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            # As under systemd, so that the script becomes the Erlang machine instead of its parent; nobody is told.
            "NOTIFY_SOCKET": str(folder / "nobody"),
        }
        self._server.start([epmd, "-port", str(mapper), "-address", "127.0.0.1"], stop=signal.SIGTERM)
        self._server.wait_until(lambda: listens(mapper))
        self.start()

    def _definitions(self) -> dict[str, object]:
        salt = os.urandom(4)
        digest = base64.b64encode(salt + sha256(salt + self._password.encode("ascii")).digest()).decode("ascii")
        hosts = ["common", *(f"test{number}" for number in range(1, VIRTUAL_HOSTS + 1))]
        return {
            "users": [
                {
                    "name": "sallyport",
                    "password_hash": digest,
                    "hashing_algorithm": "rabbit_password_hashing_sha256",
                    "tags": ["administrator"],
                }
            ],
            "vhosts": [{"name": name} for name in hosts],
            "permissions": [
                {"user": "sallyport", "vhost": name, "configure": ".*", "write": ".*", "read": ".*"} for name in hosts
            ],
        }

    def start(self) -> None:
        """Start the node, again with the data it had."""
        self._server.start([self._program], self._environment, stop=signal.SIGTERM)
        self._server.wait_until(lambda: listens(self.port, PROTOCOL))

    def kill(self) -> None:
        """End the node as a power cut would; :meth:`start` brings it back."""
        self._server.kill()

    def settle(self) -> None:
        """Stop and start the broker inside the node, in good order.

        A quorum queue of RabbitMQ 3.10.8 that was declared less than about a second before its node is killed never
        elects a leader again; after this, those that are there survive :meth:`kill`.
        """
        self.control("stop_app")
        self.control("start_app")

    def control(self, *arguments: str) -> str:
        """The output of ``rabbitmqctl``."""
        return self._server.run([self._control, *arguments], self._environment)

    def fresh_url(self) -> str:
        """The URL of a virtual host that nobody used."""
        self._used += 1
        name = f"test{self._used}"
        if self._used > VIRTUAL_HOSTS:
            self.control("add_vhost", name)
            self.control("set_permissions", "-p", name, "sallyport", ".*", ".*", ".*")
        return self._url(name)

    @property
    def common_url(self) -> str:
        """The URL of the virtual host that tests share which use names of their own."""
        return self._url("common")

    def _url(self, virtual_host: str) -> str:
        return f"amqp://sallyport:{self._password}@127.0.0.1:{self.port}/{virtual_host}"

    def stop(self) -> None:
        """The node and its port mapper are gone."""
        self._server.discard()
