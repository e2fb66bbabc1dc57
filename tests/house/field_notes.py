"""The texts that stand below the fields of a class in its source, for the pages that explain them."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator


def field_notes(kind: type, root: type) -> Iterator[tuple[str, str]]:
    """Field and text, of a class that derives from ``root`` and of all between the two."""
    for each in reversed(kind.__mro__):
        if not issubclass(each, root) or each is root:
            continue
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(each))).body
        if not isinstance(definition, ast.ClassDef):
            raise TypeError(f"{each} is not made by a class statement")
        for field, text in zip(definition.body, definition.body[1:], strict=False):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
            ):
                yield field.target.id, prose(str(text.value.value))


def prose(text: str) -> str:
    """A docstring as Markdown: one paragraph a line, code in single backquotes."""
    paragraphs = inspect.cleandoc(text).replace("``", "`").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
