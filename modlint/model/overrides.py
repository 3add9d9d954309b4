"""Questions about methods of a Module that override torch's own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from modlint.model.facts import FUNCTIONS, FunctionFacts, defaults, dotted
from modlint.model.module_class import ModuleClass

STARTS: Final = (*FUNCTIONS, ast.Lambda, ast.ClassDef)
TRANSPARENT: Final = frozenset({"no_grad", "inference_mode", "override", "ignore", "unused", "export", "disable"})
"""Decorators after which a method takes and returns what it did before."""


def override(cls: ModuleClass, name: str) -> FunctionFacts | None:
    """The class's own method of this name; ``None`` for a static, abstract or strangely decorated one."""
    function = cls.method(name)
    if function is None or function.self_name is None or stub(function):
        return None
    plain = all(d.rpartition(".")[2] in TRANSPARENT for d in function.decorators)
    return function if plain else None


def own_nodes(function: FunctionFacts) -> list[ast.AST]:
    """Every node of the function's body, without those of functions and classes defined inside."""
    return function.nodes


def written(function: FunctionFacts) -> list[ast.stmt]:
    """The body without its docstring."""
    return [s for s in function.node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]


def stub(function: FunctionFacts) -> bool:
    """Whether the method only raises."""
    body = written(function)
    return bool(body) and isinstance(body[-1], ast.Raise) and not returns_value(function)


def returns_value(function: FunctionFacts) -> bool:
    """Whether some ``return`` of the function gives something (a ``yield`` counts too)."""
    for node in own_nodes(function):
        if isinstance(node, (ast.Yield, ast.YieldFrom)) or (isinstance(node, ast.Return) and node.value is not None):
            return True
    return False


def calls_base(function: FunctionFacts, *names: str) -> bool:
    """Whether the method reads one of these attributes off ``super()`` or a class, or hands ``super`` on."""
    for node in ast.walk(function.node):
        if not isinstance(node, ast.Attribute) or node.attr not in names:
            continue
        if isinstance(node.value, ast.Call) and dotted(node.value.func) == "super":
            return True
        if dotted(node.value).rpartition(".")[2].lstrip("_")[:1].isupper() or dotted(node.value) == "object":
            return True
    return False


def attributes_used(function: FunctionFacts) -> set[str]:
    """The names of all attributes that the method's body reads, stores or calls, on whatever object."""
    nodes = (node for statement in function.node.body for node in ast.walk(statement))
    return {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def takes(function: FunctionFacts, given: int) -> bool:
    """Whether the method can be called with ``given`` positional arguments besides the instance."""
    args = function.node.args
    names = [a.arg for a in (*args.posonlyargs, *args.args)][1:]
    optional = defaults(function)
    if any(a.arg not in optional for a in args.kwonlyargs):
        return False
    needed = [n for n in names if n not in optional]
    return len(needed) <= given and (args.vararg is not None or given <= len(names))


def takes_named(function: FunctionFacts, *names: str) -> bool:
    """Whether the method accepts these keyword arguments."""
    args = function.node.args
    known = {a.arg for a in (*args.args, *args.kwonlyargs)}
    return args.kwarg is not None or known.issuperset(names)


def narrow_state_methods(cls: ModuleClass) -> Iterator[tuple[FunctionFacts, str, str]]:
    """The class's own ``state_dict`` and ``load_state_dict`` that lack an argument, with it and who hands it over."""
    saving = override(cls, "state_dict")
    if saving is not None:
        for name in ("destination", "prefix", "keep_vars"):
            if not takes_named(saving, name):
                yield saving, name, "a Module around it hands over"
                break
    loading = override(cls, "load_state_dict")
    if loading is not None and not takes_named(loading, "strict"):
        yield loading, "strict", "callers hand over"
