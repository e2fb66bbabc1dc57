"""The image and the composed services stay valid where no container engine is at hand to try them."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import cast

import pytest
import yaml

from gateway.config import read_config

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
Service = dict[str, object]
COMPOSE = cast(dict[str, dict[str, Service]], yaml.safe_load((ROOT / "docker-compose.yml").read_text()))


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, continued lines joined."""
    lines = [line for line in DOCKERFILE.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found = []
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        word, _, rest = line.strip().partition(" ")
        found.append((word.upper(), rest.strip()))
    return found


def arguments(word: str) -> list[str]:
    return [rest for name, rest in instructions() if name == word]


def pinned(image: str) -> bool:
    """Whether an image has a tag with a whole version in it, or a digest."""
    return bool(re.search(r":[0-9]+\.[0-9]+[^/]*$|@sha256:", image))


def test_the_base_is_pinned() -> None:
    """A tag that moves makes two builds of one commit differ."""
    (default,) = [each.partition("=")[2] for each in arguments("ARG") if each.startswith("PYTHON_IMAGE=")]
    assert pinned(default)
    assert {each.split()[0] for each in arguments("FROM")} == {"${PYTHON_IMAGE}"}


def test_nothing_comes_from_the_net_but_locked_packages() -> None:
    """No ADD, no downloads, and every pip run either checks hashes or resolves nothing."""
    assert arguments("ADD") == []
    for command in arguments("RUN"):
        assert not re.search(r"\b(curl|wget|git clone|apt-get)\b", command)
        for part in command.split("&&"):
            words = shlex.split(part)
            if any(word.endswith("pip") for word in words) and "install" in words:
                assert "--require-hashes" in words or "--no-deps" in words


def test_it_does_not_run_as_root() -> None:
    """The user is set before anything is run by it, and by number, so that it can be checked from outside."""
    words = [name for name, _ in instructions()]
    assert re.fullmatch(r"[1-9][0-9]*:[1-9][0-9]*", arguments("USER")[-1])
    assert words.index("USER") < words.index("ENTRYPOINT")
    assert words.index("USER") > len(words) - 1 - words[::-1].index("FROM")


@pytest.mark.parametrize("word", ["ENTRYPOINT", "CMD"])
def test_the_command_is_in_exec_form(word: str) -> None:
    """A shell between would keep the signal to stop to itself."""
    for argument in arguments(word):
        assert isinstance(json.loads(argument), list)


def test_data_ports_and_health_are_declared() -> None:
    """What the image keeps, offers, and how to ask whether it is well."""
    assert arguments("VOLUME") == ["/data"]
    assert arguments("EXPOSE") == ["2222 9464"]
    (health,) = arguments("HEALTHCHECK")
    assert isinstance(json.loads(health.partition("CMD ")[2]), list)


def test_what_is_copied_is_there_and_let_through() -> None:
    """Each source exists, and the ignore file names it."""
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for argument in arguments("COPY"):
        if not argument.startswith("--from"):
            for source in argument.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert source in let_through


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_each_service(name: str) -> None:
    """Each comes from a pinned image or a build, is watched, starts again, and publishes to this machine only."""
    service = COMPOSE["services"][name]
    assert service.get("build") or pinned(str(service.get("image", "")))
    assert service["restart"] == "unless-stopped"
    health = cast(dict[str, list[str]], service["healthcheck"])
    assert health["test"][0] == "CMD"
    for port in cast(list[str], service.get("ports", [])):
        assert port.startswith("127.0.0.1:")
    for volume in cast(list[str], service.get("volumes", [])):
        source = volume.split(":")[0]
        assert source in COMPOSE["volumes"] or source.startswith(("./", "${"))


def test_dependencies_are_waited_for() -> None:
    """A gateway that starts before its database is up would only fail."""
    waits = cast(dict[str, dict[str, str]], COMPOSE["services"]["gateway"]["depends_on"])
    assert {name: each["condition"] for name, each in waits.items()} == {
        "postgres": "service_healthy",
        "rabbitmq": "service_healthy",
    }


def test_no_password_stands_in_the_file() -> None:
    """Each is required from the environment."""
    for service in COMPOSE["services"].values():
        for name, value in cast(dict[str, str], service.get("environment", {})).items():
            if "PASS" in name:
                assert re.fullmatch(r"\$\{[A-Z_]+:\?.+\}", value), name


def test_the_gateways_configuration_is_right() -> None:
    """It is read by the gateway's own reader, with the variables that the service gets."""
    content = str(COMPOSE["configs"]["gateway"]["content"]).replace("$$", "$")
    given = cast(dict[str, str], COMPOSE["services"]["gateway"]["environment"])
    config, faults = read_config(content.encode(), dict.fromkeys(given, "secret"))
    assert faults == []
    assert config is not None
    assert config.database == "postgresql+psycopg://sallyport:secret@postgres/sallyport"
    assert config.business.amqp == "amqp://sallyport:secret@rabbitmq/"
    assert config.data == "/data"
    assert (config.sftp.listen, config.sftp.port) == ("0.0.0.0", 2222)  # noqa: S104 - inside the container
    _, faults = read_config(content.encode(), {})
    assert len(faults) == 2
