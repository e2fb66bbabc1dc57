"""The reference of the command line, made from the commands themselves: ``docs/reference/commands.md``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Literal, get_args, get_origin

import typer.main
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from gateway.cli import command_line

INTRODUCTION = """\
Each command answers to `--help`. Where `--json` is offered, the answer is one JSON document on standard output and
nothing else stands there. What is wrong goes to standard error, with a next step.

Exit codes: 0, good, also when nothing was found; 1, the input is at fault (a file that is not accepted, an unknown id,
an order that was refused); 2, the call or the environment is at fault. Beside these there are the shell's own for what
was ended from outside: 130 after Ctrl-C, 141 when nobody reads the output any more (`| head`).

Commands with `--home` work on the gateway in that folder. Those that only look open its ledger for reading. Those that
change something ask the gateway that runs there, and do it themselves when none runs.
"""


def commands_page(note: str) -> str:
    """Every command with its arguments and options, in the order of the command line's own help."""
    parts = ["# Commands\n", note, INTRODUCTION]
    root = typer.main.get_command(command_line())
    for name, command in _commands(root, "sallyport"):
        parts.append(_section(name, command))
    return "\n".join(parts)


def _commands(command: object, name: str) -> Iterator[tuple[str, TyperCommand]]:
    if isinstance(command, TyperGroup):
        for word, inner in command.commands.items():
            yield from _commands(inner, f"{name} {word}")
    elif isinstance(command, TyperCommand):
        yield name, command
    else:
        raise TypeError(f"{name} is neither a command nor a group of commands")


def _section(name: str, command: TyperCommand) -> str:
    arguments = [each for each in command.params if isinstance(each, TyperArgument)]
    options = [each for each in command.params if isinstance(each, TyperOption)]
    usage = [name, *(_in_usage(each) for each in arguments), *(["[OPTIONS]"] if options else [])]
    lines = [f"## {name}\n", f"{' '.join((command.help or '').split())}\n", f"    {' '.join(usage)}\n"]
    if arguments or options:
        lines += ["| | value | if left out | meaning |", "|---|---|---|---|"]
        parameters: list[TyperArgument | TyperOption] = [*arguments, *options]
        for each in parameters:
            cells = (_names(each), _value(each), _default(each), each.help or "")
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
    return "\n".join(lines)


def _word(argument: TyperArgument) -> str:
    return argument.metavar or (argument.name or "").upper()


def _in_usage(argument: TyperArgument) -> str:
    return _word(argument) if argument.required else f"[{_word(argument)}]"


def _names(each: TyperArgument | TyperOption) -> str:
    if isinstance(each, TyperArgument):
        return f"`{_word(each)}`"
    return ", ".join(f"`{name}`" for name in (*each.opts, *each.secondary_opts))


def _value(each: TyperArgument | TyperOption) -> str:
    if isinstance(each, TyperOption) and each.is_flag:
        return ""
    if isinstance(each, TyperOption) and each.metavar:
        return f"`{each.metavar}`"
    return _type(each.type_descriptor.annotation)


def _type(annotation: object) -> str:
    inner = [each for each in get_args(annotation) if each is not type(None)]
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{each}`" for each in inner)
    if inner:
        return _type(inner[0])
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(f"`{each.value}`" for each in annotation)
    names = {str: "text", int: "whole number", Path: "path", bool: "", float: "number"}
    if isinstance(annotation, type):
        return names.get(annotation, "day or moment" if annotation.__name__ == "datetime" else annotation.__name__)
    return str(annotation)


def _default(each: TyperArgument | TyperOption) -> str:
    variable = _variable(each.envvar)
    if each.required:
        stated = "*required*"
    elif each.default in (None, "", False):
        stated = ""
    else:
        stated = f"`{each.default}`"
    return f"{variable}, else {stated}" if variable and stated else variable or stated


def _variable(names: str | Sequence[str] | None) -> str:
    if not names:
        return ""
    return " or ".join(f"`${name}`" for name in ([names] if isinstance(names, str) else names))
