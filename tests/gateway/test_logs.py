"""Logs: one form for our own lines and for those of libraries, and nothing on standard output."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from gateway.config import LogSettings
from gateway.logs import configure


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The process's logs as they were."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, str]]:
    """What was logged."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_is_one_object_a_line() -> None:
    stream = io.StringIO()
    configure(LogSettings(), stream)
    structlog.get_logger().info("received", party="blue-anchor", name="a\nb\x1b[31m")
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "received", "level": "info", "party": "blue-anchor", "name": "a\nb\x1b[31m"}
    assert "\x1b" not in stream.getvalue()


def test_libraries_come_out_in_the_same_form() -> None:
    stream = io.StringIO()
    configure(LogSettings(), stream)
    logging.getLogger("asyncssh").warning("%s went wrong", "something")
    logging.getLogger("asyncssh").info("chatter")
    (line,) = lines(stream)
    assert set(line) == {"event", "level", "timestamp"}
    assert (line["event"], line["level"]) == ("something went wrong", "warning")


def test_a_traceback_is_part_of_its_line() -> None:
    stream = io.StringIO()
    configure(LogSettings(), stream)
    for log in (structlog.get_logger(), logging.getLogger("library")):
        try:
            raise ValueError("deep inside")
        except ValueError:
            log.exception("failed")
    ours, theirs = lines(stream)
    assert "deep inside" in ours["exception"] and "Traceback" in ours["exception"]
    assert "deep inside" in json.dumps(theirs)


@pytest.mark.parametrize(("level", "shown"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_the_level_is_the_least_that_is_shown(level: str, shown: int) -> None:
    stream = io.StringIO()
    configure(LogSettings.model_validate({"level": level}), stream)
    log = structlog.get_logger()
    log.debug("a"), log.info("b"), log.warning("c"), log.error("d")
    assert len(lines(stream)) == shown


def test_what_belongs_together_carries_the_same_ids() -> None:
    stream = io.StringIO()
    configure(LogSettings(), stream)
    with structlog.contextvars.bound_contextvars(job="j-1"):
        structlog.get_logger().info("inside")
    structlog.get_logger().info("outside")
    assert [line.get("job") for line in lines(stream)] == ["j-1", None]


def test_for_people_and_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    configure(LogSettings(format="console"))
    structlog.get_logger().info("received", party="blue-anchor")
    logging.getLogger("library").error("failed")
    told = capsys.readouterr()
    assert told.out == ""
    assert "received" in told.err and "party=blue-anchor" in told.err and "failed" in told.err
    assert "\x1b" not in told.err, "no colours where no terminal is"
