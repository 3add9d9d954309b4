"""What code outside a class may do to it: decorators, and functions that are handed the instance."""

from __future__ import annotations

import ast
from typing import Final

from modlint.model.facts import ClassFacts, FunctionFacts, dotted
from modlint.model.names import static_value
from modlint.model.project import Project
from modlint.model.values import Dotted, FunctionRef

KEEPING: Final = frozenset(
    {"final", "runtime_checkable", "total_ordering", "dataclass", "unique", "deprecated", "add_start_docstrings"}
)
"""Decorators that give the class back without new instance attributes."""


def keeps_class(project: Project, cls: ClassFacts, decorator: ast.expr) -> bool:
    """Whether a class decorator is known to add no attributes: one that registers, or returns what it was given."""
    plain = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = dotted(plain).rpartition(".")[2]
    if name in KEEPING or "register" in name.lower():
        return True
    value = static_value(project, cls.file, plain, cls.outer)
    if isinstance(value, Dotted):
        return value.path.startswith(("torch.jit.", "torch.compile", "torch.fx."))
    return isinstance(value, FunctionRef) and plain is decorator and _gives_back(value.function)


def _gives_back(function: FunctionFacts) -> bool:
    args = function.node.args.args
    returns = [n for n in ast.walk(function.node) if isinstance(n, ast.Return)]
    given = (
        bool(args)
        and bool(returns)
        and all(isinstance(r.value, ast.Name) and r.value.id == args[0].arg for r in returns)
    )
    return given and not sets_attributes(function)


def leaves_alone(project: Project, cls: ClassFacts, callee: ast.expr) -> bool:
    """Whether a function that is handed ``self`` is known to set no attributes on it."""
    if not dotted(callee):
        return False
    value = static_value(project, cls.file, callee, cls.outer)
    if isinstance(value, Dotted):
        if value.path.startswith("torch.nn.utils."):
            return False
        return value.path.startswith(("torch.", "weakref.", "logging.", "copy.", "math."))
    return isinstance(value, FunctionRef) and not sets_attributes(value.function)


def sets_attributes(function: FunctionFacts) -> bool:
    """Whether the function's own code stores attributes on something, by name or by ``setattr``."""
    for node in ast.walk(function.node):
        if isinstance(node, ast.Attribute) and (isinstance(node.ctx, ast.Store) or node.attr == "__dict__"):
            return True
        if isinstance(node, ast.Name) and node.id in ("setattr", "vars"):
            return True
    return False
