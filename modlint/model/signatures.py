"""Questions about how methods are written down: their arguments, where they stand, how often."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.model.facts import FUNCTIONS, FunctionFacts
from modlint.model.module_class import ModuleClass


def nested_forwards(cls: ModuleClass) -> Iterator[tuple[FunctionFacts, str]]:
    """Functions called ``forward`` that take ``self``, stand inside a method and are used nowhere in it."""
    if cls.find_open("forward") or cls.stored("forward"):
        return
    for function in cls.facts.file.functions:
        method = function.outer
        if function.name != "forward" or not isinstance(method, FunctionFacts) or method.owner is not cls.facts:
            continue
        arguments = function.node.args.args
        used = any(isinstance(n, ast.Name) and n.id == "forward" for n in ast.walk(method.node))
        if arguments and arguments[0].arg == method.self_name and not used:
            yield function, method.name


def selfless_methods(cls: ModuleClass) -> Iterator[tuple[FunctionFacts, str]]:
    """``forward`` methods without ``self``, with their first argument; empty if they have none."""
    for function in cls.facts.methods():
        args = function.node.args
        if function.name not in ("forward", "__init__") or function.decorators or args.vararg is not None:
            continue
        positional = [*args.posonlyargs, *args.args]
        if not positional:
            yield function, ""
        elif positional[0].arg != "self" and _is_data(function, positional):
            yield function, positional[0].arg


def _is_data(function: FunctionFacts, positional: list[ast.arg]) -> bool:
    """Whether the first argument is used as data: no attribute of it is read, or it is the only one, called ``x``."""
    first = positional[0].arg
    attributes = [
        n
        for n in ast.walk(function.node)
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == first
    ]
    return first in ("x", "input", "inputs", "data", "batch", "image", "img") and (
        not attributes or len(positional) == 1
    )


def duplicate_methods(cls: ModuleClass) -> Iterator[tuple[FunctionFacts, int]]:
    """Methods that a later definition in the class body itself replaces, with its line."""
    seen: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = {}
    for statement in reversed(cls.node.body):
        if not isinstance(statement, FUNCTIONS):
            continue
        later = seen.get(statement.name)
        if (
            later is not None
            and not statement.decorator_list
            and not later.decorator_list
            and not _used_between(cls, statement, later)
        ):
            for function in cls.facts.methods():
                if function.node is statement:
                    yield function, later.lineno
        seen[statement.name] = statement


def _used_between(cls: ModuleClass, first: ast.stmt, later: ast.stmt) -> bool:
    """Whether the class body reads the name between the two definitions (``old = method``)."""
    name = getattr(first, "name", "")
    between = [s for s in cls.node.body if first.lineno < s.lineno < later.lineno and not isinstance(s, FUNCTIONS)]
    return any(isinstance(n, ast.Name) and n.id == name for s in between for n in ast.walk(s))


def init_returns(cls: ModuleClass) -> Iterator[ast.Return]:
    """Statements of the constructor that return something other than ``None``."""
    init = cls.method("__init__")
    if init is None:
        return
    for statement in init.statements:
        if isinstance(statement, ast.Return) and _is_value(statement.value):
            yield statement


def _is_value(node: ast.expr | None) -> bool:
    """Whether the expression surely isn't ``None``: ``self``, a constant, a container."""
    if isinstance(node, ast.Constant):
        return node.value is not None
    return isinstance(node, (ast.Name, ast.Tuple, ast.List, ast.Dict, ast.BinOp, ast.Compare))
