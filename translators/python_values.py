"""The literal values of Python sources, read without running any of it.

Some tools keep their tables as Python modules. A module that only *says* something (names that stand for numbers,
texts, lists and dictionaries) can be read as data: its source is parsed, its assignments are looked at one by one, and
whatever would have to be executed is a :class:`Nothing` that remembers its line. No name of the interpreter is looked
up, no module is imported: ``from records import recorddefs`` is answered from the other sources that the caller gives,
or not at all.

A source may be hostile. Its size is limited before it is parsed, Python's own parser ends at 200 brackets in each
other, and everything that is copied or joined counts against one budget, so that neither nesting nor doubling can take
long.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import TypeAlias

LARGEST = 2_000_000
"""Bytes of one source. The records of one release take less than half a megabyte."""

DEEPEST = 60
"""How deep an expression may go."""

BUDGET = 4_000_000
"""How many values all sources together may come to."""


class Nothing:
    """In place of a value that cannot be read without running the source."""

    __slots__ = ("line", "reason")

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason


Value: TypeAlias = "bool | int | float | str | Nothing | tuple[Value, ...] | list[Value] | dict[str, Value] | None"


class UnreadableSource(ValueError):
    """A source that is no Python, or too large to be looked at; the text says why."""


class Sources:
    """The modules of ``files`` (name → source); a module is known by its name without folder and ending.

    ``constants`` are names that mean themselves wherever nothing else assigns them: what a star import would bring.
    """

    def __init__(self, files: Mapping[str, bytes], constants: Mapping[str, Value]) -> None:
        self._constants = constants
        self._sources = {module_name(name): data for name, data in files.items() if name.endswith(".py")}
        self._modules: dict[str, dict[str, Value]] = {}
        self._open: set[str] = set()
        self._spent = 0
        self.faults: dict[str, list[str]] = {}
        """Module → what of it could not be read, each with its line."""

    def module(self, name: str) -> dict[str, Value]:
        """The names that the module assigns, with their values; :class:`UnreadableSource` when it is no Python."""
        if name not in self._modules:
            tree = _parse(self._sources[name])
            self._open.add(name)
            self._modules[name] = _Module(self, name).read(tree)
            self._open.discard(name)
        return self._modules[name]

    def imported(self, name: str) -> dict[str, Value] | None:
        """The module for an import in another; ``None`` when it is not given, is being read, or cannot be."""
        known = module_name(name.rpartition(".")[2] + ".py")
        if known not in self._sources or known in self._open:
            return None
        try:
            return self.module(known)
        except UnreadableSource:
            return None

    def spend(self, count: int) -> bool:
        """Whether ``count`` more values may be made."""
        self._spent += count
        return self._spent <= BUDGET

    def constant(self, name: str) -> Value:
        """What ``name`` means if nothing assigned it; a :class:`Nothing` when it means nothing."""
        return self._constants.get(name, Nothing(0, f"{name} is not defined"))


def module_name(file: str) -> str:
    """``IFTSTAD96AUN`` for ``edifact/IFTSTAD96AUN.py``."""
    return re.split(r"[/\\]", file)[-1].removesuffix(".py")


def _parse(data: bytes) -> ast.Module:
    if len(data) > LARGEST:
        raise UnreadableSource(f"it has more than {LARGEST} bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # An odd escape in somebody's text is not this program's concern.
            return ast.parse(data)
    except (SyntaxError, ValueError) as error:
        raise UnreadableSource(f"it is no Python of today: {error}") from error
    except (RecursionError, MemoryError) as error:
        raise UnreadableSource("its expressions are too deep in each other") from error


class _Module:
    """Reads the assignments of one module, in order."""

    def __init__(self, sources: Sources, name: str) -> None:
        self._sources = sources
        self._names: dict[str, Value] = {}
        self._modules: dict[str, dict[str, Value]] = {}
        self._faults = sources.faults.setdefault(name, [])

    def read(self, tree: ast.Module) -> dict[str, Value]:
        for statement in tree.body:
            match statement:
                case ast.Assign(targets=targets, value=value):
                    read = self._value(value, 0)
                    for target in targets:
                        self._assign(target, read)
                case ast.AnnAssign(target=target, value=ast.expr() as value):
                    self._assign(target, self._value(value, 0))
                case ast.AugAssign(target=ast.Name(id=name) as target, op=ast.Add(), value=value):
                    self._assign(target, self._sum(self._names.get(name), self._value(value, 0), statement.lineno))
                case ast.ImportFrom(module=module, names=names):
                    self._import(module or "", names)
                case ast.Import(names=names):
                    for alias in names:
                        found = self._sources.imported(alias.name)
                        if found is not None:
                            self._modules[alias.asname or alias.name] = found
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr="update"), args=[change])):
                    self._update(owner, self._value(change, 0), statement.lineno)
                case ast.Expr(value=ast.Constant()) | ast.Pass():
                    pass  # A docstring.
                case _:
                    self._fault(statement.lineno, "what stands here would have to be executed")
        return self._names

    def _fault(self, line: int, text: str) -> None:
        self._faults.append(f"line {line}: {text}")

    def _assign(self, target: ast.expr, value: Value) -> None:
        match target:
            case ast.Name(id=name):
                self._names[name] = value
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str() as key)):
                table = self._names.get(name)
                if isinstance(table, dict):
                    if self._sources.spend(len(table)):
                        self._names[name] = {**table, key: value}
                else:
                    self._fault(target.lineno, f"{name} is no table that could get a row {key!r}")
            case _:
                self._fault(target.lineno, "an assignment to part of a value is not followed")

    def _import(self, module: str, names: list[ast.alias]) -> None:
        found = self._sources.imported(module)
        for alias in names:
            if alias.name == "*":
                self._names |= found or {}
            elif found is not None and alias.name in found:
                self._names[alias.asname or alias.name] = found[alias.name]

    def _update(self, owner: ast.expr, change: Value, line: int) -> None:
        table = self._names.get(owner.id) if isinstance(owner, ast.Name) else None
        if isinstance(owner, ast.Name) and isinstance(table, dict) and isinstance(change, dict):
            if self._sources.spend(len(table) + len(change)):
                self._names[owner.id] = {**table, **change}
        else:
            self._fault(line, "an update is not followed")

    def _sum(self, left: Value, right: Value, line: int) -> Value:
        if isinstance(left, Nothing):
            return left
        if isinstance(right, Nothing):
            return right
        if isinstance(left, list | tuple | str) and isinstance(right, list | tuple | str):
            if not self._sources.spend(len(left) + len(right)):
                return Nothing(line, "the sources come to too many values")
            if isinstance(left, list) and isinstance(right, list):
                return left + right
            if isinstance(left, tuple) and isinstance(right, tuple):
                return left + right
            if isinstance(left, str) and isinstance(right, str):
                return left + right
        return Nothing(line, "only lists and texts are joined")

    def _value(self, node: ast.expr, depth: int) -> Value:
        if depth > DEEPEST or not self._sources.spend(1):
            return Nothing(node.lineno, "it is too deep or too large")
        match node:
            case ast.Constant(value=None | bool() | int() | float() | str() as value):
                return value
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
                return -value
            case ast.Name(id=name):
                known = self._names[name] if name in self._names else self._sources.constant(name)
                if isinstance(known, Nothing) and not known.line:
                    return Nothing(node.lineno, known.reason)
                return known
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                module = self._modules.get(owner)
                if module is not None and name in module:
                    return module[name]
            case ast.List(elts=elements):
                return list(self._values(elements, depth))
            case ast.Tuple(elts=elements):
                return tuple(self._values(elements, depth))
            case ast.Dict(keys=keys, values=values):
                return self._table(keys, values, depth)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._sum(self._value(left, depth + 1), self._value(right, depth + 1), node.lineno)
        return Nothing(node.lineno, "what stands there would have to be executed")

    def _values(self, nodes: list[ast.expr], depth: int) -> Iterator[Value]:
        for node in nodes:
            yield self._value(node, depth + 1)

    def _table(self, keys: list[ast.expr | None], values: list[ast.expr], depth: int) -> Value:
        table: dict[str, Value] = {}
        for key, node in zip(keys, values, strict=True):
            value = self._value(node, depth + 1)
            if key is None:
                if isinstance(value, dict) and self._sources.spend(len(value)):
                    table |= value
                else:
                    self._fault(node.lineno, "a table within a table is not followed")
                continue
            name = self._value(key, depth + 1)
            if isinstance(name, str):
                table[name] = value
            else:
                self._fault(key.lineno, "a key that is no text is passed over")
        return table
