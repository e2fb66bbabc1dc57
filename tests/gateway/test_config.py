"""``sallyport.yaml``: its faults and their places, what comes from the environment, and the file that ships."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from pydantic import BaseModel

from gateway.config import FILE, Config, ConfigFault, NoGateway, open_home, read_config
from partners.document import Mapping, Node, read_document
from partners.scalars import read_duration

TEMPLATE = (files("profiles") / "templates" / "gateway" / FILE).read_text()
_COMMENTED_OUT = re.compile(r"^( *)# ( *[a-z0-9_]+:(?: .*)?)$", re.M)
"""A key that is commented out. Sentences are no such lines: they begin with a capital or go on behind their colon."""


def uncommented() -> str:
    """The configuration that ``init`` writes, with every key in force."""
    return _COMMENTED_OUT.sub(r"\1\2", TEMPLATE)


def keys(model: type[BaseModel], above: str = "") -> Iterator[str]:
    """The path of every setting there is."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from keys(kind, f"{above}{name}.")
        else:
            yield above + name


def written(node: Node | None, above: str = "") -> Iterator[str]:
    """The path of every setting in a file."""
    assert isinstance(node, Mapping)
    for name, value in node.items.items():
        if isinstance(value, Mapping):
            yield from written(value, f"{above}{name}.")
        else:
            yield above + name


def test_the_file_that_ships_is_the_default() -> None:
    assert read_config(TEMPLATE.encode(), {}) == (Config(), [])


def test_every_key_that_is_commented_out_is_valid_and_says_the_default() -> None:
    config, faults = read_config(uncommented().encode(), {"AMQP_PASSWORD": "secret"})
    assert faults == []
    assert config is not None
    assert config.business.amqp == "amqp://gateway:secret@localhost/"
    assert config.as2.url == "https://edi.example.com/as2"
    without = {"url": None, "certificate": None, "private_key": None}
    assert config.as2.model_copy(update=without) == Config().as2
    assert config.alerts.model_copy(update={"limits": Config().alerts.limits}) == Config().alerts
    others = {"business": Config().business, "as2": Config().as2, "alerts": Config().alerts}
    assert config.model_copy(update=others) == Config()


def test_the_file_that_ships_has_every_key() -> None:
    root, faults = read_document(FILE, uncommented().encode())
    assert faults == []
    assert sorted(written(root)) == sorted(keys(Config))


@pytest.mark.parametrize("content", [b"", b" \n\n", b"# nothing\n  # but comments\n"])
def test_an_empty_file_is_the_default(content: bytes) -> None:
    assert read_config(content, {}) == (Config(), [])


def test_values_are_what_they_look_like() -> None:
    text = (
        "workers: 8\noverdue_check: PT1M\nsftp: {listen: '::', port: 0}\nmetrics: {enabled: no}\nlog: {format: console}"
    )
    config, faults = read_config(text.encode(), {})
    assert faults == []
    assert config is not None
    assert (config.workers, config.overdue_check) == (8, read_duration("PT1M"))
    assert (config.sftp.listen, config.sftp.port, config.metrics.enabled) == ("::", 0, False)


