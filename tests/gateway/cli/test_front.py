"""The command itself: what is listed, what is loaded, how it ends when its reader or its terminal is gone."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from gateway.cli import COMMANDS, GROUPS, command_line
from tests.gateway.cli.calling import IFTSTA, X214, Call, process

PUBLIC = {
    "demo": (),
    "init": (),
    "check": (),
    "serve": (),
    "doctor": (),
    "inspect": (),
    "validate": (),
    "translate": (),
    "ack": (),
    "as2": ("inspect", "verify", "send"),
    "reconcile": (),
    "send": (),
    "receive": (),
    "alerts": ("list", "test", "mute", "unmute"),
    "events": ("list", "tail"),
    "keys": ("make", "import", "export", "list", "ssh", "requests", "approve", "reject", "offer"),
    "guides": ("list", "show", "import"),
    "maps": ("list", "show", "diff", "check"),
    "profiles": ("check", "list", "diff"),
    "messages": ("search", "show", "resend", "reprocess", "rerun", "dismiss"),
    "archive": ("verify", "fsck"),
    "receipts": ("list", "unmatched"),
    "channels": ("list", "pause", "resume", "drain"),
    "cases": ("list", "assign", "close"),
}


def test_every_command_of_the_public_surface_is_there() -> None:
    root = typer.main.get_command(command_line())
    assert isinstance(root, TyperGroup)
    found = {
        name: tuple(command.commands) if isinstance(command, TyperGroup) else ()
        for name, command in root.commands.items()
    }
    assert found == PUBLIC
    assert set(found) == set(COMMANDS)
    assert {name for name, commands in found.items() if commands} == GROUPS


def test_the_list_says_what_the_commands_say_of_themselves() -> None:
    """The list is written apart from the commands, so that it needs none of them."""
    root = typer.main.get_command(command_line())
    assert isinstance(root, TyperGroup)
    for name, command in root.commands.items():
        if name not in GROUPS:
            assert (command.help or "").partition("\n\n")[0] == COMMANDS[name].summary


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_loaded_alone_is_the_one_among_all(name: str, sallyport: Call) -> None:
    answer = sallyport(name, "--help", columns=80)
    assert answer.code == 0
    assert f"sallyport {name}" in " ".join(answer.text.split())


def test_help_lists_every_command_and_the_exit_codes(sallyport: Call) -> None:
    answer = sallyport("--help", columns=80)
    for name, entry in COMMANDS.items():
        assert re.search(rf"^│ {name} +{entry.summary[:20]}", answer.text, re.M), name
    assert "0 good, 1 the input is at fault, 2 the call or the environment" in " ".join(answer.text.split())


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (("--help",), ("sqlalchemy", "asyncssh", "aio_pika", "structlog", "translators", "partners")),
        (("--version",), ("sqlalchemy", "asyncssh", "translators")),
        (("validate", str(IFTSTA)), ("sqlalchemy", "partners", "asyncssh", "aio_pika", "structlog", "asyncio")),
        (("translate", str(X214)), ("sqlalchemy", "partners", "asyncssh", "aio_pika", "structlog", "asyncio")),
        (("guides", "list"), ("sqlalchemy", "partners", "asyncssh", "aio_pika", "structlog")),
        (("init", "made"), ("sqlalchemy", "asyncssh", "aio_pika")),
    ],
)
def test_a_command_loads_what_it_needs_and_no_more(
    arguments: tuple[str, ...], unwanted: tuple[str, ...], tmp_path: Path
) -> None:
    """Else `sallyport --help` takes as long to begin as a gateway."""
    script = (
        "import json, sys\nfrom gateway.cli import main\n"
        "try:\n    main()\nfinally:\n    json.dump(sorted(sys.modules), open('modules', 'w'))"
    )
    subprocess.run([sys.executable, "-c", script, *arguments], cwd=tmp_path, capture_output=True, check=False)
    modules = json.loads((tmp_path / "modules").read_text())
    assert "gateway.cli" in modules
    assert [name for name in unwanted if name in modules] == []


def test_python_m_gateway_is_the_same_command() -> None:
    out, err = process("--version").communicate(timeout=120)
    assert re.fullmatch(rb"sallyport \d+\.\d+\.\d+\n", out), err
    usage, _ = process("--help").communicate(timeout=120)
    assert b"python -m gateway" in usage


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("frobnicate",), "No such command 'frobnicate'"),
        (("valdate", "x"), "validate"),
        (("validate",), "Missing argument 'FILE'"),
        (("validate", "a", "b"), "unexpected extra argument"),
        (("validate", "--frob", "a"), "No such option"),
        (("messages", "frob"), "No such command 'frob'"),
        (("messages", "resend", "m-1"), "Missing option '--reason'"),
        (("messages", "search", "--limit", "0"), "--limit"),
        (("ack", "a", "--kind", "mdn"), "mdn"),
    ],
)
def test_a_wrong_call_ends_with_2_and_says_what_is_wrong(
    arguments: tuple[str, ...], told: str, sallyport: Call
) -> None:
    answer = sallyport(*arguments, columns=120)
    assert answer.code == 2
    assert answer.out == b""
    assert told in answer.err


def test_a_reader_that_leaves_ends_the_command_quietly(tmp_path: Path) -> None:
    """As `sallyport inspect FILE | head -1` does."""
    text = IFTSTA.read_text()
    message = text[text.index("UNH+2") : text.index("UNH+3")].replace("\n", "")
    many = "".join(message.replace("UNH+2+", f"UNH+{n}+").replace("UNT+8+2", f"UNT+8+{n}") for n in range(5000))
    file = tmp_path / "many.edi"
    file.write_text(text[: text.index("UNH")] + many + "UNZ+5000+4711'")
    for arguments in (("inspect", file), ("inspect", file, "--json")):
        started = process(*arguments)
        assert started.stdout is not None and started.stderr is not None
        started.stdout.readline()
        started.stdout.close()
        assert started.stderr.read() == b""
        started.stderr.close()
        assert started.wait(120) == 141


def test_ctrl_c_ends_a_command_without_a_traceback() -> None:
    # A run in the background of a shell was told to ignore Ctrl-C, and hands that on.
    as_in_front = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    started = process("validate", "-", stdin=subprocess.PIPE, preexec_fn=as_in_front)
    assert started.stdin is not None
    # More than a pipe holds: when it is written, the command has begun to read, and waits for the rest.
    started.stdin.write(b"UNB+" + b" " * (1 << 20))
    started.stdin.flush()
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=120)
    assert started.returncode in (130, -signal.SIGINT)
    assert b"Traceback" not in err + out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("arguments", [("validate", IFTSTA), ("validate", IFTSTA, "--json"), ("--help",)])
def test_a_full_disk_behind_the_output_is_told(arguments: tuple[str | Path, ...]) -> None:
    with open("/dev/full", "wb") as full:
        started = process(*arguments, stdout=full)
        _, err = started.communicate(timeout=120)
    assert started.returncode == 2
    assert err.decode() == "error: the output cannot be written: No space left on device\n"


def test_closed_streams_are_no_reason_to_fail() -> None:
    command = f"exec {sys.executable} -m gateway validate --json {X214} >&- 2>&-"
    assert subprocess.run(["bash", "-c", command], check=False).returncode == 0


def test_a_terminal_without_the_characters_gets_escapes() -> None:
    started = process("validate", IFTSTA, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    out, err = started.communicate(timeout=120)
    assert started.returncode == 1, err
    assert out.isascii()
    assert rb"\xb7 segment 5 DTM" in out


def test_no_shell_variable_is_needed() -> None:
    """Services and containers start programs with an empty environment."""
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "validate", X214], env={}, capture_output=True, check=False, cwd=os.sep
    )
    assert done.returncode == 0, done.stderr
