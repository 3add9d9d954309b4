"""The source of a class that was imported, as `inspect` finds it."""

from __future__ import annotations

import ast
import inspect
import textwrap


def source_of(cls: type) -> str:
    """The source of a class; empty where it has none."""
    try:
        return inspect.getsource(cls)
    except (OSError, TypeError):
        return ""


def definition_of(cls: type) -> ast.ClassDef | None:
    """The definition of a class; ``None`` where its source isn't there or can't be parsed."""
    try:
        (found,) = ast.parse(textwrap.dedent(source_of(cls))).body
    except (SyntaxError, ValueError):
        return None
    return found if isinstance(found, ast.ClassDef) else None