@pytest.mark.parametrize(
    ("text", "line", "column", "path", "told"),
    [
        ("sftp:\n  port: 65536\n", 2, 9, "sftp.port", "65536"),
        ("sftp:\n  port: x\n", 2, 9, "sftp.port", "x"),
        ("sftp:\n  listen: a b\n", 2, 11, "sftp.listen", "an address to listen on"),
        ("sftp:\n  listen: a..b\n", 2, 11, "sftp.listen", "an address to listen on"),
        ("sftp:\n  listen: -a.b\n", 2, 11, "sftp.listen", "an address to listen on"),
        (f"sftp:\n  listen: {'a' * 64}\n", 2, 11, "sftp.listen", "an address to listen on"),
        ("sftp:\n  max_upload: 0\n", 2, 15, "sftp.max_upload", "0"),
        ("sftp: 2222\n", 1, 7, "sftp", "mapping"),
        ("workers: 0\n", 1, 10, "workers", "0"),
        ("workers: 65\n", 1, 10, "workers", "65"),
        ("workers: 08\n", 1, 10, "workers", "08"),
        ("workers: -1\n", 1, 10, "workers", "-1"),
        ("overdue_check: 15\n", 1, 16, "overdue_check", "15"),
        ("database: mysql://x\n", 1, 11, "database", "mysql://x"),
        ("business:\n  amqp: http://x\n", 2, 9, "business.amqp", "an AMQP URL"),
        ("metrics:\n  enabled: perhaps\n", 2, 12, "metrics.enabled", "perhaps"),
        ("log:\n  level: loud\n", 2, 10, "log.level", "loud"),
        ("lgo:\n  level: info\n", 1, 1, "lgo", "lgo"),
        ("workers: 2\nworkers: 3\n", 2, 1, "workers", "appears twice"),
        ("data:\n", 1, 6, "data", "no value here"),
        ("data: ~\n", 1, 7, "data", "no value here"),
        ("data: *x\n", 1, 7, "data", "alias"),
        ("data: |\n  a\n  b\n", 1, 7, "data", "a folder"),
        ("- sftp\n", 1, 1, "", "mapping"),
        ("sftp:\n\tport: 1\n", 2, 1, "", "not readable as YAML"),
        ("a: [\n", 2, 1, "", "not readable as YAML"),
        ("data: var\n---\ndata: var\n", 2, 1, "", "a second document"),
    ],
)
def test_a_fault_has_its_place(text: str, line: int, column: int, path: str, told: str) -> None:
    config, faults = read_config(text.encode(), {})
    assert config is None
    assert (faults[0].file, faults[0].line, faults[0].column) == (FILE, line, column), str(faults[0])
    assert path in faults[0].path
    assert told in str(faults[0])


def test_all_faults_come_at_once_and_in_order() -> None:
    text = "log: {level: loud}\nsftp:\n  port: x\n  frob: 1\nbusiness: {amqp: '${NOPE}'}\nworkers: 0\n"
    _, faults = read_config(text.encode(), {})
    assert [(each.line, each.column) for each in faults] == [(1, 14), (3, 9), (4, 3), (5, 18), (6, 10)]


def test_what_the_environment_says() -> None:
    text = b"database: postgresql+psycopg://u:${PW}@h/${NAME}\n"
    config, _ = read_config(text, {"PW": "p$w", "NAME": "x"})
    assert config is not None
    assert config.database == "postgresql+psycopg://u:p$w@h/x"
    config, faults = read_config(text, {"PW": "secret"})
    assert config is None
    assert [str(each) for each in faults] == [
        f"{FILE}:1:11: error: database: the environment has no variable NAME (set it, or write a value)"
    ]
    assert "secret" not in str(faults[0])


@pytest.mark.parametrize("text", ["$HOME", "${}", "${1}", "$${X}"])
def test_what_only_looks_like_a_variable_stays(text: str) -> None:
    config, faults = read_config(f"data: {text}\n".encode(), {"HOME": "/root", "X": "x", "1": "y"})
    assert faults == []
    assert config is not None
    assert config.data == text.replace("${X}", "x")


def test_the_places_of_a_gateway(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("data: state\nprofiles: /etc/partners\n")
    home = open_home(tmp_path, {})
    assert home.data == tmp_path / "state"
    assert home.profiles == Path("/etc/partners")
    assert home.archive == tmp_path / "state" / "archive"
    assert home.control == tmp_path / "state" / "control.sock"
    assert home.database_url == f"sqlite:///{tmp_path}/state/ledger.db"


def test_paths_are_those_of_the_folder_wherever_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / FILE).write_text("")
    monkeypatch.chdir(tmp_path)
    assert open_home(Path("home"), {}).data == tmp_path / "home" / "var"


@pytest.mark.parametrize("name", ["none", "file", "file/below"])
def test_no_gateway(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NoGateway, match="there is no gateway in"):
        open_home(tmp_path / name, {})


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(ConfigFault, match="cannot be read: Is a directory"):
        open_home(tmp_path, {})
